/** plan.h - the interface without values: what would a computation cost?
 *
 * Columns have no parts and no memory; operations do nothing but declare their cost. Where opened
 * values steer the computation, the caller's guess stands in for them (struct rf_guess). Running a
 * study's code on this backend gives its steps, bytes, rounds and memory from shapes alone.
 *
 * With space.efforts set, local work is counted there, and rf_backend_drawn() says how much randomness
 * the modelled backend would draw. */
#ifndef RF_PROTOCOLS_BACKEND_PLAN_PLAN_H
#define RF_PROTOCOLS_BACKEND_PLAN_PLAN_H

#include "protocols/backend/backend.h"

/** rf_plan_new() - a planner for one party
 * @model: of the backend that would run
 * @party: costs differ a little between parties */
RF_MUST_CHECK enum rf_rc rf_plan_new(struct rf_backend **backend, const struct rf_model *model,
                                     unsigned party, struct rf_err *err);

/** rf_plan_recorded() - openings show what was recorded of a run, in its order, instead of what is guessed
 * @next: fills @out, rf_words(rows) * width words; false: nothing of this shape was opened there, which ends
 * the planning with RF_E_CHEAT */
void rf_plan_recorded(struct rf_backend *backend,
                      bool (*next)(void *context, enum rf_open_kind kind, size_t rows,
                                   unsigned width, uint64_t *out),
                      void *context);

#endif
