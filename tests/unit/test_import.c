/* Third-party formats: small sources made by hand, and the data sets themselves where they are. */
#include <criterion/criterion.h>

#include "party/data/import.h"
#include "party/plain/plain.h"
#include "support/files.h"
#include "support/world.h"

static void expect_text(const char *folder, const char *name, const char *text)
{
    size_t size;
    char *got = rf_test_read(folder, name, &size);
    cr_assert_not_null(got, "%s is missing", name);
    cr_expect_str_eq(got, text, "%s: %s", name, got);
    free(got);
}

#define CUSTOMERS "customer,exposure,flag\n"
#define ACCOUNTS  "account,customer\n"
#define TRANSFERS "time,from_bank,from_account,to_bank,to_account,amount,currency\n"

/* --- AMLSim --- */

#define SIM_ACCOUNTS "acct_id,dsply_nm,initial_deposit,bank_id\n"
#define SIM_ALERTS   "alert_id,acct_id,is_sar,bank_id\n"
#define SIM_MOVES    "alert_id,orig_acct,bene_acct,base_amt,tran_timestamp\n"

static const char sim_accounts[] =
    SIM_ACCOUNTS "1,C_1,10.5,bank_b\n2,C_2,0.29,bank_a\n3,C_3,7,bank_b\n";

static enum rf_rc import_sim(const char *accounts, const char *alerts, const char *moves,
                             const char *folder, struct rf_import_summary *summary,
                             struct rf_err *err)
{
    char source[300], out[300];
    struct rf_import_options options;
    (void)snprintf(source, sizeof source, "%s/in", folder);
    (void)snprintf(out, sizeof out, "%s/out", folder);
    cr_assert_eq(mkdir(source, 0777), 0);
    rf_test_write(source, "accounts.csv", accounts);
    rf_test_write(source, "alert_accounts.csv", alerts);
    rf_test_write(source, "alert_transactions.csv", moves);
    rf_import_defaults(&options);
    return rf_import("amlsim", source, &options, out, summary, err);
}

Test(import, amlsim)
{
    char folder[256];
    struct rf_import_summary summary;
    struct rf_err err = {0};
    rf_test_folder(folder);
    cr_assert_eq(import_sim(sim_accounts, SIM_ALERTS "0,1,True,bank_b\n0,2,False,bank_a\n",
                            SIM_MOVES "0,1,2,5.00,t1\n0,3,1,6,t2\n0,2,2,7,t3\n", folder, &summary,
                            &err),
                 RF_OK, "%s", err.text);
    expect_text(folder, "out/bank-a/customers.csv", CUSTOMERS "2,29,0\n");
    expect_text(folder, "out/bank-b/customers.csv", CUSTOMERS "1,1050,1\n3,700,0\n");
    expect_text(folder, "out/bank-b/accounts.csv", ACCOUNTS "1,1\n3,3\n");
    expect_text(folder, "out/bank-a/transfers.csv",
                TRANSFERS "t1,bank-b,1,bank-a,2,5.00,USD\n"
                          "t3,bank-a,2,bank-a,2,7,USD\n");
    expect_text(folder, "out/bank-b/transfers.csv",
                TRANSFERS "t1,bank-b,1,bank-a,2,5.00,USD\n"
                          "t2,bank-b,3,bank-b,1,6,USD\n");
    cr_expect_eq(summary.members, 2);
    cr_expect_eq(summary.customers, 3);
    cr_expect_eq(summary.flagged, 1);
    cr_expect_eq(summary.transfers, 3);
    cr_expect_eq(summary.cross_bank, 1);
    rf_test_remove(folder);
}

static void expect_sim_refused(const char *accounts, const char *alerts, const char *moves,
                               const char *why)
{
    char folder[256];
    struct rf_import_summary summary;
    struct rf_err err = {0};
    rf_test_folder(folder);
    cr_expect_eq(import_sim(accounts, alerts, moves, folder, &summary, &err), RF_E_FORMAT, "%s",
                 why);
    cr_expect(strstr(err.text, why), "%s: %s", why, err.text);
    rf_test_remove(folder);
}

