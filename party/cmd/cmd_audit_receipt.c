#include <stdio.h>

#include "net/base/hex.h"
#include "party/audit/receipt_check.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/keys/certificate.h"
#include "party/study/node_file.h"

struct visit {
    const char *folder, *ca, *node;
    bool json;
    struct rf_findings findings;
    struct rf_receipt_facts facts;
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
    case RF_CMD_OPTION_NODE:
        visit->node = text;
        return 0;
    case ARGP_KEY_ARG:
        if (visit->folder)
            rf_cmd_misuse(state, "one result at a time");
        visit->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!visit->folder)
            rf_cmd_misuse(state, "which result's folder?");
        if (!visit->ca == !visit->node)
            rf_cmd_misuse(state, "whose certificates do you believe? --ca or --node says it");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static json_t *as_json(const struct visit *visit)
{
    char manifest[2 * 32 + 1], session[2 * 16 + 1], digest[2 * 32 + 1];
    const struct rf_receipt_facts *facts = &visit->facts;
    return json_pack(
        "{s:b, s:s, s:s, s:s, s:I, s:s, s:o}", "holds", rf_findings_good(&visit->findings), "study",
        facts->study, "manifest", rf_hex(manifest, facts->manifest, sizeof facts->manifest),
        "session", rf_hex(session, facts->session, sizeof facts->session), "epoch",
        (json_int_t)facts->epoch, "result", rf_hex(digest, facts->digest, sizeof facts->digest),
        "checks", rf_findings_json(&visit->findings));
}

static enum rf_rc check(struct visit *visit, struct rf_err *err)
{
    enum rf_rc rc;
    X509_STORE *authority = NULL;
    struct rf_node_file node;
    const char *ca = visit->ca;
    if (visit->node) {
        RF_TRY(rf_node_file_folder(&node, visit->node, err));
        ca = node.ca;
    }
    RF_TRY(rf_certificate_store(&authority, ca, err));
    RF_TRY(rf_receipt_check(visit->folder, authority, &visit->findings, &visit->facts, err));
    if (visit->json)
        RF_TRY(rf_cmd_print_json(as_json(visit), err));
    else
        rf_findings_print(stdout, &visit->findings);
done:
    X509_STORE_free(authority);
    return rc;
}

int rf_cmd_audit_receipt(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"ca", RF_CMD_OPTION_CA, "FILE", 0, "the CA certificates that you believe", 0},
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "believe those of this member's folder", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "RESULT",
        .doc = "Check a result by its receipt alone, without a network: all members approved the "
               "manifest, each party signed the hashes of its output shares for this manifest, "
               "session and epoch, both holders of each share signed the same, and the shares "
               "open to the figures of result.json. RESULT is the folder that `contribute --out` "
               "wrote; in that of `run --out`, a recipient's: OUT/NAME. Exits with 1 if any check "
               "fails.",
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
