/** amlworld.h - IBM's AMLworld; see import.h */
#ifndef RF_PARTY_DATA_AMLWORLD_H
#define RF_PARTY_DATA_AMLWORLD_H

#include "party/data/import.h"

/** rf_amlworld_import() - as rf_import() */
RF_MUST_CHECK enum rf_rc rf_amlworld_import(const char *source,
                                            const struct rf_import_options *options,
                                            const char *out, struct rf_import_summary *summary,
                                            struct rf_err *err);

#endif
