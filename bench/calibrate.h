/** calibrate.h - the machine's price for each unit of work, for predictions (party/run/calibration.h)
 *
 * Each price is measured on the function that does the work, alone: passes over planes, turning rows into
 * planes, gathering, dealing permutations, a sort's bookkeeping, fresh memory, each at sizes from the
 * first cache to beyond the last; AES, the hash of commitments; messages of 8 bytes to 8 MiB; work of some microseconds
 * to 50 ms, after each of which parties wait for each other. Three parties, each a process, do the same at once, so that
 * they share cores, caches and memory as in a run. Processor time is taken, not the clock's, so that other load
 * disturbs little; but rounds and lockstep are by the clock: measure when the machine is idle. */
#ifndef RF_BENCH_CALIBRATE_H
#define RF_BENCH_CALIBRATE_H

#include "party/run/calibration.h"

/** rf_calibrate() - takes about half a minute
 * Errors: RF_E_MEMORY, RF_E_PEER, RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_calibrate(struct rf_calibration *calibration, struct rf_err *err);

#endif
