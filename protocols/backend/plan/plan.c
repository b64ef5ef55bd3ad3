#include "protocols/backend/plan/plan.h"

#include <stdlib.h>
#include <string.h>

static enum rf_rc and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                            struct rf_view y)
{
    (void)backend;
    (void)out;
    (void)x;
    (void)y;
    return RF_OK;
}

static enum rf_rc mul_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y)
{
    (void)backend;
    (void)out;
    (void)x;
    (void)y;
    return RF_OK;
}

static enum rf_rc dot_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y, size_t length)
{
    (void)length;
    return mul_start(backend, out, x, y);
}

static enum rf_rc open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess)
{
    (void)backend;
    memset(out, 0, rf_words(x.rows) * x.width * sizeof *out);
    for (size_t row = 0; guess && row < x.rows; row++) {
        if (guess->bit(guess->context, row))
            out[row / RF_WORD_BITS] |= (uint64_t)1 << (row % RF_WORD_BITS);
    }
    return RF_OK;
}

static enum rf_rc open_ring_start(struct rf_backend *backend, uint64_t *out,
                                  const struct rf_ring *x)
{
    (void)backend;
    memset(out, 0, x->rows * sizeof *out);
    return RF_OK;
}

/* What a party holds of a shuffle, and the copies it makes while permuting. */
static enum rf_rc shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle)
{
    return rf_space_alloc(&backend->space, 2 * shuffle->rows * sizeof(uint32_t), &shuffle->block);
}

static enum rf_rc shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                          bool inverse, struct rf_rows *rows)
{
    (void)shuffle;
    (void)inverse;
    struct rf_rows copy = {0};
    enum rf_rc rc = rf_backend_rows(backend, &copy, rows->rows, rows->bytes);
    rf_rows_fini(&copy);
    return rc;
}

static void plan_free(struct rf_backend *backend)
{
    rf_space_fini(&backend->space);
    free(backend);
}

static const struct rf_backend_ops ops = {
    .name = "plan",
    .and_start = and_start,
    .mul_start = mul_start,
    .dot_start = dot_start,
    .open_start = open_start,
    .open_ring_start = open_ring_start,
    .shuffle_new = shuffle_new,
    .shuffle = shuffle,
    .free = plan_free,
};

enum rf_rc rf_plan_new(struct rf_backend **backend, const struct rf_model *model, unsigned party,
                       struct rf_err *err)
{
    struct rf_backend *plan = calloc(1, sizeof *plan);
    if (!plan)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    *plan = (struct rf_backend){
        .ops = &ops,
        .model = model,
        .party = party,
        .constant = -1,
        .summands = 3,
        .summand = {-1, -1, -1},
        .err = err,
    };
    rf_space_init(&plan->space, 0, true, err);
    *backend = plan;
    return RF_OK;
}
