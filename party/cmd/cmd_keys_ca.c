#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/authority.h"
#include "party/keys/certificate.h"
#include "party/keys/member_folder.h"
#include "party/keys/request.h"

enum { OPTION_NAME = RF_CMD_OPTION_OWN, NAME_MOST = 64 /* X.520: of a common name */ };

/* ---- init-ca ---- */

struct init {
    const char *folder, *name, *passphrase;
    unsigned days;
    bool force;
};

static error_t parse_init(int key, char *text, struct argp_state *state)
{
    struct init *init = state->input;
    switch (key) {
    case RF_CMD_OPTION_PASSPHRASE:
        init->passphrase = text;
        return 0;
    case RF_CMD_OPTION_FORCE:
        init->force = true;
        return 0;
    case RF_CMD_OPTION_DAYS:
        init->days = (unsigned)rf_cmd_number(state, "--days", text, 1, RF_DAYS_MAX);
        return 0;
    case OPTION_NAME:
        if (!*text || strlen(text) > NAME_MOST)
            rf_cmd_misuse(state, "--name takes 1 to %d bytes", NAME_MOST);
        init->name = text;
        return 0;
    case ARGP_KEY_ARG:
        if (init->folder)
            rf_cmd_misuse(state, "one folder is enough");
        init->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!init->folder)
            rf_cmd_misuse(state, "which folder?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc make_authority(const struct init *init, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_passphrase passphrase = {0};
    enum rf_safe_file_how how = init->force ? RF_SAFE_FILE_REPLACE : RF_SAFE_FILE_NEW;
    char path[PATH_MAX], own[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, init->folder, RF_FOLDER_CA_KEY, err));
    if (!init->force && rf_safe_file_exists(path))
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: exists already and is not overwritten", path));
    RF_TRY(rf_safe_file_join(own, init->folder, RF_FOLDER_PASSPHRASE, err));
    RF_TRY(rf_passphrase_get(&passphrase, init->passphrase, own, path, RF_PASSPHRASE_CREATE, err));
    RF_TRY(rf_authority_create(init->folder, init->name, init->days, &passphrase, how, err));
    (void)printf("%s/%s: the CA's key, encrypted; keep it off line\n"
                 "%s/%s: the CA's certificate; give it to every member\n",
                 init->folder, RF_FOLDER_CA_KEY, init->folder, RF_FOLDER_CA);
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

int rf_cmd_keys_ca_init(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"name", OPTION_NAME, "TEXT", 0, "what people call this CA (default: Consortium CA)", 0},
        {"days", RF_CMD_OPTION_DAYS, "N", 0, "validity (default: 3650)", 0},
        RF_CMD_PASSPHRASE,
        RF_CMD_FORCE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse_init,
        .args_doc = "FOLDER",
        .doc = "Make a certificate authority in FOLDER: ca.key (encrypted), ca.crt, issued.csv.",
    };
    struct init init = {.name = "Consortium CA", .days = RF_AUTHORITY_DAYS};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &init);
    return rf_cmd_end(argv[0], make_authority(&init, &err), &err);
}

/* ---- issue ---- */

struct issue {
    const char *request, *ca, *out, *name, *passphrase;
    unsigned days;
    bool force;
};

static error_t parse_issue(int key, char *text, struct argp_state *state)
{
    struct issue *issue = state->input;
    switch (key) {
    case RF_CMD_OPTION_PASSPHRASE:
        issue->passphrase = text;
        return 0;
    case RF_CMD_OPTION_FORCE:
        issue->force = true;
        return 0;
    case RF_CMD_OPTION_DAYS:
        issue->days = (unsigned)rf_cmd_number(state, "--days", text, 1, RF_DAYS_MAX);
        return 0;
    case RF_CMD_OPTION_CA:
        issue->ca = text;
        return 0;
    case RF_CMD_OPTION_OUT:
        issue->out = text;
        return 0;
    case OPTION_NAME:
        issue->name = text;
        return 0;
    case ARGP_KEY_ARG:
        if (issue->request)
            rf_cmd_misuse(state, "one request at a time");
        issue->request = text;
        return 0;
    case ARGP_KEY_END:
        if (!issue->request || !issue->ca || !issue->out)
            rf_cmd_misuse(state, "REQUEST, --ca and --out are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc open_authority(struct rf_authority *authority, const struct issue *issue,
                                 struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_passphrase passphrase = {0};
    char path[PATH_MAX], own[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, issue->ca, RF_FOLDER_CA_KEY, err));
    RF_TRY(rf_safe_file_join(own, issue->ca, RF_FOLDER_PASSPHRASE, err));
    RF_TRY(rf_passphrase_get(&passphrase, issue->passphrase, own, path, RF_PASSPHRASE_OPEN, err));
    RF_TRY(rf_authority_open(authority, issue->ca, &passphrase, err));
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

static enum rf_rc report_issue(const struct issue *issue, X509 *certificate, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char name[RF_MEMBER_NAME_MAX + 1], until[RF_DATE_SIZE];
    RF_TRY(rf_certificate_name(certificate, name, err));
    rf_identity_date(X509_get0_notAfter(certificate), until);
    (void)printf("%s: certificate of %s, until %s\n", issue->out, name, until);
done:
    return rc;
}

static enum rf_rc issue_certificate(const struct issue *issue, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_authority authority = {0};
    X509_REQ *request = NULL;
    X509 *certificate = NULL;
    enum rf_safe_file_how how = issue->force ? RF_SAFE_FILE_REPLACE : RF_SAFE_FILE_NEW;
    RF_TRY(rf_request_load(&request, issue->request, err));
    if (!issue->force && rf_safe_file_exists(issue->out))
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: exists already and is not overwritten", issue->out));
    RF_TRY(open_authority(&authority, issue, err));
    RF_TRY(rf_authority_issue(&authority, request, issue->name, issue->days, issue->force,
                              &certificate, err));
    RF_TRY(rf_certificate_save(certificate, issue->out, how, err));
    RF_TRY(report_issue(issue, certificate, err));
done:
    X509_free(certificate);
    X509_REQ_free(request);
    rf_authority_fini(&authority);
    return rc;
}

int rf_cmd_keys_ca_issue(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"ca", RF_CMD_OPTION_CA, "FOLDER", 0, "the CA's folder", 0},
        {"out", RF_CMD_OPTION_OUT, "FILE", 0, "where the certificate goes", 0},
        {"days", RF_CMD_OPTION_DAYS, "N", 0, "validity (default: 398)", 0},
        {"name", OPTION_NAME, "NAME", 0, "refuse a request that is for anybody but NAME", 0},
        RF_CMD_PASSPHRASE,
        {"force", RF_CMD_OPTION_FORCE, NULL, 0,
         "replace FILE; give NAME to a new key although another has a valid certificate", 0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse_issue,
        .args_doc = "REQUEST",
        .doc =
            "Sign a member's certificate request (member.csr). Before you do, make sure that the "
            "request comes from that member: compare the fingerprint that `keys show` prints.",
    };
    struct issue issue = {.days = RF_CERTIFICATE_DAYS};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &issue);
    return rf_cmd_end(argv[0], issue_certificate(&issue, &err), &err);
}
