/** notice.h - payloads of the frames that links speak among themselves
 *
 * msgpack arrays; decoders take exactly the layout of docs/wire.md, "Notices", check every length, and
 * are fuzzed. Encoders write into the caller's buffer and return the size. */
#ifndef RF_NET_NOTICE_H
#define RF_NET_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "net/lane.h"

enum {
    RF_NOTICE_MAX = 1024, /* bytes of the longest notice */
    RF_WIRE_VERSION = 1,
    RF_INSTANCE_SIZE = 16,
    RF_BEAT_KEY_SIZE = 32,
    RF_STEP_NAME_MAX = 63,
    RF_REASON_MAX = 400,
};

/** What each side says first on a new connection, once TLS has proved who speaks. */
struct rf_notice_hello {
    unsigned version;
    uint8_t manifest_hash[32];
    uint32_t window;                    /* frames this side takes in unconsumed */
    bool chain;                         /* this side keeps hash chains */
    uint64_t received, consumed;        /* highest sequence: of the link, over all connections */
    uint8_t instance[RF_INSTANCE_SIZE]; /* of this side's lane: fresh with every rf_lane_open() */
    uint8_t known[RF_INSTANCE_SIZE];    /* the other side's, as this side knows it; 0: not yet */
    uint8_t beat_key[RF_BEAT_KEY_SIZE]; /* authenticates this side's heartbeats */
};

/** Heads of one direction. */
struct rf_notice_heads {
    uint64_t frames;
    uint8_t head[RF_CHAIN_SIZE];
};

struct rf_notice_abort {
    uint32_t step;
    char name[RF_STEP_NAME_MAX + 1];
    char reason[RF_REASON_MAX + 1];
};

/** rf_notice_put_*() - encode; the size is returned */
size_t rf_notice_put_hello(uint8_t out[RF_NOTICE_MAX], const struct rf_notice_hello *hello);
size_t rf_notice_put_heads(uint8_t out[RF_NOTICE_MAX], const struct rf_notice_heads *heads);
size_t rf_notice_put_abort(uint8_t out[RF_NOTICE_MAX], const struct rf_notice_abort *abort);

/** rf_notice_get_*() - decode, from a hostile sender
 * Errors: RF_E_CHEAT. A hello of another version yields that version and nothing else. */
RF_MUST_CHECK enum rf_rc rf_notice_get_hello(struct rf_notice_hello *hello, const uint8_t *data,
                                             size_t size, struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_notice_get_heads(struct rf_notice_heads *heads, const uint8_t *data,
                                             size_t size, struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_notice_get_abort(struct rf_notice_abort *abort, const uint8_t *data,
                                             size_t size, struct rf_err *err);

#endif
