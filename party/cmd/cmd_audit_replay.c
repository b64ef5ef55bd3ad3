#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/audit/release.h"
#include "party/audit/replay.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/study/signer.h"

enum { OPTION_AUDITOR = RF_CMD_OPTION_OWN, OPTION_ORDER, OPTION_QUIET };

struct visit {
    const char *path, *auditor, *order, *passphrase;
    bool json, quiet;
    struct rf_signer signer;
    struct rf_transcript transcript;
    struct rf_manifest manifest;
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
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_report(const struct visit *visit)
{
    static const char *const outcomes[] = {"agrees", "agrees as far as it was recorded",
                                           "DEVIATES"};
    const struct rf_replay_report *report = &visit->report;
    const struct rf_replay_difference *difference = &report->difference;
    const struct rf_transcript_header *header = &visit->transcript.header;
    (void)printf("%s, %s of %s, epoch %u: %s\n", visit->manifest.study.members[header->member].name,
                 header->party ? "party" : "client", visit->manifest.study.name, header->epoch,
                 outcomes[report->outcome]);
    if (report->outcome == RF_REPLAY_DEVIATES)
        (void)printf("  at step %u \"%s\": %s\n", difference->step, difference->step_name,
                     difference->text);
    if (report->outcome == RF_REPLAY_PARTLY)
        (void)printf("  %s\n", report->ended);
    (void)printf("  compared: %" PRIu64 " frames sent (%" PRIu64 " bytes), %" PRIu64
                 " received (%" PRIu64 " bytes), %" PRIu64 " values opened, %u checkpoints\n",
                 report->frames_sent, report->bytes_sent, report->frames_received,
                 report->bytes_received, report->opened, report->checkpoints);
    (void)printf("  in %.1f s", report->seconds);
    if (report->ran > 0)
        (void)printf("; the run took %.0f s by its own record", report->ran);
    (void)printf("\n");
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

static enum rf_rc replay(struct visit *visit, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_replay_options options = {.path = visit->path, .quiet = visit->quiet};
    RF_TRY(rf_signer_open(&visit->signer, visit->auditor, err));
    RF_TRY(rf_signer_unlock(&visit->signer, visit->passphrase, err));
    RF_TRY(rf_transcript_load(&visit->transcript, visit->path, err));
    RF_TRY(rf_manifest_read(&visit->manifest, visit->path, visit->transcript.manifest,
                            visit->transcript.manifest_size, err));
    RF_TRY(check_order(visit, err));
    options.auditor = visit->signer.certificate;
    options.key = visit->signer.key;
    RF_TRY(rf_replay_run(&options, &visit->transcript, &visit->manifest, &visit->report, err));
    print_report(visit);
done:
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
               "and compare every frame that it sent.",
    };
    struct visit visit = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &visit);
    rf_secret_process();
    int code = rf_cmd_end(argv[0], replay(&visit, &err), &err);
    return code == 0 && visit.report.outcome == RF_REPLAY_DEVIATES ? 1 : code;
}
