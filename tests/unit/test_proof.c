/* The functions of proof.h against the slow proof of tests/support/naive_proof.h; kernels against their
 * definitions. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/rep3_active/proof.h"
#include "protocols/share/kernel.h"
#include "tests/support/naive_proof.h"
#include "tests/support/random.h"

/* Random, but with stretches of all ones and all zeros. */
static void fill(uint64_t *word, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = rf_test_random(state) % 8;
        word[i] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : rf_test_random(state);
    }
}

/* The polynomial that a sum of products, kept as two words, stands for, by long division. */
static uint64_t reduced(const uint64_t sum[2])
{
    return rf_naive_multiply(sum[1], 0x1b) ^ sum[0];
}

/* ---- kernels ---- */

enum { BLOCKS = 7, WORDS = BLOCKS * RF_PROOF_BLOCK };

static uint64_t operand[5][WORDS];
static const uint64_t *const left_words[2] = {operand[0], operand[1]};
static const uint64_t *const right_words[2] = {operand[2], operand[3]};

static void begin(uint64_t *state)
{
    for (unsigned i = 0; i < 5; i++)
        fill(operand[i], WORDS, state);
}

static void fill_sums(uint64_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = i * 0x9e3779b97f4a7c15;
}

Test(proof_kernels, products_and_weighted_words_equal_the_portable_ones)
{
    const struct rf_kernels *portable = rf_kernels_all()[0];
    uint64_t state = 1, weight[8 * BLOCKS];
    for (size_t blocks = 0; blocks <= BLOCKS; blocks++) {
        begin(&state);
        fill(weight, 8 * BLOCKS, &state);
        for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
            struct rf_proof_sums want, got;
            struct rf_proof_linear want_words, got_words;
            fill_sums(want.sum, 2 * RF_PROOF_VALUES);
            fill_sums(got.sum, 2 * RF_PROOF_VALUES);
            fill_sums(want_words.sum, 2 * RF_PROOF_BLOCK);
            fill_sums(got_words.sum, 2 * RF_PROOF_BLOCK);
            portable->proof_products(want.sum, weight, left_words, right_words, blocks);
            (*k)->proof_products(got.sum, weight, left_words, right_words, blocks);
            cr_assert_arr_eq(want.sum, got.sum, sizeof want.sum, "%s", (*k)->name);
            portable->proof_weigh(want_words.sum, weight, operand[4], blocks);
            (*k)->proof_weigh(got_words.sum, weight, operand[4], blocks);
            cr_assert_arr_eq(want_words.sum, got_words.sum, sizeof want_words.sum, "%s",
                             (*k)->name);
        }
    }
}

static uint64_t folded_bit(const uint64_t *lambda, size_t at, size_t column)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < 32; i++)
        sum ^= left_words[i / 16][at + i % 16] >> column & 1 ? lambda[i] : 0;
    return sum;
}

Test(proof_kernels, folds_of_bits)
{
    static uint64_t got[64 * BLOCKS], lanes[512], lambda[8 * 32];
    uint64_t state = 2;
    for (size_t blocks = 0; blocks <= BLOCKS; blocks++) {
        begin(&state);
        fill(lambda, 8 * 32, &state);
        for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
            (*k)->proof_fold_lanes(lanes, lambda, left_words);
            for (size_t i = 0; i < 512; i++)
                cr_assert_eq(lanes[i], folded_bit(lambda, i / 64 * 16, i % 64), "%s", (*k)->name);
            (*k)->proof_fold_blocks(got, lambda, left_words, blocks);
            for (size_t i = 0; i < 64 * blocks; i++) {
                uint64_t want = 0;
                for (size_t lane = 0; lane < 8; lane++)
                    want ^= folded_bit(lambda + 32 * lane, i / 64 * 128 + 16 * lane, i % 64);
                cr_assert_eq(got[i], want, "%s", (*k)->name);
            }
        }
    }
}

