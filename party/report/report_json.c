#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/hex.h"
#include "party/keys/safe_file.h"
#include "party/report/clean.h"
#include "party/report/facts.h"
#include "party/report/units.h"

enum { FORMAT_VERSION = 1 };

/* Jansson passes a failure on as NULL; put() and add() notice it and take the value in any case. */
struct writing {
    struct rf_facts facts;
    bool failed;
};

static void put(struct writing *w, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        w->failed = true;
}

static void add(struct writing *w, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        w->failed = true;
}

static json_t *count(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value) : NULL;
}

/* Money has all 64 bits, and many readers of JSON keep 53 of an integer: so it is a string. */
static json_t *money(uint64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRIu64, value);
    return json_string(digits);
}

static json_t *words(const char *text)
{
    char clean[3 * RF_TEXT_MAX + 1];
    rf_clean_copy(clean, sizeof clean, text);
    return json_string(clean);
}

static json_t *hex(const uint8_t *bytes, size_t size)
{
    char digits[RF_UNITS_TEXT];
    return json_string(rf_hex(digits, bytes, size));
}

/* To the microsecond, so that the fewest digits say it. */
static json_t *seconds(double value)
{
    return json_real(isfinite(value) && value > 0 ? round(value * 1e6) / 1e6 : 0);
}

static json_t *parameters(struct writing *w)
{
    const struct rf_study *study = w->facts.study;
    json_t *object = json_object(), *buckets = json_array();
    for (unsigned i = 0; i < study->bucket_count; i++)
        add(w, buckets, count(study->buckets[i]));
    put(w, object, "hub_cap", count(study->hub_cap));
    put(w, object, "min_size", count(study->min_size));
    put(w, object, "min_banks", count(study->min_banks));
    put(w, object, "min_cell", count(study->min_cell));
    put(w, object, "size_buckets", buckets);
    put(w, object, "max_exposure", money(study->max_exposure));
    put(w, object, "shared_rows", study->shared_rows ? count(study->shared_rows) : json_null());
    put(w, object, "iterations", study->iterations ? count(study->iterations) : json_null());
    put(w, object, "lanes", count(study->lanes));
    put(w, object, "proof_gates", count(study->proof_gates));
    return object;
}

static json_t *member(struct writing *w, const struct rf_member *member)
{
    json_t *object = json_object(), *roles = json_array();
    bool party = !w->facts.report->plain && member->party >= 0;
    if (member->contributor)
        add(w, roles, json_string("contributor"));
    if (party)
        add(w, roles, json_string("party"));
    if (member->recipient)
        add(w, roles, json_string("recipient"));
    put(w, object, "name", words(member->name));
    put(w, object, "roles", roles);
    if (party)
        put(w, object, "party", json_integer(member->party));
    if (member->customers)
        put(w, object, "customers", count(member->customers));
    if (member->rows)
        put(w, object, "rows", count(member->rows));
    return object;
}

static json_t *members(struct writing *w)
{
    const struct rf_study *study = w->facts.study;
    json_t *array = json_array();
    for (unsigned i = 0; i < study->member_count; i++)
        if (rf_facts_takes_part(&w->facts, &study->members[i]))
            add(w, array, member(w, &study->members[i]));
    return array;
}

static json_t *types(struct writing *w)
{
    json_t *array = json_array();
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        if (w->facts.shape->types[type])
            add(w, array, json_string(rf_token_type_name(type)));
    return array;
}

static json_t *asked(struct writing *w)
{
    json_t *array = json_array();
    if (w->facts.study->shared_tokens)
        add(w, array, json_string("shared_tokens"));
    if (w->facts.study->rings)
        add(w, array, json_string("rings"));
    return array;
}

static json_t *study(struct writing *w)
{
    json_t *object = json_object();
    put(w, object, "name", words(w->facts.study->name));
    put(w, object, "purpose", words(w->facts.study->purpose));
    put(w, object, "statistics", asked(w));
    put(w, object, "link", json_string(rf_study_link_name(w->facts.study->link)));
    put(w, object, "types", types(w));
    put(w, object, "parameters", parameters(w));
    put(w, object, "members", members(w));
    return object;
}

