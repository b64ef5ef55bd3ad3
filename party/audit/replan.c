#include "party/audit/replan.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "party/run/study_task.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/exchange.h"
#include "protocols/backend/lanes.h"
#include "protocols/backend/plan/plan.h"
#include "protocols/backend/registry.h"

struct replanner {
    const struct rf_study *study;
    const struct rf_transcript *in;
    struct rf_exchange *exchange;
    struct rf_task task;
    unsigned lane;
    size_t at; /* next piece in the transcript, of any lane */
    struct rf_replan_lane *out;
    uint64_t shared_rows;
    enum rf_rc rc;
    pthread_t thread;
    bool runs;
};

static const struct rf_transcript_opened *next_piece(struct replanner *replanner)
{
    const struct rf_transcript *in = replanner->in;
    while (replanner->at < in->openings && in->opened[replanner->at].lane != replanner->lane)
        replanner->at++;
    return replanner->at < in->openings ? &in->opened[replanner->at] : NULL;
}

static bool clean_beyond(const uint64_t *out, size_t rows, unsigned width)
{
    for (unsigned plane = 0; plane < width; plane++) {
        if (out[(plane + 1) * rf_words(rows) - 1] & ~rf_tail_mask(rows))
            return false;
    }
    return true;
}

/* All pieces of one value, in order; reading has seen to it that they belong together. */
static bool next_opening(void *context, enum rf_open_kind kind, size_t rows, unsigned width,
                         uint64_t *out)
{
    struct replanner *replanner = context;
    size_t size = rf_words(rows) * width * sizeof *out;
    for (size_t got = 0; got < size;) {
        const struct rf_transcript_opened *piece = next_piece(replanner);
        if (!piece || piece->rows != rows || piece->width != width || piece->at != got ||
            piece->size > size - got || strcmp(piece->kind, rf_open_kind_name(kind)) != 0)
            return false;
        memcpy((uint8_t *)out + got, piece->value, piece->size);
        got += piece->size;
        replanner->at++;
        replanner->out->used++;
    }
    return clean_beyond(out, rows, width);
}

static void count_step(void *context, const struct rf_step *step, bool done)
{
    (void)step;
    ((struct replanner *)context)->out->steps += done;
}

/* As a party's lane does it (party/run/crew.c). */
static enum rf_rc plan_lane(struct replanner *replanner)
{
    enum rf_rc rc;
    struct rf_backend *backend = NULL;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    const struct rf_task *task = &replanner->task;
    RF_TRY(rf_plan_new(&backend, rf_protocol_find(replanner->study->protocol)->model,
                       replanner->in->header.id, &replanner->out->problem));
    rf_plan_recorded(backend, next_opening, replanner);
    rf_lanes_join(backend, replanner->exchange, replanner->lane);
    backend->progress = count_step;
    backend->progress_context = replanner;
    RF_TRY(rf_backend_rows(backend, &input, replanner->lane ? 0 : rf_task_rows(task),
                           rf_row_bytes(task)));
    RF_TRY(rf_lanes_even(backend, &input));
    rc = rf_compute(backend, task, &input, &output, &replanner->shared_rows);
    memcpy(replanner->out->step, backend->step, sizeof replanner->out->step);
done:
    if (rc != RF_OK)
        rf_exchange_fail(replanner->exchange, replanner->lane);
    rf_rows_fini(&input);
    rf_bits_fini(&output);
    rf_backend_free(backend);
    return rc;
}

static void *plan_in_thread(void *argument)
{
    struct replanner *replanner = argument;
    replanner->rc = plan_lane(replanner);
    return NULL;
}

static void plan_lanes(struct replanner *replanner, unsigned lanes)
{
    for (unsigned i = 1; i < lanes; i++) {
        replanner[i].runs =
            pthread_create(&replanner[i].thread, NULL, plan_in_thread, &replanner[i]) == 0;
        if (replanner[i].runs)
            continue;
        replanner[i].rc = rf_err_set(&replanner[i].out->problem, RF_E_MEMORY, "no thread");
        rf_exchange_fail(replanner[i].exchange, i);
    }
    replanner[0].rc = plan_lane(&replanner[0]);
    for (unsigned i = 1; i < lanes; i++) {
        if (replanner[i].runs)
            (void)pthread_join(replanner[i].thread, NULL);
    }
}

/* What was not asked for; and whether it was the record that was at fault. */
static enum rf_rc judge(struct replanner *replanner, struct rf_err *err)
{
    struct rf_replan_lane *out = replanner->out;
    for (; next_piece(replanner); replanner->at++)
        out->left++;
    if (replanner->rc == RF_E_MEMORY)
        return rf_err_set(err, replanner->rc, "%s", out->problem.text);
    return RF_OK;
}

enum rf_rc rf_replan(struct rf_replan *out, const struct rf_manifest *manifest,
                     const struct rf_transcript *transcript, struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_study *study = &manifest->study;
    struct rf_exchange *exchange = NULL;
    struct replanner *replanner = calloc(study->lanes, sizeof *replanner);
    if (!replanner)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for a plan");
    *out = (struct rf_replan){.lanes = study->lanes};
    RF_TRY(rf_exchange_threads_new(&exchange, study->lanes, err));
    for (unsigned i = 0; i < study->lanes; i++) {
        replanner[i] = (struct replanner){.study = study,
                                          .in = transcript,
                                          .exchange = exchange,
                                          .lane = i,
                                          .out = &out->lane[i]};
        rf_study_task(&replanner[i].task, study, 0);
    }
    plan_lanes(replanner, study->lanes);
    out->shared_rows = replanner[0].shared_rows;
    for (unsigned i = 0; i < study->lanes; i++)
        RF_TRY(judge(&replanner[i], err));
done:
    rf_exchange_free(exchange);
    free(replanner);
    return rc;
}
