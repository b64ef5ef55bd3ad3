#include "protocols/backend/rep3/rep3.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/derive.h"
#include "net/base/secret.h"
#include "protocols/backend/rep3/rep3_internal.h"
#include "protocols/share/kernel.h"

enum { WORD = sizeof(uint64_t) };

/* A run of words inside one plane. */
struct piece {
    unsigned plane;
    size_t word, words;
};

/* The next piece of at most @most words of a view read plane after plane, from word @at. */
static struct piece piece_at(struct rf_view view, size_t at, size_t most)
{
    size_t words = rf_words(view.rows);
    struct piece piece = {.plane = (unsigned)(at / words), .word = at % words};
    piece.words = words - piece.word < most ? words - piece.word : most;
    return piece;
}

/* Undefined bits beyond the last row become zero, so that what is sent follows from shares and seeds
 * alone. */
static void and_local(uint64_t *z, struct rf_view x, struct rf_view y, size_t at, size_t count)
{
    for (size_t done = 0; done < count;) {
        struct piece p = piece_at(x, at + done, count - done);
        rf_kernels()->rep3_and(z + done, rf_plane(x, 0, p.plane) + p.word,
                               rf_plane(x, 1, p.plane) + p.word, rf_plane(y, 0, p.plane) + p.word,
                               rf_plane(y, 1, p.plane) + p.word, p.words);
        done += p.words;
        if (p.word + p.words == rf_words(x.rows))
            z[done - 1] &= rf_tail_mask(x.rows);
    }
}

/* Part 0 of the result is what we computed, part 1 what the next party computes: say where that goes
 * only now, when the operands' words at that place are no longer needed. */
static enum rf_rc and_settle(struct rep3 *rep3, struct rf_view out, const uint64_t *z, size_t at,
                             size_t count)
{
    for (size_t done = 0; done < count;) {
        struct piece p = piece_at(out, at + done, count - done);
        memcpy(rf_plane(out, 0, p.plane) + p.word, z + done, p.words * WORD);
        enum rf_rc rc = rf_channel_want(rep3->channel, rep3->next,
                                        rf_plane(out, 1, p.plane) + p.word, p.words * WORD);
        if (rc != RF_OK)
            return rc;
        done += p.words;
    }
    return RF_OK;
}

/* Araki et al., section 2.2: party i sends r_i = x_i y_i + x_i y_i+1 + x_i+1 y_i + alpha_i to party
 * i - 1, where alpha_0 + alpha_1 + alpha_2 = 0 is fresh. */
static enum rf_rc and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                            struct rf_view y)
{
    enum rf_rc rc = RF_OK;
    struct rep3 *rep3 = rep3_of(backend);
    size_t total = rf_words(out.rows) * out.width;
    for (size_t at = 0, count = 0; at < total; at += count) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(rep3->channel, rep3->previous, &buffer, &room));
        count = room / WORD < total - at ? room / WORD : total - at;
        uint64_t *z = (uint64_t *)(void *)buffer;
        and_local(z, x, y, at, count);
        rf_stream_xor(&rep3->zero_previous, z, count * WORD);
        rf_stream_xor(&rep3->zero_next, z, count * WORD);
        RF_TRY(and_settle(rep3, out, z, at, count));
        RF_TRY(rf_channel_commit(rep3->channel, rep3->previous, count * WORD));
    }
done:
    return rc;
}

/* z = the local part of x * y plus a fresh share of zero, for some rows of one product. */
static void mul_local(struct rep3 *rep3, uint64_t *z, const struct rf_ring *x,
                      const struct rf_ring *y, size_t at, size_t count)
{
    uint64_t r[RING_BLOCK], s[RING_BLOCK];
    for (size_t done = 0; done < count;) {
        size_t now = count - done < RING_BLOCK ? count - done : RING_BLOCK;
        size_t row = at + done;
        rf_stream_draw(&rep3->zero_previous, r, now * WORD);
        rf_stream_draw(&rep3->zero_next, s, now * WORD);
        rf_kernels()->rep3_mul(z + done, x->part[0] + row, x->part[1] + row, y->part[0] + row,
                               y->part[1] + row, r, s, now);
        done += now;
    }
}

static void dot_local(struct rep3 *rep3, uint64_t *z, const struct rf_ring *x,
                      const struct rf_ring *y, size_t length, size_t at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t r, s, sum = 0;
        rf_stream_draw(&rep3->zero_previous, &r, WORD);
        rf_stream_draw(&rep3->zero_next, &s, WORD);
        for (size_t j = (at + i) * length; j < (at + i + 1) * length; j++)
            sum += x->part[0][j] * (y->part[0][j] + y->part[1][j]) + x->part[1][j] * y->part[0][j];
        z[i] = sum + r - s;
    }
}

