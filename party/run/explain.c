#include "party/run/explain.h"

#include <string.h>

#include "party/run/study_task.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/plan/plan.h"

static void collect(struct rf_explained *out, const struct rf_backend *backend)
{
    memcpy(out->step, backend->step, sizeof out->step);
    out->steps = backend->steps;
    out->total = backend->declared;
    memcpy(out->opened, backend->opened, sizeof out->opened);
    out->peak_memory = backend->space.peak;
}

enum rf_rc rf_explain(struct rf_explained *out, const struct rf_study *study, unsigned party,
                      double shared_percent, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_task task;
    struct rf_backend *backend = NULL;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    *out = (struct rf_explained){0};
    rf_study_task(&task, study, shared_percent);
    RF_TRY(rf_plan_new(&backend, &rf_model_rep3, party, err));
    RF_TRY(rf_backend_rows(backend, &input, rf_task_rows(&task), rf_row_bytes(&task)));
    RF_TRY(rf_compute(backend, &task, &input, &output, NULL));
    collect(out, backend);
    /* Share 2 goes to parties 1 and 2 as bytes, the others' shares as seeds. */
    out->input_bytes = party == 0 ? 0 : rf_task_rows(&task) * rf_row_bytes(&task);
done:
    rf_rows_fini(&input);
    rf_bits_fini(&output);
    rf_backend_free(backend);
    return rc;
}
