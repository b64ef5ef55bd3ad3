#include <inttypes.h>

#include "party/report/chart.h"
#include "party/report/page.h"

enum {
    CHART_WIDTH = 460,
    PAIRS_WIDTH = 1000,
    PAIRS_BESIDE_MAX = 6, /* banks: above, the table of pairs goes below its drawing */
};

static void open_section(struct rf_markup *markup, const char *id, const char *heading)
{
    rf_markup_open(markup, "section id='%s'", id);
    rf_markup_element(markup, "h2", "%s", heading);
}

static void open_part(struct rf_markup *markup, const char *heading, const char *meaning)
{
    rf_markup_open(markup, "div class='part'");
    rf_markup_element(markup, "h3", "%s", heading);
    rf_markup_element(markup, "p class='meaning'", "%s", meaning);
}

/* One bar for each cell of a table. */
static void put_bars(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                     enum rf_figure figure, const char *title)
{
    struct rf_chart_bar bar[RF_BANKS_MAX > RF_BUCKETS_MAX ? RF_BANKS_MAX : RF_BUCKETS_MAX];
    size_t cells = rf_facts_cells(facts, table);
    for (size_t i = 0; i < cells; i++) {
        const struct rf_cell *cell = rf_facts_cell(facts, table, i);
        bar[i].shown = cell->shown;
        bar[i].value = (double)cell->figure[figure];
        (void)rf_facts_label(bar[i].label, facts, table, i);
        (void)rf_units_grouped(bar[i].text, cell->figure[figure], RF_UNITS_GAP);
    }
    rf_markup_open(markup, "figure");
    rf_markup_element(markup, "figcaption", "%s", title);
    rf_chart_bars(markup, bar, cells, CHART_WIDTH, title,
                  "One lying bar for each row of the table that goes with it. Withheld values are "
                  "hatched over the whole width.");
    rf_markup_close(markup);
}

static void put_histogram(struct rf_markup *markup, const struct rf_facts *facts,
                          enum rf_table table, enum rf_figure figure, const char *title,
                          const char *label)
{
    rf_markup_open(markup, "div class='beside'");
    put_bars(markup, facts, table, figure, title);
    rf_page_cells(markup, facts, table, title, label);
    rf_markup_close(markup);
}

static void put_legend(struct rf_markup *markup, bool hidden)
{
    rf_markup_open(markup, "p class='legend'");
    rf_markup_element(markup, "span", "A stronger colour means more.");
    if (hidden) {
        rf_chart_swatch(markup);
        rf_markup_element(markup, "span", "withheld");
    }
    rf_markup_close(markup);
}

static void put_pairs_drawing(struct rf_markup *markup, const struct rf_facts *facts,
                              enum rf_table table, enum rf_figure figure, const char *title)
{
    rf_markup_open(markup, "figure class='scroll'");
    rf_markup_element(markup, "figcaption", "%s", title);
    rf_chart_pairs(markup, facts, table, figure,
                   facts->banks <= PAIRS_BESIDE_MAX ? CHART_WIDTH : PAIRS_WIDTH, title,
                   "A cell for each pair of banks, its value printed in it: in the row of one bank "
                   "and the column of the other. Larger values have a stronger colour. "
                   "Withheld values are hatched.");
    put_legend(markup, rf_result_withheld(facts->result, table) != 0);
    rf_markup_close(markup);
}

static void put_pairs(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                      enum rf_figure figure, const char *title)
{
    bool beside = facts->banks <= PAIRS_BESIDE_MAX;
    rf_markup_open(markup, "div class='%s'", beside ? "beside" : "below");
    put_pairs_drawing(markup, facts, table, figure, title);
    if (!beside) {
        rf_markup_open(markup, "details");
        rf_markup_element(markup, "summary", "All %zu pairs as a table, the largest first",
                          rf_facts_cells(facts, table));
    }
    rf_page_cells_pairs(markup, facts, table, title);
    if (!beside)
        rf_markup_close(markup);
    rf_markup_close(markup);
}

