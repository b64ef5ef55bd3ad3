/** namespaces.h - a slower network by the kernel: parties in network namespaces joined by veth
 *
 * Each party gets a namespace, each pair of parties a cable of its own, and both ends of a cable a
 * queue of `tc netem` that delays by half a round trip and limits the rate. Needs root, iproute2 and a
 * kernel with netem; where one of them is missing there is the relay (relay.h). */
#ifndef RF_BENCH_NAMESPACES_H
#define RF_BENCH_NAMESPACES_H

#include <stdbool.h>

#include "bench/line.h"

enum { RF_NAMESPACES = 3, RF_NAMESPACES_NAME = 48, RF_NAMESPACES_ADDRESS = 40 };

struct rf_namespaces {
    char name[RF_NAMESPACES][RF_NAMESPACES_NAME]; /* "": not made */
};

/** rf_namespaces_possible() - tries it: a namespace is made, netem put on its loopback, all undone */
bool rf_namespaces_possible(void);

/** rf_namespaces_start() - make them; _stop() unmakes what was made, and is harmless otherwise
 * Errors: RF_E_IO with the command that failed. */
RF_MUST_CHECK enum rf_rc rf_namespaces_start(struct rf_namespaces *namespaces,
                                             const struct rf_line *line, struct rf_err *err);
void rf_namespaces_stop(struct rf_namespaces *namespaces);

/** rf_namespaces_enter() - this process goes into party @party's. Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_namespaces_enter(const struct rf_namespaces *namespaces, unsigned party,
                                             struct rf_err *err);

/** rf_namespaces_address() - where party @from reaches party @to < @from */
void rf_namespaces_address(char text[RF_NAMESPACES_ADDRESS], unsigned from, unsigned to);

/** Where every party listens, in its own. */
extern const char rf_namespaces_listen[];

#endif
