#include "bench/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/calibrate_proof.h"
#include "bench/calibrate_rows.h"
#include "bench/team.h"
#include "net/base/clock.h"
#include "net/base/secret.h"
#include "party/run/record.h"
#include "protocols/oblivious/ranking.h"
#include "protocols/share/kernel.h"
#include "protocols/share/stream.h"

enum {
    SMALLEST = 9, /* log2 of bytes */
    STEP = 2,
    TRIES = 5,
    BLOCK = 1 << 18,
    MESSAGE_SMALLEST = 3, /* log2 of bytes */
    MESSAGE_SIZES = 11,   /* to 2^23 bytes */
    WORK_PIECE = 256 << 10,
    WORK_PIECES = 1 << 10, /* some 50 ms */
    LEAST_TIMES = 6,
    MOST_TIMES = 200,
};

static const double AT_LEAST = 0.004; /* seconds of processor time that a try takes */

_Static_assert((int)MESSAGE_SIZES <= (int)RF_CALIBRATION_POINTS, "a price has room for every size");

/* Where an operation is tried: columns of a space that counts what is done with them. */
struct bed {
    struct rf_efforts efforts;
    struct rf_space space;
    size_t bytes, rows;
    struct rf_bits bits, other;
    struct rf_rows table, copy;
    uint32_t *index;
    struct rf_calibrate_proof proof;
    struct rf_stream stream;
    double elsewhere; /* seconds that belong to something else */
    struct rf_err *err;
};

/* A price, as a party found it. */
struct finding {
    unsigned kind, point; /* of enum rf_effort, or one of those below */
    struct rf_price_point price;
    double drawn, hashed, round;
};

enum { LOCKSTEP = RF_EFFORT_KINDS, PLAIN }; /* PLAIN: the prices without a size */

struct probe {
    enum rf_effort kind;
    unsigned least, most; /* log2 of bytes */
    enum rf_rc (*prepare)(struct bed *);
    enum rf_rc (*run)(struct bed *);
};

/* ---- operations ---- */

enum {
    PLANES = 4,
    ROW = 16,
    FIELD = 9,
    ENTRY = 5 * sizeof(uint32_t), /* what a sort keeps of a thing */
};

static enum rf_rc prepare_pass(struct bed *bed)
{
    enum rf_rc rc;
    size_t rows = bed->bytes * 8 / (3 * RF_PARTS_MAX * PLANES);
    RF_TRY(rf_bits_init(&bed->bits, &bed->space, RF_PARTS_MAX, rows, PLANES));
    RF_TRY(rf_bits_init(&bed->other, &bed->space, RF_PARTS_MAX, rows, 2 * PLANES));
done:
    return rc;
}

static enum rf_rc run_pass(struct bed *bed)
{
    rf_local_xor(bed->bits.all, rf_planes(bed->other.all, 0, PLANES),
                 rf_planes(bed->other.all, PLANES, PLANES));
    return RF_OK;
}

static enum rf_rc prepare_rows(struct bed *bed)
{
    enum rf_rc rc;
    bed->rows = bed->bytes / (RF_PARTS_MAX * ROW);
    RF_TRY(rf_rows_init(&bed->table, &bed->space, RF_PARTS_MAX, bed->rows, ROW));
    RF_TRY(rf_rows_init(&bed->copy, &bed->space, RF_PARTS_MAX, bed->rows, ROW));
    RF_TRY(rf_bits_init(&bed->bits, &bed->space, RF_PARTS_MAX, bed->rows, RF_WORD_BITS));
    bed->index = calloc(bed->rows, sizeof *bed->index);
    if (!bed->index)
        return rf_err_set(bed->err, RF_E_MEMORY, "out of memory");
    rf_stream_permutation(&bed->stream, bed->index, bed->rows);
done:
    return rc;
}

static enum rf_rc run_turn(struct bed *bed)
{
    rf_local_unpack(bed->bits.all, &bed->table, FIELD - 1, NULL);
    rf_local_pack(&bed->copy, 0, bed->bits.all);
    return RF_OK;
}

static enum rf_rc run_copy(struct bed *bed)
{
    rf_local_bytes(&bed->copy, 0, &bed->table, 1, FIELD);
    return RF_OK;
}