/* One row of out for each @length rows of x and y; length 0: a plain product. */
static enum rf_rc ring_start(struct rep3 *rep3, struct rf_ring *out, const struct rf_ring *x,
                             const struct rf_ring *y, size_t length)
{
    enum rf_rc rc = RF_OK;
    for (size_t at = 0, count = 0; at < out->rows; at += count) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(rep3->channel, rep3->previous, &buffer, &room));
        count = room / WORD < out->rows - at ? room / WORD : out->rows - at;
        uint64_t *z = (uint64_t *)(void *)buffer;
        if (length)
            dot_local(rep3, z, x, y, length, at, count);
        else
            mul_local(rep3, z, x, y, at, count);
        memcpy(out->part[0] + at, z, count * WORD);
        RF_TRY(rf_channel_want(rep3->channel, rep3->next, out->part[1] + at, count * WORD));
        RF_TRY(rf_channel_commit(rep3->channel, rep3->previous, count * WORD));
    }
done:
    return rc;
}

static enum rf_rc mul_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y)
{
    return ring_start(rep3_of(backend), out, x, y, 0);
}

static enum rf_rc dot_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y, size_t length)
{
    if (length == 0) {
        memset(out->part[0], 0, out->rows * WORD);
        memset(out->part[1], 0, out->rows * WORD);
        return RF_OK;
    }
    return ring_start(rep3_of(backend), out, x, y, length);
}

/* What remains to be done when an opening's missing share has arrived. rf_open_start() has counted:
 * there is room. */
static void opening_add(struct rep3 *rep3, struct opening opening)
{
    opening.batch = rep3->batch_filling;
    rep3->opening[rep3->opening_count++] = opening;
}

/* Undefined bits beyond the last row must not be revealed. */
static void plane_masked(uint64_t *out, const uint64_t *x, size_t rows, struct piece p)
{
    memcpy(out, x + p.word, p.words * WORD);
    if (p.word + p.words == rf_words(rows))
        out[p.words - 1] &= rf_tail_mask(rows);
}

/* Party i lacks x_i-1, which is part 1 of party i + 1. */
static enum rf_rc open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess)
{
    (void)guess;
    enum rf_rc rc = RF_OK;
    struct rep3 *rep3 = rep3_of(backend);
    size_t total = rf_words(x.rows) * x.width;
    opening_add(rep3, (struct opening){.out = out, .x = x});
    RF_TRY(rf_channel_want(rep3->channel, rep3->next, out, total * WORD));
    for (size_t at = 0, count = 0; at < total; at += count) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(rep3->channel, rep3->previous, &buffer, &room));
        count = room / WORD < total - at ? room / WORD : total - at;
        uint64_t *z = (uint64_t *)(void *)buffer;
        for (size_t done = 0; done < count;) {
            struct piece p = piece_at(x, at + done, count - done);
            plane_masked(z + done, rf_plane(x, 1, p.plane), x.rows, p);
            done += p.words;
        }
        RF_TRY(rf_channel_commit(rep3->channel, rep3->previous, count * WORD));
    }
done:
    return rc;
}

static enum rf_rc open_ring_start(struct rf_backend *backend, uint64_t *out,
                                  const struct rf_ring *x)
{
    enum rf_rc rc = RF_OK;
    struct rep3 *rep3 = rep3_of(backend);
    opening_add(rep3, (struct opening){.out = out, .ring = x});
    RF_TRY(rf_channel_want(rep3->channel, rep3->next, out, x->rows * WORD));
    RF_TRY(rf_channel_put(rep3->channel, rep3->previous, x->part[1], x->rows * WORD));
done:
    return rc;
}

static void open_finish_bits(uint64_t *out, struct rf_view x)
{
    size_t words = rf_words(x.rows);
    for (unsigned plane = 0; plane < x.width; plane++, out += words) {
        rf_kernels()->xor_words(out, out, rf_plane(x, 0, plane), words);
        rf_kernels()->xor_words(out, out, rf_plane(x, 1, plane), words);
        out[words - 1] &= rf_tail_mask(x.rows);
    }
}

static void open_finish_ring(uint64_t *out, const struct rf_ring *x)
{
    for (size_t i = 0; i < x->rows; i++)
        out[i] += x->part[0][i] + x->part[1][i];
}

static enum rf_rc batch_send(struct rf_backend *backend)
{
    struct rep3 *rep3 = rep3_of(backend);
    rep3->batch_filling++;
    enum rf_rc rc = rf_channel_flush(rep3->channel, rep3->previous);
    return rc == RF_OK ? rf_channel_want_end(rep3->channel, rep3->next) : rc;
}

