/** lane_parties.h - three parties of several lanes each, every lane in a thread
 *
 * Lanes of the same number are linked by channels in memory; the lanes of a party by an exchange of threads. */
#ifndef RF_TESTS_SUPPORT_LANE_PARTIES_H
#define RF_TESTS_SUPPORT_LANE_PARTIES_H

#include "protocols/backend/lanes.h"
#include "protocols/backend/registry.h"
#include "tests/support/memory_channel.h"

struct rf_lane_run;

typedef enum rf_rc rf_lane_body(struct rf_backend *backend, struct rf_lane_run *run);

struct rf_lane_run {
    /* Set by the caller. */
    unsigned lanes;
    const struct rf_protocol *protocol;
    uint64_t seed;
    rf_lane_body *body;
    void *context;
    struct rf_memory_net *net[RF_LANES_MAX]; /* may be made, and hooked, before */
    /* Filled by rf_lane_go(). */
    enum rf_rc rc[RF_MEMORY_PARTIES][RF_LANES_MAX];
    struct rf_err err[RF_MEMORY_PARTIES][RF_LANES_MAX];
    struct rf_traffic traffic[RF_MEMORY_PARTIES][RF_LANES_MAX];
    struct rf_cost declared[RF_MEMORY_PARTIES][RF_LANES_MAX];
    int first[RF_MEMORY_PARTIES]; /* the lane that failed first; -1: none */
};

/** rf_lane_go() - run the body in all lanes of all parties, then prove what is left; _fini() frees the nets */
void rf_lane_go(struct rf_lane_run *run);
void rf_lane_fini(struct rf_lane_run *run);

#endif
