/* What comes is played, and what goes is compared, frame by frame. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/frame.h"
#include "party/audit/replay_inside.h"
#include "party/run/message.h"

static const char *name_of(const struct rf_replay *replay, unsigned peer)
{
    return replay->session->peer[peer].member;
}

static unsigned peer_of(const struct rf_replay *replay, unsigned id)
{
    unsigned peer = 0;
    while (peer < replay->session->peers && replay->session->peer[peer].id != id)
        peer++;
    return peer;
}

void rf_replay_links(struct rf_replay *replay)
{
    for (unsigned i = 0; i < replay->session->peers; i++) {
        unsigned id = replay->session->peer[i].id;
        replay->peer[i].sent = rf_transcript_link(replay->transcript, 0, id, false);
        replay->peer[i].received = rf_transcript_link(replay->transcript, 0, id, true);
    }
}

static const struct rf_transcript_frame *recorded(const struct rf_transcript_link *link,
                                                  uint64_t number)
{
    return link && number < link->frames ? &link->frame[number] : NULL;
}

/* ---- what comes ---- */

static enum rf_rc keep_said(struct rf_replay *replay, unsigned peer)
{
    const struct rf_sealing_item *item = &replay->item;
    struct rf_replay_peer *of = &replay->peer[peer];
    struct rf_replay_said *said = malloc(sizeof *said + item->size);
    if (!said)
        return rf_replay_cannot(replay, rf_err_set(replay->err, RF_E_MEMORY, "out of memory"));
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
static enum rf_rc make_frame(struct rf_replay *replay, unsigned peer, struct rf_tape_frame *frame)
{
    struct rf_replay_peer *of = &replay->peer[peer];
    const struct rf_transcript_frame *in = recorded(of->received, of->next_received);
    if (!in) /* sealed since the last checkpoint, and lost from the transcript by a crash */
        return rf_replay_stops(replay);
    if (in->length != replay->item.size) {
        return rf_replay_differs(
            replay,
            "what is sealed of frame %" PRIu64 " from %s has %zu bytes, and the frame had %u",
            of->next_received, name_of(replay, peer), replay->item.size, in->length);
    }
    of->next_received++;
    *frame = (struct rf_tape_frame){
        .peer = peer,
        .kind = in->kind,
        .step = in->step,
        .length = in->length,
        .payload = replay->item.bytes,
    };
    return RF_OK;
}

/* Reads up to the next frame received; what was said in between is kept. @frame->kind is 0 at the end. */
static enum rf_rc next_frame(struct rf_replay *replay, bool stop_at_said, unsigned *said_by,
                             struct rf_tape_frame *frame)
{
    enum rf_rc rc;
    *frame = (struct rf_tape_frame){0};
    *said_by = replay->session->peers;
    for (;;) {
        RF_TRY(rf_replay_read(replay));
        unsigned kind = replay->item.kind;
        unsigned peer = peer_of(replay, replay->item.peer);
        replay->item.kind = 0;
        if (kind == 0)
            break;
        if (peer == replay->session->peers ||
            (kind != RF_SEALING_PAYLOAD && kind != RF_SEALING_SAID)) {
            RF_TRY(rf_replay_cannot(replay,
                                    rf_err_set(replay->err, RF_E_FORMAT,
                                               "what is sealed holds something that nobody said")));
        }
        if (kind == RF_SEALING_PAYLOAD) {
            rc = make_frame(replay, peer, frame);
            break;
        }
        RF_TRY(keep_said(replay, peer));
        *said_by = peer;
        if (stop_at_said)
            break;
    }
done:
    return rc;
}

enum rf_rc rf_replay_next(void *context, struct rf_tape_frame *frame)
{
    struct rf_replay *replay = context;
    unsigned said_by;
    enum rf_rc rc = next_frame(replay, false, &said_by, frame);
    if (rc == RF_OK && frame->kind == 0)
        rc = rf_replay_stops(replay);
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

static int64_t first_byte(const uint8_t *one, size_t one_size, const uint8_t *other,
                          size_t other_size)
{
    size_t least = one_size < other_size ? one_size : other_size, at = 0;
    while (at < least && one[at] == other[at])
        at++;
    return (int64_t)at;
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

/* Which frame it is about, once the tape says which is going. */
static enum rf_rc frame_differs(struct rf_replay *replay, unsigned peer, uint64_t number,
                                int64_t byte, const char *what)
{
    struct rf_replay_difference *difference = &replay->report->difference;
    const struct rf_transcript_frame *was = recorded(replay->peer[peer].sent, number);
    char place[48] = "";
    difference->frame = true;
    difference->peer = replay->session->peer[peer].id;
    difference->number = number;
    difference->byte = byte;
    if (was) {
        difference->kind = was->kind;
        difference->length = was->length;
        memcpy(difference->recorded, was->leaf, RF_CHAIN_SIZE);
    }
    if (byte >= 0)
        (void)snprintf(place, sizeof place, ", byte %" PRId64, byte);
    return rf_replay_differs(replay, "frame %" PRIu64 " to %s%s: %s", number, name_of(replay, peer),
                             place, what);
}

enum rf_rc rf_replay_says(void *context, struct rf_tape_frame *frame)
{
    struct rf_replay *replay = context;
    struct rf_replay_peer *peer = &replay->peer[frame->peer];
    enum rf_rc rc = RF_OK;
    uint64_t number, unused;
    if (frame->kind != RF_FRAME_CONTROL)
        return RF_OK;
    rf_tape_frames(replay->tape, frame->peer, &number, &unused);
    while (
        !peer->said) { /* what was received before it was said is there before it is said again */
        struct rf_tape_frame came;
        unsigned said_by;
        RF_TRY(next_frame(replay, true, &said_by, &came));
        if (came.kind == 0 && said_by == replay->session->peers)
            RF_TRY(rf_replay_stops(replay));
        if (came.kind != 0)
            RF_TRY(rf_tape_take(replay->tape, &came));
    }
    bool same =
        (peer->said->size == frame->length &&
         rf_secret_equal(peer->said->bytes, frame->payload, frame->length)) ||
        same_but_for_times(peer->said->bytes, peer->said->size, frame->payload, frame->length);
    if (!same) {
        RF_TRY(frame_differs(
            replay, frame->peer, number,
            first_byte(peer->said->bytes, peer->said->size, frame->payload, frame->length),
            "another message was sent"));
    }
    rc = rf_tape_instead(replay->tape, frame, peer->said->bytes, peer->said->size);
    drop_said(peer);
done:
    return rc;
}

static enum rf_rc compare_sent(struct rf_replay *replay, unsigned peer,
                               const struct rf_sink_frame *seen)
{
    const struct rf_transcript_frame *was = recorded(replay->peer[peer].sent, seen->number);
    struct rf_replay_difference *difference = &replay->report->difference;
    if (!was && !replay->transcript->closed)
        return rf_replay_stops(replay);
    if (!was)
        return frame_differs(replay, peer, seen->number, RF_REPLAY_NO_BYTE, "none was sent");
    memcpy(difference->expected, seen->leaf, RF_CHAIN_SIZE);
    if (was->kind != seen->kind || was->step != seen->step || was->length != seen->length)
        return frame_differs(replay, peer, seen->number, RF_REPLAY_NO_BYTE,
                             "one of another kind, step or length was sent");
    if (!rf_secret_equal(was->leaf, seen->leaf, RF_CHAIN_SIZE))
        return frame_differs(replay, peer, seen->number, RF_REPLAY_NO_BYTE,
                             "other bytes were sent");
    replay->report->frames_sent++;
    replay->report->bytes_sent += seen->length;
    return RF_OK;
}

static enum rf_rc compare_received(struct rf_replay *replay, unsigned peer,
                                   const struct rf_sink_frame *seen)
{
    const struct rf_transcript_frame *was = recorded(replay->peer[peer].received, seen->number);
    if (!was || !rf_secret_equal(was->leaf, seen->leaf, RF_CHAIN_SIZE)) {
        return rf_replay_differs(replay,
                                 "what is sealed as frame %" PRIu64
                                 " from %s is not what came: its hash in the transcript is another",
                                 seen->number, name_of(replay, peer));
    }
    replay->report->frames_received++;
    replay->report->bytes_received += seen->length;
    return RF_OK;
}

enum rf_rc rf_replay_hashed(void *context, const struct rf_sink_frame *seen)
{
    struct rf_replay *replay = context;
    unsigned peer = peer_of(replay, seen->peer);
    return seen->received ? compare_received(replay, peer, seen) : compare_sent(replay, peer, seen);
}

/* ---- nothing is left over ---- */

enum rf_rc rf_replay_rest(struct rf_replay *replay)
{
    for (unsigned i = 0; i < replay->session->peers; i++) {
        const struct rf_replay_peer *peer = &replay->peer[i];
        uint64_t sent, received;
        rf_tape_frames(replay->tape, i, &sent, &received);
        if (peer->sent && sent < peer->sent->frames)
            return frame_differs(replay, i, sent, RF_REPLAY_NO_BYTE, "one more was sent");
        if (peer->received && received < peer->received->frames) {
            return rf_replay_differs(replay,
                                     "frame %" PRIu64 " from %s was received, and is not due",
                                     received, name_of(replay, i));
        }
    }
    if (replay->next_opened < replay->transcript->openings)
        return rf_replay_differs(replay, "more values are recorded as opened than were");
    return RF_OK;
}
