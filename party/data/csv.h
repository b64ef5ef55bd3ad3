/** csv.h - reads CSV files strictly, row by row
 *
 * RFC 4180: comma separated, fields may be quoted and then hold commas, line ends and doubled quotes;
 * spaces belong to their field. Lines end in LF or CRLF, the last one may lack its end. UTF-8, with or
 * without a byte order mark. The first line is the header. Nothing is repaired and nothing is skipped:
 * whatever is wrong ends the reading with an error of the form
 *
 *     extract/bank-a/customers.csv: line 7, column 2 (exposure): must not be negative
 *
 * where the line is the physical line on which the field (or the row) starts. An error never
 * quotes what the field holds: it may be shown in a log.
 *
 * Memory is bounded whatever the file: one row of at most RF_CSV_COLUMNS_MAX fields of at most
 * RF_CSV_FIELD_MAX bytes, and one block. Cost: one pass, about 3 ns a byte. The parser is libcsv. */
#ifndef RF_PARTY_DATA_CSV_H
#define RF_PARTY_DATA_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum {
    RF_CSV_COLUMNS_MAX = 64,
    RF_CSV_FIELD_MAX = 65536, /* bytes in a field, without its quotes */
};

/** What the header must be. */
enum rf_csv_header {
    RF_CSV_EXACT,    /* these columns and no others, in any order */
    RF_CSV_AT_LEAST, /* these columns, in any order; others are read, checked and ignored */
    RF_CSV_IN_ORDER, /* these columns in this order; names may repeat */
};

struct rf_csv_format {
    const char *const *column; /* names */
    unsigned columns;          /* 1 .. RF_CSV_COLUMNS_MAX */
    enum rf_csv_header header;
};

/** A field without its quotes, valid UTF-8. There is a NUL behind it and none in it. */
struct rf_csv_field {
    const char *text;
    size_t size;
};

struct rf_csv;

/** One row, valid only during the call that it is passed to. */
struct rf_csv_row {
    const struct rf_csv *csv;
    uint64_t line;                    /* physical line on which the row starts, from 1 */
    const struct rf_csv_field *field; /* the format's columns, in the format's order */
};

/** Called for every row after the header; a failure ends the reading and is passed on. */
typedef enum rf_rc rf_csv_row_fn(void *context, const struct rf_csv_row *row, struct rf_err *err);

/** rf_csv_read() - read a whole file
 * @format: borrowed
 * Errors: RF_E_FORMAT as above; RF_E_ARG when there is no such file; RF_E_IO; RF_E_MEMORY; whatever
 * @row returns. */
RF_MUST_CHECK enum rf_rc rf_csv_read(const char *path, const struct rf_csv_format *format,
                                     rf_csv_row_fn *row, void *context, struct rf_err *err);

/** rf_csv_error() - describe what is wrong with a field
 * @column: of the format
 * Returns RF_E_FORMAT. */
enum rf_rc rf_csv_error(const struct rf_csv_row *row, unsigned column, struct rf_err *err,
                        const char *format, ...) RF_PRINTF(4, 5);

/** rf_csv_error_row() - describe what is wrong with a row as a whole; returns RF_E_FORMAT */
enum rf_rc rf_csv_error_row(const struct rf_csv_row *row, struct rf_err *err, const char *format,
                            ...) RF_PRINTF(3, 4);

/** rf_csv_new() - the same from bytes that the caller has: feed them in pieces of any size, then end
 * @name: for errors; @name, @format, @context and @err are borrowed until rf_csv_free()
 * NULL when out of memory. */
struct rf_csv *rf_csv_new(const char *name, const struct rf_csv_format *format, rf_csv_row_fn *row,
                          void *context, struct rf_err *err);
void rf_csv_free(struct rf_csv *csv);

/** rf_csv_feed() - take the next bytes; after a failure every further call returns it again */
RF_MUST_CHECK enum rf_rc rf_csv_feed(struct rf_csv *csv, const void *data, size_t size);

/** rf_csv_line() - what is fed next starts on this physical line
 * For files that hold CSV among other lines, which the caller takes out. Only between rows. */
void rf_csv_line(struct rf_csv *csv, uint64_t line);

/** rf_csv_end() - that was all: take the last row, and refuse what is unfinished */
RF_MUST_CHECK enum rf_rc rf_csv_end(struct rf_csv *csv);

#endif