static enum rf_rc batch_finish(struct rf_backend *backend)
{
    struct rep3 *rep3 = rep3_of(backend);
    enum rf_rc rc = rf_channel_wait(rep3->channel, rep3->next);
    if (rc != RF_OK)
        return rc;
    size_t kept = 0;
    for (size_t i = 0; i < rep3->opening_count; i++) {
        struct opening *opening = &rep3->opening[i];
        if (opening->batch != rep3->batch_finished)
            rep3->opening[kept++] = *opening;
        else if (opening->ring)
            open_finish_ring(opening->out, opening->ring);
        else
            open_finish_bits(opening->out, opening->x);
    }
    rep3->opening_count = kept;
    rep3->batch_finished++;
    return RF_OK;
}

static enum rf_rc step(struct rf_backend *backend, const char *name)
{
    return rf_channel_step(rep3_of(backend)->channel, name);
}

static uint64_t drawn(const struct rf_backend *backend)
{
    const struct rep3 *rep3 = (const struct rep3 *)backend;
    return rep3->zero_previous.drawn + rep3->zero_next.drawn + rep3->shuffle_previous.drawn +
           rep3->shuffle_next.drawn;
}

static void rep3_free(struct rf_backend *backend)
{
    struct rep3 *rep3 = rep3_of(backend);
    rf_stream_fini(&rep3->zero_previous);
    rf_stream_fini(&rep3->zero_next);
    rf_stream_fini(&rep3->shuffle_previous);
    rf_stream_fini(&rep3->shuffle_next);
    rf_space_fini(&backend->space);
    free(rep3);
}

static const struct rf_backend_ops ops = {
    .name = "rep3",
    .and_start = and_start,
    .mul_start = mul_start,
    .dot_start = dot_start,
    .open_start = open_start,
    .open_ring_start = open_ring_start,
    .send = batch_send,
    .finish = batch_finish,
    .shuffle_new = rf_rep3_shuffle_new,
    .shuffle = rf_rep3_shuffle,
    .step = step,
    .drawn = drawn,
    .free = rep3_free,
};

static enum rf_rc stream_from(struct rf_stream *stream, const uint8_t secret[RF_REP3_SECRET],
                              const char *purpose, const struct rf_rep3_config *config,
                              struct rf_err *err)
{
    uint8_t key[RF_STREAM_KEY];
    enum rf_rc rc = rf_derive_key(key, sizeof key, secret, RF_REP3_SECRET, NULL, 0, purpose,
                                  config->context, config->context_size, err);
    if (rc == RF_OK)
        rc = rf_stream_init(stream, key, err);
    rf_secret_wipe(key, sizeof key);
    return rc;
}

enum rf_rc rf_rep3_new(struct rf_backend **backend, struct rf_channel *channel,
                       const struct rf_rep3_config *config, struct rf_err *err)
{
    enum rf_rc rc;
    const unsigned i = config->party;
    struct rep3 *rep3 = calloc(1, sizeof *rep3);
    if (!rep3)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    rep3->channel = channel;
    rep3->previous = config->previous;
    rep3->next = config->next;
    rep3->base = (struct rf_backend){
        .ops = &ops,
        .model = &rf_model_rep3,
        .party = i,
        .parts = 2,
        /* A constant c is (c, 0, 0): x_0 is part 0 of party 0 and part 1 of party 2. */
        .constant = i == 0   ? 0
                    : i == 2 ? 1
                             : -1,
        .summands = 3,
        .err = err,
        .traffic = &channel->traffic,
    };
    for (unsigned j = 0; j < 3; j++)
        rep3->base.summand[j] = j == i ? 0 : j == (i + 1) % 3 ? 1 : -1;
    rf_space_init(&rep3->base.space, config->memory_limit, false, err);
    const uint8_t *previous = config->with_previous, *next = config->with_next;
    RF_TRY(stream_from(&rep3->zero_previous, previous, "ringfence rep3 zero v1", config, err));
    RF_TRY(stream_from(&rep3->zero_next, next, "ringfence rep3 zero v1", config, err));
    RF_TRY(
        stream_from(&rep3->shuffle_previous, previous, "ringfence rep3 shuffle v1", config, err));
    RF_TRY(stream_from(&rep3->shuffle_next, next, "ringfence rep3 shuffle v1", config, err));
    *backend = &rep3->base;
    rep3 = NULL;
done:
    if (rep3)
        rep3_free(&rep3->base);
    return rc;
}
