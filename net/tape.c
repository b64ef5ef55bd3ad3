#include "net/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/chain.h"
#include "net/intake.h"

struct tape_link {
    uint16_t id;
    struct rf_chain out, in;
    struct rf_intake intake;
    uint64_t next_out, next_in; /* sequence numbers */
    uint8_t *filling;           /* payload of the frame being written */
    size_t filled;
    bool writing;
    uint32_t writing_step;
};

struct rf_tape {
    struct rf_channel channel; /* first: what the operations get */
    struct rf_tape_config config;
    struct tape_link *link;
    struct rf_pool *frames;
    uint8_t session[RF_SESSION_SIZE];
    uint32_t epoch, step;
    char step_name[64];
    uint8_t instead[RF_CONTROL_MAX];
    enum rf_rc failed;
    bool ended;
};

static struct rf_tape *tape_of(struct rf_channel *channel)
{
    return (struct rf_tape *)channel;
}

static enum rf_rc fail(struct rf_tape *tape, enum rf_rc rc, const char *what)
{
    tape->failed = rc;
    return rf_err_set(tape->channel.err, rc, "%s, at step %u \"%s\"", what, tape->step,
                      tape->step_name);
}

static enum rf_rc enter(struct rf_channel *channel, unsigned peer, struct tape_link **link)
{
    struct rf_tape *tape = tape_of(channel);
    *link = tape->link;
    if (tape->failed != RF_OK)
        return tape->failed;
    if (peer >= tape->config.peer_count)
        return fail(tape, RF_E_INTERNAL, "there is no such peer");
    *link += peer;
    return RF_OK;
}

/* ---- frames ---- */

static void put_header(const struct rf_tape *tape, const struct tape_link *link, bool received,
                       const struct rf_tape_frame *frame, uint64_t sequence,
                       uint8_t bytes[RF_FRAME_HEADER])
{
    struct rf_frame_header header = {
        .epoch = tape->epoch,
        .lane = tape->config.lane,
        .from = received ? link->id : tape->config.id,
        .to = received ? tape->config.id : link->id,
        .kind = frame->kind,
        .step = frame->step,
        .sequence = sequence,
        .length = frame->length,
    };
    memcpy(header.session, tape->session, sizeof header.session);
    rf_frame_encode(bytes, &header);
}

static enum rf_rc hash_frame(struct rf_tape *tape, struct rf_chain *chain,
                             const uint8_t header[RF_FRAME_HEADER],
                             const struct rf_tape_frame *frame)
{
    rf_chain_begin(chain, header);
    if (frame->length > 0)
        rf_chain_add(chain, frame->payload, frame->length);
    enum rf_rc rc = rf_chain_end(chain, tape->channel.err);
    if (rc != RF_OK)
        tape->failed = rc;
    return rc;
}

static enum rf_rc send_frame(struct rf_tape *tape, struct tape_link *link,
                             struct rf_tape_frame *frame)
{
    uint8_t header[RF_FRAME_HEADER];
    enum rf_rc rc = RF_OK;
    tape->channel.traffic.bytes_sent += frame->length;
    tape->channel.traffic.frames_sent++;
    if (tape->config.said)
        RF_TRY(tape->config.said(tape->config.context, frame));
    put_header(tape, link, false, frame, link->next_out++, header);
    RF_TRY(hash_frame(tape, &link->out, header, frame));
done:
    if (rc != RF_OK)
        tape->failed = rc;
    return rc;
}

static enum rf_rc send_filled(struct rf_tape *tape, struct tape_link *link, uint8_t kind)
{
    struct rf_tape_frame frame = {
        .peer = (unsigned)(link - tape->link),
        .kind = kind,
        .step = link->writing_step,
        .length = (uint32_t)link->filled,
        .payload = link->filling,
    };
    link->filled = 0;
    return send_frame(tape, link, &frame);
}

/* ---- what comes ---- */

