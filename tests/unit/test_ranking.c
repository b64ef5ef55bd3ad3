#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/oblivious/ranking.h"
#include "tests/support/random.h"

struct plain {
    uint64_t *key; /* by position: moved along */
    size_t calls, comparisons, most;
};

static enum rf_rc before(void *context, const uint32_t *left, const uint32_t *right, size_t count,
                         struct rf_public *answer)
{
    struct plain *plain = context;
    plain->calls++;
    plain->comparisons += count;
    plain->most = count > plain->most ? count : plain->most;
    for (size_t i = 0; i < count; i++) {
        if (plain->key[left[i]] < plain->key[right[i]])
            rf_public_set(answer, i);
    }
    return RF_OK;
}

static void moved(void *context, uint32_t start, uint32_t count, const uint32_t *from)
{
    struct plain *plain = context;
    uint64_t *old = calloc(count, sizeof *old);
    memcpy(old, plain->key + start, count * sizeof *old);
    for (uint32_t i = 0; i < count; i++)
        plain->key[start + i] = old[from[i]];
    free(old);
}

static enum rf_rc contradicting(void *context, const uint32_t *left, const uint32_t *right,
                                size_t count, struct rf_public *answer)
{
    uint64_t *state = context;
    (void)left;
    (void)right;
    for (size_t i = 0; i < count; i++) {
        if (rf_test_random(state) & 1)
            rf_public_set(answer, i);
    }
    return RF_OK;
}

static struct plain rank(size_t count, uint64_t seed)
{
    struct rf_err err = {0};
    struct rf_space space;
    uint64_t *key = calloc(count + 1, sizeof *key);
    uint32_t *order = calloc(count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++)
        key[i] = rf_test_random(&seed);
    struct plain plain = {.key = calloc(count + 1, sizeof *key)};
    memcpy(plain.key, key, count * sizeof *key);
    rf_space_init(&space, 0, false, &err);
    cr_assert_eq(rf_ranking(order, count, (struct rf_oracle){before, moved, &plain}, &space),
                 RF_OK);
    for (size_t i = 1; i < count; i++)
        cr_assert_lt(key[order[i - 1]], key[order[i]]);
    rf_space_fini(&space);
    free(plain.key);
    free(key);
    free(order);
    return plain;
}

Test(ranking, sorts_every_small_size)
{
    for (size_t count = 0; count < 300; count++)
        (void)rank(count, count);
}

Test(ranking, few_comparisons_and_levels)
{
    for (size_t count = 1000; count <= 100000; count *= 10) {
        struct plain plain = rank(count, count);
        double log2n = log2((double)count);
        cr_expect_lt(plain.comparisons, (double)count * (log2n + 3), "%zu", plain.comparisons);
        cr_expect_lt(plain.calls, 1.6 * log2n + 4, "%zu levels for %zu", plain.calls, count);
    }
}

Test(ranking, many_questions_come_in_parts)
{
    struct plain plain = rank((1 << 20) + 5000, 1);
    cr_expect_eq(plain.most, 1 << 20);
}

Test(ranking, contradictions_still_give_a_permutation)
{
    for (size_t count = 0; count < 3000; count = count * 2 + 1) {
        struct rf_err err = {0};
        struct rf_space space;
        uint64_t state = count;
        uint32_t *order = calloc(count + 1, sizeof *order);
        uint8_t *seen = calloc(count + 1, 1);
        rf_space_init(&space, 0, false, &err);
        cr_assert_eq(
            rf_ranking(order, count, (struct rf_oracle){contradicting, NULL, &state}, &space),
            RF_OK);
        for (size_t i = 0; i < count; i++) {
            cr_assert_lt(order[i], count);
            cr_assert_eq(seen[order[i]]++, 0);
        }
        rf_space_fini(&space);
        free(order);
        free(seen);
    }
}
