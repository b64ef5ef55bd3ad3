/** active.h - replicated secret sharing among three parties, secure against any one that deviates
 *
 * The gates and the traffic of rep3 (rep3.h), and a proof: before anything is opened, every party has proved
 * to the other two that it computed all of its gates rightly (proof.h, verify.c), and shuffles carry
 * whole-row tags (active_shuffle.c). Security with abort: a party that deviates is found, except with
 * probability below 2^-51 a run and lane, before anything that depends on the deviation is opened; then the run
 * ends. Boolean circuits only: products in Z_2^64 are not proved and do not exist here.
 *
 * What is opened comes from one neighbour in full and from the other as a hash.
 *
 * Source: Boyle, Gilboa, Ishai, Nof, "Practical fully secure three-party computation via sublinear
 * distributed zero-knowledge proofs", CCS 2019, with interactive challenges: each comes from the two
 * verifiers' common stream, and leaves only when that level's proof message has arrived.
 *
 * Cost: rep3's, and for each proof 2 levels + 2 rounds and 8 bytes a value of each level: 10 to 14 rounds and 3 to 9 kB.
 * 7 bits a gate of memory until it is proved, and 2 more while it is. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_ACTIVE_ACTIVE_H
#define RF_PROTOCOLS_BACKEND_REP3_ACTIVE_ACTIVE_H

#include "protocols/backend/rep3/rep3.h"

/** rf_rep3_active_new() - one party's side. As rf_rep3_new(). */
RF_MUST_CHECK enum rf_rc rf_rep3_active_new(struct rf_backend **backend, struct rf_channel *channel,
                                            const struct rf_rep3_config *config,
                                            struct rf_err *err);

#endif
