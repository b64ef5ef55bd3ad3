/* The functions of proof.h against the slow proof of tests/support/naive_proof.h; kernels against the
 * portable ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/rep3_active/proof.h"
#include "protocols/share/kernel.h"
#include "tests/support/naive_proof.h"
#include "tests/support/random.h"

static uint64_t element(uint64_t *state)
{
    return rf_test_random(state) % RF_FIELD_P;
}

/* ---- kernels ---- */

enum { BLOCKS = 7, WORDS = BLOCKS * RF_PROOF_BLOCK };

/* Random, but with stretches of all ones and all zeros. */
static void fill(uint64_t *word, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = rf_test_random(state) % 8;
        word[i] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : rf_test_random(state);
    }
}

Test(proof_kernels, equal_the_portable_ones)
{
    static uint64_t side[6][WORDS];
    const uint64_t *left[3] = {side[0], side[1], side[2]}, *right[3] = {side[3], side[4], side[5]};
    const struct rf_kernels *portable = rf_kernels_all()[0];
    for (uint64_t seed = 0; seed < 20; seed++) {
        enum { LANES = RF_PROOF_LANES };
        uint64_t state = seed, entry[LANES * 64], want[LANES * 64], got[LANES * 64];
        size_t at = seed % BLOCKS * RF_PROOF_BLOCK;
        for (unsigned i = 0; i < 6; i++)
            fill(side[i], WORDS, &state);
        for (unsigned i = 0; i < LANES * 64; i++)
            entry[i] = element(&state);
        for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
            int64_t sum[2][RF_PROOF_FIRST * RF_PROOF_FIRST];
            for (unsigned i = 0; i < RF_PROOF_FIRST * RF_PROOF_FIRST; i++)
                sum[0][i] = sum[1][i] = i;
            size_t blocks = seed % (BLOCKS + 1);
            portable->proof_gram(sum[0], left, right, blocks);
            (*k)->proof_gram(sum[1], left, right, blocks);
            cr_assert_arr_eq(sum[0], sum[1], sizeof *sum, "%s", (*k)->name);
            portable->look_up(want, entry, left, at);
            (*k)->look_up(got, entry, left, at);
            cr_assert_arr_eq(want, got, sizeof want, "%s", (*k)->name);
        }
        for (unsigned i = 0; i < LANES * 64; i++) {
            unsigned lane = i / 64;
            uint64_t sum = 0;
            for (unsigned t = 0; t < 8; t++) {
                size_t word = at + (size_t)8 * t + lane;
                unsigned bits = 0;
                for (unsigned j = 0; j < 3; j++)
                    bits |= (unsigned)(left[j][word] >> (i % 64) & 1) << j;
                sum += entry[lane * 64 + 8 * t + bits];
            }
            cr_assert_eq(want[i], sum);
        }
    }
}

/* Also of the largest operands, and as many at once as are allowed. */
Test(proof_kernels, products_of_vectors)
{
    enum { SEGMENT = 512, WIDTH = 7 };
    static uint64_t u[WIDTH * SEGMENT], v[WIDTH * SEGMENT];
    const size_t counts[] = {0, 1, 7, 8, 9, 32, 33, 64, 511, 512};
    uint64_t state = 9, want[WIDTH * WIDTH], got[WIDTH * WIDTH];
    for (unsigned largest = 0; largest < 2; largest++) {
        for (size_t i = 0; i < (size_t)WIDTH * SEGMENT; i++) {
            u[i] = largest ? RF_FIELD_P - 1 : element(&state);
            v[i] = largest ? RF_FIELD_P - 1 : element(&state);
        }
        for (unsigned c = 0; c < sizeof counts / sizeof *counts; c++) {
            for (unsigned width = 1; width <= WIDTH; width++) {
                for (unsigned i = 0; i < width * width; i++) {
                    want[i] = i;
                    for (size_t j = 0; j < counts[c]; j++) {
                        want[i] =
                            rf_naive_add(want[i], rf_naive_multiply(u[i / width * SEGMENT + j],
                                                                    v[i % width * SEGMENT + j]));
                    }
                }
                for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
                    for (unsigned i = 0; i < width * width; i++)
                        got[i] = i;
                    (*k)->field_products(got, u, v, SEGMENT, counts[c], width);
                    cr_assert_arr_eq(got, want, width * width * sizeof *got, "%s, %zu by %u",
                                     (*k)->name, counts[c], width);
                }
            }
        }
    }
}