Test(import, amlsim_refused)
{
    expect_sim_refused("acct_id,bank_id\n", SIM_ALERTS, SIM_MOVES,
                       "accounts.csv: line 1: column initial_deposit is missing");
    expect_sim_refused(SIM_ACCOUNTS "1,C,x,bank_a\n", SIM_ALERTS, SIM_MOVES,
                       "accounts.csv: line 2, column 3 (initial_deposit): is not a decimal number");
    expect_sim_refused(SIM_ACCOUNTS "1,C,1.005,bank_a\n", SIM_ALERTS, SIM_MOVES,
                       "column 3 (initial_deposit): has more decimals than its currency");
    expect_sim_refused(SIM_ACCOUNTS "1,C,1,a\n1,C,1,a\n", SIM_ALERTS, SIM_MOVES,
                       "line 3, column 1 (acct_id): this account is in the file twice");
    expect_sim_refused(SIM_ACCOUNTS "a b,C,1,a\n", SIM_ALERTS, SIM_MOVES,
                       "line 2, column 1 (acct_id): must be digits, capital letters");
    expect_sim_refused(SIM_ACCOUNTS "1,C,1,a\n", SIM_ALERTS, SIM_MOVES, "fewer than two banks");
    expect_sim_refused(SIM_ACCOUNTS "1,C,1,Bank A\n", SIM_ALERTS, SIM_MOVES,
                       "column 4 (bank_id): gives no member");
    expect_sim_refused(SIM_ACCOUNTS "1,C,1,\n", SIM_ALERTS, SIM_MOVES,
                       "column 4 (bank_id): gives no");
    expect_sim_refused(SIM_ACCOUNTS "1,C,1,a23456789012345678901234567890123\n", SIM_ALERTS,
                       SIM_MOVES, "column 4 (bank_id): is too long");
    expect_sim_refused(sim_accounts, SIM_ALERTS "0,9,True,bank_a\n", SIM_MOVES,
                       "alert_accounts.csv: line 2, column 2 (acct_id): this account is not in");
    expect_sim_refused(sim_accounts, SIM_ALERTS "0,1,maybe,bank_a\n", SIM_MOVES,
                       "line 2, column 3 (is_sar): must be True or False");
    expect_sim_refused(sim_accounts, SIM_ALERTS, SIM_MOVES "0,1,9,5,t\n",
                       "alert_transactions.csv: line 2, column 3 (bene_acct): this account is not");
    expect_sim_refused(sim_accounts, SIM_ALERTS, SIM_MOVES "0,1,2,5..,t\n",
                       "line 2, column 4 (base_amt): is not a decimal number");
}

Test(import, amlsim_with_seventeen_banks)
{
    char accounts[1024] = SIM_ACCOUNTS;
    for (unsigned i = 0; i < 17; i++)
        (void)snprintf(accounts + strlen(accounts), sizeof accounts - strlen(accounts),
                       "%u,C,1,b%u\n", i, i);
    expect_sim_refused(accounts, SIM_ALERTS, SIM_MOVES,
                       "line 18, column 4 (bank_id): is one bank more than 16");
}

/* --- AMLworld --- */

#define WORLD                                                                                      \
    "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,"              \
    "Amount Paid,Payment Currency,Payment Format,Is Laundering\n"

static enum rf_rc import_world(const char *text, const struct rf_import_options *options,
                               const char *folder, struct rf_import_summary *summary,
                               struct rf_err *err)
{
    char source[300], out[300];
    (void)snprintf(source, sizeof source, "%s/source", folder);
    (void)snprintf(out, sizeof out, "%s/out", folder);
    rf_test_write(folder, "source", text);
    return rf_import("amlworld", source, options, out, summary, err);
}

/* Banks 003 and 3 are one; 3 and 4 modulo 2 are members b and a. */
#define ROW_1 "t1,003,AA,04,BB,1.50,US Dollar,1.50,US Dollar,ACH,1\n"
#define ROW_2 "t2,3,AA,5,CC,2,Euro,2,Euro,ACH,0\n"
#define ROW_3 "t3,00003,AA,3,AA,9,US Dollar,3.25,US Dollar,ACH,0\n"
#define ROW_4 "t4,06,DD,4,BB,9,Euro,7,US Dollar,ACH,0\n"

