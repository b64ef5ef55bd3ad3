#include "party/report/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "party/report/clean.h"

/* Pixels. Text cannot be measured here: a character of it takes as much as a digit of a wide font
 * does, names are bold and take more. */
enum {
    CHARACTER = 8,
    CHARACTER_BOLD = 9,
    BAR_ROW = 33,
    BAR_HEIGHT = 17,
    BAR_TRACK_MIN = 120,
    PAIR_ROW = 38,
    PAIR_WIDTH_MIN = 48,
    PAIR_WIDTH_MAX = 80,
    GAP = 10,
    LEVELS = 6,
};

static unsigned text_width(const char *text)
{
    unsigned gaps = 0;
    for (const char *at = text; (at = strstr(at, RF_UNITS_GAP)); at++)
        gaps++;
    return rf_clean_width(text) * CHARACTER - gaps * CHARACTER / 2;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

void rf_chart_pattern(struct rf_markup *markup)
{
    rf_markup_open(markup, "svg class='patterns' width='0' height='0' aria-hidden='true'");
    rf_markup_open(markup, "defs");
    rf_markup_open(markup, "pattern id='hatch' width='6' height='6' "
                           "patternUnits='userSpaceOnUse' patternTransform='rotate(45)'");
    rf_markup_leaf(markup, "rect class='hatch-ground' width='6' height='6'");
    rf_markup_leaf(markup, "rect class='hatch-line' width='1.5' height='6'");
    rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_close(markup);
}

void rf_chart_swatch(struct rf_markup *markup)
{
    rf_markup_open(markup, "svg class='swatch' width='28' height='16' aria-hidden='true'");
    rf_markup_leaf(markup, "rect class='hidden' width='28' height='16' rx='2'");
    rf_markup_close(markup);
}

static void open_drawing(struct rf_markup *markup, unsigned width, unsigned height,
                         const char *title, const char *description)
{
    unsigned id = ++markup->figures;
    rf_markup_open(markup,
                   "svg class='chart' role='img' width='%u' height='%u' viewBox='0 0 %u %u' "
                   "aria-labelledby='title%u desc%u'",
                   width, height, width, height, id, id);
    rf_markup_open(markup, "title id='title%u'", id);
    rf_markup_words(markup, title);
    rf_markup_close(markup);
    rf_markup_open(markup, "desc id='desc%u'", id);
    rf_markup_words(markup, description);
    rf_markup_close(markup);
}

static void text_at(struct rf_markup *markup, const char *class, unsigned x, unsigned y,
                    const char *text)
{
    rf_markup_open(markup, "text class='%s' x='%u' y='%u'", class, x, y);
    rf_markup_words(markup, text);
    rf_markup_close(markup);
}

/* Where the columns of a bar chart stand. */
struct bars {
    unsigned left, track, width;
    double largest;
};

static struct bars measure_bars(const struct rf_chart_bar *bar, size_t bars, unsigned width)
{
    struct bars at = {0};
    unsigned right = text_width("withheld");
    for (size_t i = 0; i < bars; i++) {
        at.left = larger(at.left, text_width(bar[i].label) + GAP);
        right = larger(right, text_width(bar[i].text));
        if (bar[i].shown && bar[i].value > at.largest)
            at.largest = bar[i].value;
    }
    at.track = larger(width, at.left + right + GAP + BAR_TRACK_MIN) - at.left - right - GAP;
    at.width = at.left + at.track + GAP + right;
    return at;
}

static unsigned bar_length(const struct bars *at, double value)
{
    if (value <= 0)
        return 0;
    return larger(2, (unsigned)(value / at->largest * at->track));
}

static void draw_bar(struct rf_markup *markup, const struct bars *at,
                     const struct rf_chart_bar *bar, unsigned y)
{
    unsigned length = bar->shown ? bar_length(at, bar->value) : at->track;
    unsigned top = y + (BAR_ROW - BAR_HEIGHT) / 2, base = y + BAR_ROW / 2 + 5;
    text_at(markup, "label", 0, base, bar->label);
    if (length != 0)
        rf_markup_leaf(markup, "rect class='%s' x='%u' y='%u' width='%u' height='%u' rx='2'",
                       bar->shown ? "bar" : "hidden", at->left, top, length, (unsigned)BAR_HEIGHT);
    text_at(markup, bar->shown ? "value" : "missing", at->left + length + GAP, base,
            bar->shown ? bar->text : "withheld");
}

void rf_chart_bars(struct rf_markup *markup, const struct rf_chart_bar *bar, size_t bars,
                   unsigned width, const char *title, const char *description)
{
    struct bars at = measure_bars(bar, bars, width);
    unsigned height = (unsigned)bars * BAR_ROW;
    open_drawing(markup, at.width, height, title, description);
    for (size_t i = 0; i < bars; i++)
        draw_bar(markup, &at, &bar[i], (unsigned)i * BAR_ROW);
    rf_markup_leaf(markup, "line class='axis' x1='%u' y1='0' x2='%u' y2='%u'", at.left, at.left,
                   height);
    rf_markup_close(markup);
}

/* A chart of pairs while it is drawn. */
struct pairs {
    const struct rf_facts *facts;
    enum rf_table table;
    enum rf_figure figure;
    unsigned cell_width;
    uint64_t largest;
};

static uint64_t largest_figure(const struct rf_facts *facts, enum rf_table table,
                               enum rf_figure figure)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < rf_facts_cells(facts, table); i++) {
        const struct rf_cell *cell = rf_facts_cell(facts, table, i);
        if (cell->shown && cell->figure[figure] > largest)
            largest = cell->figure[figure];
    }
    return largest;
}

