/** scatter.h - a way of rows across the lanes of a party
 *
 * Rows are grouped by the lane that gets them, handed over, and put into an order there. The way is known
 * to this party: it is public, or a stage of a shuffle, which two parties know. */
#ifndef RF_PROTOCOLS_BACKEND_SCATTER_H
#define RF_PROTOCOLS_BACKEND_SCATTER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocols/backend/exchange.h"
#include "protocols/share/column.h"
#include "protocols/share/stream.h"

struct rf_scatter {
    size_t before, after; /* rows of this lane */
    uint32_t *group;      /* row k that is handed over was row group[k]; NULL: row k */
    uint32_t *place;      /* row k in the end is row place[k] of those that came; NULL: row k */
    size_t to[RF_LANES_MAX], from[RF_LANES_MAX];
};

/** rf_scatter_draw() - a uniformly random permutation of all lanes' rows: this lane's part of it
 * @size:   rows of every lane, before and after
 * @stream: of this lane; whoever holds the same streams in all lanes draws the same permutation
 * @way:    group and place have room for size[lane] numbers each
 * Every row gets the lane of a uniformly random place; as many as a lane got too many, chosen at random, move to
 * lanes that got too few; then every lane permutes what it got. No step looks at where a row stands
 * but by random numbers, so every arrangement is equally likely: Rao (1961) and Sandelius (1962), with
 * sizes made exact.
 * Errors: RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_scatter_draw(struct rf_scatter *way, struct rf_stream *stream,
                                         struct rf_exchange *exchange, unsigned lane,
                                         const size_t size[RF_LANES_MAX], struct rf_err *err);

/** rf_scatter_group() - group rows by the lane that gets them
 * @lane_of: of each of way->before rows; way->group and way->to are set */
void rf_scatter_group(struct rf_scatter *way, const uint8_t *lane_of);

/** rf_scatter_rows() - move rows
 * @rows:  way->before of them become way->after; @inverse: the other way round
 * @spare: of the same row size, parts and space; both must have room for the larger number. They
 *         exchange their memory.
 * Errors: RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_scatter_rows(const struct rf_scatter *way, bool inverse,
                                         struct rf_rows *rows, struct rf_rows *spare,
                                         struct rf_exchange *exchange, unsigned lane,
                                         struct rf_err *err);

#endif
