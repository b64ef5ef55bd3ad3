/** bench_scenario.h - what to measure, as a file
 *
 *     scenario: network                   # a name
 *     purpose: Time over round trips      # in words; optional
 *     backend: rep3                       # default | rep3-active | both
 *     lanes: 1,2                          # of each party, each number measured; default: 1
 *     alone: on                           # one party's work alone, too | off (default)
 *     networks: ["10ms,1gbit", wan]       # default: loopback, which is always measured too
 *     repeats: 3                          # default: 5
 *     chains: off                         # off | on | both (default)
 *     banks: 5                            # of studies; default
 *     cases:
 *       - operations: [less, sort-32]     # `ringfence bench --list` names them
 *         rows: [100000, 1000000]
 *         repeats: 1                      # instead of the scenario's, as chains
 *         key: 32                         # bits, for operations that take any width
 */
#ifndef RF_BENCH_BENCH_SCENARIO_H
#define RF_BENCH_BENCH_SCENARIO_H

#include "bench/bench.h"

enum { RF_BENCH_ROWS_MAX = 100000000 };

/** rf_bench_scenario_read() - add a file's cases to a bench from rf_bench_init()
 * Errors: RF_E_FORMAT "file:line:column: field: reason", RF_E_ARG, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_bench_scenario_read(struct rf_bench *bench, const char *path,
                                                struct rf_err *err);

#endif
