/** groups.h - what a bank works out by itself before anything is shared
 *
 * Hub rule, then local groups (docs/statistics.md), by union-find over the bank's own tokens. Inside
 * one bank every token then belongs to exactly one group, so what remains to be computed jointly is
 * small: the distinct (token, group) rows, and a table of what the groups add up to. Nothing here
 * leaves the process; the number of rows and of groups is what a study declares as bounds.
 *
 * Cost: a sort of the holdings; about 0.5 s for three million. */
#ifndef RF_PARTY_DATA_GROUPS_H
#define RF_PARTY_DATA_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/data/tables.h"

/** A token that the bank's customers hold, and the one group of those that hold it. */
struct rf_group_row {
    uint64_t token;
    uint32_t group; /* index into group[] */
    uint8_t type;   /* enum rf_token_type */
};

struct rf_group {
    uint64_t size;     /* customers */
    uint64_t exposure; /* theirs, added up */
    uint64_t flagged;  /* how many of them are */
};

struct rf_groups {
    size_t row_count;
    struct rf_group_row *row; /* sorted by token, each token once */
    uint32_t group_count;
    struct rf_group *group; /* those with at least one row; numbered as the rows first name them */
};

/** rf_groups_build() - from a bank's tables
 * @hub_cap: a token held by more customers than this is dropped
 * @token:   of each holding, as rf_tokens_all() gives them
 * Errors: RF_E_ARG when a group's exposures add up to more than 64 bits; RF_E_CRYPTO when two
 * different values of the bank have one token (see tokens.h: it will not happen); RF_E_MEMORY. @out is empty then. */
RF_MUST_CHECK enum rf_rc rf_groups_build(const struct rf_tables *tables, uint64_t hub_cap,
                                         const uint64_t *token, struct rf_groups *out,
                                         struct rf_err *err);

/** rf_groups_fini() - wipe and free; harmless on zeroed groups */
void rf_groups_fini(struct rf_groups *groups);

#endif
