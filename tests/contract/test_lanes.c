/* Several lanes do what one does. Rows stand in slices of any sizes, also none; what comes out of all lanes
 * together is compared with the plain definition. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/group.h"
#include "protocols/oblivious/join.h"
#include "protocols/oblivious/sort.h"
#include "tests/support/lane_parties.h"
#include "tests/support/parties.h"

enum { MOST = 300, KEY = 7, PAYLOAD = 20, WIDTH = KEY + PAYLOAD };

/* Rows and what became of them, at party 0. */
struct table {
    size_t rows, size[RF_LANES_MAX], out_size[RF_LANES_MAX];
    uint64_t in[MOST], same[MOST], out[MOST], more[MOST];
    enum rf_scan kind;
    bool backward;
    size_t bound;
};

static size_t first_of(const size_t *size, unsigned lane)
{
    size_t first = 0;
    for (unsigned i = 0; i < lane; i++)
        first += size[i];
    return first;
}

/* This lane's rows. */
static enum rf_rc take_in(struct rf_backend *backend, const struct table *table,
                          struct rf_bits *bits, const uint64_t *value, unsigned width)
{
    size_t first = first_of(table->size, backend->lane);
    enum rf_rc rc = rf_backend_bits(backend, bits, table->size[backend->lane], width);
    if (rc == RF_OK)
        rf_test_share(backend, bits->all, value + first);
    return rc;
}

static void put_out(struct rf_backend *backend, const size_t *size, uint64_t *out,
                    struct rf_view view)
{
    uint64_t value[MOST];
    rf_test_open(backend, value, view);
    if (backend->party == 0)
        memcpy(out + first_of(size, backend->lane), value, view.rows * sizeof *value);
}

/* Evenly, or some lanes with nothing. */
static void cut(struct table *table, unsigned lanes, unsigned how)
{
    size_t left = table->rows, first;
    for (unsigned lane = 0; lane < lanes; lane++) {
        size_t size = how == 0                ? rf_lanes_slice(table->rows, lanes, lane, &first)
                      : (lane + how) % 3 == 0 ? 0
                                              : left / 2;
        table->size[lane] = lane + 1 == lanes ? left : size;
        left -= table->size[lane];
    }
}

static void go(struct table *table, unsigned lanes, const char *protocol, rf_lane_body *body)
{
    static struct rf_lane_run run;
    run = (struct rf_lane_run){.lanes = lanes,
                               .protocol = rf_protocol_find(protocol),
                               .seed = table->rows + 1,
                               .body = body,
                               .context = table};
    rf_lane_go(&run);
    for (unsigned party = 0; party < RF_MEMORY_PARTIES; party++) {
        for (unsigned lane = 0; lane < lanes; lane++) {
            cr_assert_eq(run.rc[party][lane], RF_OK, "%s, %u lanes, %zu rows: party %u lane %u: %s",
                         protocol, lanes, table->rows, party, lane, run.err[party][lane].text);
            cr_assert_eq(run.declared[party][lane].bytes, run.traffic[party][lane].bytes_sent,
                         "%s, lane %u of %u, %zu rows: declared %llu bytes, sent %llu", protocol,
                         lane, lanes, table->rows,
                         (unsigned long long)run.declared[party][lane].bytes,
                         (unsigned long long)run.traffic[party][lane].bytes_sent);
            cr_assert_eq(run.declared[party][lane].rounds, run.traffic[party][lane].rounds,
                         "%s, lane %u of %u, %zu rows: declared %llu rounds, took %llu", protocol,
                         lane, lanes, table->rows,
                         (unsigned long long)run.declared[party][lane].rounds,
                         (unsigned long long)run.traffic[party][lane].rounds);
        }
    }
    rf_lane_fini(&run);
}

static const char *const protocols[] = {"rep3", "rep3-active"};
static const size_t sizes[] = {0, 1, 65, 300};
enum { PROTOCOLS = 2, SIZES = sizeof sizes / sizeof *sizes };