static void expect_world(const char *text)
{
    char folder[256];
    struct rf_import_summary summary;
    struct rf_import_options options = {.members = 2, .currency = "US Dollar"};
    struct rf_err err = {0};
    rf_test_folder(folder);
    cr_assert_eq(import_world(text, &options, folder, &summary, &err), RF_OK, "%s", err.text);
    expect_text(folder, "out/bank-a/customers.csv", CUSTOMERS "4-BB,0,1\n6-DD,700,0\n");
    expect_text(folder, "out/bank-b/customers.csv", CUSTOMERS "3-AA,475,1\n5-CC,0,0\n");
    expect_text(folder, "out/bank-b/accounts.csv", ACCOUNTS "3-AA,3-AA\n5-CC,5-CC\n");
    expect_text(folder, "out/bank-a/transfers.csv",
                TRANSFERS "t1,bank-b,3-AA,bank-a,4-BB,1.50,US Dollar\n"
                          "t4,bank-a,6-DD,bank-a,4-BB,7,US Dollar\n");
    expect_text(folder, "out/bank-b/transfers.csv",
                TRANSFERS "t1,bank-b,3-AA,bank-a,4-BB,1.50,US Dollar\n"
                          "t2,bank-b,3-AA,bank-b,5-CC,2,Euro\n"
                          "t3,bank-b,3-AA,bank-b,3-AA,3.25,US Dollar\n");
    cr_expect_eq(summary.members, 2);
    cr_expect_eq(summary.customers, 4);
    cr_expect_eq(summary.flagged, 2);
    cr_expect_eq(summary.transfers, 4);
    cr_expect_eq(summary.cross_bank, 1);
    cr_expect_eq(summary.other_currency, 1);
    rf_test_remove(folder);
}

Test(import, amlworld_in_both_layouts)
{
    expect_world(WORLD ROW_1 ROW_2 ROW_3 ROW_4);
    expect_world(
        "BEGIN LAUNDERING ATTEMPT - CYCLE:  Max 2 hops\n" ROW_1 ROW_2
        "END LAUNDERING ATTEMPT - CYCLE\n\nBEGIN LAUNDERING ATTEMPT - STACK\r\n" ROW_3 ROW_4
        "END LAUNDERING ATTEMPT - STACK");
}

/* A member that no bank falls to has its files, with nothing in them. */
Test(import, amlworld_with_an_idle_member)
{
    char folder[256];
    struct rf_import_summary summary;
    struct rf_import_options options = {.members = 3, .currency = "Bitcoin"};
    struct rf_err err = {0};
    rf_test_folder(folder);
    cr_assert_eq(import_world(WORLD "t,1,A,2,B,1,Bitcoin,0.00000001,Bitcoin,Bitcoin,0\n", &options,
                              folder, &summary, &err),
                 RF_OK, "%s", err.text);
    expect_text(folder, "out/bank-a/customers.csv", CUSTOMERS);
    expect_text(folder, "out/bank-a/transfers.csv", TRANSFERS);
    expect_text(folder, "out/bank-b/customers.csv", CUSTOMERS "1-A,1,0\n");
    rf_test_remove(folder);
}

/* max_exposure is the next power of two above the largest. */
Test(import, the_study_has_room_for_the_largest_exposure)
{
    char folder[256];
    size_t size;
    struct rf_import_summary summary;
    struct rf_import_options options = {.members = 2, .currency = "US Dollar"};
    struct rf_err err = {0};
    rf_test_folder(folder);
    cr_assert_eq(import_world(WORLD "t,1,A,2,B,1,Euro,20000000000,US Dollar,ACH,0\n", &options,
                              folder, &summary, &err),
                 RF_OK, "%s", err.text);
    char *study = rf_test_read(folder, "out/study.yaml", &size);
    cr_expect(strstr(study, "max_exposure: 2199023255552\n"), "%s", study);
    free(study);
    rf_test_remove(folder);
}

