/* What profits from more than the compiler's vectors: folds of bits, by tables of 16 bytes that a shuffle looks
 * up in. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/share/kernel.h"

/* For each four bits that are weighted with four coefficients: the bytes of their sixteen sums. */
struct fold_table {
    uint8_t byte[8][8][16]; /* [which four][which byte of the sum][the bits] */
};

static void make_table(struct fold_table *table, const uint64_t lambda[32])
{
    for (unsigned four = 0; four < 8; four++) {
        uint64_t sum[16] = {0};
        for (unsigned bits = 1; bits < 16; bits++) {
            unsigned last = (unsigned)__builtin_ctz(bits);
            sum[bits] = sum[bits & (bits - 1)] ^ lambda[4 * four + last];
        }
        for (unsigned o = 0; o < 8; o++) {
            for (unsigned bits = 0; bits < 16; bits++)
                table->byte[four][o][bits] = (uint8_t)(sum[bits] >> (8 * o));
        }
    }
}

static inline __m256i swap_bits(__m256i x, int far, long long mask)
{
    const __m128i by = _mm_cvtsi32_si128(far);
    __m256i swap = _mm256_xor_si256(x, _mm256_srl_epi64(x, by));
    swap = _mm256_and_si256(swap, _mm256_set1_epi64x(mask));
    return _mm256_xor_si256(x, _mm256_xor_si256(swap, _mm256_sll_epi64(swap, by)));
}

/* Eight words of 64 columns become 64 bytes, one a column: bytes are turned by unpacking, the 8x8 bits of each word
 * by swaps (Warren, Hacker's Delight, 7-3). */
static inline void columns(__m256i out[2], const uint64_t *word)
{
    __m128i pair[4], four[4];
    for (unsigned i = 0; i < 4; i++) {
        __m128i two = _mm_loadu_si128((const __m128i *)(const void *)(word + 2 * i));
        pair[i] = _mm_unpacklo_epi8(two, _mm_bsrli_si128(two, 8));
    }
    for (unsigned i = 0; i < 4; i += 2) {
        four[i] = _mm_unpacklo_epi16(pair[i], pair[i + 1]);
        four[i + 1] = _mm_unpackhi_epi16(pair[i], pair[i + 1]);
    }
    for (unsigned i = 0; i < 2; i++) {
        __m256i x = _mm256_set_m128i(_mm_unpackhi_epi32(four[i], four[2 + i]),
                                     _mm_unpacklo_epi32(four[i], four[2 + i]));
        x = swap_bits(x, 7, 0x00aa00aa00aa00aa);
        x = swap_bits(x, 14, 0x0000cccc0000cccc);
        out[i] = swap_bits(x, 28, 0x00000000f0f0f0f0);
    }
}

/* Adds byte by byte of what 64 columns of 32 bits add up to, 32 columns in either half. */
static inline void fold_lane(__m256i byte[2][8], const struct fold_table *table,
                             const uint64_t *const word[2], size_t at)
{
    const __m256i low = _mm256_set1_epi8(15);
    for (unsigned eight = 0; eight < 4; eight++) {
        __m256i bits[2];
        columns(bits, word[eight / 2] + at + (size_t)8 * (eight % 2));
        for (unsigned half = 0; half < 2; half++) {
            const __m256i index[2] = {
                _mm256_and_si256(bits[half], low),
                _mm256_and_si256(_mm256_srli_epi16(bits[half], 4), low),
            };
            for (unsigned o = 0; o < 8; o++) {
                for (unsigned i = 0; i < 2; i++) {
                    const void *entries = table->byte[2 * eight + i][o];
                    __m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128(entries));
                    byte[half][o] =
                        _mm256_xor_si256(byte[half][o], _mm256_shuffle_epi8(both, index[i]));
                }
            }
        }
    }
}

static inline void store_two(uint64_t *out, __m256i x)
{
    _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(x));
    _mm_storeu_si128((__m128i *)(void *)(out + 16), _mm256_extracti128_si256(x, 1));
}

/* Eight registers of bytes become 32 words. */
static inline void interleave(uint64_t out[32], const __m256i byte[8])
{
    for (unsigned half = 0; half < 2; half++) {
        __m256i two[4];
        for (unsigned i = 0; i < 4; i++)
            two[i] = half ? _mm256_unpackhi_epi8(byte[2 * i], byte[2 * i + 1])
                          : _mm256_unpacklo_epi8(byte[2 * i], byte[2 * i + 1]);
        const __m256i low[2] = {_mm256_unpacklo_epi16(two[0], two[1]),
                                _mm256_unpacklo_epi16(two[2], two[3])};
        const __m256i high[2] = {_mm256_unpackhi_epi16(two[0], two[1]),
                                 _mm256_unpackhi_epi16(two[2], two[3])};
        uint64_t *to = out + (size_t)8 * half;
        store_two(to, _mm256_unpacklo_epi32(low[0], low[1]));
        store_two(to + 2, _mm256_unpackhi_epi32(low[0], low[1]));
        store_two(to + 4, _mm256_unpacklo_epi32(high[0], high[1]));
        store_two(to + 6, _mm256_unpackhi_epi32(high[0], high[1]));
    }
}

static void proof_fold_lanes(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2])
{
    struct fold_table table;
    make_table(&table, lambda);
    for (size_t lane = 0; lane < 8; lane++) {
        __m256i byte[2][8] = {{{0}}};
        fold_lane(byte, &table, word, 16 * lane);
        interleave(out + 64 * lane, byte[0]);
        interleave(out + 64 * lane + 32, byte[1]);
    }
}

static void proof_fold_blocks(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2],
                              size_t blocks)
{
    struct fold_table table[8];
    for (size_t lane = 0; lane < 8; lane++)
        make_table(&table[lane], lambda + 32 * lane);
    for (size_t block = 0; block < blocks; block++, out += 64) {
        __m256i byte[2][8] = {{{0}}};
        for (size_t lane = 0; lane < 8; lane++)
            fold_lane(byte, &table[lane], word, 128 * block + 16 * lane);
        interleave(out, byte[0]);
        interleave(out + 32, byte[1]);
    }
}

#define RF_KERNEL_FOLD
#define RF_KERNEL       rf_kernel_avx2
#define RF_KERNEL_LABEL "avx2"
#include "protocols/share/kernel_body.h"
