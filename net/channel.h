/** channel.h - the bytes one lane exchanges with its peers
 *
 * A channel is what protocols see of the network: for each peer an outgoing and an incoming byte
 * stream, cut into messages. Both ends know from the shape of the computation how long each message
 * is, so nothing announces a length: the sender appends and ends the message, the receiver says
 * where the bytes go. Frames of RF_FRAME_PAYLOAD bytes leave as soon as they are full; only the last
 * frame of a message is shorter. Sending never blocks a peer that is itself sending: while a send
 * waits for credit, arriving frames are taken in and put where they were wanted.
 *
 * The interface is a table of functions so that one party can also run against recorded messages
 * (audit replay, measuring one party alone). `net/lane.h` makes the real one.
 *
 * A channel belongs to one thread. No function here is thread-safe.
 *
 * Peers are small integers: the index into the configuration's peer list. */
#ifndef RF_NET_CHANNEL_H
#define RF_NET_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum {
    RF_FRAME_PAYLOAD = 262080, /* bytes of payload in a full frame; a multiple of 64 */
    RF_CONTROL_MAX = 262080,   /* bytes in the longest control message */
};

/** Everything that crossed, counted where it crosses: payload without frame headers or TLS. */
struct rf_traffic {
    uint64_t bytes_sent, bytes_received;
    uint64_t messages_sent, frames_sent;
    uint64_t rounds; /* longest chain of messages waited for, each asked for after the one before */
};

struct rf_channel;

struct rf_channel_ops {
    enum rf_rc (*reserve)(struct rf_channel *, unsigned peer, uint8_t **buffer, size_t *room);
    enum rf_rc (*commit)(struct rf_channel *, unsigned peer, size_t used);
    enum rf_rc (*flush)(struct rf_channel *, unsigned peer);
    enum rf_rc (*want)(struct rf_channel *, unsigned peer, void *destination, size_t size);
    enum rf_rc (*want_end)(struct rf_channel *, unsigned peer);
    enum rf_rc (*wait)(struct rf_channel *, unsigned peer);
    enum rf_rc (*control_send)(struct rf_channel *, unsigned peer, const void *data, size_t size);
    enum rf_rc (*control_receive)(struct rf_channel *, unsigned peer, uint8_t **data, size_t *size);
    enum rf_rc (*step)(struct rf_channel *, const char *name);
};

/** The public part of every implementation. */
struct rf_channel {
    const struct rf_channel_ops *ops;
    struct rf_err *err;        /* where failures are described; owned by the caller */
    struct rf_traffic traffic; /* of this channel, all peers; read-only for users */
};

/** rf_channel_reserve() - a place to write the next bytes for @peer
 * @buffer: 8-byte aligned when everything committed so far was a multiple of 8
 * @room:   at least 8, at most what is left of the frame; what fits in one frame is never split
 * Blocks (and takes in arriving frames) while the credit window is closed.
 * Errors: RF_E_PEER, RF_E_CHEAT. The buffer is valid until commit. */
RF_MUST_CHECK static inline enum rf_rc rf_channel_reserve(struct rf_channel *channel, unsigned peer,
                                                          uint8_t **buffer, size_t *room)
{
    return channel->ops->reserve(channel, peer, buffer, room);
}

/** rf_channel_commit() - append the first @used bytes of the reserved place to the message; a frame
 * that this fills is sent at once */
RF_MUST_CHECK static inline enum rf_rc rf_channel_commit(struct rf_channel *channel, unsigned peer,
                                                         size_t used)
{
    return channel->ops->commit(channel, peer, used);
}

/** rf_channel_put() - append @size bytes to the message for @peer: reserve, copy, commit */
RF_MUST_CHECK enum rf_rc rf_channel_put(struct rf_channel *channel, unsigned peer, const void *data,
                                        size_t size);

/** rf_channel_flush() - end the message for @peer and send what is left of it
 * A message with no bytes is not sent. */
RF_MUST_CHECK static inline enum rf_rc rf_channel_flush(struct rf_channel *channel, unsigned peer)
{
    return channel->ops->flush(channel, peer);
}

/** rf_channel_want() - say where the next @size bytes from @peer go
 * The destination must stay valid until rf_channel_wait() returns; bytes may be written any time
 * from now on. Wants of one message add up to exactly its length. */
RF_MUST_CHECK static inline enum rf_rc rf_channel_want(struct rf_channel *channel, unsigned peer,
                                                       void *destination, size_t size)
{
    return channel->ops->want(channel, peer, destination, size);
}

/** rf_channel_want_end() - the message from @peer ends here; a peer whose frames end elsewhere is
 * in error (RF_E_CHEAT, naming peer and step) */
RF_MUST_CHECK static inline enum rf_rc rf_channel_want_end(struct rf_channel *channel,
                                                           unsigned peer)
{
    return channel->ops->want_end(channel, peer);
}

/** rf_channel_wait() - until the oldest message from @peer that was ended by want_end and not yet
 * waited for is there in full. Several messages may be wanted before the first wait; they complete
 * in order. Errors: RF_E_PEER after the deadline, RF_E_CHEAT. */
RF_MUST_CHECK static inline enum rf_rc rf_channel_wait(struct rf_channel *channel, unsigned peer)
{
    return channel->ops->wait(channel, peer);
}

/** rf_channel_control_send() - send one control message (msgpack, at most RF_CONTROL_MAX bytes)
 * It takes its place in the stream's order and must not be sent inside an unfinished message. */
RF_MUST_CHECK static inline enum rf_rc
rf_channel_control_send(struct rf_channel *channel, unsigned peer, const void *data, size_t size)
{
    return channel->ops->control_send(channel, peer, data, size);
}

/** rf_channel_control_receive() - wait for the next control message from @peer
 * @data: set to a buffer that the caller frees with rf_secret_free(data, size)
 * Errors: RF_E_PEER, RF_E_CHEAT when bulk bytes arrive where a control message is due. */
RF_MUST_CHECK static inline enum rf_rc
rf_channel_control_receive(struct rf_channel *channel, unsigned peer, uint8_t **data, size_t *size)
{
    return channel->ops->control_receive(channel, peer, data, size);
}

/** rf_channel_step() - begin the next step of the computation
 * Every frame carries the step's number; a bulk frame of another step is an error that names both. The
 * name appears in errors and progress: the study's own words, never data. */
RF_MUST_CHECK static inline enum rf_rc rf_channel_step(struct rf_channel *channel, const char *name)
{
    return channel->ops->step(channel, name);
}

#endif
