/** input.h - a contributor's rows become shares
 *
 * A contributor draws seeds s0 and s1; share 0 is the stream of s0, share 1 that of s1, share 2 the
 * rows XOR both. Party p holds shares p and p + 1. Before that it signs a record that commits to all
 * three shares, each under a salt that only the share's two holders learn.
 *
 * A party checks its two shares against the commitments, and all parties compare the records they
 * got: so the two copies of every share agree, or the run ends with an error that names the
 * contributor, before anything is computed. */
#ifndef RF_PARTY_RUN_INPUT_H
#define RF_PARTY_RUN_INPUT_H

#include "party/run/contribution.h"
#include "party/run/session.h"
#include "protocols/backend/backend.h"

/** rf_input_give() - share a contribution among the three parties */
RF_MUST_CHECK enum rf_rc rf_input_give(struct rf_session *session,
                                       const struct rf_contribution *contribution);

/** rf_input_take() - receive all contributions and check that the parties hold the same
 * @rows: made here: the banks' rows in the order of the manifest
 * Errors: RF_E_CHEAT naming the contributor, or the party that says otherwise. */
RF_MUST_CHECK enum rf_rc rf_input_take(struct rf_session *session, struct rf_backend *backend,
                                       struct rf_rows *rows);

#endif