/* What a cell is about: the members that stand before its figures. */
static void put_labels(struct writing *w, json_t *object, enum rf_table table, size_t cell)
{
    struct rf_facts_bucket bucket;
    struct rf_facts_pair pair;
    switch (table) {
    case RF_TABLE_TOKENS_BY_TYPE:
        put(w, object, "type", json_string(rf_token_type_name(rf_facts_type(&w->facts, cell))));
        break;
    case RF_TABLE_TOKENS_BY_PAIR:
    case RF_TABLE_RINGS_BY_PAIR:
        pair = rf_facts_pair(&w->facts, cell);
        put(w, object, "a", words(w->facts.bank[pair.a]->name));
        put(w, object, "b", words(w->facts.bank[pair.b]->name));
        break;
    case RF_TABLE_RINGS_BY_SIZE:
        bucket = rf_facts_bucket(&w->facts, cell);
        put(w, object, "from", count(bucket.from));
        put(w, object, "to", bucket.to ? count(bucket.to) : json_null());
        break;
    case RF_TABLE_RINGS_BY_BANKS:
        put(w, object, "banks", count(w->facts.shape->min_banks + cell));
        break;
    case RF_TABLE_RINGS_BY_FLAG:
    case RF_TABLE_MEMBERS_BY_FLAG:
        put(w, object, "flagged", json_boolean(cell == 0));
        break;
    case RF_TABLE_TOKENS_TOTAL:
    case RF_TABLE_RINGS_TOTAL:
    case RF_TABLE_COUNT:
        break;
    }
}

static json_t *cell(struct writing *w, enum rf_table table, size_t index)
{
    static const char *const names[] = {"tokens", "rings", "members", "exposure"};
    const struct rf_cell *cell = rf_facts_cell(&w->facts, table, index);
    json_t *object = json_object();
    put_labels(w, object, table, index);
    put(w, object, "shown", json_boolean(cell->shown));
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT && cell->shown; figure++) {
        if (rf_table_has(table, figure)) {
            put(w, object, names[figure],
                figure == RF_FIGURE_EXPOSURE ? money(cell->figure[figure])
                                             : count(cell->figure[figure]));
        }
    }
    return object;
}

static json_t *cells(struct writing *w, enum rf_table table)
{
    json_t *array = json_array();
    if (table == RF_TABLE_TOKENS_TOTAL || table == RF_TABLE_RINGS_TOTAL) {
        json_decref(array);
        return cell(w, table, 0);
    }
    for (size_t i = 0; i < rf_facts_cells(&w->facts, table); i++)
        add(w, array, cell(w, table, i));
    return array;
}

/* A table's name is "statistic.table": the tables of one statistic stand together in one object. */
static json_t *statistics(struct writing *w)
{
    json_t *object = json_object(), *statistic = NULL;
    const char *last = "";
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        const char *name = rf_table_name(table), *dot = strchr(name, '.');
        char first[32];
        if (rf_facts_cells(&w->facts, table) == 0)
            continue;
        (void)snprintf(first, sizeof first, "%.*s", (int)(dot - name), name);
        if (strncmp(name, last, (size_t)(dot - name) + 1) != 0) {
            statistic = json_object();
            put(w, object, first, statistic);
        }
        put(w, statistic, dot + 1, cells(w, table));
        last = name;
    }
    return object;
}

static json_t *withheld(struct writing *w)
{
    json_t *object = json_object(), *tables = json_object();
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++)
        if (rf_facts_cells(&w->facts, table) != 0)
            put(w, tables, rf_table_name(table), count(rf_result_withheld(w->facts.result, table)));
    put(w, object, "cells", count(w->facts.withheld));
    put(w, object, "of", count(w->facts.cells));
    put(w, object, "by_table", tables);
    return object;
}

