/* Whoever can reach the port but is no member: garbage, floods, claims to be a peer. None of it ends a
 * session, displaces a link, or keeps a member out. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/place.h"
#include "support/liar.h"
#include "support/traffic.h"

struct attack {
    struct rf_test_net net;
    void (*strike)(struct attack *attack, unsigned long turn);
    unsigned port;
    _Atomic bool over;
    _Atomic unsigned long turns;
    void *zmq;
    struct rf_identity outsider; /* of a CA of its own */
    struct rf_test_ca other;
};

/* A connection from 127.0.0.@host. */
static int connect_from(const struct attack *attack, uint32_t host)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + host)};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)attack->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) == 0 &&
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static int connect_raw(const struct attack *attack)
{
    return connect_from(attack, 1);
}

static void *strike_on(void *argument)
{
    struct attack *attack = argument;
    const struct timespec pause = {.tv_nsec = 2000000};
    while (!attack->over) {
        attack->strike(attack, attack->turns++);
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static struct rf_test_traffic work = {.rounds = 40, .size = 400000, .rest_ms = 20};

/* Two nodes open a link and work while bank-a's port is under attack from the beginning. */
static void withstand(void (*strike)(struct attack *, unsigned long))
{
    static struct attack attack;
    pthread_t thread;
    attack = (struct attack){.net = {.nodes = 2, .body = rf_test_traffic, .context = &work},
                             .strike = strike,
                             .zmq = zmq_ctx_new()};
    rf_test_net_init(&attack.net);
    rf_test_ca_new(&attack.other, "Other CA");
    rf_test_member_new(&attack.outsider, &attack.other, "bank-b", NULL);
    (void)sscanf(attack.net.listen[0], "tcp://127.0.0.1:%u", &attack.port);
    (void)pthread_create(&thread, NULL, strike_on, &attack);
    rf_test_net_run(&attack.net);
    attack.over = true;
    (void)pthread_join(thread, NULL);
    cr_expect_gt(attack.turns, 20);
    for (unsigned i = 0; i < 2; i++)
        cr_expect_eq(attack.net.rc[i], RF_OK, "node %u: %s\n%s", i, attack.net.err[i].text,
                     attack.net.log[i]);
    (void)zmq_ctx_term(attack.zmq);
    rf_identity_fini(&attack.outsider);
    rf_test_ca_free(&attack.other);
    rf_test_net_fini(&attack.net);
}

/* What ZMTP 3.0 begins with, sent without a look at what the other end says. */
static const uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
static const uint8_t ready[] = "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
                               "DEALER";

static void garbage(struct attack *attack, unsigned long turn)
{
    uint8_t bytes[2000];
    int fd = connect_raw(attack);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(turn * 193 + i * i);
    if (turn % 3 == 0) /* looks like ZMTP for a moment */
        memcpy(bytes, greeting, 16);
    if (fd >= 0) {
        (void)send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
        (void)close(fd);
    }
}

static void speak_zmtp(int fd)
{
    (void)send(fd, greeting, sizeof greeting, MSG_NOSIGNAL);
    (void)send(fd, ready, sizeof ready - 1, MSG_NOSIGNAL);
}

/* A ZMTP message that announces 8 GiB. */
static void boasts(struct attack *attack, unsigned long turn)
{
    static const uint8_t huge[9] = {2, 0, 0, 0, 2, 0, 0, 0, 0};
    int fd = connect_raw(attack);
    (void)turn;
    if (fd < 0)
        return;
    speak_zmtp(fd);
    (void)send(fd, huge, sizeof huge, MSG_NOSIGNAL);
    (void)send(fd, greeting, sizeof greeting, MSG_NOSIGNAL);
    (void)close(fd);
}

/* A ZMTP message that has no end: each part says that more will come. */
static void unfinished(struct attack *attack, unsigned long turn)
{
    enum { PART = 65536, PARTS = 4096 };
    static uint8_t part[9 + PART] = {3, 0, 0, 0, 0, 0, 1, 0, 0};
    int fd = connect_raw(attack);
    if (fd < 0)
        return;
    speak_zmtp(fd);
    for (int i = 0; i < PARTS; i++) {
        if (send(fd, part, sizeof part, MSG_NOSIGNAL) < 0) {
            (void)close(fd);
            return;
        }
    }
    cr_expect_fail("turn %lu: 256 MiB of one message were taken", turn);
    (void)close(fd);
}

/* The same of parts without content, each of which costs its receiver far more than its two bytes. */
static void unfinished_and_empty(struct attack *attack, unsigned long turn)
{
    enum { MESSAGE_MOST = 64 << 20 };
    static uint8_t parts[1 << 16];
    size_t sent = 0;
    int fd = connect_raw(attack);
    if (fd < 0)
        return;
    for (size_t i = 0; i < sizeof parts; i += 2)
        parts[i] = 1;
    speak_zmtp(fd);
    for (ssize_t more = 0; more >= 0 && sent < MESSAGE_MOST; sent += (size_t)more)
        more = send(fd, parts, sizeof parts - sent % 2, MSG_NOSIGNAL);
    cr_expect_lt(sent, MESSAGE_MOST, "turn %lu", turn);
    (void)close(fd);
}

static void *dealer(struct attack *attack, const char *own_name)
{
    const int linger = 20;
    void *socket = zmq_socket(attack->zmq, ZMQ_DEALER);
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (own_name)
        (void)zmq_setsockopt(socket, ZMQ_ROUTING_ID, own_name, strlen(own_name));
    (void)zmq_connect(socket, attack->net.listen[0]);
    return socket;
}

/* Every kind of outer message, from connections that are nobody. */
static void odd_messages(struct attack *attack, unsigned long turn)
{
    static uint8_t big[RF_OUTER_MAX] = {'R', 'F', RF_WIRE_VERSION, RF_OUTER_TLS};
    void *socket = dealer(attack, turn % 4 == 0 ? "bank-b" : NULL);
    uint8_t bytes[60] = {'R', 'F', RF_WIRE_VERSION, (uint8_t)(turn % 6)};
    for (size_t size = 0; size < sizeof bytes; size += 7)
        (void)zmq_send(socket, bytes, size, ZMQ_DONTWAIT);
    (void)zmq_send(socket, big, sizeof big, ZMQ_DONTWAIT);
    (void)zmq_send(socket, bytes, 5, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    (void)zmq_send(socket, bytes, 5, ZMQ_DONTWAIT);
    (void)zmq_close(socket);
}

static void say_hello_as_b(void *socket)
{
    uint8_t hello[RF_OUTER_HELLO_SIZE];
    rf_outer_put_hello(hello, &(struct rf_outer_hello){.from = 1, .to = 0, .lane = 0});
    (void)zmq_send(socket, hello, sizeof hello, ZMQ_DONTWAIT);
}

/* Hellos in bank-b's name, with garbage for TLS behind them, and heartbeats that are made up. */
static void hellos(struct attack *attack, unsigned long turn)
{
    static const uint8_t records[] = {'R', 'F', RF_WIRE_VERSION, RF_OUTER_TLS, 22, 3, 1, 0, 3, 1,
                                      2,   3};
    struct rf_outer_beat beat = {.count = turn + 1000, .waiting = RF_OUTER_NOBODY};
    uint8_t bytes[RF_OUTER_BEAT_SIZE];
    void *socket = dealer(attack, NULL);
    say_hello_as_b(socket);
    rf_outer_put_beat(bytes, &beat);
    for (int i = 0; i < 5; i++) {
        (void)zmq_send(socket, records, sizeof records, ZMQ_DONTWAIT);
        (void)zmq_send(socket, bytes, sizeof bytes, ZMQ_DONTWAIT);
    }
    (void)zmq_close(socket);
}

/* Real TLS handshakes in bank-b's name, with a certificate of another CA. */
static void impostors(struct attack *attack, unsigned long turn)
{
    struct rf_test_liar liar;
    (void)turn;
    rf_test_liar_init(&liar, &attack->outsider);
    rf_test_liar_dial(&liar, attack->net.listen[0]);
    cr_expect_not(rf_test_liar_try(&liar));
    rf_test_liar_fini(&liar);
}

/* A ZMTP message of at most 255 or of more bytes. */
static size_t put_message(uint8_t *at, const void *body, size_t size)
{
    size_t head = size < 256 ? 2 : 9;
    memset(at, 0, head);
    at[0] = size < 256 ? 0 : 2;
    at[head - 1] = (uint8_t)size;
    at[head - 2] |= head == 9 ? (uint8_t)(size >> 8) : 0;
    memcpy(at + head, body, size);
    return head + size;
}

/* As much in bank-b's name as a connection may say before it proves anything, and then the next connection. */
static void crowds(struct attack *attack, unsigned long turn)
{
    enum { MESSAGES = 31, SIZE = 4096 };
    static uint8_t said[(MESSAGES + 1) * (SIZE + 9)], body[SIZE];
    uint8_t hello[RF_OUTER_HELLO_SIZE], heard[64];
    size_t size = 0;
    int fd = connect_raw(attack);
    (void)turn;
    if (fd < 0)
        return;
    rf_outer_put_hello(hello, &(struct rf_outer_hello){.from = 1, .to = 0, .lane = 0});
    memcpy(body, (uint8_t[]){'R', 'F', RF_WIRE_VERSION, RF_OUTER_TLS, 22, 3, 1}, 7);
    size += put_message(said, hello, sizeof hello);
    for (int i = 0; i < MESSAGES; i++)
        size += put_message(said + size, body, sizeof body);
    speak_zmtp(fd);
    (void)recv(fd, heard, sizeof heard, MSG_WAITALL); /* its greeting: it reads what comes then */
    (void)send(fd, said, size, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    (void)recv(fd, heard, sizeof heard, 0);
    (void)close(fd);
}

static void expect_small_process(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    cr_expect_lt(usage.ru_maxrss, 600 * 1024L, "%ld KiB", usage.ru_maxrss);
}

Test(strangers, garbage_on_the_port)
{
    withstand(garbage);
}

Test(strangers, messages_that_announce_gigabytes)
{
    withstand(boasts);
    expect_small_process();
}

Test(strangers, messages_without_an_end)
{
    withstand(unfinished);
    expect_small_process();
}

Test(strangers, messages_of_endless_empty_parts)
{
    withstand(unfinished_and_empty);
    expect_small_process();
}

Test(strangers, messages_of_every_kind)
{
    withstand(odd_messages);
}

Test(strangers, hellos_in_a_members_name)
{
    withstand(hellos);
}

/* While the lane is busy elsewhere nothing is taken from it: what strangers say then may neither fill memory nor count as
 * the peer's. */
Test(strangers, crowds_in_a_members_name_while_the_lane_computes)
{
    work = (struct rf_test_traffic){.rounds = 3, .size = 400000, .rest_ms = 3000};
    withstand(crowds);
    expect_small_process();
}

Test(strangers, handshakes_in_a_members_name)
{
    withstand(impostors);
}

/* Connections that claim to be bank-b at a node that works for nobody else. */
struct claims {
    struct rf_test_net net;
    struct rf_node *node;
    struct rf_peer peers[2];
    void *zmq, *sockets[2 * RF_CANDIDATES];
    unsigned count;
};

static void claims_init(struct claims *claims)
{
    struct rf_err err = {0};
    *claims = (struct claims){.net = {.nodes = 2, .body = rf_test_traffic}, .zmq = zmq_ctx_new()};
    rf_test_net_init(&claims->net);
    struct rf_node_config config = rf_test_net_config(&claims->net, 0, claims->peers);
    cr_assert_eq(rf_node_new(&claims->node, &config, &err), RF_OK);
}

static void claims_fini(struct claims *claims)
{
    for (unsigned i = 0; i < claims->count; i++)
        (void)zmq_close(claims->sockets[i]);
    rf_node_free(claims->node);
    (void)zmq_ctx_term(claims->zmq);
    rf_test_net_fini(&claims->net);
}

/* From 127.0.0.@host. */
static void claim(struct claims *claims, unsigned host)
{
    char address[120];
    const int none = 0;
    void *socket = claims->sockets[claims->count++] = zmq_socket(claims->zmq, ZMQ_DEALER);
    (void)snprintf(address, sizeof address, "tcp://127.0.0.%u:0;%s", host,
                   claims->net.listen[0] + strlen("tcp://"));
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    cr_assert_eq(zmq_connect(socket, address), 0, "%s", address);
    say_hello_as_b(socket);
    (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static bool told_busy(const struct claims *claims, unsigned which, int patience_ms)
{
    zmq_msg_t message;
    enum rf_reset why = 0;
    (void)zmq_msg_init(&message);
    (void)zmq_setsockopt(claims->sockets[which], ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms);
    bool busy = zmq_msg_recv(&message, claims->sockets[which], 0) > 0 &&
                rf_outer_get_reset(&why, zmq_msg_data(&message), zmq_msg_size(&message)) &&
                why == RF_RESET_BUSY;
    (void)zmq_msg_close(&message);
    return busy;
}

/* Whoever claims longest without proof makes room for the next, and is told. */
Test(strangers, unproved_connections_are_few)
{
    enum { TOO_MANY = 8 };
    struct claims claims;
    claims_init(&claims);
    for (unsigned i = 0; i < RF_CANDIDATES + TOO_MANY; i++)
        claim(&claims, 1);
    for (unsigned i = 0; i < claims.count; i++)
        cr_expect_eq(told_busy(&claims, i, i < TOO_MANY ? 2000 : 100), i < TOO_MANY, "%u", i);
    claims_fini(&claims);
}

/* One host can take places from itself alone, whoever came first. */
Test(strangers, one_host_does_not_displace_another)
{
    enum { TOO_MANY = 8 };
    struct claims claims;
    claims_init(&claims);
    claim(&claims, 1);
    claim(&claims, 3);
    for (unsigned i = 0; i < RF_CANDIDATES + TOO_MANY - 2; i++)
        claim(&claims, 2);
    for (unsigned i = 2; i < claims.count; i++)
        cr_expect_eq(told_busy(&claims, i, i < 2 + TOO_MANY ? 2000 : 100), i < 2 + TOO_MANY, "%u",
                     i);
    cr_expect_not(told_busy(&claims, 0, 100));
    cr_expect_not(told_busy(&claims, 1, 100));
    claims_fini(&claims);
}

/* Connections that say nothing at all, the first from one host and the others from another. */
Test(strangers, silent_connections_are_few)
{
    enum { SILENT = 300, LEFT = RF_GUESTS + 1 };
    static struct attack attack;
    struct rf_node *node;
    struct rf_peer peers[2];
    struct rf_err err = {0};
    int fds[SILENT], open = 0;
    attack = (struct attack){.net = {.nodes = 2, .body = rf_test_traffic}};
    rf_test_net_init(&attack.net);
    struct rf_node_config config = rf_test_net_config(&attack.net, 0, peers);
    cr_assert_eq(rf_node_new(&node, &config, &err), RF_OK);
    (void)sscanf(attack.net.listen[0], "tcp://127.0.0.1:%u", &attack.port);
    for (int i = 0; i < SILENT; i++) {
        fds[i] = connect_from(&attack, i == 0 ? 3 : 2);
        cr_assert_geq(fds[i], 0);
        speak_zmtp(fds[i]);
    }
    (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    for (int i = 0; i < SILENT; i++) {
        uint8_t bytes[256];
        ssize_t got = 1;
        while (got > 0) /* what ZMTP begins with, then nothing or the end */
            got = recv(fds[i], bytes, sizeof bytes, MSG_DONTWAIT);
        open += got < 0 && errno == EAGAIN;
        cr_expect(i > 0 || got < 0, "the other host's connection was shut down");
        (void)close(fds[i]);
    }
    cr_expect_eq(open, LEFT);
    rf_node_free(node);
    rf_test_net_fini(&attack.net);
}

enum { DEAF = 6 };

/* Speaks on a connection that takes hardly anything, until the answers pile up in the node. */
static int deaf_new(const char *address)
{
    static const uint8_t unasked[] = {0, 5, 'R', 'F', RF_WIRE_VERSION, RF_OUTER_TLS, 0};
    static uint8_t flood[15000 * sizeof unasked];
    const int segment = 536, room = 2304;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    to.sin_port = htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    for (size_t i = 0; i < sizeof flood; i += sizeof unasked)
        memcpy(flood + i, unasked, sizeof unasked);
    cr_assert_eq(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment), 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    speak_zmtp(fd);
    cr_assert_eq(send(fd, flood, sizeof flood, MSG_NOSIGNAL), sizeof flood);
    return fd;
}

static void *deaf_reset(void *fds)
{
    const struct linger at_once = {.l_onoff = 1};
    for (int i = 0; i < DEAF; i++) {
        int fd = ((int *)fds)[i];
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        (void)close(fd);
    }
    return NULL;
}

/* Connections die, with answers to them still to be sent, at the moment when the node ends. */
Test(strangers, connections_that_die_as_the_node_ends, .timeout = 60)
{
    struct rf_test_net net = {.nodes = 2, .body = rf_test_traffic};
    struct rf_peer peers[2];
    struct rf_err err = {0};
    rf_test_net_init(&net);
    struct rf_node_config config = rf_test_net_config(&net, 0, peers);
    for (int trip = 0; trip < 100; trip++) {
        struct rf_node *node;
        pthread_t thread;
        int fds[DEAF];
        cr_assert_eq(rf_node_new(&node, &config, &err), RF_OK, "%s", err.text);
        for (int i = 0; i < DEAF; i++)
            fds[i] = deaf_new(net.listen[0]);
        (void)nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        cr_assert_eq(pthread_create(&thread, NULL, deaf_reset, fds), 0);
        (void)nanosleep(&(struct timespec){.tv_nsec = trip % 10 * 20000}, NULL);
        rf_node_free(node);
        (void)pthread_join(thread, NULL);
    }
    rf_test_net_fini(&net);
}