static enum rf_rc run_gather(struct bed *bed)
{
    rf_local_gather(&bed->copy, &bed->table, bed->index);
    return RF_OK;
}

static enum rf_rc prepare_index(struct bed *bed)
{
    bed->rows = bed->bytes / sizeof *bed->index;
    bed->index = calloc(bed->rows, sizeof *bed->index);
    return bed->index ? RF_OK : rf_err_set(bed->err, RF_E_MEMORY, "out of memory");
}

static enum rf_rc run_deal(struct bed *bed)
{
    rf_stream_permutation(&bed->stream, bed->index, bed->rows);
    rf_effort_count(&bed->efforts, RF_EFFORT_DEAL, bed->rows, bed->bytes);
    return RF_OK;
}

/* The keys are a permutation, so that they are all different; order[] is behind them. */
static enum rf_rc prepare_ask(struct bed *bed)
{
    bed->rows = bed->bytes / ENTRY;
    bed->index = calloc(2 * bed->rows, sizeof *bed->index);
    if (!bed->index)
        return rf_err_set(bed->err, RF_E_MEMORY, "out of memory");
    rf_stream_permutation(&bed->stream, bed->index, bed->rows);
    return RF_OK;
}

static enum rf_rc answer(void *context, const uint32_t *left, const uint32_t *right, size_t count,
                         struct rf_public *out)
{
    struct bed *bed = context;
    const uint32_t *order = bed->index + bed->rows;
    double began = rf_clock_cpu_seconds();
    for (size_t i = 0; i < count; i++) {
        if (bed->index[order[left[i]]] < bed->index[order[right[i]]])
            rf_public_set(out, i);
    }
    bed->elsewhere += rf_clock_cpu_seconds() - began;
    return RF_OK;
}

static enum rf_rc run_ask(struct bed *bed)
{
    const struct rf_oracle oracle = {.before = answer, .context = bed};
    return rf_ranking(bed->index + bed->rows, bed->rows, oracle, &bed->space);
}

/* Tags add to words that stand beside the rows. */
static enum rf_rc run_weigh(struct bed *bed)
{
    enum { WORDS = ROW / sizeof(uint64_t) };
    static const uint64_t key[WORDS] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9};
    for (unsigned part = 0; part < RF_PARTS_MAX; part++) {
        rf_kernels()->gf64_dot(rf_plane(bed->bits.all, part, 0), key, WORDS, bed->table.part[part],
                               bed->table.bytes, bed->rows);
        rf_effort_count(&bed->efforts, RF_EFFORT_WEIGH, bed->rows * WORDS, bed->bytes);
    }
    return RF_OK;
}

static enum rf_rc prepare_prove(struct bed *bed)
{
    return rf_calibrate_proof_init(&bed->proof, bed->bytes)
               ? RF_OK
               : rf_err_set(bed->err, RF_E_MEMORY, "out of memory");
}

static enum rf_rc run_prove(struct bed *bed)
{
    rf_calibrate_proof_run(&bed->proof);
    rf_effort_count(&bed->efforts, RF_EFFORT_PROVE, bed->proof.words, bed->bytes);
    return RF_OK;
}

static enum rf_rc prepare_map(struct bed *bed)
{
    (void)bed;
    return RF_OK;
}

static enum rf_rc run_map(struct bed *bed)
{
    void *memory = rf_secret_alloc(bed->bytes);
    if (!memory)
        return rf_err_set(bed->err, RF_E_MEMORY, "out of memory");
    rf_effort_count(&bed->efforts, RF_EFFORT_MAP, bed->bytes, bed->bytes);
    rf_secret_free(memory, bed->bytes);
    return RF_OK;
}

static const struct probe probes[] = {
    {RF_EFFORT_PASS, SMALLEST, 27, prepare_pass, run_pass},
    {RF_EFFORT_TURN, SMALLEST + 2, 27, prepare_rows, run_turn},
    {RF_EFFORT_COPY, SMALLEST, 27, prepare_rows, run_copy},
    {RF_EFFORT_GATHER, SMALLEST, 27, prepare_rows, run_gather},
    {RF_EFFORT_DEAL, SMALLEST + 2, 25, prepare_index, run_deal},
    {RF_EFFORT_ASK, SMALLEST + 4, 25, prepare_ask, run_ask},
    {RF_EFFORT_WEIGH, SMALLEST, 27, prepare_rows, run_weigh},
    {RF_EFFORT_PROVE, SMALLEST + 5, 26, prepare_prove, run_prove},
    {RF_EFFORT_MAP, 12, 26, prepare_map, run_map},
};

