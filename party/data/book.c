#include "party/data/book.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum rf_rc no_memory(const struct rf_book *book)
{
    return rf_err_set(book->err, RF_E_MEMORY, "out of memory for so many accounts");
}

enum rf_rc rf_book_init(struct rf_book *book, const char *out, struct rf_import_summary *summary,
                        struct rf_err *err)
{
    *book = (struct rf_book){.out = out, .summary = summary, .err = err};
    *summary = (struct rf_import_summary){0};
    book->arena = rf_arena_new();
    if (!book->arena || rf_map_init(&book->accounts, book->arena) != RF_OK)
        return no_memory(book);
    return RF_OK;
}

void rf_book_fini(struct rf_book *book)
{
    for (unsigned m = 0; m < RF_BANKS_MAX; m++)
        rf_folder_abandon(&book->transfers[m]);
    rf_map_fini(&book->accounts);
    rf_arena_free(book->arena);
    free(book->account);
    *book = (struct rf_book){0};
}

/* --- accounts --- */

static enum rf_rc make_room(struct rf_book *book)
{
    if (book->accounts.count <= book->room)
        return RF_OK;
    size_t room = book->room ? book->room * 2 : 1024;
    struct rf_book_account *account = realloc(book->account, room * sizeof *account);
    if (!account)
        return no_memory(book);
    book->account = account;
    book->room = room;
    return RF_OK;
}

const char *rf_book_check_id(const char *id, size_t size)
{
    if (size == 0)
        return "is empty";
    if (size > 128)
        return "is longer than 128 bytes";
    if (strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != size)
        return "must be digits, capital letters, '-' and '_'";
    return NULL;
}

enum rf_rc rf_book_account(struct rf_book *book, const char *id, size_t size, unsigned member,
                           uint32_t *account, bool *added)
{
    enum rf_rc rc = RF_OK;
    bool is_new;
    if (rf_map_add(&book->accounts, id, size, account, &is_new) != RF_OK)
        return no_memory(book);
    if (is_new) {
        RF_TRY(make_room(book));
        book->account[*account] = (struct rf_book_account){.member = (uint8_t)member};
    }
    if (added)
        *added = is_new;
done:
    return rc;
}

/* --- transfers --- */

static enum rf_rc transfers_of(struct rf_book *book, unsigned member, struct rf_folder_file **file)
{
    *file = &book->transfers[member];
    if ((*file)->file)
        return RF_OK;
    return rf_folder_open(*file, book->out, book->name[member], "transfers.csv",
                          "time,from_bank,from_account,to_bank,to_account,amount,currency",
                          book->err);
}

enum rf_rc rf_book_transfer(struct rf_book *book, uint32_t from, uint32_t to, const char *time,
                            const char *amount, const char *currency)
{
    enum rf_rc rc;
    unsigned payer = book->account[from].member, payee = book->account[to].member;
    struct rf_folder_file *file;
    const char *const row[] = {time,
                               book->name[payer],
                               book->accounts.key[from],
                               book->name[payee],
                               book->accounts.key[to],
                               amount,
                               currency};
    RF_TRY(transfers_of(book, payer, &file));
    rf_folder_row(file, row, 7);
    book->summary->transfers++;
    if (payer == payee)
        return RF_OK;
    RF_TRY(transfers_of(book, payee, &file));
    rf_folder_row(file, row, 7);
    book->summary->cross_bank++;
done:
    return rc;
}

/* --- the rest --- */

static enum rf_rc write_accounts(struct rf_book *book, unsigned member)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    RF_TRY(rf_folder_open(&file, book->out, book->name[member], "accounts.csv", "account,customer",
                          book->err));
    for (uint32_t a = 0; a < book->accounts.count; a++) {
        const char *const row[] = {book->accounts.key[a], book->accounts.key[a]};
        if (book->account[a].member == member)
            rf_folder_row(&file, row, 2);
    }
    RF_TRY(rf_folder_close(&file, book->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

static enum rf_rc write_customers(struct rf_book *book, unsigned member)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    char exposure[24];
    RF_TRY(rf_folder_open(&file, book->out, book->name[member], "customers.csv",
                          "customer,exposure,flag", book->err));
    for (uint32_t a = 0; a < book->accounts.count; a++) {
        const struct rf_book_account *account = &book->account[a];
        const char *const row[] = {book->accounts.key[a], exposure, account->flagged ? "1" : "0"};
        if (account->member != member)
            continue;
        (void)snprintf(exposure, sizeof exposure, "%" PRIu64, account->exposure);
        rf_folder_row(&file, row, 3);
        book->summary->customers++;
        book->summary->flagged += account->flagged;
    }
    RF_TRY(rf_folder_close(&file, book->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

/* Opened first, so that a member without transfers has a file too. */
static enum rf_rc finish_transfers(struct rf_book *book, unsigned member)
{
    enum rf_rc rc;
    struct rf_folder_file *file;
    RF_TRY(transfers_of(book, member, &file));
    RF_TRY(rf_folder_close(file, book->err));
done:
    return rc;
}

static uint64_t bound_of(const struct rf_book *book)
{
    uint64_t bound = UINT64_C(1) << 40;
    for (uint32_t a = 0; a < book->accounts.count; a++)
        while (bound < book->account[a].exposure)
            bound = bound > UINT64_MAX / 2 ? UINT64_MAX : bound * 2;
    return bound;
}

enum rf_rc rf_book_finish(struct rf_book *book, const char *name, const char *purpose)
{
    enum rf_rc rc = RF_OK;
    struct rf_study study;
    for (unsigned m = 0; m < book->members; m++) {
        RF_TRY(write_customers(book, m));
        RF_TRY(write_accounts(book, m));
        RF_TRY(finish_transfers(book, m));
    }
    book->summary->members = book->members;
    rf_folder_defaults(&study, name, purpose, RF_LINK_TRANSFERS);
    study.max_exposure = bound_of(book);
    rf_folder_roles(&study, book->name, book->members);
    RF_TRY(rf_folder_study(book->out, &study, book->err));
done:
    return rc;
}
