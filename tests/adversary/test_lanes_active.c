/* A party that deviates in one of its lanes: rows that a lane falsifies are checked by whichever lane gets
 * them. Whatever message it alters, honest parties refuse in some lane, and then no lane ends well; or nothing was
 * changed that counts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/sort.h"
#include "tests/support/lane_parties.h"
#include "tests/support/parties.h"

enum { LANES = 2, ROWS = 30, WIDTH = 12, RUNS = 300 };

struct attack {
    unsigned party, lane;
    uint64_t message, bit;
    bool done;
    uint64_t out[RF_MEMORY_PARTIES][ROWS], row[RF_MEMORY_PARTIES];
};

/* In the deviating party's thread of that lane. */
static void alter(void *context, struct rf_memory_message *message)
{
    struct attack *attack = context;
    if (message->number != attack->message || message->size == 0 || message->control)
        return;
    uint64_t bit = attack->bit % (8 * message->size);
    message->bytes[bit / 8] = (uint8_t)(message->bytes[bit / 8] ^ 1U << bit % 8);
    attack->done = true;
}

static uint64_t value_of(size_t row)
{
    return (row * 37 + 11) % 64 | row << 6;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Rows by their low 6 bits, then those whose lowest bit is set, in lane 0. */
static enum rf_rc body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct attack *attack = run->context;
    struct rf_bits bits = {0}, kept = {0};
    struct rf_rows rows = {0};
    uint64_t value[ROWS];
    size_t half = ROWS / 2, first = backend->lane * half;
    for (size_t i = 0; i < half; i++)
        value[i] = value_of(first + i);
    RF_TRY(rf_backend_bits(backend, &bits, half, WIDTH));
    rf_test_share(backend, bits.all, value);
    RF_TRY(rf_sort(backend, bits.all, 6, NULL));
    RF_TRY(rf_backend_rows(backend, &rows, half, 2));
    rf_local_pack(&rows, 0, bits.all);
    RF_TRY(rf_compact(backend, &rows, 0, 0));
    RF_TRY(rf_lanes_to_first(backend, &rows));
    if (rows.rows > ROWS)
        RF_TRY(RF_E_ABORT);
    RF_TRY(rf_backend_bits(backend, &kept, rows.rows, WIDTH));
    rf_local_unpack(kept.all, &rows, 0, NULL);
    uint64_t plane[WIDTH] = {0}; /* at most 64 rows: a word each */
    RF_TRY(rf_open_start(backend, RF_OPEN_RESULT, plane, kept.all, NULL));
    RF_TRY(rf_finish(backend));
    for (size_t r = 0; backend->lane == 0 && r < rows.rows; r++) {
        attack->out[backend->party][r] = 0;
        for (unsigned i = 0; i < WIDTH; i++)
            attack->out[backend->party][r] |= (plane[i] >> r & 1) << i;
        attack->row[backend->party] = rows.rows;
    }
done:
    rf_bits_fini(&bits);
    rf_bits_fini(&kept);
    rf_rows_fini(&rows);
    return rc;
}

static bool all_well(const struct rf_lane_run *run, unsigned party)
{
    bool well = true;
    for (unsigned lane = 0; lane < LANES; lane++)
        well = well && run->rc[party][lane] == RF_OK;
    return well;
}

static bool right(const struct attack *attack, unsigned party)
{
    uint64_t want[ROWS], got[ROWS];
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (value_of(i) & 1)
            want[count++] = value_of(i);
    }
    if (attack->row[party] != count)
        return false;
    memcpy(got, attack->out[party], count * sizeof *got);
    qsort(got, count, sizeof *got, by_value);
    qsort(want, count, sizeof *want, by_value);
    return memcmp(got, want, count * sizeof *got) == 0;
}

static void go(struct rf_lane_run *run, struct attack *attack)
{
    *run = (struct rf_lane_run){
        .lanes = LANES,
        .protocol = rf_protocol_find("rep3-active"),
        .seed = 3,
        .body = body,
        .context = attack,
    };
    for (unsigned lane = 0; lane < LANES; lane++)
        run->net[lane] = rf_memory_new();
    rf_memory_set_hook(run->net[attack->lane], attack->party, alter, attack);
    rf_lane_go(run);
}

Test(lanes_active, honest)
{
    static struct rf_lane_run run;
    struct attack attack = {.message = UINT64_MAX};
    go(&run, &attack);
    for (unsigned party = 0; party < RF_MEMORY_PARTIES; party++) {
        cr_assert(all_well(&run, party), "%s", run.err[party][0].text);
        cr_assert(right(&attack, party));
    }
    rf_lane_fini(&run);
}

Test(lanes_active, every_lane_checks, .timeout = 1200)
{
    static struct rf_lane_run run;
    uint64_t state = 17;
    unsigned refused = 0, without = 0, missed = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        struct attack attack = {
            .party = i % 3,
            .lane = i / 3 % LANES,
            .message = rf_test_random(&state) % 180,
            .bit = rf_test_random(&state),
        };
        go(&run, &attack);
        unsigned other = (attack.party + 1) % 3, third = (attack.party + 2) % 3;
        bool ended = all_well(&run, other) || all_well(&run, third);
        if (!attack.done) {
            missed++;
            cr_assert(ended && right(&attack, other));
        } else if (ended) {
            without++;
            cr_assert(!all_well(&run, other) || right(&attack, other), "run %u: accepted", i);
            cr_assert(!all_well(&run, third) || right(&attack, third), "run %u: accepted", i);
        } else {
            refused++;
            cr_assert(run.first[other] >= 0 && run.first[third] >= 0);
        }
        rf_lane_fini(&run);
    }
    (void)fprintf(stderr, "%u lanes: %u attacks: %u refused, %u without consequence\n", LANES,
                  RUNS - missed, refused, without);
    cr_assert_gt(refused, RUNS / 2);
}