/* Every protocol, number of lanes, number of rows and cut. */
static void everywhere(rf_lane_body *body, void (*fill)(struct table *),
                       void (*check)(const struct table *))
{
    static struct table table;
    for (unsigned p = 0; p < PROTOCOLS; p++) {
        for (unsigned lanes = 1; lanes <= 4; lanes++) {
            for (unsigned s = 0; s < SIZES; s++) {
                for (unsigned how = 0; how < (lanes > 1 ? 3 : 1); how++) {
                    table.rows = sizes[s];
                    cut(&table, lanes, how);
                    fill(&table);
                    go(&table, lanes, protocols[p], body);
                    check(&table);
                }
            }
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Keys with ties, and payloads that rise with the row: sorted by value is sorted stably by key. */
static void fill_table(struct table *table)
{
    uint64_t state = table->rows + 5;
    for (size_t i = 0; i < table->rows; i++)
        table->in[i] = i | rf_test_random(&state) % 100 << PAYLOAD;
}

/* The key is in the most significant bits of the value; rf_sort() wants it in front. */
static struct rf_view turned(struct rf_view x, struct rf_bits *turned)
{
    rf_local_copy(rf_planes(turned->all, 0, KEY), rf_planes(x, PAYLOAD, KEY));
    rf_local_copy(rf_planes(turned->all, KEY, PAYLOAD), rf_planes(x, 0, PAYLOAD));
    return turned->all;
}

static void turn_back(struct rf_view out, struct rf_view x)
{
    rf_local_copy(rf_planes(out, PAYLOAD, KEY), rf_planes(x, 0, KEY));
    rf_local_copy(rf_planes(out, 0, PAYLOAD), rf_planes(x, KEY, PAYLOAD));
}

/* ---- shuffle ---- */

static enum rf_rc shuffle_body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct table *table = run->context;
    struct rf_bits bits = {0};
    struct rf_rows rows = {0};
    struct rf_shuffle shuffle = {0};
    RF_TRY(take_in(backend, table, &bits, table->in, WIDTH));
    RF_TRY(rf_backend_rows(backend, &rows, bits.all.rows, 4));
    rf_local_pack(&rows, 0, bits.all);
    RF_TRY(rf_shuffle_new(backend, &shuffle, rows.rows));
    RF_TRY(rf_shuffle(backend, &shuffle, false, &rows));
    rf_local_unpack(bits.all, &rows, 0, NULL);
    put_out(backend, table->size, table->out, bits.all);
    RF_TRY(rf_shuffle(backend, &shuffle, true, &rows));
    rf_local_unpack(bits.all, &rows, 0, NULL);
    put_out(backend, table->size, table->more, bits.all);
done:
    rf_shuffle_fini(&shuffle);
    rf_bits_fini(&bits);
    rf_rows_fini(&rows);
    return rc;
}

static void check_shuffle(const struct table *table)
{
    uint64_t before[MOST], after[MOST];
    size_t size = table->rows * sizeof *before, still = 0;
    memcpy(before, table->in, size);
    memcpy(after, table->out, size);
    for (size_t i = 0; i < table->rows; i++)
        still += before[i] == after[i];
    cr_assert(table->rows < 64 || still < 10, "%zu of %zu rows stay", still, table->rows);
    qsort(before, table->rows, sizeof *before, by_value);
    qsort(after, table->rows, sizeof *after, by_value);
    cr_assert_arr_eq(after, before, size);
    cr_assert_arr_eq(table->more, table->in, size);
}

Test(lanes, shuffle)
{
    everywhere(shuffle_body, fill_table, check_shuffle);
}

/* ---- sort ---- */

static enum rf_rc sort_body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct table *table = run->context;
    struct rf_bits bits = {0}, other = {0};
    struct rf_order order = {0};
    RF_TRY(take_in(backend, table, &bits, table->in, WIDTH));
    RF_TRY(rf_backend_bits(backend, &other, bits.all.rows, WIDTH));
    RF_TRY(rf_sort(backend, turned(bits.all, &other), KEY, &order));
    turn_back(bits.all, other.all);
    put_out(backend, table->size, table->out, bits.all);
    RF_TRY(rf_order_apply(backend, &order, true, other.all));
    turn_back(bits.all, other.all);
    put_out(backend, table->size, table->more, bits.all);
    RF_TRY(rf_order_apply(backend, &order, false, other.all));
    turn_back(bits.all, other.all);
    put_out(backend, table->size, table->same, bits.all);
done:
    rf_order_fini(&order);
    rf_bits_fini(&bits);
    rf_bits_fini(&other);
    return rc;
}

static void check_sort(const struct table *table)
{
    uint64_t sorted[MOST];
    size_t size = table->rows * sizeof *sorted;
    memcpy(sorted, table->in, size);
    qsort(sorted, table->rows, sizeof *sorted, by_value);
    cr_assert_arr_eq(table->out, sorted, size);
    cr_assert_arr_eq(table->more, table->in, size);
    cr_assert_arr_eq(table->same, sorted, size);
}

Test(lanes, sort, .timeout = 1200)
{
    everywhere(sort_body, fill_table, check_sort);
}

/* ---- scan ---- */

static enum rf_rc scan_body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct table *table = run->context;
    struct rf_bits value = {0}, same = {0}, last = {0};
    RF_TRY(take_in(backend, table, &value, table->in, WIDTH));
    RF_TRY(take_in(backend, table, &same, table->same, 1));
    RF_TRY(rf_backend_bits(backend, &last, value.all.rows, 1));
    RF_TRY(rf_group_last(backend, last.all, same.all));
    put_out(backend, table->size, table->more, last.all);
    RF_TRY(rf_scan(backend, table->kind, value.all, same.all, table->bound, table->backward));
    put_out(backend, table->size, table->out, value.all);
done:
    rf_bits_fini(&value);
    rf_bits_fini(&same);
    rf_bits_fini(&last);
    return rc;
}

