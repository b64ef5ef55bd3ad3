/** replan.h - what a study takes, when its openings show what was recorded
 *
 * Runs the study's own code on the planning backend, where opened values come from a party's transcript:
 * pivots steer the sort and counts steer the compaction as they did in the run. So every step, byte,
 * round and opening of the run is foreseen, without any secret. */
#ifndef RF_PARTY_AUDIT_REPLAN_H
#define RF_PARTY_AUDIT_REPLAN_H

#include "party/audit/transcript_read.h"
#include "party/study/manifest.h"
#include "protocols/backend/backend.h"

struct rf_replan {
    struct rf_step step[RF_STEPS_MAX]; /* declared costs, of those that ended */
    unsigned steps;
    uint64_t shared_rows;
    size_t used;           /* openings of the transcript that were asked for */
    struct rf_err problem; /* where plan and record part, or none */
};

/** rf_replan() - for the party whose transcript it is
 * Errors: RF_E_MEMORY, RF_E_INTERNAL; that the record does not fit stands in @out. */
RF_MUST_CHECK enum rf_rc rf_replan(struct rf_replan *out, const struct rf_manifest *manifest,
                                   const struct rf_transcript *transcript, struct rf_err *err);

#endif
