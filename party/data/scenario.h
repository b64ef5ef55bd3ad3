/** scenario.h - the kinds of synthetic data: one row of a table each
 *
 * A new scenario is a function that plants and a row. Used by generate.c alone. */
#ifndef RF_PARTY_DATA_SCENARIO_H
#define RF_PARTY_DATA_SCENARIO_H

#include "party/data/generate.h"
#include "party/data/plant.h"
#include "party/study/study.h"

struct rf_scenario {
    struct rf_generate_about about;
    /* How many customers each bank gets; NULL: about as many each. */
    void (*sizes)(const struct rf_generate_options *options, uint32_t *size);
    enum rf_rc (*plant)(struct rf_plant *plant, const struct rf_generate_options *options,
                        struct rf_err *err);
    uint64_t most_customers;
    uint64_t hub_cap;
    uint64_t max_exposure;
    enum rf_link_by link;
    unsigned slots; /* kinds of identifier; 0 if only transfers link */
    unsigned least_banks;
    enum rf_token_type type[RF_PLANT_SLOTS]; /* of each kind */
    bool awkward;                            /* values and exposures that trip up careless code */
};

/** rf_scenario_at() - by number, NULL behind the last; rf_scenario_find() - by name, NULL if none */
const struct rf_scenario *rf_scenario_at(unsigned index);
const struct rf_scenario *rf_scenario_find(const char *name);

/** rf_scenario_sizes() - customers of each bank */
void rf_scenario_sizes(const struct rf_scenario *scenario,
                       const struct rf_generate_options *options, uint32_t *size);

#endif
