#include "protocols/backend/scatter.h"

#include <string.h>

#include "net/base/secret.h"
#include "protocols/share/local.h"

/* ---- drawing ---- */

/* How many rows of each lane go to each, and of those that do, how many of each lane move from one to
 * another in the end. */
struct counts {
    uint32_t to[RF_LANES_MAX][RF_LANES_MAX];
    uint32_t moved[RF_LANES_MAX][RF_LANES_MAX][RF_LANES_MAX]; /* lane, from, to */
};

struct drawing {
    struct rf_scatter *way;
    struct rf_draws draws;
    struct rf_exchange *exchange;
    unsigned lane;
    const size_t *size;
    struct rf_err *err;
    uint32_t *label; /* the lane that gets each row; in way->place for the time being */
    struct counts counts;
};

static void draw_labels(struct drawing *drawing)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < drawing->exchange->lanes; i++)
        total += drawing->size[i];
    for (size_t row = 0; row < drawing->way->before; row++) {
        uint64_t place = rf_draws_below(&drawing->draws, (uint32_t)total);
        unsigned lane = 0;
        while (place >= drawing->size[lane])
            place -= drawing->size[lane++];
        drawing->label[row] = lane;
        drawing->counts.to[drawing->lane][lane]++;
    }
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
    uint32_t rows = (uint32_t)drawing->way->before;
    for (uint32_t left = drawing->counts.moved[drawing->lane][most][least]; left > 0;) {
        uint32_t row = rf_draws_below(&drawing->draws, rows);
        if (drawing->label[row] != most)
            continue;
        drawing->label[row] = least;
        left--;
    }
}

static void group_by_label(struct rf_scatter *way, const uint32_t *label, unsigned lanes)
{
    size_t next[RF_LANES_MAX] = {0};
    for (unsigned i = 1; i < lanes; i++)
        next[i] = next[i - 1] + way->to[i - 1];
    for (size_t row = 0; row < way->before; row++)
        way->group[next[label[row]]++] = (uint32_t)row;
}

enum rf_rc rf_scatter_draw(struct rf_scatter *way, struct rf_stream *stream,
                           struct rf_exchange *exchange, unsigned lane,
                           const size_t size[RF_LANES_MAX], struct rf_err *err)
{
    enum rf_rc rc;
    struct drawing drawing = {.way = way,
                              .exchange = exchange,
                              .lane = lane,
                              .size = size,
                              .err = err,
                              .label = way->place};
    rf_draws_init(&drawing.draws, stream);
    way->before = way->after = size[lane];
    draw_labels(&drawing);
    RF_TRY(tell_counts(&drawing));
    RF_TRY(balance(&drawing));
    for (unsigned most = 0; most < exchange->lanes; most++) {
        for (unsigned least = 0; least < exchange->lanes; least++)
            move_own(&drawing, most, least);
        way->to[most] = drawing.counts.to[lane][most];
        way->from[most] = drawing.counts.to[most][lane];
    }
    group_by_label(way, drawing.label, exchange->lanes);
    rf_stream_permutation(stream, way->place, way->after);
done:
    rf_secret_wipe(&drawing, sizeof drawing);
    return rc;
}

/* ---- moving ---- */

/* Grouped rows to their lanes, and what comes behind each other. */
static enum rf_rc hand_over(const size_t to[RF_LANES_MAX], const size_t from[RF_LANES_MAX],
                            struct rf_rows *out, const struct rf_rows *rows,
                            struct rf_exchange *exchange, unsigned lane, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned part = 0; part < rows->parts || part == 0; part++) {
        struct rf_parcels parcels = {0};
        size_t given = 0, taken = 0;
        for (unsigned i = 0; i < exchange->lanes; i++) {
            if (rows->parts) {
                parcels.give[i] = rows->part[part] + given * rows->bytes;
                parcels.take[i] = out->part[part] + taken * rows->bytes;
                parcels.give_size[i] = to[i] * rows->bytes;
                parcels.take_size[i] = from[i] * rows->bytes;
            }
            given += to[i];
            taken += from[i];
        }
        RF_TRY(rf_exchange_swap(exchange, lane, &parcels, err));
    }
done:
    return rc;
}

static void swap_buffers(struct rf_rows *x, struct rf_rows *y)
{
    struct rf_rows swap = *x;
    memcpy(x->part, y->part, sizeof x->part);
    x->block = y->block;
    memcpy(y->part, swap.part, sizeof y->part);
    y->block = swap.block;
}

/* Row k of the result is row index[k]; @inverse: the other way round. */
static void permute(const uint32_t *index, bool inverse, size_t count, struct rf_rows *rows,
                    struct rf_rows *spare)
{
    if (!index)
        return;
    rows->rows = spare->rows = count;
    if (inverse)
        rf_local_scatter(spare, rows, index);
    else
        rf_local_gather(spare, rows, index);
    swap_buffers(rows, spare);
}

enum rf_rc rf_scatter_rows(const struct rf_scatter *way, bool inverse, struct rf_rows *rows,
                           struct rf_rows *spare, struct rf_exchange *exchange, unsigned lane,
                           struct rf_err *err)
{
    enum rf_rc rc;
    if (inverse) {
        permute(way->place, true, way->after, rows, spare);
        RF_TRY(hand_over(way->from, way->to, spare, rows, exchange, lane, err));
        swap_buffers(rows, spare);
        permute(way->group, true, way->before, rows, spare);
        rows->rows = way->before;
    } else {
        permute(way->group, false, way->before, rows, spare);
        RF_TRY(hand_over(way->to, way->from, spare, rows, exchange, lane, err));
        swap_buffers(rows, spare);
        permute(way->place, false, way->after, rows, spare);
        rows->rows = way->after;
    }
done:
    return rc;
}

void rf_scatter_group(struct rf_scatter *way, const uint8_t *lane_of)
{
    size_t next[RF_LANES_MAX + 1] = {0};
    for (unsigned i = 0; i < RF_LANES_MAX; i++)
        way->to[i] = 0;
    for (size_t row = 0; row < way->before; row++)
        way->to[lane_of[row]]++;
    for (unsigned i = 0; i < RF_LANES_MAX; i++)
        next[i + 1] = next[i] + way->to[i];
    for (size_t row = 0; row < way->before; row++)
        way->group[next[lane_of[row]]++] = (uint32_t)row;
}
