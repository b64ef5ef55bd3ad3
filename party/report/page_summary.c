#include <stdio.h>

#include "party/report/chart.h"
#include "party/report/clean.h"
#include "party/report/page.h"
#include "party/report/units.h"

static void put_mark(struct rf_markup *markup)
{
    rf_markup_open(markup, "svg class='mark' width='22' height='22' viewBox='0 0 22 22' "
                           "aria-hidden='true'");
    rf_markup_leaf(markup, "circle class='mark-ring' cx='11' cy='11' r='7'");
    rf_markup_leaf(markup, "circle class='mark-dot' cx='11' cy='4' r='3'");
    rf_markup_leaf(markup, "circle class='mark-dot' cx='5' cy='15' r='3'");
    rf_markup_leaf(markup, "circle class='mark-dot' cx='17' cy='15' r='3'");
    rf_markup_close(markup);
}

static void put_fact(struct rf_markup *markup, const char *name, const char *text)
{
    rf_markup_open(markup, "div");
    rf_markup_element(markup, "dt", "%s", name);
    rf_markup_element(markup, "dd", "%s", text);
    rf_markup_close(markup);
}

static void put_link(struct rf_markup *markup, const char *id, const char *text)
{
    rf_markup_open(markup, "a href='#%s'", id);
    rf_markup_words(markup, text);
    rf_markup_close(markup);
}

static void put_contents(struct rf_markup *markup, const struct rf_facts *facts)
{
    bool cost = false;
    for (unsigned party = 0; party < RF_PARTIES; party++)
        cost |= rf_facts_has_cost(facts, party);
    rf_markup_open(markup, "nav aria-label='Contents'");
    if (facts->shape->rings)
        put_link(markup, "rings", "Rings");
    if (facts->shape->shared_tokens)
        put_link(markup, "tokens", "Shared tokens");
    put_link(markup, "study", "The study");
    if (!facts->report->plain)
        put_link(markup, "security", "Security");
    if (cost)
        put_link(markup, "cost", "Cost");
    rf_markup_close(markup);
}

static void put_header(struct rf_markup *markup, const struct rf_facts *facts)
{
    char text[RF_UNITS_TEXT];
    rf_markup_open(markup, "header");
    rf_markup_open(markup, "div class='brand'");
    put_mark(markup);
    rf_markup_element(markup, "span", "Ringfence \xc2\xb7 result of a study");
    rf_markup_close(markup);
    rf_markup_element(markup, "h1", "%s", facts->study->name);
    rf_markup_element(markup, "p class='lead'", "%s", facts->study->purpose);
    rf_markup_open(markup, "dl class='facts'");
    put_fact(markup, "Finished", rf_units_date(text, facts->report->finished));
    (void)snprintf(text, sizeof text, "%u", facts->banks);
    put_fact(markup, "Banks", text);
    if (facts->report->plain)
        put_fact(markup, "Computed", "in plain text");
    else
        put_fact(markup, "Computed", "by three parties, on secret shares");
    rf_markup_close(markup);
    put_contents(markup, facts);
    rf_markup_close(markup);
}

static void put_plain_warning(struct rf_markup *markup)
{
    rf_markup_open(markup, "aside class='warning' role='note'");
    rf_markup_element(markup, "h2", "This is a plaintext computation");
    rf_markup_element(
        markup, "p",
        "One program had every bank\xe2\x80\x99s records before it, in the clear. The "
        "figures are defined as in a secure run, and small cells are withheld alike, "
        "but nothing kept the records secret while they were computed, and no parties, "
        "manifest or session stand behind this page. It is meant for tests, for trials "
        "on synthetic data and for a bank\xe2\x80\x99s own data.");
    rf_markup_close(markup);
}

/* Long numbers are set smaller, so that 2^64 - 1 fits as well. */
static const char *number_class(const char *text)
{
    unsigned width = rf_clean_width(text);
    if (width > 18)
        return "longest";
    return width > 14 ? "long" : "short";
}

