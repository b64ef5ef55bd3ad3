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

#ifndef RF_KERNEL_PROOF
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

/* Adds x y, not reduced, of several pairs. */
enum { BESIDE = 4 };

static inline void add_products(uint64_t sum[2], const uint64_t x[BESIDE], const uint64_t y[BESIDE])
{
#ifdef __PCLMUL__ /* without a detour through other registers */
    __m128i *to = (__m128i *)(void *)sum, all = _mm_loadu_si128(to);
    for (unsigned i = 0; i < BESIDE; i++) {
        const __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)(x + i));
        const __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)(y + i));
        all = _mm_xor_si128(all, _mm_clmulepi64_si128(a, b, 0));
    }
    _mm_storeu_si128(to, all);
#else
    for (unsigned i = 0; i < BESIDE; i++) {
        const rf_wide product = rf_gf64_wide(x[i], y[i]);
        sum[0] ^= (uint64_t)product;
        sum[1] ^= (uint64_t)(product >> 64);
    }
#endif
}

/* Some functions of several variables side by side. From the corners to all places, variable by variable: those
 * after it are still at corners. */
static inline void extend(uint64_t (*at)[BESIDE], unsigned depth)
{
    for (unsigned j = 0, step = 1; j < depth; j++, step *= 3) {
        for (unsigned corner = 0; corner < 1U << (depth - 1 - j); corner++) {
            uint64_t(*zero)[BESIDE] = at + (size_t)3 * step * rf_kernel_corner[corner];
            for (unsigned i = 0; i < step; i++) {
                for (unsigned k = 0; k < BESIDE; k++)
                    zero[2 * step + i][k] = zero[i][k] ^ zero[step + i][k];
            }
        }
    }
}

static inline void take_corner(uint64_t to[BESIDE], const uint64_t *from, size_t count)
{
    for (size_t k = 0; k < BESIDE; k++)
        to[k] = k < count ? from[k] : 0;
}

static void gf64_products(uint64_t *sum, const uint64_t *u, const uint64_t *v, size_t segment,
                          size_t count, unsigned depth)
{
    unsigned places = 1;
    for (unsigned i = 0; i < depth; i++)
        places *= 3;
    for (size_t j = 0; j < count; j += BESIDE) {
        uint64_t x[RF_KERNEL_PLACES][BESIDE], y[RF_KERNEL_PLACES][BESIDE];
        for (unsigned a = 0; a < 1U << depth; a++) {
            take_corner(x[rf_kernel_corner[a]], u + a * segment + j, count - j);
            take_corner(y[rf_kernel_corner[a]], v + a * segment + j, count - j);
        }
        extend(x, depth);
        extend(y, depth);
        for (unsigned t = 0; t < places; t++)
            add_products(sum + (size_t)2 * t, x[t], y[t]);
    }
}

/* Four of a block's lanes: bits multiply by AND, and are weighted. */
static void proof_products_lanes(uint64_t *sum, const uint64_t weight[BESIDE],
                                 const uint64_t *const left[2], const uint64_t *const right[2],
                                 size_t at)
{
    uint64_t x[RF_KERNEL_PLACES][BESIDE], y[RF_KERNEL_PLACES][BESIDE], both[BESIDE];
    for (unsigned i = 0; i < 32; i++) {
        for (size_t k = 0; k < BESIDE; k++) {
            x[rf_kernel_corner[i]][k] = left[i / 16][at + 16 * k + i % 16];
            y[rf_kernel_corner[i]][k] = right[i / 16][at + 16 * k + i % 16];
        }
    }
    extend(x, RF_KERNEL_DEEP);
    extend(y, RF_KERNEL_DEEP);
    for (unsigned t = 0; t < RF_KERNEL_PLACES; t++) {
        for (unsigned k = 0; k < BESIDE; k++)
            both[k] = x[t][k] & y[t][k];
        add_products(sum + (size_t)2 * t, both, weight);
    }
}

static void proof_products(uint64_t *sum, const uint64_t *weight, const uint64_t *const left[2],
                           const uint64_t *const right[2], size_t blocks)
{
    for (size_t lane = 0; lane < 8 * blocks; lane += BESIDE)
        proof_products_lanes(sum, weight + lane, left, right, 16 * lane);
}

static void proof_weigh(uint64_t *sum, const uint64_t *weight, const uint64_t *word, size_t blocks)
{
    for (size_t i = 0; i < 128 * blocks; i++) {
        const rf_wide product = rf_gf64_wide(weight[i / 128], word[i]);
        sum[2 * (i % 128)] ^= (uint64_t)product;
        sum[2 * (i % 128) + 1] ^= (uint64_t)(product >> 64);
    }
}

#ifndef RF_KERNEL_FOLD
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
