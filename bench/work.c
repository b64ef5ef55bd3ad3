#include "bench/work.h"

#include <string.h>

#include "bench/operand.h"
#include "protocols/analytics/label.h"
#include "protocols/backend/lanes.h"
#include "protocols/circuit/add.h"
#include "protocols/circuit/convert.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/group.h"
#include "protocols/oblivious/join.h"
#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"

enum { WORD = sizeof(uint64_t), K = 64, GROUP = 16 };

/* ---- operations on planes ---- */

static enum rf_rc prepare_two(struct rf_work *work, unsigned width)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_bits(work, &work->x, K, 1));
    RF_TRY(rf_operand_bits(work, &work->y, K, 2));
    RF_TRY(rf_backend_bits(work->backend, &work->out, work->rows, width));
done:
    return rc;
}

static enum rf_rc prepare_wide(struct rf_work *work)
{
    return prepare_two(work, K);
}

static enum rf_rc prepare_narrow(struct rf_work *work)
{
    return prepare_two(work, 1);
}

/* Every other word of rows is equal; a lane's first row is a word's. */
static enum rf_rc prepare_equal(struct rf_work *work)
{
    enum rf_rc rc = prepare_two(work, 1);
    for (unsigned part = 0; rc == RF_OK && part < work->x.all.parts; part++) {
        for (unsigned plane = 0; plane < K; plane++) {
            for (size_t i = work->first / K % 2; i < rf_words(work->rows); i += 2)
                rf_plane(work->y.all, part, plane)[i] = rf_plane(work->x.all, part, plane)[i];
        }
    }
    return rc;
}

static enum rf_rc run_and(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_and_start(work->backend, work->out.all, work->x.all, work->y.all));
    RF_TRY(rf_finish(work->backend));
done:
    return rc;
}

static enum rf_rc run_less(struct rf_work *work)
{
    return rf_less(work->backend, work->out.all, work->x.all, work->y.all);
}

static enum rf_rc run_equal(struct rf_work *work)
{
    return rf_equal(work->backend, work->out.all, work->x.all, work->y.all);
}

static enum rf_rc run_add(struct rf_work *work)
{
    return rf_add(work->backend, work->out.all, work->x.all, work->y.all, false);
}

static enum rf_rc prepare_select(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(prepare_two(work, K));
    RF_TRY(rf_operand_bits(work, &work->choice, 1, 3));
done:
    return rc;
}

static enum rf_rc run_select(struct rf_work *work)
{
    return rf_select(work->backend, work->out.all, work->choice.all, work->x.all, work->y.all);
}

static enum rf_rc prepare_sum(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_bits(work, &work->x, K, 1));
    RF_TRY(rf_bits_init(&work->out, &work->backend->space, work->backend->parts, 1, K));
done:
    return rc;
}

/* Lanes sum up their rows, and lane 0 what comes of it; the others have no result. */
static enum rf_rc sum(struct rf_work *work, unsigned width)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    struct rf_bits sums = {0};
    RF_TRY(rf_sum(backend, work->out.all, work->x.all, width));
    if (rf_lanes(backend) == 1)
        goto done;
    RF_TRY(rf_lanes_gather(backend, &sums, work->out.all));
    if (backend->lane == 0)
        RF_TRY(rf_sum(backend, work->out.all, sums.all, sums.all.width));
done:
    rf_bits_fini(&sums);
    return rc;
}

static enum rf_rc run_sum(struct rf_work *work)
{
    return sum(work, K);
}

static enum rf_rc prepare_count(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_bits(work, &work->x, 1, 1));
    RF_TRY(rf_bits_init(&work->out, &work->backend->space, work->backend->parts, 1,
                        rf_bit_length(work->total)));
done:
    return rc;
}

static enum rf_rc run_count(struct rf_work *work)
{
    return sum(work, 1);
}

/* ---- ring ---- */

static enum rf_rc prepare_product(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_ring(work, &work->rx, 1));
    RF_TRY(rf_operand_ring(work, &work->ry, 2));
    RF_TRY(rf_backend_ring(work->backend, &work->rout, work->rows));
done:
    return rc;
}

static enum rf_rc run_product(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_mul_start(work->arithmetic, &work->rout, &work->rx, &work->ry));
    RF_TRY(rf_finish(work->backend));
done:
    return rc;
}

