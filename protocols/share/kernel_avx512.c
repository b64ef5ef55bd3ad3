/* What profits from more than the compiler's vectors: a transposition, by 8x8 blocks of bits that are multiplied with the
 * identity over GF(2), bytes and words around them permuted; products in GF(2^64); and what a proof of gates takes. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/share/kernel.h"

static void transpose_words(__m512i r[8])
{
    __m512i a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
        a[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        for (int odd = 0; odd < 2; odd++) {
            __m512i low = a[4 * i + odd], high = a[4 * i + 2 + odd];
            b[4 * i + odd] = _mm512_shuffle_i64x2(low, high, 0x88);
            b[4 * i + 2 + odd] = _mm512_shuffle_i64x2(low, high, 0xdd);
        }
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x88);
        r[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xdd);
    }
}

/* Byte k of eight words side by side, the last word's first; and the first word's first. */
static const uint8_t last_first[64] = {
    56, 48, 40, 32, 24, 16, 8,  0,  57, 49, 41, 33, 25, 17, 9,  1,  58, 50, 42, 34, 26, 18,
    10, 2,  59, 51, 43, 35, 27, 19, 11, 3,  60, 52, 44, 36, 28, 20, 12, 4,  61, 53, 45, 37,
    29, 21, 13, 5,  62, 54, 46, 38, 30, 22, 14, 6,  63, 55, 47, 39, 31, 23, 15, 7,
};
static const uint8_t first_first[64] = {
    0,  8,  16, 24, 32, 40, 48, 56, 1,  9,  17, 25, 33, 41, 49, 57, 2,  10, 18, 26, 34, 42,
    50, 58, 3,  11, 19, 27, 35, 43, 51, 59, 4,  12, 20, 28, 36, 44, 52, 60, 5,  13, 21, 29,
    37, 45, 53, 61, 6,  14, 22, 30, 38, 46, 54, 62, 7,  15, 23, 31, 39, 47, 55, 63,
};

static void transpose(uint64_t block[64])
{
    const __m512i take = _mm512_loadu_si512(last_first), give = _mm512_loadu_si512(first_first);
    const __m512i identity = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i r[8];
    for (int k = 0; k < 8; k++)
        r[k] = _mm512_permutexvar_epi8(take, _mm512_loadu_si512(block + 8 * k));
    transpose_words(r);
    for (int j = 0; j < 8; j++) {
        __m512i bits = _mm512_gf2p8affine_epi64_epi8(identity, r[j], 0);
        _mm512_storeu_si512(block + 8 * j, _mm512_permutexvar_epi8(give, bits));
    }
}

/* ---- GF(2^64) ---- */

/* Eight sums of products, lower and upper word of each: those of even and of odd lanes. */
struct wide {
    __m512i even, odd;
};

static inline struct wide multiply_wide(__m512i x, __m512i y)
{
    return (struct wide){_mm512_clmulepi64_epi128(x, y, 0x00),
                         _mm512_clmulepi64_epi128(x, y, 0x11)};
}

/* What is above the lowest word folds by x^64 = x^4 + x^3 + x + 1, twice: the first leaves 4 bits. */
static inline __m512i fold_high(__m512i x)
{
    const __m512i r = _mm512_set1_epi64(0x1b);
    __m512i once = _mm512_clmulepi64_epi128(x, r, 0x01);
    return _mm512_ternarylogic_epi64(x, once, _mm512_clmulepi64_epi128(once, r, 0x01), 0x96);
}

static inline __m512i reduce(struct wide x)
{
    return _mm512_unpacklo_epi64(fold_high(x.even), fold_high(x.odd));
}

/* All four sums of a register, added to a pair of words. */
static inline void add_sums(uint64_t sum[2], __m512i x)
{
    __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i all = _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    __m128i *to = (__m128i *)(void *)sum;
    _mm_storeu_si128(to, _mm_xor_si128(_mm_loadu_si128(to), all));
}

static inline __mmask8 mask_of(size_t left)
{
    return left < 8 ? (__mmask8)((1U << left) - 1) : 0xff;
}

