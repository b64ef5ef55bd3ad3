/** tally.h - a table being filled: its figures, the cohort behind each cell, and what is withheld
 *
 * Used by plain.c alone. The rule for small cells is that of docs/statistics.md. */
#ifndef RF_PARTY_PLAIN_TALLY_H
#define RF_PARTY_PLAIN_TALLY_H

#include "net/base/rc.h"
#include "party/report/result.h"
#include "party/study/study.h"

struct rf_tally_cell {
    uint64_t figure[RF_FIGURE_COUNT];
    uint64_t cohort[RF_BANKS_MAX]; /* at each bank */
};

struct rf_tally {
    size_t cells;
    struct rf_tally_cell cell[RF_PAIRS_MAX > RF_BUCKETS_MAX ? RF_PAIRS_MAX : RF_BUCKETS_MAX];
};

/** rf_tally_show() - put the cells that may be shown into a table of the result
 * @table: of rf_result, all withheld so far */
void rf_tally_show(const struct rf_tally *tally, const struct rf_study *study,
                   struct rf_cell *table);

#endif
