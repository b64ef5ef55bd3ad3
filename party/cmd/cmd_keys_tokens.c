#include <libgen.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/certificate.h"
#include "party/keys/member_folder.h"
#include "party/keys/token_key.h"

enum { OPTION_MEMBERS = RF_CMD_OPTION_OWN, CERTIFICATES_MAX = 64 };

struct tokens {
    const char *paths[CERTIFICATES_MAX];
    size_t count;
    const char *out, *ca;
    bool force;
    X509 *certificates[CERTIFICATES_MAX];
    X509_STORE *store;
};

static void add(struct tokens *tokens, const char *path, const struct argp_state *state)
{
    if (tokens->count == CERTIFICATES_MAX)
        rf_cmd_misuse(state, "more than %d certificates", CERTIFICATES_MAX);
    tokens->paths[tokens->count++] = path;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct tokens *tokens = state->input;
    switch (key) {
    case RF_CMD_OPTION_FORCE:
        tokens->force = true;
        return 0;
    case RF_CMD_OPTION_OUT:
        tokens->out = text;
        return 0;
    case RF_CMD_OPTION_CA:
        tokens->ca = text;
        return 0;
    case OPTION_MEMBERS:
    case ARGP_KEY_ARG: /* `--members a.crt b.crt` gives the second without an option */
        add(tokens, text, state);
        return 0;
    case ARGP_KEY_END:
        if (tokens->count == 0 || !tokens->out)
            rf_cmd_misuse(state, "--members and --out are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc load_store(struct tokens *tokens, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char copy[PATH_MAX], beside[PATH_MAX];
    (void)snprintf(copy, sizeof copy, "%s", tokens->out);
    RF_TRY(rf_safe_file_join(beside, dirname(copy), RF_FOLDER_CA, err));
    if (!tokens->ca && !rf_safe_file_exists(beside)) {
        RF_TRY(
            rf_err_set(err, RF_E_ARG,
                       "which CA are the members' certificates from? give --ca FILE (there is no "
                       "%s)",
                       beside));
    }
    RF_TRY(rf_certificate_store(&tokens->store, tokens->ca ? tokens->ca : beside, err));
done:
    return rc;
}

/* The key goes to whoever holds these certificates: none is taken on trust. */
static enum rf_rc load_certificate(struct tokens *tokens, size_t i, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const char *path = tokens->paths[i];
    struct rf_err problem = {0};
    char name[RF_MEMBER_NAME_MAX + 1];
    RF_TRY(rf_certificate_load(&tokens->certificates[i], path, err));
    if (rf_identity_issued(tokens->certificates[i], tokens->store, time(NULL), &problem) != RF_OK ||
        rf_certificate_name(tokens->certificates[i], name, &problem) != RF_OK)
        RF_TRY(rf_err_set(err, problem.rc, "%s: %s", path, problem.text));
    RF_TRY(rf_certificate_usable(tokens->certificates[i], path, err));
    for (size_t j = 0; j < i; j++) {
        if (X509_cmp(tokens->certificates[i], tokens->certificates[j]) == 0)
            RF_TRY(rf_err_set(err, RF_E_ARG, "%s: is there twice, also as %s", path,
                              tokens->paths[j]));
    }
    (void)printf("%s: %s\n", path, name);
done:
    return rc;
}

static enum rf_rc make(struct tokens *tokens, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t key[RF_TOKEN_KEY_SIZE] = {0};
    enum rf_safe_file_how how = tokens->force ? RF_SAFE_FILE_REPLACE : RF_SAFE_FILE_NEW;
    RF_TRY(load_store(tokens, err));
    for (size_t i = 0; i < tokens->count; i++)
        RF_TRY(load_certificate(tokens, i, err));
    RF_TRY(rf_token_key_make(key, err));
    RF_TRY(rf_token_key_seal(key, tokens->certificates, tokens->count, tokens->out, how, err));
    (void)printf("%s: a new tokens' key, sealed to %zu members; give it to each as %s\n",
                 tokens->out, tokens->count, RF_FOLDER_TOKENS);
done:
    rf_secret_wipe(key, sizeof key);
    for (size_t i = 0; i < tokens->count; i++)
        X509_free(tokens->certificates[i]);
    X509_STORE_free(tokens->store);
    return rc;
}

int rf_cmd_keys_tokens(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"members", OPTION_MEMBERS, "CERTIFICATE...", 0, "certificates of all contributors", 0},
        {"out", RF_CMD_OPTION_OUT, "FILE", 0, "where the sealed key goes", 0},
        {"ca", RF_CMD_OPTION_CA, "FILE", 0,
         "CAs that are believed (default: ca.crt beside the sealed key)", 0},
        RF_CMD_FORCE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "[CERTIFICATE...]",
        .doc = "Make a new tokens' key and seal it to the contributors, so that each can open it "
               "with its own private key and nobody else can. Members that only compute must not "
               "have it.",
    };
    struct tokens tokens = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &tokens);
    return rf_cmd_end(argv[0], make(&tokens, &err), &err);
}
