#include "tests/support/lane_parties.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/support/active_run.h"

struct worker {
    struct rf_lane_run *run;
    struct rf_exchange *exchange;
    unsigned party, lane;
};

static enum rf_rc run_lane(const struct worker *worker)
{
    enum rf_rc rc;
    struct rf_lane_run *run = worker->run;
    struct rf_backend *backend = NULL;
    struct rf_err *err = &run->err[worker->party][worker->lane];
    struct rf_channel *channel = rf_memory_channel(run->net[worker->lane], worker->party, err);
    /* Keys differ from lane to lane, as they do in a study. */
    uint64_t seed = run->seed * RF_LANES_MAX + worker->lane;
    struct rf_rep3_config config = rf_active_config(worker->party, &seed);
    RF_TRY(run->protocol->make(&backend, channel, &config, err));
    rf_lanes_join(backend, worker->exchange, worker->lane);
    RF_TRY(run->body(backend, run));
    RF_TRY(rf_verify(backend));
done:
    run->traffic[worker->party][worker->lane] = channel->traffic;
    if (backend)
        run->declared[worker->party][worker->lane] = backend->declared;
    rf_backend_free(backend);
    return rc;
}

static void *lane_thread(void *argument)
{
    const struct worker *worker = argument;
    enum rf_rc rc = run_lane(worker);
    worker->run->rc[worker->party][worker->lane] = rc;
    if (rc != RF_OK)
        rf_exchange_fail(worker->exchange, worker->lane);
    rf_memory_end(worker->run->net[worker->lane], worker->party);
    return NULL;
}

void rf_lane_go(struct rf_lane_run *run)
{
    static struct worker worker[RF_MEMORY_PARTIES][RF_LANES_MAX];
    pthread_t id[RF_MEMORY_PARTIES][RF_LANES_MAX];
    struct rf_exchange *exchange[RF_MEMORY_PARTIES] = {0};
    for (unsigned lane = 0; lane < run->lanes; lane++) {
        if (!run->net[lane])
            run->net[lane] = rf_memory_new();
    }
    for (unsigned party = 0; party < RF_MEMORY_PARTIES; party++) {
        if (rf_exchange_threads_new(&exchange[party], run->lanes, NULL) != RF_OK)
            abort();
        for (unsigned lane = 0; lane < run->lanes; lane++) {
            worker[party][lane] = (struct worker){run, exchange[party], party, lane};
            if (pthread_create(&id[party][lane], NULL, lane_thread, &worker[party][lane]) != 0)
                abort();
        }
    }
    for (unsigned party = 0; party < RF_MEMORY_PARTIES; party++) {
        for (unsigned lane = 0; lane < run->lanes; lane++)
            (void)pthread_join(id[party][lane], NULL);
        run->first[party] = rf_exchange_threads_failed(exchange[party]);
        rf_exchange_free(exchange[party]);
    }
}

void rf_lane_fini(struct rf_lane_run *run)
{
    for (unsigned lane = 0; lane < run->lanes; lane++) {
        rf_memory_free(run->net[lane]);
        run->net[lane] = NULL;
    }
}
