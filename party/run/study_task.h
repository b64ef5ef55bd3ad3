/** study_task.h - the secure computation that a study asks for */
#ifndef RF_PARTY_RUN_STUDY_TASK_H
#define RF_PARTY_RUN_STUDY_TASK_H

#include "party/study/study.h"
#include "protocols/analytics/task.h"

/** rf_study_task() - from a study with all bounds declared (rf_study_check() has passed)
 * @shared_percent: what a planner assumes of rows whose token is shared */
void rf_study_task(struct rf_task *task, const struct rf_study *study, double shared_percent);

/** rf_study_proof_words() - words of gates that a lane proves together */
size_t rf_study_proof_words(const struct rf_study *study);

#endif
