#include <criterion/criterion.h>

#include "party/plain/plain.h"
#include "support/world.h"

static const enum rf_token_type ID = RF_TYPE_NATIONAL_ID, PHONE = RF_TYPE_PHONE,
                                EMAIL = RF_TYPE_EMAIL;

static struct rf_result *run(struct world *world)
{
    struct rf_result *result = NULL;
    struct rf_err err = {0};
    cr_assert_eq(rf_plain_run(&world->study, world->tables, &result, &err), RF_OK, "%s", err.text);
    return result;
}

static void expect(const struct rf_result *result, enum rf_table table, size_t cell,
                   uint64_t tokens, uint64_t rings, uint64_t members, uint64_t exposure)
{
    const struct rf_cell *got = &result->table[table][cell];
    const uint64_t wanted[] = {tokens, rings, members, exposure};
    cr_expect(got->shown, "%s[%zu] is withheld", rf_table_name(table), cell);
    for (unsigned f = 0; f < RF_FIGURE_COUNT; f++) {
        cr_expect_eq(got->figure[f], wanted[f], "%s[%zu] figure %u: %llu, not %llu",
                     rf_table_name(table), cell, f, (unsigned long long)got->figure[f],
                     (unsigned long long)wanted[f]);
    }
}

static void expect_tokens(const struct rf_result *result, enum rf_table table, size_t cell,
                          uint64_t tokens)
{
    expect(result, table, cell, tokens, 0, 0, 0);
}

static void expect_rings(const struct rf_result *result, enum rf_table table, size_t cell,
                         uint64_t rings, uint64_t members, uint64_t exposure)
{
    expect(result, table, cell, 0, rings, members, exposure);
}

static void expect_withheld(const struct rf_result *result, enum rf_table table, size_t cell)
{
    const struct rf_cell *got = &result->table[table][cell];
    cr_expect_not(got->shown, "%s[%zu] is shown", rf_table_name(table), cell);
    for (unsigned f = 0; f < RF_FIGURE_COUNT; f++)
        cr_expect_eq(got->figure[f], 0);
}

/* --- the figures, by hand --- */

/* Three banks a, b, c. Two rings and people in none:
 *   a0 -p1- b0                                          exposure 1 + 10, b0 flagged
 *   a1 -p2- a2 -i1- b1 -i1- c0, c0 -e1- c1, c1 -p2- a1  exposure 2 + 4 + 20 + 100 + 200
 *   a3 -e2- a4 at one bank; b2 alone; c2 without tokens */
static void two_rings(struct world *world)
{
    const uint64_t a[] = {1, 2, 4, 8, 16}, b[] = {10, 20, 40}, c[] = {100, 200, 400};
    world_init(world, 3);
    for (unsigned i = 0; i < 5; i++)
        world_customer(world, 0, a[i], 0);
    for (unsigned i = 0; i < 3; i++)
        world_customer(world, 1, b[i], i == 0);
    for (unsigned i = 0; i < 3; i++)
        world_customer(world, 2, c[i], i == 2);
    world_hold(world, 0, 0, PHONE, "p1");
    world_hold(world, 1, 0, PHONE, "p1");
    world_hold(world, 0, 1, PHONE, "p2");
    world_hold(world, 0, 2, PHONE, "p2");
    world_hold(world, 2, 1, PHONE, "p2");
    world_hold(world, 0, 2, ID, "i1");
    world_hold(world, 1, 1, ID, "i1");
    world_hold(world, 2, 0, ID, "i1");
    world_hold(world, 2, 0, EMAIL, "e1");
    world_hold(world, 2, 1, EMAIL, "e1");
    world_hold(world, 0, 3, EMAIL, "e2");
    world_hold(world, 0, 4, EMAIL, "e2");
    world_hold(world, 1, 2, EMAIL, "e3");
}

