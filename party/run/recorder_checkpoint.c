/* Checkpoints: docs/transcript.md, "Checkpoints", says what both ends of a link say and sign. */
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/run/recorder_inside.h"

struct meeting {
    struct rf_recorder *recorder;
    struct rf_lane *lane;
    struct rf_channel *channel;
    unsigned index, count;
    const unsigned *peers;
    struct rf_transcript_checkpoint at[RF_PEERS_MAX];
    uint8_t own[RF_PEERS_MAX][RF_SIGNATURE_MAX], other[RF_SIGNATURE_MAX];
};

static const char *name_of(const struct meeting *meeting, unsigned which)
{
    return meeting->recorder->session->peer[meeting->peers[which]].member;
}

/* Everything that was recorded up to here, frames too. */
static enum rf_rc gather(struct meeting *meeting, uint8_t root[RF_TREE_HASH], uint64_t *size)
{
    enum rf_rc rc = RF_OK;
    struct rf_recorder *recorder = meeting->recorder;
    if (recorder->sealing)
        RF_TRY(recorder->sealing->ops->end(recorder->sealing));
    (void)pthread_mutex_lock(&recorder->lock);
    rc = recorder->failed;
    if (rc == RF_OK)
        rc = rf_recorder_pending(recorder, meeting->index);
    if (rc == RF_OK)
        rc = rf_tree_head(&recorder->writer.tree, root, meeting->channel->err);
    *size = recorder->writer.tree.size;
    (void)pthread_mutex_unlock(&recorder->lock);
done:
    return rc;
}

static enum rf_rc send_claims(struct meeting *meeting)
{
    enum rf_rc rc = RF_OK;
    struct rf_claim claim;
    RF_TRY(gather(meeting, claim.root, &claim.size));
    for (unsigned i = 0; i < meeting->count; i++) {
        unsigned peer = meeting->peers[i];
        struct rf_transcript_checkpoint *at = &meeting->at[i];
        at->lane = meeting->index;
        at->peer = meeting->recorder->session->peer[peer].id;
        at->number = ++meeting->recorder->lane[meeting->index].checkpoints[peer];
        at->size = claim.size;
        memcpy(at->root, claim.root, sizeof at->root);
        rf_lane_frames(meeting->lane, peer, &at->sent, &at->received);
        rf_lane_chain(meeting->lane, peer, at->sent_head, at->received_head);
        claim.number = at->number;
        claim.frames = at->sent;
        memcpy(claim.head, at->sent_head, sizeof claim.head);
        RF_TRY(rf_message_send_claim(meeting->channel, peer, &claim));
    }
done:
    return rc;
}

/* What came before the claim is what we have received so far: nothing else is under way. */
static enum rf_rc receive_claim(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    struct rf_transcript_checkpoint *at = &meeting->at[which];
    struct rf_err *err = meeting->channel->err;
    const char *name = name_of(meeting, which);
    struct rf_claim claim;
    RF_TRY(rf_message_receive_claim(meeting->channel, meeting->peers[which], name, &claim));
    if (claim.number != at->number) {
        RF_TRY(rf_err_set(err, RF_E_CHEAT, "%s is at checkpoint %llu where we are at %llu", name,
                          (unsigned long long)claim.number, (unsigned long long)at->number));
    }
    if (claim.frames != at->received ||
        !rf_secret_equal(claim.head, at->received_head, sizeof claim.head)) {
        RF_TRY(
            rf_err_set(err, RF_E_CHEAT,
                       "%s keeps another hash chain of what it sent (%llu frames, ours %llu), at "
                       "checkpoint %llu",
                       name, (unsigned long long)claim.frames, (unsigned long long)at->received,
                       (unsigned long long)at->number));
    }
    at->peer_size = claim.size;
    memcpy(at->peer_root, claim.root, sizeof at->peer_root);
done:
    return rc;
}

