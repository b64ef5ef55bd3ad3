#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/study_kit.h"

/* The valid study with the first @from replaced by @to. */
static char *changed(const char *from, const char *to)
{
    const char *text = STUDY_KIT_YAML;
    const char *at = strstr(text, from);
    cr_assert_not_null(at, "the study has no '%s'", from);
    size_t room = strlen(text) + strlen(to) + 1;
    char *out = malloc(room);
    cr_assert_not_null(out);
    (void)snprintf(out, room, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static void expect_error(const char *from, const char *to, const char *error)
{
    struct rf_study study;
    struct rf_err err = {0};
    char *text = changed(from, to);
    enum rf_rc rc = study_kit_read(&study, text, &err);
    cr_expect_eq(rc, RF_E_FORMAT, "'%s' for '%s' gives %s", to, from, rf_rc_name(rc));
    cr_expect_str_eq(err.text, error);
    free(text);
}

Test(study, reads_every_field)
{
    struct rf_study study = study_kit_valid();
    cr_assert_str_eq(study.name, "fraud-rings-2026");
    cr_assert_str_eq(study.purpose, "Find fraud rings that span banks");
    cr_assert(study.shared_tokens && study.rings);
    cr_assert_eq(study.link, RF_LINK_BOTH);
    const bool types[RF_TYPE_COUNT] = {true, true, true, [RF_TYPE_ACCOUNT] = true};
    cr_assert_arr_eq(study.types, types, sizeof types);
    cr_assert_eq(study.member_count, 4);
    cr_assert_eq(study.members[0].party, 0);
    cr_assert_eq(study.members[2].party, 2);
    cr_assert_eq(study.members[3].party, -1);
    cr_assert(study.members[3].contributor && study.members[3].recipient);
    cr_assert_not(study.members[2].contributor || study.members[2].recipient);
    cr_assert_eq(study.members[1].customers, 10000);
    cr_assert_eq(study.members[3].rows, 17);
    cr_assert_eq(study.bucket_count, 8);
    cr_assert_eq(study.buckets[7], 100);
    cr_assert_eq(study.max_exposure, UINT64_C(1) << 40);
    cr_assert_eq(study.shared_rows, 0);
    cr_assert_eq(study.iterations, 0);
}

Test(study, what_is_not_said_is_the_default)
{
    struct rf_study study, defaults;
    struct rf_err err = {0};
    rf_study_defaults(&defaults);
    cr_assert_eq(study_kit_read(&study,
                                "study: s\npurpose: p\nstatistics: [rings]\nmembers:\n"
                                "- {name: a, roles: [party, contributor]}\n"
                                "- {name: b, roles: [party, contributor]}\n"
                                "- {name: c, roles: [party, recipient]}\n",
                                &err),
                 RF_OK, "%s", err.text);
    cr_assert_not(study.shared_tokens);
    cr_assert_eq(study.link, RF_LINK_IDENTIFIERS);
    cr_assert_arr_eq(study.types, defaults.types, sizeof study.types);
    cr_assert_eq(study.hub_cap, defaults.hub_cap);
    cr_assert_eq(study.min_cell, 3);
    cr_assert_eq(study.bucket_count, defaults.bucket_count);
    cr_assert_arr_eq(study.buckets, defaults.buckets, sizeof study.buckets);
    cr_assert_eq(study.max_exposure, defaults.max_exposure);
    cr_assert_str_eq(study.protocol, "rep3-active");
    cr_assert_eq(rf_study_check(&study, false, &err), RF_OK);
    cr_assert_eq(rf_study_check(&study, true, &err), RF_E_ARG);
    cr_assert_str_eq(err.text, "members[0].customers: declare a bound for a");
}

Test(study, default_buckets_start_at_min_size)
{
    struct rf_study study;
    rf_study_defaults(&study);
    study.min_size = 6;
    rf_study_default_buckets(&study);
    const uint64_t six[] = {6, 10, 20, 50, 100};
    cr_assert_eq(study.bucket_count, 5);
    cr_assert_arr_eq(study.buckets, six, sizeof six);
    study.min_size = 500;
    rf_study_default_buckets(&study);
    cr_assert_eq(study.bucket_count, 1);
    cr_assert_eq(study.buckets[0], 500);
    char *text = changed("  size_buckets: [2, 3, 4, 5, 10, 20, 50, 100]\n", "");
    struct rf_err err = {0};
    cr_assert_eq(study_kit_read(&study, text, &err), RF_OK, "%s", err.text);
    cr_assert_eq(study.bucket_count, 8);
    free(text);
}

Test(study, transfers_alone_use_no_identifier_types)
{
    struct rf_study study;
    struct rf_shape shape;
    struct rf_err err = {0};
    char *text = changed("link: both\ntypes: [national_id, phone, email]", "link: transfers");
    cr_assert_eq(study_kit_read(&study, text, &err), RF_OK, "%s", err.text);
    rf_study_shape(&study, &shape);
    const bool types[RF_TYPE_COUNT] = {[RF_TYPE_ACCOUNT] = true};
    cr_assert_arr_eq(shape.types, types, sizeof types);
    cr_assert_arr_eq(study.types, types, sizeof types);
    cr_assert_eq(shape.banks, 3);
    free(text);
    expect_error("link: both", "link: transfers",
                 "s.yaml:5:8: types: a study that links transfers alone uses none");
}

Test(study, members_are_found_by_name_and_role)
{
    struct rf_study study = study_kit_valid();
    unsigned banks[RF_BANKS_MAX];
    cr_assert_eq(rf_study_banks(&study, banks), 3);
    cr_assert_eq(banks[2], 3);
    cr_assert_eq(rf_study_party(&study, 2), 2);
    cr_assert_eq(rf_study_party(&study, 3), -1);
    cr_assert_eq(rf_study_member(&study, "bank-d"), 3);
    cr_assert_eq(rf_study_member(&study, "bank"), -1);
}

Test(study, errors_name_the_place)
{
    expect_error("hub_cap", "hub_cup", "s.yaml:22:3: Unexpected key: hub_cup");
    expect_error("iterations", "itterations", "s.yaml:29:3: Unexpected key: itterations");
    expect_error("protocol", "purpose", "s.yaml:30:1: Mapping field already seen: purpose");
    expect_error("statistics: [shared_tokens, rings]\n", "",
                 "s.yaml:1:1: Missing required mapping field: statistics");
    expect_error("name: tech-c\n    roles: [party]", "name: tech-c",
                 "s.yaml:15:5: Missing required mapping field: roles");
    expect_error("protocol: rep3", "protocol: [rep3]",
                 "s.yaml:30:11: Expecting STRING, got event: SEQUENCE_START");
    expect_error("purpose: Find fraud rings that span banks",
                 "purpose:", "s.yaml:2:9: purpose: say what the study is for");
}

Test(study, words_are_known_ones)
{
    expect_error("rings]", "circles]",
                 "s.yaml:3:29: statistics[1]: unknown statistic 'circles'; known: shared_tokens, "
                 "rings");
    expect_error("shared_tokens, rings]", "rings, rings]",
                 "s.yaml:3:21: statistics[1]: rings is there twice");
    expect_error("link: both", "link: all",
                 "s.yaml:4:7: link: 'all' is none of identifiers, transfers, both");
    expect_error("phone", "account",
                 "s.yaml:5:22: types[1]: unknown type 'account'; known: national_id, phone, email, "
                 "address, device, card, ip");
    expect_error("phone", "email", "s.yaml:5:29: types[2]: email is there twice");
    expect_error("[party]", "[judge]",
                 "s.yaml:16:13: members[2].roles[0]: unknown role 'judge'; known: party, "
                 "contributor, recipient");
    expect_error("[party]", "[party, party]",
                 "s.yaml:16:20: members[2].roles[1]: party is there twice");
    expect_error("rep3", "rep4",
                 "s.yaml:30:11: protocol: unknown protocol 'rep4'; known: rep3-active, rep3");
}

Test(study, numbers_are_decimal_and_in_range)
{
    const char *bad[] = {"5x",
                         "-1",
                         "+1",
                         "010",
                         "0x10",
                         "0",
                         "1e3",
                         "1_0",
                         "\"\"",
                         "2147483649",
                         "99999999999999999999",
                         "' 5'",
                         "~"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char to[64], value[40], error[200];
        (void)snprintf(value, sizeof value, "%s", bad[i]);
        char *inner = value[0] == '"' || value[0] == '\'' ? value + 1 : value;
        if (inner != value)
            inner[strlen(inner) - 1] = 0;
        (void)snprintf(to, sizeof to, "hub_cap: %s", bad[i]);
        (void)snprintf(error, sizeof error,
                       "s.yaml:22:12: parameters.hub_cap: '%s' is not a whole number from 1 to "
                       "2147483648",
                       inner);
        expect_error("hub_cap: 50", to, error);
    }
    expect_error("customers: 5\n", "customers: many\n",
                 "s.yaml:19:16: members[3].customers: 'many' is not a whole number from 1 to "
                 "2147483648");
    expect_error("shared_rows: open", "shared_rows: opn",
                 "s.yaml:28:16: parameters.shared_rows: 'opn' is neither open nor a number");
    expect_error("iterations: auto", "iterations: 65",
                 "s.yaml:29:15: parameters.iterations: '65' is not a whole number from 1 to 64");
}

Test(study, members_must_make_a_computation)
{
    expect_error("tech-c", "bank-a", "s.yaml:15:11: members[2].name: bank-a is there twice");
    expect_error("tech-c", "Tech",
                 "s.yaml:15:11: members[2].name: a name is a lower-case letter, then up to 31 "
                 "lower-case letters, digits or hyphens");
    expect_error("tech-c", "a23456789012345678901234567890123",
                 "s.yaml:15:11: members[2].name: is longer than 32 bytes");
    expect_error("[party]", "[recipient]",
                 "s.yaml:7:3: members: exactly 3 must have the role party, and 2 have it");
    expect_error("[contributor, recipient]", "[party]",
                 "s.yaml:19:16: members[3].customers: bounds are for contributors only");
    expect_error("min_banks: 2", "min_banks: 4",
                 "s.yaml:24:14: parameters.min_banks: must lie from 2 to the 3 contributors, "
                 "not 4");
}

Test(study, buckets_increase_from_min_size)
{
    expect_error("[2, 3,", "[3, 4,",
                 "s.yaml:26:17: parameters.size_buckets: must start at min_size, 2");
    expect_error("[2, 3, 4,", "[2, 4, 4,",
                 "s.yaml:26:24: parameters.size_buckets[2]: must increase");
    expect_error("[2, 3, 4,", "[2, 3, 4, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9,",
                 "s.yaml:26:17: parameters.size_buckets: must be 1 to 16 numbers");
    expect_error("[2, 3, 4, 5, 10, 20, 50, 100]", "[]",
                 "s.yaml:26:17: Insufficient entries (0 of 1 min) in sequence.");
}

Test(study, totals_stay_below_two_to_the_64)
{
    expect_error("max_exposure: 1099511627776", "max_exposure: 614854026655653",
                 "s.yaml:27:17: parameters.max_exposure: totals could pass 2^64: 30005 customers "
                 "in all, each of exposure up to 614854026655653; lower one of the bounds");
    struct rf_study study;
    struct rf_err err = {0};
    char *text = changed("max_exposure: 1099511627776", "max_exposure: 614789001488070");
    cr_assert_eq(study_kit_read(&study, text, &err), RF_OK, "%s", err.text);
    cr_assert(study.max_exposure <= UINT64_MAX / 30005);
    free(text);
    expect_error("rows: 60000", "rows: 2147483648",
                 "s.yaml:7:3: members: 30005 customers and 2147513665 rows in all; neither may "
                 "pass 2147483648");
}

Test(study, hostile_yaml_is_refused)
{
    expect_error("tech-c", "&x tech-c", "s.yaml:15:11: anchors (&name) are not allowed");
    expect_error("[party]", "&x [party]", "s.yaml:16:12: anchors (&name) are not allowed");
    expect_error("tech-c", "*x", "s.yaml:15:11: aliases (*name) are not allowed");
    expect_error("tech-c", "!!str tech-c", "s.yaml:15:11: tags (!name) are not allowed");
    expect_error("tech-c", "\"a\\0b\"", "s.yaml:15:11: a value holds a NUL character");
    expect_error("fraud rings", "\xff", "s.yaml:2:15: not UTF-8 text: invalid leading UTF-8 octet");
}

Test(study, text_that_could_deceive_is_refused)
{
    expect_error("Find fraud rings that span banks", "\"a\\eb\"",
                 "s.yaml:2:10: purpose: holds U+001B, which is no visible character");
    expect_error("Find fraud rings that span banks",
                 "a\xe2\x80\xae"
                 "b",
                 "s.yaml:2:10: purpose: holds U+202E, which is no visible character");
    expect_error("study: fraud", "study: Fraud",
                 "s.yaml:1:8: study: a study's name is made of lower-case letters, digits, '-', "
                 "'_' and '.', and starts with a letter or digit");
    expect_error("study: fraud", "study: ../fraud",
                 "s.yaml:1:8: study: a study's name is made of lower-case letters, digits, '-', "
                 "'_' and '.', and starts with a letter or digit");
}

Test(study, text_that_cannot_be_seen_is_refused)
{
    static const struct {
        const char *text, *code;
    } unseen[] = {
        {"a\xe2\x80\x8b", "200B"}, {"a\xe2\x80\x8d", "200D"}, {"a\xe2\x80\x8e", "200E"},
        {"a\xe2\x80\x8f", "200F"}, {"a\xd8\x9c", "061C"},     {"a\xe2\x81\xa0", "2060"},
        {"a\xef\xbb\xbf", "FEFF"}, {"a\xc2\xad", "00AD"},     {"a\xe3\x85\xa4", "3164"},
        {"a\xef\xb8\x8f", "FE0F"}, {"a\xe2\x81\xa9", "2069"}, {"a\xf3\xa0\x81\x81", "E0041"},
    };
    for (unsigned i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        char error[100];
        (void)snprintf(error, sizeof error,
                       "s.yaml:2:10: purpose: holds U+%s, which is no visible character",
                       unseen[i].code);
        expect_error("Find fraud rings that span banks", unseen[i].text, error);
    }
}

static void expect_text_error(const char *text, size_t size, const char *error)
{
    struct rf_study study;
    struct rf_err err = {0};
    cr_expect_eq(rf_study_read_text(&study, "s.yaml", (const uint8_t *)text, size, &err),
                 RF_E_FORMAT);
    cr_expect_str_eq(err.text, error);
}

Test(study, what_is_no_study_is_refused)
{
    expect_text_error("", 0, "s.yaml:1:1: the file is empty");
    expect_text_error("# nothing\n", 10, "s.yaml:1:1: the file is empty");
    expect_text_error("hello", 5, "s.yaml:1:1: Expecting MAPPING, got event: SCALAR");
    expect_text_error("- a\n", 4, "s.yaml:1:1: Expecting MAPPING, got event: SEQUENCE_START");
    expect_text_error("a: b\n---\nc: d\n", 14, "s.yaml:2:1: a second document is not allowed");
    expect_text_error("[[[[[[[[[[", 10, "s.yaml:1:9: nested too deeply");
    expect_text_error("[a]: b\n", 7, "s.yaml:1:1: a key must be a plain word");
    size_t size = (1 << 20) + 1;
    char *big = malloc(size);
    cr_assert_not_null(big);
    memset(big, '#', size);
    expect_text_error(big, size, "s.yaml: is larger than 1048576 bytes");
    free(big);
}

Test(study, a_missing_file_is_misuse)
{
    struct rf_study study;
    struct rf_err err = {0};
    cr_assert_eq(rf_study_read(&study, "no-such.yaml", &err), RF_E_ARG);
    cr_assert_str_eq(err.text, "no-such.yaml: cannot open: No such file or directory");
    rf_err_clear(&err);
    cr_assert_eq(rf_study_read(&study, "/dev/zero", &err), RF_E_ARG);
    cr_assert_str_eq(err.text, "/dev/zero: is not a regular file");
}

Test(study, no_more_rows_are_shared_than_there_are)
{
    uint64_t state = 7;
    struct rf_study study;
    struct rf_err err = {0};
    study_kit_random_study(&study, &state, true);
    study.shared_rows = study_kit_rows(&study);
    cr_assert_eq(rf_study_check(&study, true, &err), RF_OK, "%s", err.text);
    study.shared_rows++;
    cr_assert_eq(rf_study_check(&study, false, &err), RF_OK, "bounds may come later: %s", err.text);
    cr_assert_eq(rf_study_check(&study, true, &err), RF_E_ARG);
    cr_expect(strstr(err.text, "rows that all members have together"), "%s", err.text);
}

Test(study, what_is_written_reads_back_the_same)
{
    uint64_t state = 1;
    char path[] = "/tmp/rf-study-XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    (void)close(file);
    for (unsigned i = 0; i < 300; i++) {
        struct rf_study study, again;
        struct rf_err err = {0};
        study_kit_random_study(&study, &state, i & 1);
        cr_assert_eq(rf_study_check(&study, i & 1, &err), RF_OK, "%s", err.text);
        cr_assert_eq(rf_study_write(&study, path, &err), RF_OK, "%s", err.text);
        cr_assert_eq(rf_study_read(&again, path, &err), RF_OK, "%u: %s", i, err.text);
        cr_assert(study_kit_equal(&study, &again), "study %u: '%s' is not '%s'", i, study.purpose,
                  again.purpose);
    }
    (void)unlink(path);
}

Test(study, what_is_not_valid_is_not_written)
{
    struct rf_study study = study_kit_valid();
    struct rf_err err = {0};
    study.min_cell = UINT32_MAX;
    cr_assert_eq(rf_study_write(&study, "/tmp/rf-never-written.yaml", &err), RF_E_ARG);
    cr_assert_str_eq(err.text,
                     "parameters.min_cell: must lie from 0 to 2147483648, not 4294967295");
    cr_assert_neq(access("/tmp/rf-never-written.yaml", F_OK), 0);
}
