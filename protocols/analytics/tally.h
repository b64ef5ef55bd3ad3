/** tally.h - the cells of a result while they are secret: figures, cohorts, and what may be shown
 *
 * One row for each cell, in the order of the output. A cell's cohort at each bank is counted beside its
 * figures, and decides with all others of its table whether the cell is shown (docs/statistics.md). */
#ifndef RF_PROTOCOLS_ANALYTICS_TALLY_H
#define RF_PROTOCOLS_ANALYTICS_TALLY_H

#include "protocols/analytics/task.h"
#include "protocols/backend/backend.h"

struct rf_tally {
    const struct rf_task *task;
    struct rf_output_layout layout;
    struct rf_bits output; /* planes as in the layout */
    struct rf_bits cohort; /* for each bank a number of cohort_bits */
    unsigned cohort_bits;
    unsigned capped_bits; /* of a member count that is cut off where min_cell is surely met */
};

/** rf_tally_init() - all zero. Borrows @task. */
RF_MUST_CHECK enum rf_rc rf_tally_init(struct rf_tally *tally, struct rf_backend *backend,
                                       const struct rf_task *task);
void rf_tally_fini(struct rf_tally *tally);

/** rf_tally_figure() - a cell's figure is row @row of @sums */
void rf_tally_figure(struct rf_tally *tally, enum rf_table table, size_t cell,
                     enum rf_figure figure, struct rf_view sums, size_t row);

/** rf_tally_cohort() - a cell's cohort at a bank is row @row of @sums */
void rf_tally_cohort(struct rf_tally *tally, enum rf_table table, size_t cell, unsigned bank,
                     struct rf_view sums, size_t row);

/** rf_tally_suppress() - decide which cells are shown, and zero all others
 * Cost: small: cells and banks are few. Leaks: nothing; the decision itself stays secret. */
RF_MUST_CHECK enum rf_rc rf_tally_suppress(struct rf_backend *backend, struct rf_tally *tally);

#endif
