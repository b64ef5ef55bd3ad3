/** rings.h - the statistic rings: how many, how large, across which banks, with what at stake
 *
 * Definition: docs/statistics.md. */
#ifndef RF_PROTOCOLS_ANALYTICS_RINGS_H
#define RF_PROTOCOLS_ANALYTICS_RINGS_H

#include "protocols/analytics/tally.h"
#include "protocols/analytics/vertices.h"

/** rf_rings_count() - figures and cohorts of the rings tables
 * @vertices: as arranged
 * @label:  for each row the number of its ring: equal for rows of one ring, different otherwise
 * Opens: comparisons (order). */
RF_MUST_CHECK enum rf_rc rf_rings_count(struct rf_backend *backend, struct rf_tally *tally,
                                        const struct rf_vertices *vertices, struct rf_view label);

#endif