static enum rf_rc place(struct rf_tape *tape, struct tape_link *link,
                        const struct rf_frame_header *header, const uint8_t *payload)
{
    size_t left = header->length;
    while (left > 0) {
        size_t size;
        uint8_t *to = rf_intake_spot(&link->intake, left, &size);
        memcpy(to, payload, size);
        rf_intake_filled(&link->intake, size);
        payload += size;
        left -= size;
    }
    rf_intake_frame_done(&link->intake, header);
    tape->channel.traffic.bytes_received += header->length;
    return RF_OK;
}

/* Parked frames go where they are wanted by now. */
static enum rf_rc settle(struct rf_tape *tape, struct tape_link *link)
{
    struct rf_due *due;
    struct rf_parked *frame;
    while ((due = rf_intake_due(&link->intake)) && (frame = rf_intake_parked(&link->intake))) {
        const char *why = NULL;
        if (frame->header.kind > RF_FRAME_DATA_LAST) {
            if (due->last)
                break;
            return fail(tape, RF_E_CHEAT, "a control message comes where bytes were due");
        }
        enum rf_meeting meeting = rf_intake_meet(&link->intake, &frame->header, &why);
        if (meeting == RF_MEETS_LATER)
            break;
        if (meeting == RF_MEETS_NOT)
            return fail(tape, RF_E_CHEAT, why);
        if (frame->header.step != due->step)
            return fail(tape, RF_E_CHEAT, "a frame comes that is of another step");
        (void)place(tape, link, &frame->header, frame->bytes + RF_FRAME_HEADER);
        rf_intake_unpark(&link->intake);
    }
    return RF_OK;
}

static bool is_direct(struct tape_link *link, const struct rf_frame_header *header)
{
    const char *why;
    const struct rf_due *due = rf_intake_due(&link->intake);
    return header->kind <= RF_FRAME_DATA_LAST && due && !rf_intake_parked(&link->intake) &&
           header->step == due->step && rf_intake_meet(&link->intake, header, &why) == RF_MEETS;
}

static enum rf_rc park(struct rf_tape *tape, struct tape_link *link,
                       const struct rf_frame_header *header, const uint8_t *payload)
{
    uint8_t *bytes = rf_pool_take(tape->frames);
    if (!bytes || !rf_intake_park(&link->intake, header, bytes)) {
        rf_pool_give(tape->frames, bytes);
        return fail(tape, RF_E_MEMORY, "too many frames come before they are wanted");
    }
    if (header->length > 0)
        memcpy(bytes + RF_FRAME_HEADER, payload, header->length);
    return settle(tape, link);
}

enum rf_rc rf_tape_take(struct rf_tape *tape, const struct rf_tape_frame *frame)
{
    enum rf_rc rc;
    uint8_t bytes[RF_FRAME_HEADER];
    struct rf_frame_header header;
    if (frame->peer >= tape->config.peer_count || frame->length > RF_FRAME_PAYLOAD)
        RF_TRY(fail(tape, RF_E_CHEAT, "a frame comes that is none"));
    struct tape_link *link = &tape->link[frame->peer];
    put_header(tape, link, true, frame, link->next_in++, bytes);
    if (rf_frame_decode(&header, bytes, NULL) != RF_OK || header.kind > RF_FRAME_CONTROL)
        RF_TRY(fail(tape, RF_E_CHEAT, "a frame comes that is none"));
    RF_TRY(hash_frame(tape, &link->in, bytes, frame));
    if (is_direct(link, &header))
        rc = place(tape, link, &header, frame->payload);
    else
        rc = park(tape, link, &header, frame->payload);
done:
    return rc;
}

