#include "tests/support/naive_proof.h"

#include <stdlib.h>

/* Times x, again and again. */
uint64_t rf_naive_multiply(uint64_t x, uint64_t y)
{
    uint64_t product = 0;
    for (unsigned i = 0; i < 64; i++) {
        if (y >> i & 1)
            product ^= x;
        x = x >> 63 ? x << 1 ^ 0x1b : x << 1;
    }
    return product;
}

uint64_t rf_naive_power(uint64_t x, uint64_t exponent)
{
    uint64_t power = 1;
    for (; exponent; exponent /= 2) {
        if (exponent % 2)
            power = rf_naive_multiply(power, x);
        x = rf_naive_multiply(x, x);
    }
    return power;
}

/* Variable j at the challenge to the power of 4^j. */
static uint64_t variable(unsigned j, uint64_t challenge)
{
    return rf_naive_power(challenge, (uint64_t)1 << (2 * j));
}

uint64_t rf_naive_lambda(unsigned depth, unsigned s, uint64_t challenge)
{
    uint64_t lambda = 1;
    for (unsigned j = 0; j < depth; j++) {
        uint64_t r = variable(j, challenge);
        lambda = rf_naive_multiply(lambda, s >> j & 1 ? r : r ^ 1);
    }
    return lambda;
}

static unsigned digit(unsigned place, unsigned j)
{
    while (j-- > 0)
        place /= 3;
    return place % 3;
}

static unsigned places(unsigned depth)
{
    return depth ? 3 * places(depth - 1) : 1;
}

/* A polynomial of degree 2 in one variable that is 0 or 1 at one of the places 0, 1, leading coefficient, and 0 at
 * the other two: 1 + r, r, r^2 + r. */
uint64_t rf_naive_at(const uint64_t *value, unsigned depth, uint64_t challenge)
{
    uint64_t sum = 0;
    for (unsigned t = 0; t < places(depth); t++) {
        uint64_t term = value[t];
        for (unsigned j = 0; j < depth; j++) {
            uint64_t r = variable(j, challenge);
            const uint64_t base[3] = {r ^ 1, r, rf_naive_multiply(r, r) ^ r};
            term = rf_naive_multiply(term, base[digit(t, j)]);
        }
        sum ^= term;
    }
    return sum;
}

static uint64_t bit(uint64_t word, size_t k)
{
    return word >> k & 1;
}

/* Corner s of any level is segment s: entry s * columns + column. Columns of the first level: lane, block, k; of
 * the second: block, k. */
void rf_naive_begin(struct rf_naive_proof *proof, size_t words,
                    const struct rf_proof_weights *weights, const uint64_t *const left[2],
                    const uint64_t *const right[2])
{
    *proof = (struct rf_naive_proof){.size = words * 64 * 2, .weights = *weights};
    proof->levels = rf_proof_plan(words, proof->depth);
    proof->u = calloc(proof->size + 64, sizeof *proof->u);
    proof->v = calloc(proof->size + 64, sizeof *proof->v);
    if (!proof->u || !proof->v)
        abort();
    size_t blocks = words / 128, columns = proof->size / 32;
    for (size_t i = 0; i < words; i++) {
        size_t block = i / 128, lane = i % 128 / 16, word = i % 16;
        uint64_t weight = weights->block[block];
        for (size_t k = 0; k < 64; k++, weight = rf_naive_multiply(weight, 2)) {
            size_t at = word * columns + lane * blocks * 64 + block * 64 + k;
            for (unsigned h = 0; h < 2; h++, at += 16 * columns) {
                proof->u[at] = bit(left[h][i], k) ? weight : 0;
                proof->v[at] = bit(right[h][i], k);
            }
        }
    }
}

void rf_naive_hide(struct rf_naive_proof *proof, uint64_t u, uint64_t v)
{
    proof->size = (size_t)1 << proof->depth[proof->level];
    proof->u[proof->size - 1] = u;
    proof->v[proof->size - 1] = v;
}

static size_t columns_of(const struct rf_naive_proof *proof)
{
    size_t segments = (size_t)1 << proof->depth[proof->level];
    return (proof->size + segments - 1) / segments;
}

