#include <string.h>

#include "party/report/chart.h"
#include "party/report/page.h"
#include "party/report/units.h"

enum { CHART_WIDTH = 760 };

/* The parties that said what they spent, and the one whose steps name the rows. */
struct costs {
    const struct rf_report_cost *cost[RF_PARTIES];
    const struct rf_member *party[RF_PARTIES];
    const struct rf_report_cost *longest;
    unsigned count;
};

static struct costs find_costs(const struct rf_facts *facts)
{
    struct costs costs = {0};
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        const struct rf_report_cost *cost = &facts->report->cost[party];
        if (!rf_facts_has_cost(facts, party))
            continue;
        if (!costs.longest || cost->steps > costs.longest->steps)
            costs.longest = cost;
        costs.party[costs.count] = facts->party[party];
        costs.cost[costs.count++] = cost;
    }
    return costs;
}

/* All parties go through the same steps; one that stopped short has no figures for the rest. */
static const struct rf_report_step *find_step(const struct costs *costs, unsigned column,
                                              unsigned index)
{
    const struct rf_report_cost *cost = costs->cost[column];
    if (index >= cost->steps ||
        strcmp(cost->step[index].name, costs->longest->step[index].name) != 0)
        return NULL;
    return &cost->step[index];
}

static double slowest(const struct costs *costs, unsigned index)
{
    double seconds = 0;
    for (unsigned column = 0; column < costs->count; column++) {
        const struct rf_report_step *step = find_step(costs, column, index);
        if (step && step->seconds > seconds)
            seconds = step->seconds;
    }
    return seconds;
}

static void put_times(struct rf_markup *markup, const struct costs *costs)
{
    static const char title[] = "Time by step";
    struct rf_chart_bar bar[RF_REPORT_STEPS_MAX] = {0};
    for (unsigned i = 0; i < costs->longest->steps; i++) {
        bar[i].shown = true;
        bar[i].value = slowest(costs, i);
        (void)snprintf(bar[i].label, sizeof bar[i].label, "%s", costs->longest->step[i].name);
        (void)rf_units_seconds(bar[i].text, bar[i].value);
    }
    rf_markup_open(markup, "figure class='scroll'");
    rf_markup_element(markup, "figcaption", "%s, at the slowest party", title);
    rf_chart_bars(markup, bar, costs->longest->steps, CHART_WIDTH, title,
                  "One lying bar for each step, in the order in which they ran; the table that "
                  "follows has the same times for each party.");
    rf_markup_close(markup);
}

static void put_party_headings(struct rf_markup *markup, const struct costs *costs)
{
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='col' rowspan='2'", "Step");
    rf_markup_element(markup, "th scope='col' rowspan='2' class='n'", "Rows");
    for (unsigned column = 0; column < costs->count; column++) {
        rf_markup_open(markup, "th scope='colgroup' colspan='3' class='group'");
        rf_markup_words(markup, costs->party[column]->name);
        rf_markup_close(markup);
    }
    rf_markup_close(markup);
    rf_markup_open(markup, "tr");
    for (unsigned column = 0; column < costs->count; column++) {
        rf_markup_element(markup, "th scope='col' class='n group'", "Sent");
        rf_markup_element(markup, "th scope='col' class='n'", "Rounds");
        rf_markup_element(markup, "th scope='col' class='n'", "Time");
    }
    rf_markup_close(markup);
}

static void put_spent(struct rf_markup *markup, uint64_t bytes, uint64_t rounds, double seconds)
{
    char text[RF_UNITS_TEXT];
    rf_markup_element(markup, "td class='n group'", "%s", rf_units_bytes(text, bytes));
    rf_markup_element(markup, "td class='n'", "%s", rf_units_grouped(text, rounds, RF_UNITS_GAP));
    rf_markup_element(markup, "td class='n'", "%s", rf_units_seconds(text, seconds));
}

static void put_step(struct rf_markup *markup, const struct costs *costs, unsigned index)
{
    char text[RF_UNITS_TEXT];
    const struct rf_report_step *row = &costs->longest->step[index];
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row'", "%s", row->name);
    rf_markup_element(markup, "td class='n'", "%s",
                      rf_units_grouped(text, row->rows, RF_UNITS_GAP));
    for (unsigned column = 0; column < costs->count; column++) {
        const struct rf_report_step *step = find_step(costs, column, index);
        if (step)
            put_spent(markup, step->bytes, step->rounds, step->seconds);
        else
            rf_markup_element(markup, "td class='n group' colspan='3'", "\xe2\x80\x93");
    }
    rf_markup_close(markup);
}

static void put_total_heading(struct rf_markup *markup, const char *text)
{
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row' colspan='2'", "%s", text);
}

static void put_bytes(struct rf_markup *markup, uint64_t bytes)
{
    char text[RF_UNITS_TEXT];
    rf_markup_element(markup, "td class='n group'", "%s", rf_units_bytes(text, bytes));
    rf_markup_element(markup, "td colspan='2'", "%s", "");
}

static void put_totals(struct rf_markup *markup, const struct costs *costs)
{
    put_total_heading(markup, "In all");
    for (unsigned i = 0; i < costs->count; i++)
        put_spent(markup, costs->cost[i]->bytes_sent, costs->cost[i]->rounds,
                  costs->cost[i]->seconds);
    rf_markup_close(markup);
    put_total_heading(markup, "Received");
    for (unsigned i = 0; i < costs->count; i++)
        put_bytes(markup, costs->cost[i]->bytes_received);
    rf_markup_close(markup);
    put_total_heading(markup, "Peak memory");
    for (unsigned i = 0; i < costs->count; i++)
        put_bytes(markup, costs->cost[i]->peak_memory);
    rf_markup_close(markup);
}

static void put_table(struct rf_markup *markup, const struct costs *costs)
{
    rf_markup_open(markup, "div class='scroll'");
    rf_markup_open(markup, "table class='wide costs'");
    rf_markup_element(markup, "caption", "What each party spent, step by step");
    rf_markup_open(markup, "thead");
    put_party_headings(markup, costs);
    rf_markup_close(markup);
    rf_markup_open(markup, "tbody");
    for (unsigned i = 0; i < costs->longest->steps; i++)
        put_step(markup, costs, i);
    rf_markup_close(markup);
    rf_markup_open(markup, "tfoot");
    put_totals(markup, costs);
    rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_close(markup);
}

void rf_page_cost(struct rf_markup *markup, const struct rf_facts *facts)
{
    struct costs costs = find_costs(facts);
    if (costs.count == 0 || !costs.longest)
        return;
    rf_markup_open(markup, "section id='cost'");
    rf_markup_element(markup, "h2", "What it cost");
    rf_markup_element(
        markup, "p class='definition'",
        "Rows are those that a step works on. Sent and received count the bytes of the "
        "protocol; a round is a wait for the other parties. Peak memory is that of the "
        "secret shares.");
    if (costs.longest->steps != 0)
        put_times(markup, &costs);
    put_table(markup, &costs);
    rf_markup_close(markup);
}
