/** line.h - what a slower network is like */
#ifndef RF_BENCH_LINE_H
#define RF_BENCH_LINE_H

#include "net/base/rc.h"

/** The line between two parties; each direction has its own rate. */
struct rf_line {
    double rtt;         /* seconds; 0 with rate 0: loopback */
    double bytes_per_s; /* 0: no limit */
};

/** rf_line_read() - "loopback", "lan" (0.2 ms, 10 Gbit/s), "wan" (50 ms, 100 Mbit/s), or RTT,RATE as
 * in "10ms,1gbit". Errors: RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_line_read(struct rf_line *line, const char *text, struct rf_err *err);

#endif
