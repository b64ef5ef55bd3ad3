#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/audit/audit.h"
#include "party/audit/evidence.h"
#include "party/audit/release.h"
#include "party/audit/replay.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/data/tables.h"
#include "party/keys/token_key.h"
#include "party/study/signer.h"

enum {
    OPTION_AUDITOR = RF_CMD_OPTION_OWN,
    OPTION_ORDER,
    OPTION_EVIDENCE,
    OPTION_QUIET,
    OPTION_DATA,
    OPTION_CONTRIBUTOR
};

struct visit {
    const char *path, *auditor, *order, *evidence, *data, *contributor, *passphrase;
    bool json, quiet;
    struct rf_signer signer;
    struct rf_transcript transcript;
    struct rf_manifest manifest;
    struct rf_tables tables;
    uint8_t tokens[RF_TOKEN_KEY_SIZE];
    struct rf_replay_report report;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct visit *visit = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        visit->json = true;
        return 0;
    case RF_CMD_OPTION_PASSPHRASE:
        visit->passphrase = text;
        return 0;
    case OPTION_AUDITOR:
        visit->auditor = text;
        return 0;
    case OPTION_ORDER:
        visit->order = text;
        return 0;
    case OPTION_DATA:
        visit->data = text;
        return 0;
    case OPTION_CONTRIBUTOR:
        visit->contributor = text;
        return 0;
    case OPTION_EVIDENCE:
        visit->evidence = text;
        return 0;
    case OPTION_QUIET:
        visit->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (visit->path)
            rf_cmd_misuse(state, "one transcript at a time");
        visit->path = text;
        return 0;
    case ARGP_KEY_END:
        if (!visit->path || !visit->auditor)
            rf_cmd_misuse(state, "TRANSCRIPT and --auditor are needed");
        if (!visit->data != !visit->contributor)
            rf_cmd_misuse(state, "--data and --contributor go together");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char *outcome_name(enum rf_replay_outcome outcome)
{
    static const char *const names[] = {"agrees", "partly", "deviates"};
    return names[outcome];
}

static void print_outcome(const struct visit *visit)
{
    static const char *const words[] = {"agrees", "agrees as far as it was recorded", "DEVIATES"};
    const struct rf_replay_report *report = &visit->report;
    const struct rf_transcript_header *header = &visit->transcript.header;
    (void)printf("%s, %s of %s, epoch %u: %s\n", visit->manifest.study.members[header->member].name,
                 header->party ? "party" : "client", visit->manifest.study.name, header->epoch,
                 words[report->outcome]);
    if (report->outcome == RF_REPLAY_DEVIATES)
        (void)printf("  at step %u \"%s\": %s\n", report->difference.step,
                     report->difference.step_name, report->difference.text);
    if (report->outcome == RF_REPLAY_DEVIATES && !report->difference.is_signed)
        (void)printf("  behind the last checkpoint, in a transcript without its ending: it is not "
                     "signed, and this file alone says so\n");
    if (report->outcome == RF_REPLAY_PARTLY)
        (void)printf("  %s\n", report->ended);
}

static void print_report(const struct visit *visit)
{
    const struct rf_replay_report *report = &visit->report;
    print_outcome(visit);
    (void)printf("  compared: %" PRIu64 " frames sent (%" PRIu64 " bytes), %" PRIu64
                 " received (%" PRIu64 " bytes), %" PRIu64 " values opened, %u checkpoints\n",
                 report->frames_sent, report->bytes_sent, report->frames_received,
                 report->bytes_received, report->opened, report->checkpoints);
    if (visit->data)
        (void)printf("  compared: the rows that it recorded, with those that its tables give\n");
    (void)printf("  in %.1f s", report->seconds);
    if (report->ran > 0)
        (void)printf("; the run took %.0f s by its own record", report->ran);
    (void)printf("\n");
    if (visit->evidence && report->difference.frame)
        (void)printf("  %s: what others can check (ringfence audit evidence)\n", visit->evidence);
}

static json_t *difference_json(const struct visit *visit)
{
    const struct rf_replay_difference *difference = &visit->report.difference;
    char recorded[2 * RF_CHAIN_SIZE + 1], expected[2 * RF_CHAIN_SIZE + 1];
    if (visit->report.outcome != RF_REPLAY_DEVIATES)
        return json_null();
    json_t *json = json_pack("{s:i, s:i, s:s, s:b, s:s}", "lane", (int)difference->lane, "step",
                             (int)difference->step, "name", difference->step_name, "signed",
                             (int)difference->is_signed, "text", difference->text);
    if (difference->frame) {
        json_t *frame =
            json_pack("{s:i, s:I, s:i, s:i, s:s, s:s}", "peer", (int)difference->peer, "number",
                      (json_int_t)difference->number, "kind", (int)difference->kind, "length",
                      (int)difference->length, "recorded",
                      rf_hex(recorded, difference->recorded, RF_CHAIN_SIZE), "expected",
                      rf_hex(expected, difference->expected, RF_CHAIN_SIZE));
        if (difference->place.size > 0) {
            (void)json_object_set_new(frame, "bytes",
                                      json_pack("{s:I, s:I}", "first",
                                                (json_int_t)difference->place.at, "count",
                                                (json_int_t)difference->place.size));
        }
        (void)json_object_set_new(json, "frame", frame);
    }
    return json;
}

static json_t *as_json(const struct visit *visit)
{
    const struct rf_replay_report *report = &visit->report;
    const struct rf_transcript_header *header = &visit->transcript.header;
    char manifest[65], session[33];
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:o, s:s, s:{s:I, s:I, s:I, s:I, s:I, s:i, s:b}, s:f}",
        "outcome", outcome_name(report->outcome), "member",
        visit->manifest.study.members[header->member].name, "role",
        header->party ? "party" : "client", "id", (int)header->id, "manifest",
        rf_hex(manifest, header->manifest, sizeof header->manifest), "session",
        rf_hex(session, header->session, sizeof header->session), "epoch", (int)header->epoch,
        "difference", difference_json(visit), "ended", report->ended, "compared", "frames_sent",
        (json_int_t)report->frames_sent, "bytes_sent", (json_int_t)report->bytes_sent,
        "frames_received", (json_int_t)report->frames_received, "bytes_received",
        (json_int_t)report->bytes_received, "opened", (json_int_t)report->opened, "checkpoints",
        (int)report->checkpoints, "tables", (int)(visit->data != NULL), "seconds", report->seconds);
}

