/** chain.h - a hash chain over the frames of one direction of a link
 *
 * Both ends of a link keep the same chain over the same plaintext, so that either can later show what
 * crossed. The n-th frame (from 0) extends the head h by
 *
 *     key_n  = BLAKE3_keyed(secret, "ringfence chain leaf" || from || to || lane || n)
 *     leaf_n = BLAKE3_keyed(key_n, header with its ack field zero || payload)
 *     h     <- SHA-256(h || leaf_n)
 *
 * with integers little-endian, 2 bytes each and 8 for n. The secret is shared by the two ends alone: a
 * hash without it would let a party that knows two shares of a value test guesses of the third. The
 * ack field is left out because it depends on timing; everything else is a function of seeds and data.
 * Before the first frame h = SHA-256("ringfence chain" || manifest hash || session || epoch (4 bytes)
 * || lane || from || to). */
#ifndef RF_NET_CHAIN_H
#define RF_NET_CHAIN_H

#include <blake3.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/frame.h"
#include "net/sink.h"

enum { RF_CHAIN_BLOCK = 16 << 10 }; /* bytes that BLAKE3 hashes side by side */

struct rf_chain {
    uint8_t head[RF_CHAIN_SIZE];
    uint8_t secret[32];
    uint64_t frames;
    uint16_t from, to, lane;
    int on;
    const struct rf_sink *sink;
    struct rf_sink_frame seen;     /* the frame under way, as the sink sees it */
    enum rf_rc sunk;               /* what the sink gave back for it so far */
    blake3_hasher leaf;            /* of the frame under way */
    uint8_t block[RF_CHAIN_BLOCK]; /* what of it is not hashed yet */
    size_t waiting;                /* bytes in it */
    EVP_MD_CTX *sha;
    EVP_MD *sha256;
};

/** rf_chain_prepare() - let BLAKE3 find out what the processor can do, before threads share that */
void rf_chain_prepare(void);

/** rf_chain_init() - a chain that is off: its head is zero and frames do not change it */
RF_MUST_CHECK enum rf_rc rf_chain_init(struct rf_chain *chain, uint16_t from, uint16_t to,
                                       uint16_t lane, struct rf_err *err);
void rf_chain_fini(struct rf_chain *chain);

/** rf_chain_start() - on, from the first frame of a session */
RF_MUST_CHECK enum rf_rc rf_chain_start(struct rf_chain *chain, const uint8_t manifest_hash[32],
                                        const uint8_t session[RF_SESSION_SIZE], uint32_t epoch,
                                        const uint8_t secret[32], struct rf_err *err);

/** rf_chain_watch() - @sink sees every frame from now on; NULL: nobody does
 * @received: this is the direction from the peer to us */
void rf_chain_watch(struct rf_chain *chain, const struct rf_sink *sink, bool received);

/** rf_chain_begin() - the next frame, by its header as it crosses the wire */
void rf_chain_begin(struct rf_chain *chain, const uint8_t header[RF_FRAME_HEADER]);

/** rf_chain_add() - more of its payload */
void rf_chain_add(struct rf_chain *chain, const void *data, size_t size);

/** rf_chain_end() - the frame is complete: move the head. Errors: those of the sink. */
RF_MUST_CHECK enum rf_rc rf_chain_end(struct rf_chain *chain, struct rf_err *err);

#endif
