/** epoch.h - no two attempts at a manifest have the same number
 *
 * A party remembers in its folder (epochs/HASH) the last epoch in which it took part, so that a
 * restart, also from a restored disk of another party, begins a new one. */
#ifndef RF_PARTY_RUN_EPOCH_H
#define RF_PARTY_RUN_EPOCH_H

#include <stdint.h>

#include "net/base/rc.h"

/** rf_epoch_next() - one more than the last; 1 for the first attempt
 * Errors: RF_E_FORMAT when the file holds something else. */
RF_MUST_CHECK enum rf_rc rf_epoch_next(const char *folder, const uint8_t manifest[32],
                                       uint32_t *epoch, struct rf_err *err);

/** rf_epoch_keep() - remember @epoch before anything is done in it */
RF_MUST_CHECK enum rf_rc rf_epoch_keep(const char *folder, const uint8_t manifest[32],
                                       uint32_t epoch, struct rf_err *err);

#endif