static void gf64_multiply(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t count)
{
    for (size_t i = 0; i < count; i += 8) {
        __mmask8 some = mask_of(count - i);
        __m512i a = _mm512_maskz_loadu_epi64(some, x + i);
        __m512i b = _mm512_maskz_loadu_epi64(some, y + i);
        _mm512_mask_storeu_epi64(out + i, some, reduce(multiply_wide(a, b)));
    }
}

static void gf64_fold(uint64_t *out, const uint64_t *x, size_t segment, const uint64_t *lambda,
                      unsigned width)
{
    for (size_t j = 0; j < segment; j += 8) {
        __mmask8 some = mask_of(segment - j);
        struct wide sum = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (unsigned a = 0; a < width; a++) {
            struct wide product = multiply_wide(_mm512_maskz_loadu_epi64(some, x + a * segment + j),
                                                _mm512_set1_epi64((long long)lambda[a]));
            sum.even = _mm512_xor_si512(sum.even, product.even);
            sum.odd = _mm512_xor_si512(sum.odd, product.odd);
        }
        _mm512_mask_storeu_epi64(out + j, some, reduce(sum));
    }
}

/* Up to four rows, which are reduced together. */
static inline void dot_rows(uint64_t *out, const uint64_t *key, size_t words, const uint8_t *rows,
                            size_t pitch, const unsigned count)
{
    const __m512i lower = _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6);
    __m128i sum[4] = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128(),
                      _mm_setzero_si128()};
    for (size_t j = 0; j < words; j++) {
        const __m128i k = _mm_loadl_epi64((const __m128i *)(const void *)(key + j));
        for (unsigned i = 0; i < count; i++) {
            const uint8_t *word = rows + i * pitch + 8 * j;
            __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)word);
            sum[i] = _mm_xor_si128(sum[i], _mm_clmulepi64_si128(x, k, 0x00));
        }
    }
    __m512i all = _mm512_castsi128_si512(sum[0]);
    all = _mm512_inserti64x2(all, sum[1], 1);
    all = _mm512_inserti64x2(all, sum[2], 2);
    all = _mm512_permutexvar_epi64(lower, fold_high(_mm512_inserti64x2(all, sum[3], 3)));
    all = _mm512_xor_si512(all, _mm512_maskz_loadu_epi64(mask_of(count), out));
    _mm512_mask_storeu_epi64(out, mask_of(count), all);
}

static void gf64_dot(uint64_t *out, const uint64_t *key, size_t words, const uint8_t *rows,
                     size_t pitch, size_t count)
{
    size_t r = 0;
    for (; r + 4 <= count; r += 4)
        dot_rows(out + r, key, words, rows + r * pitch, pitch, 4);
    for (; r < count; r++)
        dot_rows(out + r, key, words, rows + r * pitch, pitch, 1);
}

/* ---- functions of several variables ---- */

/* The four corners of two variables become nine places. */
static inline void nine_places(__m512i at[9], const __m512i corner[4])
{
    at[0] = corner[0];
    at[1] = corner[1];
    at[2] = _mm512_xor_si512(corner[0], corner[1]);
    at[3] = corner[2];
    at[4] = corner[3];
    at[5] = _mm512_xor_si512(corner[2], corner[3]);
    at[6] = _mm512_xor_si512(at[0], at[3]);
    at[7] = _mm512_xor_si512(at[1], at[4]);
    at[8] = _mm512_xor_si512(at[2], at[5]);
}

static inline void add_product(__m512i *sum, __m512i x, __m512i y)
{
    struct wide product = multiply_wide(x, y);
    *sum = _mm512_ternarylogic_epi64(*sum, product.even, product.odd, 0x96);
}

/* Adds products at nine places; of bits, if there are weights, which then are what they are multiplied with. */
static inline void add_nine(__m512i sum[9], const __m512i p[4], const __m512i q[4],
                            const __m512i *weights)
{
    __m512i x[9], y[9];
    nine_places(x, p);
    nine_places(y, q);
    for (unsigned t = 0; t < 9; t++) {
        if (weights)
            add_product(&sum[t], _mm512_and_si512(x[t], y[t]), *weights);
        else
            add_product(&sum[t], x[t], y[t]);
    }
}

