#include "protocols/backend/plan/plan.h"

#include <stdlib.h>
#include <string.h>

struct plan {
    struct rf_backend base;
    uint64_t drawn;
    bool (*next)(void *context, enum rf_open_kind kind, size_t rows, unsigned width, uint64_t *out);
    void *next_context;
    struct rf_block piece; /* of gates' operands, like all */
    size_t pieces;
};

enum { OPERANDS = 7 }; /* of a gate */

/* @bytes: of the memory that the operation goes through */
static void count(struct rf_backend *backend, enum rf_op op, size_t rows, size_t width,
                  unsigned role, uint64_t bytes)
{
    struct plan *plan = (struct plan *)backend;
    struct rf_efforts *efforts = backend->space.efforts;
    if (!backend->model->labour)
        return;
    struct rf_labour labour = backend->model->labour(op, rows, width, role);
    plan->drawn += labour.drawn;
    rf_effort_count(efforts, RF_EFFORT_PASS, labour.words, bytes);
    rf_effort_count(efforts, RF_EFFORT_GATHER, labour.rows, bytes);
    rf_effort_count(efforts, RF_EFFORT_DEAL, labour.dealt, bytes);
    rf_effort_count(efforts, RF_EFFORT_WEIGH, labour.weighed, bytes);
    rf_effort_count(efforts, RF_EFFORT_PROVE, labour.proved, bytes);
}

static uint64_t plane_bytes(struct rf_view view, unsigned operands)
{
    return (uint64_t)rf_words(view.rows) * view.width * operands * sizeof(uint64_t);
}

/* Operands are kept until their gates are proved, and their memory for as long as the backend lives. */
static enum rf_rc keep_gates(struct plan *plan)
{
    size_t words = plan->base.model->proof_piece;
    enum rf_rc rc = RF_OK;
    while (rc == RF_OK && words && plan->pieces * words < plan->base.unproved) {
        rc = rf_space_alloc(&plan->base.space, OPERANDS * words * sizeof(uint64_t), &plan->piece);
        plan->pieces += rc == RF_OK;
    }
    return rc;
}

static enum rf_rc and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                            struct rf_view y)
{
    (void)x;
    (void)y;
    count(backend, RF_OP_AND, out.rows, out.width, 0, plane_bytes(out, 3 * RF_PARTS_MAX));
    return keep_gates((struct plan *)backend);
}

static enum rf_rc mul_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y)
{
    (void)x;
    (void)y;
    count(backend, RF_OP_MUL, out->rows, 0, 0,
          (uint64_t)out->rows * 3 * RF_PARTS_MAX * sizeof(uint64_t));
    return RF_OK;
}

static enum rf_rc dot_start(struct rf_backend *backend, struct rf_ring *out,
                            const struct rf_ring *x, const struct rf_ring *y, size_t length)
{
    (void)length;
    count(backend, RF_OP_DOT, x->rows, 0, 0,
          (uint64_t)x->rows * 2 * RF_PARTS_MAX * sizeof(uint64_t));
    return mul_start(backend, out, x, y);
}

static enum rf_rc open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess)
{
    const struct plan *plan = (const struct plan *)backend;
    count(backend, RF_OP_OPEN, x.rows, x.width, 0, plane_bytes(x, 1 + RF_PARTS_MAX));
    if (plan->next) { /* rf_open_start() has noted the opening, and so its kind */
        enum rf_open_kind kind = backend->opening[backend->openings - 1].kind;
        if (plan->next(plan->next_context, kind, x.rows, x.width, out))
            return RF_OK;
        return rf_err_set(backend->err, RF_E_CHEAT,
                          "%zu rows of %u bits of kind \"%s\" are opened next, but were not",
                          x.rows, x.width, rf_open_kind_name(kind));
    }
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
    count(backend, RF_OP_OPEN_RING, x->rows, 0, 0,
          (uint64_t)x->rows * (1 + RF_PARTS_MAX) * sizeof(uint64_t));
    memset(out, 0, x->rows * sizeof *out);
    return RF_OK;
}

/* What a party holds of a shuffle, and the copy it makes while permuting. */
static enum rf_rc shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle)
{
    count(backend, RF_OP_SHUFFLE_NEW, shuffle->rows, 0, 0, shuffle->rows * sizeof(uint32_t));
    return rf_space_alloc(&backend->space, 2 * shuffle->rows * sizeof(uint32_t), &shuffle->block);
}

static enum rf_rc shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                          bool inverse, struct rf_rows *rows)
{
    struct rf_block spare = {0};
    unsigned role = (backend->party + 3 - shuffle->turn) % 3;
    count(backend, RF_OP_SHUFFLE, rows->rows, rows->bytes, inverse ? 2 - role : role,
          (uint64_t)rows->rows * rows->bytes);
    enum rf_rc rc = rf_rows_spare(&spare, &backend->space, rows);
    rf_space_free(&backend->space, &spare);
    return rc;
}

static uint64_t drawn(const struct rf_backend *backend)
{
    return ((const struct plan *)backend)->drawn;
}

static void plan_free(struct rf_backend *backend)
{
    struct plan *plan = (struct plan *)backend;
    for (; plan->pieces > 0; plan->pieces--) {
        struct rf_block block = plan->piece;
        rf_space_free(&backend->space, &block);
    }
    rf_space_fini(&backend->space);
    free(backend);
}

/* Beside the operands there are four vectors of one element for two words of them. */
static enum rf_rc verify(struct rf_backend *backend)
{
    enum { VECTORS = 2 };
    struct rf_block block = {0};
    uint64_t word = sizeof(uint64_t) * (uint64_t)backend->unproved;
    count(backend, RF_OP_PROOF, backend->unproved, 0, 0, (OPERANDS + VECTORS) * word);
    enum rf_rc rc = rf_space_alloc(&backend->space, VECTORS * word, &block);
    rf_space_free(&backend->space, &block);
    return rc;
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
    .verify = verify,
    .drawn = drawn,
    .free = plan_free,
};

void rf_plan_recorded(struct rf_backend *backend,
                      bool (*next)(void *context, enum rf_open_kind kind, size_t rows,
                                   unsigned width, uint64_t *out),
                      void *context)
{
    struct plan *plan = (struct plan *)backend;
    plan->next = next;
    plan->next_context = context;
}

enum rf_rc rf_plan_new(struct rf_backend **backend, const struct rf_model *model, unsigned party,
                       struct rf_err *err)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    plan->base = (struct rf_backend){
        .ops = &ops,
        .model = model,
        .party = party,
        .constant = -1,
        .summands = 3,
        .summand = {-1, -1, -1},
        .err = err,
    };
    rf_space_init(&plan->base.space, 0, true, err);
    *backend = &plan->base;
    return RF_OK;
}
