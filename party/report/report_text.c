#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party/report/clean.h"
#include "party/report/facts.h"
#include "party/report/units.h"

/* Columns of a terminal. A line holds at most 80. */
enum {
    LINE = 80,
    FIGURE = 14,
    NAME_COLUMNS_MIN = 6,
    NAME_COLUMNS_MAX = 24,
    BAR_MAX = 40,
    PAIRS_LISTED = 20
};

static void put_clean(FILE *out, const char *text)
{
    char character[RF_CLEAN_CHARACTER];
    size_t size;
    while ((size = rf_clean_next(&text, character)) != 0)
        (void)fwrite(character, 1, size, out);
}

static void put_spaces(FILE *out, unsigned count)
{
    (void)fprintf(out, "%*s", (int)count, "");
}

/* Bytes of the word that @text begins with, and the columns that it takes. */
static size_t measure_word(const char *text, unsigned *columns)
{
    char word[3 * RF_TEXT_MAX + 1];
    size_t size = strcspn(text, " ");
    (void)snprintf(word, sizeof word, "%.*s", (int)size, text);
    *columns = rf_clean_width(word);
    return size;
}

/* Whole words, a new line where the next one would not fit. */
static void put_wrapped(FILE *out, const char *text)
{
    char clean[3 * RF_TEXT_MAX + 1];
    const char *word = clean;
    unsigned at = 0, columns;
    rf_clean_copy(clean, sizeof clean, text);
    word += strspn(word, " ");
    while (*word) {
        size_t size = measure_word(word, &columns);
        bool fits = at + 1 + columns <= LINE;
        if (at != 0)
            (void)fputc(fits ? ' ' : '\n', out);
        (void)fwrite(word, 1, size, out);
        at = at != 0 && fits ? at + 1 + columns : columns;
        word += size + strspn(word + size, " ");
    }
    (void)fputc('\n', out);
}

/* A name in exactly @columns. One that is longer loses its middle: names often differ at the end. */
static void put_name(FILE *out, const char *name, unsigned columns)
{
    bool cut = rf_clean_width(name) > columns;
    unsigned used = 0;
    while (*name) {
        char character[RF_CLEAN_CHARACTER + 1] = {0};
        if (cut && used >= columns / 2) {
            (void)fputc('~', out);
            used++;
            cut = false;
            while (rf_clean_width(name) > columns - used)
                (void)rf_clean_next(&name, character);
            continue;
        }
        (void)rf_clean_next(&name, character);
        (void)fputs(character, out);
        used += rf_clean_width(character);
    }
    put_spaces(out, columns - used);
}

static const char *figure_text(char out[RF_UNITS_TEXT], const struct rf_cell *cell,
                               enum rf_figure figure)
{
    return cell->shown ? rf_units_grouped(out, cell->figure[figure], ",") : "withheld";
}

static void put_head(FILE *out, const struct rf_facts *facts)
{
    char time[RF_UNITS_TEXT];
    put_clean(out, facts->study->name);
    (void)fputc('\n', out);
    put_wrapped(out, facts->study->purpose);
    if (facts->report->plain) /* has no time of its own */
        (void)fprintf(out, "%u banks, computed in plain text\n", facts->banks);
    else
        (void)fprintf(out, "%u banks, computed by three parties, %s\n", facts->banks,
                      rf_units_date(time, facts->report->finished));
}

static void put_total(FILE *out, const char *name, const struct rf_cell *cell,
                      enum rf_figure figure)
{
    char text[RF_UNITS_TEXT];
    (void)fprintf(out, "  %-20s%28s%s\n", name, figure_text(text, cell, figure),
                  figure == RF_FIGURE_EXPOSURE && cell->shown ? " minor units" : "");
}

