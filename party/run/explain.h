/** explain.h - what a study would cost and reveal, without running it
 *
 * Runs the study's own code on the planning backend: every step, byte and round follows from the declared
 * bounds, except where opened values steer the computation (how the sort splits, how many rows are
 * shared); there it assumes random order and a given part of shared rows.
 *
 * Local work is counted on the way (protocols/share/effort.h), so that a calibration of the machine gives
 * the time: what each party computes, all three sharing the machine's cores as unevenly as lockstep makes
 * them, and a wait for each round. The model has no term that was fitted to a study. */
#ifndef RF_PARTY_RUN_EXPLAIN_H
#define RF_PARTY_RUN_EXPLAIN_H

#include "party/run/calibration.h"
#include "party/study/study.h"
#include "protocols/backend/backend.h"

/** Of all lanes: bytes, opened bits and memory added up, rounds those of lane 0, which takes part in everything. */
struct rf_explained {
    struct rf_step step[RF_STEPS_MAX]; /* declared costs */
    unsigned steps;
    struct rf_cost total;
    uint64_t opened[RF_OPEN_KINDS]; /* bits */
    uint64_t peak_memory;           /* bytes of share columns */
    uint64_t input_bytes;           /* that all contributors send to this party */
    double cpu[RF_STEPS_MAX];       /* seconds this party computes; zero without a calibration */
    double longest[RF_STEPS_MAX];   /* of its lane that computes longest */
};

/** How long it takes when all three parties and all contributors are on the calibrated machine. */
struct rf_prediction {
    double step[RF_STEPS_MAX];
    double prepare; /* contributors read, hash and group their rows, before any link */
    double receive; /* their rows are shared among the parties */
    double compute; /* the steps together */
    double all;
};

/** rf_explain() - for party @party
 * @study:          with bounds declared
 * @shared_percent: of all rows, those whose token occurs at several banks
 * @calibration:    NULL: no times
 * Errors: RF_E_ARG, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_explain(struct rf_explained *out, const struct rf_study *study,
                                    unsigned party, double shared_percent,
                                    const struct rf_calibration *calibration, struct rf_err *err);

/** rf_explain_predict() - from the costs of all three */
void rf_explain_predict(struct rf_prediction *out, const struct rf_explained parties[RF_PARTIES],
                        const struct rf_study *study, const struct rf_calibration *calibration);

#endif
