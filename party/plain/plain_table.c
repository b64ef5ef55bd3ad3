#include "party/plain/plain_table.h"

#include <string.h>

enum { NO_BANK = RF_BANKS_MAX };

/* Whose cohorts count for whom: a recipient's own customers do not. */
struct rule {
    uint64_t min_cell;
    unsigned banks, recipients;
    unsigned own_bank[RF_MEMBERS_MAX]; /* of each recipient, or NO_BANK */
};

static void read_rule(struct rule *rule, const struct rf_study *study)
{
    unsigned bank[RF_BANKS_MAX];
    *rule = (struct rule){.min_cell = study->min_cell, .banks = rf_study_banks(study, bank)};
    for (unsigned m = 0; m < study->member_count; m++) {
        if (!study->members[m].recipient)
            continue;
        unsigned own = NO_BANK;
        for (unsigned b = 0; b < rule->banks; b++)
            if (bank[b] == m)
                own = b;
        rule->own_bank[rule->recipients++] = own;
    }
}

static uint64_t cohort_for(const struct rule *rule, const struct rf_plain_table_cell *cell,
                           unsigned recipient)
{
    uint64_t sum = 0;
    for (unsigned b = 0; b < rule->banks; b++)
        if (b != rule->own_bank[recipient])
            sum += cell->cohort[b];
    return sum;
}

/* Rule 1. */
static bool is_small(const struct rule *rule, const struct rf_plain_table_cell *cell)
{
    for (unsigned r = 0; r < rule->recipients; r++)
        if (cohort_for(rule, cell, r) < rule->min_cell)
            return true;
    return false;
}

/* Rule 2's question: are the small cells together about too few for some recipient? */
static bool small_together(const struct rule *rule, const struct rf_plain_table *tally,
                           const bool *small)
{
    for (unsigned r = 0; r < rule->recipients; r++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < tally->cells; i++)
            if (small[i])
                sum += cohort_for(rule, &tally->cell[i], r);
        if (sum < rule->min_cell)
            return true;
    }
    return false;
}

/* May one person be in the cohorts of two cells? Then adding cohorts up says nothing of how many people
 * they are. */
static bool cells_overlap(enum rf_table which)
{
    return which == RF_TABLE_RINGS_BY_PAIR || which == RF_TABLE_TOKENS_BY_PAIR ||
           which == RF_TABLE_TOKENS_BY_TYPE;
}

static void find_withheld(const struct rule *rule, const struct rf_plain_table *tally,
                          enum rf_table which, bool *withheld)
{
    bool any = false;
    for (size_t i = 0; i < tally->cells; i++) {
        withheld[i] = is_small(rule, &tally->cell[i]);
        any |= withheld[i];
    }
    if (!any || !(cells_overlap(which) || small_together(rule, tally, withheld)))
        return;
    for (size_t i = tally->cells; i-- > 0;) {
        if (!withheld[i]) {
            withheld[i] = true;
            return;
        }
    }
}

void rf_plain_table_show(const struct rf_plain_table *tally, enum rf_table which,
                         const struct rf_study *study, struct rf_cell *table)
{
    struct rule rule;
    bool withheld[sizeof tally->cell / sizeof *tally->cell];
    read_rule(&rule, study);
    find_withheld(&rule, tally, which, withheld);
    for (size_t i = 0; i < tally->cells; i++) {
        if (withheld[i])
            continue;
        table[i].shown = true;
        memcpy(table[i].figure, tally->cell[i].figure, sizeof table[i].figure);
    }
}
