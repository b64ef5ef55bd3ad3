/** normalise.h - one spelling for each identifier
 *
 * Two banks' tokens agree only if their values agree byte for byte, so values are brought to one form
 * first. `docs/normalisation.md` is the specification; its tables are the tests' tables. All
 * members of a study must run the same version of it.
 *
 * Normalising twice gives the same as once. A value that is invalid for its type, or of
 * which nothing is left, is an error and not an empty value. */
#ifndef RF_PARTY_DATA_NORMALISE_H
#define RF_PARTY_DATA_NORMALISE_H

#include <stddef.h>

#include "net/base/rc.h"
#include "protocols/analytics/cells.h"

/** A reusable place for results. Zero-initialise. Holds customers' data: wiped by fini. */
struct rf_normaliser {
    char *text;  /* the normalised value, NUL-terminated, until the next call */
    size_t size; /* without the NUL */
    size_t room;
};

void rf_normaliser_fini(struct rf_normaliser *normaliser);

/** rf_normalise() - the normalised form of an identifier
 * @type: any but RF_TYPE_ACCOUNT, which takes two values
 * @text: UTF-8 of @size bytes without NUL
 * @why:  on RF_E_FORMAT, set to the reason in words (static; it does not quote the value)
 * Errors: RF_E_FORMAT, RF_E_MEMORY. Result in @normaliser. */
RF_MUST_CHECK enum rf_rc rf_normalise(struct rf_normaliser *normaliser, enum rf_token_type type,
                                      const char *text, size_t size, const char **why);

/** rf_normalise_bank() - a bank's id as it stands in account tokens
 * Upper case without spaces; it may not hold '/'. Errors as rf_normalise(). */
RF_MUST_CHECK enum rf_rc rf_normalise_bank(struct rf_normaliser *normaliser, const char *text,
                                           size_t size, const char **why);

/** rf_normalise_account() - the value of an account token: bank id, '/', account number
 * @bank: as it comes from rf_normalise_bank(), NUL-terminated; may not be in @normaliser
 * Errors as rf_normalise(), about the account number. */
RF_MUST_CHECK enum rf_rc rf_normalise_account(struct rf_normaliser *normaliser, const char *bank,
                                              const char *text, size_t size, const char **why);

#endif
