#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "party/keys/safe_file.h"
#include "party/report/clean.h"
#include "party/report/facts.h"
#include "party/report/markup.h"
#include "party/report/units.h"
#include "support/files.h"
#include "support/reports.h"

/* Files */

typedef enum rf_rc (*writer)(const struct rf_report *, const char *, struct rf_err *);

/* What @write writes of a report. */
static char *written(const struct rf_report *report, writer write)
{
    struct rf_err err = {0};
    char folder[256], path[sizeof folder + 8];
    rf_test_folder(folder);
    (void)snprintf(path, sizeof path, "%s/file", folder);
    cr_assert_eq(write(report, path, &err), RF_OK, "%s", err.text);
    size_t size = 0;
    char *text = rf_test_read(folder, "file", &size);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0, "something was left behind");
    return text;
}

static char *written_sample(const char *name, writer write)
{
    struct rf_sample *sample = rf_sample_make(name);
    cr_assert_not_null(sample);
    char *text = written(&sample->report, write);
    rf_sample_free(sample);
    return text;
}

static json_t *parsed(const char *name)
{
    json_error_t error;
    char *text = written_sample(name, rf_report_json);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(json, "%s: %s at %d", name, error.text, error.line);
    cr_assert_eq(text[strlen(text) - 1], '\n');
    free(text);
    return json;
}

/* The member that a path of names and indices leads to; NULL if there is none. */
static json_t *at(json_t *json, const char *path)
{
    char name[64];
    while (json && *path) {
        size_t length = strcspn(path, "/");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, path);
        json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10))
                                   : json_object_get(json, name);
        path += length + (path[length] == '/');
    }
    return json;
}

static void expect_golden(const char *text, const char *name)
{
    size_t size = 0;
    char *golden = rf_test_read(RF_GOLDEN, name, &size);
    cr_assert_not_null(golden, "%s", name);
    cr_assert_str_eq(text, golden, "%s differs from what is written now", name);
    free(golden);
}

/* Numbers and text */

Test(units, grouped)
{
    char out[RF_UNITS_TEXT];
    cr_assert_str_eq(rf_units_grouped(out, 0, ","), "0");
    cr_assert_str_eq(rf_units_grouped(out, 999, ","), "999");
    cr_assert_str_eq(rf_units_grouped(out, 1000, ","), "1,000");
    cr_assert_str_eq(rf_units_grouped(out, 123456, ","), "123,456");
    cr_assert_str_eq(rf_units_grouped(out, UINT64_MAX, ","), "18,446,744,073,709,551,615");
    cr_assert_str_eq(rf_units_grouped(out, UINT64_MAX, ""), "18446744073709551615");
}

Test(units, bytes)
{
    char out[RF_UNITS_TEXT];
    cr_assert_str_eq(rf_units_bytes(out, 0), "0 B");
    cr_assert_str_eq(rf_units_bytes(out, 1023), "1023 B");
    cr_assert_str_eq(rf_units_bytes(out, 1024), "1.0 KiB");
    cr_assert_str_eq(rf_units_bytes(out, (1 << 20) - 1), "1.0 MiB");
    cr_assert_str_eq(rf_units_bytes(out, 3 << 19), "1.5 MiB");
    cr_assert_str_eq(rf_units_bytes(out, UINT64_MAX), "16.0 EiB");
}

Test(units, seconds)
{
    char out[RF_UNITS_TEXT];
    cr_assert_str_eq(rf_units_seconds(out, 0), "0.000 s");
    cr_assert_str_eq(rf_units_seconds(out, 9.9994), "9.999 s");
    cr_assert_str_eq(rf_units_seconds(out, 9.9996), "10.0 s");
    cr_assert_str_eq(rf_units_seconds(out, 119.96), "2 min 00 s");
    cr_assert_str_eq(rf_units_seconds(out, 125.4), "2 min 05 s");
    cr_assert_str_eq(rf_units_seconds(out, 7200), "2 h 00 min");
    cr_assert_str_eq(rf_units_seconds(out, 12000), "3 h 20 min");
}

