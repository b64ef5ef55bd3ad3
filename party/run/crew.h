/** crew.h - the lanes of a party at work: lane 0 in the caller's thread, each other in one of its own
 *
 * Every lane has a backend with keys and links of its own; an exchange joins them (protocols/backend/lanes.h).
 * When a lane fails, the others fail too, and the error is that of the first. */
#ifndef RF_PARTY_RUN_CREW_H
#define RF_PARTY_RUN_CREW_H

#include "party/run/message.h"
#include "party/run/session.h"
#include "protocols/analytics/task.h"
#include "protocols/backend/lanes.h"

struct rf_crew;

/** rf_crew_new() - a backend for every lane of a connected session
 * @memory_limit: bytes of share columns, of all lanes together; 0: none
 * Errors: RF_E_MEMORY, RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_crew_new(struct rf_crew **crew, struct rf_session *session,
                                     size_t memory_limit);

/** rf_crew_first() - lane 0's backend; borrowed */
struct rf_backend *rf_crew_first(struct rf_crew *crew);

/** rf_crew_compute() - rf_compute() in all lanes
 * @rows: all rows, with lane 0; used up
 * Errors: those of rf_compute(), of the lane that failed first; RF_E_INTERNAL when a lane took other bytes or
 * rounds than it declared: the cost model is part of what was approved. */
RF_MUST_CHECK enum rf_rc rf_crew_compute(struct rf_crew *crew, const struct rf_task *task,
                                         struct rf_rows *rows, struct rf_bits *output,
                                         uint64_t *shared_rows);

/** rf_crew_cost() - what all lanes took: bytes, opened bits and memory of all, rounds of lane 0 */
void rf_crew_cost(struct rf_crew *crew, struct rf_run_cost *cost);

/** rf_crew_free() - NULL is harmless; columns must have been freed */
void rf_crew_free(struct rf_crew *crew);

#endif
