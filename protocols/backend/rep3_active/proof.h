/** proof.h - that many bit gates were computed rightly: the mathematics of the distributed proof
 *
 * Party i computed z = ad + bc + e + f in GF(2), where the party before it knows (a, b, e) and the party
 * after it (c, d, f): a, b are its shares x_i, y_i, c, d are x_i+1, y_i+1, e = x_i y_i + r_i + z_i and
 * f = r_i+1. A right gate has ad + bc + e + f = 0. Lifted to integers, with (1 - 2 bit) for signs,
 *
 *   u = (1 - 2e) (1, a, b, ab)      v = (1 - 2f) (1, -2d, -2c, 4cd)      u . v = 1 if right, else -1,
 *
 * so that the sum of u . v over m gates, m < p / 2, is m exactly when all are right.
 *
 * A level proves an inner product of two vectors u (left) and v (right) that one verifier each knows: the
 * vectors are cut into groups of L, each a polynomial of degree L - 1 through the points 0 … L - 1; G = sum
 * over groups of p q has degree 2 L - 2 and is given by its values at 0 … 2 L - 2, shared between the
 * verifiers; the sum of G over 0 … L - 1 must be what is claimed. At a random point both fold: each group
 * becomes p(r) or q(r), and their inner product must be G(r): the claim of the next level. The last level
 * adds a random point to either vector, so that p(r) and q(r) may be shown.
 *
 * Levels: GATES (L = 32: 8 gates of 4 entries), LANES (L = 8), then plain vectors. The gates stay bits
 * until both challenges are known: levels 1 and 2 fold in one go.
 *
 * Source: Boneh, Boyle, Corrigan-Gibbs, Gilboa, Ishai, CRYPTO 2019 (fully linear proofs); Boyle, Gilboa, Ishai,
 * Nof, CCS 2019 (three parties); the lifting and recursion as in draft-savage-ppm-3phm-mpc-01, section 4. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_ACTIVE_PROOF_H
#define RF_PROTOCOLS_BACKEND_REP3_ACTIVE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/share/field.h"

enum {
    RF_PROOF_BLOCK = 64, /* words of each operand that are taken together: 4096 gates */
    RF_PROOF_GATES = 8,  /* gates of a group of the first level */
    RF_PROOF_LANES = 8,  /* groups of the first level that make one of the second */
    RF_PROOF_FIRST = 32, /* points of the first level */
    RF_PROOF_WIDE = 64,  /* most points of a further level */
    RF_PROOF_POINTS = RF_PROOF_WIDE + 1, /* with the last level's random point */
    RF_PROOF_VALUES = 2 * RF_PROOF_POINTS - 1,
    RF_PROOF_LEVELS = 12,
};

/** What one side knows of each gate: three bits, in blocks of RF_PROOF_BLOCK words each.
 * Left: a, b, e. Right: c, d, f. */
struct rf_proof_bits {
    const uint64_t *word[3];
};

/** Widths of all levels for so many words of gates, a multiple of RF_PROOF_BLOCK; returns how many.
 * The last is the whole vector that is left, without its random point. */
unsigned rf_proof_plan(size_t words, unsigned width[RF_PROOF_LEVELS]);

/** rf_proof_points() - Lagrange coefficients: f(x) = sum over i of lambda[i] f(i), for degree < count
 * @x: an element; one of the points themselves gives its unit vector */
void rf_proof_points(uint64_t *lambda, unsigned count, uint64_t x);

/** rf_proof_at() - sum of lambda[i] value[i] */
uint64_t rf_proof_at(const uint64_t *lambda, const uint64_t *value, unsigned count);

/** rf_proof_values() - G at 0 … 2 count - 2, from products[a * count + b] = sum over groups of u_a v_b */
void rf_proof_values(uint64_t *value, const uint64_t *products, unsigned count);

/** rf_proof_values_of() - the same for a single group */
void rf_proof_values_of(uint64_t *value, const uint64_t *u, const uint64_t *v, unsigned count);

/* ---- levels on gates ---- */

/** Sums that blocks add to; zero at first. */
struct rf_proof_gram {
    int64_t sum[RF_PROOF_FIRST * RF_PROOF_FIRST];
};

/** rf_proof_gram_add() - the first level's products over @blocks blocks */
void rf_proof_gram_add(struct rf_proof_gram *gram, const struct rf_proof_bits *left,
                       const struct rf_proof_bits *right, size_t blocks);
void rf_proof_gram_products(uint64_t products[RF_PROOF_FIRST * RF_PROOF_FIRST],
                            const struct rf_proof_gram *gram);

/** What folding gates needs: for every lane and gate, its folded entries by its three bits. */
struct rf_proof_table {
    uint64_t entry[RF_PROOF_LANES][RF_PROOF_GATES * 8];
};

/** rf_proof_table_init()
 * @right:  of the right side's vectors, else the left's
 * @lambda: of the first level
 * @lane:   of the second level; NULL: all one, for the second level's products */
void rf_proof_table_init(struct rf_proof_table *table, bool right,
                         const uint64_t lambda[RF_PROOF_FIRST],
                         const uint64_t lane[RF_PROOF_LANES]);

/** rf_proof_fold_lanes() - one block folded by the first level: out[lane * 64 + bit] */
void rf_proof_fold_lanes(uint64_t out[RF_PROOF_LANES * 64], const struct rf_proof_table *table,
                         const struct rf_proof_bits *bits, size_t block);

/** rf_proof_fold_blocks() - blocks folded by both levels: 64 elements of each */
void rf_proof_fold_blocks(uint64_t *out, const struct rf_proof_table *table,
                          const struct rf_proof_bits *bits, size_t blocks);

/* ---- levels on vectors: @size entries in @width segments of rf_div_up(size, width) ---- */

/** rf_proof_products() - adds to products[a * width + b] the inner product of u's segment a and v's b */
void rf_proof_products(uint64_t *products, const uint64_t *u, const uint64_t *v, size_t size,
                       unsigned width);

/** rf_proof_fold() - the segments' weighted sum, in place; returns the new size */
size_t rf_proof_fold(uint64_t *vector, size_t size, unsigned width, const uint64_t *lambda);

#endif
