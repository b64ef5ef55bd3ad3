/** ranking.h - which comparisons to make, so that few levels of them sort n things
 *
 * A sorting algorithm that knows nothing of secrets: it asks an oracle for comparisons, many
 * at once, and all that it does follows from the answers. Each call of the oracle is one level; over a
 * network a level costs rounds, so there must be few.
 *
 * Samplesort: a segment of s things takes about sqrt(s) of them as pivots, compares all pairs of
 * pivots in one level, and finds every other thing's place among them by binary search, one comparison
 * a level; segments of up to 8 are finished by comparing all pairs. About log2 n + 2 comparisons
 * a thing and log2 n + 2 log2 log2 n levels, against 1.4 log2 n and 2 to 2.5 log2 n of quicksort
 * with one pivot.
 *
 * Source: Frazer and McKellar, "Samplesort", JACM 1970. */
#ifndef RF_PROTOCOLS_OBLIVIOUS_RANKING_H
#define RF_PROTOCOLS_OBLIVIOUS_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "protocols/share/column.h"

/** Answers many comparisons at once.
 * @answer: bit k must become: thing left[k] comes before thing right[k]; zeroed before the call */
struct rf_oracle {
    enum rf_rc (*before)(void *context, const uint32_t *left, const uint32_t *right, size_t count,
                         struct rf_public *answer);
    void *context;
};

/** rf_ranking() - order[r] = the thing of rank r
 * Things are 0 .. count - 1 and must be in random order for the stated number of comparisons.
 * Errors: those of the oracle, RF_E_MEMORY. An oracle that contradicts itself gives some order. */
RF_MUST_CHECK enum rf_rc rf_ranking(uint32_t *order, size_t count, struct rf_oracle oracle,
                                    struct rf_space *space);

#endif