static void put_total(struct rf_markup *markup, const char *name, const struct rf_cell *cell,
                      enum rf_figure figure, const char *meaning)
{
    char text[RF_UNITS_TEXT];
    (void)rf_units_grouped(text, cell->figure[figure], RF_UNITS_GAP);
    rf_markup_open(markup, "div class='total%s%s'", figure == RF_FIGURE_EXPOSURE ? " money" : "",
                   cell->shown ? "" : " withheld");
    rf_markup_element(markup, "dt", "%s", name);
    rf_markup_open(markup, "dd class='number %s'", cell->shown ? number_class(text) : "none");
    rf_markup_element(markup, "span", "%s", cell->shown ? text : "withheld");
    rf_markup_close(markup);
    rf_markup_element(markup, "dd class='meaning'", "%s", meaning);
    rf_markup_close(markup);
}

static void put_ring_totals(struct rf_markup *markup, const struct rf_facts *facts)
{
    const struct rf_cell *cell = rf_facts_cell(facts, RF_TABLE_RINGS_TOTAL, 0);
    char meaning[128], size[RF_UNITS_TEXT];
    (void)snprintf(meaning, sizeof meaning, "of %s or more customers, across %u or more banks",
                   rf_units_grouped(size, facts->shape->min_size, RF_UNITS_GAP),
                   facts->shape->min_banks);
    put_total(markup, "Rings", cell, RF_FIGURE_RINGS, meaning);
    put_total(markup, "Customers in rings", cell, RF_FIGURE_MEMBERS, "at all banks together");
    put_total(markup, "Exposure in rings", cell, RF_FIGURE_EXPOSURE,
              "in minor units of currency, such as cents");
}

static void put_totals(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_open(markup, "section aria-labelledby='totals'");
    rf_markup_element(markup, "h2 id='totals' class='unseen'", "Totals");
    rf_markup_open(markup, "dl class='totals'");
    if (facts->shape->rings)
        put_ring_totals(markup, facts);
    if (facts->shape->shared_tokens)
        put_total(markup, "Shared tokens", rf_facts_cell(facts, RF_TABLE_TOKENS_TOTAL, 0),
                  RF_FIGURE_TOKENS, "held by customers of two or more banks");
    rf_markup_close(markup);
    rf_markup_close(markup);
}

static void put_withheld_count(struct rf_markup *markup, const struct rf_facts *facts)
{
    size_t shown = facts->cells - facts->withheld;
    rf_markup_open(markup, "p");
    rf_markup_open(markup, "strong");
    if (facts->study->min_cell == 0)
        rf_markup_words(markup, "No figure is withheld.");
    else if (facts->withheld == 0)
        rf_markup_print(markup, "None of the %zu cells is withheld.", facts->cells);
    else if (shown == 0)
        rf_markup_print(markup, "All %zu cells are withheld.", facts->cells);
    else
        rf_markup_print(markup, "%zu of %zu cells %s withheld.", facts->withheld, facts->cells,
                        facts->withheld == 1 ? "is" : "are");
    rf_markup_close(markup);
    if (facts->study->min_cell == 0) {
        rf_markup_words(markup, " The study sets min_cell to 0: figures about very few people are "
                                "shown too.");
    } else {
        rf_markup_print(
            markup,
            " A cell is hatched, and its figures withheld, if it is about fewer than %u "
            "customers (for tokens: groups of customers) when a recipient\xe2\x80\x99s own "
            "are not counted, or if it would give such a cell away. Empty cells are withheld too, "
            "so that \xe2\x80\x9cwithheld\xe2\x80\x9d does not say that somebody is there.%s",
            facts->study->min_cell,
            facts->report->plain ? ""
                                 : " Withheld figures were dropped inside the "
                                   "computation and were never opened to anyone.");
    }
    rf_markup_close(markup);
}

static void put_small_cells(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_open(markup, "aside class='small-cells' role='note'");
    rf_markup_open(markup, "h2");
    rf_chart_swatch(markup);
    rf_markup_element(markup, "span", "Small cells");
    rf_markup_close(markup);
    put_withheld_count(markup, facts);
    rf_markup_close(markup);
}

void rf_page_summary(struct rf_markup *markup, const struct rf_facts *facts)
{
    put_header(markup, facts);
    if (facts->report->plain)
        put_plain_warning(markup);
    put_totals(markup, facts);
    put_small_cells(markup, facts);
}
