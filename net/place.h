/** place.h - the inside of a node, shared by its lanes and its net thread
 *
 * Not for users of node.h. Everything here is either constant after rf_node_new(), atomic, or handed
 * over by a post. */
#ifndef RF_NET_PLACE_H
#define RF_NET_PLACE_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "net/gate.h"
#include "net/node.h"
#include "net/notice.h"
#include "net/pool.h"
#include "net/post.h"

enum {
    RF_CANDIDATES = 32, /* connections at a time that claim to be one peer and have not proved it */
};

enum { RF_UNPROVED_MOST = RF_CANDIDATES * RF_UNPROVED_BYTES };

/** What a message of @size bytes that waits for its lane takes, with all that is around it */
static inline uint64_t rf_place_weight(size_t size)
{
    return (uint64_t)size + 256;
}

/** One link, as lane and net thread both see it. */
struct rf_lifeline {
    /* Set by the lane before it posts RF_POST_LIVE for the first time, constant afterwards. */
    uint8_t our_key[RF_BEAT_KEY_SIZE], their_key[RF_BEAT_KEY_SIZE];
    _Atomic uint64_t moved_ms; /* when the peer's activity last changed */
    _Atomic uint32_t waiting;  /* id of the node that the peer waits for, or RF_OUTER_NOBODY */
    /* TLS messages on their way to the lane: of connections whose peer is proved, or that we dialled; and of others,
     * by rf_place_weight(). Apart, since nobody but the peer may use up what the peer is allowed. */
    _Atomic uint64_t queued, unproved;
};

/** One lane, as lane and net thread both see it. */
struct rf_place {
    struct rf_post_end net_end, lane_end;
    char order[2];             /* for the two directions */
    _Atomic uint64_t activity; /* rises while the lane gets on */
    _Atomic uint32_t waiting;  /* id of the node that it waits for, or RF_OUTER_NOBODY */
    _Atomic bool taken;
    struct rf_pool *buffers; /* of RF_OUTER_MAX bytes; outlives the lane: ZeroMQ may hold some */
    struct rf_lifeline *lifelines;
};

struct rf_node {
    struct rf_node_config config; /* defaults filled in */
    void *zmq;
    SSL_CTX *tls;
    struct rf_place *places;                 /* one a lane */
    struct rf_post_end control_net, control; /* to stop the net thread */
    char control_order;
    _Atomic bool given_up; /* a lane has failed */
    void *router;          /* bound by rf_node_new(), then the net thread's, as is the gate */
    struct rf_gate gate;
    pthread_t thread;
    pthread_mutex_t log_lock; /* over what follows */
    uint64_t stranger_ms;     /* when something was last logged that anyone can cause */
    unsigned strangers;       /* how much of that was not logged since */
};

/** rf_node_log() - one line for the operator, from any thread */
void rf_node_log(struct rf_node *node, const char *format, ...) RF_PRINTF(2, 3);

/** rf_node_stranger() - the same for what anyone can cause who reaches the port: at most once a
 * second, and then with the number of those left out */
void rf_node_stranger(struct rf_node *node, const char *format, ...) RF_PRINTF(2, 3);

/** rf_node_linked() - is there a link of lane @lane with peer @peer? */
static inline bool rf_node_linked(const struct rf_node_config *config, unsigned lane, size_t peer)
{
    return lane == 0 || config->lane_peers == 0 || peer < config->lane_peers;
}

enum { RF_PEER_TEXT = RF_MEMBER_NAME_MAX + 24 };

/** rf_node_peer_text() - "bank-b (party 1)", as errors and logs call a peer */
const char *rf_node_peer_text(const struct rf_peer *peer, char out[RF_PEER_TEXT]);

/** rf_node_beat_ms() - time between two heartbeats */
unsigned rf_node_beat_ms(const struct rf_node *node);

#endif
