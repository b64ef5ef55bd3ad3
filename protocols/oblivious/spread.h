/** spread.h - rows to be sorted, shuffled and spread over a party's lanes
 *
 * After it all rows of a lane come before all rows of the next, in a secret random order within the lane: each
 * lane sorts its own. A party with one lane shuffles and is done.
 *
 * Lane 0 sorts a sample of the shuffled rows; rows that divide the sample evenly, one less than there are lanes,
 * go to all lanes, which compare all their rows with each and hand them over by what was opened. The
 * openings are comparisons of distinct keys in random order, as all others of a sort. Lanes then have about equally
 * many rows, and rf_spread_even() gives each as many as before.
 *
 * Source: samplesort among processors; Blelloch et al., "A comparison of sorting algorithms for the Connection
 * Machine CM-2", SPAA 1991. */
#ifndef RF_PROTOCOLS_OBLIVIOUS_SPREAD_H
#define RF_PROTOCOLS_OBLIVIOUS_SPREAD_H

#include "protocols/backend/lanes.h"

/** Some bits of a row: @bits of them from byte @byte on. */
struct rf_field {
    size_t byte;
    unsigned bits;
};

/** Where rows went. Owned; harmless when zeroed. */
struct rf_spread {
    struct rf_shuffle shuffle;
    struct rf_scatter deal;
    struct rf_public source;           /* the memory of deal.source */
    struct rf_lanes_rows first, dealt; /* rows of lanes before and after */
};

/** rf_spread_rows() - shuffle and spread
 * @key, @fields, @mixed: as for rf_sort_rows()
 * Cost: a shuffle; for L lanes a sort of some hundred rows a lane by lane 0, then L - 1 comparisons a row. */
RF_MUST_CHECK enum rf_rc rf_spread_rows(struct rf_backend *backend, struct rf_spread *spread,
                                        struct rf_rows *rows, const struct rf_field *key,
                                        unsigned fields, bool mixed);

/** rf_spread_even() - when lanes have sorted: every lane gets as many rows as it had at first, in their order
 * @inverse: undo that */
RF_MUST_CHECK enum rf_rc rf_spread_even(struct rf_backend *backend, const struct rf_spread *spread,
                                        bool inverse, struct rf_rows *rows);

/** rf_spread_again() - send other rows the same way, or back; the shuffle must not have been forgotten */
RF_MUST_CHECK enum rf_rc rf_spread_again(struct rf_backend *backend, const struct rf_spread *spread,
                                         bool inverse, struct rf_rows *rows);

/** rf_spread_forget() - rf_spread_again() will not be called: free what only that needs */
void rf_spread_forget(struct rf_spread *spread);

void rf_spread_fini(struct rf_spread *spread);

#endif