/* The two halves of what is left of a function, at a digit of the highest variable. */
static inline void at_digit(__m512i *to, const __m512i *from, unsigned half, unsigned digit)
{
    for (unsigned s = 0; s < half; s++) {
        to[s] = digit == 0   ? from[s]
                : digit == 1 ? from[half + s]
                             : _mm512_xor_si512(from[s], from[half + s]);
    }
}

/* Five variables: the highest three digit by digit. */
static inline void add_places(__m512i all[RF_KERNEL_PLACES], const __m512i p[32],
                              const __m512i q[32], const __m512i *weights)
{
    for (unsigned i = 0; i < 3; i++) {
        __m512i p16[16], q16[16];
        at_digit(p16, p, 16, i);
        at_digit(q16, q, 16, i);
        for (unsigned j = 0; j < 3; j++) {
            __m512i p8[8], q8[8];
            at_digit(p8, p16, 8, j);
            at_digit(q8, q16, 8, j);
            for (unsigned k = 0; k < 3; k++) {
                __m512i p4[4], q4[4];
                at_digit(p4, p8, 4, k);
                at_digit(q4, q8, 4, k);
                add_nine(all + 81 * i + 27 * j + 9 * k, p4, q4, weights);
            }
        }
    }
}

static void five_variables(__m512i *all, const uint64_t *u, const uint64_t *v, size_t segment,
                           size_t count)
{
    for (size_t j = 0; j < count; j += 8) {
        __mmask8 some = mask_of(count - j);
        __m512i p[32], q[32];
        for (unsigned a = 0; a < 32; a++) {
            p[a] = _mm512_maskz_loadu_epi64(some, u + a * segment + j);
            q[a] = _mm512_maskz_loadu_epi64(some, v + a * segment + j);
        }
        add_places(all, p, q, NULL);
    }
}

static void three_variables(__m512i *all, const uint64_t *u, const uint64_t *v, size_t segment,
                            size_t count)
{
    for (unsigned i = 0; i < 3; i++) {
        for (size_t j = 0; j < count; j += 8) {
            __mmask8 some = mask_of(count - j);
            __m512i p[8], q[8], p4[4], q4[4];
            for (unsigned a = 0; a < 8; a++) {
                p[a] = _mm512_maskz_loadu_epi64(some, u + a * segment + j);
                q[a] = _mm512_maskz_loadu_epi64(some, v + a * segment + j);
            }
            at_digit(p4, p, 4, i);
            at_digit(q4, q, 4, i);
            add_nine(all + (size_t)9 * i, p4, q4, NULL);
        }
    }
}

/* Any number: from the corners to all places, variable by variable. */
static void few_variables(__m512i *all, const uint64_t *u, const uint64_t *v, size_t segment,
                          size_t count, unsigned depth, unsigned places)
{
    for (size_t j = 0; j < count; j += 8) {
        __mmask8 some = mask_of(count - j);
        __m512i x[RF_KERNEL_PLACES], y[RF_KERNEL_PLACES];
        for (unsigned a = 0; a < 1U << depth; a++) {
            x[rf_kernel_corner[a]] = _mm512_maskz_loadu_epi64(some, u + a * segment + j);
            y[rf_kernel_corner[a]] = _mm512_maskz_loadu_epi64(some, v + a * segment + j);
        }
        for (unsigned step = 1, corners = 1U << depth >> 1; corners; step *= 3, corners /= 2) {
            for (unsigned corner = 0; corner < corners; corner++) {
                const size_t zero = (size_t)3 * step * rf_kernel_corner[corner];
                for (size_t i = zero; i < zero + step; i++) {
                    x[i + 2 * step] = _mm512_xor_si512(x[i], x[i + step]);
                    y[i + 2 * step] = _mm512_xor_si512(y[i], y[i + step]);
                }
            }
        }
        for (unsigned t = 0; t < places; t++)
            add_product(&all[t], x[t], y[t]);
    }
}