static enum rf_rc prepare_dot(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_ring(work, &work->rx, 1));
    RF_TRY(rf_operand_ring(work, &work->ry, 2));
    RF_TRY(rf_backend_ring(work->backend, &work->rout, 1));
done:
    return rc;
}

static enum rf_rc run_dot(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_dot_start(work->arithmetic, &work->rout, &work->rx, &work->ry, work->rows));
    RF_TRY(rf_finish(work->backend));
done:
    return rc;
}

static enum rf_rc prepare_convert(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_bits(work, &work->x, 1, 1));
    RF_TRY(rf_backend_ring(work->backend, &work->rout, work->rows));
done:
    return rc;
}

static enum rf_rc run_convert(struct rf_work *work)
{
    return rf_bits_to_ring(work->arithmetic, &work->rout, work->x.all);
}

/* ---- rows ---- */

static enum rf_rc prepare_128(struct rf_work *work)
{
    return rf_operand_table(work, 128);
}

static enum rf_rc run_shuffle(struct rf_work *work)
{
    struct rf_shuffle shuffle = {0};
    enum rf_rc rc;
    RF_TRY(rf_shuffle_new(work->backend, &shuffle, work->rows));
    RF_TRY(rf_shuffle(work->backend, &shuffle, false, &work->table));
done:
    rf_shuffle_fini(&shuffle);
    return rc;
}

static enum rf_rc run_compact(struct rf_work *work)
{
    return rf_compact(work->backend, &work->table, 8, work->total / 2);
}

static enum rf_rc prepare_rows(struct rf_work *work, unsigned key, unsigned payload)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_bits(work, &work->x, key + payload, 1));
    RF_TRY(rf_backend_bits(work->backend, &work->out, work->rows, key + payload));
done:
    return rc;
}

static enum rf_rc prepare_32(struct rf_work *work)
{
    return prepare_rows(work, 32, 0);
}

static enum rf_rc prepare_32_64(struct rf_work *work)
{
    return prepare_rows(work, 32, 64);
}

static enum rf_rc prepare_64(struct rf_work *work)
{
    return prepare_rows(work, 64, 0);
}

static enum rf_rc prepare_64_64(struct rf_work *work)
{
    return prepare_rows(work, 64, 64);
}

static enum rf_rc run_sort(struct rf_work *work, unsigned key)
{
    rf_local_copy(work->out.all, work->x.all);
    return rf_sort_table(work->backend, &work->out, key, NULL);
}

static enum rf_rc run_sort_32(struct rf_work *work)
{
    return run_sort(work, 32);
}

static enum rf_rc run_sort_64(struct rf_work *work)
{
    return run_sort(work, 64);
}

/* ---- groups ---- */

/* Keys of which about four are equal. */
static unsigned few_bits(size_t rows)
{
    return rows > 8 ? rf_bit_length(rows) - 2 : 1;
}

static unsigned group_key(const struct rf_work *work)
{
    return work->key ? work->key : few_bits(work->total);
}

/* A wider key holds no more than a narrow one. */
static void narrow(struct rf_view key, unsigned bits)
{
    if (key.width > bits)
        rf_operand_zero(rf_planes(key, bits, key.width - bits));
}

static enum rf_rc prepare_groups(struct rf_work *work)
{
    enum rf_rc rc;
    unsigned key = group_key(work);
    RF_TRY(prepare_rows(work, key, K));
    narrow(rf_planes(work->x.all, 0, key), few_bits(work->total));
    RF_TRY(rf_backend_bits(work->backend, &work->choice, work->rows, 1));
done:
    return rc;
}

/* Groups of at most 64 rows. */
static enum rf_rc prepare_scan(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_operand_bits(work, &work->x, K, 1));
    RF_TRY(rf_backend_bits(work->backend, &work->out, work->rows, K));
    RF_TRY(rf_operand_bits(work, &work->choice, 1, 3));
    for (unsigned part = 0; part < work->choice.all.parts; part++) {
        for (size_t i = 0; i < rf_words(work->rows); i++)
            rf_plane(work->choice.all, part, 0)[i] &= ~(uint64_t)1;
    }
done:
    return rc;
}

static enum rf_rc run_scan(struct rf_work *work)
{
    rf_local_copy(work->out.all, work->x.all);
    return rf_scan(work->backend, RF_SCAN_SUM, work->out.all, work->choice.all, 64, false);
}

