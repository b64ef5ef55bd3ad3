#include "party/run/crew.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/run/study_task.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/registry.h"

struct worker {
    struct rf_crew *crew;
    unsigned index;
    struct rf_channel *channel;
    struct rf_err *err;
    struct rf_backend *backend;
    struct rf_traffic before; /* of the computation */
    struct rf_rows rows;
    struct rf_bits output;
};

struct rf_crew {
    struct rf_session *session;
    struct rf_exchange *exchange;
    atomic_size_t live; /* bytes of columns of all lanes */
    const struct rf_task *task;
    uint64_t *shared_rows;
    unsigned lanes;
    struct worker worker[RF_STUDY_LANES_MAX];
};

/* ---- backends ---- */

static bool contributes(const struct rf_session *session, unsigned peer)
{
    return session->peer[peer].id >= RF_CLIENT_ID &&
           session->manifest.study.members[session->peer_member[peer]].contributor;
}

/* Where the first step ends, contributors have given their rows: the only boundary for them. */
static enum rf_rc boundary(void *context)
{
    struct worker *worker = context;
    struct rf_session *session = worker->crew->session;
    unsigned peers[RF_PEERS_MAX], count = 0;
    bool inputs = worker->index == 0 && worker->backend->steps == 1;
    for (unsigned peer = 0; peer < session->peers; peer++) {
        if (session->peer[peer].id < RF_PARTIES || (inputs && contributes(session, peer)))
            peers[count++] = peer;
    }
    return rf_session_checkpoint_with(session, worker->index, peers, count);
}

/* Everything random in the computation is bound to manifest, session, epoch and lane. */
static void put_context(uint8_t context[32 + RF_SESSION_SIZE + 4 + 2],
                        const struct rf_session *session, unsigned lane)
{
    memcpy(context, session->manifest.hash, 32);
    memcpy(context + 32, session->id, RF_SESSION_SIZE);
    memcpy(context + 32 + RF_SESSION_SIZE, &session->epoch, 4);
    rf_store16(context + 32 + RF_SESSION_SIZE + 4, (uint16_t)lane);
}

static enum rf_rc make_backend(struct worker *worker, size_t memory_limit)
{
    enum rf_rc rc;
    struct rf_session *session = worker->crew->session;
    unsigned self = (unsigned)session->party, before = (self + 2) % RF_PARTIES;
    unsigned after = (self + 1) % RF_PARTIES;
    uint8_t context[32 + RF_SESSION_SIZE + 4 + 2];
    const struct rf_protocol *protocol = rf_protocol_find(session->manifest.study.protocol);
    struct rf_rep3_config config = {
        .party = self,
        .previous = rf_session_party_peer(session, before),
        .next = rf_session_party_peer(session, after),
        .context = context,
        .context_size = sizeof context,
        .memory_limit = memory_limit,
    };
    put_context(context, session, worker->index);
    RF_TRY(rf_session_key(session, config.previous, "ringfence rep3 v1", config.with_previous,
                          sizeof config.with_previous));
    RF_TRY(rf_session_key(session, config.next, "ringfence rep3 v1", config.with_next,
                          sizeof config.with_next));
    RF_TRY(protocol->make(&worker->backend, worker->channel, &config, worker->err));
    worker->backend->space.shared = &worker->crew->live;
    worker->backend->proof_words = rf_study_proof_words(&session->manifest.study);
    worker->backend->boundary = boundary;
    worker->backend->boundary_context = worker;
    worker->backend->boundary_batches =
        session->stand_in ? session->stand_in->batches : RF_RECORD_BATCHES;
    rf_recorder_watch(session->recorder, worker->index, worker->backend);
    if (session->stand_in)
        session->stand_in->watch(session->stand_in->context, worker->index, worker->backend);
    rf_lanes_join(worker->backend, worker->crew->exchange, worker->index);
done:
    rf_secret_wipe(&config, sizeof config);
    return rc;
}

enum rf_rc rf_crew_new(struct rf_crew **out, struct rf_session *session, size_t memory_limit)
{
    enum rf_rc rc;
    struct rf_crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return rf_err_set(session->err, RF_E_MEMORY, "out of memory");
    crew->session = session;
    crew->lanes = session->lanes;
    RF_TRY(rf_exchange_threads_new(&crew->exchange, crew->lanes, session->err));
    for (unsigned i = 0; i < crew->lanes; i++) {
        struct worker *worker = &crew->worker[i];
        *worker = (struct worker){
            .crew = crew,
            .index = i,
            .channel = rf_session_lane_channel(session, i),
            .err = i ? &session->lane_err[i - 1] : session->err,
        };
        RF_TRY(make_backend(worker, memory_limit));
    }
    *out = crew;
    return RF_OK;
done:
    rf_crew_free(crew);
    return rc;
}

