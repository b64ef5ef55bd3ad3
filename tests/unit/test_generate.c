/* Generated data must load, and its planted rings must be the rings that the definition finds. */
#include <criterion/criterion.h>
#include <jansson.h>

#include "party/data/csv.h"
#include "party/data/folder.h"
#include "party/data/generate.h"
#include "party/data/plant.h"
#include "party/plain/plain.h"
#include "support/files.h"
#include "support/world.h"

static struct rf_generate_options options_of(const char *scenario, unsigned banks,
                                             uint64_t customers)
{
    struct rf_generate_options options;
    rf_generate_defaults(&options);
    options.scenario = scenario;
    options.banks = banks;
    options.customers = customers;
    return options;
}

/* The study as written, with nothing withheld so that figures can be compared. */
static void read_study(struct world *world, const char *folder)
{
    char path[512];
    struct rf_err err = {0};
    *world = (struct world){0};
    (void)snprintf(path, sizeof path, "%s/study.yaml", folder);
    cr_assert_eq(rf_study_read(&world->study, path, &err), RF_OK, "%s", err.text);
    world->study.min_cell = 0;
}

static void load(struct world *world, const char *folder)
{
    struct rf_err err = {0};
    for (unsigned b = 0; b < world->study.member_count; b++) {
        char path[512];
        const char *name = world->study.members[b].name;
        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        cr_assert_eq(rf_tables_load(&world->tables[b], path, &world->study, name, &err), RF_OK,
                     "%s", err.text);
    }
}

struct truth {
    uint64_t rings, members, exposure, largest;
    uint64_t by_size[8], by_banks[RF_BANKS_MAX + 1], flagged, flagged_members;
};

static void read_truth(struct truth *truth, const struct rf_study *study, const char *folder)
{
    char path[512];
    size_t i;
    json_t *ring;
    *truth = (struct truth){0};
    (void)snprintf(path, sizeof path, "%s/truth.json", folder);
    json_t *root = json_load_file(path, 0, NULL);
    cr_assert_not_null(root);
    json_array_foreach(json_object_get(root, "rings"), i, ring)
    {
        uint64_t size = (uint64_t)json_integer_value(json_object_get(ring, "size"));
        uint64_t listed = 0;
        const char *bank;
        json_t *members;
        json_object_foreach(json_object_get(ring, "members"), bank, members) listed +=
            json_array_size(members);
        cr_assert_eq(listed, size);
        unsigned bucket = 7;
        while (size < study->buckets[bucket])
            bucket--;
        truth->rings++;
        truth->members += size;
        truth->exposure += (uint64_t)json_integer_value(json_object_get(ring, "exposure"));
        truth->by_size[bucket]++;
        truth->by_banks[json_integer_value(json_object_get(ring, "banks"))]++;
        truth->flagged += json_integer_value(json_object_get(ring, "flagged")) > 0;
        truth->flagged_members += (uint64_t)json_integer_value(json_object_get(ring, "flagged"));
        truth->largest = size > truth->largest ? size : truth->largest;
    }
    json_decref(root);
}

static void expect_truth(const struct truth *truth, const struct rf_result *r, unsigned banks)
{
    const uint64_t *total = r->table[RF_TABLE_RINGS_TOTAL][0].figure;
    cr_expect_eq(total[RF_FIGURE_RINGS], truth->rings);
    cr_expect_eq(total[RF_FIGURE_MEMBERS], truth->members);
    cr_expect_eq(total[RF_FIGURE_EXPOSURE], truth->exposure);
    for (unsigned i = 0; i < 8; i++)
        cr_expect_eq(r->table[RF_TABLE_RINGS_BY_SIZE][i].figure[RF_FIGURE_RINGS],
                     truth->by_size[i]);
    for (unsigned n = 2; n <= banks; n++)
        cr_expect_eq(r->table[RF_TABLE_RINGS_BY_BANKS][n - 2].figure[RF_FIGURE_RINGS],
                     truth->by_banks[n]);
    cr_expect_eq(r->table[RF_TABLE_RINGS_BY_FLAG][0].figure[RF_FIGURE_RINGS], truth->flagged);
    cr_expect_eq(r->table[RF_TABLE_MEMBERS_BY_FLAG][0].figure[RF_FIGURE_MEMBERS],
                 truth->flagged_members);
}

