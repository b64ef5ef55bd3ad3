#include "support/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    GREETING = 64, /* ZMTP 3 */
    FRAME_MAX = 1 << 20,
    CONNECTIONS_MAX = 4096,
    FLAG_LONG = 2,
    FLAG_COMMAND = 4,
    PREFIX = 4, /* "RF", version, kind */
    KIND_TLS = 2,
};

static const char *const modes[] = {"pass",   "flip",       "cut",   "cut-record", "grow",
                                    "replay", "swap",       "drop",  "prefix",     "misframe",
                                    "close",  "close-each", "stall", "echo",       "stale"};

struct frame {
    uint8_t flags;
    size_t size;
    uint8_t *body;
};

struct flow;

struct rf_test_proxy {
    int listener;
    struct sockaddr_in target;
    char mode[16];
    bool back;
    unsigned long number;
    _Atomic bool stopping;
    _Atomic unsigned acted, connections;
    _Atomic unsigned long count[2]; /* TLS messages so far; 0: of the dialler, 1: of the listener */
    pthread_t acceptor;
    pthread_mutex_t lock; /* over what follows */
    struct flow *flows[2 * CONNECTIONS_MAX];
    unsigned flow_count;
    struct frame kept; /* by "stale" */
    bool stale_due;
};

/** A connection: the two directions share it. */
struct pair {
    pthread_mutex_t write[2]; /* to the listener, to the dialler */
    _Atomic bool stalled;
};

/** One direction of one connection. */
struct flow {
    struct rf_test_proxy *proxy;
    struct pair *pair;
    int from, to;
    bool back;
    struct frame held; /* by "swap" */
    pthread_t thread;
};

bool rf_test_proxy_mode(const char *mode)
{
    if (strncmp(mode, "back-", 5) == 0)
        mode += 5;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(mode, modes[i]) == 0)
            return true;
    return false;
}