/* Groups longer than a lane, and of one row. */
static void fill_scan(struct table *table)
{
    static unsigned turn;
    uint64_t state = table->rows + turn, left = 0;
    table->kind = (enum rf_scan)(turn % 5);
    table->backward = turn / 5 % 2;
    table->bound = turn % 3 == 0 ? 12 : 0;
    turn++;
    for (size_t i = 0; i < table->rows; i++) {
        table->in[i] = rf_test_random(&state) % (1 << WIDTH);
        table->same[i] = left > 0;
        if (left == 0) {
            left = table->bound ? rf_test_random(&state) % table->bound
                                : rf_test_random(&state) % (table->rows + 1);
        } else {
            left--;
        }
    }
    for (size_t i = 0, run = 0; i < table->rows && table->bound; i++) {
        run = table->same[i] ? run + 1 : 1;
        if (run > table->bound) {
            table->same[i] = 0;
            run = 1;
        }
    }
}

static uint64_t combine(enum rf_scan kind, uint64_t x, uint64_t y)
{
    switch (kind) {
    case RF_SCAN_FIRST:
        return x;
    case RF_SCAN_XOR:
        return x ^ y;
    case RF_SCAN_OR:
        return x | y;
    case RF_SCAN_MIN:
        return x < y ? x : y;
    case RF_SCAN_SUM:
        return (x + y) % (1 << WIDTH);
    }
    return 0;
}

static void check_scan(const struct table *table)
{
    uint64_t right[MOST] = {0};
    size_t n = table->rows;
    for (size_t k = 0; k < n; k++) {
        size_t i = table->backward ? n - 1 - k : k;
        bool linked = table->backward ? i + 1 < n && table->same[i + 1] : table->same[i];
        right[i] = linked
                       ? combine(table->kind, right[table->backward ? i + 1 : i - 1], table->in[i])
                       : table->in[i];
        cr_assert_eq(table->more[i], i + 1 == n || !table->same[i + 1], "last of row %zu of %zu", i,
                     n);
    }
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(table->out[i], right[i],
                     "scan %d%s, bound %zu, row %zu of %zu: %llu, not %llu", table->kind,
                     table->backward ? " backward" : "", table->bound, i, n,
                     (unsigned long long)table->out[i], (unsigned long long)right[i]);
    }
}

Test(lanes, scan, .timeout = 1200)
{
    for (unsigned i = 0; i < 3; i++)
        everywhere(scan_body, fill_scan, check_scan);
}

