#include "protocols/share/local.h"

#include <string.h>

#include "protocols/share/kernel.h"

static void check_shape(struct rf_view a, struct rf_view b)
{
    assert(a.rows == b.rows && a.width == b.width && a.parts == b.parts);
    (void)a;
    (void)b;
}

/* @operands: words read and written for a word of @view */
static void count_pass(struct rf_view view, unsigned operands)
{
    uint64_t words = (uint64_t)rf_words(view.rows) * view.width * RF_PARTS_MAX * operands;
    rf_effort_count(view.efforts, RF_EFFORT_PASS, words, words * sizeof(uint64_t));
}

/* @width: bits of each row that go from rows to planes or back */
static void count_turn(struct rf_efforts *efforts, size_t rows, size_t row_bytes, unsigned width)
{
    uint64_t words = (uint64_t)rows * rf_div_up(width, RF_WORD_BITS);
    rf_effort_count(efforts, RF_EFFORT_TURN, words * RF_PARTS_MAX,
                    (uint64_t)rows * row_bytes * RF_PARTS_MAX);
}

static void count_rows(const struct rf_rows *rows, enum rf_effort kind, size_t count)
{
    enum { LINE = 64 };
    rf_effort_count(rows->efforts, kind, (uint64_t)count * RF_PARTS_MAX * (1 + rows->bytes / LINE),
                    (uint64_t)count * rows->bytes * RF_PARTS_MAX);
}

void rf_local_copy(struct rf_view out, struct rf_view x)
{
    check_shape(out, x);
    count_pass(out, 2);
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++) {
            uint64_t *to = rf_plane(out, part, plane);
            const uint64_t *from = rf_plane(x, part, plane);
            if (to != from)
                memcpy(to, from, rf_words(out.rows) * sizeof *to);
        }
    }
}

void rf_local_xor(struct rf_view out, struct rf_view x, struct rf_view y)
{
    check_shape(out, x);
    check_shape(out, y);
    count_pass(out, 3);
    const struct rf_kernels *kernels = rf_kernels();
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            kernels->xor_words(rf_plane(out, part, plane), rf_plane(x, part, plane),
                               rf_plane(y, part, plane), rf_words(out.rows));
    }
}

void rf_local_not(struct rf_view out, struct rf_view x, int constant)
{
    rf_local_copy(out, x);
    if (constant < 0)
        return;
    for (unsigned plane = 0; plane < out.width; plane++) {
        uint64_t *word = rf_plane(out, (unsigned)constant, plane);
        for (size_t i = 0; i < rf_words(out.rows); i++)
            word[i] = ~word[i];
    }
}

void rf_local_mask(struct rf_view out, struct rf_view x, const struct rf_public *keep)
{
    check_shape(out, x);
    assert(keep->rows == x.rows);
    count_pass(out, 3);
    const struct rf_kernels *kernels = rf_kernels();
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            kernels->and_words(rf_plane(out, part, plane), rf_plane(x, part, plane), keep->word,
                               rf_words(out.rows));
    }
}

void rf_local_zero_tail(struct rf_view x)
{
    if (x.rows % RF_WORD_BITS == 0)
        return;
    for (unsigned part = 0; part < x.parts; part++) {
        for (unsigned plane = 0; plane < x.width; plane++)
            rf_plane(x, part, plane)[rf_words(x.rows) - 1] &= rf_tail_mask(x.rows);
    }
}

static void zero(struct rf_view out)
{
    count_pass(out, 1);
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            memset(rf_plane(out, part, plane), 0, rf_words(out.rows) * sizeof(uint64_t));
    }
}

void rf_local_constant(struct rf_view out, uint64_t value, int constant)
{
    zero(out);
    if (constant < 0)
        return;
    for (unsigned plane = 0; plane < out.width && plane < 64; plane++) {
        if (value >> plane & 1)
            memset(rf_plane(out, (unsigned)constant, plane), 0xff,
                   rf_words(out.rows) * sizeof(uint64_t));
    }
}

