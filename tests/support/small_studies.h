/** small_studies.h - small computations for runs that may be cheated: no assertions, errors are handed up
 *
 * Their inputs are random but fixed. Each opens its result, or, like a study, hands over its output's
 * shares once everything is proved. */
#ifndef RF_TESTS_SUPPORT_SMALL_STUDIES_H
#define RF_TESTS_SUPPORT_SMALL_STUDIES_H

#include "tests/support/active_run.h"

struct rf_small_study {
    const char *name;
    rf_active_body *body;
};

/** Two ANDs under way at once, then one on their results; three planes of 70 rows. */
enum rf_rc rf_small_and(struct rf_backend *backend, struct rf_active_run *run);
/** A chain of ANDs far above the bound on gates that wait for their proof: RF_SMALL_PROOFS proofs of RF_SMALL_EACH
 * ANDs, one after the other, before anything is opened. */
enum { RF_SMALL_PROOFS = 4, RF_SMALL_EACH = 3 };
enum rf_rc rf_small_bounded(struct rf_backend *backend, struct rf_active_run *run);
/** 8-bit comparisons of 40 rows. */
enum rf_rc rf_small_less(struct rf_backend *backend, struct rf_active_run *run);
/** One shuffle of 12 rows, forwards, backwards, and opened in between. */
enum rf_rc rf_small_shuffle(struct rf_backend *backend, struct rf_active_run *run);
/** 16 rows by 4 bits, and back into their order. */
enum rf_rc rf_small_sort(struct rf_backend *backend, struct rf_active_run *run);
/** The marked ones of 20 rows. */
enum rf_rc rf_small_compact(struct rf_backend *backend, struct rf_active_run *run);
/** 5 rows joined to 6. */
enum rf_rc rf_small_join(struct rf_backend *backend, struct rf_active_run *run);
/** Sums by group over 12 rows. */
enum rf_rc rf_small_group(struct rf_backend *backend, struct rf_active_run *run);
/** Components of a graph of 4 edges. */
enum rf_rc rf_small_label(struct rf_backend *backend, struct rf_active_run *run);
/** A whole study: run->context is a scene (scene.h). Its output is not opened but handed over. */
enum rf_rc rf_small_compute(struct rf_backend *backend, struct rf_active_run *run);

/** rf_small_open() - reveal a view: for bodies */
enum rf_rc rf_small_open(struct rf_backend *backend, struct rf_view x);

#endif
