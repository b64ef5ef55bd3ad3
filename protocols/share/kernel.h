/** kernel.h - the inner loops over share words
 *
 * One implementation for each instruction set, made from the same source (kernel_body.h); the best
 * that the processor has is chosen once. `RINGFENCE_CPU=portable|avx2|avx512` narrows the choice, for
 * tests and for replay on another machine. Results do not depend on the choice.
 *
 * No pointer may overlap another unless equal. Constant time in all operands. */
#ifndef RF_PROTOCOLS_SHARE_KERNEL_H
#define RF_PROTOCOLS_SHARE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

struct rf_kernels {
    const char *name;

    /* out = x ^ y */
    void (*xor_words)(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t words);

    /* out = x & y */
    void (*and_words)(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t words);

    /* out = x0 y0 ^ x0 y1 ^ x1 y0: one party's part of a product of replicated bits */
    void (*rep3_and)(uint64_t *out, const uint64_t *x0, const uint64_t *x1, const uint64_t *y0,
                     const uint64_t *y1, size_t words);

    /* out = x0 y0 + x0 y1 + x1 y0 + r - s, modulo 2^64 */
    void (*rep3_mul)(uint64_t *out, const uint64_t *x0, const uint64_t *x1, const uint64_t *y0,
                     const uint64_t *y1, const uint64_t *r, const uint64_t *s, size_t words);

    /* bit j of word i <-> bit i of word j */
    void (*transpose)(uint64_t block[64]);
};

/** rf_kernels() - the chosen implementation */
const struct rf_kernels *rf_kernels(void);

/** rf_kernels_all() - every implementation this processor can run, the portable one first; NULL ends
 * the list */
const struct rf_kernels *const *rf_kernels_all(void);

extern const struct rf_kernels rf_kernel_portable, rf_kernel_avx2, rf_kernel_avx512;

#endif
