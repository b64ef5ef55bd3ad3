/* What the parties see must not depend on what the banks know: openings, sizes and numbers of messages. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/channel.h"
#include "protocols/analytics/compute.h"
#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"
#include "tests/support/parties.h"
#include "tests/support/scene.h"

#define OK(call) cr_assert_eq((call), RF_OK)

enum { VIEW_WORDS = 1 << 16, ROWS = 700 };

/* Everything a party gets to see besides uniformly random shares. */
struct seen {
    struct rf_traffic traffic;
    uint64_t opened[RF_OPEN_KINDS];
    uint64_t value[VIEW_WORDS];
    size_t values;
};

struct trial {
    const uint64_t *key; /* of ROWS rows */
    struct seen seen[3];
};

static void keep_opening(void *context, const struct rf_opening *opening)
{
    struct seen *seen = context;
    size_t words = rf_words(opening->rows) * opening->width;
    cr_assert_leq(seen->values + words, VIEW_WORDS);
    memcpy(seen->value + seen->values, opening->value, words * sizeof *opening->value);
    seen->values += words;
}

static void end_view(struct rf_backend *backend, struct seen *seen)
{
    if (backend->traffic)
        seen->traffic = *backend->traffic;
    memcpy(seen->opened, backend->opened, sizeof seen->opened);
}

static void expect_same(const struct trial *a, const struct trial *b)
{
    for (unsigned party = 0; party < 3; party++) {
        const struct seen *x = &a->seen[party], *y = &b->seen[party];
        cr_assert_eq(x->traffic.bytes_sent, y->traffic.bytes_sent);
        cr_assert_eq(x->traffic.bytes_received, y->traffic.bytes_received);
        cr_assert_eq(x->traffic.messages_sent, y->traffic.messages_sent);
        cr_assert_eq(x->traffic.frames_sent, y->traffic.frames_sent);
        cr_assert_eq(x->traffic.rounds, y->traffic.rounds);
        cr_assert_arr_eq(x->opened, y->opened, sizeof x->opened);
        cr_assert_eq(x->values, y->values);
        cr_assert_arr_eq(x->value, y->value, x->values * sizeof *x->value);
    }
}

/* --- outside sort nothing is opened, and nothing else differs --- */

static void circuits(struct rf_backend *backend, void *context)
{
    struct trial *trial = context;
    struct rf_bits x = {0}, y = {0}, out = {0}, one = {0}, sum = {0};
    OK(rf_backend_bits(backend, &x, ROWS, 40));
    OK(rf_backend_bits(backend, &y, ROWS, 40));
    OK(rf_backend_bits(backend, &out, ROWS, 40));
    OK(rf_backend_bits(backend, &one, ROWS, 1));
    OK(rf_backend_bits(backend, &sum, 1, 50));
    backend->opened_sink = keep_opening;
    backend->opened_context = &trial->seen[backend->party];
    rf_test_share(backend, x.all, trial->key);
    rf_local_later(y.all, x.all, 1);
    OK(rf_less(backend, one.all, x.all, y.all));
    OK(rf_equal(backend, one.all, x.all, y.all));
    OK(rf_select(backend, out.all, one.all, x.all, y.all));
    OK(rf_add(backend, out.all, x.all, y.all, false));
    OK(rf_sum(backend, sum.all, x.all, 40));
    OK(rf_scan_same(backend, one.all, x.all));
    OK(rf_scan(backend, RF_SCAN_MIN, y.all, one.all, 0, false));
    end_view(backend, &trial->seen[backend->party]);
    rf_bits_fini(&x);
    rf_bits_fini(&y);
    rf_bits_fini(&out);
    rf_bits_fini(&one);
    rf_bits_fini(&sum);
}

static void random_keys(uint64_t *key, uint64_t seed, uint64_t below)
{
    for (size_t i = 0; i < ROWS; i++)
        key[i] = rf_test_random(&seed) % below;
}

Test(privacy, circuits_open_nothing_and_send_the_same)
{
    static uint64_t zero[ROWS], key[ROWS];
    static struct trial a, b;
    random_keys(key, 1, (uint64_t)1 << 40);
    a.key = zero;
    b.key = key;
    rf_test_rep3(circuits, &a, 7);
    rf_test_rep3(circuits, &b, 7);
    expect_same(&a, &b);
    cr_assert_eq(a.seen[0].values, 0);
    cr_assert_gt(a.seen[0].traffic.bytes_sent, 0);
}

/* --- sort: with the same seeds, data of the same order give the same openings --- */

