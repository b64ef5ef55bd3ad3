/** nodes.h - several nodes in one process, each in a thread, linked over the real network stack
 *
 * Node i has id i, listens, dials every node with a smaller id and is dialled by the others. */
#ifndef RF_TESTS_SUPPORT_NODES_H
#define RF_TESTS_SUPPORT_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "net/lane.h"
#include "support/pki.h"

enum { RF_TEST_NODES = 3 };

/** rf_test_port() - a TCP port on loopback that nobody else uses as long as this process lives */
unsigned rf_test_port(void);

/** The peer index by which node @self knows node @other. */
static inline unsigned rf_test_peer(unsigned self, unsigned other)
{
    return other < self ? other : other - 1;
}

extern const char *const rf_test_names[RF_TEST_NODES]; /* bank-a, bank-b, bank-c */

struct rf_test_net;

/** What a node does once its lane is open. What it returns decides between closing and aborting. */
typedef enum rf_rc rf_test_body(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                                struct rf_err *err);

struct rf_test_net {
    /* Set before rf_test_net_init(); zero is a good default for everything but nodes and body. */
    unsigned nodes;
    rf_test_body *body;
    bool ipc;
    bool no_chain;
    unsigned silence_ms, connect_ms, progress_ms, window;
    void *context;
    const struct rf_sink *sink[RF_TEST_NODES];
    /* Ready after rf_test_net_init(); may be changed before rf_test_net_run(). */
    struct rf_test_ca ca;
    struct rf_identity identities[RF_TEST_NODES];
    char listen[RF_TEST_NODES][80];
    char dial[RF_TEST_NODES][RF_TEST_NODES][80]; /* dial[i][j]: where i finds j < i */
    uint8_t manifest[RF_TEST_NODES][32];
    const uint8_t *pin[RF_TEST_NODES]; /* whoever links with this node insists on it */
    char folder[40];
    /* Filled by rf_test_net_run(). */
    enum rf_rc rc[RF_TEST_NODES];
    struct rf_err err[RF_TEST_NODES];
    struct rf_traffic traffic[RF_TEST_NODES];
    double seconds[RF_TEST_NODES]; /* from the body's begin until it returned */
    char log[RF_TEST_NODES][8192];
};

void rf_test_net_init(struct rf_test_net *net);

/** rf_test_net_config() - node @self's configuration; @peers has room for two, and must outlive it */
struct rf_node_config rf_test_net_config(struct rf_test_net *net, unsigned self,
                                         struct rf_peer *peers);

/** rf_test_net_run_one() - one node from start to end, in the calling thread */
void rf_test_net_run_one(struct rf_test_net *net, unsigned self);

/** rf_test_net_run() - all nodes, each in a thread; returns when all have ended */
void rf_test_net_run(struct rf_test_net *net);

void rf_test_net_fini(struct rf_test_net *net);

/** rf_test_seconds() - of the monotonic clock */
double rf_test_seconds(void);

#endif
