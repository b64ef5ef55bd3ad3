#include "party/run/party.h"

#include <inttypes.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/base/secret.h"
#include "party/run/admission.h"
#include "party/run/input.h"
#include "party/run/output.h"
#include "party/run/progress.h"
#include "party/run/run_record.h"
#include "party/run/study_task.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/registry.h"

struct party {
    const struct rf_party_options *options;
    struct rf_err *err;
    struct rf_session session;
    struct rf_backend *backend;
    struct rf_progress progress;
    struct rf_task task;
    struct rf_rows rows;
    struct rf_bits output;
    struct rf_traffic met;    /* when all had met: what was said before is in no transcript */
    struct rf_traffic before; /* of the computation */
    struct rf_run_cost cost;
    double began;
};

/* The option, where there is one, stands for the node's own limit. */
static struct rf_limits limits(const struct party *party)
{
    struct rf_limits limits = rf_admission_limits(&party->session.file);
    if (party->options->memory_limit)
        limits.memory = party->options->memory_limit;
    return limits;
}

/* Before anybody is called, so that the others need not wait for a party that will not come. */
static enum rf_rc check_limits(struct party *party)
{
    const struct rf_session *session = &party->session;
    const struct rf_limits ours = limits(party);
    const char *calibration = session->file.calibration;
    return rf_admission_study(&ours, calibration[0] ? calibration : NULL, &session->manifest.study,
                              party->err);
}

static void step_seen(void *context, const struct rf_step *step, bool done)
{
    struct party *party = context;
    rf_recorder_step(party->session.recorder, step, done);
    rf_progress_step(&party->progress, step, done);
}

static bool contributes(const struct rf_session *session, unsigned peer)
{
    return session->peer[peer].id >= RF_CLIENT_ID &&
           session->manifest.study.members[session->peer_member[peer]].contributor;
}

/* Where the first step ends, contributors have given their rows: the only boundary for them. */
static enum rf_rc boundary(void *context)
{
    struct party *party = context;
    struct rf_session *session = &party->session;
    unsigned peers[RF_PEERS_MAX], count = 0;
    bool inputs = party->backend->steps == 1;
    for (unsigned peer = 0; peer < session->peers; peer++) {
        if (session->peer[peer].id < RF_PARTIES || (inputs && contributes(session, peer)))
            peers[count++] = peer;
    }
    return rf_session_checkpoint_with(session, peers, count);
}

/* Everything random in the computation is bound to manifest, session, epoch and lane. */
static enum rf_rc make_backend(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    unsigned self = (unsigned)session->party, before = (self + 2) % RF_PARTIES;
    unsigned after = (self + 1) % RF_PARTIES;
    uint8_t context[32 + RF_SESSION_SIZE + 4 + 2] = {0}; /* the last two bytes: lane 0 */
    memcpy(context, session->manifest.hash, 32);
    memcpy(context + 32, session->id, RF_SESSION_SIZE);
    memcpy(context + 32 + RF_SESSION_SIZE, &session->epoch, 4);
    const struct rf_protocol *protocol = rf_protocol_find(session->manifest.study.protocol);
    struct rf_rep3_config config = {
        .party = self,
        .previous = rf_session_party_peer(session, before),
        .next = rf_session_party_peer(session, after),
        .context = context,
        .context_size = sizeof context,
        .memory_limit = limits(party).memory,
    };
    RF_TRY(rf_session_key(session, config.previous, "ringfence rep3 v1", config.with_previous,
                          sizeof config.with_previous));
    RF_TRY(rf_session_key(session, config.next, "ringfence rep3 v1", config.with_next,
                          sizeof config.with_next));
    RF_TRY(protocol->make(&party->backend, session->channel, &config, party->err));
    party->backend->progress = step_seen;
    party->backend->progress_context = party;
    party->backend->boundary = boundary;
    party->backend->boundary_context = party;
    party->backend->boundary_batches =
        session->stand_in ? session->stand_in->batches : RF_RECORD_BATCHES;
    rf_recorder_watch(session->recorder, 0, party->backend);
    if (session->stand_in)
        session->stand_in->watch(session->stand_in->context, party->backend);
done:
    rf_secret_wipe(&config, sizeof config);
    return rc;
}

