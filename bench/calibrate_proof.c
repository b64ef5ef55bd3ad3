#include "bench/calibrate_proof.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"

enum {
    OPERANDS = 7,
    VECTORS = 4,
    COLUMNS = 64,
    SECTION = 16, /* blocks that stay in the nearest caches */
};

/* What a gate is does not matter, nor which challenge: all are made of the same instructions. */
static const uint64_t challenge = 0x9e3779b97f4a7c15;

bool rf_calibrate_proof_init(struct rf_calibrate_proof *proof, size_t bytes)
{
    size_t blocks = bytes / ((OPERANDS + VECTORS / 2) * RF_PROOF_BLOCK * sizeof(uint64_t));
    blocks = blocks ? blocks : 1;
    size_t words = blocks * RF_PROOF_BLOCK, vector = blocks * COLUMNS + 2 * RF_PROOF_WIDE;
    size_t all = OPERANDS * words + VECTORS * vector + blocks;
    *proof = (struct rf_calibrate_proof){.words = words};
    proof->memory = malloc(all * sizeof *proof->memory);
    if (!proof->memory)
        return false;
    for (size_t i = 0; i < all; i++)
        proof->memory[i] = i * challenge;
    uint64_t *at = proof->memory;
    for (unsigned i = 0; i < OPERANDS; i++, at += words)
        proof->operand[i] = at;
    for (unsigned i = 0; i < VECTORS; i++, at += vector)
        proof->vector[i] = at;
    proof->block = at;
    return true;
}

void rf_calibrate_proof_fini(struct rf_calibrate_proof *proof)
{
    free(proof->memory);
    *proof = (struct rf_calibrate_proof){0};
}

/* What every role does at the end of a level: the values, what they add up to, and the claim of the next. */
static void end_level(struct rf_proof_sums *sums, uint64_t *lambda, unsigned depth)
{
    uint64_t value[RF_PROOF_VALUES];
    rf_proof_values(value, sums, depth);
    for (unsigned i = 0; i < 2; i++) {
        (void)rf_proof_total(value, lambda, depth);
        (void)rf_proof_at(value, depth, challenge);
    }
    rf_proof_coefficients(lambda, depth, challenge);
    *sums = (struct rf_proof_sums){{0}};
}

static struct rf_proof_bits bits(const struct rf_calibrate_proof *proof, unsigned a, unsigned b,
                                 size_t block)
{
    size_t at = block * RF_PROOF_BLOCK;
    return (struct rf_proof_bits){{proof->operand[a] + at, proof->operand[b] + at}};
}

static void on_gates(struct rf_calibrate_proof *proof, struct rf_proof_sums *sums,
                     const struct rf_proof_weights *weights, uint64_t lambda[2][RF_PROOF_WIDE])
{
    struct rf_proof_linear linear = {{0}};
    struct rf_proof_table table;
    size_t blocks = proof->words / RF_PROOF_BLOCK;
    for (unsigned pass = 0; pass < 3; pass++) {
        for (size_t at = 0, now; at < blocks; at += now) {
            now = blocks - at < SECTION ? blocks - at : SECTION;
            struct rf_proof_bits left = bits(proof, 0, 1, at), right = bits(proof, 2, 3, at);
            if (pass == 0) {
                for (unsigned i = 4; i < 6; i++)
                    rf_proof_linear_add(&linear, weights, proof->operand[i] + at * RF_PROOF_BLOCK,
                                        at, now);
                rf_proof_words(sums, weights, &left, &right, at, now);
            } else if (pass == 1) {
                rf_proof_lanes(sums, weights, &left, &right, at, now, lambda[0]);
            }
            for (unsigned i = 0; pass == 2 && i < VECTORS; i++)
                rf_proof_fold_blocks(proof->vector[i] + at * COLUMNS, &table,
                                     i % 2 ? weights : NULL, i / 2 ? &left : &right, at, now);
        }
        if (pass < 2)
            end_level(sums, lambda[pass], pass ? RF_PROOF_SECOND : RF_PROOF_FIRST);
        rf_proof_table_init(&table, lambda[0], lambda[1]);
    }
    (void)rf_proof_linear_total(&linear, weights);
}

void rf_calibrate_proof_run(struct rf_calibrate_proof *proof)
{
    struct rf_proof_weights weights = {.block = proof->block};
    struct rf_proof_sums sums = {{0}};
    uint64_t lambda[2][RF_PROOF_WIDE] = {{0}};
    unsigned depth[RF_PROOF_LEVELS], levels = rf_proof_plan(proof->words, depth);
    size_t size = proof->words / RF_PROOF_BLOCK * COLUMNS;
    memcpy(weights.word, proof->operand[6], sizeof weights.word);
    memcpy(weights.lane, proof->operand[6], sizeof weights.lane);
    on_gates(proof, &sums, &weights, lambda);
    for (unsigned level = 2; level < levels; level++) {
        size_t padded = rf_round_up(size, (size_t)1 << depth[level]);
        rf_proof_products(&sums, proof->vector[0], proof->vector[1], padded, depth[level]);
        end_level(&sums, lambda[0], depth[level]);
        for (unsigned i = 0; i < VECTORS; i++)
            size = rf_proof_fold(proof->vector[i], padded, depth[level], lambda[0]);
    }
}
