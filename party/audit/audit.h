/** audit.h - checking transcripts of one session without any secret (level 0)
 *
 * Takes any number of transcripts that parties and clients recorded of one epoch and asks, check by
 * check, whether what they say holds together: docs/auditor.md says what each check means and what it
 * does not show. Transcripts may come from anybody; nothing is believed but the CAs that the auditor brings.
 *
 * rf_audit_run() fails only when it cannot ask. What does not hold is in the checks. */
#ifndef RF_PARTY_AUDIT_AUDIT_H
#define RF_PARTY_AUDIT_AUDIT_H

#include <jansson.h>
#include <openssl/x509.h>

#include "party/study/approval.h"
#include "party/study/manifest.h"
#include "party/transcript/transcript_read.h"

enum rf_audit_check_id {
    RF_AUDIT_RECORDS,
    RF_AUDIT_COMPLETE,
    RF_AUDIT_SESSION,
    RF_AUDIT_MANIFEST,
    RF_AUDIT_CERTIFICATES,
    RF_AUDIT_APPROVALS,
    RF_AUDIT_SIGNED,
    RF_AUDIT_INPUTS,
    RF_AUDIT_CHAINS,
    RF_AUDIT_LINKS,
    RF_AUDIT_CHECKPOINTS,
    RF_AUDIT_STEPS,
    RF_AUDIT_OPENINGS,
    RF_AUDIT_OUTPUTS,
    RF_AUDIT_RESULT,
    RF_AUDIT_PRESENT,
    RF_AUDIT_CHECKS,
};

enum rf_audit_state {
    RF_AUDIT_UNKNOWN, /* could not be asked, because an earlier check failed */
    RF_AUDIT_PASSED,
    RF_AUDIT_FAILED,
    RF_AUDIT_OPEN, /* holds as far as it could be asked: the evidence says how far */
};

enum { RF_AUDIT_TEXT = 400, RF_AUDIT_FINDINGS = 12 };

struct rf_audit_check {
    enum rf_audit_state state;
    char evidence[RF_AUDIT_TEXT];
    char finding[RF_AUDIT_FINDINGS][RF_AUDIT_TEXT]; /* what does not hold: the first ones */
    unsigned findings;                              /* of all */
};

struct rf_audit {
    struct rf_transcript *transcript;
    bool *usable; /* of each: whole, of the session */
    size_t transcripts;
    X509_STORE *authority;
    struct rf_manifest manifest;
    X509 *certificate[RF_MEMBERS_MAX];
    bool has_manifest;
    /* Nobody's certificate is from a CA that is believed: no signature can be checked. */
    bool untrusted;
    size_t first; /* the transcript that the others are compared with */
    struct rf_audit_check check[RF_AUDIT_CHECKS];
    struct rf_err *err;
};

/** rf_audit_load() - read transcripts
 * @paths: files, or folders of which all *.rft are taken, in the order of their names
 * @ca: PEM file of the CAs that the auditor believes
 * Errors: RF_E_ARG when there is none, or one file cannot be read; RF_E_CRYPTO for @ca. A malformed
 * transcript is no error but a finding. */
RF_MUST_CHECK enum rf_rc rf_audit_load(struct rf_audit *audit, const char *const *paths,
                                       size_t count, const char *ca, struct rf_err *err);

/** rf_audit_add() - one transcript from memory, for tests; @bytes from malloc(), taken over */
RF_MUST_CHECK enum rf_rc rf_audit_add(struct rf_audit *audit, const char *name, uint8_t *bytes,
                                      size_t size);

/** rf_audit_run() - ask everything
 * @all: a process of the session whose transcript is not here is a failure, not an open question
 * Errors: RF_E_MEMORY, RF_E_INTERNAL. */
RF_MUST_CHECK enum rf_rc rf_audit_run(struct rf_audit *audit, bool all);

/** rf_audit_holds() - did every check pass, as far as it could be asked? */
bool rf_audit_holds(const struct rf_audit *audit);

/** rf_audit_end() - how a transcript ends: "closed", "aborted", "incomplete", or "not used" at all */
const char *rf_audit_end(const struct rf_audit *audit, size_t which);

/** rf_audit_check_name(), _title(), _meaning() - "links", "Both ends of every link agree", and what that says */
const char *rf_audit_check_name(enum rf_audit_check_id id);
const char *rf_audit_check_title(enum rf_audit_check_id id);
const char *rf_audit_check_meaning(enum rf_audit_check_id id);
const char *rf_audit_state_name(enum rf_audit_state state);

/** rf_audit_why_unknown() - why checks were not asked */
const char *rf_audit_why_unknown(const struct rf_audit *audit);

/** rf_audit_print() - a table for a terminal; rf_audit_json() - for programs, NULL without memory */
void rf_audit_print(const struct rf_audit *audit, FILE *out);
json_t *rf_audit_json(const struct rf_audit *audit);

/** rf_audit_html() - a page that stands alone. Errors: RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_audit_html(const struct rf_audit *audit, const char *path,
                                       struct rf_err *err);

void rf_audit_fini(struct rf_audit *audit);

/* ---- for the checks themselves ---- */

/** rf_audit_finding() - something does not hold */
void rf_audit_finding(struct rf_audit *audit, enum rf_audit_check_id id, const char *format, ...)
    RF_PRINTF(3, 4);

/** rf_audit_evidence() - what was looked at; the check passes if nothing was found */
void rf_audit_evidence(struct rf_audit *audit, enum rf_audit_check_id id, const char *format, ...)
    RF_PRINTF(3, 4);

/** rf_audit_member() - name of a transcript's member, or of a process's, by its id on the links */
const char *rf_audit_member(const struct rf_audit *audit, unsigned id);

/** rf_audit_find() - the usable transcript of the process with this id, or NULL */
const struct rf_transcript *rf_audit_find(const struct rf_audit *audit, unsigned id);

/** rf_audit_member_of() - index in the manifest of a process's member, or -1 */
int rf_audit_member_of(const struct rf_audit *audit, unsigned id);

/* Each asks one or a few of the checks; verify_*.c */
RF_MUST_CHECK enum rf_rc rf_verify_files(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_study(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_signed(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_chains(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_links(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_checkpoints(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_steps(struct rf_audit *audit);
RF_MUST_CHECK enum rf_rc rf_verify_values(struct rf_audit *audit);
void rf_verify_present(struct rf_audit *audit, bool all);

#endif
