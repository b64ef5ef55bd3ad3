#include "party/plain/plain.h"

#include <stdlib.h>

#include "party/plain/graph.h"
#include "party/plain/plain_table.h"

/* A component of the graph, kept at the entry of the customer that stands for it. */
struct component {
    uint64_t size;
    uint16_t banks; /* bit b: has customers of bank b */
    bool flagged;   /* at least one member is */
};

/* What a local group's customers hold of the shared tokens, kept likewise. */
struct group {
    uint16_t partners; /* bit b: a token that bank b holds too */
    uint8_t types;     /* bit t: a shared token of type t */
};

struct run {
    const struct rf_study *study;
    const struct rf_tables *tables;
    struct rf_err *err;
    struct rf_shape shape;
    struct rf_graph graph;
    struct component *component;
    struct group *group;
    size_t pair[RF_BANKS_MAX][RF_BANKS_MAX]; /* cell of the two banks, either way round */
    size_t type_cell[RF_TYPE_COUNT];
    struct rf_plain_table tally[RF_TABLE_COUNT];
};

_Static_assert(RF_BANKS_MAX <= 16 && RF_TYPE_COUNT <= 8, "sets of banks and of types as bits");

static bool has(unsigned set, unsigned element)
{
    return set >> element & 1;
}

static unsigned count(unsigned set)
{
    return (unsigned)__builtin_popcount(set);
}

/* --- which cells there are --- */

static void lay_out(struct run *run)
{
    const struct rf_shape *shape = &run->shape;
    size_t pairs = 0, types = 0;
    for (unsigned a = 0; a < shape->banks; a++)
        for (unsigned b = a + 1; b < shape->banks; b++)
            run->pair[a][b] = run->pair[b][a] = pairs++;
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        if (shape->types[type])
            run->type_cell[type] = types++;
    const size_t cells[RF_TABLE_COUNT] = {
        [RF_TABLE_TOKENS_TOTAL] = 1,
        [RF_TABLE_TOKENS_BY_TYPE] = types,
        [RF_TABLE_TOKENS_BY_PAIR] = pairs,
        [RF_TABLE_RINGS_TOTAL] = 1,
        [RF_TABLE_RINGS_BY_SIZE] = shape->bucket_count,
        [RF_TABLE_RINGS_BY_BANKS] = shape->banks - shape->min_banks + 1,
        [RF_TABLE_RINGS_BY_PAIR] = pairs,
        [RF_TABLE_RINGS_BY_FLAG] = 2,
        [RF_TABLE_MEMBERS_BY_FLAG] = 2,
    };
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++)
        run->tally[table].cells = cells[table];
}

static struct rf_plain_table_cell *cell(struct run *run, enum rf_table table, size_t index)
{
    return &run->tally[table].cell[index];
}

/* --- shared tokens --- */

static void count_token(struct run *run, const struct rf_graph_token *token)
{
    if (count(token->banks) < 2)
        return;
    cell(run, RF_TABLE_TOKENS_TOTAL, 0)->figure[RF_FIGURE_TOKENS]++;
    cell(run, RF_TABLE_TOKENS_BY_TYPE, run->type_cell[token->type])->figure[RF_FIGURE_TOKENS]++;
    for (unsigned a = 0; a < run->shape.banks; a++) {
        for (unsigned b = a + 1; b < run->shape.banks; b++)
            if (has(token->banks, a) && has(token->banks, b))
                cell(run, RF_TABLE_TOKENS_BY_PAIR, run->pair[a][b])->figure[RF_FIGURE_TOKENS]++;
    }
    for (size_t i = 0; i < token->holders; i++) {
        uint32_t customer = run->graph.holder[token->first + i];
        struct group *group = &run->group[run->graph.local[customer]];
        group->types |= (uint8_t)(1U << token->type);
        group->partners |= (uint16_t)(token->banks & ~(1U << run->graph.bank[customer]));
    }
}

/* A local group is one of the cohort of each cell that counts a token of its. */
static void count_group(struct run *run, const struct group *group, unsigned bank)
{
    if (!group->partners)
        return;
    cell(run, RF_TABLE_TOKENS_TOTAL, 0)->cohort[bank]++;
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        if (has(group->types, type))
            cell(run, RF_TABLE_TOKENS_BY_TYPE, run->type_cell[type])->cohort[bank]++;
    for (unsigned other = 0; other < run->shape.banks; other++)
        if (has(group->partners, other))
            cell(run, RF_TABLE_TOKENS_BY_PAIR, run->pair[bank][other])->cohort[bank]++;
}

static void count_tokens(struct run *run)
{
    const struct rf_graph *graph = &run->graph;
    for (size_t t = 0; t < graph->tokens; t++)
        count_token(run, &graph->token[t]);
    for (uint32_t c = 0; c < graph->first[graph->banks]; c++)
        count_group(run, &run->group[c], graph->bank[c]);
}

/* --- rings --- */

static bool is_ring(const struct run *run, const struct component *component)
{
    return component->size >= run->study->min_size &&
           count(component->banks) >= run->study->min_banks;
}

