#include "support/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"

static void set_text(char *out, size_t room, const char *text)
{
    (void)snprintf(out, room, "%s", text);
}

static void add_member(struct rf_study *study, const char *name, bool contributor, int party,
                       bool recipient)
{
    struct rf_member *member = &study->members[study->member_count++];
    set_text(member->name, sizeof member->name, name);
    member->contributor = contributor;
    member->party = party;
    member->recipient = recipient;
    member->customers = contributor ? 20000 + 1000 * study->member_count : 0;
    member->rows = contributor ? 3 * member->customers : 0;
}

static void add_banks(struct rf_study *study, unsigned banks, const char *prefix)
{
    static const char letters[] = "abcdefghijklmnop";
    for (unsigned i = 0; i < banks; i++) {
        char name[RF_MEMBER_NAME_MAX + 1];
        (void)snprintf(name, sizeof name, "%s%c", prefix, letters[i]);
        add_member(study, name, true, i < RF_PARTIES ? (int)i : -1, true);
    }
}

static void set_study(struct rf_study *study, const char *name, const char *purpose)
{
    static const uint64_t buckets[] = {2, 3, 4, 5, 10, 20, 50, 100};
    *study = (struct rf_study){
        .shared_tokens = true,
        .rings = true,
        .link = RF_LINK_BOTH,
        .hub_cap = 50,
        .min_size = 2,
        .min_banks = 2,
        .min_cell = 3,
        .bucket_count = sizeof buckets / sizeof *buckets,
        .max_exposure = UINT64_C(1) << 40,
        .protocol = "rep3",
    };
    memcpy(study->buckets, buckets, sizeof buckets);
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        study->types[type] = true;
    set_text(study->name, sizeof study->name, name);
    set_text(study->purpose, sizeof study->purpose, purpose);
}

static struct rf_shape shape_of(const struct rf_study *study)
{
    struct rf_shape shape = {
        .shared_tokens = study->shared_tokens,
        .rings = study->rings,
        .min_size = study->min_size,
        .min_banks = study->min_banks,
        .bucket_count = study->bucket_count,
    };
    for (unsigned i = 0; i < study->member_count; i++)
        shape.banks += study->members[i].contributor;
    memcpy(shape.types, study->types, sizeof shape.types);
    memcpy(shape.buckets, study->buckets, sizeof shape.buckets);
    return shape;
}

static void add_disclosure(struct rf_report *report, const char *name, const char *description,
                           const char *value)
{
    struct rf_report_disclosure *disclosure = &report->disclosure[report->disclosures++];
    set_text(disclosure->name, sizeof disclosure->name, name);
    set_text(disclosure->to, sizeof disclosure->to, "parties");
    set_text(disclosure->description, sizeof disclosure->description, description);
    set_text(disclosure->value, sizeof disclosure->value, value);
}

static void set_disclosures(struct rf_report *report)
{
    add_disclosure(report, "sort_order",
                   "Comparisons of shuffled, distinct keys while sorting. They are independent of "
                   "the records.",
                   "41,208,331 bits");
    add_disclosure(report, "compaction",
                   "How many rows hold a token that is shared. Which rows these are stays hidden.",
                   "10,482");
    add_disclosure(report, "unique", "That no bank sent a token twice: one bit.", "yes");
    add_disclosure(report, "converged", "That ring labelling came to its end: one bit.", "yes");
    add_disclosure(report, "rows", "Each bank\xe2\x80\x99s declared bound on its rows.", "");
}

static void add_step(struct rf_report_cost *cost, const char *name, uint64_t rows, uint64_t bytes,
                     uint64_t rounds, double seconds)
{
    struct rf_report_step *step = &cost->step[cost->steps++];
    set_text(step->name, sizeof step->name, name);
    step->rows = rows;
    step->bytes = bytes;
    step->rounds = rounds;
    step->seconds = seconds;
    cost->bytes_sent += bytes;
    cost->rounds += rounds;
    cost->seconds += seconds;
}

