/** auditor.h - the certificate of whom transcripts are sealed to
 *
 * An auditor is no member of the consortium and takes no part in a run: it has an X.509 certificate, from
 * whatever CA, whose key can be sealed to. Which auditor is the right one is for the members to know: a node
 * names its certificate (node.yaml), and orders (party/audit/audit_order.h) name it by fingerprint. */
#ifndef RF_PARTY_KEYS_AUDITOR_H
#define RF_PARTY_KEYS_AUDITOR_H

#include <openssl/x509.h>
#include <time.h>

#include "net/base/rc.h"

/** rf_auditor_check() - can be sealed to this certificate: its key, its usage, its dates at @at?
 * @what: the file, for errors. Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_auditor_check(X509 *certificate, const char *what, time_t at,
                                          struct rf_err *err);

/** rf_auditor_load() - read it and check it now; free with X509_free()
 * Errors: those of rf_certificate_load() and rf_auditor_check(). */
RF_MUST_CHECK enum rf_rc rf_auditor_load(X509 **certificate, const char *path, struct rf_err *err);

#endif