static size_t bucket(const struct run *run, uint64_t size)
{
    size_t i = run->shape.bucket_count;
    while (--i > 0 && size < run->shape.buckets[i])
        ;
    return i;
}

/* The cells that count a ring; at most one of each table but by_pair. */
static size_t cells_of(struct run *run, const struct component *ring,
                       struct rf_plain_table_cell *cells[RF_PAIRS_MAX + 4])
{
    size_t n = 0;
    cells[n++] = cell(run, RF_TABLE_RINGS_TOTAL, 0);
    cells[n++] = cell(run, RF_TABLE_RINGS_BY_SIZE, bucket(run, ring->size));
    cells[n++] = cell(run, RF_TABLE_RINGS_BY_BANKS, count(ring->banks) - run->shape.min_banks);
    cells[n++] = cell(run, RF_TABLE_RINGS_BY_FLAG, ring->flagged ? 0 : 1);
    for (unsigned a = 0; a < run->shape.banks; a++) {
        for (unsigned b = a + 1; b < run->shape.banks; b++)
            if (has(ring->banks, a) && has(ring->banks, b))
                cells[n++] = cell(run, RF_TABLE_RINGS_BY_PAIR, run->pair[a][b]);
    }
    return n;
}

static enum rf_rc count_member(struct run *run, struct rf_plain_table_cell *in, unsigned bank,
                               uint64_t exposure)
{
    uint64_t *total = &in->figure[RF_FIGURE_EXPOSURE];
    in->figure[RF_FIGURE_MEMBERS]++;
    in->cohort[bank]++;
    if (__builtin_add_overflow(*total, exposure, total))
        return rf_err_set(run->err, RF_E_ARG,
                          "the exposures of the rings' members add up to more than 64 bits");
    return RF_OK;
}

static enum rf_rc count_customer(struct run *run, uint32_t customer)
{
    enum rf_rc rc = RF_OK;
    unsigned bank = run->graph.bank[customer];
    uint32_t place = customer - run->graph.first[bank];
    uint64_t exposure = run->tables[bank].exposure[place];
    const struct component *ring = &run->component[run->graph.component[customer]];
    struct rf_plain_table_cell *cells[RF_PAIRS_MAX + 4];
    if (!is_ring(run, ring))
        return RF_OK;
    size_t n = cells_of(run, ring, cells);
    bool stands_for_it = run->graph.component[customer] == customer;
    for (size_t i = 0; i < n; i++) {
        cells[i]->figure[RF_FIGURE_RINGS] += stands_for_it;
        RF_TRY(count_member(run, cells[i], bank, exposure));
    }
    size_t flagged_first = run->tables[bank].flag[place] ? 0 : 1;
    RF_TRY(count_member(run, cell(run, RF_TABLE_MEMBERS_BY_FLAG, flagged_first), bank, 0));
done:
    return rc;
}

static void measure_components(struct run *run)
{
    const struct rf_graph *graph = &run->graph;
    for (uint32_t c = 0; c < graph->first[graph->banks]; c++) {
        struct component *component = &run->component[graph->component[c]];
        unsigned bank = graph->bank[c];
        component->size++;
        component->banks |= (uint16_t)(1U << bank);
        component->flagged |= run->tables[bank].flag[c - graph->first[bank]] != 0;
    }
}

static enum rf_rc count_rings(struct run *run)
{
    enum rf_rc rc = RF_OK;
    measure_components(run);
    for (uint32_t c = 0; c < run->graph.first[run->graph.banks]; c++)
        RF_TRY(count_customer(run, c));
done:
    return rc;
}

/* --- the result --- */

static enum rf_rc show(struct run *run, struct rf_result **result)
{
    *result = rf_result_new(&run->shape);
    if (!*result)
        return rf_err_set(run->err, RF_E_MEMORY, "out of memory for the result");
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        if ((*result)->table[table])
            rf_plain_table_show(&run->tally[table], (enum rf_table)table, run->study,
                                (*result)->table[table]);
    }
    return RF_OK;
}

static enum rf_rc prepare(struct run *run)
{
    enum rf_rc rc;
    unsigned bank[RF_BANKS_MAX];
    unsigned banks = rf_study_banks(run->study, bank);
    rf_study_shape(run->study, &run->shape);
    lay_out(run);
    RF_TRY(rf_graph_build(&run->graph, run->tables, banks, run->study->hub_cap, run->err));
    size_t customers = run->graph.first[banks];
    run->component = calloc(customers + 1, sizeof *run->component);
    run->group = calloc(customers + 1, sizeof *run->group);
    if (!run->component || !run->group)
        return rf_err_set(run->err, RF_E_MEMORY, "out of memory for the plain computation");
done:
    return rc;
}

enum rf_rc rf_plain_run(const struct rf_study *study, const struct rf_tables *tables,
                        struct rf_result **result, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    *result = NULL;
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the plain computation");
    run->study = study;
    run->tables = tables;
    run->err = err;
    RF_TRY(prepare(run));
    if (study->shared_tokens)
        count_tokens(run);
    if (study->rings)
        RF_TRY(count_rings(run));
    RF_TRY(show(run, result));
done:
    rf_graph_fini(&run->graph);
    free(run->component);
    free(run->group);
    free(run);
    return rc;
}
