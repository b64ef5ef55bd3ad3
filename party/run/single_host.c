#include "party/run/single_host.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/base/clock.h"
#include "net/base/secret.h"
#include "net/reserve.h"
#include "party/data/tables.h"
#include "party/keys/auditor.h"
#include "party/keys/certificate.h"
#include "party/keys/passphrase.h"
#include "party/keys/safe_file.h"
#include "party/run/admission.h"
#include "party/run/child.h"
#include "party/run/contribution.h"
#include "party/run/progress.h"
#include "party/study/outsider.h"

enum { CHILDREN_MAX = RF_PARTIES + RF_MEMBERS_MAX, GRACE_S = 25 };

struct local {
    const struct rf_single_host_options *options;
    struct rf_err *err;
    struct rf_study study;
    struct rf_progress progress;
    struct rf_reserve port[RF_PARTIES];
    struct rf_child child[CHILDREN_MAX];
    unsigned children;
    FILE *commands;
};

/* OUT/... */
static enum rf_rc in_out(const struct local *local, char path[PATH_MAX], const char *format, ...)
    RF_PRINTF(3, 4);

static enum rf_rc in_out(const struct local *local, char path[PATH_MAX], const char *format, ...)
{
    char name[RF_TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return rf_safe_file_join(path, local->options->out, name, local->err);
}

/* ---- the folder ---- */

/* The trial's keys have passphrases of their own, in their members' folders. An operator's would be of other keys. */
static void forget_passphrase(const struct local *local)
{
    if (!getenv(RF_PASSPHRASE_ENVIRONMENT))
        return;
    (void)unsetenv(RF_PASSPHRASE_ENVIRONMENT);
    (void)fputs("unset " RF_PASSPHRASE_ENVIRONMENT "\n", local->commands);
}

static enum rf_rc make_folders(struct local *local)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    RF_TRY(in_out(local, path, "logs"));
    RF_TRY(rf_safe_file_folder(path, local->err));
    RF_TRY(in_out(local, path, "commands.txt"));
    local->commands = fopen(path, "we");
    if (!local->commands) {
        rc = rf_err_set(local->err, RF_E_IO, "%s: %s", path, strerror(errno));
    } else {
        (void)fputs("# Each member's node.yaml (docs/operators.md), which says where the others "
                    "listen, was written before the parties began.\n",
                    local->commands);
    }
done:
    return rc;
}

/* ---- the study: bounds that it leaves open are what the data need ---- */

static enum rf_rc declare_bounds(struct local *local, struct rf_member *member)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_tables tables = {0};
    uint64_t customers = 0, rows = 0;
    RF_TRY(rf_safe_file_join(path, local->options->data, member->name, local->err));
    RF_TRY(rf_tables_load(&tables, path, &local->study, member->name, local->err));
    RF_TRY(rf_contribution_bounds(&local->study, &tables, &customers, &rows, local->err));
    if (member->customers == 0)
        member->customers = customers;
    if (member->rows == 0)
        member->rows = rows;
    rf_progress_note(&local->progress, "%s: %zu customers, at most %llu rows", member->name,
                     tables.customers, (unsigned long long)member->rows);
done:
    rf_tables_fini(&tables);
    return rc;
}

static enum rf_rc read_study(struct local *local)
{
    enum rf_rc rc;
    struct rf_study *study = &local->study;
    RF_TRY(rf_study_read(study, local->options->study, local->err));
    if (local->options->protocol)
        (void)snprintf(study->protocol, sizeof study->protocol, "%s", local->options->protocol);
    for (unsigned i = 0; i < study->member_count; i++) {
        if (study->members[i].contributor)
            RF_TRY(declare_bounds(local, &study->members[i]));
    }
    rc = rf_study_check(study, true, local->err);
    if (rc != RF_OK)
        rf_err_prefix(local->err, "%s", local->options->study);
done:
    return rc;
}

/* ---- what every process would refuse by itself, but each after keys were made ---- */

static enum rf_rc check_auditor(const struct local *local)
{
    enum rf_rc rc;
    const char *path = local->options->auditor;
    X509 *auditor = NULL;
    if (!path)
        return RF_OK;
    RF_TRY(rf_auditor_load(&auditor, path, local->err));
    if (local->options->full)
        RF_TRY(rf_outsider_check(auditor, path, &local->study, NULL, local->err));
done:
    X509_free(auditor);
    return rc;
}

static enum rf_rc check_memory(const struct local *local)
{
    const struct rf_limits limits = {.memory = local->options->memory_limit};
    return rf_admission_study(&limits, NULL, &local->study, local->err);
}

