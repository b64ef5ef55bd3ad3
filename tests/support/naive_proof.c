#include "tests/support/naive_proof.h"

#include <stdlib.h>

static const uint64_t modulus = ((uint64_t)1 << 61) - 1;

uint64_t rf_naive_add(uint64_t x, uint64_t y)
{
    return (uint64_t)(((rf_wide)x + y) % modulus);
}

uint64_t rf_naive_subtract(uint64_t x, uint64_t y)
{
    return (uint64_t)(((rf_wide)x + modulus - y % modulus) % modulus);
}

uint64_t rf_naive_multiply(uint64_t x, uint64_t y)
{
    return (uint64_t)((rf_wide)x * y % modulus);
}

/* Euclid's algorithm, extended. */
uint64_t rf_naive_inverse(uint64_t x)
{
    __extension__ typedef __int128 wide;
    wide a = (wide)(x % modulus), b = (wide)modulus, s = 1, t = 0;
    while (b != 0) {
        wide quotient = a / b, rest = a % b, next = s - quotient * t;
        a = b;
        b = rest;
        s = t;
        t = next;
    }
    s %= (wide)modulus;
    return (uint64_t)(s < 0 ? s + (wide)modulus : s);
}

uint64_t rf_naive_lambda(unsigned count, unsigned i, uint64_t x)
{
    uint64_t above = 1, below = 1;
    for (unsigned j = 0; j < count; j++) {
        if (j == i)
            continue;
        above = rf_naive_multiply(above, rf_naive_subtract(x, j));
        below = rf_naive_multiply(below, rf_naive_subtract(i, j));
    }
    return rf_naive_multiply(above, rf_naive_inverse(below));
}

static uint64_t bit(const uint64_t *word, size_t gate)
{
    return word[gate / 64] >> (gate % 64) & 1;
}

static uint64_t sign(uint64_t negative, uint64_t x)
{
    return negative ? rf_naive_subtract(0, x) : x;
}

/* All levels cut their vector into segments: point a, group j is entry a * groups + j. So a gate's
 * entries go where both levels on gates find them: word 8 t + lane of a block is gate t of lane's groups. */
void rf_naive_begin(struct rf_naive_proof *proof, size_t words, const uint64_t *const left[3],
                    const uint64_t *const right[3])
{
    *proof = (struct rf_naive_proof){.size = words * 64 * 4};
    proof->levels = rf_proof_plan(words, proof->width);
    proof->u = calloc(proof->size + 256, sizeof *proof->u);
    proof->v = calloc(proof->size + 256, sizeof *proof->v);
    if (!proof->u || !proof->v)
        abort();
    size_t groups = words * 8, lanes = groups / 8;
    for (size_t gate = 0; gate < words * 64; gate++) {
        size_t word = gate / 64, block = word / 64, t = word % 64 / 8, lane = word % 8;
        size_t group = lane * lanes + block * 64 + gate % 64, at = 4 * t * groups + group;
        uint64_t a = bit(left[0], gate), b = bit(left[1], gate), e = bit(left[2], gate);
        uint64_t c = bit(right[0], gate), d = bit(right[1], gate), f = bit(right[2], gate);
        const uint64_t u[4] = {1, a, b, a & b};
        const uint64_t v[4] = {1, sign(1, 2 * d), sign(1, 2 * c), 4 * (c & d)};
        for (unsigned k = 0; k < 4; k++) {
            proof->u[at + k * groups] = sign(e, u[k]);
            proof->v[at + k * groups] = sign(f, v[k]);
        }
    }
}

void rf_naive_hide(struct rf_naive_proof *proof, uint64_t u, uint64_t v)
{
    proof->u[proof->size] = u;
    proof->v[proof->size++] = v;
}

unsigned rf_naive_points(const struct rf_naive_proof *proof)
{
    return proof->width[proof->level] + (proof->level + 1 == proof->levels);
}

/* Zeros fill the last level's segments. */
static size_t groups_of(const struct rf_naive_proof *proof)
{
    unsigned points = rf_naive_points(proof);
    return (proof->size + points - 1) / points;
}

static uint64_t at_point(const uint64_t *vector, const uint64_t *lambda, unsigned points,
                         size_t groups, size_t j)
{
    uint64_t sum = 0;
    for (unsigned a = 0; a < points; a++)
        sum = rf_naive_add(sum, rf_naive_multiply(lambda[a], vector[a * groups + j]));
    return sum;
}

void rf_naive_values(const struct rf_naive_proof *proof, uint64_t *value)
{
    unsigned points = rf_naive_points(proof);
    size_t groups = groups_of(proof);
    uint64_t lambda[RF_PROOF_VALUES];
    for (unsigned x = 0; x < 2 * points - 1; x++) {
        for (unsigned a = 0; a < points; a++)
            lambda[a] = rf_naive_lambda(points, a, x);
        value[x] = 0;
        for (size_t j = 0; j < groups; j++) {
            uint64_t p = at_point(proof->u, lambda, points, groups, j);
            uint64_t q = at_point(proof->v, lambda, points, groups, j);
            value[x] = rf_naive_add(value[x], rf_naive_multiply(p, q));
        }
    }
}

void rf_naive_fold(struct rf_naive_proof *proof, uint64_t challenge)
{
    unsigned points = rf_naive_points(proof);
    size_t groups = groups_of(proof);
    uint64_t lambda[RF_PROOF_VALUES];
    for (unsigned a = 0; a < points; a++)
        lambda[a] = rf_naive_lambda(points, a, challenge);
    /* Entry j is not needed any more once group j has been folded. */
    for (size_t j = 0; j < groups; j++) {
        proof->u[j] = at_point(proof->u, lambda, points, groups, j);
        proof->v[j] = at_point(proof->v, lambda, points, groups, j);
    }
    for (size_t j = groups; j < proof->size; j++)
        proof->u[j] = proof->v[j] = 0;
    proof->size = groups;
    proof->level++;
}

void rf_naive_end(struct rf_naive_proof *proof)
{
    free(proof->u);
    free(proof->v);
    *proof = (struct rf_naive_proof){0};
}
