/** certificate.h - X.509 certificates of members and CAs, in PEM files
 *
 * A member's name stands in its certificate as a DNS subject alternative name. Any CA may have
 * issued it: the consortium's own (authority.h) or a bank's, as long as the CA's certificate is in
 * the ca.crt that everybody holds. Who is believed is decided in net/identity.h. */
#ifndef RF_PARTY_KEYS_CERTIFICATE_H
#define RF_PARTY_KEYS_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdint.h>
#include <time.h>

#include "net/base/rc.h"
#include "net/identity.h"
#include "net/node.h"
#include "party/keys/safe_file.h"

enum { RF_FINGERPRINT_SIZE = 32 };

/** rf_certificate_load() - the first certificate of a PEM file; free with X509_free()
 * Errors: RF_E_ARG and RF_E_IO when it cannot be read, RF_E_CRYPTO when it holds none. */
RF_MUST_CHECK enum rf_rc rf_certificate_load(X509 **certificate, const char *path,
                                             struct rf_err *err);

/** rf_certificate_parse() - the same from memory */
RF_MUST_CHECK enum rf_rc rf_certificate_parse(X509 **certificate, const char *name,
                                              const uint8_t *bytes, size_t size,
                                              struct rf_err *err);

/** rf_certificate_save() - write it as PEM, mode 0644 */
RF_MUST_CHECK enum rf_rc rf_certificate_save(X509 *certificate, const char *path,
                                             enum rf_safe_file_how how, struct rf_err *err);

/** rf_certificate_store() - rf_identity_store() of a file */
RF_MUST_CHECK enum rf_rc rf_certificate_store(X509_STORE **store, const char *path,
                                              struct rf_err *err);

/** rf_certificate_name() - the member that a certificate names
 * The common name if it is a DNS name of the certificate too; else its only DNS name that a member
 * can have. Errors: RF_E_CRYPTO when there is none, or no telling which. */
RF_MUST_CHECK enum rf_rc rf_certificate_name(X509 *certificate, char name[RF_MEMBER_NAME_MAX + 1],
                                             struct rf_err *err);

/** rf_certificate_usable() - do its key and its usages allow links (TLS at both ends), signatures
 * and a sealed tokens' key? Errors: RF_E_CRYPTO, "@what: reason". */
RF_MUST_CHECK enum rf_rc rf_certificate_usable(X509 *certificate, const char *what,
                                               struct rf_err *err);

/** rf_certificate_fingerprint() - SHA-256 of its DER */
RF_MUST_CHECK enum rf_rc rf_certificate_fingerprint(X509 *certificate,
                                                    uint8_t fingerprint[RF_FINGERPRINT_SIZE],
                                                    struct rf_err *err);

/** rf_certificate_seconds() - from @at to @date; negative when it is past */
int64_t rf_certificate_seconds(const ASN1_TIME *date, time_t at);

#endif
