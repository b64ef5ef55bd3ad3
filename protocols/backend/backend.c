#include "protocols/backend/backend.h"

#include <stdio.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/channel.h"

enum { PARTIES = 3 };

const char *rf_open_kind_name(enum rf_open_kind kind)
{
    static const char *const names[RF_OPEN_KINDS] = {
        "order", "kept", "unique", "fits", "converged", "result",
    };
    return names[kind];
}

/* A batch's messages depend on what was known when it began: it completes one round later. */
static enum rf_rc charge(struct rf_backend *backend, enum rf_op op, size_t rows, size_t width)
{
    if (!backend->filling) {
        if (backend->batches == RF_BATCHES_MAX)
            return rf_err_set(backend->err, RF_E_INTERNAL, "too many batches under way");
        backend->batch_sent_at[backend->batches++] = backend->declared.rounds;
        backend->filling = true;
    }
    uint64_t bytes = backend->model->cost(op, rows, width, backend->party).bytes;
    backend->declared.bytes += bytes;
    backend->filled += bytes;
    return RF_OK;
}

/* Each round of an operation is one message of this party, so bytes by messages is its size. */
static void count_messages(struct rf_backend *backend, uint64_t bytes, uint64_t messages)
{
    rf_effort_count(backend->space.efforts, RF_EFFORT_SEND, bytes,
                    messages ? bytes / messages : bytes);
}

static bool same_shape(struct rf_view a, struct rf_view b)
{
    return a.rows == b.rows && a.width == b.width && a.parts == b.parts;
}

enum rf_rc rf_and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                        struct rf_view y)
{
    assert(same_shape(out, x) && same_shape(out, y));
    if (out.rows == 0 || out.width == 0)
        return RF_OK;
    enum rf_rc rc = charge(backend, RF_OP_AND, out.rows, out.width);
    backend->unproved += rf_words(out.rows) * out.width;
    return rc == RF_OK ? backend->ops->and_start(backend, out, x, y) : rc;
}

bool rf_arithmetic_of(struct rf_backend *backend, struct rf_arithmetic *arithmetic)
{
    arithmetic->backend = backend;
    return backend->ops->mul_start != NULL && !backend->model->proofs;
}

enum rf_rc rf_mul_start(struct rf_arithmetic arithmetic, struct rf_ring *out,
                        const struct rf_ring *x, const struct rf_ring *y)
{
    struct rf_backend *backend = arithmetic.backend;
    assert(out->rows == x->rows && out->rows == y->rows);
    if (out->rows == 0)
        return RF_OK;
    enum rf_rc rc = charge(backend, RF_OP_MUL, out->rows, 0);
    return rc == RF_OK ? backend->ops->mul_start(backend, out, x, y) : rc;
}

enum rf_rc rf_dot_start(struct rf_arithmetic arithmetic, struct rf_ring *out,
                        const struct rf_ring *x, const struct rf_ring *y, size_t length)
{
    struct rf_backend *backend = arithmetic.backend;
    assert(out->rows * length == x->rows && x->rows == y->rows);
    if (out->rows == 0)
        return RF_OK;
    enum rf_rc rc = charge(backend, RF_OP_DOT, out->rows, 0);
    return rc == RF_OK ? backend->ops->dot_start(backend, out, x, y, length) : rc;
}

static enum rf_rc note_opening(struct rf_backend *backend, enum rf_open_kind kind,
                               const uint64_t *value, size_t rows, unsigned width)
{
    if (backend->openings == RF_OPENINGS_MAX)
        return rf_err_set(backend->err, RF_E_INTERNAL, "too many openings under way");
    backend->opened[kind] += (uint64_t)rows * width;
    backend->opening[backend->openings++] = (struct rf_opening){
        .kind = kind,
        .value = value,
        .rows = rows,
        .width = width,
        .batch = backend->finished + backend->batches - 1,
    };
    return RF_OK;
}

/* The oldest batch is finished: its openings are known. */
static void tell_openings(struct rf_backend *backend)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < backend->openings; i++) {
        if (backend->opening[i].batch != backend->finished)
            backend->opening[kept++] = backend->opening[i];
        else if (backend->opened_sink)
            backend->opened_sink(backend->opened_context, &backend->opening[i]);
    }
    backend->openings = kept;
    backend->finished++;
}

