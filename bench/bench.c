#include "bench/bench.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/ceiling.h"
#include "protocols/backend/clear/clear.h"

/* What a party sends: a sample of a case, or the ceilings. */
struct message {
    unsigned which; /* number of the case; CEILINGS */
    struct rf_sample sample;
    struct rf_ceilings ceilings;
};

enum { CEILINGS = UINT32_MAX };

/* One team's work: all cases with, or all without, hash chains. */
struct shift {
    struct rf_bench *bench;
    bool chain;
    struct rf_ceilings party[RF_TEAM_PARTIES];
};

/* ---- in a party ---- */

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

static enum rf_rc measure_once(struct rf_team_party *party, const struct rf_operation *operation,
                               struct rf_work *work, struct rf_sample *sample)
{
    enum rf_rc rc;
    struct rf_backend *backend = party->backend;
    const struct rf_traffic *traffic = &party->channel->traffic;
    RF_TRY(rf_work_restore(work));
    backend->space.peak = backend->space.live;
    (void)peak_memory();
    RF_TRY(rf_team_meet(party));
    struct rf_traffic before = *traffic;
    struct rf_cost declared = backend->declared;
    uint64_t drawn = rf_backend_drawn(backend);
    double cpu = cpu_seconds(), begin = rf_team_seconds();
    RF_TRY(operation->run(work));
    *sample = (struct rf_sample){
        .seconds = rf_team_seconds() - begin,
        .cpu = cpu_seconds() - cpu,
        .bytes = traffic->bytes_sent - before.bytes_sent,
        .rounds = traffic->rounds - before.rounds,
        .declared.bytes = backend->declared.bytes - declared.bytes,
        .declared.rounds = backend->declared.rounds - declared.rounds,
        .drawn = rf_backend_drawn(backend) - drawn,
        .operands = rf_work_operands(work),
        .peak_columns = backend->space.peak,
        .peak_memory = peak_memory(),
    };
done:
    return rc;
}

static enum rf_rc measure_case(struct rf_team_party *party, const struct rf_bench *bench,
                               unsigned which)
{
    enum rf_rc rc;
    const struct rf_operation *operation = bench->cases[which].operation;
    struct rf_work work = {.backend = party->backend, .rows = bench->cases[which].rows};
    struct message message = {.which = which};
    RF_TRY(operation->prepare(&work));
    for (unsigned i = 0; i < bench->repeats; i++) {
        RF_TRY(measure_once(party, operation, &work, &message.sample));
        if (bench->verify && i + 1 == bench->repeats)
            RF_TRY(operation->digest(&work, &message.sample.digest));
        RF_TRY(rf_team_send(party, &message, sizeof message));
    }
done:
    rf_work_fini(&work);
    return rc;
}

static enum rf_rc party_body(struct rf_team_party *party, void *context)
{
    enum rf_rc rc;
    struct shift *shift = context;
    const struct rf_bench *bench = shift->bench;
    struct message message = {.which = CEILINGS};
    RF_TRY(rf_ceilings_measure(party, &message.ceilings));
    RF_TRY(rf_team_send(party, &message, sizeof message));
    for (unsigned i = 0; i < bench->case_count; i++) {
        if (bench->cases[i].chain == shift->chain)
            RF_TRY(measure_case(party, bench, i));
    }
done:
    return rc;
}

