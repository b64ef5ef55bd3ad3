/* Lanes that are threads: each shows the others where its bytes or rows are, and copies what is for it, or puts back
 * what is theirs. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/exchange.h"
#include "protocols/share/local.h"

_Static_assert((int)RF_LANES_MAX <= (int)RF_SLICES_MAX, "a slice for every lane");

struct threads {
    struct rf_exchange base;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t moved;
    unsigned here; /* lanes that wait for the others */
    uint64_t turn;
    int failed;                        /* the first lane to fail; -1: none */
    bool spoilt;                       /* a lane could not do its part */
    const void *offered[RF_LANES_MAX]; /* parcels, or a fetch */
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
    const struct rf_parcels *mine = threads->offered[lane];
    for (unsigned other = 0; other < threads->base.lanes; other++) {
        const struct rf_parcels *theirs = threads->offered[other];
        if (mine->take_size[other] != theirs->give_size[lane])
            return rf_err_set(err, RF_E_INTERNAL, "lane %u gives %zu bytes, lane %u takes %zu",
                              other, theirs->give_size[lane], lane, mine->take_size[other]);
        if (mine->take_size[other])
            memcpy(mine->take[other], theirs->give[lane], mine->take_size[other]);
    }
    return RF_OK;
}

static enum rf_rc move_rows(const struct threads *threads, unsigned lane, struct rf_err *err)
{
    const struct rf_fetch *mine = threads->offered[lane];
    struct rf_slices slices = {.count = threads->base.lanes};
    for (unsigned other = 0; other < slices.count; other++) {
        const struct rf_fetch *theirs = threads->offered[other];
        if (theirs->shown->bytes != mine->own->bytes || theirs->shown->parts != mine->own->parts)
            return rf_err_set(err, RF_E_INTERNAL, "lanes %u and %u have rows of %zu and %zu bytes",
                              lane, other, mine->own->bytes, theirs->shown->bytes);
        slices.slice[other] = theirs->shown;
    }
    if (mine->back)
        rf_local_scatter_to(&slices, mine->own, mine->source);
    else
        rf_local_gather_from(mine->own, &slices, mine->source);
    return RF_OK;
}

static void spoil(struct threads *threads, unsigned lane)
{
    (void)pthread_mutex_lock(&threads->lock);
    threads->spoilt = true;
    (void)pthread_mutex_unlock(&threads->lock);
    rf_exchange_fail(&threads->base, lane);
}

/* Lanes show something, each does its part, and all have done so. Who has failed since does not matter: a lane ends where
 * another one never comes, whatever the timing, so that a replay ends where the run did. */
static enum rf_rc together(struct threads *threads, unsigned lane, const void *offered,
                           enum rf_rc (*part)(const struct threads *, unsigned, struct rf_err *),
                           struct rf_err *err)
{
    threads->offered[lane] = offered;
    if (!meet(threads, false))
        return rf_err_set(err, RF_E_ABORT, "another lane failed");
    enum rf_rc rc = part(threads, lane, err);
    if (rc != RF_OK)
        spoil(threads, lane);
    (void)meet(threads, true);
    if (rc == RF_OK && threads->spoilt)
        rc = rf_err_set(err, RF_E_ABORT, "another lane failed");
    return rc;
}

static enum rf_rc swap(struct rf_exchange *exchange, unsigned lane,
                       const struct rf_parcels *parcels, struct rf_err *err)
{
    return together((struct threads *)exchange, lane, parcels, copy, err);
}

static enum rf_rc fetch(struct rf_exchange *exchange, unsigned lane, const struct rf_fetch *fetch,
                        struct rf_err *err)
{
    return together((struct threads *)exchange, lane, fetch, move_rows, err);
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

/* ---- running lanes ---- */

struct lane {
    struct rf_exchange *exchange;
    const struct rf_exchange_crew *crew;
    pthread_t thread;
    unsigned index;
    bool runs;
};

static void lane_failed(const struct lane *lane)
{
    rf_exchange_fail(lane->exchange, lane->index);
    if (lane->crew->failed)
        lane->crew->failed(lane->crew->context, lane->index);
}

static void *run_lane(void *argument)
{
    const struct lane *lane = argument;
    if (lane->crew->work(lane->crew->context, lane->index) != RF_OK)
        lane_failed(lane);
    return NULL;
}

static enum rf_rc first_failure(struct rf_exchange *exchange, const struct rf_exchange_crew *crew)
{
    int failed = rf_exchange_threads_failed(exchange);
    if (failed < 0)
        return RF_OK;
    struct rf_err *own = crew->err(crew->context, 0);
    const struct rf_err *first = crew->err(crew->context, (unsigned)failed);
    if (failed == 0 || first->rc == RF_OK) /* what lanes share may speak to lane 0 alone */
        return rf_err_set(own, own->rc ? own->rc : RF_E_INTERNAL,
                          "lane %d failed and does not say why", failed);
    rf_err_clear(own);
    return rf_err_set(own, first->rc, "%s", first->text);
}

enum rf_rc rf_exchange_threads_run(struct rf_exchange *exchange,
                                   const struct rf_exchange_crew *crew)
{
    struct lane lane[RF_LANES_MAX];
    for (unsigned i = 0; i < RF_LANES_MAX; i++)
        lane[i] = (struct lane){.exchange = exchange, .crew = crew, .index = i};
    for (unsigned i = 1; i < exchange->lanes; i++) {
        lane[i].runs = pthread_create(&lane[i].thread, NULL, run_lane, &lane[i]) == 0;
        if (lane[i].runs)
            continue;
        (void)rf_err_set(crew->err(crew->context, i), RF_E_MEMORY, "no thread for lane %u", i);
        lane_failed(&lane[i]);
    }
    (void)run_lane(&lane[0]);
    for (unsigned i = 1; i < exchange->lanes; i++) {
        if (lane[i].runs)
            (void)pthread_join(lane[i].thread, NULL);
    }
    return first_failure(exchange, crew);
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

static const struct rf_exchange_ops ops = {swap, fetch, fail, threads_free};

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
