#include "party/data/scenario.h"

#include <string.h>

enum {
    HUB_CAP = 50,
    SMALL_HUB_CAP = 25, /* of the hub scenario; above RF_PLANT_LIMIT */
    AWKWARD_MOST = 1000,
    MOST = 50000000,
};

/* --- rings as they may come --- */

/* Two in three have at most four members; a few are large. */
static uint32_t ring_size(struct rf_chance *chance)
{
    uint32_t size = 2;
    if (rf_chance_one_in(chance, 200))
        return 20 + (uint32_t)rf_chance_below(chance, 120);
    while (size < 60 && !rf_chance_one_in(chance, 3))
        size++;
    return size;
}

static unsigned ring_banks(struct rf_chance *chance, unsigned banks)
{
    unsigned spanned = 2;
    while (spanned < banks && rf_chance_one_in(chance, 3))
        spanned++;
    return spanned;
}

/* Tokens that two banks or more are to hold. */
static uint64_t shared_wanted(const struct rf_plant *plant, double part)
{
    double tokens = (double)plant->customers * (plant->slots + (plant->pays ? 1 : 0));
    uint64_t wanted = (uint64_t)(part * tokens);
    return part > 0 && wanted == 0 ? 1 : wanted;
}

static enum rf_rc plant_rings(struct rf_plant *plant, const struct rf_generate_options *options,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint64_t wanted = shared_wanted(plant, options->shared);
    uint32_t planted = 1;
    for (uint32_t i = 0; i < plant->customers / 200; i++)
        RF_TRY(rf_plant_household(plant, i % plant->banks, err));
    while (plant->shared < wanted && planted) {
        uint32_t size = ring_size(&plant->chance);
        unsigned banks = ring_banks(&plant->chance, plant->banks);
        RF_TRY(rf_plant_ring(plant, size, banks, &planted, err));
    }
done:
    return rc;
}

/* --- chains --- */

static enum rf_rc plant_chains(struct rf_plant *plant, const struct rf_generate_options *options,
                               struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint64_t each = (uint64_t)options->hops + 1;
    uint64_t chains = plant->customers / 4 / each;
    chains = chains < 1 ? 1 : chains > 8 ? 8 : chains;
    for (uint64_t i = 0; i < chains; i++)
        RF_TRY(rf_plant_chain(plant, options->hops, err));
    RF_TRY(plant_rings(plant, options, err));
done:
    return rc;
}

static enum rf_rc plant_everyone(struct rf_plant *plant, const struct rf_generate_options *options,
                                 struct rf_err *err)
{
    (void)options;
    return rf_plant_everyone(plant, err);
}

/* --- hubs --- */

enum { CALL_CENTRE, HEAD_OFFICE, LOPSIDED, PHONE_SLOT = 1 };

/* CALL_CENTRE is above the cap everywhere; HEAD_OFFICE exactly at it at two banks, so it stays
 * and makes a ring; LOPSIDED is above it at one bank and held by two at the other, so nothing is
 * shared. */
static enum rf_rc plant_hubs(struct rf_plant *plant, const struct rf_generate_options *options,
                             struct rf_err *err)
{
    const uint32_t cap = SMALL_HUB_CAP;
    for (unsigned b = 0; b < plant->banks; b++) {
        if (plant->first[b + 1] - plant->first[b] < 5 * cap)
            return rf_err_set(err, RF_E_ARG, "scenario hub needs at least %u customers a bank",
                              5 * cap);
    }
    for (unsigned b = 0; b < plant->banks; b++)
        rf_plant_special(plant, b, cap + 1, PHONE_SLOT, CALL_CENTRE, RF_PLANT_NONE);
    rf_plant_special(plant, 0, cap, PHONE_SLOT, HEAD_OFFICE, plant->rings);
    rf_plant_special(plant, 1, cap, PHONE_SLOT, HEAD_OFFICE, plant->rings++);
    rf_plant_special(plant, 0, cap * 2, PHONE_SLOT, LOPSIDED, RF_PLANT_NONE);
    rf_plant_special(plant, 1, 2, PHONE_SLOT, LOPSIDED, RF_PLANT_NONE);
    return plant_rings(plant, options, err);
}

/* --- awkward data --- */

