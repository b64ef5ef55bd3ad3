/* What comes is played, and what goes is compared, frame by frame. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/frame.h"
#include "party/audit/replay_inside.h"
#include "party/run/message.h"

enum { SAID_IN_CHECKPOINT = 2 }; /* to each peer: a claim, a signature */

static const struct rf_pieces_place unknown;

static const char *name_of(const struct rf_replay_lane *lane, unsigned peer)
{
    return lane->peer[peer].name;
}

static unsigned peer_of(const struct rf_replay_lane *lane, unsigned id)
{
    unsigned peer = 0;
    while (peer < lane->peers && lane->peer[peer].id != id)
        peer++;
    return peer;
}

void rf_replay_links(struct rf_replay_lane *lane)
{
    const struct rf_replay *replay = lane->replay;
    for (unsigned i = 0; i < lane->peers; i++) {
        unsigned id = replay->session->peer[i].id;
        lane->peer[i].id = id;
        lane->peer[i].name = replay->manifest->study.members[replay->session->peer_member[i]].name;
        lane->peer[i].sent = rf_transcript_link(replay->transcript, lane->index, id, false);
        lane->peer[i].received = rf_transcript_link(replay->transcript, lane->index, id, true);
    }
}

static const struct rf_transcript_frame *recorded(const struct rf_transcript_link *link,
                                                  uint64_t number)
{
    return link && number < link->frames ? &link->frame[number] : NULL;
}

/* ---- what comes ---- */

static enum rf_rc keep_said(struct rf_replay_lane *lane, unsigned peer)
{
    static const struct rf_err no_memory = {.rc = RF_E_MEMORY, .text = "out of memory"};
    const struct rf_sealing_item *item = &lane->item;
    struct rf_replay_peer *of = &lane->peer[peer];
    struct rf_replay_said *said = malloc(sizeof *said + item->size);
    if (!said)
        return rf_replay_cannot(lane->replay, &no_memory);
    said->next = NULL;
    said->size = item->size;
    if (item->size > 0)
        memcpy(said->bytes, item->bytes, item->size);
    if (of->said_last)
        of->said_last->next = said;
    else
        of->said = said;
    of->said_last = said;
    return RF_OK;
}

/* A sealed payload and what the transcript says of its frame. */
static enum rf_rc make_frame(struct rf_replay_lane *lane, unsigned peer,
                             struct rf_tape_frame *frame)
{
    struct rf_replay_peer *of = &lane->peer[peer];
    const struct rf_transcript_frame *in = recorded(of->received, of->next_received);
    if (!in) { /* sealed since the last checkpoint, and lost from the transcript by a crash */
        lane->exhausted = true;
        return rf_replay_stops(lane);
    }
    if (in->length != lane->item.size) {
        return rf_replay_differs(
            lane, "what is sealed of frame %" PRIu64 " from %s has %zu bytes, and the frame had %u",
            of->next_received, name_of(lane, peer), lane->item.size, in->length);
    }
    of->next_received++;
    *frame = (struct rf_tape_frame){
        .peer = peer,
        .kind = in->kind,
        .step = in->step,
        .length = in->length,
        .payload = lane->item.bytes,
    };
    return RF_OK;
}

/* The lane's next item, a frame received or what is kept of one sent; @frame->kind and @said are empty at the end. */
static enum rf_rc next_item(struct rf_replay_lane *lane, struct rf_tape_frame *frame, bool *said)
{
    static const struct rf_err strange = {
        .rc = RF_E_FORMAT, .text = "what is sealed holds something that nobody said"};
    enum rf_rc rc;
    *frame = (struct rf_tape_frame){0};
    *said = false;
    RF_TRY(rf_replay_read(lane));
    unsigned kind = lane->item.kind, peer = peer_of(lane, lane->item.peer);
    lane->item.kind = 0;
    lane->exhausted = kind == 0;
    if (kind == 0)
        goto done;
    if (peer == lane->peers ||
        (kind != RF_SEALING_PAYLOAD && kind != RF_SEALING_SAID && kind != RF_SEALING_PIECES))
        RF_TRY(rf_replay_cannot(lane->replay, &strange));
    if (kind == RF_SEALING_PAYLOAD)
        RF_TRY(make_frame(lane, peer, frame));
    if (kind == RF_SEALING_SAID)
        RF_TRY(keep_said(lane, peer));
    *said = kind != RF_SEALING_PAYLOAD;
    lane->peer[peer].next_told += *said;
done:
    return rc;
}

