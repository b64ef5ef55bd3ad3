#include "party/run/explain.h"

#include <stdlib.h>
#include <string.h>

#include "party/run/lane_plan.h"
#include "party/run/study_task.h"

/* What has been counted when a step ends, less what was counted before. */
struct counting {
    const struct rf_calibration *calibration;
    struct rf_backend *backend;
    struct rf_explained *out;
    struct rf_efforts efforts;
    double priced; /* seconds, of the steps so far */
};

/* All that a party has computed so far. */
static double cpu_so_far(const struct counting *counting)
{
    const struct rf_calibration *prices = counting->calibration;
    return rf_calibration_efforts(prices, &counting->efforts) +
           (double)rf_backend_drawn(counting->backend) * prices->byte_drawn;
}

static void step_seen(void *context, const struct rf_step *step, bool done)
{
    struct counting *counting = context;
    if (!done)
        return;
    double now = cpu_so_far(counting);
    counting->out->cpu[step - counting->backend->step] = now - counting->priced;
    counting->priced = now;
}

static void collect(struct rf_explained *out, const struct rf_backend *backend)
{
    memcpy(out->step, backend->step, sizeof out->step);
    out->steps = backend->steps;
    out->total = backend->declared;
    memcpy(out->opened, backend->opened, sizeof out->opened);
    out->peak_memory = backend->space.peak;
}

static void watch(struct counting *counting, struct rf_backend *backend)
{
    counting->backend = backend;
    if (!counting->calibration)
        return;
    backend->space.efforts = &counting->efforts;
    backend->progress = step_seen;
    backend->progress_context = counting;
}

/* ---- lanes ---- */

struct planner {
    const struct rf_study *study;
    struct rf_task task;
    unsigned party;
    const struct rf_calibration *calibration;
    struct rf_exchange *exchange;
    struct counting counting;
    struct rf_explained out;
    struct rf_err err;
};

static void begins(void *context, struct rf_backend *backend)
{
    struct planner *planner = context;
    planner->counting =
        (struct counting){.calibration = planner->calibration, .out = &planner->out};
    watch(&planner->counting, backend);
}

static void ends(void *context, const struct rf_backend *backend)
{
    collect(&((struct planner *)context)->out, backend);
}

static enum rf_rc plan_lane(void *context, unsigned lane)
{
    struct planner *planner = &((struct planner *)context)[lane];
    const struct rf_lane_plan plan = {
        .study = planner->study,
        .task = &planner->task,
        .party = planner->party,
        .lane = lane,
        .exchange = planner->exchange,
        .begins = begins,
        .ends = ends,
        .context = planner,
    };
    return rf_lane_plan(&plan, NULL, &planner->err);
}

static struct rf_err *lane_err(void *context, unsigned lane)
{
    return &((struct planner *)context)[lane].err;
}

static void add_lane(struct rf_explained *out, const struct rf_explained *lane)
{
    if (out->steps == 0) {
        *out = *lane;
        memcpy(out->longest, lane->cpu, sizeof out->longest);
        return;
    }
    for (unsigned i = 0; i < lane->steps; i++) {
        out->step[i].rows += lane->step[i].rows;
        out->step[i].declared.bytes += lane->step[i].declared.bytes;
        out->cpu[i] += lane->cpu[i];
        if (lane->cpu[i] > out->longest[i])
            out->longest[i] = lane->cpu[i];
    }
    out->total.bytes += lane->total.bytes;
    out->peak_memory += lane->peak_memory;
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        out->opened[kind] += lane->opened[kind];
}

