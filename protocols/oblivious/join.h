/** join.h - what another table says of each row's key */
#ifndef RF_PROTOCOLS_OBLIVIOUS_JOIN_H
#define RF_PROTOCOLS_OBLIVIOUS_JOIN_H

#include "protocols/backend/backend.h"

/** rf_join() - for each row of @right, the payload of the row of @left with the same key
 * @left:    planes of key, then payload; keys should be distinct: of equal ones the first row counts
 * @right:   planes of key alone
 * @key:     planes of the key
 * @payload: made for each row of @right: left's payload, or zero where there is no match
 * @matched: one plane: there is a match
 * Cost: a sort of both tables' rows by key and index, an equality a row, a scan of log2 n levels, and a
 * shuffle back. Leaks: the numbers of rows.
 * Source: sort-merge join of a primary with a foreign key; Krastnikov, Kerschbaum, Stebila,
 * "Efficient oblivious database joins", VLDB 2020, section 5, in the case of distinct keys. */
RF_MUST_CHECK enum rf_rc rf_join(struct rf_backend *backend, struct rf_view payload,
                                 struct rf_view matched, struct rf_view left, struct rf_view right,
                                 unsigned key);

#endif
