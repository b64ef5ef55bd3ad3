/** sort.h - sorting, and permutations kept for later
 *
 * Rows are put into a secret random order first; then comparisons of distinct keys may be opened, because
 * in a random order of distinct keys they say nothing about the keys. Control flow follows what was
 * opened. Rows of several lanes are spread over them by their keys first (spread.h), then each lane sorts.
 *
 * Source: Hamada, Kikuchi, Ikarashi, Chida, Takahashi, "Practically efficient multi-party sorting
 * protocols from comparison sort algorithms", ICISC 2012: shuffle, then a comparison sort on opened
 * comparisons. Distinctness by appending the row's index: ibid., section 4. */
#ifndef RF_PROTOCOLS_OBLIVIOUS_SORT_H
#define RF_PROTOCOLS_OBLIVIOUS_SORT_H

#include "protocols/oblivious/spread.h"

/** A secret permutation of rows: a shuffle, then public rearrangements. */
struct rf_order {
    struct rf_spread spread;
    size_t rows;
    uint32_t *place; /* sorted row r was row place[r] after rows were spread */
    struct rf_space *space;
    struct rf_block block;
};

/** rf_sort_rows() - sort rows by a key, in place
 * @key:    @fields fields, the least significant first, compared together as one unsigned number
 * @order:  the permutation, for rf_order_apply(); NULL if not wanted
 * @mixed:  the rows are in a secret random order already (rf_compact_rows() leaves them so): not
 *          shuffled again; then @order must be NULL
 * Keys must be distinct, or what is opened depends on which are equal.
 * Cost: a shuffle, then about n (log2 n + 2) comparisons of the key's width and the opening of each.
 * Leaks: n. Opens comparisons (RF_OPEN_ORDER) with a distribution that does not depend on keys. */
RF_MUST_CHECK enum rf_rc rf_sort_rows(struct rf_backend *backend, struct rf_rows *rows,
                                      const struct rf_field *key, unsigned fields, bool mixed,
                                      struct rf_order *order);

/** rf_sort() - sort the rows of a table by its first @key planes (plane 0 the least significant)
 * Rows with equal keys stay in their order: each row's index is appended to its key, log2 n bits.
 * @order: as above. */
RF_MUST_CHECK enum rf_rc rf_sort(struct rf_backend *backend, struct rf_view table, unsigned key,
                                 struct rf_order *order);

/** rf_sort_table() - the same for a whole column, which is freed meanwhile and made anew
 * A table of n rows of w bits with k key bits then takes, beside the order and work space that does not grow
 * with n, at most the larger of twice its rows and its rows, its keys, ten bytes a row: in bytes a row,
 * R = 2 (ceil(w / 8) + ceil(log2 n / 8)), and 2 ceil((k + log2 n) / 8) for the keys.
 * @table: its views no longer hold; zero on error */
RF_MUST_CHECK enum rf_rc rf_sort_table(struct rf_backend *backend, struct rf_bits *table,
                                       unsigned key, struct rf_order *order);

/** rf_order_apply() - rearrange a table as the sort did that made @order, or back
 * Cost: a shuffle of the table's rows. Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_order_apply(struct rf_backend *backend, const struct rf_order *order,
                                        bool inverse, struct rf_view table);

void rf_order_fini(struct rf_order *order);

#endif