void rf_local_index(struct rf_view out, uint64_t first, int constant)
{
    zero(out);
    count_turn(out.efforts, out.rows, sizeof(uint64_t), out.width);
    if (constant < 0)
        return;
    uint64_t block[64];
    for (size_t word = 0; word < rf_words(out.rows); word++) {
        for (unsigned i = 0; i < 64; i++)
            block[i] = first + word * 64 + i;
        rf_kernels()->transpose(block);
        for (unsigned plane = 0; plane < out.width && plane < 64; plane++)
            rf_plane(out, (unsigned)constant, plane)[word] = block[plane];
    }
}

static void shift_later(uint64_t *out, const uint64_t *x, size_t words, size_t distance)
{
    size_t skip = distance / 64;
    unsigned bits = distance % 64;
    if (skip > words)
        skip = words;
    memset(out, 0, skip * sizeof *out);
    if (skip == words)
        return;
    if (bits == 0) {
        memcpy(out + skip, x, (words - skip) * sizeof *out);
        return;
    }
    out[skip] = x[0] << bits;
    for (size_t i = skip + 1; i < words; i++)
        out[i] = x[i - skip] << bits | x[i - skip - 1] >> (64 - bits);
}

void rf_local_later(struct rf_view out, struct rf_view x, size_t distance)
{
    check_shape(out, x);
    count_pass(out, 2);
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            shift_later(rf_plane(out, part, plane), rf_plane(x, part, plane), rf_words(out.rows),
                        distance);
    }
}

static void shift_earlier(uint64_t *out, const uint64_t *x, size_t rows, size_t distance)
{
    size_t words = rf_words(rows), skip = distance / 64;
    unsigned bits = distance % 64;
    if (distance >= rows) {
        memset(out, 0, words * sizeof *out);
        return;
    }
    uint64_t tail = rf_tail_mask(rows);
    for (size_t i = 0; i < words; i++) {
        uint64_t low = 0, high = 0;
        if (i + skip < words)
            low = x[i + skip] & (i + skip + 1 == words ? tail : UINT64_MAX);
        if (i + skip + 1 < words)
            high = x[i + skip + 1] & (i + skip + 2 == words ? tail : UINT64_MAX);
        out[i] = bits ? low >> bits | high << (64 - bits) : low;
    }
}

void rf_local_earlier(struct rf_view out, struct rf_view x, size_t distance)
{
    check_shape(out, x);
    count_pass(out, 2);
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            shift_earlier(rf_plane(out, part, plane), rf_plane(x, part, plane), out.rows, distance);
    }
}

static void append_words(uint64_t *out, size_t at, const uint64_t *x, size_t rows)
{
    out += at / 64;
    unsigned bits = at % 64;
    if (bits == 0) {
        memcpy(out, x, rf_words(rows) * sizeof *out);
        return;
    }
    out[0] = (out[0] & (((uint64_t)1 << bits) - 1)) | x[0] << bits;
    for (size_t i = 1; i < rf_words(bits + rows); i++)
        out[i] = x[i - 1] >> (64 - bits) | (i < rf_words(rows) ? x[i] << bits : 0);
}

void rf_local_append(struct rf_view out, size_t at, struct rf_view x)
{
    assert(out.width == x.width && out.parts == x.parts && at + x.rows <= out.rows);
    if (x.rows == 0)
        return;
    count_pass(x, 2);
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            append_words(rf_plane(out, part, plane), at, rf_plane(x, part, plane), x.rows);
    }
}

static void turn_block(struct rf_view out, struct rf_view x, unsigned part, unsigned plane,
                       size_t word)
{
    uint64_t block[64] = {0};
    for (unsigned i = 0; i < 64 && plane + i < x.width; i++)
        block[i] = rf_plane(x, part, plane + i)[word];
    rf_kernels()->transpose(block);
    for (unsigned i = 0; i < 64 && word * 64 + i < x.rows; i++)
        rf_plane(out, part, (unsigned)(word * 64) + i)[plane / 64] = block[i];
}