static void sorting(struct rf_backend *backend, void *context)
{
    struct trial *trial = context;
    struct rf_bits table = {0};
    OK(rf_backend_bits(backend, &table, ROWS, 40));
    backend->opened_sink = keep_opening;
    backend->opened_context = &trial->seen[backend->party];
    rf_test_share(backend, table.all, trial->key);
    OK(rf_sort(backend, table.all, 40, NULL));
    end_view(backend, &trial->seen[backend->party]);
    rf_bits_fini(&table);
}

Test(privacy, sorts_of_equally_ordered_data_look_the_same)
{
    static uint64_t key[ROWS], other[ROWS];
    static struct trial a, b, c;
    random_keys(key, 3, 500); /* with ties */
    for (size_t i = 0; i < ROWS; i++)
        other[i] = key[i] * key[i] * 1000 + 77;
    a.key = key;
    b.key = other;
    rf_test_rep3(sorting, &a, 7);
    rf_test_rep3(sorting, &b, 7);
    expect_same(&a, &b);
    cr_assert_gt(a.seen[0].values, 0);
    c.key = key;
    rf_test_rep3(sorting, &c, 8); /* other seeds: other openings, or this test shows nothing */
    cr_assert(c.seen[0].values != a.seen[0].values ||
              memcmp(c.seen[0].value, a.seen[0].value, a.seen[0].values * sizeof(uint64_t)) != 0);
}

/* --- sort and compaction: over fresh seeds, the same distribution for any data --- */

struct pattern {
    const uint64_t *key;
    size_t rows;
    bool compact;
    uint64_t opened; /* all bits, as far as they fit */
    size_t bits;
};

static void keep_pattern(void *context, const struct rf_opening *opening)
{
    struct pattern *pattern = context;
    for (size_t i = 0; i < opening->rows; i++, pattern->bits++) {
        uint64_t bit = opening->value[i / 64] >> (i % 64) & 1;
        pattern->opened = (pattern->opened << 1 | bit) ^ (pattern->opened >> 63);
    }
}

static void one_pattern(struct rf_backend *backend, void *context)
{
    struct pattern *pattern = context;
    struct rf_bits table = {0};
    struct rf_rows rows = {0};
    OK(rf_backend_bits(backend, &table, pattern->rows, 8));
    backend->opened_sink = keep_pattern;
    backend->opened_context = pattern;
    rf_test_share(backend, table.all, pattern->key);
    if (pattern->compact) {
        OK(rf_backend_rows(backend, &rows, pattern->rows, 1));
        rf_local_pack(&rows, 0, table.all);
        OK(rf_compact(backend, &rows, 0, 0));
    } else {
        OK(rf_sort(backend, table.all, 8, NULL));
    }
    rf_rows_fini(&rows);
    rf_bits_fini(&table);
}

enum { SEEDS = 24000, BUCKETS = 997 };

static void histogram(const uint64_t *key, size_t rows, bool compact, uint64_t first,
                      unsigned count[BUCKETS])
{
    memset(count, 0, BUCKETS * sizeof *count);
    for (uint64_t seed = first; seed < first + SEEDS; seed++) {
        struct pattern pattern = {.key = key, .rows = rows, .compact = compact};
        rf_test_clear(one_pattern, &pattern, seed);
        count[(pattern.opened ^ pattern.bits * 31) % BUCKETS]++;
    }
}

/* Two samples of one distribution: the statistic is about chi-square with one degree of freedom less than
 * there are occupied buckets. Five standard deviations above the mean is not reached by chance. */
static void expect_same_distribution(const unsigned *a, const unsigned *b, unsigned least)
{
    double chi = 0;
    unsigned occupied = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        double sum = (double)a[i] + b[i], difference = (double)a[i] - b[i];
        if (sum > 0) {
            chi += difference * difference / sum;
            occupied++;
        }
    }
    cr_assert_geq(occupied, least);
    cr_assert_lt(chi, occupied + 5 * sqrt(2.0 * occupied), "%f over %u", chi, occupied);
}

Test(privacy, comparisons_are_distributed_alike_for_any_data)
{
    static unsigned a[BUCKETS], b[BUCKETS];
    static const uint64_t rising[] = {1, 2, 3, 4, 5}, falling[] = {9, 8, 7, 6, 5};
    static const uint64_t equal[] = {4, 4, 4, 4, 4};
    histogram(rising, 5, false, 1, a);
    histogram(falling, 5, false, 1000000, b);
    expect_same_distribution(a, b, 100); /* 120 orders of five */
    histogram(equal, 5, false, 2000000, b);
    expect_same_distribution(a, b, 100);
}

