#include "party/audit/audit.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "party/keys/certificate.h"

static const struct {
    const char *name, *title, *meaning;
} texts[RF_AUDIT_CHECKS] = {
    [RF_AUDIT_RECORDS] =
        {"records", "Transcripts are whole and in order",
         "Every record is well formed, in its place and chained to the one before."},
    [RF_AUDIT_COMPLETE] = {"complete", "The run ended well in every transcript",
                           "Each process wrote its transcript to the end, and none gave up."},
    [RF_AUDIT_SESSION] =
        {"session", "All are of one session",
         "Manifest, session and epoch are the same; no process shows two transcripts."},
    [RF_AUDIT_MANIFEST] = {"manifest", "The manifest is one and the same",
                           "Every transcript holds the same manifest, and its hash is the one that "
                           "links, keys and signatures are bound to."},
    [RF_AUDIT_CERTIFICATES] =
        {"certificates", "Certificates were valid",
         "Each member's certificate is the one that the manifest names, was issued by "
         "a CA that the auditor believes, and was valid when the run began."},
    [RF_AUDIT_APPROVALS] =
        {"approvals", "Every member approved the manifest",
         "Each signed its approval before the run, and all contributors held the same "
         "tokens' key."},
    [RF_AUDIT_SIGNED] =
        {"signed", "Transcripts are signed",
         "Each was signed as a whole by the key of the member whose process it is."},
    [RF_AUDIT_INPUTS] =
        {"inputs", "Inputs were committed to",
         "Every contributor signed a commitment to its shares, of as many rows as the "
         "manifest declares, and all parties accepted the same one."},
    [RF_AUDIT_CHAINS] =
        {"chains", "Hash chains are intact",
         "From the first frame of a link to its last, every checkpoint stands where the "
         "frames before it lead."},
    [RF_AUDIT_LINKS] = {"links", "Both ends of every link agree",
                        "What one end says it sent, frame by frame, the other says it received."},
    [RF_AUDIT_CHECKPOINTS] =
        {"checkpoints", "Checkpoints are signed by both ends",
         "At each step's end both ends of a link signed their chains and their "
         "transcripts so far; neither can be changed since without the other's key."},
    [RF_AUDIT_STEPS] =
        {"steps", "Steps, bytes and rounds are what the study takes",
         "The study's own code, planned anew from the manifest and the opened values, gives "
         "the same steps, bytes and rounds as were declared, counted and framed."},
    [RF_AUDIT_OPENINGS] =
        {"openings", "Nothing was opened but what is declared",
         "Opened values are of the declared kinds and sizes, the same at all parties, and "
         "every declared check bit is good."},
    [RF_AUDIT_OUTPUTS] =
        {"outputs", "Output shares were signed and agree",
         "Each party signed the salted hashes of its output shares, and the holders of a "
         "share signed the same one."},
    [RF_AUDIT_RESULT] =
        {"result", "Recipients hold one result",
         "Every recipient holds the parties' signatures to its shares, and recipients' "
         "salted hashes of the result are equal."},
    [RF_AUDIT_PRESENT] = {"present", "Every process shows its transcript",
                          "What a process that shows none did is known from its peers alone."},
};

const char *rf_audit_check_name(enum rf_audit_check_id id)
{
    return texts[id].name;
}

const char *rf_audit_check_title(enum rf_audit_check_id id)
{
    return texts[id].title;
}

const char *rf_audit_check_meaning(enum rf_audit_check_id id)
{
    return texts[id].meaning;
}

const char *rf_audit_state_name(enum rf_audit_state state)
{
    static const char *const names[] = {"unknown", "passed", "failed", "open"};
    return names[state];
}

const char *rf_audit_end(const struct rf_audit *audit, size_t which)
{
    const struct rf_transcript *in = &audit->transcript[which];
    if (!audit->usable[which])
        return "not used";
    return in->closed && in->ended ? "closed" : in->aborted ? "aborted" : "incomplete";
}

/* ---- findings ---- */

void rf_audit_finding(struct rf_audit *audit, enum rf_audit_check_id id, const char *format, ...)
{
    struct rf_audit_check *check = &audit->check[id];
    va_list args;
    check->state = RF_AUDIT_FAILED;
    if (check->findings++ >= RF_AUDIT_FINDINGS)
        return;
    va_start(args, format);
    (void)vsnprintf(check->finding[check->findings - 1], RF_AUDIT_TEXT, format, args);
    va_end(args);
}

void rf_audit_evidence(struct rf_audit *audit, enum rf_audit_check_id id, const char *format, ...)
{
    struct rf_audit_check *check = &audit->check[id];
    va_list args;
    if (check->state == RF_AUDIT_UNKNOWN)
        check->state = RF_AUDIT_PASSED;
    va_start(args, format);
    (void)vsnprintf(check->evidence, sizeof check->evidence, format, args);
    va_end(args);
}

bool rf_audit_holds(const struct rf_audit *audit)
{
    for (unsigned i = 0; i < RF_AUDIT_CHECKS; i++) {
        if (audit->check[i].state != RF_AUDIT_PASSED && audit->check[i].state != RF_AUDIT_OPEN)
            return false;
    }
    return true;
}

/* ---- who is who ---- */

int rf_audit_member_of(const struct rf_audit *audit, unsigned id)
{
    const struct rf_study *study = &audit->manifest.study;
    if (!audit->has_manifest)
        return -1;
    if (id < RF_PARTIES)
        return rf_study_party(study, (int)id);
    if (id < RF_CLIENT_ID || id - RF_CLIENT_ID >= study->member_count)
        return -1;
    const struct rf_member *member = &study->members[id - RF_CLIENT_ID];
    return member->contributor || member->recipient ? (int)(id - RF_CLIENT_ID) : -1;
}

