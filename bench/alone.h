/** alone.h - one party's work, measured alone
 *
 * All parties run a case once more on fresh backends, and party 0 keeps what it receives, lane by lane. Then the others
 * wait, and party 0 does its work again from what was kept, some times: nobody else is on the cores. What it sends is
 * written into a frame and thrown away; the links, TLS and hash chains take no part. The operation is run twice
 * each time and the second is measured, since the first maps memory. */
#ifndef RF_BENCH_ALONE_H
#define RF_BENCH_ALONE_H

#include "bench/bench.h"

/** rf_alone_case() - by lane 0 of every party; party 0 gets the figures, the others none
 * @series: a number for each case, not 0, the same at all parties
 * Errors: RF_E_CHEAT when party 0 has another result when it is alone, RF_E_INTERNAL when it sends other bytes,
 * RF_E_MEMORY, RF_E_PEER. */
RF_MUST_CHECK enum rf_rc rf_alone_case(struct rf_team_party *party, const struct rf_bench_case *one,
                                       uint32_t series, struct rf_alone *alone);

#endif
