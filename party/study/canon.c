#include "party/study/canon.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

void rf_canon_begin(struct rf_canon_writer *writer)
{
    writer->failed = false;
    msgpack_sbuffer_init(&writer->buffer);
    msgpack_packer_init(&writer->packer, &writer->buffer, msgpack_sbuffer_write);
}

static void note(struct rf_canon_writer *writer, int result)
{
    writer->failed |= result != 0;
}

void rf_canon_map(struct rf_canon_writer *writer, unsigned entries)
{
    note(writer, msgpack_pack_map(&writer->packer, entries));
}

void rf_canon_array(struct rf_canon_writer *writer, unsigned entries)
{
    note(writer, msgpack_pack_array(&writer->packer, entries));
}

void rf_canon_text(struct rf_canon_writer *writer, const char *text)
{
    note(writer, msgpack_pack_str_with_body(&writer->packer, text, strlen(text)));
}

void rf_canon_bytes(struct rf_canon_writer *writer, const void *bytes, size_t size)
{
    note(writer, msgpack_pack_bin_with_body(&writer->packer, bytes, size));
}

void rf_canon_number(struct rf_canon_writer *writer, uint64_t number)
{
    note(writer, msgpack_pack_uint64(&writer->packer, number));
}

void rf_canon_text_entry(struct rf_canon_writer *writer, const char *key, const char *text)
{
    rf_canon_text(writer, key);
    rf_canon_text(writer, text);
}

void rf_canon_bytes_entry(struct rf_canon_writer *writer, const char *key, const void *bytes,
                          size_t size)
{
    rf_canon_text(writer, key);
    rf_canon_bytes(writer, bytes, size);
}

void rf_canon_number_entry(struct rf_canon_writer *writer, const char *key, uint64_t number)
{
    rf_canon_text(writer, key);
    rf_canon_number(writer, number);
}

void rf_canon_format_entries(struct rf_canon_writer *writer, const char *format, unsigned version)
{
    rf_canon_text_entry(writer, "format", format);
    rf_canon_number_entry(writer, "version", version);
}

enum rf_rc rf_canon_end(struct rf_canon_writer *writer, uint8_t **bytes, size_t *size,
                        struct rf_err *err)
{
    *size = writer->buffer.size;
    *bytes = (uint8_t *)msgpack_sbuffer_release(&writer->buffer);
    if (!writer->failed && *bytes)
        return RF_OK;
    free(*bytes);
    *bytes = NULL;
    *size = 0;
    return rf_err_set(err, RF_E_MEMORY, "out of memory");
}

/* ---- reading ---- */

void rf_canon_read(struct rf_canon_reader *reader, const char *name, const uint8_t *bytes,
                   size_t size, struct rf_err *err)
{
    *reader = (struct rf_canon_reader){
        .name = name, .start = bytes, .at = bytes, .end = bytes + size, .err = err};
}

void rf_canon_fail(struct rf_canon_reader *reader, const char *format, ...)
{
    char text[160];
    va_list args;
    if (reader->rc != RF_OK)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reader->rc = rf_err_set(reader->err, RF_E_FORMAT, "%s: byte %zu: %s", reader->name,
                            (size_t)(reader->at - reader->start) + 1, text);
}

