/** tables.h - a member's extract in memory
 *
 * Read from a data folder: customers.csv (customer,exposure,flag), identifiers.csv
 * (customer,type,value), accounts.csv (account,customer), transfers.csv
 * (time,from_bank,from_account,to_bank,to_account,amount,currency). RFC 4180, UTF-8, header required,
 * columns in any order. A bad row is an error that names file, line and column; no row is dropped. */
#ifndef RF_PARTY_DATA_TABLES_H
#define RF_PARTY_DATA_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/study/study.h"

/** One (customer, token) pair, the token still in clear: it never leaves this process. */
struct rf_holding {
    uint32_t customer; /* index into exposure[] and flag[] */
    uint8_t type;      /* enum rf_token_type */
    const char *value; /* normalised, NUL-terminated, owned by the tables' arena */
};

struct rf_tables {
    size_t customers; /* in the order of customers.csv; their ids are not kept */
    uint64_t *exposure;
    uint8_t *flag;
    size_t holdings;
    struct rf_holding *holding; /* no duplicates; in no particular order */
    struct rf_arena *arena;     /* equal values of one type are stored once: same address */
};

/** rf_tables_load() - read and check a member's folder for a study
 * @folder: customers.csv is required; identifiers.csv if the study links identifiers; accounts.csv
 * and transfers.csv if it links transfers. Tables that the study does not use are not read.
 * @member: whose folder it is (its name is the bank id in transfers.csv).
 * Holdings are those of the study's link mode and types (docs/statistics.md), before the hub rule.
 * Identifiers of types that the study does not use are checked and not kept. `docs/data.md` lists
 * all that is checked. Cost: a second or two for a million customers with three identifiers each; 9
 * bytes a customer, 16 a holding, and each different value once.
 * Errors: RF_E_FORMAT (file, line, column, reason), RF_E_ARG (no such file), RF_E_IO, RF_E_MEMORY.
 * @tables is empty then. */
RF_MUST_CHECK enum rf_rc rf_tables_load(struct rf_tables *tables, const char *folder,
                                        const struct rf_study *study, const char *member,
                                        struct rf_err *err);

/** rf_tables_fini() - wipe and free; harmless on zeroed tables */
void rf_tables_fini(struct rf_tables *tables);

#endif
