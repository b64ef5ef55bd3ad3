#include "net/identity.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static BIO *open_file(const char *path, struct rf_err *err)
{
    errno = 0;
    BIO *file = BIO_new_file(path, "r");
    if (!file)
        (void)rf_err_set(err, RF_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    return file;
}

static enum rf_rc read_certificate(X509 **out, const char *path, struct rf_err *err)
{
    BIO *file = open_file(path, err);
    if (!file)
        return RF_E_IO;
    *out = PEM_read_bio_X509(file, NULL, NULL, NULL);
    BIO_free(file);
    if (!*out)
        return rf_err_set(err, RF_E_CRYPTO, "%s: holds no PEM certificate", path);
    return RF_OK;
}

struct passphrase {
    const char *text;
    size_t size;
};

/* Gives OpenSSL the passphrase; without one it must not ask the terminal. */
static int passphrase_of(char *out, int room, int writing, void *context)
{
    const struct passphrase *passphrase = context;
    (void)writing;
    if (passphrase->size == 0 || passphrase->size > (size_t)room)
        return -1;
    memcpy(out, passphrase->text, passphrase->size);
    return (int)passphrase->size;
}

static enum rf_rc read_key(EVP_PKEY **out, const char *path, const char *passphrase,
                           struct rf_err *err)
{
    BIO *file = open_file(path, err);
    if (!file)
        return RF_E_IO;
    struct passphrase secret = {passphrase, passphrase ? strlen(passphrase) : 0};
    *out = PEM_read_bio_PrivateKey(file, NULL, passphrase_of, &secret);
    BIO_free(file);
    if (!*out) {
        return rf_err_set(err, RF_E_CRYPTO, "%s: holds no PEM private key, or %s", path,
                          passphrase ? "the passphrase is wrong"
                                     : "it is encrypted and no passphrase was given");
    }
    return RF_OK;
}

enum rf_rc rf_identity_store(X509_STORE **store, BIO *pem, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    unsigned count = 0;
    *store = X509_STORE_new();
    if (!*store || X509_STORE_set_flags(*store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "%s: no memory for CA certificates", path));
    for (X509 *next; (next = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL; count++) {
        int added = X509_STORE_add_cert(*store, next);
        X509_free(next);
        if (added != 1)
            RF_TRY(
                rf_err_set(err, RF_E_CRYPTO, "%s: holds a certificate that cannot be used", path));
    }
    if (count == 0)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: holds no PEM certificate of a CA", path));
done:
    ERR_clear_error(); /* the end of the file is one */
    if (rc != RF_OK) {
        X509_STORE_free(*store);
        *store = NULL;
    }
    return rc;
}

static enum rf_rc read_authority(X509_STORE **out, const char *path, struct rf_err *err)
{
    BIO *file = open_file(path, err);
    if (!file)
        return RF_E_IO;
    enum rf_rc rc = rf_identity_store(out, file, path, err);
    BIO_free(file);
    return rc;
}

void rf_identity_date(const ASN1_TIME *date, char text[RF_DATE_SIZE])
{
    struct tm tm = {0};
    if (ASN1_TIME_to_tm(date, &tm) != 1 ||
        strftime(text, RF_DATE_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        (void)snprintf(text, RF_DATE_SIZE, "an unreadable date");
}

/* Names are set by whoever made the certificate: keep them to printable ASCII. */
static void clean(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            *text = '?';
}

void rf_identity_subject(const X509_NAME *name, char text[RF_SUBJECT_SIZE])
{
    BIO *bio = BIO_new(BIO_s_mem());
    int size = 0;
    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
        size = BIO_read(bio, text, RF_SUBJECT_SIZE - 1);
    text[size > 0 ? size : 0] = 0;
    clean(text);
    BIO_free(bio);
}

void rf_identity_explain(X509_STORE_CTX *context, char *text, size_t size)
{
    int error = X509_STORE_CTX_get_error(context);
    X509 *certificate = X509_STORE_CTX_get_current_cert(context);
    const char *whose = X509_STORE_CTX_get_error_depth(context) > 0 ? "its CA's certificate " : "";
    char date[RF_DATE_SIZE], issuer[RF_SUBJECT_SIZE] = "";
    if (certificate)
        rf_identity_subject(X509_get_issuer_name(certificate), issuer);
    switch (certificate ? error : X509_V_ERR_UNSPECIFIED) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        rf_identity_date(X509_get0_notAfter(certificate), date);
        (void)snprintf(text, size, "%sexpired on %s", whose, date);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        rf_identity_date(X509_get0_notBefore(certificate), date);
        (void)snprintf(text, size, "%sis not valid before %s", whose, date);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        (void)snprintf(text, size, "issued by an unknown CA (%s)", issuer);
        break;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        (void)snprintf(text, size, "%sis not signed by the CA that it names (%s)", whose, issuer);
        break;
    default:
        (void)snprintf(text, size, "%s%s", whose, X509_verify_cert_error_string(error));
    }
}

enum rf_rc rf_identity_issued(X509 *certificate, X509_STORE *authority, time_t at,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (!context || X509_STORE_CTX_init(context, authority, certificate, NULL) != 1)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "no memory to verify a certificate"));
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, at);
    X509_VERIFY_PARAM_set_auth_level(parameters, RF_SECURITY_LEVEL);
    if (X509_verify_cert(context) != 1) {
        char text[256];
        rf_identity_explain(context, text, sizeof text);
        rc = rf_err_set(err, RF_E_CRYPTO, "%s", text);
    }
done:
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return rc;
}