static enum rf_rc pump(struct rf_tape *tape)
{
    enum rf_rc rc;
    struct rf_tape_frame frame = {0};
    RF_TRY(tape->config.next(tape->config.context, &frame));
    if (frame.kind == 0) {
        tape->ended = true;
        RF_TRY(fail(tape, RF_E_PEER, "the recording ends where more was received"));
    }
    RF_TRY(rf_tape_take(tape, &frame));
done:
    if (rc != RF_OK)
        tape->failed = rc;
    return rc;
}

enum rf_rc rf_tape_instead(struct rf_tape *tape, struct rf_tape_frame *frame, const void *payload,
                           size_t size)
{
    if (size > sizeof tape->instead)
        return fail(tape, RF_E_MEMORY, "a control message that is too long");
    if (size > 0)
        memcpy(tape->instead, payload, size);
    frame->payload = tape->instead;
    frame->length = (uint32_t)size;
    return RF_OK;
}

/* ---- the operations ---- */

static enum rf_rc tape_reserve(struct rf_channel *channel, unsigned peer, uint8_t **buffer,
                               size_t *room)
{
    struct tape_link *link = NULL;
    enum rf_rc rc = enter(channel, peer, &link);
    *buffer = rc == RF_OK ? link->filling + link->filled : NULL;
    *room = rc == RF_OK ? RF_FRAME_PAYLOAD - link->filled : 0;
    return rc;
}

static enum rf_rc tape_commit(struct rf_channel *channel, unsigned peer, size_t used)
{
    struct tape_link *link = NULL;
    struct rf_tape *tape = tape_of(channel);
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    if (used > RF_FRAME_PAYLOAD - link->filled)
        RF_TRY(fail(tape, RF_E_INTERNAL, "more was committed than reserved"));
    if (used > 0 && !link->writing) {
        link->writing = true;
        link->writing_step = tape->step;
    }
    link->filled += used;
    if (link->filled == RF_FRAME_PAYLOAD)
        rc = send_filled(tape, link, RF_FRAME_DATA);
done:
    return rc;
}

static enum rf_rc tape_flush(struct rf_channel *channel, unsigned peer)
{
    struct tape_link *link = NULL;
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    if (!link->writing)
        goto done;
    RF_TRY(send_filled(tape_of(channel), link, RF_FRAME_DATA_LAST));
    link->writing = false;
    channel->traffic.messages_sent++;
done:
    return rc;
}

static enum rf_rc tape_want(struct rf_channel *channel, unsigned peer, void *destination,
                            size_t size)
{
    struct tape_link *link = NULL;
    struct rf_tape *tape = tape_of(channel);
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    rc = rf_intake_want(&link->intake, destination, size, tape->step);
    if (rc == RF_E_CHEAT)
        RF_TRY(fail(tape, rc, "a message ends before all its bytes have come"));
    if (rc != RF_OK)
        RF_TRY(fail(tape, rc, "no memory to want more"));
    rc = settle(tape, link);
done:
    return rc;
}

static enum rf_rc tape_want_end(struct rf_channel *channel, unsigned peer)
{
    struct tape_link *link = NULL;
    struct rf_tape *tape = tape_of(channel);
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    if (rf_intake_want_end(&link->intake, tape->step, channel->traffic.rounds) != RF_OK)
        RF_TRY(fail(tape, RF_E_MEMORY, "no memory to want more"));
    const struct rf_due *due = rf_intake_due(&link->intake);
    if (due && due->ended && due->last)
        RF_TRY(fail(tape, RF_E_CHEAT, "a message ends before all its bytes have come"));
    rc = settle(tape, link);
done:
    return rc;
}

/* As a lane counts (lane.c). */
static void count_round(struct rf_channel *channel, uint64_t asked)
{
    if (asked + 1 > channel->traffic.rounds)
        channel->traffic.rounds = asked + 1;
}

