/** amlsim.h - IBM AMLSim output; see import.h */
#ifndef RF_PARTY_DATA_AMLSIM_H
#define RF_PARTY_DATA_AMLSIM_H

#include "party/data/import.h"

/** rf_amlsim_import() - as rf_import(); @options are not used */
RF_MUST_CHECK enum rf_rc rf_amlsim_import(const char *source,
                                          const struct rf_import_options *options, const char *out,
                                          struct rf_import_summary *summary, struct rf_err *err);

#endif
