/* The dialling side: one DEALER for each link to a peer that listens. ZeroMQ retries until there is a
 * connection; once it is lost the socket is thrown away, so that nothing meant for the old connection
 * can reach a new one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/hub.h"

enum {
    TURN = 256, /* messages in a row before lanes have their turn */
    RETRY_MS = 20,
    RETRY_MAX_MS = 500,
    BACKOFF_MAX_MS = 1000,
    STUCK_MS = 5000,
    EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED,
};

static bool configure(struct rf_hub *hub, void *dealer, const char *address)
{
    const int yes = 1, none = 0, retry = RETRY_MS, retry_max = RETRY_MAX_MS;
    return rf_hub_configure(dealer, &hub->node->config, address) &&
           zmq_setsockopt(dealer, ZMQ_PROBE_ROUTER, &yes, sizeof yes) == 0 &&
           zmq_setsockopt(dealer, ZMQ_LINGER, &none, sizeof none) == 0 &&
           zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &retry, sizeof retry) == 0 &&
           zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL_MAX, &retry_max, sizeof retry_max) == 0;
}

static bool dial(struct rf_hub *hub, struct rf_hub_link *link)
{
    char events[48];
    (void)snprintf(events, sizeof events, "inproc://monitor-%u", ++hub->monitors);
    link->dealer = zmq_socket(hub->node->zmq, ZMQ_DEALER);
    link->monitor = zmq_socket(hub->node->zmq, ZMQ_PAIR);
    hub->sockets_changed = true;
    return link->dealer && link->monitor && configure(hub, link->dealer, link->config->dial) &&
           zmq_socket_monitor(link->dealer, events, EVENTS) == 0 &&
           zmq_connect(link->monitor, events) == 0 &&
           zmq_connect(link->dealer, link->config->dial) == 0;
}

/* On a first connection nobody notices if a message of the handshake is lost: heartbeats, which count
 * them, need a key that crosses in the handshake. On a later one the deadline is running. */
static bool handshake_stuck(const struct rf_hub *hub, const struct rf_hub_link *link)
{
    unsigned limit = hub->node->config.connect_ms / 4;
    if (limit > STUCK_MS)
        limit = STUCK_MS;
    if (link->keyed)
        limit = hub->node->config.silence_ms / 2;
    return link->dialled && link->dialled != link->live &&
           hub->now_ms - link->dialled->born_ms > limit;
}

void rf_dial_tick(struct rf_hub *hub, struct rf_hub_link *link)
{
    if (!link->done && handshake_stuck(hub, link))
        rf_hub_lost(hub, link->dialled, 0, 0);
    if (link->dealer || link->done || hub->now_ms < link->dial_at_ms)
        return;
    if (!dial(hub, link)) {
        rf_node_log(hub->node, "cannot dial %s at %s: %s", link->config->member, link->config->dial,
                    zmq_strerror(zmq_errno()));
        link->backoff_ms = BACKOFF_MAX_MS;
        rf_dial_hang_up(hub, link, 0);
    }
}

