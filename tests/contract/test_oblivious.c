#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/plan/plan.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/group.h"
#include "protocols/oblivious/join.h"
#include "protocols/oblivious/sort.h"
#include "tests/support/parties.h"

#define OK(call) cr_assert_eq((call), RF_OK)

static const size_t sizes[] = {1, 2, 3, 63, 64, 65, 200, 1500};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 1500 };

/* key: 10 bits, so that there are ties; payload: 40 bits that tell the row */
enum { KEY = 10, PAYLOAD = 40 };

struct row {
    uint64_t key, payload;
};

static void table_new(struct rf_backend *backend, struct rf_bits *table, struct row *row,
                      size_t rows)
{
    uint64_t state = rows, value[MOST];
    OK(rf_backend_bits(backend, table, rows, KEY + PAYLOAD));
    for (size_t i = 0; i < rows; i++) {
        row[i] = (struct row){rf_test_random(&state) % (rows + 1) % 1024, 700000001 * i};
        value[i] = row[i].key | row[i].payload << KEY;
    }
    rf_test_share(backend, table->all, value);
}

static void table_open(struct rf_backend *backend, struct rf_view table, struct row *row)
{
    uint64_t value[MOST];
    rf_test_open(backend, value, table);
    for (size_t i = 0; i < table.rows; i++)
        row[i] = (struct row){value[i] & 1023, value[i] >> KEY};
}

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->payload > y->payload) - (x->payload < y->payload);
}

static void check_sort(struct rf_backend *backend, void *context)
{
    (void)context;
    for (size_t s = 0; s < SIZES; s++) {
        struct rf_bits table = {0}, copy = {0};
        struct rf_order order = {0};
        struct row row[MOST], sorted[MOST], got[MOST];
        size_t rows = sizes[s];
        table_new(backend, &table, row, rows);
        OK(rf_backend_bits(backend, &copy, rows, KEY + PAYLOAD));
        rf_local_copy(copy.all, table.all);
        memcpy(sorted, row, rows * sizeof *row);
        qsort(sorted, rows, sizeof *row, by_key); /* payloads rise: the same as stable */
        OK(rf_sort(backend, table.all, KEY, &order));
        table_open(backend, table.all, got);
        cr_assert_arr_eq(got, sorted, rows * sizeof *row);
        OK(rf_order_apply(backend, &order, true, table.all));
        table_open(backend, table.all, got);
        cr_assert_arr_eq(got, row, rows * sizeof *row);
        OK(rf_order_apply(backend, &order, false, copy.all));
        table_open(backend, copy.all, got);
        cr_assert_arr_eq(got, sorted, rows * sizeof *row);
        rf_order_fini(&order);
        rf_bits_fini(&table);
        rf_bits_fini(&copy);
    }
}

static void check_compact(struct rf_backend *backend, void *context)
{
    (void)context;
    for (size_t s = 0; s < SIZES; s++) {
        struct rf_bits table = {0}, flag = {0}, out = {0};
        struct rf_rows kept = {0};
        struct row row[MOST], got[MOST];
        uint64_t marked[MOST];
        size_t rows = sizes[s], want = 0;
        table_new(backend, &table, row, rows);
        OK(rf_backend_bits(backend, &flag, rows, 1));
        for (size_t i = 0; i < rows; i++) {
            marked[i] = row[i].key % 3 == 0;
            if (marked[i])
                row[want++] = row[i];
        }
        rf_test_share(backend, flag.all, marked);
        uint64_t before = backend->opened[RF_OPEN_KEPT];
        OK(rf_backend_rows(backend, &kept, rows, 8));
        rf_local_pack(&kept, 0, table.all);
        rf_local_pack(&kept, 7, flag.all);
        OK(rf_compact(backend, &kept, 7, 0));
        cr_assert_eq(backend->opened[RF_OPEN_KEPT] - before, rows);
        cr_assert_eq(kept.rows, want);
        OK(rf_backend_bits(backend, &out, want, KEY + PAYLOAD));
        rf_local_unpack(out.all, &kept, 0, NULL);
        table_open(backend, out.all, got);
        qsort(got, want, sizeof *got, by_key);
        qsort(row, want, sizeof *row, by_key);
        cr_assert_arr_eq(got, row, want * sizeof *row);
        rf_rows_fini(&kept);
        rf_bits_fini(&out);
        rf_bits_fini(&flag);
        rf_bits_fini(&table);
    }
}

static uint64_t reduce(enum rf_scan kind, uint64_t acc, uint64_t value)
{
    switch (kind) {
    case RF_SCAN_FIRST:
        return acc;
    case RF_SCAN_XOR:
        return acc ^ value;
    case RF_SCAN_OR:
        return acc | value;
    case RF_SCAN_MIN:
        return acc < value ? acc : value;
    case RF_SCAN_SUM:
        return (acc + value) & 0xffff;
    }
    return 0;
}