const char *rf_audit_member(const struct rf_audit *audit, unsigned id)
{
    int member = rf_audit_member_of(audit, id);
    return member < 0 ? "nobody" : audit->manifest.study.members[member].name;
}

const struct rf_transcript *rf_audit_find(const struct rf_audit *audit, unsigned id)
{
    for (size_t i = 0; i < audit->transcripts; i++) {
        if (audit->usable[i] && audit->transcript[i].header.id == id)
            return &audit->transcript[i];
    }
    return NULL;
}

/* ---- reading ---- */

static struct rf_transcript *room_for_one(struct rf_audit *audit)
{
    size_t count = audit->transcripts + 1;
    struct rf_transcript *list = reallocarray(audit->transcript, count, sizeof *list);
    if (list)
        audit->transcript = list;
    bool *usable = list ? reallocarray(audit->usable, count, sizeof *usable) : NULL;
    if (!usable)
        return NULL;
    audit->usable = usable;
    usable[audit->transcripts] = false;
    return &list[audit->transcripts];
}

/* What is malformed is a finding about the file, and the file is not used further. */
static enum rf_rc judge(struct rf_audit *audit, enum rf_rc rc, const struct rf_err *why)
{
    audit->usable[audit->transcripts++] = rc == RF_OK;
    if (rc == RF_E_FORMAT) {
        rf_audit_finding(audit, RF_AUDIT_RECORDS, "%s", why->text);
        return RF_OK;
    }
    return rc == RF_OK ? RF_OK : rf_err_set(audit->err, rc, "%s", why->text);
}

enum rf_rc rf_audit_add(struct rf_audit *audit, const char *name, uint8_t *bytes, size_t size)
{
    struct rf_err why = {0};
    struct rf_transcript *transcript = room_for_one(audit);
    if (!transcript) {
        free(bytes);
        return rf_err_set(audit->err, RF_E_MEMORY, "out of memory for transcripts");
    }
    return judge(audit, rf_transcript_read(transcript, name, bytes, size, &why), &why);
}

static enum rf_rc add_file(struct rf_audit *audit, const char *path)
{
    struct rf_err why = {0};
    struct rf_transcript *transcript = room_for_one(audit);
    if (!transcript)
        return rf_err_set(audit->err, RF_E_MEMORY, "out of memory for transcripts");
    return judge(audit, rf_transcript_load(transcript, path, &why), &why);
}

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), length = strlen(end);
    return size > length && strcmp(name + size - length, end) == 0;
}

static int is_transcript(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".rft");
}

static enum rf_rc add_folder(struct rf_audit *audit, const char *folder)
{
    enum rf_rc rc = RF_OK;
    struct dirent **list = NULL;
    int count = scandir(folder, &list, is_transcript, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (rc == RF_OK)
            rc = rf_safe_file_join(path, folder, list[i]->d_name, audit->err);
        if (rc == RF_OK)
            rc = add_file(audit, path);
        free(list[i]);
    }
    free(list);
    return rc;
}

enum rf_rc rf_audit_load(struct rf_audit *audit, const char *const *paths, size_t count,
                         const char *ca, struct rf_err *err)
{
    enum rf_rc rc;
    *audit = (struct rf_audit){.err = err};
    RF_TRY(rf_certificate_store(&audit->authority, ca, err));
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        bool folder = stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode);
        if (!folder && ends_with(paths[i], ".sealed")) /* a shell's pattern takes them along */
            continue;
        RF_TRY(folder ? add_folder(audit, paths[i]) : add_file(audit, paths[i]));
    }
    if (audit->transcripts == 0)
        rc = rf_err_set(err, RF_E_ARG, "there is no transcript (*.rft) in %s", paths[0]);
done:
    return rc;
}

/* ---- asking ---- */

/* Checks of signatures, and those that rest on them: without certificates that are believed none can be asked. */
static enum rf_rc verify_what_is_signed(struct rf_audit *audit)
{
    enum rf_rc rc = RF_OK;
    if (audit->untrusted)
        return RF_OK;
    RF_TRY(rf_verify_signed(audit));
    RF_TRY(rf_verify_checkpoints(audit));
    RF_TRY(rf_verify_values(audit));
done:
    return rc;
}

enum rf_rc rf_audit_run(struct rf_audit *audit, bool all)
{
    enum rf_rc rc;
    RF_TRY(rf_verify_files(audit));
    RF_TRY(rf_verify_study(audit));
    if (!audit->has_manifest)
        goto done; /* nothing else can be asked */
    RF_TRY(rf_verify_chains(audit));
    RF_TRY(rf_verify_links(audit));
    RF_TRY(rf_verify_steps(audit));
    RF_TRY(verify_what_is_signed(audit));
    rf_verify_present(audit, all);
done:
    return rc;
}

void rf_audit_fini(struct rf_audit *audit)
{
    for (size_t i = 0; i < audit->transcripts; i++)
        rf_transcript_fini(&audit->transcript[i]);
    for (unsigned i = 0; i < RF_MEMBERS_MAX; i++)
        X509_free(audit->certificate[i]);
    X509_STORE_free(audit->authority);
    free(audit->transcript);
    free(audit->usable);
    *audit = (struct rf_audit){0};
}
