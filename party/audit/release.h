/** release.h - a party hands over its sealed transcript, under an order
 *
 * The files lie on the party's own disk and are sealed to the auditor: nothing but this keeps an operator
 * from copying them. What it is for: an operator that keeps to the rules releases nothing to anybody who is not named, and
 * nothing when another party's transcript of the same session has been ordered. */
#ifndef RF_PARTY_AUDIT_RELEASE_H
#define RF_PARTY_AUDIT_RELEASE_H

#include "party/audit/audit_order.h"
#include "party/study/signer.h"
#include "party/transcript/transcript_read.h"

/** rf_release_fits() - is this the transcript that the order names: its session's and its party's, sealed to its
 * auditor? Errors: RF_E_CRYPTO, saying what it is instead. */
RF_MUST_CHECK enum rf_rc rf_release_fits(const struct rf_audit_order *order,
                                         const struct rf_transcript_header *header,
                                         const char *path, struct rf_err *err);

/** rf_release() - check the order, remember it in the node's folder, copy transcript and sealed file
 * @signer: of the node's folder: the member that the order names, and the CAs that it believes
 * @out:   a folder, made if need be. Errors: those of audit_order.h, RF_E_ARG when a copy is there already, RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_release(const char *path, const char *order, const char *node,
                                    const struct rf_signer *signer, const char *out,
                                    struct rf_err *err);

#endif