static enum rf_rc send_signature(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    struct rf_recorder *recorder = meeting->recorder;
    struct rf_transcript_checkpoint *at = &meeting->at[which];
    struct rf_transcript_statement statement;
    uint8_t *bytes = NULL;
    size_t size = 0;
    rf_transcript_stated(&statement, &recorder->header, at);
    RF_TRY(rf_transcript_statement(&statement, &bytes, &size, meeting->channel->err));
    RF_TRY(rf_sign(recorder->session->identity.key, RF_TRANSCRIPT_CHECKPOINT_DOMAIN, bytes, size,
                   meeting->own[which], &at->signature_size, meeting->channel->err));
    at->signature = meeting->own[which];
    RF_TRY(rf_message_send_signature(meeting->channel, meeting->peers[which], at->signature,
                                     at->signature_size));
done:
    free(bytes);
    return rc;
}

static enum rf_rc check_signature(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    struct rf_recorder *recorder = meeting->recorder;
    const struct rf_session *session = recorder->session;
    const struct rf_transcript_checkpoint *at = &meeting->at[which];
    X509 *certificate = session->certificate[session->peer_member[meeting->peers[which]]];
    struct rf_transcript_statement statement;
    struct rf_err why = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    rf_transcript_stated(&statement, &recorder->header, at);
    RF_TRY(rf_transcript_statement(&statement, &bytes, &size, meeting->channel->err));
    if (rf_sign_verify(certificate, RF_TRANSCRIPT_CHECKPOINT_DOMAIN, bytes, size,
                       at->peer_signature, at->peer_signature_size, &why) != RF_OK) {
        rc = rf_err_set(meeting->channel->err, RF_E_CHEAT, "%s did not sign checkpoint %llu (%s)",
                        name_of(meeting, which), (unsigned long long)at->number, why.text);
    }
done:
    free(bytes);
    return rc;
}

static enum rf_rc receive_signature(struct meeting *meeting, unsigned which)
{
    enum rf_rc rc;
    struct rf_recorder *recorder = meeting->recorder;
    struct rf_transcript_checkpoint *at = &meeting->at[which];
    RF_TRY(rf_message_receive_signature(meeting->channel, meeting->peers[which],
                                        name_of(meeting, which), meeting->other,
                                        &at->peer_signature_size));
    at->peer_signature = meeting->other;
    RF_TRY(check_signature(meeting, which));
    (void)pthread_mutex_lock(&recorder->lock);
    rc = rf_transcript_put_checkpoint(&recorder->writer, at);
    (void)pthread_mutex_unlock(&recorder->lock);
done:
    return rc;
}

static enum rf_rc meet(struct meeting *meeting)
{
    enum rf_rc rc;
    struct rf_recorder *recorder = meeting->recorder;
    RF_TRY(send_claims(meeting));
    for (unsigned i = 0; i < meeting->count; i++)
        RF_TRY(receive_claim(meeting, i));
    for (unsigned i = 0; i < meeting->count; i++)
        RF_TRY(send_signature(meeting, i));
    for (unsigned i = 0; i < meeting->count; i++)
        RF_TRY(receive_signature(meeting, i));
    (void)pthread_mutex_lock(&recorder->lock);
    rc = rf_transcript_flush(&recorder->writer, true);
    (void)pthread_mutex_unlock(&recorder->lock);
done:
    return rc;
}

enum rf_rc rf_recorder_checkpoint(struct rf_recorder *recorder, struct rf_lane *lane,
                                  unsigned index, const unsigned *peers, unsigned count)
{
    if (!recorder || !recorder->open)
        return RF_OK;
    struct meeting *meeting = calloc(1, sizeof *meeting);
    if (!meeting)
        return rf_err_set(rf_lane_channel(lane)->err, RF_E_MEMORY,
                          "out of memory for a checkpoint");
    meeting->recorder = recorder;
    meeting->lane = lane;
    meeting->channel = rf_lane_channel(lane);
    meeting->index = index;
    meeting->peers = peers;
    meeting->count = count;
    enum rf_rc rc = meet(meeting);
    free(meeting);
    return rc;
}