/* The function of one column at a place: the sum over all corners that agree with it in digits 0 and 1. */
static uint64_t at_place(const uint64_t *vector, unsigned depth, size_t columns, size_t column,
                         unsigned t)
{
    uint64_t sum = 0;
    for (unsigned s = 0; s < 1U << depth; s++) {
        unsigned agrees = 1;
        for (unsigned j = 0; j < depth; j++)
            agrees &= digit(t, j) == 2 || digit(t, j) == (s >> j & 1);
        sum ^= agrees ? vector[s * columns + column] : 0;
    }
    return sum;
}

unsigned rf_naive_values(const struct rf_naive_proof *proof, uint64_t *value)
{
    unsigned depth = proof->depth[proof->level];
    size_t columns = columns_of(proof);
    for (unsigned t = 0; t < places(depth); t++) {
        value[t] = 0;
        for (size_t column = 0; column < columns; column++) {
            uint64_t p = at_place(proof->u, depth, columns, column, t);
            uint64_t q = at_place(proof->v, depth, columns, column, t);
            uint64_t product = rf_naive_multiply(p, q);
            if (proof->level == 0)
                product = rf_naive_multiply(product, proof->weights.lane[column / (columns / 8)]);
            value[t] ^= product;
        }
    }
    return places(depth);
}

uint64_t rf_naive_weight(const struct rf_naive_proof *proof, unsigned s)
{
    if (proof->level == 0)
        return proof->weights.word[s % 16];
    if (proof->level == 1)
        return proof->weights.lane[s];
    return proof->level + 1 < proof->levels || s + 1 < 1U << proof->depth[proof->level];
}

uint64_t rf_naive_total(const struct rf_naive_proof *proof, const uint64_t *value)
{
    uint64_t total = 0;
    for (unsigned s = 0; s < 1U << proof->depth[proof->level]; s++) {
        unsigned place = 0;
        for (unsigned j = 0, power = 1; j < proof->depth[proof->level]; j++, power *= 3)
            place += (s >> j & 1) * power;
        total ^= rf_naive_multiply(rf_naive_weight(proof, s), value[place]);
    }
    return total;
}

static uint64_t folded(const uint64_t *vector, const uint64_t *lambda, unsigned depth,
                       size_t columns, size_t column)
{
    uint64_t sum = 0;
    for (unsigned s = 0; s < 1U << depth; s++)
        sum ^= rf_naive_multiply(lambda[s], vector[s * columns + column]);
    return sum;
}

void rf_naive_fold(struct rf_naive_proof *proof, uint64_t challenge)
{
    unsigned depth = proof->depth[proof->level];
    size_t columns = columns_of(proof);
    uint64_t lambda[RF_PROOF_WIDE];
    for (unsigned s = 0; s < 1U << depth; s++)
        lambda[s] = rf_naive_lambda(depth, s, challenge);
    /* A column's first entry is not needed any more once it has been folded. */
    for (size_t column = 0; column < columns; column++) {
        proof->u[column] = folded(proof->u, lambda, depth, columns, column);
        proof->v[column] = folded(proof->v, lambda, depth, columns, column);
    }
    for (size_t i = columns; i < columns << depth; i++)
        proof->u[i] = proof->v[i] = 0;
    proof->size = columns;
    proof->level++;
}

void rf_naive_end(struct rf_naive_proof *proof)
{
    free(proof->u);
    free(proof->v);
    *proof = (struct rf_naive_proof){0};
}

uint64_t rf_naive_linear(const struct rf_proof_weights *weights, const uint64_t *word, size_t words)
{
    uint64_t total = 0;
    for (size_t i = 0; i < words; i++) {
        uint64_t weight = rf_naive_multiply(
            weights->block[i / 128],
            rf_naive_multiply(weights->lane[i % 128 / 16], weights->word[i % 16]));
        for (size_t k = 0; k < 64; k++, weight = rf_naive_multiply(weight, 2))
            total ^= bit(word[i], k) ? weight : 0;
    }
    return total;
}