static void put_totals(FILE *out, const struct rf_facts *facts)
{
    (void)fputc('\n', out);
    if (facts->shape->rings) {
        const struct rf_cell *cell = rf_facts_cell(facts, RF_TABLE_RINGS_TOTAL, 0);
        put_total(out, "Rings", cell, RF_FIGURE_RINGS);
        put_total(out, "Customers in rings", cell, RF_FIGURE_MEMBERS);
        put_total(out, "Exposure in rings", cell, RF_FIGURE_EXPOSURE);
    }
    if (facts->shape->shared_tokens)
        put_total(out, "Shared tokens", rf_facts_cell(facts, RF_TABLE_TOKENS_TOTAL, 0),
                  RF_FIGURE_TOKENS);
}

static uint64_t largest(const struct rf_facts *facts, enum rf_table table, enum rf_figure figure)
{
    uint64_t value = 0;
    for (size_t i = 0; i < rf_facts_cells(facts, table); i++)
        if (rf_facts_cell(facts, table, i)->figure[figure] > value)
            value = rf_facts_cell(facts, table, i)->figure[figure];
    return value;
}

static void put_bar(FILE *out, uint64_t value, uint64_t of, unsigned columns)
{
    unsigned length = of ? (unsigned)((double)value / (double)of * columns) : 0;
    if (length == 0 && value != 0)
        length = 1;
    if (length != 0)
        (void)fputs("  ", out);
    for (unsigned i = 0; i < length; i++)
        (void)fputc('#', out);
}

static unsigned widest_size(const struct rf_facts *facts)
{
    char label[RF_FACTS_LABEL];
    size_t widest = 0;
    for (size_t i = 0; i < rf_facts_cells(facts, RF_TABLE_RINGS_BY_SIZE); i++) {
        size_t width = strlen(rf_facts_label(label, facts, RF_TABLE_RINGS_BY_SIZE, i));
        if (width > widest)
            widest = width;
    }
    return (unsigned)widest;
}

static void put_sizes(FILE *out, const struct rf_facts *facts)
{
    uint64_t most = largest(facts, RF_TABLE_RINGS_BY_SIZE, RF_FIGURE_RINGS);
    unsigned labels = widest_size(facts), bars = LINE - 2 - labels - FIGURE - 2;
    (void)fputs("\nRings by size, in customers\n", out);
    for (size_t i = 0; i < rf_facts_cells(facts, RF_TABLE_RINGS_BY_SIZE); i++) {
        const struct rf_cell *cell = rf_facts_cell(facts, RF_TABLE_RINGS_BY_SIZE, i);
        char label[RF_FACTS_LABEL], text[RF_UNITS_TEXT];
        (void)fprintf(out, "  %-*s%*s", (int)labels,
                      rf_facts_label(label, facts, RF_TABLE_RINGS_BY_SIZE, i), FIGURE,
                      figure_text(text, cell, RF_FIGURE_RINGS));
        put_bar(out, cell->figure[RF_FIGURE_RINGS], most, bars < BAR_MAX ? bars : BAR_MAX);
        (void)fputc('\n', out);
    }
}

/* A pair of banks and its cells in the tables that the study asked for; NULL: it did not. */
struct pair {
    struct rf_facts_pair banks;
    const struct rf_cell *rings, *tokens;
};

static bool is_shown(const struct pair *pair)
{
    return (pair->rings && pair->rings->shown) || (pair->tokens && pair->tokens->shown);
}

static size_t gather_pairs(const struct rf_facts *facts, struct pair pair[RF_PAIRS_MAX])
{
    size_t shown = 0;
    for (size_t i = 0; i < (size_t)facts->banks * (facts->banks - 1) / 2; i++) {
        pair[shown] = (struct pair){.banks = rf_facts_pair(facts, i)};
        if (facts->shape->rings)
            pair[shown].rings = rf_facts_cell(facts, RF_TABLE_RINGS_BY_PAIR, i);
        if (facts->shape->shared_tokens)
            pair[shown].tokens = rf_facts_cell(facts, RF_TABLE_TOKENS_BY_PAIR, i);
        shown += is_shown(&pair[shown]);
    }
    return shown;
}

