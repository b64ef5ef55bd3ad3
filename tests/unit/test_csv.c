#include <criterion/criterion.h>

#include "party/data/csv.h"
#include "support/files.h"

/* Rows are written down as "line:field|field" with a newline behind, so that a test reads at sight. */
struct seen {
    char text[4096];
    size_t used;
    unsigned columns;
};

static enum rf_rc write_down(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    struct seen *seen = context;
    (void)err;
    seen->used += (size_t)snprintf(seen->text + seen->used, sizeof seen->text - seen->used,
                                   "%llu:", (unsigned long long)row->line);
    for (unsigned i = 0; i < seen->columns; i++) {
        cr_assert_eq(strlen(row->field[i].text), row->field[i].size);
        seen->used += (size_t)snprintf(seen->text + seen->used, sizeof seen->text - seen->used,
                                       "%s%s", i ? "|" : "", row->field[i].text);
    }
    seen->text[seen->used++] = '\n';
    return RF_OK;
}

static const char *const abc[] = {"a", "b", "c"};
static const char *const aab[] = {"a", "a", "b"};

struct example {
    const char *what;
    const char *in;
    size_t size; /* 0: strlen */
    const char *rows;
    const char *error; /* NULL: none */
    enum rf_csv_header header;
    const char *const *columns; /* NULL: a, b, c */
};

