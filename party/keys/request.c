#include "party/keys/request.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/member_name.h"
#include "party/keys/openssl_error.h"
#include "party/keys/private_key.h"

static bool add_dns_name(X509_REQ *request, const char *name)
{
    char value[RF_MEMBER_NAME_MAX + 8];
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    (void)snprintf(value, sizeof value, "DNS:%s", name);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
    bool done = extensions && extension && sk_X509_EXTENSION_push(extensions, extension) > 0;
    if (!done)
        X509_EXTENSION_free(extension);
    done = done && X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return done;
}

enum rf_rc rf_request_make(X509_REQ **request, const char *name, EVP_PKEY *key, struct rf_err *err)
{
    if (!rf_member_name_valid(name))
        return rf_err_set(err, RF_E_ARG, "'%.40s' cannot be a member's name: %s", name,
                          RF_MEMBER_NAME_RULE);
    *request = X509_REQ_new();
    if (*request && X509_REQ_set_version(*request, X509_REQ_VERSION_1) == 1 &&
        X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(*request), "CN", MBSTRING_ASC,
                                   (const unsigned char *)name, -1, -1, 0) == 1 &&
        X509_REQ_set_pubkey(*request, key) == 1 && add_dns_name(*request, name) &&
        X509_REQ_sign(*request, key, EVP_sha256()) > 0)
        return RF_OK;
    X509_REQ_free(*request);
    *request = NULL;
    return rf_openssl_error(err, "cannot make a certificate request for %s", name);
}

enum rf_rc rf_request_save(X509_REQ *request, const char *path, enum rf_safe_file_how how,
                           struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (!bio || PEM_write_bio_X509_REQ(bio, request) != 1)
        RF_TRY(rf_openssl_error(err, "%s: cannot write the request", path));
    long size = BIO_get_mem_data(bio, &text);
    RF_TRY(rf_safe_file_write(path, text, (size_t)size, 0644, how, err));
done:
    BIO_free(bio);
    return rc;
}

enum rf_rc rf_request_load(X509_REQ **request, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    BIO *bio = NULL;
    *request = NULL;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    bio = BIO_new_mem_buf(bytes, (int)size);
    *request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
    if (!*request)
        RF_TRY(rf_openssl_error(err, "%s: holds no certificate request in PEM", path));
done:
    BIO_free(bio);
    rf_secret_free(bytes, size);
    return rc;
}

static enum rf_rc take_name(X509_REQ *request, char name[RF_MEMBER_NAME_MAX + 1],
                            struct rf_err *err)
{
    X509_NAME *subject = X509_REQ_get_subject_name(request);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return rf_err_set(err, RF_E_CRYPTO, "the request must have one common name");
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    int length = ASN1_STRING_length(text);
    name[0] = 0;
    if (length > 0 && length <= RF_MEMBER_NAME_MAX) {
        memcpy(name, ASN1_STRING_get0_data(text), (size_t)length);
        name[length] = 0;
    }
    if ((size_t)length != strlen(name) || !rf_member_name_valid(name))
        return rf_err_set(err, RF_E_CRYPTO, "the request's common name is no member's: %s",
                          RF_MEMBER_NAME_RULE);
    return RF_OK;
}

enum rf_rc rf_request_check(X509_REQ *request, char name[RF_MEMBER_NAME_MAX + 1],
                            struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    name[0] = 0;
    if (!key || X509_REQ_verify(request, key) != 1)
        RF_TRY(rf_openssl_error(err, "the request is not signed with its own key"));
    RF_TRY(rf_private_key_accept(key, "the request", err));
    RF_TRY(take_name(request, name, err));
done:
    return rc;
}
