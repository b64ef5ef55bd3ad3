/** node.h - a process's place on the network: one listening port, one net thread
 *
 * The net thread owns every ZeroMQ socket: the ROUTER that listens and a DEALER for each lane of
 * each peer that is dialled. It moves ciphertext between them and the lanes by inproc, keeps
 * connections alive, and notices peers that fall silent. It holds no TLS state and sees no
 * plaintext. */
#ifndef RF_NET_NODE_H
#define RF_NET_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "net/identity.h"
#include "net/sink.h"

enum { RF_MEMBER_NAME_MAX = 32 };

struct rf_peer {
    uint16_t id;        /* unique among all nodes of the study: parties 0..2, others from 16 */
    const char *member; /* the name its certificate must carry */
    const char *dial;   /* tcp://host:port or ipc://path to connect to; NULL: it connects to us */
    const uint8_t *fingerprint; /* SHA-256 of its certificate in DER; NULL: any with the name */
};

struct rf_node_config {
    const struct rf_identity *identity;
    uint16_t id;        /* our own */
    const char *member; /* our own name */
    const char *listen; /* tcp://address:port or ipc://path; NULL for a node that only dials */
    const struct rf_peer *peers;
    size_t peer_count;
    unsigned lanes;
    size_t lane_peers; /* the first so many have all lanes, the others lane 0 alone; 0: all have */
    uint8_t manifest_hash[32];  /* both ends of a link must hold the same */
    unsigned silence_ms;        /* a peer not heard of for so long is dead; 0: the default, 10 s */
    unsigned connect_ms;        /* how long to wait for peers to appear; 0: the default, 60 s */
    unsigned progress_ms;       /* a peer that lives but sends nothing due; 0: the default, 300 s */
    unsigned window_frames;     /* unacknowledged frames a direction; 0: the default */
    int chain;                  /* keep hash chains; on unless a benchmark says otherwise */
    const struct rf_sink *sink; /* sees every frame that a chain covers; NULL: nobody does */
    void (*log)(void *context, const char *line); /* one line for the operator; may be NULL */
    void *log_context;
};

struct rf_node;

/** rf_node_new() - bind the port, start the net thread, begin to dial
 * Borrows identity and peers until rf_node_free(). Errors: RF_E_IO when the port is taken. */
RF_MUST_CHECK enum rf_rc rf_node_new(struct rf_node **node, const struct rf_node_config *config,
                                     struct rf_err *err);

/** rf_node_give_up() - one of our lanes has failed: the others fail within a second, also while they wait
 * From any thread. Their error is RF_E_ABORT and says that another lane failed. */
void rf_node_give_up(struct rf_node *node);

/** rf_node_free() - stop the net thread and close everything; lanes must be closed before */
void rf_node_free(struct rf_node *node);

#endif