Test(units, times)
{
    char out[RF_UNITS_TEXT];
    cr_assert_str_eq(rf_units_iso(out, 0), "1970-01-01T00:00:00Z");
    cr_assert_str_eq(rf_units_iso(out, 1773480413), "2026-03-14T09:26:53Z");
    cr_assert_str_eq(rf_units_date(out, 1773480413), "14 March 2026, 09:26 UTC");
}

Test(clean, what_may_be_shown)
{
    char out[64];
    rf_clean_copy(out, sizeof out, "Zo\xc3\xab \xe4\xb8\xad <&>");
    cr_assert_str_eq(out, "Zo\xc3\xab \xe4\xb8\xad <&>");
    rf_clean_copy(out, sizeof out, "a\x1b[31m\n\x7f");
    cr_assert_str_eq(out, "a\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd");
    rf_clean_copy(out, sizeof out, "\xe2\x80\xae|\xe2\x81\xa6|\xe2\x80\xa8|\xef\xbf\xbe");
    cr_assert_str_eq(out, "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd");
}

Test(clean, what_cannot_be_seen)
{
    char out[64];
    /* U+200B, U+200E, U+200F, U+061C, U+FEFF, U+3164, U+FE0F */
    rf_clean_copy(
        out, sizeof out,
        "\xe2\x80\x8b|\xe2\x80\x8e|\xe2\x80\x8f|\xd8\x9c|\xef\xbb\xbf|\xe3\x85\xa4|\xef\xb8\x8f");
    cr_assert_str_eq(out, "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd|"
                          "\xef\xbf\xbd|\xef\xbf\xbd");
}

Test(clean, what_is_no_utf8)
{
    const char *const texts[] = {"\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[64];
        rf_clean_copy(out, sizeof out, texts[i]);
        cr_assert_eq(strlen(out), 3 * strlen(texts[i]), "%zu", i);
        cr_assert_eq(strncmp(out, "\xef\xbf\xbd", 3), 0, "%zu", i);
    }
}

Test(clean, cut_between_characters)
{
    char out[6];
    rf_clean_copy(out, sizeof out, "ab\xe4\xb8\xad\xe4\xb8\xad");
    cr_assert_str_eq(out, "ab\xe4\xb8\xad");
    cr_assert_eq(rf_clean_width("ab\xe4\xb8\xad"), 4);
    cr_assert_eq(rf_clean_width("\xff"), 1);
}

Test(facts, pairs_are_found_again)
{
    for (unsigned banks = 2; banks <= RF_BANKS_MAX; banks++) {
        struct rf_facts facts = {.banks = banks};
        for (unsigned a = 0; a < banks; a++) {
            for (unsigned b = a + 1; b < banks; b++) {
                struct rf_facts_pair pair = rf_facts_pair(&facts, rf_pair_index(banks, a, b));
                cr_assert_eq(pair.a, a);
                cr_assert_eq(pair.b, b);
            }
        }
    }
}

Test(facts, labels)
{
    char out[RF_FACTS_LABEL];
    struct rf_facts facts;
    struct rf_sample *sample = rf_sample_make("sixteen");
    cr_assert_eq(rf_facts_gather(&facts, &sample->report, NULL), RF_OK);
    cr_assert_str_eq(rf_facts_label(out, &facts, RF_TABLE_RINGS_BY_SIZE, 0), "2");
    cr_assert_str_eq(rf_facts_label(out, &facts, RF_TABLE_RINGS_BY_SIZE, 8), "10 to 9,999");
    cr_assert_str_eq(rf_facts_label(out, &facts, RF_TABLE_RINGS_BY_SIZE, 15),
                     "2,147,483,648 or more");
    cr_assert_str_eq(rf_facts_label(out, &facts, RF_TABLE_RINGS_BY_BANKS, 14), "16 banks");
    cr_assert_str_eq(rf_facts_label(out, &facts, RF_TABLE_TOKENS_BY_TYPE, 0), "national id");
    cr_assert_str_eq(rf_facts_label(out, &facts, RF_TABLE_RINGS_BY_PAIR, 119),
                     "cooperative-bank-of-the-valley-o and cooperative-bank-of-the-valley-p");
    rf_sample_free(sample);
}

