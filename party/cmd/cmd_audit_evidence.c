#include <stdio.h>

#include "net/base/secret.h"
#include "party/audit/evidence.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/keys/certificate.h"

struct visit {
    const char *path, *ca;
    bool json;
    struct rf_findings findings;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct visit *visit = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        visit->json = true;
        return 0;
    case RF_CMD_OPTION_CA:
        visit->ca = text;
        return 0;
    case ARGP_KEY_ARG:
        if (visit->path)
            rf_cmd_misuse(state, "one file at a time");
        visit->path = text;
        return 0;
    case ARGP_KEY_END:
        if (!visit->path || !visit->ca)
            rf_cmd_misuse(state, "FILE and --ca are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc check(struct visit *visit, struct rf_err *err)
{
    enum rf_rc rc;
    X509_STORE *store = NULL;
    struct rf_evidence evidence;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_certificate_store(&store, visit->ca, err));
    RF_TRY(rf_safe_file_read(visit->path, &bytes, &size, err));
    RF_TRY(rf_evidence_read(&evidence, visit->path, bytes, size, err));
    RF_TRY(rf_evidence_check(&evidence, store, &visit->findings, err));
    if (visit->json) {
        RF_TRY(rf_cmd_print_json(
            json_pack("{s:b, s:s, s:i, s:s, s:o}", "holds", rf_findings_good(&visit->findings),
                      "found", evidence.text, "step", (int)evidence.step, "name",
                      evidence.step_name, "checks", rf_findings_json(&visit->findings)),
            err));
    } else {
        (void)printf("step %u \"%s\": %s\n", evidence.step, evidence.step_name, evidence.text);
        rf_findings_print(stdout, &visit->findings);
    }
done:
    X509_STORE_free(store);
    rf_secret_free(bytes, size);
    return rc;
}

int rf_cmd_audit_evidence(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"ca", RF_CMD_OPTION_CA, "FILE", 0, "the CA certificates that you believe", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE",
        .doc = "Check what `audit replay --evidence` wrote, with public certificates alone: who "
               "sent the frame, that both ends signed for it, and which auditor says that it "
               "should have been another. Exits with 1 if any check fails.",
    };
    struct visit visit = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &visit);
    int code = rf_cmd_end(argv[0], check(&visit, &err), &err);
    if (code == 0 && !rf_findings_good(&visit.findings))
        code = 1;
    rf_findings_fini(&visit.findings);
    return code;
}