/* Generates, loads, computes, compares; the caller looks further and frees. */
static struct rf_result *expect_planted(const struct rf_generate_options *options,
                                        struct world *world, struct truth *truth)
{
    char folder[256];
    struct rf_err err = {0};
    struct rf_result *result;
    rf_test_folder(folder);
    cr_assert_eq(rf_generate(options, folder, &err), RF_OK, "%s", err.text);
    read_study(world, folder);
    load(world, folder);
    read_truth(truth, &world->study, folder);
    cr_assert_eq(rf_plain_run(&world->study, world->tables, &result, &err), RF_OK, "%s", err.text);
    expect_truth(truth, result, options->banks);
    rf_test_remove(folder);
    return result;
}

static uint64_t tokens(const struct rf_result *r, enum rf_table table, size_t cell)
{
    return r->table[table][cell].figure[RF_FIGURE_TOKENS];
}

Test(generate, planted_rings_are_found_in_every_scenario)
{
    for (unsigned i = 0; rf_generate_scenario(i); i++) {
        for (unsigned banks = 3; banks <= 16; banks += 13) {
            struct world world;
            struct truth truth;
            uint64_t customers = banks * (banks == 3 ? 300 : 130);
            const char *name = rf_generate_scenario(i)->name;
            if (strcmp(name, "awkward") == 0)
                customers = 900;
            struct rf_generate_options options = options_of(name, banks, customers);
            options.shared = 0.05;
            options.seed = 7 + banks;
            rf_result_free(expect_planted(&options, &world, &truth));
            cr_expect_gt(truth.rings, 0, "%s", name);
            world_fini(&world);
        }
    }
}

/* The part of tokens asked for, within a tenth. */
Test(generate, shared_part)
{
    const char *const names[] = {"identifiers", "transfers", "both"};
    const double tokens_each[] = {3, 1, 4};
    for (unsigned i = 0; i < 3; i++) {
        struct world world;
        struct truth truth;
        struct rf_generate_options options = options_of(names[i], 5, 20000);
        struct rf_result *r = expect_planted(&options, &world, &truth);
        double wanted = 0.01 * 20000 * tokens_each[i];
        double got = (double)tokens(r, RF_TABLE_TOKENS_TOTAL, 0);
        cr_expect(got > 0.95 * wanted && got < 1.1 * wanted, "%s: %.0f, not %.0f", names[i], got,
                  wanted);
        cr_expect_gt(truth.largest, 8);
        rf_result_free(r);
        world_fini(&world);
    }
}

Test(generate, one_ring_is_one_ring)
{
    struct world world;
    struct truth truth;
    struct rf_generate_options options = options_of("one-ring", 4, 5000);
    struct rf_result *r = expect_planted(&options, &world, &truth);
    cr_expect_eq(truth.rings, 1);
    cr_expect_eq(truth.members, 5000);
    rf_result_free(r);
    world_fini(&world);
}

/* A chain of 40 hops over 3 banks: 41 customers, each sharing with the next only. */
Test(generate, chains_are_chains)
{
    struct world world;
    struct truth truth;
    struct rf_generate_options options = options_of("chain", 3, 60);
    options.shared = 0;
    struct rf_result *r = expect_planted(&options, &world, &truth);
    cr_expect_eq(truth.rings, 1);
    cr_expect_eq(truth.members, 41);
    cr_expect_eq(tokens(r, RF_TABLE_TOKENS_TOTAL, 0), 40);
    /* 0-1, 1-2, 2-0 in turn; nobody at one bank shares with a colleague, so 41 local groups. */
    cr_expect_eq(tokens(r, RF_TABLE_TOKENS_BY_PAIR, 0), 14);
    cr_expect_eq(tokens(r, RF_TABLE_TOKENS_BY_PAIR, 1), 13);
    cr_expect_eq(tokens(r, RF_TABLE_TOKENS_BY_PAIR, 2), 13);
    rf_result_free(r);
    world_fini(&world);
}