Test(facts, what_does_not_belong_together_is_refused)
{
    struct rf_err err = {0};
    char path[] = "/nonexistent/result.json", *text = NULL;
    struct rf_sample *sample = rf_sample_make("five");
    sample->study.members[4].contributor = false;
    cr_assert_eq(rf_report_json(&sample->report, path, &err), RF_E_INTERNAL);
    cr_assert_eq(rf_report_html(&sample->report, path, NULL), RF_E_INTERNAL);
    cr_assert_eq(rf_report_text(&sample->report, &text, NULL), RF_E_INTERNAL);
    cr_assert_null(text);
    sample->study.members[4].contributor = true;
    sample->study.members[2].party = -1;
    cr_assert_eq(rf_report_json(&sample->report, path, NULL), RF_E_INTERNAL);
    sample->study.members[2].party = 2;
    sample->result->table[RF_TABLE_RINGS_TOTAL][0].figure[RF_FIGURE_RINGS] = UINT64_C(1) << 63;
    cr_assert_eq(rf_report_json(&sample->report, path, NULL), RF_E_INTERNAL);
    rf_sample_free(sample);
}

/* Files that are whole or not there */

Test(output, no_folder)
{
    struct rf_err err = {0};
    struct rf_sample *sample = rf_sample_make("golden");
    cr_assert_eq(rf_report_json(&sample->report, "/nonexistent/result.json", &err), RF_E_ARG);
    cr_assert_not_null(strstr(err.text, "/nonexistent/result.json"));
    cr_assert_eq(rf_report_html(&sample->report, "/nonexistent/report.html", NULL), RF_E_ARG);
    rf_sample_free(sample);
}

/* result.json */

Test(json, golden)
{
    char *text = written_sample("golden", rf_report_json);
    expect_golden(text, "report.json");
    free(text);
}

Test(json, same_report_same_bytes)
{
    for (const char *const *name = rf_sample_names(); *name; name++) {
        char *first = written_sample(*name, rf_report_json);
        char *second = written_sample(*name, rf_report_json);
        cr_assert_str_eq(first, second);
        free(first);
        free(second);
    }
}

Test(json, every_sample_parses_and_names_its_format)
{
    for (const char *const *name = rf_sample_names(); *name; name++) {
        json_t *json = parsed(*name);
        cr_assert_str_eq(json_string_value(at(json, "format")), "ringfence-result");
        cr_assert_eq(json_integer_value(at(json, "version")), 1);
        cr_assert_not_null(at(json, "statistics"));
        json_decref(json);
    }
}

Test(json, exposure_is_exact)
{
    json_t *json = parsed("largest");
    cr_assert_str_eq(json_string_value(at(json, "statistics/rings/total/exposure")),
                     "18446744073709551615");
    cr_assert_eq(json_integer_value(at(json, "statistics/rings/by_pair/14/members")), INT64_C(1)
                                                                                          << 31);
    cr_assert_str_eq(json_string_value(at(json, "study/parameters/max_exposure")),
                     "18446744073709551615");
    json_decref(json);
    json = parsed("golden");
    cr_assert_str_eq(json_string_value(at(json, "statistics/rings/total/exposure")),
                     "9007199254740993", "2^53 + 1");
    json_decref(json);
}

/* Each cell of a table: nothing beside its labels if withheld, else every figure of the table. */
static void expect_cell(json_t *cell, enum rf_table table, const struct rf_cell *expected)
{
    static const char *const names[] = {"tokens", "rings", "members", "exposure"};
    cr_assert_eq(json_is_true(at(cell, "shown")), expected->shown);
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++) {
        json_t *value = at(cell, names[figure]);
        char exposure[RF_UNITS_TEXT];
        if (!expected->shown || !rf_table_has(table, figure))
            cr_assert_null(value);
        else if (figure == RF_FIGURE_EXPOSURE) {
            cr_assert_str_eq(json_string_value(value),
                             rf_units_grouped(exposure, expected->figure[figure], ""));
        } else {
            cr_assert_eq((uint64_t)json_integer_value(value), expected->figure[figure]);
        }
    }
}

