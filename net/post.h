/** post.h - what the net thread and a lane tell each other, over inproc
 *
 * Each lane has a pair of ZeroMQ sockets with the net thread. Neither end ever blocks in sending: the
 * pair has no high-water mark. What may be under way of a peer is bounded by its window, and what strangers say in its
 * name by RF_UNPROVED_MOST for each link. */
#ifndef RF_NET_POST_H
#define RF_NET_POST_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

enum rf_post_kind {
    RF_POST_TLS = 1, /* both ways: an outer TLS message of a connection; has a body */
    /* net thread to lane */
    RF_POST_UP,     /* a connection that we dialled is there: begin the handshake */
    RF_POST_GONE,   /* a connection is no more; code: enum rf_reset if the listener said so, or 0 */
    RF_POST_SILENT, /* nothing heard of a peer for silence_ms */
    RF_POST_TAMPERED, /* messages of a connection were lost or added on the way */
    RF_POST_OVERRUN,  /* a peer sent more than its window allows */
    RF_POST_STUCK,    /* ZeroMQ would not take a message: a broken guarantee of ours */
    /* lane to net thread */
    RF_POST_LIVE, /* this connection is the link now: its peer is proved */
    RF_POST_DROP, /* forget this connection once what was sent on it has left */
    RF_POST_DONE, /* the link with a peer has ended: no more heartbeats or dialling */
    RF_POST_STOP, /* end the net thread */
};

struct rf_post {
    uint8_t kind;
    uint8_t code;        /* of RF_POST_GONE; of RF_POST_TLS: 1 if it counts as unproved */
    uint16_t peer;       /* index into the configuration's peers */
    uint32_t version;    /* with RF_RESET_VERSION: which one the listener speaks */
    uint64_t connection; /* number given by the net thread, never used twice */
};

/** One end of a pair. */
struct rf_post_end {
    void *socket;
    char *order; /* an address both ends share; tells the thread sanitizer who comes before whom */
};

/** rf_post_send() - @body, if any, is taken over whatever happens. Errors: false when ZeroMQ refuses,
 * which it does only when its context is being torn down or memory is out. */
bool rf_post_send(struct rf_post_end *end, const struct rf_post *post, zmq_msg_t *body);

/** rf_post_receive() - the next one, without waiting; false when there is none
 * @body: initialised in any case; holds the message of RF_POST_TLS, which the caller closes */
bool rf_post_receive(struct rf_post_end *end, struct rf_post *post, zmq_msg_t *body);

#endif
