/* A second reading of docs/statistics.md, by brute force, held against the first on thousands of
 * random little worlds. It is written the other way round: for each cell it asks of each token, ring
 * and customer whether the cell counts it, over closures of full matrices. */
#include <criterion/criterion.h>

#include "party/data/chance.h"
#include "party/plain/plain.h"
#include "support/world.h"

enum { MOST = 48, VALUES = 14, TOKENS = 4 * VALUES, ROUNDS = 6000 };

struct brute {
    const struct world *world;
    struct rf_shape shape;
    unsigned banks, n, tokens;
    unsigned bank[MOST], flag[MOST];
    uint64_t exposure[MOST];
    unsigned type[TOKENS];
    const char *value[TOKENS];
    bool raw[MOST][TOKENS], holds[MOST][TOKENS]; /* before and after the hub rule */
    bool local[MOST][MOST], linked[MOST][MOST];  /* closures: in one local group, one component */
};

/* --- the world as matrices --- */

static unsigned token_of(struct brute *b, const struct rf_holding *holding)
{
    for (unsigned t = 0; t < b->tokens; t++)
        if (b->type[t] == holding->type && strcmp(b->value[t], holding->value) == 0)
            return t;
    b->type[b->tokens] = holding->type;
    b->value[b->tokens] = holding->value;
    return b->tokens++;
}

static void read_world(struct brute *b)
{
    for (unsigned bank = 0; bank < b->banks; bank++) {
        const struct rf_tables *tables = &b->world->tables[bank];
        unsigned before = b->n;
        for (size_t c = 0; c < tables->customers; c++) {
            b->bank[b->n] = bank;
            b->flag[b->n] = tables->flag[c];
            b->exposure[b->n++] = tables->exposure[c];
        }
        for (size_t h = 0; h < tables->holdings; h++)
            b->raw[before + tables->holding[h].customer][token_of(b, &tables->holding[h])] = true;
    }
}

static void hub_rule(struct brute *b)
{
    for (unsigned c = 0; c < b->n; c++) {
        for (unsigned t = 0; t < b->tokens; t++) {
            uint64_t same = 0;
            for (unsigned d = 0; d < b->n; d++)
                same += b->bank[d] == b->bank[c] && b->raw[d][t];
            b->holds[c][t] = b->raw[c][t] && same <= b->world->study.hub_cap;
        }
    }
}

static void close_over(struct brute *b, bool matrix[MOST][MOST])
{
    for (unsigned k = 0; k < b->n; k++) {
        for (unsigned i = 0; i < b->n; i++)
            for (unsigned j = 0; j < b->n; j++)
                matrix[i][j] |= matrix[i][k] && matrix[k][j];
    }
}

static void join(struct brute *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        for (unsigned j = 0; j < b->n; j++) {
            bool common = i == j;
            for (unsigned t = 0; t < b->tokens; t++)
                common |= b->holds[i][t] && b->holds[j][t];
            b->linked[i][j] = common;
            b->local[i][j] = common && b->bank[i] == b->bank[j];
        }
    }
    close_over(b, b->linked);
    close_over(b, b->local);
}

/* --- what a cell counts --- */

static bool held_at(const struct brute *b, unsigned t, unsigned bank)
{
    for (unsigned c = 0; c < b->n; c++)
        if (b->bank[c] == bank && b->holds[c][t])
            return true;
    return false;
}

static unsigned banks_of_token(const struct brute *b, unsigned t)
{
    unsigned count = 0;
    for (unsigned bank = 0; bank < b->banks; bank++)
        count += held_at(b, t, bank);
    return count;
}

static void pair_at(const struct brute *b, size_t index, unsigned *first, unsigned *second)
{
    size_t at = 0;
    for (*first = 0; *first < b->banks; ++*first) {
        for (*second = *first + 1; *second < b->banks; ++*second)
            if (at++ == index)
                return;
    }
}

