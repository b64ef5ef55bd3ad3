/** calibrate_rows.h - what a contributor needs before anything leaves, on data made up for it
 *
 * Generates two banks' identifiers in a folder that goes away, and times what `ringfence contribute` does
 * with one bank's: unlock its key; read, check, normalise, hash and group its rows. */
#ifndef RF_BENCH_CALIBRATE_ROWS_H
#define RF_BENCH_CALIBRATE_ROWS_H

#include "net/base/rc.h"

/** rf_calibrate_rows() - processor seconds
 * @start: to unlock the key; @row: for an identifier. Errors: RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_calibrate_rows(double *start, double *row, struct rf_err *err);

#endif
