/* Shuffle of replicated rows: Araki et al., "Secure Graph Analysis at Scale", CCS 2021, section 5.2,
 * in two rounds and four messages.
 *
 * Three stages, each a permutation known to two parties. FIRST knows stages 1 and 2, MIDDLE 1 and 3,
 * LAST 2 and 3. With x = a + b + c, where FIRST holds (a, b) and the other two hold c:
 *
 *   FIRST:  X2 = p2(p1(a + b + Z1) + Z2)             to MIDDLE
 *   MIDDLE: Y1 = p1(c + Z1)                          to LAST
 *   MIDDLE: X3 = p3(X2 + Z3)      LAST: Y3 = p3(p2(Y1 + Z2) + Z3)
 *
 * X3 + Y3 is x permuted by p3 p2 p1. To share it again, FIRST and LAST draw a', FIRST and MIDDLE draw
 * b', and MIDDLE and LAST exchange X3 + b' and Y3 + a', whose sum is c'.
 *
 * The inverse runs the stages backwards, undone one by one, with FIRST and LAST in each other's place. */
#include <string.h>

#include "protocols/backend/lanes.h"
#include "protocols/backend/rep3/rep3_internal.h"
#include "protocols/share/kernel.h"

enum role { FIRST, MIDDLE, LAST };

/* A neighbour as one stage sees it. */
struct side {
    struct rf_stream *stream;
    unsigned peer;
    unsigned part;                  /* the share both hold */
    const struct rf_scatter *stage; /* the permutation both know */
};

struct run {
    struct rep3 *rep3;
    struct side previous, next;
    bool inverse;
    size_t count, bytes;
    struct rf_rows *rows;
    uint8_t *spare;
};

/* Stages are permutations of this lane's rows, or, where there are several lanes, of the rows of all. */
static enum rf_rc draw_stage(struct rf_backend *backend, struct rf_scatter *stage, uint32_t *room,
                             struct rf_stream *stream, const struct rf_lanes_rows *all)
{
    if (backend->exchange)
        return rf_scatter_draw(stage, room, stream, backend->exchange, backend->lane, all->size,
                               backend->err);
    stage->before = stage->after = all->total;
    rf_stream_permutation(stream, stage->source, all->total);
    return RF_OK;
}

/* Party i and i - 1 know part 0's share and the stage kept in known[0]. */
enum rf_rc rf_rep3_shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle)
{
    enum rf_rc rc;
    struct rep3 *rep3 = rep3_of(backend);
    struct rf_lanes_rows all;
    struct rf_block room = {0};
    RF_TRY(rf_lanes_count(backend, shuffle->rows, &all));
    RF_TRY(rf_space_alloc(&backend->space, RF_PARTS_MAX * shuffle->rows * sizeof(uint32_t),
                          &shuffle->block));
    if (backend->exchange)
        RF_TRY(rf_space_alloc(&backend->space, shuffle->rows * sizeof(uint32_t), &room));
    shuffle->known[0].source = shuffle->block.memory;
    shuffle->known[1].source = shuffle->known[0].source + shuffle->rows;
    RF_TRY(draw_stage(backend, &shuffle->known[0], room.memory, &rep3->shuffle_previous, &all));
    RF_TRY(draw_stage(backend, &shuffle->known[1], room.memory, &rep3->shuffle_next, &all));
done:
    rf_space_free(&backend->space, &room);
    return rc;
}

/* data = stage(data + fresh mask), both known to us and to @side. The access pattern follows a
 * permutation that this party knows anyway. */
static enum rf_rc mask_and_permute(struct run *run, struct side side, uint8_t **data,
                                   uint8_t **spare)
{
    struct rf_backend *backend = &run->rep3->base;
    struct rf_rows rows = {.rows = run->count, .bytes = run->bytes, .parts = 1, .part = {*data}};
    struct rf_rows room = {.rows = run->count, .bytes = run->bytes, .parts = 1, .part = {*spare}};
    enum rf_rc rc = RF_OK;
    rf_stream_xor(side.stream, *data, run->count * run->bytes);
    if (backend->exchange) {
        rc = rf_scatter_rows(side.stage, run->inverse, &room, &rows, backend->exchange,
                             backend->lane, backend->err);
    } else if (run->inverse) {
        rf_local_scatter(&room, &rows, side.stage->source);
    } else {
        rf_local_gather(&room, &rows, side.stage->source);
    }
    *data = room.part[0];
    *spare = rows.part[0];
    return rc;
}

static void xor_bytes(uint8_t *out, const uint8_t *x, const uint8_t *y, size_t size)
{
    /* Columns have room for whole words. */
    rf_kernels()->xor_words((uint64_t *)(void *)out, (const uint64_t *)(const void *)x,
                            (const uint64_t *)(const void *)y, rf_div_up(size, sizeof(uint64_t)));
}