static const struct example examples[] = {
    {"plain", "a,b,c\n1,2,3\n4,5,6\n", 0, "2:1|2|3\n3:4|5|6\n", NULL, 0, NULL},
    {"columns in another order", "c,a,b\n1,2,3\n", 0, "2:2|3|1\n", NULL, 0, NULL},
    {"crlf", "a,b,c\r\n1,2,3\r\n4,5,6\r\n", 0, "2:1|2|3\n3:4|5|6\n", NULL, 0, NULL},
    {"no end of line at the end", "a,b,c\n1,2,3", 0, "2:1|2|3\n", NULL, 0, NULL},
    {"empty last field at the end", "a,b,c\n1,2,", 0, "2:1|2|\n", NULL, 0, NULL},
    {"header alone", "a,b,c", 0, "", NULL, 0, NULL},
    {"byte order mark",
     "\xef\xbb\xbf"
     "a,b,c\n1,2,3\n",
     0, "2:1|2|3\n", NULL, 0, NULL},
    {"quotes", "a,b,c\n\"1,1\",\"2\"\"2\",\"\"\n", 0, "2:1,1|2\"2|\n", NULL, 0, NULL},
    {"newlines in quotes", "a,b,c\n\"1\n\n1\",2,3\n4,5,6\n", 0, "2:1\n\n1|2|3\n5:4|5|6\n", NULL, 0,
     NULL},
    {"crlf in quotes", "a,b,c\r\n\"1\r\n1\",2,3\r\n4,5,6\r\n", 0, "2:1\r\n1|2|3\n4:4|5|6\n", NULL,
     0, NULL},
    {"quoted header", "\"a\",\"b\",\"c\"\n1,2,3\n", 0, "2:1|2|3\n", NULL, 0, NULL},
    {"spaces belong to fields", "a,b,c\n 1 ,\t, \n", 0, "2: 1 |\t| \n", NULL, 0, NULL},
    {"utf-8", "a,b,c\n\xc3\xa9,\xe2\x82\xac,\xf0\x9f\x98\x80\n", 0,
     "2:\xc3\xa9|\xe2\x82\xac|\xf0\x9f\x98\x80\n", NULL, 0, NULL},
    {"others are ignored", "x,c,y,a,b\n9,1,9,2,3\n", 0, "2:2|3|1\n", NULL, RF_CSV_AT_LEAST, NULL},
    {"in order", "a,a,b\n1,2,3\n", 0, "2:1|2|3\n", NULL, RF_CSV_IN_ORDER, aab},

    {"nothing", "", 0, "", "t.csv: line 1: an empty file; a header is required", 0, NULL},
    {"mark alone", "\xef\xbb\xbf", 0, "", "t.csv: line 1: an empty file; a header is required", 0,
     NULL},
    {"half a mark", "\xef\xbb", 0, "", "t.csv: line 1, column 1: is not valid UTF-8", 0, NULL},
    {"empty first line", "\na,b,c\n", 0, "", "t.csv: line 1: an empty line", 0, NULL},
    {"missing column", "a,c\n1,2\n", 0, "", "t.csv: line 1: column b is missing", 0, NULL},
    {"unknown column", "a,b,d\n", 0, "",
     "t.csv: line 1, column 3: unknown column; the header must be a,b,c (in any order)", 0, NULL},
    {"one column too many", "a,b,c,d\n", 0, "",
     "t.csv: line 1, column 4: unknown column; the header must be a,b,c (in any order)", 0, NULL},
    {"column twice", "a,b,b\n", 0, "", "t.csv: line 1: column b is there twice", 0, NULL},
    {"case matters", "A,b,c\n", 0, "",
     "t.csv: line 1, column 1: unknown column; the header must be a,b,c (in any order)", 0, NULL},
    {"ignored, but one missing", "x,a,b\n", 0, "", "t.csv: line 1: column c is missing",
     RF_CSV_AT_LEAST, NULL},
    {"out of order", "a,b,a\n", 0, "",
     "t.csv: line 1, column 2: unknown column; the header must be a,a,b", RF_CSV_IN_ORDER, aab},
    {"too short an order", "a,a\n", 0, "", "t.csv: line 1: column b is missing", RF_CSV_IN_ORDER,
     aab},
    {"too few fields", "a,b,c\n1,2,3\n1,2\n", 0, "2:1|2|3\n",
     "t.csv: line 3, column 3 (c): 2 fields, but the header has 3", 0, NULL},
    {"too many fields", "a,b,c\n1,2,3,4\n", 0, "",
     "t.csv: line 2, column 4: 4 fields, but the header has 3", 0, NULL},
    {"line of a row after newlines in quotes", "a,b,c\n\"\n\n\",2,3\n1\n", 0, "2:\n\n|2|3\n",
     "t.csv: line 5, column 2 (b): 1 field, but the header has 3", 0, NULL},
    {"empty line", "a,b,c\n1,2,3\n\n4,5,6\n", 0, "2:1|2|3\n", "t.csv: line 3: an empty line", 0,
     NULL},
    {"empty line at the end", "a,b,c\r\n1,2,3\r\n\r\n", 0, "2:1|2|3\n",
     "t.csv: line 3: an empty line", 0, NULL},
    {"invalid utf-8", "a,b,c\n1,\"x\ny\",3\n4,5,\xff\n", 0, "2:1|x\ny|3\n",
     "t.csv: line 4, column 3 (c): is not valid UTF-8", 0, NULL},
    {"overlong utf-8", "a,b,c\n\xc0\xaf,2,3\n", 0, "",
     "t.csv: line 2, column 1 (a): is not valid UTF-8", 0, NULL},
    {"surrogate", "a,b,c\n1,\xed\xa0\x80,3\n", 0, "",
     "t.csv: line 2, column 2 (b): is not valid UTF-8", 0, NULL},
    {"utf-8 cut off", "a,b,c\n1,2,\xe2\x82", 0, "",
     "t.csv: line 2, column 3 (c): is not valid UTF-8", 0, NULL},
    {"utf-16",
     "\xff\xfe"
     "a\0,\0",
     6, "", "t.csv: line 1, column 1: holds a NUL byte", 0, NULL},
    {"nul", "a,b,c\n1,2\0,3\n", 13, "", "t.csv: line 2, column 2 (b): holds a NUL byte", 0, NULL},
    {"quote not closed", "a,b,c\n1,\"2,3\n4,5,6\n", 0, "",
     "t.csv: line 2, column 2 (b): a quoted field is not closed", 0, NULL},
    {"quote inside", "a,b,c\n1,2\"2,3\n", 0, "",
     "t.csv: line 2, column 2 (b): a quote inside a field that does not begin with one", 0, NULL},
    {"space before a quote", "a,b,c\n1, \"2\",3\n", 0, "",
     "t.csv: line 2, column 2 (b): a quote inside a field that does not begin with one", 0, NULL},
    {"text behind a quote", "a,b,c\n1,\"2\"2,3\n", 0, "",
     "t.csv: line 2, column 2 (b): text behind a closing quote (a quote inside is written twice)",
     0, NULL},
    {"line of a field", "a,b,c\n\"\n\",\"\n\",\"4\"4\n", 0, "",
     "t.csv: line 4, column 3 (c): text behind a closing quote (a quote inside is written twice)",
     0, NULL},
    {"carriage return alone", "a,b,c\r1,2,3\r", 0, "",
     "t.csv: line 1: a carriage return without a line feed", 0, NULL},
    {"carriage return at the end", "a,b,c\n1,2,3\r", 0, "2:1|2|3\n",
     "t.csv: line 2: a carriage return without a line feed", 0, NULL},
    {"two carriage returns", "a,b,c\r\r\n1,2,3\r\n", 0, "",
     "t.csv: line 1: a carriage return without a line feed", 0, NULL},
};