/* ---- commands ---- */

/* As a shell reads it. */
static void note_word(FILE *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";
    if (word[0] && word[strspn(word, plain)] == 0) {
        (void)fputs(word, out);
        return;
    }
    (void)fputc('\'', out);
    for (; *word; word++)
        (void)fputs(*word == '\'' ? "'\\''" : (const char[]){*word, 0}, out);
    (void)fputc('\'', out);
}

static void note_command(const struct local *local, const char *const *arguments)
{
    (void)fprintf(local->commands, "ringfence");
    for (size_t i = 0; arguments[i]; i++) {
        (void)fputc(' ', local->commands);
        note_word(local->commands, arguments[i]);
    }
    (void)fputc('\n', local->commands);
    (void)fflush(local->commands);
}

static enum rf_rc command(struct local *local, const char *name, const char *const *arguments)
{
    enum rf_rc rc;
    char log[PATH_MAX];
    note_command(local, arguments);
    RF_TRY(in_out(local, log, "logs/%s.log", name));
    RF_TRY(rf_child_finish(name, arguments, log, local->err));
done:
    return rc;
}

static enum rf_rc make_keys(struct local *local)
{
    enum rf_rc rc;
    char out[PATH_MAX];
    const char *arguments[4 + 2 * RF_MEMBERS_MAX + 1] = {"keys", "quick"};
    size_t count = 2;
    RF_TRY(in_out(local, out, "consortium"));
    for (unsigned i = 0; i < local->study.member_count; i++) {
        if (!local->study.members[i].contributor)
            arguments[count++] = "--only-computes";
        arguments[count++] = local->study.members[i].name;
    }
    arguments[count++] = "--out";
    arguments[count++] = out;
    RF_TRY(command(local, "keys", arguments));
done:
    return rc;
}

/* Each member has the auditor's certificate in its own folder. */
static enum rf_rc copy_auditor(struct local *local, const struct rf_member *member)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    X509 *auditor = NULL;
    if (!local->options->auditor)
        return RF_OK;
    RF_TRY(rf_auditor_load(&auditor, local->options->auditor, local->err));
    RF_TRY(in_out(local, path, "consortium/%s/auditor.crt", member->name));
    RF_TRY(rf_certificate_save(auditor, path, RF_SAFE_FILE_REPLACE, local->err));
done:
    X509_free(auditor);
    return rc;
}

static enum rf_rc write_node(struct local *local, const struct rf_member *member)
{
    enum rf_rc rc;
    char path[PATH_MAX], text[4096];
    int used = snprintf(text, sizeof text, "member: %s\n", member->name);
    if (member->party >= 0)
        used += snprintf(text + used, sizeof text - (size_t)used, "listen: tcp://127.0.0.1:%u\n",
                         local->port[member->party].port);
    used += snprintf(text + used, sizeof text - (size_t)used, "peers:\n");
    for (int party = 0; party < RF_PARTIES; party++) {
        const char *name = local->study.members[rf_study_party(&local->study, party)].name;
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "  - {member: %s, address: 'tcp://127.0.0.1:%u'}\n", name,
                         local->port[party].port);
    }
    /* Processes wait for each other while the slowest still reads its data. */
    used += snprintf(text + used, sizeof text - (size_t)used,
                     "deadlines: {silence: %u, connect: 600, progress: 3600}\n",
                     local->options->silence ? local->options->silence : 10);
    if (local->options->auditor)
        used +=
            snprintf(text + used, sizeof text - (size_t)used, "files: {auditor: auditor.crt}\n");
    RF_TRY(copy_auditor(local, member));
    RF_TRY(in_out(local, path, "consortium/%s/node.yaml", member->name));
    RF_TRY(rf_safe_file_write(path, text, (size_t)used, 0644, RF_SAFE_FILE_NEW, local->err));
done:
    return rc;
}

static enum rf_rc write_nodes(struct local *local)
{
    enum rf_rc rc = RF_OK;
    for (unsigned party = 0; party < RF_PARTIES; party++)
        RF_TRY(rf_reserve_port(&local->port[party], local->err));
    for (unsigned i = 0; i < local->study.member_count; i++)
        RF_TRY(write_node(local, &local->study.members[i]));
done:
    return rc;
}

