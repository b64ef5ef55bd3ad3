#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/share/kernel.h"
#include "protocols/share/local.h"
#include "protocols/share/stream.h"
#include "tests/support/random.h"

#define OK(call) cr_assert_eq((call), RF_OK)

enum { WORDS = 1037 };

static void fill(uint64_t *word, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        word[i] = rf_test_random(&seed);
}

Test(kernel, every_implementation_equals_the_portable_one)
{
    static uint64_t in[6][WORDS], want[WORDS], got[WORDS];
    for (unsigned i = 0; i < 6; i++)
        fill(in[i], WORDS, i);
    const struct rf_kernels *portable = rf_kernels_all()[0];
    cr_assert_str_eq(portable->name, "portable");
    for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
        for (size_t words = 0; words < WORDS; words += words / 3 + 1) {
            portable->xor_words(want, in[0], in[1], words);
            (*k)->xor_words(got, in[0], in[1], words);
            cr_assert_arr_eq(got, want, words * sizeof *got, "%s", (*k)->name);
            portable->and_words(want, in[0], in[1], words);
            (*k)->and_words(got, in[0], in[1], words);
            cr_assert_arr_eq(got, want, words * sizeof *got, "%s", (*k)->name);
            portable->rep3_and(want, in[0], in[1], in[2], in[3], words);
            (*k)->rep3_and(got, in[0], in[1], in[2], in[3], words);
            cr_assert_arr_eq(got, want, words * sizeof *got, "%s", (*k)->name);
            portable->rep3_mul(want, in[0], in[1], in[2], in[3], in[4], in[5], words);
            (*k)->rep3_mul(got, in[0], in[1], in[2], in[3], in[4], in[5], words);
            cr_assert_arr_eq(got, want, words * sizeof *got, "%s", (*k)->name);
        }
        memcpy(got, in[0], 64 * sizeof *got);
        (*k)->transpose(got);
        for (unsigned i = 0; i < 64; i++) {
            for (unsigned j = 0; j < 64; j++)
                cr_assert_eq(got[j] >> i & 1, in[0][i] >> j & 1, "%s", (*k)->name);
        }
    }
}

struct fixture {
    struct rf_err err;
    struct rf_space space;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){0};
    rf_space_init(&f->space, 0, false, &f->err);
}

static void fixture_fini(struct fixture *f)
{
    cr_assert_eq(f->space.live, 0);
    rf_space_fini(&f->space);
}

static uint64_t bit(struct rf_view view, size_t row, unsigned plane)
{
    return rf_plane(view, 0, plane)[row / 64] >> (row % 64) & 1;
}

static void noise(struct rf_view view, uint64_t seed)
{
    for (unsigned part = 0; part < view.parts; part++) {
        for (unsigned plane = 0; plane < view.width; plane++)
            fill(rf_plane(view, part, plane), rf_words(view.rows), seed + part * 1000 + plane);
    }
}

Test(local, shifts_move_rows)
{
    const size_t sizes[] = {1, 63, 64, 65, 130, 500};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct fixture f;
        struct rf_bits x = {0}, y = {0};
        size_t rows = sizes[s];
        fixture_init(&f);
        OK(rf_bits_init(&x, &f.space, 1, rows, 3));
        OK(rf_bits_init(&y, &f.space, 1, rows, 3));
        noise(x.all, s);
        for (size_t d = 0; d < rows + 70; d += d / 2 + 1) {
            rf_local_later(y.all, x.all, d);
            for (size_t r = 0; r < rows; r++)
                cr_assert_eq(bit(y.all, r, 2), r >= d ? bit(x.all, r - d, 2) : 0);
            rf_local_earlier(y.all, x.all, d);
            for (size_t r = 0; r < rows; r++)
                cr_assert_eq(bit(y.all, r, 1), r + d < rows ? bit(x.all, r + d, 1) : 0);
        }
        rf_bits_fini(&x);
        rf_bits_fini(&y);
        fixture_fini(&f);
    }
}

Test(local, append_keeps_what_stands_before)
{
    for (size_t at = 0; at < 200; at += 13) {
        struct fixture f;
        struct rf_bits out = {0}, x = {0};
        fixture_init(&f);
        OK(rf_bits_init(&out, &f.space, 2, at + 90, 2));
        OK(rf_bits_init(&x, &f.space, 2, 90, 2));
        noise(out.all, 1);
        noise(x.all, 2);
        uint64_t first = rf_plane(out.all, 0, 1)[0];
        rf_local_append(out.all, at, x.all);
        for (size_t r = 0; r < 90; r++)
            cr_assert_eq(bit(out.all, at + r, 1), bit(x.all, r, 1));
        for (size_t r = 0; r < at && r < 64; r++)
            cr_assert_eq(bit(out.all, r, 1), first >> r & 1);
        rf_bits_fini(&out);
        rf_bits_fini(&x);
        fixture_fini(&f);
    }
}

