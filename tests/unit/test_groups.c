#include <criterion/criterion.h>

#include "party/data/chance.h"
#include "party/data/groups.h"
#include "support/world.h"

/* Holdings by hand, each with the token that its test chooses. */
struct hand {
    struct world world;
    uint64_t token[64];
};

static void hold(struct hand *hand, uint32_t customer, enum rf_token_type type, const char *value,
                 uint64_t token)
{
    hand->token[hand->world.tables[0].holdings] = token;
    world_hold(&hand->world, 0, customer, type, value);
}

static enum rf_rc build(struct hand *hand, uint64_t hub_cap, struct rf_groups *groups,
                        struct rf_err *err)
{
    return rf_groups_build(&hand->world.tables[0], hub_cap, hand->token, groups, err);
}

static void people(struct hand *hand, unsigned count)
{
    world_init(&hand->world, 1);
    for (unsigned i = 0; i < count; i++)
        (void)world_customer(&hand->world, 0, UINT64_C(1) << i, i % 2);
}

static void expect_row(const struct rf_groups *groups, size_t i, uint64_t token,
                       enum rf_token_type type, uint32_t group)
{
    cr_expect_eq(groups->row[i].token, token, "row %zu", i);
    cr_expect_eq(groups->row[i].type, type, "row %zu", i);
    cr_expect_eq(groups->row[i].group, group, "row %zu", i);
}

static void expect_group(const struct rf_groups *groups, uint32_t i, uint64_t size,
                         uint64_t exposure, uint64_t flagged)
{
    cr_expect_eq(groups->group[i].size, size, "group %u", i);
    cr_expect_eq(groups->group[i].exposure, exposure, "group %u", i);
    cr_expect_eq(groups->group[i].flagged, flagged, "group %u", i);
}

/* 0 -p- 1 -e- 2;  3 alone;  4 without tokens;  token 50 is held by three. */
static void example(struct hand *hand)
{
    people(hand, 8);
    hold(hand, 3, RF_TYPE_PHONE, "q", 7);
    hold(hand, 2, RF_TYPE_EMAIL, "e", UINT64_MAX);
    hold(hand, 1, RF_TYPE_EMAIL, "e", UINT64_MAX);
    hold(hand, 1, RF_TYPE_PHONE, "p", 9);
    hold(hand, 0, RF_TYPE_PHONE, "p", 9);
    hold(hand, 3, RF_TYPE_PHONE, "hub", 50);
    hold(hand, 5, RF_TYPE_PHONE, "hub", 50);
    hold(hand, 0, RF_TYPE_PHONE, "hub", 50);
}

Test(groups, by_hand)
{
    static struct hand hand;
    struct rf_groups groups;
    struct rf_err err = {0};
    example(&hand);
    cr_assert_eq(build(&hand, 2, &groups, &err), RF_OK, "%s", err.text);
    cr_assert_eq(groups.row_count, 3);
    cr_assert_eq(groups.group_count, 2); /* customer 5 holds nothing that survives */
    expect_row(&groups, 0, 7, RF_TYPE_PHONE, 0);
    expect_row(&groups, 1, 9, RF_TYPE_PHONE, 1);
    expect_row(&groups, 2, UINT64_MAX, RF_TYPE_EMAIL, 1);
    expect_group(&groups, 0, 1, 8, 1);
    expect_group(&groups, 1, 3, 7, 1);
    rf_groups_fini(&groups);

    cr_assert_eq(build(&hand, 3, &groups, &err), RF_OK); /* at the cap */
    cr_assert_eq(groups.row_count, 4);
    cr_assert_eq(groups.group_count, 1);
    expect_group(&groups, 0, 5, 1 + 2 + 4 + 8 + 32, 3);
    rf_groups_fini(&groups);
    rf_groups_fini(&groups);
    world_fini(&hand.world);
}

/* Two holdings of one customer are one holder. */
Test(groups, the_cap_counts_customers)
{
    static struct hand hand;
    struct rf_groups groups;
    struct rf_err err = {0};
    people(&hand, 1);
    hold(&hand, 0, RF_TYPE_PHONE, "p", 1);
    hold(&hand, 0, RF_TYPE_PHONE, "p", 1);
    cr_assert_eq(build(&hand, 1, &groups, &err), RF_OK);
    cr_assert_eq(groups.row_count, 1);
    expect_group(&groups, 0, 1, 1, 0);
    rf_groups_fini(&groups);
    world_fini(&hand.world);
}

Test(groups, nothing_to_do)
{
    static struct hand hand;
    struct rf_groups groups;
    struct rf_err err = {0};
    people(&hand, 0);
    cr_assert_eq(build(&hand, 50, &groups, &err), RF_OK);
    cr_assert(groups.row_count == 0 && groups.group_count == 0);
    rf_groups_fini(&groups);
    world_fini(&hand.world);
}

