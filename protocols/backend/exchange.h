/** exchange.h - what the lanes of one party give each other
 *
 * A party uses many cores as lanes: independent workers, each with links, randomness and memory of its
 * own, each with a slice of the rows. All that lanes share is this: every lane hands every other some bytes, or
 * shows them rows to fetch or to put back, and waits until it has what it wants. Nothing of it crosses between parties.
 *
 * `rf_exchange_threads_new()` is for lanes that are threads of one process; lanes that are processes of
 * a cluster would be one more implementation. Lanes that plan are threads, too: what is public goes from one
 * to the other as it does in a run, so that each knows how many rows it has.
 *
 * The lanes of a party take part in the same exchanges in the same order. */
#ifndef RF_PROTOCOLS_BACKEND_EXCHANGE_H
#define RF_PROTOCOLS_BACKEND_EXCHANGE_H

#include <stddef.h>

#include "net/base/rc.h"
#include "protocols/share/column.h"

enum { RF_LANES_MAX = 16 };

/** What a lane gives each lane, itself included, and where what it is given goes. */
struct rf_parcels {
    const void *give[RF_LANES_MAX];
    size_t give_size[RF_LANES_MAX];
    void *take[RF_LANES_MAX];
    size_t take_size[RF_LANES_MAX]; /* as the other lane's give_size */
};

/** What a lane shows the others, and what it fetches from them or brings back. */
struct rf_fetch {
    struct rf_rows *shown, *own; /* of the same row size and parts */
    const uint32_t *source;      /* of each own row: a row shown, counted in the order of lanes */
    bool back;
};

struct rf_exchange;

struct rf_exchange_ops {
    enum rf_rc (*swap)(struct rf_exchange *, unsigned lane, const struct rf_parcels *,
                       struct rf_err *);
    enum rf_rc (*fetch)(struct rf_exchange *, unsigned lane, const struct rf_fetch *,
                        struct rf_err *);
    void (*fail)(struct rf_exchange *, unsigned lane);
    void (*free)(struct rf_exchange *);
};

struct rf_exchange {
    const struct rf_exchange_ops *ops;
    unsigned lanes;
};

/** rf_exchange_swap() - all to all; returns when everything given to this lane is there and nobody reads what
 * it gave any more
 * Errors: RF_E_ABORT when another lane has failed, RF_E_INTERNAL when two lanes disagree on a size. */
RF_MUST_CHECK static inline enum rf_rc rf_exchange_swap(struct rf_exchange *exchange, unsigned lane,
                                                        const struct rf_parcels *parcels,
                                                        struct rf_err *err)
{
    return exchange->ops->swap(exchange, lane, parcels, err);
}

/** rf_exchange_fetch() - each own row becomes the row shown that is its source; or, back, the other way round: own
 * rows are written into what the lanes show, so nobody may use either before this returns
 * Every row shown must be the source of exactly one own row of one lane; that is not checked.
 * Errors: as for rf_exchange_swap(). */
RF_MUST_CHECK static inline enum rf_rc rf_exchange_fetch(struct rf_exchange *exchange,
                                                         unsigned lane,
                                                         const struct rf_fetch *fetch,
                                                         struct rf_err *err)
{
    return exchange->ops->fetch(exchange, lane, fetch, err);
}

/** rf_exchange_fail() - this lane has failed: whoever waits for it, now or later, fails too
 * The first to say so is the one that rf_exchange_threads_failed() names. */
static inline void rf_exchange_fail(struct rf_exchange *exchange, unsigned lane)
{
    exchange->ops->fail(exchange, lane);
}

/** rf_exchange_free() - when every lane has ended; NULL is harmless */
static inline void rf_exchange_free(struct rf_exchange *exchange)
{
    if (exchange)
        exchange->ops->free(exchange);
}

/** rf_exchange_threads_new() - lanes that are threads of this process. Errors: RF_E_MEMORY, RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_exchange_threads_new(struct rf_exchange **exchange, unsigned lanes,
                                                 struct rf_err *err);

/** What lanes run; where it fails, the lane's error says why. */
struct rf_exchange_crew {
    enum rf_rc (*work)(void *context, unsigned lane);
    void (*failed)(void *context,
                   unsigned lane); /* a lane has failed, in its thread; may be NULL */
    struct rf_err *(*err)(void *context, unsigned lane);
    void *context;
};

/** rf_exchange_threads_run() - every lane at once, lane 0 in this thread; returns when all have ended
 * Errors: that of the lane that failed first, which stands in lane 0's error too. */
RF_MUST_CHECK enum rf_rc rf_exchange_threads_run(struct rf_exchange *exchange,
                                                 const struct rf_exchange_crew *crew);

/** rf_exchange_threads_failed() - the lane that failed first; -1: none did */
int rf_exchange_threads_failed(struct rf_exchange *exchange);

#endif