Test(local, pack_and_unpack_are_inverse)
{
    const unsigned widths[] = {1, 7, 8, 9, 63, 64, 65, 100, 200};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (size_t rows = 1; rows < 300; rows += 53) {
            struct fixture f;
            struct rf_bits x = {0}, y = {0}, turned = {0};
            struct rf_rows packed = {0};
            unsigned width = widths[w];
            fixture_init(&f);
            OK(rf_bits_init(&x, &f.space, 2, rows, width));
            OK(rf_bits_init(&y, &f.space, 2, rows, width));
            OK(rf_rows_init(&packed, &f.space, 2, rows, 2 + rf_div_up(width, 8)));
            noise(x.all, width);
            rf_local_pack(&packed, 2, x.all);
            for (size_t r = 0; r < rows; r++) {
                for (unsigned p = 0; p < width; p++)
                    cr_assert_eq(packed.part[0][r * packed.bytes + 2 + p / 8] >> (p % 8) & 1,
                                 bit(x.all, r, p));
            }
            rf_local_unpack(y.all, &packed, 2, NULL);
            for (size_t r = 0; r < rows; r++) {
                for (unsigned p = 0; p < width; p++)
                    cr_assert_eq(bit(y.all, r, p), bit(x.all, r, p));
            }
            OK(rf_bits_init(&turned, &f.space, 2, width, (unsigned)rows));
            rf_local_turn(turned.all, x.all);
            for (size_t r = 0; r < rows; r++) {
                for (unsigned p = 0; p < width; p++)
                    cr_assert_eq(bit(turned.all, p, (unsigned)r), bit(x.all, r, p));
            }
            rf_bits_fini(&x);
            rf_bits_fini(&y);
            rf_bits_fini(&turned);
            rf_rows_fini(&packed);
            fixture_fini(&f);
        }
    }
}

static bool same_row(const struct rf_rows *a, size_t i, const struct rf_rows *b, size_t j)
{
    for (unsigned part = 0; part < 2; part++) {
        if (memcmp(a->part[part] + i * a->bytes, b->part[part] + j * b->bytes, a->bytes) != 0)
            return false;
    }
    return true;
}

/* Rows of every size that is copied in its own way, moved by k -> 7 k + 3 modulo their number. */
Test(local, rows_move_whole_and_alone)
{
    enum { ROWS = 20, MOST = 70 };
    uint32_t index[ROWS];
    for (uint32_t k = 0; k < ROWS; k++)
        index[k] = (7 * k + 3) % ROWS;
    for (size_t bytes = 1; bytes < MOST; bytes++) {
        struct fixture f;
        struct rf_rows x = {0}, y = {0}, z = {0};
        struct rf_block spare = {0};
        fixture_init(&f);
        OK(rf_rows_init(&x, &f.space, 2, ROWS, bytes));
        OK(rf_rows_init(&y, &f.space, 2, ROWS, bytes));
        OK(rf_rows_init(&z, &f.space, 2, ROWS, bytes + 2));
        OK(rf_rows_spare(&spare, &f.space, &x));
        for (unsigned part = 0; part < 2; part++) {
            for (size_t i = 0; i < ROWS * bytes; i++)
                x.part[part][i] = (uint8_t)(part + i / bytes * 11 + i % bytes * 3);
            memset(z.part[part], 0xee, ROWS * z.bytes);
        }
        rf_local_gather(&y, &x, index);
        for (size_t k = 0; k < ROWS; k++)
            cr_assert(same_row(&y, k, &x, index[k]), "%zu bytes", bytes);
        rf_local_rearrange(&y, spare.memory, index, true);
        for (size_t k = 0; k < ROWS; k++)
            cr_assert(same_row(&y, k, &x, k), "%zu bytes", bytes);
        rf_local_rearrange(&y, spare.memory, index, false);
        for (size_t k = 0; k < ROWS; k++)
            cr_assert(same_row(&y, k, &x, index[k]), "%zu bytes", bytes);
        rf_local_scatter(&y, &x, index);
        for (size_t k = 0; k < ROWS; k++)
            cr_assert(same_row(&y, index[k], &x, k), "%zu bytes", bytes);
        rf_local_bytes(&z, 1, &x, 0, bytes);
        for (size_t k = 0; k < ROWS; k++) {
            const uint8_t *row = z.part[1] + k * z.bytes;
            cr_assert(row[0] == 0xee && row[bytes + 1] == 0xee, "%zu bytes", bytes);
            cr_assert_arr_eq(row + 1, x.part[1] + k * bytes, bytes);
        }
        rf_rows_fini(&x);
        rf_rows_fini(&y);
        rf_rows_fini(&z);
        rf_space_free(&f.space, &spare);
        fixture_fini(&f);
    }
}

