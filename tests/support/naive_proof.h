/** naive_proof.h - the distributed proof once more, slowly, from its definition in proof.h
 *
 * Shares no arithmetic with the library: products by %, Lagrange coefficients by their formula, every entry
 * of every vector a number. For tests of the fast one, and for a prover that proves what it likes. */
#ifndef RF_TESTS_SUPPORT_NAIVE_PROOF_H
#define RF_TESTS_SUPPORT_NAIVE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "protocols/backend/rep3_active/proof.h"

uint64_t rf_naive_add(uint64_t x, uint64_t y);
uint64_t rf_naive_subtract(uint64_t x, uint64_t y);
uint64_t rf_naive_multiply(uint64_t x, uint64_t y);
uint64_t rf_naive_inverse(uint64_t x);

/** Coefficient of point @i of 0 … count - 1 at @x. */
uint64_t rf_naive_lambda(unsigned count, unsigned i, uint64_t x);

struct rf_naive_proof {
    unsigned width[RF_PROOF_LEVELS], levels, level;
    uint64_t *u, *v;
    size_t size;
};

/** rf_naive_begin() - the vectors of so many words of gates, by the bits that either side knows */
void rf_naive_begin(struct rf_naive_proof *proof, size_t words, const uint64_t *const left[3],
                    const uint64_t *const right[3]);

/** rf_naive_hide() - before the last level: a last entry for either vector */
void rf_naive_hide(struct rf_naive_proof *proof, uint64_t u, uint64_t v);

/** rf_naive_points(), _values() - of the present level; there are 2 points - 1 values */
unsigned rf_naive_points(const struct rf_naive_proof *proof);
void rf_naive_values(const struct rf_naive_proof *proof, uint64_t *value);

/** rf_naive_fold() - to the next level */
void rf_naive_fold(struct rf_naive_proof *proof, uint64_t challenge);
void rf_naive_end(struct rf_naive_proof *proof);

#endif
