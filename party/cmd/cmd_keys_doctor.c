#include <stdio.h>
#include <time.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/doctor.h"
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

static enum rf_rc examine(const struct visit *visit, struct rf_doctor_report *report,
                          struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_node_file node;
    struct rf_passphrase passphrase = {0};
    RF_TRY(rf_node_file_folder(&node, visit->folder, err));
    bool opens = get_passphrase(&passphrase, visit, &node);
    const struct rf_doctor_files files = {
        .folder = visit->folder,
        .key = node.key,
        .certificate = node.certificate,
        .authority = node.ca,
        .tokens = node.tokens,
        .member = node.member[0] ? node.member : NULL,
        .auditor = node.auditor[0] ? node.auditor : NULL,
        .passphrase_file = node.passphrase,
        .passphrase = opens ? &passphrase : NULL,
        .now = time(NULL),
    };
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
        .doc = "Check a member's folder: files, permissions, key, certificate, CA, tokens' key, "
               "the auditor's certificate, clock. Exits 1 if anything failed.",
    };
    struct visit visit = {0};
    struct rf_doctor_report report = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &visit);
    int code = rf_cmd_end(argv[0], examine(&visit, &report, &err), &err);
    return code == 0 && report.failed > 0 ? 1 : code;
}
