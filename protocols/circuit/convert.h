/** convert.h - between bits and elements of Z_2^64 */
#ifndef RF_PROTOCOLS_CIRCUIT_CONVERT_H
#define RF_PROTOCOLS_CIRCUIT_CONVERT_H

#include "protocols/backend/backend.h"

/** rf_bits_to_ring() - out = x as an unsigned number
 * @x: up to 64 planes
 * Cost: 64 (summands - 1) bits for each bit, so 128 for rep3, in as many rounds as there are
 * additions of summands, 2 for rep3.
 * Source: each summand of a bit is known to whoever holds it, so it is a sharing in the ring for free;
 * a XOR b = a + b - 2 a b joins them (Araki et al., "Generalizing the SPDZ compiler for other
 * protocols", CCS 2018, section 5). */
RF_MUST_CHECK enum rf_rc rf_bits_to_ring(struct rf_arithmetic arithmetic, struct rf_ring *out,
                                         struct rf_view x);

/** rf_ring_to_bits() - out = x modulo 2^out.width
 * Cost: K bits for a carry-save step, then rf_add(); 2 + ceil(log2 K) rounds.
 * Source: Mohassel and Rindal, "ABY3", CCS 2018, section 5.3. */
RF_MUST_CHECK enum rf_rc rf_ring_to_bits(struct rf_backend *backend, struct rf_view out,
                                         const struct rf_ring *x);

#endif
