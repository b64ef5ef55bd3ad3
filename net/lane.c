#include "net/lane.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/base/secret.h"
#include "net/link.h"

enum {
    SLICE_MS = 1000, /* deadlines are looked at this often */
};

static const struct rf_channel_ops operations;

static struct rf_lane *lane_of(struct rf_channel *channel)
{
    return (struct rf_lane *)channel; /* its first member */
}

static enum rf_rc misuse(struct rf_lane *lane, const char *what)
{
    if (lane->failed == RF_OK)
        lane->failed = RF_E_INTERNAL;
    return rf_err_set(lane->channel.err, RF_E_INTERNAL, "%s, at step %u \"%s\"", what, lane->step,
                      lane->step_name);
}

/* Every operation begins here: @link is the peer's, or the first if there is no such peer. */
static enum rf_rc enter(struct rf_channel *channel, unsigned peer, struct rf_link **link)
{
    struct rf_lane *lane = lane_of(channel);
    *link = lane->links;
    atomic_fetch_add_explicit(&lane->place->activity, 1, memory_order_relaxed);
    if (lane->failed != RF_OK)
        return lane->failed;
    if (peer >= lane->peers)
        return misuse(lane, "there is no such peer");
    *link += peer;
    return RF_OK;
}

/* A lane that waits for the network learns here that another has failed. */
static enum rf_rc look_around(struct rf_lane *lane)
{
    if (!atomic_load_explicit(&lane->node->given_up, memory_order_relaxed))
        return RF_OK;
    return lane->failed = rf_err_set(lane->channel.err, RF_E_ABORT, "another lane failed");
}

/* Acts on everything that the net thread has handed over; waits at most @wait_ms for the first. */
static enum rf_rc pump(struct rf_lane *lane, long wait_ms)
{
    struct rf_post post;
    zmq_msg_t body;
    zmq_pollitem_t item = {.socket = lane->place->lane_end.socket, .events = ZMQ_POLLIN};
    if (wait_ms > 0) {
        (void)zmq_poll(&item, 1, wait_ms);
        if (look_around(lane) != RF_OK)
            return lane->failed;
    }
    while (rf_post_receive(&lane->place->lane_end, &post, &body)) {
        if (post.kind == RF_POST_TLS)
            atomic_fetch_add_explicit(&lane->place->activity, 1, memory_order_relaxed);
        enum rf_rc rc = rf_link_obey(&lane->links[post.peer], &post, &body);
        if (rc != RF_OK)
            return lane->failed = rc;
    }
    return RF_OK;
}

static const char *peer_named(const struct rf_lane *lane, uint32_t id, char out[RF_PEER_TEXT])
{
    const struct rf_node_config *config = &lane->node->config;
    for (size_t i = 0; i < config->peer_count; i++)
        if (config->peers[i].id == id)
            return rf_node_peer_text(&config->peers[i], out);
    (void)snprintf(out, RF_PEER_TEXT, id == config->id ? "us" : "node %u", id);
    return out;
}

/* A peer that lives must get on. */
static enum rf_rc stalled(struct rf_link *link, const char *what)
{
    char name[RF_PEER_TEXT];
    const struct rf_lane *lane = link->lane;
    double seconds = lane->node->config.progress_ms / 1000.0;
    uint32_t waits = atomic_load(&link->lifeline->waiting);
    if (waits == RF_OUTER_NOBODY)
        return rf_link_fail(link, RF_E_PEER, "lives but has %s for %g s (it computes, or is stuck)",
                            what, seconds);
    return rf_link_fail(link, RF_E_PEER, "lives but has %s for %g s (it waits for %s)", what,
                        seconds, peer_named(lane, waits, name));
}

/* One turn of waiting for a peer. @since: when the wait began; 0 before its first turn. */
static enum rf_rc wait_turn(struct rf_link *link, uint64_t *since, const char *what)
{
    struct rf_lane *lane = link->lane;
    uint64_t now = rf_clock_ms(), limit = lane->node->config.progress_ms;
    uint64_t moved = atomic_load(&link->lifeline->moved_ms);
    if (*since == 0)
        *since = now;
    if (moved < *since)
        moved = *since;
    if (moved < link->moved_ms)
        moved = link->moved_ms;
    if (now >= moved + limit)
        return stalled(link, what);
    uint64_t left = moved + limit - now;
    atomic_store_explicit(&lane->place->waiting, link->config->id, memory_order_relaxed);
    enum rf_rc rc = pump(lane, left < SLICE_MS ? (long)left : SLICE_MS);
    atomic_store_explicit(&lane->place->waiting, RF_OUTER_NOBODY, memory_order_relaxed);
    return rc;
}

