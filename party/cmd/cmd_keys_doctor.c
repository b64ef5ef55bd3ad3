#include <stdio.h>
#include <time.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/doctor.h"
#include "party/keys/member_folder.h"
#include "party/keys/private_key.h"
#include "party/keys/safe_file.h"
#include "party/study/node_file.h"

struct visit {
    const char *folder, *passphrase;
    bool json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct visit *visit = state->input;
    switch (key) {
    case RF_CMD_OPTION_PASSPHRASE:
        visit->passphrase = text;
        return 0;
    case RF_CMD_OPTION_JSON:
        visit->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (visit->folder)
            rf_cmd_misuse(state, "one folder at a time");
        visit->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!visit->folder)
            rf_cmd_misuse(state, "which folder?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_table(const struct rf_doctor_report *report)
{
    for (unsigned i = 0; i < report->count; i++) {
        const struct rf_doctor_finding *finding = &report->findings[i];
        (void)printf("%-8s %-20s %s\n", rf_doctor_state_name(finding->state), finding->check,
                     finding->what);
        if (finding->advice[0])
            (void)printf("%-8s %-20s -> %s\n", "", "", finding->advice);
    }
    (void)printf("%u checks, %u warnings, %u failed\n", report->count, report->warnings,
                 report->failed);
}

static json_t *as_json(const struct rf_doctor_report *report)
{
    json_t *findings = json_array();
    for (unsigned i = 0; i < report->count; i++) {
        const struct rf_doctor_finding *finding = &report->findings[i];
        (void)json_array_append_new(findings,
                                    json_pack("{s:s, s:s, s:s, s:s}", "check", finding->check,
                                              "state", rf_doctor_state_name(finding->state),
                                              "found", finding->what, "advice", finding->advice));
    }
    return json_pack("{s:i, s:i, s:o}", "warnings", (int)report->warnings, "failed",
                     (int)report->failed, "checks", findings);
}

/* The key is encrypted and nobody can be asked: that is a finding, not an end. */
static bool get_passphrase(struct rf_passphrase *passphrase, const struct visit *visit,
                           const struct rf_node_file *node)
{
    bool encrypted = false;
    struct rf_err err = {0};
    if (rf_private_key_encrypted(node->key, &encrypted, NULL) != RF_OK || !encrypted)
        return false;
    if (rf_node_file_passphrase(passphrase, visit->passphrase, node, &err) == RF_OK)
        return true;
    (void)fprintf(stderr, "%s\n", err.text);
    return false;
}

/* A node.yaml that cannot be read is a finding; all else is then looked for where it usually is. */
static enum rf_rc read_node(const struct visit *visit, struct rf_doctor_files *files,
                            char path[PATH_MAX], struct rf_node_file *node, struct rf_err *problem,
                            struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_safe_file_join(path, visit->folder, RF_FOLDER_NODE, err));
    files->node = rf_safe_file_exists(path) ? path : NULL;
    if (rf_node_file_folder(node, visit->folder, problem) == RF_OK)
        goto done;
    files->node_problem = problem->text;
    RF_TRY(rf_node_file_usual(node, visit->folder, err));
done:
    return rc;
}

static enum rf_rc examine(const struct visit *visit, struct rf_doctor_report *report,
                          struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_node_file node;
    struct rf_passphrase passphrase = {0};
    struct rf_err problem = {0};
    char path[PATH_MAX];
    struct rf_doctor_files files = {.folder = visit->folder, .now = time(NULL)};
    RF_TRY(read_node(visit, &files, path, &node, &problem, err));
    files.key = node.key;
    files.certificate = node.certificate;
    files.authority = node.ca;
    files.tokens = node.tokens;
    files.member = node.member[0] ? node.member : NULL;
    files.auditor = node.auditor[0] ? node.auditor : NULL;
    files.passphrase_file = node.passphrase;
    files.passphrase = get_passphrase(&passphrase, visit, &node) ? &passphrase : NULL;
    rf_doctor_examine(&files, report);
    if (visit->json)
        RF_TRY(rf_cmd_print_json(as_json(report), err));
    else
        print_table(report);
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

int rf_cmd_keys_doctor(int argc, char **argv)
{
    static const struct argp_option options[] = {RF_CMD_PASSPHRASE, RF_CMD_JSON, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FOLDER",
        .doc = "Check a member's folder: files, permissions, node.yaml, key, certificate, CA, "
               "tokens' key, "
               "the auditor's certificate, clock. Exits 1 if anything failed.",
    };
    struct visit visit = {0};
    struct rf_doctor_report report = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &visit);
    int code = rf_cmd_end(argv[0], examine(&visit, &report, &err), &err);
    return code == 0 && report.failed > 0 ? 1 : code;
}
