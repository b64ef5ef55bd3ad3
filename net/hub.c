#include "net/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/clock.h"

enum {
    TURN = 64, /* messages taken from one lane before the others have their turn */
    SHORT_LINGER_MS = 0,
    LAST_LINGER_MS = 2000,  /* for the last frames to leave when the node ends */
    DROP_LINGER_MS = 500,   /* for the last word on a connection that we drop */
    UNPROVED_MESSAGES = 32, /* a handshake needs three or four */
    TICKS_PER_BEAT = 4,
    ZMTP_HANDSHAKE_MS = 5000,
};

bool rf_hub_configure(void *socket, const struct rf_node_config *config, const char *address)
{
    const int ipv6 = strchr(address, '[') != NULL, handshake = ZMTP_HANDSHAKE_MS,
              mark = (int)(2 * config->window_frames + 256);
    const int64_t largest = RF_OUTER_MAX;
    return zmq_setsockopt(socket, ZMQ_IPV6, &ipv6, sizeof ipv6) == 0 &&
           zmq_setsockopt(socket, ZMQ_HANDSHAKE_IVL, &handshake, sizeof handshake) == 0 &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0 &&
           zmq_setsockopt(socket, ZMQ_SNDHWM, &mark, sizeof mark) == 0 &&
           zmq_setsockopt(socket, ZMQ_RCVHWM, &mark, sizeof mark) == 0;
}

static void post_with(struct rf_hub *hub, struct rf_hub_link *link, enum rf_post_kind kind,
                      unsigned code, uint64_t connection, zmq_msg_t *body)
{
    struct rf_post post = {.kind = (uint8_t)kind,
                           .code = (uint8_t)code,
                           .peer = (uint16_t)link->peer,
                           .connection = connection};
    (void)rf_post_send(&hub->node->places[link->lane].net_end, &post, body);
}

void rf_hub_post(struct rf_hub *hub, struct rf_hub_link *link, enum rf_post_kind kind,
                 uint64_t connection, zmq_msg_t *body)
{
    post_with(hub, link, kind, 0, connection, body);
}

struct rf_connection *rf_hub_connection(struct rf_hub *hub, struct rf_hub_link *link)
{
    struct rf_connection *connection = calloc(1, sizeof *connection);
    if (connection) {
        connection->number = ++hub->last_number;
        connection->link = link;
        connection->born_ms = hub->now_ms;
    }
    return connection;
}

static void forget(struct rf_hub *hub, struct rf_connection *connection, int linger_ms)
{
    struct rf_hub_link *link = connection->link;
    if (link->live == connection)
        link->live = NULL;
    if (connection->dialled)
        rf_dial_hang_up(hub, link, linger_ms);
    else
        rf_door_forget(hub, connection);
}

void rf_hub_lost(struct rf_hub *hub, struct rf_connection *connection, unsigned reset,
                 unsigned version)
{
    struct rf_hub_link *link = connection->link;
    struct rf_post post = {.kind = RF_POST_GONE,
                           .code = (uint8_t)reset,
                           .peer = (uint16_t)link->peer,
                           .version = version,
                           .connection = connection->number};
    if (connection->dialled || connection->known)
        (void)rf_post_send(&hub->node->places[link->lane].net_end, &post, NULL);
    forget(hub, connection, SHORT_LINGER_MS);
}

/* What was on its way to the lane may have begun another session there, so the lane is told when there
 * is no more to come. */
void rf_hub_drop(struct rf_hub *hub, struct rf_connection *connection)
{
    if (!connection->dialled)
        rf_door_dismiss(hub, connection);
    rf_hub_post(hub, connection->link, RF_POST_GONE, connection->number, NULL);
    forget(hub, connection, DROP_LINGER_MS);
}

/* Nobody has shown yet who is at the other end. (Where we dialled, it may know that the link is up before our lane does.) */
static bool unproved(const struct rf_connection *connection)
{
    return !connection->live && !connection->dialled;
}

/* What a connection that came to us may send before its lane has vouched for it, and all of them together while the lane does
 * not listen; and how far any other may run ahead of its lane: its window, once more after each of two reconnections, and
 * small frames. */
