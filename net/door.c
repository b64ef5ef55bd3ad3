/* The listening side: connections that come to the ROUTER, from peers and from strangers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/hub.h"

enum {
    TURN = 256,     /* messages in a row before lanes have their turn */
    ROUTE_SIZE = 5, /* what ROUTER makes up: a zero byte and a number */
};

static struct rf_connection **slot_of(struct rf_hub *hub, uint32_t route)
{
    struct rf_connection **slot = &hub->routes[route % RF_HUB_ROUTES];
    while (*slot && (*slot)->route != route)
        slot = &(*slot)->next;
    return slot;
}

static bool send_to(struct rf_hub *hub, uint32_t route, zmq_msg_t *message)
{
    uint8_t name[ROUTE_SIZE] = {0};
    memcpy(name + 1, &route, sizeof route);
    return zmq_send(hub->router, name, sizeof name, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
           zmq_msg_send(message, hub->router, ZMQ_DONTWAIT) >= 0;
}

bool rf_door_send(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message)
{
    return send_to(hub, connection->route, message);
}

static void reset(struct rf_hub *hub, uint32_t route, enum rf_reset why)
{
    uint8_t bytes[RF_OUTER_RESET_SIZE];
    zmq_msg_t message;
    rf_outer_put_reset(bytes, why);
    if (zmq_msg_init_size(&message, sizeof bytes) != 0)
        return;
    memcpy(zmq_msg_data(&message), bytes, sizeof bytes);
    if (!send_to(hub, route, &message))
        (void)zmq_msg_close(&message); /* it has gone away already */
}

/* Whoever is at the other end had better start again: we hang up, and ZeroMQ has no way to do that. */
void rf_door_dismiss(struct rf_hub *hub, struct rf_connection *connection)
{
    reset(hub, connection->route, RF_RESET_UNKNOWN);
}

void rf_door_forget(struct rf_hub *hub, struct rf_connection *connection)
{
    struct rf_hub_link *link = connection->link;
    for (int i = 0; i < RF_CANDIDATES; i++)
        if (link->candidates[i] == connection)
            link->candidates[i] = NULL;
    if (link->live == connection)
        link->live = NULL;
    struct rf_connection **slot = slot_of(hub, connection->route);
    if (*slot == connection)
        *slot = connection->next;
    free(connection);
}

static struct rf_hub_link *claimed_link(struct rf_hub *hub, const struct rf_outer_hello *hello)
{
    const struct rf_node_config *config = &hub->node->config;
    if (hello->to != config->id || hello->lane >= config->lanes)
        return NULL;
    for (size_t i = 0; i < config->peer_count; i++) {
        if (config->peers[i].id == hello->from && !config->peers[i].dial &&
            rf_node_linked(config, hello->lane, i))
            return &hub->links[hello->lane * config->peer_count + i];
    }
    return NULL;
}

static unsigned from_there(const struct rf_hub_link *link, uint64_t home)
{
    unsigned count = 0;
    for (int i = 0; i < RF_CANDIDATES; i++)
        count += link->candidates[i] && !link->candidates[i]->proved &&
                 link->candidates[i]->guest.home == home;
    return count;
}

/* A place among those that claim a link. If there is none, whoever has most of them without proof loses
 * the oldest: a host can displace itself, and another only by coming from more addresses than there are
 * places. A peer that has proved itself by a heartbeat cannot be displaced. */
static struct rf_connection **make_place(struct rf_hub *hub, struct rf_hub_link *link)
{
    struct rf_connection **worst = NULL;
    unsigned most = 0;
    for (int i = 0; i < RF_CANDIDATES; i++) {
        struct rf_connection **place = &link->candidates[i];
        if (!*place)
            return place;
        unsigned there = from_there(link, (*place)->guest.home);
        if (!(*place)->proved &&
            (!worst || there > most || (there == most && (*place)->number < (*worst)->number))) {
            worst = place;
            most = there;
        }
    }
    if (worst) {
        rf_node_stranger(hub->node, "too many connections claim to be %s: one is dropped",
                         link->config->member);
        reset(hub, (*worst)->route, RF_RESET_BUSY);
        rf_hub_lost(hub, *worst, 0, 0);
    }
    return worst;
}

static void admit(struct rf_hub *hub, struct rf_hub_link *link, uint32_t route, int fd)
{
    struct rf_connection **place = make_place(hub, link);
    struct rf_connection *connection = place ? rf_hub_connection(hub, link) : NULL;
    if (!connection) {
        reset(hub, route, RF_RESET_BUSY);
        return;
    }
    connection->route = route;
    connection->guest = rf_gate_guest(fd);
    *place = connection;
    *slot_of(hub, route) = connection;
}

static void take_hello(struct rf_hub *hub, uint32_t route, struct rf_connection *known,
                       zmq_msg_t *message)
{
    struct rf_outer_hello hello;
    if (!rf_outer_get_hello(&hello, zmq_msg_data(message), zmq_msg_size(message))) {
        rf_node_stranger(hub->node, "a stranger sent a malformed hello");
        return;
    }
    struct rf_hub_link *link = claimed_link(hub, &hello);
    if (known && (known->live || known->link == link))
        return; /* it has said so already */
    if (known)
        rf_hub_lost(hub, known, 0, 0);
    if (!link) {
        rf_node_stranger(
            hub->node, "a stranger claims to be node %u and looks for lane %u of node %u: refused",
            hello.from, hello.lane, hello.to);
        reset(hub, route, RF_RESET_STRANGER);
    } else if (link->done) {
        reset(hub, route, RF_RESET_CLOSED);
    } else {
        admit(hub, link, route, zmq_msg_get(message, ZMQ_SRCFD));
    }
}

static void take_other(struct rf_hub *hub, uint32_t route, struct rf_connection *known,
                       unsigned kind, unsigned version, zmq_msg_t *message)
{
    if (kind == RF_OUTER_HELLO && version != RF_WIRE_VERSION) {
        rf_node_stranger(hub->node, "a stranger speaks version %u, here it is %u: refused", version,
                         RF_WIRE_VERSION);
        reset(hub, route, RF_RESET_VERSION);
    } else if (kind == RF_OUTER_HELLO) {
        take_hello(hub, route, known, message);
    } else if (kind == RF_OUTER_BEAT && known) {
        rf_beat_receive(hub, known, zmq_msg_data(message), zmq_msg_size(message));
    } else if (kind == RF_OUTER_TLS || kind == RF_OUTER_BEAT) {
        reset(hub, route, RF_RESET_UNKNOWN);
    } else {
        rf_node_stranger(hub->node, "a message that is not ours came in: dropped");
    }
}

/* Takes the message over. */
static void take(struct rf_hub *hub, uint32_t route, zmq_msg_t *message)
{
    unsigned version;
    const uint8_t *data = zmq_msg_data(message);
    size_t size = zmq_msg_size(message);
    unsigned kind = rf_outer_kind(data, size, &version);
    struct rf_connection *known = *slot_of(hub, route);
    if (kind == RF_OUTER_TLS && known) {
        rf_hub_take_tls(hub, known, message);
        return;
    }
    if (size > 0) /* an empty one is ROUTER's probe: somebody has connected */
        take_other(hub, route, known, kind, version, message);
    (void)zmq_msg_close(message);
}

/* One message: the name that ROUTER gave the connection, then exactly one part. */
static bool receive_one(struct rf_hub *hub)
{
    uint8_t name[256];
    zmq_msg_t message;
    int named = zmq_recv(hub->router, name, sizeof name, ZMQ_DONTWAIT);
    if (named < 0)
        return false;
    (void)zmq_msg_init(&message);
    if (zmq_msg_recv(&message, hub->router, ZMQ_DONTWAIT) < 0)
        return false;
    bool single = !zmq_msg_more(&message);
    if (single && named == ROUTE_SIZE && name[0] == 0) {
        uint32_t route;
        memcpy(&route, name + 1, sizeof route);
        take(hub, route, &message);
        return true;
    }
    rf_node_stranger(hub->node,
                     "a stranger sent a message of many parts, or under a name of its own");
    for (bool more = !single; more; more = zmq_msg_more(&message))
        if (zmq_msg_recv(&message, hub->router, ZMQ_DONTWAIT) < 0)
            break;
    (void)zmq_msg_close(&message);
    return true;
}

void rf_door_receive(struct rf_hub *hub)
{
    for (int turn = 0; turn < TURN && receive_one(hub); turn++)
        ;
}
