/** doctor.h - is a member's folder fit for a run, and will it be next month?
 *
 * Expired certificates, keys that do not match and files that others may read are found here, before
 * a study, rather than by a refused link in the middle of one. Nothing is changed. */
#ifndef RF_PARTY_KEYS_DOCTOR_H
#define RF_PARTY_KEYS_DOCTOR_H

#include <time.h>

#include "net/base/rc.h"
#include "party/keys/passphrase.h"

enum { RF_DOCTOR_FINDINGS_MAX = 20, RF_DOCTOR_SOON_DAYS = 30 };

enum rf_doctor_state { RF_DOCTOR_OK, RF_DOCTOR_WARNING, RF_DOCTOR_FAILED };

struct rf_doctor_finding {
    const char *check; /* a short name that stays the same: "certificate dates" */
    enum rf_doctor_state state;
    char what[400];   /* what was found */
    char advice[200]; /* what to do; empty when all is well */
};

struct rf_doctor_report {
    struct rf_doctor_finding findings[RF_DOCTOR_FINDINGS_MAX];
    unsigned count, warnings, failed;
};

/** What to look at. Paths are ready to open. */
struct rf_doctor_files {
    const char *folder, *key, *certificate, *authority, *tokens;
    const char *member;          /* whom the folder is for; NULL: whom the certificate names */
    const char *node;            /* node.yaml; NULL: there is none */
    const char *node_problem;    /* why it cannot be read, or NULL */
    const char *auditor;         /* NULL: none is named, and nothing is sealed to one */
    const char *passphrase_file; /* NULL, or where it is if it is in a file */
    const struct rf_passphrase *passphrase; /* NULL: there is none */
    time_t now;
};

/** rf_doctor_examine() - all checks, in the order in which to mend things
 * Without tokens.cms a member cannot contribute, which is a warning: some members only compute. */
void rf_doctor_examine(const struct rf_doctor_files *files, struct rf_doctor_report *report);

/** rf_doctor_state_name() - "ok", "warning", "failed" */
const char *rf_doctor_state_name(enum rf_doctor_state state);

#endif