static void gf64_products(uint64_t *sum, const uint64_t *u, const uint64_t *v, size_t segment,
                          size_t count, unsigned depth)
{
    __m512i all[RF_KERNEL_PLACES];
    unsigned places = 1;
    for (unsigned i = 0; i < depth; i++)
        places *= 3;
    for (unsigned t = 0; t < places; t++)
        all[t] = _mm512_setzero_si512();
    if (depth == 5)
        five_variables(all, u, v, segment, count);
    else if (depth == 3)
        three_variables(all, u, v, segment, count);
    else
        few_variables(all, u, v, segment, count, depth, places);
    for (unsigned t = 0; t < places; t++)
        add_sums(sum + (size_t)2 * t, all[t]);
}

/* ---- gates ---- */

/* One operand of a block: lanes side by side. */
static inline void load_lanes(__m512i corner[16], const uint64_t *word)
{
    for (unsigned half = 0; half < 16; half += 8) {
        __m512i r[8];
        for (unsigned lane = 0; lane < 8; lane++)
            r[lane] = _mm512_loadu_si512(word + (size_t)16 * lane + half);
        transpose_words(r);
        for (unsigned i = 0; i < 8; i++)
            corner[half + i] = r[i];
    }
}

static void proof_products(uint64_t *sum, const uint64_t *weight, const uint64_t *const left[2],
                           const uint64_t *const right[2], size_t blocks)
{
    __m512i all[RF_KERNEL_PLACES], p[32], q[32];
    for (unsigned t = 0; t < RF_KERNEL_PLACES; t++)
        all[t] = _mm512_setzero_si512();
    for (size_t block = 0; block < blocks; block++) {
        const __m512i weights = _mm512_loadu_si512(weight + 8 * block);
        for (unsigned h = 0; h < 2; h++) {
            load_lanes(p + 16 * h, left[h] + 128 * block);
            load_lanes(q + 16 * h, right[h] + 128 * block);
        }
        add_places(all, p, q, &weights);
    }
    for (unsigned t = 0; t < RF_KERNEL_PLACES; t++)
        add_sums(sum + (size_t)2 * t, all[t]);
}

static void proof_weigh(uint64_t *sum, const uint64_t *weight, const uint64_t *word, size_t blocks)
{
    for (unsigned i = 0; i < 128; i += 8) {
        struct wide all = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (size_t block = 0; block < blocks; block++) {
            struct wide product = multiply_wide(_mm512_loadu_si512(word + 128 * block + i),
                                                _mm512_set1_epi64((long long)weight[block]));
            all.even = _mm512_xor_si512(all.even, product.even);
            all.odd = _mm512_xor_si512(all.odd, product.odd);
        }
        /* Even and odd lanes alternate. */
        const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
        const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
        uint64_t *to = sum + (size_t)2 * i;
        _mm512_storeu_si512(to,
                            _mm512_xor_si512(_mm512_loadu_si512(to),
                                             _mm512_permutex2var_epi64(all.even, first, all.odd)));
        _mm512_storeu_si512(to + 8,
                            _mm512_xor_si512(_mm512_loadu_si512(to + 8),
                                             _mm512_permutex2var_epi64(all.even, second, all.odd)));
    }
}

/* Where each column of bits goes, so that interleave() leaves them in their order. */
static const uint8_t columns_apart[64] = {
    0,  1,  8,  9,  16, 17, 24, 25, 32, 33, 40, 41, 48, 49, 56, 57, 2,  3,  10, 11, 18, 19,
    26, 27, 34, 35, 42, 43, 50, 51, 58, 59, 4,  5,  12, 13, 20, 21, 28, 29, 36, 37, 44, 45,
    52, 53, 60, 61, 6,  7,  14, 15, 22, 23, 30, 31, 38, 39, 46, 47, 54, 55, 62, 63,
};

/* Eight words of 64 columns become 64 bytes, one a column. */
static inline __m512i columns(const uint64_t *word)
{
    const __m512i identity = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i bytes =
        _mm512_permutexvar_epi8(_mm512_loadu_si512(last_first), _mm512_loadu_si512(word));
    bytes = _mm512_gf2p8affine_epi64_epi8(identity, bytes, 0);
    return _mm512_permutexvar_epi8(_mm512_loadu_si512(columns_apart), bytes);
}

