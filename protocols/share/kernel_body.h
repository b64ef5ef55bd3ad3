/* The kernels' source, compiled once for each instruction set by kernel_*.c, which define
 * RF_KERNEL (the table's name) and RF_KERNEL_LABEL, and RF_KERNEL_… for what they bring themselves. The loops are
 * plain: the compiler vectorises them for the instruction set at hand. */
#include "net/base/bytes.h"
#include "protocols/share/field.h"
#include "protocols/share/kernel.h"

/* No operand overlaps the result but by being equal to it. */
#ifdef __clang__
#define INDEPENDENT _Pragma("clang loop vectorize(enable)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

static void xor_words(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t words)
{
    INDEPENDENT
    for (size_t i = 0; i < words; i++)
        out[i] = x[i] ^ y[i];
}

static void and_words(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t words)
{
    INDEPENDENT
    for (size_t i = 0; i < words; i++)
        out[i] = x[i] & y[i];
}

static void rep3_and(uint64_t *out, const uint64_t *x0, const uint64_t *x1, const uint64_t *y0,
                     const uint64_t *y1, size_t words)
{
    INDEPENDENT
    for (size_t i = 0; i < words; i++)
        out[i] = (x0[i] & (y0[i] ^ y1[i])) ^ (x1[i] & y0[i]);
}

static void rep3_mul(uint64_t *out, const uint64_t *x0, const uint64_t *x1, const uint64_t *y0,
                     const uint64_t *y1, const uint64_t *r, const uint64_t *s, size_t words)
{
    INDEPENDENT
    for (size_t i = 0; i < words; i++)
        out[i] = x0[i] * (y0[i] + y1[i]) + x1[i] * y0[i] + r[i] - s[i];
}

#ifndef RF_KERNEL_TRANSPOSE
/* Swaps ever smaller off-diagonal blocks (Warren, Hacker's Delight, 7-3). */
static void transpose(uint64_t block[64])
{
    uint64_t mask = 0x00000000ffffffff;
    for (unsigned half = 32; half; half >>= 1, mask ^= mask << half) {
        for (unsigned base = 0; base < 64; base += 2 * half) {
            INDEPENDENT
            for (unsigned i = base; i < base + half; i++) {
                uint64_t swap = ((block[i] >> half) ^ block[i + half]) & mask;
                block[i] ^= swap << half;
                block[i + half] ^= swap;
            }
        }
    }
}

#endif

#ifndef RF_KERNEL_LOOK_UP
/* Bit j of byte i = bit i of word j: eight 8x8 transpositions (Hacker's Delight, 7-3). */
static void turn_bytes(uint8_t out[64], const uint64_t word[8])
{
    for (unsigned i = 0; i < 8; i++) {
        uint64_t x = 0, swap;
        for (unsigned j = 0; j < 8; j++)
            x |= (word[j] >> (8 * i) & 0xff) << (8 * j);
        swap = (x ^ (x >> 7)) & 0x00aa00aa00aa00aa;
        x ^= swap ^ (swap << 7);
        swap = (x ^ (x >> 14)) & 0x0000cccc0000cccc;
        x ^= swap ^ (swap << 14);
        swap = (x ^ (x >> 28)) & 0x00000000f0f0f0f0;
        x ^= swap ^ (swap << 28);
        for (unsigned j = 0; j < 8; j++)
            out[8 * i + j] = (uint8_t)(x >> (8 * j));
    }
}

static inline uint64_t choose(uint64_t bit, uint64_t zero, uint64_t one)
{
    return zero ^ ((zero ^ one) & (0 - (bit & 1)));
}

static inline uint64_t choose_of_8(const uint64_t *entry, uint64_t bits)
{
    uint64_t a = choose(bits, entry[0], entry[1]), b = choose(bits, entry[2], entry[3]);
    uint64_t c = choose(bits, entry[4], entry[5]), d = choose(bits, entry[6], entry[7]);
    return choose(bits >> 2, choose(bits >> 1, a, b), choose(bits >> 1, c, d));
}

static void look_up_lane(uint64_t out[64], const uint64_t entry[64], const uint8_t index[256])
{
    for (unsigned i = 0; i < 64; i++)
        out[i] = 0;
    for (unsigned t = 0; t < 8; t++) {
        INDEPENDENT
        for (unsigned i = 0; i < 64; i++)
            out[i] +=
                choose_of_8(entry + (size_t)8 * t, (uint64_t)index[t / 2 * 64 + i] >> (t % 2 * 3));
    }
}

