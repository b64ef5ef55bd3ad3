#include "party/data/amlworld.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "party/data/book.h"
#include "party/data/csv.h"
#include "party/data/number.h"

enum { LINE_MAX_BYTES = 65536 };

enum {
    TIMESTAMP,
    FROM_BANK,
    FROM_ACCOUNT,
    TO_BANK,
    TO_ACCOUNT,
    AMOUNT_RECEIVED,
    RECEIVING_CURRENCY,
    AMOUNT_PAID,
    PAYMENT_CURRENCY,
    PAYMENT_FORMAT,
    IS_LAUNDERING,
    COLUMNS,
};

/* The second Account is the data set's own. */
static const char *const columns[COLUMNS] = {
    "Timestamp",       "From Bank",          "Account",     "To Bank",          "Account",
    "Amount Received", "Receiving Currency", "Amount Paid", "Payment Currency", "Payment Format",
    "Is Laundering",
};

static const char header[] = "Timestamp,From Bank,Account,To Bank,Account,Amount Received,"
                             "Receiving Currency,Amount Paid,Payment Currency,Payment Format,"
                             "Is Laundering\n";

struct import {
    struct rf_book book;
    const struct rf_import_options *options;
    unsigned decimals; /* of the currency that counts */
};

/* --- rows --- */

/* Bank ids are padded with zeros unevenly: they are compared as numbers. */
static enum rf_rc find_account(struct import *import, const struct rf_csv_row *row,
                               unsigned bank_column, unsigned account_column, uint32_t *account)
{
    const struct rf_csv_field *bank = &row->field[bank_column];
    const struct rf_csv_field *number = &row->field[account_column];
    char id[160];
    uint64_t value = 0;
    const char *wrong = rf_number_whole(bank->text, bank->size, &value);
    if (wrong)
        return rf_csv_error(row, bank_column, import->book.err, "%s", wrong);
    wrong = rf_book_check_id(number->text, number->size);
    if (wrong)
        return rf_csv_error(row, account_column, import->book.err, "%s", wrong);
    int size = snprintf(id, sizeof id, "%" PRIu64 "-%s", value, number->text);
    return rf_book_account(&import->book, id, (size_t)size,
                           (unsigned)(value % import->options->members), account, NULL);
}

static enum rf_rc add_exposure(struct import *import, const struct rf_csv_row *row, uint32_t from)
{
    const struct rf_csv_field *paid = &row->field[AMOUNT_PAID];
    uint64_t *exposure = &import->book.account[from].exposure, amount;
    if (strcmp(row->field[PAYMENT_CURRENCY].text, import->options->currency) != 0) {
        import->book.summary->other_currency++;
        return RF_OK;
    }
    const char *wrong = rf_number_decimal(paid->text, paid->size, import->decimals, &amount);
    if (!wrong && __builtin_add_overflow(*exposure, amount, exposure))
        wrong = "makes what the account paid more than 64 bits can hold";
    return wrong ? rf_csv_error(row, AMOUNT_PAID, import->book.err, "%s", wrong) : RF_OK;
}

static enum rf_rc read_flag(const struct rf_csv_row *row, bool *flag, struct rf_err *err)
{
    const char *text = row->field[IS_LAUNDERING].text;
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return rf_csv_error(row, IS_LAUNDERING, err, "must be 0 or 1");
    *flag = text[0] == '1';
    return RF_OK;
}

static enum rf_rc take_transfer(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    enum rf_rc rc;
    struct import *import = context;
    struct rf_book *book = &import->book;
    const struct rf_csv_field *paid = &row->field[AMOUNT_PAID];
    uint32_t from = 0, to = 0;
    bool flag = false;
    const char *wrong = rf_number_check_decimal(paid->text, paid->size);
    if (wrong)
        return rf_csv_error(row, AMOUNT_PAID, err, "%s", wrong);
    RF_TRY(find_account(import, row, FROM_BANK, FROM_ACCOUNT, &from));
    RF_TRY(find_account(import, row, TO_BANK, TO_ACCOUNT, &to));
    RF_TRY(add_exposure(import, row, from));
    RF_TRY(read_flag(row, &flag, err));
    book->account[from].flagged |= flag;
    book->account[to].flagged |= flag;
    RF_TRY(rf_book_transfer(book, from, to, row->field[TIMESTAMP].text, paid->text,
                            row->field[PAYMENT_CURRENCY].text));
done:
    return rc;
}

