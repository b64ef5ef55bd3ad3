/** party.h - one party's process, from its configuration to the result's shares
 *
 * Reads and checks everything, links up with the other parties and all clients, takes the shares,
 * computes, and gives each recipient its shares of the result. A party learns what the manifest
 * discloses and nothing else. */
#ifndef RF_PARTY_RUN_PARTY_H
#define RF_PARTY_RUN_PARTY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/base/rc.h"
#include "party/run/session.h"

struct rf_party_options {
    struct rf_session_options session;
    const char *out;     /* folder for party.json, the record of the run; NULL: none is written */
    size_t memory_limit; /* bytes of share columns; 0: no limit */
    bool events;         /* progress as JSON lines on standard output, for a program to read */
};

/** rf_party_run() - Errors: every kind, each naming file, peer or step. */
RF_MUST_CHECK enum rf_rc rf_party_run(const struct rf_party_options *options, struct rf_err *err);

/** Makes a session, zeroed so far, what it was when the party had met the others: rf_session_again(), and a
 * channel. It is ended by rf_session_fini(). */
typedef enum rf_rc rf_party_opener(void *context, struct rf_session *session);

/** rf_party_again() - the work of a party once more, in a session that was
 * Errors: every kind, and those of @open. */
RF_MUST_CHECK enum rf_rc rf_party_again(rf_party_opener *open, void *context, bool quiet,
                                        struct rf_err *err);

#endif
