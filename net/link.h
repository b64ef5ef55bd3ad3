/** link.h - the inside of a lane: its links
 *
 * Not for users of lane.h. link.c takes what the net thread hands over and makes frames of it,
 * greet.c proves who speaks and resumes, outbox.c sends and sends again, closing.c ends a link in
 * good order, lane.c is what protocols see. All run in the lane's own thread. */
#ifndef RF_NET_LINK_H
#define RF_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "net/chain.h"
#include "net/frame.h"
#include "net/intake.h"
#include "net/lane.h"
#include "net/outer.h"
#include "net/place.h"
#include "net/tls.h"

enum {
    RF_REFUSAL_MAX = 300,
};

struct rf_lane;

/** A TLS session, on one connection. Empty when @tls is NULL. */
struct rf_tls_session {
    uint64_t connection;
    struct rf_tls *tls;
    bool dialled;
};

struct rf_sent {
    uint8_t *bytes; /* header and payload; from the lane's pool */
    size_t size;
};

struct rf_link {
    struct rf_lane *lane;
    unsigned peer;
    const struct rf_peer *config;
    char name[RF_PEER_TEXT];
    struct rf_lifeline *lifeline;

    struct rf_tls_session live; /* proved */
    struct rf_tls_session candidates[RF_CANDIDATES];
    bool was_up;
    uint8_t peer_instance[RF_INSTANCE_SIZE];
    char refusal[RF_REFUSAL_MAX]; /* the last connection that was refused, and why */

    /* Outgoing. Frame number s is in sent[s % room] until it is acknowledged. */
    struct rf_sent *sent;
    size_t room;      /* our window */
    size_t window;    /* the smaller of both ends' windows */
    uint64_t next;    /* sequence of the next frame */
    uint64_t acked;   /* highest that the peer has consumed */
    uint8_t *filling; /* the frame being written, or NULL */
    size_t filled;    /* bytes of payload in it */
    bool writing;     /* a message has been begun and not flushed */
    uint32_t writing_step;
    struct rf_chain out;

    /* Incoming. */
    uint64_t received; /* highest sequence that came */
    uint64_t consumed; /* highest that was put where it was wanted */
    uint64_t ack_told; /* highest that we acknowledged */
    uint64_t moved_ms; /* when a frame last came */
    struct rf_intake intake;
    struct rf_chain in;

    bool chain_said, chain_heard, close_said, close_heard; /* closing.c */
    bool turned_away; /* the peer, dialled, says that it has closed the link */
    bool silent;      /* the net thread has not heard of the peer for too long */
};

struct rf_lane {
    struct rf_channel channel;
    struct rf_node *node;
    struct rf_place *place;
    unsigned index;
    size_t peers;          /* that this lane has links with: the node's first */
    struct rf_link *links; /* one a peer */
    struct rf_pool *frames;
    uint8_t instance[RF_INSTANCE_SIZE];
    uint8_t session[RF_SESSION_SIZE];
    uint32_t epoch;
    uint32_t step;
    char step_name[RF_STEP_NAME_MAX + 1];
    bool opening, closing;
    enum rf_rc failed; /* sticks */
};

/** rf_link_fail() - the lane has failed because of a peer: "<peer> <text>, at step 7 "sort tokens""
 * Returns @rc. The first failure wins. */
enum rf_rc rf_link_fail(struct rf_link *link, enum rf_rc rc, const char *format, ...)
    RF_PRINTF(3, 4);

/** rf_link_init() - Errors: RF_E_MEMORY */
RF_MUST_CHECK enum rf_rc rf_link_init(struct rf_link *link, struct rf_lane *lane, unsigned peer);
void rf_link_fini(struct rf_link *link);

/** rf_link_post() - tell the net thread; @body is taken over */
void rf_link_post(struct rf_link *link, enum rf_post_kind kind, uint64_t connection,
                  zmq_msg_t *body);

