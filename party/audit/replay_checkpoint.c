/* What stands in for checkpoints, for the private key, and for who watches what is opened. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/replay_inside.h"
#include "party/run/message.h"
#include "party/run/record.h"

/* ---- checkpoints: as party/run/checkpoint.c, which is where they are specified ---- */

struct meeting {
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

static const struct rf_transcript_checkpoint *find(struct rf_replay *replay, unsigned peer)
{
    struct rf_replay_peer *of = &replay->peer[peer];
    const struct rf_transcript *transcript = replay->transcript;
    unsigned id = replay->session->peer[peer].id;
    while (of->next_checkpoint < transcript->checkpoints) {
        const struct rf_transcript_checkpoint *one = &transcript->checkpoint[of->next_checkpoint++];
        if (one->lane == 0 && one->peer == id)
            return one;
    }
    return NULL;
}

static enum rf_rc find_all(struct meeting *meeting)
{
    struct rf_replay *replay = meeting->replay;
    for (unsigned i = 0; i < meeting->count; i++) {
        struct rf_replay_peer *of = &replay->peer[meeting->peers[i]];
        meeting->was[i] = find(replay, meeting->peers[i]);
        if (!meeting->was[i] && !replay->transcript->closed)
            return rf_replay_stops(replay);
        if (!meeting->was[i] || meeting->was[i]->number != ++of->checkpoints)
            return rf_replay_differs(replay, "a checkpoint with %s is due, and none is recorded",
                                     name_of(meeting, i));
    }
    return RF_OK;
}

/* Chains come from here, the rest of a claim from the transcript; its frame's leaf shows that it was said so. */
static enum rf_rc send_claim(struct meeting *meeting, unsigned which)
{
    struct rf_replay *replay = meeting->replay;
    const struct rf_transcript_checkpoint *was = meeting->was[which];
    unsigned peer = meeting->peers[which];
    uint64_t sent, received;
    uint8_t sent_head[RF_CHAIN_SIZE], received_head[RF_CHAIN_SIZE];
    rf_tape_frames(replay->tape, peer, &sent, &received);
    rf_tape_chain(replay->tape, peer, sent_head, received_head);
    if (sent != was->sent || received != was->received ||
        !rf_secret_equal(sent_head, was->sent_head, sizeof sent_head) ||
        !rf_secret_equal(received_head, was->received_head, sizeof received_head)) {
        return rf_replay_differs(replay,
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
    struct rf_replay *replay = meeting->replay;
    const struct rf_transcript_checkpoint *was = meeting->was[which];
    struct rf_claim claim;
    RF_TRY(rf_message_receive_claim(meeting->channel, meeting->peers[which],
                                    name_of(meeting, which), &claim));
    if (claim.number != was->number || claim.frames != was->received ||
        claim.size != was->peer_size ||
        !rf_secret_equal(claim.head, was->received_head, sizeof claim.head) ||
        !rf_secret_equal(claim.root, was->peer_root, sizeof claim.root)) {
        rc = rf_replay_differs(replay, "%s claimed something else at checkpoint %" PRIu64,
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
    rc = rf_transcript_statement(&statement, &bytes, &size, replay->err);
    if (rc != RF_OK)
        return rf_replay_cannot(replay, rc);
    if (rf_sign_verify(replay->session->certificate[member], RF_TRANSCRIPT_CHECKPOINT_DOMAIN, bytes,
                       size, signature, signature_size, NULL) != RF_OK) {
        rc = rf_replay_differs(replay, "checkpoint %" PRIu64 " with %s is not signed by %s",
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
    replay->report->checkpoints++;
done:
    return rc;
}

enum rf_rc rf_replay_checkpoint(void *context, unsigned lane, const unsigned *peers, unsigned count)
{
    enum rf_rc rc;
    struct rf_replay *replay = context;
    (void)lane;
    struct meeting meeting = {
        .replay = replay,
        .channel = rf_tape_channel(replay->tape),
        .peers = peers,
        .count = count,
    };
    if (replay->deviates || replay->failed)
        return RF_E_CHEAT;
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
        return rf_replay_stops(replay);
    if (!was)
        return rf_replay_differs(replay, "another %s record was signed",
                                 party ? "output" : "input");
    memcpy(record->signature, was->signature, was->signature_size);
    record->signature_size = was->signature_size;
    return RF_OK;
}

/* ---- what is opened ---- */

/* A piece of the value under way as it was recorded; NULL when another value stands there. */
static const struct rf_transcript_opened *piece(struct rf_replay *replay,
                                                const struct rf_opening *opening, size_t size)
{
    const struct rf_transcript *transcript = replay->transcript;
    const struct rf_transcript_opened *was = replay->next_opened < transcript->openings
                                                 ? &transcript->opened[replay->next_opened++]
                                                 : NULL;
    if (!was || was->rows != opening->rows || was->width != opening->width ||
        was->at != replay->opened_at || was->size > size - replay->opened_at ||
        strcmp(was->kind, rf_open_kind_name(opening->kind)) != 0)
        return NULL;
    return was;
}

static void opened(void *context, const struct rf_opening *opening)
{
    struct rf_replay *replay = context;
    const uint8_t *value = (const uint8_t *)opening->value;
    size_t size = rf_words(opening->rows) * opening->width * sizeof *opening->value;
    if (opening->width == 64 && opening->kind == RF_OPEN_RESULT)
        size = opening->rows * sizeof *opening->value;
    if (replay->deviates || replay->failed || replay->ended)
        return;
    if (replay->next_opened == replay->transcript->openings && !replay->transcript->closed)
        return;
    for (replay->opened_at = 0; replay->opened_at < size;) {
        const struct rf_transcript_opened *was = piece(replay, opening, size);
        if (!was || was->size == 0 ||
            !rf_secret_equal(was->value, value + replay->opened_at, was->size)) {
            (void)rf_replay_differs(replay,
                                    "value %" PRIu64 " that was opened is recorded otherwise",
                                    replay->report->opened);
            return;
        }
        replay->opened_at += was->size;
    }
    replay->report->opened++;
}

void rf_replay_watch(void *context, struct rf_backend *backend)
{
    backend->opened_sink = opened;
    backend->opened_context = context;
}
