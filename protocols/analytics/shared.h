/** shared.h - the rows whose token occurs at more than one bank, and nothing of the others
 *
 * Steps 2 and 3 of the method (docs/method.md): sort all rows by token, find equal neighbours, keep
 * the rows that have one, put those back into token order. */
#ifndef RF_PROTOCOLS_ANALYTICS_SHARED_H
#define RF_PROTOCOLS_ANALYTICS_SHARED_H

#include "protocols/analytics/task.h"
#include "protocols/backend/backend.h"

/** The kept rows in token order, within a token in the order of banks. */
struct rf_shared {
    size_t rows;
    struct rf_bits table;
    /* Views of the table: */
    struct rf_view same;  /* same token as the row before */
    struct rf_view valid; /* 0 for rows that only fill up to the declared bound */
    struct rf_view bank, type, group, size, flagged, exposure;
};

/** rf_shared_find() - keep what is shared
 * @input: rf_task_rows() rows of rf_row_bytes(): bank 0's, then bank 1's, …; used up. A row's bank is
 *         its place in here, never what it claims.
 * Opens: comparisons (order); one bit (unique): did a bank give a token twice, in which case the run
 * ends with RF_E_ABORT; how many rows stay (kept), or one bit (fits) if the task bounds it. */
RF_MUST_CHECK enum rf_rc rf_shared_find(struct rf_backend *backend, struct rf_shared *shared,
                                        const struct rf_task *task, struct rf_rows *input);

void rf_shared_fini(struct rf_shared *shared);

#endif
