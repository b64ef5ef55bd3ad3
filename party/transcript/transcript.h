/** transcript.h - what a process of a run records: the format
 *
 * docs/transcript.md is the specification: a file of records, each chained to the one before and a leaf
 * of a Merkle tree, whose heads both ends of a link sign at checkpoints. This header has what writing
 * (transcript_write.h) and reading (transcript_read.h) share. */
#ifndef RF_PARTY_TRANSCRIPT_TRANSCRIPT_H
#define RF_PARTY_TRANSCRIPT_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/lane.h"
#include "party/keys/sign.h"
#include "party/study/canon.h"
#include "party/study/study.h"
#include "party/transcript/tree.h"
#include "protocols/backend/backend.h"

enum rf_transcript_type {
    RF_TRANSCRIPT_HEADER = 1,
    RF_TRANSCRIPT_MANIFEST,
    RF_TRANSCRIPT_MEMBER,
    RF_TRANSCRIPT_INPUT,
    RF_TRANSCRIPT_BEGIN,
    RF_TRANSCRIPT_END,
    RF_TRANSCRIPT_OPENED,
    RF_TRANSCRIPT_FRAMES,
    RF_TRANSCRIPT_CHECKPOINT,
    RF_TRANSCRIPT_OUTPUT,
    RF_TRANSCRIPT_RESULT,
    RF_TRANSCRIPT_SEGMENT,
    RF_TRANSCRIPT_ABORT,
    RF_TRANSCRIPT_CLOSE,
    RF_TRANSCRIPT_SIGNATURE,
    RF_TRANSCRIPT_TYPES,
};

enum {
    RF_TRANSCRIPT_VERSION = 1,
    RF_TRANSCRIPT_PREFIX = 8,          /* mark, version, type, length */
    RF_TRANSCRIPT_BODY_MAX = 2 << 20,  /* bytes of a body */
    RF_TRANSCRIPT_PIECE_MAX = 1 << 20, /* of a value, or of frames, in one record */
    RF_TRANSCRIPT_RECORD_MAX = 512,    /* of a signed record of a run */
    RF_TRANSCRIPT_WORD = 32,           /* of names of software, kernels, kinds */
    RF_TRANSCRIPT_REASON = 401,
    RF_TRANSCRIPT_FRAME_MAX = 1 + 5 + 5 + RF_CHAIN_SIZE,
    RF_TRANSCRIPT_NOBODY = 0xffff,
    RF_CLIENT_ID = 16, /* on the links, of the client of member 0 */
};

#define RF_TRANSCRIPT_FORMAT            "ringfence transcript"
#define RF_TRANSCRIPT_DOMAIN            "ringfence transcript v1"
#define RF_TRANSCRIPT_CHECKPOINT_DOMAIN "ringfence checkpoint v1"

/** rf_transcript_type_name() - "header", "frames", … */
const char *rf_transcript_type_name(unsigned type);

struct rf_transcript_header {
    bool full;
    char software[RF_TRANSCRIPT_WORD], cpu[RF_TRANSCRIPT_WORD];
    uint8_t build[32];
    bool party; /* role */
    unsigned member, id, lanes;
    uint8_t manifest[32], session[RF_SESSION_SIZE];
    uint32_t epoch;
    uint8_t seed[32];    /* hash of the seed */
    uint8_t auditor[32]; /* of a full one: the fingerprint that it is sealed to */
    uint64_t started;
    uint64_t batches;
};

/** Bytes that were signed, and the signature. */
struct rf_transcript_signed {
    const uint8_t *record, *signature;
    size_t record_size, signature_size;
};

struct rf_transcript_step {
    unsigned lane;
    uint32_t step; /* counted by each lane for itself */
    char name[64];
    uint64_t rows;
    size_t begin_record, end_record; /* numbers; when reading */
    bool ended;                      /* what follows is known */
    uint64_t declared_bytes, declared_rounds, bytes, rounds, microseconds;
};

struct rf_transcript_opened {
    unsigned lane;
    uint32_t step;
    char kind[RF_TRANSCRIPT_WORD];
    uint64_t rows, width, at;
    const uint8_t *value;
    size_t size;
};

/** One frame, as frames records hold it. */
struct rf_transcript_frame {
    uint8_t kind;
    uint32_t step, length;
    const uint8_t *leaf;
};

/** Where the two ends of a link stand: what a checkpoint signs, seen from either end. */
struct rf_transcript_statement {
    const uint8_t *manifest, *session;
    uint32_t epoch;
    unsigned lane, low, high; /* ids */
    uint64_t number;
    uint64_t low_frames, high_frames; /* sent by low, by high */
    uint8_t low_head[RF_CHAIN_SIZE], high_head[RF_CHAIN_SIZE];
    uint64_t low_size, high_size; /* of their transcripts */
    uint8_t low_root[RF_TREE_HASH], high_root[RF_TREE_HASH];
};

/** rf_transcript_statement() - its encoding; free with free() */
RF_MUST_CHECK enum rf_rc rf_transcript_statement(const struct rf_transcript_statement *statement,
                                                 uint8_t **bytes, size_t *size, struct rf_err *err);

/** A checkpoint as one end records it. */
struct rf_transcript_checkpoint {
    unsigned lane, peer;
    uint64_t number;
    uint64_t sent, received;
    uint8_t sent_head[RF_CHAIN_SIZE], received_head[RF_CHAIN_SIZE];
    uint64_t size, peer_size;
    uint8_t root[RF_TREE_HASH], peer_root[RF_TREE_HASH];
    const uint8_t *signature, *peer_signature;
    size_t signature_size, peer_signature_size;
};

/** rf_transcript_stated() - what both ends sign at a checkpoint that the process of @header recorded */
void rf_transcript_stated(struct rf_transcript_statement *out,
                          const struct rf_transcript_header *header,
                          const struct rf_transcript_checkpoint *checkpoint);

struct rf_transcript_segment {
    uint64_t number, offset, size;
    uint8_t hash[32];
};

struct rf_transcript_totals {
    uint64_t bytes_sent, bytes_received; /* payload of all frames recorded */
    uint64_t opened[RF_OPEN_KINDS];      /* bits */
    uint64_t shared_rows;
    uint64_t finished;
};

/** What a process signs in the end: its whole transcript. */
RF_MUST_CHECK enum rf_rc rf_transcript_ending(const struct rf_transcript_header *header,
                                              uint64_t size, const uint8_t root[RF_TREE_HASH],
                                              uint8_t **bytes, size_t *length, struct rf_err *err);

/** rf_transcript_frame_put() - one frame in its compact form; returns bytes written, at most
 * RF_TRANSCRIPT_FRAME_MAX */
size_t rf_transcript_frame_put(uint8_t *out, const struct rf_transcript_frame *frame);

/** rf_transcript_frame_get() - the next frame of a list; false when what is there is none
 * @at: moved behind it. The leaf stays where it is. */
bool rf_transcript_frame_get(struct rf_transcript_frame *frame, const uint8_t **at,
                             const uint8_t *end);

#endif
