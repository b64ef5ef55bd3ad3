/* The kernels' source, compiled once for each instruction set by kernel_*.c, which define
 * RF_KERNEL (the table's name) and RF_KERNEL_LABEL, and RF_KERNEL_… for what they bring themselves. The loops are
 * plain: the compiler vectorises them for the instruction set at hand. */
#include "net/base/bytes.h"
#include "protocols/share/gf64.h"
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

static void gf64_dot(uint64_t *out, const uint64_t *key, size_t words, const uint8_t *rows,
                     size_t pitch, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        rf_wide sum = 0;
        for (size_t j = 0; j < words; j++)
            sum ^= rf_gf64_wide(key[j], rf_load64(rows + r * pitch + 8 * j));
        out[r] ^= rf_gf64_reduce(sum);
    }
}

static inline void add_wide(uint64_t *sum, rf_wide x)
{
    sum[0] ^= (uint64_t)x;
    sum[1] ^= (uint64_t)(x >> 64);
}

#ifndef RF_KERNEL_PROOF
static void gf64_multiply(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = rf_gf64_multiply(x[i], y[i]);
}

static void gf64_fold(uint64_t *out, const uint64_t *x, size_t segment, const uint64_t *lambda,
                      unsigned width)
{
    for (size_t j = 0; j < segment; j++) {
        rf_wide sum = 0;
        for (unsigned a = 0; a < width; a++)
            sum ^= rf_gf64_wide(lambda[a], x[a * segment + j]);
        out[j] = rf_gf64_reduce(sum);
    }
}

/* From the corners to all places, variable by variable: those after it are still at corners. */
static void extend(uint64_t *at, unsigned depth)
{
    for (unsigned j = 0, step = 1; j < depth; j++, step *= 3) {
        for (unsigned corner = 0; corner < 1U << (depth - 1 - j); corner++) {
            uint64_t *zero = at + (size_t)3 * step * rf_kernel_corner[corner];
            for (unsigned i = 0; i < step; i++)
                zero[2 * step + i] = zero[i] ^ zero[step + i];
        }
    }
}

static void gf64_products(uint64_t *sum, const uint64_t *u, const uint64_t *v, size_t segment,
                          size_t count, unsigned depth)
{
    unsigned places = 1;
    for (unsigned i = 0; i < depth; i++)
        places *= 3;
    for (size_t j = 0; j < count; j++) {
        uint64_t x[RF_KERNEL_PLACES], y[RF_KERNEL_PLACES];
        for (unsigned a = 0; a < 1U << depth; a++) {
            x[rf_kernel_corner[a]] = u[a * segment + j];
            y[rf_kernel_corner[a]] = v[a * segment + j];
        }
        extend(x, depth);
        extend(y, depth);
        for (unsigned t = 0; t < places; t++)
            add_wide(sum + (size_t)2 * t, rf_gf64_wide(x[t], y[t]));
    }
}

static void proof_products_lane(uint64_t *sum, uint64_t weight, const uint64_t *const left[2],
                                const uint64_t *const right[2], size_t at)
{
    uint64_t x[RF_KERNEL_PLACES], y[RF_KERNEL_PLACES];
    for (unsigned i = 0; i < 32; i++) {
        x[rf_kernel_corner[i]] = left[i / 16][at + i % 16];
        y[rf_kernel_corner[i]] = right[i / 16][at + i % 16];
    }
    extend(x, RF_KERNEL_DEEP);
    extend(y, RF_KERNEL_DEEP);
    for (unsigned t = 0; t < RF_KERNEL_PLACES; t++)
        add_wide(sum + (size_t)2 * t, rf_gf64_wide(weight, x[t] & y[t]));
}

static void proof_products(uint64_t *sum, const uint64_t *weight, const uint64_t *const left[2],
                           const uint64_t *const right[2], size_t blocks)
{
    for (size_t lane = 0; lane < 8 * blocks; lane++)
        proof_products_lane(sum, weight[lane], left, right, 16 * lane);
}

static void proof_weigh(uint64_t *sum, const uint64_t *weight, const uint64_t *word, size_t blocks)
{
    for (size_t i = 0; i < 128 * blocks; i++)
        add_wide(sum + 2 * (i % 128), rf_gf64_wide(weight[i / 128], word[i]));
}

/* Bits become masks: no branch, no table. */
static void proof_fold_lane(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2],
                            size_t at)
{
    for (unsigned i = 0; i < 32; i++) {
        const uint64_t bits = word[i / 16][at + i % 16], weight = lambda[i];
        INDEPENDENT
        for (unsigned k = 0; k < 64; k++)
            out[k] ^= weight & (0 - (bits >> k & 1));
    }
}

static void proof_fold_lanes(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2])
{
    for (size_t i = 0; i < 512; i++)
        out[i] = 0;
    for (size_t lane = 0; lane < 8; lane++)
        proof_fold_lane(out + 64 * lane, lambda, word, 16 * lane);
}

static void proof_fold_blocks(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2],
                              size_t blocks)
{
    for (size_t i = 0; i < 64 * blocks; i++)
        out[i] = 0;
    for (size_t i = 0; i < 8 * blocks; i++)
        proof_fold_lane(out + 64 * (i / 8), lambda + 32 * (i % 8), word, 16 * i);
}
#endif

const struct rf_kernels RF_KERNEL = {
    .name = RF_KERNEL_LABEL,
    .xor_words = xor_words,
    .and_words = and_words,
    .rep3_and = rep3_and,
    .rep3_mul = rep3_mul,
    .transpose = transpose,
    .gf64_multiply = gf64_multiply,
    .gf64_fold = gf64_fold,
    .gf64_products = gf64_products,
    .proof_products = proof_products,
    .proof_weigh = proof_weigh,
    .proof_fold_lanes = proof_fold_lanes,
    .proof_fold_blocks = proof_fold_blocks,
    .gf64_dot = gf64_dot,
};
