/** issued.h - a CA's list of the certificates that it issued
 *
 * issued.csv in the CA's folder: a header, then one line a certificate: name, serial (hexadecimal),
 * SHA-256 of the public key, end of validity in seconds since 1970. It is there so that a name is
 * not given to a second key unnoticed, and for whoever audits the CA. */
#ifndef RF_PARTY_KEYS_ISSUED_H
#define RF_PARTY_KEYS_ISSUED_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "net/base/rc.h"
#include "party/keys/safe_file.h"

/** rf_issued_create() - an empty list in a CA's folder */
RF_MUST_CHECK enum rf_rc rf_issued_create(const char *folder, enum rf_safe_file_how how,
                                          struct rf_err *err);

/** rf_issued_add() - note a certificate
 * @again: allow a name that another key holds
 * Errors: RF_E_ARG when another key has an unexpired certificate for @name and @again is false;
 * RF_E_FORMAT when the list is damaged. */
RF_MUST_CHECK enum rf_rc rf_issued_add(const char *folder, const char *name, X509 *certificate,
                                       bool again, struct rf_err *err);

#endif
