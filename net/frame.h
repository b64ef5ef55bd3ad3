/** frame.h - the header of a frame, inside TLS
 *
 * A frame is a header of RF_FRAME_HEADER bytes and a payload of at most RF_FRAME_PAYLOAD. The header
 * is one msgpack array of eleven elements in fixed-width encodings, so that its size is constant, any
 * msgpack decoder reads it, and this one can be strict: every byte that does not carry a value must
 * be exactly as written. Header and payload of a full frame fill 16 TLS records of 16 KiB.
 *
 * `docs/wire.md`, "Frames", is the specification. */
#ifndef RF_NET_FRAME_H
#define RF_NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "net/channel.h"
#include "net/lane.h"

enum {
    RF_FRAME_HEADER = 64,
    RF_FRAME_SIZE = RF_FRAME_HEADER + RF_FRAME_PAYLOAD, /* of a full frame: 16 records */
    RF_FRAME_VERSION = 1,
};

enum rf_frame_kind {
    RF_FRAME_DATA = 1,  /* bytes of a message, exactly full, more to come */
    RF_FRAME_DATA_LAST, /* the end of a message */
    RF_FRAME_CONTROL,   /* a control message */
    RF_FRAME_CHAIN,     /* closing: heads of what the sender sent */
    RF_FRAME_CLOSE,     /* closing: heads of what the sender received */
    RF_FRAME_HELLO,     /* first frame of a connection: who, which study, where to resume */
    RF_FRAME_ACK,       /* nothing but the acknowledgement in its header */
    RF_FRAME_ABORT,     /* the sender gives up, or refuses the connection, and why */
    RF_FRAME_KIND_COUNT,
};

struct rf_frame_header {
    uint8_t session[RF_SESSION_SIZE];
    uint32_t epoch;
    uint16_t lane, from, to;
    uint8_t kind;      /* enum rf_frame_kind */
    uint32_t step;     /* of the message */
    uint64_t sequence; /* from 1; 0 for kinds that have none */
    uint64_t ack;      /* the highest sequence consumed */
    uint32_t length;   /* of the payload */
};

/** rf_frame_sequenced() - does this kind take part in sequence, window, resend? Others are
 * meaningful on one connection only. */
static inline int rf_frame_sequenced(unsigned kind)
{
    return kind >= RF_FRAME_DATA && kind <= RF_FRAME_CLOSE;
}

void rf_frame_encode(uint8_t bytes[RF_FRAME_HEADER], const struct rf_frame_header *header);

/** rf_frame_decode() - Errors: RF_E_CHEAT when a byte is not as it must be, the kind is unknown, the
 * length is over RF_FRAME_PAYLOAD or wrong for the kind, or sequence and kind do not agree. Whether
 * session, lane and ends are the right ones is the caller's to check. */
RF_MUST_CHECK enum rf_rc rf_frame_decode(struct rf_frame_header *header,
                                         const uint8_t bytes[RF_FRAME_HEADER], struct rf_err *err);

/** rf_frame_set_ack() - put an acknowledgement into an encoded header */
void rf_frame_set_ack(uint8_t bytes[RF_FRAME_HEADER], uint64_t ack);

#endif