Test(proof_kernels, products_of_elements)
{
    enum { COUNT = 21 };
    uint64_t x[COUNT], y[COUNT], got[COUNT], state = 3;
    for (unsigned round = 0; round < 20; round++) {
        fill(x, COUNT, &state);
        fill(y, COUNT, &state);
        for (size_t count = 0; count <= COUNT; count++) {
            for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
                memset(got, 7, sizeof got);
                (*k)->gf64_multiply(got, x, y, count);
                for (size_t i = 0; i < count; i++)
                    cr_assert_eq(got[i], rf_naive_multiply(x[i], y[i]), "%s", (*k)->name);
                for (size_t i = count; i < COUNT; i++)
                    cr_assert_eq(got[i], 0x0707070707070707, "%s", (*k)->name);
            }
        }
    }
}

/* Place by place: what u and v are there, by their corners. */
static void check_products(const struct rf_kernels *kernels, unsigned depth, size_t segment,
                           size_t count, uint64_t *state)
{
    static uint64_t u[32 * 70], v[32 * 70];
    struct rf_proof_sums sums;
    fill(u, segment << depth, state);
    fill(v, segment << depth, state);
    fill_sums(sums.sum, 2 * RF_PROOF_VALUES);
    kernels->gf64_products(sums.sum, u, v, segment, count, depth);
    unsigned places = 1;
    for (unsigned i = 0; i < depth; i++)
        places *= 3;
    for (unsigned t = 0; t < RF_PROOF_VALUES; t++) {
        const uint64_t before[2] = {2 * (uint64_t)t * 0x9e3779b97f4a7c15,
                                    (2 * (uint64_t)t + 1) * 0x9e3779b97f4a7c15};
        uint64_t want = reduced(before);
        for (size_t j = 0; t < places && j < count; j++) {
            uint64_t p = 0, q = 0;
            for (unsigned s = 0; s < 1U << depth; s++) {
                unsigned rest = t, agrees = 1;
                for (unsigned i = 0; i < depth; i++, rest /= 3)
                    agrees &= rest % 3 == 2 || rest % 3 == (s >> i & 1);
                p ^= agrees ? u[s * segment + j] : 0;
                q ^= agrees ? v[s * segment + j] : 0;
            }
            want ^= rf_naive_multiply(p, q);
        }
        cr_assert_eq(reduced(sums.sum + (size_t)2 * t), want, "%s: place %u of depth %u",
                     kernels->name, t, depth);
    }
}

Test(proof_kernels, products_of_vectors)
{
    const size_t counts[] = {0, 1, 7, 8, 9, 64};
    uint64_t state = 4;
    for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
        for (unsigned depth = 0; depth <= RF_KERNEL_DEEP; depth++) {
            for (unsigned c = 0; c < sizeof counts / sizeof *counts; c++)
                check_products(*k, depth, counts[c] + c % 2 * 5, counts[c], &state);
        }
    }
}

Test(proof_kernels, folds_of_vectors)
{
    enum { SEGMENT = 19, WIDTH = 32 };
    static uint64_t x[WIDTH * SEGMENT], copy[WIDTH * SEGMENT], lambda[WIDTH];
    uint64_t state = 10;
    for (size_t segment = 1; segment <= SEGMENT; segment++) {
        for (unsigned width = 1; width <= WIDTH; width++) {
            uint64_t want[SEGMENT] = {0}, got[SEGMENT];
            fill(x, segment * width, &state);
            fill(lambda, width, &state);
            for (size_t i = 0; i < segment * width; i++)
                want[i % segment] ^= rf_naive_multiply(lambda[i / segment], x[i]);
            for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
                (*k)->gf64_fold(got, x, segment, lambda, width);
                cr_assert_arr_eq(got, want, segment * sizeof *got, "%s", (*k)->name);
                memcpy(copy, x, sizeof copy);
                (*k)->gf64_fold(copy, copy, segment, lambda, width);
                cr_assert_arr_eq(copy, want, segment * sizeof *got, "%s", (*k)->name);
            }
        }
    }
}

/* ---- functions of several variables ---- */