/* --- the layout of Patterns.txt: transfers without a header, between lines that mark attempts --- */

static bool starts_with(const char *line, size_t size, const char *start)
{
    return size >= strlen(start) && strncmp(line, start, strlen(start)) == 0;
}

static bool is_mark(const char *line, size_t size)
{
    return starts_with(line, size, "BEGIN LAUNDERING ATTEMPT") ||
           starts_with(line, size, "END LAUNDERING ATTEMPT") || (size == 1 && line[0] == '\n') ||
           (size == 2 && line[0] == '\r' && line[1] == '\n');
}

/* A line with its end; *size is 0 at the end of the file. */
static enum rf_rc next_line(FILE *file, char *line, size_t *size, const char *path, uint64_t number,
                            struct rf_err *err)
{
    int c = 0;
    for (*size = 0; *size < LINE_MAX_BYTES && c != '\n'; line[(*size)++] = (char)c) {
        c = getc_unlocked(file);
        if (c == EOF)
            break;
    }
    if (ferror(file))
        return rf_err_set(err, RF_E_IO, "cannot read %s: %s", path, strerror(errno));
    if (*size == LINE_MAX_BYTES)
        return rf_err_set(err, RF_E_FORMAT, "%s: line %" PRIu64 ": longer than %d bytes", path,
                          number, LINE_MAX_BYTES - 1);
    return RF_OK;
}

static enum rf_rc feed_patterns(struct rf_csv *csv, FILE *file, char *line, const char *path,
                                struct rf_err *err)
{
    enum rf_rc rc;
    size_t size;
    RF_TRY(rf_csv_feed(csv, header, sizeof header - 1));
    for (uint64_t number = 1;; number++) {
        RF_TRY(next_line(file, line, &size, path, number, err));
        if (size == 0)
            break;
        if (is_mark(line, size))
            continue;
        rf_csv_line(csv, number);
        RF_TRY(rf_csv_feed(csv, line, size));
    }
    RF_TRY(rf_csv_end(csv));
done:
    return rc;
}

/* --- files --- */

static const struct rf_csv_format format = {columns, COLUMNS, RF_CSV_IN_ORDER};

static enum rf_rc read_patterns(struct import *import, FILE *file, const char *path)
{
    struct rf_err *err = import->book.err;
    char *line = malloc(LINE_MAX_BYTES);
    struct rf_csv *csv = rf_csv_new(path, &format, take_transfer, import, err);
    enum rf_rc rc = RF_OK;
    if (!line || !csv)
        rc = rf_err_set(err, RF_E_MEMORY, "%s: out of memory", path);
    else
        rc = feed_patterns(csv, file, line, path, err);
    rf_csv_free(csv);
    free(line);
    return rc;
}

/* Patterns.txt begins with a mark, Trans.csv with a header. */
static enum rf_rc read_source(struct import *import, const char *path)
{
    char start[8] = "";
    FILE *file = fopen(path, "rbe");
    if (!file)
        return rf_err_set(import->book.err, errno == ENOENT ? RF_E_ARG : RF_E_IO,
                          "cannot open %s: %s", path, strerror(errno));
    bool patterns = fread(start, 1, 6, file) == 6 && strcmp(start, "BEGIN ") == 0;
    rewind(file);
    enum rf_rc rc = patterns ? read_patterns(import, file, path)
                             : rf_csv_read(path, &format, take_transfer, import, import->book.err);
    (void)fclose(file);
    return rc;
}

enum rf_rc rf_amlworld_import(const char *source, const struct rf_import_options *options,
                              const char *out, struct rf_import_summary *summary,
                              struct rf_err *err)
{
    enum rf_rc rc;
    struct import import = {.options = options};
    if (options->members < 2 || options->members > RF_BANKS_MAX)
        return rf_err_set(err, RF_E_ARG, "members must be between 2 and %d", RF_BANKS_MAX);
    import.decimals = strcmp(options->currency, "Bitcoin") == 0 ? 8 : 2;
    RF_TRY(rf_book_init(&import.book, out, summary, err));
    import.book.members = options->members;
    for (unsigned m = 0; m < options->members; m++)
        rf_folder_member(m, import.book.name[m]);
    RF_TRY(read_source(&import, source));
    RF_TRY(
        rf_book_finish(&import.book, "amlworld", "Rings through the transfers of IBM's AMLworld"));
done:
    rf_book_fini(&import.book);
    return rc;
}
