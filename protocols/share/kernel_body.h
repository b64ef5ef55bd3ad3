/* The kernels' source, compiled once for each instruction set by kernel_*.c, which define
 * RF_KERNEL (the table's name) and RF_KERNEL_LABEL, and RF_KERNEL_TRANSPOSE if they bring their own. The loops are plain: the compiler vectorises them for the
 * instruction set at hand. */
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

const struct rf_kernels RF_KERNEL = {
    .name = RF_KERNEL_LABEL,
    .xor_words = xor_words,
    .and_words = and_words,
    .rep3_and = rep3_and,
    .rep3_mul = rep3_mul,
    .transpose = transpose,
};
