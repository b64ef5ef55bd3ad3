#include "bench/bench.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/alone.h"
#include "bench/ceiling.h"
#include "bench/measure.h"
#include "protocols/backend/clear/clear.h"

/* What a party sends: a sample of a case, or of its work alone, or the ceilings. */
struct message {
    unsigned which; /* number of the case; CEILINGS */
    bool is_alone;
    struct rf_sample sample;
    struct rf_alone alone;
    struct rf_ceilings ceilings;
};

enum { CEILINGS = UINT32_MAX };

/* One team's work: all cases over a network, with or without hash chains. */
struct shift {
    struct rf_bench *bench;
    unsigned net;
    bool chain;
    struct rf_ceilings party[RF_TEAM_PARTIES];
};

/* ---- in a party ---- */

static bool in_shift(const struct shift *shift, const struct rf_bench_case *one)
{
    return one->net == shift->net && one->chain == shift->chain && !one->skipped[0];
}

struct sending {
    struct rf_team_party *party;
    unsigned which;
};

static enum rf_rc send_sample(void *context, const struct rf_sample *sample)
{
    const struct sending *sending = context;
    const struct message message = {.which = sending->which, .sample = *sample};
    return rf_team_send(sending->party, &message, sizeof message);
}

static enum rf_rc measure_alone(struct rf_team_party *party, const struct rf_bench *bench,
                                unsigned which)
{
    enum rf_rc rc = RF_OK;
    struct message message = {.which = which, .is_alone = true};
    if (!bench->alone)
        return rc;
    RF_TRY(rf_alone_case(party, &bench->cases[which], which + 1, &message.alone));
    if (message.alone.runs)
        RF_TRY(rf_team_send(party, &message, sizeof message));
done:
    return rc;
}

static enum rf_rc party_body(struct rf_team_party *party, void *context)
{
    enum rf_rc rc;
    struct shift *shift = context;
    const struct rf_bench *bench = shift->bench;
    struct message message = {.which = CEILINGS};
    RF_TRY(rf_ceiling_measure(party, &bench->net[shift->net].line, &message.ceilings));
    RF_TRY(rf_team_send(party, &message, sizeof message));
    for (unsigned i = 0; i < bench->case_count; i++) {
        struct sending sending = {.party = party, .which = i};
        if (!in_shift(shift, &bench->cases[i]) || bench->cases[i].operation->study)
            continue;
        RF_TRY(rf_measure_case(party, &bench->cases[i], bench->verify, send_sample, &sending));
        RF_TRY(measure_alone(party, bench, i));
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

static void summarise_alone(struct rf_bench_case *one)
{
    struct rf_alone *alone = &one->alone;
    if (!alone->runs)
        return;
    qsort(alone->seconds, alone->runs, sizeof *alone->seconds, by_size);
    one->alone_median = alone->seconds[alone->runs / 2];
    one->alone_best = alone->seconds[0];
}

static void summarise(const struct rf_bench *bench, struct rf_bench_case *one)
{
    double seconds[RF_BENCH_REPEATS];
    const struct rf_ceilings *ceilings = &bench->net[one->net].ceilings[one->chain];
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
        one->floor = larger(one->floor, floor_of(ceilings, &one->sample[one->samples - 1][party]));
}

static bool same_work(const struct rf_bench_case *a, const struct rf_bench_case *b)
{
    return a->operation == b->operation && a->protocol == b->protocol && a->rows == b->rows &&
           a->key == b->key;
}

const struct rf_bench_case *rf_bench_one_lane(const struct rf_bench *bench,
                                              const struct rf_bench_case *one)
{
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *base = &bench->cases[i];
        if (base->lanes == 1 && base->samples && base->net == one->net &&
            base->chain == one->chain && same_work(base, one))
            return base;
    }
    return NULL;
}

/* From the same case over loopback (bench.h says how). */
static void predict(const struct rf_bench *bench, struct rf_bench_case *one)
{
    const struct rf_line *line = &bench->net[one->net].line;
    for (unsigned i = 0; one->net > 0 && i < bench->case_count; i++) {
        const struct rf_bench_case *base = &bench->cases[i];
        if (base->net > 0 || base->chain != one->chain || base->lanes != one->lanes ||
            !base->samples || !same_work(base, one))
            continue;
        for (unsigned party = 0; party < RF_TEAM_PARTIES; party++) {
            const struct rf_sample *sample = &one->sample[one->samples - 1][party];
            one->predicted =
                larger(one->predicted, base->median + (double)sample->rounds * line->rtt / 2 +
                                           (double)sample->bytes / line->bytes_per_s);
        }
        return;
    }
}

static enum rf_rc clear_digest(const struct rf_bench_case *one, uint64_t *digest,
                               struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_work work = {0};
    struct rf_backend *backend = NULL;
    RF_TRY(rf_clear_new(&backend, &rf_model_rep3, 1, err));
    rf_work_init(&work, backend, one->rows, one->key);
    RF_TRY(one->operation->prepare(&work));
    RF_TRY(rf_work_restore(&work));
    RF_TRY(one->operation->run(&work));
    RF_TRY(one->operation->digest(&work, digest));
done:
    rf_work_fini(&work);
    rf_backend_free(backend);
    return rc;
}

/* What the clear backend gives; the same rows were perhaps verified in another case. */
static enum rf_rc right_digest(const struct rf_bench *bench, const struct rf_bench_case *one,
                               uint64_t *digest, struct rf_err *err)
{
    for (const struct rf_bench_case *other = bench->cases; other < one; other++) {
        if (other->verified && same_work(other, one)) {
            *digest = other->sample[other->samples - 1][0].digest;
            return RF_OK;
        }
    }
    return clear_digest(one, digest, err);
}

static enum rf_rc verify(const struct rf_bench *bench, struct rf_bench_case *one,
                         struct rf_err *err)
{
    uint64_t right = 0;
    enum rf_rc rc = right_digest(bench, one, &right, err);
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

static struct rf_ceilings mean(const struct rf_ceilings party[RF_TEAM_PARTIES])
{
    struct rf_ceilings mean = {0};
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++) {
        mean.link += party[i].link / RF_TEAM_PARTIES;
        mean.aes += party[i].aes / RF_TEAM_PARTIES;
        mean.memory += party[i].memory / RF_TEAM_PARTIES;
        mean.round += party[i].round / RF_TEAM_PARTIES;
    }
    return mean;
}

static enum rf_rc take(void *context, unsigned party, const void *bytes)
{
    struct shift *shift = context;
    struct rf_bench *bench = shift->bench;
    const struct message *message = bytes;
    if (message->which == CEILINGS) {
        struct rf_bench_net *net = &bench->net[shift->net];
        shift->party[party] = message->ceilings;
        net->ceilings[shift->chain] = mean(shift->party);
        net->measured[shift->chain] = true;
        return RF_OK;
    }
    struct rf_bench_case *one = &bench->cases[message->which];
    if (message->is_alone) {
        one->alone = message->alone;
        return RF_OK;
    }
    one->sample[one->got[party]++][party] = message->sample;
    while (one->samples < one->got[0] && one->samples < one->got[1] && one->samples < one->got[2]) {
        one->samples++;
        rf_bench_step(bench, one, message->sample.seconds);
    }
    return RF_OK;
}

static enum rf_rc run_shift(struct rf_bench *bench, unsigned net, bool chain, struct rf_err *err)
{
    struct shift shift = {.bench = bench, .net = net, .chain = chain};
    struct rf_team_config config = {
        .chain = chain,
        .lanes = 1,
        .line = bench->net[net].line,
        .kernel = strcmp(bench->net[net].by, "netem") == 0,
    };
    bool wanted = false;
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *one = &bench->cases[i];
        wanted = wanted || in_shift(&shift, one);
        if (in_shift(&shift, one) && one->lanes > config.lanes && !one->operation->study)
            config.lanes = one->lanes;
    }
    if (!wanted)
        return RF_OK;
    return rf_team_run(&config, party_body, sizeof(struct message), take, &shift, err);
}