static bool within_bounds(struct rf_hub *hub, const struct rf_connection *connection, size_t size)
{
    const struct rf_lifeline *lifeline = connection->link->lifeline;
    if (unproved(connection)) {
        return connection->messages_in <= UNPROVED_MESSAGES &&
               connection->bytes_in <= RF_UNPROVED_BYTES &&
               atomic_load(&lifeline->unproved) + rf_place_weight(size) <= RF_UNPROVED_MOST;
    }
    uint64_t limit = (3 * (uint64_t)hub->node->config.window_frames + 16) * RF_OUTER_MAX;
    return atomic_load(&lifeline->queued) + size <= limit;
}

void rf_hub_take_tls(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message)
{
    struct rf_hub_link *link = connection->link;
    size_t size = zmq_msg_size(message);
    bool counts_apart = unproved(connection);
    connection->messages_in++;
    connection->bytes_in += size;
    if (within_bounds(hub, connection, size)) {
        if (connection->live)
            rf_beat_heard(hub, link);
        connection->known = true;
        if (counts_apart)
            atomic_fetch_add(&link->lifeline->unproved, rf_place_weight(size));
        else
            atomic_fetch_add(&link->lifeline->queued, size);
        post_with(hub, link, RF_POST_TLS, counts_apart, connection->number, message);
        return;
    }
    (void)zmq_msg_close(message);
    if (connection->live)
        rf_hub_post(hub, link, RF_POST_OVERRUN, connection->number, NULL);
    else {
        rf_node_stranger(hub->node,
                         "a connection that claims to be %s sends too much before it proves it",
                         link->config->member);
    }
    rf_hub_lost(hub, connection, 0, 0);
}

/* Takes the message over. A connection that turns out to be gone takes nothing any more and is soon
 * forgotten. */
static void send_message(struct rf_hub *hub, struct rf_connection *connection, zmq_msg_t *message)
{
    bool sent =
        !connection->closed && (connection->dialled ? rf_dial_send(hub, connection, message)
                                                    : rf_door_send(hub, connection, message));
    if (sent)
        return;
    int error = zmq_errno();
    (void)zmq_msg_close(message);
    if (connection->closed)
        return;
    if (error == EAGAIN) /* the mark lies above what a window can fill */
        rf_hub_post(hub, connection->link, RF_POST_STUCK, connection->number, NULL);
    connection->closed = true;
    connection->closed_ms = hub->now_ms;
}

void rf_hub_send_small(struct rf_hub *hub, struct rf_connection *connection, const void *data,
                       size_t size)
{
    zmq_msg_t message;
    if (zmq_msg_init_size(&message, size) != 0)
        return;
    memcpy(zmq_msg_data(&message), data, size);
    send_message(hub, connection, &message);
}

static struct rf_connection *find(struct rf_hub_link *link, uint64_t number)
{
    if (link->live && link->live->number == number)
        return link->live;
    if (link->dialled && link->dialled->number == number)
        return link->dialled;
    for (int i = 0; i < RF_CANDIDATES; i++)
        if (link->candidates[i] && link->candidates[i]->number == number)
            return link->candidates[i];
    return NULL;
}

static void send_tls(struct rf_hub *hub, struct rf_hub_link *link, uint64_t number,
                     zmq_msg_t *message)
{
    struct rf_connection *connection = find(link, number);
    if (connection) {
        connection->messages_out++;
        send_message(hub, connection, message);
    } else {
        (void)zmq_msg_close(
            message); /* lost with its connection; the lane sends its frames again */
    }
}

static void make_live(struct rf_hub *hub, struct rf_hub_link *link, uint64_t number)
{
    struct rf_connection *connection = find(link, number);
    if (!connection)
        return;
    if (link->live && link->live != connection)
        rf_hub_lost(hub, link->live, 0, 0);
    for (int i = 0; i < RF_CANDIDATES; i++)
        if (link->candidates[i] == connection)
            link->candidates[i] = NULL;
    link->live = connection;
    connection->live = true;
    if (connection->guest.cookie)
        rf_gate_vouch(&hub->node->gate, connection->guest.cookie);
    if (!link->keyed)
        link->beat_due_ms = hub->now_ms;
    link->keyed = true;
    link->backoff_ms = 0;
    rf_beat_heard(hub, link);
}

