#include "net/base/derive.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>
#include <string.h>

enum rf_rc rf_derive_key(uint8_t *key, size_t size, const void *secret, size_t secret_size,
                         const void *salt, size_t salt_size, const char *info, const void *context,
                         size_t context_size, struct rf_err *err)
{
    enum rf_rc rc = RF_E_CRYPTO;
    size_t info_size = strlen(info) + 1;
    uint8_t *bound = malloc(info_size + context_size);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *kdf_context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    if (bound && kdf_context) {
        memcpy(bound, info, info_size);
        if (context_size)
            memcpy(bound + info_size, context, context_size);
        char digest[] = "SHA256", none[] = ""; /* OpenSSL refuses a NULL salt, even of no length */
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_size),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_size ? (void *)salt : none,
                                              salt_size),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, bound, info_size + context_size),
            OSSL_PARAM_construct_end(),
        };
        if (EVP_KDF_derive(kdf_context, key, size, params) == 1)
            rc = RF_OK;
    }
    EVP_KDF_CTX_free(kdf_context);
    EVP_KDF_free(kdf);
    free(bound);
    return rc == RF_OK ? rc : rf_err_set(err, rc, "HKDF-SHA256 failed in OpenSSL");
}
