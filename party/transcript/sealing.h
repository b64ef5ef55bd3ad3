/** sealing.h - what level `full` adds to a transcript: a stream of items that is sealed
 *
 * The recorder hands over items (docs/transcript.md, "Sealed files"); whoever seals them writes
 * segments to a file of its own and tells each, so that its hash stands in the transcript. Items hold
 * shares and seeds: memory that held them is wiped.
 *
 * Items of different lanes come from different threads, each in pieces; those of one lane in order. */
#ifndef RF_PARTY_TRANSCRIPT_SEALING_H
#define RF_PARTY_TRANSCRIPT_SEALING_H

#include "party/transcript/transcript.h"

enum rf_sealing_kind {
    RF_SEALING_SEED = 1, /* of the process */
    RF_SEALING_MEET,     /* a peer's contribution to the meeting */
    RF_SEALING_PAYLOAD,  /* of a frame received */
    RF_SEALING_ROWS,     /* a contributor's, in the clear */
    RF_SEALING_SAID, /* payload of a control frame sent: times and signatures stand nowhere else */
    RF_SEALING_PIECES, /* of a data frame sent: pieces.h */
    RF_SEALING_KINDS,
};

struct rf_sealing;

struct rf_sealing_ops {
    /* An item begins; its bytes follow by @bytes, in any number of pieces of the same lane. */
    enum rf_rc (*item)(struct rf_sealing *, enum rf_sealing_kind kind, unsigned lane, unsigned peer,
                       uint64_t size);
    enum rf_rc (*bytes)(struct rf_sealing *, unsigned lane, const void *data, size_t size);
    /* The segment under way ends: a checkpoint, or the end. Nothing if it is empty. */
    enum rf_rc (*end)(struct rf_sealing *);
    void (*free)(struct rf_sealing *); /* NULL is harmless */
};

/** The public part of every implementation. */
struct rf_sealing {
    const struct rf_sealing_ops *ops;
    /* Set by the recorder: a segment is in the file. May be called from within any of the operations. */
    enum rf_rc (*written)(void *context, const struct rf_transcript_segment *segment);
    void *written_context;
};

#endif
