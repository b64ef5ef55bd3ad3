/** findings.h - what an audit found: a list of checks, each with what it saw
 *
 * An audit does not end at the first thing that is wrong. Each check adds a finding; in the end all are
 * shown, and the audit has passed only if none failed and none was left out. */
#ifndef RF_PARTY_AUDIT_FINDINGS_H
#define RF_PARTY_AUDIT_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "net/base/rc.h"

enum { RF_FINDING_TEXT = 512 };

enum rf_finding_state {
    RF_FINDING_HOLDS,
    RF_FINDING_FAILED,
    RF_FINDING_SKIPPED, /* could not be looked at because of what failed before */
};

struct rf_finding {
    const char *check; /* static text, a few words that stay the same */
    enum rf_finding_state state;
    char text[RF_FINDING_TEXT]; /* what was seen, where */
};

/** Zero-initialise. */
struct rf_findings {
    struct rf_finding *list;
    size_t count, room;
    unsigned failed, skipped;
    bool lost; /* there was no memory for one */
};

/** rf_findings_add() - a finding; memory that runs out is seen by rf_findings_good() */
void rf_findings_add(struct rf_findings *findings, const char *check, enum rf_finding_state state,
                     const char *format, ...) RF_PRINTF(4, 5);

/** rf_findings_judge() - what a function came to: @rc is RF_OK and @format says what was checked, or @why
 * says what is wrong. Returns whether it holds. */
bool rf_findings_judge(struct rf_findings *findings, const char *check, enum rf_rc rc,
                       const struct rf_err *why, const char *format, ...) RF_PRINTF(5, 6);

/** rf_findings_good() - nothing failed, was skipped or got lost */
bool rf_findings_good(const struct rf_findings *findings);

/** rf_findings_print() - a line for each: "ok", "FAILED" or "skipped", check, text */
void rf_findings_print(FILE *out, const struct rf_findings *findings);

/** rf_findings_json() - a list of {check, state, found}; NULL when out of memory */
json_t *rf_findings_json(const struct rf_findings *findings);

void rf_findings_fini(struct rf_findings *findings);

#endif