static enum rf_rc wait_for_window(struct rf_link *link)
{
    enum rf_rc rc = RF_OK;
    uint64_t since = 0;
    while (!rf_outbox_open(link))
        RF_TRY(wait_turn(link, &since, "taken nothing"));
done:
    return rc;
}

static enum rf_rc take_buffer(struct rf_link *link, uint8_t **out)
{
    enum rf_rc rc;
    RF_TRY(wait_for_window(link));
    *out = rf_pool_take(link->lane->frames);
    if (!*out)
        rc = rf_link_fail(link, RF_E_MEMORY, "cannot be sent to: no memory for a frame");
done:
    return rc;
}

static enum rf_rc lane_reserve(struct rf_channel *channel, unsigned peer, uint8_t **buffer,
                               size_t *room)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    if (!link->filling) {
        RF_TRY(pump(link->lane, 0));
        RF_TRY(take_buffer(link, &link->filling));
        link->filled = 0;
    }
    *buffer = link->filling + RF_FRAME_HEADER + link->filled;
    *room = RF_FRAME_PAYLOAD - link->filled;
done:
    return rc;
}

/* Sends the frame that is being filled. */
static enum rf_rc send_filled(struct rf_link *link, enum rf_frame_kind kind)
{
    struct rf_lane *lane = link->lane;
    enum rf_rc rc;
    RF_TRY(wait_for_window(link));
    uint8_t *bytes = link->filling;
    link->filling = NULL;
    lane->channel.traffic.bytes_sent += link->filled;
    lane->channel.traffic.frames_sent++;
    rc = rf_outbox_send(link, bytes, kind, link->writing_step, link->filled);
done:
    return rc;
}

static enum rf_rc lane_commit(struct rf_channel *channel, unsigned peer, size_t used)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    if (!link->filling || used > RF_FRAME_PAYLOAD - link->filled)
        RF_TRY(misuse(link->lane, "more was committed than reserved"));
    if (used > 0 && !link->writing) {
        link->writing = true;
        link->writing_step = link->lane->step;
    }
    link->filled += used;
    if (link->filled == RF_FRAME_PAYLOAD)
        rc = send_filled(link, RF_FRAME_DATA);
done:
    return rc;
}

static enum rf_rc lane_flush(struct rf_channel *channel, unsigned peer)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    RF_TRY(pump(link->lane, 0));
    if (!link->writing)
        goto done;
    if (!link->filling) { /* the message ended with a full frame: an empty one says so */
        RF_TRY(take_buffer(link, &link->filling));
        link->filled = 0;
    }
    RF_TRY(send_filled(link, RF_FRAME_DATA_LAST));
    link->writing = false;
    channel->traffic.messages_sent++;
done:
    return rc;
}

static enum rf_rc lane_want(struct rf_channel *channel, unsigned peer, void *destination,
                            size_t size)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    rc = rf_intake_want(&link->intake, destination, size, link->lane->step);
    if (rc == RF_E_CHEAT)
        RF_TRY(rf_link_fail(link, rc, "ended a message before all its bytes were sent"));
    if (rc != RF_OK)
        RF_TRY(rf_link_fail(link, rc, "sends, but there is no memory to want more"));
    rc = rf_link_settle(link);
done:
    return rc;
}

static enum rf_rc lane_want_end(struct rf_channel *channel, unsigned peer)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    rc = rf_intake_want_end(&link->intake, link->lane->step, channel->traffic.rounds);
    if (rc != RF_OK)
        RF_TRY(rf_link_fail(link, rc, "sends, but there is no memory to want more"));
    const struct rf_due *due = rf_intake_due(&link->intake);
    if (due && due->ended && due->last)
        RF_TRY(rf_link_fail(link, RF_E_CHEAT, "ended a message before all its bytes were sent"));
    rc = rf_link_settle(link);
done:
    return rc;
}

/* A message asked for when so many rounds had passed completes one round later, whether or not it
 * happens to be there already: a figure that depends on the protocol, not on timing. */
