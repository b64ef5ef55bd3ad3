#include "party/data/csv.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/base/secret.h"
#include "party/data/utf8.h"

enum { BLOCK = 256 << 10, GROWTH = 64 << 10, IGNORED = RF_CSV_COLUMNS_MAX, BOM_DONE = 4 };

static const char bom[] = "\xef\xbb\xbf";

struct rf_csv {
    const char *name;
    const struct rf_csv_format *format;
    rf_csv_row_fn *row;
    void *context;
    struct rf_err *err;
    enum rf_rc rc; /* the first failure; after it nothing is looked at any more */

    struct csv_parser parser;
    unsigned bom_seen; /* bytes of the byte order mark seen so far, or BOM_DONE */
    bool have_header;
    bool after_cr; /* a row ended in CR: only LF may follow */

    unsigned file_columns;
    unsigned role[RF_CSV_COLUMNS_MAX];     /* column of the file -> of the format, or IGNORED */
    unsigned position[RF_CSV_COLUMNS_MAX]; /* column of the format -> of the file */

    uint64_t line;     /* physical line on which the next field starts */
    uint64_t row_line; /* on which the present row started */
    unsigned fields;   /* in the present row so far */
    uint64_t field_line[RF_CSV_COLUMNS_MAX];
    size_t start[RF_CSV_COLUMNS_MAX + 1]; /* of each field in text */
    char *text;
    size_t used, room;
    struct rf_csv_field field[RF_CSV_COLUMNS_MAX];
};

/* --- errors --- */

static void fail(struct rf_csv *csv, enum rf_rc rc)
{
    if (csv->rc == RF_OK)
        csv->rc = rc;
}

static void fail_memory(struct rf_csv *csv)
{
    fail(csv, rf_err_set(csv->err, RF_E_MEMORY, "%s: out of memory", csv->name));
}

/* "name: line 7, column 2 (exposure): " in front of what was said, or without the name of a column
 * that the header does not name. */
static void locate(const struct rf_csv *csv, uint64_t line, unsigned at, struct rf_err *err)
{
    bool known = csv->have_header && at < csv->file_columns && csv->role[at] != IGNORED;
    if (known) {
        rf_err_prefix(err, "%s: line %llu, column %u (%s)", csv->name, (unsigned long long)line,
                      at + 1, csv->format->column[csv->role[at]]);
    } else {
        rf_err_prefix(err, "%s: line %llu, column %u", csv->name, (unsigned long long)line, at + 1);
    }
}

/* An error of the field that is being read. */
static void fail_field(struct rf_csv *csv, const char *reason)
{
    (void)rf_err_set(csv->err, RF_E_FORMAT, "%s", reason);
    locate(csv, csv->line, csv->fields, csv->err);
    fail(csv, RF_E_FORMAT);
}

static void fail_line(struct rf_csv *csv, uint64_t line, const char *reason)
{
    fail(csv, rf_err_set(csv->err, RF_E_FORMAT, "%s: line %llu: %s", csv->name,
                         (unsigned long long)line, reason));
}

enum rf_rc rf_csv_error(const struct rf_csv_row *row, unsigned column, struct rf_err *err,
                        const char *format, ...)
{
    char text[sizeof err->text];
    unsigned at = row->csv->position[column];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)rf_err_set(err, RF_E_FORMAT, "%s", text);
    locate(row->csv, row->csv->field_line[at], at, err);
    return RF_E_FORMAT;
}

enum rf_rc rf_csv_error_row(const struct rf_csv_row *row, struct rf_err *err, const char *format,
                            ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return rf_err_set(err, RF_E_FORMAT, "%s: line %llu: %s", row->csv->name,
                      (unsigned long long)row->line, text);
}

/* --- the header --- */

static unsigned format_column(const struct rf_csv *csv, unsigned at)
{
    const char *name = csv->field[at].text;
    const struct rf_csv_format *format = csv->format;
    if (format->header == RF_CSV_IN_ORDER)
        return at < format->columns && strcmp(name, format->column[at]) == 0 ? at : IGNORED;
    for (unsigned column = 0; column < format->columns; column++)
        if (strcmp(name, format->column[column]) == 0)
            return column;
    return IGNORED;
}

static void fail_unknown(struct rf_csv *csv, unsigned at)
{
    char expected[256] = "";
    size_t used = 0;
    for (unsigned i = 0; i < csv->format->columns && used < sizeof expected; i++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", i ? "," : "",
                                 csv->format->column[i]);
    (void)rf_err_set(csv->err, RF_E_FORMAT, "unknown column; the header must be %s%s", expected,
                     csv->format->header == RF_CSV_IN_ORDER ? "" : " (in any order)");
    locate(csv, csv->field_line[at], at, csv->err);
    fail(csv, RF_E_FORMAT);
}

static void fail_header(struct rf_csv *csv, const char *what, unsigned column)
{
    char text[160];
    (void)snprintf(text, sizeof text, "column %s %s", csv->format->column[column], what);
    fail_line(csv, csv->row_line, text);
}

