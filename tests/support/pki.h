/** pki.h - certificates for tests, made on the spot and never kept */
#ifndef RF_TESTS_SUPPORT_PKI_H
#define RF_TESTS_SUPPORT_PKI_H

#include <stdbool.h>

#include "net/identity.h"

struct rf_test_ca {
    X509 *certificate;
    EVP_PKEY *key;
};

/** How a member's certificate differs from a good one. */
struct rf_test_member_options {
    long begins_s, ends_s; /* from now; both 0: from an hour ago to a day ahead */
    const char *name;      /* in the certificate, if not the member's; "" for no name at all */
    bool client_only;      /* extended key usage that does not allow listening */
};

/** rf_test_ca_new() - a CA of its own; ends the process when OpenSSL fails */
void rf_test_ca_new(struct rf_test_ca *ca, const char *name);

/** rf_test_ca_under() - one whose own certificate is issued by another: an intermediate CA */
void rf_test_ca_under(struct rf_test_ca *ca, const char *name, const struct rf_test_ca *root);
void rf_test_ca_free(struct rf_test_ca *ca);

/** rf_test_member_new() - key and certificate of @name, issued by @ca, which it also believes
 * @options: NULL for a good certificate. Freed with rf_identity_fini(). */
void rf_test_member_new(struct rf_identity *identity, const struct rf_test_ca *ca, const char *name,
                        const struct rf_test_member_options *options);

/** rf_test_member_write() - as PEM files: <folder>/<name>.crt, .key and ca.crt
 * @passphrase: encrypts the key; NULL for a plain one */
void rf_test_member_write(const struct rf_identity *identity, const struct rf_test_ca *ca,
                          const char *folder, const char *name, const char *passphrase);

#endif
