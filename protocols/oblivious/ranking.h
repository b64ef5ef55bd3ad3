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

/** Answers comparisons. Things stand in an arrangement, at first thing i at position i; questions are
 * about positions. */
struct rf_oracle {
    /** Bit k of @answer, zero before, must become: what stands at left[k] comes before what stands at
     * right[k]. */
    enum rf_rc (*before)(void *context, const uint32_t *left, const uint32_t *right, size_t count,
                         struct rf_public *answer);
    /** Positions start … start + count - 1 are rearranged: at start + i is to stand what stood at start +
     * from[i], and where `order` says it still does. Whoever moves the things along finds most
     * questions to be about neighbours. Things whose rank is known are not moved. */
    void (*moved)(void *context, uint32_t start, uint32_t count, const uint32_t *from);
    void *context;
};

/** rf_ranking() - order[r] = the thing of rank r; on the way, the thing at each position
 * Works with six bytes a thing, twelve a segment and room for 2^20 questions, all counted in @space; more
 * questions than that go to the oracle in several calls.
 * Things are 0 .. count - 1 and must be in random order for the stated number of comparisons.
 * Errors: those of the oracle, RF_E_MEMORY. An oracle that contradicts itself gives some order. */
RF_MUST_CHECK enum rf_rc rf_ranking(uint32_t *order, size_t count, struct rf_oracle oracle,
                                    struct rf_space *space);

#endif
