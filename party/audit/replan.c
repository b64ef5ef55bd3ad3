#include "party/audit/replan.h"

#include <string.h>

#include "party/run/study_task.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/plan/plan.h"
#include "protocols/backend/registry.h"

struct replanning {
    const struct rf_transcript *transcript;
    size_t at; /* next piece */
    unsigned ended;
};

/* All pieces of one value, in order; reading has seen to it that they belong together. */
static bool next_opening(void *context, enum rf_open_kind kind, size_t rows, unsigned width,
                         uint64_t *out)
{
    struct replanning *replanning = context;
    const struct rf_transcript *in = replanning->transcript;
    size_t size = rf_words(rows) * width * sizeof *out;
    for (size_t got = 0; got < size;) {
        const struct rf_transcript_opened *piece = &in->opened[replanning->at];
        if (replanning->at == in->openings || piece->rows != rows || piece->width != width ||
            piece->at != got || piece->size > size - got ||
            strcmp(piece->kind, rf_open_kind_name(kind)) != 0)
            return false;
        memcpy((uint8_t *)out + got, piece->value, piece->size);
        got += piece->size;
        replanning->at++;
    }
    for (unsigned plane = 0; plane < width; plane++) {
        if (out[(plane + 1) * rf_words(rows) - 1] & ~rf_tail_mask(rows))
            return false;
    }
    return true;
}

static void count_step(void *context, const struct rf_step *step, bool done)
{
    (void)step;
    ((struct replanning *)context)->ended += done;
}

enum rf_rc rf_replan(struct rf_replan *out, const struct rf_manifest *manifest,
                     const struct rf_transcript *transcript, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_task task;
    struct rf_backend *backend = NULL;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    struct replanning replanning = {.transcript = transcript};
    const struct rf_study *study = &manifest->study;
    *out = (struct rf_replan){0};
    rf_study_task(&task, study, 0);
    RF_TRY(rf_plan_new(&backend, rf_protocol_find(study->protocol)->model, transcript->header.id,
                       &out->problem));
    rf_plan_recorded(backend, next_opening, &replanning);
    backend->progress = count_step;
    backend->progress_context = &replanning;
    RF_TRY(rf_backend_rows(backend, &input, rf_task_rows(&task), rf_row_bytes(&task)));
    rc = rf_compute(backend, &task, &input, &output, &out->shared_rows);
    memcpy(out->step, backend->step, sizeof out->step);
    out->steps = replanning.ended;
    out->used = replanning.at;
done:
    rf_rows_fini(&input);
    rf_bits_fini(&output);
    rf_backend_free(backend);
    if (rc == RF_E_MEMORY || rc == RF_E_INTERNAL)
        return rf_err_set(err, rc, "%s", out->problem.text);
    return RF_OK;
}
