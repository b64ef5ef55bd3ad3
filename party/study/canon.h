/** canon.h - msgpack in the one form that manifests and approvals allow
 *
 * Canonical: every integer, length and count in its shortest form; maps with the keys that the
 * format names, in its order; text is str, bytes are bin; no floats, no extensions. So a value has
 * exactly one encoding, and its hash names it.
 *
 * msgpack-c writes. Reading is done here, header by header along the format: msgpack-c's reader
 * sets memory aside for as many elements as a header claims (24 bytes each, up to 2^32 of them)
 * before it looks whether they are there, and takes any length in any form.
 *
 * net/base/unpack.h reads what links say among themselves, and neither can stand in for the other: those
 * messages are of fixed size, so their numbers are not in shortest form, and they hold booleans; this
 * form allows neither, and its errors say at which byte of a file a person must look. */
#ifndef RF_PARTY_STUDY_CANON_H
#define RF_PARTY_STUDY_CANON_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

/* ---- writing: memory runs out quietly and is reported at the end ---- */

struct rf_canon_writer {
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    bool failed;
};

void rf_canon_begin(struct rf_canon_writer *writer);
void rf_canon_map(struct rf_canon_writer *writer, unsigned entries);
void rf_canon_array(struct rf_canon_writer *writer, unsigned entries);
void rf_canon_text(struct rf_canon_writer *writer, const char *text);
void rf_canon_bytes(struct rf_canon_writer *writer, const void *bytes, size_t size);
void rf_canon_number(struct rf_canon_writer *writer, uint64_t number);

/** A key and its value. */
void rf_canon_text_entry(struct rf_canon_writer *writer, const char *key, const char *text);
void rf_canon_bytes_entry(struct rf_canon_writer *writer, const char *key, const void *bytes,
                          size_t size);
void rf_canon_number_entry(struct rf_canon_writer *writer, const char *key, uint64_t number);

/** rf_canon_format_entries() - what a file begins with: its format and version */
void rf_canon_format_entries(struct rf_canon_writer *writer, const char *format, unsigned version);

/** rf_canon_end() - the bytes; free with free(). The writer is finished in any case. */
RF_MUST_CHECK enum rf_rc rf_canon_end(struct rf_canon_writer *writer, uint8_t **bytes, size_t *size,
                                      struct rf_err *err);

/* ---- reading: the first failure stays, as RF_E_FORMAT "name: byte 17: reason", and what is read
 *      after it is empty ---- */

struct rf_canon_reader {
    const char *name; /* of the file, for errors */
    const uint8_t *start, *at, *end;
    enum rf_rc rc;
    struct rf_err *err;
};

void rf_canon_read(struct rf_canon_reader *reader, const char *name, const uint8_t *bytes,
                   size_t size, struct rf_err *err);

/** rf_canon_fail() - record a reason at the present place, unless there is one already */
void rf_canon_fail(struct rf_canon_reader *reader, const char *format, ...) RF_PRINTF(2, 3);

/** rf_canon_read_map() - a map of exactly @entries */
void rf_canon_read_map(struct rf_canon_reader *reader, unsigned entries);

/** rf_canon_read_array() - an array of at most @most; returns how many, 0 after a failure */
unsigned rf_canon_read_array(struct rf_canon_reader *reader, unsigned most);

/** rf_canon_read_key() - exactly this text */
void rf_canon_read_key(struct rf_canon_reader *reader, const char *key);

/** rf_canon_read_text() - text of less than @room bytes, without NUL, into @text */
void rf_canon_read_text(struct rf_canon_reader *reader, char *text, size_t room);

/** rf_canon_read_number() - an integer up to @most */
uint64_t rf_canon_read_number(struct rf_canon_reader *reader, uint64_t most);

/** rf_canon_read_bytes() - at most @most bytes, which stay where they are; returns how many */
size_t rf_canon_read_bytes(struct rf_canon_reader *reader, size_t most, const uint8_t **bytes);

/** rf_canon_read_exactly() - @size bytes, copied to @bytes */
void rf_canon_read_exactly(struct rf_canon_reader *reader, uint8_t *bytes, size_t size);

/** rf_canon_read_format() - the entries of rf_canon_format_entries()
 * @otherwise: what is wrong when the format is another: "is no approval of Ringfence" */
void rf_canon_read_format(struct rf_canon_reader *reader, const char *format, unsigned version,
                          const char *otherwise);

/** rf_canon_read_end() - nothing follows; returns the first failure */
RF_MUST_CHECK enum rf_rc rf_canon_read_end(struct rf_canon_reader *reader);

#endif
