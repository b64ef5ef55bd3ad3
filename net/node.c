#include "net/node.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/base/secret.h"
#include "net/chain.h"
#include "net/hub.h"
#include "net/tls.h"

enum {
    DEFAULT_SILENCE_MS = 10000,
    DEFAULT_CONNECT_MS = 60000,
    DEFAULT_PROGRESS_MS = 300000,
    DEFAULT_WINDOW = 16,
    MAX_WINDOW = 1024,
    MAX_LANES = 256,
    MAX_PEERS = 256,
    MAX_IO_THREADS = 4,
    BEATS_PER_SILENCE = 8,
    MIN_BEAT_MS = 10,
    MAX_BEAT_MS = 1000,
    STRANGER_MS = 1000,
};

unsigned rf_node_beat_ms(const struct rf_node *node)
{
    unsigned ms = node->config.silence_ms / BEATS_PER_SILENCE;
    if (ms < MIN_BEAT_MS)
        return MIN_BEAT_MS;
    return ms > MAX_BEAT_MS ? MAX_BEAT_MS : ms;
}

const char *rf_node_peer_text(const struct rf_peer *peer, char out[RF_PEER_TEXT])
{
    enum { PARTIES = 3 };
    if (peer->id < PARTIES)
        (void)snprintf(out, RF_PEER_TEXT, "%s (party %u)", peer->member, peer->id);
    else
        (void)snprintf(out, RF_PEER_TEXT, "%s", peer->member);
    return out;
}

void rf_node_log(struct rf_node *node, const char *format, ...)
{
    char line[640];
    va_list args;
    if (!node->config.log)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    (void)pthread_mutex_lock(&node->log_lock);
    node->config.log(node->config.log_context, line);
    (void)pthread_mutex_unlock(&node->log_lock);
}

void rf_node_stranger(struct rf_node *node, const char *format, ...)
{
    char line[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    uint64_t now = rf_clock_ms();
    (void)pthread_mutex_lock(&node->log_lock);
    bool quiet = node->stranger_ms && now - node->stranger_ms < STRANGER_MS;
    unsigned more = node->strangers;
    node->strangers = quiet ? more + 1 : 0;
    node->stranger_ms = quiet ? node->stranger_ms : now;
    (void)pthread_mutex_unlock(&node->log_lock);
    if (!quiet && more)
        rf_node_log(node, "%s (and %u more lines like this)", line, more);
    else if (!quiet)
        rf_node_log(node, "%s", line);
}

/* Frames are large and live shortly: without this every one of them would be mapped and unmapped,
 * and each of its pages faulted in anew. */
static void keep_memory_mapped(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 4 * RF_OUTER_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, 256 * RF_OUTER_MAX);
}

static enum rf_rc check_peer(const struct rf_node_config *config, size_t index, struct rf_err *err)
{
    const struct rf_peer *peer = &config->peers[index];
    if (!peer->member || !peer->member[0] || strlen(peer->member) > RF_MEMBER_NAME_MAX)
        return rf_err_set(err, RF_E_ARG, "node %u has no name, or one over %d bytes", peer->id,
                          RF_MEMBER_NAME_MAX);
    if (!peer->dial && !config->listen)
        return rf_err_set(err, RF_E_ARG, "%s is not dialled and we do not listen", peer->member);
    if (peer->dial && strncmp(peer->dial, "tcp://", 6) != 0 &&
        strncmp(peer->dial, "ipc://", 6) != 0)
        return rf_err_set(err, RF_E_ARG, "%s: the address %s is neither tcp:// nor ipc://",
                          peer->member, peer->dial);
    if (peer->id == config->id || peer->id == RF_OUTER_NOBODY)
        return rf_err_set(err, RF_E_ARG, "%s: id %u is taken", peer->member, peer->id);
    for (size_t i = 0; i < index; i++) {
        if (config->peers[i].id == peer->id)
            return rf_err_set(err, RF_E_ARG, "%s and %s have the same id %u",
                              config->peers[i].member, peer->member, peer->id);
    }
    return RF_OK;
}