/* ---- equal neighbours, compaction ---- */

static enum rf_rc same_body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct table *table = run->context;
    struct rf_bits value = {0}, same = {0};
    RF_TRY(take_in(backend, table, &value, table->in, WIDTH));
    RF_TRY(rf_backend_bits(backend, &same, value.all.rows, 1));
    RF_TRY(rf_scan_same(backend, same.all, value.all));
    put_out(backend, table->size, table->out, same.all);
done:
    rf_bits_fini(&value);
    rf_bits_fini(&same);
    return rc;
}

static void fill_runs(struct table *table)
{
    uint64_t state = table->rows;
    for (size_t i = 0; i < table->rows; i++)
        table->in[i] = i && rf_test_random(&state) % 2 ? table->in[i - 1] : i;
}

static void check_same(const struct table *table)
{
    for (size_t i = 0; i < table->rows; i++)
        cr_assert_eq(table->out[i], i > 0 && table->in[i] == table->in[i - 1], "row %zu of %zu", i,
                     table->rows);
}

Test(lanes, same)
{
    everywhere(same_body, fill_runs, check_same);
}

static enum rf_rc compact_body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct table *table = run->context;
    struct rf_bits value = {0}, kept = {0};
    struct rf_rows rows = {0};
    RF_TRY(take_in(backend, table, &value, table->in, WIDTH));
    RF_TRY(rf_backend_rows(backend, &rows, value.all.rows, 4));
    rf_local_pack(&rows, 0, value.all);
    RF_TRY(rf_compact(backend, &rows, 0, 0));
    RF_TRY(rf_lanes_to_first(backend, &rows));
    cr_assert(backend->lane == 0 || rows.rows == 0);
    RF_TRY(rf_backend_bits(backend, &kept, rows.rows, WIDTH));
    rf_local_unpack(kept.all, &rows, 0, NULL);
    if (backend->lane == 0 && backend->party == 0)
        table->out_size[0] = rows.rows;
    put_out(backend, table->out_size, table->out, kept.all);
done:
    rf_bits_fini(&value);
    rf_bits_fini(&kept);
    rf_rows_fini(&rows);
    return rc;
}

static void check_compact(const struct table *table)
{
    uint64_t kept[MOST], out[MOST];
    size_t count = 0;
    for (size_t i = 0; i < table->rows; i++) {
        if (table->in[i] & 1)
            kept[count++] = table->in[i];
    }
    cr_assert_eq(table->out_size[0], count);
    memcpy(out, table->out, count * sizeof *out);
    qsort(out, count, sizeof *out, by_value);
    qsort(kept, count, sizeof *kept, by_value);
    cr_assert_arr_eq(out, kept, count * sizeof *kept);
}

Test(lanes, compact)
{
    everywhere(compact_body, fill_table, check_compact);
}

/* ---- join ---- */

/* The table's rows are both sides: left, keys 2 i and payload; right, keys that may be there. */
static enum rf_rc join_body(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    struct table *table = run->context;
    struct rf_bits left = {0}, right = {0}, payload = {0}, matched = {0};
    RF_TRY(take_in(backend, table, &left, table->in, 12 + PAYLOAD));
    RF_TRY(take_in(backend, table, &right, table->same, 12));
    RF_TRY(rf_backend_bits(backend, &payload, right.all.rows, PAYLOAD));
    RF_TRY(rf_backend_bits(backend, &matched, right.all.rows, 1));
    RF_TRY(rf_join(backend, payload.all, matched.all, left.all, right.all, 12));
    put_out(backend, table->size, table->out, payload.all);
    put_out(backend, table->size, table->more, matched.all);
done:
    rf_bits_fini(&left);
    rf_bits_fini(&right);
    rf_bits_fini(&payload);
    rf_bits_fini(&matched);
    return rc;
}

static void fill_join(struct table *table)
{
    uint64_t state = table->rows;
    for (size_t i = 0; i < table->rows; i++) {
        table->in[i] = 2 * i | (i * 31 + 7) << 12;
        table->same[i] = rf_test_random(&state) % (2 * table->rows + 2);
    }
}