static void take_header(struct rf_csv *csv)
{
    bool seen[RF_CSV_COLUMNS_MAX] = {false};
    for (unsigned at = 0; at < csv->fields && csv->rc == RF_OK; at++) {
        unsigned column = format_column(csv, at);
        csv->role[at] = column;
        if (column == IGNORED) {
            if (csv->format->header != RF_CSV_AT_LEAST)
                fail_unknown(csv, at);
        } else if (seen[column]) {
            fail_header(csv, "is there twice", column);
        } else {
            seen[column] = true;
            csv->position[column] = at;
        }
    }
    for (unsigned column = 0; column < csv->format->columns && csv->rc == RF_OK; column++)
        if (!seen[column])
            fail_header(csv, "is missing", column);
    csv->file_columns = csv->fields;
    csv->have_header = true;
}

/* --- rows and fields: libcsv calls these --- */

static void take_row(struct rf_csv *csv)
{
    struct rf_csv_field ordered[RF_CSV_COLUMNS_MAX];
    for (unsigned column = 0; column < csv->format->columns; column++)
        ordered[column] = csv->field[csv->position[column]];
    struct rf_csv_row row = {.csv = csv, .line = csv->row_line, .field = ordered};
    enum rf_rc rc = csv->row(csv->context, &row, csv->err);
    if (rc != RF_OK)
        fail(csv, rc);
}

/* At the first field that is missing, or too many. */
static void fail_count(struct rf_csv *csv)
{
    bool short_row = csv->fields < csv->file_columns;
    (void)rf_err_set(csv->err, RF_E_FORMAT, "%u field%s, but the header has %u", csv->fields,
                     csv->fields == 1 ? "" : "s", csv->file_columns);
    locate(csv, csv->row_line, short_row ? csv->fields : csv->file_columns, csv->err);
    fail(csv, RF_E_FORMAT);
}

static unsigned fields_wanted(const struct rf_csv *csv)
{
    return csv->have_header ? csv->file_columns : RF_CSV_COLUMNS_MAX;
}

static void end_row(struct rf_csv *csv)
{
    unsigned wanted = fields_wanted(csv);
    for (unsigned i = 0; i < csv->fields && i < wanted; i++)
        csv->field[i] =
            (struct rf_csv_field){csv->text + csv->start[i], csv->start[i + 1] - csv->start[i] - 1};
    if (csv->have_header && csv->fields != wanted)
        fail_count(csv);
    else if (csv->fields > wanted)
        fail_line(csv, csv->row_line, "too many columns");
    else if (csv->have_header)
        take_row(csv);
    else
        take_header(csv);
    csv->fields = 0;
    csv->used = 0;
}

/* A row has ended: with CR, LF, or (-1) the file. */
static void on_row(int terminator, void *context)
{
    struct rf_csv *csv = context;
    bool half = csv->after_cr;
    if (csv->rc != RF_OK)
        return;
    csv->after_cr = false;
    if (half && terminator == '\n') {
        csv->line++;
        return;
    }
    if (half)
        fail_line(csv, csv->line, "a carriage return without a line feed");
    else if (csv->fields == 0)
        fail_line(csv, csv->line, "an empty line");
    else
        end_row(csv);
    if (terminator == '\r')
        csv->after_cr = true;
    else
        csv->line++;
}

static bool make_room(struct rf_csv *csv, size_t more)
{
    if (csv->room - csv->used >= more)
        return true;
    size_t room = (csv->used + more) * 2;
    char *text = realloc(csv->text, room);
    if (!text) {
        fail_memory(csv);
        return false;
    }
    csv->text = text;
    csv->room = room;
    return true;
}

static void store_field(struct rf_csv *csv, const char *text, size_t size)
{
    if (!make_room(csv, size + 1))
        return;
    csv->field_line[csv->fields] = csv->line;
    csv->start[csv->fields] = csv->used;
    memcpy(csv->text + csv->used, text, size);
    csv->text[csv->used + size] = '\0';
    csv->used += size + 1;
    csv->start[csv->fields + 1] = csv->used;
}