static void expect_statistics(const char *name)
{
    struct rf_sample *sample = rf_sample_make(name);
    json_t *json = parsed(name);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        char path[64];
        size_t cells = rf_table_cells(&sample->result->shape, table);
        (void)snprintf(path, sizeof path, "statistics/%s", rf_table_name(table));
        *strchr(path, '.') = '/';
        json_t *array = at(json, path);
        cr_assert_eq(array != NULL, cells != 0, "%s: %s", name, path);
        if (json_is_object(array))
            expect_cell(array, table, &sample->result->table[table][0]);
        else
            cr_assert_eq(json_array_size(array), cells, "%s: %s", name, path);
        for (size_t i = 0; i < json_array_size(array); i++)
            expect_cell(json_array_get(array, i), table, &sample->result->table[table][i]);
    }
    json_decref(json);
    rf_sample_free(sample);
}

Test(json, figures_are_those_of_the_result)
{
    for (const char *const *name = rf_sample_names(); *name; name++)
        expect_statistics(*name);
}

Test(json, withheld_cells_are_counted_and_empty)
{
    json_t *json = parsed("golden"), *cell = at(json, "statistics/rings/by_pair/2");
    cr_assert_eq(json_object_size(cell), 3);
    cr_assert_str_eq(json_string_value(at(cell, "a")), "bank-b");
    cr_assert_str_eq(json_string_value(at(cell, "b")), "bank-c");
    cr_assert(json_is_false(at(cell, "shown")));
    cr_assert_eq(json_integer_value(at(json, "withheld/cells")), 4);
    cr_assert_eq(json_integer_value(at(json, "withheld/of")), 19);
    cr_assert_eq(json_integer_value(at(json, "withheld/by_table/rings.by_size")), 1);
    cr_assert_eq(json_integer_value(at(json, "withheld/by_table/rings.total")), 0);
    json_decref(json);
    json = parsed("withheld");
    cr_assert_eq(json_integer_value(at(json, "withheld/cells")),
                 json_integer_value(at(json, "withheld/of")));
    json_decref(json);
}

Test(json, labels_of_cells)
{
    json_t *json = parsed("sixteen"), *sizes = at(json, "statistics/rings/by_size");
    cr_assert_eq(json_integer_value(at(sizes, "8/from")), 10);
    cr_assert_eq(json_integer_value(at(sizes, "8/to")), 9999);
    cr_assert(json_is_null(at(sizes, "15/to")));
    cr_assert_eq(json_integer_value(at(json, "statistics/rings/by_banks/0/banks")), 2);
    cr_assert_eq(json_integer_value(at(json, "statistics/rings/by_banks/14/banks")), 16);
    cr_assert_str_eq(json_string_value(at(json, "statistics/shared_tokens/by_type/0/type")),
                     "national_id");
    cr_assert(json_is_true(at(json, "statistics/rings/by_flag/0/flagged")));
    cr_assert(json_is_false(at(json, "statistics/rings/members_by_flag/1/flagged")));
    json_decref(json);
}

Test(json, what_was_not_asked_for_is_absent)
{
    json_t *json = parsed("rings");
    cr_assert_null(at(json, "statistics/shared_tokens"));
    cr_assert_null(at(json, "withheld/by_table/shared_tokens.total"));
    cr_assert_str_eq(json_string_value(at(json, "study/types/0")), "account");
    json_decref(json);
    json = parsed("tokens");
    cr_assert_null(at(json, "statistics/rings"));
    json_decref(json);
}

Test(json, plain_speaks_of_no_party)
{
    static const char *const absent[] = {"manifest", "session",     "epoch",
                                         "protocol", "disclosures", "cost"};
    json_t *json = parsed("plain");
    cr_assert(json_is_true(at(json, "plain")));
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        cr_assert_null(at(json, absent[i]));
    cr_assert_eq(json_array_size(at(json, "study/members")), 5);
    cr_assert_eq(json_array_size(at(json, "study/members/0/roles")), 2);
    cr_assert_null(at(json, "study/members/0/party"));
    json_decref(json);
}

/* The bytes of the member "statistics". */
static char *statistics_of(const char *name)
{
    char *text = written_sample(name, rf_report_json);
    char *from = strstr(text, "\n  \"statistics\": "), *to = strstr(text, "\n  \"withheld\": ");
    cr_assert(from && to && from < to);
    *to = 0;
    memmove(text, from, (size_t)(to - from) + 1);
    return text;
}