/* The last bank has nobody and the one before it a single customer. */
static void awkward_sizes(const struct rf_generate_options *options, uint32_t *size)
{
    unsigned others = options->banks - 2;
    uint32_t rest = (uint32_t)options->customers - 1;
    for (unsigned b = 0; b < others; b++)
        size[b] = rest / others + (b < rest % others);
    size[others] = 1;
    size[others + 1] = 0;
}

static enum rf_rc plant_awkward(struct rf_plant *plant, const struct rf_generate_options *options,
                                struct rf_err *err)
{
    for (unsigned b = 0; b + 1 < plant->banks; b++)
        rf_plant_special(plant, b, 1, PHONE_SLOT, 0, plant->rings);
    plant->rings++;
    return plant_rings(plant, options, err);
}

/* --- the table --- */

#define USUAL_TYPES                                                                                \
    {                                                                                              \
        RF_TYPE_NATIONAL_ID, RF_TYPE_PHONE, RF_TYPE_EMAIL, 0                                       \
    }
#define USUAL                                                                                      \
    .least_banks = 2, .most_customers = MOST, .hub_cap = HUB_CAP, .max_exposure = UINT64_C(1) << 40

static const struct rf_scenario scenarios[] = {
    {.about = {"identifiers", "three identifiers a customer, some shared in rings"},
     .link = RF_LINK_IDENTIFIERS,
     .type = USUAL_TYPES,
     .slots = 3,
     .plant = plant_rings,
     USUAL},
    {.about = {"transfers", "accounts, and payments inside rings"},
     .link = RF_LINK_TRANSFERS,
     .plant = plant_rings,
     USUAL},
    {.about = {"both", "rings held together by identifiers and by payments"},
     .link = RF_LINK_BOTH,
     .type = USUAL_TYPES,
     .slots = 3,
     .plant = plant_rings,
     USUAL},
    {.about = {"chain", "rings whose ends are --hops apart, bank after bank"},
     .link = RF_LINK_IDENTIFIERS,
     .type = USUAL_TYPES,
     .slots = 3,
     .plant = plant_chains,
     USUAL},
    {.about = {"one-ring", "everyone is in one ring"},
     .link = RF_LINK_IDENTIFIERS,
     .type = USUAL_TYPES,
     .slots = 3,
     .plant = plant_everyone,
     USUAL},
    {.about = {"hub", "numbers of call centres and head offices, above and at the hub cap"},
     .link = RF_LINK_IDENTIFIERS,
     .type = USUAL_TYPES,
     .slots = 3,
     .least_banks = 2,
     .most_customers = MOST,
     .hub_cap = SMALL_HUB_CAP,
     .max_exposure = UINT64_C(1) << 40,
     .plant = plant_hubs},
    {.about = {"awkward", "an empty bank, a bank of one, UTF-8, quotes, newlines, exposures of "
                          "2^53; up to 1000 customers"},
     .link = RF_LINK_IDENTIFIERS,
     .type = {RF_TYPE_NATIONAL_ID, RF_TYPE_PHONE, RF_TYPE_EMAIL, RF_TYPE_ADDRESS},
     .slots = 4,
     .least_banks = 3,
     .most_customers = AWKWARD_MOST, /* totals of their exposures stay below 2^63 */
     .awkward = true,
     .hub_cap = HUB_CAP,
     .max_exposure = UINT64_C(1) << 53,
     .sizes = awkward_sizes,
     .plant = plant_awkward},
};

const struct rf_scenario *rf_scenario_at(unsigned index)
{
    return index < sizeof scenarios / sizeof *scenarios ? &scenarios[index] : NULL;
}

const struct rf_scenario *rf_scenario_find(const char *name)
{
    for (unsigned i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(scenarios[i].about.name, name) == 0)
            return &scenarios[i];
    return NULL;
}

void rf_scenario_sizes(const struct rf_scenario *scenario,
                       const struct rf_generate_options *options, uint32_t *size)
{
    if (scenario->sizes) {
        scenario->sizes(options, size);
        return;
    }
    uint32_t customers = (uint32_t)options->customers;
    for (unsigned b = 0; b < options->banks; b++)
        size[b] = customers / options->banks + (b < customers % options->banks);
}