static uint64_t count_lines(const char *text, size_t size)
{
    uint64_t lines = 0;
    const char *end = text + size;
    for (const char *p = text; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        lines++;
    return lines;
}

static void on_field(void *data, size_t size, void *context)
{
    struct rf_csv *csv = context;
    if (csv->rc != RF_OK)
        return;
    if (csv->fields == 0)
        csv->row_line = csv->line;
    if (csv->after_cr)
        fail_line(csv, csv->line, "a carriage return without a line feed");
    else if (size > RF_CSV_FIELD_MAX)
        fail_field(csv, "longer than 65536 bytes; is a closing quote missing?");
    else if (memchr(data, 0, size))
        fail_field(csv, "holds a NUL byte");
    else if (!rf_utf8_valid(data, size))
        fail_field(csv, "is not valid UTF-8");
    else if (csv->fields < fields_wanted(csv))
        store_field(csv, data, size);
    csv->line += count_lines(data, size);
    csv->fields++;
}

/* Spaces belong to their field, which is not what libcsv does by default. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

/* --- feeding --- */

struct rf_csv *rf_csv_new(const char *name, const struct rf_csv_format *format, rf_csv_row_fn *row,
                          void *context, struct rf_err *err)
{
    struct rf_csv *csv = calloc(1, sizeof *csv);
    if (!csv)
        return NULL;
    *csv = (struct rf_csv){.name = name, .format = format, .row = row, .context = context};
    csv->err = err;
    csv->line = 1;
    if (csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0) {
        free(csv);
        return NULL;
    }
    csv_set_space_func(&csv->parser, no_space);
    csv_set_blk_size(&csv->parser, GROWTH);
    return csv;
}

void rf_csv_free(struct rf_csv *csv)
{
    if (!csv)
        return;
    if (csv->parser.entry_buf)
        rf_secret_wipe(csv->parser.entry_buf, csv->parser.entry_size);
    csv_free(&csv->parser);
    rf_secret_free(csv->text, csv->room);
    free(csv);
}

static void fail_parser(struct rf_csv *csv)
{
    if (csv_error(&csv->parser) != CSV_EPARSE)
        fail_memory(csv);
    else if (csv->parser.quoted)
        fail_field(csv, "text behind a closing quote (a quote inside is written twice)");
    else
        fail_field(csv, "a quote inside a field that does not begin with one");
}

static void parse(struct rf_csv *csv, const void *data, size_t size)
{
    size_t parsed = csv_parse(&csv->parser, data, size, on_field, on_row, csv);
    if (csv->rc != RF_OK)
        return;
    if (parsed != size)
        fail_parser(csv);
    else if (csv->parser.entry_pos > RF_CSV_FIELD_MAX)
        fail_field(csv, "longer than 65536 bytes; is a closing quote missing?");
}

/* A byte order mark may arrive in pieces; what only looked like one goes to the parser. */
static size_t take_bom(struct rf_csv *csv, const char *data, size_t size)
{
    size_t taken = 0;
    while (csv->bom_seen < 3 && taken < size && data[taken] == bom[csv->bom_seen]) {
        csv->bom_seen++;
        taken++;
    }
    if (csv->bom_seen < 3 && taken < size)
        parse(csv, bom, csv->bom_seen);
    if (csv->bom_seen == 3 || taken < size)
        csv->bom_seen = BOM_DONE;
    return taken;
}

enum rf_rc rf_csv_feed(struct rf_csv *csv, const void *data, size_t size)
{
    const char *bytes = data;
    size_t taken = 0;
    if (csv->rc == RF_OK && csv->bom_seen != BOM_DONE)
        taken = take_bom(csv, bytes, size);
    if (csv->rc == RF_OK && taken < size)
        parse(csv, bytes + taken, size - taken);
    return csv->rc;
}

void rf_csv_line(struct rf_csv *csv, uint64_t line)
{
    csv->line = line;
}

enum rf_rc rf_csv_end(struct rf_csv *csv)
{
    if (csv->rc == RF_OK && csv->bom_seen < 3)
        parse(csv, bom, csv->bom_seen);
    if (csv->rc == RF_OK && csv_fini(&csv->parser, on_field, on_row, csv) != 0)
        fail_field(csv, "a quoted field is not closed");
    if (csv->rc == RF_OK && csv->after_cr)
        fail_line(csv, csv->line, "a carriage return without a line feed");
    if (csv->rc == RF_OK && !csv->have_header)
        fail_line(csv, 1, "an empty file; a header is required");
    return csv->rc;
}

/* --- files --- */

static enum rf_rc open_file(const char *path, int *file, struct rf_err *err)
{
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file >= 0)
        return RF_OK;
    enum rf_rc rc = errno == ENOENT || errno == ENOTDIR ? RF_E_ARG : RF_E_IO;
    return rf_err_set(err, rc, "cannot open %s: %s", path, strerror(errno));
}

static enum rf_rc feed_file(struct rf_csv *csv, int file, char *block)
{
    for (;;) {
        ssize_t got = read(file, block, BLOCK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rf_err_set(csv->err, RF_E_IO, "cannot read %s: %s", csv->name, strerror(errno));
        if (got == 0)
            return rf_csv_end(csv);
        enum rf_rc rc = rf_csv_feed(csv, block, (size_t)got);
        if (rc != RF_OK)
            return rc;
    }
}

enum rf_rc rf_csv_read(const char *path, const struct rf_csv_format *format, rf_csv_row_fn *row,
                       void *context, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    int file = -1;
    char *block = malloc(BLOCK);
    struct rf_csv *csv = rf_csv_new(path, format, row, context, err);
    if (!csv || !block) {
        rc = rf_err_set(err, RF_E_MEMORY, "%s: out of memory", path);
        goto done;
    }
    RF_TRY(open_file(path, &file, err));
    RF_TRY(feed_file(csv, file, block));
done:
    if (file >= 0)
        (void)close(file);
    rf_csv_free(csv);
    rf_secret_free(block, BLOCK);
    return rc;
}
