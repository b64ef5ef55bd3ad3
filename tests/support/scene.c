#include "tests/support/scene.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/random.h"

enum { VALUES = 40, ROWS_MOST = 4096 };

/* --- a bank's local work, the naive way --- */

struct bank_rows {
    uint64_t token[ROWS_MOST];
    uint32_t customer[ROWS_MOST];
    uint8_t type[ROWS_MOST];
    size_t count;
    uint32_t root[ROWS_MOST];
};

static uint64_t token_of(const struct rf_holding *holding)
{
    uint64_t state = holding->type;
    for (const char *c = holding->value; *c; c++)
        state = rf_test_random(&state) ^ (uint8_t)*c;
    return rf_test_random(&state);
}

static void hub_rule(struct bank_rows *rows, const struct rf_tables *tables, uint64_t cap)
{
    rows->count = 0;
    for (size_t i = 0; i < tables->holdings; i++) {
        uint64_t token = token_of(&tables->holding[i]), same = 0;
        for (size_t j = 0; j < tables->holdings; j++)
            same += token_of(&tables->holding[j]) == token;
        if (same > cap)
            continue;
        rows->token[rows->count] = token;
        rows->type[rows->count] = tables->holding[i].type;
        rows->customer[rows->count++] = tables->holding[i].customer;
    }
}

static void join_customers(struct bank_rows *rows, size_t customers)
{
    for (uint32_t c = 0; c < customers; c++)
        rows->root[c] = c;
    for (size_t changed = 1; changed;) {
        changed = 0;
        for (size_t i = 0; i < rows->count; i++) {
            for (size_t j = 0; j < rows->count; j++) {
                uint32_t *a = &rows->root[rows->customer[i]], *b = &rows->root[rows->customer[j]];
                if (rows->token[i] == rows->token[j] && *a < *b) {
                    *b = *a;
                    changed = 1;
                }
            }
        }
    }
}

static bool seen_before(const struct bank_rows *rows, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (rows->token[j] == rows->token[i])
            return true;
    }
    return false;
}

static size_t write_bank(uint8_t *out, const struct rf_task *task, const struct rf_tables *tables,
                         uint64_t cap, uint64_t bound, uint64_t *state)
{
    static struct bank_rows rows;
    size_t written = 0, bytes = rf_row_bytes(task);
    hub_rule(&rows, tables, cap);
    join_customers(&rows, tables->customers);
    for (size_t i = 0; i < rows.count; i++) {
        if (seen_before(&rows, i))
            continue;
        uint32_t root = rows.root[rows.customer[i]];
        struct rf_row row = {.token = rows.token[i], .type = rows.type[i], .group = root};
        for (uint32_t c = 0; c < tables->customers; c++) {
            if (rows.root[c] != root)
                continue;
            row.size++;
            row.flagged += tables->flag[c];
            row.exposure += tables->exposure[c];
        }
        rf_row_write(out + written++ * bytes, task, &row);
    }
    for (; written < bound; written++) {
        struct rf_row row = {.token = rf_test_random(state)};
        rf_row_write(out + written * bytes, task, &row);
    }
    return written;
}

/* --- scenes --- */

static unsigned below(uint64_t *state, unsigned bound)
{
    return (unsigned)(rf_test_random(state) % bound);
}

void rf_scene_random(struct rf_scene *scene, unsigned banks, unsigned customers, uint64_t seed)
{
    struct world *world = &scene->world;
    static char value[VALUES][8];
    uint64_t state = seed;
    scene->seed = seed;
    world_init(world, banks);
    world->study.hub_cap = 3 + below(&state, 5);
    world->study.min_cell = below(&state, 3) ? below(&state, 8) : 0;
    world->study.min_banks = 2 + below(&state, banks - 1);
    for (unsigned i = 0; i < VALUES; i++)
        (void)snprintf(value[i], sizeof value[i], "v%u", i);
    for (unsigned bank = 0; bank < banks; bank++) {
        world->study.members[bank].recipient = bank == seed % banks || below(&state, 2);
        unsigned count = below(&state, 4) ? below(&state, customers) : 0;
        for (unsigned c = 0; c < count; c++) {
            uint32_t customer =
                world_customer(world, bank, rf_test_random(&state) >> 30, below(&state, 4) == 0);
            unsigned first = below(&state, VALUES);
            for (unsigned k = below(&state, 4); k > 0; k--)
                world_hold(world, bank, customer, (enum rf_token_type)((k * 7 + first) % 3),
                           value[(first + k * k * 5) % VALUES]);
        }
    }
}

void rf_scene_make(struct rf_scene *scene, uint64_t shared_rows)
{
    struct rf_task *task = &scene->task;
    const struct rf_study *study = &scene->world.study;
    unsigned bank_of[RF_BANKS_MAX];
    *task = (struct rf_task){.min_cell = study->min_cell, .shared_rows = shared_rows};
    rf_study_shape(study, &task->shape);
    unsigned banks = rf_study_banks(study, bank_of);
    uint64_t customers = 0, all = 0, state = 3;
    for (unsigned b = 0; b < banks; b++) {
        task->rows[b] = scene->world.tables[b].holdings + b;
        customers += scene->world.tables[b].customers;
        all += task->rows[b];
        if (study->members[bank_of[b]].recipient)
            task->recipients |= 1U << b;
    }
    task->group_bits = rf_bit_length(customers + 1);
    task->size_bits = rf_bit_length(customers);
    if (task->size_bits == 0)
        task->size_bits = 1;
    task->exposure_bits = 44;
    scene->rows = calloc(all + 1, rf_row_bytes(task));
    size_t at = 0;
    for (unsigned b = 0; b < banks; b++)
        at += write_bank(scene->rows + at * rf_row_bytes(task), task, &scene->world.tables[b],
                         study->hub_cap, task->rows[b], &state);
}

void rf_scene_fini(struct rf_scene *scene)
{
    free(scene->rows);
    world_fini(&scene->world);
}

void rf_scene_share(const struct rf_scene *scene, struct rf_backend *backend, struct rf_rows *out)
{
    size_t bytes = rf_row_bytes(&scene->task), size = rf_task_rows(&scene->task) * bytes;
    cr_assert_eq(rf_backend_rows(backend, out, rf_task_rows(&scene->task), bytes), RF_OK);
    for (unsigned j = 0; j < backend->summands; j++) {
        if (backend->summand[j] < 0)
            continue;
        for (size_t i = 0; i < size; i++) {
            uint64_t state = i;
            uint8_t x0 = (uint8_t)rf_test_random(&state), x1 = (uint8_t)rf_test_random(&state);
            uint8_t last = scene->rows[i] ^ x0 ^ x1;
            if (backend->summands == 1)
                last = x0 = scene->rows[i];
            out->part[backend->summand[j]][i] = j == 0 ? x0 : j == 1 ? x1 : last;
        }
    }
}
