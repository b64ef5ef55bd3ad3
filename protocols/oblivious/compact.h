/** compact.h - keep the rows that a secret flag marks, and reveal how many */
#ifndef RF_PROTOCOLS_OBLIVIOUS_COMPACT_H
#define RF_PROTOCOLS_OBLIVIOUS_COMPACT_H

#include "protocols/backend/backend.h"

/** rf_compact() - keep the rows whose flag is set, in a secret random order
 * @rows:     shuffled and replaced by those that stay
 * @flag:     byte of a row whose lowest bit is the flag
 * @expected: how many a planner assumes to stay, in all lanes
 * Cost: a shuffle of the rows; 1 bit a row opened. Leaks: how many stay (RF_OPEN_KEPT). The order
 * of what stays is uniformly random and unknown to all, so that rf_sort_rows() need not shuffle
 * again. Of several lanes each keeps those that the shuffle brought to it.
 * Source: shuffle and reveal; Laur, Willemson, Zhang, "Round-efficient oblivious database
 * manipulation", ISC 2011. */
RF_MUST_CHECK enum rf_rc rf_compact(struct rf_backend *backend, struct rf_rows *rows, size_t flag,
                                    size_t expected);

#endif
