/** clear.h - the interface on plain values, in one process: the oracle of every test
 *
 * One part, which is the value itself. Costs are declared as the given model says. Shuffles are real
 * permutations from a seed. Nothing is secret here. */
#ifndef RF_PROTOCOLS_BACKEND_CLEAR_CLEAR_H
#define RF_PROTOCOLS_BACKEND_CLEAR_CLEAR_H

#include "protocols/backend/backend.h"

/** rf_clear_new() - a backend on plain values
 * @model: whose costs to declare
 * @seed:  of the shuffles
 * Errors: RF_E_MEMORY, RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_clear_new(struct rf_backend **backend, const struct rf_model *model,
                                      uint64_t seed, struct rf_err *err);

#endif
