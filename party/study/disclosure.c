#include "party/study/disclosure.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

struct list {
    struct rf_disclosure *entries;
    unsigned count;
};

static void add(struct list *list, const char *name, const char *kind, const char *to,
                const char *text)
{
    assert(list->count < RF_DISCLOSURES_MAX);
    struct rf_disclosure *entry = &list->entries[list->count++];
    *entry = (struct rf_disclosure){.name = name, .kind = kind, .to = to};
    (void)snprintf(entry->text, sizeof entry->text, "%s", text);
}

/* Rows whose token occurs at one bank only drop out; the rest is the size of all later steps. */
static void add_shared_rows(struct list *list, const struct rf_study *study)
{
    char text[RF_DISCLOSURE_TEXT_MAX];
    if (study->shared_rows == 0) {
        add(list, "compaction", "bits", "parties",
            "which of the shuffled rows are kept; only how many are depends on the data");
        add(list, "shared_rows", "count", "parties and recipients",
            "how many rows have a token that occurs at several banks");
        return;
    }
    add(list, "compaction", "bits", "parties",
        "which of the shuffled rows and fillers are kept; how many is the bound of shared_rows");
    (void)snprintf(text, sizeof text,
                   "rows whose token occurs at several banks are padded to %" PRIu64,
                   study->shared_rows);
    add(list, "shared_rows", "bound", "members", text);
    add(list, "shared_rows_fit", "bit", "members",
        "whether those rows are within their bound; if not, the run ends without a result");
}

unsigned rf_disclosure_list(const struct rf_study *study,
                            struct rf_disclosure entries[RF_DISCLOSURES_MAX])
{
    struct list list = {.entries = entries};
    add(&list, "bounds", "bound", "members",
        "the declared bounds on customers and rows of each contributor");
    add(&list, "unique", "bit", "members",
        "whether a bank sent a token twice; if so, the run ends without a result");
    add(&list, "sort_order", "bits", "parties",
        "results of comparisons between shuffled, distinct sort keys; their distribution does not "
        "depend on the data");
    add_shared_rows(&list, study);
    if (study->rings) {
        add(&list, "converged", "bit", "members",
            "whether ring labelling finished within its iterations; if not, the run ends without a "
            "result");
    }
    if (study->min_cell > 0)
        add(&list, "cells_shown", "bits", "recipients", "which cells of the result are withheld");
    add(&list, "result", "figures", "recipients", "the figures of the cells that are not withheld");
    return list.count;
}
