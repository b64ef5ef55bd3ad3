/** outsider.h - an auditor is no party
 *
 * A party's full transcript and another party's own memory together are the members' data. So nobody who computes
 * may be whom transcripts are sealed to. */
#ifndef RF_PARTY_STUDY_OUTSIDER_H
#define RF_PARTY_STUDY_OUTSIDER_H

#include <openssl/x509.h>

#include "party/study/study.h"

/** rf_outsider_check() - is @certificate, of the file @what, nobody's who is a party of @study?
 * Compared are fingerprint, name and, where the parties' certificates are at hand, key.
 * @members: each member's certificate; may be NULL, and so may each
 * Errors: RF_E_CRYPTO naming the party. */
RF_MUST_CHECK enum rf_rc rf_outsider_check(X509 *certificate, const char *what,
                                           const struct rf_study *study, X509 *const *members,
                                           struct rf_err *err);

#endif
