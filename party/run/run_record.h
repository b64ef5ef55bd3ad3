/** run_record.h - party.json: what a party did, for its operator and for tests
 *
 * Public facts only: session, steps with declared and counted costs, opened bits by kind, traffic,
 * heads of the hash chains, memory. */
#ifndef RF_PARTY_RUN_RUN_RECORD_H
#define RF_PARTY_RUN_RUN_RECORD_H

#include "party/run/message.h"
#include "party/run/session.h"

/** rf_run_record_absent() - does @out hold no record yet? Errors: RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_run_record_absent(const char *out, struct rf_err *err);

/** rf_run_record_write() - @out/party.json */
RF_MUST_CHECK enum rf_rc rf_run_record_write(const struct rf_session *session,
                                             const struct rf_run_cost *cost, const char *out);

#endif