/* ---- one party ---- */

static enum rf_rc bed_init(struct bed *bed, size_t bytes, struct rf_err *err)
{
    static const uint8_t key[RF_STREAM_KEY] = "a bench's index";
    *bed = (struct bed){.bytes = bytes, .err = err};
    rf_space_init(&bed->space, 0, false, err);
    bed->space.efforts = &bed->efforts;
    return rf_stream_init(&bed->stream, key, err);
}

static void bed_fini(struct bed *bed)
{
    rf_bits_fini(&bed->bits);
    rf_bits_fini(&bed->other);
    rf_rows_fini(&bed->table);
    rf_rows_fini(&bed->copy);
    rf_space_fini(&bed->space);
    rf_stream_fini(&bed->stream);
    rf_calibrate_proof_fini(&bed->proof);
    free(bed->index);
}

static double units_of(const struct bed *bed, enum rf_effort kind)
{
    uint64_t units = 0;
    for (unsigned size = 0; size < RF_EFFORT_SIZES; size++)
        units += bed->efforts.units[kind][size];
    return (double)units;
}

/* Seconds for a unit, in a try of at least so many seconds. */
static enum rf_rc try_once(struct bed *bed, const struct probe *probe, double *seconds)
{
    enum rf_rc rc = RF_OK;
    double before = units_of(bed, probe->kind), began = rf_clock_cpu_seconds(), spent = 0;
    bed->elsewhere = 0;
    /* Reading the clock takes longer than a small operation. */
    for (unsigned times = 1; spent < AT_LEAST; times *= 2) {
        for (unsigned i = 0; i < times; i++)
            RF_TRY(probe->run(bed));
        spent = rf_clock_cpu_seconds() - began;
    }
    *seconds = (spent - bed->elsewhere) / (units_of(bed, probe->kind) - before);
done:
    return rc;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double tries[TRIES])
{
    qsort(tries, TRIES, sizeof *tries, ascending);
    return tries[TRIES / 2];
}

static enum rf_rc measure_probe(struct rf_team_party *party, const struct probe *probe,
                                unsigned size, double *seconds)
{
    enum rf_rc rc;
    struct bed bed;
    double tries[TRIES];
    RF_TRY(bed_init(&bed, (size_t)1 << size, party->err));
    RF_TRY(probe->prepare(&bed));
    RF_TRY(probe->run(&bed));
    RF_TRY(rf_team_meet(party));
    for (unsigned i = 0; i < TRIES; i++)
        RF_TRY(try_once(&bed, probe, &tries[i]));
    *seconds = median(tries);
    RF_TRY(rf_team_meet(party));
done:
    bed_fini(&bed);
    return rc;
}

static enum rf_rc measure_probes(struct rf_team_party *party)
{
    enum rf_rc rc = RF_OK;
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        struct finding finding = {.kind = probes[i].kind};
        for (unsigned size = probes[i].least; size <= probes[i].most; size += STEP) {
            finding.price.size = (double)((uint64_t)1 << size);
            RF_TRY(measure_probe(party, &probes[i], size, &finding.price.price));
            RF_TRY(rf_team_send(party, &finding, sizeof finding));
            finding.point++;
        }
    }
done:
    return rc;
}

/* To the party before, from the one behind, as in a product. */
static enum rf_rc pass_on(struct rf_team_party *party, uint8_t *out, uint8_t *in, size_t size)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_want(party->channel, party->next, in, size));
    RF_TRY(rf_channel_want_end(party->channel, party->next));
    RF_TRY(rf_channel_put(party->channel, party->previous, out, size));
    RF_TRY(rf_channel_flush(party->channel, party->previous));
    RF_TRY(rf_channel_wait(party->channel, party->next));
done:
    return rc;
}

/* What a party does, over and over: some pieces of work, then a message to one neighbour and one from the other. */
struct turn {
    struct rf_stream *stream; /* NULL where there is no work */
    unsigned pieces;          /* of work */
    uint8_t *out, *in;
    size_t size; /* of the message */
    unsigned times;
};