static bool counts_token(const struct brute *b, enum rf_table table, size_t index, unsigned t)
{
    unsigned first = 0, second = 0;
    size_t place = 0;
    if (banks_of_token(b, t) < 2)
        return false;
    switch (table) {
    case RF_TABLE_TOKENS_BY_TYPE:
        for (unsigned type = 0; type < b->type[t]; type++)
            place += b->shape.types[type];
        return place == index;
    case RF_TABLE_TOKENS_BY_PAIR:
        pair_at(b, index, &first, &second);
        return held_at(b, t, first) && held_at(b, t, second);
    default:
        return true;
    }
}

static uint64_t ring_size(const struct brute *b, unsigned c)
{
    uint64_t size = 0;
    for (unsigned d = 0; d < b->n; d++)
        size += b->linked[c][d];
    return size;
}

static bool ring_at(const struct brute *b, unsigned c, unsigned bank)
{
    for (unsigned d = 0; d < b->n; d++)
        if (b->linked[c][d] && b->bank[d] == bank)
            return true;
    return false;
}

static unsigned ring_banks(const struct brute *b, unsigned c)
{
    unsigned count = 0;
    for (unsigned bank = 0; bank < b->banks; bank++)
        count += ring_at(b, c, bank);
    return count;
}

static bool ring_flagged(const struct brute *b, unsigned c)
{
    for (unsigned d = 0; d < b->n; d++)
        if (b->linked[c][d] && b->flag[d])
            return true;
    return false;
}

static bool in_ring(const struct brute *b, unsigned c)
{
    return ring_size(b, c) >= b->world->study.min_size &&
           ring_banks(b, c) >= b->world->study.min_banks;
}

static bool in_bucket(const struct brute *b, uint64_t size, size_t index)
{
    return size >= b->shape.buckets[index] &&
           (index + 1 == b->shape.bucket_count || size < b->shape.buckets[index + 1]);
}

/* Does the cell count customer c as a member? */
static bool counts_member(const struct brute *b, enum rf_table table, size_t index, unsigned c)
{
    unsigned first = 0, second = 0;
    if (!in_ring(b, c))
        return false;
    switch (table) {
    case RF_TABLE_RINGS_BY_SIZE:
        return in_bucket(b, ring_size(b, c), index);
    case RF_TABLE_RINGS_BY_BANKS:
        return ring_banks(b, c) == b->world->study.min_banks + index;
    case RF_TABLE_RINGS_BY_PAIR:
        pair_at(b, index, &first, &second);
        return ring_at(b, c, first) && ring_at(b, c, second);
    case RF_TABLE_RINGS_BY_FLAG:
        return ring_flagged(b, c) == (index == 0);
    case RF_TABLE_MEMBERS_BY_FLAG:
        return (b->flag[c] != 0) == (index == 0);
    default:
        return true;
    }
}

static bool first_of_ring(const struct brute *b, unsigned c)
{
    for (unsigned d = 0; d < c; d++)
        if (b->linked[c][d])
            return false;
    return true;
}

/* --- figures and cohorts of a cell --- */

static bool is_tokens(enum rf_table table)
{
    return table <= RF_TABLE_TOKENS_BY_PAIR;
}

static uint64_t figure(const struct brute *b, enum rf_table table, size_t index, unsigned which)
{
    uint64_t sum = 0;
    if (!rf_table_has(table, which))
        return 0;
    if (is_tokens(table)) {
        for (unsigned t = 0; t < b->tokens; t++)
            sum += counts_token(b, table, index, t);
        return sum;
    }
    for (unsigned c = 0; c < b->n; c++) {
        if (counts_member(b, table, index, c)) {
            sum += which == RF_FIGURE_EXPOSURE  ? b->exposure[c]
                   : which == RF_FIGURE_MEMBERS ? 1
                                                : first_of_ring(b, c);
        }
    }
    return sum;
}

/* Does the local group of c hold a token that the cell counts? */
static bool group_holds(const struct brute *b, enum rf_table table, size_t index, unsigned c)
{
    for (unsigned t = 0; t < b->tokens; t++) {
        for (unsigned d = 0; d < b->n; d++)
            if (b->local[c][d] && b->holds[d][t] && counts_token(b, table, index, t))
                return true;
    }
    return false;
}

