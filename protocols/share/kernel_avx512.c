/* What profits from more than the compiler's vectors: a transposition, by 8x8 blocks of bits that are multiplied with the
 * identity over GF(2), bytes and words around them permuted; counting bits; products in GF(2^64). */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/share/field.h"

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

static void turn_bytes(uint8_t out[64], const uint64_t word[8])
{
    const __m512i identity = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i bytes =
        _mm512_permutexvar_epi8(_mm512_loadu_si512(last_first), _mm512_loadu_si512(word));
    _mm512_storeu_si512(out, _mm512_gf2p8affine_epi64_epi8(identity, bytes, 0));
}

/* A table of eight is one register, which a permutation looks up in. */
static void look_up(uint64_t out[64], const uint64_t entry[64], const uint8_t index[256])
{
    __m512i table[8];
    for (int t = 0; t < 8; t++)
        table[t] = _mm512_loadu_si512(entry + (ptrdiff_t)8 * t);
    for (int i = 0; i < 64; i += 8) {
        __m512i sum = _mm512_setzero_si512();
        for (int k = 0; k < 4; k++) {
            const void *bytes = index + (ptrdiff_t)64 * k + i;
            __m512i bits = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)bytes));
            sum = _mm512_add_epi64(sum, _mm512_permutexvar_epi64(bits, table[2 * k]));
            sum = _mm512_add_epi64(
                sum, _mm512_permutexvar_epi64(_mm512_srli_epi64(bits, 3), table[2 * k + 1]));
        }
        _mm512_storeu_si512(out + i, sum);
    }
}

/* One pair of gates over some blocks: the 16 products of entries, counted eight words at a time. */
static void proof_gram_pair(int64_t *sum, const uint64_t *const left[3],
                            const uint64_t *const right[3], size_t t, size_t u, size_t blocks)
{
    __m512i count[4][4];
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++)
            count[i][k] = _mm512_setzero_si512();
    }
    for (size_t block = 0; block < blocks; block++) {
        size_t x = block * 64 + t * 8, y = block * 64 + u * 8;
        __m512i a = _mm512_loadu_si512(left[0] + x), b = _mm512_loadu_si512(left[1] + x);
        __m512i c = _mm512_loadu_si512(right[0] + y), d = _mm512_loadu_si512(right[1] + y);
        __m512i minus =
            _mm512_xor_si512(_mm512_loadu_si512(left[2] + x), _mm512_loadu_si512(right[2] + y));
        const __m512i ones = _mm512_set1_epi64(-1);
        const __m512i entry[4] = {ones, a, b, _mm512_and_si512(a, b)};
        const __m512i other[4] = {ones, d, c, _mm512_and_si512(c, d)};
        for (int i = 0; i < 4; i++) {
            for (int k = 0; k < 4; k++) {
                __m512i up = _mm512_ternarylogic_epi64(entry[i], other[k], minus, 0x40);
                __m512i down = _mm512_ternarylogic_epi64(entry[i], other[k], minus, 0x80);
                count[i][k] =
                    _mm512_sub_epi64(_mm512_add_epi64(count[i][k], _mm512_popcnt_epi64(up)),
                                     _mm512_popcnt_epi64(down));
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++)
            sum[i * 32 + k] += _mm512_reduce_add_epi64(count[i][k]);
    }
}

static void proof_gram(int64_t *sum, const uint64_t *const left[3], const uint64_t *const right[3],
                       size_t blocks)
{
    for (size_t t = 0; t < 8; t++) {
        for (size_t u = 0; u < 8; u++)
            proof_gram_pair(sum + 128 * t + 4 * u, left, right, t, u, blocks);
    }
}

/* x y = low + 2^52 middle + 2^104 high, of x's and y's low 52 bits and their 9 bits above. Each sum of
 * up to 512 products stays below 2^64. */
struct field_sum {
    __m512i low, middle, high;
};

static inline void field_add_product(struct field_sum *sum, __m512i x, __m512i x_high, __m512i y)
{
    __m512i y_high = _mm512_srli_epi64(y, 52);
    sum->low = _mm512_madd52lo_epu64(sum->low, x, y);
    sum->middle = _mm512_madd52hi_epu64(sum->middle, x, y);
    sum->middle = _mm512_madd52lo_epu64(sum->middle, x_high, y);
    sum->middle = _mm512_madd52lo_epu64(sum->middle, x, y_high);
    sum->high = _mm512_madd52hi_epu64(sum->high, x_high, y);
    sum->high = _mm512_madd52hi_epu64(sum->high, x, y_high);
    sum->high = _mm512_madd52lo_epu64(sum->high, x_high, y_high);
}

static uint64_t field_reduce_sum(const struct field_sum *sum)
{
    const rf_wide low = (uint64_t)_mm512_reduce_add_epi64(sum->low);
    const rf_wide middle = (uint64_t)_mm512_reduce_add_epi64(sum->middle);
    const rf_wide high = (uint64_t)_mm512_reduce_add_epi64(sum->high);
    /* 2^104 = 2^43 modulo 2^61 - 1. */
    return rf_field_reduce(low + (middle << 52) + (high << 43));
}

