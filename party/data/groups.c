#include "party/data/groups.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"

struct held {
    uint64_t token;
    const struct rf_holding *holding;
};

enum { NOT_NUMBERED = 0 };

struct work {
    const struct rf_tables *tables;
    uint64_t hub_cap;
    struct rf_err *err;
    struct held *held; /* sorted by token, then customer */
    uint32_t *parent;  /* union-find over customers */
    uint32_t *number;  /* of a root's group, plus 1; NOT_NUMBERED if it has none yet */
    struct rf_groups *out;
};

static enum rf_rc no_memory(const struct work *work)
{
    return rf_err_set(work->err, RF_E_MEMORY, "out of memory for the bank's local groups");
}

/* --- holdings by token --- */

static int compare_held(const void *left, const void *right)
{
    const struct held *a = left, *b = right;
    if (a->token != b->token)
        return a->token < b->token ? -1 : 1;
    return (a->holding->customer > b->holding->customer) -
           (a->holding->customer < b->holding->customer);
}

static void sort_held(struct work *work, const uint64_t *token)
{
    const struct rf_tables *tables = work->tables;
    for (size_t i = 0; i < tables->holdings; i++)
        work->held[i] = (struct held){.token = token[i], .holding = &tables->holding[i]};
    if (tables->holdings)
        qsort(work->held, tables->holdings, sizeof *work->held, compare_held);
}

/* --- union-find --- */

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

/* --- one token after the other --- */

static bool same_value(const struct rf_holding *a, const struct rf_holding *b)
{
    return a->type == b->type && (a->value == b->value || strcmp(a->value, b->value) == 0);
}

/* Where the token at @from ends, and how many different customers hold it. */
static enum rf_rc measure(const struct work *work, size_t from, size_t *to, uint64_t *customers)
{
    const struct held *held = work->held;
    *customers = 1;
    for (*to = from + 1; *to < work->tables->holdings && held[*to].token == held[from].token;
         ++*to) {
        if (!same_value(held[*to].holding, held[from].holding)) {
            return rf_err_set(work->err, RF_E_CRYPTO,
                              "two different values have the same token: run the study again under "
                              "a new manifest");
        }
        *customers += held[*to].holding->customer != held[*to - 1].holding->customer;
    }
    return RF_OK;
}

/* Keeps the token as a row, with a customer in place of its group for now, and joins its holders. */
static void keep(struct work *work, size_t from, size_t to)
{
    const struct rf_holding *first = work->held[from].holding;
    work->out->row[work->out->row_count++] = (struct rf_group_row){
        .token = work->held[from].token, .type = first->type, .group = first->customer};
    for (size_t i = from + 1; i < to; i++)
        unite(work->parent, first->customer, work->held[i].holding->customer);
}

static enum rf_rc join(struct work *work)
{
    enum rf_rc rc = RF_OK;
    size_t next = 0;
    uint64_t customers = 0;
    for (size_t from = 0; from < work->tables->holdings; from = next) {
        RF_TRY(measure(work, from, &next, &customers));
        if (customers <= work->hub_cap)
            keep(work, from, next);
    }
done:
    return rc;
}

/* --- groups --- */

static void number_groups(struct work *work)
{
    struct rf_groups *out = work->out;
    for (size_t i = 0; i < out->row_count; i++) {
        uint32_t *number = &work->number[find(work->parent, out->row[i].group)];
        if (*number == NOT_NUMBERED)
            *number = ++out->group_count;
        out->row[i].group = *number - 1;
    }
}

static enum rf_rc add_up(struct work *work)
{
    struct rf_groups *out = work->out;
    out->group = calloc(out->group_count + (size_t)1, sizeof *out->group);
    if (!out->group)
        return no_memory(work);
    for (uint32_t c = 0; c < work->tables->customers; c++) {
        uint32_t number = work->number[find(work->parent, c)];
        if (number == NOT_NUMBERED)
            continue;
        struct rf_group *group = &out->group[number - 1];
        group->size++;
        group->flagged += work->tables->flag[c];
        if (__builtin_add_overflow(group->exposure, work->tables->exposure[c], &group->exposure))
            return rf_err_set(work->err, RF_E_ARG,
                              "the exposures of a local group add up to more than 64 bits");
    }
    return RF_OK;
}

static enum rf_rc allocate(struct work *work)
{
    size_t customers = work->tables->customers + 1, holdings = work->tables->holdings + 1;
    work->held = malloc(holdings * sizeof *work->held);
    work->parent = calloc(customers, sizeof *work->parent);
    work->number = calloc(customers, sizeof *work->number);
    work->out->row = calloc(holdings, sizeof *work->out->row);
    if (!work->held || !work->parent || !work->number || !work->out->row)
        return no_memory(work);
    for (uint32_t c = 0; c < work->tables->customers; c++)
        work->parent[c] = c;
    return RF_OK;
}

enum rf_rc rf_groups_build(const struct rf_tables *tables, uint64_t hub_cap, const uint64_t *token,
                           struct rf_groups *out, struct rf_err *err)
{
    enum rf_rc rc;
    struct work work = {.tables = tables, .hub_cap = hub_cap, .err = err, .out = out};
    *out = (struct rf_groups){0};
    RF_TRY(allocate(&work));
    sort_held(&work, token);
    RF_TRY(join(&work));
    number_groups(&work);
    RF_TRY(add_up(&work));
done:
    rf_secret_free(work.held, work.held ? tables->holdings * sizeof *work.held : 0);
    free(work.parent);
    free(work.number);
    if (rc != RF_OK)
        rf_groups_fini(out);
    return rc;
}

void rf_groups_fini(struct rf_groups *groups)
{
    rf_secret_free(groups->row, groups->row_count * sizeof *groups->row);
    rf_secret_free(groups->group, groups->group_count * sizeof *groups->group);
    *groups = (struct rf_groups){0};
}
