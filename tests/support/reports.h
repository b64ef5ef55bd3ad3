/** reports.h - reports made by hand, for tests and for looking at
 *
 * Figures follow from the sample's name alone. */
#ifndef RF_TESTS_SUPPORT_REPORTS_H
#define RF_TESTS_SUPPORT_REPORTS_H

#include "party/report/report.h"

struct rf_sample {
    struct rf_study study;
    struct rf_report report;
    struct rf_result *result;
};

/** rf_sample_names() - all samples, NULL at the end:
 * golden    three banks, every figure written out by hand
 * five      the ordinary case: five banks, some cells withheld
 * two       two banks, one bucket, an outside party and recipient
 * sixteen   16 banks with long names, 16 buckets, large counts
 * withheld  every cell withheld
 * none      no ring and no token, and min_cell 0
 * largest   exposure of 2^64 - 1 and counts of 2^31
 * plain     `five`, computed in plain text
 * rings     rings alone, by transfers
 * tokens    shared tokens alone
 * hostile   names, purpose and disclosures that try to break out of page and terminal */
const char *const *rf_sample_names(void);

/** rf_sample_make() - the sample called @name; rf_sample_free() frees it. NULL: there is none. */
struct rf_sample *rf_sample_make(const char *name);
void rf_sample_free(struct rf_sample *sample);

#endif