enum rf_rc rf_explain(struct rf_explained *out, const struct rf_study *study, unsigned party,
                      double shared_percent, const struct rf_calibration *calibration,
                      struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_exchange *exchange = NULL;
    struct planner *planner = calloc(study->lanes, sizeof *planner);
    if (!planner)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    *out = (struct rf_explained){0};
    RF_TRY(rf_exchange_threads_new(&exchange, study->lanes, err));
    for (unsigned i = 0; i < study->lanes; i++) {
        planner[i] = (struct planner){
            .study = study,
            .party = party,
            .calibration = calibration,
            .exchange = exchange,
        };
        rf_study_task(&planner[i].task, study, shared_percent);
    }
    const struct rf_exchange_crew lanes = {plan_lane, NULL, lane_err, planner};
    rc = rf_exchange_threads_run(exchange, &lanes);
    if (rc != RF_OK) {
        rc = rf_err_set(err, rc, "%s", planner[0].err.text);
        goto done;
    }
    for (unsigned i = 0; i < study->lanes; i++)
        add_lane(out, &planner[i].out);
    /* Share 2 goes to parties 1 and 2 as bytes, the others' shares as seeds. */
    const struct rf_task *task = &planner[0].task;
    out->input_bytes = party == 0 ? 0 : rf_task_rows(task) * rf_row_bytes(task);
done:
    rf_exchange_free(exchange);
    free(planner);
    return rc;
}

/* ---- time ---- */

/* So much work of several processes at once, the longest of which takes @longest alone. */
static double on_cores(double work, double longest, const struct rf_calibration *calibration)
{
    double shared = work / calibration->cores;
    return shared > longest ? shared : longest;
}

static double step_seconds(const struct rf_explained parties[RF_PARTIES], unsigned step,
                           const struct rf_calibration *calibration)
{
    double work = 0, longest = 0;
    uint64_t rounds = 0;
    for (unsigned i = 0; i < RF_PARTIES; i++) {
        uint64_t here = parties[i].step[step].declared.rounds;
        work += parties[i].cpu[step];
        longest = parties[i].longest[step] > longest ? parties[i].longest[step] : longest;
        rounds = here > rounds ? here : rounds;
    }
    /* A step of r rounds computes before the first, between them and after the last. */
    double between = longest / (double)(rounds + 1);
    return on_cores(work, longest, calibration) * rf_calibration_lockstep(calibration, between) +
           (double)rounds * calibration->round;
}

/* input.c: a contributor draws two shares twice, hashes three, sends one to two parties; of these a
 * party draws what it has seeds for, takes in the rest, and hashes both. All of it into fresh memory. */
static double receive_seconds(const struct rf_study *study,
                              const struct rf_calibration *calibration)
{
    struct rf_task task;
    rf_study_task(&task, study, 0);
    double size = (double)rf_task_rows(&task) * (double)rf_row_bytes(&task);
    double fresh = rf_calibration_price(calibration, RF_EFFORT_MAP, 2 * size);
    double sent = rf_calibration_price(calibration, RF_EFFORT_SEND, size);
    double work =
        size * (8 * calibration->byte_drawn + 9 * calibration->byte_hashed + 2 * sent + 7 * fresh);
    double party = size * (2 * calibration->byte_hashed + sent + 2 * fresh);
    return on_cores(work, party, calibration);
}

static double prepare_seconds(const struct rf_study *study,
                              const struct rf_calibration *calibration)
{
    double work = RF_PARTIES * calibration->contributor, longest = 0;
    for (unsigned i = 0; i < study->member_count; i++) {
        const struct rf_member *member = &study->members[i];
        if (!member->contributor)
            continue;
        double here =
            calibration->contributor + (double)member->rows * calibration->contributor_row;
        work += here;
        longest = here > longest ? here : longest;
    }
    return on_cores(work, longest, calibration);
}

void rf_explain_predict(struct rf_prediction *out, const struct rf_explained parties[RF_PARTIES],
                        const struct rf_study *study, const struct rf_calibration *calibration)
{
    *out = (struct rf_prediction){
        .prepare = prepare_seconds(study, calibration),
        .receive = receive_seconds(study, calibration),
    };
    for (unsigned i = 0; i < parties[0].steps; i++) {
        out->step[i] = step_seconds(parties, i, calibration);
        out->compute += out->step[i];
    }
    out->all = out->prepare + out->receive + out->compute;
}