Test(proof, coefficients_and_values_at_a_challenge)
{
    uint64_t state = 5;
    for (unsigned depth = 0; depth <= RF_PROOF_DEEP; depth++) {
        for (unsigned round = 0; round < 6; round++) {
            uint64_t lambda[RF_PROOF_WIDE], value[RF_PROOF_VALUES];
            uint64_t r = round < 3 ? round : rf_test_random(&state);
            cr_assert_eq(rf_proof_places(depth), depth ? 3 * rf_proof_places(depth - 1) : 1);
            rf_proof_coefficients(lambda, depth, r);
            for (unsigned s = 0; s < 1U << depth; s++)
                cr_assert_eq(lambda[s], rf_naive_lambda(depth, s, r));
            fill(value, rf_proof_places(depth), &state);
            cr_assert_eq(rf_proof_at(value, depth, r), rf_naive_at(value, depth, r));
        }
    }
}

/* No challenge that is allowed leaves the last entry out, which hides all others. */
Test(proof, the_last_entry_always_counts)
{
    uint64_t state = 6, lambda[RF_PROOF_WIDE];
    for (unsigned depth = 1; depth <= RF_PROOF_DEEP; depth++) {
        for (unsigned round = 0; round < 2000; round++) {
            uint64_t r = round < 1000 ? RF_PROOF_CHALLENGE + round : rf_test_random(&state);
            rf_proof_coefficients(lambda, depth, r);
            cr_assert_neq(lambda[(1U << depth) - 1], 0);
        }
    }
}

/* One vector level: values, fold; and that the values at the challenge are the folded product. */
static void check_vectors(unsigned depth, size_t columns, uint64_t *state)
{
    size_t size = columns << depth;
    struct rf_proof_sums sums = {{0}};
    struct rf_naive_proof naive = {.depth = {0, 0, depth}, .levels = 4, .level = 2, .size = size};
    uint64_t value[RF_PROOF_VALUES], want[RF_PROOF_VALUES], lambda[RF_PROOF_WIDE];
    uint64_t *u = calloc(size, sizeof *u), *v = calloc(size, sizeof *v);
    naive.u = calloc(size, sizeof *naive.u);
    naive.v = calloc(size, sizeof *naive.v);
    fill(u, size, state);
    fill(v, size, state);
    memcpy(naive.u, u, size * sizeof *u);
    memcpy(naive.v, v, size * sizeof *v);
    rf_proof_products(&sums, u, v, size, depth);
    rf_proof_values(value, &sums, depth);
    unsigned count = rf_naive_values(&naive, want);
    cr_assert_arr_eq(value, want, count * sizeof *want, "depth %u, %zu columns", depth, columns);
    uint64_t challenge = rf_test_random(state), product = 0;
    rf_proof_coefficients(lambda, depth, challenge);
    cr_assert_eq(rf_proof_fold(u, size, depth, lambda), columns);
    cr_assert_eq(rf_proof_fold(v, size, depth, lambda), columns);
    rf_naive_fold(&naive, challenge);
    cr_assert_arr_eq(u, naive.u, columns * sizeof *u);
    cr_assert_arr_eq(v, naive.v, columns * sizeof *v);
    for (size_t i = 0; i < columns; i++)
        product ^= rf_naive_multiply(u[i], v[i]);
    cr_assert_eq(rf_proof_at(value, depth, challenge), product);
    rf_naive_end(&naive);
    free(u);
    free(v);
}

Test(proof, levels_on_vectors)
{
    const size_t columns[] = {1, 2, 7, 8, 9, 33};
    uint64_t state = 7;
    for (unsigned depth = 1; depth <= RF_PROOF_DEEP; depth++) {
        for (unsigned j = 0; j < sizeof columns / sizeof *columns; j++)
            check_vectors(depth, columns[j], &state);
    }
}

/* ---- the levels on gates, and a proof from end to end ---- */

struct gates {
    uint64_t word[4][WORDS], e[WORDS], f[WORDS]; /* a b, d c */
    uint64_t block[BLOCKS];
    struct rf_proof_weights weights;
    struct rf_proof_bits left, right;
};