enum rf_rc rf_replay_next(void *context, struct rf_tape_frame *frame)
{
    enum rf_rc rc = RF_OK;
    bool said = true;
    while (rc == RF_OK && said)
        rc = next_item(context, frame, &said);
    if (rc == RF_OK && frame->kind == 0)
        rc = rf_replay_stops(context);
    return rc;
}

/* ---- what goes ---- */

/* What a party tells recipients of its run holds how long it took, which no replay can know. */
static bool same_but_for_times(const uint8_t *one, size_t one_size, const uint8_t *other,
                               size_t other_size)
{
    struct rf_output a = {0}, b = {0};
    uint8_t *a_bytes = NULL, *b_bytes = NULL;
    size_t a_size = 0, b_size = 0;
    bool same = false;
    if (rf_message_read_output(&a, one, one_size, NULL) != RF_OK ||
        rf_message_read_output(&b, other, other_size, NULL) != RF_OK)
        goto done;
    for (unsigned i = 0; i < RF_STEPS_MAX; i++)
        a.cost.step[i].seconds = b.cost.step[i].seconds = 0;
    a.cost.seconds = b.cost.seconds = 0;
    same = rf_message_output_bytes(&a, &a_bytes, &a_size, NULL) == RF_OK &&
           rf_message_output_bytes(&b, &b_bytes, &b_size, NULL) == RF_OK && a_size == b_size &&
           rf_secret_equal(a_bytes, b_bytes, a_size);
done:
    rf_message_output_fini(&a);
    rf_message_output_fini(&b);
    rf_secret_wipe(a_bytes, a_size);
    rf_secret_wipe(b_bytes, b_size);
    free(a_bytes);
    free(b_bytes);
    return same;
}

static struct rf_pieces_place first_byte(const uint8_t *one, size_t one_size, const uint8_t *other,
                                         size_t other_size)
{
    size_t least = one_size < other_size ? one_size : other_size, at = 0;
    while (at < least && one[at] == other[at])
        at++;
    return (struct rf_pieces_place){at, 1};
}

static void drop_said(struct rf_replay_peer *peer)
{
    struct rf_replay_said *said = peer->said;
    peer->said = said->next;
    if (!peer->said)
        peer->said_last = NULL;
    rf_secret_wipe(said->bytes, said->size);
    free(said);
}

enum rf_rc rf_replay_says(void *context, struct rf_tape_frame *frame)
{
    struct rf_replay_lane *lane = context;
    struct rf_replay_peer *peer = &lane->peer[frame->peer];
    enum rf_rc rc = RF_OK;
    lane->going = frame->payload;
    lane->said_differs = unknown;
    if (frame->kind != RF_FRAME_CONTROL)
        return RF_OK;
    while (
        !peer->said) { /* what was received before it was said is there before it is said again */
        struct rf_tape_frame came;
        bool said;
        RF_TRY(next_item(lane, &came, &said));
        if (came.kind != 0)
            RF_TRY(rf_tape_take(lane->tape, &came));
        else if (!said)
            RF_TRY(rf_replay_stops(lane));
    }
    bool same =
        (peer->said->size == frame->length &&
         rf_secret_equal(peer->said->bytes, frame->payload, frame->length)) ||
        same_but_for_times(peer->said->bytes, peer->said->size, frame->payload, frame->length);
    if (same) {
        rc = rf_tape_instead(lane->tape, frame, peer->said->bytes, peer->said->size);
        lane->going = frame->payload;
    } else { /* goes as it is due, so that its leaf is known: compare_sent() */
        lane->said_differs =
            first_byte(peer->said->bytes, peer->said->size, frame->payload, frame->length);
    }
    drop_said(peer);
done:
    return rc;
}

