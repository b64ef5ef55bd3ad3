/** chart.h - drawings of tables, as SVG inside a page
 *
 * Each has a title and a description for those who do not see it, and prints every value that it
 * shows. Colours and hatching are the style sheet's (page_style.c). Withheld cells are hatched. */
#ifndef RF_PARTY_REPORT_CHART_H
#define RF_PARTY_REPORT_CHART_H

#include "party/report/facts.h"
#include "party/report/markup.h"
#include "party/report/units.h"

struct rf_chart_bar {
    char label[RF_FACTS_LABEL];
    char text[RF_UNITS_TEXT]; /* the value, as it stands beside the bar */
    double value;             /* 0 or more */
    bool shown;               /* false: withheld */
};

/** rf_chart_pattern() - the hatching; once in a page, before all drawings */
void rf_chart_pattern(struct rf_markup *markup);

/** rf_chart_swatch() - a small hatched field: what withheld looks like */
void rf_chart_swatch(struct rf_markup *markup);

/** rf_chart_bars() - lying bars, one below the other, on a scale from 0 to the largest
 * @width: of the whole drawing in pixels; more if labels and values need it */
void rf_chart_bars(struct rf_markup *markup, const struct rf_chart_bar *bar, size_t bars,
                   unsigned width, const char *title, const char *description);

/** rf_chart_pairs() - a figure for each pair of banks, in the manner of a road atlas's table of
 * distances: a bank's name stands at the end of its row and above its column
 * @width: to be filled, within reason; more if values and names need it */
void rf_chart_pairs(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                    enum rf_figure figure, unsigned width, const char *title,
                    const char *description);

#endif