Test(plain, every_table_by_hand)
{
    struct world world;
    two_rings(&world);
    struct rf_result *r = run(&world);
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 3);
    expect_tokens(r, RF_TABLE_TOKENS_BY_TYPE, 0, 1); /* national_id: i1 */
    expect_tokens(r, RF_TABLE_TOKENS_BY_TYPE, 1, 2); /* phone: p1, p2 */
    expect_tokens(r, RF_TABLE_TOKENS_BY_TYPE, 2, 0); /* email: e1 is at one bank */
    expect_tokens(r, RF_TABLE_TOKENS_BY_PAIR, 0, 2); /* a b: p1, i1 */
    expect_tokens(r, RF_TABLE_TOKENS_BY_PAIR, 1, 2); /* a c: p2, i1 */
    expect_tokens(r, RF_TABLE_TOKENS_BY_PAIR, 2, 1); /* b c: i1 */
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 2, 7, 337);
    for (size_t i = 0; i < 8; i++) { /* 2, 3, 4, 5, 10, ... */
        expect_rings(r, RF_TABLE_RINGS_BY_SIZE, i, i == 0 || i == 3,
                     i == 0   ? 2
                     : i == 3 ? 5
                              : 0,
                     i == 0   ? 11
                     : i == 3 ? 326
                              : 0);
    }
    expect_rings(r, RF_TABLE_RINGS_BY_BANKS, 0, 1, 2, 11);
    expect_rings(r, RF_TABLE_RINGS_BY_BANKS, 1, 1, 5, 326);
    expect_rings(r, RF_TABLE_RINGS_BY_PAIR, 0, 2, 7, 337);
    expect_rings(r, RF_TABLE_RINGS_BY_PAIR, 1, 1, 5, 326);
    expect_rings(r, RF_TABLE_RINGS_BY_PAIR, 2, 1, 5, 326);
    expect_rings(r, RF_TABLE_RINGS_BY_FLAG, 0, 1, 2, 11);
    expect_rings(r, RF_TABLE_RINGS_BY_FLAG, 1, 1, 5, 326);
    expect_rings(r, RF_TABLE_MEMBERS_BY_FLAG, 0, 0, 1, 0);
    expect_rings(r, RF_TABLE_MEMBERS_BY_FLAG, 1, 0, 6, 0);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++)
        cr_expect_eq(rf_result_withheld(r, table), 0);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, only_what_is_asked_for)
{
    struct world world;
    two_rings(&world);
    world.study.rings = false;
    struct rf_result *r = run(&world);
    cr_expect_null(r->table[RF_TABLE_RINGS_TOTAL]);
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 3);
    rf_result_free(r);
    world.study.rings = true;
    world.study.shared_tokens = false;
    r = run(&world);
    cr_expect_null(r->table[RF_TABLE_TOKENS_TOTAL]);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 2, 7, 337);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, sizes_banks_and_buckets_at_their_bounds)
{
    struct world world;
    two_rings(&world);
    world.study.min_size = 3; /* only the ring of five */
    world.study.bucket_count = 2;
    world.study.buckets[0] = 3;
    world.study.buckets[1] = 5;
    struct rf_result *r = run(&world);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 1, 5, 326);
    expect_rings(r, RF_TABLE_RINGS_BY_SIZE, 0, 0, 0, 0);
    expect_rings(r, RF_TABLE_RINGS_BY_SIZE, 1, 1, 5, 326); /* the last has no end */
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 3);         /* tokens know nothing of sizes */
    rf_result_free(r);

    world.study.min_size = world.study.buckets[0] = 5;
    world.study.buckets[1] = 6;
    world.study.min_banks = 3;
    r = run(&world);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 1, 5, 326);
    expect_rings(r, RF_TABLE_RINGS_BY_SIZE, 0, 1, 5, 326);
    expect_rings(r, RF_TABLE_RINGS_BY_BANKS, 0, 1, 5, 326);
    cr_expect_eq(rf_table_cells(&r->shape, RF_TABLE_RINGS_BY_BANKS), 1);
    rf_result_free(r);

    world.study.min_size = world.study.buckets[0] = 6;
    world.study.buckets[1] = 7;
    r = run(&world);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 0, 0, 0);
    rf_result_free(r);
    world_fini(&world);
}

/* --- the hub rule --- */

/* @held[b] customers of bank b hold one telephone number, under a cap of 3. */
static struct rf_result *with_hub(struct world *world, const unsigned held[3])
{
    world_init(world, 3);
    world->study.hub_cap = 3;
    for (unsigned b = 0; b < 3; b++)
        for (unsigned i = 0; i < held[b]; i++)
            world_hold(world, b, world_customer(world, b, 1, 0), PHONE, "p");
    return run(world);
}

static void expect_hub(unsigned a, unsigned b, unsigned c, uint64_t tokens, uint64_t members)
{
    struct world world;
    struct rf_result *r = with_hub(&world, (const unsigned[]){a, b, c});
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, tokens);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, members > 0, members, members);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, the_hub_rule_is_each_banks_own)
{
    expect_hub(3, 3, 0, 1, 6); /* at the cap: kept */
    expect_hub(4, 3, 0, 0, 0); /* above it at one of two: shared no more */
    expect_hub(4, 3, 1, 1, 4); /* above it at one of three: shared by the others */
    expect_hub(4, 4, 4, 0, 0);
}

