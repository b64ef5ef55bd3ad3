#include <criterion/criterion.h>

#include "party/data/arena.h"
#include "party/data/map.h"
#include "party/data/number.h"
#include "party/data/tables.h"
#include "support/files.h"

#define UNUSED_FILE NULL /* not written: the study must not look for it */

struct folder {
    const char *customers, *identifiers, *accounts, *transfers;
};

static struct rf_study study_of(enum rf_link_by link)
{
    struct rf_study study = {.link = link, .max_exposure = UINT64_C(1) << 63};
    study.types[RF_TYPE_NATIONAL_ID] = study.types[RF_TYPE_PHONE] = true;
    study.types[RF_TYPE_EMAIL] = true;
    return study;
}

static enum rf_rc load(const struct folder *in, const struct rf_study *study,
                       struct rf_tables *tables, struct rf_err *err)
{
    const char *const names[] = {"customers.csv", "identifiers.csv", "accounts.csv",
                                 "transfers.csv"};
    const char *const texts[] = {in->customers, in->identifiers, in->accounts, in->transfers};
    char folder[256];
    rf_test_folder(folder);
    for (unsigned i = 0; i < 4; i++)
        if (texts[i])
            rf_test_write(folder, names[i], texts[i]);
    enum rf_rc rc = rf_tables_load(tables, folder, study, "bank-a", err);
    rf_test_remove(folder);
    return rc;
}

static bool holds(const struct rf_tables *tables, uint32_t customer, enum rf_token_type type,
                  const char *value)
{
    unsigned found = 0;
    for (size_t i = 0; i < tables->holdings; i++)
        found += tables->holding[i].customer == customer && tables->holding[i].type == type &&
                 strcmp(tables->holding[i].value, value) == 0;
    cr_assert_leq(found, 1, "%s is there %u times", value, found);
    return found == 1;
}

#define CUSTOMERS   "customer,exposure,flag\n"
#define IDENTIFIERS "customer,type,value\n"
#define ACCOUNTS    "account,customer\n"
#define TRANSFERS   "time,from_bank,from_account,to_bank,to_account,amount,currency\n"

Test(tables, identifiers)
{
    const struct folder in = {CUSTOMERS "c1,100,0\nc2,0,1\nc3,9223372036854775808,0\n",
                              IDENTIFIERS "c1,phone,+44 20\nc2,phone,0044-20\nc1,phone,0044 20\n"
                                          "c2,email,A@b\nc1,email,a@B\nc1,card,123\n",
                              UNUSED_FILE, UNUSED_FILE};
    struct rf_study study = study_of(RF_LINK_IDENTIFIERS);
    struct rf_tables tables;
    struct rf_err err = {0};
    cr_assert_eq(load(&in, &study, &tables, &err), RF_OK, "%s", err.text);
    cr_assert_eq(tables.customers, 3);
    cr_assert_eq(tables.exposure[0], 100);
    cr_assert_eq(tables.exposure[2], UINT64_C(1) << 63);
    cr_assert(!tables.flag[0] && tables.flag[1] && !tables.flag[2]);
    cr_assert_eq(tables.holdings, 4);
    cr_assert(holds(&tables, 0, RF_TYPE_PHONE, "+4420"));
    cr_assert(holds(&tables, 1, RF_TYPE_PHONE, "+4420"));
    cr_assert(holds(&tables, 0, RF_TYPE_EMAIL, "a@b"));
    cr_assert(holds(&tables, 1, RF_TYPE_EMAIL, "a@b"));
    rf_tables_fini(&tables);
    rf_tables_fini(&tables);
}

/* The same text as two types' value is two tokens. */
Test(tables, types_are_apart)
{
    const struct folder in = {CUSTOMERS "c1,1,0\n", IDENTIFIERS "c1,phone,12\nc1,national_id,12\n",
                              UNUSED_FILE, UNUSED_FILE};
    struct rf_study study = study_of(RF_LINK_IDENTIFIERS);
    struct rf_tables tables;
    struct rf_err err = {0};
    cr_assert_eq(load(&in, &study, &tables, &err), RF_OK, "%s", err.text);
    cr_assert_eq(tables.holdings, 2);
    cr_assert(holds(&tables, 0, RF_TYPE_PHONE, "12"));
    cr_assert(holds(&tables, 0, RF_TYPE_NATIONAL_ID, "12"));
    rf_tables_fini(&tables);
}

