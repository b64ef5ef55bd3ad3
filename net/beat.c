/* Signs of life. Each link's ends send heartbeats as long as the process runs, whatever its lanes do.
 * They are authenticated with a key that crossed inside TLS, so they count on any connection, also on
 * one whose handshake waits for a lane that computes; and they say how many messages were sent on
 * the connection before, so that the loss of the last one is noticed too. */
#include <blake3.h>
#include <string.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"
#include "net/hub.h"

/* What authenticates a heartbeat: keyed BLAKE3, 16 bytes of it, over "ringfence beat." || from || to ||
 * lane || waiting || count || messages || activity, little-endian, 2 bytes each and 8 for the last three. */
static void make_tag(uint8_t tag[16], const uint8_t key[RF_BEAT_KEY_SIZE], uint16_t from,
                     uint16_t to, uint16_t lane, const struct rf_outer_beat *beat)
{
    enum { LABEL = 15 };
    uint8_t text[LABEL + 3 * 2 + 3 * 8 + 2];
    uint8_t *at = text + LABEL;
    memcpy(text, "ringfence beat.", LABEL);
    const uint16_t place[] = {from, to, lane, beat->waiting};
    for (int i = 0; i < 4; i++, at += 2)
        rf_store16(at, place[i]);
    rf_store64(at, beat->count);
    rf_store64(at + 8, beat->messages);
    rf_store64(at + 16, beat->activity);
    blake3_hasher hasher;
    blake3_hasher_init_keyed(&hasher, key);
    blake3_hasher_update(&hasher, text, sizeof text);
    blake3_hasher_finalize(&hasher, tag, 16);
}

static void send_beat(struct rf_hub *hub, struct rf_connection *connection)
{
    struct rf_hub_link *link = connection->link;
    struct rf_place *place = &hub->node->places[link->lane];
    struct rf_outer_beat beat = {
        .count = ++link->beats_out,
        .messages = connection->messages_out,
        .activity = atomic_load(&place->activity),
        .waiting = (uint16_t)atomic_load(&place->waiting),
    };
    uint8_t bytes[RF_OUTER_BEAT_SIZE];
    make_tag(beat.tag, link->lifeline->our_key, hub->node->config.id, link->config->id,
             (uint16_t)link->lane, &beat);
    rf_outer_put_beat(bytes, &beat);
    rf_hub_send_small(hub, connection, bytes, sizeof bytes);
}

/* Over the link's connection, and over one that shows it comes from the peer but whose handshake is
 * still to be done. */
static void send_beats(struct rf_hub *hub, struct rf_hub_link *link)
{
    if (link->live)
        send_beat(hub, link->live);
    if (link->dialled && link->dialled != link->live)
        send_beat(hub, link->dialled);
    for (int i = 0; i < RF_CANDIDATES; i++)
        if (link->candidates[i] && link->candidates[i]->proved)
            send_beat(hub, link->candidates[i]);
}

void rf_beat_tick(struct rf_hub *hub, struct rf_hub_link *link)
{
    if (!link->keyed || link->done)
        return;
    if (hub->now_ms >= link->beat_due_ms) {
        link->beat_due_ms = hub->now_ms + rf_node_beat_ms(hub->node);
        send_beats(hub, link);
    }
    /* A connection that passes nothing on may stay open: try another. (ZeroMQ's own heartbeats would do
     * that too, but 4.3.4 aborts the process if one is due on a connection that was reset while its
     * input was stopped.) */
    if (link->live && hub->now_ms - link->heard_ms > hub->node->config.silence_ms / 2)
        rf_hub_drop(hub, link->live);
    if (!link->silent && hub->now_ms - link->heard_ms > hub->node->config.silence_ms) {
        link->silent = true;
        rf_hub_post(hub, link, RF_POST_SILENT, 0, NULL);
    }
}

void rf_beat_heard(struct rf_hub *hub, struct rf_hub_link *link)
{
    link->heard_ms = hub->now_ms;
}

void rf_beat_forgive(struct rf_hub *hub, uint64_t gap_ms)
{
    for (size_t i = 0; i < hub->link_count; i++)
        hub->links[i].heard_ms += gap_ms;
}

static bool authentic(struct rf_hub *hub, const struct rf_hub_link *link,
                      const struct rf_outer_beat *beat)
{
    uint8_t tag[16];
    if (!link->keyed || beat->count <= link->beats_in)
        return false;
    make_tag(tag, link->lifeline->their_key, link->config->id, hub->node->config.id,
             (uint16_t)link->lane, beat);
    return rf_secret_equal(tag, beat->tag, sizeof tag);
}

/* The peer has made a new connection: earlier ones that it proved are history. */
static void prove(struct rf_hub *hub, struct rf_connection *connection)
{
    struct rf_hub_link *link = connection->link;
    for (int i = 0; i < RF_CANDIDATES; i++) {
        struct rf_connection *other = link->candidates[i];
        if (other && other != connection && other->proved)
            rf_hub_lost(hub, other, 0, 0);
    }
    connection->proved = true;
}

void rf_beat_receive(struct rf_hub *hub, struct rf_connection *connection, const uint8_t *data,
                     size_t size)
{
    struct rf_hub_link *link = connection->link;
    struct rf_outer_beat beat;
    if (!rf_outer_get_beat(&beat, data, size)) {
        rf_node_stranger(hub->node, "a malformed heartbeat came where %s should be",
                         link->config->member);
        return;
    }
    if (!authentic(hub, link, &beat))
        return; /* from before our lane knew the key, or from somebody else */
    link->beats_in = beat.count;
    rf_beat_heard(hub, link);
    if (!connection->proved)
        prove(hub, connection);
    if (beat.activity != link->activity)
        atomic_store(&link->lifeline->moved_ms, hub->now_ms);
    link->activity = beat.activity;
    atomic_store(&link->lifeline->waiting, beat.waiting);
    if (beat.messages == connection->messages_in)
        return;
    if (connection->live) /* on any other connection it may be a stranger that passes beats on */
        rf_hub_post(hub, link, RF_POST_TAMPERED, connection->number, NULL);
    rf_hub_lost(hub, connection, 0, 0);
}