static void set_cost(struct rf_report_cost *cost, double pace)
{
    *cost = (struct rf_report_cost){0};
    add_step(cost, "receive rows", 300000, 96, 1, 0.412 * pace);
    add_step(cost, "sort tokens", 300000, 412345678, 312, 6.348 * pace);
    add_step(cost, "find shared tokens", 300000, 31234567, 24, 0.512 * pace);
    add_step(cost, "keep shared rows", 300000, 14400000, 3, 0.231 * pace);
    add_step(cost, "restore token order", 10482, 1872000, 41, 0.094 * pace);
    add_step(cost, "count shared tokens", 10482, 713400, 36, 0.048 * pace);
    add_step(cost, "arrange local groups", 10482, 2411000, 144, 0.187 * pace);
    add_step(cost, "label rings", 10482, 18345678, 1210, 1.93 * pace);
    add_step(cost, "sort rings", 8120, 4211000, 188, 0.262 * pace);
    add_step(cost, "measure rings", 8120, 1911000, 61, 0.071 * pace);
    add_step(cost, "count rings", 8120, 2311000, 48, 0.065 * pace);
    add_step(cost, "withhold small cells", 44, 15321, 19, 0.0212 * pace);
    cost->bytes_received = cost->bytes_sent + 12000000;
    cost->peak_memory = UINT64_C(212) << 20;
}

static void set_run(struct rf_report *report)
{
    for (unsigned i = 0; i < sizeof report->manifest_hash; i++)
        report->manifest_hash[i] = (uint8_t)(i * 37 + 11);
    for (unsigned i = 0; i < sizeof report->session; i++)
        report->session[i] = (uint8_t)(i * 59 + 3);
    report->epoch = 1;
    report->finished = 1773480413;
    set_disclosures(report);
    for (unsigned party = 0; party < RF_PARTIES; party++)
        set_cost(&report->cost[party], 1 + 0.04 * party);
}

/* Figures that look like a study's: fewer, the further on in a table. */
static void fill(struct rf_result *result, enum rf_table table, uint64_t scale, uint64_t *seed)
{
    size_t cells = rf_table_cells(&result->shape, table);
    for (size_t i = 0; i < cells; i++) {
        struct rf_cell *cell = &result->table[table][i];
        uint64_t rings = scale / (1 + i * (i + 1)) + rf_test_random(seed) % (scale / 20 + 2);
        cell->shown = rf_test_random(seed) % 7 != 0 || cells == 1;
        if (!cell->shown)
            continue;
        cell->figure[RF_FIGURE_TOKENS] = 3 * rings;
        cell->figure[RF_FIGURE_RINGS] = rings;
        cell->figure[RF_FIGURE_MEMBERS] = 3 * rings + rf_test_random(seed) % rings;
        cell->figure[RF_FIGURE_EXPOSURE] = rings * (1000000 + rf_test_random(seed) % 9999999);
        for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++)
            if (!rf_table_has(table, figure))
                cell->figure[figure] = 0;
    }
}

static void fill_all(struct rf_result *result, uint64_t scale)
{
    uint64_t seed = 2;
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++)
        fill(result, table, scale, &seed);
}

static void show(struct rf_result *result, enum rf_table table, size_t cell, uint64_t tokens,
                 uint64_t rings, uint64_t members, uint64_t exposure)
{
    result->table[table][cell] = (struct rf_cell){
        .shown = true,
        .figure = {tokens, rings, members, exposure},
    };
}

static void show_all(struct rf_result *result, uint64_t count, uint64_t exposure)
{
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        for (size_t i = 0; i < rf_table_cells(&result->shape, table); i++) {
            show(result, table, i, rf_table_has(table, RF_FIGURE_TOKENS) ? count : 0,
                 rf_table_has(table, RF_FIGURE_RINGS) ? count : 0,
                 rf_table_has(table, RF_FIGURE_MEMBERS) ? count : 0,
                 rf_table_has(table, RF_FIGURE_EXPOSURE) ? exposure : 0);
        }
    }
}

static void study_golden(struct rf_study *study)
{
    set_study(study, "golden", "A small study with every figure written out by hand");
    add_banks(study, 3, "bank-");
    add_member(study, "supervisor", false, -1, true);
    study->link = RF_LINK_IDENTIFIERS;
    memset(study->types, 0, sizeof study->types);
    study->types[RF_TYPE_PHONE] = study->types[RF_TYPE_EMAIL] = true;
    study->bucket_count = 3;
    study->iterations = 12;
    study->lanes = 1;
    study->proof_gates = UINT64_C(1) << 26;
    study->shared_rows = 1024;
}

