#include "party/keys/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/member_name.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

enum { AUTH_LEVEL = 2 /* 112 bits of security: no SHA-1, no RSA below 2048 */ };

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

static enum rf_rc add_all(X509_STORE *store, BIO *bio, const char *path, struct rf_err *err)
{
    unsigned count = 0;
    for (X509 *next; (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)); count++) {
        int added = X509_STORE_add_cert(store, next);
        X509_free(next);
        if (added != 1)
            return rf_openssl_error(err, "%s: cannot use a certificate", path);
    }
    if (count == 0)
        return rf_openssl_error(err, "%s: holds no certificate in PEM", path);
    ERR_clear_error(); /* the end of the file is an error to PEM_read_bio_X509() */
    return RF_OK;
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
    *store = X509_STORE_new();
    if (!bio || !*store || X509_STORE_set_flags(*store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot be used", path));
    RF_TRY(add_all(*store, bio, path, err));
done:
    BIO_free(bio);
    rf_secret_free(bytes, size);
    if (rc != RF_OK) {
        X509_STORE_free(*store);
        *store = NULL;
    }
    return rc;
}

/* ---- names ---- */

static bool is_dns_name(X509 *certificate, const char *name)
{
    const unsigned flags = X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    return X509_check_host(certificate, name, strlen(name), flags, NULL) == 1;
}

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
    if (name[0] && is_dns_name(certificate, name))
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

void rf_certificate_date(const ASN1_TIME *date, char text[RF_DATE_SIZE])
{
    struct tm tm = {0};
    if (ASN1_TIME_to_tm(date, &tm) != 1 ||
        strftime(text, RF_DATE_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        (void)snprintf(text, RF_DATE_SIZE, "unknown");
}

void rf_certificate_subject(const X509_NAME *name, char text[RF_SUBJECT_SIZE])
{
    BIO *bio = BIO_new(BIO_s_mem());
    int size = 0;
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
        size = BIO_read(bio, text, RF_SUBJECT_SIZE - 1);
    text[size > 0 ? size : 0] = 0;
    BIO_free(bio);
}

static enum rf_rc explain(X509 *certificate, int reason, struct rf_err *err)
{
    char date[RF_DATE_SIZE], issuer[RF_SUBJECT_SIZE];
    rf_certificate_subject(X509_get_issuer_name(certificate), issuer);
    switch (reason) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        rf_certificate_date(X509_get0_notAfter(certificate), date);
        return rf_err_set(err, RF_E_CRYPTO, "the certificate expired on %s", date);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        rf_certificate_date(X509_get0_notBefore(certificate), date);
        return rf_err_set(err, RF_E_CRYPTO, "the certificate is not valid before %s", date);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return rf_err_set(err, RF_E_CRYPTO, "the certificate was issued by an unknown CA (%s)",
                          issuer);
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return rf_err_set(err, RF_E_CRYPTO,
                          "the certificate is not signed by the CA that it names (%s)", issuer);
    default:
        return rf_err_set(err, RF_E_CRYPTO, "the certificate is not valid: %s",
                          X509_verify_cert_error_string(reason));
    }
}

static enum rf_rc check_chain(X509 *certificate, X509_STORE *store, time_t at, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (!context || X509_STORE_CTX_init(context, store, certificate, NULL) != 1)
        RF_TRY(rf_openssl_error(err, "the certificate cannot be checked"));
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, at);
    X509_VERIFY_PARAM_set_auth_level(parameters, AUTH_LEVEL);
    if (X509_verify_cert(context) != 1)
        RF_TRY(explain(certificate, X509_STORE_CTX_get_error(context), err));
done:
    ERR_clear_error();
    X509_STORE_CTX_free(context);
    return rc;
}

enum rf_rc rf_certificate_check(X509 *certificate, X509_STORE *store, const char *name, time_t at,
                                struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    if (name && !is_dns_name(certificate, name)) {
        char subject[RF_SUBJECT_SIZE];
        rf_certificate_subject(X509_get_subject_name(certificate), subject);
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the certificate is not %s's: its subject is %s", name,
                          subject));
    }
    RF_TRY(check_chain(certificate, store, at, err));
done:
    return rc;
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
    if (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) != 1 ||
        X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO,
                          "%s: its extended key usage must hold serverAuth and clientAuth", what));
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
