#include "net/recording.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/frame.h"

enum { BLOCK = 2 << 20 };

/* Where bytes that were asked for go, and whether a message ends behind them. */
struct piece {
    const uint8_t *data;
    size_t size;
    bool last;
    uint32_t step;
};

/* Pieces not yet waited for: first to count. */
struct pieces {
    struct piece *piece;
    size_t first, count, room;
};

struct block {
    struct block *before;
    uint8_t *bytes; /* BLOCK of them, secret */
    size_t used;
};

struct rf_recording {
    struct rf_channel channel; /* first: what the operations get */
    struct rf_channel *inner;
    unsigned peers;
    struct pieces *asked; /* of each peer */
    uint32_t step;
    struct rf_tape_frame *frame;
    size_t frames, frame_room, next;
    struct block *block; /* the last; it leads to those before */
};

static struct rf_recording *recording_of(struct rf_channel *channel)
{
    return (struct rf_recording *)channel;
}

static enum rf_rc no_memory(const struct rf_recording *recording)
{
    return rf_err_set(recording->channel.err, RF_E_MEMORY, "no memory to record what comes");
}

static enum rf_rc check_peer(const struct rf_recording *recording, unsigned peer)
{
    return peer < recording->peers ? RF_OK
                                   : rf_err_set(recording->channel.err, RF_E_INTERNAL,
                                                "there is no peer %u to record", peer);
}

/* Room for one more element; false: no memory. */
static bool grow(void **array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 64;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *room = more;
    return true;
}

/* ---- what is kept ---- */

static struct block *add_block(struct rf_recording *recording)
{
    struct block *block = calloc(1, sizeof *block);
    if (!block)
        return NULL;
    block->bytes = rf_secret_alloc(BLOCK);
    if (!block->bytes) {
        free(block);
        return NULL;
    }
    block->before = recording->block;
    return recording->block = block;
}

/* Memory for a frame: of the last block, or of a new one. */
static uint8_t *frame_memory(struct rf_recording *recording, size_t size)
{
    struct block *last = recording->block;
    if (!last || BLOCK - last->used < size)
        last = add_block(recording);
    if (!last)
        return NULL;
    uint8_t *memory = last->bytes + last->used;
    last->used += size;
    return memory;
}

static enum rf_rc keep_frame(struct rf_recording *recording, unsigned peer, uint8_t kind,
                             uint32_t step, size_t size, uint8_t **memory)
{
    *memory = frame_memory(recording, size);
    if (!*memory || !grow((void **)&recording->frame, recording->frames, &recording->frame_room,
                          sizeof *recording->frame))
        return no_memory(recording);
    recording->frame[recording->frames++] = (struct rf_tape_frame){
        .peer = peer,
        .kind = kind,
        .step = step,
        .length = (uint32_t)size,
        .payload = *memory,
    };
    return RF_OK;
}

/* The oldest message of a peer: how many bytes, in how many pieces. */
static size_t oldest_size(const struct pieces *asked, size_t *count)
{
    size_t size = 0;
    *count = 0;
    for (size_t i = asked->first; i < asked->count; i++) {
        size += asked->piece[i].size;
        ++*count;
        if (asked->piece[i].last)
            break;
    }
    return size;
}

/* @size bytes of the oldest pieces. */
static void copy_out(struct pieces *asked, uint8_t *out, size_t size)
{
    while (size > 0) {
        struct piece *piece = &asked->piece[asked->first];
        size_t now = piece->size < size ? piece->size : size;
        if (now > 0)
            memcpy(out, piece->data, now);
        piece->data += now;
        piece->size -= now;
        out += now;
        size -= now;
        if (size > 0)
            asked->first++;
    }
}

/* A message that ends with a full frame has an empty one behind it; one without bytes was never sent. */
static enum rf_rc keep_message(struct rf_recording *recording, unsigned peer)
{
    enum rf_rc rc = RF_OK;
    struct pieces *asked = &recording->asked[peer];
    size_t count, end, size = oldest_size(asked, &count);
    end = asked->first + count;
    uint32_t step = count ? asked->piece[asked->first].step : 0;
    for (bool more = size > 0; more;) {
        uint8_t *memory;
        more = size >= RF_FRAME_PAYLOAD;
        size_t now = more ? RF_FRAME_PAYLOAD : size;
        RF_TRY(keep_frame(recording, peer, more ? RF_FRAME_DATA : RF_FRAME_DATA_LAST, step, now,
                          &memory));
        copy_out(asked, memory, now);
        size -= now;
    }
    asked->first = end;
    if (asked->first == asked->count)
        asked->first = asked->count = 0;
done:
    return rc;
}

static enum rf_rc ask(struct rf_recording *recording, unsigned peer, const void *data, size_t size,
                      bool last)
{
    struct pieces *asked = &recording->asked[peer];
    if (!grow((void **)&asked->piece, asked->count, &asked->room, sizeof *asked->piece))
        return no_memory(recording);
    asked->piece[asked->count++] =
        (struct piece){.data = data, .size = size, .last = last, .step = recording->step};
    return RF_OK;
}

/* ---- the operations ---- */

static enum rf_rc done_with(struct rf_recording *recording, enum rf_rc rc)
{
    recording->channel.traffic = recording->inner->traffic;
    return rc;
}

