#include "protocols/share/column.h"

#include <string.h>

#include "net/base/secret.h"

enum { LINE_WORDS = 8 };

/* Planes start on cache lines, an odd number of them apart: with a power of two apart, words of the
 * same rows would compete for one set of the cache. */
static size_t plane_stride(size_t rows)
{
    size_t lines = rf_div_up(rf_words(rows), LINE_WORDS);
    return (lines | 1) * LINE_WORDS;
}

static enum rf_rc alloc_parts(struct rf_space *space, unsigned parts, size_t each,
                              struct rf_block *block, uint64_t *part[RF_PARTS_MAX])
{
    assert(parts <= RF_PARTS_MAX);
    /* A planning space charges what a party with all parts would hold. */
    unsigned charged = space->planning ? RF_PARTS_MAX : parts;
    size_t size;
    if (__builtin_mul_overflow(each, charged * sizeof(uint64_t), &size))
        return rf_err_set(space->err, RF_E_MEMORY, "a column of %zu words does not fit", each);
    enum rf_rc rc = rf_space_alloc(space, size, block);
    for (unsigned i = 0; rc == RF_OK && i < RF_PARTS_MAX; i++)
        part[i] = i < parts && block->memory ? (uint64_t *)block->memory + i * each : NULL;
    return rc;
}

enum rf_rc rf_bits_init(struct rf_bits *bits, struct rf_space *space, unsigned parts, size_t rows,
                        unsigned width)
{
    *bits = (struct rf_bits){
        .all = {.rows = rows, .width = width, .parts = parts, .efforts = space->efforts},
        .space = space,
    };
    bits->all.stride = plane_stride(rows);
    return alloc_parts(space, parts, bits->all.stride * width, &bits->block, bits->all.part);
}

void rf_bits_fini(struct rf_bits *bits)
{
    if (bits->space)
        rf_space_free(bits->space, &bits->block);
    *bits = (struct rf_bits){0};
}

/* Room for one word more: rows are read and written a word at a time. */
static enum rf_rc part_words(struct rf_space *space, size_t count, size_t bytes, size_t *words)
{
    size_t size;
    if (__builtin_mul_overflow(count, bytes, &size))
        return rf_err_set(space->err, RF_E_MEMORY, "%zu rows of %zu bytes do not fit", count,
                          bytes);
    *words = rf_div_up(size, sizeof(uint64_t)) + LINE_WORDS;
    return RF_OK;
}

enum rf_rc rf_rows_init(struct rf_rows *rows, struct rf_space *space, unsigned parts, size_t count,
                        size_t bytes)
{
    *rows = (struct rf_rows){
        .rows = count,
        .bytes = bytes,
        .parts = parts,
        .efforts = space->efforts,
        .space = space,
    };
    size_t words = 0;
    uint64_t *part[RF_PARTS_MAX] = {0};
    enum rf_rc rc = part_words(space, count, bytes, &words);
    if (rc == RF_OK)
        rc = alloc_parts(space, parts, words, &rows->block, part);
    for (unsigned i = 0; rc == RF_OK && i < RF_PARTS_MAX; i++)
        rows->part[i] = (uint8_t *)part[i];
    return rc;
}

void rf_rows_fini(struct rf_rows *rows)
{
    if (rows->space)
        rf_space_free(rows->space, &rows->block);
    *rows = (struct rf_rows){0};
}

enum rf_rc rf_rows_spare(struct rf_block *block, struct rf_space *space, const struct rf_rows *rows)
{
    size_t words = 0;
    enum rf_rc rc = part_words(space, rows->rows, rows->bytes, &words);
    return rc == RF_OK ? rf_space_alloc(space, words * sizeof(uint64_t), block) : rc;
}

enum rf_rc rf_ring_init(struct rf_ring *ring, struct rf_space *space, unsigned parts, size_t rows)
{
    *ring = (struct rf_ring){.rows = rows, .parts = parts, .space = space};
    return alloc_parts(space, parts, rf_round_up(rows, LINE_WORDS), &ring->block, ring->part);
}

void rf_ring_fini(struct rf_ring *ring)
{
    if (ring->space)
        rf_space_free(ring->space, &ring->block);
    *ring = (struct rf_ring){0};
}

enum rf_rc rf_public_init(struct rf_public *bits, struct rf_space *space, size_t rows)
{
    *bits = (struct rf_public){.rows = rows, .space = space};
    size_t size = rf_words(rows) * sizeof(uint64_t);
    enum rf_rc rc = rf_space_alloc(space, size, &bits->block);
    if (rc != RF_OK)
        return rc;
    if (!bits->block.memory)
        bits->block.memory = rf_secret_alloc(bits->block.room);
    bits->word = bits->block.memory;
    if (!bits->word) {
        rf_space_free(space, &bits->block);
        return rf_err_set(space->err, RF_E_MEMORY, "out of memory");
    }
    memset(bits->word, 0, size);
    return RF_OK;
}

void rf_public_fini(struct rf_public *bits)
{
    if (!bits->space)
        return;
    if (bits->space->planning) {
        rf_secret_free(bits->block.memory, bits->block.room);
        bits->block.memory = NULL;
    }
    rf_space_free(bits->space, &bits->block);
    *bits = (struct rf_public){0};
}
