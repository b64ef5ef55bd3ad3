#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_study.h"
#include "party/study/approvals.h"
#include "party/study/signer.h"
#include "party/study/study_page.h"

enum { OPTION_YES = RF_CMD_OPTION_OWN, OPTION_REASON };

struct decide {
    const char *folder, *node_folder, *reason, *passphrase;
    bool approve, yes;
    struct rf_signer signer;
    struct rf_manifest manifest;
    unsigned member; /* our index in the manifest */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct decide *decide = state->input;
    switch (key) {
    case RF_CMD_OPTION_NODE:
        decide->node_folder = text;
        return 0;
    case RF_CMD_OPTION_PASSPHRASE:
        decide->passphrase = text;
        return 0;
    case OPTION_YES:
        decide->yes = true;
        return 0;
    case OPTION_REASON:
        if (strlen(text) > RF_TEXT_MAX)
            rf_cmd_misuse(state, "--reason: at most %d bytes", RF_TEXT_MAX);
        decide->reason = text;
        return 0;
    case ARGP_KEY_ARG:
        if (decide->folder)
            rf_cmd_misuse(state, "one study at a time");
        decide->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!decide->folder || !decide->node_folder)
            rf_cmd_misuse(state, "FOLDER and --node are needed");
        if (!decide->approve && !decide->reason)
            rf_cmd_misuse(state, "--reason is needed: the others will want to know");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- who we are, and what is on the table ---- */

static enum rf_rc find_ourselves(struct decide *decide, struct rf_err *err)
{
    const char *name = decide->signer.name;
    int member = rf_study_member(&decide->manifest.study, name);
    if (member < 0)
        return rf_err_set(err, RF_E_ARG, "%s is no member of this study", name);
    decide->member = (unsigned)member;
    return RF_OK;
}

/* Nobody signs a study whose members are not who they are said to be. */
static enum rf_rc check_members(const struct decide *decide, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < decide->manifest.study.member_count; i++) {
        X509 *certificate = NULL;
        RF_TRY(rf_approvals_certificate(&certificate, decide->folder, &decide->manifest, i,
                                        decide->signer.store, err));
        bool other = i == decide->member && X509_cmp(certificate, decide->signer.certificate) != 0;
        X509_free(certificate);
        if (other) {
            RF_TRY(rf_err_set(err, RF_E_CRYPTO,
                              "the manifest names another certificate for us than %s",
                              decide->signer.node.certificate));
        }
    }
done:
    return rc;
}

static enum rf_rc prepare(struct decide *decide, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    RF_TRY(rf_signer_open(&decide->signer, decide->node_folder, err));
    RF_TRY(rf_approvals_manifest(&decide->manifest, decide->folder, err));
    RF_TRY(find_ourselves(decide, err));
    if (decide->approve)
        RF_TRY(check_members(decide, err));
done:
    return rc;
}

/* ---- the signature ---- */

static enum rf_rc add_tokens(const struct decide *decide, struct rf_approval *approval,
                             struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t key[RF_TOKEN_KEY_SIZE] = {0};
    if (!decide->approve || !decide->manifest.study.members[decide->member].contributor)
        return RF_OK;
    RF_TRY(rf_token_key_open(key, decide->signer.node.tokens, decide->signer.certificate,
                             decide->signer.key, err));
    RF_TRY(rf_token_key_check_value(key, approval->tokens, err));
    approval->has_tokens = true;
done:
    rf_secret_wipe(key, sizeof key);
    return rc;
}

static enum rf_rc sign(struct decide *decide, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_approval approval = {.time = (uint64_t)time(NULL), .approved = decide->approve};
    memcpy(approval.manifest, decide->manifest.hash, sizeof approval.manifest);
    memcpy(approval.signer, decide->manifest.study.members[decide->member].name,
           sizeof approval.signer);
    (void)snprintf(approval.reason, sizeof approval.reason, "%s",
                   decide->reason ? decide->reason : "");
    RF_TRY(rf_signer_unlock(&decide->signer, decide->passphrase, err));
    RF_TRY(add_tokens(decide, &approval, err));
    RF_TRY(rf_approval_sign(&approval, decide->signer.key, err));
    RF_TRY(rf_approvals_put(decide->folder, &approval, err));
    (void)printf("%s/%s.approval: %s %s this study\n", decide->folder, approval.signer,
                 approval.signer, decide->approve ? "approves" : "refuses");
done:
    return rc;
}

static enum rf_rc run(struct decide *decide, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    RF_TRY(prepare(decide, err));
    if (decide->approve) {
        rf_study_page_print(stdout, &decide->manifest);
        (void)fflush(stdout);
        if (!decide->yes)
            RF_TRY(rf_cmd_confirm("approve", decide->signer.name, "study show", err));
    }
    RF_TRY(sign(decide, err));
done:
    rf_signer_fini(&decide->signer);
    return rc;
}

static int decide(const struct argp *argp, bool approve, int argc, char **argv)
{
    struct decide state = {.approve = approve};
    struct rf_err err = {0};
    rf_cmd_parse(argp, argc, argv, &state);
    return rf_cmd_end(argv[0], run(&state, &err), &err);
}

int rf_cmd_study_decide_approve(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "the member's folder", 0},
        {"reason", OPTION_REASON, "TEXT", 0, "a remark that is signed along", 0},
        {"yes", OPTION_YES, NULL, 0, "do not ask", 0},
        RF_CMD_PASSPHRASE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FOLDER",
        .doc = "Show the study in FOLDER, ask, and sign it with the member's key. The certificates "
               "of all members are checked first against the CAs in the member's own ca.crt.",
    };
    return decide(&argp, true, argc, argv);
}

int rf_cmd_study_decide_refuse(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "the member's folder", 0},
        {"reason", OPTION_REASON, "TEXT", 0, "why", 0},
        RF_CMD_PASSPHRASE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FOLDER",
        .doc = "Sign a refusal of the study in FOLDER with the member's key.",
    };
    return decide(&argp, false, argc, argv);
}