static void check_join(const struct table *table)
{
    for (size_t i = 0; i < table->rows; i++) {
        uint64_t key = table->same[i];
        bool there = key % 2 == 0 && key / 2 < table->rows;
        cr_assert_eq(table->more[i], there, "row %zu of %zu", i, table->rows);
        cr_assert_eq(table->out[i], there ? key / 2 * 31 + 7 : 0, "row %zu of %zu", i, table->rows);
    }
}

Test(lanes, join, .timeout = 1200)
{
    everywhere(join_body, fill_join, check_join);
}

/* ---- a shuffle's stage is uniform ---- */

enum { TRIALS = 48000, FEW = 4, ORDERS = 24 };

struct drawing {
    struct rf_exchange *exchange;
    unsigned lane;
    const size_t *size;
    uint8_t (*seen)[FEW]; /* of each trial: which row stands where */
};

static void *draw(void *argument)
{
    struct drawing *drawing = argument;
    size_t rows = drawing->size[drawing->lane], first = first_of(drawing->size, drawing->lane);
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        struct rf_err err = {0};
        struct rf_stream stream = {0};
        uint8_t key[RF_STREAM_KEY] = {0};
        uint32_t source[FEW], room[FEW];
        struct rf_scatter way = {.source = source};
        rf_store64(key, trial * 4 + drawing->lane + 1);
        cr_assert_eq(rf_stream_init(&stream, key, &err), RF_OK);
        cr_assert_eq(rf_scatter_draw(&way, room, &stream, drawing->exchange, drawing->lane,
                                     drawing->size, &err),
                     RF_OK, "%s", err.text);
        cr_assert(way.before == rows && way.after == rows);
        for (size_t k = 0; k < rows; k++)
            drawing->seen[trial][first + k] = (uint8_t)source[k];
        rf_stream_fini(&stream);
    }
    return NULL;
}

static void check_uniform(const size_t *size, unsigned lanes)
{
    static uint8_t seen[TRIALS][FEW];
    struct rf_exchange *exchange = NULL;
    struct drawing drawing[RF_LANES_MAX];
    pthread_t id[RF_LANES_MAX];
    unsigned count[256] = {0}, orders = 0;
    double chi = 0, expected = (double)TRIALS / ORDERS;
    cr_assert_eq(rf_exchange_threads_new(&exchange, lanes, NULL), RF_OK);
    for (unsigned i = 0; i < lanes; i++) {
        drawing[i] = (struct drawing){exchange, i, size, seen};
        cr_assert_eq(pthread_create(&id[i], NULL, draw, &drawing[i]), 0);
    }
    for (unsigned i = 0; i < lanes; i++)
        (void)pthread_join(id[i], NULL);
    rf_exchange_free(exchange);
    for (unsigned t = 0; t < TRIALS; t++)
        count[seen[t][0] | seen[t][1] << 2 | seen[t][2] << 4 | seen[t][3] << 6]++;
    for (unsigned i = 0; i < 256; i++) {
        orders += count[i] > 0;
        if (count[i])
            chi += (count[i] - expected) * (count[i] - expected) / expected;
    }
    cr_assert_eq(orders, ORDERS);
    /* 23 degrees of freedom: above 60 once in 30,000; seeds are fixed */
    cr_assert_lt(chi, 60, "chi-square %g", chi);
}

Test(lanes, stages_are_uniform, .timeout = 1200)
{
    check_uniform((const size_t[]){2, 2}, 2);
    check_uniform((const size_t[]){1, 3}, 2);
    check_uniform((const size_t[]){1, 0, 3}, 3);
    check_uniform((const size_t[]){1, 1, 1, 1}, 4);
}

/* ---- and the one that docs/wire.md specifies ---- */

enum { STAGE_ROWS = 5000 };

struct stage {
    struct rf_exchange *exchange;
    const size_t *size;
    struct rf_err err[RF_LANES_MAX];
    uint32_t source[STAGE_ROWS], room[RF_LANES_MAX][STAGE_ROWS];
};