static struct gates *gates_new(uint64_t *state)
{
    struct gates *gates = calloc(1, sizeof *gates);
    for (unsigned i = 0; i < 4; i++)
        fill(gates->word[i], WORDS, state);
    fill(gates->f, WORDS, state);
    for (unsigned i = 0; i < WORDS; i++)
        gates->e[i] = (gates->word[0][i] & gates->word[2][i]) ^
                      (gates->word[1][i] & gates->word[3][i]) ^ gates->f[i];
    fill(gates->weights.word, RF_PROOF_GROUP, state);
    fill(gates->weights.lane, RF_PROOF_LANES, state);
    fill(gates->block, BLOCKS, state);
    gates->weights.block = gates->block;
    gates->left = (struct rf_proof_bits){{gates->word[0], gates->word[1]}};
    gates->right = (struct rf_proof_bits){{gates->word[2], gates->word[3]}};
    return gates;
}

/* The same of later blocks. */
static struct rf_proof_bits from(const struct rf_proof_bits *bits, size_t block)
{
    size_t at = block * RF_PROOF_BLOCK;
    return (struct rf_proof_bits){{bits->word[0] + at, bits->word[1] + at}};
}

static void check_values(const struct rf_naive_proof *naive, const struct rf_proof_sums *sums)
{
    uint64_t value[RF_PROOF_VALUES], want[RF_PROOF_VALUES];
    unsigned count = rf_naive_values(naive, want);
    rf_proof_values(value, sums, naive->depth[naive->level]);
    cr_assert_arr_eq(value, want, count * sizeof *want, "level %u", naive->level);
}

/* Both levels on gates, what they leave, and that it adds up, in two parts. */
static void check_gate_levels(size_t blocks, uint64_t *state)
{
    struct gates *gates = gates_new(state);
    struct rf_naive_proof naive;
    const struct rf_proof_weights *weights = &gates->weights;
    size_t half = blocks / 2, rest = blocks - half;
    struct rf_proof_bits left = from(&gates->left, half), right = from(&gates->right, half);
    struct rf_proof_sums sums = {{0}};
    uint64_t lambda[2][RF_PROOF_WIDE], challenge = rf_test_random(state);
    rf_naive_begin(&naive, blocks * RF_PROOF_BLOCK, weights, gates->left.word, gates->right.word);
    rf_proof_words(&sums, weights, &gates->left, &gates->right, 0, half);
    rf_proof_words(&sums, weights, &left, &right, half, rest);
    check_values(&naive, &sums);
    rf_proof_coefficients(lambda[0], RF_PROOF_FIRST, challenge);
    rf_naive_fold(&naive, challenge);

    memset(&sums, 0, sizeof sums);
    rf_proof_lanes(&sums, weights, &gates->left, &gates->right, 0, half, lambda[0]);
    rf_proof_lanes(&sums, weights, &left, &right, half, rest, lambda[0]);
    check_values(&naive, &sums);
    challenge = rf_test_random(state);
    rf_proof_coefficients(lambda[1], RF_PROOF_SECOND, challenge);
    rf_naive_fold(&naive, challenge);

    struct rf_proof_table table;
    uint64_t folded[64 * BLOCKS];
    rf_proof_table_init(&table, lambda[0], lambda[1]);
    rf_proof_fold_blocks(folded, &table, weights, &gates->left, 0, half);
    rf_proof_fold_blocks(folded + 64 * half, &table, weights, &left, half, rest);
    cr_assert_eq(naive.size, 64 * blocks);
    cr_assert_arr_eq(folded, naive.u, 64 * blocks * sizeof *folded);
    rf_proof_fold_blocks(folded, &table, NULL, &gates->right, 0, half);
    rf_proof_fold_blocks(folded + 64 * half, &table, NULL, &right, half, rest);
    cr_assert_arr_eq(folded, naive.v, 64 * blocks * sizeof *folded);
    rf_naive_end(&naive);
    free(gates);
}

Test(proof, levels_on_gates)
{
    uint64_t state = 8;
    for (size_t blocks = 1; blocks <= BLOCKS; blocks += 2)
        check_gate_levels(blocks, &state);
}

static void random_weights(struct gates *gates, uint64_t *state)
{
    for (unsigned i = 0; i < RF_PROOF_GROUP; i++)
        gates->weights.word[i] = rf_test_random(state);
    for (unsigned i = 0; i < RF_PROOF_LANES; i++)
        gates->weights.lane[i] = rf_test_random(state);
    for (unsigned i = 0; i < BLOCKS; i++)
        gates->block[i] = rf_test_random(state);
}