/* By hand: the head office's number is the one shared token; the rings are its one ring of 50. */
Test(generate, hubs_are_dropped_above_the_cap_and_kept_at_it)
{
    struct world world;
    struct truth truth;
    struct rf_generate_options options = options_of("hub", 3, 600);
    options.shared = 0;
    struct rf_result *r = expect_planted(&options, &world, &truth);
    cr_expect_eq(tokens(r, RF_TABLE_TOKENS_TOTAL, 0), 1);
    cr_expect_eq(truth.rings, 1);
    cr_expect_eq(truth.members, 50);
    rf_result_free(r);
    world.study.hub_cap = 1000; /* with no cap to speak of, all three numbers are shared */
    struct rf_err err = {0};
    cr_assert_eq(rf_plain_run(&world.study, world.tables, &r, &err), RF_OK);
    cr_expect_eq(tokens(r, RF_TABLE_TOKENS_TOTAL, 0), 3);
    rf_result_free(r);
    world_fini(&world);
}

Test(generate, awkward_is_what_it_says)
{
    struct world world;
    struct truth truth;
    struct rf_generate_options options = options_of("awkward", 5, 400);
    struct rf_result *r = expect_planted(&options, &world, &truth);
    uint64_t most = 0;
    for (size_t c = 0; c < world.tables[0].customers; c++)
        most = world.tables[0].exposure[c] > most ? world.tables[0].exposure[c] : most;
    cr_expect_eq(most, UINT64_C(1) << 53);
    cr_expect_eq(world.tables[3].customers, 1);
    cr_expect_eq(world.tables[4].customers, 0);
    for (unsigned a = 0; a < 5; a++) /* a token at all banks that have anybody */
        for (unsigned b = a + 1; b < 5; b++)
            cr_expect_eq(tokens(r, RF_TABLE_TOKENS_BY_PAIR, rf_pair_index(5, a, b)) > 0, b < 4);
    rf_result_free(r);
    world_fini(&world);
}

/* --- the same again --- */

static void expect_same_file(const char *one, const char *other, const char *name)
{
    size_t one_size = 0, other_size = 0;
    char *a = rf_test_read(one, name, &one_size), *b = rf_test_read(other, name, &other_size);
    cr_expect(a && b && one_size == other_size && memcmp(a, b, one_size) == 0, "%s", name);
    free(a);
    free(b);
}

Test(generate, the_seed_decides)
{
    static const char *const names[] = {"bank-a/customers.csv", "bank-b/identifiers.csv",
                                        "bank-c/accounts.csv",  "bank-c/transfers.csv",
                                        "study.yaml",           "truth.json"};
    char folder[3][256];
    struct rf_err err = {0};
    struct rf_generate_options options = options_of("both", 3, 500);
    for (unsigned i = 0; i < 3; i++) {
        rf_test_folder(folder[i]);
        options.seed = i == 2 ? 2 : 1;
        cr_assert_eq(rf_generate(&options, folder[i], &err), RF_OK, "%s", err.text);
    }
    for (unsigned i = 0; i < 6; i++)
        expect_same_file(folder[0], folder[1], names[i]);
    size_t size;
    char *a = rf_test_read(folder[0], "truth.json", &size);
    char *b = rf_test_read(folder[2], "truth.json", &size);
    cr_expect_str_neq(a, b);
    free(a);
    free(b);
    for (unsigned i = 0; i < 3; i++)
        rf_test_remove(folder[i]);
}

Test(generate, two_banks_need_a_third_party)
{
    char folder[256];
    struct world world;
    struct rf_err err = {0};
    struct rf_generate_options options = options_of("both", 2, 100);
    rf_test_folder(folder);
    cr_assert_eq(rf_generate(&options, folder, &err), RF_OK, "%s", err.text);
    read_study(&world, folder);
    cr_assert_eq(world.study.member_count, 3);
    const struct rf_member *bank = &world.study.members[1], *notary = &world.study.members[2];
    cr_expect_str_eq(world.study.name, "generated-both");
    cr_expect_str_eq(bank->name, "bank-b");
    cr_expect(bank->party == 1 && bank->contributor && bank->recipient);
    cr_expect_str_eq(notary->name, "notary");
    cr_expect(notary->party == 2 && !notary->contributor && !notary->recipient);
    cr_expect_eq(world.study.link, RF_LINK_BOTH);
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        cr_expect_eq(world.study.types[type], type <= RF_TYPE_EMAIL);
    rf_test_remove(folder);
}

/* --- what is refused --- */

