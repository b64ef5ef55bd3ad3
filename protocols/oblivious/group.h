/** group.h - group-by: one row for each distinct key */
#ifndef RF_PROTOCOLS_OBLIVIOUS_GROUP_H
#define RF_PROTOCOLS_OBLIVIOUS_GROUP_H

#include "protocols/oblivious/scan.h"

/** rf_group_by() - sort a table by its first @key planes and reduce the others within each group
 * @kind:  of the reduction of planes key … width - 1
 * @last:  one plane: the row is the last of its group, and holds the group's result
 * @bound: largest possible group; 0: n
 * Other rows hold partial results: use or open only those that @last marks.
 * Cost: rf_sort(), n - 1 equalities, rf_scan(). Leaks: n. */
RF_MUST_CHECK enum rf_rc rf_group_by(struct rf_backend *backend, struct rf_view table, unsigned key,
                                     enum rf_scan kind, size_t bound, struct rf_view last);

/** rf_group_last() - which rows are the last of their group
 * @same: as in scan.h. No message between parties. */
RF_MUST_CHECK enum rf_rc rf_group_last(struct rf_backend *backend, struct rf_view last,
                                       struct rf_view same);

#endif
