#include "party/report/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "party/report/clean.h"
#include "party/report/units.h"

static void find_members(struct rf_facts *facts)
{
    for (unsigned i = 0; i < facts->study->member_count; i++) {
        const struct rf_member *member = &facts->study->members[i];
        if (member->contributor && facts->banks < RF_BANKS_MAX)
            facts->bank[facts->banks++] = member;
        if (!facts->report->plain && member->party >= 0 && member->party < RF_PARTIES)
            facts->party[member->party] = member;
    }
}

/* Counts go into JSON as integers, which hold 63 bits here. Exposure has all 64. */
static bool counts_fit(const struct rf_facts *facts, enum rf_table table)
{
    for (size_t i = 0; i < rf_facts_cells(facts, table); i++) {
        for (unsigned figure = 0; figure < RF_FIGURE_EXPOSURE; figure++)
            if (rf_facts_cell(facts, table, i)->figure[figure] > INT64_MAX)
                return false;
    }
    return true;
}

static enum rf_rc check(const struct rf_facts *facts, struct rf_err *err)
{
    if (facts->study->member_count > RF_MEMBERS_MAX || facts->shape->banks != facts->banks)
        return rf_err_set(err, RF_E_INTERNAL, "report: the result is of %u banks, the study of %u",
                          facts->shape->banks, facts->banks);
    for (unsigned party = 0; party < RF_PARTIES && !facts->report->plain; party++)
        if (!facts->party[party])
            return rf_err_set(err, RF_E_INTERNAL, "report: the study has no party %u", party);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        if (!counts_fit(facts, table))
            return rf_err_set(err, RF_E_INTERNAL, "report: %s holds a count above 2^63",
                              rf_table_name(table));
    }
    return RF_OK;
}

enum rf_rc rf_facts_gather(struct rf_facts *facts, const struct rf_report *report,
                           struct rf_err *err)
{
    *facts = (struct rf_facts){
        .report = report,
        .study = report->study,
        .result = report->result,
        .shape = &report->result->shape,
        .thousands = ",",
    };
    find_members(facts);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        facts->cells += rf_facts_cells(facts, table);
        facts->withheld += rf_result_withheld(facts->result, table);
    }
    return check(facts, err);
}

size_t rf_facts_cells(const struct rf_facts *facts, enum rf_table table)
{
    return rf_table_cells(facts->shape, table);
}

const struct rf_cell *rf_facts_cell(const struct rf_facts *facts, enum rf_table table, size_t cell)
{
    static const struct rf_cell withheld = {0};
    const struct rf_cell *found = &facts->result->table[table][cell];
    return found->shown ? found : &withheld;
}

enum rf_token_type rf_facts_type(const struct rf_facts *facts, size_t cell)
{
    unsigned type = 0;
    while (!facts->shape->types[type] || cell-- != 0)
        type++;
    return (enum rf_token_type)type;
}

struct rf_facts_pair rf_facts_pair(const struct rf_facts *facts, size_t cell)
{
    struct rf_facts_pair pair = {0, 1};
    while (rf_pair_index(facts->banks, pair.a, facts->banks - 1) < cell)
        pair.a++;
    pair.b =
        facts->banks - 1 - (unsigned)(rf_pair_index(facts->banks, pair.a, facts->banks - 1) - cell);
    return pair;
}

struct rf_facts_bucket rf_facts_bucket(const struct rf_facts *facts, size_t cell)
{
    bool last = cell + 1 == facts->shape->bucket_count;
    return (struct rf_facts_bucket){
        .from = facts->shape->buckets[cell],
        .to = last ? 0 : facts->shape->buckets[cell + 1] - 1,
    };
}

/* The word used in files, as words: national id. */
static void label_type(char out[RF_FACTS_LABEL], enum rf_token_type type)
{
    (void)snprintf(out, RF_FACTS_LABEL, "%s", rf_token_type_name(type));
    for (char *at = out; (at = strchr(at, '_'));)
        *at = ' ';
}

static void label_pair(char out[RF_FACTS_LABEL], struct rf_facts_pair pair,
                       const struct rf_facts *facts)
{
    char a[RF_FACTS_LABEL / 2 - 4], b[RF_FACTS_LABEL / 2 - 4];
    rf_clean_copy(a, sizeof a, facts->bank[pair.a]->name);
    rf_clean_copy(b, sizeof b, facts->bank[pair.b]->name);
    (void)snprintf(out, RF_FACTS_LABEL, "%s and %s", a, b);
}

static void label_bucket(char out[RF_FACTS_LABEL], struct rf_facts_bucket bucket,
                         const char *thousands)
{
    char from[RF_UNITS_TEXT], to[RF_UNITS_TEXT];
    (void)rf_units_grouped(from, bucket.from, thousands);
    (void)rf_units_grouped(to, bucket.to, thousands);
    if (bucket.to == 0)
        (void)snprintf(out, RF_FACTS_LABEL, "%s or more", from);
    else if (bucket.to == bucket.from)
        (void)snprintf(out, RF_FACTS_LABEL, "%s", from);
    else
        (void)snprintf(out, RF_FACTS_LABEL, "%s to %s", from, to);
}

const char *rf_facts_label(char out[RF_FACTS_LABEL], const struct rf_facts *facts,
                           enum rf_table table, size_t cell)
{
    const char *words = "all";
    switch (table) {
    case RF_TABLE_TOKENS_BY_TYPE:
        label_type(out, rf_facts_type(facts, cell));
        return out;
    case RF_TABLE_TOKENS_BY_PAIR:
    case RF_TABLE_RINGS_BY_PAIR:
        label_pair(out, rf_facts_pair(facts, cell), facts);
        return out;
    case RF_TABLE_RINGS_BY_SIZE:
        label_bucket(out, rf_facts_bucket(facts, cell), facts->thousands);
        return out;
    case RF_TABLE_RINGS_BY_BANKS:
        (void)snprintf(out, RF_FACTS_LABEL, "%zu banks", facts->shape->min_banks + cell);
        return out;
    case RF_TABLE_RINGS_BY_FLAG:
        words = cell == 0 ? "with a flagged customer" : "without one";
        break;
    case RF_TABLE_MEMBERS_BY_FLAG:
        words = cell == 0 ? "flagged" : "not flagged";
        break;
    case RF_TABLE_TOKENS_TOTAL:
    case RF_TABLE_RINGS_TOTAL:
    case RF_TABLE_COUNT:
        break;
    }
    (void)snprintf(out, RF_FACTS_LABEL, "%s", words);
    return out;
}

bool rf_facts_takes_part(const struct rf_facts *facts, const struct rf_member *member)
{
    return member->contributor || member->recipient ||
           (!facts->report->plain && member->party >= 0);
}

bool rf_facts_has_cost(const struct rf_facts *facts, unsigned party)
{
    const struct rf_report_cost *cost = &facts->report->cost[party];
    return !facts->report->plain && (cost->steps != 0 || cost->bytes_sent || cost->bytes_received ||
                                     cost->rounds || cost->peak_memory || cost->seconds > 0);
}
