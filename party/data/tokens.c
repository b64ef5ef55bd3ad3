#include "party/data/tokens.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "net/base/derive.h"
#include "net/base/secret.h"

enum { KEY_SIZE = 32, DIGEST_SIZE = 32 };

static char sha256[] = "SHA256";

struct rf_tokens_key {
    EVP_MAC_CTX *mac; /* keyed once; each token starts from that state */
};

static enum rf_rc failed(struct rf_err *err)
{
    return rf_err_set(err, RF_E_CRYPTO, "OpenSSL cannot compute tokens");
}

static enum rf_rc set_key(struct rf_tokens_key *tokens, const uint8_t key[KEY_SIZE],
                          struct rf_err *err)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    tokens->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); /* the context holds it */
    if (!tokens->mac || EVP_MAC_init(tokens->mac, key, KEY_SIZE, params) != 1)
        return failed(err);
    return RF_OK;
}

enum rf_rc rf_tokens_key_new(struct rf_tokens_key **key, const uint8_t *members_key, size_t size,
                             const uint8_t manifest_hash[32], struct rf_err *err)
{
    enum rf_rc rc;
    uint8_t derived[KEY_SIZE];
    struct rf_tokens_key *tokens = NULL;
    *key = NULL;
    if (size < RF_TOKENS_KEY_MIN)
        return rf_err_set(err, RF_E_ARG, "the members' key needs at least %d bytes",
                          RF_TOKENS_KEY_MIN);
    tokens = calloc(1, sizeof *tokens);
    if (!tokens)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the tokens' key");
    RF_TRY(rf_derive_key(derived, sizeof derived, members_key, size, manifest_hash, 32,
                         "ringfence token v1", NULL, 0, err));
    RF_TRY(set_key(tokens, derived, err));
    *key = tokens;
    tokens = NULL;
done:
    rf_secret_wipe(derived, sizeof derived);
    rf_tokens_key_free(tokens);
    return rc;
}

void rf_tokens_key_free(struct rf_tokens_key *key)
{
    if (!key)
        return;
    EVP_MAC_CTX_free(key->mac);
    free(key);
}

enum rf_rc rf_tokens_one(struct rf_tokens_key *key, enum rf_token_type type, const char *value,
                         size_t size, uint64_t *token, struct rf_err *err)
{
    uint8_t digest[DIGEST_SIZE];
    const uint8_t first = (uint8_t)type;
    size_t got = 0;
    if (EVP_MAC_init(key->mac, NULL, 0, NULL) != 1 || EVP_MAC_update(key->mac, &first, 1) != 1 ||
        EVP_MAC_update(key->mac, (const uint8_t *)value, size) != 1 ||
        EVP_MAC_final(key->mac, digest, &got, sizeof digest) != 1 || got != sizeof digest)
        return failed(err);
    *token = rf_load64(digest);
    return RF_OK;
}

enum rf_rc rf_tokens_all(struct rf_tokens_key *key, const struct rf_tables *tables, uint64_t *token,
                         struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (size_t i = 0; i < tables->holdings; i++) {
        const struct rf_holding *holding = &tables->holding[i];
        RF_TRY(rf_tokens_one(key, holding->type, holding->value, strlen(holding->value), &token[i],
                             err));
    }
done:
    return rc;
}