static unsigned pairs_width(const struct rf_facts *facts, unsigned cell_width)
{
    unsigned width = 0;
    for (unsigned bank = 0; bank < facts->banks; bank++) {
        unsigned name = rf_clean_width(facts->bank[bank]->name) * CHARACTER_BOLD;
        width = larger(width, bank * cell_width + GAP + name);
    }
    return width;
}

/* Cells grow with the room that there is, and further only where a value needs it. */
static struct pairs measure_pairs(const struct rf_facts *facts, enum rf_table table,
                                  enum rf_figure figure, unsigned width)
{
    struct pairs at = {facts, table, figure, PAIR_WIDTH_MIN, largest_figure(facts, table, figure)};
    char text[RF_UNITS_TEXT];
    while (at.cell_width < PAIR_WIDTH_MAX && pairs_width(facts, at.cell_width + 1) <= width)
        at.cell_width++;
    (void)rf_units_grouped(text, at.largest, RF_UNITS_GAP);
    at.cell_width = larger(at.cell_width, text_width(text) + GAP);
    return at;
}

/* 0 stands apart. The others go by their square root, or one large pair would make all the rest look
 * alike. */
static unsigned level(const struct pairs *at, uint64_t value)
{
    if (value == 0)
        return 0;
    unsigned above = (unsigned)(sqrt((double)value / (double)at->largest) * LEVELS);
    return above < LEVELS ? above + 1 : LEVELS;
}

static void draw_pair(struct rf_markup *markup, const struct pairs *at, size_t index)
{
    static const char *const units[] = {"shared tokens", "rings", "customers", "minor units"};
    const struct rf_cell *cell = rf_facts_cell(at->facts, at->table, index);
    struct rf_facts_pair pair = rf_facts_pair(at->facts, index);
    unsigned x = pair.a * at->cell_width, y = pair.b * PAIR_ROW;
    uint64_t value = cell->figure[at->figure];
    char label[RF_FACTS_LABEL], text[RF_UNITS_TEXT];
    (void)rf_units_grouped(text, value, RF_UNITS_GAP);
    (void)rf_facts_label(label, at->facts, at->table, index);
    if (cell->shown)
        rf_markup_open(markup, "g class='heat%u'", level(at, value));
    else
        rf_markup_open(markup, "g class='hidden'");
    rf_markup_element(markup, "title", "%s: %s%s%s", label, cell->shown ? text : "withheld",
                      cell->shown ? " " : "", cell->shown ? units[at->figure] : "");
    rf_markup_leaf(markup, "rect x='%u' y='%u' width='%u' height='%u' rx='3'", x + 1, y + 1,
                   at->cell_width - 2, (unsigned)PAIR_ROW - 2);
    if (cell->shown)
        text_at(markup, "middle", x + at->cell_width / 2, y + PAIR_ROW / 2 + 5, text);
    rf_markup_close(markup);
}

void rf_chart_pairs(struct rf_markup *markup, const struct rf_facts *facts, enum rf_table table,
                    enum rf_figure figure, unsigned width, const char *title,
                    const char *description)
{
    struct pairs at = measure_pairs(facts, table, figure, width);
    open_drawing(markup, pairs_width(facts, at.cell_width), facts->banks * PAIR_ROW, title,
                 description);
    for (size_t i = 0; i < rf_facts_cells(facts, table); i++)
        draw_pair(markup, &at, i);
    for (unsigned bank = 0; bank < facts->banks; bank++)
        text_at(markup, "name", bank * at.cell_width + GAP, bank * PAIR_ROW + PAIR_ROW / 2 + 5,
                facts->bank[bank]->name);
    rf_markup_close(markup);
}