Test(groups, exposure_never_wraps)
{
    static struct hand hand;
    struct rf_groups groups;
    struct rf_err err = {0};
    people(&hand, 2);
    hand.world.tables[0].exposure[0] = UINT64_MAX;
    hold(&hand, 0, RF_TYPE_PHONE, "p", 1);
    hold(&hand, 1, RF_TYPE_PHONE, "p", 1);
    cr_assert_eq(build(&hand, 50, &groups, &err), RF_E_ARG);
    cr_assert(!groups.row && !groups.group);
    hand.world.tables[0].exposure[1] = 0;
    rf_err_clear(&err);
    cr_assert_eq(build(&hand, 50, &groups, &err), RF_OK);
    expect_group(&groups, 0, 2, UINT64_MAX, 1);
    rf_groups_fini(&groups);
    world_fini(&hand.world);
}

Test(groups, colliding_tokens_are_noticed)
{
    static struct hand hand;
    struct rf_groups groups;
    struct rf_err err = {0};
    people(&hand, 2);
    hold(&hand, 0, RF_TYPE_PHONE, "p", 1);
    hold(&hand, 1, RF_TYPE_PHONE, "q", 1);
    cr_assert_eq(build(&hand, 50, &groups, &err), RF_E_CRYPTO);
    world_fini(&hand.world);
    people(&hand, 2);
    hold(&hand, 0, RF_TYPE_PHONE, "p", 1);
    hold(&hand, 1, RF_TYPE_EMAIL, "p", 1);
    rf_err_clear(&err);
    cr_assert_eq(build(&hand, 50, &groups, &err), RF_E_CRYPTO);
    world_fini(&hand.world);
}

/* --- against brute force --- */

enum { PEOPLE = 14, VALUES = 16 };

static const char *const names[VALUES] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                          "i", "j", "k", "l", "m", "n", "o", "p"};

static void close_over(bool joined[PEOPLE][PEOPLE])
{
    for (unsigned k = 0; k < PEOPLE; k++) {
        for (unsigned i = 0; i < PEOPLE; i++)
            for (unsigned j = 0; j < PEOPLE; j++)
                joined[i][j] |= joined[i][k] && joined[k][j];
    }
}

static void expect_groups(struct hand *hand, const bool holds[PEOPLE][VALUES],
                          const uint64_t *token_of, uint64_t hub_cap)
{
    struct rf_groups groups;
    struct rf_err err = {0};
    bool joined[PEOPLE][PEOPLE] = {{false}}, kept[VALUES] = {false};
    size_t rows = 0;
    for (unsigned v = 0; v < VALUES; v++) {
        unsigned holders = 0;
        for (unsigned c = 0; c < PEOPLE; c++)
            holders += holds[c][v];
        kept[v] = holders > 0 && holders <= hub_cap;
        rows += kept[v];
        for (unsigned i = 0; i < PEOPLE; i++)
            for (unsigned j = 0; j < PEOPLE; j++)
                joined[i][j] |= kept[v] && holds[i][v] && holds[j][v];
    }
    close_over(joined);
    cr_assert_eq(build(hand, hub_cap, &groups, &err), RF_OK, "%s", err.text);
    cr_assert_eq(groups.row_count, rows);
    uint32_t seen = 0;
    for (size_t i = 0; i < rows; i++) {
        unsigned v = 0, first = 0;
        cr_assert(i == 0 || groups.row[i - 1].token < groups.row[i].token);
        cr_assert_leq(groups.row[i].group, seen);
        seen += groups.row[i].group == seen;
        while (token_of[v] != groups.row[i].token)
            v++;
        cr_assert(kept[v]);
        while (!holds[first][v])
            first++;
        uint64_t size = 0, exposure = 0, flagged = 0;
        for (unsigned c = 0; c < PEOPLE; c++) {
            if (joined[first][c]) {
                size++;
                exposure += UINT64_C(1) << c; /* tells who is in it */
                flagged += c % 2;
            }
        }
        expect_group(&groups, groups.row[i].group, size, exposure, flagged);
    }
    cr_assert_eq(groups.group_count, seen);
    rf_groups_fini(&groups);
}

Test(groups, as_brute_force_has_it)
{
    static struct hand hand;
    struct rf_chance chance;
    rf_chance_init(&chance, 5);
    for (unsigned round = 0; round < 3000; round++) {
        bool holds[PEOPLE][VALUES] = {{false}};
        uint64_t token_of[VALUES];
        for (unsigned v = 0; v < VALUES; v++)
            token_of[v] = rf_chance_next(&chance);
        people(&hand, PEOPLE);
        for (uint64_t i = rf_chance_below(&chance, 40); i > 0; i--) {
            unsigned c = (unsigned)rf_chance_below(&chance, PEOPLE);
            unsigned v = (unsigned)rf_chance_below(&chance, VALUES);
            if (!holds[c][v])
                hold(&hand, c, RF_TYPE_PHONE, names[v], token_of[v]);
            holds[c][v] = true;
        }
        expect_groups(&hand, holds, token_of, 1 + rf_chance_below(&chance, 4));
        world_fini(&hand.world);
    }
}
