/* What stands in for checkpoints, for the private key, and for who watches what is opened. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/replay_inside.h"
#include "party/run/message.h"
#include "party/run/record.h"

/* ---- checkpoints: as party/run/recorder_checkpoint.c, which is where they are specified ---- */

struct meeting {
    struct rf_replay_lane *lane;
    struct rf_replay *replay;
    struct rf_channel *channel;
    const unsigned *peers;
    unsigned count;
    const struct rf_transcript_checkpoint *was[RF_PEERS_MAX];
};

static const char *name_of(const struct meeting *meeting, unsigned which)
{
    return meeting->replay->session->peer[meeting->peers[which]].member;
}

static const struct rf_transcript_checkpoint *find(struct rf_replay_lane *lane, unsigned peer)
{
    struct rf_replay_peer *of = &lane->peer[peer];
    const struct rf_transcript *transcript = lane->replay->transcript;
    unsigned id = lane->replay->session->peer[peer].id;
    while (of->next_checkpoint < transcript->checkpoints) {
        const struct rf_transcript_checkpoint *one = &transcript->checkpoint[of->next_checkpoint++];
        if (one->lane == lane->index && one->peer == id)
            return one;
    }
    return NULL;
}

static enum rf_rc find_all(struct meeting *meeting)
{
    struct rf_replay_lane *lane = meeting->lane;
    for (unsigned i = 0; i < meeting->count; i++) {
        struct rf_replay_peer *of = &lane->peer[meeting->peers[i]];
        meeting->was[i] = find(lane, meeting->peers[i]);
        if (!meeting->was[i] && !meeting->replay->transcript->closed) {
            lane->in_checkpoint = true;
            (void)rf_replay_stops(lane);
            return RF_E_PEER;
        }
        if (!meeting->was[i] || meeting->was[i]->number != ++of->checkpoints) {
            (void)rf_replay_differs(lane, "a checkpoint with %s is due, and none is recorded",
                                    name_of(meeting, i));
            return RF_E_CHEAT;
        }
    }
    return RF_OK;
}

/* Chains come from here, the rest of a claim from the transcript; its frame's leaf shows that it was said so. */
static enum rf_rc send_claim(struct meeting *meeting, unsigned which)
{
    const struct rf_transcript_checkpoint *was = meeting->was[which];
    unsigned peer = meeting->peers[which];
    uint64_t sent, received;
    uint8_t sent_head[RF_CHAIN_SIZE], received_head[RF_CHAIN_SIZE];
    rf_tape_frames(meeting->lane->tape, peer, &sent, &received);
    rf_tape_chain(meeting->lane->tape, peer, sent_head, received_head);
    if (sent != was->sent || received != was->received ||
        !rf_secret_equal(sent_head, was->sent_head, sizeof sent_head) ||
        !rf_secret_equal(received_head, was->received_head, sizeof received_head)) {
        return rf_replay_differs(meeting->lane,
                                 "checkpoint %" PRIu64 " with %s is recorded with other chains",
                                 was->number, name_of(meeting, which));
    }
    struct rf_claim claim = {.number = was->number, .frames = sent, .size = was->size};
    memcpy(claim.head, sent_head, sizeof claim.head);
    memcpy(claim.root, was->root, sizeof claim.root);
    return rf_message_send_claim(meeting->channel, peer, &claim);
}

static enum rf_rc receive_claim(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    const struct rf_transcript_checkpoint *was = meeting->was[which];
    struct rf_claim claim;
    RF_TRY(rf_message_receive_claim(meeting->channel, meeting->peers[which],
                                    name_of(meeting, which), &claim));
    if (claim.number != was->number || claim.frames != was->received ||
        claim.size != was->peer_size ||
        !rf_secret_equal(claim.head, was->received_head, sizeof claim.head) ||
        !rf_secret_equal(claim.root, was->peer_root, sizeof claim.root)) {
        rc = rf_replay_differs(meeting->lane, "%s claimed something else at checkpoint %" PRIu64,
                               name_of(meeting, which), was->number);
    }
done:
    return rc;
}

/* Is one end's signature on what both state? */
static enum rf_rc verify(struct meeting *meeting, unsigned which, unsigned member,
                         const uint8_t *signature, size_t signature_size)
{
    enum rf_rc rc;
    struct rf_replay *replay = meeting->replay;
    const struct rf_transcript_checkpoint *was = meeting->was[which];
    struct rf_transcript_statement statement;
    uint8_t *bytes = NULL;
    size_t size = 0;
    rf_transcript_stated(&statement, &replay->transcript->header, was);
    struct rf_err why = {0};
    rc = rf_transcript_statement(&statement, &bytes, &size, &why);
    if (rc != RF_OK)
        return rf_replay_cannot(replay, &why);
    if (rf_sign_verify(replay->session->certificate[member], RF_TRANSCRIPT_CHECKPOINT_DOMAIN, bytes,
                       size, signature, signature_size, NULL) != RF_OK) {
        rc = rf_replay_differs(meeting->lane, "checkpoint %" PRIu64 " with %s is not signed by %s",
                               was->number, name_of(meeting, which),
                               replay->manifest->study.members[member].name);
    }
    free(bytes);
    return rc;
}

static enum rf_rc send_signature(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    const struct rf_transcript_checkpoint *was = meeting->was[which];
    RF_TRY(verify(meeting, which, meeting->replay->session->member, was->signature,
                  was->signature_size));
    RF_TRY(rf_message_send_signature(meeting->channel, meeting->peers[which], was->signature,
                                     was->signature_size));
done:
    return rc;
}