Test(json, plain_statistics_are_the_same_bytes)
{
    char *run = statistics_of("five"), *plain = statistics_of("plain");
    cr_assert_gt(strlen(run), 1000);
    cr_assert_str_eq(run, plain);
    free(run);
    free(plain);
}

Test(json, roles_and_cost)
{
    json_t *json = parsed("two");
    cr_assert_str_eq(json_string_value(at(json, "study/members/2/name")), "university");
    cr_assert_str_eq(json_string_value(at(json, "study/members/2/roles/0")), "party");
    cr_assert_eq(json_integer_value(at(json, "study/members/2/party")), 2);
    cr_assert_null(at(json, "study/members/2/rows"));
    cr_assert_str_eq(json_string_value(at(json, "cost/2/member")), "university");
    cr_assert_eq(json_array_size(at(json, "cost/2/steps")), 12);
    cr_assert_float_eq(json_real_value(at(json, "cost/0/steps/1/seconds")), 6.348, 1e-9);
    cr_assert(json_is_null(at(json, "study/parameters/iterations")));
    json_decref(json);
    json = parsed("withheld");
    cr_assert_eq(json_array_size(at(json, "cost")), 0);
    cr_assert_eq(json_array_size(at(json, "disclosures")), 0);
    json_decref(json);
}

Test(json, hostile_text_stays_text)
{
    json_t *json = parsed("hostile");
    cr_assert_str_eq(json_string_value(at(json, "study/name")),
                     "</title><script>alert('name')</script>");
    cr_assert_str_eq(json_string_value(at(json, "study/members/2/name")),
                     "\xc3\xa9\xef\xbf\xbd<script>");
    cr_assert_str_eq(json_string_value(at(json, "statistics/rings/by_pair/0/b")),
                     "bank'\"b\xef\xbf\xbd\xef\xbf\xbd[31m");
    json_decref(json);
}

/* Whatever stands in a withheld cell, nothing that is written says it. */
Test(withheld, is_never_written)
{
    static const char *const figures[] = {"987654321", "987,654,321",
                                          "987\xc2\xa0"
                                          "654\xc2\xa0"
                                          "321"};
    struct rf_sample *sample = rf_sample_make("withheld");
    char *text[3] = {0};
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        for (size_t i = 0; i < rf_table_cells(&sample->result->shape, table); i++)
            for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++)
                sample->result->table[table][i].figure[figure] = 987654321;
    }
    text[0] = written(&sample->report, rf_report_json);
    text[1] = written(&sample->report, rf_report_html);
    cr_assert_eq(rf_report_text(&sample->report, &text[2], NULL), RF_OK);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            cr_assert_null(strstr(text[i], figures[j]));
    cr_assert_null(strstr(text[1], "class='bar'"));
    cr_assert_null(strchr(text[2], '#'));
    for (size_t i = 0; i < 3; i++)
        free(text[i]);
    rf_sample_free(sample);
}

/* report.html */

Test(markup, escapes_and_closes)
{
    struct rf_markup markup;
    cr_assert_eq(rf_markup_init(&markup, NULL), RF_OK);
    rf_markup_open(&markup, "p class='%s'", "x");
    rf_markup_words(&markup, "<a href=\"x\">&'\x01");
    rf_markup_element(&markup, "b", "%d%%", 5);
    rf_markup_leaf(&markup, "br");
    rf_markup_close(&markup);
    cr_assert_eq(rf_markup_finish(&markup, NULL), RF_OK);
    cr_assert_str_eq(markup.text, "\n<p class='x'>&lt;a href=&quot;x&quot;&gt;&amp;&#39;"
                                  "\xef\xbf\xbd<b>5%</b><br/></p>");
    rf_markup_fini(&markup);
    rf_markup_fini(&markup);
}

