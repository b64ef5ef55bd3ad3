#include "party/keys/auditor.h"

#include <openssl/x509v3.h>

#include "party/keys/certificate.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

enum rf_rc rf_auditor_check(X509 *certificate, const char *what, time_t at, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (!key)
        RF_TRY(rf_openssl_error(err, "%s: its public key cannot be used", what));
    RF_TRY(rf_private_key_accept(key, what, err));
    uint32_t seals = EVP_PKEY_is_a(key, "RSA") ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;
    if (!(X509_get_key_usage(certificate) & seals)) {
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: its key usage must hold %s", what,
                          seals == KU_KEY_AGREEMENT ? "keyAgreement" : "keyEncipherment"));
    }
    if (rf_certificate_seconds(X509_get0_notBefore(certificate), at) > 0)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: is not valid yet", what));
    if (rf_certificate_seconds(X509_get0_notAfter(certificate), at) < 0)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: has expired", what));
done:
    return rc;
}

enum rf_rc rf_auditor_load(X509 **certificate, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_certificate_load(certificate, path, err));
    RF_TRY(rf_auditor_check(*certificate, path, time(NULL), err));
done:
    if (rc != RF_OK) {
        X509_free(*certificate);
        *certificate = NULL;
    }
    return rc;
}
