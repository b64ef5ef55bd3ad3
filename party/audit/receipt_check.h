/** receipt_check.h - is a result what the parties of an approved study gave?
 *
 * Looks at a recipient's folder (result.json, receipt/: party/run/receipt_file.h) and at nothing else: no
 * network, no secret, no other member. What is shown: all members approved this manifest; each party signed,
 * with the key that the manifest names, keyed hashes of its shares of the output of this session and epoch; both
 * holders of each share signed the same; the shares in the receipt are those, and open to the figures of
 * result.json. What is not: that the parties computed rightly (replay and the protocol's own proofs are for that),
 * or that contributors gave true data. */
#ifndef RF_PARTY_AUDIT_RECEIPT_CHECK_H
#define RF_PARTY_AUDIT_RECEIPT_CHECK_H

#include <openssl/x509.h>

#include "party/audit/findings.h"

/** What a receipt is about, as far as it could be read. */
struct rf_receipt_facts {
    char study[64];
    uint8_t manifest[32], session[16];
    uint64_t epoch;
    uint8_t digest
        [32]; /* of the result, as transcripts have it (docs/transcript.md, result); zero: none */
};

/** rf_receipt_check() - all checks, in the order in which one relies on another
 * @folder:    a recipient's
 * @authority: the CAs that are believed; certificates must have been valid when the result was finished
 * Errors: RF_E_ARG when there is no such folder or no result in it; RF_E_MEMORY. All else is a finding. */
RF_MUST_CHECK enum rf_rc rf_receipt_check(const char *folder, X509_STORE *authority,
                                          struct rf_findings *findings,
                                          struct rf_receipt_facts *facts, struct rf_err *err);

#endif
