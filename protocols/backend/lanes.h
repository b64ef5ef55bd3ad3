/** lanes.h - one lane of a party among the others
 *
 * Everything works on a lane's own rows, but for shuffle, sort, scan and compaction, which use this. Rows are in
 * the order of lanes. A backend that has not joined an exchange is the only lane.
 *
 * Shares leave a lane only after every gate behind them has been proved, where gates are proved: so that
 * whatever another lane opens rests on proved gates alone. */
#ifndef RF_PROTOCOLS_BACKEND_LANES_H
#define RF_PROTOCOLS_BACKEND_LANES_H

#include "protocols/backend/backend.h"
#include "protocols/backend/scatter.h"

static inline unsigned rf_lanes(const struct rf_backend *backend)
{
    return backend->exchange ? backend->exchange->lanes : 1;
}

/** rf_lanes_join() - the backend is lane @lane from now on; the exchange is borrowed */
void rf_lanes_join(struct rf_backend *backend, struct rf_exchange *exchange, unsigned lane);

/** rf_lanes_leave() - work alone from now on; other lanes must not wait for this one any more */
void rf_lanes_leave(struct rf_backend *backend);

/** rf_lanes_slice() - how many of @rows rows lane @lane has, in whole words as far as they go
 * @first: the first of them */
size_t rf_lanes_slice(size_t rows, unsigned lanes, unsigned lane, size_t *first);

/** The numbers of rows in all lanes. */
struct rf_lanes_rows {
    size_t size[RF_LANES_MAX];
    size_t first, total; /* of this lane; of all */
};

/** rf_lanes_count() - tell the other lanes how many rows we have, and hear how many they have. Public. */
RF_MUST_CHECK enum rf_rc rf_lanes_count(struct rf_backend *backend, size_t rows,
                                        struct rf_lanes_rows *all);

/** rf_lanes_publish() - every lane gets lane 0's @data. Public. */
RF_MUST_CHECK enum rf_rc rf_lanes_publish(struct rf_backend *backend, void *data, size_t size);

/** rf_lanes_meet() - wait until all lanes are here: none has failed before */
RF_MUST_CHECK enum rf_rc rf_lanes_meet(struct rf_backend *backend);

/** rf_lanes_scatter() - send rows their way
 * @rows: replaced; @way, @inverse as in scatter.h. Needs room for the rows that there will be, beside those that
 * there are. Errors: RF_E_ABORT, RF_E_MEMORY, those of rf_verify(). */
RF_MUST_CHECK enum rf_rc rf_lanes_scatter(struct rf_backend *backend, const struct rf_scatter *way,
                                          bool inverse, struct rf_rows *rows);

/** rf_lanes_move() - leave all rows in their order, and let lanes have so many of them
 * @rows: replaced
 * @now, @then: the numbers of rows in all lanes, before and after
 * Memory and errors as for rf_lanes_scatter(). */
RF_MUST_CHECK enum rf_rc rf_lanes_move(struct rf_backend *backend, struct rf_rows *rows,
                                       const size_t now[RF_LANES_MAX],
                                       const size_t then[RF_LANES_MAX]);

/** rf_lanes_to_first() - lane 0 gets all rows, in their order; the others have none left */
RF_MUST_CHECK enum rf_rc rf_lanes_to_first(struct rf_backend *backend, struct rf_rows *rows);

/** rf_lanes_even() - every lane gets its slice of all rows (rf_lanes_slice()), in their order */
RF_MUST_CHECK enum rf_rc rf_lanes_even(struct rf_backend *backend, struct rf_rows *rows);

/** rf_lanes_gather() - lane 0 gets a row of planes from every lane that has one
 * @table: made: rf_lanes() rows for lane 0, none for others, to be freed by the caller
 * @row:   one row, or none */
RF_MUST_CHECK enum rf_rc rf_lanes_gather(struct rf_backend *backend, struct rf_bits *table,
                                         struct rf_view row);

/** rf_lanes_deal() - the reverse: every lane gets its row of lane 0's table. @row: one row */
RF_MUST_CHECK enum rf_rc rf_lanes_deal(struct rf_backend *backend, struct rf_view row,
                                       struct rf_view table);

/** rf_lanes_later(), _earlier() - as rf_local_later() and rf_local_earlier() by one row, over all lanes */
RF_MUST_CHECK enum rf_rc rf_lanes_later(struct rf_backend *backend, struct rf_view out,
                                        struct rf_view x);
RF_MUST_CHECK enum rf_rc rf_lanes_earlier(struct rf_backend *backend, struct rf_view out,
                                          struct rf_view x);

#endif
