#include "party/keys/authority.h"

#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/base/secret.h"
#include "party/keys/certificate.h"
#include "party/keys/issued.h"
#include "party/keys/member_folder.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"
#include "party/keys/request.h"

enum { SERIAL_BITS = 159, EARLIER_SECONDS = 3600, DAY_SECONDS = 86400 };

/* ---- what the CA's and the members' certificates have in common ---- */

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool done = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return done;
}

static bool set_common_name(X509_NAME *name, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

static bool set_validity(X509 *certificate, unsigned days)
{
    long seconds = (long)days * DAY_SECONDS;
    return X509_gmtime_adj(X509_getm_notBefore(certificate), -EARLIER_SECONDS) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
}

static bool add_extension(X509 *certificate, X509 *issuer, int id, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
    bool done = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static X509 *new_certificate(EVP_PKEY *key, unsigned days)
{
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate) && set_validity(certificate, days) &&
        X509_set_pubkey(certificate, key) == 1)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* ---- the CA itself ---- */

static bool make_root(X509 *root, EVP_PKEY *key, const char *common_name)
{
    return set_common_name(X509_get_subject_name(root), common_name) &&
           X509_set_issuer_name(root, X509_get_subject_name(root)) == 1 &&
           add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(root, root, NID_subject_key_identifier, "hash") &&
           add_extension(root, root, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(root, key, EVP_sha384()) > 0;
}

static enum rf_rc save_root(X509 *root, EVP_PKEY *key, const char *folder,
                            const struct rf_passphrase *passphrase, enum rf_safe_file_how how,
                            struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA_KEY, err));
    RF_TRY(rf_private_key_save(key, path, passphrase, how, err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA, err));
    RF_TRY(rf_certificate_save(root, path, how, err));
done:
    return rc;
}

enum rf_rc rf_authority_create(const char *folder, const char *common_name, unsigned days,
                               const struct rf_passphrase *passphrase, enum rf_safe_file_how how,
                               struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    EVP_PKEY *key = NULL;
    X509 *root = NULL;
    RF_TRY(rf_safe_file_folder(folder, err));
    RF_TRY(rf_private_key_make(&key, "P-384", err));
    root = new_certificate(key, days);
    if (!root || !make_root(root, key, common_name))
        RF_TRY(rf_openssl_error(err, "%s: cannot make the CA's certificate", folder));
    RF_TRY(save_root(root, key, folder, passphrase, how, err));
    RF_TRY(rf_issued_create(folder, how, err));
done:
    EVP_PKEY_free(key);
    X509_free(root);
    return rc;
}

enum rf_rc rf_authority_open(struct rf_authority *authority, const char *folder,
                             const struct rf_passphrase *passphrase, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    *authority = (struct rf_authority){0};
    RF_TRY(rf_safe_file_join(authority->folder, folder, ".", err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA, err));
    RF_TRY(rf_certificate_load(&authority->certificate, path, err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA_KEY, err));
    RF_TRY(rf_private_key_load(&authority->key, path, passphrase, err));
    if (X509_check_private_key(authority->certificate, authority->key) != 1)
        RF_TRY(rf_openssl_error(err, "%s: key and certificate do not belong together", folder));
done:
    return rc;
}

void rf_authority_fini(struct rf_authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    *authority = (struct rf_authority){0};
}

/* ---- members ---- */

static enum rf_rc check_days(const struct rf_authority *authority, unsigned days,
                             struct rf_err *err)
{
    const ASN1_TIME *end = X509_get0_notAfter(authority->certificate);
    int64_t left = rf_certificate_seconds(end, time(NULL)) / DAY_SECONDS;
    if (days < 1 || days > RF_DAYS_MAX)
        return rf_err_set(err, RF_E_ARG, "a certificate is valid for 1 to %d days", RF_DAYS_MAX);
    if ((int64_t)days > left) {
        return rf_err_set(err, RF_E_ARG,
                          "a certificate of %u days would outlive its CA, which has %lld days left",
                          days, (long long)(left > 0 ? left : 0));
    }
    return RF_OK;
}

static bool make_member(const struct rf_authority *authority, X509 *certificate, const char *name)
{
    X509 *issuer = authority->certificate;
    bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA");
    char dns[RF_MEMBER_NAME_MAX + 8];
    (void)snprintf(dns, sizeof dns, "DNS:%s", name);
    return set_common_name(X509_get_subject_name(certificate), name) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
           add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, issuer, NID_key_usage,
                         rsa ? "critical,digitalSignature,keyEncipherment"
                             : "critical,digitalSignature,keyAgreement") &&
           add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
           add_extension(certificate, issuer, NID_subject_alt_name, dns) &&
           add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(certificate, authority->key, EVP_sha384()) > 0;
}

enum rf_rc rf_authority_issue(const struct rf_authority *authority, X509_REQ *request,
                              const char *name, unsigned days, bool again, X509 **certificate,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char asked[RF_MEMBER_NAME_MAX + 1];
    X509 *made = NULL;
    *certificate = NULL;
    RF_TRY(check_days(authority, days, err));
    RF_TRY(rf_request_check(request, asked, err));
    if (name && strcmp(name, asked) != 0)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the request is for %s, not %s", asked, name));
    made = new_certificate(X509_REQ_get0_pubkey(request), days);
    if (!made || !make_member(authority, made, asked))
        RF_TRY(rf_openssl_error(err, "cannot make a certificate for %s", asked));
    RF_TRY(rf_issued_add(authority->folder, asked, made, again, err));
    *certificate = made;
    made = NULL;
done:
    X509_free(made);
    return rc;
}
