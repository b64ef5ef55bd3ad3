/** add.h - sums: of two columns, and over the rows of one */
#ifndef RF_PROTOCOLS_CIRCUIT_ADD_H
#define RF_PROTOCOLS_CIRCUIT_ADD_H

#include "protocols/backend/backend.h"

/** rf_add() - out = x + y + carry
 * @out:   K planes (modulo 2^K), or K + 1 with the carry out on top; overlaps neither operand
 * @carry: a public 0 or 1
 * Cost: about K (1 + log2 K) bits a row, 1 + ceil(log2 K) rounds.
 * Source: Sklansky, "Conditional-sum addition logic", 1960, as a parallel-prefix adder. */
RF_MUST_CHECK enum rf_rc rf_add(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                                struct rf_view y, bool carry);

/** rf_subtract() - out = x - y modulo 2^K. Cost: as rf_add(). */
RF_MUST_CHECK enum rf_rc rf_subtract(struct rf_backend *backend, struct rf_view out,
                                     struct rf_view x, struct rf_view y);

/** rf_sum() - sum over all rows, for many columns at once
 * @x:   planes of several columns of @width bits side by side: column g is planes g * width and on
 * @out: row g is the sum of column g modulo 2^out.width; x.width / width rows
 * Cost: about 1 bit for each bit of @x, log1.5 n + log2 out.width rounds. A count of bits is a sum of
 * width 1.
 * Source: carry-save (3:2) compressors, Wallace 1964; one AND a compressor (Boyar, Peralta, Pochuev
 * 2000). */
RF_MUST_CHECK enum rf_rc rf_sum(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                                unsigned width);

#endif