static bool first_of_group(const struct brute *b, unsigned c)
{
    for (unsigned d = 0; d < c; d++)
        if (b->local[c][d])
            return false;
    return true;
}

static bool in_cohort(const struct brute *b, enum rf_table table, size_t index, unsigned c)
{
    unsigned first = 0, second = 0;
    if (!is_tokens(table))
        return counts_member(b, table, index, c);
    if (table == RF_TABLE_TOKENS_BY_PAIR) {
        pair_at(b, index, &first, &second);
        if (b->bank[c] != first && b->bank[c] != second)
            return false;
    }
    return first_of_group(b, c) && group_holds(b, table, index, c);
}

/* For a member that receives: the cohort at all banks but its own. */
static uint64_t cohort(const struct brute *b, enum rf_table table, size_t index, unsigned member)
{
    unsigned banks[RF_BANKS_MAX];
    uint64_t sum = 0;
    (void)rf_study_banks(&b->world->study, banks);
    for (unsigned c = 0; c < b->n; c++)
        sum += banks[b->bank[c]] != member && in_cohort(b, table, index, c);
    return sum;
}

static void shown(const struct brute *b, enum rf_table table, size_t cells, bool *show)
{
    const struct rf_study *study = &b->world->study;
    bool small[RF_PAIRS_MAX] = {false}, any = false;
    bool too_few = table == RF_TABLE_TOKENS_BY_TYPE || table == RF_TABLE_TOKENS_BY_PAIR ||
                   table == RF_TABLE_RINGS_BY_PAIR; /* cells overlap: sums do not count people */
    for (unsigned m = 0; m < study->member_count; m++)
        for (size_t i = 0; i < cells && study->members[m].recipient; i++)
            small[i] |= cohort(b, table, i, m) < study->min_cell;
    for (unsigned m = 0; m < study->member_count; m++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < cells; i++)
            sum += small[i] ? cohort(b, table, i, m) : 0;
        too_few |= study->members[m].recipient && sum < study->min_cell;
    }
    size_t last = cells;
    for (size_t i = 0; i < cells; i++) {
        any |= small[i];
        show[i] = !small[i];
        last = small[i] ? last : i;
    }
    if (any && too_few && last < cells)
        show[last] = false;
}

static void compare(const struct brute *b, const struct rf_result *result, unsigned round)
{
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t cells = rf_table_cells(&result->shape, table);
        bool show[RF_PAIRS_MAX];
        shown(b, table, cells, show);
        for (size_t i = 0; i < cells; i++) {
            const struct rf_cell *cell = &result->table[table][i];
            cr_assert_eq(cell->shown, show[i], "round %u: %s[%zu]", round, rf_table_name(table), i);
            for (unsigned f = 0; f < RF_FIGURE_COUNT; f++)
                cr_assert_eq(cell->figure[f], show[i] ? figure(b, table, i, f) : 0,
                             "round %u: %s[%zu] figure %u", round, rf_table_name(table), i, f);
        }
    }
}

/* --- random worlds --- */

static const char *const values[VALUES] = {"a", "b", "c", "d", "e", "f", "g",
                                           "h", "i", "j", "k", "l", "m", "n"};

static void random_study(struct rf_study *study, unsigned banks, struct rf_chance *chance)
{
    study->hub_cap = 1 + rf_chance_below(chance, 4);
    study->min_size = study->buckets[0] = 1 + rf_chance_below(chance, 4);
    study->bucket_count = 1 + (unsigned)rf_chance_below(chance, 4);
    for (unsigned i = 1; i < study->bucket_count; i++)
        study->buckets[i] = study->buckets[i - 1] + 1 + rf_chance_below(chance, 3);
    study->min_banks = 2 + (unsigned)rf_chance_below(chance, banks - 1);
    study->min_cell = (unsigned)rf_chance_below(chance, 8);
    study->link = (enum rf_link_by)(1 + rf_chance_below(chance, 3));
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        study->types[type] = rf_chance_one_in(chance, 2);
    study->types[RF_TYPE_EMAIL] = true;
}