static enum rf_rc take_turns(struct rf_team_party *party, const struct turn *turn)
{
    static uint8_t piece[WORK_PIECE];
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < turn->times; i++) {
        for (unsigned j = 0; j < turn->pieces; j++)
            rf_stream_xor(turn->stream, piece, sizeof piece);
        RF_TRY(pass_on(party, turn->out, turn->in, turn->size));
    }
done:
    return rc;
}

/* Seconds of a turn, of processor time and by the clock. */
static enum rf_rc time_turns(struct rf_team_party *party, const struct turn *turn, double *cpu,
                             double *clock)
{
    enum rf_rc rc = RF_OK;
    double cpus[TRIES], clocks[TRIES];
    for (unsigned i = 0; i < TRIES; i++) {
        RF_TRY(rf_team_meet(party));
        double began = rf_team_seconds(), used = rf_clock_cpu_seconds();
        RF_TRY(take_turns(party, turn));
        cpus[i] = (rf_clock_cpu_seconds() - used) / turn->times;
        clocks[i] = (rf_team_seconds() - began) / turn->times;
    }
    *cpu = median(cpus);
    *clock = median(clocks);
done:
    return rc;
}

/* So much work of each party, on the cores that they share evenly. */
static double on_cores(double cpu)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cpu * fmax(1, (double)RF_TEAM_PARTIES / (double)(cores > 0 ? cores : 1));
}

static size_t message_bytes(unsigned point)
{
    return (size_t)1 << (MESSAGE_SMALLEST + STEP * point);
}

/* @round: what parties wait for each other, whatever they do meanwhile: of the smallest message's time by the
 * clock, what is not work */
static enum rf_rc measure_messages(struct rf_team_party *party, double *round)
{
    enum rf_rc rc = RF_OK;
    const size_t most = message_bytes(MESSAGE_SIZES - 1);
    struct finding finding = {.kind = RF_EFFORT_SEND};
    double cpu, clock;
    uint8_t *memory = rf_secret_alloc(2 * most);
    if (!memory)
        return rf_err_set(party->err, RF_E_MEMORY, "out of memory");
    for (; finding.point < MESSAGE_SIZES; finding.point++) {
        const size_t size = message_bytes(finding.point), times = most / size;
        const struct turn turn = {
            .out = memory,
            .in = memory + most,
            .size = size,
            .times = times > MOST_TIMES    ? MOST_TIMES
                     : times < LEAST_TIMES ? LEAST_TIMES
                                           : (unsigned)times,
        };
        RF_TRY(pass_on(party, turn.out, turn.in, size));
        RF_TRY(time_turns(party, &turn, &cpu, &clock));
        finding.price.size = (double)size;
        finding.price.price = cpu / (double)size;
        RF_TRY(rf_team_send(party, &finding, sizeof finding));
        if (finding.point == 0)
            *round = fmax(0, clock - on_cores(cpu));
    }
done:
    rf_secret_free(memory, 2 * most);
    return rc;
}

/* @round: what a message takes besides work */
static enum rf_rc measure_locksteps(struct rf_team_party *party, double round)
{
    enum rf_rc rc;
    static const uint8_t key[RF_STREAM_KEY] = "a bench's steps";
    struct finding finding = {.kind = LOCKSTEP};
    struct rf_stream stream = {0};
    uint8_t message[2][sizeof(uint64_t)] = {{0}};
    double cpu, clock, before = 0;
    RF_TRY(rf_stream_init(&stream, key, party->err));
    for (unsigned pieces = 0; pieces <= WORK_PIECES; pieces = pieces ? 4 * pieces : 1) {
        const struct turn turn = {
            .stream = &stream,
            .pieces = pieces,
            .out = message[0],
            .in = message[1],
            .size = sizeof message[0],
            .times = pieces < 4 ? MOST_TIMES : WORK_PIECES / pieces,
        };
        RF_TRY(time_turns(party, &turn, &cpu, &clock));
        finding.price.size = fmax(cpu * 1e6, before + 1);
        finding.price.price = fmax(1, (clock - round) / on_cores(cpu));
        before = finding.price.size;
        RF_TRY(rf_team_send(party, &finding, sizeof finding));
        finding.point++;
    }
done:
    rf_stream_fini(&stream);
    return rc;
}