void rf_local_turn(struct rf_view out, struct rf_view x)
{
    assert(out.rows == x.width && out.width == x.rows && out.parts == x.parts);
    count_turn(out.efforts, rf_round_up(x.width, RF_WORD_BITS), sizeof(uint64_t), (unsigned)x.rows);
    for (unsigned part = 0; part < x.parts; part++) {
        for (unsigned plane = 0; plane < x.width; plane += 64) {
            for (size_t word = 0; word < rf_words(x.rows); word++)
                turn_block(out, x, part, plane, word);
        }
    }
}

void rf_local_summand_ring(struct rf_ring *out, size_t at, struct rf_view plane, int part)
{
    assert(plane.width == 1 && at + plane.rows <= out->rows);
    for (unsigned i = 0; i < out->parts; i++)
        memset(out->part[i] + at, 0, plane.rows * sizeof(uint64_t));
    if (part < 0)
        return;
    const uint64_t *word = rf_plane(plane, (unsigned)part, 0);
    for (size_t row = 0; row < plane.rows; row++)
        out->part[part][at + row] = word[row / 64] >> (row % 64) & 1;
}

void rf_local_summand_bits(struct rf_view out, const struct rf_ring *x, int part)
{
    assert(out.rows == x->rows && out.width <= 64);
    zero(out);
    count_turn(out.efforts, out.rows, sizeof(uint64_t), out.width);
    if (part < 0)
        return;
    for (size_t word = 0; word < rf_words(out.rows); word++) {
        uint64_t block[64] = {0};
        for (unsigned i = 0; i < 64 && word * 64 + i < x->rows; i++)
            block[i] = x->part[part][word * 64 + i];
        rf_kernels()->transpose(block);
        for (unsigned plane = 0; plane < out.width; plane++)
            rf_plane(out, (unsigned)part, plane)[word] = block[plane];
    }
}

/* The low @bytes of each word to its row. Copies of a known size are single stores. */
static void store_rows(uint8_t *row, size_t pitch, unsigned count, const uint64_t *word,
                       size_t bytes)
{
#define STORE(size)                                                                                \
    case size:                                                                                     \
        for (unsigned i = 0; i < count; i++)                                                       \
            memcpy(row + i * pitch, &word[i], size);                                               \
        break
    switch (bytes) {
        STORE(1);
        STORE(2);
        STORE(3);
        STORE(4);
        STORE(5);
        STORE(6);
        STORE(7);
        STORE(8);
    }
#undef STORE
}

/* 64 rows of up to 64 planes. */
static void pack_block(uint8_t *row, size_t pitch, unsigned count, struct rf_view x, unsigned part,
                       unsigned from, unsigned width, size_t word)
{
    uint64_t block[64] = {0};
    for (unsigned i = 0; i < width; i++)
        block[i] = rf_plane(x, part, from + i)[word];
    rf_kernels()->transpose(block);
    store_rows(row, pitch, count, block, rf_div_up(width, 8));
}

void rf_local_pack(struct rf_rows *out, size_t at, struct rf_view x)
{
    assert(out->rows == x.rows && out->parts == x.parts);
    assert(at + rf_div_up(x.width, 8) <= out->bytes);
    count_turn(out->efforts, x.rows, out->bytes, x.width);
    for (unsigned part = 0; part < x.parts; part++) {
        for (size_t word = 0; word < rf_words(x.rows); word++) {
            unsigned count = x.rows - word * 64 < 64 ? (unsigned)(x.rows - word * 64) : 64;
            uint8_t *row = out->part[part] + word * 64 * out->bytes + at;
            for (unsigned from = 0; from < x.width; from += 64) {
                unsigned width = x.width - from < 64 ? x.width - from : 64;
                pack_block(row + from / 8, out->bytes, count, x, part, from, width, word);
            }
        }
    }
}

/* 64 words from so many rows, @index: rows those are; NULL: one after the other. */
static void load_rows(uint64_t block[64], const uint8_t *row, size_t pitch, const uint32_t *index,
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        block[i] = rf_load64(row + (index ? index[i] : i) * pitch);
    for (unsigned i = count; i < 64; i++)
        block[i] = 0;
}