static size_t left(const struct rf_canon_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* A big-endian number of @width bytes behind the byte at hand, which must need them all. */
static uint64_t wide(struct rf_canon_reader *reader, unsigned width, uint64_t smallest)
{
    uint64_t number = 0;
    if (left(reader) < 1 + (size_t)width) {
        rf_canon_fail(reader, "ends too early");
        return 0;
    }
    for (unsigned i = 1; i <= width; i++)
        number = number << 8 | reader->at[i];
    if (number < smallest) {
        rf_canon_fail(reader, "a number is not in its shortest form");
        return 0;
    }
    reader->at += 1 + width;
    return number;
}

/* The four ways in which msgpack writes a length or number of one kind. Absent ones are 0. */
struct forms {
    const char *what;
    uint8_t fixed, fixed_mask; /* the short form: value in the low bits */
    uint8_t one, two, four, eight;
};

static uint64_t read_form(struct rf_canon_reader *reader, const struct forms *forms)
{
    if (reader->rc != RF_OK)
        return 0;
    uint8_t head = left(reader) > 0 ? *reader->at : 0xc1; /* which nothing is written as */
    uint8_t fixed_most = (uint8_t)~forms->fixed_mask;
    if (forms->fixed_mask && (head & forms->fixed_mask) == forms->fixed) {
        reader->at++;
        return head & fixed_most;
    }
    uint64_t smallest = forms->fixed_mask ? (uint64_t)fixed_most + 1 : 0;
    if (forms->one && head == forms->one)
        return wide(reader, 1, smallest);
    if (forms->two && head == forms->two)
        return wide(reader, 2, forms->one ? 0x100 : smallest);
    if (forms->four && head == forms->four)
        return wide(reader, 4, 0x10000);
    if (forms->eight && head == forms->eight)
        return wide(reader, 8, UINT64_C(1) << 32);
    rf_canon_fail(reader, left(reader) > 0 ? "%s expected" : "ends where %s is expected",
                  forms->what);
    return 0;
}

void rf_canon_read_map(struct rf_canon_reader *reader, unsigned entries)
{
    static const struct forms map = {"a map", 0x80, 0xf0, 0, 0xde, 0xdf, 0};
    uint64_t found = read_form(reader, &map);
    if (found != entries)
        rf_canon_fail(reader, "a map of %u entries expected", entries);
}

unsigned rf_canon_read_array(struct rf_canon_reader *reader, unsigned most)
{
    static const struct forms array = {"an array", 0x90, 0xf0, 0, 0xdc, 0xdd, 0};
    uint64_t found = read_form(reader, &array);
    if (found > most)
        rf_canon_fail(reader, "an array of at most %u expected", most);
    return reader->rc == RF_OK ? (unsigned)found : 0;
}

/* Moves past @size bytes and returns where they start, or NULL. */
static const uint8_t *take(struct rf_canon_reader *reader, uint64_t size)
{
    const uint8_t *bytes = reader->at;
    if (reader->rc == RF_OK && size > left(reader))
        rf_canon_fail(reader, "ends too early");
    if (reader->rc != RF_OK)
        return NULL;
    reader->at += size;
    return bytes;
}

static const struct forms text_forms = {"text", 0xa0, 0xe0, 0xd9, 0xda, 0xdb, 0};

void rf_canon_read_key(struct rf_canon_reader *reader, const char *key)
{
    const uint8_t *place = reader->at;
    uint64_t size = read_form(reader, &text_forms);
    const uint8_t *bytes = take(reader, size);
    if (bytes && (size != strlen(key) || memcmp(bytes, key, size) != 0)) {
        reader->at = place;
        rf_canon_fail(reader, "'%s' expected", key);
    }
}

void rf_canon_read_text(struct rf_canon_reader *reader, char *text, size_t room)
{
    const uint8_t *place = reader->at;
    uint64_t size = read_form(reader, &text_forms);
    const uint8_t *bytes = take(reader, size);
    text[0] = 0;
    if (!bytes)
        return;
    if (size >= room || memchr(bytes, 0, size)) {
        reader->at = place;
        rf_canon_fail(reader, "text of at most %zu bytes without NUL expected", room - 1);
        return;
    }
    memcpy(text, bytes, size);
    text[size] = 0;
}

uint64_t rf_canon_read_number(struct rf_canon_reader *reader, uint64_t most)
{
    static const struct forms numbers = {"a number", 0x00, 0x80, 0xcc, 0xcd, 0xce, 0xcf};
    const uint8_t *place = reader->at;
    uint64_t number = read_form(reader, &numbers);
    if (number > most) {
        reader->at = place;
        rf_canon_fail(reader, "a number of at most %llu expected", (unsigned long long)most);
        return 0;
    }
    return number;
}

size_t rf_canon_read_bytes(struct rf_canon_reader *reader, size_t most, const uint8_t **bytes)
{
    static const struct forms binary = {"bytes", 0, 0, 0xc4, 0xc5, 0xc6, 0};
    uint64_t size = read_form(reader, &binary);
    if (size > most)
        rf_canon_fail(reader, "at most %zu bytes expected", most);
    *bytes = take(reader, size);
    return *bytes ? (size_t)size : 0;
}

void rf_canon_read_exactly(struct rf_canon_reader *reader, uint8_t *bytes, size_t size)
{
    const uint8_t *found = NULL;
    size_t length = rf_canon_read_bytes(reader, size, &found);
    if (length != size)
        rf_canon_fail(reader, "%zu bytes expected", size);
    else if (found)
        memcpy(bytes, found, size);
}

void rf_canon_read_format(struct rf_canon_reader *reader, const char *format, unsigned version,
                          const char *otherwise)
{
    char is[64];
    rf_canon_read_key(reader, "format");
    rf_canon_read_text(reader, is, sizeof is);
    if (strcmp(is, format) != 0)
        rf_canon_fail(reader, "%s", otherwise);
    rf_canon_read_key(reader, "version");
    uint64_t found = rf_canon_read_number(reader, UINT64_MAX);
    if (found != version)
        rf_canon_fail(reader, "version %llu; this program reads version %u",
                      (unsigned long long)found, version);
}

enum rf_rc rf_canon_read_end(struct rf_canon_reader *reader)
{
    if (reader->rc == RF_OK && left(reader) > 0)
        rf_canon_fail(reader, "%zu bytes too many", left(reader));
    return reader->rc;
}