Test(proof_kernels, folds_of_vectors)
{
    enum { SEGMENT = 19, WIDTH = 512 };
    static uint64_t x[WIDTH * SEGMENT], copy[WIDTH * SEGMENT], lambda[WIDTH];
    const unsigned widths[] = {1, 2, 31, 32, 33, 64, 65, 512};
    uint64_t state = 10;
    for (unsigned round = 0; round < 2 * SEGMENT; round++) {
        size_t segment = round % SEGMENT + 1;
        for (size_t i = 0; i < (size_t)WIDTH * SEGMENT; i++)
            x[i] = round < SEGMENT ? element(&state) : RF_FIELD_P - 1;
        for (unsigned a = 0; a < WIDTH; a++)
            lambda[a] = round < SEGMENT ? element(&state) : RF_FIELD_P - 1;
        for (unsigned w = 0; w < sizeof widths / sizeof *widths; w++) {
            uint64_t want[SEGMENT] = {0}, got[SEGMENT];
            for (size_t i = 0; i < segment * widths[w]; i++)
                want[i % segment] =
                    rf_naive_add(want[i % segment], rf_naive_multiply(lambda[i / segment], x[i]));
            for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
                (*k)->field_fold(got, x, segment, lambda, widths[w]);
                cr_assert_arr_eq(got, want, segment * sizeof *got, "%s", (*k)->name);
                memcpy(copy, x, sizeof copy);
                (*k)->field_fold(copy, copy, segment, lambda, widths[w]);
                cr_assert_arr_eq(copy, want, segment * sizeof *got, "%s", (*k)->name);
            }
        }
    }
}

/* ---- polynomials ---- */

Test(proof, lagrange_coefficients)
{
    const unsigned counts[] = {1, 2, 3, 8, 15, 32, 63, 64, 65, 127, 129};
    uint64_t state = 1, lambda[RF_PROOF_VALUES];
    for (unsigned n = 0; n < sizeof counts / sizeof *counts; n++) {
        for (unsigned k = 0; k < 8; k++) {
            uint64_t x = k == 0 ? 0 : k == 1 ? counts[n] - 1 : k == 2 ? counts[n] : element(&state);
            if (k == 3)
                x = RF_FIELD_P - 1;
            rf_proof_points(lambda, counts[n], x);
            for (unsigned i = 0; i < counts[n]; i++)
                cr_assert_eq(lambda[i], rf_naive_lambda(counts[n], i, x), "%u points", counts[n]);
        }
    }
}

/* By powers: values of a polynomial at 0 … n - 1 give it at any place. */
Test(proof, interpolation_finds_a_polynomial)
{
    uint64_t state = 2, factor[40], value[40], lambda[40];
    for (unsigned n = 1; n <= 40; n++) {
        uint64_t x = element(&state), want = 0;
        for (unsigned i = 0; i < n; i++)
            factor[i] = element(&state);
        for (unsigned at = 0; at < n; at++) {
            value[at] = 0;
            for (unsigned i = n; i-- > 0;)
                value[at] = rf_naive_add(rf_naive_multiply(value[at], at), factor[i]);
        }
        for (unsigned i = n; i-- > 0;)
            want = rf_naive_add(rf_naive_multiply(want, x), factor[i]);
        rf_proof_points(lambda, n, x);
        cr_assert_eq(rf_proof_at(lambda, value, n), want);
    }
}

/* One vector level: products, values, values of a single group, fold. */
static void check_vectors(unsigned points, size_t groups, uint64_t *state)
{
    size_t size = points * groups;
    uint64_t *products = calloc((size_t)points * points, sizeof *products);
    uint64_t value[RF_PROOF_VALUES], want[RF_PROOF_VALUES], lambda[RF_PROOF_VALUES];
    struct rf_naive_proof naive = {.width = {points, 1}, .levels = 2, .size = size};
    uint64_t *u = calloc(size, sizeof *u), *v = calloc(size, sizeof *v);
    naive.u = calloc(size, sizeof *naive.u);
    naive.v = calloc(size, sizeof *naive.v);
    for (size_t i = 0; i < size; i++) {
        u[i] = naive.u[i] = i % 5 ? element(state) : RF_FIELD_P - 1;
        v[i] = naive.v[i] = i % 7 ? element(state) : RF_FIELD_P - 1;
    }
    rf_proof_products(products, u, v, size, points);
    rf_proof_values(value, products, points);
    rf_naive_values(&naive, want);
    cr_assert_arr_eq(value, want, (2 * points - 1) * sizeof *want, "%u points, %zu groups", points,
                     groups);
    if (groups == 1) {
        rf_proof_values_of(value, u, v, points);
        cr_assert_arr_eq(value, want, (2 * points - 1) * sizeof *want);
    }
    uint64_t challenge = element(state);
    rf_proof_points(lambda, points, challenge);
    cr_assert_eq(rf_proof_fold(u, size, points, lambda), groups);
    cr_assert_eq(rf_proof_fold(v, size, points, lambda), groups);
    rf_naive_fold(&naive, challenge);
    cr_assert_arr_eq(u, naive.u, groups * sizeof *u);
    cr_assert_arr_eq(v, naive.v, groups * sizeof *v);
    rf_naive_end(&naive);
    free(u);
    free(v);
    free(products);
}

