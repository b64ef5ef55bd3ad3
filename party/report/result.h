/** result.h - the figures of a study, however they were computed
 *
 * Filled by the secure run (from opened output shares) or by `party/plain`, written by
 * `party/report`. Tables and cells come in the order of `protocols/analytics/cells.h`. */
#ifndef RF_PARTY_REPORT_RESULT_H
#define RF_PARTY_REPORT_RESULT_H

#include "protocols/analytics/cells.h"

struct rf_cell {
    bool shown;                       /* false: withheld, and the figures are 0 */
    uint64_t figure[RF_FIGURE_COUNT]; /* those that the table has; others 0 */
};

struct rf_result {
    struct rf_shape shape;
    struct rf_cell *table[RF_TABLE_COUNT]; /* rf_table_cells() of each; NULL where that is 0 */
};

/** rf_result_new() - all cells withheld and zero; NULL when out of memory */
struct rf_result *rf_result_new(const struct rf_shape *shape);
void rf_result_free(struct rf_result *result);

/** rf_result_withheld() - number of cells withheld in a table */
size_t rf_result_withheld(const struct rf_result *result, enum rf_table table);

#endif
