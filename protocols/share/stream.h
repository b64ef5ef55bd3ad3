/** stream.h - randomness that two parties share: AES-128-CTR key streams
 *
 * A stream is the key stream of AES-128 in counter mode under a key of its own, starting at block 0.
 * Two holders of the key that draw the same amounts in the same order draw the same bytes. A stream
 * is never rewound; 2^68 bytes are more than any run draws.
 *
 * Keys come from HKDF-SHA256 over both ends' contributions (net/base/derive.h), bound to the manifest,
 * session, epoch, lane and purpose, so that no two runs, lanes or purposes share a stream. */
#ifndef RF_PROTOCOLS_SHARE_STREAM_H
#define RF_PROTOCOLS_SHARE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum { RF_STREAM_KEY = 16 };

struct rf_stream {
    void *cipher;   /* EVP_CIPHER_CTX */
    uint64_t drawn; /* bytes */
};

/** rf_stream_init() - Errors: RF_E_CRYPTO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_stream_init(struct rf_stream *stream, const uint8_t key[RF_STREAM_KEY],
                                        struct rf_err *err);

/** rf_stream_fini() - wipes the key; harmless when zeroed */
void rf_stream_fini(struct rf_stream *stream);

/** rf_stream_xor() - XOR the next @size bytes of the stream into @data */
void rf_stream_xor(struct rf_stream *stream, void *data, size_t size);

/** rf_stream_draw() - the next @size bytes of the stream */
void rf_stream_draw(struct rf_stream *stream, void *data, size_t size);

enum { RF_DRAWS = 4096 };

/** Random numbers below a bound, drawn from a stream many at a time; wiped by the caller. */
struct rf_draws {
    struct rf_stream *stream;
    uint64_t draw[RF_DRAWS];
    size_t used;
};

void rf_draws_init(struct rf_draws *draws, struct rf_stream *stream);

/** rf_draws_below() - uniform in 0 … @bound - 1
 * The high half of draw * bound, redrawn where that would be biased (Lemire 2019). */
uint32_t rf_draws_below(struct rf_draws *draws, uint32_t bound);

/** rf_stream_shuffle() - put numbers into a uniformly random order
 * Fisher and Yates's shuffle (Durstenfeld 1964); each index by rejection, hence exactly uniform. */
void rf_stream_shuffle(struct rf_stream *stream, uint32_t *numbers, size_t count);

/** rf_stream_permutation() - a uniformly random permutation of 0 .. @count - 1 */
void rf_stream_permutation(struct rf_stream *stream, uint32_t *permutation, size_t count);

#endif
