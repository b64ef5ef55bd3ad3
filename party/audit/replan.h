/** replan.h - what a study takes, when its openings show what was recorded
 *
 * Runs the study's own code on the planning backend, in as many lanes as the manifest says, where opened values
 * come from a party's transcript: pivots steer the sort and counts steer the compaction as they did in
 * the run. So every step, byte, round and opening of the run is foreseen, without any secret. */
#ifndef RF_PARTY_AUDIT_REPLAN_H
#define RF_PARTY_AUDIT_REPLAN_H

#include "party/study/manifest.h"
#include "party/transcript/transcript_read.h"
#include "protocols/backend/backend.h"

struct rf_replan_lane {
    struct rf_step step[RF_STEPS_MAX]; /* declared costs, of those that ended */
    unsigned steps;
    size_t used, left;     /* pieces of opened values that were asked for, and were not */
    struct rf_err problem; /* where plan and record part, or none */
};

struct rf_replan {
    unsigned lanes;
    struct rf_replan_lane lane[RF_STUDY_LANES_MAX];
    uint64_t shared_rows;
};

/** rf_replan() - for the party whose transcript it is
 * Errors: RF_E_MEMORY; that the record does not fit stands in @out. */
RF_MUST_CHECK enum rf_rc rf_replan(struct rf_replan *out, const struct rf_manifest *manifest,
                                   const struct rf_transcript *transcript, struct rf_err *err);

#endif