static void check_in_pieces(const struct example *e, size_t piece)
{
    const struct rf_csv_format format = {e->columns ? e->columns : abc, 3, e->header};
    struct seen seen = {.columns = 3};
    struct rf_err err = {0};
    size_t size = e->size ? e->size : strlen(e->in);
    struct rf_csv *csv = rf_csv_new("t.csv", &format, write_down, &seen, &err);
    enum rf_rc rc = RF_OK;
    for (size_t at = 0; at < size && rc == RF_OK; at += piece)
        rc = rf_csv_feed(csv, e->in + at, size - at < piece ? size - at : piece);
    if (rc == RF_OK)
        rc = rf_csv_end(csv);
    rf_csv_free(csv);
    cr_expect_str_eq(err.text, e->error ? e->error : "", "%s, %zu bytes a piece: %s", e->what,
                     piece, err.text);
    cr_expect_eq(rc, e->error ? RF_E_FORMAT : RF_OK, "%s", e->what);
    cr_expect_str_eq(seen.text, e->rows, "%s, %zu bytes a piece: %s", e->what, piece, seen.text);
}

Test(csv, examples_in_pieces_of_any_size)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        for (size_t piece = 1; piece < 8; piece++)
            check_in_pieces(&examples[i], piece == 7 ? 1000 : piece);
}

/* --- limits --- */

static enum rf_rc count_bytes(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    (void)err;
    *(size_t *)context += row->field[0].size;
    return RF_OK;
}

static enum rf_rc read_field_of(size_t size, bool quoted, size_t *got, struct rf_err *err)
{
    static const char *const one[] = {"a"};
    const struct rf_csv_format format = {one, 1, RF_CSV_EXACT};
    const char *before = quoted ? "a\n\"" : "a\n", *after = quoted ? "\"\n" : "\n";
    size_t room = size + 16;
    char *text = malloc(room);
    cr_assert_not_null(text);
    int start = snprintf(text, room, "%s", before);
    memset(text + start, 'x', size);
    (void)snprintf(text + start + size, room - (size_t)start - size, "%s", after);
    struct rf_csv *csv = rf_csv_new("t.csv", &format, count_bytes, got, err);
    enum rf_rc rc = rf_csv_feed(csv, text, strlen(text));
    if (rc == RF_OK)
        rc = rf_csv_end(csv);
    rf_csv_free(csv);
    free(text);
    return rc;
}

Test(csv, a_field_may_be_as_long_as_the_limit_and_no_longer)
{
    const size_t sizes[] = {1, 4095, 65535, 65536, 65537, 300000};
    for (size_t i = 0; i < 12; i++) {
        size_t size = sizes[i / 2], got = 0;
        struct rf_err err = {0};
        enum rf_rc rc = read_field_of(size, i % 2, &got, &err);
        if (size <= RF_CSV_FIELD_MAX) {
            cr_assert_eq(rc, RF_OK, "%s", err.text);
            cr_assert_eq(got, size);
        } else {
            cr_assert_eq(rc, RF_E_FORMAT);
            cr_assert_str_eq(err.text, "t.csv: line 2, column 1 (a): longer than 65536 bytes; is a "
                                       "closing quote missing?");
        }
    }
}

/* A quote that is never closed must not collect the rest of a large file in memory. */
Test(csv, an_open_quote_is_noticed_at_the_limit)
{
    static const char *const one[] = {"a"};
    static char lines[1 << 16];
    const struct rf_csv_format format = {one, 1, RF_CSV_EXACT};
    struct rf_err err = {0};
    size_t got = 0, fed = 0;
    memset(lines, '\n', sizeof lines);
    struct rf_csv *csv = rf_csv_new("t.csv", &format, count_bytes, &got, &err);
    enum rf_rc rc = rf_csv_feed(csv, "a\n\"", 3);
    for (; rc == RF_OK && fed < 1000; fed++)
        rc = rf_csv_feed(csv, lines, sizeof lines);
    rf_csv_free(csv);
    cr_assert_eq(rc, RF_E_FORMAT);
    cr_assert_leq(fed, 2);
    cr_assert_str_eq(
        err.text,
        "t.csv: line 2, column 1 (a): longer than 65536 bytes; is a closing quote missing?");
}