static enum rf_rc tape_wait(struct rf_channel *channel, unsigned peer)
{
    struct tape_link *link = NULL;
    struct rf_tape *tape = tape_of(channel);
    enum rf_rc rc;
    bool complete;
    RF_TRY(enter(channel, peer, &link));
    if (!rf_intake_waitable(&link->intake, &complete))
        RF_TRY(fail(tape, RF_E_INTERNAL, "waits for a message that was not asked for"));
    while (rf_intake_waitable(&link->intake, &complete) && !complete)
        RF_TRY(pump(tape));
    count_round(channel, rf_intake_waited(&link->intake));
done:
    return rc;
}

static enum rf_rc tape_control_send(struct rf_channel *channel, unsigned peer, const void *data,
                                    size_t size)
{
    struct tape_link *link = NULL;
    struct rf_tape *tape = tape_of(channel);
    enum rf_rc rc;
    RF_TRY(enter(channel, peer, &link));
    if (link->writing || size > RF_CONTROL_MAX)
        RF_TRY(fail(tape, RF_E_INTERNAL, "a control message that is too long, or inside another"));
    struct rf_tape_frame frame = {
        .peer = peer,
        .kind = RF_FRAME_CONTROL,
        .step = tape->step,
        .length = (uint32_t)size,
        .payload = data,
    };
    channel->traffic.messages_sent++;
    rc = send_frame(tape, link, &frame);
done:
    return rc;
}

static const struct rf_parked *next_control(struct tape_link *link)
{
    return rf_intake_due(&link->intake) ? NULL : rf_intake_parked(&link->intake);
}

static enum rf_rc take_control(struct rf_tape *tape, struct tape_link *link,
                               const struct rf_parked *frame, uint8_t **data, size_t *size)
{
    if (frame->header.kind != RF_FRAME_CONTROL)
        return fail(tape, RF_E_CHEAT, "bytes come where a control message was due");
    *data = rf_secret_alloc(frame->header.length);
    if (!*data)
        return fail(tape, RF_E_MEMORY, "no memory for a control message");
    *size = frame->header.length;
    memcpy(*data, frame->bytes + RF_FRAME_HEADER, *size);
    tape->channel.traffic.bytes_received += *size;
    rf_intake_unpark(&link->intake);
    return RF_OK;
}

static enum rf_rc tape_control_receive(struct rf_channel *channel, unsigned peer, uint8_t **data,
                                       size_t *size)
{
    struct tape_link *link = NULL;
    struct rf_tape *tape = tape_of(channel);
    enum rf_rc rc;
    const struct rf_parked *frame;
    *data = NULL;
    *size = 0;
    RF_TRY(enter(channel, peer, &link));
    if (rf_intake_asking(&link->intake))
        RF_TRY(fail(tape, RF_E_INTERNAL, "a control message inside an unfinished message"));
    count_round(channel, channel->traffic.rounds);
    while ((frame = next_control(link)) == NULL)
        RF_TRY(pump(tape));
    rc = take_control(tape, link, frame, data, size);
done:
    return rc;
}

static void set_step(struct rf_tape *tape, uint32_t step, const char *name)
{
    tape->step = step;
    (void)snprintf(tape->step_name, sizeof tape->step_name, "%s", name);
}

static enum rf_rc tape_step(struct rf_channel *channel, const char *name)
{
    struct rf_tape *tape = tape_of(channel);
    if (tape->failed == RF_OK)
        set_step(tape, tape->step + 1, name);
    return tape->failed;
}

static const struct rf_channel_ops operations = {
    .reserve = tape_reserve,
    .commit = tape_commit,
    .flush = tape_flush,
    .want = tape_want,
    .want_end = tape_want_end,
    .wait = tape_wait,
    .control_send = tape_control_send,
    .control_receive = tape_control_receive,
    .step = tape_step,
};

/* ---- making and ending ---- */

