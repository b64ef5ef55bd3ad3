/* Whole studies on random little worlds: the secure computation against the plain definition. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "party/plain/plain.h"
#include "protocols/analytics/compute.h"
#include "tests/support/parties.h"
#include "tests/support/world.h"

#define OK(call) cr_assert_eq((call), RF_OK)

enum { VALUES = 40, ROWS_MOST = 4096 };

struct scene {
    struct world world;
    struct rf_task task;
    struct rf_result *expected;
    uint8_t *rows; /* all banks' */
    uint64_t seed;
};

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

static void random_world(struct world *world, unsigned banks, unsigned customers, uint64_t seed)
{
    static char value[VALUES][8];
    uint64_t state = seed;
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

static void scene_make(struct scene *scene, uint64_t shared_rows)
{
    struct rf_err err = {0};
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
    cr_assert_eq(rf_plain_run(study, scene->world.tables, &scene->expected, &err), RF_OK, "%s",
                 err.text);
}

static void scene_fini(struct scene *scene)
{
    free(scene->rows);
    rf_result_free(scene->expected);
    world_fini(&scene->world);
}

/* --- comparing --- */

static void share_rows(struct rf_backend *backend, struct rf_rows *out, const struct scene *scene)
{
    size_t bytes = rf_row_bytes(&scene->task), size = rf_task_rows(&scene->task) * bytes;
    OK(rf_backend_rows(backend, out, rf_task_rows(&scene->task), bytes));
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

static void compare(const struct scene *scene, struct rf_backend *backend, struct rf_view output)
{
    const struct rf_shape *shape = &scene->task.shape;
    struct rf_output_layout layout = rf_output_layout(&scene->task);
    uint64_t shown[512], figure[RF_FIGURE_COUNT][512];
    rf_test_open(backend, shown, rf_planes(output, layout.shown, 1));
    for (unsigned f = 0; f < RF_FIGURE_COUNT; f++)
        rf_test_open(backend, figure[f], rf_planes(output, layout.figure[f], layout.bits[f]));
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t first = rf_output_first(shape, (enum rf_table)table);
        for (size_t i = 0; i < rf_table_cells(shape, (enum rf_table)table); i++) {
            const struct rf_cell *cell = &scene->expected->table[table][i];
            cr_assert_eq(shown[first + i], cell->shown, "%s cell %zu of scene %llu: shown",
                         rf_table_name((enum rf_table)table), i, (unsigned long long)scene->seed);
            for (unsigned f = 0; f < RF_FIGURE_COUNT; f++) {
                cr_assert_eq(
                    figure[f][first + i], cell->figure[f],
                    "%s cell %zu figure %u of scene %llu: %llu, not %llu",
                    rf_table_name((enum rf_table)table), i, f, (unsigned long long)scene->seed,
                    (unsigned long long)figure[f][first + i], (unsigned long long)cell->figure[f]);
            }
        }
    }
}

static void compute(struct rf_backend *backend, void *context)
{
    const struct scene *scene = context;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    share_rows(backend, &input, scene);
    enum rf_rc rc = rf_compute(backend, &scene->task, &input, &output);
    cr_assert_eq(rc, RF_OK, "%s", backend->err->text);
    compare(scene, backend, output.all);
    rf_bits_fini(&output);
    rf_rows_fini(&input);
}

static void check(unsigned banks, unsigned customers, uint64_t seed, uint64_t shared_rows,
                  bool everywhere)
{
    struct scene scene = {.seed = seed};
    random_world(&scene.world, banks, customers, seed);
    scene_make(&scene, shared_rows);
    rf_test_clear(compute, &scene, seed);
    if (everywhere)
        rf_test_rep3(compute, &scene, seed);
    scene_fini(&scene);
}

Test(analytics, equals_plain_on_clear)
{
    for (uint64_t seed = 0; seed < 400; seed++)
        check(2 + seed % 7, 1 + seed % 40, seed, seed % 3 == 0 ? 400 : 0, false);
}

Test(analytics, equals_plain_on_rep3)
{
    for (uint64_t seed = 1000; seed < 1006; seed++)
        check(2 + seed % 4, 30, seed, seed % 2 ? 300 : 0, true);
}

Test(analytics, sixteen_banks)
{
    check(16, 12, 5, 0, true);
}
