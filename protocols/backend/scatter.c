#include "protocols/backend/scatter.h"

#include <assert.h>
#include <string.h>

#include "net/base/secret.h"
#include "protocols/share/local.h"

/* ---- giving lanes the numbers of their rows ---- */

enum { RUNS = 4 };

/* How many rows go to each lane, of each of some runs of rows. Runs are gone through side by side: with a
 * single one, each row would wait for the number that the row before it has raised. */
struct tally {
    size_t of[RUNS][RF_LANES_MAX];
};

static void tally_rows(struct tally *tally, const uint8_t *lane_of, size_t rows)
{
    const size_t run = rows / RUNS;
    *tally = (struct tally){0};
    for (size_t row = 0; row < run; row++) {
        for (size_t i = 0; i < RUNS; i++)
            tally->of[i][lane_of[i * run + row]]++;
    }
    for (size_t row = RUNS * run; row < rows; row++)
        tally->of[RUNS - 1][lane_of[row]]++;
}

static size_t tallied(const struct tally *tally, unsigned lane)
{
    size_t sum = 0;
    for (unsigned i = 0; i < RUNS; i++)
        sum += tally->of[i][lane];
    return sum;
}

/* Rows that go to one lane stand together, in their order. */
static void group_rows(uint32_t *out, const uint8_t *lane_of, size_t rows, size_t first)
{
    const size_t run = rows / RUNS;
    struct tally next;
    size_t at = 0;
    tally_rows(&next, lane_of, rows);
    for (unsigned lane = 0; lane < RF_LANES_MAX; lane++) {
        for (unsigned i = 0; i < RUNS; i++) {
            size_t count = next.of[i][lane];
            next.of[i][lane] = at;
            at += count;
        }
    }
    for (size_t row = 0; row < run; row++) {
        for (size_t i = 0; i < RUNS; i++)
            out[next.of[i][lane_of[i * run + row]]++] = (uint32_t)(first + i * run + row);
    }
    for (size_t row = RUNS * run; row < rows; row++)
        out[next.of[RUNS - 1][lane_of[row]]++] = (uint32_t)(first + row);
    rf_secret_wipe(&next, sizeof next);
}

enum rf_rc rf_scatter_count(struct rf_scatter *way, struct rf_dealing *dealing,
                            const uint8_t *lane_of, size_t rows, struct rf_exchange *exchange,
                            unsigned lane, struct rf_err *err)
{
    struct rf_parcels parcels = {0};
    struct tally tally;
    *dealing = (struct rf_dealing){0};
    tally_rows(&tally, lane_of, rows);
    for (unsigned i = 0; i < exchange->lanes; i++) {
        dealing->to[i] = tallied(&tally, i);
        parcels.give[i] = &dealing->to[i];
        parcels.take[i] = &dealing->from[i];
        parcels.give_size[i] = parcels.take_size[i] = sizeof dealing->to[i];
    }
    enum rf_rc rc = rf_exchange_swap(exchange, lane, &parcels, err);
    way->before = rows;
    way->after = 0;
    for (unsigned i = 0; i < exchange->lanes; i++)
        way->after += dealing->from[i];
    return rc;
}

enum rf_rc rf_scatter_deal(struct rf_scatter *way, uint32_t *room, const struct rf_dealing *dealing,
                           const uint8_t *lane_of, size_t first, struct rf_exchange *exchange,
                           unsigned lane, struct rf_err *err)
{
    struct rf_parcels parcels = {0};
    size_t given = 0, taken = 0;
    for (unsigned i = 0; i < exchange->lanes; i++) {
        parcels.give[i] = room + given;
        parcels.take[i] = way->source + taken;
        parcels.give_size[i] = dealing->to[i] * sizeof *room;
        parcels.take_size[i] = dealing->from[i] * sizeof *room;
        given += dealing->to[i];
        taken += dealing->from[i];
    }
    /* Before the exchange, which may write where lane_of stands. */
    group_rows(room, lane_of, way->before, first);
    return rf_exchange_swap(exchange, lane, &parcels, err);
}

/* ---- drawing ---- */

/* How many rows of each lane go to each, and of those that do, how many of each lane move from one to
 * another in the end. */
struct counts {
    uint32_t to[RF_LANES_MAX][RF_LANES_MAX];
    uint32_t moved[RF_LANES_MAX][RF_LANES_MAX][RF_LANES_MAX]; /* lane, from, to */
};

struct drawing {
    struct rf_stream *stream;
    struct rf_draws draws;
    struct rf_exchange *exchange;
    unsigned lane;
    const size_t *size;
    struct rf_err *err;
    uint8_t *label; /* the lane that gets each row */
    struct counts counts;
};

enum { BYTE_VALUES = 256 };

/* Which lane a random byte stands for: about as many bytes as a lane has rows. What is amiss is made good
 * by moves, of which there should be few; that every row's label has the same distribution is enough. */
static void lanes_of_bytes(const struct drawing *drawing, uint8_t lane_of[BYTE_VALUES])
{
    size_t total = 0, end = drawing->size[0];
    unsigned lane = 0;
    for (unsigned i = 0; i < drawing->exchange->lanes; i++)
        total += drawing->size[i];
    for (unsigned i = 0; i < BYTE_VALUES; i++) {
        while (lane + 1 < drawing->exchange->lanes && end * BYTE_VALUES <= i * total)
            end += drawing->size[++lane];
        lane_of[i] = (uint8_t)lane;
    }
}