/* ---- where samples come together ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double floor_of(const struct rf_ceilings *ceilings, const struct rf_sample *sample)
{
    return larger((double)sample->bytes / ceilings->link, (double)sample->drawn / ceilings->aes) +
           (double)sample->operands / ceilings->memory + (double)sample->rounds * ceilings->round;
}

static void summarise(const struct rf_bench *bench, struct rf_bench_case *one)
{
    double seconds[RF_BENCH_REPEATS];
    for (unsigned i = 0; i < one->samples; i++) {
        seconds[i] = 0;
        for (unsigned party = 0; party < RF_TEAM_PARTIES; party++)
            seconds[i] = larger(seconds[i], one->sample[i][party].seconds);
    }
    qsort(seconds, one->samples, sizeof *seconds, by_size);
    one->median = seconds[one->samples / 2];
    one->best = seconds[0];
    one->worst = seconds[one->samples - 1];
    one->floor = 0;
    for (unsigned party = 0; party < RF_TEAM_PARTIES; party++)
        one->floor = larger(one->floor, floor_of(&bench->ceilings[one->chain],
                                                 &one->sample[one->samples - 1][party]));
}

static enum rf_rc clear_digest(const struct rf_bench_case *one, uint64_t *digest,
                               struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_work work = {.rows = one->rows};
    RF_TRY(rf_clear_new(&work.backend, &rf_model_rep3, 1, err));
    RF_TRY(one->operation->prepare(&work));
    RF_TRY(rf_work_restore(&work));
    RF_TRY(one->operation->run(&work));
    RF_TRY(one->operation->digest(&work, digest));
done:;
    struct rf_backend *backend = work.backend;
    rf_work_fini(&work);
    rf_backend_free(backend);
    return rc;
}

static enum rf_rc verify(struct rf_bench_case *one, struct rf_err *err)
{
    uint64_t right = 0;
    enum rf_rc rc = clear_digest(one, &right, err);
    for (unsigned party = 0; rc == RF_OK && party < RF_TEAM_PARTIES; party++) {
        const struct rf_sample *last = &one->sample[one->samples - 1][party];
        if (last->digest != right) {
            rc = rf_err_set(err, RF_E_CHEAT, "%s of %zu rows: the result of party %u is wrong",
                            one->operation->name, one->rows, party);
        } else if (last->bytes != last->declared.bytes || last->rounds != last->declared.rounds) {
            rc = rf_err_set(err, RF_E_INTERNAL,
                            "%s of %zu rows: party %u declared %" PRIu64 " bytes and %" PRIu64
                            " rounds, and took %" PRIu64 " and %" PRIu64,
                            one->operation->name, one->rows, party, last->declared.bytes,
                            last->declared.rounds, last->bytes, last->rounds);
        }
    }
    one->verified = rc == RF_OK;
    return rc;
}

static double mean(const struct shift *shift, double (*get)(const struct rf_ceilings *))
{
    double sum = 0;
    for (unsigned party = 0; party < RF_TEAM_PARTIES; party++)
        sum += get(&shift->party[party]);
    return sum / RF_TEAM_PARTIES;
}

static double get_link(const struct rf_ceilings *ceilings)
{
    return ceilings->link;
}

static double get_aes(const struct rf_ceilings *ceilings)
{
    return ceilings->aes;
}

static double get_memory(const struct rf_ceilings *ceilings)
{
    return ceilings->memory;
}

static double get_round(const struct rf_ceilings *ceilings)
{
    return ceilings->round;
}

static enum rf_rc take(void *context, unsigned party, const void *bytes)
{
    struct shift *shift = context;
    struct rf_bench *bench = shift->bench;
    const struct message *message = bytes;
    if (message->which == CEILINGS) {
        shift->party[party] = message->ceilings;
        bench->ceilings[shift->chain] = (struct rf_ceilings){
            .link = mean(shift, get_link),
            .aes = mean(shift, get_aes),
            .memory = mean(shift, get_memory),
            .round = mean(shift, get_round),
        };
        bench->measured[shift->chain] = true;
        return RF_OK;
    }
    struct rf_bench_case *one = &bench->cases[message->which];
    one->sample[one->got[party]++][party] = message->sample;
    while (one->samples < one->got[0] && one->samples < one->got[1] && one->samples < one->got[2])
        one->samples++;
    if (party == 0 && !bench->quiet)
        (void)fprintf(stderr, "%s %zu%s: %.4f s\n", one->operation->name, one->rows,
                      one->chain ? " +chains" : "", message->sample.seconds);
    return RF_OK;
}

static enum rf_rc run_shift(struct rf_bench *bench, bool chain, struct rf_err *err)
{
    struct shift shift = {.bench = bench, .chain = chain};
    struct rf_team_config config = {
        .protocol = bench->protocol,
        .chain = chain,
        .net = bench->net,
    };
    bool wanted = false;
    for (unsigned i = 0; i < bench->case_count; i++)
        wanted = wanted || bench->cases[i].chain == chain;
    if (!wanted)
        return RF_OK;
    return rf_team_run(&config, party_body, sizeof(struct message), take, &shift, err);
}

enum rf_rc rf_bench_run(struct rf_bench *bench, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(run_shift(bench, false, err));
    RF_TRY(run_shift(bench, true, err));
    for (unsigned i = 0; i < bench->case_count; i++) {
        summarise(bench, &bench->cases[i]);
        if (bench->verify)
            RF_TRY(verify(&bench->cases[i], err));
    }
done:
    return rc;
}
