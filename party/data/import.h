/** import.h - third-party data sets as members' folders and a study
 *
 * | format   | source                                                                       |
 * |----------|------------------------------------------------------------------------------|
 * | amlsim   | a folder of IBM AMLSim output: accounts.csv, alert_accounts.csv and          |
 * |          | alert_transactions.csv                                                       |
 * | amlworld | a file of IBM's AMLworld ("IBM Transactions for Anti Money Laundering"), in  |
 * |          | the layout of Trans.csv or of Patterns.txt; which one is seen from the file  |
 *
 * Written are OUT/<member>/customers.csv, accounts.csv and transfers.csv, and OUT/study.yaml, which
 * links transfers. `docs/data.md` says what becomes of which column. A transfer is written to both
 * members' folders that have a part in it, once if they are the same. The study's max_exposure is 2^40
 * or, if somebody's exposure is above that, the next power of two.
 *
 * Memory: about 60 bytes an account and its id; transfers are not held. */
#ifndef RF_PARTY_DATA_IMPORT_H
#define RF_PARTY_DATA_IMPORT_H

#include <stdint.h>

#include "net/base/rc.h"

struct rf_import_options {
    unsigned members;     /* amlworld: bank number n becomes member n modulo this, 2 .. 16 */
    const char *currency; /* amlworld: whose payments are the exposure, as the file writes it */
};

struct rf_import_summary {
    unsigned members;
    uint64_t customers, flagged;
    uint64_t transfers;      /* read; each counts once */
    uint64_t cross_bank;     /* of them between two members */
    uint64_t other_currency; /* of them not in exposures, as they are in another currency */
};

struct rf_import_about {
    const char *name;
    const char *about; /* one line for a person */
};

/** rf_import_defaults() - 5 members, "US Dollar" */
void rf_import_defaults(struct rf_import_options *options);

/** rf_import_format() - format number @index, or NULL behind the last */
const struct rf_import_about *rf_import_format(unsigned index);

/** rf_import() - read @source, which is of @format, and write everything under @out
 * Files there are overwritten; after an error they are incomplete.
 * Errors: RF_E_FORMAT (file, line, column, reason), RF_E_ARG, RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_import(const char *format, const char *source,
                                   const struct rf_import_options *options, const char *out,
                                   struct rf_import_summary *summary, struct rf_err *err);

#endif
