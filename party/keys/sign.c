#include "party/keys/sign.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

static bool use_pss(EVP_PKEY *key, EVP_PKEY_CTX *context)
{
    return !EVP_PKEY_is_a(key, "RSA") ||
           (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

enum rf_rc rf_sign(EVP_PKEY *key, const char *domain, const void *data, size_t size,
                   uint8_t signature[RF_SIGNATURE_MAX], size_t *signature_size, struct rf_err *err)
{
    EVP_PKEY_CTX *parameters = NULL; /* belongs to the digest's context */
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *signature_size = RF_SIGNATURE_MAX;
    bool done = context && EVP_DigestSignInit(context, &parameters, EVP_sha256(), NULL, key) == 1 &&
                use_pss(key, parameters) &&
                EVP_DigestSignUpdate(context, domain, strlen(domain) + 1) == 1 &&
                EVP_DigestSignUpdate(context, data, size) == 1 &&
                EVP_DigestSignFinal(context, signature, signature_size) == 1;
    EVP_MD_CTX_free(context);
    return done ? RF_OK : rf_openssl_error(err, "cannot sign");
}

enum rf_rc rf_sign_verify(X509 *certificate, const char *domain, const void *data, size_t size,
                          const uint8_t *signature, size_t signature_size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    EVP_PKEY_CTX *parameters = NULL;
    EVP_MD_CTX *context = NULL;
    if (!key)
        RF_TRY(rf_openssl_error(err, "the certificate's public key cannot be used"));
    RF_TRY(rf_private_key_accept(key, "certificate", err));
    context = EVP_MD_CTX_new();
    if (!context || EVP_DigestVerifyInit(context, &parameters, EVP_sha256(), NULL, key) != 1 ||
        !use_pss(key, parameters) ||
        EVP_DigestVerifyUpdate(context, domain, strlen(domain) + 1) != 1 ||
        EVP_DigestVerifyUpdate(context, data, size) != 1)
        RF_TRY(rf_openssl_error(err, "the signature cannot be checked"));
    if (EVP_DigestVerifyFinal(context, signature, signature_size) != 1)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the signature is not valid"));
done:
    ERR_clear_error();
    EVP_MD_CTX_free(context);
    return rc;
}
