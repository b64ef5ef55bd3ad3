/** plain_table.h - a table being filled: its figures, the cohort behind each cell, and what is withheld
 *
 * Used by plain.c alone. The rule for small cells is that of docs/statistics.md. */
#ifndef RF_PARTY_PLAIN_PLAIN_TABLE_H
#define RF_PARTY_PLAIN_PLAIN_TABLE_H

#include "net/base/rc.h"
#include "party/report/result.h"
#include "party/study/study.h"

struct rf_plain_table_cell {
    uint64_t figure[RF_FIGURE_COUNT];
    uint64_t cohort[RF_BANKS_MAX]; /* at each bank */
};

struct rf_plain_table {
    size_t cells;
    struct rf_plain_table_cell cell[RF_PAIRS_MAX > RF_BUCKETS_MAX ? RF_PAIRS_MAX : RF_BUCKETS_MAX];
};

/** rf_plain_table_show() - put the cells that may be shown into a table of the result
 * @which: table it is
 * @table: of rf_result, all withheld so far */
void rf_plain_table_show(const struct rf_plain_table *tally, enum rf_table which,
                         const struct rf_study *study, struct rf_cell *table);

#endif
