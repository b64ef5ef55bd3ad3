/** plain.h - the statistics on plain data: what the secure computation must agree with
 *
 * Written straight from docs/statistics.md. It works on (type, value) pairs as they are, without
 * tokens, and shares no code with the banks' local work (party/data/groups.c) nor with
 * protocols/analytics, apart from the layout of a result: where the two disagree, one of them is
 * wrong. It sees every bank's data, so it is for tests, trials on synthetic data and for one's own.
 *
 * Cost: linear in holdings and customers; about a second for a million customers with three
 * identifiers each, and about 60 bytes a customer and 20 a holding. */
#ifndef RF_PARTY_PLAIN_PLAIN_H
#define RF_PARTY_PLAIN_PLAIN_H

#include "net/base/rc.h"
#include "party/data/tables.h"
#include "party/report/result.h"
#include "party/study/study.h"

/** rf_plain_run() - all tables that the study asks for, small cells withheld
 * @study:  checked by rf_study_check()
 * @tables: one for each bank, in the order of rf_study_banks(); borrowed
 * @result: the caller frees it with rf_result_free(); NULL on failure
 * Errors: RF_E_ARG when the exposures of a cell add up to more than 64 bits, or there are more than
 * 2^32 - 1 customers or different tokens; RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_plain_run(const struct rf_study *study, const struct rf_tables *tables,
                                      struct rf_result **result, struct rf_err *err);

#endif