/* A dropped token does not hold a local group together either. */
Test(plain, hubs_do_not_join_local_groups)
{
    struct world world;
    world_init(&world, 2);
    world.study.hub_cap = 2;
    for (unsigned i = 0; i < 3; i++)
        world_hold(&world, 0, world_customer(&world, 0, 1, 0), PHONE, "hub");
    world_hold(&world, 0, 0, EMAIL, "x");
    world_hold(&world, 1, world_customer(&world, 1, 1, 0), EMAIL, "x");
    struct rf_result *r = run(&world);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 1, 2, 2);
    rf_result_free(r);
    world_fini(&world);
}

/* --- tokens --- */

Test(plain, equal_values_of_two_types_are_two_tokens)
{
    struct world world;
    world_init(&world, 2);
    world_hold(&world, 0, world_customer(&world, 0, 1, 0), PHONE, "12");
    world_hold(&world, 1, world_customer(&world, 1, 1, 0), ID, "12");
    struct rf_result *r = run(&world);
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 0);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 0, 0, 0);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, accounts_have_their_place_among_the_types)
{
    struct world world;
    world_init(&world, 2);
    world.study.link = RF_LINK_BOTH;
    world_hold(&world, 0, world_customer(&world, 0, 1, 0), RF_TYPE_ACCOUNT, "BANK-A/1");
    world_hold(&world, 1, world_customer(&world, 1, 1, 0), RF_TYPE_ACCOUNT, "BANK-A/1");
    struct rf_result *r = run(&world);
    cr_assert_eq(rf_table_cells(&r->shape, RF_TABLE_TOKENS_BY_TYPE), 4);
    expect_tokens(r, RF_TABLE_TOKENS_BY_TYPE, 2, 0);
    expect_tokens(r, RF_TABLE_TOKENS_BY_TYPE, 3, 1);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, nobody_at_all)
{
    struct world world;
    world_init(&world, 2);
    struct rf_result *r = run(&world);
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 0);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 0, 0, 0);
    rf_result_free(r);
    world_fini(&world);
}

/* --- exposure --- */

static enum rf_rc add_up(uint64_t one, uint64_t other, uint64_t *total)
{
    struct world world;
    struct rf_result *result = NULL;
    struct rf_err err = {0};
    world_init(&world, 2);
    world_hold(&world, 0, world_customer(&world, 0, one, 0), PHONE, "p");
    world_hold(&world, 1, world_customer(&world, 1, other, 0), PHONE, "p");
    (void)world_customer(&world, 1, UINT64_MAX, 0); /* in no ring: does not count */
    enum rf_rc rc = rf_plain_run(&world.study, world.tables, &result, &err);
    if (rc == RF_OK)
        *total = result->table[RF_TABLE_RINGS_TOTAL][0].figure[RF_FIGURE_EXPOSURE];
    else
        cr_assert(!result && strstr(err.text, "64 bits"), "%s", err.text);
    rf_result_free(result);
    world_fini(&world);
    return rc;
}

Test(plain, exposure_is_exact_and_never_wraps)
{
    uint64_t total;
    cr_assert_eq(add_up(UINT64_C(1) << 53, 1, &total), RF_OK);
    cr_assert_eq(total, (UINT64_C(1) << 53) + 1);
    cr_assert_eq(add_up(UINT64_MAX - 5, 5, &total), RF_OK);
    cr_assert_eq(total, UINT64_MAX);
    cr_assert_eq(add_up(UINT64_MAX - 5, 6, &total), RF_E_ARG);
    cr_assert_eq(add_up(UINT64_C(1) << 63, UINT64_C(1) << 63, &total), RF_E_ARG);
}

/* --- small cells --- */

/* A ring of @a, @b and @c customers of three banks, held together by one number; then rings.total
 * and by_flag have a cohort of a + b + c less the recipient's own. */
static struct world *ring_of(unsigned a, unsigned b, unsigned c, unsigned min_cell)
{
    static struct world world;
    const unsigned count[] = {a, b, c};
    world_init(&world, 3);
    world.study.min_cell = min_cell;
    for (unsigned bank = 0; bank < 3; bank++)
        for (unsigned i = 0; i < count[bank]; i++)
            world_hold(&world, bank, world_customer(&world, bank, 1, 0), PHONE, "p");
    return &world;
}