Test(privacy, longer_sorts_are_distributed_alike)
{
    static unsigned a[BUCKETS], b[BUCKETS];
    uint64_t rising[30], equal[30] = {0};
    for (unsigned i = 0; i < 30; i++)
        rising[i] = i;
    histogram(rising, 30, false, 1, a);
    histogram(equal, 30, false, 1000000, b);
    expect_same_distribution(a, b, 500);
}

Test(privacy, kept_rows_are_anywhere)
{
    static unsigned a[BUCKETS], b[BUCKETS];
    static const uint64_t front[] = {1, 1, 1, 0, 0, 0}, back[] = {0, 0, 0, 1, 1, 1};
    histogram(front, 6, true, 1, a);
    histogram(back, 6, true, 1000000, b);
    expect_same_distribution(a, b, 20); /* 6 over 3 */
}

/* A check of the check: a sort that does not shuffle is seen. */
Test(privacy, a_biased_distribution_is_noticed)
{
    static unsigned a[BUCKETS], b[BUCKETS];
    double chi = 0;
    static const uint64_t two[] = {1, 1, 0, 0, 0, 0}, three[] = {1, 1, 1, 0, 0, 0};
    histogram(two, 6, true, 1, a);
    histogram(three, 6, true, 1, b);
    for (unsigned i = 0; i < BUCKETS; i++) {
        double sum = (double)a[i] + b[i], difference = (double)a[i] - b[i];
        chi += sum > 0 ? difference * difference / sum : 0;
    }
    cr_assert_gt(chi, 10000);
}

/* --- a whole study opens what the manifest declares --- */

struct whole {
    struct rf_scene scene;
    uint64_t opened[RF_OPEN_KINDS];
    struct rf_step step[RF_STEPS_MAX];
    unsigned steps;
};

static void study(struct rf_backend *backend, void *context)
{
    struct whole *whole = context;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    rf_scene_share(&whole->scene, backend, &input);
    OK(rf_compute(backend, &whole->scene.task, &input, &output, NULL));
    if (backend->party == 0) {
        memcpy(whole->opened, backend->opened, sizeof whole->opened);
        memcpy(whole->step, backend->step, sizeof whole->step);
        whole->steps = backend->steps;
    }
    rf_bits_fini(&output);
}

static void expect_opened(uint64_t shared_rows)
{
    struct whole whole = {0};
    rf_scene_random(&whole.scene, 4, 40, 3);
    rf_scene_make(&whole.scene, shared_rows);
    rf_test_rep3(study, &whole, 1);
    cr_assert_eq(whole.opened[RF_OPEN_UNIQUE], 1);
    cr_assert_eq(whole.opened[RF_OPEN_CONVERGED], 1);
    cr_assert_eq(whole.opened[RF_OPEN_FITS], shared_rows ? 1 : 0);
    cr_assert_eq(whole.opened[RF_OPEN_KEPT], rf_task_rows(&whole.scene.task) + shared_rows);
    cr_assert_gt(whole.opened[RF_OPEN_ORDER], 0);
    cr_assert_eq(whole.opened[RF_OPEN_RESULT], 0);
    rf_scene_fini(&whole.scene);
}

Test(privacy, a_study_opens_the_declared_kinds)
{
    expect_opened(0);
    expect_opened(500);
}

/* With a declared bound on shared rows, nothing that is not a comparison depends on the data: two
 * different data sets with the same bounds take the same steps over the same numbers of rows. */
Test(privacy, a_padded_study_shows_no_number)
{
    static struct whole a, b;
    rf_scene_random(&a.scene, 3, 30, 21);
    rf_scene_random(&b.scene, 3, 30, 22);
    b.scene.world.study = a.scene.world.study;
    rf_scene_make(&a.scene, 300);
    rf_scene_make(&b.scene, 300);
    cr_assert_neq(rf_task_rows(&a.scene.task), 0);
    for (unsigned bank = 0; bank < 3; bank++)
        cr_assert_geq(200, a.scene.task.rows[bank] + b.scene.task.rows[bank]);
    rf_test_rep3(study, &a, 1);
    rf_test_rep3(study, &b, 1);
    cr_assert_eq(a.steps, b.steps);
    for (unsigned i = 4; i < a.steps; i++) /* what follows the compaction */
        cr_assert_eq(a.step[i].rows, b.step[i].rows, "%s", a.step[i].name);
    rf_scene_fini(&a.scene);
    rf_scene_fini(&b.scene);
}
