/** parties.h - run the same code on every backend
 *
 * A body is a function that gets a backend. On `clear` it runs once; on `rep3` it runs as three
 * parties in three threads. Bodies share public inputs with rf_test_share() and open results with
 * rf_test_open(), so that the same body checks the same values everywhere. */
#ifndef RF_TESTS_SUPPORT_PARTIES_H
#define RF_TESTS_SUPPORT_PARTIES_H

#include "protocols/backend/backend.h"
#include "tests/support/random.h"

typedef void rf_test_body_of_party(struct rf_backend *backend, void *context);

/** rf_test_clear() - on plain values; @seed of the shuffles */
void rf_test_clear(rf_test_body_of_party *body, void *context, uint64_t seed);

/** rf_test_rep3() - three parties over real links; also checks that declared costs equal counted */
void rf_test_rep3(rf_test_body_of_party *body, void *context, uint64_t seed);

/** rf_test_active() - the same, secure against one that deviates; proves all gates at the end */
void rf_test_active(rf_test_body_of_party *body, void *context, uint64_t seed);

/** rf_test_everywhere() - all of them */
void rf_test_everywhere(rf_test_body_of_party *body, void *context);

/** rf_test_share() - a sharing of public values: row r of @out is @value[r] (low out.width bits) */
void rf_test_share(struct rf_backend *backend, struct rf_view out, const uint64_t *value);
void rf_test_share_ring(struct rf_backend *backend, struct rf_ring *out, const uint64_t *value);

/** rf_test_open() - what a column holds: @value[r] gets row r (up to 64 planes) */
void rf_test_open(struct rf_backend *backend, uint64_t *value, struct rf_view x);

#endif
