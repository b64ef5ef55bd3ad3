/** shared_tokens.h - the statistic shared_tokens: how many tokens occur at several banks
 *
 * Definition: docs/statistics.md. Tokens are counted in token order, where a token's rows stand
 * together; the cohorts behind the counts are local vertices, counted in group order (vertices.h). */
#ifndef RF_PROTOCOLS_ANALYTICS_SHARED_TOKENS_H
#define RF_PROTOCOLS_ANALYTICS_SHARED_TOKENS_H

#include "protocols/analytics/shared.h"
#include "protocols/analytics/tally.h"
#include "protocols/analytics/vertices.h"

/** What the other banks know of a row's token: kept from token order for group order. */
struct rf_links {
    struct rf_bits planes;
    struct rf_view holders; /* one plane a bank: the bank holds the row's token */
    struct rf_view types;   /* one plane for each linked type: the token's */
};

/** rf_shared_tokens_links() - who else holds each row's token. Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_shared_tokens_links(struct rf_backend *backend, struct rf_links *links,
                                                const struct rf_task *task,
                                                const struct rf_shared *shared);
void rf_shared_tokens_fini(struct rf_links *links);

/** rf_shared_tokens_count() - figures of the shared_tokens tables. Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_shared_tokens_count(struct rf_backend *backend, struct rf_tally *tally,
                                                const struct rf_shared *shared,
                                                const struct rf_links *links);

/** rf_shared_tokens_cohorts() - their cohorts: at each bank, local groups with a token in the cell
 * @vertices: with links; they are overwritten. Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_shared_tokens_cohorts(struct rf_backend *backend,
                                                  struct rf_tally *tally,
                                                  struct rf_vertices *vertices);

#endif
