/** sink.h - what watches the frames of a node's links as they are hashed: a transcript
 *
 * Called for every frame that a hash chain covers, in each direction in the chain's order, in the
 * thread of the frame's lane. Several lanes call at the same time. What it gives back as an error ends
 * the lane. */
#ifndef RF_NET_SINK_H
#define RF_NET_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

struct rf_sink_frame {
    uint16_t lane, peer; /* the other end's id */
    bool received;       /* otherwise sent */
    uint64_t number;     /* in its chain, from 0 */
    uint8_t kind;        /* enum rf_frame_kind */
    uint32_t step, length;
    const uint8_t *leaf; /* RF_CHAIN_SIZE bytes; NULL before the frame has ended */
};

struct rf_sink {
    void *context;
    /* Not called when NULL: a frame begins; its bytes, in pieces if it was received, at once if it is sent. */
    enum rf_rc (*begin)(void *context, const struct rf_sink_frame *frame);
    enum rf_rc (*payload)(void *context, const struct rf_sink_frame *frame, const void *data,
                          size_t size);
    enum rf_rc (*end)(void *context, const struct rf_sink_frame *frame);
};

#endif