/* Every tag is closed, in order; no '<' or '&' stands for itself. */
static void expect_well_formed(const char *name, const char *text)
{
    char open[64][16];
    unsigned depth = 0;
    cr_assert_eq(strncmp(text, "<!DOCTYPE html>", 15), 0);
    for (const char *p = text + 15; (p = strpbrk(p, "<&")); p++) {
        if (*p == '&') {
            size_t length = strcspn(p, ";");
            cr_assert(length >= 3 && length <= 5, "%s: %.20s", name, p);
            continue;
        }
        const char *end = strchr(p, '>');
        cr_assert_not_null(end);
        bool closes = p[1] == '/';
        size_t length = strcspn(p + 1 + closes, " />");
        cr_assert(length > 0 && length < 16, "%s: %.40s", name, p);
        if (closes) {
            cr_assert_gt(depth, 0);
            depth--;
            cr_assert(strlen(open[depth]) == length && !strncmp(open[depth], p + 2, length),
                      "%s: %s is closed by %.20s", name, open[depth], p);
        } else if (end[-1] != '/') {
            cr_assert_lt(depth, 64);
            (void)snprintf(open[depth++], 16, "%.*s", (int)length, p + 1);
        }
        p = end;
    }
    cr_assert_eq(depth, 0, "%s", name);
}

Test(html, well_formed)
{
    for (const char *const *name = rf_sample_names(); *name; name++) {
        char *text = written_sample(*name, rf_report_html);
        expect_well_formed(*name, text);
        free(text);
    }
}

Test(html, needs_nothing_from_outside)
{
    static const char *const never[] = {
        "http:", "https:",  "//",      "src=",    "<script",    "<link",
        "<img",  "@import", "<object", "<iframe", "javascript:"};
    for (const char *const *name = rf_sample_names(); *name; name++) {
        if (strcmp(*name, "hostile") == 0)
            continue;
        char *text = written_sample(*name, rf_report_html);
        for (size_t i = 0; i < sizeof never / sizeof *never; i++)
            cr_assert_null(strstr(text, never[i]), "%s: %s", *name, never[i]);
        for (const char *url = text; (url = strstr(url, "url(")); url++)
            cr_assert_eq(strncmp(url, "url(#hatch)", 11), 0);
        for (const char *href = text; (href = strstr(href, "href=")); href++)
            cr_assert_eq(strncmp(href, "href='#", 7), 0);
        free(text);
    }
}

Test(html, hostile_text_stays_text)
{
    static const char *const never[] = {"<script",      "<img",      "<b>",        "<i>",
                                        "onload='",     "onerror='", "\x1b",       "\x07",
                                        "\xe2\x80\xae", "</title><", "<svg onload"};
    char *text = written_sample("hostile", rf_report_html);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        cr_assert_null(strstr(text, never[i]), "%s", never[i]);
    cr_assert_not_null(strstr(text, "&lt;/title&gt;&lt;script&gt;alert(&#39;name&#39;)"));
    cr_assert_not_null(strstr(text, "&lt;b&gt;bank&amp;a"));
    cr_assert_not_null(strstr(text, "&lt;/td&gt;&lt;/tr&gt;&lt;/table&gt;"));
    free(text);
}