static enum rf_rc check_config(const struct rf_node_config *config, struct rf_err *err)
{
    if (!config->identity || !config->member || config->lanes == 0 || config->lanes > MAX_LANES ||
        config->peer_count == 0 || config->peer_count > MAX_PEERS ||
        config->window_frames > MAX_WINDOW) {
        return rf_err_set(err, RF_E_ARG,
                          "a node needs an identity, 1 to %d peers, 1 to %d lanes and a window of "
                          "at most %d frames",
                          MAX_PEERS, MAX_LANES, MAX_WINDOW);
    }
    for (size_t i = 0; i < config->peer_count; i++) {
        enum rf_rc rc = check_peer(config, i, err);
        if (rc != RF_OK)
            return rc;
    }
    return RF_OK;
}

static void fill_defaults(struct rf_node_config *config)
{
    if (config->silence_ms == 0)
        config->silence_ms = DEFAULT_SILENCE_MS;
    if (config->connect_ms == 0)
        config->connect_ms = DEFAULT_CONNECT_MS;
    if (config->progress_ms == 0)
        config->progress_ms = DEFAULT_PROGRESS_MS;
    if (config->window_frames == 0)
        config->window_frames = DEFAULT_WINDOW;
}

static enum rf_rc make_pair(void *zmq, struct rf_post_end *a, struct rf_post_end *b, char *order,
                            const char *name, unsigned number, struct rf_err *err)
{
    char address[64];
    const int unlimited = 0;
    (void)snprintf(address, sizeof address, "inproc://%s-%u", name, number);
    a->socket = zmq_socket(zmq, ZMQ_PAIR);
    b->socket = zmq_socket(zmq, ZMQ_PAIR);
    a->order = b->order = order;
    void *const sockets[] = {a->socket, b->socket};
    for (int i = 0; i < 2; i++) {
        if (!sockets[i] ||
            zmq_setsockopt(sockets[i], ZMQ_SNDHWM, &unlimited, sizeof unlimited) != 0 ||
            zmq_setsockopt(sockets[i], ZMQ_RCVHWM, &unlimited, sizeof unlimited) != 0 ||
            zmq_setsockopt(sockets[i], ZMQ_LINGER, &unlimited, sizeof unlimited) != 0)
            return rf_err_set(err, RF_E_IO, "no more sockets: %s", zmq_strerror(zmq_errno()));
    }
    if (zmq_bind(a->socket, address) != 0 || zmq_connect(b->socket, address) != 0)
        return rf_err_set(err, RF_E_IO, "%s: %s", address, zmq_strerror(zmq_errno()));
    return RF_OK;
}

/* Frames of a link that may be held by ZeroMQ: a window on the live connection, one on each of two
 * connections that died with theirs and are not cleaned away yet, and handshakes. */
static size_t buffers_of(const struct rf_node_config *config)
{
    return config->peer_count * (3 * (size_t)config->window_frames + RF_CANDIDATES + 8);
}

static enum rf_rc make_places(struct rf_node *node, struct rf_err *err)
{
    const struct rf_node_config *config = &node->config;
    node->places = calloc(config->lanes, sizeof *node->places);
    if (!node->places)
        return rf_err_set(err, RF_E_MEMORY, "no memory for %u lanes", config->lanes);
    for (unsigned i = 0; i < config->lanes; i++) {
        struct rf_place *place = &node->places[i];
        atomic_store(&place->waiting, RF_OUTER_NOBODY);
        place->buffers = rf_pool_new(RF_OUTER_MAX, buffers_of(config));
        place->lifelines = rf_secret_alloc(config->peer_count * sizeof *place->lifelines);
        if (!place->buffers || !place->lifelines)
            return rf_err_set(err, RF_E_MEMORY, "no memory for %u lanes", config->lanes);
        enum rf_rc rc =
            make_pair(node->zmq, &place->net_end, &place->lane_end, place->order, "lane", i, err);
        if (rc != RF_OK)
            return rc;
    }
    return make_pair(node->zmq, &node->control_net, &node->control, &node->control_order, "control",
                     0, err);
}

