/** identity.h - who a node is, and whom it believes
 *
 * A member proves its name with an X.509 certificate whose subject alternative name (DNS) is the
 * member's name, issued by a CA in ca.crt. The rules stand here alone: links, approvals and doctor ask
 * the same functions and say the same words. Verification cannot be switched off.
 *
 * Reasons are worded to follow "its certificate is refused: " or a file's name and a colon. */
#ifndef RF_NET_IDENTITY_H
#define RF_NET_IDENTITY_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "net/base/rc.h"

enum {
    RF_DATE_SIZE = 24,
    RF_SUBJECT_SIZE = 128,
    RF_SECURITY_LEVEL = 2, /* OpenSSL's: 112 bits, so no SHA-1 and no RSA below 2048 bits */
};

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

/** rf_identity_store() - every certificate of a PEM file as one that is believed
 * Intermediate CAs in the file are believed like roots.
 * @pem:  read to its end; borrowed
 * @path: of the file, for errors
 * Errors: RF_E_CRYPTO, RF_E_MEMORY. Free with X509_STORE_free(). */
RF_MUST_CHECK enum rf_rc rf_identity_store(X509_STORE **store, BIO *pem, const char *path,
                                           struct rf_err *err);

/** rf_identity_issued() - was @certificate valid at @at, and issued by a CA in @authority?
 * Errors: RF_E_CRYPTO, with the reason in words (expired on ..., issued by an unknown CA, ...). */
RF_MUST_CHECK enum rf_rc rf_identity_issued(X509 *certificate, X509_STORE *authority, time_t at,
                                            struct rf_err *err);

/** rf_identity_both_ends() - does @certificate allow both ends of a TLS link?
 * Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_identity_both_ends(X509 *certificate, struct rf_err *err);

/** rf_identity_named() - is @name a DNS name of @certificate? Its common name is none. */
bool rf_identity_named(X509 *certificate, const char *name);

/** rf_identity_check() - is @certificate good for links: all of the above, now, and @name's?
 * Errors: RF_E_CRYPTO, with the reason in words. */
RF_MUST_CHECK enum rf_rc rf_identity_check(X509 *certificate, X509_STORE *authority,
                                           const char *name, struct rf_err *err);

/** rf_identity_explain() - why a verification under way (or just ended) failed, in words */
void rf_identity_explain(X509_STORE_CTX *context, char *text, size_t size);

/** rf_identity_date() - a date of a certificate as "2026-01-31 10:00:00Z" */
void rf_identity_date(const ASN1_TIME *date, char text[RF_DATE_SIZE]);

/** rf_identity_subject() - a distinguished name in one line of printable ASCII, cut to fit */
void rf_identity_subject(const X509_NAME *name, char text[RF_SUBJECT_SIZE]);

#endif
