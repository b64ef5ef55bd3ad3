/** relay.h - a slower network: a process that passes TCP connections on, late and at a limited rate
 *
 * Stands in for `tc netem` where the kernel has none. Every connection of the team goes through it:
 * bytes that arrive leave half a round-trip time later, and no sooner than the rate of their direction
 * allows. Connections keep their order and lose nothing, as TCP over a real line would show it. */
#ifndef RF_BENCH_RELAY_H
#define RF_BENCH_RELAY_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/line.h"

/** One door of the relay: what connects to @port is passed on to @target. Both on loopback. */
struct rf_relay_door {
    uint16_t port, target;
    int listener; /* filled by rf_relay_start() */
};

enum { RF_RELAY_DOORS = 8 };

struct rf_relay {
    pid_t pid; /* 0: none */
};

/** rf_relay_start() - open the doors (ports are chosen here) and start the process
 * Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_relay_start(struct rf_relay *relay, const struct rf_line *line,
                                        struct rf_relay_door *doors, unsigned count,
                                        struct rf_err *err);

/** rf_relay_stop() - end the process; harmless when there is none */
void rf_relay_stop(struct rf_relay *relay);

#endif