static void receivers(struct world *world, bool a, bool b, bool c)
{
    world->study.members[0].recipient = a;
    world->study.members[1].recipient = b;
    world->study.members[2].recipient = c;
}

static bool total_shown(struct world *world, enum rf_table table)
{
    struct rf_result *r = run(world);
    bool shown = r->table[table][0].shown;
    rf_result_free(r);
    return shown;
}

Test(plain, a_cohort_at_the_bound_is_shown_and_one_below_is_not)
{
    struct world *world = ring_of(4, 2, 1, 3);
    receivers(world, true, false, false); /* a sees 2 + 1 others */
    cr_expect(total_shown(world, RF_TABLE_RINGS_TOTAL));
    world->study.min_cell = 4;
    cr_expect_not(total_shown(world, RF_TABLE_RINGS_TOTAL));
    receivers(world, false, true, false); /* b sees 4 + 1 */
    cr_expect(total_shown(world, RF_TABLE_RINGS_TOTAL));
    world->study.min_cell = 6;
    cr_expect_not(total_shown(world, RF_TABLE_RINGS_TOTAL));
    world_fini(world);
}

Test(plain, every_recipient_counts)
{
    struct world *world = ring_of(4, 2, 1, 4);
    receivers(world, false, true, true);
    cr_expect(total_shown(world, RF_TABLE_RINGS_TOTAL));
    receivers(world, true, true, true);
    cr_expect_not(total_shown(world, RF_TABLE_RINGS_TOTAL));
    world_fini(world);
}

Test(plain, a_recipient_that_is_no_bank_excludes_nobody)
{
    struct world *world = ring_of(4, 2, 1, 7);
    receivers(world, false, false, false);
    struct rf_member *member = &world->study.members[world->study.member_count++];
    *member = (struct rf_member){.name = "regulator", .party = -1, .recipient = true};
    cr_expect(total_shown(world, RF_TABLE_RINGS_TOTAL));
    world->study.min_cell = 8;
    cr_expect_not(total_shown(world, RF_TABLE_RINGS_TOTAL));
    world_fini(world);
}

/* In the tokens' tables local groups count, not customers: here one at each bank. */
Test(plain, cohorts_of_tokens_are_local_groups)
{
    struct world *world = ring_of(4, 2, 1, 2);
    receivers(world, true, false, false);
    cr_expect(total_shown(world, RF_TABLE_TOKENS_TOTAL));
    world->study.min_cell = 3;
    cr_expect_not(total_shown(world, RF_TABLE_TOKENS_TOTAL));
    world_fini(world);
}

/* A local group that holds two shared tokens is still one; two customers without a common token
 * are two. */
Test(plain, a_local_group_counts_once)
{
    struct world world;
    world_init(&world, 2);
    world.study.members[1].recipient = false; /* a receives: b's groups count */
    world.study.min_cell = 2;
    for (unsigned i = 0; i < 2; i++) {
        world_hold(&world, 0, world_customer(&world, 0, 1, 0), PHONE, i ? "p1" : "p0");
        world_hold(&world, 1, world_customer(&world, 1, 1, 0), PHONE, i ? "p1" : "p0");
    }
    cr_expect(total_shown(&world, RF_TABLE_TOKENS_TOTAL));
    world_hold(&world, 1, 0, EMAIL, "e");
    world_hold(&world, 1, 1, EMAIL, "e");
    cr_expect_not(total_shown(&world, RF_TABLE_TOKENS_TOTAL));
    world_fini(&world);
}

/* In shared_tokens.by_pair only the pair's banks have a cohort, though a third holds it too. */
Test(plain, third_banks_do_not_count_for_a_pair_of_tokens)
{
    struct world *world = ring_of(1, 1, 1, 2);
    receivers(world, false, false, false);
    struct rf_member *member = &world->study.members[world->study.member_count++];
    *member = (struct rf_member){.name = "regulator", .party = -1, .recipient = true};
    struct rf_result *r = run(world);
    for (size_t pair = 0; pair < 3; pair++)
        expect_tokens(r, RF_TABLE_TOKENS_BY_PAIR, pair, 1);
    rf_result_free(r);
    world->study.min_cell = 3;
    r = run(world);
    for (size_t pair = 0; pair < 3; pair++) {
        expect_withheld(r, RF_TABLE_TOKENS_BY_PAIR, pair);
        expect_rings(r, RF_TABLE_RINGS_BY_PAIR, pair, 1, 3, 3); /* rings: the whole ring's */
    }
    rf_result_free(r);
    world_fini(world);
}

