#include "protocols/backend/model.h"
#include "protocols/backend/rep3_active/gates.h"
#include "protocols/backend/rep3_active/proof.h"
#include "protocols/share/column.h"

enum { WORD = sizeof(uint64_t), HASH = 32, SEED = 16, TAG = 7 };

/* verify.c: the weights' seed, sent and told on; a message of values a level, and for all but the last a
 * challenge, which is told on; what both verifiers compare; acceptances. */
static struct rf_cost proof(size_t words)
{
    unsigned depth[RF_PROOF_LEVELS];
    unsigned levels = rf_proof_plan(rf_round_up(words, RF_PROOF_BLOCK), depth);
    struct rf_cost cost = {.rounds = 2 * (uint64_t)levels + 2, .bytes = 2 * (uint64_t)SEED};
    for (unsigned i = 0; i < levels; i++)
        cost.bytes += rf_proof_places(depth[i]) * (uint64_t)WORD + (i + 1 < levels ? 2 * WORD : 0);
    cost.bytes += 2 * (levels + 2) * (uint64_t)WORD + (uint64_t)2 * WORD;
    return cost;
}

/* A row with its tag. */
static size_t tagged(size_t width)
{
    return TAG + width;
}

/* active_shuffle.c: tags, the passive shuffle of longer rows, and the check of tags. */
static struct rf_cost shuffle(size_t rows, size_t width, unsigned role)
{
    struct rf_cost cost = rf_model_rep3.cost(RF_OP_SHUFFLE, rows, tagged(width), role);
    cost.bytes += (uint64_t)rows * TAG;                      /* tags */
    cost.bytes += 2 * (uint64_t)(WORD + SEED + WORD + WORD); /* received, seeds, sum, accepted */
    cost.bytes += WORD;                                      /* product */
    cost.rounds += rows ? 6 : 5;
    return cost;
}

static struct rf_cost cost(enum rf_op op, size_t rows, size_t width, unsigned role)
{
    struct rf_cost cost = {0};
    switch (op) {
    case RF_OP_SHUFFLE:
        return shuffle(rows, width, role);
    case RF_OP_OPEN:
        cost = rf_model_rep3.cost(op, rows, width, role);
        cost.bytes += HASH;
        return cost;
    case RF_OP_PROOF:
        return proof(rows);
    default:
        return rf_model_rep3.cost(op, rows, width, role);
    }
}

/* active.c: a gate's operands and streams are kept, and its other share is copied from there. active_shuffle.c: rows
 * are copied into a longer table and back; each of their words is weighed for two products of the tag, and again in
 * both shares of the check, where rows are weighed too; weights come from three streams, tags are masked by two. */
static struct rf_labour labour(enum rf_op op, size_t rows, size_t width, unsigned role)
{
    struct rf_labour labour = {0};
    switch (op) {
    case RF_OP_AND:
        labour = rf_model_rep3.labour(op, rows, width, role);
        labour.words += 14 * (uint64_t)rf_words(rows) * width;
        return labour;
    case RF_OP_SHUFFLE:
        labour = rf_model_rep3.labour(op, rows, tagged(width), role);
        labour.words += (uint64_t)rows * (8 * rf_div_up(width, WORD) + 12);
        labour.weighed = 4 * (uint64_t)rows * (rf_div_up(width, WORD) + 1);
        labour.drawn += 5 * (uint64_t)rows * WORD;
        return labour;
    case RF_OP_PROOF:
        labour.proved = rows;
        return labour;
    default:
        return rf_model_rep3.labour(op, rows, width, role);
    }
}

const struct rf_model rf_model_rep3_active = {
    .name = "rep3-active",
    .cost = cost,
    .labour = labour,
    .proofs =
        (size_t)1 << 20, /* words of gates: 2^26 of them, some 60 MB and as much while proved */
    .proof_piece = RF_GATES_PIECE,
};
