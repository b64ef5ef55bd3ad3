#include "net/gate.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

#include "net/place.h"

static bool get_option(int fd, int level, int option, void *value, socklen_t size)
{
    socklen_t got = size;
    return getsockopt(fd, level, option, value, &got) == 0;
}

/* One host is one home. Of IPv6 it is the network: a single host may use all addresses of one. */
static uint64_t home_of(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
    uint64_t home = 0;
    if (address->ss_family == AF_INET)
        memcpy(&home, &four->sin_addr, 4);
    else if (IN6_IS_ADDR_V4MAPPED(six))
        memcpy(&home, six->s6_addr + 12, 4);
    else
        memcpy(&home, six->s6_addr, 8);
    return home;
}

struct rf_guest rf_gate_guest(int fd)
{
    struct rf_guest guest = {.fd = fd};
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (fd < 0 || getpeername(fd, (struct sockaddr *)&address, &size) != 0 ||
        (address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
        !get_option(fd, SOL_SOCKET, SO_COOKIE, &guest.cookie, sizeof guest.cookie))
        return (struct rf_guest){0};
    guest.home = home_of(&address);
    return guest;
}

bool rf_gate_open(struct rf_gate *gate, struct rf_node *node, void *router, const char *address)
{
    static const char where[] = "inproc://gate";
    const int unlimited = 0; /* or else ZeroMQ's thread would wait for us when many connect */
    if (strncmp(address, "tcp://", 6) != 0)
        return true;
    *gate = (struct rf_gate){.node = node, .router = router};
    gate->most = RF_GUESTS + (size_t)node->config.lanes * node->config.peer_count;
    gate->guests = calloc(gate->most, sizeof *gate->guests);
    gate->events = zmq_socket(node->zmq, ZMQ_PAIR);
    return gate->guests && gate->events &&
           zmq_setsockopt(gate->events, ZMQ_RCVHWM, &unlimited, sizeof unlimited) == 0 &&
           zmq_socket_monitor(router, where, ZMQ_EVENT_ACCEPTED) == 0 &&
           zmq_connect(gate->events, where) == 0;
}

void rf_gate_close(struct rf_gate *gate)
{
    if (!gate->node)
        return;
    (void)zmq_socket_monitor(gate->router, NULL, 0);
    if (gate->events)
        (void)zmq_close(gate->events);
    free(gate->guests);
    *gate = (struct rf_gate){0};
}

static void leave(struct rf_gate *gate, size_t i)
{
    gate->count--;
    memmove(&gate->guests[i], &gate->guests[i + 1], (gate->count - i) * sizeof *gate->guests);
}

/* Is it still the same socket? */
static bool present(const struct rf_guest *guest)
{
    uint64_t cookie;
    return get_option(guest->fd, SOL_SOCKET, SO_COOKIE, &cookie, sizeof cookie) &&
           cookie == guest->cookie;
}

/* ZeroMQ finds that the connection has ended, frees what came over it, and closes the socket. */
static void turn_out(struct rf_gate *gate, size_t i)
{
    const struct linger at_once = {.l_onoff = 1}; /* whatever the other end still says */
    const struct rf_guest *guest = &gate->guests[i];
    if (present(guest)) {
        (void)setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        (void)shutdown(guest->fd, SHUT_RDWR);
    }
    leave(gate, i);
}

static unsigned from_there(const struct rf_gate *gate, uint64_t home)
{
    unsigned count = 0;
    for (size_t i = 0; i < gate->count; i++)
        count += gate->guests[i].home == home;
    return count;
}

static void make_room(struct rf_gate *gate)
{
    size_t worst = 0;
    unsigned most = 0;
    for (size_t i = gate->count; i-- > 0;)
        if (!present(&gate->guests[i]))
            leave(gate, i);
    if (gate->count < gate->most)
        return;
    for (size_t i = 0; i < gate->count; i++) {
        unsigned there = from_there(gate, gate->guests[i].home);
        worst = there > most ? i : worst;
        most = there > most ? there : most;
    }
    rf_node_stranger(gate->node, "%zu connections say not who they are: one is shut down",
                     gate->count);
    turn_out(gate, worst);
}

/* The port that we listen on, which an accepted connection has and one that we dialled has not. */
static bool came_in(struct rf_gate *gate, int fd)
{
    char endpoint[256] = "";
    size_t room = sizeof endpoint;
    union {
        struct sockaddr_in6 six;
        struct sockaddr_in four;
        struct sockaddr any;
    } own = {0};
    socklen_t size = sizeof own;
    if (!gate->port && zmq_getsockopt(gate->router, ZMQ_LAST_ENDPOINT, endpoint, &room) == 0) {
        const char *colon = strrchr(endpoint, ':');
        gate->port = colon ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
    }
    if (getsockname(fd, &own.any, &size) != 0)
        return false;
    in_port_t port = own.any.sa_family == AF_INET ? own.four.sin_port : own.six.sin6_port;
    return ntohs(port) == gate->port;
}

static void admit(struct rf_gate *gate, int fd)
{
    struct rf_guest guest = rf_gate_guest(fd);
    if (!guest.cookie || !came_in(gate, fd))
        return;
    for (size_t i = 0; i < gate->count; i++)
        if (gate->guests[i].cookie == guest.cookie)
            return;
    if (gate->count == gate->most)
        make_room(gate);
    gate->guests[gate->count++] = guest;
}

void rf_gate_hear(struct rf_gate *gate)
{
    uint8_t event[6], address[256];
    uint32_t fd;
    while (gate->node && zmq_recv(gate->events, event, sizeof event, ZMQ_DONTWAIT) >= 0) {
        (void)zmq_recv(gate->events, address, sizeof address, ZMQ_DONTWAIT);
        memcpy(&fd, event + 2, sizeof fd);
        admit(gate, (int)fd);
    }
}

void rf_gate_look(struct rf_gate *gate, uint64_t now_ms)
{
    if (gate->count == 0 || now_ms < gate->due_ms)
        return;
    gate->due_ms = now_ms + RF_GATE_MS;
    for (size_t i = gate->count; i-- > 0;) {
        struct tcp_info info = {0};
        if (!present(&gate->guests[i]) ||
            !get_option(gate->guests[i].fd, IPPROTO_TCP, TCP_INFO, &info, sizeof info)) {
            leave(gate, i);
        } else if (info.tcpi_bytes_received > RF_GUEST_BYTES) {
            rf_node_stranger(gate->node,
                             "a connection sends too much before it proves whose it is: shut down");
            turn_out(gate, i);
        }
    }
}

unsigned rf_gate_patience(const struct rf_gate *gate, unsigned most_ms)
{
    return gate->count > 0 && most_ms > RF_GATE_MS ? RF_GATE_MS : most_ms;
}

void rf_gate_vouch(struct rf_gate *gate, uint64_t cookie)
{
    rf_gate_hear(gate);
    for (size_t i = gate->count; i-- > 0;)
        if (gate->guests[i].cookie == cookie)
            leave(gate, i);
}
