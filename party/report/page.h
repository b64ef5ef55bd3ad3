/** page.h - the parts of report.html
 *
 * Each writes one part into the page, in this order. They print what the facts say and decide
 * nothing; what a page needs beyond them is one style sheet. */
#ifndef RF_PARTY_REPORT_PAGE_H
#define RF_PARTY_REPORT_PAGE_H

#include "party/report/facts.h"
#include "party/report/markup.h"

/** The style sheet: both colour schemes, and print on A4. */
extern const char rf_page_style[];

/** rf_page_summary() - title, purpose, a warning on plain results, totals, what was withheld */
void rf_page_summary(struct rf_markup *markup, const struct rf_facts *facts);

/** rf_page_rings() - ring statistics with their drawings; nothing if the study did not ask */
void rf_page_rings(struct rf_markup *markup, const struct rf_facts *facts);

/** rf_page_tokens() - shared tokens, likewise */
void rf_page_tokens(struct rf_markup *markup, const struct rf_facts *facts);

/** rf_page_study() - who took part, the parameters, and the words used */
void rf_page_study(struct rf_markup *markup, const struct rf_facts *facts);

/** rf_page_security() - protocol, manifest, what it protects and what not, disclosures; not for plain
 * results */
void rf_page_security(struct rf_markup *markup, const struct rf_facts *facts);

/** rf_page_cost() - time, traffic and memory by step and party; nothing if no party said */
void rf_page_cost(struct rf_markup *markup, const struct rf_facts *facts);

/** rf_page_cells() - one of the result's tables: a row for each cell
 * @caption: what it counts; @label: heading of its first column */
void rf_page_cells(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                   const char *caption, const char *label);

/** rf_page_cells_pairs() - a table by pair: the largest first, and one row for all withheld ones */
void rf_page_cells_pairs(struct rf_markup *markup, const struct rf_facts *facts,
                         enum rf_table table, const char *caption);

/** rf_page_table_open() - any table: then come its headings, _rows, its rows, and _close
 * @class: "cells" for figures beside a drawing, "wide" for one that fills the page */
void rf_page_table_open(struct rf_markup *markup, const char *class, const char *caption);
void rf_page_table_heading(struct rf_markup *markup, const char *text, bool number);
void rf_page_table_rows(struct rf_markup *markup);
void rf_page_table_close(struct rf_markup *markup);

#endif
