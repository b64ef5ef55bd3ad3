/** generate.h - synthetic members' data with planted rings, and the truth about them
 *
 * Writes OUT/bank-a .. OUT/bank-p (members' folders as docs/data.md describes them), OUT/study.yaml
 * and OUT/truth.json (the planted rings). The same options give the same bytes. Values are clearly
 * synthetic: e-mail under example.com, .org and .net, phone numbers under +999, which is assigned
 * to nobody, national ids, accounts and addresses of the made-up country ZZ. The same value is
 * written in different styles at different places, so that normalisation has something to do.
 *
 * Memory: about 30 bytes a customer. Cost: about 5 s for a million customers. */
#ifndef RF_PARTY_DATA_GENERATE_H
#define RF_PARTY_DATA_GENERATE_H

#include <stdint.h>

#include "net/base/rc.h"

struct rf_generate_options {
    const char *scenario; /* a name that rf_generate_scenario() gives */
    unsigned banks;       /* 2 .. RF_BANKS_MAX */
    uint64_t customers;   /* at all banks together */
    uint64_t seed;
    double shared; /* part of all tokens that two or more banks hold, about; 0 .. 0.25 */
    unsigned hops; /* of the longest way through a chain */
};

struct rf_generate_about {
    const char *name;
    const char *about; /* one line for a person */
};

/** rf_generate_defaults() - identifiers, 5 banks, 10,000 customers, seed 1, 1%, 40 hops */
void rf_generate_defaults(struct rf_generate_options *options);

/** rf_generate_scenario() - scenario number @index, or NULL behind the last */
const struct rf_generate_about *rf_generate_scenario(unsigned index);

/** rf_generate_most() - the most customers that a scenario takes; 0 for a name that is none's */
uint64_t rf_generate_most(const char *scenario);

/** rf_generate() - write it all under @out, which is created; files there are overwritten
 * Errors: RF_E_ARG saying what the scenario needs, RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_generate(const struct rf_generate_options *options, const char *out,
                                     struct rf_err *err);

#endif