/* What was recorded as said is another message than the one that is due. */
static enum rf_rc another_message(struct rf_replay_lane *lane, unsigned peer,
                                  const struct rf_transcript_frame *was,
                                  const struct rf_sink_frame *seen)
{
    if (!rf_secret_equal(was->leaf, seen->leaf, RF_CHAIN_SIZE))
        return rf_replay_frame_differs(lane, peer, seen->number, lane->said_differs, seen->leaf,
                                       "another message was sent");
    return rf_replay_differs(lane,
                             "what is sealed as frame %" PRIu64
                             " to %s is not what was sent: its hash in the transcript is another",
                             seen->number, name_of(lane, peer));
}

/* Where do the bytes that go differ from those of which hashes are kept? Nothing is replayed after this, so that
 * items may be passed over until these hashes come. What cannot be read leaves the place unknown. */
static struct rf_pieces_place where(struct rf_replay_lane *lane, unsigned peer,
                                    const struct rf_sink_frame *seen)
{
    struct rf_pieces_place place = unknown;
    uint64_t told = lane->peer[peer].next_told;
    struct rf_err unread = {0};
    bool found = false;
    if (seen->kind == RF_FRAME_CONTROL)
        return unknown;
    while (!found && rf_replay_look(lane, &unread) == RF_OK && lane->item.kind != 0) {
        unsigned kind = lane->item.kind;
        bool ours = peer_of(lane, lane->item.peer) == peer && kind != RF_SEALING_PAYLOAD;
        found = ours && kind == RF_SEALING_PIECES && told == seen->number;
        told += ours;
        lane->item.kind = 0;
    }
    if (found)
        (void)rf_pieces_differ(&place, lane->item.bytes, lane->item.size, lane->going,
                               seen->length);
    return place;
}

static enum rf_rc compare_sent(struct rf_replay_lane *lane, unsigned peer,
                               const struct rf_sink_frame *seen)
{
    const struct rf_transcript_frame *was = recorded(lane->peer[peer].sent, seen->number);
    if (!was && !lane->replay->transcript->closed)
        return RF_OK; /* not recorded any more; the lane ends where what was received does */
    if (!was)
        return rf_replay_frame_differs(lane, peer, seen->number, unknown, seen->leaf,
                                       "none was sent");
    if (lane->said_differs.size > 0)
        return another_message(lane, peer, was, seen);
    if (was->kind != seen->kind || was->step != seen->step || was->length != seen->length)
        return rf_replay_frame_differs(lane, peer, seen->number, unknown, seen->leaf,
                                       "one of another kind, step or length was sent");
    if (!rf_secret_equal(was->leaf, seen->leaf, RF_CHAIN_SIZE))
        return rf_replay_frame_differs(lane, peer, seen->number, where(lane, peer, seen),
                                       seen->leaf, "other bytes were sent");
    lane->counted.frames_sent++;
    lane->counted.bytes_sent += seen->length;
    return RF_OK;
}

static enum rf_rc compare_received(struct rf_replay_lane *lane, unsigned peer,
                                   const struct rf_sink_frame *seen)
{
    const struct rf_transcript_frame *was = recorded(lane->peer[peer].received, seen->number);
    if (!was || !rf_secret_equal(was->leaf, seen->leaf, RF_CHAIN_SIZE)) {
        return rf_replay_differs(lane,
                                 "what is sealed as frame %" PRIu64
                                 " from %s is not what came: its hash in the transcript is another",
                                 seen->number, name_of(lane, peer));
    }
    lane->counted.frames_received++;
    lane->counted.bytes_received += seen->length;
    return RF_OK;
}

enum rf_rc rf_replay_hashed(void *context, const struct rf_sink_frame *seen)
{
    struct rf_replay_lane *lane = context;
    unsigned peer = peer_of(lane, seen->peer);
    return seen->received ? compare_received(lane, peer, seen) : compare_sent(lane, peer, seen);
}

/* ---- nothing is left over ---- */

bool rf_replay_has_checkpoint(const struct rf_replay_lane *lane, unsigned peer)
{
    const struct rf_transcript *transcript = lane->replay->transcript;
    unsigned id = lane->peer[peer].id;
    for (size_t i = lane->peer[peer].next_checkpoint; i < transcript->checkpoints; i++) {
        if (transcript->checkpoint[i].lane == lane->index && transcript->checkpoint[i].peer == id)
            return true;
    }
    return false;
}

static bool has_opening(const struct rf_replay_lane *lane)
{
    const struct rf_transcript *transcript = lane->replay->transcript;
    for (size_t i = lane->next_opened; i < transcript->openings; i++) {
        if (transcript->opened[i].lane == lane->index)
            return true;
    }
    return false;
}

