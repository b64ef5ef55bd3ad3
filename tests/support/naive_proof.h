/** naive_proof.h - the distributed proof once more, slowly, from its definition in proof.h
 *
 * Shares no arithmetic with the library: products bit by bit, every entry of every vector an element, functions of
 * several variables term by term. For tests of the fast one, and for a prover that proves what it likes. */
#ifndef RF_TESTS_SUPPORT_NAIVE_PROOF_H
#define RF_TESTS_SUPPORT_NAIVE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "protocols/backend/rep3_active/proof.h"

uint64_t rf_naive_multiply(uint64_t x, uint64_t y);
uint64_t rf_naive_power(uint64_t x, uint64_t exponent);

/** What corner @s of @depth variables counts for at a challenge. */
uint64_t rf_naive_lambda(unsigned depth, unsigned s, uint64_t challenge);

struct rf_naive_proof {
    unsigned depth[RF_PROOF_LEVELS], levels, level;
    struct rf_proof_weights weights;
    uint64_t *u, *v;
    size_t size;
};

/** rf_naive_begin() - the vectors of so many words of gates, by the bits that either side knows
 * @weights: borrowed until the end */
void rf_naive_begin(struct rf_naive_proof *proof, size_t words,
                    const struct rf_proof_weights *weights, const uint64_t *const left[2],
                    const uint64_t *const right[2]);

/** rf_naive_hide() - before the last level: a random entry for either vector, in the last place */
void rf_naive_hide(struct rf_naive_proof *proof, uint64_t u, uint64_t v);

/** rf_naive_values() - of the present level, 3^depth; returns how many */
unsigned rf_naive_values(const struct rf_naive_proof *proof, uint64_t *value);

/** rf_naive_weight() - by which a corner's value counts in what the present level must add up to */
uint64_t rf_naive_weight(const struct rf_naive_proof *proof, unsigned s);

/** rf_naive_total() - that sum */
uint64_t rf_naive_total(const struct rf_naive_proof *proof, const uint64_t *value);

/** rf_naive_at() - a polynomial at a challenge, by its values */
uint64_t rf_naive_at(const uint64_t *value, unsigned depth, uint64_t challenge);

/** rf_naive_fold() - to the next level */
void rf_naive_fold(struct rf_naive_proof *proof, uint64_t challenge);
void rf_naive_end(struct rf_naive_proof *proof);

/** rf_naive_linear() - the weighted sum of words of gates: what a verifier claims of e or f */
uint64_t rf_naive_linear(const struct rf_proof_weights *weights, const uint64_t *word,
                         size_t words);

#endif