Test(proof, levels_on_vectors)
{
    const unsigned points[] = {1, 2, 3, 4, 16, 33, 64, 65};
    const size_t groups[] = {1, 2, 31, 32, 33, 70};
    uint64_t state = 4;
    for (unsigned i = 0; i < sizeof points / sizeof *points; i++) {
        for (unsigned j = 0; j < sizeof groups / sizeof *groups; j++) {
            if (points[i] != 65 || groups[j] == 1)
                check_vectors(points[i], groups[j], &state);
        }
    }
}

/* ---- the levels on gates, and a proof from end to end ---- */

struct gates {
    uint64_t word[6][WORDS]; /* a b e, c d f */
    const uint64_t *left[3], *right[3];
};

static struct gates *gates_new(uint64_t *state)
{
    struct gates *gates = calloc(1, sizeof *gates);
    for (unsigned i = 0; i < 6; i++)
        fill(gates->word[i], WORDS, state);
    for (unsigned i = 0; i < WORDS; i++)
        gates->word[2][i] = (gates->word[0][i] & gates->word[4][i]) ^
                            (gates->word[1][i] & gates->word[3][i]) ^ gates->word[5][i];
    for (unsigned i = 0; i < 3; i++) {
        gates->left[i] = gates->word[i];
        gates->right[i] = gates->word[3 + i];
    }
    return gates;
}

static struct rf_proof_bits bits_of(const uint64_t *const side[3])
{
    return (struct rf_proof_bits){{side[0], side[1], side[2]}};
}

static void check_values(const struct rf_naive_proof *naive, const uint64_t *products)
{
    unsigned points = rf_naive_points(naive);
    uint64_t value[RF_PROOF_VALUES], want[RF_PROOF_VALUES];
    rf_proof_values(value, products, points);
    rf_naive_values(naive, want);
    cr_assert_arr_eq(value, want, (2 * points - 1) * sizeof *want, "level %u", naive->level);
}

