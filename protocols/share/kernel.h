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

    /* bit j of byte i = bit i of word j */
    void (*turn_bytes)(uint8_t out[64], const uint64_t word[8]);

    /* out[i] = sum over 8 tables t of 8 entries: entry[8 t + three bits], the bits of table 2 k the low ones
     * of index[64 k + i], those of table 2 k + 1 the next. Nothing in memory is addressed by them. */
    void (*look_up)(uint64_t out[64], const uint64_t entry[64], const uint8_t index[256]);

    /* Signed counts over blocks of 64 words, each of 8 gates by 8 words: for entries A = 1, a, b, ab of gate t
     * (left = a, b, e) and V = 1, d, c, cd of gate u (right = c, d, f),
     * sum[(4 t + i) * 32 + 4 u + k] += bits of A_i & V_k, negative where e ^ f */
    void (*proof_gram)(int64_t *sum, const uint64_t *const left[3], const uint64_t *const right[3],
                       size_t blocks);

    /* products[a * width + b] += sum over j < count of u[a * segment + j] * v[b * segment + j], all modulo
     * 2^61 - 1 (field.h); operands below the modulus, count at most 512 */
    void (*field_products)(uint64_t *products, const uint64_t *u, const uint64_t *v, size_t segment,
                           size_t count, unsigned width);

    /* out[j] = sum over a < width of lambda[a] * x[a * segment + j], j < segment, modulo 2^61 - 1; width at most
     * 512; out may be x */
    void (*field_fold)(uint64_t *out, const uint64_t *x, size_t segment, const uint64_t *lambda,
                       unsigned width);

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