/* One post of a lane. */
static void obey(struct rf_hub *hub, struct rf_hub_link *link, const struct rf_post *post,
                 zmq_msg_t *body)
{
    struct rf_connection *connection;
    switch (post->kind) {
    case RF_POST_TLS:
        send_tls(hub, link, post->connection, body);
        break;
    case RF_POST_LIVE:
        make_live(hub, link, post->connection);
        break;
    case RF_POST_DROP:
        connection = find(link, post->connection);
        if (connection)
            rf_hub_drop(hub, connection);
        break;
    case RF_POST_DONE:
        link->done = true;
        break;
    default:
        break;
    }
}

static void hear_lane(struct rf_hub *hub, unsigned lane, int turn)
{
    struct rf_post post;
    zmq_msg_t body;
    size_t peers = hub->node->config.peer_count;
    while (turn-- != 0 && rf_post_receive(&hub->node->places[lane].net_end, &post, &body))
        obey(hub, &hub->links[lane * peers + post.peer], &post, &body);
}

static bool told_to_stop(struct rf_hub *hub)
{
    struct rf_post post;
    zmq_msg_t body;
    return rf_post_receive(&hub->node->control_net, &post, &body) && post.kind == RF_POST_STOP;
}

/* Everything to wait for: control, lanes, the router and its gate, then a dealer and a monitor for each link that
 * has them. */
static size_t gather(struct rf_hub *hub, zmq_pollitem_t *items)
{
    size_t count = 0;
    items[count++] =
        (zmq_pollitem_t){.socket = hub->node->control_net.socket, .events = ZMQ_POLLIN};
    for (unsigned i = 0; i < hub->node->config.lanes; i++)
        items[count++] =
            (zmq_pollitem_t){.socket = hub->node->places[i].net_end.socket, .events = ZMQ_POLLIN};
    if (hub->router)
        items[count++] = (zmq_pollitem_t){.socket = hub->router, .events = ZMQ_POLLIN};
    if (hub->node->gate.events)
        items[count++] = (zmq_pollitem_t){.socket = hub->node->gate.events, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < hub->link_count; i++) {
        if (!hub->links[i].dealer)
            continue;
        items[count++] = (zmq_pollitem_t){.socket = hub->links[i].dealer, .events = ZMQ_POLLIN};
        items[count++] = (zmq_pollitem_t){.socket = hub->links[i].monitor, .events = ZMQ_POLLIN};
    }
    hub->sockets_changed = false;
    return count;
}

static void serve_links(struct rf_hub *hub, const zmq_pollitem_t *items, size_t at)
{
    for (size_t i = 0; i < hub->link_count && !hub->sockets_changed; i++) {
        struct rf_hub_link *link = &hub->links[i];
        if (!link->dealer)
            continue;
        if (items[at].revents)
            rf_dial_receive(hub, link);
        if (items[at + 1].revents && link->dealer)
            rf_dial_events(hub, link);
        at += 2;
    }
}

static void serve(struct rf_hub *hub, const zmq_pollitem_t *items)
{
    size_t at = 1;
    for (unsigned i = 0; i < hub->node->config.lanes; i++)
        if (items[at++].revents)
            hear_lane(hub, i, TURN);
    if (hub->router && items[at++].revents)
        rf_door_receive(hub);
    at += hub->node->gate.events != NULL;
    if (!hub->sockets_changed)
        serve_links(hub, items, at);
}

/* By now everything that came over a closed connection has been read. */
static void sweep(struct rf_hub *hub, struct rf_hub_link *link)
{
    unsigned pause = rf_node_beat_ms(hub->node);
    for (int i = 0; i <= RF_CANDIDATES; i++) {
        struct rf_connection *connection = i < RF_CANDIDATES ? link->candidates[i] : link->live;
        if (connection && connection->closed && hub->now_ms - connection->closed_ms > pause)
            rf_hub_lost(hub, connection, 0, 0);
    }
}