static const char accounts_and_owners[] = ACCOUNTS "1,c1\n2,c2\n3,c3\n4,c1\n";

Test(tables, transfers)
{
    const struct folder in = {
        CUSTOMERS "c1,1,0\nc2,2,0\nc3,3,0\n", UNUSED_FILE, accounts_and_owners,
        TRANSFERS "2024-01-01,bank-a,1,bank-b,77,1.50,EUR\n" /* ours pays theirs */
                  "2024-01-01,bank-b,88,BANK-A, 2 ,3,EUR\n"  /* theirs pays ours */
                  "2024-01-01,bank-b,88,bank-a,2,3,EUR\n"    /* again */
                  "2024-01-01,bank-a,4,bank-a,2,3,EUR\n"     /* both ours */
                  "2024-01-01,bank-a,1,bank-a,1,3,EUR\n"};   /* to itself */
    struct rf_study study = study_of(RF_LINK_TRANSFERS);
    struct rf_tables tables;
    struct rf_err err = {0};
    cr_assert_eq(load(&in, &study, &tables, &err), RF_OK, "%s", err.text);
    const char *const first[] = {"BANK-A/1", "BANK-B/77", "BANK-A/4", "BANK-A/2"};
    const char *const second[] = {"BANK-B/88", "BANK-A/2", "BANK-A/4"};
    for (unsigned i = 0; i < 4; i++)
        cr_assert(holds(&tables, 0, RF_TYPE_ACCOUNT, first[i]), "%s", first[i]);
    for (unsigned i = 0; i < 3; i++)
        cr_assert(holds(&tables, 1, RF_TYPE_ACCOUNT, second[i]), "%s", second[i]);
    cr_assert_eq(tables.holdings, 7, "account 3 took part in nothing");
    rf_tables_fini(&tables);
}

Test(tables, both)
{
    const struct folder in = {CUSTOMERS "c1,1,0\n", IDENTIFIERS "c1,email,a@b\n", ACCOUNTS "1,c1\n",
                              TRANSFERS "t,bank-a,1,x,2,1,EUR\n"};
    struct rf_study study = study_of(RF_LINK_BOTH);
    struct rf_tables tables;
    struct rf_err err = {0};
    cr_assert_eq(load(&in, &study, &tables, &err), RF_OK, "%s", err.text);
    cr_assert_eq(tables.holdings, 3);
    cr_assert(holds(&tables, 0, RF_TYPE_EMAIL, "a@b"));
    cr_assert(holds(&tables, 0, RF_TYPE_ACCOUNT, "X/2"));
    cr_assert(holds(&tables, 0, RF_TYPE_ACCOUNT, "BANK-A/1"));
    rf_tables_fini(&tables);
}

Test(tables, no_rows)
{
    const struct folder in = {CUSTOMERS, IDENTIFIERS, ACCOUNTS, TRANSFERS};
    struct rf_study study = study_of(RF_LINK_BOTH);
    struct rf_tables tables;
    struct rf_err err = {0};
    cr_assert_eq(load(&in, &study, &tables, &err), RF_OK, "%s", err.text);
    cr_assert_eq(tables.customers, 0);
    cr_assert_eq(tables.holdings, 0);
    rf_tables_fini(&tables);
}

/* --- what is refused --- */

#define ONE CUSTOMERS "c1,1,0\n"