Test(plain, nothing_is_withheld_with_min_cell_0)
{
    struct world *world = ring_of(1, 1, 0, 0);
    struct rf_result *r = run(world);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++)
        cr_expect_eq(rf_result_withheld(r, table), 0);
    rf_result_free(r);
    world_fini(world);
}

/* Rings of given sizes, half at each of two banks, seen by a third member. */
static struct rf_result *rings_of(struct world *world, const unsigned *size, unsigned rings,
                                  unsigned min_cell)
{
    static char value[16][8];
    world_init(world, 2);
    world->study.members[0].recipient = world->study.members[1].recipient = false;
    world->study.members[world->study.member_count++] =
        (struct rf_member){.name = "regulator", .party = -1, .recipient = true};
    world->study.min_cell = min_cell;
    for (unsigned i = 0; i < rings; i++) {
        (void)snprintf(value[i], sizeof value[i], "r%u", i);
        for (unsigned c = 0; c < size[i]; c++)
            world_hold(world, c % 2, world_customer(world, c % 2, 1, 0), PHONE, value[i]);
    }
    return run(world);
}

/* by_size with buckets 2, 3, 4, 5, 10, 20, 50, 100: the empty ones are small too. */
Test(plain, rule_2_withholds_the_last_cell_that_is_not_small)
{
    struct world world;
    const unsigned sizes[] = {3, 4, 4};
    struct rf_result *r = rings_of(&world, sizes, 3, 3);
    /* Small are 2, 5, 10, ..., all empty: together 0 people, so 4 goes as well, but not 3. */
    expect_withheld(r, RF_TABLE_RINGS_BY_SIZE, 0);
    expect_rings(r, RF_TABLE_RINGS_BY_SIZE, 1, 1, 3, 3);
    expect_withheld(r, RF_TABLE_RINGS_BY_SIZE, 2);
    for (size_t i = 3; i < 8; i++)
        expect_withheld(r, RF_TABLE_RINGS_BY_SIZE, i);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 3, 11, 11);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, rule_2_spares_the_rest_when_small_cells_together_are_enough)
{
    struct world world;
    const unsigned sizes[] = {2, 3, 6};
    struct rf_result *r = rings_of(&world, sizes, 3, 5);
    /* Small: 2 (2 people), 3 (3 people) and the empty ones; together 5. */
    expect_withheld(r, RF_TABLE_RINGS_BY_SIZE, 0);
    expect_withheld(r, RF_TABLE_RINGS_BY_SIZE, 1);
    expect_rings(r, RF_TABLE_RINGS_BY_SIZE, 3, 1, 6, 6);
    rf_result_free(r);
    world_fini(&world);
    r = rings_of(&world, sizes, 3, 6);
    /* Now 5 are too few. */
    for (size_t i = 0; i < 8; i++)
        expect_withheld(r, RF_TABLE_RINGS_BY_SIZE, i);
    rf_result_free(r);
    world_fini(&world);
}

Test(plain, rule_2_needs_a_small_cell)
{
    struct world world;
    const unsigned sizes[] = {2, 4};
    struct rf_result *r = rings_of(&world, sizes, 2, 2);
    expect_withheld(r, RF_TABLE_RINGS_BY_FLAG, 0); /* nobody is flagged, ... */
    expect_withheld(r, RF_TABLE_RINGS_BY_FLAG, 1); /* ... so the other would tell */
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 2, 6, 6);
    expect_rings(r, RF_TABLE_RINGS_BY_BANKS, 0, 2, 6, 6);
    expect_rings(r, RF_TABLE_RINGS_BY_PAIR, 0, 2, 6, 6);
    rf_result_free(r);
    world_fini(&world);
}

/* Rule 2 sums for each recipient by itself. Bank c is no recipient; two rings:
 *   a a c and b b b c c under flags, so that by_flag has cohorts (a 2, c 1) and (b 3, c 2). */
