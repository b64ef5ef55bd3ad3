/** book.h - accounts and transfers on their way from a foreign format to members' folders
 *
 * Every account is a customer of its own and called the same. Used by the importers alone. */
#ifndef RF_PARTY_DATA_BOOK_H
#define RF_PARTY_DATA_BOOK_H

#include <stdbool.h>

#include "party/data/folder.h"
#include "party/data/import.h"
#include "party/data/map.h"

struct rf_book_account {
    uint64_t exposure;
    uint8_t member; /* index into name[] */
    bool flagged;
};

struct rf_book {
    const char *out;
    struct rf_import_summary *summary;
    struct rf_err *err;
    unsigned members;
    char name[RF_BANKS_MAX][RF_MEMBER_NAME_MAX + 1];
    struct rf_folder_file transfers[RF_BANKS_MAX]; /* each opened when it is first written to */
    struct rf_arena *arena;
    struct rf_map accounts; /* id -> index in account */
    struct rf_book_account *account;
    size_t room;
};

/** rf_book_init() - empty; all are borrowed until rf_book_fini() */
RF_MUST_CHECK enum rf_rc rf_book_init(struct rf_book *book, const char *out,
                                      struct rf_import_summary *summary, struct rf_err *err);
void rf_book_fini(struct rf_book *book);

/** rf_book_check_id() - what is wrong with an account's number, or NULL
 * Digits, capital letters, '-' and '_' only, 128 at most: so that ids that differ stay different when
 * they are normalised. */
const char *rf_book_check_id(const char *id, size_t size);

/** rf_book_account() - the account with this id, which is put in for @member if it is not there
 * @added: may be NULL; whether it is new */
RF_MUST_CHECK enum rf_rc rf_book_account(struct rf_book *book, const char *id, size_t size,
                                         unsigned member, uint32_t *account, bool *added);

/** rf_book_transfer() - write a transfer to the folders of both accounts' members */
RF_MUST_CHECK enum rf_rc rf_book_transfer(struct rf_book *book, uint32_t from, uint32_t to,
                                          const char *time, const char *amount,
                                          const char *currency);

/** rf_book_finish() - write everything else: customers, accounts, the study; fill the summary */
RF_MUST_CHECK enum rf_rc rf_book_finish(struct rf_book *book, const char *study,
                                        const char *purpose);

#endif