enum rf_rc rf_replay_rest(struct rf_replay_lane *lane)
{
    for (unsigned i = 0; i < lane->peers; i++) {
        const struct rf_replay_peer *peer = &lane->peer[i];
        uint64_t sent, received;
        rf_tape_frames(lane->tape, i, &sent, &received);
        if (peer->sent && sent < peer->sent->frames)
            return rf_replay_frame_differs(lane, i, sent, unknown, NULL, "one more was sent");
        if (peer->received && received < peer->received->frames) {
            return rf_replay_differs(lane, "frame %" PRIu64 " from %s was received, and is not due",
                                     received, name_of(lane, i));
        }
    }
    if (has_opening(lane))
        return rf_replay_differs(lane, "more values are recorded as opened than were");
    return RF_OK;
}

/* How many frames of a link the process vouches for: in a record that was cut off, those before its last checkpoint. Of what
 * it kept in memory then, some links may be in the file and others not. */
static uint64_t vouched(const struct rf_replay_lane *lane, unsigned peer,
                        const struct rf_transcript_link *link)
{
    const struct rf_transcript *transcript = lane->replay->transcript;
    uint64_t frames = link ? link->frames : 0, last = 0;
    if (transcript->closed || transcript->aborted)
        return frames;
    for (size_t i = 0; i < transcript->checkpoints; i++) {
        const struct rf_transcript_checkpoint *at = &transcript->checkpoint[i];
        if (at->lane == lane->index && at->peer == lane->peer[peer].id)
            last = link && link->received ? at->received : at->sent;
    }
    return last < frames ? last : frames;
}

enum rf_rc rf_replay_sealed(struct rf_replay_lane *lane)
{
    for (unsigned i = 0; i < lane->peers && lane->exhausted; i++) {
        const struct rf_replay_peer *peer = &lane->peer[i];
        bool told = peer->next_told >= vouched(lane, i, peer->sent);
        if (told && peer->next_received >= vouched(lane, i, peer->received))
            continue;
        return rf_replay_differs(
            lane, "what is sealed ends before frame %" PRIu64 " %s %s, which is recorded",
            told ? peer->next_received : peer->next_told, told ? "from" : "to", name_of(lane, i));
    }
    return RF_OK;
}

/* The first frame to a peer that is recorded, and was not due. Of a checkpoint that was never signed by both, claim and
 * signature may have gone: what is said there is known only when it is over. */
static uint64_t first_beyond(const struct rf_replay_lane *lane, unsigned peer)
{
    uint64_t sent, unused;
    rf_tape_frames(lane->tape, peer, &sent, &unused);
    for (unsigned i = 0; i < SAID_IN_CHECKPOINT && lane->in_checkpoint; i++) {
        const struct rf_transcript_frame *frame = recorded(lane->peer[peer].sent, sent);
        sent += frame && frame->kind == RF_FRAME_CONTROL;
    }
    return sent;
}

enum rf_rc rf_replay_went_on(struct rf_replay_lane *lane, const char *why)
{
    char text[320];
    (void)snprintf(text, sizeof text, "here it should have stopped: %s", why);
    for (unsigned i = 0; i < lane->peers; i++) {
        uint64_t beyond = first_beyond(lane, i);
        if (beyond < vouched(lane, i, lane->peer[i].sent))
            return rf_replay_frame_differs(lane, i, beyond, unknown, NULL, text);
    }
    for (unsigned i = 0; i < lane->peers; i++) {
        if (rf_replay_has_checkpoint(lane, i))
            return rf_replay_differs(lane, "%s", text);
    }
    const struct rf_transcript *transcript = lane->replay->transcript;
    bool whole = transcript->closed || transcript->aborted;
    return whole && has_opening(lane) ? rf_replay_differs(lane, "%s", text) : RF_OK;
}

void rf_replay_forget(struct rf_replay_lane *lane)
{
    for (unsigned i = 0; i < RF_PEERS_MAX; i++) {
        while (lane->peer[i].said)
            drop_said(&lane->peer[i]);
    }
    rf_tape_free(lane->tape);
    rf_sealing_reader_free(lane->sealed);
}
