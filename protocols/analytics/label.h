/** label.h - connected components of a graph whose edges nobody sees
 *
 * Edges (lo, hi), lo <= hi, between nodes that are numbers; lo = hi is no edge. p(u) is u's least
 * neighbour, or u itself if that is less. One iteration turns every edge over:
 *
 *   - one edge (p(hi), hi) for each hi that has a lesser neighbour becomes (p(p(hi)), hi);
 *   - every other edge (lo, hi) becomes an edge between p(lo) and p(hi).
 *
 * Edges of the first kind form a forest along p, which shortcuts with each iteration; every node stays
 * connected to its tree's root through p, so an edge may be moved to the parents of its ends without
 * changing what is connected. In the end every edge is (least node of the component, node).
 *
 * One iteration takes one sort of the edges, each in both directions. A path of n nodes needs at
 * most ceil(log2 n) iterations in every order of its numbers that was tried (docs/method.md); a
 * declared number of them is made, and one bit says whether that was enough.
 *
 * Source: hooking to the least neighbour and shortcuts on edge lists alone as in Kiveris, Lattanzi,
 * Mirrokni, Rastogi, Vassilvitskii, "Connected components in MapReduce and beyond", SOCC 2014
 * (large-star and small-star); moving edges to their ends' parents ("alter") from Liu and Tarjan,
 * "Simple concurrent labeling algorithms for connected components", SOSA 2019. */
#ifndef RF_PROTOCOLS_ANALYTICS_LABEL_H
#define RF_PROTOCOLS_ANALYTICS_LABEL_H

#include "protocols/backend/backend.h"

/** rf_label() - the least node of each node's component
 * @lo, @hi:    the edges, K planes each; overwritten
 * @node:       the nodes asked about, K planes; any number
 * @label:      for each node asked about, the least node of its component; may be @node
 * @iterations: 0: as many as the longest possible chain needs
 * Cost: for every iteration and once more a sort of two rows for each edge by 2 K + log2 n bits.
 * Opens: comparisons (order); one bit (converged); if it was not enough, RF_E_ABORT. */
RF_MUST_CHECK enum rf_rc rf_label(struct rf_backend *backend, struct rf_view label,
                                  struct rf_view lo, struct rf_view hi, struct rf_view node,
                                  unsigned iterations);

#endif
