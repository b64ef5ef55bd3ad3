#include <openssl/x509.h>
#include <stdio.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/member_folder.h"
#include "party/keys/private_key.h"
#include "party/keys/request.h"
#include "party/keys/safe_file.h"

struct request {
    const char *name, *out, *passphrase;
    bool force;
    char key[PATH_MAX], csr[PATH_MAX];
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case RF_CMD_OPTION_PASSPHRASE:
        request->passphrase = text;
        return 0;
    case RF_CMD_OPTION_FORCE:
        request->force = true;
        return 0;
    case RF_CMD_OPTION_OUT:
        request->out = text;
        return 0;
    case ARGP_KEY_ARG:
        if (request->name)
            rf_cmd_misuse(state, "one name at a time");
        request->name = text;
        return 0;
    case ARGP_KEY_END:
        if (!request->name || !request->out)
            rf_cmd_misuse(state, "NAME and --out are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc save(const struct request *request, EVP_PKEY *key, X509_REQ *csr,
                       const struct rf_passphrase *passphrase, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    enum rf_safe_file_how how = request->force ? RF_SAFE_FILE_REPLACE : RF_SAFE_FILE_NEW;
    RF_TRY(rf_safe_file_folder(request->out, err));
    RF_TRY(rf_private_key_save(key, request->key, passphrase, how, err));
    RF_TRY(rf_request_save(csr, request->csr, RF_SAFE_FILE_REPLACE, err));
    (void)printf("%s: private key, encrypted; it stays here\n"
                 "%s: request for %s; send it to whoever runs the CA\n",
                 request->key, request->csr, request->name);
done:
    return rc;
}

static enum rf_rc make(struct request *request, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_passphrase passphrase = {0};
    char own[PATH_MAX];
    EVP_PKEY *key = NULL;
    X509_REQ *csr = NULL;
    RF_TRY(rf_safe_file_join(request->key, request->out, RF_FOLDER_KEY, err));
    RF_TRY(rf_safe_file_join(request->csr, request->out, RF_FOLDER_REQUEST, err));
    if (!request->force && rf_safe_file_exists(request->key))
        RF_TRY(
            rf_err_set(err, RF_E_ARG, "%s: exists already and is not overwritten", request->key));
    RF_TRY(rf_private_key_make(&key, "P-256", err));
    RF_TRY(rf_request_make(&csr, request->name, key, err));
    RF_TRY(rf_safe_file_join(own, request->out, RF_FOLDER_PASSPHRASE, err));
    RF_TRY(rf_passphrase_get(&passphrase, request->passphrase, own, request->key,
                             RF_PASSPHRASE_CREATE, err));
    RF_TRY(save(request, key, csr, &passphrase, err));
done:
    X509_REQ_free(csr);
    EVP_PKEY_free(key);
    rf_passphrase_fini(&passphrase);
    return rc;
}

int rf_cmd_keys_request(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "the member's folder; made if need be", 0},
        RF_CMD_PASSPHRASE,
        RF_CMD_FORCE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "NAME",
        .doc = "Make the key of the member NAME (EC P-256, encrypted) and a certificate request. A "
               "bank that has its own PKI does not need this: it puts its key and certificate into "
               "the folder as member.key and member.crt.",
    };
    struct request request = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &request);
    return rf_cmd_end(argv[0], make(&request, &err), &err);
}
