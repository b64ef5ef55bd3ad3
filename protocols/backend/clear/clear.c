#include "protocols/backend/clear/clear.h"

#include <stdlib.h>
#include <string.h>

#include "protocols/share/kernel.h"
#include "protocols/share/stream.h"

struct clear {
    struct rf_backend base;
    struct rf_stream stream;
};

static struct clear *clear_of(struct rf_backend *backend)
{
    return (struct clear *)backend;
}

static enum rf_rc and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                            struct rf_view y)
{
    (void)backend;
    for (unsigned plane = 0; plane < out.width; plane++)
        rf_kernels()->and_words(rf_plane(out, 0, plane), rf_plane(x, 0, plane),
                                rf_plane(y, 0, plane), rf_words(out.rows));
    return RF_OK;
}

static enum rf_rc mul_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y)
{
    (void)backend;
    for (size_t i = 0; i < out->rows; i++)
        out->part[0][i] = x->part[0][i] * y->part[0][i];
    return RF_OK;
}

static enum rf_rc dot_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y, size_t length)
{
    (void)backend;
    for (size_t i = 0; i < out->rows; i++) {
        uint64_t sum = 0;
        for (size_t j = i * length; j < (i + 1) * length; j++)
            sum += x->part[0][j] * y->part[0][j];
        out->part[0][i] = sum;
    }
    return RF_OK;
}

static enum rf_rc open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess)
{
    (void)backend;
    (void)guess;
    size_t words = rf_words(x.rows);
    for (unsigned plane = 0; plane < x.width; plane++) {
        memcpy(out + plane * words, rf_plane(x, 0, plane), words * sizeof *out);
        out[(plane + 1) * words - 1] &= rf_tail_mask(x.rows);
    }
    return RF_OK;
}

static enum rf_rc open_ring_start(struct rf_backend *backend, uint64_t *out,
                                  const struct rf_ring *x)
{
    (void)backend;
    memcpy(out, x->part[0], x->rows * sizeof *out);
    return RF_OK;
}

static enum rf_rc shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle)
{
    enum rf_rc rc =
        rf_space_alloc(&backend->space, shuffle->rows * sizeof(uint32_t), &shuffle->block);
    if (rc != RF_OK)
        return rc;
    shuffle->known[0].source = shuffle->block.memory;
    rf_stream_permutation(&clear_of(backend)->stream, shuffle->known[0].source, shuffle->rows);
    return RF_OK;
}

static enum rf_rc shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                          bool inverse, struct rf_rows *rows)
{
    struct rf_rows copy = {0};
    enum rf_rc rc = rf_backend_rows(backend, &copy, rows->rows, rows->bytes);
    if (rc != RF_OK)
        return rc;
    memcpy(copy.part[0], rows->part[0], rows->rows * rows->bytes);
    for (size_t i = 0; i < rows->rows; i++) {
        size_t other = shuffle->known[0].source[i];
        size_t from = inverse ? i : other, to = inverse ? other : i;
        memcpy(rows->part[0] + to * rows->bytes, copy.part[0] + from * rows->bytes, rows->bytes);
    }
    rf_rows_fini(&copy);
    return RF_OK;
}

static void clear_free(struct rf_backend *backend)
{
    struct clear *clear = clear_of(backend);
    rf_stream_fini(&clear->stream);
    rf_space_fini(&backend->space);
    free(clear);
}

static const struct rf_backend_ops ops = {
    .name = "clear",
    .and_start = and_start,
    .mul_start = mul_start,
    .dot_start = dot_start,
    .open_start = open_start,
    .open_ring_start = open_ring_start,
    .shuffle_new = shuffle_new,
    .shuffle = shuffle,
    .free = clear_free,
};

enum rf_rc rf_clear_new(struct rf_backend **backend, const struct rf_model *model, uint64_t seed,
                        struct rf_err *err)
{
    struct clear *clear = calloc(1, sizeof *clear);
    if (!clear)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    clear->base = (struct rf_backend){
        .ops = &ops,
        .model = model,
        .parts = 1,
        .constant = 0,
        .summands = 1,
        .summand = {0, -1, -1},
        .err = err,
    };
    rf_space_init(&clear->base.space, 0, false, err);
    uint8_t key[RF_STREAM_KEY] = {0};
    rf_store64(key, seed);
    enum rf_rc rc = rf_stream_init(&clear->stream, key, err);
    if (rc != RF_OK) {
        clear_free(&clear->base);
        return rc;
    }
    *backend = &clear->base;
    return RF_OK;
}