static void check_gate_levels(size_t words, uint64_t *state)
{
    struct gates *gates = gates_new(state);
    struct rf_naive_proof naive;
    struct rf_proof_bits left = bits_of(gates->left), right = bits_of(gates->right);
    size_t blocks = words / RF_PROOF_BLOCK;
    struct rf_proof_gram gram = {{0}};
    uint64_t products[RF_PROOF_FIRST * RF_PROOF_FIRST], lambda[2][RF_PROOF_FIRST], challenge;
    rf_naive_begin(&naive, words, gates->left, gates->right);
    rf_proof_gram_add(&gram, &left, &right, blocks / 2);
    struct rf_proof_bits left_rest = left, right_rest = right;
    for (unsigned i = 0; i < 3; i++) {
        left_rest.word[i] += blocks / 2 * RF_PROOF_BLOCK;
        right_rest.word[i] += blocks / 2 * RF_PROOF_BLOCK;
    }
    rf_proof_gram_add(&gram, &left_rest, &right_rest, blocks - blocks / 2);
    rf_proof_gram_products(products, &gram);
    check_values(&naive, products);

    challenge = element(state);
    rf_proof_points(lambda[0], RF_PROOF_FIRST, challenge);
    rf_naive_fold(&naive, challenge);
    struct rf_proof_table u_table, v_table;
    uint64_t u[RF_PROOF_LANES * 64], v[RF_PROOF_LANES * 64];
    rf_proof_table_init(&u_table, false, lambda[0], NULL);
    rf_proof_table_init(&v_table, true, lambda[0], NULL);
    memset(products, 0, sizeof products);
    for (size_t block = 0; block < blocks; block++) {
        rf_proof_fold_lanes(u, &u_table, &left, block);
        rf_proof_fold_lanes(v, &v_table, &right, block);
        for (unsigned lane = 0; lane < RF_PROOF_LANES; lane++) {
            size_t at = lane * words + block * 64;
            cr_assert_arr_eq(u + (size_t)64 * lane, naive.u + at, 64 * sizeof *u);
            cr_assert_arr_eq(v + (size_t)64 * lane, naive.v + at, 64 * sizeof *v);
        }
        rf_proof_products(products, u, v, RF_PROOF_LANES * 64, RF_PROOF_LANES);
    }
    check_values(&naive, products);

    challenge = element(state);
    rf_proof_points(lambda[1], RF_PROOF_LANES, challenge);
    rf_naive_fold(&naive, challenge);
    uint64_t *folded = calloc(words, sizeof *folded);
    rf_proof_table_init(&u_table, false, lambda[0], lambda[1]);
    rf_proof_table_init(&v_table, true, lambda[0], lambda[1]);
    rf_proof_fold_blocks(folded, &u_table, &left, blocks);
    cr_assert_arr_eq(folded, naive.u, words * sizeof *folded);
    rf_proof_fold_blocks(folded, &v_table, &right, blocks);
    cr_assert_arr_eq(folded, naive.v, words * sizeof *folded);
    free(folded);
    rf_naive_end(&naive);
    free(gates);
}

Test(proof, levels_on_gates)
{
    uint64_t state = 6;
    for (size_t blocks = 1; blocks <= BLOCKS; blocks += 2)
        check_gate_levels(blocks * RF_PROOF_BLOCK, &state);
}

/* Right gates add up to their number; each wrong one takes two away. */
Test(proof, right_gates_add_up)
{
    uint64_t state = 7;
    for (unsigned wrong = 0; wrong < 4; wrong++) {
        struct gates *gates = gates_new(&state);
        struct rf_naive_proof naive;
        uint64_t sum = 0;
        for (unsigned i = 0; i < wrong; i++)
            gates->word[2][5 * i] ^= (uint64_t)1 << (13 * i);
        rf_naive_begin(&naive, RF_PROOF_BLOCK, gates->left, gates->right);
        for (size_t i = 0; i < naive.size; i++)
            sum = rf_naive_add(sum, rf_naive_multiply(naive.u[i], naive.v[i]));
        cr_assert_eq(sum, RF_PROOF_BLOCK * 64 - 2 * wrong);
        rf_naive_end(&naive);
        free(gates);
    }
}

/* ---- plans ---- */

static void check_plan(size_t words)
{
    unsigned width[RF_PROOF_LEVELS + 1] = {0};
    width[RF_PROOF_LEVELS] = 77;
    unsigned levels = rf_proof_plan(words, width);
    cr_assert(levels >= 3 && levels <= RF_PROOF_LEVELS, "%zu words: %u levels", words, levels);
    cr_assert_eq(width[RF_PROOF_LEVELS], 77);
    cr_assert_eq(width[0], RF_PROOF_FIRST);
    cr_assert_eq(width[1], RF_PROOF_LANES);
    size_t size = words;
    for (unsigned i = 2; i < levels; i++) {
        cr_assert(width[i] >= 2 && width[i] <= RF_PROOF_WIDE, "%zu words: level %u is %u wide",
                  words, i, width[i]);
        size_t padded = (size + width[i] - 1) / width[i] * width[i];
        cr_assert_lt(padded, words + 2 * RF_PROOF_WIDE); /* what verify.c has room for */
        size = padded / width[i];
    }
    cr_assert_eq(size, 1, "%zu words: %zu entries are left", words, size);
}

Test(proof, plans_end_with_one_entry)
{
    uint64_t state = 8;
    for (size_t words = 64; words <= 1 << 15; words += 64)
        check_plan(words);
    for (unsigned bits = 6; bits <= 24; bits++) {
        check_plan((size_t)1 << bits);
        if (bits > 6)
            check_plan(((size_t)1 << bits) - 64);
        if (bits < 24)
            check_plan(((size_t)1 << bits) + 64);
    }
    for (unsigned i = 0; i < 5000; i++)
        check_plan((rf_test_random(&state) % (1 << 18) + 1) * 64);
}
