#include "support/pki.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "test certificates: %s failed\n", what);
    abort();
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    need(extension && X509_add_ext(certificate, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static X509 *blank(EVP_PKEY *key, const char *name, long begins_s, long ends_s)
{
    X509 *certificate = X509_new();
    uint32_t serial = 0;
    X509_NAME *subject = X509_NAME_new();
    need(certificate && subject && RAND_bytes((uint8_t *)&serial, sizeof serial) == 1, "X509_new");
    need(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1,
                                    0) == 1,
         "naming");
    need(X509_set_version(certificate, 2) == 1 &&
             ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(certificate), begins_s) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(certificate), ends_s) != NULL &&
             X509_set_subject_name(certificate, subject) == 1 &&
             X509_set_pubkey(certificate, key) == 1,
         "filling in");
    X509_NAME_free(subject);
    return certificate;
}

static void ca_new(struct rf_test_ca *ca, const char *name, const struct rf_test_ca *root)
{
    ca->key = EVP_EC_gen("P-256");
    need(ca->key != NULL, "EVP_EC_gen");
    ca->certificate = blank(ca->key, name, -86400, 30L * 86400);
    X509 *self = ca->certificate, *issuer = root ? root->certificate : self;
    need(X509_set_issuer_name(self, X509_get_subject_name(issuer)) == 1, "naming the issuer");
    add_extension(self, issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(self, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    need(X509_sign(self, root ? root->key : ca->key, EVP_sha256()) > 0, "signing");
}

void rf_test_ca_new(struct rf_test_ca *ca, const char *name)
{
    ca_new(ca, name, NULL);
}

void rf_test_ca_under(struct rf_test_ca *ca, const char *name, const struct rf_test_ca *root)
{
    ca_new(ca, name, root);
}

void rf_test_ca_free(struct rf_test_ca *ca)
{
    X509_free(ca->certificate);
    EVP_PKEY_free(ca->key);
    *ca = (struct rf_test_ca){0};
}

void rf_test_member_new(struct rf_identity *identity, const struct rf_test_ca *ca, const char *name,
                        const struct rf_test_member_options *options)
{
    static const struct rf_test_member_options good = {.begins_s = -3600, .ends_s = 86400};
    const struct rf_test_member_options *how = options ? options : &good;
    bool own_times = how->begins_s != 0 || how->ends_s != 0;
    const char *san = how->name ? how->name : name;
    char alternative[128];
    identity->key = EVP_EC_gen("P-256");
    need(identity->key != NULL, "EVP_EC_gen");
    identity->certificate = blank(identity->key, name, own_times ? how->begins_s : good.begins_s,
                                  own_times ? how->ends_s : good.ends_s);
    X509 *issuer = ca->certificate;
    need(X509_set_issuer_name(identity->certificate, X509_get_subject_name(issuer)) == 1,
         "naming the issuer");
    (void)snprintf(alternative, sizeof alternative, "DNS:%s", san);
    if (san[0])
        add_extension(identity->certificate, issuer, NID_subject_alt_name, alternative);
    add_extension(identity->certificate, issuer, NID_ext_key_usage,
                  how->client_only ? "clientAuth" : "serverAuth,clientAuth");
    need(X509_sign(identity->certificate, ca->key, EVP_sha256()) > 0, "signing");
    identity->authority = X509_STORE_new();
    need(identity->authority && X509_STORE_add_cert(identity->authority, issuer) == 1,
         "X509_STORE");
}

static FILE *create(const char *folder, const char *name, const char *extension)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s%s", folder, name, extension);
    FILE *file = fopen(path, "w");
    need(file != NULL, path);
    return file;
}

void rf_test_member_write(const struct rf_identity *identity, const struct rf_test_ca *ca,
                          const char *folder, const char *name, const char *passphrase)
{
    FILE *certificate = create(folder, name, ".crt");
    FILE *key = create(folder, name, ".key");
    FILE *authority = create(folder, "ca", ".crt");
    need(PEM_write_X509(certificate, identity->certificate) == 1 &&
             PEM_write_X509(authority, ca->certificate) == 1 &&
             PEM_write_PKCS8PrivateKey(key, identity->key, passphrase ? EVP_aes_256_cbc() : NULL,
                                       passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL,
                                       NULL) == 1,
         "writing PEM");
    need(fclose(certificate) == 0 && fclose(key) == 0 && fclose(authority) == 0, "fclose");
}
