/** compute.h - the secure computation of a whole study, from banks' rows to masked cells
 *
 * The method: docs/method.md. Every step is named (rf_step). */
#ifndef RF_PROTOCOLS_ANALYTICS_COMPUTE_H
#define RF_PROTOCOLS_ANALYTICS_COMPUTE_H

#include "protocols/analytics/task.h"
#include "protocols/backend/backend.h"

/** rf_compute() - compute the statistics that the task asks for
 * @input:  the banks' rows, as for rf_shared_find(); used up
 * @output: made here: a row for each cell, planes as rf_output_layout() says; what is withheld is
 *          zero. To be given to the recipients, never opened to the parties
 * @shared_rows: how many rows have a token of several banks: what was opened, or the task's bound;
 *          may be NULL
 * Opens: comparisons of shuffled distinct keys (order); how many rows are shared (kept), or that
 * they fit their bound (fits); that no bank repeats a token (unique); that labelling ended (converged).
 * Errors: RF_E_ABORT if one of those bits says no; RF_E_PEER, RF_E_CHEAT, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_compute(struct rf_backend *backend, const struct rf_task *task,
                                    struct rf_rows *input, struct rf_bits *output,
                                    uint64_t *shared_rows);

#endif