static enum rf_rc recording_reserve(struct rf_channel *channel, unsigned peer, uint8_t **buffer,
                                    size_t *room)
{
    struct rf_recording *recording = recording_of(channel);
    return done_with(recording, rf_channel_reserve(recording->inner, peer, buffer, room));
}

static enum rf_rc recording_commit(struct rf_channel *channel, unsigned peer, size_t used)
{
    struct rf_recording *recording = recording_of(channel);
    return done_with(recording, rf_channel_commit(recording->inner, peer, used));
}

static enum rf_rc recording_flush(struct rf_channel *channel, unsigned peer)
{
    struct rf_recording *recording = recording_of(channel);
    return done_with(recording, rf_channel_flush(recording->inner, peer));
}

static enum rf_rc recording_want(struct rf_channel *channel, unsigned peer, void *destination,
                                 size_t size)
{
    enum rf_rc rc;
    struct rf_recording *recording = recording_of(channel);
    RF_TRY(check_peer(recording, peer));
    RF_TRY(ask(recording, peer, destination, size, false));
    RF_TRY(rf_channel_want(recording->inner, peer, destination, size));
done:
    return done_with(recording, rc);
}

static enum rf_rc recording_want_end(struct rf_channel *channel, unsigned peer)
{
    enum rf_rc rc;
    struct rf_recording *recording = recording_of(channel);
    RF_TRY(check_peer(recording, peer));
    RF_TRY(ask(recording, peer, NULL, 0, true));
    RF_TRY(rf_channel_want_end(recording->inner, peer));
done:
    return done_with(recording, rc);
}

static enum rf_rc recording_wait(struct rf_channel *channel, unsigned peer)
{
    enum rf_rc rc;
    struct rf_recording *recording = recording_of(channel);
    RF_TRY(check_peer(recording, peer));
    RF_TRY(rf_channel_wait(recording->inner, peer));
    RF_TRY(keep_message(recording, peer));
done:
    return done_with(recording, rc);
}

static enum rf_rc recording_control_send(struct rf_channel *channel, unsigned peer,
                                         const void *data, size_t size)
{
    struct rf_recording *recording = recording_of(channel);
    return done_with(recording, rf_channel_control_send(recording->inner, peer, data, size));
}

static enum rf_rc recording_control_receive(struct rf_channel *channel, unsigned peer,
                                            uint8_t **data, size_t *size)
{
    enum rf_rc rc;
    struct rf_recording *recording = recording_of(channel);
    uint8_t *memory;
    RF_TRY(rf_channel_control_receive(recording->inner, peer, data, size));
    rc = keep_frame(recording, peer, RF_FRAME_CONTROL, recording->step, *size, &memory);
    if (rc == RF_OK && *size > 0)
        memcpy(memory, *data, *size);
    if (rc != RF_OK) {
        rf_secret_free(*data, *size);
        *data = NULL;
    }
done:
    return done_with(recording, rc);
}

static enum rf_rc recording_step(struct rf_channel *channel, const char *name)
{
    struct rf_recording *recording = recording_of(channel);
    recording->step++;
    return done_with(recording, rf_channel_step(recording->inner, name));
}

static const struct rf_channel_ops operations = {
    .reserve = recording_reserve,
    .commit = recording_commit,
    .flush = recording_flush,
    .want = recording_want,
    .want_end = recording_want_end,
    .wait = recording_wait,
    .control_send = recording_control_send,
    .control_receive = recording_control_receive,
    .step = recording_step,
};

/* ---- making, playing and ending ---- */

enum rf_rc rf_recording_new(struct rf_recording **out, struct rf_channel *inner, unsigned peers)
{
    struct rf_recording *recording = calloc(1, sizeof *recording);
    *out = NULL;
    if (!recording)
        return rf_err_set(inner->err, RF_E_MEMORY, "out of memory for a recording");
    recording->channel =
        (struct rf_channel){.ops = &operations, .err = inner->err, .traffic = inner->traffic};
    recording->inner = inner;
    recording->peers = peers;
    recording->asked = calloc(peers, sizeof *recording->asked);
    if (!recording->asked) {
        rf_recording_free(recording);
        return rf_err_set(inner->err, RF_E_MEMORY, "out of memory for a recording");
    }
    *out = recording;
    return RF_OK;
}

void rf_recording_free(struct rf_recording *recording)
{
    if (!recording)
        return;
    while (recording->block) {
        struct block *before = recording->block->before;
        rf_secret_free(recording->block->bytes, BLOCK);
        free(recording->block);
        recording->block = before;
    }
    for (unsigned i = 0; recording->asked && i < recording->peers; i++)
        free(recording->asked[i].piece);
    free(recording->asked);
    free(recording->frame);
    free(recording);
}

struct rf_channel *rf_recording_channel(struct rf_recording *recording)
{
    return &recording->channel;
}

void rf_recording_rewind(struct rf_recording *recording)
{
    recording->next = 0;
}

enum rf_rc rf_recording_next(void *context, struct rf_tape_frame *frame)
{
    struct rf_recording *recording = context;
    *frame = (struct rf_tape_frame){0};
    if (recording->next < recording->frames)
        *frame = recording->frame[recording->next++];
    return RF_OK;
}