/** rf_link_obey() - act on one post of the net thread; takes @body over
 * Errors end the lane: RF_E_PEER, RF_E_CHEAT, RF_E_CRYPTO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_link_obey(struct rf_link *link, const struct rf_post *post,
                                      zmq_msg_t *body);

/** rf_link_drop() - leave a connection once what was written has left */
void rf_link_drop(struct rf_link *link, struct rf_tls_session *session);

/** rf_link_flush() - hand what TLS has written to the net thread */
void rf_link_flush(struct rf_link *link, struct rf_tls_session *session);

/** rf_link_settle() - bring parked frames to the messages that want them
 * Errors: RF_E_CHEAT when they do not belong there. */
RF_MUST_CHECK enum rf_rc rf_link_settle(struct rf_link *link);

/** rf_link_consume() - the oldest parked frame, which is no data frame, is used up */
RF_MUST_CHECK enum rf_rc rf_link_consume(struct rf_link *link);

/** rf_link_current() - was a frame sent in our session, epoch and step @step? Errors: RF_E_CHEAT */
RF_MUST_CHECK enum rf_rc rf_link_current(struct rf_link *link, const struct rf_frame_header *header,
                                         uint32_t step);

/** rf_greet_start() - begin the handshake on a connection that we dialled */
RF_MUST_CHECK enum rf_rc rf_greet_start(struct rf_link *link, uint64_t connection);

/** rf_greet_handshake() - TLS goes on; false when the connection is not, or not yet, good for frames
 * Errors: in @rc, when the lane has failed. */
bool rf_greet_handshake(struct rf_link *link, struct rf_tls_session *session, enum rf_rc *rc);

/** rf_greet_failed() - TLS ended before the hello: say why in the log, leave the connection
 * Errors: RF_E_CRYPTO, when we dialled, the lane is opening and to dial again would be of no use. */
RF_MUST_CHECK enum rf_rc rf_greet_failed(struct rf_link *link, struct rf_tls_session *session);

/** rf_greet_frame() - the first frame on a connection: a hello makes it the link
 * @alive: does the session go on? */
RF_MUST_CHECK enum rf_rc rf_greet_frame(struct rf_link *link, struct rf_tls_session *session,
                                        const struct rf_frame_header *header,
                                        const uint8_t *payload, bool *alive);

/** rf_greet_turned_away() - a connection that we dialled could not become the link, because the other end
 * says so outside TLS */
RF_MUST_CHECK enum rf_rc rf_greet_turned_away(struct rf_link *link, enum rf_reset why,
                                              unsigned version);

/** rf_outbox_open() - may another frame be sent now? */
bool rf_outbox_open(const struct rf_link *link);

/** rf_outbox_send() - give the frame the next sequence, keep it until it is acknowledged, send it
 * @bytes: from the lane's pool, payload behind room for the header; taken over. The window must be
 * open. */
RF_MUST_CHECK enum rf_rc rf_outbox_send(struct rf_link *link, uint8_t *bytes,
                                        enum rf_frame_kind kind, uint32_t step, size_t length);

/** rf_outbox_notice() - send a frame without sequence on one connection; nothing if it fails */
void rf_outbox_notice(struct rf_link *link, struct rf_tls_session *session, enum rf_frame_kind kind,
                      const void *payload, size_t length);

/** rf_outbox_abort() - say on one connection that we give up, or refuse it, and why; no secret */
void rf_outbox_abort(struct rf_link *link, struct rf_tls_session *session, const char *reason);

/** rf_outbox_ack() - acknowledge what was consumed, if enough has gathered; @now: in any case */
void rf_outbox_ack(struct rf_link *link, bool now);

/** rf_outbox_acked() - the peer has consumed everything up to @sequence
 * Errors: RF_E_CHEAT when that was never sent. */
RF_MUST_CHECK enum rf_rc rf_outbox_acked(struct rf_link *link, uint64_t sequence);

/** rf_outbox_resume() - on a fresh connection: everything after @received is sent again */
RF_MUST_CHECK enum rf_rc rf_outbox_resume(struct rf_link *link, uint64_t received);

/** rf_closing_turn() - go on with closing; @ended: both ends are done */
RF_MUST_CHECK enum rf_rc rf_closing_turn(struct rf_link *link, bool *ended);

#endif
