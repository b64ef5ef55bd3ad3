/** result_files.h - what a recipient gets: result.json, report.html, result.txt, receipt */
#ifndef RF_PARTY_RUN_RESULT_FILES_H
#define RF_PARTY_RUN_RESULT_FILES_H

#include "party/run/output.h"

/** rf_result_files_absent() - does @out hold no result yet? Other files may be there
 * Errors: RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_result_files_absent(const char *out, struct rf_err *err);

/** rf_result_files_write() - into the folder @out, made if need be
 * Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_result_files_write(const struct rf_session *session,
                                               const struct rf_receipt *receipt, const char *out);

#endif