static void expect_scan(enum rf_scan kind, const uint64_t *value, const uint64_t *same, size_t rows,
                        bool backward, uint64_t *out)
{
    for (size_t k = 0; k < rows; k++) {
        size_t i = backward ? rows - 1 - k : k;
        bool linked = backward ? i + 1 < rows && same[i + 1] : same[i];
        out[i] = linked ? reduce(kind, out[backward ? i + 1 : i - 1], value[i]) : value[i];
    }
}

static void check_scan(struct rf_backend *backend, void *context)
{
    (void)context;
    for (size_t s = 0; s < SIZES; s++) {
        struct rf_bits value = {0}, same = {0};
        uint64_t v[MOST] = {0}, e[MOST] = {0}, got[MOST], want[MOST] = {0}, state = s;
        size_t rows = sizes[s], run = 0;
        OK(rf_backend_bits(backend, &value, rows, 16));
        OK(rf_backend_bits(backend, &same, rows, 1));
        for (unsigned variant = 0; variant < 20; variant++) {
            enum rf_scan kind = (enum rf_scan)(variant % 5);
            bool backward = variant / 5 & 1, bounded = variant / 10 & 1;
            for (size_t i = 0; i < rows; i++) {
                v[i] = rf_test_random(&state) & 0xffff;
                e[i] = i > 0 && rf_test_random(&state) % 16 != 0 && (!bounded || run < 5);
                run = e[i] ? run + 1 : 1;
            }
            rf_test_share(backend, value.all, v);
            rf_test_share(backend, same.all, e);
            OK(rf_scan(backend, kind, value.all, same.all, bounded ? 5 : 0, backward));
            rf_test_open(backend, got, value.all);
            expect_scan(kind, v, e, rows, backward, want);
            for (size_t i = 0; i < rows; i++)
                cr_assert_eq(got[i], want[i], "kind %d row %zu of %zu", kind, i, rows);
        }
        rf_bits_fini(&value);
        rf_bits_fini(&same);
    }
}

static void check_group(struct rf_backend *backend, void *context)
{
    (void)context;
    for (size_t s = 0; s < SIZES; s++) {
        struct rf_bits table = {0}, last = {0};
        struct row row[MOST], got[MOST] = {0};
        uint64_t ends[MOST], sum[1024] = {0}, present[1024] = {0}, seen = 0, distinct = 0;
        size_t rows = sizes[s];
        table_new(backend, &table, row, rows);
        OK(rf_backend_bits(backend, &last, rows, 1));
        for (size_t i = 0; i < rows; i++) {
            sum[row[i].key] += row[i].payload;
            distinct += !present[row[i].key]++;
        }
        OK(rf_group_by(backend, table.all, KEY, RF_SCAN_SUM, 0, last.all));
        table_open(backend, table.all, got);
        rf_test_open(backend, ends, last.all);
        for (size_t i = 0; i < rows; i++) {
            if (!ends[i])
                continue;
            seen++;
            cr_assert_eq(got[i].payload, sum[got[i].key] & (((uint64_t)1 << PAYLOAD) - 1));
        }
        cr_assert_eq(seen, distinct);
        rf_bits_fini(&table);
        rf_bits_fini(&last);
    }
}

/* Keys of the left table are distinct; 0 is among them, which is what fillers have. */
static void check_join(struct rf_backend *backend, void *context)
{
    (void)context;
    for (size_t s = 0; s < SIZES; s++) {
        struct rf_bits left = {0}, right = {0}, payload = {0}, matched = {0};
        uint64_t l[MOST], r[MOST], got[MOST], hit[MOST], state = s;
        size_t lefts = sizes[s], rights = sizes[(s + 3) % SIZES];
        OK(rf_backend_bits(backend, &left, lefts, 12 + 20));
        OK(rf_backend_bits(backend, &right, rights, 12));
        OK(rf_backend_bits(backend, &payload, rights, 20));
        OK(rf_backend_bits(backend, &matched, rights, 1));
        for (size_t i = 0; i < lefts; i++)
            l[i] = 2 * i % 4096 | (i * 7 + 1) << 12;
        for (size_t i = 0; i < rights; i++)
            r[i] = rf_test_random(&state) % (2 * lefts + 5);
        rf_test_share(backend, left.all, l);
        rf_test_share(backend, right.all, r);
        OK(rf_join(backend, payload.all, matched.all, left.all, right.all, 12));
        rf_test_open(backend, got, payload.all);
        rf_test_open(backend, hit, matched.all);
        for (size_t i = 0; i < rights; i++) {
            bool match = r[i] % 2 == 0 && r[i] / 2 < lefts;
            cr_assert_eq(hit[i], match, "row %zu of %zu", i, rights);
            cr_assert_eq(got[i], match ? r[i] / 2 * 7 + 1 : 0);
        }
        rf_bits_fini(&left);
        rf_bits_fini(&right);
        rf_bits_fini(&payload);
        rf_bits_fini(&matched);
    }
}

