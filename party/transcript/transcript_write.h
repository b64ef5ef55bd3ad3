/** transcript_write.h - append records to a transcript
 *
 * Each function encodes one record and appends it. Bytes are gathered and written in large pieces;
 * rf_transcript_flush() hands over what there is, so that it survives the end of the process. The file is
 * new, readable by its owner alone, and only ever grows. Belongs to one thread at a time. */
#ifndef RF_PARTY_TRANSCRIPT_TRANSCRIPT_WRITE_H
#define RF_PARTY_TRANSCRIPT_TRANSCRIPT_WRITE_H

#include "party/transcript/transcript.h"

struct rf_transcript_writer {
    int file; /* -1: none */
    char *path;
    uint8_t *bytes; /* not yet written; the last link first */
    size_t used, room;
    struct rf_tree tree;
    struct rf_err *err;
};

/** rf_transcript_create() - a file that does not exist yet. Errors: RF_E_IO, RF_E_ARG naming it. */
RF_MUST_CHECK enum rf_rc rf_transcript_create(struct rf_transcript_writer *writer, const char *path,
                                              struct rf_err *err);

/** rf_transcript_append() - one record; @body: a writer with its whole map, which is finished here
 * Errors: RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_transcript_append(struct rf_transcript_writer *writer,
                                              enum rf_transcript_type type,
                                              struct rf_canon_writer *body);

RF_MUST_CHECK enum rf_rc rf_transcript_put_header(struct rf_transcript_writer *writer,
                                                  const struct rf_transcript_header *header);
RF_MUST_CHECK enum rf_rc rf_transcript_put_manifest(struct rf_transcript_writer *writer,
                                                    const uint8_t *bytes, size_t size);
RF_MUST_CHECK enum rf_rc rf_transcript_put_member(struct rf_transcript_writer *writer,
                                                  unsigned member, const uint8_t *certificate,
                                                  size_t certificate_size, const uint8_t *approval,
                                                  size_t approval_size);
/** @type: RF_TRANSCRIPT_INPUT or RF_TRANSCRIPT_OUTPUT */
RF_MUST_CHECK enum rf_rc rf_transcript_put_signed(struct rf_transcript_writer *writer,
                                                  enum rf_transcript_type type,
                                                  const struct rf_transcript_signed *signed_record);
RF_MUST_CHECK enum rf_rc rf_transcript_put_begin(struct rf_transcript_writer *writer,
                                                 const struct rf_transcript_step *step);
RF_MUST_CHECK enum rf_rc rf_transcript_put_end(struct rf_transcript_writer *writer,
                                               const struct rf_transcript_step *step);
RF_MUST_CHECK enum rf_rc rf_transcript_put_opened(struct rf_transcript_writer *writer,
                                                  const struct rf_transcript_opened *opened);
/** @frames: whole frames in their compact form */
RF_MUST_CHECK enum rf_rc rf_transcript_put_frames(struct rf_transcript_writer *writer,
                                                  unsigned lane, unsigned peer, bool received,
                                                  uint64_t first, const uint8_t *frames,
                                                  size_t size);
RF_MUST_CHECK enum rf_rc
rf_transcript_put_checkpoint(struct rf_transcript_writer *writer,
                             const struct rf_transcript_checkpoint *checkpoint);
RF_MUST_CHECK enum rf_rc rf_transcript_put_result(struct rf_transcript_writer *writer,
                                                  const uint8_t digest[32]);
RF_MUST_CHECK enum rf_rc rf_transcript_put_segment(struct rf_transcript_writer *writer,
                                                   const struct rf_transcript_segment *segment);
RF_MUST_CHECK enum rf_rc rf_transcript_put_abort(struct rf_transcript_writer *writer, uint32_t step,
                                                 const char *name, const char *reason);
RF_MUST_CHECK enum rf_rc rf_transcript_put_close(struct rf_transcript_writer *writer,
                                                 const struct rf_transcript_totals *totals);

/** rf_transcript_put_signature() - the last record: this process's own signature to all before it */
RF_MUST_CHECK enum rf_rc rf_transcript_put_signature(struct rf_transcript_writer *writer,
                                                     const struct rf_transcript_header *header,
                                                     EVP_PKEY *key);

/** rf_transcript_flush() - write what was gathered. @sync: and wait until the disk has it */
RF_MUST_CHECK enum rf_rc rf_transcript_flush(struct rf_transcript_writer *writer, bool sync);

/** rf_transcript_writer_fini() - writes nothing more; harmless on a zeroed writer */
void rf_transcript_writer_fini(struct rf_transcript_writer *writer);

#endif
