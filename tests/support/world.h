/** world.h - banks, customers and holdings put together by hand */
#ifndef RF_TESTS_SUPPORT_WORLD_H
#define RF_TESTS_SUPPORT_WORLD_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "party/data/tables.h"
#include "party/study/study.h"

struct world {
    struct rf_study study;
    struct rf_tables tables[RF_BANKS_MAX];
};

/* Banks that all contribute and receive; nothing is withheld. */
static inline void world_init(struct world *world, unsigned banks)
{
    *world = (struct world){0};
    rf_study_defaults(&world->study);
    world->study.shared_tokens = world->study.rings = true;
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        world->study.types[type] = type <= RF_TYPE_EMAIL;
    world->study.min_cell = 0;
    world->study.member_count = banks;
    for (unsigned b = 0; b < banks; b++) {
        struct rf_member *member = &world->study.members[b];
        *member = (struct rf_member){.party = b < 3 ? (int)b : -1, .contributor = true};
        member->recipient = true;
        (void)snprintf(member->name, sizeof member->name, "bank-%c", (int)('a' + b));
    }
}

static inline uint32_t world_customer(struct world *world, unsigned bank, uint64_t exposure,
                                      unsigned flag)
{
    struct rf_tables *tables = &world->tables[bank];
    size_t count = tables->customers + 1;
    tables->exposure = realloc(tables->exposure, count * sizeof *tables->exposure);
    tables->flag = realloc(tables->flag, count);
    cr_assert(tables->exposure && tables->flag);
    tables->exposure[tables->customers] = exposure;
    tables->flag[tables->customers] = (uint8_t)flag;
    return (uint32_t)tables->customers++;
}

/* @value is borrowed. */
static inline void world_hold(struct world *world, unsigned bank, uint32_t customer,
                              enum rf_token_type type, const char *value)
{
    struct rf_tables *tables = &world->tables[bank];
    size_t count = tables->holdings + 1;
    tables->holding = realloc(tables->holding, count * sizeof *tables->holding);
    cr_assert_not_null(tables->holding);
    tables->holding[tables->holdings++] =
        (struct rf_holding){.customer = customer, .type = (uint8_t)type, .value = value};
}

static inline void world_fini(struct world *world)
{
    for (unsigned b = 0; b < RF_BANKS_MAX; b++)
        rf_tables_fini(&world->tables[b]);
}

#endif
