#include "party/audit/replan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "party/run/lane_plan.h"
#include "party/run/study_task.h"
#include "protocols/backend/plan/plan.h"

enum { SMALL = 1 << 20 }; /* rows: a plan of these may be for nothing */

struct replanner {
    const struct rf_study *study;
    const struct rf_transcript *in;
    struct rf_exchange *exchange;
    struct rf_task task;
    unsigned lane;
    size_t at; /* next piece in the transcript, of any lane */
    struct rf_replan_lane *out;
    uint64_t shared_rows;
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

static void begins(void *context, struct rf_backend *backend)
{
    rf_plan_recorded(backend, next_opening, context);
    backend->progress = count_step;
    backend->progress_context = context;
}

static void ends(void *context, const struct rf_backend *backend)
{
    struct replanner *replanner = context;
    memcpy(replanner->out->step, backend->step, sizeof replanner->out->step);
}

static enum rf_rc plan_lane(void *context, unsigned lane)
{
    struct replanner *replanner = &((struct replanner *)context)[lane];
    const struct rf_lane_plan plan = {
        .study = replanner->study,
        .task = &replanner->task,
        .party = replanner->in->header.id,
        .lane = lane,
        .exchange = replanner->exchange,
        .begins = begins,
        .ends = ends,
        .context = replanner,
    };
    return rf_lane_plan(&plan, &replanner->shared_rows, &replanner->out->problem);
}

static enum rf_rc too_few(void *context, unsigned lane)
{
    struct replanner *replanner = &((struct replanner *)context)[lane];
    return rf_err_set(&replanner->out->problem, RF_E_ABORT,
                      "too few values were opened for a sort of %" PRIu64 " rows",
                      rf_task_rows(&replanner->task));
}

static struct rf_err *lane_err(void *context, unsigned lane)
{
    return &((struct replanner *)context)[lane].out->problem;
}

/* What was not asked for; and whether it was the record that was at fault. */
static enum rf_rc judge(struct replanner *replanner, struct rf_err *err)
{
    struct rf_replan_lane *out = replanner->out;
    for (; next_piece(replanner); replanner->at++)
        out->left++;
    if (out->problem.rc == RF_E_MEMORY)
        return rf_err_set(err, RF_E_MEMORY, "%s", out->problem.text);
    return RF_OK;
}

/* A plan takes memory for each row that the manifest allows, and anybody can write a manifest. A run sorts all rows first,
 * and opens what tells their order: at least log2(n!) > n (log2 n - 1.5) bits. With fewer, it ended in that sort. */
static bool sorted_once(const struct rf_transcript *transcript, uint64_t rows)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < transcript->openings; i++)
        bits += 8 * transcript->opened[i].size;
    return rows <= SMALL || bits / (rf_bit_length(rows) - 3) >= rows;
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
    /* A plan that the record led astray is a finding: each lane's problem says so. */
    const struct rf_exchange_crew lanes = {
        sorted_once(transcript, rf_task_rows(&replanner[0].task)) ? plan_lane : too_few, NULL,
        lane_err, replanner};
    enum rf_rc planned = rf_exchange_threads_run(exchange, &lanes);
    (void)planned;
    out->shared_rows = replanner[0].shared_rows;
    for (unsigned i = 0; i < study->lanes; i++)
        RF_TRY(judge(&replanner[i], err));
done:
    rf_exchange_free(exchange);
    free(replanner);
    return rc;
}