static enum rf_rc propose(struct local *local)
{
    enum rf_rc rc;
    char yaml[PATH_MAX], certificates[PATH_MAX], out[PATH_MAX];
    RF_TRY(in_out(local, yaml, "study.yaml"));
    RF_TRY(in_out(local, certificates, "consortium"));
    RF_TRY(in_out(local, out, "study"));
    RF_TRY(rf_study_write(&local->study, yaml, local->err));
    const char *arguments[] = {"study",      "propose", yaml, "--certificates",
                               certificates, "--out",   out,  NULL};
    RF_TRY(command(local, "propose", arguments));
done:
    return rc;
}

static enum rf_rc approve(struct local *local, const struct rf_member *member)
{
    enum rf_rc rc;
    char study[PATH_MAX], node[PATH_MAX], name[64];
    RF_TRY(in_out(local, study, "study"));
    RF_TRY(in_out(local, node, "consortium/%s", member->name));
    (void)snprintf(name, sizeof name, "approve-%s", member->name);
    const char *arguments[] = {"study", "approve", study, "--node", node, "--yes", NULL};
    RF_TRY(command(local, name, arguments));
done:
    return rc;
}

static enum rf_rc prepare(struct local *local)
{
    enum rf_rc rc;
    RF_TRY(make_keys(local));
    RF_TRY(write_nodes(local));
    RF_TRY(propose(local));
    for (unsigned i = 0; i < local->study.member_count; i++)
        RF_TRY(approve(local, &local->study.members[i]));
    rf_progress_note(&local->progress, "study proposed, and approved by all %u members",
                     local->study.member_count);
done:
    return rc;
}

/* ---- processes ---- */

static enum rf_rc start(struct local *local, const char *what, const struct rf_member *member,
                        const char *const *more)
{
    enum rf_rc rc;
    char node[PATH_MAX], study[PATH_MAX], out[PATH_MAX], log[PATH_MAX], record[PATH_MAX], name[64];
    const char *level = local->options->transcript ? local->options->transcript : "chain";
    const char *arguments[RF_CHILD_ARGS] = {what,  "--node",        node,  "--study",
                                            study, "--out",         out,   "--transcript",
                                            level, "--transcripts", record};
    size_t count = 11;
    RF_TRY(in_out(local, record, "transcripts"));
    while (*more)
        arguments[count++] = *more++;
    RF_TRY(in_out(local, node, "consortium/%s", member->name));
    RF_TRY(in_out(local, study, "study"));
    RF_TRY(in_out(local, out, "%s", member->name));
    (void)snprintf(name, sizeof name, "%s %s", what, member->name);
    RF_TRY(in_out(local, log, "logs/%s-%s.log", what, member->name));
    note_command(local, arguments);
    RF_TRY(rf_child_start(&local->child[local->children], name, arguments, log, local->err));
    local->children++;
done:
    return rc;
}

static enum rf_rc start_all(struct local *local)
{
    enum rf_rc rc = RF_OK;
    char memory[32], data[PATH_MAX];
    (void)snprintf(memory, sizeof memory, "%zu", local->options->memory_limit >> 20);
    for (int party = 0; party < RF_PARTIES; party++) {
        const char *more[] = {"--memory", memory, party == 0 ? "--events" : NULL, NULL};
        RF_TRY(start(local, "party", &local->study.members[rf_study_party(&local->study, party)],
                     more));
    }
    for (unsigned i = 0; i < local->study.member_count; i++) {
        const struct rf_member *member = &local->study.members[i];
        RF_TRY(rf_safe_file_join(data, local->options->data, member->name, local->err));
        const char *giving[] = {"--data", data, NULL}, *nothing[] = {NULL};
        if (member->contributor || member->recipient)
            RF_TRY(start(local, "contribute", member, member->contributor ? giving : nothing));
    }
done:
    return rc;
}

/* A step of party 0, as it tells it. */
static void show_event(void *context, const char *line)
{
    struct local *local = context;
    const char *name = "", *text = NULL;
    int done = 0;
    json_int_t rows = 0, bytes = 0, rounds = 0;
    double seconds = 0;
    json_t *event = json_loads(line, 0, NULL);
    if (json_unpack(event, "{s:s, s:b, s:I, s:I, s:I, s:F}", "name", &name, "done", &done, "rows",
                    &rows, "bytes", &bytes, "rounds", &rounds, "seconds", &seconds) == 0) {
        struct rf_step step = {
            .rows = (uint64_t)rows,
            .bytes_counted = (uint64_t)bytes,
            .rounds_counted = (uint64_t)rounds,
            .seconds = seconds,
        };
        (void)snprintf(step.name, sizeof step.name, "%s", name);
        rf_progress_step(&local->progress, &step, done);
    } else if (json_unpack(event, "{s:s}", "text", &text) == 0) {
        rf_progress_note(&local->progress, "%s", text);
    }
    json_decref(event);
}