static void look_up(uint64_t *out, const uint64_t *entry, const uint64_t *const word[3], size_t at)
{
    uint8_t index[4 * 64];
    for (size_t lane = 0; lane < 8; lane++) {
        for (size_t pair = 0; pair < 4; pair++) {
            uint64_t six[8] = {0};
            for (size_t i = 0; i < 3; i++) {
                six[i] = word[i][at + 16 * pair + lane];
                six[3 + i] = word[i][at + 16 * pair + 8 + lane];
            }
            turn_bytes(index + 64 * pair, six);
        }
        look_up_lane(out + 64 * lane, entry + 64 * lane, index);
    }
}
#endif

#ifndef RF_KERNEL_PROOF_GRAM
static void proof_gram_word(int64_t *sum, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                            uint64_t sign)
{
    const uint64_t left[4] = {~(uint64_t)0, a, b, a & b}, right[4] = {~(uint64_t)0, d, c, c & d};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 4; k++) {
            uint64_t both = left[i] & right[k];
            sum[i * 32 + k] +=
                __builtin_popcountll(both & ~sign) - __builtin_popcountll(both & sign);
        }
    }
}

static void proof_gram(int64_t *sum, const uint64_t *const left[3], const uint64_t *const right[3],
                       size_t blocks)
{
    for (size_t block = 0; block < blocks; block++) {
        for (unsigned t = 0; t < 8; t++) {
            for (unsigned u = 0; u < 8; u++) {
                size_t x = block * 64 + (size_t)t * 8, y = block * 64 + (size_t)u * 8;
                for (unsigned lane = 0; lane < 8; lane++, x++, y++)
                    proof_gram_word(sum + (size_t)128 * t + (size_t)4 * u, left[0][x], left[1][x],
                                    right[0][y], right[1][y], left[2][x] ^ right[2][y]);
            }
        }
    }
}
#endif

#ifndef RF_KERNEL_FIELD_PRODUCTS
/* Sums of up to 32 products before they are reduced. */
static uint64_t field_dot(const uint64_t *u, const uint64_t *v, size_t count)
{
    enum { LAZY = 32 };
    uint64_t result = 0;
    for (size_t j = 0; j < count; j += LAZY) {
        rf_wide sum = 0;
        for (size_t i = j; i < count && i < j + LAZY; i++)
            sum += (rf_wide)u[i] * v[i];
        result = rf_field_add(result, rf_field_reduce(sum));
    }
    return result;
}

static void field_products(uint64_t *products, const uint64_t *u, const uint64_t *v, size_t segment,
                           size_t count, unsigned width)
{
    for (unsigned a = 0; a < width; a++) {
        for (unsigned b = 0; b < width; b++) {
            uint64_t *to = &products[a * width + b];
            *to = rf_field_add(*to, field_dot(u + a * segment, v + b * segment, count));
        }
    }
}

static void field_fold(uint64_t *out, const uint64_t *x, size_t segment, const uint64_t *lambda,
                       unsigned width)
{
    for (size_t j = 0; j < segment; j++) {
        uint64_t sum = 0;
        for (unsigned a = 0; a < width; a++)
            sum = rf_field_add(sum, rf_field_multiply(lambda[a], x[a * segment + j]));
        out[j] = sum;
    }
}
#endif

#ifndef RF_KERNEL_GF64
/* Bit by bit, without a branch. */
static uint64_t gf64_multiply(uint64_t x, uint64_t y)
{
    uint64_t product = 0;
    for (unsigned i = 64; i-- > 0;) {
        product = (product << 1) ^ ((0 - (product >> 63)) & 0x1b);
        product ^= (0 - (y >> i & 1)) & x;
    }
    return product;
}

static void gf64_dot(uint64_t *out, const uint64_t *key, size_t words, const uint8_t *rows,
                     size_t pitch, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        for (size_t j = 0; j < words; j++)
            out[r] ^= gf64_multiply(key[j], rf_load64(rows + r * pitch + 8 * j));
    }
}
#endif

const struct rf_kernels RF_KERNEL = {
    .name = RF_KERNEL_LABEL,
    .xor_words = xor_words,
    .and_words = and_words,
    .rep3_and = rep3_and,
    .rep3_mul = rep3_mul,
    .transpose = transpose,
    .look_up = look_up,
    .proof_gram = proof_gram,
    .field_products = field_products,
    .field_fold = field_fold,
    .gf64_dot = gf64_dot,
};