static void fill_golden(struct rf_result *result)
{
    show(result, RF_TABLE_TOKENS_TOTAL, 0, 57, 0, 0, 0);
    show(result, RF_TABLE_TOKENS_BY_TYPE, 0, 40, 0, 0, 0);
    show(result, RF_TABLE_TOKENS_BY_TYPE, 1, 17, 0, 0, 0);
    show(result, RF_TABLE_TOKENS_BY_PAIR, 0, 31, 0, 0, 0);
    show(result, RF_TABLE_TOKENS_BY_PAIR, 2, 20, 0, 0, 0);
    show(result, RF_TABLE_RINGS_TOTAL, 0, 0, 23, 71, 9007199254740993);
    show(result, RF_TABLE_RINGS_BY_SIZE, 0, 0, 12, 24, 4003199254740993);
    show(result, RF_TABLE_RINGS_BY_SIZE, 1, 0, 9, 27, 5004000000000000);
    show(result, RF_TABLE_RINGS_BY_BANKS, 0, 0, 20, 58, 8001000000000000);
    show(result, RF_TABLE_RINGS_BY_PAIR, 0, 0, 14, 40, 6000000000000001);
    show(result, RF_TABLE_RINGS_BY_PAIR, 1, 0, 6, 19, 700000000000000);
    show(result, RF_TABLE_RINGS_BY_FLAG, 0, 0, 5, 16, 2500000000000000);
    show(result, RF_TABLE_RINGS_BY_FLAG, 1, 0, 18, 55, 6507199254740993);
    show(result, RF_TABLE_MEMBERS_BY_FLAG, 0, 0, 0, 7, 0);
    show(result, RF_TABLE_MEMBERS_BY_FLAG, 1, 0, 0, 64, 0);
}

static void make_golden(struct rf_sample *sample)
{
    static const double seconds[] = {0.25, 0.3125, 0.1};
    fill_golden(sample->result);
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        struct rf_report_cost *cost = &sample->report.cost[party];
        *cost = (struct rf_report_cost){0};
        add_step(cost, "sort tokens", 600, 81920, 40, seconds[party]);
        add_step(cost, "label rings", 90, 4096, 30, 0.015625);
        cost->bytes_received = cost->bytes_sent + 100;
        cost->peak_memory = 1 << 20;
    }
}

static void study_five(struct rf_study *study)
{
    set_study(study, "fraud-rings-2026",
              "Find fraud rings that span banks, count them and see how much money is at stake, "
              "without any bank showing its customers to another.");
    add_banks(study, 5, "bank-");
}

static void make_five(struct rf_sample *sample)
{
    fill_all(sample->result, 1840);
}

static void make_plain(struct rf_sample *sample)
{
    fill_all(sample->result, 1840);
    sample->report = (struct rf_report){.plain = true, .finished = sample->report.finished};
}

static void study_two(struct rf_study *study)
{
    set_study(study, "two-banks", "A trial of two banks");
    add_member(study, "northern-savings", true, 0, true);
    add_member(study, "harbour", true, 1, false);
    add_member(study, "university", false, 2, false);
    add_member(study, "supervisor", false, -1, true);
    study->bucket_count = 1;
    study->link = RF_LINK_IDENTIFIERS;
    memset(study->types, 0, sizeof study->types);
    study->types[RF_TYPE_PHONE] = true;
}

static void make_two(struct rf_sample *sample)
{
    show_all(sample->result, 12, 345678);
}

static void study_sixteen(struct rf_study *study)
{
    static const uint64_t sizes[RF_BUCKETS_MAX] = {
        2,  3,     4,     5,     6,       7,        8,         9,
        10, 10000, 20000, 50000, 1000000, 10000000, 100000000, UINT64_C(1) << 31,
    };
    set_study(study, "sixteen-banks-with-the-longest-name-a-study-may-have-and-no-more",
              "Sixteen banks, sixteen ranges of size, long names and large numbers: what the page "
              "must carry at most. The purpose is as long as it may be, so that it takes several "
              "lines, as the purposes of real studies do once lawyers have been at them, word b");
    add_banks(study, 16, "cooperative-bank-of-the-valley-");
    study->bucket_count = RF_BUCKETS_MAX;
    for (unsigned i = 0; i < RF_BUCKETS_MAX; i++)
        study->buckets[i] = sizes[i];
}