static void count_round(struct rf_lane *lane, uint64_t asked)
{
    if (asked + 1 > lane->channel.traffic.rounds)
        lane->channel.traffic.rounds = asked + 1;
}

static enum rf_rc lane_wait(struct rf_channel *channel, unsigned peer)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    bool complete;
    uint64_t since = 0;
    RF_TRY(enter(channel, peer, &link));
    if (!rf_intake_waitable(&link->intake, &complete))
        RF_TRY(misuse(link->lane, "waits for a message that was not asked for"));
    RF_TRY(pump(link->lane, 0));
    while (rf_intake_waitable(&link->intake, &complete) && !complete)
        RF_TRY(wait_turn(link, &since, "sent nothing due"));
    count_round(link->lane, rf_intake_waited(&link->intake));
done:
    return rc;
}

static enum rf_rc lane_control_send(struct rf_channel *channel, unsigned peer, const void *data,
                                    size_t size)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    RF_TRY(enter(channel, peer, &link));
    if (link->writing)
        RF_TRY(misuse(link->lane, "a control message inside an unfinished message"));
    if (size > RF_CONTROL_MAX)
        RF_TRY(misuse(link->lane, "a control message over RF_CONTROL_MAX bytes"));
    RF_TRY(pump(link->lane, 0));
    RF_TRY(take_buffer(link, &bytes));
    if (size > 0)
        memcpy(bytes + RF_FRAME_HEADER, data, size);
    channel->traffic.bytes_sent += size;
    channel->traffic.frames_sent++;
    channel->traffic.messages_sent++;
    rc = rf_outbox_send(link, bytes, RF_FRAME_CONTROL, link->lane->step, size);
done:
    return rc;
}

/* The oldest parked frame if every message asked for before has come, else NULL. */
static const struct rf_parked *next_control(struct rf_link *link)
{
    return rf_intake_due(&link->intake) ? NULL : rf_intake_parked(&link->intake);
}

static enum rf_rc take_control(struct rf_link *link, const struct rf_parked *frame, uint8_t **data,
                               size_t *size)
{
    enum rf_rc rc;
    uint8_t *copy = NULL;
    if (frame->header.kind <= RF_FRAME_DATA_LAST)
        RF_TRY(rf_link_fail(link, RF_E_CHEAT, "sent bulk bytes where a control message was due"));
    if (frame->header.kind != RF_FRAME_CONTROL)
        RF_TRY(rf_link_fail(link, RF_E_CHEAT, "closed the link where a control message was due"));
    /* Processes of different roles count different steps; a control message says what it is. */
    RF_TRY(rf_link_current(link, &frame->header, frame->header.step));
    *size = frame->header.length;
    copy = rf_secret_alloc(*size);
    if (!copy) {
        rc = rf_link_fail(link, RF_E_MEMORY, "sends, but there is no memory for its message");
        goto done;
    }
    memcpy(copy, frame->bytes + RF_FRAME_HEADER, *size);
    *data = copy;
    rc = rf_link_consume(link);
done:
    return rc;
}

static enum rf_rc lane_control_receive(struct rf_channel *channel, unsigned peer, uint8_t **data,
                                       size_t *size)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    uint64_t since = 0;
    const struct rf_parked *frame;
    *data = NULL;
    *size = 0;
    RF_TRY(enter(channel, peer, &link));
    if (rf_intake_asking(&link->intake))
        RF_TRY(misuse(link->lane, "a control message inside an unfinished message"));
    count_round(link->lane, channel->traffic.rounds);
    RF_TRY(pump(link->lane, 0));
    while ((frame = next_control(link)) == NULL)
        RF_TRY(wait_turn(link, &since, "sent nothing due"));
    rc = take_control(link, frame, data, size);
done:
    return rc;
}

static void set_step(struct rf_lane *lane, uint32_t step, const char *name)
{
    lane->step = step;
    (void)snprintf(lane->step_name, sizeof lane->step_name, "%s", name);
}

static enum rf_rc lane_step(struct rf_channel *channel, const char *name)
{
    struct rf_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, 0, &link));
    set_step(link->lane, link->lane->step + 1, name);
    rc = pump(link->lane, 0);
done:
    return rc;
}

