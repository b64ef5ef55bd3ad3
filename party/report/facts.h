/** facts.h - what every form of a report needs to know about a study's result
 *
 * Gathered once, borrowed from the report: who the banks and parties are, which cell is which, and how
 * many cells were withheld. */
#ifndef RF_PARTY_REPORT_FACTS_H
#define RF_PARTY_REPORT_FACTS_H

#include "party/report/report.h"

enum { RF_FACTS_LABEL = 256 /* bytes of the longest label: two clean names and a few words */ };

struct rf_facts {
    const struct rf_report *report;
    const struct rf_study *study;
    const struct rf_result *result;
    const struct rf_shape *shape;
    const struct rf_member *bank[RF_BANKS_MAX]; /* contributors, in the order of the result */
    const struct rf_member *party[RF_PARTIES];  /* NULL in a plain report */
    unsigned banks;
    size_t cells, withheld; /* of all tables */
    const char *thousands;  /* what parts them in labels; a comma unless the form sets another */
};

/** rf_facts_gather() - look through a report
 * Errors: RF_E_INTERNAL if result and study do not belong together, or a count or figure is larger
 * than any study allows. Borrows @report. */
RF_MUST_CHECK enum rf_rc rf_facts_gather(struct rf_facts *facts, const struct rf_report *report,
                                         struct rf_err *err);

/** rf_facts_cells() - number of cells of a table; 0 if the study did not ask for it */
size_t rf_facts_cells(const struct rf_facts *facts, enum rf_table table);

/** rf_facts_cell() - a cell; one that is withheld comes with zeros, whatever the result holds */
const struct rf_cell *rf_facts_cell(const struct rf_facts *facts, enum rf_table table, size_t cell);

/** rf_facts_type() - the type that a cell of shared_tokens.by_type counts */
enum rf_token_type rf_facts_type(const struct rf_facts *facts, size_t cell);

struct rf_facts_pair {
    unsigned a, b; /* banks, a < b */
};

/** rf_facts_pair() - the banks that a cell of a table by_pair is about */
struct rf_facts_pair rf_facts_pair(const struct rf_facts *facts, size_t cell);

struct rf_facts_bucket {
    uint64_t from, to; /* both included; to is 0 where there is no end */
};

/** rf_facts_bucket() - the ring sizes that a cell of rings.by_size counts */
struct rf_facts_bucket rf_facts_bucket(const struct rf_facts *facts, size_t cell);

/** rf_facts_label() - a cell in words: "phone", "bank-a and bank-b", "5 to 9", "3 banks" */
const char *rf_facts_label(char out[RF_FACTS_LABEL], const struct rf_facts *facts,
                           enum rf_table table, size_t cell);

/** rf_facts_takes_part() - has the member a role that this report speaks of? A plain report does not
 * speak of parties. */
bool rf_facts_takes_part(const struct rf_facts *facts, const struct rf_member *member);

/** rf_facts_has_cost() - did party @party say what it spent? */
bool rf_facts_has_cost(const struct rf_facts *facts, unsigned party);

#endif
