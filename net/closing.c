/* Ending a link in good order. Each end says the head of what it sent (CHAIN); whoever has compared
 * that with what it received says the head of what it received (CLOSE); the link has ended when both
 * have come and ours are acknowledged. */
#include <string.h>

#include "net/base/secret.h"
#include "net/link.h"

static enum rf_rc say(struct rf_link *link, enum rf_frame_kind kind, const struct rf_chain *chain,
                      bool *said)
{
    if (*said || !rf_outbox_open(link))
        return RF_OK;
    uint8_t *bytes = rf_pool_take(link->lane->frames);
    if (!bytes)
        return rf_link_fail(link, RF_E_MEMORY, "cannot be sent to: no memory for a frame");
    struct rf_notice_heads heads = {.frames = chain->frames};
    memcpy(heads.head, chain->head, sizeof heads.head);
    *said = true;
    return rf_outbox_send(link, bytes, kind, link->lane->step,
                          rf_notice_put_heads(bytes + RF_FRAME_HEADER, &heads));
}

static enum rf_rc compare(struct rf_link *link, const struct rf_parked *frame,
                          const struct rf_chain *chain, const char *what)
{
    struct rf_notice_heads heads;
    struct rf_err err = {0};
    if (rf_notice_get_heads(&heads, frame->bytes + RF_FRAME_HEADER, frame->header.length, &err) !=
        RF_OK)
        return rf_link_fail(link, RF_E_CHEAT, "sent %s", err.text);
    if (heads.frames != chain->frames ||
        !rf_secret_equal(heads.head, chain->head, sizeof heads.head)) {
        return rf_link_fail(link, RF_E_CHEAT,
                            "keeps another hash chain of what %s (%llu frames, ours %llu)", what,
                            (unsigned long long)heads.frames, (unsigned long long)chain->frames);
    }
    return RF_OK;
}

static enum rf_rc hear(struct rf_link *link, const struct rf_parked *frame)
{
    enum rf_rc rc = RF_OK;
    if (frame->header.kind == RF_FRAME_CHAIN && !link->chain_heard) {
        RF_TRY(compare(link, frame, &link->in, "it sent"));
        link->chain_heard = true;
    } else if (frame->header.kind == RF_FRAME_CLOSE && link->chain_heard && !link->close_heard) {
        RF_TRY(compare(link, frame, &link->out, "we sent"));
        link->close_heard = true;
    } else {
        RF_TRY(rf_link_fail(link, RF_E_CHEAT, "sent something that nobody here asked for"));
    }
    RF_TRY(rf_link_consume(link));
done:
    return rc;
}

enum rf_rc rf_closing_turn(struct rf_link *link, bool *ended)
{
    enum rf_rc rc;
    const struct rf_parked *frame;
    RF_TRY(say(link, RF_FRAME_CHAIN, &link->out, &link->chain_said));
    while ((frame = rf_intake_parked(&link->intake)) != NULL) {
        RF_TRY(hear(link, frame));
        rf_outbox_ack(link, true);
    }
    if (link->chain_heard)
        RF_TRY(say(link, RF_FRAME_CLOSE, &link->in, &link->close_said));
    bool acknowledged = link->acked + 1 == link->next;
    bool left =
        link->silent || link->turned_away; /* with all that it needed, or it would be here */
    *ended = link->close_heard && link->close_said && (acknowledged || left);
done:
    return rc;
}
