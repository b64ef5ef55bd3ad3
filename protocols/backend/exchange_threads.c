/* Lanes that are threads: each shows the others where its bytes are, and copies what is for it. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/exchange.h"

struct threads {
    struct rf_exchange base;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t moved;
    unsigned here; /* lanes that wait for the others */
    uint64_t turn;
    int failed; /* the first lane to fail; -1: none */
    const struct rf_parcels *shown[RF_LANES_MAX];
};

/* Until all lanes are here. A lane that has failed may not come: then this is false, unless @all have come
 * before and will come again. */
static bool meet(struct threads *threads, bool all)
{
    (void)pthread_mutex_lock(&threads->lock);
    uint64_t turn = threads->turn;
    if (all || threads->failed < 0) {
        if (++threads->here == threads->base.lanes) {
            threads->here = 0;
            threads->turn++;
            (void)pthread_cond_broadcast(&threads->moved);
        }
        while (threads->turn == turn && (all || threads->failed < 0))
            (void)pthread_cond_wait(&threads->moved, &threads->lock);
    }
    bool met = threads->turn != turn;
    (void)pthread_mutex_unlock(&threads->lock);
    return met;
}

static enum rf_rc copy(const struct threads *threads, unsigned lane, struct rf_err *err)
{
    const struct rf_parcels *mine = threads->shown[lane];
    for (unsigned other = 0; other < threads->base.lanes; other++) {
        const struct rf_parcels *theirs = threads->shown[other];
        if (mine->take_size[other] != theirs->give_size[lane])
            return rf_err_set(err, RF_E_INTERNAL, "lane %u gives %zu bytes, lane %u takes %zu",
                              other, theirs->give_size[lane], lane, mine->take_size[other]);
        if (mine->take_size[other])
            memcpy(mine->take[other], theirs->give[lane], mine->take_size[other]);
    }
    return RF_OK;
}

static enum rf_rc swap(struct rf_exchange *exchange, unsigned lane,
                       const struct rf_parcels *parcels, struct rf_err *err)
{
    struct threads *threads = (struct threads *)exchange;
    threads->shown[lane] = parcels;
    if (!meet(threads, false))
        return rf_err_set(err, RF_E_ABORT, "another lane failed");
    enum rf_rc rc = copy(threads, lane, err);
    if (rc != RF_OK)
        rf_exchange_fail(exchange, lane);
    (void)meet(threads, true);
    if (rc == RF_OK && rf_exchange_threads_failed(exchange) >= 0)
        rc = rf_err_set(err, RF_E_ABORT, "another lane failed");
    return rc;
}

static void fail(struct rf_exchange *exchange, unsigned lane)
{
    struct threads *threads = (struct threads *)exchange;
    (void)pthread_mutex_lock(&threads->lock);
    if (threads->failed < 0)
        threads->failed = (int)lane;
    (void)pthread_cond_broadcast(&threads->moved);
    (void)pthread_mutex_unlock(&threads->lock);
}

int rf_exchange_threads_failed(struct rf_exchange *exchange)
{
    struct threads *threads = (struct threads *)exchange;
    (void)pthread_mutex_lock(&threads->lock);
    int failed = threads->failed;
    (void)pthread_mutex_unlock(&threads->lock);
    return failed;
}

static void threads_free(struct rf_exchange *exchange)
{
    struct threads *threads = (struct threads *)exchange;
    (void)pthread_cond_destroy(&threads->moved);
    (void)pthread_mutex_destroy(&threads->lock);
    free(threads);
}

static const struct rf_exchange_ops ops = {swap, fail, threads_free};

enum rf_rc rf_exchange_threads_new(struct rf_exchange **exchange, unsigned lanes,
                                   struct rf_err *err)
{
    if (lanes == 0 || lanes > RF_LANES_MAX)
        return rf_err_set(err, RF_E_ARG, "a party has 1 to %d lanes", RF_LANES_MAX);
    struct threads *threads = calloc(1, sizeof *threads);
    if (!threads)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    threads->base = (struct rf_exchange){.ops = &ops, .lanes = lanes};
    threads->failed = -1;
    (void)pthread_mutex_init(&threads->lock, NULL);
    (void)pthread_cond_init(&threads->moved, NULL);
    *exchange = &threads->base;
    return RF_OK;
}
