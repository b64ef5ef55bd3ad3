/** lane_plan.h - the computation of one lane, planned: what it costs, without values
 *
 * As a lane of a party runs it (crew.c), on the planning backend. All lanes of a plan join one exchange, each in a
 * thread of its own, and tell each other how many rows they have as they do in a run. */
#ifndef RF_PARTY_RUN_LANE_PLAN_H
#define RF_PARTY_RUN_LANE_PLAN_H

#include "party/study/study.h"
#include "protocols/analytics/task.h"
#include "protocols/backend/lanes.h"

struct rf_lane_plan {
    const struct rf_study *study;
    const struct rf_task *task;
    unsigned party, lane;
    struct rf_exchange *exchange;
    void (*begins)(void *context, struct rf_backend *backend); /* before anything is planned */
    void (*ends)(void *context,
                 const struct rf_backend *backend); /* planned, or failed on the way */
    void *context;
};

/** rf_lane_plan() - Errors: RF_E_MEMORY, RF_E_ARG; what the plan's openings say no to (RF_E_ABORT).
 * @shared_rows: as for rf_compute() */
RF_MUST_CHECK enum rf_rc rf_lane_plan(const struct rf_lane_plan *plan, uint64_t *shared_rows,
                                      struct rf_err *err);

#endif
