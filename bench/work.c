#include "bench/work.h"

#include <stdlib.h>
#include <string.h>

#include "protocols/analytics/label.h"
#include "protocols/circuit/add.h"
#include "protocols/circuit/convert.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/group.h"
#include "protocols/oblivious/join.h"
#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"

enum { WORD = sizeof(uint64_t), K = 64 };

/* ---- operands ---- */

static uint64_t mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Summand j of word @at of what holds @value there. */
static uint64_t summand(const struct rf_backend *backend, uint64_t value, uint64_t at, unsigned j,
                        bool ring)
{
    uint64_t a = mix(2 * at + 1), b = mix(~at);
    if (backend->summands == 1)
        return value;
    return j == 0 ? a : j == 1 ? b : ring ? value - a - b : value ^ a ^ b;
}

static void share_words(const struct rf_backend *backend, uint64_t *const part[], size_t at,
                        uint64_t value, uint64_t where, bool ring)
{
    for (unsigned j = 0; j < backend->summands; j++) {
        if (backend->summand[j] >= 0)
            part[backend->summand[j]][at] = summand(backend, value, where, j, ring);
    }
}

/* Random bits, the same at every party. */
static void fill(const struct rf_backend *backend, struct rf_view out, uint64_t seed)
{
    for (unsigned plane = 0; plane < out.width; plane++) {
        uint64_t *const part[2] = {rf_plane(out, 0, plane),
                                   out.parts > 1 ? rf_plane(out, 1, plane) : NULL};
        for (size_t i = 0; i < rf_words(out.rows); i++) {
            uint64_t where = (seed << 48) + ((uint64_t)plane << 36) + i;
            share_words(backend, part, i, mix(mix(where)), where, false);
        }
    }
}

static void fill_zero(struct rf_view out)
{
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            memset(rf_plane(out, part, plane), 0, rf_words(out.rows) * WORD);
    }
}

static void fill_ring(const struct rf_backend *backend, struct rf_ring *out, uint64_t seed)
{
    for (size_t i = 0; i < out->rows; i++) {
        uint64_t where = (seed << 48) + i;
        share_words(backend, out->part, i, mix(mix(where)), where, true);
    }
}

static enum rf_rc make(struct rf_work *work, struct rf_bits *bits, unsigned width, uint64_t seed)
{
    enum rf_rc rc = rf_backend_bits(work->backend, bits, work->rows, width);
    if (rc == RF_OK)
        fill(work->backend, bits->all, seed);
    return rc;
}

static enum rf_rc make_ring(struct rf_work *work, struct rf_ring *ring, uint64_t seed)
{
    enum rf_rc rc = rf_backend_ring(work->backend, ring, work->rows);
    if (rc == RF_OK)
        fill_ring(work->backend, ring, seed);
    return rc;
}

/* Rows of @width random bits. */
static enum rf_rc make_table(struct rf_work *work, unsigned width)
{
    enum rf_rc rc;
    struct rf_bits planes = {0};
    RF_TRY(make(work, &planes, width, 9));
    RF_TRY(rf_backend_rows(work->backend, &work->kept, work->rows, rf_div_up(width, 8)));
    rf_local_pack(&work->kept, 0, planes.all);
done:
    rf_bits_fini(&planes);
    return rc;
}

enum rf_rc rf_work_restore(struct rf_work *work)
{
    enum rf_rc rc = RF_OK;
    const struct rf_rows *kept = &work->kept;
    if (kept->rows == 0)
        return rc;
    rf_rows_fini(&work->table);
    RF_TRY(rf_backend_rows(work->backend, &work->table, kept->rows, kept->bytes));
    for (unsigned part = 0; part < kept->parts; part++)
        memcpy(work->table.part[part], kept->part[part], kept->rows * kept->bytes);
done:
    return rc;
}