static void expect_world_refused(const char *text, const char *why)
{
    char folder[256];
    struct rf_import_summary summary;
    struct rf_import_options options = {.members = 2, .currency = "US Dollar"};
    struct rf_err err = {0};
    rf_test_folder(folder);
    cr_expect_eq(import_world(text, &options, folder, &summary, &err), RF_E_FORMAT, "%s", why);
    cr_expect(strstr(err.text, why), "%s: %s", why, err.text);
    rf_test_remove(folder);
}

Test(import, amlworld_refused)
{
    expect_world_refused("", "empty file");
    expect_world_refused("a,b\n", "line 1, column 1: unknown column");
    expect_world_refused(WORLD "t,x,A,2,B,1,Euro,1,Euro,ACH,0\n",
                         "line 2, column 2 (From Bank): is not a whole number");
    expect_world_refused(WORLD "t,1,A,2,,1,Euro,1,Euro,ACH,0\n", "line 2, column 5 (Account): is");
    expect_world_refused(WORLD "t,1,A,2,b,1,Euro,1,Euro,ACH,0\n",
                         "line 2, column 5 (Account): must be digits, capital letters");
    expect_world_refused(WORLD "t,1,A,2,B,1,Euro,x,Euro,ACH,0\n",
                         "line 2, column 8 (Amount Paid): is not a decimal number");
    expect_world_refused(WORLD "t,1,A,2,B,1,Euro,1.234,US Dollar,ACH,0\n",
                         "line 2, column 8 (Amount Paid): has more decimals");
    expect_world_refused(WORLD "t,1,A,2,B,1,Euro,1,Euro,ACH,2\n",
                         "line 2, column 11 (Is Laundering): must be 0 or 1");
    expect_world_refused(WORLD "t,1,A,2,B,1,Euro,184467440737095516.15,US Dollar,ACH,0\n"
                               "t,1,A,2,B,1,Euro,0.01,US Dollar,ACH,0\n",
                         "line 3, column 8 (Amount Paid): makes what the account paid more than");
    expect_world_refused("BEGIN LAUNDERING ATTEMPT - X\n" ROW_1 "\nEND LAUNDERING ATTEMPT - X\n"
                         "t,1,A,2\n",
                         "line 5, column 5 (Account): 4 fields, but the header has 11");
    expect_world_refused("BEGIN LAUNDERING ATTEMPT - X\n\n" ROW_1 "\xff,1,A,2,B,1,E,1,E,A,0\n",
                         "line 4, column 1 (Timestamp): is not valid UTF-8");
}

Test(import, a_line_without_end)
{
    size_t size = 100000;
    char *text = malloc(size + 64);
    cr_assert_not_null(text);
    char *at = text + snprintf(text, 64, "BEGIN LAUNDERING ATTEMPT - X\n");
    memset(at, 'x', size);
    at[size] = '\0';
    expect_world_refused(text, "line 2: longer than 65535 bytes");
    free(text);
}

Test(import, misuse)
{
    struct rf_import_summary summary;
    struct rf_import_options options;
    struct rf_err err = {0};
    rf_import_defaults(&options);
    cr_expect_eq(rf_import("csv", "x", &options, "y", &summary, &err), RF_E_ARG);
    cr_expect(strstr(err.text, "there are amlsim and amlworld"));
    rf_err_clear(&err);
    cr_expect_eq(rf_import("amlworld", "/nonexistent", &options, "y", &summary, &err), RF_E_ARG);
    cr_expect(strstr(err.text, "/nonexistent: No such file"), "%s", err.text);
    rf_err_clear(&err);
    options.members = 17;
    cr_expect_eq(rf_import("amlworld", "x", &options, "y", &summary, &err), RF_E_ARG);
    cr_expect(strstr(err.text, "between 2 and 16"));
    cr_expect_str_eq(rf_import_format(0)->name, "amlsim");
    cr_expect_str_eq(rf_import_format(1)->name, "amlworld");
    cr_expect_null(rf_import_format(2));
}

/* --- the data sets themselves --- */

/* Figures of rings.total, by_size and shared_tokens from a separate program (sets and union-find in
 * another language), on the data as published. */
