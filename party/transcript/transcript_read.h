/** transcript_read.h - a transcript in memory, decoded
 *
 * Reading checks what one file can show of itself: every record well formed, in its place, chained to the
 * one before; frames without a gap; checkpoints where the frames are. Whether what it says is true, and
 * signed, is for who audits (party/audit). A transcript may come from anybody, so every length is checked before use, and memory grows
 * with what is really there. */
#ifndef RF_PARTY_TRANSCRIPT_TRANSCRIPT_READ_H
#define RF_PARTY_TRANSCRIPT_TRANSCRIPT_READ_H

#include "party/transcript/transcript.h"

struct rf_transcript_record {
    uint8_t type;
    unsigned lane;        /* whose it is; 0 where none is named */
    const uint8_t *start; /* its prefix; the body follows */
    size_t size;          /* prefix and body, without the link */
};

/** One direction of one link. */
struct rf_transcript_link {
    unsigned lane, peer;
    bool received;
    struct rf_transcript_frame *frame;
    size_t frames, room;
    size_t last_record; /* number of the last record with frames of it, plus one */
};

struct rf_transcript_member {
    const uint8_t *certificate, *approval;
    size_t certificate_size, approval_size;
};

struct rf_transcript {
    char name[256]; /* for people: the file's last part */
    uint8_t *bytes;
    size_t size, cut; /* bytes behind the last whole record */

    struct rf_transcript_record *record;
    size_t records, records_room;
    uint8_t *leaf; /* RF_TREE_HASH bytes a record */

    struct rf_transcript_header header;
    const uint8_t *manifest;
    size_t manifest_size;
    struct rf_transcript_member member[RF_MEMBERS_MAX];
    unsigned members;
    struct rf_transcript_signed input[RF_MEMBERS_MAX], output[RF_PARTIES];
    unsigned inputs, outputs;
    struct rf_transcript_step *step;
    size_t steps, steps_room;
    struct rf_transcript_opened *opened;
    size_t openings, openings_room;
    struct rf_transcript_link *link;
    size_t links, links_room;
    struct rf_transcript_checkpoint *checkpoint;
    size_t *checkpoint_record; /* number of its record */
    size_t checkpoints, checkpoints_room, checkpoint_records_room;
    struct rf_transcript_segment *segment;
    size_t segments, segments_room;
    bool has_result;
    uint8_t result[32];

    bool aborted, closed, ended; /* ended: signed */
    uint32_t abort_step;
    char abort_name[64], abort_reason[RF_TRANSCRIPT_REASON];
    struct rf_transcript_totals totals;
    uint64_t signed_size;
    uint8_t signed_root[RF_TREE_HASH];
    const uint8_t *signature;
    size_t signature_size;
};

/** rf_transcript_read() - decode what is in memory
 * @bytes: taken over, also when it fails; from malloc()
 * Errors: RF_E_FORMAT "NAME: record 17 (frames): byte 3: …"; what was decoded before stays, and so do
 * name and bytes. RF_E_MEMORY. A file that is cut short inside a record is none: see @cut. */
RF_MUST_CHECK enum rf_rc rf_transcript_read(struct rf_transcript *transcript, const char *name,
                                            uint8_t *bytes, size_t size, struct rf_err *err);

/** rf_transcript_header_read() - what a header record says, of a transcript that is not here
 * @record: its prefix and body. Errors: RF_E_FORMAT naming @name. */
RF_MUST_CHECK enum rf_rc rf_transcript_header_read(struct rf_transcript_header *header,
                                                   const char *name, const uint8_t *record,
                                                   size_t size, struct rf_err *err);

/** rf_transcript_load() - the same from a file. Errors also: RF_E_ARG, RF_E_IO naming it. */
RF_MUST_CHECK enum rf_rc rf_transcript_load(struct rf_transcript *transcript, const char *path,
                                            struct rf_err *err);

/** rf_transcript_link() - a direction's frames, or NULL if there are none */
const struct rf_transcript_link *rf_transcript_link(const struct rf_transcript *transcript,
                                                    unsigned lane, unsigned peer, bool received);

/** rf_transcript_root() - tree head of its first @size records, which it must have */
RF_MUST_CHECK enum rf_rc rf_transcript_root(const struct rf_transcript *transcript, uint64_t size,
                                            uint8_t root[RF_TREE_HASH], struct rf_err *err);

void rf_transcript_fini(struct rf_transcript *transcript);

#endif