struct rf_backend *rf_crew_first(struct rf_crew *crew)
{
    return crew->worker[0].backend;
}

/* ---- at work ---- */

static enum rf_rc check_cost(const struct worker *worker)
{
    const struct rf_backend *backend = worker->backend;
    const struct rf_traffic *traffic = &worker->channel->traffic;
    uint64_t bytes = traffic->bytes_sent - worker->before.bytes_sent - backend->aside.bytes;
    uint64_t rounds = traffic->rounds - worker->before.rounds - backend->aside.rounds;
    if (bytes == backend->declared.bytes && rounds == backend->declared.rounds)
        return RF_OK;
    return rf_err_set(worker->err, RF_E_INTERNAL,
                      "the computation declared %" PRIu64 " bytes and %" PRIu64
                      " rounds, and took %" PRIu64 " and %" PRIu64 " (lane %u)",
                      backend->declared.bytes, backend->declared.rounds, bytes, rounds,
                      worker->index);
}

static enum rf_rc work(struct worker *worker)
{
    enum rf_rc rc;
    struct rf_crew *crew = worker->crew;
    worker->before = worker->channel->traffic;
    worker->backend->aside = (struct rf_cost){0};
    if (worker->index > 0)
        RF_TRY(rf_backend_rows(worker->backend, &worker->rows, 0, rf_row_bytes(crew->task)));
    RF_TRY(rf_lanes_even(worker->backend, &worker->rows));
    RF_TRY(rf_compute(worker->backend, crew->task, &worker->rows, &worker->output,
                      worker->index ? NULL : crew->shared_rows));
    RF_TRY(check_cost(worker));
done:
    return rc;
}

static enum rf_rc lane_works(void *context, unsigned lane)
{
    struct worker *worker = &((struct rf_crew *)context)->worker[lane];
    enum rf_rc rc = work(worker);
    if (lane > 0) {
        rf_bits_fini(&worker->output);
        rf_rows_fini(&worker->rows);
    }
    return rc;
}

static void lane_failed(void *context, unsigned lane)
{
    (void)lane;
    rf_session_give_up(((struct rf_crew *)context)->session);
}

static struct rf_err *lane_err(void *context, unsigned lane)
{
    return ((struct rf_crew *)context)->worker[lane].err;
}

static void tell_stand_in(struct rf_crew *crew)
{
    const struct rf_stand_in *stand_in = crew->session->stand_in;
    int failed = rf_exchange_threads_failed(crew->exchange);
    if (stand_in && failed > 0)
        stand_in->failed(stand_in->context, (unsigned)failed);
}

enum rf_rc rf_crew_compute(struct rf_crew *crew, const struct rf_task *task, struct rf_rows *rows,
                           struct rf_bits *output, uint64_t *shared_rows)
{
    struct worker *first = &crew->worker[0];
    const struct rf_exchange_crew lanes = {lane_works, lane_failed, lane_err, crew};
    crew->task = task;
    crew->shared_rows = shared_rows;
    first->rows = *rows;
    *rows = (struct rf_rows){0};
    enum rf_rc rc = rf_exchange_threads_run(crew->exchange, &lanes);
    tell_stand_in(crew);
    *output = first->output;
    *rows = first->rows;
    return rc;
}

/* ---- afterwards ---- */

/* Lanes take the same steps, as far as they take part. */
static void add_steps(struct rf_run_cost *cost, const struct rf_backend *backend, bool first)
{
    for (unsigned i = 0; i < backend->steps; i++) {
        const struct rf_step *step = &backend->step[i];
        /* Lane 0 alone has the step of receiving rows. */
        struct rf_step *sum = &cost->step[first ? i : i + 1];
        if (first) {
            *sum = *step;
            continue;
        }
        sum->rows += step->rows;
        sum->declared.bytes += step->declared.bytes;
        sum->bytes_counted += step->bytes_counted;
    }
    if (first)
        cost->steps = backend->steps;
}

void rf_crew_cost(struct rf_crew *crew, struct rf_run_cost *cost)
{
    struct rf_traffic traffic;
    rf_session_traffic(crew->session, &traffic);
    cost->bytes_sent = traffic.bytes_sent;
    cost->bytes_received = traffic.bytes_received;
    cost->rounds = traffic.rounds;
    cost->peak_memory = 0;
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        cost->opened[kind] = 0;
    for (unsigned i = 0; i < crew->lanes; i++) {
        const struct rf_backend *backend = crew->worker[i].backend;
        add_steps(cost, backend, i == 0);
        cost->peak_memory += backend->space.peak;
        for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
            cost->opened[kind] += backend->opened[kind];
    }
}

void rf_crew_free(struct rf_crew *crew)
{
    if (!crew)
        return;
    for (unsigned i = 0; i < crew->lanes; i++)
        rf_backend_free(crew->worker[i].backend);
    rf_exchange_free(crew->exchange);
    free(crew);
}