static enum rf_rc send_rows(struct run *run, struct side to, const uint8_t *data)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_put(run->rep3->channel, to.peer, data, run->count * run->bytes));
    RF_TRY(rf_channel_flush(run->rep3->channel, to.peer));
done:
    return rc;
}

static enum rf_rc want_rows(struct run *run, struct side from, uint8_t *data)
{
    enum rf_rc rc;
    if (run->count == 0) /* a lane without rows: there is no message */
        return RF_OK;
    RF_TRY(rf_channel_want(run->rep3->channel, from.peer, data, run->count * run->bytes));
    RF_TRY(rf_channel_want_end(run->rep3->channel, from.peer));
done:
    return rc;
}

static enum rf_rc run_first(struct run *run, struct side middle, struct side last)
{
    enum rf_rc rc;
    size_t size = run->count * run->bytes;
    uint8_t *data = run->rows->part[0], *spare = run->spare;
    xor_bytes(data, data, run->rows->part[1], size);
    RF_TRY(mask_and_permute(run, middle, &data, &spare));
    RF_TRY(mask_and_permute(run, last, &data, &spare));
    RF_TRY(send_rows(run, middle, data));
    rf_stream_draw(last.stream, run->rows->part[last.part], size);
    rf_stream_draw(middle.stream, run->rows->part[middle.part], size);
done:
    return rc;
}

static enum rf_rc wait_rows(struct run *run, struct side from)
{
    return run->count ? rf_channel_wait(run->rep3->channel, from.peer) : RF_OK;
}

/* @mine: our half of the rows, still to be shared again; @drawn: whose share with us is fresh
 * randomness; @other: who holds the other half */
static enum rf_rc share_again(struct run *run, uint8_t *mine, struct side drawn, struct side other)
{
    enum rf_rc rc;
    size_t size = run->count * run->bytes;
    uint8_t *fresh = run->rows->part[drawn.part], *common = run->rows->part[other.part];
    rf_stream_draw(drawn.stream, fresh, size);
    xor_bytes(mine, mine, fresh, size);
    RF_TRY(want_rows(run, other, common));
    RF_TRY(send_rows(run, other, mine));
    RF_TRY(wait_rows(run, other));
    xor_bytes(common, common, mine, size);
done:
    return rc;
}

/* share_again() overwrites both parts, so what it reads must be in the spare buffer. */
static uint8_t *into_spare(struct run *run, uint8_t *data)
{
    if (data != run->spare)
        memcpy(run->spare, data, run->count * run->bytes);
    return run->spare;
}

static enum rf_rc run_middle(struct run *run, struct side first, struct side last)
{
    enum rf_rc rc;
    uint8_t *incoming = run->rows->part[first.part];
    uint8_t *data = run->rows->part[last.part], *spare = run->spare;
    RF_TRY(want_rows(run, first, incoming));
    RF_TRY(mask_and_permute(run, first, &data, &spare));
    RF_TRY(send_rows(run, last, data));
    RF_TRY(wait_rows(run, first));
    RF_TRY(mask_and_permute(run, last, &incoming, &data));
    RF_TRY(share_again(run, into_spare(run, incoming), first, last));
done:
    return rc;
}

static enum rf_rc run_last(struct run *run, struct side first, struct side middle)
{
    enum rf_rc rc;
    uint8_t *data = run->rows->part[0], *spare = run->spare;
    RF_TRY(want_rows(run, middle, data));
    RF_TRY(wait_rows(run, middle));
    RF_TRY(mask_and_permute(run, first, &data, &spare));
    RF_TRY(mask_and_permute(run, middle, &data, &spare));
    RF_TRY(share_again(run, into_spare(run, data), first, middle));
done:
    return rc;
}

enum rf_rc rf_rep3_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                           bool inverse, struct rf_rows *rows)
{
    struct rep3 *rep3 = rep3_of(backend);
    struct rf_block spare = {0};
    enum rf_rc rc;
    struct run run = {
        .rep3 = rep3,
        .previous = {&rep3->shuffle_previous, rep3->previous, 0, &shuffle->known[0]},
        .next = {&rep3->shuffle_next, rep3->next, 1, &shuffle->known[1]},
        .inverse = inverse,
        .count = rows->rows,
        .bytes = rows->bytes,
        .rows = rows,
    };
    RF_TRY(rf_rows_spare(&spare, &backend->space, rows));
    run.spare = spare.memory;
    enum role role = (enum role)((backend->party + 3 - shuffle->turn) % 3);
    if (inverse)
        role = LAST - role;
    /* Forwards the roles follow the parties' order, backwards they run against it. */
    struct side before = inverse ? run.next : run.previous,
                after = inverse ? run.previous : run.next;
    switch (role) {
    case FIRST:
        RF_TRY(run_first(&run, after, before));
        break;
    case MIDDLE:
        RF_TRY(run_middle(&run, before, after));
        break;
    case LAST:
        RF_TRY(run_last(&run, after, before));
        break;
    }
done:
    rf_space_free(&backend->space, &spare);
    return rc;
}
