/** measure.h - one case, at one party: the operation is run in as many lanes as the case says
 *
 * What lanes count adds up, but for rounds, which are lane 0's. Time is from where all lanes of all parties have begun
 * to where the last lane of this party has ended. */
#ifndef RF_BENCH_MEASURE_H
#define RF_BENCH_MEASURE_H

#include "bench/bench.h"

/** rf_measure_case() - every run of a case, by lane 0 of a party that has lanes enough
 * @take: gets a sample of each run; of the last one with a digest, if @digest
 * Errors: RF_E_INTERNAL when a lane took other bytes or rounds than it declared, RF_E_MEMORY, RF_E_PEER. */
RF_MUST_CHECK enum rf_rc
rf_measure_case(struct rf_team_party *party, const struct rf_bench_case *one, bool digest,
                enum rf_rc (*take)(void *context, const struct rf_sample *sample), void *context);

#endif
