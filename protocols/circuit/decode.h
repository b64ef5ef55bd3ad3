/** decode.h - a number as one bit for each value it can take */
#ifndef RF_PROTOCOLS_CIRCUIT_DECODE_H
#define RF_PROTOCOLS_CIRCUIT_DECODE_H

#include "protocols/backend/backend.h"

/** rf_decode() - plane v of out = (x == v) AND enable
 * @out:    up to 2^K planes; values beyond are not decoded; overlaps neither operand
 * @enable: one plane
 * Cost: 2^K - 1 bits a row, K rounds. */
RF_MUST_CHECK enum rf_rc rf_decode(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                                   struct rf_view enable);

#endif
