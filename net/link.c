#include "net/link.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/base/secret.h"

enum rf_rc rf_link_fail(struct rf_link *link, enum rf_rc rc, const char *format, ...)
{
    struct rf_lane *lane = link->lane;
    char text[RF_REASON_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (lane->failed == RF_OK)
        lane->failed = rc;
    return rf_err_set(lane->channel.err, rc, "%s %s, at step %u \"%s\"", link->name, text,
                      lane->step, lane->step_name);
}

enum rf_rc rf_link_init(struct rf_link *link, struct rf_lane *lane, unsigned peer)
{
    const struct rf_node_config *config = &lane->node->config;
    enum rf_rc rc;
    *link = (struct rf_link){
        .lane = lane,
        .peer = peer,
        .config = &config->peers[peer],
        .lifeline = &lane->place->lifelines[peer],
        .room = config->window_frames,
        .window = config->window_frames,
        .next = 1,
        .moved_ms = rf_clock_ms(),
    };
    (void)rf_node_peer_text(link->config, link->name);
    uint16_t index = (uint16_t)lane->index, us = config->id, them = link->config->id;
    RF_TRY(rf_chain_init(&link->out, us, them, index, lane->channel.err));
    RF_TRY(rf_chain_init(&link->in, them, us, index, lane->channel.err));
    RF_TRY(rf_intake_init(&link->intake, link->room, lane->frames));
    link->sent = calloc(link->room, sizeof *link->sent);
    rc = link->sent ? RF_OK : RF_E_MEMORY;
done:
    return rc;
}

void rf_link_fini(struct rf_link *link)
{
    if (!link->lane)
        return;
    rf_tls_free(link->live.tls);
    for (int i = 0; i < RF_CANDIDATES; i++)
        rf_tls_free(link->candidates[i].tls);
    for (size_t i = 0; link->sent && i < link->room; i++)
        rf_pool_give(link->lane->frames, link->sent[i].bytes);
    rf_pool_give(link->lane->frames, link->filling);
    free(link->sent);
    rf_intake_fini(&link->intake);
    rf_chain_fini(&link->out);
    rf_chain_fini(&link->in);
    rf_secret_wipe(link, sizeof *link);
}

void rf_link_post(struct rf_link *link, enum rf_post_kind kind, uint64_t connection,
                  zmq_msg_t *body)
{
    struct rf_post post = {
        .kind = (uint8_t)kind, .peer = (uint16_t)link->peer, .connection = connection};
    (void)rf_post_send(&link->lane->place->lane_end, &post, body);
}

void rf_link_flush(struct rf_link *link, struct rf_tls_session *session)
{
    zmq_msg_t message;
    if (rf_tls_take(session->tls, &message))
        rf_link_post(link, RF_POST_TLS, session->connection, &message);
}

static void end_session(struct rf_tls_session *session)
{
    rf_tls_free(session->tls);
    *session = (struct rf_tls_session){0};
}

void rf_link_drop(struct rf_link *link, struct rf_tls_session *session)
{
    rf_link_flush(link, session);
    rf_link_post(link, RF_POST_DROP, session->connection, NULL);
    end_session(session);
}

static struct rf_tls_session *find(struct rf_link *link, uint64_t connection)
{
    if (link->live.tls && link->live.connection == connection)
        return &link->live;
    for (int i = 0; i < RF_CANDIDATES; i++)
        if (link->candidates[i].tls && link->candidates[i].connection == connection)
            return &link->candidates[i];
    return NULL;
}

/* A connection that came to us shows itself by its first TLS message. One from before the connection
 * that is the link now is history. */
static struct rf_tls_session *admit(struct rf_link *link, uint64_t connection)
{
    if (link->live.tls && connection < link->live.connection)
        return NULL;
    for (int i = 0; i < RF_CANDIDATES; i++) {
        struct rf_tls_session *session = &link->candidates[i];
        if (session->tls)
            continue;
        session->tls = rf_tls_new(link->lane->node->tls, RF_TLS_LISTENS, link->config->member,
                                  link->lane->place->buffers);
        session->connection = connection;
        session->dialled = false;
        if (!session->tls)
            return NULL;
        rf_tls_pin(session->tls, link->config->fingerprint);
        return session;
    }
    return NULL;
}

/* Something on a connection is not as it must be. On the link itself that ends the lane; a connection
 * that has not proved anything is only dropped. */
static enum rf_rc broken(struct rf_link *link, struct rf_tls_session *session, const char *what)
{
    rf_link_flush(link, session);
    if (session == &link->live)
        return rf_link_fail(link, RF_E_CHEAT, "%s", what);
    rf_node_stranger(link->lane->node, "a connection that claims to be %s %s: dropped", link->name,
                     what);
    rf_link_drop(link, session);
    return RF_OK;
}

static enum rf_rc broken_tls(struct rf_link *link, struct rf_tls_session *session,
                             enum rf_tls_result result)
{
    char what[RF_REFUSAL_MAX + 40];
    if (result == RF_TLS_MORE)
        return broken(link, session, "sent a frame that is cut short");
    if (session != &link->live)
        return rf_greet_failed(link, session);
    if (rf_tls_alerted(session->tls))
        return rf_link_fail(link, RF_E_PEER, "ended the TLS session: %s",
                            rf_tls_reason(session->tls));
    (void)snprintf(what, sizeof what, "sent a TLS record that fails: %s",
                   rf_tls_reason(session->tls));
    return broken(link, session, what);
}

enum rf_rc rf_link_current(struct rf_link *link, const struct rf_frame_header *header,
                           uint32_t step)
{
    const struct rf_lane *lane = link->lane;
    if (!rf_secret_equal(header->session, lane->session, RF_SESSION_SIZE) ||
        header->epoch != lane->epoch)
        return rf_link_fail(link, RF_E_CHEAT, "sent a frame of another session (epoch %u)",
                            header->epoch);
    if (header->step != step)
        return rf_link_fail(link, RF_E_CHEAT, "is at step %u where we are at %u", header->step,
                            step);
    return RF_OK;
}

/* A frame has been put where it was wanted. */
static enum rf_rc consumed(struct rf_link *link, const struct rf_frame_header *header)
{
    link->consumed = header->sequence;
    link->lane->channel.traffic.bytes_received += header->length;
    rf_outbox_ack(link, false);
    return RF_OK;
}

static enum rf_rc chain_parked(struct rf_link *link, const struct rf_parked *frame)
{
    rf_chain_begin(&link->in, frame->bytes);
    rf_chain_add(&link->in, frame->bytes + RF_FRAME_HEADER, frame->header.length);
    return rf_chain_end(&link->in, link->lane->channel.err);
}

enum rf_rc rf_link_consume(struct rf_link *link)
{
    struct rf_parked *frame = rf_intake_parked(&link->intake);
    struct rf_frame_header header = frame->header;
    enum rf_rc rc = RF_OK;
    if (header.kind == RF_FRAME_CONTROL)
        RF_TRY(chain_parked(link, frame));
    else
        header.length = 0; /* links' own frames are not traffic */
    rf_intake_unpark(&link->intake);
    rc = consumed(link, &header);
done:
    return rc;
}

static enum rf_rc place_parked(struct rf_link *link, struct rf_parked *frame)
{
    struct rf_frame_header header = frame->header;
    const uint8_t *from = frame->bytes + RF_FRAME_HEADER;
    size_t left = header.length;
    enum rf_rc rc;
    RF_TRY(chain_parked(link, frame));
    while (left > 0) {
        size_t size;
        uint8_t *to = rf_intake_spot(&link->intake, left, &size);
        memcpy(to, from, size);
        rf_intake_filled(&link->intake, size);
        from += size;
        left -= size;
    }
    rf_intake_frame_done(&link->intake, &header);
    rf_intake_unpark(&link->intake);
    rc = consumed(link, &header);
done:
    return rc;
}

enum rf_rc rf_link_settle(struct rf_link *link)
{
    enum rf_rc rc = RF_OK;
    struct rf_due *due;
    struct rf_parked *frame;
    while ((due = rf_intake_due(&link->intake)) && (frame = rf_intake_parked(&link->intake))) {
        const char *why = NULL;
        if (frame->header.kind == RF_FRAME_CONTROL && !due->last)
            return rf_link_fail(link, RF_E_CHEAT,
                                "sent a control message where bytes of a message were due");
        if (frame->header.kind > RF_FRAME_DATA_LAST && !due->last)
            return rf_link_fail(link, RF_E_CHEAT,
                                "closed the link while bytes of a message were due");
        enum rf_meeting meeting = rf_intake_meet(&link->intake, &frame->header, &why);
        if (meeting == RF_MEETS_LATER)
            break;
        if (meeting == RF_MEETS_NOT)
            return rf_link_fail(link, RF_E_CHEAT, "%s", why);
        RF_TRY(rf_link_current(link, &frame->header, due->step));
        RF_TRY(place_parked(link, frame));
    }
done:
    return rc;
}

/* May a frame be decrypted straight to where it is wanted? If anything is odd about it, it is parked,
 * and the odd is found when its turn comes. */
static bool is_direct(struct rf_link *link, const struct rf_frame_header *header)
{
    const char *why;
    const struct rf_lane *lane = link->lane;
    const struct rf_due *due = rf_intake_due(&link->intake);
    return header->kind <= RF_FRAME_DATA_LAST && due && !rf_intake_parked(&link->intake) &&
           header->step == due->step && header->epoch == lane->epoch &&
           rf_secret_equal(header->session, lane->session, RF_SESSION_SIZE) &&
           rf_intake_meet(&link->intake, header, &why) == RF_MEETS;
}

static enum rf_rc take_direct(struct rf_link *link, const struct rf_frame_header *header,
                              const uint8_t *bytes)
{
    struct rf_tls *tls = link->live.tls;
    size_t left = header->length;
    enum rf_rc rc;
    rf_chain_begin(&link->in, bytes);
    while (left > 0) {
        size_t room, got;
        uint8_t *spot = rf_intake_spot(&link->intake, left, &room);
        enum rf_tls_result result = rf_tls_read_some(tls, spot, room, &got);
        if (result != RF_TLS_DONE)
            return broken_tls(link, &link->live, result);
        rf_chain_add(&link->in, spot, got);
        rf_intake_filled(&link->intake, got);
        left -= got;
    }
    RF_TRY(rf_chain_end(&link->in, link->lane->channel.err));
    rf_intake_frame_done(&link->intake, header);
    rc = consumed(link, header);
done:
    return rc;
}

/* Reads a frame's payload into a buffer of the pool, behind its header. */
static enum rf_rc read_payload(struct rf_link *link, const struct rf_frame_header *header,
                               const uint8_t *bytes, uint8_t **out)
{
    size_t got;
    uint8_t *buffer = *out = rf_pool_take(link->lane->frames);
    if (!buffer)
        return rf_link_fail(link, RF_E_MEMORY, "sends, but there is no memory for a frame");
    memcpy(buffer, bytes, RF_FRAME_HEADER);
    enum rf_tls_result result =
        rf_tls_read(link->live.tls, buffer + RF_FRAME_HEADER, header->length, &got);
    return result == RF_TLS_DONE ? RF_OK : broken_tls(link, &link->live, result);
}

static enum rf_rc take_parked(struct rf_link *link, const struct rf_frame_header *header,
                              const uint8_t *bytes)
{
    uint8_t *buffer = NULL;
    enum rf_rc rc;
    RF_TRY(read_payload(link, header, bytes, &buffer));
    if (!rf_intake_park(&link->intake, header, buffer))
        RF_TRY(rf_link_fail(link, RF_E_CHEAT, "sent more frames than its window allows"));
    buffer = NULL;
    rc = rf_link_settle(link);
done:
    rf_pool_give(link->lane->frames, buffer);
    return rc;
}

/* A frame that came before, on the connection before: nothing to do but to read past it. */
static enum rf_rc skip_duplicate(struct rf_link *link, const struct rf_frame_header *header,
                                 const uint8_t *bytes)
{
    uint8_t *buffer = NULL;
    enum rf_rc rc = read_payload(link, header, bytes, &buffer);
    rf_pool_give(link->lane->frames, buffer);
    return rc;
}

static enum rf_rc take_sequenced(struct rf_link *link, const struct rf_frame_header *header,
                                 const uint8_t *bytes)
{
    if (header->sequence <= link->received)
        return skip_duplicate(link, header, bytes);
    if (header->sequence != link->received + 1) {
        return rf_link_fail(link, RF_E_CHEAT, "sent frame %llu where frame %llu was due",
                            (unsigned long long)header->sequence,
                            (unsigned long long)link->received + 1);
    }
    if (header->sequence - link->consumed > link->room)
        return rf_link_fail(link, RF_E_CHEAT, "sent more frames than its window allows");
    link->received = header->sequence;
    link->moved_ms = rf_clock_ms();
    return is_direct(link, header) ? take_direct(link, header, bytes)
                                   : take_parked(link, header, bytes);
}

#define GAVE_UP "gave up at step "

/* Who gives up because another did sends on what it was told, and by whom it was told. What a peer says of others is
 * never said in our name, and nobody who said so is left out: one of them may have made it up. */
static bool speaks_of_another(const char *reason)
{
    const char *gave_up = strstr(reason, " " GAVE_UP);
    return gave_up && (size_t)(gave_up - reason) < strcspn(reason, ":");
}

static enum rf_rc take_abort(struct rf_link *link, const uint8_t *payload, size_t size)
{
    struct rf_notice_abort notice;
    struct rf_lane *lane = link->lane;
    struct rf_err err = {0};
    if (rf_notice_get_abort(&notice, payload, size, &err) != RF_OK)
        return rf_link_fail(link, RF_E_CHEAT, "sent a %s", err.text);
    if (lane->failed == RF_OK)
        lane->failed = RF_E_PEER;
    if (speaks_of_another(notice.reason))
        return rf_err_set(lane->channel.err, RF_E_PEER, "%s says that %s", link->name,
                          notice.reason);
    return rf_err_set(lane->channel.err, RF_E_PEER, "%s " GAVE_UP "%u \"%s\": %s", link->name,
                      notice.step, notice.name, notice.reason);
}

/* A frame that belongs to its connection, not to the link's stream. */
static enum rf_rc take_notice(struct rf_link *link, struct rf_tls_session *session,
                              const struct rf_frame_header *header, bool *alive)
{
    uint8_t payload[RF_NOTICE_MAX];
    size_t got;
    if (header->length > sizeof payload)
        return broken(link, session, "sent a notice that is too long");
    enum rf_tls_result result = rf_tls_read(session->tls, payload, header->length, &got);
    if (result != RF_TLS_DONE)
        return broken_tls(link, session, result);
    if (session != &link->live)
        return rf_greet_frame(link, session, header, payload, alive);
    if (header->kind == RF_FRAME_ABORT)
        return take_abort(link, payload, header->length);
    return rf_link_fail(link, RF_E_CHEAT, "said hello twice");
}

static enum rf_rc take_frame(struct rf_link *link, struct rf_tls_session *session,
                             const uint8_t bytes[RF_FRAME_HEADER], bool *alive)
{
    struct rf_frame_header header;
    struct rf_err err = {0};
    enum rf_rc rc;
    const struct rf_lane *lane = link->lane;
    if (rf_frame_decode(&header, bytes, &err) != RF_OK) {
        rf_err_prefix(&err, "sent a wrong frame");
        return broken(link, session, err.text);
    }
    if (header.from != link->config->id || header.to != lane->node->config.id ||
        header.lane != lane->index)
        return broken(link, session, "sent a frame meant for another link");
    if (header.kind == RF_FRAME_HELLO || header.kind == RF_FRAME_ABORT)
        return take_notice(link, session, &header, alive);
    if (session != &link->live)
        return broken(link, session, "sent something else before its hello");
    RF_TRY(rf_outbox_acked(link, header.ack));
    if (rf_frame_sequenced(header.kind))
        rc = take_sequenced(link, &header, bytes);
done:
    return rc;
}

/* All frames of the message that was fed. The session may end or become the link on the way. */
static enum rf_rc take_frames(struct rf_link *link, uint64_t connection)
{
    enum rf_rc rc = RF_OK;
    struct rf_tls_session *session;
    while (rc == RF_OK && (session = find(link, connection)) != NULL) {
        uint8_t bytes[RF_FRAME_HEADER];
        size_t got;
        bool alive = true;
        enum rf_tls_result result = rf_tls_read(session->tls, bytes, sizeof bytes, &got);
        if (result == RF_TLS_MORE && got == 0)
            break;
        rc = result == RF_TLS_DONE ? take_frame(link, session, bytes, &alive)
                                   : broken_tls(link, session, result);
        if (!alive)
            break;
    }
    return rc;
}

static enum rf_rc take_tls(struct rf_link *link, uint64_t connection, zmq_msg_t *body)
{
    const uint8_t *data = zmq_msg_data(body);
    size_t size = zmq_msg_size(body);
    enum rf_rc rc = RF_OK;
    struct rf_tls_session *session = find(link, connection);
    if (!session && !link->config->dial)
        session = admit(link, connection);
    if (!session)
        return RF_OK; /* of a connection that was dropped in the meantime */
    if (!rf_outer_records_whole(data, size))
        return broken(link, session, "sent a message that is cut short");
    rf_tls_feed(session->tls, data + RF_OUTER_PREFIX, size - RF_OUTER_PREFIX);
    if (rf_greet_handshake(link, session, &rc))
        rc = take_frames(link, connection);
    session = find(link, connection);
    if (session && rc == RF_OK)
        rf_link_flush(link, session);
    return rc;
}

static enum rf_rc lost(struct rf_link *link, const struct rf_post *post)
{
    struct rf_tls_session *session = find(link, post->connection);
    if (session)
        end_session(session);
    return post->code ? rf_greet_turned_away(link, post->code, post->version) : RF_OK;
}

static enum rf_rc silent(struct rf_link *link)
{
    double seconds = link->lane->node->config.silence_ms / 1000.0;
    if (link->close_heard)
        return RF_OK; /* it had all it needed, and left: closing.c sees that the link is down */
    if (!link->live.tls && link->refusal[0])
        return rf_link_fail(link, RF_E_PEER, "silent for %g s (last refusal: %s)", seconds,
                            link->refusal);
    return rf_link_fail(link, RF_E_PEER, "silent for %g s", seconds);
}

enum rf_rc rf_link_obey(struct rf_link *link, const struct rf_post *post, zmq_msg_t *body)
{
    enum rf_rc rc = RF_OK;
    size_t size = zmq_msg_size(body);
    switch (post->kind) {
    case RF_POST_TLS:
        rc = take_tls(link, post->connection, body);
        if (post->code)
            atomic_fetch_sub(&link->lifeline->unproved, rf_place_weight(size));
        else
            atomic_fetch_sub(&link->lifeline->queued, size);
        break;
    case RF_POST_UP:
        rc = rf_greet_start(link, post->connection);
        break;
    case RF_POST_GONE:
        rc = lost(link, post);
        break;
    case RF_POST_SILENT:
        link->silent = true;
        rc = silent(link);
        break;
    case RF_POST_TAMPERED:
        if (link->live.tls && link->live.connection == post->connection)
            rc = rf_link_fail(link, RF_E_CHEAT,
                              "sent messages that did not arrive, or not as many as did");
        break;
    case RF_POST_OVERRUN:
        rc = rf_link_fail(link, RF_E_CHEAT, "sent more frames than its window allows");
        break;
    default:
        rc = rf_link_fail(link, RF_E_INTERNAL, "cannot be sent to: ZeroMQ is at its mark");
    }
    (void)zmq_msg_close(body);
    return rc;
}
