#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party/data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was seen of a file: its rows, as a hash, and the error. */
struct seen {
    uint64_t hash, rows;
    struct rf_err err;
};

static void hash_bytes(struct seen *seen, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++)
        seen->hash = (seen->hash ^ byte[i]) * UINT64_C(0x100000001b3);
}

static enum rf_rc take(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    struct seen *seen = context;
    (void)err;
    seen->rows++;
    hash_bytes(seen, &row->line, sizeof row->line);
    for (unsigned i = 0; i < 3; i++) {
        if (strlen(row->field[i].text) != row->field[i].size)
            abort();
        hash_bytes(seen, row->field[i].text, row->field[i].size + 1);
    }
    return RF_OK;
}

static void read_in_pieces(struct seen *seen, enum rf_csv_header header, const uint8_t *data,
                           size_t size, size_t piece)
{
    static const char *const columns[] = {"a", "b", "c"};
    const struct rf_csv_format format = {columns, 3, header};
    struct rf_csv *csv = rf_csv_new("f", &format, take, seen, &seen->err);
    enum rf_rc rc = csv ? RF_OK : RF_E_MEMORY;
    for (size_t at = 0; at < size && rc == RF_OK; at += piece)
        rc = rf_csv_feed(csv, data + at, size - at < piece ? size - at : piece);
    if (rc == RF_OK)
        rc = rf_csv_end(csv);
    if ((rc == RF_OK) != (seen->err.rc == RF_OK) || (rc != RF_OK && !seen->err.text[0]))
        abort();
    rf_csv_free(csv);
}

/* The first byte chooses the kind of header; the rest is the file. However it is cut into pieces, the
 * rows and the error are the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {0}, pieces = {0};
    if (size == 0 || size > 50000)
        return 0;
    enum rf_csv_header header = (enum rf_csv_header)(data[0] % 3);
    read_in_pieces(&whole, header, data + 1, size - 1, size);
    read_in_pieces(&pieces, header, data + 1, size - 1, 1 + data[0] / 3 % 7);
    if (whole.hash != pieces.hash || whole.rows != pieces.rows ||
        strcmp(whole.err.text, pieces.err.text) != 0)
        abort();
    return 0;
}
