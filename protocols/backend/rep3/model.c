#include "protocols/backend/model.h"
#include "protocols/share/column.h"

/* Whole words travel: a plane of n bits is ceil(n / 64) of them. */
static struct rf_cost cost(enum rf_op op, size_t rows, size_t width, unsigned role)
{
    enum { WORD = sizeof(uint64_t) };
    switch (op) {
    case RF_OP_AND:
    case RF_OP_OPEN:
        return (struct rf_cost){.bytes = (uint64_t)rf_words(rows) * width * WORD, .rounds = 1};
    case RF_OP_MUL:
    case RF_OP_DOT:
    case RF_OP_OPEN_RING:
        return (struct rf_cost){.bytes = (uint64_t)rows * WORD, .rounds = 1};
    case RF_OP_SHUFFLE:
        /* The first sends one masked table, the second two, the third one. */
        return (struct rf_cost){
            .bytes = (uint64_t)rows * width * (role == 1 ? 2 : 1),
            .rounds = role == 0 ? 0 : 2,
        };
    case RF_OP_PROOF:
        break;
    }
    return (struct rf_cost){0};
}

const struct rf_model rf_model_rep3 = {.name = "rep3", .cost = cost};
