/** tokens.h - keyed pseudonyms of identifiers
 *
 * The study's key is HKDF-SHA-256 over the members' key, salted with the manifest's hash, with the
 * info "ringfence token v1" and its terminating NUL (net/base/derive.h); 32 bytes. The token of (type, value) is HMAC-SHA-256 under it over one
 * byte, the type's number in protocols/analytics/cells.h, followed by the normalised value; of
 * that, the first 8 bytes as a little-endian number.
 *
 * What it protects: whoever lacks the members' key learns nothing from a token but whether two are
 * equal, and nothing across studies. What it does not: any member can make tokens of values that
 * it guesses. Two different values have the same token with probability 2^-64; among n values
 * there is such a pair with n^2 / 2^65. Cost: about 0.2 us a token. */
#ifndef RF_PARTY_DATA_TOKENS_H
#define RF_PARTY_DATA_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/data/tables.h"

enum {
    RF_TOKENS_KEY_MIN = 16, /* bytes in a members' key at least */
};

struct rf_tokens_key;

/** rf_tokens_key_new() - derive a study's key
 * @members_key: known to all members and to nobody else; copied into the derivation, not kept
 * Errors: RF_E_ARG when it is too short, RF_E_CRYPTO, RF_E_MEMORY. Not thread-safe afterwards. */
RF_MUST_CHECK enum rf_rc rf_tokens_key_new(struct rf_tokens_key **key, const uint8_t *members_key,
                                           size_t size, const uint8_t manifest_hash[32],
                                           struct rf_err *err);

/** rf_tokens_key_free() - wipe and free; NULL is harmless */
void rf_tokens_key_free(struct rf_tokens_key *key);

/** rf_tokens_one() - the token of a normalised value */
RF_MUST_CHECK enum rf_rc rf_tokens_one(struct rf_tokens_key *key, enum rf_token_type type,
                                       const char *value, size_t size, uint64_t *token,
                                       struct rf_err *err);

/** rf_tokens_all() - the token of each holding
 * @token: tables->holdings of them, in the same order */
RF_MUST_CHECK enum rf_rc rf_tokens_all(struct rf_tokens_key *key, const struct rf_tables *tables,
                                       uint64_t *token, struct rf_err *err);

#endif
