#include "party/keys/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/member_name.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

/* ---- files ---- */

enum rf_rc rf_certificate_parse(X509 **certificate, const char *name, const uint8_t *bytes,
                                size_t size, struct rf_err *err)
{
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return *certificate ? RF_OK : rf_openssl_error(err, "%s: holds no certificate in PEM", name);
}

enum rf_rc rf_certificate_load(X509 **certificate, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    *certificate = NULL;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_certificate_parse(certificate, path, bytes, size, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

enum rf_rc rf_certificate_save(X509 *certificate, const char *path, enum rf_safe_file_how how,
                               struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (!bio || PEM_write_bio_X509(bio, certificate) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot write the certificate", path));
    long size = BIO_get_mem_data(bio, &text);
    RF_TRY(rf_safe_file_write(path, text, (size_t)size, 0644, how, err));
done:
    BIO_free(bio);
    return rc;
}

enum rf_rc rf_certificate_store(X509_STORE **store, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    BIO *bio = NULL;
    *store = NULL;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    bio = BIO_new_mem_buf(bytes, (int)size);
    if (!bio)
        RF_TRY(rf_openssl_error(err, "%s: cannot be used", path));
    RF_TRY(rf_identity_store(store, bio, path, err));
done:
    BIO_free(bio);
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- names ---- */

/* Text of an ASN.1 string if it is a member's name, else "". */
static void member_name_of(const ASN1_STRING *string, char name[RF_MEMBER_NAME_MAX + 1])
{
    int length = string ? ASN1_STRING_length(string) : 0;
    name[0] = 0;
    if (length < 1 || length > RF_MEMBER_NAME_MAX)
        return;
    memcpy(name, ASN1_STRING_get0_data(string), (size_t)length);
    name[length] = 0;
    if (strlen(name) != (size_t)length || !rf_member_name_valid(name))
        name[0] = 0;
}

static void common_name(X509 *certificate, char name[RF_MEMBER_NAME_MAX + 1])
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    X509_NAME_ENTRY *entry = at >= 0 ? X509_NAME_get_entry(subject, at) : NULL;
    member_name_of(entry ? X509_NAME_ENTRY_get_data(entry) : NULL, name);
}

static unsigned dns_names(X509 *certificate, char name[RF_MEMBER_NAME_MAX + 1])
{
    unsigned count = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        char candidate[RF_MEMBER_NAME_MAX + 1];
        const GENERAL_NAME *entry = sk_GENERAL_NAME_value(names, i);
        member_name_of(entry->type == GEN_DNS ? entry->d.dNSName : NULL, candidate);
        if (candidate[0]) {
            memcpy(name, candidate, sizeof candidate);
            count++;
        }
    }
    GENERAL_NAMES_free(names);
    return count;
}

enum rf_rc rf_certificate_name(X509 *certificate, char name[RF_MEMBER_NAME_MAX + 1],
                               struct rf_err *err)
{
    common_name(certificate, name);
    if (name[0] && rf_identity_named(certificate, name))
        return RF_OK;
    unsigned count = dns_names(certificate, name);
    if (count != 1) {
        return rf_err_set(err, RF_E_CRYPTO, "the certificate has %s: %s",
                          count == 0 ? "no DNS name that a member can have"
                                     : "several DNS names that a member can have",
                          RF_MEMBER_NAME_RULE);
    }
    return RF_OK;
}

/* ---- checks ---- */

int64_t rf_certificate_seconds(const ASN1_TIME *date, time_t at)
{
    int days = 0, seconds = 0;
    ASN1_TIME *from = ASN1_TIME_set(NULL, at);
    if (!from || ASN1_TIME_diff(&days, &seconds, from, date) != 1)
        days = seconds = 0;
    ASN1_TIME_free(from);
    return (int64_t)days * 86400 + seconds;
}

enum rf_rc rf_certificate_usable(X509 *certificate, const char *what, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (!key)
        RF_TRY(rf_openssl_error(err, "%s: its public key cannot be used", what));
    RF_TRY(rf_private_key_accept(key, what, err));
    uint32_t seals = EVP_PKEY_is_a(key, "RSA") ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;
    uint32_t usage = X509_get_key_usage(certificate); /* all ones when it does not say */
    if (!(usage & KU_DIGITAL_SIGNATURE) || !(usage & seals))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: its key usage must hold digitalSignature and %s",
                          what, seals == KU_KEY_AGREEMENT ? "keyAgreement" : "keyEncipherment"));
    rc = rf_identity_both_ends(certificate, err);
    if (rc != RF_OK)
        rf_err_prefix(err, "%s", what);
done:
    return rc;
}

enum rf_rc rf_certificate_fingerprint(X509 *certificate, uint8_t fingerprint[RF_FINGERPRINT_SIZE],
                                      struct rf_err *err)
{
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), fingerprint, &size) != 1 ||
        size != RF_FINGERPRINT_SIZE)
        return rf_openssl_error(err, "the certificate has no fingerprint");
    return RF_OK;
}
