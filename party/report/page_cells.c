#include <stdlib.h>

#include "party/report/page.h"
#include "party/report/units.h"

static const char *const figure_names[RF_FIGURE_COUNT] = {
    "Shared tokens",
    "Rings",
    "Customers",
    "Exposure",
};

static unsigned columns(enum rf_table table)
{
    unsigned count = 0;
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++)
        count += rf_table_has(table, figure);
    return count;
}

static void open_table(struct rf_markup *markup, enum rf_table table, const char *caption,
                       const char *label)
{
    rf_page_table_open(markup, "cells", caption);
    rf_page_table_heading(markup, label, false);
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++)
        if (rf_table_has(table, figure))
            rf_page_table_heading(markup, figure_names[figure], true);
    rf_page_table_rows(markup);
}

static void put_withheld(struct rf_markup *markup, enum rf_table table)
{
    rf_markup_open(markup, "td class='withheld' colspan='%u'", columns(table));
    rf_markup_element(markup, "span", "withheld");
    rf_markup_close(markup);
}

static void put_figures(struct rf_markup *markup, enum rf_table table, const struct rf_cell *cell)
{
    char text[RF_UNITS_TEXT];
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++) {
        if (rf_table_has(table, figure))
            rf_markup_element(markup, "td class='n'", "%s",
                              rf_units_grouped(text, cell->figure[figure], RF_UNITS_GAP));
    }
}

static void put_row(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                    size_t index)
{
    const struct rf_cell *cell = rf_facts_cell(facts, table, index);
    char label[RF_FACTS_LABEL];
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row'", "%s", rf_facts_label(label, facts, table, index));
    if (cell->shown)
        put_figures(markup, table, cell);
    else
        put_withheld(markup, table);
    rf_markup_close(markup);
}

void rf_page_cells(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                   const char *caption, const char *label)
{
    open_table(markup, table, caption, label);
    for (size_t i = 0; i < rf_facts_cells(facts, table); i++)
        put_row(markup, facts, table, i);
    rf_page_table_close(markup);
}

/* A pair's place in the result, and what it is sorted by. */
struct place {
    size_t index;
    const struct rf_cell *cell;
};

static int largest_first(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++)
        if (x->cell->figure[figure] != y->cell->figure[figure])
            return x->cell->figure[figure] < y->cell->figure[figure] ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

static void put_hidden_pairs(struct rf_markup *markup, enum rf_table table, size_t hidden,
                             size_t shown)
{
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row'", "%zu %s%s", hidden, shown ? "other pair" : "pair",
                      hidden == 1 ? "" : "s");
    put_withheld(markup, table);
    rf_markup_close(markup);
}

void rf_page_cells_pairs(struct rf_markup *markup, const struct rf_facts *facts,
                         enum rf_table table, const char *caption)
{
    struct place place[RF_PAIRS_MAX];
    size_t cells = rf_facts_cells(facts, table), shown = 0;
    for (size_t i = 0; i < cells; i++)
        if (rf_facts_cell(facts, table, i)->shown)
            place[shown++] = (struct place){i, rf_facts_cell(facts, table, i)};
    qsort(place, shown, sizeof *place, largest_first);
    open_table(markup, table, caption, "Banks");
    for (size_t i = 0; i < shown; i++)
        put_row(markup, facts, table, place[i].index);
    if (shown < cells)
        put_hidden_pairs(markup, table, cells - shown, shown);
    rf_page_table_close(markup);
}