static void expect_refused(struct rf_generate_options options, enum rf_rc rc, const char *why)
{
    char folder[256], out[300];
    struct rf_err err = {0};
    rf_test_folder(folder);
    (void)snprintf(out, sizeof out, "%s/out", folder);
    cr_expect_eq(rf_generate(&options, out, &err), rc, "%s", why);
    cr_expect(strstr(err.text, why), "%s: %s", why, err.text);
    rf_test_remove(folder);
}

Test(generate, refused)
{
    expect_refused(options_of("nope", 5, 100), RF_E_ARG, "there are identifiers, transfers, both");
    expect_refused(options_of("identifiers", 1, 100), RF_E_ARG, "needs 2 to 16 banks");
    expect_refused(options_of("identifiers", 17, 100), RF_E_ARG, "needs 2 to 16 banks");
    expect_refused(options_of("awkward", 2, 100), RF_E_ARG, "needs 3 to 16 banks");
    expect_refused(options_of("awkward", 3, 1001), RF_E_ARG, "3 to 1000 customers");
    expect_refused(options_of("identifiers", 5, 4), RF_E_ARG, "5 to 50000000 customers");
    expect_refused(options_of("hub", 3, 370), RF_E_ARG, "at least 125 customers a bank");
    expect_refused(options_of("chain", 3, 40), RF_E_ARG, "too few customers for a chain");
    struct rf_generate_options options = options_of("chain", 3, 100);
    options.hops = 0;
    expect_refused(options, RF_E_ARG, "hops");
    options.hops = 40;
    options.shared = 0.5;
    expect_refused(options, RF_E_ARG, "shared part");
}

Test(folder, files_that_cannot_be_written)
{
    char folder[256], inner[300];
    struct rf_err err = {0};
    struct rf_folder_file file = {0};
    rf_test_folder(folder);
    rf_test_write(folder, "x", "a file");
    (void)snprintf(inner, sizeof inner, "%s/x", folder);
    struct rf_generate_options options = options_of("identifiers", 2, 10);
    cr_expect_eq(rf_generate(&options, inner, &err), RF_E_ARG, "%s", err.text);
    rf_err_clear(&err);
    if (access("/dev/full", W_OK) == 0) {
        const char *const row[] = {"text"};
        cr_assert_eq(rf_folder_open(&file, "/dev", NULL, "full", NULL, &err), RF_OK);
        for (unsigned i = 0; i < 100000; i++)
            rf_folder_row(&file, row, 1);
        cr_expect_eq(rf_folder_close(&file, &err), RF_E_IO);
        cr_expect(strstr(err.text, "cannot write /dev/full"), "%s", err.text);
    }
    rf_test_remove(folder);
}

/* What is written with quotes is read back the same. */
static enum rf_rc compare_row(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    const char *const *field = context;
    (void)err;
    for (unsigned i = 0; i < 6; i++)
        cr_expect_str_eq(row->field[i].text, field[i]);
    return RF_OK;
}

Test(folder, rows_come_back)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    static const char *const fields[] = {"plain", "1,2", "say \"x\"", "two\nlines", "\r\n", ""};
    const struct rf_csv_format format = {names, 6, RF_CSV_EXACT};
    char folder[256];
    struct rf_err err = {0};
    struct rf_folder_file file = {0};
    rf_test_folder(folder);
    cr_assert_eq(rf_folder_open(&file, folder, "m", "x.csv", "a,b,c,d,e,f", &err), RF_OK);
    rf_folder_row(&file, fields, 6);
    cr_assert_eq(rf_folder_close(&file, &err), RF_OK);
    cr_assert_eq(rf_csv_read(file.path, &format, compare_row, (void *)fields, &err), RF_OK, "%s",
                 err.text);
    rf_test_remove(folder);
}

/* --- chance --- */

/* Reference values of xoshiro256** with the state 1, 2, 3, 4. */
Test(chance, known_values)
{
    struct rf_chance chance = {{1, 2, 3, 4}};
    cr_assert_eq(rf_chance_next(&chance), 11520);
    cr_assert_eq(rf_chance_next(&chance), 0);
    cr_assert_eq(rf_chance_next(&chance), 1509978240);
    uint64_t state = 1234567;
    cr_assert_eq(rf_chance_splitmix(&state), UINT64_C(6457827717110365317));
    cr_assert_eq(rf_chance_splitmix(&state), UINT64_C(3203168211198807973));
}
