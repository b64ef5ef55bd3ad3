/** sealing_file.h - a transcript's sealed file: items, in segments, sealed to an auditor
 *
 * What a recorder hands over (sealing.h) becomes a stream of items, and that a file of sealed segments
 * (seal.h). Reading gives the items back, one at a time, after the file's segments were compared with what the transcript
 * says of them. docs/transcript.md, "Sealed files", is the specification. */
#ifndef RF_PARTY_TRANSCRIPT_SEALING_FILE_H
#define RF_PARTY_TRANSCRIPT_SEALING_FILE_H

#include <openssl/x509.h>

#include "party/transcript/seal.h"
#include "party/transcript/sealing.h"

enum {
    RF_SEALING_HEADER = 9,            /* before an item: kind, lane, peer, size */
    RF_SEALING_ITEM_MAX = 0x7fffffff, /* bytes; rows are the longest */
};

/** rf_sealing_file_id() - what names the transcript inside its segments */
RF_MUST_CHECK enum rf_rc rf_sealing_file_id(uint8_t id[RF_SEAL_ID],
                                            const struct rf_transcript_header *header,
                                            struct rf_err *err);

/** rf_sealing_file_path() - the sealed file beside a transcript: ….sealed for ….rft
 * @out: PATH_MAX bytes. Errors: RF_E_ARG when @path is no transcript's, or too long. */
RF_MUST_CHECK enum rf_rc rf_sealing_file_path(char *out, const char *path, struct rf_err *err);

/** rf_sealing_file_new() - a new file, which may not exist
 * @auditor: has passed rf_auditor_check()
 * Free by the operation of that name, as the recorder does. Errors: RF_E_ARG, RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_sealing_file_new(struct rf_sealing **sealing, const char *path,
                                             X509 *auditor, const uint8_t id[RF_SEAL_ID],
                                             struct rf_err *err);

/** One item. */
struct rf_sealing_item {
    unsigned kind, lane, peer; /* enum rf_sealing_kind; peer: RF_TRANSCRIPT_NOBODY for none */
    uint8_t *bytes;            /* the reader's, until the next item */
    size_t size;
};

struct rf_sealing_reader;

/** rf_sealing_reader_new() - open a sealed file
 * @segment: what the transcript says, in order; borrowed
 * @cut:     the process was killed while it wrote: the last item may lack its end, and is left out
 * Errors: RF_E_ARG when there is no such file. */
RF_MUST_CHECK enum rf_rc rf_sealing_reader_new(struct rf_sealing_reader **reader, const char *path,
                                               const uint8_t id[RF_SEAL_ID], X509 *certificate,
                                               EVP_PKEY *key,
                                               const struct rf_transcript_segment *segment,
                                               size_t segments, bool cut, struct rf_err *err);

/** rf_sealing_reader_next() - @item->kind is 0 at the end
 * Errors: RF_E_CRYPTO when a segment is not the one that the transcript names, or does not open;
 * RF_E_FORMAT when what is inside is no sequence of items; RF_E_IO, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_sealing_reader_next(struct rf_sealing_reader *reader,
                                                struct rf_sealing_item *item, struct rf_err *err);

void rf_sealing_reader_free(struct rf_sealing_reader *reader);

#endif
