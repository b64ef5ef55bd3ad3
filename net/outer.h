/** outer.h - messages between nodes as ZeroMQ carries them, outside TLS
 *
 * One ZeroMQ message part: the bytes "RF", the version, the kind, then the body. Nothing in it is
 * trusted: HELLO says which lane should do the TLS handshake, TLS carries records, RESET answers what
 * belongs to no known connection, HEARTBEAT carries its own authentication.
 *
 * `docs/wire.md`, "Outer messages", is the specification. */
#ifndef RF_NET_OUTER_H
#define RF_NET_OUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/frame.h"
#include "net/notice.h"

enum {
    RF_OUTER_PREFIX = 4,
    RF_OUTER_HELLO_SIZE = RF_OUTER_PREFIX + 10,
    RF_OUTER_RESET_SIZE = RF_OUTER_PREFIX + 3,
    RF_OUTER_BEAT_SIZE = RF_OUTER_PREFIX + 49,
    RF_OUTER_SMALL = 64,             /* room for any of these three */
    RF_TLS_RECORD_MAX = 16384 + 256, /* TLS 1.3: the longest protected record, without header */
    RF_OUTER_MAX = 266240, /* a full frame as 16 records of 22 bytes overhead, and some to spare */
};
_Static_assert(RF_OUTER_MAX >= RF_OUTER_PREFIX + RF_FRAME_SIZE + 16 * 22 + 2048,
               "room for a frame");

enum rf_outer_kind { RF_OUTER_HELLO = 1, RF_OUTER_TLS, RF_OUTER_RESET, RF_OUTER_BEAT };

/** Why a message was answered with a reset. */
enum rf_reset {
    RF_RESET_UNKNOWN = 1, /* this connection has not said hello: start again */
    RF_RESET_BUSY,     /* too many connections claim that lane at the moment: start again later */
    RF_RESET_CLOSED,   /* that lane's link to you is closed */
    RF_RESET_STRANGER, /* no such node, lane or direction here */
    RF_RESET_VERSION,  /* another version is spoken here: the one in the prefix */
    RF_RESET_COUNT,
};

struct rf_outer_hello {
    uint16_t from, to, lane;
};

struct rf_outer_beat {
    uint64_t count;    /* of this link's heartbeats; rises */
    uint64_t messages; /* TLS messages sent on this connection so far */
    uint64_t activity; /* rises while the lane gets on */
    uint16_t waiting;  /* id of the node that the lane waits for; RF_OUTER_NOBODY */
    uint8_t tag[16];   /* keyed BLAKE3, see beat.c */
};

enum { RF_OUTER_NOBODY = 0xffff };

/** rf_outer_put_*() - encode a message, of the one size that its kind has */
void rf_outer_put_prefix(uint8_t out[RF_OUTER_PREFIX], enum rf_outer_kind kind);
void rf_outer_put_hello(uint8_t out[RF_OUTER_HELLO_SIZE], const struct rf_outer_hello *hello);
void rf_outer_put_reset(uint8_t out[RF_OUTER_RESET_SIZE], enum rf_reset why);
void rf_outer_put_beat(uint8_t out[RF_OUTER_BEAT_SIZE], const struct rf_outer_beat *beat);

/** rf_outer_kind() - the kind of a message, or 0 when it is none of ours
 * @version: set to the version in the prefix, 0 when there is no prefix. A message of another version
 * has kind 0 unless it is a RESET or HELLO, whose prefixes are the same in all versions. */
unsigned rf_outer_kind(const uint8_t *data, size_t size, unsigned *version);

/** rf_outer_get_*() - decode the body of a message whose kind is known and whose version is ours
 * False unless every byte is as we would have written it. */
bool rf_outer_get_hello(struct rf_outer_hello *hello, const uint8_t *data, size_t size);
bool rf_outer_get_reset(enum rf_reset *why, const uint8_t *data, size_t size);
bool rf_outer_get_beat(struct rf_outer_beat *beat, const uint8_t *data, size_t size);

/** rf_outer_records_whole() - does a TLS message hold whole TLS records, and at least one?
 * A message that was cut short is found out here, before TLS waits for the rest. */
bool rf_outer_records_whole(const uint8_t *data, size_t size);

#endif