static enum rf_rc run_groups(struct rf_work *work, enum rf_scan kind)
{
    rf_local_copy(work->out.all, work->x.all);
    return rf_group_by(work->backend, work->out.all, group_key(work), kind, 0, work->choice.all);
}

static enum rf_rc run_group_sum(struct rf_work *work)
{
    return run_groups(work, RF_SCAN_SUM);
}

static enum rf_rc run_group_min(struct rf_work *work)
{
    return run_groups(work, RF_SCAN_MIN);
}

/* The result's planes: key, minimum, maximum, last. @y is what values must be below to count. */
static enum rf_rc prepare_min_max(struct rf_work *work)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    unsigned key = group_key(work);
    RF_TRY(rf_operand_bits(work, &work->x, key + K, 1));
    narrow(rf_planes(work->x.all, 0, key), few_bits(work->total));
    RF_TRY(rf_backend_bits(backend, &work->y, work->rows, K));
    rf_local_constant(work->y.all, UINT64_MAX / 4 * 3, backend->constant);
    RF_TRY(rf_backend_bits(backend, &work->choice, work->rows, 1));
    RF_TRY(rf_backend_bits(backend, &work->out, work->rows, key + 2 * K + 1));
done:
    return rc;
}

/* What does not count becomes the largest value for the minimum; the maximum is the minimum of
 * complements. */
static enum rf_rc filter(struct rf_work *work, struct rf_view low, struct rf_view high,
                         struct rf_view counts)
{
    enum rf_rc rc;
    struct rf_view every = rf_repeat(counts, K);
    RF_TRY(rf_and_start(work->backend, high, low, every));
    RF_TRY(rf_finish(work->backend));
    rf_local_xor(low, high, every);
    rf_local_not(low, low, work->backend->constant);
    rf_local_not(high, high, work->backend->constant);
done:
    return rc;
}

static enum rf_rc run_min_max(struct rf_work *work)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    struct rf_bits same = {0};
    unsigned key = group_key(work);
    struct rf_view keys = rf_planes(work->out.all, 0, key), low = rf_planes(work->out.all, key, K),
                   high = rf_planes(work->out.all, key + K, K),
                   flag = rf_planes(work->out.all, key + K, 1),
                   last = rf_planes(work->out.all, key + 2 * K, 1);
    RF_TRY(rf_backend_bits(backend, &same, work->rows, 1));
    rf_local_copy(rf_planes(work->out.all, 0, key + K), work->x.all);
    RF_TRY(rf_less(backend, flag, low, work->y.all));
    RF_TRY(rf_sort(backend, rf_planes(work->out.all, 0, key + K + 1), key, NULL));
    rf_local_copy(work->choice.all, flag);
    RF_TRY(rf_scan_same(backend, same.all, keys));
    RF_TRY(filter(work, low, high, work->choice.all));
    RF_TRY(rf_scan(backend, RF_SCAN_MIN, low, same.all, 0, false));
    RF_TRY(rf_scan(backend, RF_SCAN_MIN, high, same.all, 0, false));
    rf_local_not(high, high, backend->constant);
    RF_TRY(rf_group_last(backend, last, same.all));
done:
    rf_bits_fini(&same);
    return rc;
}

/* ---- joins ---- */

static unsigned join_key(const struct rf_work *work)
{
    unsigned least = rf_bit_length(work->total);
    return work->key > least ? work->key : least;
}

/* Two fifths of the rows are the table of keys 0, 1, …; the others look them up, and a third of their
 * keys are not there. */
static enum rf_rc prepare_tables(struct rf_work *work, unsigned payload)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    size_t all_left = work->total * 2 / 5, all_right = work->total - all_left, before[2];
    size_t left = rf_lanes_slice(all_left, rf_lanes(backend), backend->lane, &before[0]);
    size_t right = rf_lanes_slice(all_right, rf_lanes(backend), backend->lane, &before[1]);
    unsigned key = join_key(work);
    RF_TRY(rf_bits_init(&work->x, &backend->space, backend->parts, left, key + payload));
    rf_operand_fill(backend, work->x.all, before[0], 1);
    rf_local_index(rf_planes(work->x.all, 0, key), before[0], backend->constant);
    RF_TRY(rf_bits_init(&work->y, &backend->space, backend->parts, right, key));
    rf_operand_fill(backend, work->y.all, before[1], 2);
    narrow(work->y.all, rf_bit_length(all_left));
done:
    return rc;
}

