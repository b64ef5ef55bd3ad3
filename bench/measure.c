#include "bench/measure.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>

#include "protocols/backend/lanes.h"

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) * 1e-6;
}

/* The largest resident set since the last call. */
static uint64_t peak_memory(void)
{
    char line[128];
    uint64_t kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status)) {
        if (sscanf(line, "VmHWM: %" SCNu64, &kib) == 1)
            break;
    }
    if (status)
        (void)fclose(status);
    FILE *reset = fopen("/proc/self/clear_refs", "we");
    if (reset) {
        (void)fputs("5", reset);
        (void)fclose(reset);
    }
    return kib << 10;
}

/* What lanes do together. */
struct job {
    const struct rf_bench_case *one;
    bool digest;
    enum rf_rc (*take)(void *context, const struct rf_sample *sample);
    void *context;
};

/* Lane 0 meets the other parties while its mates wait. */
static enum rf_rc begin(struct rf_team_party *lane, struct rf_backend *backend)
{
    enum rf_rc rc;
    RF_TRY(rf_lanes_meet(backend));
    if (lane->lane == 0) {
        (void)malloc_trim(0);
        (void)peak_memory();
        RF_TRY(rf_team_meet(lane));
    }
    RF_TRY(rf_lanes_meet(backend));
done:
    return rc;
}

static enum rf_rc check_cost(const struct rf_team_party *lane, const struct rf_sample *sample)
{
    if (sample->bytes == sample->declared.bytes && sample->rounds == sample->declared.rounds)
        return RF_OK;
    return rf_err_set(lane->err, RF_E_INTERNAL,
                      "lane %u declared %" PRIu64 " bytes and %" PRIu64 " rounds, and took %" PRIu64
                      " and %" PRIu64,
                      lane->lane, sample->declared.bytes, sample->declared.rounds, sample->bytes,
                      sample->rounds);
}

static enum rf_rc run_once(struct rf_team_party *lane, const struct rf_operation *operation,
                           struct rf_work *work, struct rf_sample *sample)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    const struct rf_traffic *traffic = &lane->channel->traffic;
    RF_TRY(rf_work_restore(work));
    backend->space.peak = backend->space.live;
    RF_TRY(begin(lane, backend));
    struct rf_traffic before = *traffic;
    struct rf_cost declared = backend->declared;
    uint64_t drawn = rf_backend_drawn(backend);
    double cpu = cpu_seconds(), began = rf_team_seconds();
    RF_TRY(operation->run(work));
    RF_TRY(rf_verify(backend)); /* proofs belong to the price */
    RF_TRY(rf_lanes_meet(backend));
    *sample = (struct rf_sample){
        .seconds = rf_team_seconds() - began,
        .cpu = cpu_seconds() - cpu,
        .bytes = traffic->bytes_sent - before.bytes_sent,
        .rounds = traffic->rounds - before.rounds,
        .declared.bytes = backend->declared.bytes - declared.bytes,
        .declared.rounds = backend->declared.rounds - declared.rounds,
        .drawn = rf_backend_drawn(backend) - drawn,
        .operands = rf_work_operands(work),
        .peak_columns = backend->space.peak,
        .peak_memory = lane->lane == 0 ? peak_memory() : 0,
    };
done:
    return rc;
}

static void add(struct rf_sample *sum, const struct rf_sample *lane)
{
    sum->bytes += lane->bytes;
    sum->declared.bytes += lane->declared.bytes;
    sum->drawn += lane->drawn;
    sum->operands += lane->operands;
    sum->peak_columns += lane->peak_columns;
    sum->digest += lane->digest;
}

/* Lane 0's sample becomes that of all. */
static enum rf_rc add_up(struct rf_backend *backend, struct rf_sample *sample)
{
    enum rf_rc rc = RF_OK;
    struct rf_sample lane[RF_LANES_MAX] = {0};
    struct rf_parcels parcels = {0};
    if (!backend->exchange)
        return RF_OK;
    if (backend->lane > 0) {
        parcels.give[0] = sample;
        parcels.give_size[0] = sizeof *sample;
    }
    for (unsigned i = 1; backend->lane == 0 && i < rf_lanes(backend); i++) {
        parcels.take[i] = &lane[i];
        parcels.take_size[i] = sizeof lane[i];
    }
    RF_TRY(rf_exchange_swap(backend->exchange, backend->lane, &parcels, backend->err));
    for (unsigned i = 1; backend->lane == 0 && i < rf_lanes(backend); i++)
        add(sample, &lane[i]);
done:
    return rc;
}

static enum rf_rc measure_lane(struct rf_team_party *lane, void *context)
{
    enum rf_rc rc;
    const struct job *job = context;
    const struct rf_bench_case *one = job->one;
    struct rf_work work;
    rf_work_init(&work, lane->backend[one->protocol - rf_protocol_all], one->rows, one->key);
    RF_TRY(one->operation->prepare(&work));
    for (unsigned i = 0; i < one->repeats; i++) {
        struct rf_sample sample;
        RF_TRY(run_once(lane, one->operation, &work, &sample));
        RF_TRY(check_cost(lane, &sample));
        if (job->digest && i + 1 == one->repeats)
            RF_TRY(one->operation->digest(&work, &sample.digest));
        RF_TRY(add_up(work.backend, &sample));
        if (lane->lane == 0)
            RF_TRY(job->take(job->context, &sample));
    }
done:
    rf_work_fini(&work);
    return rc;
}

enum rf_rc rf_measure_case(struct rf_team_party *party, const struct rf_bench_case *one,
                           bool digest,
                           enum rf_rc (*take)(void *context, const struct rf_sample *sample),
                           void *context)
{
    struct job job = {.one = one, .digest = digest, .take = take, .context = context};
    return rf_team_lanes(party, one->lanes, measure_lane, &job);
}
