/* Sending: sequence, window, and sending again after a reconnection. */
#include <stdio.h>
#include <string.h>

#include "net/link.h"

enum { ACKS_PER_WINDOW = 4 };

bool rf_outbox_open(const struct rf_link *link)
{
    return link->next - 1 - link->acked < link->window;
}

static struct rf_sent *place(struct rf_link *link, uint64_t sequence)
{
    return &link->sent[sequence % link->room];
}

/* Encrypts a frame anew for the connection there is; without one it waits for the next. */
static enum rf_rc transmit(struct rf_link *link, const struct rf_sent *frame)
{
    struct rf_err err = {0};
    if (!link->live.tls)
        return RF_OK;
    rf_frame_set_ack(frame->bytes, link->consumed);
    link->ack_told = link->consumed;
    enum rf_rc rc = rf_tls_write(link->live.tls, frame->bytes, frame->size, &err);
    if (rc != RF_OK)
        return rf_link_fail(link, rc, "cannot be sent to: %s", err.text);
    rf_link_flush(link, &link->live);
    return RF_OK;
}

static struct rf_frame_header header_for(const struct rf_link *link, enum rf_frame_kind kind)
{
    const struct rf_lane *lane = link->lane;
    struct rf_frame_header header = {
        .epoch = lane->epoch,
        .lane = (uint16_t)lane->index,
        .from = lane->node->config.id,
        .to = link->config->id,
        .kind = (uint8_t)kind,
        .step = lane->step,
    };
    memcpy(header.session, lane->session, sizeof header.session);
    return header;
}

enum rf_rc rf_outbox_send(struct rf_link *link, uint8_t *bytes, enum rf_frame_kind kind,
                          uint32_t step, size_t length)
{
    struct rf_frame_header header = header_for(link, kind);
    header.sequence = link->next++;
    header.step = step;
    header.length = (uint32_t)length;
    rf_frame_encode(bytes, &header);
    struct rf_sent *frame = place(link, header.sequence);
    *frame = (struct rf_sent){.bytes = bytes, .size = RF_FRAME_HEADER + length};
    if (kind <= RF_FRAME_CONTROL) {
        rf_chain_begin(&link->out, bytes);
        rf_chain_add(&link->out, bytes + RF_FRAME_HEADER, length);
        enum rf_rc rc = rf_chain_end(&link->out, link->lane->channel.err);
        if (rc != RF_OK)
            return rc;
    }
    return transmit(link, frame);
}

void rf_outbox_notice(struct rf_link *link, struct rf_tls_session *session, enum rf_frame_kind kind,
                      const void *payload, size_t length)
{
    uint8_t bytes[RF_FRAME_HEADER + RF_NOTICE_MAX];
    struct rf_frame_header header = header_for(link, kind);
    header.length = (uint32_t)length;
    header.ack = link->consumed;
    rf_frame_encode(bytes, &header);
    if (length > 0)
        memcpy(bytes + RF_FRAME_HEADER, payload, length);
    if (rf_tls_write(session->tls, bytes, RF_FRAME_HEADER + length, NULL) == RF_OK)
        rf_link_flush(link, session);
}

void rf_outbox_abort(struct rf_link *link, struct rf_tls_session *session, const char *reason)
{
    struct rf_notice_abort notice = {.step = link->lane->step};
    uint8_t payload[RF_NOTICE_MAX];
    (void)snprintf(notice.name, sizeof notice.name, "%s", link->lane->step_name);
    (void)snprintf(notice.reason, sizeof notice.reason, "%s", reason);
    rf_outbox_notice(link, session, RF_FRAME_ABORT, payload, rf_notice_put_abort(payload, &notice));
}

void rf_outbox_ack(struct rf_link *link, bool now)
{
    uint64_t untold = link->consumed - link->ack_told;
    if (!link->live.tls || untold == 0 || (!now && untold * ACKS_PER_WINDOW < link->window))
        return;
    link->ack_told = link->consumed;
    rf_outbox_notice(link, &link->live, RF_FRAME_ACK, NULL, 0);
}

enum rf_rc rf_outbox_acked(struct rf_link *link, uint64_t sequence)
{
    if (sequence >= link->next)
        return rf_link_fail(link, RF_E_CHEAT, "acknowledged frame %llu, which was never sent",
                            (unsigned long long)sequence);
    while (link->acked < sequence) {
        struct rf_sent *frame = place(link, ++link->acked);
        rf_pool_give(link->lane->frames, frame->bytes);
        *frame = (struct rf_sent){0};
    }
    return RF_OK;
}

enum rf_rc rf_outbox_resume(struct rf_link *link, uint64_t received)
{
    uint64_t first = received < link->acked ? link->acked + 1 : received + 1;
    enum rf_rc rc = RF_OK;
    for (uint64_t sequence = first; rc == RF_OK && sequence < link->next; sequence++)
        rc = transmit(link, place(link, sequence));
    return rc;
}