static enum rf_rc prepare_join(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(prepare_tables(work, K));
    RF_TRY(rf_backend_bits(work->backend, &work->out, work->y.all.rows, K + 1));
done:
    return rc;
}

static enum rf_rc run_join(struct rf_work *work)
{
    return rf_join(work->backend, rf_planes(work->out.all, 0, K), rf_planes(work->out.all, K, 1),
                   work->x.all, work->y.all, join_key(work));
}

/* The table says of each key one of 1,024 groups. The result's planes: group, count, last. */
static enum rf_rc prepare_join_count(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(prepare_tables(work, GROUP));
    narrow(rf_planes(work->x.all, join_key(work), GROUP), 10);
    RF_TRY(rf_backend_bits(work->backend, &work->out, work->y.all.rows,
                           GROUP + rf_bit_length(work->total) + 1));
done:
    return rc;
}

static enum rf_rc run_join_count(struct rf_work *work)
{
    enum rf_rc rc;
    unsigned width = work->out.all.width;
    struct rf_view counts = rf_planes(work->out.all, GROUP, width - GROUP - 1);
    rf_operand_zero(counts);
    RF_TRY(rf_join(work->backend, rf_planes(work->out.all, 0, GROUP), rf_planes(counts, 0, 1),
                   work->x.all, work->y.all, join_key(work)));
    RF_TRY(rf_group_by(work->backend, rf_planes(work->out.all, 0, width - 1), GROUP, RF_SCAN_SUM, 0,
                       rf_planes(work->out.all, width - 1, 1)));
done:
    return rc;
}

/* ---- graphs ---- */

/* Trees of 16 nodes: each node is joined to one before it. Public numbers, shared without a message. */
static enum rf_rc prepare_components(struct rf_work *work)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    unsigned bits = rf_bit_length(work->rows);
    RF_TRY(rf_backend_bits(backend, &work->x, work->rows, bits));
    RF_TRY(rf_backend_bits(backend, &work->y, work->rows, bits));
    RF_TRY(rf_backend_bits(backend, &work->z, work->rows, bits));
    RF_TRY(rf_backend_bits(backend, &work->out, work->rows, bits));
    rf_operand_zero(work->x.all);
    for (size_t r = 0; backend->constant >= 0 && r < work->rows; r++) {
        uint64_t before = (r & ~(size_t)15) + rf_operand_mix(r) % (r % 16 + 1);
        for (unsigned plane = 0; plane < bits; plane++)
            rf_plane(work->x.all, (unsigned)backend->constant, plane)[r / 64] |=
                (before >> plane & 1) << (r % 64);
    }
    rf_local_index(work->y.all, 0, backend->constant);
done:
    return rc;
}

/* Labelling uses its operands up. */
static enum rf_rc run_components(struct rf_work *work)
{
    enum rf_rc rc;
    struct rf_bits lo = {0};
    unsigned bits = work->x.all.width;
    RF_TRY(rf_backend_bits(work->backend, &lo, work->rows, bits));
    rf_local_copy(lo.all, work->x.all);
    rf_local_copy(work->z.all, work->y.all);
    RF_TRY(rf_label(work->backend, work->out.all, lo.all, work->z.all, work->y.all, 0));
done:
    rf_bits_fini(&lo);
    return rc;
}

/* ---- the work around an operation ---- */

void rf_work_init(struct rf_work *work, struct rf_backend *backend, size_t rows, unsigned key)
{
    *work = (struct rf_work){.backend = backend, .total = rows, .key = key};
    work->rows = rf_lanes_slice(rows, rf_lanes(backend), backend->lane, &work->first);
    (void)rf_arithmetic_of(backend, &work->arithmetic);
}

enum rf_rc rf_work_restore(struct rf_work *work)
{
    enum rf_rc rc = RF_OK;
    const struct rf_rows *kept = &work->kept;
    if (kept->bytes == 0)
        return rc;
    rf_rows_fini(&work->table);
    RF_TRY(rf_backend_rows(work->backend, &work->table, kept->rows, kept->bytes));
    for (unsigned part = 0; part < kept->parts; part++)
        memcpy(work->table.part[part], kept->part[part], kept->rows * kept->bytes);
done:
    return rc;
}

static uint64_t bits_size(const struct rf_bits *bits)
{
    return (uint64_t)bits->all.parts * bits->all.width * rf_words(bits->all.rows) * WORD;
}