enum rf_rc rf_send(struct rf_backend *backend)
{
    if (!backend->filling)
        return RF_OK;
    count_messages(backend, backend->filled, 1);
    backend->filled = 0;
    backend->filling = false;
    return backend->ops->send ? backend->ops->send(backend) : RF_OK;
}

static enum rf_rc finish_oldest(struct rf_backend *backend)
{
    enum rf_rc rc = RF_OK;
    uint64_t done = backend->batch_sent_at[0] + 1;
    if (done > backend->declared.rounds)
        backend->declared.rounds = done;
    backend->batches--;
    memmove(backend->batch_sent_at, backend->batch_sent_at + 1,
            backend->batches * sizeof *backend->batch_sent_at);
    if (backend->ops->finish)
        rc = backend->ops->finish(backend);
    if (rc == RF_OK)
        tell_openings(backend);
    return rc;
}

/* ---- proofs ---- */

static size_t proof_bound(const struct rf_backend *backend)
{
    return backend->proof_words ? backend->proof_words : backend->model->proofs;
}

static enum rf_rc prove(struct rf_backend *backend)
{
    if (!backend->model->proofs || backend->unproved == 0)
        return RF_OK;
    struct rf_cost cost = backend->model->cost(RF_OP_PROOF, backend->unproved, 0, backend->party);
    backend->declared.bytes += cost.bytes;
    backend->declared.rounds += cost.rounds;
    count_messages(backend, cost.bytes, cost.rounds);
    enum rf_rc rc = backend->ops->verify ? backend->ops->verify(backend) : RF_OK;
    backend->unproved = 0;
    return rc;
}

enum rf_rc rf_verify(struct rf_backend *backend)
{
    enum rf_rc rc;
    RF_TRY(rf_send(backend));
    for (; backend->batches > 0; backend->early++)
        RF_TRY(finish_oldest(backend));
    RF_TRY(prove(backend));
done:
    return rc;
}

/* A batch that opens something may go on opening; anything else is finished and proved first. */
static enum rf_rc before_opening(struct rf_backend *backend)
{
    if (!backend->model->proofs ||
        (backend->batches == 1 && backend->filling && backend->unproved == 0))
        return RF_OK;
    bool filling = backend->filling;
    enum rf_rc rc = rf_verify(backend);
    /* What was being filled goes on as the opening's batch. */
    if (filling && backend->early)
        backend->early--;
    return rc;
}

/* The step under way is not charged for what crosses here. */
static enum rf_rc at_boundary(struct rf_backend *backend, struct rf_step *step)
{
    if (!backend->boundary || backend->batches > 0)
        return RF_OK;
    const struct rf_traffic none = {0}, before = backend->traffic ? *backend->traffic : none;
    backend->boundary_at = backend->finished;
    enum rf_rc rc = backend->boundary(backend->boundary_context);
    const struct rf_traffic *after = backend->traffic ? backend->traffic : &none;
    uint64_t bytes = after->bytes_sent - before.bytes_sent, rounds = after->rounds - before.rounds;
    backend->aside.bytes += bytes;
    backend->aside.rounds += rounds;
    if (step) {
        step->bytes_counted += bytes;
        step->rounds_counted += rounds;
    }
    return rc;
}

static bool boundary_due(const struct rf_backend *backend)
{
    return backend->boundary && backend->step_began > 0 &&
           backend->finished - backend->boundary_at >= backend->boundary_batches;
}

enum rf_rc rf_finish(struct rf_backend *backend)
{
    enum rf_rc rc;
    RF_TRY(rf_send(backend));
    if (backend->early) {
        backend->early--;
        goto done;
    }
    if (backend->batches > 0)
        RF_TRY(finish_oldest(backend));
    if (backend->batches == 0 && backend->unproved >= proof_bound(backend))
        RF_TRY(prove(backend));
    if (boundary_due(backend))
        RF_TRY(at_boundary(backend, &backend->step[backend->steps - 1]));
done:
    return rc;
}

enum rf_rc rf_open_start(struct rf_backend *backend, enum rf_open_kind kind, uint64_t *out,
                         struct rf_view x, const struct rf_guess *guess)
{
    if (x.rows == 0 || x.width == 0)
        return RF_OK;
    enum rf_rc rc = before_opening(backend);
    if (rc == RF_OK)
        rc = charge(backend, RF_OP_OPEN, x.rows, x.width);
    if (rc == RF_OK)
        rc = note_opening(backend, kind, out, x.rows, x.width);
    return rc == RF_OK ? backend->ops->open_start(backend, out, x, guess) : rc;
}

