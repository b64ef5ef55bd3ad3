/** proof.h - that many bit gates were computed rightly: the mathematics of the distributed proof
 *
 * Party i computed z = ad + bc + e + f in GF(2), where the party before it knows (a, b, e) and the party
 * after it (c, d, f): a, b are its shares x_i, y_i, c, d are x_i+1, y_i+1, e = x_i y_i + r_i + z_i and
 * f = r_i+1. A right gate has ad + bc + e + f = 0.
 *
 * Words of 64 gates are elements of GF(2^64): word w stands for the sum of w_k x^k, which is 0 only if all
 * its bits are. Gates come in blocks of 128 words, 8 lanes of 16. Weights that were not known when the gates
 * were computed, rho for each block, sigma for each lane and tau for each word of a lane, make one sum of all gates:
 *
 *   sum of rho_block sigma_lane tau_i x^k (a d + b c)  =  sum of the same weights times e  +  the same times f
 *
 * If any gate is wrong, the two sides differ but with probability 3 / 2^64. The left verifier knows the first sum
 * on the right, the right one the second: their shares of what the left side, an inner product, is claimed to be.
 *
 * A level proves an inner product of two vectors u (left) and v (right) that one verifier each knows. The vectors are
 * cut into 2^n segments, the corners of n variables; each column becomes a function linear in each variable, u(r) = sum
 * over corners s of u_s times the product of r_j or 1 + r_j, by the bits of s. G = sum over columns of u v is of
 * degree 2 in each variable and is given by its values at 3^n places: 0, 1, and the leading coefficient. These are
 * shared between the verifiers; the sum of G over the corners, weighted with tau or sigma on the first two levels, must
 * be what is claimed. At a random point, r_j = r^(4^j), both vectors fold: their inner product must be G(r), the claim of
 * the next level. A wrong G meets the right one in at most 2 (1 + 4 + ... + 4^(n-1)) points r. The last level has a random
 * entry in either vector, so that u(r) and v(r) may be shown.
 *
 * Levels: WORDS (5 variables: a or b, and i), LANES (3), then columns (block, k), all with their weight. The gates
 * stay bits until both challenges are known: the second level folds them for its products alone.
 *
 * Source: Boneh, Boyle, Corrigan-Gibbs, Gilboa, Ishai, CRYPTO 2019 (fully linear proofs); Boyle, Gilboa, Ishai,
 * Nof, CCS 2019 (three parties, bits in an extension of GF(2)); several variables a level: Lund, Fortnow, Karloff,
 * Nisan, JACM 1992. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_ACTIVE_PROOF_H
#define RF_PROTOCOLS_BACKEND_REP3_ACTIVE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "protocols/share/kernel.h"

enum {
    RF_PROOF_GROUP = 16, /* words of a lane */
    RF_PROOF_LANES = 8,
    RF_PROOF_BLOCK = RF_PROOF_LANES * RF_PROOF_GROUP, /* words */
    RF_PROOF_DEEP = RF_KERNEL_DEEP,                   /* most variables of a level */
    RF_PROOF_FIRST = 5,                               /* variables of the first level … */
    RF_PROOF_SECOND = 3,                              /* … and of the second */
    RF_PROOF_WIDE = 1 << RF_PROOF_DEEP,
    RF_PROOF_VALUES = RF_KERNEL_PLACES,
    RF_PROOF_LEVELS = 10,
    RF_PROOF_CHALLENGE = 2, /* the least challenge: at 0 and 1 an entry of a vector would show */
};

/** What one side knows of each gate's operands: left a, b; right d, c. */
struct rf_proof_bits {
    const uint64_t *word[2];
};

/** Of blocks there are as many as there are gates. */
struct rf_proof_weights {
    uint64_t word[RF_PROOF_GROUP], lane[RF_PROOF_LANES];
    uint64_t *block;
};

/** Products that are added up, as kernels leave them: a low and a high word each. Zero at first. */
struct rf_proof_sums {
    uint64_t sum[2 * RF_PROOF_VALUES];
};

/** rf_proof_plan() - variables of all levels for so many words of gates, a multiple of RF_PROOF_BLOCK; returns how
 * many levels. The last has place for the random entry, which comes last of its 2^n. */
unsigned rf_proof_plan(size_t words, unsigned depth[RF_PROOF_LEVELS]);

/** rf_proof_places() - 3^depth: the number of a level's values */
unsigned rf_proof_places(unsigned depth);

/** rf_proof_coefficients() - of the 2^depth corners at a challenge */
void rf_proof_coefficients(uint64_t *lambda, unsigned depth, uint64_t challenge);

/** rf_proof_values() - what the sums are */
void rf_proof_values(uint64_t *value, const struct rf_proof_sums *sums, unsigned depth);

/** rf_proof_at() - G at a challenge, from its values */
uint64_t rf_proof_at(const uint64_t *value, unsigned depth, uint64_t challenge);

/** rf_proof_total() - sum over corners of weight and value */
uint64_t rf_proof_total(const uint64_t *value, const uint64_t *weight, unsigned depth);

/* ---- levels on gates ---- */

/** rf_proof_words() - adds the first level's sums over @blocks blocks from @at on
 * @left, @right: the words of those blocks */
void rf_proof_words(struct rf_proof_sums *sums, const struct rf_proof_weights *weights,
                    const struct rf_proof_bits *left, const struct rf_proof_bits *right, size_t at,
                    size_t blocks);

/** rf_proof_lanes() - adds the second level's sums
 * @u, @v: coefficients of the first level, of either side */
void rf_proof_lanes(struct rf_proof_sums *sums, const struct rf_proof_weights *weights,
                    const struct rf_proof_bits *left, const struct rf_proof_bits *right, size_t at,
                    size_t blocks, const uint64_t lambda[RF_PROOF_WIDE]);

/** Coefficients of both levels on gates. */
struct rf_proof_table {
    uint64_t entry[RF_PROOF_LANES * RF_PROOF_WIDE];
};

void rf_proof_table_init(struct rf_proof_table *table, const uint64_t first[RF_PROOF_WIDE],
                         const uint64_t second[RF_PROOF_LANES]);

/** rf_proof_fold_blocks() - gates folded by both levels: 64 elements of each block
 * @weights: for a left side; NULL for a right one */
void rf_proof_fold_blocks(uint64_t *out, const struct rf_proof_table *table,
                          const struct rf_proof_weights *weights, const struct rf_proof_bits *bits,
                          size_t at, size_t blocks);

/** Sums of e or f. */
struct rf_proof_linear {
    uint64_t sum[2 * RF_PROOF_BLOCK];
};

/** rf_proof_linear_add(), _total() - the weighted sum of words of gates */
void rf_proof_linear_add(struct rf_proof_linear *linear, const struct rf_proof_weights *weights,
                         const uint64_t *word, size_t at, size_t blocks);
uint64_t rf_proof_linear_total(const struct rf_proof_linear *linear,
                               const struct rf_proof_weights *weights);

/* ---- levels on vectors: @size entries in 2^depth segments of rf_div_up(size, 2^depth) ---- */

/** rf_proof_products() - adds a level's sums */
void rf_proof_products(struct rf_proof_sums *sums, const uint64_t *u, const uint64_t *v,
                       size_t size, unsigned depth);

/** rf_proof_fold() - the segments' weighted sum, in place; returns the new size */
size_t rf_proof_fold(uint64_t *vector, size_t size, unsigned depth, const uint64_t *lambda);

#endif
