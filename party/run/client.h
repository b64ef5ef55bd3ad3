/** client.h - a contributor's or recipient's process
 *
 * Reads and checks the bank's data before anything is sent; then shares its rows among the parties
 * and, if the member is a recipient, puts the result together and writes it. Needs no open port. */
#ifndef RF_PARTY_RUN_CLIENT_H
#define RF_PARTY_RUN_CLIENT_H

#include <stdbool.h>

#include "net/base/rc.h"
#include "party/run/contribution.h"
#include "party/run/session.h"

struct rf_client_options {
    struct rf_session_options session;
    const char *data; /* the member's data folder; NULL for a recipient that gives nothing */
    const char *out;  /* folder for result.json and report.html; NULL for a member that gets none */
};

/** rf_client_run() - Errors: every kind; RF_E_FORMAT for bad data, before anything was sent. */
RF_MUST_CHECK enum rf_rc rf_client_run(const struct rf_client_options *options, struct rf_err *err);

/** As rf_party_opener; a contributor's rows too, which are freed here. */
typedef enum rf_rc rf_client_opener(void *context, struct rf_session *session,
                                    struct rf_contribution *contribution);

/** rf_client_again() - the work of a client once more, in a session that was; writes no result */
RF_MUST_CHECK enum rf_rc rf_client_again(rf_client_opener *open, void *context, bool quiet,
                                         struct rf_err *err);

#endif
