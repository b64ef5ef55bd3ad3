/** evidence.h - what a replay found, for a third person
 *
 * Says: process X sent process Y a frame whose leaf is L, and honest execution sends one whose leaf is L'. The first
 * half needs no trust: the leaves between two checkpoints lead from one chain head to the next, and both X and Y
 * signed the later one (the earlier too, unless the chain begins there). So a third person checks it with the
 * certificates that the manifest names. The second half is what the auditor found by executing X again, under its
 * signature; whoever may open the transcript can repeat that. Not any auditor: X's transcript begins with the fingerprint
 * of the certificate that it is sealed to, and X signed the tree over its records at the later checkpoint. No payload
 * and no key is in it: a leaf is a hash under a key that only X and Y know.
 *
 * Canonical msgpack; docs/transcript.md, "Evidence", is the specification. */
#ifndef RF_PARTY_AUDIT_EVIDENCE_H
#define RF_PARTY_AUDIT_EVIDENCE_H

#include <openssl/x509.h>

#include "party/audit/findings.h"
#include "party/audit/replay.h"

#define RF_EVIDENCE_DOMAIN "ringfence evidence v2"

enum { RF_EVIDENCE_VERSION = 2, RF_EVIDENCE_MAX = 64 << 20 };

/** A checkpoint as both ends signed it; of none, @statement is empty. Borrowed bytes. */
struct rf_evidence_checkpoint {
    const uint8_t *statement, *low,
        *high; /* and the signatures of the ends of lower and higher id */
    size_t statement_size, low_size, high_size;
};

struct rf_evidence {
    const uint8_t *manifest, *certificate, *peer_certificate, *auditor;
    size_t manifest_size, certificate_size, peer_certificate_size, auditor_size;
    uint8_t session[RF_SESSION_SIZE];
    uint32_t epoch;
    unsigned lane;
    unsigned id, peer; /* of the process and of whom it sent to, on the links */
    uint64_t first;    /* number of the first leaf's frame */
    const uint8_t *leaves;
    size_t leaves_size;
    struct rf_evidence_checkpoint before, after;
    const uint8_t *header, *path; /* X's first record, and from its leaf to the root in @after */
    size_t header_size, path_size;
    uint64_t number; /* of the frame */
    uint8_t kind;
    uint32_t step, length;
    char step_name[64];
    bool due; /* a frame is due there: that with @expected; otherwise none is */
    uint8_t expected[RF_CHAIN_SIZE];
    char text[400];
    const uint8_t *signature; /* the auditor's */
    size_t signature_size;
};

/** rf_evidence_write() - write what a replay found about a frame
 * @report: a deviation with a frame. @auditor, @key: who replayed
 * Errors: RF_E_ARG when the report has no frame, or the file exists; RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_evidence_write(const char *path, const struct rf_transcript *transcript,
                                           const struct rf_replay_report *report, X509 *auditor,
                                           EVP_PKEY *key, struct rf_err *err);

/** rf_evidence_read() - decode; what it points to lies in @bytes
 * Errors: RF_E_FORMAT naming @name and the byte. */
RF_MUST_CHECK enum rf_rc rf_evidence_read(struct rf_evidence *evidence, const char *name,
                                          const uint8_t *bytes, size_t size, struct rf_err *err);

/** rf_evidence_check() - all that a third person can check of it
 * @store: the CAs that are believed
 * Errors: RF_E_MEMORY. All else is a finding. */
RF_MUST_CHECK enum rf_rc rf_evidence_check(const struct rf_evidence *evidence, X509_STORE *store,
                                           struct rf_findings *findings, struct rf_err *err);

#endif