Test(csv, too_many_columns)
{
    const struct rf_csv_format format = {abc, 3, RF_CSV_AT_LEAST};
    for (unsigned columns = 64; columns <= 65; columns++) {
        char header[1024] = "a,b,c";
        struct seen seen = {.columns = 3};
        struct rf_err err = {0};
        for (unsigned i = 3; i < columns; i++) {
            size_t used = strlen(header);
            (void)snprintf(header + used, sizeof header - used, ",x");
        }
        struct rf_csv *csv = rf_csv_new("t.csv", &format, write_down, &seen, &err);
        cr_assert_eq(rf_csv_feed(csv, header, strlen(header)), RF_OK);
        cr_assert_eq(rf_csv_end(csv), columns == 64 ? RF_OK : RF_E_FORMAT);
        if (columns == 65)
            cr_assert_str_eq(err.text, "t.csv: line 1: too many columns");
        rf_csv_free(csv);
    }
}

/* --- errors of the caller's --- */

static enum rf_rc refuse_second(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    (void)context;
    if (row->line == 2)
        return RF_OK;
    if (strcmp(row->field[1].text, "row") == 0)
        return rf_csv_error_row(row, err, "no %s", "good");
    return rf_csv_error(row, 1, err, "must be %d", 7);
}

static void expect_refusal(const char *text, const char *error)
{
    const struct rf_csv_format format = {abc, 3, RF_CSV_EXACT};
    struct rf_err err = {0};
    struct rf_csv *csv = rf_csv_new("t.csv", &format, refuse_second, NULL, &err);
    cr_assert_eq(rf_csv_feed(csv, text, strlen(text)), RF_E_FORMAT);
    cr_assert_eq(rf_csv_feed(csv, "1,2,3\n", 6), RF_E_FORMAT, "a failure stays");
    cr_assert_eq(rf_csv_end(csv), RF_E_FORMAT);
    cr_assert_str_eq(err.text, error);
    rf_csv_free(csv);
}

Test(csv, callers_errors_name_the_place)
{
    expect_refusal("c,a,b\n1,2,3\n\"\n\",\"\n\",8\n", "t.csv: line 5, column 3 (b): must be 7");
    expect_refusal("c,a,b\n1,2,3\n\"\n\",2,row\n", "t.csv: line 3: no good");
}

/* --- files --- */

Test(csv, files)
{
    const struct rf_csv_format format = {abc, 3, RF_CSV_EXACT};
    char folder[256], path[512];
    struct seen seen = {.columns = 3};
    struct rf_err err = {0};
    rf_test_folder(folder);
    (void)snprintf(path, sizeof path, "%s/x.csv", folder);
    cr_assert_eq(rf_csv_read(path, &format, write_down, &seen, &err), RF_E_ARG);
    cr_assert(strstr(err.text, "x.csv: No such file"), "%s", err.text);
    rf_err_clear(&err);
    cr_assert_eq(rf_csv_read(folder, &format, write_down, &seen, &err), RF_E_IO);
    rf_err_clear(&err);
    rf_test_write(folder, "x.csv", "a,b,c\n1,2,3\n");
    cr_assert_eq(rf_csv_read(path, &format, write_down, &seen, &err), RF_OK, "%s", err.text);
    cr_assert_str_eq(seen.text, "2:1|2|3\n");
    rf_test_remove(folder);
}

/* Rows that straddle the blocks in which a file is read. */
Test(csv, a_file_of_many_blocks)
{
    static const char *const one[] = {"a"};
    static const char commas[] = "\n,,\n,,\n,,\n,,\n,,\n,,\n,,\n,,";
    const struct rf_csv_format format = {one, 1, RF_CSV_EXACT};
    char folder[256], path[512];
    size_t expected = 0, got = 0;
    rf_test_folder(folder);
    (void)snprintf(path, sizeof path, "%s/x.csv", folder);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    fprintf(file, "a\n");
    for (unsigned i = 0; i < 100000; i++) {
        size_t length = i * 7919U % 23;
        fprintf(file, "\"%.*s\"\n", (int)length, commas);
        expected += length;
    }
    cr_assert_eq(fclose(file), 0);
    struct rf_err err = {0};
    cr_assert_eq(rf_csv_read(path, &format, count_bytes, &got, &err), RF_OK, "%s", err.text);
    cr_assert_eq(got, expected);
    rf_test_remove(folder);
}
