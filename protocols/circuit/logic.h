/** logic.h - small boolean circuits on planes
 *
 * Written once over the backend interface. All of these run to their end: no batch may be under way
 * when they are called, except where a name ends in _start. K is the width, n the rows. */
#ifndef RF_PROTOCOLS_CIRCUIT_LOGIC_H
#define RF_PROTOCOLS_CIRCUIT_LOGIC_H

#include "protocols/backend/backend.h"

enum {
    /* Circuits with many planes of workspace work on so many rows at a time: a choice between memory and
     * rounds. */
    RF_CHUNK_ROWS = 1 << 20,
};

/** rf_or() - out = x OR y. Cost: K bits a row, 1 round. @out overlaps neither. */
RF_MUST_CHECK enum rf_rc rf_or(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                               struct rf_view y);

/** rf_select() - out = choice ? x : y
 * @choice: one plane, or K
 * Cost: K bits a row, 1 round. @out may be @x or @y. */
RF_MUST_CHECK enum rf_rc rf_select(struct rf_backend *backend, struct rf_view out,
                                   struct rf_view choice, struct rf_view x, struct rf_view y);

/** rf_all_planes() - out = AND of all planes of @x, which is overwritten
 * @out: one plane; may be plane 0 of @x
 * Cost: K - 1 bits a row, ceil(log2 K) rounds. */
RF_MUST_CHECK enum rf_rc rf_all_planes(struct rf_backend *backend, struct rf_view out,
                                       struct rf_view x);

/** rf_any_row() - out = OR over all rows of one plane
 * @out: one row, one plane. Cost: about 1 bit a row, log2 n rounds. */
RF_MUST_CHECK enum rf_rc rf_any_row(struct rf_backend *backend, struct rf_view out,
                                    struct rf_view x);

/** rf_equal() - out = (x == y), one plane
 * Cost: K - 1 bits a row, ceil(log2 K) rounds. @out overlaps neither. */
RF_MUST_CHECK enum rf_rc rf_equal(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                                  struct rf_view y);

/** rf_less() - out = (x < y), unsigned, one plane
 * Cost: 3 K - 2 - ceil(log2 K) bits a row, 1 + ceil(log2 K) rounds for every RF_CHUNK_ROWS rows.
 * @out overlaps neither.
 * Source: the carry of a parallel-prefix adder (Brent and Kung, IEEE Trans. Computers 1982) without
 * its sums: pairs (generate, propagate) merge in a tree. */
RF_MUST_CHECK enum rf_rc rf_less(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                                 struct rf_view y);

/** Operands of comparisons, made as they are needed, so that they need not all be there at once. */
struct rf_pairs {
    unsigned width;
    /** Rows @from and on of the two operands, as many as @x has: to be written into @x and @y. @y may
     * become a view of something else instead. */
    void (*get)(void *context, size_t from, struct rf_view x, struct rf_view *y);
    void *context;
};

/** rf_less_pairs() - rf_less() of such operands, each asked for once, in order */
RF_MUST_CHECK enum rf_rc rf_less_pairs(struct rf_backend *backend, struct rf_view out,
                                       const struct rf_pairs *pairs);

/** rf_less_cost(), rf_equal_cost() - bits a row and rounds for width K, n at most RF_CHUNK_ROWS */
struct rf_cost rf_less_cost(unsigned width);
struct rf_cost rf_equal_cost(unsigned width);

#endif