static void put_rings_by_size(struct rf_markup *markup, const struct rf_facts *facts)
{
    open_part(markup, "By size",
              "How many customers a ring has, at all banks together. Exposure adds up that of the "
              "rings\xe2\x80\x99 customers, in minor units of currency.");
    put_histogram(markup, facts, RF_TABLE_RINGS_BY_SIZE, RF_FIGURE_RINGS, "Rings by size",
                  "Customers in a ring");
    rf_markup_close(markup);
}

static void put_rings_by_banks(struct rf_markup *markup, const struct rf_facts *facts)
{
    open_part(
        markup, "By number of banks spanned",
        "At how many banks a ring has customers. The more banks, the less of the ring any one "
        "of them sees.");
    put_histogram(markup, facts, RF_TABLE_RINGS_BY_BANKS, RF_FIGURE_RINGS,
                  "Rings by number of banks", "A ring spans");
    rf_markup_close(markup);
}

static void put_rings_by_pair(struct rf_markup *markup, const struct rf_facts *facts)
{
    open_part(markup, "By pair of banks",
              "Rings with customers at both banks of a pair. A ring that spans three banks belongs "
              "to three pairs and counts in each with all its customers and exposure, so pairs add "
              "up to more than the total.");
    put_pairs(markup, facts, RF_TABLE_RINGS_BY_PAIR, RF_FIGURE_RINGS, "Rings by pair of banks");
    rf_markup_close(markup);
}

static void put_rings_by_flag(struct rf_markup *markup, const struct rf_facts *facts)
{
    open_part(
        markup, "Flagged customers",
        "A flag is a bank\xe2\x80\x99s own mark on its customer, such as an earlier suspicion. "
        "Rings without one hold no customer whom a bank had marked.");
    rf_markup_open(markup, "div class='halves'");
    rf_page_cells(markup, facts, RF_TABLE_RINGS_BY_FLAG,
                  "Rings with and without a flagged customer", "Flag");
    rf_page_cells(markup, facts, RF_TABLE_MEMBERS_BY_FLAG, "Customers in rings, flagged or not",
                  "Flag");
    rf_markup_close(markup);
    rf_markup_close(markup);
}

void rf_page_rings(struct rf_markup *markup, const struct rf_facts *facts)
{
    if (!facts->shape->rings)
        return;
    open_section(markup, "rings", "Rings");
    rf_markup_open(markup, "p class='definition'");
    rf_markup_print(markup,
                    "A ring is a group of customers joined by tokens that they hold in common, "
                    "directly or through others of the group: a shared phone number joins two "
                    "customers, a shared address joins one of them to a third. It counts if it has "
                    "at least %" PRIu64 " customers and spans at least %u banks.",
                    facts->shape->min_size, facts->shape->min_banks);
    rf_markup_close(markup);
    put_rings_by_size(markup, facts);
    put_rings_by_banks(markup, facts);
    put_rings_by_pair(markup, facts);
    put_rings_by_flag(markup, facts);
    rf_markup_close(markup);
}

void rf_page_tokens(struct rf_markup *markup, const struct rf_facts *facts)
{
    if (!facts->shape->shared_tokens)
        return;
    open_section(markup, "tokens", "Shared tokens");
    rf_markup_element(markup, "p class='definition'",
                      "A token stands for one identifier, such as a phone number, or one account. "
                      "It is shared if customers of two or more banks hold it. Each token counts "
                      "once, however many customers hold it.");
    open_part(markup, "By type", "What the shared tokens stand for.");
    put_histogram(markup, facts, RF_TABLE_TOKENS_BY_TYPE, RF_FIGURE_TOKENS, "Shared tokens by type",
                  "Type");
    rf_markup_close(markup);
    open_part(markup, "By pair of banks",
              "Tokens held at both banks of a pair. A token held at three banks counts in three "
              "pairs, so pairs add up to more than the total.");
    put_pairs(markup, facts, RF_TABLE_TOKENS_BY_PAIR, RF_FIGURE_TOKENS,
              "Shared tokens by pair of banks");
    rf_markup_close(markup);
    rf_markup_close(markup);
}