static void make_sixteen(struct rf_sample *sample)
{
    fill_all(sample->result, 1234567);
}

static void make_none(struct rf_sample *sample)
{
    show_all(sample->result, 0, 0);
}

static void study_none(struct rf_study *study)
{
    set_study(study, "no-rings", "A study that found nothing");
    add_banks(study, 4, "bank-");
    study->min_cell = 0;
}

static void study_withheld(struct rf_study *study)
{
    set_study(study, "all-withheld", "A study with too few people in every cell");
    add_banks(study, 4, "bank-");
}

static void make_withheld(struct rf_sample *sample)
{
    sample->report.disclosures = 0;
    memset(sample->report.cost, 0, sizeof sample->report.cost);
}

static void study_largest(struct rf_study *study)
{
    set_study(study, "largest", "The largest figures that there can be");
    add_banks(study, 6, "bank-");
    study->max_exposure = UINT64_MAX;
}

static void make_largest(struct rf_sample *sample)
{
    show_all(sample->result, UINT64_C(1) << 31, UINT64_MAX);
}

static void study_rings(struct rf_study *study)
{
    set_study(study, "transfers", "Rings of customers who pay each other across banks");
    add_banks(study, 3, "bank-");
    study->shared_tokens = false;
    study->link = RF_LINK_TRANSFERS;
    memset(study->types, 0, sizeof study->types);
    study->types[RF_TYPE_ACCOUNT] = true;
}

static void study_tokens(struct rf_study *study)
{
    set_study(study, "tokens-only", "Which identifiers customers of several banks share");
    add_banks(study, 4, "bank-");
    study->rings = false;
}

static void study_hostile(struct rf_study *study)
{
    set_study(study, "</title><script>alert('name')</script>",
              "</p><img src=\"http://example.org/x\" onerror='alert(1)'/> & \"quotes\" \x1b[2J\x07 "
              "\xe2\x80\xae reversed \xff\xfe not UTF-8 \xef\xbf\xbe <!-- ]]> &lt;");
    add_member(study, "<b>bank&a", true, 0, true);
    add_member(study, "bank'\"b\n\x1b[31m", true, 1, true);
    add_member(study, "\xc3\xa9\xe9<script>", true, 2, true);
}

static void make_hostile(struct rf_sample *sample)
{
    struct rf_report *report = &sample->report;
    fill_all(sample->result, 500);
    add_disclosure(report, "<i>\x01", "</td></tr></table><script>alert(2)</script>", "<&>");
    set_text(report->cost[0].step[0].name, sizeof report->cost[0].step[0].name,
             "<svg onload='alert(3)'>");
}

static const struct {
    const char *name;
    void (*study)(struct rf_study *);
    void (*make)(struct rf_sample *);
} samples[] = {
    {"golden", study_golden, make_golden},
    {"five", study_five, make_five},
    {"two", study_two, make_two},
    {"sixteen", study_sixteen, make_sixteen},
    {"withheld", study_withheld, make_withheld},
    {"none", study_none, make_none},
    {"largest", study_largest, make_largest},
    {"plain", study_five, make_plain},
    {"rings", study_rings, make_five},
    {"tokens", study_tokens, make_five},
    {"hostile", study_hostile, make_hostile},
};

enum { SAMPLES = sizeof samples / sizeof *samples };

const char *const *rf_sample_names(void)
{
    static const char *names[SAMPLES + 1];
    for (unsigned i = 0; i < SAMPLES; i++)
        names[i] = samples[i].name;
    return names;
}

struct rf_sample *rf_sample_make(const char *name)
{
    struct rf_sample *sample = NULL;
    for (unsigned i = 0; i < SAMPLES; i++) {
        if (strcmp(samples[i].name, name) != 0)
            continue;
        sample = calloc(1, sizeof *sample);
        if (!sample)
            return NULL;
        samples[i].study(&sample->study);
        struct rf_shape shape = shape_of(&sample->study);
        sample->result = rf_result_new(&shape);
        if (!sample->result) {
            free(sample);
            return NULL;
        }
        set_run(&sample->report);
        samples[i].make(sample);
        sample->report.study = &sample->study;
        sample->report.result = sample->result;
    }
    return sample;
}

void rf_sample_free(struct rf_sample *sample)
{
    if (!sample)
        return;
    rf_result_free(sample->result);
    free(sample);
}