static enum rf_rc make_link(struct rf_tape *tape, struct tape_link *link, uint16_t id)
{
    const struct rf_tape_config *config = &tape->config;
    struct rf_err *err = tape->channel.err;
    enum rf_rc rc;
    link->id = id;
    link->next_out = link->next_in = config->first;
    RF_TRY(rf_chain_init(&link->out, config->id, id, config->lane, err));
    RF_TRY(rf_chain_init(&link->in, id, config->id, config->lane, err));
    link->filling = rf_secret_alloc(RF_FRAME_PAYLOAD);
    if (!link->filling || rf_intake_init(&link->intake, RF_TAPE_AHEAD, tape->frames) != RF_OK)
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory for a tape");
done:
    return rc;
}

enum rf_rc rf_tape_new(struct rf_tape **out, const struct rf_tape_config *config,
                       struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_tape *tape = calloc(1, sizeof *tape);
    *out = NULL;
    if (!tape)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for a tape");
    tape->channel = (struct rf_channel){.ops = &operations, .err = err};
    tape->config = *config;
    tape->config.peers = NULL;
    tape->frames = rf_pool_new(RF_FRAME_SIZE, (size_t)config->peer_count * RF_TAPE_AHEAD);
    tape->link = calloc(config->peer_count, sizeof *tape->link);
    set_step(tape, 0, "beginning");
    if (!tape->frames || !tape->link) {
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory for a tape");
        goto done;
    }
    for (unsigned i = 0; i < config->peer_count; i++)
        RF_TRY(make_link(tape, &tape->link[i], config->peers[i]));
    *out = tape;
    tape = NULL;
done:
    rf_tape_free(tape);
    return rc;
}

void rf_tape_free(struct rf_tape *tape)
{
    if (!tape)
        return;
    for (unsigned i = 0; tape->link && i < tape->config.peer_count; i++) {
        struct tape_link *link = &tape->link[i];
        rf_intake_fini(&link->intake);
        rf_secret_free(link->filling, RF_FRAME_PAYLOAD);
        rf_chain_fini(&link->out);
        rf_chain_fini(&link->in);
    }
    free(tape->link);
    rf_secret_wipe(tape->instead, sizeof tape->instead);
    if (tape->frames)
        rf_pool_free(tape->frames);
    free(tape);
}

struct rf_channel *rf_tape_channel(struct rf_tape *tape)
{
    return &tape->channel;
}

enum rf_rc rf_tape_session(struct rf_tape *tape, const uint8_t manifest_hash[32],
                           const uint8_t session[RF_SESSION_SIZE], uint32_t epoch,
                           const uint8_t (*secret)[32])
{
    enum rf_rc rc = RF_OK;
    struct rf_err *err = tape->channel.err;
    memcpy(tape->session, session, RF_SESSION_SIZE);
    tape->epoch = epoch;
    for (unsigned i = 0; i < tape->config.peer_count; i++) {
        struct tape_link *link = &tape->link[i];
        RF_TRY(rf_chain_start(&link->out, manifest_hash, session, epoch, secret[i], err));
        RF_TRY(rf_chain_start(&link->in, manifest_hash, session, epoch, secret[i], err));
        rf_chain_watch(&link->out, tape->config.sink, false);
        rf_chain_watch(&link->in, tape->config.sink, true);
    }
done:
    return rc;
}

void rf_tape_chain(const struct rf_tape *tape, unsigned peer, uint8_t sent[RF_CHAIN_SIZE],
                   uint8_t received[RF_CHAIN_SIZE])
{
    memcpy(sent, tape->link[peer].out.head, RF_CHAIN_SIZE);
    memcpy(received, tape->link[peer].in.head, RF_CHAIN_SIZE);
}

void rf_tape_frames(const struct rf_tape *tape, unsigned peer, uint64_t *sent, uint64_t *received)
{
    *sent = tape->link[peer].out.frames;
    *received = tape->link[peer].in.frames;
}

uint32_t rf_tape_step(const struct rf_tape *tape, const char **name)
{
    *name = tape->step_name;
    return tape->step;
}

bool rf_tape_ended(const struct rf_tape *tape)
{
    return tape->ended;
}
