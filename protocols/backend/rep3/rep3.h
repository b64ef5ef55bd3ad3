/** rep3.h - replicated secret sharing among three parties, semi-honest
 *
 * x = x0 + x1 + x2 (XOR for bits, modulo 2^64 for ring elements). Party i holds (x_i, x_i+1), its parts
 * 0 and 1. No single party learns anything; two together know everything.
 *
 * Source: Araki, Furukawa, Lindell, Nof, Ohara, "High-Throughput Semi-Honest Secure Three-Party
 * Computation with an Honest Majority", CCS 2016 (eprint 2016/768), section 2.2; correlated randomness from
 * section 2.3 (computational, by pairwise keys). Shuffle: Araki et al., "Secure Graph Analysis at
 * Scale", CCS 2021, section 5.2.
 *
 * Keys: K_i is known to parties i and i - 1. Party i draws F(K_i) and F(K_i+1); their difference is its
 * share of zero. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_REP3_H
#define RF_PROTOCOLS_BACKEND_REP3_REP3_H

#include "net/channel.h"
#include "protocols/backend/backend.h"

enum { RF_REP3_SECRET = 32 };

struct rf_rep3_config {
    unsigned party;                        /* 0, 1 or 2 */
    unsigned previous, next;               /* the other parties' peer numbers in the channel */
    uint8_t with_previous[RF_REP3_SECRET]; /* secret shared with party i - 1 alone: K_i */
    uint8_t with_next[RF_REP3_SECRET];     /* secret shared with party i + 1 alone: K_i+1 */
    const void *context;                   /* what all keys are bound to: manifest hash, */
    size_t context_size;                   /* session, epoch, lane */
    size_t memory_limit;                   /* bytes of live columns; 0: no limit */
};

/** rf_rep3_new() - one party's side
 * @channel: borrowed until rf_backend_free()
 * Errors: RF_E_MEMORY, RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_rep3_new(struct rf_backend **backend, struct rf_channel *channel,
                                     const struct rf_rep3_config *config, struct rf_err *err);

#endif