Test(local, constants_are_shared_as_one_part)
{
    struct fixture f;
    struct rf_bits x = {0};
    fixture_init(&f);
    OK(rf_bits_init(&x, &f.space, 2, 100, 70));
    rf_local_index(x.all, 5, 1);
    for (size_t r = 0; r < 100; r++) {
        for (unsigned p = 0; p < 70; p++) {
            cr_assert_eq(rf_plane(x.all, 1, p)[r / 64] >> (r % 64) & 1,
                         p < 64 ? (r + 5) >> p & 1 : 0);
            cr_assert_eq(rf_plane(x.all, 0, p)[r / 64], 0);
        }
    }
    rf_local_constant(x.all, 9, -1);
    cr_assert_eq(rf_plane(x.all, 1, 0)[0] | rf_plane(x.all, 0, 3)[1], 0);
    rf_bits_fini(&x);
    fixture_fini(&f);
}

/* A block that is used again may have more room than was asked for: what spaces share counts what lives. */
Test(space, shared_count_comes_back_to_zero)
{
    struct rf_space space;
    struct rf_err err = {0};
    struct rf_block block = {0};
    atomic_size_t live = 0;
    rf_space_init(&space, 0, false, &err);
    space.shared = &live;
    for (size_t size = 1 << 20; size > 1 << 16; size -= size / 9) {
        OK(rf_space_alloc(&space, size, &block));
        cr_assert_eq(atomic_load(&live), space.live, "%zu bytes", size);
        rf_space_free(&space, &block);
        cr_assert_eq(atomic_load(&live), 0, "%zu bytes", size);
    }
    rf_space_fini(&space);
}

Test(space, refuses_to_pass_its_limit_and_reuses_blocks)
{
    struct rf_err err = {0};
    struct rf_space space;
    struct rf_block a, b;
    rf_space_init(&space, 1 << 20, false, &err);
    OK(rf_space_alloc(&space, 600000, &a));
    cr_assert_eq(rf_space_alloc(&space, 600000, &b), RF_E_MEMORY);
    cr_assert(strstr(err.text, "limit is 1024 KiB"), "%s", err.text);
    void *memory = a.memory;
    rf_space_free(&space, &a);
    OK(rf_space_alloc(&space, 590000, &b));
    cr_assert_eq(b.memory, memory);
    cr_assert_geq(space.peak, 600000);
    rf_space_free(&space, &b);
    rf_space_fini(&space);
}

Test(space, planning_counts_without_memory)
{
    struct rf_err err = {0};
    struct rf_space space;
    struct rf_bits bits = {0};
    rf_space_init(&space, 0, true, &err);
    OK(rf_bits_init(&bits, &space, 0, (size_t)1 << 40, 64));
    cr_assert_geq(space.peak, ((size_t)1 << 40) / 8 * 64 * 2);
    cr_assert_null(bits.all.part[0]);
    rf_bits_fini(&bits);
    cr_assert_eq(space.live, 0);
    cr_assert_eq(rf_bits_init(&bits, &space, 0, SIZE_MAX / 4, 64), RF_E_MEMORY);
    rf_space_fini(&space);
}

Test(stream, permutations_are_permutations_and_differ)
{
    enum { COUNT = 1000 };
    static uint32_t first[COUNT], second[COUNT];
    static uint8_t seen[COUNT];
    struct rf_err err = {0};
    struct rf_stream stream = {0};
    const uint8_t key[RF_STREAM_KEY] = {1};
    OK(rf_stream_init(&stream, key, &err));
    rf_stream_permutation(&stream, first, COUNT);
    rf_stream_permutation(&stream, second, COUNT);
    cr_assert_arr_neq(first, second, sizeof first);
    for (size_t i = 0; i < COUNT; i++)
        cr_assert_eq(seen[first[i]]++, 0);
    rf_stream_fini(&stream);
}

/* All 24 orders of 4 things, 24,000 draws: chi-square with 23 degrees of freedom stays below 60 but once
 * in 10^4 seeds, and this seed is fixed. */
Test(stream, permutations_are_uniform)
{
    struct rf_err err = {0};
    struct rf_stream stream = {0};
    const uint8_t key[RF_STREAM_KEY] = {2};
    unsigned count[256] = {0}, orders = 0;
    double chi = 0;
    OK(rf_stream_init(&stream, key, &err));
    for (unsigned i = 0; i < 24000; i++) {
        uint32_t p[4];
        rf_stream_permutation(&stream, p, 4);
        count[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
    }
    for (unsigned i = 0; i < 256; i++) {
        orders += count[i] > 0;
        if (count[i])
            chi += ((double)count[i] - 1000) * ((double)count[i] - 1000) / 1000;
    }
    cr_assert_eq(orders, 24);
    cr_assert_lt(chi, 60);
    rf_stream_fini(&stream);
}
