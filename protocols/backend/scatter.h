/** scatter.h - a way of rows across the lanes of a party
 *
 * Each lane knows which of all lanes' rows come to it, and in which order. The way is known to this party: it
 * is public, or a stage of a shuffle, which two parties know. */
#ifndef RF_PROTOCOLS_BACKEND_SCATTER_H
#define RF_PROTOCOLS_BACKEND_SCATTER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocols/backend/exchange.h"
#include "protocols/share/column.h"
#include "protocols/share/stream.h"

struct rf_scatter {
    size_t before, after; /* rows of this lane */
    uint32_t *source; /* row k in the end was row source[k] of all lanes' rows, in their order */
};

/** rf_scatter_draw() - a uniformly random permutation of all lanes' rows: this lane's part of it
 * @size:   rows of every lane, before and after; 2^32 - 1 together at most
 * @stream: of this lane; whoever holds the same streams in all lanes draws the same permutation
 * @way:    source has room for size[lane] numbers
 * @room:   for as many, to work with
 * Every row gets a random lane; as many as a lane got too many, chosen at random, move to lanes that got too few;
 * then every lane permutes what it got. No step looks at where a row stands but by random numbers, so every
 * arrangement is equally likely: Rao (1961) and Sandelius (1962), with sizes made exact.
 * Errors: RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_scatter_draw(struct rf_scatter *way, uint32_t *room,
                                         struct rf_stream *stream, struct rf_exchange *exchange,
                                         unsigned lane, const size_t size[RF_LANES_MAX],
                                         struct rf_err *err);

/** How many rows a lane gives each lane, and gets from each. */
struct rf_dealing {
    size_t to[RF_LANES_MAX], from[RF_LANES_MAX];
};

/** rf_scatter_count() - what comes to this lane when every row goes to the lane that @lane_of says
 * @way: before and after are set
 * Errors: RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_scatter_count(struct rf_scatter *way, struct rf_dealing *dealing,
                                          const uint8_t *lane_of, size_t rows,
                                          struct rf_exchange *exchange, unsigned lane,
                                          struct rf_err *err);

/** rf_scatter_deal() - the way to those lanes, where rows stand in the order in which they stood in all lanes
 * @way:     source has room for way->after numbers
 * @room:    for way->before, to work with
 * @dealing: from rf_scatter_count(), or drawn
 * @lane_of: of each of way->before rows; may stand where source is: it is read before that is written
 * @first:   this lane's first row among all
 * Errors: RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_scatter_deal(struct rf_scatter *way, uint32_t *room,
                                         const struct rf_dealing *dealing, const uint8_t *lane_of,
                                         size_t first, struct rf_exchange *exchange, unsigned lane,
                                         struct rf_err *err);

/** rf_scatter_rows() - move rows
 * @rows: way->before of them; @out: room for way->after, of the same row size and parts; @inverse: the other way
 *        round. Not in place.
 * Errors: RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_scatter_rows(const struct rf_scatter *way, bool inverse,
                                         struct rf_rows *out, struct rf_rows *rows,
                                         struct rf_exchange *exchange, unsigned lane,
                                         struct rf_err *err);

#endif
