/** keys_kit.h - keys and certificates that the product would never make, and a temporary folder */
#ifndef RF_TESTS_SUPPORT_KEYS_KIT_H
#define RF_TESTS_SUPPORT_KEYS_KIT_H

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/base/secret.h"
#include "party/keys/certificate.h"
#include "party/keys/safe_file.h"
#include "support/files.h"

enum { KEYS_KIT_DAY = 86400 };

struct keys_kit_folder {
    char path[256];
};

static inline struct keys_kit_folder keys_kit_folder_make(void)
{
    struct keys_kit_folder folder;
    rf_test_folder(folder.path);
    return folder;
}

static inline void keys_kit_folder_remove(struct keys_kit_folder *folder)
{
    rf_test_remove(folder->path);
}

/* A path inside the folder; overwritten by the fourth call after. */
static inline const char *keys_kit_in(const struct keys_kit_folder *folder, const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
    return path;
}

static inline void keys_kit_write(const char *path, const void *bytes, size_t size, mode_t mode)
{
    struct rf_err err = {0};
    cr_assert_eq(rf_safe_file_write(path, bytes, size, mode, RF_SAFE_FILE_REPLACE, &err), RF_OK,
                 "%s", err.text);
}

static inline void keys_kit_extension(X509 *certificate, X509 *issuer, int id, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
    cr_assert_not_null(extension);
    cr_assert_eq(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/** What a test wants of a certificate; NULL and 0 leave an extension out. */
struct keys_kit_wish {
    const char *common_name, *names, *usage, *extended;
    long from, until; /* seconds from now */
    bool ca;
};

static inline X509 *keys_kit_certificate(EVP_PKEY *key, struct keys_kit_wish wish, X509 *issuer,
                                         EVP_PKEY *issuer_key)
{
    static long serial = 1000;
    X509 *certificate = X509_new();
    cr_assert_not_null(certificate);
    X509 *by = issuer ? issuer : certificate;
    cr_assert(X509_set_version(certificate, 2));
    cr_assert(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial));
    cr_assert_not_null(X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from));
    cr_assert_not_null(X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until));
    cr_assert(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                         (const unsigned char *)wish.common_name, -1, -1, 0));
    cr_assert(X509_set_issuer_name(certificate, X509_get_subject_name(by)));
    cr_assert(X509_set_pubkey(certificate, key));
    keys_kit_extension(certificate, by, NID_basic_constraints,
                       wish.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (wish.usage)
        keys_kit_extension(certificate, by, NID_key_usage, wish.usage);
    if (wish.extended)
        keys_kit_extension(certificate, by, NID_ext_key_usage, wish.extended);
    if (wish.names)
        keys_kit_extension(certificate, by, NID_subject_alt_name, wish.names);
    cr_assert_gt(X509_sign(certificate, issuer_key ? issuer_key : key, EVP_sha256()), 0);
    return certificate;
}

/* A CA of the tests: EC P-256, ten years. */
static inline X509 *keys_kit_ca(EVP_PKEY **key, const char *name)
{
    *key = EVP_EC_gen("P-256");
    cr_assert_not_null(*key);
    return keys_kit_certificate(*key,
                                (struct keys_kit_wish){.common_name = name,
                                                       .usage = "critical,keyCertSign",
                                                       .from = -10L * KEYS_KIT_DAY,
                                                       .until = 3650L * KEYS_KIT_DAY,
                                                       .ca = true},
                                NULL, NULL);
}

/* What the product asks of a member's certificate, a year long. */
static inline struct keys_kit_wish keys_kit_member(EVP_PKEY *key)
{
    return (struct keys_kit_wish){
        .common_name = "bank-a",
        .names = "DNS:bank-a",
        .usage = EVP_PKEY_is_a(key, "RSA") ? "critical,digitalSignature,keyEncipherment"
                                           : "critical,digitalSignature,keyAgreement",
        .extended = "serverAuth,clientAuth",
        .from = -KEYS_KIT_DAY,
        .until = 365L * KEYS_KIT_DAY,
    };
}

static inline X509_STORE *keys_kit_store(X509 *ca)
{
    X509_STORE *store = X509_STORE_new();
    cr_assert_not_null(store);
    cr_assert(X509_STORE_add_cert(store, ca));
    return store;
}

#endif
