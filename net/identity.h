/** identity.h - who a node is, and whom it believes
 *
 * A member proves its name with an X.509 certificate whose subject alternative name (DNS) is the
 * member's name, issued by the consortium's CA. Verification cannot be switched off. */
#ifndef RF_NET_IDENTITY_H
#define RF_NET_IDENTITY_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "net/base/rc.h"

struct rf_identity {
    X509 *certificate;
    EVP_PKEY *key;
    X509_STORE *authority; /* the consortium's CA certificates */
};

/** rf_identity_load() - read PEM files
 * @passphrase: of the private key, or NULL when the key is not encrypted
 * Errors: RF_E_IO and RF_E_CRYPTO, naming the file. Checks that key and certificate belong
 * together and that the certificate is valid now and issued by the CA. */
RF_MUST_CHECK enum rf_rc rf_identity_load(struct rf_identity *identity, const char *certificate,
                                          const char *key, const char *passphrase,
                                          const char *authority, struct rf_err *err);

/** rf_identity_fini() - free; the key is wiped by OpenSSL. Harmless on a zeroed identity. */
void rf_identity_fini(struct rf_identity *identity);

/** rf_identity_check() - is @certificate valid now, issued by @authority, and @name's?
 * Errors: RF_E_CRYPTO, with the reason in words (expired on ..., issued by an unknown CA, ...). */
RF_MUST_CHECK enum rf_rc rf_identity_check(X509 *certificate, X509_STORE *authority,
                                           const char *name, struct rf_err *err);

/** rf_identity_explain() - why a verification under way (or just ended) failed, in words */
void rf_identity_explain(X509_STORE_CTX *context, char *text, size_t size);

#endif