static void tick(struct rf_hub *hub)
{
    for (size_t i = 0; i < hub->link_count; i++) {
        struct rf_hub_link *link = &hub->links[i];
        sweep(hub, link);
        if (link->config->dial && rf_node_linked(&hub->node->config, link->lane, link->peer))
            rf_dial_tick(hub, link);
        rf_beat_tick(hub, link);
    }
}

static void loop(struct rf_hub *hub, zmq_pollitem_t *items)
{
    unsigned pause = rf_node_beat_ms(hub->node) / TICKS_PER_BEAT + 1;
    uint64_t tick_ms = 0;
    size_t count = 0;
    hub->sockets_changed = true;
    for (;;) {
        if (hub->sockets_changed)
            count = gather(hub, items);
        uint64_t before = rf_clock_ms();
        (void)zmq_poll(items, (int)count, (long)rf_gate_patience(&hub->node->gate, pause));
        hub->now_ms = rf_clock_ms();
        if (hub->now_ms - before > 4 * pause) /* the process was stopped: nobody else was silent */
            rf_beat_forgive(hub, hub->now_ms - before);
        rf_gate_hear(&hub->node->gate);
        rf_gate_look(&hub->node->gate, hub->now_ms);
        serve(hub, items);
        if (items[0].revents && told_to_stop(hub))
            return;
        if (hub->now_ms - tick_ms >= pause) {
            tick(hub);
            tick_ms = hub->now_ms;
        }
    }
}

/* The last words of lanes that have closed leave, if the peer can still be reached. */
static void wind_up(struct rf_hub *hub)
{
    bool reachable = false;
    for (unsigned i = 0; i < hub->node->config.lanes; i++)
        hear_lane(hub, i, -1);
    for (size_t i = 0; i < hub->link_count; i++) {
        struct rf_hub_link *link = &hub->links[i];
        bool linger = link->live && !link->silent;
        reachable = reachable || (linger && !link->live->dialled);
        if (link->dialled)
            forget(hub, link->dialled, linger ? LAST_LINGER_MS : SHORT_LINGER_MS);
        rf_dial_hang_up(hub, link, SHORT_LINGER_MS);
        if (link->live)
            rf_door_forget(hub, link->live);
        for (int k = 0; k < RF_CANDIDATES; k++)
            if (link->candidates[k])
                rf_door_forget(hub, link->candidates[k]);
    }
    if (hub->router) {
        const int linger = reachable ? LAST_LINGER_MS : DROP_LINGER_MS;
        rf_gate_close(&hub->node->gate);
        (void)zmq_setsockopt(hub->router, ZMQ_LINGER, &linger, sizeof linger);
        (void)zmq_close(hub->router);
    }
}

static bool set_up(struct rf_hub *hub)
{
    const struct rf_node_config *config = &hub->node->config;
    hub->router = hub->node->router;
    hub->links = calloc(config->lanes * config->peer_count, sizeof *hub->links);
    if (!hub->links)
        return false;
    hub->link_count = config->lanes * config->peer_count;
    for (size_t i = 0; i < hub->link_count; i++) {
        struct rf_hub_link *link = &hub->links[i];
        link->lane = (unsigned)(i / config->peer_count);
        link->peer = (unsigned)(i % config->peer_count);
        link->config = &config->peers[link->peer];
        link->lifeline = &hub->node->places[link->lane].lifelines[link->peer];
    }
    return true;
}

void *rf_hub_run(void *argument)
{
    struct rf_hub hub = {.node = argument, .now_ms = rf_clock_ms()};
    const struct rf_node_config *config = &hub.node->config;
    size_t most = 3 + config->lanes + 2 * config->lanes * config->peer_count;
    zmq_pollitem_t *items = calloc(most, sizeof *items);
    if (set_up(&hub) && items)
        loop(&hub, items);
    else
        rf_node_log(hub.node, "no memory for the net thread");
    wind_up(&hub);
    free(items);
    free(hub.links);
    return NULL;
}