static const struct rf_channel_ops operations = {
    .reserve = lane_reserve,
    .commit = lane_commit,
    .flush = lane_flush,
    .want = lane_want,
    .want_end = lane_want_end,
    .wait = lane_wait,
    .control_send = lane_control_send,
    .control_receive = lane_control_receive,
    .step = lane_step,
};

struct rf_channel *rf_lane_channel(struct rf_lane *lane)
{
    return &lane->channel;
}

/* Frees the lane; its links get no more attention from the net thread but what is under way. */
static void lane_free(struct rf_lane *lane)
{
    for (size_t i = 0; lane->links && i < lane->peers; i++) {
        if (lane->links[i].lane)
            rf_link_post(&lane->links[i], RF_POST_DONE, 0, NULL);
        rf_link_fini(&lane->links[i]);
    }
    free(lane->links);
    rf_pool_free(lane->frames);
    rf_secret_wipe(lane, sizeof *lane);
    free(lane);
}

/* Frames of one link: sent and parked a window each, one being filled, one being read. */
static size_t frames_of(const struct rf_node_config *config)
{
    return config->peer_count * (2 * (size_t)config->window_frames + 2);
}

static enum rf_rc make_links(struct rf_lane *lane)
{
    const struct rf_node_config *config = &lane->node->config;
    enum rf_rc rc = RF_OK;
    lane->frames = rf_pool_new(RF_FRAME_SIZE, frames_of(config));
    lane->links = calloc(lane->peers, sizeof *lane->links);
    if (!lane->frames || !lane->links)
        RF_TRY(RF_E_MEMORY);
    if (RAND_bytes(lane->instance, sizeof lane->instance) != 1)
        RF_TRY(RF_E_CRYPTO);
    for (unsigned i = 0; i < lane->peers; i++) {
        struct rf_lifeline *lifeline = &lane->place->lifelines[i];
        if (RAND_bytes(lifeline->our_key, sizeof lifeline->our_key) != 1)
            RF_TRY(RF_E_CRYPTO);
        RF_TRY(rf_link_init(&lane->links[i], lane, i));
    }
done:
    if (rc != RF_OK)
        (void)rf_err_set(lane->channel.err, rc, "no memory, or no randomness, for a lane");
    return rc;
}

static struct rf_link *first_missing(struct rf_lane *lane)
{
    for (size_t i = 0; i < lane->peers; i++)
        if (!lane->links[i].was_up)
            return &lane->links[i];
    return NULL;
}

/* Whoever was refused is the reason; others may have gone because of that. */
static struct rf_link *first_refused(struct rf_lane *lane)
{
    for (size_t i = 0; i < lane->peers; i++)
        if (!lane->links[i].was_up && lane->links[i].refusal[0])
            return &lane->links[i];
    return NULL;
}

static enum rf_rc not_come(struct rf_lane *lane)
{
    struct rf_link *refused = first_refused(lane);
    const struct rf_link *link = refused ? refused : first_missing(lane);
    double seconds = lane->node->config.connect_ms / 1000.0;
    lane->failed = RF_E_PEER;
    if (link->refusal[0]) {
        return rf_err_set(lane->channel.err, RF_E_PEER,
                          "%s did not come within %g s; last refusal: %s", link->name, seconds,
                          link->refusal);
    }
    return rf_err_set(lane->channel.err, RF_E_PEER, "%s did not come within %g s", link->name,
                      seconds);
}

static enum rf_rc wait_for_peers(struct rf_lane *lane)
{
    enum rf_rc rc = RF_OK;
    uint64_t now, until = rf_clock_ms() + lane->node->config.connect_ms;
    lane->opening = true;
    while (first_missing(lane)) {
        now = rf_clock_ms();
        if (now >= until)
            RF_TRY(not_come(lane));
        RF_TRY(pump(lane, until - now < SLICE_MS ? (long)(until - now) : SLICE_MS));
    }
    lane->opening = false;
done:
    return rc;
}