/* Verifiers' sums, in two parts as well. */
static uint64_t linear(const struct gates *gates, const uint64_t *word, size_t blocks)
{
    struct rf_proof_linear sum = {{0}};
    size_t half = blocks / 2;
    rf_proof_linear_add(&sum, &gates->weights, word, 0, half);
    rf_proof_linear_add(&sum, &gates->weights, word + half * RF_PROOF_BLOCK, half, blocks - half);
    return rf_proof_linear_total(&sum, &gates->weights);
}

/* Gates that are right add up to what the verifiers claim at every level; and any wrong ones do not. */
Test(proof, right_gates_add_up)
{
    uint64_t state = 9;
    for (unsigned wrong = 0; wrong < 12; wrong++) {
        struct gates *gates = gates_new(&state);
        struct rf_naive_proof naive;
        size_t blocks = 1 + wrong % BLOCKS;
        random_weights(gates, &state);
        uint64_t value[RF_PROOF_VALUES];
        for (unsigned i = 0; i < wrong; i++)
            gates->e[rf_test_random(&state) % (blocks * RF_PROOF_BLOCK)] ^=
                (uint64_t)1 << rf_test_random(&state) % 64;
        rf_naive_begin(&naive, blocks * RF_PROOF_BLOCK, &gates->weights, gates->left.word,
                       gates->right.word);
        uint64_t claim = linear(gates, gates->e, blocks) ^ linear(gates, gates->f, blocks);
        cr_assert_eq(claim,
                     rf_naive_linear(&gates->weights, gates->e, blocks * RF_PROOF_BLOCK) ^
                         rf_naive_linear(&gates->weights, gates->f, blocks * RF_PROOF_BLOCK));
        for (bool right = wrong == 0; naive.level < naive.levels; right = true) {
            uint64_t challenge = rf_test_random(&state);
            if (naive.level + 1 == naive.levels)
                rf_naive_hide(&naive, rf_test_random(&state), rf_test_random(&state));
            rf_naive_values(&naive, value);
            cr_assert_eq(rf_naive_total(&naive, value) == claim, right, "level %u", naive.level);
            claim = rf_naive_at(value, naive.depth[naive.level], challenge);
            rf_naive_fold(&naive, challenge);
        }
        cr_assert_eq(rf_naive_multiply(naive.u[0], naive.v[0]), claim);
        rf_naive_end(&naive);
        free(gates);
    }
}

/* A single wrong bit, wherever it is; and two in any pair of words, which must not make up for each other. */
Test(proof, wrong_bits_do_not_cancel)
{
    uint64_t state = 11;
    struct gates *gates = gates_new(&state);
    uint64_t *e = calloc(WORDS, sizeof *e);
    random_weights(gates, &state);
    for (unsigned i = 0; i < WORDS; i++) {
        unsigned other = (i + 1 + rf_test_random(&state) % (WORDS - 1)) % WORDS, k = i % 64;
        e[i] = (uint64_t)1 << k;
        cr_assert_neq(linear(gates, e, BLOCKS), 0);
        e[other] = e[i];
        cr_assert_neq(linear(gates, e, BLOCKS), 0, "words %u and %u", i, other);
        e[other] = 0;
        e[i] |= (uint64_t)1 << (k + 1) % 64;
        cr_assert_neq(linear(gates, e, BLOCKS), 0);
        e[i] = 0;
    }
    free(e);
    free(gates);
}