static void field_products(uint64_t *products, const uint64_t *u, const uint64_t *v, size_t segment,
                           size_t count, unsigned width)
{
    enum { COLUMNS = 4 };
    for (unsigned a = 0; a < width; a++) {
        for (unsigned b = 0; b < width; b += COLUMNS) {
            struct field_sum sum[COLUMNS];
            unsigned columns = width - b < COLUMNS ? width - b : COLUMNS;
            for (int k = 0; k < COLUMNS; k++)
                sum[k].low = sum[k].middle = sum[k].high = _mm512_setzero_si512();
            for (size_t j = 0; j < count; j += 8) {
                __mmask8 some = count - j < 8 ? (__mmask8)((1U << (count - j)) - 1) : 0xff;
                __m512i x = _mm512_maskz_loadu_epi64(some, u + a * segment + j);
                __m512i x_high = _mm512_srli_epi64(x, 52);
                for (int k = 0; k < COLUMNS; k++) {
                    __mmask8 here = k < (int)columns ? some : 0;
                    const uint64_t *y = v + (b + (unsigned)k) * segment + j;
                    field_add_product(&sum[k], x, x_high, _mm512_maskz_loadu_epi64(here, y));
                }
            }
            for (unsigned k = 0; k < columns; k++) {
                uint64_t *to = &products[a * width + b + k];
                *to = rf_field_add(*to, field_reduce_sum(&sum[k]));
            }
        }
    }
}

/* Eight sums reduced at once: 2^52 m = (m >> 9) + 2^52 (m mod 2^9), 2^43 h = (h >> 18) + 2^43 (h mod 2^18). */
static __m512i field_reduce_lanes(const struct field_sum *sum)
{
    const __m512i p = _mm512_set1_epi64((long long)RF_FIELD_P);
    __m512i middle = _mm512_and_si512(sum->middle, _mm512_set1_epi64((1 << 9) - 1));
    __m512i high = _mm512_and_si512(sum->high, _mm512_set1_epi64((1 << 18) - 1));
    __m512i all = _mm512_add_epi64(sum->low, _mm512_srli_epi64(sum->middle, 9));
    all = _mm512_add_epi64(all, _mm512_srli_epi64(sum->high, 18));
    all = _mm512_add_epi64(all, _mm512_slli_epi64(middle, 52));
    all = _mm512_add_epi64(all, _mm512_slli_epi64(high, 43));
    all = _mm512_add_epi64(_mm512_and_si512(all, p), _mm512_srli_epi64(all, RF_FIELD_BITS));
    return _mm512_min_epu64(all, _mm512_sub_epi64(all, p));
}

static void field_fold(uint64_t *out, const uint64_t *x, size_t segment, const uint64_t *lambda,
                       unsigned width)
{
    for (size_t j = 0; j < segment; j += 8) {
        __mmask8 some = segment - j < 8 ? (__mmask8)((1U << (segment - j)) - 1) : 0xff;
        struct field_sum sum = {_mm512_setzero_si512(), _mm512_setzero_si512(),
                                _mm512_setzero_si512()};
        for (unsigned a = 0; a < width; a++) {
            __m512i weight = _mm512_set1_epi64((long long)lambda[a]);
            field_add_product(&sum, weight, _mm512_srli_epi64(weight, 52),
                              _mm512_maskz_loadu_epi64(some, x + a * segment + j));
        }
        _mm512_mask_storeu_epi64(out + j, some, field_reduce_lanes(&sum));
    }
}

/* The high word folds by x^64 = x^4 + x^3 + x + 1, twice: what the first fold carries out is 4 bits. */
static uint64_t gf64_reduce(__m128i x)
{
    const __m128i r = _mm_set_epi64x(0, 0x1b);
    __m128i once = _mm_clmulepi64_si128(x, r, 0x01);
    __m128i twice = _mm_clmulepi64_si128(once, r, 0x01);
    return (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(_mm_xor_si128(x, once), twice));
}

static void gf64_dot(uint64_t *out, const uint64_t *key, size_t words, const uint8_t *rows,
                     size_t pitch, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        __m128i sum = _mm_setzero_si128();
        for (size_t j = 0; j < words; j++) {
            __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)(rows + r * pitch + 8 * j));
            __m128i k = _mm_loadl_epi64((const __m128i *)(const void *)(key + j));
            sum = _mm_xor_si128(sum, _mm_clmulepi64_si128(x, k, 0x00));
        }
        out[r] ^= gf64_reduce(sum);
    }
}

#define RF_KERNEL_TRANSPOSE
#define RF_KERNEL_TURN_BYTES
#define RF_KERNEL_LOOK_UP
#define RF_KERNEL_PROOF_GRAM
#define RF_KERNEL_FIELD_PRODUCTS
#define RF_KERNEL_GF64
#define RF_KERNEL       rf_kernel_avx512
#define RF_KERNEL_LABEL "avx512"
#include "protocols/share/kernel_body.h"