static const struct {
    struct folder in;
    const char *error; /* behind the folder's name */
} refused[] = {
    {{CUSTOMERS "c1,1,0\nc1,2,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 3, column 1 (customer): this customer is in the file twice"},
    {{CUSTOMERS ",1,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 1 (customer): is empty"},
    {{"exposure,customer,flag\n-5,c1,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 1 (exposure): must not be negative"},
    {{CUSTOMERS "c1,9223372036854775809,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 2 (exposure): is above the study's max_exposure "
     "(9223372036854775808)"},
    {{CUSTOMERS "c1,18446744073709551616,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 2 (exposure): is larger than 64 bits can hold"},
    {{CUSTOMERS "c1,1.5,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 2 (exposure): is not a whole number"},
    {{CUSTOMERS "c1,,0\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 2 (exposure): is not a whole number"},
    {{CUSTOMERS "c1,1,2\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 3 (flag): must be 0 or 1"},
    {{CUSTOMERS "c1,1,\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 2, column 3 (flag): must be 0 or 1"},
    {{"", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 1: an empty file; a header is required"},
    {{"customer,flag\n", IDENTIFIERS, ACCOUNTS, TRANSFERS},
     "customers.csv: line 1: column exposure is missing"},
    {{ONE, IDENTIFIERS "c1,phone,1\nc2,phone,1\n", ACCOUNTS, TRANSFERS},
     "identifiers.csv: line 3, column 1 (customer): this customer is not in customers.csv"},
    {{ONE, IDENTIFIERS "c1,fax,1\n", ACCOUNTS, TRANSFERS},
     "identifiers.csv: line 2, column 2 (type): unknown type; it must be national_id, phone, "
     "email, address, device, card or ip"},
    {{ONE, IDENTIFIERS "c1,account,1\n", ACCOUNTS, TRANSFERS},
     "identifiers.csv: line 2, column 2 (type): unknown type; it must be national_id, phone, "
     "email, address, device, card or ip"},
    {{ONE, IDENTIFIERS "c1,phone,\n", ACCOUNTS, TRANSFERS},
     "identifiers.csv: line 2, column 3 (value): has no digits"},
    {{ONE, IDENTIFIERS "c1,ip,1.2.3\n", ACCOUNTS, TRANSFERS}, /* a type that the study ignores */
     "identifiers.csv: line 2, column 3 (value): is not an IP address"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c2\n", TRANSFERS},
     "accounts.csv: line 2, column 2 (customer): this customer is not in customers.csv"},
    {{ONE, IDENTIFIERS, ACCOUNTS "a 1,c1\nA1,c1\n", TRANSFERS},
     "accounts.csv: line 3, column 1 (account): this account is in the file twice"},
    {{ONE, IDENTIFIERS, ACCOUNTS " ,c1\n", TRANSFERS},
     "accounts.csv: line 2, column 1 (account): is empty, or nothing is left of it when it is "
     "normalised"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-a,2,bank-b,1,1,EUR\n"},
     "transfers.csv: line 2, column 3 (from_account): this account of bank-a is not in "
     "accounts.csv"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-b,2,bank-a,2,1,EUR\n"},
     "transfers.csv: line 2, column 5 (to_account): this account of bank-a is not in "
     "accounts.csv"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-b,1,bank-c,1,1,EUR\n"},
     "transfers.csv: line 2: neither from_bank nor to_bank is bank-a"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-a,1,,1,1,EUR\n"},
     "transfers.csv: line 2, column 4 (to_bank): is empty, or nothing is left of it when it is "
     "normalised"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-a,1,x/y,1,1,EUR\n"},
     "transfers.csv: line 2, column 4 (to_bank): is no bank id: it holds a slash"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-a,1,x,1,1e3,EUR\n"},
     "transfers.csv: line 2, column 6 (amount): is not a decimal number"},
    {{ONE, IDENTIFIERS, ACCOUNTS "1,c1\n", TRANSFERS "t,bank-a,1,x,1,-1.5,EUR\n"},
     "transfers.csv: line 2, column 6 (amount): must not be negative"},
};

Test(tables, refused)
{
    struct rf_study study = study_of(RF_LINK_BOTH);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rf_tables tables;
        struct rf_err err = {0};
        enum rf_rc rc = load(&refused[i].in, &study, &tables, &err);
        const char *text = strstr(err.text, refused[i].error);
        cr_expect_eq(rc, RF_E_FORMAT, "%s", refused[i].error);
        cr_expect(text && strcmp(text, refused[i].error) == 0, "%s\n%s", refused[i].error,
                  err.text);
        cr_expect(tables.customers == 0 && !tables.exposure && !tables.holding && !tables.arena);
    }
}

Test(tables, missing_files_are_named)
{
    const struct folder in[] = {{NULL, IDENTIFIERS, ACCOUNTS, TRANSFERS},
                                {ONE, NULL, ACCOUNTS, TRANSFERS},
                                {ONE, IDENTIFIERS, NULL, TRANSFERS},
                                {ONE, IDENTIFIERS, ACCOUNTS, NULL}};
    const char *const names[] = {"customers.csv", "identifiers.csv", "accounts.csv",
                                 "transfers.csv"};
    struct rf_study study = study_of(RF_LINK_BOTH);
    for (unsigned i = 0; i < 4; i++) {
        struct rf_tables tables;
        struct rf_err err = {0};
        cr_assert_eq(load(&in[i], &study, &tables, &err), RF_E_ARG);
        cr_assert(strstr(err.text, names[i]) && strstr(err.text, "No such file"), "%s", err.text);
    }
}

/* --- what tables stand on --- */

Test(map, numbers_in_order_and_found_again)
{
    struct rf_arena *arena = rf_arena_new();
    struct rf_map map;
    enum { COUNT = 50000 };
    char text[32];
    uint32_t number;
    bool added;
    cr_assert_eq(rf_map_init(&map, arena), RF_OK);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            int size = snprintf(text, sizeof text, "%u-%.*s", i, (int)(i % 9), "xxxxxxxxx");
            cr_assert_eq(rf_map_add(&map, text, (size_t)size, &number, &added), RF_OK);
            cr_assert_eq(number, i);
            cr_assert_eq(added, round == 0);
            cr_assert_str_eq(map.key[number], text);
            cr_assert_eq(rf_map_find(&map, text, (size_t)size), i);
        }
    }
    cr_assert_eq(map.count, COUNT);
    cr_assert_eq(rf_map_find(&map, "nothing", 7), RF_MAP_NONE);
    cr_assert_eq(rf_map_find(&map, "", 0), RF_MAP_NONE);
    cr_assert_eq(rf_map_add(&map, "", 0, &number, &added), RF_OK);
    cr_assert(added && rf_map_find(&map, "", 0) == COUNT);
    rf_map_fini(&map);
    rf_arena_free(arena);
}

Test(arena, strings_stay)
{
    enum { COUNT = 3000 };
    struct rf_arena *arena = rf_arena_new();
    static char *copy[COUNT];
    char text[2000];
    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < COUNT; i++) {
        text[0] = (char)('a' + i % 26);
        copy[i] = rf_arena_copy(arena, text, 1 + i % 1999);
        cr_assert_not_null(copy[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        cr_assert_eq(copy[i][0], (char)('a' + i % 26));
        cr_assert_eq(strlen(copy[i]), 1 + i % 1999);
    }
    char *large = malloc(5 << 20);
    cr_assert_not_null(large);
    memset(large, 'y', 5 << 20);
    cr_assert_eq(strlen(rf_arena_copy(arena, large, 5 << 20)), 5 << 20);
    free(large);
    rf_arena_free(arena);
    rf_arena_free(NULL);
}

static void expect_decimal(const char *text, unsigned decimals, uint64_t value, const char *wrong)
{
    uint64_t got;
    const char *why = rf_number_decimal(text, strlen(text), decimals, &got);
    if (wrong)
        cr_expect(why && strstr(why, wrong), "%s: %s", text, why);
    else
        cr_expect(!why && got == value, "%s: %s, %llu", text, why, (unsigned long long)got);
}

Test(number, decimals_are_exact)
{
    expect_decimal("1234.56", 2, 123456, NULL);
    expect_decimal("1234.5", 2, 123450, NULL);
    expect_decimal("1234", 2, 123400, NULL);
    expect_decimal("1234.5600", 2, 123456, NULL);
    expect_decimal("0.29", 2, 29, NULL);
    expect_decimal("184467440737095516.15", 2, UINT64_MAX, NULL);
    expect_decimal("184467440737095516.16", 2, 0, "64 bits");
    expect_decimal("1844674407370955162", 2, 0, "64 bits");
    expect_decimal("5", 0, 5, NULL);
    expect_decimal("5.0", 0, 5, NULL);
    expect_decimal("5.1", 0, 0, "more decimals");
    expect_decimal("1.005", 2, 0, "more decimals");
    expect_decimal("", 2, 0, "not a decimal");
    expect_decimal(".5", 2, 0, "not a decimal");
    expect_decimal("5.", 2, 0, "not a decimal");
    expect_decimal("1,5", 2, 0, "not a decimal");
    expect_decimal("1.5.5", 2, 0, "not a decimal");
    expect_decimal("+1", 2, 0, "not a decimal");
    expect_decimal("-1.5", 2, 0, "negative");
    expect_decimal("-", 2, 0, "not a decimal");
    expect_decimal("--1", 2, 0, "not a decimal");
}