static enum rf_rc measure_crypto(struct rf_team_party *party, double *drawn, double *hashed)
{
    enum { TIMES = 256 };
    enum rf_rc rc;
    static const uint8_t key[RF_STREAM_KEY] = "a bench's bytes";
    static uint8_t block[BLOCK];
    const uint8_t salt[RF_SALT_SIZE] = "a bench's salt";
    uint8_t digest[RF_DIGEST_SIZE];
    struct rf_stream stream = {0};
    RF_TRY(rf_stream_init(&stream, key, party->err));
    RF_TRY(rf_team_meet(party));
    double began = rf_clock_cpu_seconds();
    for (unsigned i = 0; i < TIMES; i++)
        rf_stream_xor(&stream, block, sizeof block);
    double between = rf_clock_cpu_seconds();
    for (unsigned i = 0; i < TIMES; i++)
        rf_record_digest(digest, salt, block, sizeof block);
    *drawn = (between - began) / ((double)BLOCK * TIMES);
    *hashed = (rf_clock_cpu_seconds() - between) / ((double)BLOCK * TIMES);
done:
    rf_stream_fini(&stream);
    return rc;
}

static enum rf_rc party_body(struct rf_team_party *party, void *context)
{
    (void)context;
    enum rf_rc rc;
    struct finding finding = {.kind = PLAIN};
    RF_TRY(measure_probes(party));
    RF_TRY(measure_crypto(party, &finding.drawn, &finding.hashed));
    RF_TRY(measure_messages(party, &finding.round));
    RF_TRY(measure_locksteps(party, finding.round));
    RF_TRY(rf_team_send(party, &finding, sizeof finding));
done:
    return rc;
}

/* ---- where it comes together: the mean of the three ---- */

static enum rf_rc take(void *context, unsigned party, const void *sample)
{
    struct rf_calibration *calibration = context;
    const struct finding *finding = sample;
    const double part = 1.0 / RF_TEAM_PARTIES;
    (void)party;
    if (finding->kind != PLAIN) {
        struct rf_price *price = finding->kind == LOCKSTEP ? &calibration->lockstep
                                                           : &calibration->effort[finding->kind];
        price->points = finding->point + 1;
        price->point[finding->point].size += finding->price.size * part;
        price->point[finding->point].price += finding->price.price * part;
        return RF_OK;
    }
    calibration->byte_drawn += finding->drawn * part;
    calibration->byte_hashed += finding->hashed * part;
    calibration->round += finding->round * part;
    return RF_OK;
}

static void name_processor(char out[RF_CALIBRATION_TEXT])
{
    char line[256], *colon;
    FILE *file = fopen("/proc/cpuinfo", "re");
    (void)snprintf(out, RF_CALIBRATION_TEXT, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "model name", strlen("model name")) != 0)
            continue;
        colon = strchr(line, ':');
        if (colon)
            (void)snprintf(out, RF_CALIBRATION_TEXT, "%.*s", (int)strcspn(colon + 2, "\n"),
                           colon + 2);
        break;
    }
    if (file)
        (void)fclose(file);
}

static void describe(struct rf_calibration *calibration)
{
    time_t now = time(NULL);
    struct tm utc = {0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    double load[1] = {0};
    *calibration =
        (struct rf_calibration){.cores = cores > 0 ? (unsigned)cores : 1, .chains = true};
    if (getloadavg(load, 1) == 1)
        calibration->load = load[0];
    if (gmtime_r(&now, &utc))
        (void)strftime(calibration->made, sizeof calibration->made, "%Y-%m-%dT%H:%M:%SZ", &utc);
    (void)snprintf(calibration->protocol, sizeof calibration->protocol, "rep3");
    name_processor(calibration->processor);
}

enum rf_rc rf_calibrate(struct rf_calibration *calibration, struct rf_err *err)
{
    describe(calibration);
    const struct rf_team_config config = {.chain = true};
    enum rf_rc rc =
        rf_team_run(&config, party_body, sizeof(struct finding), take, calibration, err);
    if (rc != RF_OK)
        return rc;
    return rf_calibrate_rows(&calibration->contributor, &calibration->contributor_row, err);
}