/* The whole proof of right gates, by the library alone. */
Test(proof, from_end_to_end)
{
    uint64_t state = 12;
    for (size_t blocks = 1; blocks <= BLOCKS; blocks++) {
        struct gates *gates = gates_new(&state);
        unsigned depth[RF_PROOF_LEVELS], levels = rf_proof_plan(blocks * RF_PROOF_BLOCK, depth);
        uint64_t lambda[2][RF_PROOF_WIDE], value[RF_PROOF_VALUES], weight[RF_PROOF_WIDE];
        uint64_t u[64 * BLOCKS + 64] = {0}, v[64 * BLOCKS + 64] = {0};
        uint64_t claim = linear(gates, gates->e, blocks) ^ linear(gates, gates->f, blocks);
        size_t size = 64 * blocks;
        struct rf_proof_table table;
        for (unsigned level = 0; level < levels; level++) {
            struct rf_proof_sums sums = {{0}};
            uint64_t challenge = rf_test_random(&state);
            size_t padded = (size + (1U << depth[level]) - 1) >> depth[level] << depth[level];
            for (unsigned s = 0; s < RF_PROOF_WIDE; s++) {
                weight[s] = level == 0   ? gates->weights.word[s % RF_PROOF_GROUP]
                            : level == 1 ? gates->weights.lane[s % RF_PROOF_LANES]
                                         : 1;
            }
            if (level == 0) {
                rf_proof_words(&sums, &gates->weights, &gates->left, &gates->right, 0, blocks);
            } else if (level == 1) {
                rf_proof_lanes(&sums, &gates->weights, &gates->left, &gates->right, 0, blocks,
                               lambda[0]);
            } else {
                rf_proof_products(&sums, u, v, padded, depth[level]);
            }
            rf_proof_values(value, &sums, depth[level]);
            cr_assert_eq(rf_proof_total(value, weight, depth[level]), claim, "level %u", level);
            claim = rf_proof_at(value, depth[level], challenge);
            rf_proof_coefficients(lambda[level != 0], depth[level], challenge);
            if (level == 1) {
                rf_proof_table_init(&table, lambda[0], lambda[1]);
                rf_proof_fold_blocks(u, &table, &gates->weights, &gates->left, 0, blocks);
                rf_proof_fold_blocks(v, &table, NULL, &gates->right, 0, blocks);
            } else if (level > 1) {
                (void)rf_proof_fold(u, padded, depth[level], lambda[1]);
                size = rf_proof_fold(v, padded, depth[level], lambda[1]);
                memset(u + size, 0, (padded - size) * sizeof *u);
                memset(v + size, 0, (padded - size) * sizeof *v);
            }
        }
        cr_assert_eq(size, 1);
        cr_assert_eq(rf_naive_multiply(u[0], v[0]), claim);
        free(gates);
    }
}

/* ---- plans ---- */

static void check_plan(size_t words)
{
    unsigned depth[RF_PROOF_LEVELS + 1] = {0};
    depth[RF_PROOF_LEVELS] = 77;
    unsigned levels = rf_proof_plan(words, depth);
    cr_assert(levels >= 3 && levels <= RF_PROOF_LEVELS, "%zu words: %u levels", words, levels);
    cr_assert_eq(depth[RF_PROOF_LEVELS], 77);
    cr_assert_eq(depth[0], RF_PROOF_FIRST);
    cr_assert_eq(depth[1], RF_PROOF_SECOND);
    size_t size = words / 2;
    for (unsigned i = 2; i < levels; i++) {
        cr_assert(depth[i] >= 1 && depth[i] <= RF_PROOF_DEEP, "%zu words: level %u has %u", words,
                  i, depth[i]);
        size_t segments = (size_t)1 << depth[i],
               padded = (size + segments - 1) / segments * segments;
        cr_assert_leq(padded, words / 2 + 2 * RF_PROOF_WIDE); /* what verify.c has room for */
        if (i + 1 == levels)
            cr_assert_lt(size, segments, "%zu words: no place for the random entry", words);
        size = padded / segments;
    }
    cr_assert_eq(size, 1, "%zu words: %zu entries are left", words, size);
}

Test(proof, plans_end_with_one_entry)
{
    uint64_t state = 13;
    for (size_t words = 128; words <= 1 << 15; words += 128)
        check_plan(words);
    for (unsigned bits = 7; bits <= 32; bits++) {
        check_plan((size_t)1 << bits);
        if (bits > 7)
            check_plan(((size_t)1 << bits) - 128);
        check_plan(((size_t)1 << bits) + 128);
    }
    for (unsigned i = 0; i < 5000; i++)
        check_plan((rf_test_random(&state) % (1 << 18) + 1) * 128);
}
