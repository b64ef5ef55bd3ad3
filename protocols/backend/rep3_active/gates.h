/** gates.h - the gates that are still to be proved: what this party knows of each
 *
 * Kept as bits, in pieces of a fixed number of words, gate after gate as they were started. Tail bits
 * beyond a column's rows are zero in all operands: such gates are right and count as gates. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_ACTIVE_GATES_H
#define RF_PROTOCOLS_BACKEND_REP3_ACTIVE_GATES_H

#include <stdint.h>

#include "protocols/share/space.h"

/** Operands of party i: its shares x_i, x_i+1, y_i, y_i+1, the zero sharing's streams under K_i and K_i+1,
 * and what party i + 1 says its result is. */
enum rf_gates_operand {
    RF_GATES_X0,
    RF_GATES_X1,
    RF_GATES_Y0,
    RF_GATES_Y1,
    RF_GATES_R0,
    RF_GATES_R1,
    RF_GATES_Z1,
    RF_GATES_OPERANDS,
};

enum { RF_GATES_PIECE = 1 << 15 /* words: two million gates in 1.8 MB */ };

struct rf_gates_piece {
    uint64_t *operand[RF_GATES_OPERANDS];
    struct rf_block block;
};

struct rf_gates {
    struct rf_space *space;
    struct rf_gates_piece *piece;
    size_t pieces, room; /* allocated; entries in @piece */
    size_t words;        /* recorded */
};

void rf_gates_init(struct rf_gates *gates, struct rf_space *space);
void rf_gates_fini(struct rf_gates *gates);

/** rf_gates_next() - a place for the next words
 * @words: wished for; becomes how many stand together, at least 1
 * @place: where each operand's words go; stays where it is until rf_gates_clear()
 * Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_gates_next(struct rf_gates *gates, size_t *words,
                                       uint64_t *place[RF_GATES_OPERANDS]);

/** rf_gates_at() - words from @at on that stand together; returns how many */
size_t rf_gates_at(const struct rf_gates *gates, size_t at,
                   const uint64_t *place[RF_GATES_OPERANDS]);

/** rf_gates_pad() - add zero words up to a multiple of @multiple, which divides RF_GATES_PIECE */
RF_MUST_CHECK enum rf_rc rf_gates_pad(struct rf_gates *gates, size_t multiple);

/** rf_gates_clear() - forget what was recorded; the memory is kept for what follows */
void rf_gates_clear(struct rf_gates *gates);

#endif