static void record_failure(struct local *local, const struct rf_child *child)
{
    char why[RF_CHILD_LINE];
    rf_child_last_error(child, why, sizeof why);
    if (why[0]) {
        (void)rf_err_set(local->err, child->status == 2 ? RF_E_ARG : RF_E_PEER, "%s: %s",
                         child->name, why);
    } else if (child->status > 128) {
        (void)rf_err_set(local->err, RF_E_PEER, "%s was ended by signal %d", child->name,
                         child->status - 128);
    } else {
        (void)rf_err_set(local->err, RF_E_PEER, "%s failed; see %s", child->name, child->log);
    }
}

/* Until all have ended. When one fails the others find out by themselves; those that have not after a
 * while are stopped. */
static enum rf_rc watch(struct local *local)
{
    double failed_at = 0;
    bool seen[CHILDREN_MAX] = {false};
    for (unsigned running = local->children; running > 0;) {
        const struct timespec turn = {.tv_nsec = 20000000};
        (void)nanosleep(&turn, NULL);
        for (unsigned i = 0; i < local->children; i++) {
            struct rf_child *child = &local->child[i];
            rf_child_lines(child, show_event, local);
            if (seen[i] || !rf_child_ended(child))
                continue;
            rf_child_lines(child, show_event, local);
            seen[i] = true;
            running--;
            if (child->status != 0 && failed_at == 0)
                failed_at = rf_clock_seconds();
            if (child->status != 0)
                record_failure(local, child);
        }
        if (failed_at > 0 && rf_clock_seconds() - failed_at > GRACE_S)
            break;
    }
    for (unsigned i = 0; i < local->children; i++)
        rf_child_stop(&local->child[i]);
    return local->err->rc;
}

/* ---- the result ---- */

static enum rf_rc copy_file(struct local *local, const char *member, const char *name)
{
    enum rf_rc rc;
    char from[PATH_MAX], to[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(in_out(local, from, "%s/%s", member, name));
    RF_TRY(in_out(local, to, "%s", name));
    RF_TRY(rf_safe_file_read(from, &bytes, &size, local->err));
    RF_TRY(rf_safe_file_write(to, bytes, size, 0600, RF_SAFE_FILE_REPLACE, local->err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

static enum rf_rc print_file(struct local *local, const char *member, const char *name)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(in_out(local, path, "%s/%s", member, name));
    RF_TRY(rf_safe_file_read(path, &bytes, &size, local->err));
    if (fwrite(bytes, 1, size, stdout) != size)
        rc = rf_err_set(local->err, RF_E_IO, "cannot print the result: %s", strerror(errno));
done:
    rf_secret_free(bytes, size);
    return rc;
}

static enum rf_rc show_result(struct local *local)
{
    enum rf_rc rc = RF_OK;
    const struct rf_study *study = &local->study;
    for (unsigned i = 0; i < study->member_count; i++) {
        const char *name = study->members[i].name;
        if (!study->members[i].recipient)
            continue;
        RF_TRY(copy_file(local, name, "result.json"));
        RF_TRY(copy_file(local, name, "report.html"));
        RF_TRY(print_file(local, name, local->options->json ? "result.json" : "result.txt"));
        break;
    }
    rf_progress_note(&local->progress, "see %s/report.html", local->options->out);
done:
    return rc;
}

enum rf_rc rf_single_host_run(const struct rf_single_host_options *options, struct rf_err *err)
{
    enum rf_rc rc;
    struct local *local = calloc(1, sizeof *local);
    if (!local)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    local->options = options;
    local->err = err;
    rf_progress_init(&local->progress, "run", options->quiet, false);
    /* Nothing is made until the input is known to be good: then it can be tried again. */
    RF_TRY(rf_safe_file_vacant(options->out, err));
    RF_TRY(read_study(local));
    RF_TRY(check_auditor(local));
    RF_TRY(check_memory(local));
    RF_TRY(make_folders(local));
    forget_passphrase(local);
    RF_TRY(prepare(local));
    rc = start_all(local);
    if (rc == RF_OK)
        rc = watch(local);
    for (unsigned i = 0; i < local->children; i++)
        rf_child_stop(&local->child[i]);
    RF_TRY(rc);
    RF_TRY(show_result(local));
done:
    if (local->commands)
        (void)fclose(local->commands);
    for (unsigned party = 0; party < RF_PARTIES; party++)
        rf_reserve_fini(&local->port[party]);
    free(local);
    return rc;
}