static int most_first(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    uint64_t x_rings = x->rings ? x->rings->figure[RF_FIGURE_RINGS] : 0;
    uint64_t y_rings = y->rings ? y->rings->figure[RF_FIGURE_RINGS] : 0;
    uint64_t x_tokens = x->tokens ? x->tokens->figure[RF_FIGURE_TOKENS] : 0;
    uint64_t y_tokens = y->tokens ? y->tokens->figure[RF_FIGURE_TOKENS] : 0;
    if (x_rings != y_rings)
        return x_rings < y_rings ? 1 : -1;
    if (x_tokens != y_tokens)
        return x_tokens < y_tokens ? 1 : -1;
    return x->banks.a * RF_BANKS_MAX + x->banks.b < y->banks.a * RF_BANKS_MAX + y->banks.b ? -1 : 1;
}

static unsigned name_columns(const struct rf_facts *facts)
{
    unsigned widest = 0;
    for (unsigned bank = 0; bank < facts->banks; bank++)
        if (rf_clean_width(facts->bank[bank]->name) > widest)
            widest = rf_clean_width(facts->bank[bank]->name);
    if (widest < NAME_COLUMNS_MIN)
        return NAME_COLUMNS_MIN;
    return widest < NAME_COLUMNS_MAX ? widest : NAME_COLUMNS_MAX;
}

static void put_pair(FILE *out, const struct rf_facts *facts, const struct pair *pair,
                     unsigned names)
{
    char text[RF_UNITS_TEXT];
    put_spaces(out, 2);
    put_name(out, facts->bank[pair->banks.a]->name, names);
    put_spaces(out, 1);
    put_name(out, facts->bank[pair->banks.b]->name, names);
    if (pair->rings)
        (void)fprintf(out, "%*s", FIGURE, figure_text(text, pair->rings, RF_FIGURE_RINGS));
    if (pair->tokens)
        (void)fprintf(out, "%*s", FIGURE, figure_text(text, pair->tokens, RF_FIGURE_TOKENS));
    (void)fputc('\n', out);
}

static void put_pairs(FILE *out, const struct rf_facts *facts)
{
    struct pair pair[RF_PAIRS_MAX];
    size_t shown = gather_pairs(facts, pair), listed = shown < PAIRS_LISTED ? shown : PAIRS_LISTED;
    unsigned names = name_columns(facts);
    qsort(pair, shown, sizeof *pair, most_first);
    (void)fprintf(out, "\n%-*s", (int)(2 * names + 3), "Pairs of banks");
    if (facts->shape->rings)
        (void)fprintf(out, "%*s", FIGURE, "rings");
    if (facts->shape->shared_tokens)
        (void)fprintf(out, "%*s", FIGURE, "shared tokens");
    (void)fputc('\n', out);
    for (size_t i = 0; i < listed; i++)
        put_pair(out, facts, &pair[i], names);
    if (listed < shown)
        (void)fprintf(out, "  and %zu pairs with less\n", shown - listed);
    if (shown == 0)
        (void)fputs("  all withheld\n", out);
}

static void put_withheld(FILE *out, const struct rf_facts *facts)
{
    char text[256];
    (void)snprintf(text, sizeof text,
                   "%zu of %zu cells are withheld: about fewer than %u customers of others, or "
                   "needed to protect such a cell.",
                   facts->withheld, facts->cells, facts->study->min_cell);
    (void)fputc('\n', out);
    put_wrapped(out, facts->withheld ? text : "No cell is withheld.");
}

static void put_report(FILE *out, const struct rf_facts *facts)
{
    put_head(out, facts);
    put_totals(out, facts);
    if (facts->shape->rings)
        put_sizes(out, facts);
    put_pairs(out, facts);
    put_withheld(out, facts);
}

enum rf_rc rf_report_text(const struct rf_report *report, char **text, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_facts facts;
    size_t size = 0;
    FILE *out = NULL;
    bool failed;
    *text = NULL;
    RF_TRY(rf_facts_gather(&facts, report, err));
    out = open_memstream(text, &size);
    if (!out)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "report: no memory for its text"));
    put_report(out, &facts);
    failed = ferror(out);
    failed |= fclose(out) != 0;
    if (failed)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "report: no memory for its text"));
done:
    if (rc != RF_OK) {
        free(*text);
        *text = NULL;
    }
    return rc;
}