enum rf_rc rf_open_ring_start(struct rf_arithmetic arithmetic, enum rf_open_kind kind,
                              uint64_t *out, const struct rf_ring *x)
{
    struct rf_backend *backend = arithmetic.backend;
    if (x->rows == 0)
        return RF_OK;
    enum rf_rc rc = charge(backend, RF_OP_OPEN_RING, x->rows, 0);
    if (rc == RF_OK)
        rc = note_opening(backend, kind, out, x->rows, 64);
    return rc == RF_OK ? backend->ops->open_ring_start(backend, out, x) : rc;
}

enum rf_rc rf_shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle, size_t rows)
{
    if (rows > UINT32_MAX)
        return rf_err_set(backend->err, RF_E_ARG, "%zu rows are too many for one shuffle", rows);
    *shuffle = (struct rf_shuffle){
        .rows = rows,
        .turn = backend->turn,
        .space = &backend->space,
    };
    backend->turn = (backend->turn + 1) % PARTIES;
    return backend->ops->shuffle_new(backend, shuffle);
}

void rf_shuffle_fini(struct rf_shuffle *shuffle)
{
    if (shuffle->space)
        rf_space_free(shuffle->space, &shuffle->block);
    *shuffle = (struct rf_shuffle){0};
}

enum rf_rc rf_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle, bool inverse,
                      struct rf_rows *rows)
{
    enum rf_rc rc;
    assert(shuffle->rows == rows->rows && backend->batches == 0);
    if (rows->bytes == 0 || (rows->rows == 0 && !backend->exchange))
        return RF_OK;
    if (backend->exchange) /* rows go to other lanes */
        RF_TRY(rf_verify(backend));
    unsigned role = (backend->party + PARTIES - shuffle->turn) % PARTIES;
    /* Undone by the last stage's holders first: the roles are mirrored. */
    role = inverse ? PARTIES - 1 - role : role;
    struct rf_cost cost = backend->model->cost(RF_OP_SHUFFLE, rows->rows, rows->bytes, role);
    backend->declared.bytes += cost.bytes;
    backend->declared.rounds += cost.rounds;
    count_messages(backend, cost.bytes, cost.rounds);
    rc = backend->ops->shuffle(backend, shuffle, inverse, rows);
done:
    return rc;
}

static void end_step(struct rf_backend *backend)
{
    struct rf_step *step = &backend->step[backend->steps - 1];
    step->declared.bytes = backend->declared.bytes - step->declared.bytes;
    step->declared.rounds = backend->declared.rounds - step->declared.rounds;
    if (backend->traffic) {
        step->bytes_counted = backend->traffic->bytes_sent - step->bytes_counted;
        step->rounds_counted = backend->traffic->rounds - step->rounds_counted;
    }
    step->seconds = rf_clock_seconds() - backend->step_began;
    step->cpu_seconds = rf_clock_cpu_seconds() - backend->step_cpu_began;
    if (backend->progress)
        backend->progress(backend->progress_context, step, true);
}

enum rf_rc rf_step(struct rf_backend *backend, const char *name, uint64_t rows)
{
    enum rf_rc rc = RF_OK;
    if (backend->step_began > 0) {
        end_step(backend);
        backend->step_began = 0;
        rc = at_boundary(backend, NULL);
    }
    if (rc != RF_OK || !name)
        return rc;
    if (backend->steps == RF_STEPS_MAX)
        return rf_err_set(backend->err, RF_E_INTERNAL, "too many steps");
    struct rf_step *step = &backend->step[backend->steps++];
    *step = (struct rf_step){.rows = rows, .declared = backend->declared};
    (void)snprintf(step->name, sizeof step->name, "%s", name);
    if (backend->traffic) {
        step->bytes_counted = backend->traffic->bytes_sent;
        step->rounds_counted = backend->traffic->rounds;
    }
    backend->step_began = rf_clock_seconds();
    backend->step_cpu_began = rf_clock_cpu_seconds();
    if (backend->progress)
        backend->progress(backend->progress_context, step, false);
    return backend->ops->step ? backend->ops->step(backend, name) : RF_OK;
}

uint64_t rf_backend_drawn(const struct rf_backend *backend)
{
    return backend->ops->drawn ? backend->ops->drawn(backend) : 0;
}

void rf_backend_free(struct rf_backend *backend)
{
    if (backend)
        backend->ops->free(backend);
}