static unsigned occurrences(const char *text, const char *part)
{
    unsigned count = 0;
    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

static void expect_words(const char *sample, const char *const *words)
{
    char *text = written_sample(sample, rf_report_html);
    for (; *words; words++)
        cr_assert_not_null(strstr(text, *words), "%s: %s", sample, *words);
    cr_assert_eq(occurrences(text, "<h1>"), 1);
    free(text);
}

Test(html, says_what_it_must)
{
    static const char *const five[] = {
        "<h1>fraud-rings-2026</h1>",
        "3 of 46 cells are withheld.",
        "Rings by size",
        "Rings by number of banks",
        "Shared tokens by pair of banks",
        "0b30557a9fc4e90e33587da2c7ec11365b80a5caef14395e83a8cdf2173c6186",
        "033e79b4ef2a65a0db16518cc7023d78",
        "2026-03-14T09:26:53Z",
        "semi-honest",
        "10,482",
        "393.2 MiB",
        ("Ringfence " RF_VERSION),
        "class='withheld'",
        NULL};
    static const char *const largest[] = {"18\xc2\xa0"
                                          "446\xc2\xa0"
                                          "744\xc2\xa0"
                                          "073\xc2\xa0"
                                          "709\xc2\xa0"
                                          "551\xc2\xa0"
                                          "615",
                                          "None of the 57 cells is withheld.", NULL};
    static const char *const none[] = {"No figure is withheld.", "min_cell to 0", NULL};
    static const char *const withheld[] = {"All 37 cells are withheld.", "6 pairs",
                                           "disclosed nothing beside the result", NULL};
    expect_words("five", five);
    expect_words("largest", largest);
    expect_words("none", none);
    expect_words("withheld", withheld);
}

Test(html, plain_says_so_and_speaks_of_no_party)
{
    char *text = written_sample("plain", rf_report_html);
    cr_assert_not_null(strstr(text, "This is a plaintext computation"));
    cr_assert_null(strstr(text, "id='security'"));
    cr_assert_null(strstr(text, "id='cost'"));
    cr_assert_null(strstr(text, "party 0"));
    cr_assert_null(strstr(text, "secret shares"));
    cr_assert_null(strstr(text, "SHA-256"));
    free(text);
}

Test(html, drawings_and_tables_are_described)
{
    for (const char *const *name = rf_sample_names(); *name; name++) {
        char *text = written_sample(*name, rf_report_html);
        unsigned drawings = occurrences(text, "role='img'");
        cr_assert_gt(drawings, 0, "%s", *name);
        cr_assert_eq(occurrences(text, "<desc "), drawings, "%s", *name);
        cr_assert_eq(occurrences(text, "<title id="), drawings, "%s", *name);
        cr_assert_eq(occurrences(text, "<caption>"), occurrences(text, "<table"), "%s", *name);
        free(text);
    }
}

/* Every pair of banks has its cell in the drawing, withheld ones hatched. */
Test(html, pairs_are_all_drawn)
{
    struct rf_sample *sample = rf_sample_make("sixteen");
    char *text = written(&sample->report, rf_report_html);
    unsigned heat = 0,
             hidden = (unsigned)(rf_result_withheld(sample->result, RF_TABLE_RINGS_BY_PAIR) +
                                 rf_result_withheld(sample->result, RF_TABLE_TOKENS_BY_PAIR));
    for (unsigned level = 0; level <= 6; level++) {
        char group[32];
        (void)snprintf(group, sizeof group, "<g class='heat%u'>", level);
        heat += occurrences(text, group);
    }
    cr_assert_gt(hidden, 0);
    cr_assert_eq(occurrences(text, "<g class='hidden'>"), hidden);
    cr_assert_eq(heat + hidden, 240);
    free(text);
    rf_sample_free(sample);
}

/* For a terminal */

static char *text_of(const char *name)
{
    struct rf_err err = {0};
    char *text = NULL;
    struct rf_sample *sample = rf_sample_make(name);
    cr_assert_eq(rf_report_text(&sample->report, &text, &err), RF_OK, "%s", err.text);
    rf_sample_free(sample);
    return text;
}

Test(text, golden)
{
    char *text = text_of("golden");
    expect_golden(text, "report.txt");
    free(text);
}

Test(text, fits_a_terminal)
{
    for (const char *const *name = rf_sample_names(); *name; name++) {
        char *text = text_of(*name), *rest = text;
        for (char *line; (line = strsep(&rest, "\n"));) {
            cr_assert_leq(rf_clean_width(line), 80, "%s: %s", *name, line);
            for (char *c = line; *c; c++)
                cr_assert((unsigned char)*c >= ' ' && *c != 0x7f, "%s: %s", *name, line);
        }
        free(text);
    }
}

Test(text, says_what_is_withheld)
{
    char *text = text_of("withheld");
    cr_assert_not_null(strstr(text, "37 of 37 cells are withheld"));
    cr_assert_not_null(strstr(text, "all withheld"));
    free(text);
    text = text_of("none");
    cr_assert_not_null(strstr(text, "No cell is withheld."));
    free(text);
    text = text_of("sixteen");
    cr_assert_not_null(strstr(text, "pairs with less"));
    free(text);
}

Test(text, names_keep_both_ends)
{
    char *text = text_of("sixteen");
    cr_assert_not_null(strstr(text, "cooperative-~he-valley-a cooperative-~he-valley-c"));
    free(text);
}
