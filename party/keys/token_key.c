#include "party/keys/token_key.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/envelope.h"
#include "party/keys/openssl_error.h"

static const char LABEL[] = "ringfence tokens v1";

enum { CONTENT_SIZE = sizeof LABEL + RF_TOKEN_KEY_SIZE };

enum rf_rc rf_token_key_make(uint8_t key[RF_TOKEN_KEY_SIZE], struct rf_err *err)
{
    return RAND_priv_bytes(key, RF_TOKEN_KEY_SIZE) == 1 ? RF_OK
                                                        : rf_openssl_error(err, "no randomness");
}

enum rf_rc rf_token_key_check_value(const uint8_t key[RF_TOKEN_KEY_SIZE],
                                    uint8_t value[RF_TOKEN_KEY_CHECK_SIZE], struct rf_err *err)
{
    static const char purpose[] = "ringfence tokens check v1";
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key, RF_TOKEN_KEY_SIZE, (const unsigned char *)purpose, strlen(purpose),
              mac, &size))
        return rf_openssl_error(err, "the tokens' key has no check value");
    memcpy(value, mac, RF_TOKEN_KEY_CHECK_SIZE);
    rf_secret_wipe(mac, sizeof mac);
    return RF_OK;
}

static struct rf_envelope_words words_for(const char *name)
{
    return (struct rf_envelope_words){.name = name, .what = "tokens' key", .owner = "member"};
}

enum rf_rc rf_token_key_seal(const uint8_t key[RF_TOKEN_KEY_SIZE], X509 *const *certificates,
                             size_t count, const char *path, enum rf_safe_file_how how,
                             struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_envelope_words words = words_for(path);
    uint8_t content[CONTENT_SIZE];
    unsigned char *der = NULL;
    size_t size = 0;
    memcpy(content, LABEL, sizeof LABEL);
    memcpy(content + sizeof LABEL, key, RF_TOKEN_KEY_SIZE);
    if (count == 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: no certificate to seal to", path));
    RF_TRY(
        rf_envelope_seal(&words, content, sizeof content, certificates, count, &der, &size, err));
    RF_TRY(rf_safe_file_write(path, der, size, 0644, how, err));
done:
    rf_secret_wipe(content, sizeof content);
    OPENSSL_free(der);
    return rc;
}

enum rf_rc rf_token_key_unseal(uint8_t key[RF_TOKEN_KEY_SIZE], const char *name,
                               const uint8_t *bytes, size_t size, X509 *certificate,
                               EVP_PKEY *private_key, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_envelope_words words = words_for(name);
    uint8_t *content = NULL;
    size_t content_size = 0;
    RF_TRY(rf_envelope_open(&words, bytes, size, certificate, private_key, &content, &content_size,
                            err));
    if (content_size != CONTENT_SIZE || !rf_secret_equal(content, LABEL, sizeof LABEL))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: what is sealed in it is no tokens' key", name));
    memcpy(key, content + sizeof LABEL, RF_TOKEN_KEY_SIZE);
done:
    rf_secret_free(content, content_size);
    return rc;
}

enum rf_rc rf_token_key_open(uint8_t key[RF_TOKEN_KEY_SIZE], const char *path, X509 *certificate,
                             EVP_PKEY *private_key, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_token_key_unseal(key, path, bytes, size, certificate, private_key, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

enum rf_rc rf_token_key_recipients(const char *path, unsigned *count, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_envelope_words words = words_for(path);
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_envelope_recipients(&words, bytes, size, count, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}