struct expected {
    unsigned members;
    uint64_t customers, transfers, cross_bank, other_currency;
    uint64_t tokens, rings, ring_members, exposure, by_size[8];
    uint64_t by_pair[10];
};

static void expect_statistics(struct world *world, const char *out, const struct expected *e)
{
    struct rf_err err = {0};
    struct rf_result *r;
    char file[512];
    *world = (struct world){0};
    (void)snprintf(file, sizeof file, "%s/study.yaml", out);
    cr_assert_eq(rf_study_read(&world->study, file, &err), RF_OK, "%s", err.text);
    world->study.min_cell = 0;
    cr_assert_eq(world->study.link, RF_LINK_TRANSFERS);
    cr_assert_eq(world->study.member_count, e->members);
    for (unsigned b = 0; b < e->members; b++) {
        char path[512];
        const char *name = world->study.members[b].name;
        (void)snprintf(path, sizeof path, "%s/%s", out, name);
        cr_assert_eq(rf_tables_load(&world->tables[b], path, &world->study, name, &err), RF_OK,
                     "%s", err.text);
    }
    cr_assert_eq(rf_plain_run(&world->study, world->tables, &r, &err), RF_OK, "%s", err.text);
    const uint64_t *total = r->table[RF_TABLE_RINGS_TOTAL][0].figure;
    cr_expect_eq(total[RF_FIGURE_RINGS], e->rings);
    cr_expect_eq(total[RF_FIGURE_MEMBERS], e->ring_members);
    cr_expect_eq(total[RF_FIGURE_EXPOSURE], e->exposure);
    cr_expect_eq(r->table[RF_TABLE_TOKENS_TOTAL][0].figure[RF_FIGURE_TOKENS], e->tokens);
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(r->table[RF_TABLE_RINGS_BY_SIZE][i].figure[RF_FIGURE_RINGS], e->by_size[i]);
    for (size_t i = 0; i < rf_table_cells(&r->shape, RF_TABLE_TOKENS_BY_PAIR); i++)
        cr_expect_eq(r->table[RF_TABLE_TOKENS_BY_PAIR][i].figure[RF_FIGURE_TOKENS], e->by_pair[i]);
    rf_result_free(r);
    world_fini(world);
}

static void expect_data_set(const char *format, const char *name, const struct expected *e)
{
    char folder[256], source[512];
    struct world world;
    struct rf_import_options options;
    struct rf_import_summary summary;
    struct rf_err err = {0};
    (void)snprintf(source, sizeof source, "%s/%s", RF_SHARED_DATA, name);
    if (access(source, R_OK) != 0)
        cr_skip_test("%s is not here: skipped", name);
    rf_test_folder(folder);
    rf_import_defaults(&options);
    cr_assert_eq(rf_import(format, source, &options, folder, &summary, &err), RF_OK, "%s",
                 err.text);
    cr_expect_eq(summary.members, e->members);
    cr_expect_eq(summary.customers, e->customers);
    cr_expect_eq(summary.transfers, e->transfers);
    cr_expect_eq(summary.cross_bank, e->cross_bank);
    cr_expect_eq(summary.other_currency, e->other_currency);
    expect_statistics(&world, folder, e);
    rf_test_remove(folder);
}

Test(import, amlsim_as_published)
{
    const struct expected e = {
        3, 20000, 807, 640, 0, 753, 100, 753, 5628491967, {0, 3, 5, 75, 17}, {345, 356, 326}};
    expect_data_set("amlsim", "amlsim-banks", &e);
}

static const struct expected amlworld = {5,
                                         3170,
                                         3209,
                                         2493,
                                         2031,
                                         2702,
                                         527,
                                         3050,
                                         55543642800,
                                         {171, 199, 15, 53, 69, 19, 0, 1},
                                         {528, 549, 443, 504, 459, 411, 458, 432, 473, 395}};

Test(import, amlworld_as_published)
{
    expect_data_set("amlworld", "amlworld-hi-small/HI-Small_Pattern_Trans.csv", &amlworld);
}

Test(import, amlworld_patterns_as_published)
{
    expect_data_set("amlworld", "amlworld-hi-small/HI-Small_Patterns.txt", &amlworld);
}