static void check_empty(struct rf_backend *backend, void *context)
{
    (void)context;
    struct rf_bits table = {0}, one = {0};
    struct rf_rows kept = {0};
    struct rf_order order = {0};
    OK(rf_backend_bits(backend, &table, 0, 12));
    OK(rf_backend_bits(backend, &one, 0, 1));
    OK(rf_sort(backend, table.all, 5, &order));
    OK(rf_order_apply(backend, &order, true, table.all));
    OK(rf_scan_same(backend, one.all, rf_planes(table.all, 0, 5)));
    OK(rf_scan(backend, RF_SCAN_SUM, table.all, one.all, 0, false));
    OK(rf_backend_rows(backend, &kept, 0, 8));
    OK(rf_compact(backend, &kept, 7, 0));
    cr_assert_eq(kept.rows, 0);
    rf_order_fini(&order);
    rf_rows_fini(&kept);
    rf_bits_fini(&table);
    rf_bits_fini(&one);
}

Test(oblivious, sort)
{
    rf_test_everywhere(check_sort, NULL);
}

/* More rows than have their keys moved, or are fetched, at a time. */
static void check_long_sort(struct rf_backend *backend, void *context)
{
    enum { ROWS = 70001, WIDE = 11, REST = 30 };
    const uint32_t *keys = context;
    struct rf_bits table = {0};
    uint64_t *value = calloc(ROWS, sizeof *value), before = 0;
    OK(rf_backend_bits(backend, &table, ROWS, WIDE + REST));
    for (uint64_t i = 0; i < ROWS; i++)
        value[i] = keys[i] % (1 << WIDE) | i << WIDE;
    rf_test_share(backend, table.all, value);
    OK(rf_sort_table(backend, &table, WIDE, NULL));
    rf_test_open(backend, value, table.all);
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t key = value[i] % (1 << WIDE), row = value[i] >> WIDE;
        uint64_t now = key << REST | row;
        cr_assert_lt(row, ROWS);
        cr_assert_eq(key, keys[row] % (1 << WIDE));
        cr_assert(i == 0 || before < now, "row %zu", i);
        before = now;
    }
    free(value);
    rf_bits_fini(&table);
}

Test(oblivious, long_sort)
{
    static uint32_t keys[70001];
    uint64_t state = 5;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        keys[i] = (uint32_t)rf_test_random(&state);
    rf_test_clear(check_long_sort, keys, 1);
    rf_test_rep3(check_long_sort, keys, 1);
}

enum { PLANNED_ROWS = 20000 };

static size_t peak_of_sort(struct rf_backend *backend, bool whole)
{
    struct rf_bits table = {0};
    OK(rf_backend_bits(backend, &table, PLANNED_ROWS, 128));
    for (unsigned part = 0; part < table.all.parts; part++)
        memset(rf_plane(table.all, part, 0), 0, table.all.stride * 128 * sizeof(uint64_t));
    backend->space.peak = backend->space.live;
    OK(whole ? rf_sort_table(backend, &table, 64, NULL) : rf_sort(backend, table.all, 64, NULL));
    rf_bits_fini(&table);
    return backend->space.peak;
}

/* A planner does not know in which order the rows will turn out to be: how many segments a sort falls into
 * differs a little. */
static void check_planned_peak(struct rf_backend *backend, void *context)
{
    (void)context;
    for (unsigned whole = 0; whole < 2; whole++) {
        struct rf_backend *plan = NULL;
        OK(rf_plan_new(&plan, &rf_model_rep3, backend->party, backend->err));
        double planned = (double)peak_of_sort(plan, whole);
        double taken = (double)peak_of_sort(backend, whole);
        rf_backend_free(plan);
        cr_expect_lt(taken, planned * 1.03, "%.0f for %.0f", taken, planned);
        cr_expect_gt(taken, planned * 0.97, "%.0f for %.0f", taken, planned);
    }
}

Test(oblivious, a_sort_takes_the_memory_that_was_planned)
{
    rf_test_rep3(check_planned_peak, NULL, 1);
}

Test(oblivious, compact)
{
    rf_test_everywhere(check_compact, NULL);
}

Test(oblivious, scan)
{
    rf_test_everywhere(check_scan, NULL);
}

Test(oblivious, group_by)
{
    rf_test_everywhere(check_group, NULL);
}

Test(oblivious, join)
{
    rf_test_everywhere(check_join, NULL);
}

Test(oblivious, empty)
{
    rf_test_everywhere(check_empty, NULL);
}
