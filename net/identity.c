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

/* Gives OpenSSL the passphrase; without one it must not ask the terminal. */
static int passphrase_of(char *out, int room, int writing, void *context)
{
    (void)writing;
    const char *passphrase = context;
    size_t size = passphrase ? strlen(passphrase) : 0;
    if (size == 0 || size > (size_t)room)
        return -1;
    memcpy(out, passphrase, size);
    return (int)size;
}

static enum rf_rc read_key(EVP_PKEY **out, const char *path, const char *passphrase,
                           struct rf_err *err)
{
    BIO *file = open_file(path, err);
    if (!file)
        return RF_E_IO;
    char *secret = (char *)(uintptr_t)passphrase; /* only read by passphrase_of() */
    *out = PEM_read_bio_PrivateKey(file, NULL, passphrase_of, secret);
    BIO_free(file);
    if (!*out)
        return rf_err_set(err, RF_E_CRYPTO, "%s: holds no PEM private key, or %s", path,
                          passphrase ? "the passphrase is wrong"
                                     : "it is encrypted and no passphrase was given");
    return RF_OK;
}

static enum rf_rc read_authority(X509_STORE **out, const char *path, struct rf_err *err)
{
    BIO *file = open_file(path, err);
    if (!file)
        return RF_E_IO;
    enum rf_rc rc = RF_OK;
    unsigned count = 0;
    X509 *certificate = NULL;
    *out = X509_STORE_new();
    while (*out && (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL) {
        if (X509_STORE_add_cert(*out, certificate) == 1)
            count++;
        X509_free(certificate);
    }
    ERR_clear_error(); /* the end of the file is one */
    BIO_free(file);
    if (count == 0)
        rc = rf_err_set(err, RF_E_CRYPTO, "%s: holds no PEM certificate of a CA", path);
    return rc;
}

static void put_time(const ASN1_TIME *time, char *out, size_t size)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1 || strftime(out, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        (void)snprintf(out, size, "an unreadable date");
}

/* Names are set by whoever made the certificate: keep them to printable ASCII. */
static void clean(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            *text = '?';
}

void rf_identity_explain(X509_STORE_CTX *context, char *text, size_t size)
{
    int error = X509_STORE_CTX_get_error(context);
    X509 *certificate = X509_STORE_CTX_get_current_cert(context);
    const char *whose = X509_STORE_CTX_get_error_depth(context) > 0 ? "its CA's certificate " : "";
    char detail[128] = "";
    switch (certificate ? error : X509_V_ERR_UNSPECIFIED) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        put_time(X509_get0_notAfter(certificate), detail, sizeof detail);
        (void)snprintf(text, size, "%sexpired on %s", whose, detail);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        put_time(X509_get0_notBefore(certificate), detail, sizeof detail);
        (void)snprintf(text, size, "%sis not valid before %s", whose, detail);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        (void)X509_NAME_oneline(X509_get_issuer_name(certificate), detail, sizeof detail);
        clean(detail);
        (void)snprintf(text, size, "issued by an unknown CA (%s)", detail);
        break;
    default:
        (void)snprintf(text, size, "%s%s", whose, X509_verify_cert_error_string(error));
    }
}

static enum rf_rc check_issue(X509 *certificate, X509_STORE *authority, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (!context || X509_STORE_CTX_init(context, authority, certificate, NULL) != 1) {
        rc = rf_err_set(err, RF_E_MEMORY, "no memory to verify a certificate");
    } else if (X509_verify_cert(context) != 1) {
        char text[256];
        rf_identity_explain(context, text, sizeof text);
        rc = rf_err_set(err, RF_E_CRYPTO, "%s", text);
    } else if (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) != 1 ||
               X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1) {
        rc = rf_err_set(err, RF_E_CRYPTO, "not meant for both ends of a TLS link");
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return rc;
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

static enum rf_rc check_name(X509 *certificate, const char *name, struct rf_err *err)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;
    if (X509_check_host(certificate, name, 0, flags, NULL) == 1)
        return RF_OK;
    char names[128];
    names_of(certificate, names, sizeof names);
    return rf_err_set(err, RF_E_CRYPTO, "it is for %s, not for %s", names[0] ? names : "no name",
                      name);
}

enum rf_rc rf_identity_check(X509 *certificate, X509_STORE *authority, const char *name,
                             struct rf_err *err)
{
    enum rf_rc rc = check_issue(certificate, authority, err);
    return rc == RF_OK ? check_name(certificate, name, err) : rc;
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
    rc = check_issue(identity->certificate, identity->authority, err);
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