static uint64_t ring_size(const struct rf_ring *ring)
{
    return (uint64_t)ring->parts * ring->rows * WORD;
}

uint64_t rf_work_operands(const struct rf_work *work)
{
    const struct rf_rows *table = &work->table;
    return 2 * (uint64_t)table->parts * table->rows * table->bytes + bits_size(&work->x) +
           bits_size(&work->y) + bits_size(&work->z) + bits_size(&work->choice) +
           bits_size(&work->out) + ring_size(&work->rx) + ring_size(&work->ry) +
           ring_size(&work->rout);
}

void rf_work_fini(struct rf_work *work)
{
    rf_bits_fini(&work->x);
    rf_bits_fini(&work->y);
    rf_bits_fini(&work->z);
    rf_bits_fini(&work->choice);
    rf_bits_fini(&work->out);
    rf_ring_fini(&work->rx);
    rf_ring_fini(&work->ry);
    rf_ring_fini(&work->rout);
    rf_rows_fini(&work->table);
    rf_rows_fini(&work->kept);
    *work = (struct rf_work){0};
}

#define DO(before, during, after)                                                                  \
    .prepare = prepare_##before, .run = run_##during, .digest = rf_operand_digest_##after
#define ROWS 1, "row"

static const struct rf_operation operations[] = {
    {"and", "AND of 64-bit columns", K, "AND", DO(wide, and, out)},
    {"product", "product modulo 2^64", 1, "product", DO(product, product, ring), .products = true},
    {"dot", "dot product of two columns modulo 2^64", 1, "product", DO(dot, dot, ring),
     .products = true, .one_lane = true},
    {"less", "64-bit less-than", 1, "comparison", DO(narrow, less, out)},
    {"equal", "64-bit equality", 1, "comparison", DO(equal, equal, out)},
    {"select", "choice between 64-bit values", ROWS, DO(select, select, out)},
    {"add", "64-bit sum of two columns", ROWS, DO(wide, add, out)},
    {"to-ring", "bit to an element of Z_2^64", 1, "bit", DO(convert, convert, ring),
     .products = true},
    {"sum", "sum of all rows, 64 bits", ROWS, DO(sum, sum, first)},
    {"count", "how many rows have a bit set", ROWS, DO(count, count, first)},
    {"shuffle", "shuffle of 128-bit rows", ROWS, DO(128, shuffle, table)},
    {"compact", "keep half of the 128-bit rows", ROWS, DO(128, compact, table)},
    {"sort-32", "sort by a 32-bit key", ROWS, DO(32, sort_32, out)},
    {"sort-32-64", "sort by a 32-bit key, 64-bit payload", ROWS, DO(32_64, sort_32, out)},
    {"sort-64", "sort by a 64-bit key", ROWS, DO(64, sort_64, out)},
    {"sort-64-64", "sort by a 64-bit key, 64-bit payload", ROWS, DO(64_64, sort_64, out)},
    {"scan", "segmented sums, 64 bits, groups of 64 or fewer", ROWS, DO(scan, scan, out)},
    {"group-sum", "group by a key, sum of 64 bits", ROWS, DO(groups, group_sum, out),
     .keyed = true},
    {"group-min", "group by a key, minimum of 64 bits", ROWS, DO(groups, group_min, out),
     .keyed = true},
    {"group-min-max", "64-bit minimum and maximum by a key, of rows below a bound", ROWS,
     DO(min_max, min_max, out), .keyed = true},
    {"join", "look up 64 bits for 3/5 of the rows in the other 2/5", ROWS, DO(join, join, out),
     .keyed = true},
    {"join-count", "join 2/5 with 3/5 of the rows, count by the group joined", ROWS,
     DO(join_count, join_count, out), .keyed = true},
    {"components", "connected components of trees of 16 nodes", 1, "edge",
     DO(components, components, out), .one_lane = true},
    {"study", "whole fraud-ring study, banks linked by identifiers", 1, "customer",
     .study = "identifiers"},
    {"study-both", "whole fraud-ring study, linked by identifiers and transfers", 1, "customer",
     .study = "both"},
    {0},
};

const struct rf_operation *rf_work_operations(void)
{
    return operations;
}

const struct rf_operation *rf_work_find(const char *name)
{
    for (const struct rf_operation *operation = operations; operation->name; operation++) {
        if (strcmp(operation->name, name) == 0)
            return operation;
    }
    return NULL;
}