static void close_socket(void **socket, int linger_ms)
{
    if (*socket) {
        (void)zmq_setsockopt(*socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
        (void)zmq_close(*socket);
    }
    *socket = NULL;
}

/* Waits longer each time until a connection has become the link. */
static void back_off(struct rf_hub *hub, struct rf_hub_link *link)
{
    link->dial_at_ms = hub->now_ms + link->backoff_ms;
    link->backoff_ms = link->backoff_ms ? 2 * link->backoff_ms : RETRY_MS;
    if (link->backoff_ms > BACKOFF_MAX_MS)
        link->backoff_ms = BACKOFF_MAX_MS;
}

void rf_dial_hang_up(struct rf_hub *hub, struct rf_hub_link *link, int linger_ms)
{
    if (!link->dealer && !link->monitor)
        return;
    if (link->dealer)
        (void)zmq_socket_monitor(link->dealer, NULL, 0);
    close_socket(&link->monitor, 0);
    close_socket(&link->dealer, linger_ms);
    if (link->live == link->dialled)
        link->live = NULL;
    free(link->dialled);
    link->dialled = NULL;
    hub->sockets_changed = true;
    back_off(hub, link);
}

static void connected(struct rf_hub *hub, struct rf_hub_link *link)
{
    uint8_t hello[RF_OUTER_HELLO_SIZE];
    link->dialled = rf_hub_connection(hub, link);
    if (!link->dialled) {
        rf_dial_hang_up(hub, link, 0);
        return;
    }
    link->dialled->dialled = true;
    rf_outer_put_hello(hello, &(struct rf_outer_hello){.from = hub->node->config.id,
                                                       .to = link->config->id,
                                                       .lane = (uint16_t)link->lane});
    rf_hub_post(hub, link, RF_POST_UP, link->dialled->number, NULL);
    rf_hub_send_small(hub, link->dialled, hello, sizeof hello);
}

bool rf_dial_send(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message)
{
    (void)hub;
    return zmq_msg_send(message, connection->link->dealer, ZMQ_DONTWAIT) >= 0;
}

static void take_reset(struct rf_hub *hub, struct rf_hub_link *link, unsigned version,
                       const uint8_t *data, size_t size)
{
    enum rf_reset why = RF_RESET_VERSION;
    if (version == RF_WIRE_VERSION && !rf_outer_get_reset(&why, data, size))
        return;
    rf_hub_lost(hub, link->dialled, why, version);
}

/* Takes the message over. */
static void take(struct rf_hub *hub, struct rf_hub_link *link, zmq_msg_t *message)
{
    unsigned version;
    const uint8_t *data = zmq_msg_data(message);
    size_t size = zmq_msg_size(message);
    unsigned kind = link->dialled ? rf_outer_kind(data, size, &version) : 0;
    if (kind == RF_OUTER_TLS) {
        rf_hub_take_tls(hub, link->dialled, message);
        return;
    }
    if (kind == RF_OUTER_RESET)
        take_reset(hub, link, version, data, size);
    else if (kind == RF_OUTER_BEAT)
        rf_beat_receive(hub, link->dialled, data, size);
    else if (size > 0) {
        rf_node_stranger(hub->node,
                         "a message that is not ours came from where %s should be: dropped",
                         link->config->member);
    }
    (void)zmq_msg_close(message);
}

static bool receive_one(struct rf_hub *hub, struct rf_hub_link *link)
{
    zmq_msg_t message;
    (void)zmq_msg_init(&message);
    if (zmq_msg_recv(&message, link->dealer, ZMQ_DONTWAIT) < 0)
        return false;
    take(hub, link, &message);
    return true;
}

void rf_dial_receive(struct rf_hub *hub, struct rf_hub_link *link)
{
    for (int turn = 0; turn < TURN && link->dealer && receive_one(hub, link); turn++)
        ;
}

/* What came before the end is still there to be read. */
static void disconnected(struct rf_hub *hub, struct rf_hub_link *link)
{
    while (link->dealer && receive_one(hub, link))
        ;
    if (link->dialled)
        rf_hub_lost(hub, link->dialled, 0, 0);
    else
        rf_dial_hang_up(hub, link, 0);
}

static unsigned next_event(void *monitor)
{
    uint8_t event[6], address[256];
    uint16_t what;
    if (zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) < 0)
        return 0;
    (void)zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT);
    memcpy(&what, event, sizeof what);
    return what;
}

void rf_dial_events(struct rf_hub *hub, struct rf_hub_link *link)
{
    unsigned event;
    while (link->monitor && (event = next_event(link->monitor)) != 0) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED && !link->dialled)
            connected(hub, link);
        else if (event == ZMQ_EVENT_DISCONNECTED)
            disconnected(hub, link);
    }
}