uint64_t rf_work_operands(const struct rf_work *work)
{
    enum { BITS = 5, RINGS = 3 };
    const struct rf_bits *bits[BITS] = {&work->x, &work->y, &work->z, &work->choice, &work->out};
    const struct rf_ring *rings[RINGS] = {&work->rx, &work->ry, &work->rout};
    uint64_t bytes = 2 * (uint64_t)work->table.parts * work->table.rows * work->table.bytes;
    for (unsigned i = 0; i < BITS; i++)
        bytes +=
            (uint64_t)bits[i]->all.parts * bits[i]->all.width * rf_words(bits[i]->all.rows) * WORD;
    for (unsigned i = 0; i < RINGS; i++)
        bytes += (uint64_t)rings[i]->parts * rings[i]->rows * WORD;
    return bytes;
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

/* ---- digests ---- */

/* Of rows in their order, or, with @place 0, in whatever order. */
static enum rf_rc digest_view(struct rf_work *work, struct rf_view x, uint64_t place,
                              uint64_t *digest)
{
    size_t words = rf_words(x.rows);
    uint64_t *plane = calloc(words * x.width + 1, WORD), *row = calloc(x.rows + 1, WORD);
    enum rf_rc rc = RF_OK;
    if (!plane || !row) {
        rc = rf_err_set(work->backend->err, RF_E_MEMORY, "out of memory");
        goto done;
    }
    RF_TRY(rf_open_start(work->backend, RF_OPEN_RESULT, plane, x, NULL));
    RF_TRY(rf_finish(work->backend));
    for (unsigned i = 0; i < x.width; i++) {
        for (size_t r = 0; r < x.rows; r++)
            row[r] = mix(row[r] * 2 + (plane[i * words + r / 64] >> (r % 64) & 1));
    }
    *digest = x.rows;
    for (size_t r = 0; r < x.rows; r++)
        *digest += mix(row[r] + place * r);
done:
    free(plane);
    free(row);
    return rc;
}

static enum rf_rc digest_out(struct rf_work *work, uint64_t *digest)
{
    return digest_view(work, work->out.all, 1, digest);
}

static enum rf_rc digest_ring(struct rf_work *work, uint64_t *digest)
{
    uint64_t *value = calloc(work->rows + 1, WORD);
    enum rf_rc rc = RF_OK;
    if (!value)
        return rf_err_set(work->backend->err, RF_E_MEMORY, "out of memory");
    RF_TRY(rf_open_ring_start(work->backend, RF_OPEN_RESULT, value, &work->rout));
    RF_TRY(rf_finish(work->backend));
    *digest = work->rows;
    for (size_t r = 0; r < work->rows; r++)
        *digest += mix(value[r] + mix(r));
done:
    free(value);
    return rc;
}

/* Of rows whose order is random. */
static enum rf_rc digest_table(struct rf_work *work, uint64_t *digest)
{
    enum rf_rc rc;
    struct rf_bits planes = {0};
    RF_TRY(
        rf_backend_bits(work->backend, &planes, work->table.rows, (unsigned)work->table.bytes * 8));
    rf_local_unpack(planes.all, &work->table, 0, NULL);
    RF_TRY(digest_view(work, planes.all, 0, digest));
done:
    rf_bits_fini(&planes);
    return rc;
}

/* ---- operations on planes ---- */

static enum rf_rc prepare_two(struct rf_work *work, unsigned width)
{
    enum rf_rc rc;
    RF_TRY(make(work, &work->x, K, 1));
    RF_TRY(make(work, &work->y, K, 2));
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

/* Every other word of rows is equal. */
static enum rf_rc prepare_equal(struct rf_work *work)
{
    enum rf_rc rc = prepare_two(work, 1);
    for (unsigned part = 0; rc == RF_OK && part < work->x.all.parts; part++) {
        for (unsigned plane = 0; plane < K; plane++) {
            for (size_t i = 0; i < rf_words(work->rows); i += 2)
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
    RF_TRY(make(work, &work->choice, 1, 3));
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
    RF_TRY(make(work, &work->x, K, 1));
    RF_TRY(rf_bits_init(&work->out, &work->backend->space, work->backend->parts, 1, K));
done:
    return rc;
}

static enum rf_rc run_sum(struct rf_work *work)
{
    return rf_sum(work->backend, work->out.all, work->x.all, K);
}

/* ---- ring ---- */

static enum rf_rc prepare_product(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(make_ring(work, &work->rx, 1));
    RF_TRY(make_ring(work, &work->ry, 2));
    RF_TRY(rf_backend_ring(work->backend, &work->rout, work->rows));
done:
    return rc;
}

static enum rf_rc run_product(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(rf_mul_start(work->backend, &work->rout, &work->rx, &work->ry));
    RF_TRY(rf_finish(work->backend));
done:
    return rc;
}

static enum rf_rc prepare_convert(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(make(work, &work->x, 1, 1));
    RF_TRY(rf_backend_ring(work->backend, &work->rout, work->rows));
done:
    return rc;
}

static enum rf_rc run_convert(struct rf_work *work)
{
    return rf_bits_to_ring(work->backend, &work->rout, work->x.all);
}

/* ---- rows ---- */

static enum rf_rc prepare_128(struct rf_work *work)
{
    return make_table(work, 128);
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
    return rf_compact(work->backend, &work->table, 8, work->rows / 2);
}

static enum rf_rc prepare_rows(struct rf_work *work, unsigned key, unsigned payload)
{
    enum rf_rc rc;
    RF_TRY(make(work, &work->x, key + payload, 1));
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

static enum rf_rc prepare_64_64(struct rf_work *work)
{
    return prepare_rows(work, 64, 64);
}

static enum rf_rc run_sort(struct rf_work *work, unsigned key)
{
    rf_local_copy(work->out.all, work->x.all);
    return rf_sort(work->backend, work->out.all, key, NULL);
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

/* Keys of which about four are equal, of a table as large as the rows. */
static unsigned few_bits(size_t rows)
{
    return rows > 8 ? rf_bit_length(rows) - 2 : 1;
}

static enum rf_rc prepare_groups(struct rf_work *work)
{
    enum rf_rc rc;
    unsigned key = few_bits(work->rows);
    RF_TRY(prepare_rows(work, key, K));
    RF_TRY(make(work, &work->choice, 1, 3));
done:
    return rc;
}

/* Groups of at most 64 rows. */
static enum rf_rc prepare_scan(struct rf_work *work)
{
    enum rf_rc rc;
    RF_TRY(make(work, &work->x, K, 1));
    RF_TRY(rf_backend_bits(work->backend, &work->out, work->rows, K));
    RF_TRY(make(work, &work->choice, 1, 3));
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
    return rf_group_by(work->backend, work->out.all, few_bits(work->rows), kind, 0,
                       work->choice.all);
}

static enum rf_rc run_group_sum(struct rf_work *work)
{
    return run_groups(work, RF_SCAN_SUM);
}

static enum rf_rc run_group_min(struct rf_work *work)
{
    return run_groups(work, RF_SCAN_MIN);
}

/* Two fifths of the rows are the table of keys 0, 1, …; the others look them up, and a third of their
 * keys are not there. */
static enum rf_rc prepare_join(struct rf_work *work)
{
    enum rf_rc rc;
    struct rf_backend *backend = work->backend;
    size_t left = work->rows * 2 / 5, right = work->rows - left;
    unsigned key = rf_bit_length(work->rows);
    RF_TRY(rf_bits_init(&work->x, &backend->space, backend->parts, left, key + K));
    fill(backend, work->x.all, 1);
    rf_local_index(rf_planes(work->x.all, 0, key), 0, backend->constant);
    RF_TRY(rf_bits_init(&work->y, &backend->space, backend->parts, right, key));
    fill(backend, work->y.all, 2);
    fill_zero(rf_planes(work->y.all, rf_bit_length(left), key - rf_bit_length(left)));
    RF_TRY(rf_bits_init(&work->out, &backend->space, backend->parts, right, K + 1));
done:
    return rc;
}

static enum rf_rc run_join(struct rf_work *work)
{
    unsigned key = rf_bit_length(work->rows);
    return rf_join(work->backend, rf_planes(work->out.all, 0, K), rf_planes(work->out.all, K, 1),
                   work->x.all, work->y.all, key);
}

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
    fill_zero(work->x.all);
    for (size_t r = 0; backend->constant >= 0 && r < work->rows; r++) {
        uint64_t before = (r & ~(size_t)15) + mix(r) % (r % 16 + 1);
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

static const struct rf_operation operations[] = {
    {"and", "AND of 64-bit columns", K, "AND", prepare_wide, run_and, digest_out},
    {"product", "product modulo 2^64", 1, "product", prepare_product, run_product, digest_ring},
    {"less", "64-bit less-than", 1, "comparison", prepare_narrow, run_less, digest_out},
    {"equal", "64-bit equality", 1, "comparison", prepare_equal, run_equal, digest_out},
    {"select", "choice between 64-bit values", 1, "row", prepare_select, run_select, digest_out},
    {"add", "64-bit sum of two columns", 1, "row", prepare_wide, run_add, digest_out},
    {"to-ring", "bit to an element of Z_2^64", 1, "bit", prepare_convert, run_convert, digest_ring},
    {"sum", "sum of all rows, 64 bits", 1, "row", prepare_sum, run_sum, digest_out},
    {"shuffle", "shuffle of 128-bit rows", 1, "row", prepare_128, run_shuffle, digest_table},
    {"compact", "keep half of the 128-bit rows", 1, "row", prepare_128, run_compact, digest_table},
    {"sort-32", "sort by a 32-bit key", 1, "row", prepare_32, run_sort_32, digest_out},
    {"sort-32-64", "sort by a 32-bit key, 64-bit payload", 1, "row", prepare_32_64, run_sort_32,
     digest_out},
    {"sort-64", "sort by a 64-bit key", 1, "row", prepare_wide, run_sort_64, digest_out},
    {"sort-64-64", "sort by a 64-bit key, 64-bit payload", 1, "row", prepare_64_64, run_sort_64,
     digest_out},
    {"scan", "segmented sums, 64 bits, groups of 64 or fewer", 1, "row", prepare_scan, run_scan,
     digest_out},
    {"group-sum", "group by a key, sum of 64 bits", 1, "row", prepare_groups, run_group_sum,
     digest_out},
    {"group-min", "group by a key, minimum of 64 bits", 1, "row", prepare_groups, run_group_min,
     digest_out},
    {"join", "look up 64 bits for 3/5 of the rows in the other 2/5", 1, "row", prepare_join,
     run_join, digest_out},
    {"components", "connected components of trees of 16 nodes", 1, "edge", prepare_components,
     run_components, digest_out},
    {0},
};

const struct rf_operation *rf_operations(void)
{
    return operations;
}

const struct rf_operation *rf_operation_find(const char *name)
{
    for (const struct rf_operation *operation = operations; operation->name; operation++) {
        if (strcmp(operation->name, name) == 0)
            return operation;
    }
    return NULL;
}
