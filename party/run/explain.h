/** explain.h - what a study would cost and reveal, without running it
 *
 * Runs the study's own code on the planning backend: every step, byte and round follows from the declared
 * bounds, except where opened values steer the computation (how the sort splits, how many rows are
 * shared); there it assumes random order and a given part of shared rows. */
#ifndef RF_PARTY_RUN_EXPLAIN_H
#define RF_PARTY_RUN_EXPLAIN_H

#include "party/study/study.h"
#include "protocols/backend/backend.h"

struct rf_explained {
    struct rf_step step[RF_STEPS_MAX]; /* declared costs */
    unsigned steps;
    struct rf_cost total;
    uint64_t opened[RF_OPEN_KINDS]; /* bits */
    uint64_t peak_memory;           /* bytes of share columns */
    uint64_t input_bytes;           /* that all contributors send to this party */
};

/** rf_explain() - for party @party
 * @study:          with bounds declared
 * @shared_percent: of all rows, those whose token occurs at several banks
 * Errors: RF_E_ARG, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_explain(struct rf_explained *out, const struct rf_study *study,
                                    unsigned party, double shared_percent, struct rf_err *err);

#endif