static enum rf_rc receive_signature(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    struct rf_replay *replay = meeting->replay;
    uint8_t signature[RF_SIGNATURE_MAX];
    size_t size = 0;
    unsigned peer = meeting->peers[which];
    RF_TRY(rf_message_receive_signature(meeting->channel, peer, name_of(meeting, which), signature,
                                        &size));
    RF_TRY(verify(meeting, which, replay->session->peer_member[peer], signature, size));
    meeting->lane->counted.checkpoints++;
done:
    return rc;
}

enum rf_rc rf_replay_checkpoint(void *context, unsigned index, const unsigned *peers,
                                unsigned count)
{
    enum rf_rc rc;
    struct rf_replay *replay = context;
    struct meeting meeting = {
        .lane = &replay->lane[index],
        .replay = replay,
        .channel = rf_tape_channel(replay->lane[index].tape),
        .peers = peers,
        .count = count,
    };
    if (rf_replay_over(replay)) {
        meeting.lane->stopped = true;
        return RF_E_CHEAT;
    }
    RF_TRY(find_all(&meeting));
    for (unsigned i = 0; i < count; i++)
        RF_TRY(send_claim(&meeting, i));
    for (unsigned i = 0; i < count; i++)
        RF_TRY(receive_claim(&meeting, i));
    for (unsigned i = 0; i < count; i++)
        RF_TRY(send_signature(&meeting, i));
    for (unsigned i = 0; i < count; i++)
        RF_TRY(receive_signature(&meeting, i));
done:
    return rc;
}

/* ---- the key ---- */

static const struct rf_transcript_signed *own_record(const struct rf_transcript_signed *list,
                                                     unsigned count, const struct rf_signed *record)
{
    for (unsigned i = 0; i < count; i++) {
        if (list[i].record_size == record->record_size &&
            rf_secret_equal(list[i].record, record->record, record->record_size))
            return &list[i];
    }
    return NULL;
}

enum rf_rc rf_replay_sign(void *context, struct rf_signed *record)
{
    struct rf_replay *replay = context;
    const struct rf_transcript *transcript = replay->transcript;
    bool party = replay->session->party >= 0;
    const struct rf_transcript_signed *was =
        party ? own_record(transcript->output, transcript->outputs, record)
              : own_record(transcript->input, transcript->inputs, record);
    if (!was && !transcript->closed)
        return rf_replay_stops(&replay->lane[0]);
    if (!was)
        return rf_replay_differs(&replay->lane[0], "another %s record was signed",
                                 party ? "output" : "input");
    memcpy(record->signature, was->signature, was->signature_size);
    record->signature_size = was->signature_size;
    return RF_OK;
}

/* ---- what is opened ---- */

static const struct rf_transcript_opened *next_opened(struct rf_replay_lane *lane)
{
    const struct rf_transcript *transcript = lane->replay->transcript;
    while (lane->next_opened < transcript->openings) {
        const struct rf_transcript_opened *one = &transcript->opened[lane->next_opened++];
        if (one->lane == lane->index)
            return one;
    }
    return NULL;
}

/* Does a record hold the value under way, from where we are? */
static bool continues(const struct rf_replay_lane *lane, const struct rf_transcript_opened *was,
                      const struct rf_opening *opening, size_t size)
{
    const uint8_t *value = (const uint8_t *)opening->value + lane->opened_at;
    return was->rows == opening->rows && was->width == opening->width &&
           was->at == lane->opened_at && was->size > 0 && was->size <= size - lane->opened_at &&
           strcmp(was->kind, rf_open_kind_name(opening->kind)) == 0 &&
           rf_secret_equal(was->value, value, was->size);
}

/* Is anything recorded that the lane came to later than where it is? */
static bool got_further(const struct rf_replay_lane *lane)
{
    const struct rf_transcript *transcript = lane->replay->transcript;
    const char *name;
    uint32_t step = rf_tape_step(lane->tape, &name);
    for (size_t i = 0; i < transcript->steps; i++) {
        if (transcript->step[i].lane == lane->index && transcript->step[i].step > step)
            return true;
    }
    for (unsigned i = 0; i < lane->peers; i++) {
        if (rf_replay_has_checkpoint(lane, i))
            return true;
    }
    return false;
}

static void opened(void *context, const struct rf_opening *opening)
{
    struct rf_replay_lane *lane = context;
    size_t size = rf_words(opening->rows) * opening->width * sizeof *opening->value;
    if (opening->width == 64 && opening->kind == RF_OPEN_RESULT)
        size = opening->rows * sizeof *opening->value;
    if (rf_replay_over(lane->replay))
        return;
    for (lane->opened_at = 0; lane->opened_at < size;) {
        const struct rf_transcript_opened *was = next_opened(lane);
        if (!was && !lane->replay->transcript->closed && !got_further(lane))
            return;
        if (!was || !continues(lane, was, opening, size)) {
            (void)rf_replay_differs(lane, "value %" PRIu64 " that was opened is recorded otherwise",
                                    lane->counted.opened);
            return;
        }
        lane->opened_at += was->size;
    }
    lane->counted.opened++;
}

void rf_replay_watch(void *context, unsigned lane, struct rf_backend *backend)
{
    struct rf_replay *replay = context;
    backend->opened_sink = opened;
    backend->opened_context = &replay->lane[lane];
}
