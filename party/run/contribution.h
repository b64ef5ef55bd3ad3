/** contribution.h - a bank's rows, ready to be shared
 *
 * Everything that happens to a bank's data before anything leaves: tokens under the study's key,
 * hub rule and local groups, one row for each (token, group), then filler rows with random tokens up
 * to the declared bound, so that their number does not show. */
#ifndef RF_PARTY_RUN_CONTRIBUTION_H
#define RF_PARTY_RUN_CONTRIBUTION_H

#include "party/data/tables.h"
#include "party/keys/token_key.h"
#include "party/study/manifest.h"
#include "protocols/analytics/task.h"

struct rf_contribution {
    uint8_t *rows; /* bound * row_bytes, plain: never leaves this process */
    size_t count, row_bytes;
    uint64_t used; /* rows that are not filler */
};

/** rf_contribution_build() - from checked tables
 * @member:   index of the bank's member in the manifest
 * @fill:     32 bytes from which fillers' tokens are drawn
 * Errors: RF_E_ARG when the data pass the bounds declared in the manifest. */
RF_MUST_CHECK enum rf_rc rf_contribution_build(struct rf_contribution *out,
                                               const struct rf_manifest *manifest, unsigned member,
                                               const struct rf_tables *tables,
                                               const uint8_t members_key[RF_TOKEN_KEY_SIZE],
                                               const uint8_t fill[32], struct rf_err *err);

/** rf_contribution_fini() - wipe and free */
void rf_contribution_fini(struct rf_contribution *contribution);

/** rf_contribution_bounds() - bounds that a bank can declare for its data
 * Rounded up, by an eighth at most, so that the exact numbers do not show. */
RF_MUST_CHECK enum rf_rc rf_contribution_bounds(const struct rf_study *study,
                                                const struct rf_tables *tables, uint64_t *customers,
                                                uint64_t *rows, struct rf_err *err);

#endif
