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

enum {
    RF_KERNEL_DEEP = 5,     /* most variables of a function */
    RF_KERNEL_PLACES = 243, /* 3^5 */
};

/** Places of corners: digit j of the place, base 3, is bit j of the corner. */
extern const uint8_t rf_kernel_corner[1 << RF_KERNEL_DEEP];

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

    /* out[i] = x[i] y[i] in GF(2^64) (gf64.h) */
    void (*gf64_multiply)(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t count);

    /* out[j] = sum over a < width of lambda[a] x[a * segment + j], j < segment; out may be x */
    void (*gf64_fold)(uint64_t *out, const uint64_t *x, size_t segment, const uint64_t *lambda,
                      unsigned width);

    /* Two vectors of 2^depth segments, as functions of depth variables at the corners 0 and 1, bit j of a segment's
     * number being variable j; the third place of a variable is the sum of both. At each of 3^depth places, place t
     * having digit j of t, base 3, for variable j: the sum over j < count of what u and v are there, multiplied.
     * Added to sum[2 t] and sum[2 t + 1], low and high words, not reduced. depth at most RF_KERNEL_DEEP */
    void (*gf64_products)(uint64_t *sum, const uint64_t *u, const uint64_t *v, size_t segment,
                          size_t count, unsigned depth);

    /* Blocks of 8 lanes of 16 words. The same of 32 bits each: word i of left[0] and of left[1] with those of
     * right[0] and right[1], the latter being corners 16 + i; words, of the products' bits, are weighted with
     * weight[8 * block + lane]. Five variables */
    void (*proof_products)(uint64_t *sum, const uint64_t *weight, const uint64_t *const left[2],
                           const uint64_t *const right[2], size_t blocks);

    /* Adds weight[block] word[128 * block + i] to sum[2 i] and sum[2 i + 1], not reduced */
    void (*proof_weigh)(uint64_t *sum, const uint64_t *weight, const uint64_t *word, size_t blocks);

    /* One block: out[64 * lane + k] = sum of lambda[16 * h + i] for which bit k of word[h][16 * lane + i] is set */
    void (*proof_fold_lanes)(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2]);

    /* The same added up over lanes, each with 32 coefficients of its own: out[64 * block + k] */
    void (*proof_fold_blocks)(uint64_t *out, const uint64_t *lambda, const uint64_t *const word[2],
                              size_t blocks);

    /* out[r] ^= sum over words j of key[j] * (word j of row r), in GF(2^64) modulo x^64 + x^4 + x^3 + x + 1 */
    void (*gf64_dot)(uint64_t *out, const uint64_t *key, size_t words, const uint8_t *rows,
                     size_t pitch, size_t count);
};

/** rf_kernels() - the chosen implementation */
const struct rf_kernels *rf_kernels(void);

/** rf_kernels_all() - every implementation this processor can run, the portable one first; NULL ends
 * the list */
const struct rf_kernels *const *rf_kernels_all(void);

extern const struct rf_kernels rf_kernel_portable, rf_kernel_avx2, rf_kernel_avx512;

#endif