enum rf_rc rf_lane_open(struct rf_lane **out, struct rf_node *node, unsigned index,
                        struct rf_err *err)
{
    enum rf_rc rc;
    *out = NULL;
    if (index >= node->config.lanes || atomic_exchange(&node->places[index].taken, true))
        return rf_err_set(err, RF_E_ARG, "there is no lane %u, or it was opened before", index);
    struct rf_lane *lane = calloc(1, sizeof *lane);
    if (!lane)
        return rf_err_set(err, RF_E_MEMORY, "no memory for a lane");
    lane->channel.ops = &operations;
    lane->channel.err = err;
    lane->node = node;
    lane->place = &node->places[index];
    lane->index = index;
    lane->peers =
        index && node->config.lane_peers ? node->config.lane_peers : node->config.peer_count;
    set_step(lane, 0, "opening links");
    RF_TRY(make_links(lane));
    RF_TRY(wait_for_peers(lane));
    *out = lane;
    return RF_OK;
done:
    rf_lane_abort(lane, err ? err->text : "no links");
    return rc;
}

enum rf_rc rf_lane_session(struct rf_lane *lane, const uint8_t session[RF_SESSION_SIZE],
                           uint32_t epoch, const uint8_t (*secret)[32])
{
    const struct rf_node_config *config = &lane->node->config;
    enum rf_rc rc = lane->failed;
    if (rc != RF_OK)
        return rc;
    for (size_t i = 0; i < lane->peers; i++)
        if (lane->links[i].writing || rf_intake_due(&lane->links[i].intake))
            return misuse(lane, "a session cannot begin inside a message");
    memcpy(lane->session, session, RF_SESSION_SIZE);
    lane->epoch = epoch;
    for (size_t i = 0; config->chain && i < lane->peers; i++) {
        struct rf_link *link = &lane->links[i];
        RF_TRY(rf_chain_start(&link->out, config->manifest_hash, session, epoch, secret[i],
                              lane->channel.err));
        RF_TRY(rf_chain_start(&link->in, config->manifest_hash, session, epoch, secret[i],
                              lane->channel.err));
        rf_chain_watch(&link->out, config->sink, false);
        rf_chain_watch(&link->in, config->sink, true);
    }
done:
    return rc;
}

void rf_lane_frames(const struct rf_lane *lane, unsigned peer, uint64_t *sent, uint64_t *received)
{
    *sent = lane->links[peer].out.frames;
    *received = lane->links[peer].in.frames;
}

void rf_lane_chain(const struct rf_lane *lane, unsigned peer, uint8_t sent[RF_CHAIN_SIZE],
                   uint8_t received[RF_CHAIN_SIZE])
{
    memcpy(sent, lane->links[peer].out.head, RF_CHAIN_SIZE);
    memcpy(received, lane->links[peer].in.head, RF_CHAIN_SIZE);
}

/* The first link that has not ended, or NULL. */
static enum rf_rc closing_turn(struct rf_lane *lane, struct rf_link **open)
{
    enum rf_rc rc = RF_OK;
    *open = NULL;
    for (size_t i = 0; i < lane->peers; i++) {
        bool ended;
        RF_TRY(rf_closing_turn(&lane->links[i], &ended));
        if (!ended && !*open)
            *open = &lane->links[i];
    }
done:
    return rc;
}

static enum rf_rc close_links(struct rf_lane *lane)
{
    enum rf_rc rc = lane->failed;
    struct rf_link *open;
    uint64_t since = 0;
    if (rc != RF_OK)
        return rc;
    for (size_t i = 0; i < lane->peers; i++)
        if (lane->links[i].writing || rf_intake_due(&lane->links[i].intake))
            return misuse(lane, "a lane cannot be closed inside a message");
    lane->closing = true;
    for (;;) {
        RF_TRY(closing_turn(lane, &open));
        if (!open)
            break;
        RF_TRY(wait_turn(open, &since, "not closed its link"));
    }
done:
    return rc;
}

enum rf_rc rf_lane_close(struct rf_lane *lane)
{
    enum rf_rc rc = close_links(lane);
    if (rc == RF_OK)
        lane_free(lane);
    else
        rf_lane_abort(lane, lane->channel.err ? lane->channel.err->text : rf_rc_name(rc));
    return rc;
}

void rf_lane_abort(struct rf_lane *lane, const char *reason)
{
    if (!lane)
        return;
    for (size_t i = 0; lane->links && i < lane->peers; i++) {
        struct rf_link *link = &lane->links[i];
        if (link->lane && link->live.tls)
            rf_outbox_abort(link, &link->live, reason ? reason : "no reason given");
    }
    lane_free(lane);
}
