#include "bench/operand.h"

#include <stdlib.h>
#include <string.h>

#include "protocols/backend/lanes.h"

enum { WORD = sizeof(uint64_t) };

/* ---- operands ---- */

uint64_t rf_operand_mix(uint64_t z)
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
    uint64_t a = rf_operand_mix(2 * at + 1), b = rf_operand_mix(~at);
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

void rf_operand_fill(const struct rf_backend *backend, struct rf_view out, size_t first,
                     uint64_t seed)
{
    size_t before = first / RF_WORD_BITS;
    for (unsigned plane = 0; out.parts > 0 && plane < out.width; plane++) {
        uint64_t *const part[2] = {rf_plane(out, 0, plane),
                                   out.parts > 1 ? rf_plane(out, 1, plane) : NULL};
        for (size_t i = 0; i < rf_words(out.rows); i++) {
            uint64_t where = (seed << 48) + ((uint64_t)plane << 36) + before + i;
            share_words(backend, part, i, rf_operand_mix(rf_operand_mix(where)), where, false);
        }
    }
}

void rf_operand_zero(struct rf_view out)
{
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            memset(rf_plane(out, part, plane), 0, rf_words(out.rows) * WORD);
    }
}

static void fill_ring(const struct rf_backend *backend, struct rf_ring *out, size_t first,
                      uint64_t seed)
{
    for (size_t i = 0; i < out->rows; i++) {
        uint64_t where = (seed << 48) + first + i;
        share_words(backend, out->part, i, rf_operand_mix(rf_operand_mix(where)), where, true);
    }
}

enum rf_rc rf_operand_bits(struct rf_work *work, struct rf_bits *bits, unsigned width,
                           uint64_t seed)
{
    enum rf_rc rc = rf_backend_bits(work->backend, bits, work->rows, width);
    if (rc == RF_OK)
        rf_operand_fill(work->backend, bits->all, work->first, seed);
    return rc;
}

enum rf_rc rf_operand_ring(struct rf_work *work, struct rf_ring *ring, uint64_t seed)
{
    enum rf_rc rc = rf_backend_ring(work->backend, ring, work->rows);
    if (rc == RF_OK)
        fill_ring(work->backend, ring, work->first, seed);
    return rc;
}

enum rf_rc rf_operand_table(struct rf_work *work, unsigned width)
{
    enum rf_rc rc;
    struct rf_bits planes = {0};
    RF_TRY(rf_operand_bits(work, &planes, width, 9));
    RF_TRY(rf_backend_rows(work->backend, &work->kept, work->rows, rf_div_up(width, 8)));
    rf_local_pack(&work->kept, 0, planes.all);
done:
    rf_bits_fini(&planes);
    return rc;
}

/* ---- digests ---- */

/* Which row of the whole result this lane's first is. */
static enum rf_rc first_row(struct rf_work *work, size_t rows, size_t *first)
{
    struct rf_lanes_rows all;
    enum rf_rc rc = rf_lanes_count(work->backend, rows, &all);
    *first = all.first;
    return rc;
}

/* Of rows in their order, @first before them; or, with @place 0, in whatever order. */
static enum rf_rc digest_view(struct rf_work *work, struct rf_view x, size_t first, uint64_t place,
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
            row[r] = rf_operand_mix(row[r] * 2 + (plane[i * words + r / 64] >> (r % 64) & 1));
    }
    *digest = x.rows;
    for (size_t r = 0; r < x.rows; r++)
        *digest += rf_operand_mix(row[r] + place * (first + r));
done:
    free(plane);
    free(row);
    return rc;
}

enum rf_rc rf_operand_digest_out(struct rf_work *work, uint64_t *digest)
{
    enum rf_rc rc;
    size_t first;
    RF_TRY(first_row(work, work->out.all.rows, &first));
    RF_TRY(digest_view(work, work->out.all, first, 1, digest));
done:
    return rc;
}

enum rf_rc rf_operand_digest_first(struct rf_work *work, uint64_t *digest)
{
    *digest = 0;
    return work->backend->lane == 0 ? digest_view(work, work->out.all, 0, 1, digest) : RF_OK;
}

enum rf_rc rf_operand_digest_ring(struct rf_work *work, uint64_t *digest)
{
    size_t rows = work->rout.rows, first;
    uint64_t *value = calloc(rows + 1, WORD);
    enum rf_rc rc = RF_OK;
    if (!value)
        return rf_err_set(work->backend->err, RF_E_MEMORY, "out of memory");
    RF_TRY(first_row(work, rows, &first));
    RF_TRY(rf_open_ring_start(work->arithmetic, RF_OPEN_RESULT, value, &work->rout));
    RF_TRY(rf_finish(work->backend));
    *digest = rows;
    for (size_t r = 0; r < rows; r++)
        *digest += rf_operand_mix(value[r] + rf_operand_mix(first + r));
done:
    free(value);
    return rc;
}

enum rf_rc rf_operand_digest_table(struct rf_work *work, uint64_t *digest)
{
    enum rf_rc rc;
    struct rf_bits planes = {0};
    RF_TRY(
        rf_backend_bits(work->backend, &planes, work->table.rows, (unsigned)work->table.bytes * 8));
    rf_local_unpack(planes.all, &work->table, 0, NULL);
    RF_TRY(digest_view(work, planes.all, 0, 0, digest));
done:
    rf_bits_fini(&planes);
    return rc;
}