/* ---- what there is room for ---- */

static void skip(struct rf_bench_case *one, const char *format, ...) RF_PRINTF(2, 3);

static void skip(struct rf_bench_case *one, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(one->skipped, sizeof one->skipped, format, args);
    va_end(args);
    (void)fprintf(stderr, "%s of %zu rows is skipped: %s\n", one->operation->name, one->rows,
                  one->skipped);
}

static enum rf_rc check_room(struct rf_bench *bench, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint64_t room = bench->memory ? bench->memory : rf_bench_memory_free(), need;
    for (unsigned i = 0; i < bench->case_count; i++) {
        struct rf_bench_case *one = &bench->cases[i];
        if (one->lanes > 1 && one->operation->one_lane) {
            skip(one, "works in one lane alone, not in %u", one->lanes);
            continue;
        }
        RF_TRY(rf_bench_memory(bench, one, &need, err));
        if (need <= room)
            bench->runs += one->repeats;
        else
            skip(one, "needs about %" PRIu64 " MiB of memory, and %" PRIu64 " MiB are there",
                 need >> 20, room >> 20);
    }
done:
    return rc;
}

static enum rf_rc run_studies(struct rf_bench *bench, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < bench->case_count; i++) {
        if (bench->cases[i].operation->study && !bench->cases[i].skipped[0])
            RF_TRY(rf_bench_study(bench, &bench->cases[i], err));
    }
done:
    return rc;
}

static enum rf_rc conclude(struct rf_bench *bench, struct rf_bench_case *one, struct rf_err *err)
{
    if (one->skipped[0])
        return RF_OK;
    summarise(bench, one);
    summarise_alone(one);
    predict(bench, one);
    return bench->verify && !one->operation->study ? verify(bench, one, err) : RF_OK;
}

enum rf_rc rf_bench_run(struct rf_bench *bench, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(check_room(bench, err));
    for (unsigned net = 0; net < bench->nets; net++) {
        RF_TRY(run_shift(bench, net, false, err));
        RF_TRY(run_shift(bench, net, true, err));
    }
    RF_TRY(run_studies(bench, err));
    for (unsigned i = 0; i < bench->case_count; i++)
        RF_TRY(conclude(bench, &bench->cases[i], err));
done:
    return rc;
}