static enum rf_rc draw_stage(void *context, unsigned lane)
{
    struct stage *stage = context;
    const uint8_t key[RF_STREAM_KEY] = {(uint8_t)(lane + 1)};
    struct rf_scatter way = {.source = stage->source + first_of(stage->size, lane)};
    struct rf_stream stream = {0};
    enum rf_rc rc = rf_stream_init(&stream, key, &stage->err[lane]);
    if (rc == RF_OK)
        rc = rf_scatter_draw(&way, stage->room[lane], &stream, stage->exchange, lane, stage->size,
                             &stage->err[lane]);
    rf_stream_fini(&stream);
    return rc;
}

static struct rf_err *stage_err(void *context, unsigned lane)
{
    return &((struct stage *)context)->err[lane];
}

/* Sums by a program of its own, written from the specification: of all sources in order, times 1000003 each time. */
Test(lanes, a_stage_is_that_of_the_specification)
{
    static struct stage stage;
    static const struct {
        unsigned lanes;
        size_t size[4];
        uint64_t sum;
    } cases[] = {
        {3, {5, 2, 9}, 0x5a6fee7e07f5906},     {3, {700, 0, 1301}, 0xf84ab02b10f5bb4},
        {3, {0, 0, 3}, 0x1d1aa107d55},         {4, {4000, 1, 64, 17}, 0x383a827ccde941bd},
        {2, {2000, 2000}, 0xbbda5c5e035bd8e8}, /* byte 128 lies on the border */
    };
    const struct rf_exchange_crew crew = {draw_stage, NULL, stage_err, &stage};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t sum = 0;
        stage = (struct stage){.size = cases[i].size};
        cr_assert_eq(rf_exchange_threads_new(&stage.exchange, cases[i].lanes, NULL), RF_OK);
        cr_assert_eq(rf_exchange_threads_run(stage.exchange, &crew), RF_OK, "%s",
                     stage.err[0].text);
        for (size_t row = 0; row < first_of(cases[i].size, cases[i].lanes); row++)
            sum = sum * 1000003 + stage.source[row];
        cr_expect_eq(sum, cases[i].sum, "case %zu", i);
        rf_exchange_free(stage.exchange);
    }
}

/* ---- lanes that fail ---- */

struct failing {
    struct rf_exchange *exchange;
    struct rf_err err[4];
    unsigned lane;
    bool says_why;
    atomic_uint told;
};

static enum rf_rc fail_one(void *context, unsigned lane)
{
    struct failing *failing = context;
    const struct rf_parcels nothing = {0};
    for (unsigned turn = 0; turn < 10; turn++) {
        if (turn == 5 && lane == failing->lane)
            return failing->says_why ? rf_err_set(&failing->err[lane], RF_E_CHEAT, "bank-b lied")
                                     : RF_E_IO;
        enum rf_rc rc = rf_exchange_swap(failing->exchange, lane, &nothing, &failing->err[lane]);
        if (rc != RF_OK)
            return rc;
    }
    return RF_OK;
}

static void tell(void *context, unsigned lane)
{
    (void)lane;
    atomic_fetch_add(&((struct failing *)context)->told, 1);
}

static struct rf_err *err_of(void *context, unsigned lane)
{
    return &((struct failing *)context)->err[lane];
}

/* Whichever lane fails, all end, and the error is that lane's; never none. */
Test(lanes, first_failure_is_told)
{
    for (unsigned lane = 0; lane < 5; lane++) {
        struct failing failing = {.lane = lane, .says_why = lane != 3};
        const struct rf_exchange_crew crew = {fail_one, tell, err_of, &failing};
        cr_assert_eq(rf_exchange_threads_new(&failing.exchange, 4, NULL), RF_OK);
        enum rf_rc rc = rf_exchange_threads_run(failing.exchange, &crew);
        if (lane == 4)
            cr_assert(rc == RF_OK && failing.err[0].rc == RF_OK && failing.told == 0);
        else if (lane == 3)
            cr_assert(rc != RF_OK && failing.err[0].rc == rc && failing.told == 4);
        else
            cr_assert(rc == RF_E_CHEAT && strstr(failing.err[0].text, "bank-b lied"),
                      "lane %u: %d %s", lane, rc, failing.err[0].text);
        rf_exchange_free(failing.exchange);
    }
}
