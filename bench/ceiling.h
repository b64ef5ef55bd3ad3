/** ceiling.h - what the machine gives while all three parties work */
#ifndef RF_BENCH_CEILING_H
#define RF_BENCH_CEILING_H

#include "bench/bench.h"

/** rf_ceiling_measure() - one party's side; all three call it together
 * @line: between them; how much is sent depends on it alone, so that all send as much */
RF_MUST_CHECK enum rf_rc rf_ceiling_measure(struct rf_team_party *party, const struct rf_line *line,
                                            struct rf_ceilings *ceilings);

#endif
