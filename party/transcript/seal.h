/** seal.h - the secret part of a transcript, sealed to the auditor while it is written
 *
 * A stream of bytes (what a party received, its seeds) is cut into segments of at most
 * RF_SEAL_SEGMENT bytes, and wherever the writer says so (at a checkpoint). Each segment is an
 * envelope of its own (party/keys/envelope.h: CMS AuthEnvelopedData, AES-256-GCM) to the auditor's certificate
 * alone: memory is bounded at both ends whatever the length, what was sealed before a crash opens, and no
 * byte is handed out before the tag of its segment has been checked.
 *
 * Inside, a segment says which transcript and which place in it are its own, so that segments cannot be
 * exchanged, left out or put in another order. Bytes are in blocks of RF_SEAL_BLOCK, each compressed
 * by zstd where that saves more than a sixteenth: shares are random and are only tried now and then.
 *
 * Anyone can seal to a certificate. That a segment is what the party recorded follows from its SHA-256 in the
 * part of the transcript that the party signs.
 *
 * docs/transcript.md, "Sealed segments", is the format's specification. */
#ifndef RF_PARTY_TRANSCRIPT_SEAL_H
#define RF_PARTY_TRANSCRIPT_SEAL_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum {
    RF_SEAL_SEGMENT = 8 << 20, /* bytes of the stream in one segment at most */
    RF_SEAL_BLOCK = 256 << 10,
    RF_SEAL_ENVELOPE =
        32 << 10, /* what an envelope adds at most, an RSA key of 16384 bits included */
    RF_SEAL_SEALED_MAX = RF_SEAL_SEGMENT + 4096 + RF_SEAL_ENVELOPE,
    RF_SEAL_ID = 32,
};

/** A sealed segment as it leaves. */
struct rf_seal_segment {
    uint64_t number;      /* in the stream, from 0 */
    const uint8_t *bytes; /* valid during the call */
    size_t size;
    uint64_t plain;     /* bytes of the stream in it */
    uint8_t sha256[32]; /* of @bytes */
};

/** Takes a segment; what it returns, if not RF_OK, ends the stream. */
typedef enum rf_rc (*rf_seal_put)(void *context, const struct rf_seal_segment *segment,
                                  struct rf_err *err);

struct rf_seal;

/** rf_seal_new() - begin a stream
 * @auditor: must have passed rf_auditor_check(); kept with a reference of its own
 * @id:      of the transcript: random, or a hash of what begins it
 * Owner: rf_seal_free(). Takes one segment of memory, and up to four while one is sealed. Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_seal_new(struct rf_seal **seal, X509 *auditor,
                                     const uint8_t id[RF_SEAL_ID], rf_seal_put put, void *context,
                                     struct rf_err *err);

/** rf_seal_add() - more of the stream; seals a segment whenever one is full */
RF_MUST_CHECK enum rf_rc rf_seal_add(struct rf_seal *seal, const void *data, size_t size,
                                     struct rf_err *err);

/** rf_seal_cut() - seal what there is, unless there is nothing */
RF_MUST_CHECK enum rf_rc rf_seal_cut(struct rf_seal *seal, struct rf_err *err);

/** rf_seal_free() - wipes; NULL is harmless. What was not cut is lost. */
void rf_seal_free(struct rf_seal *seal);

/** Reading: segments in order. */
struct rf_unseal {
    X509 *certificate; /* the auditor's, and its key; borrowed */
    EVP_PKEY *key;
    const char *name; /* of the file, for errors */
    uint8_t id[RF_SEAL_ID];
    uint64_t next; /* number of the segment that is due */
};

/** rf_unseal_segment() - open the next segment
 * @plain: the bytes of the stream in it; free with rf_secret_free(*plain, *plain_size)
 * Errors: RF_E_CRYPTO: not sealed to this certificate, changed, of another transcript, or not the next one;
 * RF_E_FORMAT when what is inside is malformed; RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_unseal_segment(struct rf_unseal *unseal, const uint8_t *bytes,
                                           size_t size, uint8_t **plain, size_t *plain_size,
                                           struct rf_err *err);

/** rf_unseal_content() - what stands in an envelope; for fuzzing */
RF_MUST_CHECK enum rf_rc rf_unseal_content(struct rf_unseal *unseal, const uint8_t *content,
                                           size_t size, uint8_t **plain, size_t *plain_size,
                                           struct rf_err *err);

#endif