/* Of a difference that is about a frame. */
static enum rf_rc write_evidence(struct visit *visit, char path[PATH_MAX], struct rf_err *err)
{
    if (visit->report.outcome != RF_REPLAY_DEVIATES || !visit->report.difference.frame)
        return RF_OK;
    if (!visit->evidence) {
        (void)snprintf(path, PATH_MAX, "%s.evidence", visit->path);
        visit->evidence = path;
    }
    enum rf_rc rc = rf_evidence_write(visit->evidence, &visit->transcript, &visit->report,
                                      visit->signer.certificate, visit->signer.key, err);
    if (rc != RF_OK) {
        (void)fprintf(stderr, "%s\n", err->text);
        rf_err_clear(err);
        visit->evidence = NULL;
    }
    return RF_OK;
}

/* A contributor's own transcript shows nobody's data but its own, and is its own to release. */
static enum rf_rc check_order(const struct visit *visit, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_audit_order_folder folder = {0};
    if (!visit->transcript.header.party && !visit->order)
        return RF_OK;
    if (!visit->order) {
        return rf_err_set(err, RF_E_ARG,
                          "%s: is a party's: an order of all contributors that names it is needed "
                          "(--order)",
                          visit->path);
    }
    RF_TRY(rf_audit_order_open(&folder, visit->order, err));
    RF_TRY(rf_audit_order_check(&folder, visit->order, visit->signer.store, err));
    RF_TRY(rf_release_fits(&folder.order, &visit->transcript.header, visit->path, err));
    RF_TRY(rf_audit_order_remember(&folder.order, visit->auditor, err));
done:
    rf_audit_order_fini(&folder);
    return rc;
}

/* What the transcript shows of itself must hold, or there is nothing to compare with; and its process must have signed some
 * of it, or it could be anybody's. That it ends early, or that its steps are not the study's, is what replay is for. */
static enum rf_rc check_record(const struct visit *visit, struct rf_err *err)
{
    static const enum rf_audit_check_id needed[] = {
        RF_AUDIT_RECORDS, RF_AUDIT_MANIFEST, RF_AUDIT_CERTIFICATES, RF_AUDIT_APPROVALS,
        RF_AUDIT_SIGNED,  RF_AUDIT_CHAINS,   RF_AUDIT_CHECKPOINTS,
    };
    enum rf_rc rc;
    struct rf_audit audit = {0};
    if (!visit->transcript.ended && visit->transcript.checkpoints == 0) {
        RF_TRY(rf_err_set(err, RF_E_CRYPTO,
                          "%s: nothing in it is signed by the process: it shows nothing of it",
                          visit->path));
    }
    RF_TRY(rf_audit_load(&audit, &visit->path, 1, visit->signer.node.ca, err));
    RF_TRY(rf_audit_run(&audit, false));
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const struct rf_audit_check *check = &audit.check[needed[i]];
        if (check->state != RF_AUDIT_PASSED && check->state != RF_AUDIT_OPEN) {
            RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: does not hold by itself (%s): %s", visit->path,
                              rf_audit_check_name(needed[i]),
                              check->findings ? check->finding[0] : rf_audit_why_unknown(&audit)));
        }
    }
