#include "party/run/lane_plan.h"

#include "party/run/study_task.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/plan/plan.h"
#include "protocols/backend/registry.h"

enum rf_rc rf_lane_plan(const struct rf_lane_plan *plan, uint64_t *shared_rows, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_backend *backend = NULL;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    const struct rf_task *task = plan->task;
    const struct rf_model *model = rf_protocol_find(plan->study->protocol)->model;
    RF_TRY(rf_plan_new(&backend, model, plan->party, err));
    backend->proof_words = rf_study_proof_words(plan->study);
    rf_lanes_join(backend, plan->exchange, plan->lane);
    plan->begins(plan->context, backend);
    RF_TRY(
        rf_backend_rows(backend, &input, plan->lane ? 0 : rf_task_rows(task), rf_row_bytes(task)));
    RF_TRY(rf_lanes_even(backend, &input));
    rc = rf_compute(backend, task, &input, &output, shared_rows);
    plan->ends(plan->context, backend);
done:
    rf_rows_fini(&input);
    rf_bits_fini(&output);
    rf_backend_free(backend);
    return rc;
}