/* The cost model is part of what was approved: a run that costs something else is not that study. */
static enum rf_rc check_cost(struct party *party)
{
    const struct rf_backend *backend = party->backend;
    const struct rf_traffic *traffic = &party->session.channel->traffic;
    uint64_t bytes = traffic->bytes_sent - party->before.bytes_sent - backend->aside.bytes;
    uint64_t rounds = traffic->rounds - party->before.rounds - backend->aside.rounds;
    if (bytes == backend->declared.bytes && rounds == backend->declared.rounds)
        return RF_OK;
    return rf_err_set(party->err, RF_E_INTERNAL,
                      "the computation declared %" PRIu64 " bytes and %" PRIu64
                      " rounds, and took %" PRIu64 " and %" PRIu64,
                      backend->declared.bytes, backend->declared.rounds, bytes, rounds);
}

static void collect_cost(struct party *party)
{
    const struct rf_backend *backend = party->backend;
    const struct rf_traffic *traffic = &party->session.channel->traffic;
    struct rf_run_cost *cost = &party->cost;
    memcpy(cost->step, backend->step, sizeof cost->step);
    cost->steps = backend->steps;
    cost->bytes_sent = traffic->bytes_sent - party->met.bytes_sent;
    cost->bytes_received = traffic->bytes_received - party->met.bytes_received;
    cost->rounds = traffic->rounds - party->met.rounds;
    cost->peak_memory = backend->space.peak;
    memcpy(cost->opened, backend->opened, sizeof cost->opened);
    cost->seconds = rf_clock_seconds() - party->began;
    rf_recorder_totals(party->session.recorder, cost);
}

static enum rf_rc compute(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    RF_TRY(make_backend(party));
    RF_TRY(rf_step(party->backend, "receive rows", rf_task_rows(&party->task)));
    RF_TRY(rf_input_take(session, party->backend, &party->rows));
    party->before = session->channel->traffic;
    RF_TRY(rf_compute(party->backend, &party->task, &party->rows, &party->output,
                      &party->cost.shared_rows));
    RF_TRY(check_cost(party));
    collect_cost(party);
done:
    return rc;
}

/* All that a party does once it has met the others. */
static enum rf_rc work(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    party->met = session->channel->traffic;
    RF_TRY(compute(party));
    RF_TRY(rf_output_give(session, party->output.all, &party->cost));
    RF_TRY(rf_session_checkpoint(session));
done:
    return rc;
}

static enum rf_rc run(struct party *party)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    const struct rf_party_options *options = party->options;
    RF_TRY(rf_session_open(session, RF_ROLE_PARTY, options->node, options->study, party->err));
    RF_TRY(check_limits(party));
    session->quiet = options->quiet;
    session->record = options->record;
    rf_progress_init(&party->progress, session->file.member, options->quiet, options->events);
    rf_study_task(&party->task, &session->manifest.study, 0);
    rf_progress_note(&party->progress, "waiting for %u others on %s", session->peers,
                     session->file.listen);
    RF_TRY(rf_session_connect(session));
    RF_TRY(rf_session_meet(session));
    rf_progress_note(&party->progress, "all linked; epoch %u", session->epoch);
    RF_TRY(work(party));
    if (options->out)
        RF_TRY(rf_run_record_write(session, party->backend, &party->cost, options->out));
done:
    return rc;
}

static enum rf_rc end(struct party *party, enum rf_rc rc)
{
    rf_bits_fini(&party->output);
    rf_rows_fini(&party->rows);
    rf_backend_free(party->backend);
    rc = rf_session_fini(&party->session, rc);
    if (rc == RF_OK)
        rf_progress_note(&party->progress, "done in %.1f s", rf_clock_seconds() - party->began);
    rf_secret_free(party, sizeof *party);
    return rc;
}

static struct party *begin(const struct rf_party_options *options, struct rf_err *err)
{
    struct party *party = rf_secret_alloc(sizeof *party);
    if (!party) {
        (void)rf_err_set(err, RF_E_MEMORY, "out of memory");
        return NULL;
    }
    party->options = options;
    party->err = err;
    party->began = rf_clock_seconds();
    return party;
}

enum rf_rc rf_party_run(const struct rf_party_options *options, struct rf_err *err)
{
    struct party *party = begin(options, err);
    return party ? end(party, run(party)) : RF_E_MEMORY;
}

static enum rf_rc again(struct party *party, rf_party_opener *open, void *context)
{
    enum rf_rc rc;
    struct rf_session *session = &party->session;
    RF_TRY(open(context, session));
    rf_progress_init(&party->progress, session->file.member, party->options->quiet, false);
    rf_study_task(&party->task, &session->manifest.study, 0);
    RF_TRY(work(party));
done:
    return rc;
}

enum rf_rc rf_party_again(rf_party_opener *open, void *context, bool quiet, struct rf_err *err)
{
    const struct rf_party_options options = {.quiet = quiet};
    struct party *party = begin(&options, err);
    return party ? end(party, again(party, open, context)) : RF_E_MEMORY;
}
