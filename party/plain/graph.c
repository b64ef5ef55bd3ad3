#include "party/plain/graph.h"

#include <stdlib.h>
#include <string.h>

#include "party/data/map.h"

/* What is needed while building and not afterwards. */
struct builder {
    struct rf_graph *graph;
    const struct rf_tables *tables;
    struct rf_err *err;
    size_t holdings;  /* of all banks */
    uint32_t *number; /* of the token of each holding */
    struct rf_arena *arena;
    struct rf_map values[RF_TYPE_COUNT];
};

static enum rf_rc no_memory(const struct builder *builder)
{
    return rf_err_set(builder->err, RF_E_MEMORY, "out of memory for the plain computation");
}

/* --- customers --- */

static enum rf_rc number_customers(struct builder *builder)
{
    struct rf_graph *graph = builder->graph;
    uint64_t customers = 0;
    for (unsigned b = 0; b < graph->banks; b++) {
        customers += builder->tables[b].customers;
        builder->holdings += builder->tables[b].holdings;
        if (customers >= UINT32_MAX)
            return rf_err_set(builder->err, RF_E_ARG, "too many customers for one computation");
        graph->first[b + 1] = (uint32_t)customers;
    }
    graph->bank = malloc(customers + 1);
    if (!graph->bank)
        return no_memory(builder);
    for (unsigned b = 0; b < graph->banks; b++)
        memset(graph->bank + graph->first[b], (int)b, graph->first[b + 1] - graph->first[b]);
    return RF_OK;
}

/* --- tokens --- */

/* Numbers the values of each type as they come; then the types' numbers are put end to end. */
static enum rf_rc number_values(struct builder *builder)
{
    size_t i = 0;
    builder->arena = rf_arena_new();
    builder->number = malloc((builder->holdings + 1) * sizeof *builder->number);
    if (!builder->arena || !builder->number)
        return no_memory(builder);
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        if (rf_map_init(&builder->values[type], builder->arena) != RF_OK)
            return no_memory(builder);
    for (unsigned b = 0; b < builder->graph->banks; b++) {
        for (size_t h = 0; h < builder->tables[b].holdings; h++) {
            const struct rf_holding *holding = &builder->tables[b].holding[h];
            if (rf_map_add(&builder->values[holding->type], holding->value, strlen(holding->value),
                           &builder->number[i++], NULL) != RF_OK)
                return no_memory(builder);
        }
    }
    return RF_OK;
}

static enum rf_rc make_tokens(struct builder *builder)
{
    struct rf_graph *graph = builder->graph;
    size_t before[RF_TYPE_COUNT], i = 0;
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++) {
        before[type] = graph->tokens;
        graph->tokens += builder->values[type].count;
    }
    if (graph->tokens >= UINT32_MAX)
        return rf_err_set(builder->err, RF_E_ARG, "too many different tokens for one computation");
    graph->token = calloc(graph->tokens + 1, sizeof *graph->token);
    graph->holder = malloc((builder->holdings + 1) * sizeof *graph->holder);
    if (!graph->token || !graph->holder)
        return no_memory(builder);
    for (unsigned b = 0; b < graph->banks; b++) {
        for (size_t h = 0; h < builder->tables[b].holdings; h++, i++) {
            uint8_t type = builder->tables[b].holding[h].type;
            builder->number[i] += (uint32_t)before[type];
            graph->token[builder->number[i]].type = type;
            graph->token[builder->number[i]].holders++;
        }
    }
    return RF_OK;
}

/* Lists the holders of each token, bank after bank because the holdings come so. */
static void list_holders(struct builder *builder)
{
    struct rf_graph *graph = builder->graph;
    size_t place = 0, i = 0;
    for (size_t t = 0; t < graph->tokens; t++) {
        graph->token[t].first = place;
        place += graph->token[t].holders;
        graph->token[t].holders = 0;
    }
    for (unsigned b = 0; b < graph->banks; b++) {
        for (size_t h = 0; h < builder->tables[b].holdings; h++, i++) {
            struct rf_graph_token *token = &graph->token[builder->number[i]];
            graph->holder[token->first + token->holders++] =
                graph->first[b] + builder->tables[b].holding[h].customer;
        }
    }
}

/* Hub rule: where more than @hub_cap customers of a bank hold it, nobody there does. */
static void drop_hubs(struct rf_graph *graph, struct rf_graph_token *token, uint64_t hub_cap)
{
    uint32_t *holder = graph->holder + token->first;
    size_t kept = 0, next;
    for (size_t from = 0; from < token->holders; from = next) {
        uint8_t bank = graph->bank[holder[from]];
        for (next = from; next < token->holders && graph->bank[holder[next]] == bank;)
            next++;
        if (next - from > hub_cap)
            continue;
        token->banks |= (uint16_t)(1U << bank);
        for (size_t i = from; i < next; i++)
            holder[kept++] = holder[i];
    }
    token->holders = kept;
}

/* --- who hangs together --- */

static uint32_t find(uint32_t *parent, uint32_t c)
{
    while (parent[c] != c) {
        parent[c] = parent[parent[c]];
        c = parent[c];
    }
    return c;
}

static void unite(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = find(parent, a);
    b = find(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Neighbours in a token's list are joined; in local groups, only those at one bank. */
static void join_holders(struct rf_graph *graph, const struct rf_graph_token *token)
{
    const uint32_t *holder = graph->holder + token->first;
    for (size_t i = 1; i < token->holders; i++) {
        unite(graph->component, holder[i - 1], holder[i]);
        if (graph->bank[holder[i - 1]] == graph->bank[holder[i]])
            unite(graph->local, holder[i - 1], holder[i]);
    }
}

static enum rf_rc join_customers(struct builder *builder)
{
    struct rf_graph *graph = builder->graph;
    uint32_t customers = graph->first[graph->banks];
    graph->local = malloc((customers + (size_t)1) * sizeof *graph->local);
    graph->component = malloc((customers + (size_t)1) * sizeof *graph->component);
    if (!graph->local || !graph->component)
        return no_memory(builder);
    for (uint32_t c = 0; c < customers; c++)
        graph->local[c] = graph->component[c] = c;
    for (size_t t = 0; t < graph->tokens; t++)
        join_holders(graph, &graph->token[t]);
    for (uint32_t c = 0; c < customers; c++) {
        graph->local[c] = find(graph->local, c);
        graph->component[c] = find(graph->component, c);
    }
    return RF_OK;
}

/* --- the interface --- */

static void finish(struct builder *builder)
{
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        rf_map_fini(&builder->values[type]);
    rf_arena_free(builder->arena);
    free(builder->number);
}

enum rf_rc rf_graph_build(struct rf_graph *graph, const struct rf_tables *tables, unsigned banks,
                          uint64_t hub_cap, struct rf_err *err)
{
    enum rf_rc rc;
    struct builder builder = {.graph = graph, .tables = tables, .err = err};
    *graph = (struct rf_graph){.banks = banks};
    RF_TRY(number_customers(&builder));
    RF_TRY(number_values(&builder));
    RF_TRY(make_tokens(&builder));
    list_holders(&builder);
    for (size_t t = 0; t < graph->tokens; t++)
        drop_hubs(graph, &graph->token[t], hub_cap);
    RF_TRY(join_customers(&builder));
done:
    finish(&builder);
    if (rc != RF_OK)
        rf_graph_fini(graph);
    return rc;
}

void rf_graph_fini(struct rf_graph *graph)
{
    free(graph->bank);
    free(graph->local);
    free(graph->component);
    free(graph->token);
    free(graph->holder);
    *graph = (struct rf_graph){0};
}