enum rf_rc rf_identity_both_ends(X509 *certificate, struct rf_err *err)
{
    if (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1 &&
        X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1)
        return RF_OK;
    ERR_clear_error();
    return rf_err_set(err, RF_E_CRYPTO,
                      "its extended key usage must hold serverAuth and clientAuth");
}

/* The names it does carry, for the error text. */
static void names_of(X509 *certificate, char *out, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && used < size; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        int printed = snprintf(out + used, size - used, "%s%.*s", used ? ", " : "",
                               ASN1_STRING_length(name->d.dNSName),
                               (const char *)ASN1_STRING_get0_data(name->d.dNSName));
        used += printed > 0 ? (size_t)printed : 0;
    }
    GENERAL_NAMES_free(names);
    clean(out);
}

bool rf_identity_named(X509 *certificate, const char *name)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;
    return X509_check_host(certificate, name, 0, flags, NULL) == 1;
}

enum rf_rc rf_identity_check(X509 *certificate, X509_STORE *authority, const char *name,
                             struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_identity_issued(certificate, authority, time(NULL), err));
    RF_TRY(rf_identity_both_ends(certificate, err));
    if (!rf_identity_named(certificate, name)) {
        char names[128];
        names_of(certificate, names, sizeof names);
        rc = rf_err_set(err, RF_E_CRYPTO, "it is for %s, not for %s", names[0] ? names : "no name",
                        name);
    }
done:
    return rc;
}

enum rf_rc rf_identity_load(struct rf_identity *identity, const char *certificate, const char *key,
                            const char *passphrase, const char *authority, struct rf_err *err)
{
    enum rf_rc rc;
    *identity = (struct rf_identity){0};
    RF_TRY(read_certificate(&identity->certificate, certificate, err));
    RF_TRY(read_key(&identity->key, key, passphrase, err));
    RF_TRY(read_authority(&identity->authority, authority, err));
    if (X509_check_private_key(identity->certificate, identity->key) != 1)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: is not the key of %s", key, certificate));
    rc = rf_identity_issued(identity->certificate, identity->authority, time(NULL), err);
    if (rc == RF_OK)
        rc = rf_identity_both_ends(identity->certificate, err);
    if (rc != RF_OK)
        rf_err_prefix(err, "%s: this certificate cannot be used with %s", certificate, authority);
done:
    ERR_clear_error();
    if (rc != RF_OK)
        rf_identity_fini(identity);
    return rc;
}

void rf_identity_fini(struct rf_identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
    X509_STORE_free(identity->authority);
    *identity = (struct rf_identity){0};
}