/* For eight bits that are weighted with eight coefficients each: 8 x 8 matrices that make the bytes of their sum. */
static inline void make_matrices(uint64_t matrix[32], const uint64_t lambda[32])
{
    const __m512i mirror = _mm512_set1_epi64((long long)0x0102040810204080);
    for (unsigned i = 0; i < 32; i += 8) {
        __m512i bytes =
            _mm512_permutexvar_epi8(_mm512_loadu_si512(last_first), _mm512_loadu_si512(lambda + i));
        _mm512_storeu_si512(matrix + i, _mm512_gf2p8affine_epi64_epi8(mirror, bytes, 0));
    }
}

/* Adds byte by byte of what 64 columns of 32 bits add up to. */
static inline void fold_lane(__m512i byte[8], const uint64_t matrix[32],
                             const uint64_t *const word[2], size_t at)
{
    const __m512i bits[4] = {columns(word[0] + at), columns(word[0] + at + 8),
                             columns(word[1] + at), columns(word[1] + at + 8)};
    for (unsigned o = 0; o < 8; o++) {
        __m512i part[4];
        for (unsigned i = 0; i < 4; i++)
            part[i] = _mm512_gf2p8affine_epi64_epi8(
                bits[i], _mm512_set1_epi64((long long)matrix[8 * i + o]), 0);
        byte[o] = _mm512_ternarylogic_epi64(byte[o], part[0], part[1], 0x96);
        byte[o] = _mm512_ternarylogic_epi64(byte[o], part[2], part[3], 0x96);
    }
}

/* Eight registers of bytes become words. */
static inline void interleave(uint64_t out[64], const __m512i byte[8])
{
    __m512i two[8], four[8];
    for (unsigned i = 0; i < 4; i++) {
        two[i] = _mm512_unpacklo_epi8(byte[2 * i], byte[2 * i + 1]);
        two[4 + i] = _mm512_unpackhi_epi8(byte[2 * i], byte[2 * i + 1]);
    }
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned half = 0; half < 2; half++) {
            four[4 * half + i] =
                _mm512_unpacklo_epi16(two[4 * half + 2 * i], two[4 * half + 2 * i + 1]);
            four[4 * half + 2 + i] =
                _mm512_unpackhi_epi16(two[4 * half + 2 * i], two[4 * half + 2 * i + 1]);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        _mm512_storeu_si512(out + (size_t)16 * i,
                            _mm512_unpacklo_epi32(four[2 * i], four[2 * i + 1]));
        _mm512_storeu_si512(out + (size_t)16 * i + 8,
                            _mm512_unpackhi_epi32(four[2 * i], four[2 * i + 1]));
    }
}

static void proof_fold_lanes(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2])
{
    uint64_t matrix[32];
    make_matrices(matrix, lambda);
    for (size_t lane = 0; lane < 8; lane++) {
        __m512i byte[8];
        for (unsigned o = 0; o < 8; o++)
            byte[o] = _mm512_setzero_si512();
        fold_lane(byte, matrix, word, 16 * lane);
        interleave(out + 64 * lane, byte);
    }
}

static void proof_fold_blocks(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2],
                              size_t blocks)
{
    uint64_t matrix[8][32];
    for (size_t lane = 0; lane < 8; lane++)
        make_matrices(matrix[lane], lambda + 32 * lane);
    for (size_t block = 0; block < blocks; block++) {
        __m512i byte[8];
        for (unsigned o = 0; o < 8; o++)
            byte[o] = _mm512_setzero_si512();
        for (size_t lane = 0; lane < 8; lane++)
            fold_lane(byte, matrix[lane], word, 128 * block + 16 * lane);
        interleave(out + 64 * block, byte);
    }
}

#define RF_KERNEL_TRANSPOSE
#define RF_KERNEL_PROOF
#define RF_KERNEL       rf_kernel_avx512
#define RF_KERNEL_LABEL "avx512"
#include "protocols/share/kernel_body.h"