static bool read_all(int fd, void *out, size_t size)
{
    uint8_t *at = out;
    while (size > 0) {
        ssize_t got = recv(fd, at, size, 0);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t size)
{
    const uint8_t *at = data;
    while (size > 0) {
        ssize_t put = send(fd, at, size, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

static bool read_frame(int fd, struct frame *frame)
{
    uint8_t head[9];
    if (!read_all(fd, head, 2))
        return false;
    frame->flags = head[0];
    frame->size = head[1];
    if (frame->flags & FLAG_LONG) {
        if (!read_all(fd, head + 2, 7))
            return false;
        frame->size = 0;
        for (int i = 1; i < 9; i++)
            frame->size = frame->size << 8 | head[i];
    }
    frame->body = frame->size <= FRAME_MAX ? malloc(frame->size + 64) : NULL;
    return frame->body && read_all(fd, frame->body, frame->size);
}

/* @lie: added to the length that ZMTP announces. */
static bool write_to(int fd, const struct frame *frame, size_t lie)
{
    uint8_t head[9];
    size_t announced = frame->size + lie;
    if (announced <= 255 && !(frame->flags & FLAG_LONG)) {
        head[0] = frame->flags;
        head[1] = (uint8_t)announced;
        return write_all(fd, head, 2) && write_all(fd, frame->body, frame->size);
    }
    head[0] = frame->flags | FLAG_LONG;
    for (int i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)(announced >> 8 * (7 - i));
    return write_all(fd, head, 9) && write_all(fd, frame->body, frame->size);
}

static bool write_frame(struct flow *flow, const struct frame *frame, size_t lie)
{
    (void)pthread_mutex_lock(&flow->pair->write[flow->back]);
    bool written = write_to(flow->to, frame, lie);
    (void)pthread_mutex_unlock(&flow->pair->write[flow->back]);
    return written;
}

/* To where it came from. */
static bool write_back(struct flow *flow, const struct frame *frame)
{
    (void)pthread_mutex_lock(&flow->pair->write[!flow->back]);
    bool written = write_to(flow->from, frame, 0);
    (void)pthread_mutex_unlock(&flow->pair->write[!flow->back]);
    return written;
}

static void drop_frame(struct frame *frame)
{
    free(frame->body);
    *frame = (struct frame){0};
}

static bool is_tls(const struct frame *frame)
{
    return !(frame->flags & FLAG_COMMAND) && frame->size > PREFIX && frame->body[0] == 'R' &&
           frame->body[1] == 'F' && frame->body[3] == KIND_TLS;
}

/* Where the last TLS record of a message begins. */
static size_t last_record(const struct frame *frame)
{
    size_t at = PREFIX, last = PREFIX;
    while (at + 5 <= frame->size) {
        last = at;
        at += 5 + ((size_t)frame->body[at + 3] << 8 | frame->body[at + 4]);
    }
    return last;
}

static void keep_stale(struct rf_test_proxy *proxy, const struct frame *frame)
{
    (void)pthread_mutex_lock(&proxy->lock);
    proxy->kept = *frame;
    proxy->kept.body = malloc(frame->size + 64);
    memcpy(proxy->kept.body, frame->body, frame->size);
    (void)pthread_mutex_unlock(&proxy->lock);
}

static void alter(struct frame *frame, const char *mode)
{
    if (strcmp(mode, "flip") == 0)
        frame->body[frame->size / 2] ^= 0x10;
    else if (strcmp(mode, "cut") == 0)
        frame->size -= 20;
    else if (strcmp(mode, "cut-record") == 0)
        frame->size = last_record(frame);
    else if (strcmp(mode, "grow") == 0)
        memset(frame->body + (frame->size += 16) - 16, 23, 16);
    else if (strcmp(mode, "prefix") == 0)
        frame->body[0] ^= 1;
}

/* Does to the N-th message what the mode says. False: close the connections. */
static bool act(struct flow *flow, struct frame *frame)
{
    struct rf_test_proxy *proxy = flow->proxy;
    const char *mode = proxy->mode;
    proxy->acted++;
    alter(frame, mode);
    if (strcmp(mode, "stale") == 0)
        keep_stale(proxy, frame);
    else if (strcmp(mode, "stall") == 0)
        flow->pair->stalled = true;
    if (strncmp(mode, "close", 5) == 0 ||
        (strcmp(mode, "replay") == 0 && !write_frame(flow, frame, 0)) ||
        (strcmp(mode, "echo") == 0 && !write_back(flow, frame)) ||
        (strcmp(mode, "misframe") == 0 && !write_frame(flow, frame, 3)))
        return false;
    if (strcmp(mode, "misframe") == 0 || strcmp(mode, "stall") == 0)
        frame->size = 0; /* nothing more to send */
    return true;
}

static bool is_mode(const struct flow *flow, const char *mode)
{
    return strcmp(flow->proxy->mode, mode) == 0;
}

/* One TLS message in the direction of interest. */
static bool pass_tls(struct flow *flow, struct frame *frame)
{
    struct rf_test_proxy *proxy = flow->proxy;
    unsigned long count = ++proxy->count[flow->back];
    bool now = count == proxy->number;
    if (flow->back != proxy->back || is_mode(flow, "pass"))
        return write_frame(flow, frame, 0);
    if (is_mode(flow, "close-each"))
        now = count % proxy->number == 0;
    if (is_mode(flow, "stale") && count == proxy->number + 2) {
        proxy->stale_due = true;
        return false;
    }
    if (flow->held.body) { /* swap: the one held follows this one */
        bool sent = write_frame(flow, frame, 0) && write_frame(flow, &flow->held, 0);
        drop_frame(&flow->held);
        return sent;
    }
    if (!now)
        return write_frame(flow, frame, 0);
    if (is_mode(flow, "swap")) {
        proxy->acted++;
        flow->held = *frame;
        frame->body = NULL;
        return true;
    }
    if (is_mode(flow, "drop")) {
        proxy->acted++;
        return true;
    }
    return act(flow, frame) && (frame->size == 0 || write_frame(flow, frame, 0));
}

/* After the first message of a later connection, the one that was kept. */
static bool pass_stale(struct flow *flow)
{
    struct rf_test_proxy *proxy = flow->proxy;
    struct frame kept = {0};
    (void)pthread_mutex_lock(&proxy->lock);
    if (proxy->stale_due && flow->back == proxy->back) {
        proxy->stale_due = false;
        kept = proxy->kept;
        proxy->kept = (struct frame){0};
    }
    (void)pthread_mutex_unlock(&proxy->lock);
    if (!kept.body)
        return true;
    bool sent = write_frame(flow, &kept, 0);
    drop_frame(&kept);
    return sent;
}

/* Each end waits for part of the other's greeting before it sends the rest of its own. */
static bool relay_greeting(const struct flow *flow)
{
    uint8_t bytes[GREETING];
    for (size_t left = GREETING; left > 0;) {
        ssize_t got = recv(flow->from, bytes, left, 0);
        if (got <= 0 || !write_all(flow->to, bytes, (size_t)got))
            return false;
        left -= (size_t)got;
    }
    return true;
}

static void *relay(void *argument)
{
    struct flow *flow = argument;
    struct frame frame = {0};
    bool open = relay_greeting(flow);
    while (open && read_frame(flow->from, &frame)) {
        if (flow->pair->stalled)
            open = true;
        else if (is_tls(&frame))
            open = pass_tls(flow, &frame) && pass_stale(flow);
        else
            open = write_frame(flow, &frame, 0);
        drop_frame(&frame);
    }
    drop_frame(&frame);
    drop_frame(&flow->held);
    (void)shutdown(flow->from, SHUT_RDWR);
    (void)shutdown(flow->to, SHUT_RDWR);
    return NULL;
}

static bool add_flow(struct rf_test_proxy *proxy, int from, int to, bool back, struct pair *pair)
{
    struct flow *flow = calloc(1, sizeof *flow);
    *flow = (struct flow){.proxy = proxy, .pair = pair, .from = from, .to = to, .back = back};
    (void)pthread_mutex_lock(&proxy->lock);
    bool added = proxy->flow_count < 2 * CONNECTIONS_MAX &&
                 pthread_create(&flow->thread, NULL, relay, flow) == 0;
    if (added)
        proxy->flows[proxy->flow_count++] = flow;
    (void)pthread_mutex_unlock(&proxy->lock);
    if (!added)
        free(flow);
    return added;
}

static void *accept_all(void *argument)
{
    struct rf_test_proxy *proxy = argument;
    const int yes = 1;
    while (!proxy->stopping) {
        int from = accept(proxy->listener, NULL, NULL);
        if (from < 0)
            break;
        int to = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(to, (struct sockaddr *)&proxy->target, sizeof proxy->target) != 0) {
            (void)close(to);
            (void)close(from);
            continue;
        }
        (void)setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        (void)setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        proxy->connections++;
        struct pair *pair = calloc(1, sizeof *pair);
        (void)pthread_mutex_init(&pair->write[0], NULL);
        (void)pthread_mutex_init(&pair->write[1], NULL);
        if (!add_flow(proxy, from, to, false, pair) || !add_flow(proxy, to, from, true, pair))
            break;
    }
    return NULL;
}

struct rf_test_proxy *rf_test_proxy_new(const char *listen_host, unsigned listen_port,
                                        const char *target_host, unsigned target_port,
                                        const char *mode, unsigned long number)
{
    struct rf_test_proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)listen_port)};
    const int yes = 1;
    proxy->target.sin_family = AF_INET;
    proxy->target.sin_port = htons((uint16_t)target_port);
    proxy->back = strncmp(mode, "back-", 5) == 0;
    proxy->number = number ? number : 1;
    (void)snprintf(proxy->mode, sizeof proxy->mode, "%s", proxy->back ? mode + 5 : mode);
    (void)pthread_mutex_init(&proxy->lock, NULL);
    proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(proxy->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (inet_pton(AF_INET, listen_host, &here.sin_addr) != 1 ||
        inet_pton(AF_INET, target_host, &proxy->target.sin_addr) != 1 ||
        bind(proxy->listener, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(proxy->listener, 64) != 0 ||
        pthread_create(&proxy->acceptor, NULL, accept_all, proxy) != 0) {
        (void)close(proxy->listener);
        free(proxy);
        return NULL;
    }
    return proxy;
}

unsigned rf_test_proxy_acted(const struct rf_test_proxy *proxy)
{
    return proxy->acted;
}

unsigned rf_test_proxy_connections(const struct rf_test_proxy *proxy)
{
    return proxy->connections;
}

void rf_test_proxy_free(struct rf_test_proxy *proxy)
{
    proxy->stopping = true;
    (void)shutdown(proxy->listener, SHUT_RDWR);
    (void)pthread_join(proxy->acceptor, NULL);
    (void)close(proxy->listener);
    for (unsigned i = 0; i < proxy->flow_count; i++) {
        (void)shutdown(proxy->flows[i]->from, SHUT_RDWR);
        (void)shutdown(proxy->flows[i]->to, SHUT_RDWR);
    }
    for (unsigned i = 0; i < proxy->flow_count; i++)
        (void)pthread_join(proxy->flows[i]->thread, NULL);
    for (unsigned i = 0; i < proxy->flow_count; i++) {
        if (!proxy->flows[i]->back) {
            (void)close(proxy->flows[i]->from);
            (void)close(proxy->flows[i]->to);
            free(proxy->flows[i]->pair);
        }
        free(proxy->flows[i]);
    }
    drop_frame(&proxy->kept);
    (void)pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}
