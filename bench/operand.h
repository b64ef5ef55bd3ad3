/** operand.h - what operations are given, and what their results boil down to
 *
 * Values follow from a public seed. Each party takes its parts of them without a message; a planner,
 * whose columns have none, takes nothing. */
#ifndef RF_BENCH_OPERAND_H
#define RF_BENCH_OPERAND_H

#include "bench/work.h"

/** rf_operand_mix() - 64 bits that look random, from 64 others */
uint64_t rf_operand_mix(uint64_t z);

/** rf_operand_fill() - random bits, the same at every party
 * @first: which row of the whole column the first is; a multiple of 64 */
void rf_operand_fill(const struct rf_backend *backend, struct rf_view out, size_t first,
                     uint64_t seed);

/** rf_operand_zero() - every row 0 */
void rf_operand_zero(struct rf_view out);

/** rf_operand_bits(), _ring() - a column of random values, one for each of the work's rows
 * rf_operand_table() - work->kept, of which every run gets a copy. Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_operand_bits(struct rf_work *work, struct rf_bits *bits, unsigned width,
                                         uint64_t seed);
RF_MUST_CHECK enum rf_rc rf_operand_ring(struct rf_work *work, struct rf_ring *ring, uint64_t seed);
RF_MUST_CHECK enum rf_rc rf_operand_table(struct rf_work *work, unsigned width);

/** rf_operand_digest_out(), _ring(), _table(), _first() - open the result and hash it
 * Of a table, whose rows come in a random order, without a look at the order; _first(): of lane 0's result
 * alone. Digests of lanes add up to that of a party with one lane.
 * Errors: RF_E_MEMORY, RF_E_PEER. */
RF_MUST_CHECK enum rf_rc rf_operand_digest_out(struct rf_work *work, uint64_t *digest);
RF_MUST_CHECK enum rf_rc rf_operand_digest_ring(struct rf_work *work, uint64_t *digest);
RF_MUST_CHECK enum rf_rc rf_operand_digest_table(struct rf_work *work, uint64_t *digest);
RF_MUST_CHECK enum rf_rc rf_operand_digest_first(struct rf_work *work, uint64_t *digest);

#endif
