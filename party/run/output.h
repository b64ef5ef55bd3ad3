/** output.h - the result leaves: signed hashes first, then shares to the recipients alone
 *
 * Share j of the output is held by parties j and j - 1, who derive the same salt for it. Each party
 * signs the keyed hashes of its two shares; the parties exchange and compare these records before
 * any share leaves. A recipient gets two shares from each party, so each share twice, checks them
 * against the records, and adds the three up. The records are its receipt: they show what the parties
 * gave without showing what it is. */
#ifndef RF_PARTY_RUN_OUTPUT_H
#define RF_PARTY_RUN_OUTPUT_H

#include "party/report/result.h"
#include "party/run/message.h"
#include "party/run/session.h"
#include "protocols/analytics/task.h"

/** rf_output_give() - a party's side
 * @output: from rf_compute()
 * @cost:   told to every client
 * Errors: RF_E_CHEAT naming the party whose hashes differ. */
RF_MUST_CHECK enum rf_rc rf_output_give(struct rf_session *session, struct rf_view output,
                                        const struct rf_run_cost *cost);

/** What a client has in the end. */
struct rf_receipt {
    struct rf_result *result; /* NULL for a client that is no recipient */
    struct rf_run_cost cost[RF_PARTIES];
    struct rf_signed record[RF_PARTIES];
    uint8_t salt[RF_PARTIES][RF_SALT_SIZE]; /* of a recipient: of share j, and the share */
    uint8_t *share[RF_PARTIES];             /* share_size bytes each */
    size_t share_size;
};

/** rf_output_take() - a client's side
 * Errors: RF_E_CHEAT naming the parties that disagree. */
RF_MUST_CHECK enum rf_rc rf_output_take(struct rf_session *session, struct rf_receipt *receipt);
void rf_receipt_fini(struct rf_receipt *receipt);

/** rf_output_open() - three shares as figures
 * @result: rf_result_free(). Errors: RF_E_FORMAT when shares of this task have another size; RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_output_open(struct rf_result **result, const struct rf_task *task,
                                        uint8_t *const share[RF_PARTIES], size_t size,
                                        struct rf_err *err);

#endif
