#include "party/data/amlsim.h"

#include <stdlib.h>
#include <string.h>

#include "party/data/book.h"
#include "party/data/csv.h"
#include "party/data/number.h"
#include "party/keys/member_name.h"

/* The data set does not say in which currency a transfer is; its accounts report in dollars. */
static const char currency[] = "USD";

/* --- banks --- */

/* bank_a becomes bank-a. */
static enum rf_rc find_member(struct rf_book *book, const struct rf_csv_row *row, unsigned column,
                              unsigned *member)
{
    const struct rf_csv_field *bank = &row->field[column];
    char name[RF_MEMBER_NAME_MAX + 1] = "";
    if (bank->size > RF_MEMBER_NAME_MAX)
        return rf_csv_error(row, column, book->err, "is too long for a member's name");
    for (size_t i = 0; i < bank->size; i++)
        name[i] = bank->text[i];
    for (char *p = strchr(name, '_'); p; p = strchr(p, '_'))
        *p = '-';
    if (!rf_member_name_valid(name))
        return rf_csv_error(row, column, book->err, "gives no member's name: %s",
                            RF_MEMBER_NAME_RULE);
    for (*member = 0; *member < book->members; ++*member)
        if (strcmp(book->name[*member], name) == 0)
            return RF_OK;
    if (book->members == RF_BANKS_MAX)
        return rf_csv_error(row, column, book->err, "is one bank more than %d", RF_BANKS_MAX);
    memcpy(book->name[book->members++], name, sizeof name);
    return RF_OK;
}

/* --- accounts.csv --- */

enum { ACCT_ID, INITIAL_DEPOSIT, BANK_ID };

static enum rf_rc take_account(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_book *book = context;
    const struct rf_csv_field *id = &row->field[ACCT_ID], *deposit = &row->field[INITIAL_DEPOSIT];
    unsigned member = 0;
    uint32_t account;
    bool added;
    uint64_t exposure;
    const char *wrong = rf_number_decimal(deposit->text, deposit->size, 2, &exposure);
    if (wrong)
        return rf_csv_error(row, INITIAL_DEPOSIT, err, "%s", wrong);
    wrong = rf_book_check_id(id->text, id->size);
    if (wrong)
        return rf_csv_error(row, ACCT_ID, err, "%s", wrong);
    RF_TRY(find_member(book, row, BANK_ID, &member));
    RF_TRY(rf_book_account(book, id->text, id->size, member, &account, &added));
    if (!added)
        return rf_csv_error(row, ACCT_ID, err, "this account is in the file twice");
    book->account[account].exposure = exposure;
done:
    return rc;
}

static enum rf_rc find_account(struct rf_book *book, const struct rf_csv_row *row, unsigned column,
                               uint32_t *account)
{
    const struct rf_csv_field *id = &row->field[column];
    *account = rf_map_find(&book->accounts, id->text, id->size);
    if (*account == RF_MAP_NONE)
        return rf_csv_error(row, column, book->err, "this account is not in accounts.csv");
    return RF_OK;
}

/* --- alert_accounts.csv --- */

enum { ALERT_ACCT_ID, IS_SAR };

static enum rf_rc take_alert(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_book *book = context;
    const char *is_sar = row->field[IS_SAR].text;
    uint32_t account;
    bool yes = strcmp(is_sar, "True") == 0 || strcmp(is_sar, "true") == 0;
    if (!yes && strcmp(is_sar, "False") != 0 && strcmp(is_sar, "false") != 0)
        return rf_csv_error(row, IS_SAR, err, "must be True or False");
    RF_TRY(find_account(book, row, ALERT_ACCT_ID, &account));
    book->account[account].flagged |= yes;
done:
    return rc;
}

/* --- alert_transactions.csv --- */

enum { ORIG_ACCT, BENE_ACCT, BASE_AMT, TRAN_TIMESTAMP };

static enum rf_rc take_transfer(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_book *book = context;
    const struct rf_csv_field *amount = &row->field[BASE_AMT];
    uint32_t from, to;
    const char *wrong = rf_number_check_decimal(amount->text, amount->size);
    if (wrong)
        return rf_csv_error(row, BASE_AMT, err, "%s", wrong);
    RF_TRY(find_account(book, row, ORIG_ACCT, &from));
    RF_TRY(find_account(book, row, BENE_ACCT, &to));
    RF_TRY(
        rf_book_transfer(book, from, to, row->field[TRAN_TIMESTAMP].text, amount->text, currency));
done:
    return rc;
}

/* --- the folder --- */

static enum rf_rc read_file(struct rf_book *book, const char *source, const char *name,
                            const char *const *column, unsigned columns, rf_csv_row_fn *row)
{
    const struct rf_csv_format format = {column, columns, RF_CSV_AT_LEAST};
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/%s", source, name);
    if (size < 0 || (size_t)size >= sizeof path)
        return rf_err_set(book->err, RF_E_ARG, "the path of %s is too long", name);
    return rf_csv_read(path, &format, row, book, book->err);
}

enum rf_rc rf_amlsim_import(const char *source, const struct rf_import_options *options,
                            const char *out, struct rf_import_summary *summary, struct rf_err *err)
{
    static const char *const accounts[] = {"acct_id", "initial_deposit", "bank_id"};
    static const char *const alerts[] = {"acct_id", "is_sar"};
    static const char *const transfers[] = {"orig_acct", "bene_acct", "base_amt", "tran_timestamp"};
    enum rf_rc rc;
    struct rf_book book;
    (void)options;
    RF_TRY(rf_book_init(&book, out, summary, err));
    RF_TRY(read_file(&book, source, "accounts.csv", accounts, 3, take_account));
    if (book.members < 2) {
        rc = rf_err_set(err, RF_E_FORMAT, "%s/accounts.csv: fewer than two banks", source);
        goto done;
    }
    RF_TRY(read_file(&book, source, "alert_accounts.csv", alerts, 2, take_alert));
    RF_TRY(read_file(&book, source, "alert_transactions.csv", transfers, 4, take_transfer));
    RF_TRY(rf_book_finish(&book, "amlsim", "Rings through the alerted transfers of AMLSim"));
done:
    rf_book_fini(&book);
    return rc;
}