static void draw_labels(struct drawing *drawing)
{
    uint8_t lane_of[BYTE_VALUES];
    struct tally tally;
    size_t rows = drawing->size[drawing->lane];
    lanes_of_bytes(drawing, lane_of);
    rf_stream_draw(drawing->stream, drawing->label, rows);
    for (size_t row = 0; row < rows; row++)
        drawing->label[row] = lane_of[drawing->label[row]];
    tally_rows(&tally, drawing->label, rows);
    for (unsigned i = 0; i < drawing->exchange->lanes; i++)
        drawing->counts.to[drawing->lane][i] = (uint32_t)tallied(&tally, i);
    rf_secret_wipe(&tally, sizeof tally);
}

static enum rf_rc tell_counts(struct drawing *drawing)
{
    struct rf_parcels parcels = {0};
    for (unsigned i = 0; i < drawing->exchange->lanes; i++) {
        if (i == drawing->lane)
            continue;
        parcels.give[i] = drawing->counts.to[drawing->lane];
        parcels.take[i] = drawing->counts.to[i];
        parcels.give_size[i] = parcels.take_size[i] = sizeof drawing->counts.to[i];
    }
    return rf_exchange_swap(drawing->exchange, drawing->lane, &parcels, drawing->err);
}

static unsigned first_lane(const struct drawing *drawing, bool too_many)
{
    unsigned lanes = drawing->exchange->lanes, to = 0;
    for (; to < lanes; to++) {
        size_t got = 0;
        for (unsigned from = 0; from < lanes; from++)
            got += drawing->counts.to[from][to];
        if (too_many ? got > drawing->size[to] : got < drawing->size[to])
            break;
    }
    return to;
}

/* Any of the rows that go to lane @most, each as likely as the other, goes to @least instead. */
static void move_one(struct drawing *drawing, unsigned most, unsigned least)
{
    struct counts *counts = &drawing->counts;
    uint32_t got = 0, from = 0;
    for (unsigned lane = 0; lane < drawing->exchange->lanes; lane++)
        got += counts->to[lane][most];
    uint32_t which = rf_draws_below(&drawing->draws, got);
    while (which >= counts->to[from][most])
        which -= counts->to[from++][most];
    counts->to[from][most]--;
    counts->to[from][least]++;
    counts->moved[from][most][least]++;
}

/* Lane 0 draws what all must do alike. */
static enum rf_rc balance(struct drawing *drawing)
{
    struct rf_parcels parcels = {0};
    unsigned lanes = drawing->exchange->lanes, most;
    if (drawing->lane == 0) {
        while ((most = first_lane(drawing, true)) < lanes)
            move_one(drawing, most, first_lane(drawing, false));
        for (unsigned i = 0; i < lanes; i++) {
            parcels.give[i] = &drawing->counts;
            parcels.give_size[i] = i ? sizeof drawing->counts : 0;
        }
    } else {
        parcels.take[0] = &drawing->counts;
        parcels.take_size[0] = sizeof drawing->counts;
    }
    return rf_exchange_swap(drawing->exchange, drawing->lane, &parcels, drawing->err);
}

static void move_own(struct drawing *drawing, unsigned most, unsigned least)
{
    uint32_t rows = (uint32_t)drawing->size[drawing->lane];
    for (uint32_t left = drawing->counts.moved[drawing->lane][most][least]; left > 0;) {
        uint32_t row = rf_draws_below(&drawing->draws, rows);
        if (drawing->label[row] != most)
            continue;
        drawing->label[row] = (uint8_t)least;
        left--;
    }
}

enum rf_rc rf_scatter_draw(struct rf_scatter *way, uint32_t *room, struct rf_stream *stream,
                           struct rf_exchange *exchange, unsigned lane,
                           const size_t size[RF_LANES_MAX], struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_dealing dealing = {0};
    size_t first = 0;
    struct drawing drawing = {.stream = stream,
                              .exchange = exchange,
                              .lane = lane,
                              .size = size,
                              .err = err,
                              .label = (uint8_t *)way->source}; /* until the sources come */
    rf_draws_init(&drawing.draws, stream);
    way->before = way->after = size[lane];
    draw_labels(&drawing);
    RF_TRY(tell_counts(&drawing));
    RF_TRY(balance(&drawing));
    for (unsigned most = 0; most < exchange->lanes; most++) {
        for (unsigned least = 0; least < exchange->lanes; least++)
            move_own(&drawing, most, least);
        dealing.to[most] = drawing.counts.to[lane][most];
        dealing.from[most] = drawing.counts.to[most][lane];
        first += most < lane ? size[most] : 0;
    }
    RF_TRY(rf_scatter_deal(way, room, &dealing, drawing.label, first, exchange, lane, err));
    rf_stream_shuffle(stream, way->source, way->after);
done:
    rf_secret_wipe(&drawing, sizeof drawing);
    rf_secret_wipe(&dealing, sizeof dealing);
    return rc;
}

/* ---- moving ---- */

enum rf_rc rf_scatter_rows(const struct rf_scatter *way, bool inverse, struct rf_rows *out,
                           struct rf_rows *rows, struct rf_exchange *exchange, unsigned lane,
                           struct rf_err *err)
{
    assert(rows->rows == (inverse ? way->after : way->before));
    assert(out->rows == (inverse ? way->before : way->after));
    const struct rf_fetch fetch = {
        .shown = inverse ? out : rows,
        .own = inverse ? rows : out,
        .source = way->source,
        .back = inverse,
    };
    return rf_exchange_fetch(exchange, lane, &fetch, err);
}
