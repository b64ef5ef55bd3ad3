/** vertices.h - the kept rows once more, with each local group's rows together
 *
 * A group's figures stand on all of its rows; from here on its first row alone carries them, so
 * that they count once. */
#ifndef RF_PROTOCOLS_ANALYTICS_VERTICES_H
#define RF_PROTOCOLS_ANALYTICS_VERTICES_H

#include "protocols/analytics/shared.h"
#include "protocols/oblivious/sort.h"

struct rf_vertices {
    size_t rows;
    struct rf_order order; /* from token order to group order */
    struct rf_bits table, node_planes, bank_planes;
    /* Views: */
    struct rf_view same;                    /* same group as the row before */
    struct rf_view size, flagged, exposure; /* zero but on a group's first row */
    struct rf_view links;                   /* what came along from token order (shared_tokens.h) */
    struct rf_view at_bank; /* one plane a bank: first row of a group of that bank */
    struct rf_view node;    /* the group's number: the position of its first row */
};

/** rf_vertices_arrange() - sort by (bank, group)
 * @links: planes to take along; width 0: none
 * Opens: comparisons (order). */
RF_MUST_CHECK enum rf_rc rf_vertices_arrange(struct rf_backend *backend,
                                             struct rf_vertices *vertices,
                                             const struct rf_task *task,
                                             const struct rf_shared *shared, struct rf_view links);
void rf_vertices_fini(struct rf_vertices *vertices);

/** rf_vertices_edges() - the graph whose components are rings, in token order
 * Every row's node is joined to the node of its token's first row, which is never greater.
 * @lo, @hi: made here; planes as vertices->node. Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_vertices_edges(struct rf_backend *backend,
                                           const struct rf_vertices *vertices,
                                           const struct rf_shared *shared, unsigned banks,
                                           struct rf_bits *lo, struct rf_bits *hi);

#endif