static enum rf_rc listen_on(struct rf_node *node, struct rf_err *err)
{
    const struct rf_node_config *config = &node->config;
    if (!config->listen)
        return RF_OK;
    const int yes = 1;
    void *router = node->router = zmq_socket(node->zmq, ZMQ_ROUTER);
    if (!router || !rf_hub_configure(router, config, config->listen) ||
        !rf_gate_open(&node->gate, node, router, config->listen) ||
        zmq_setsockopt(router, ZMQ_ROUTER_MANDATORY, &yes, sizeof yes) != 0)
        return rf_err_set(err, RF_E_IO, "no listening socket: %s", zmq_strerror(zmq_errno()));
    /* What listens keeps this value for connections that die while the router closes. With ZeroMQ's
     * own, which is for ever, zmq_ctx_term() would wait for what can no longer be sent on them. */
    const int linger = 0;
    if (zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_bind(router, config->listen) != 0) {
        return rf_err_set(err, RF_E_IO, "cannot listen on %s: %s%s", config->listen,
                          zmq_strerror(zmq_errno()),
                          zmq_errno() == EADDRINUSE ? ", perhaps by this node's own process" : "");
    }
    return RF_OK;
}

enum rf_rc rf_node_new(struct rf_node **out, const struct rf_node_config *config,
                       struct rf_err *err)
{
    enum rf_rc rc;
    *out = NULL;
    struct rf_node *node = calloc(1, sizeof *node);
    if (!node)
        return rf_err_set(err, RF_E_MEMORY, "no memory for a node");
    (void)pthread_mutex_init(&node->log_lock, NULL);
    RF_TRY(check_config(config, err));
    node->config = *config;
    fill_defaults(&node->config);
    keep_memory_mapped();
    rf_chain_prepare();
    RF_TRY(rf_tls_context(&node->tls, config->identity, err));
    node->zmq = zmq_ctx_new();
    if (!node->zmq)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "no memory for ZeroMQ"));
    unsigned io_threads = config->lanes < MAX_IO_THREADS ? config->lanes : MAX_IO_THREADS;
    (void)zmq_ctx_set(node->zmq, ZMQ_IO_THREADS, (int)io_threads);
    (void)zmq_ctx_set(node->zmq, ZMQ_MAX_SOCKETS, zmq_ctx_get(node->zmq, ZMQ_SOCKET_LIMIT));
    RF_TRY(make_places(node, err));
    RF_TRY(listen_on(node, err));
    if (pthread_create(&node->thread, NULL, rf_hub_run, node) != 0)
        RF_TRY(rf_err_set(err, RF_E_IO, "cannot start the net thread"));
    *out = node;
    return RF_OK;
done:
    rf_gate_close(&node->gate);
    if (node->router)
        (void)zmq_close(node->router);
    node->router = NULL;
    node->thread = 0;
    rf_node_free(node);
    return rc;
}

static void close_end(struct rf_post_end *end)
{
    if (end->socket)
        (void)zmq_close(end->socket);
    end->socket = NULL;
}

void rf_node_give_up(struct rf_node *node)
{
    atomic_store(&node->given_up, true);
}

void rf_node_free(struct rf_node *node)
{
    if (!node)
        return;
    if (node->thread) {
        struct rf_post stop = {.kind = RF_POST_STOP};
        (void)rf_post_send(&node->control, &stop, NULL);
        (void)pthread_join(node->thread, NULL);
    }
    for (unsigned i = 0; node->places && i < node->config.lanes; i++) {
        close_end(&node->places[i].net_end);
        close_end(&node->places[i].lane_end);
    }
    close_end(&node->control_net);
    close_end(&node->control);
    if (node->zmq)
        while (zmq_ctx_term(node->zmq) != 0 && zmq_errno() == EINTR)
            ;
    for (unsigned i = 0; node->places && i < node->config.lanes; i++) {
        rf_pool_free(node->places[i].buffers);
        rf_secret_free(node->places[i].lifelines,
                       node->config.peer_count * sizeof *node->places[i].lifelines);
    }
    free(node->places);
    SSL_CTX_free(node->tls);
    (void)pthread_mutex_destroy(&node->log_lock);
    free(node);
}
