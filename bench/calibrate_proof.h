/** calibrate_proof.h - what a proof of gates takes of its three roles, without what crosses
 *
 * The steps of protocols/backend/rep3_active/verify.c on made-up gates: as prover, and as verifier of either
 * neighbour. */
#ifndef RF_BENCH_CALIBRATE_PROOF_H
#define RF_BENCH_CALIBRATE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/backend/rep3_active/proof.h"

struct rf_calibrate_proof {
    size_t words;
    uint64_t *memory, *operand[7], *vector[4], *block;
};

/** rf_calibrate_proof_init() - gates for about so many bytes; false if there is no memory */
bool rf_calibrate_proof_init(struct rf_calibrate_proof *proof, size_t bytes);
void rf_calibrate_proof_fini(struct rf_calibrate_proof *proof);

/** rf_calibrate_proof_run() - one proof of all of them */
void rf_calibrate_proof_run(struct rf_calibrate_proof *proof);

#endif