static json_t *disclosures(struct writing *w)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < w->facts.report->disclosures; i++) {
        const struct rf_report_disclosure *disclosure = &w->facts.report->disclosure[i];
        json_t *object = json_object();
        put(w, object, "name", words(disclosure->name));
        put(w, object, "to", words(disclosure->to));
        put(w, object, "description", words(disclosure->description));
        if (disclosure->value[0])
            put(w, object, "value", words(disclosure->value));
        add(w, array, object);
    }
    return array;
}

static json_t *steps(struct writing *w, const struct rf_report_cost *cost)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < cost->steps; i++) {
        const struct rf_report_step *step = &cost->step[i];
        json_t *object = json_object();
        put(w, object, "name", words(step->name));
        put(w, object, "rows", count(step->rows));
        put(w, object, "bytes_sent", count(step->bytes));
        put(w, object, "rounds", count(step->rounds));
        put(w, object, "seconds", seconds(step->seconds));
        add(w, array, object);
    }
    return array;
}

static json_t *totals(struct writing *w, const struct rf_report_cost *cost)
{
    json_t *object = json_object();
    put(w, object, "bytes_sent", count(cost->bytes_sent));
    put(w, object, "bytes_received", count(cost->bytes_received));
    put(w, object, "rounds", count(cost->rounds));
    put(w, object, "peak_memory", count(cost->peak_memory));
    put(w, object, "seconds", seconds(cost->seconds));
    return object;
}

static json_t *costs(struct writing *w)
{
    json_t *array = json_array();
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        json_t *object;
        if (!rf_facts_has_cost(&w->facts, party))
            continue;
        object = json_object();
        put(w, object, "party", count(party));
        put(w, object, "member", words(w->facts.party[party]->name));
        put(w, object, "steps", steps(w, &w->facts.report->cost[party]));
        put(w, object, "totals", totals(w, &w->facts.report->cost[party]));
        add(w, array, object);
    }
    return array;
}

static json_t *document(struct writing *w)
{
    const struct rf_report *report = w->facts.report;
    char time[RF_UNITS_TEXT];
    json_t *object = json_object();
    put(w, object, "format", json_string("ringfence-result"));
    put(w, object, "version", count(FORMAT_VERSION));
    put(w, object, "study", study(w));
    if (!report->plain) {
        put(w, object, "manifest", hex(report->manifest_hash, sizeof report->manifest_hash));
        put(w, object, "session", hex(report->session, sizeof report->session));
        put(w, object, "epoch", count(report->epoch));
    }
    put(w, object, "finished", json_string(rf_units_iso(time, report->finished)));
    if (!report->plain)
        put(w, object, "protocol", words(report->study->protocol));
    put(w, object, "plain", json_boolean(report->plain));
    put(w, object, "statistics", statistics(w));
    put(w, object, "withheld", withheld(w));
    if (!report->plain) {
        put(w, object, "disclosures", disclosures(w));
        put(w, object, "cost", costs(w));
    }
    return object;
}

static char *write_down(struct writing *w)
{
    json_t *object = document(w);
    char *text = w->failed ? NULL : json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(object);
    return text;
}

enum rf_rc rf_report_json_text(const struct rf_report *report, char **text, struct rf_err *err)
{
    enum rf_rc rc;
    struct writing w = {0};
    *text = NULL;
    RF_TRY(rf_facts_gather(&w.facts, report, err));
    *text = write_down(&w);
    if (!*text)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "no memory to put the result together"));
done:
    return rc;
}

enum rf_rc rf_report_json(const struct rf_report *report, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    char *text = NULL;
    size_t size = 0;
    RF_TRY(rf_report_json_text(report, &text, err));
    size = strlen(text);
    text[size] = '\n'; /* in place of the NUL: the file wants a line's end, not a string's */
    RF_TRY(rf_safe_file_write(path, text, size + 1, 0600, RF_SAFE_FILE_REPLACE, err));
done:
    free(text);
    return rc;
}