static void unpack_block(struct rf_view out, unsigned part, unsigned from, size_t word,
                         uint64_t block[64])
{
    unsigned width = out.width - from < 64 ? out.width - from : 64;
    rf_kernels()->transpose(block);
    for (unsigned i = 0; i < width; i++)
        rf_plane(out, part, from + i)[word] = block[i];
}

void rf_local_unpack(struct rf_view out, const struct rf_rows *x, size_t at, const uint32_t *index)
{
    assert(out.parts == x->parts && at + rf_div_up(out.width, 8) <= x->bytes);
    count_turn(out.efforts, out.rows, x->bytes, out.width);
    for (unsigned part = 0; part < out.parts; part++) {
        for (size_t word = 0; word < rf_words(out.rows); word++) {
            size_t first = word * 64;
            unsigned count = out.rows - first < 64 ? (unsigned)(out.rows - first) : 64;
            const uint8_t *row = x->part[part] + at + (index ? 0 : first * x->bytes);
            for (unsigned from = 0; from < out.width; from += 64) {
                uint64_t block[64];
                load_rows(block, row + from / 8, x->bytes, index ? index + first : NULL, count);
                unpack_block(out, part, from, word, block);
            }
        }
    }
}

/* A call for each row would take longer than the row: 8 to 32 bytes are two moves that may overlap. */
static inline void copy_row(uint8_t *to, const uint8_t *from, size_t bytes)
{
    if (bytes >= 16 && bytes <= 32) {
        uint64_t first[2], last[2];
        memcpy(first, from, sizeof first);
        memcpy(last, from + bytes - sizeof last, sizeof last);
        memcpy(to, first, sizeof first);
        memcpy(to + bytes - sizeof last, last, sizeof last);
    } else if (bytes >= 8 && bytes < 16) {
        uint64_t first = rf_load64(from), last = rf_load64(from + bytes - sizeof last);
        rf_store64(to, first);
        rf_store64(to + bytes - sizeof last, last);
    } else {
        memcpy(to, from, bytes);
    }
}

void rf_local_bytes(struct rf_rows *out, size_t at, const struct rf_rows *x, size_t from,
                    size_t count)
{
    assert(x->rows <= out->rows && out->parts == x->parts);
    assert(at + count <= out->bytes && from + count <= x->bytes);
    count_rows(out, RF_EFFORT_COPY, x->rows);
    for (unsigned part = 0; part < out->parts; part++) {
        for (size_t row = 0; row < x->rows; row++)
            copy_row(out->part[part] + row * out->bytes + at, x->part[part] + row * x->bytes + from,
                     count);
    }
}

void rf_local_byte_constant(struct rf_rows *out, size_t at, size_t first, size_t count,
                            uint8_t value, int constant)
{
    assert(first + count <= out->rows && at < out->bytes);
    count_rows(out, RF_EFFORT_COPY, count);
    for (unsigned part = 0; part < out->parts; part++) {
        for (size_t row = first; row < first + count; row++)
            out->part[part][row * out->bytes + at] = (int)part == constant ? value : 0;
    }
}

void rf_local_spread(struct rf_view out, struct rf_view x)
{
    assert(out.width == x.width && out.parts == x.parts && x.rows > 0);
    count_pass(out, 1);
    for (unsigned part = 0; part < out.parts; part++) {
        for (unsigned plane = 0; plane < out.width; plane++)
            memset(rf_plane(out, part, plane), -(int)(rf_plane(x, part, plane)[0] & 1),
                   rf_words(out.rows) * sizeof(uint64_t));
    }
}

void rf_local_move(struct rf_view out, size_t out_row, unsigned out_plane, struct rf_view x,
                   size_t row, unsigned plane)
{
    assert(out_row < out.rows && out_plane < out.width && row < x.rows && plane < x.width);
    for (unsigned part = 0; part < out.parts; part++) {
        uint64_t bit = rf_plane(x, part, plane)[row / 64] >> (row % 64) & 1;
        uint64_t *word = &rf_plane(out, part, out_plane)[out_row / 64];
        uint64_t mask = (uint64_t)1 << (out_row % 64);
        *word = (*word & ~mask) | (bit << (out_row % 64));
    }
}