Test(plain, rule_2_asks_each_recipient)
{
    struct world world;
    world_init(&world, 3);
    receivers(&world, true, false, false);
    world.study.min_cell = 3;
    const struct {
        unsigned bank, flag;
        const char *ring;
    } people[] = {{0, 1, "x"}, {0, 0, "x"}, {2, 0, "x"}, {1, 0, "y"},
                  {1, 0, "y"}, {1, 0, "y"}, {2, 0, "y"}, {2, 0, "y"}};
    for (unsigned i = 0; i < 8; i++) {
        world_hold(&world, people[i].bank,
                   world_customer(&world, people[i].bank, 1, people[i].flag), PHONE,
                   people[i].ring);
    }
    struct rf_result *r = run(&world);
    /* For a: flagged 1 (small), others 5; small together 1, below 3: both go. */
    expect_withheld(r, RF_TABLE_RINGS_BY_FLAG, 0);
    expect_withheld(r, RF_TABLE_RINGS_BY_FLAG, 1);
    rf_result_free(r);
    receivers(&world, false, true, false);
    r = run(&world);
    /* For b: flagged 3, others 2 (small); together 2: both go, the first being the last left. */
    expect_withheld(r, RF_TABLE_RINGS_BY_FLAG, 0);
    expect_withheld(r, RF_TABLE_RINGS_BY_FLAG, 1);
    rf_result_free(r);
    world.study.min_cell = 2;
    r = run(&world);
    expect_rings(r, RF_TABLE_RINGS_BY_FLAG, 0, 1, 3, 3);
    expect_rings(r, RF_TABLE_RINGS_BY_FLAG, 1, 1, 5, 5);
    rf_result_free(r);
    world_fini(&world);
}

/* --- tables whose cells overlap --- */

/* One customer each at three of four banks in a ring; besides, large rings at a d, b d and c d. */
static void ring_in_three_pairs(struct world *world)
{
    static const char *const large[] = {"ad", "bd", "cd"};
    world_init(world, 4);
    world->study.min_cell = 5;
    for (unsigned bank = 0; bank < 3; bank++) {
        world_hold(world, bank, world_customer(world, bank, 1000, 0), PHONE, "abc");
        for (unsigned i = 0; i < 6; i++) {
            world_hold(world, bank, world_customer(world, bank, 1, 0), PHONE, large[bank]);
            world_hold(world, 3, world_customer(world, 3, 1, 0), PHONE, large[bank]);
        }
    }
}

/* a b, a c and b c count the same three people: three times three, but not nine. With a d, b d and c d shown,
 * the total would give that ring's exposure away. */
Test(plain, rule_2_does_not_count_people_of_overlapping_cells_twice)
{
    struct world world;
    ring_in_three_pairs(&world);
    struct rf_result *r = run(&world);
    expect_rings(r, RF_TABLE_RINGS_TOTAL, 0, 4, 39, 3036);
    expect_withheld(r, RF_TABLE_RINGS_BY_PAIR, 0);         /* a b */
    expect_withheld(r, RF_TABLE_RINGS_BY_PAIR, 1);         /* a c */
    expect_rings(r, RF_TABLE_RINGS_BY_PAIR, 2, 1, 12, 12); /* a d */
    expect_withheld(r, RF_TABLE_RINGS_BY_PAIR, 3);         /* b c */
    expect_rings(r, RF_TABLE_RINGS_BY_PAIR, 4, 1, 12, 12); /* b d */
    expect_withheld(r, RF_TABLE_RINGS_BY_PAIR, 5);         /* c d: the last */
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 4);
    expect_withheld(r, RF_TABLE_TOKENS_BY_PAIR, 5);
    rf_result_free(r);
    world_fini(&world);
}

/* One customer of each of two banks holds a shared token of each of two types, others hold one of a third. */
Test(plain, rule_2_does_not_count_groups_of_overlapping_types_twice)
{
    struct world world;
    world_init(&world, 3);
    world.study.min_cell = 3;
    receivers(&world, false, false, false);
    world.study.members[world.study.member_count++] =
        (struct rf_member){.name = "regulator", .party = -1, .recipient = true};
    for (unsigned bank = 0; bank < 2; bank++) {
        uint32_t one = world_customer(&world, bank, 1, 0);
        world_hold(&world, bank, one, ID, "i");
        world_hold(&world, bank, one, PHONE, "p");
        for (unsigned i = 0; i < 3; i++)
            world_hold(&world, bank, world_customer(&world, bank, 1, 0), EMAIL, i ? "e" : "f");
    }
    struct rf_result *r = run(&world);
    expect_tokens(r, RF_TABLE_TOKENS_TOTAL, 0, 4);
    for (size_t type = 0; type < 3; type++) /* 2 + 2 groups, the same two; 4 groups go with them */
        expect_withheld(r, RF_TABLE_TOKENS_BY_TYPE, type);
    rf_result_free(r);
    world_fini(&world);
}
