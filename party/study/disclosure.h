/** disclosure.h - what a run reveals besides what its name says
 *
 * All disclosures of a study follow from the study, and every one stands in its manifest, so that
 * whoever approves has seen it. Protocols may open nothing that is not here; tests count what is
 * opened by these names. */
#ifndef RF_PARTY_STUDY_DISCLOSURE_H
#define RF_PARTY_STUDY_DISCLOSURE_H

#include "party/study/study.h"

enum { RF_DISCLOSURES_MAX = 12, RF_DISCLOSURE_TEXT_MAX = 220 };

struct rf_disclosure {
    const char *name; /* stays the same between versions: "sort_order" */
    const char
        *kind; /* bound: agreed before the run; count: one number; bit: one bit; bits: many bits
                         whose distribution does not depend on the data; figures: the result */
    const char *to; /* members, parties, recipients, parties and recipients */
    char text[RF_DISCLOSURE_TEXT_MAX];
};

/** rf_disclosure_list() - those of a study, in the manifest's order; returns how many */
unsigned rf_disclosure_list(const struct rf_study *study,
                            struct rf_disclosure list[RF_DISCLOSURES_MAX]);

#endif