/* Contributors among members that only compute or receive, in any order. */
static void random_members(struct rf_study *study, unsigned banks, struct rf_chance *chance)
{
    unsigned contributors = 0, m = 0;
    bool received = false;
    for (; contributors < banks; m++) {
        bool contributes = m - contributors >= 8 || !rf_chance_one_in(chance, 4);
        study->members[m] = (struct rf_member){.party = m < 3 ? (int)m : -1,
                                               .contributor = contributes,
                                               .recipient = rf_chance_one_in(chance, 2)};
        contributors += contributes;
        received |= study->members[m].recipient;
    }
    study->members[0].recipient |= !received;
    study->member_count = m;
}

static void random_holdings(struct world *world, unsigned banks, struct rf_chance *chance)
{
    unsigned types[RF_TYPE_COUNT], count = 0, most = 1 + (unsigned)rf_chance_below(chance, 3);
    uint64_t different = 4 + rf_chance_below(chance, VALUES - 3);
    struct rf_shape shape;
    rf_study_shape(&world->study, &shape);
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        if (shape.types[type])
            types[count++] = type;
    for (unsigned bank = 0; bank < banks; bank++) {
        unsigned customers = (unsigned)rf_chance_below(chance, MOST / banks + 1);
        for (unsigned c = 0; c < customers; c++) {
            bool held[RF_TYPE_COUNT][VALUES] = {{false}};
            (void)world_customer(world, bank, rf_chance_below(chance, 100),
                                 rf_chance_one_in(chance, 4));
            for (uint64_t i = rf_chance_below(chance, most + 1); i > 0; i--) {
                unsigned type = types[rf_chance_below(chance, count < 4 ? count : 4)];
                unsigned value = (unsigned)rf_chance_below(chance, different);
                if (!held[type][value])
                    world_hold(world, bank, c, (enum rf_token_type)type, values[value]);
                held[type][value] = true;
            }
        }
    }
}

/* In how many rounds a table was shown whole, in part, not at all. */
struct seen {
    unsigned none, some, all;
};

static void one_round(unsigned round, struct rf_chance *chance, struct seen *seen)
{
    static struct world world;
    static struct brute brute;
    struct rf_result *result;
    struct rf_err err = {0};
    unsigned banks = round % 50 == 0 ? 16 : 2 + (unsigned)rf_chance_below(chance, 4);
    world_init(&world, banks);
    random_study(&world.study, banks, chance);
    random_members(&world.study, banks, chance);
    random_holdings(&world, banks, chance);
    cr_assert_eq(rf_plain_run(&world.study, world.tables, &result, &err), RF_OK, "%s", err.text);
    brute = (struct brute){.world = &world, .banks = banks};
    rf_study_shape(&world.study, &brute.shape);
    read_world(&brute);
    hub_rule(&brute);
    join(&brute);
    compare(&brute, result, round);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t hidden = rf_result_withheld(result, table);
        seen[table].none += hidden == 0;
        seen[table].all += hidden == rf_table_cells(&result->shape, table);
        seen[table].some += hidden > 0 && hidden < rf_table_cells(&result->shape, table);
    }
    rf_result_free(result);
    world_fini(&world);
}

Test(plain_brute, two_readings_agree)
{
    struct rf_chance chance;
    struct seen seen[RF_TABLE_COUNT] = {{0}};
    rf_chance_init(&chance, 2024);
    for (unsigned round = 0; round < ROUNDS; round++)
        one_round(round, &chance, seen);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        /* The rules were exercised. One or two cells go together, by rule 2. */
        bool together = table == RF_TABLE_TOKENS_TOTAL || table == RF_TABLE_RINGS_TOTAL ||
                        table == RF_TABLE_RINGS_BY_FLAG || table == RF_TABLE_MEMBERS_BY_FLAG;
        cr_expect(seen[table].none > 300 && seen[table].all > 300, "%s", rf_table_name(table));
        cr_expect(together ? seen[table].some == 0 : seen[table].some > 60, "%s: %u",
                  rf_table_name(table), seen[table].some);
    }
}