void rf_local_gather(struct rf_rows *out, const struct rf_rows *x, const uint32_t *index)
{
    assert(out->bytes == x->bytes && out->parts == x->parts);
    count_rows(out, RF_EFFORT_GATHER, out->rows);
    for (unsigned part = 0; part < out->parts; part++) {
        for (size_t row = 0; row < out->rows; row++)
            copy_row(out->part[part] + row * out->bytes, x->part[part] + index[row] * x->bytes,
                     out->bytes);
    }
}

void rf_local_scatter(struct rf_rows *out, const struct rf_rows *x, const uint32_t *index)
{
    assert(out->bytes == x->bytes && out->parts == x->parts);
    count_rows(out, RF_EFFORT_GATHER, x->rows);
    for (unsigned part = 0; part < out->parts; part++) {
        for (size_t row = 0; row < x->rows; row++)
            copy_row(out->part[part] + index[row] * out->bytes, x->part[part] + row * x->bytes,
                     out->bytes);
    }
}

/* Where the rows of a table in slices are, in one part. */
struct rows_at {
    uint8_t *slice[RF_SLICES_MAX];
    size_t first[RF_SLICES_MAX + 1]; /* row of each slice */
};

static void find_rows(struct rows_at *at, const struct rf_slices *slices, const struct rf_rows *x,
                      unsigned part)
{
    at->first[0] = 0;
    for (unsigned i = 0; i < slices->count; i++) {
        assert(slices->slice[i]->bytes == x->bytes && slices->slice[i]->parts == x->parts);
        at->slice[i] = slices->slice[i]->part[part];
        at->first[i + 1] = at->first[i] + slices->slice[i]->rows;
    }
}

/* Without a branch: rows come in random order. */
static inline uint8_t *row_at(const struct rows_at *at, unsigned count, size_t bytes, size_t row)
{
    unsigned slice = 0;
    for (unsigned i = 1; i < count; i++)
        slice += row >= at->first[i];
    return at->slice[slice] + (row - at->first[slice]) * bytes;
}

void rf_local_gather_from(struct rf_rows *out, const struct rf_slices *slices,
                          const uint32_t *index)
{
    struct rows_at at = {0};
    count_rows(out, RF_EFFORT_GATHER, out->rows);
    for (unsigned part = 0; part < out->parts; part++) {
        find_rows(&at, slices, out, part);
        for (size_t row = 0; row < out->rows; row++)
            copy_row(out->part[part] + row * out->bytes,
                     row_at(&at, slices->count, out->bytes, index[row]), out->bytes);
    }
}

void rf_local_scatter_to(const struct rf_slices *slices, const struct rf_rows *x,
                         const uint32_t *index)
{
    struct rows_at at = {0};
    count_rows(x, RF_EFFORT_GATHER, x->rows);
    for (unsigned part = 0; part < x->parts; part++) {
        find_rows(&at, slices, x, part);
        for (size_t row = 0; row < x->rows; row++)
            copy_row(row_at(&at, slices->count, x->bytes, index[row]),
                     x->part[part] + row * x->bytes, x->bytes);
    }
}

void rf_local_rearrange(struct rf_rows *rows, void *spare, const uint32_t *index, bool inverse)
{
    const size_t bytes = rows->bytes;
    count_rows(rows, RF_EFFORT_GATHER, rows->rows);
    rf_effort_count(rows->efforts, RF_EFFORT_PASS,
                    RF_PARTS_MAX * 2 * rows->rows * bytes / sizeof(uint64_t),
                    2 * rows->rows * bytes);
    for (unsigned part = 0; part < rows->parts; part++) {
        uint8_t *from = rows->part[part], *to = spare;
        for (size_t row = 0; row < rows->rows; row++) {
            if (inverse)
                copy_row(to + index[row] * bytes, from + row * bytes, bytes);
            else
                copy_row(to + row * bytes, from + index[row] * bytes, bytes);
        }
        memcpy(from, to, rows->rows * bytes);
    }
}