done:
    rf_audit_fini(&audit);
    return rc;
}

/* The tables that a contributor's rows were made of, and the key of its tokens. */
static enum rf_rc load_tables(struct visit *visit, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_signer contributor = {0};
    const struct rf_study *study = &visit->manifest.study;
    const char *name = study->members[visit->transcript.header.member].name;
    if (visit->transcript.header.party)
        return rf_err_set(err, RF_E_ARG, "%s: a party has no tables", visit->path);
    RF_TRY(rf_signer_open(&contributor, visit->contributor, err));
    if (strcmp(contributor.name, name) != 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s is the folder of %s; this is the transcript of %s",
                          visit->contributor, contributor.name, name));
    RF_TRY(rf_signer_unlock(&contributor, NULL, err));
    RF_TRY(rf_token_key_open(visit->tokens, contributor.node.tokens, contributor.certificate,
                             contributor.key, err));
    RF_TRY(rf_tables_load(&visit->tables, visit->data, study, name, err));
done:
    rf_signer_fini(&contributor);
    return rc;
}

static enum rf_rc replay(struct visit *visit, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_replay_options options = {.path = visit->path, .quiet = visit->quiet};
    RF_TRY(rf_signer_open(&visit->signer, visit->auditor, err));
    RF_TRY(rf_signer_unlock(&visit->signer, visit->passphrase, err));
    RF_TRY(rf_transcript_load(&visit->transcript, visit->path, err));
    RF_TRY(rf_manifest_read(&visit->manifest, visit->path, visit->transcript.manifest,
                            visit->transcript.manifest_size, err));
    if (!visit->transcript.header.full) {
        RF_TRY(rf_err_set(err, RF_E_ARG,
                          "%s: is of level chain: what replay needs was not recorded (see "
                          "--transcript full)",
                          visit->path));
    }
    RF_TRY(check_order(visit, err));
    RF_TRY(check_record(visit, err));
    if (visit->data) {
        RF_TRY(load_tables(visit, err));
        options.tables = &visit->tables;
        options.tokens = visit->tokens;
    }
    options.auditor = visit->signer.certificate;
    options.key = visit->signer.key;
    RF_TRY(rf_replay_run(&options, &visit->transcript, &visit->manifest, &visit->report, err));
    RF_TRY(write_evidence(visit, path, err));
    if (visit->json)
        RF_TRY(rf_cmd_print_json(as_json(visit), err));
    else
        print_report(visit);
done:
    rf_tables_fini(&visit->tables);
    rf_secret_wipe(visit->tokens, sizeof visit->tokens);
    rf_transcript_fini(&visit->transcript);
    rf_signer_fini(&visit->signer);
    return rc;
}

int rf_cmd_audit_replay(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"auditor", OPTION_AUDITOR, "FOLDER", 0,
         "the auditor's folder: certificate, key and the CAs it believes", 0},
        {"order", OPTION_ORDER, "FOLDER", 0,
         "of all contributors, naming this party; needed for a party's transcript", 0},
        {"data", OPTION_DATA, "FOLDER", 0,
         "a contributor's data folder: compare its tables with the rows that it gave", 0},
        {"contributor", OPTION_CONTRIBUTOR, "FOLDER", 0,
         "that contributor's own folder, for the tokens' key", 0},
        {"evidence", OPTION_EVIDENCE, "FILE", 0,
         "where to put what others can check, if a frame differs (default: TRANSCRIPT.evidence)",
         0},
        {"quiet", OPTION_QUIET, NULL, 0, "no progress", 0},
        RF_CMD_PASSPHRASE,
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "TRANSCRIPT",
        .doc = "Execute one process of a run again from its full transcript, without a network, "
               "and compare every frame that it sent. The first difference names step, frame and "
               "byte. Exits with 1 if there is one.",
    };
    struct visit visit = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &visit);
    rf_secret_process();
    int code = rf_cmd_end(argv[0], replay(&visit, &err), &err);
    return code == 0 && visit.report.outcome == RF_REPLAY_DEVIATES ? 1 : code;
}
