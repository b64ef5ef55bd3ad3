/** hub.h - the net thread
 *
 * hub.c is its loop, door.c the listening side, dial.c the dialling side, beat.c signs of life. All
 * of it runs in the one thread that rf_node_new() starts. */
#ifndef RF_NET_HUB_H
#define RF_NET_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "net/outer.h"
#include "net/place.h"

struct rf_hub_link;

/** One connection that has said hello, or that we dialled. */
struct rf_connection {
    uint64_t number;
    struct rf_hub_link *link;
    bool dialled;
    bool live;   /* the lane says that TLS proved the peer */
    bool proved; /* a heartbeat with the right tag came over it */
    bool known;  /* the lane was given something of it */
    bool closed; /* ROUTER knows it no more; what came over it may still wait to be read */
    uint64_t closed_ms;
    uint32_t route;        /* listening side: what ROUTER calls it, ... */
    struct rf_guest guest; /* ... and what the kernel does */
    uint64_t born_ms;
    uint64_t messages_in, messages_out; /* TLS messages */
    size_t bytes_in;
    struct rf_connection *next; /* in the table of routes */
};

/** One link: a lane and a peer. */
struct rf_hub_link {
    unsigned lane, peer;
    const struct rf_peer *config;
    struct rf_lifeline *lifeline;
    bool keyed;  /* was live once: heartbeats go both ways */
    bool done;   /* ended */
    bool silent; /* reported */
    uint64_t heard_ms, beat_due_ms;
    uint64_t beats_out, beats_in;
    uint64_t activity; /* the peer's, as last heard */
    struct rf_connection *live;
    /* listening side */
    struct rf_connection *candidates[RF_CANDIDATES];
    /* dialling side */
    void *dealer, *monitor;
    struct rf_connection *dialled;
    uint64_t dial_at_ms; /* when dealer is NULL */
    unsigned backoff_ms;
};

enum { RF_HUB_ROUTES = 1024 };

struct rf_hub {
    struct rf_node *node;
    void *router; /* NULL when the node does not listen */
    struct rf_hub_link *links;
    size_t link_count;
    struct rf_connection *routes[RF_HUB_ROUTES];
    uint64_t last_number;
    uint64_t now_ms;
    unsigned monitors; /* made so far, for their names */
    bool sockets_changed;
};

/** rf_hub_run() - the net thread's main function; @argument is the node */
void *rf_hub_run(void *argument);

/** rf_hub_configure() - what sockets that dial and that listen have in common: nothing larger than
 * RF_OUTER_MAX comes in, and the marks lie above what the windows can fill; false when ZeroMQ refuses */
bool rf_hub_configure(void *socket, const struct rf_node_config *config, const char *address);

/** rf_hub_post() - tell the lane of @link something; @body is taken over */
void rf_hub_post(struct rf_hub *hub, struct rf_hub_link *link, enum rf_post_kind kind,
                 uint64_t connection, zmq_msg_t *body);

/** rf_hub_connection() - a new connection record; NULL when out of memory */
struct rf_connection *rf_hub_connection(struct rf_hub *hub, struct rf_hub_link *link);

/** rf_hub_take_tls() - a TLS message came on a connection: count it, pass it on; takes it over */
void rf_hub_take_tls(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message);

/** rf_hub_send_small() - send a copy of @data on a connection; nothing if it is gone */
void rf_hub_send_small(struct rf_hub *hub, struct rf_connection *connection, const void *data,
                       size_t size);

/** rf_hub_lost() - a connection is gone: tell the lane and forget it */
void rf_hub_lost(struct rf_hub *hub, struct rf_connection *connection, unsigned reset,
                 unsigned version);

/** rf_hub_drop() - we want no more of a connection: tell the other end, so that it makes another if it
 * dialled, and forget it */
void rf_hub_drop(struct rf_hub *hub, struct rf_connection *connection);

/* ---- door.c: connections that come to us ---- */

/** rf_door_receive() - take in what ROUTER has, but not without end */
void rf_door_receive(struct rf_hub *hub);

/** rf_door_send() - false leaves the message with the caller, zmq_errno() says why */
bool rf_door_send(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message);

/** rf_door_dismiss() - ask the other end to start again: ROUTER cannot hang up */
void rf_door_dismiss(struct rf_hub *hub, struct rf_connection *connection);

/** rf_door_forget() - free the record of a connection that came to us */
void rf_door_forget(struct rf_hub *hub, struct rf_connection *connection);

/* ---- dial.c: connections that we make ---- */

/** rf_dial_tick() - dial if it is time, give up a handshake that takes too long */
void rf_dial_tick(struct rf_hub *hub, struct rf_hub_link *link);

/** rf_dial_events() - what the monitor tells of: connected, disconnected */
void rf_dial_events(struct rf_hub *hub, struct rf_hub_link *link);

/** rf_dial_receive() - take in what the DEALER has, but not without end; it may hang up on the way */
void rf_dial_receive(struct rf_hub *hub, struct rf_hub_link *link);

/** rf_dial_send() - as rf_door_send() */
bool rf_dial_send(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message);

/** rf_dial_hang_up() - close the DEALER and free its connection; dialled again after a pause
 * @linger_ms: how long what was sent on it may still take to leave */
void rf_dial_hang_up(struct rf_hub *hub, struct rf_hub_link *link, int linger_ms);

/* ---- beat.c: signs of life ---- */

/** rf_beat_tick() - send a heartbeat if one is due; drop a connection that has gone quiet, report a
 * silent peer to its lane */
void rf_beat_tick(struct rf_hub *hub, struct rf_hub_link *link);

/** rf_beat_heard() - the peer lives */
void rf_beat_heard(struct rf_hub *hub, struct rf_hub_link *link);

/** rf_beat_receive() - a heartbeat, of whoever sent it: what is not authentic counts for nothing */
void rf_beat_receive(struct rf_hub *hub, struct rf_connection *connection, const uint8_t *data,
                     size_t size);

/** rf_beat_forgive() - we were stopped for so long ourselves: nobody was silent */
void rf_beat_forgive(struct rf_hub *hub, uint64_t gap_ms);

#endif
