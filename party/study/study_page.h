/** study_page.h - a study as whoever approves it should see it
 *
 * What would be computed, over whose data, by whom, revealed to whom, what else is disclosed, and
 * every parameter with its meaning; then the manifest's hash, whole and in digits to read out. */
#ifndef RF_PARTY_STUDY_STUDY_PAGE_H
#define RF_PARTY_STUDY_STUDY_PAGE_H

#include <jansson.h>
#include <stdio.h>

#include "party/study/manifest.h"

/** rf_study_page_print() - as text */
void rf_study_page_print(FILE *out, const struct rf_manifest *manifest);

/** rf_study_page_json() - the same for programs; NULL when out of memory */
json_t *rf_study_page_json(const struct rf_manifest *manifest);

#endif
