/** progress.h - what a process says while it works
 *
 * For people: a line for each step on standard error; on a terminal the line of the step under way
 * grows as it goes. For programs: one JSON object a line on standard output (`--events`), so that
 * `ringfence run` can show one picture of many processes. Never a name, value or token of a customer. */
#ifndef RF_PARTY_RUN_PROGRESS_H
#define RF_PARTY_RUN_PROGRESS_H

#include <stdbool.h>

#include "protocols/backend/backend.h"

struct rf_progress {
    bool quiet, events;
    bool terminal;
    const char *who; /* shown in front of lines */
};

/** rf_progress_init() - @who is borrowed */
void rf_progress_init(struct rf_progress *progress, const char *who, bool quiet, bool events);

/** rf_progress_step() - a step begins or ends; for rf_backend.progress */
void rf_progress_step(void *context, const struct rf_step *step, bool done);

/** rf_progress_note() - one thing worth saying: "linked with bank-b", … */
void rf_progress_note(const struct rf_progress *progress, const char *format, ...) RF_PRINTF(2, 3);

#endif
