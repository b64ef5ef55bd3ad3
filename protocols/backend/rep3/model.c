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
            .rounds = role == 0 || rows == 0 ? 0 : 2, /* a lane may have no rows */
        };
    case RF_OP_SHUFFLE_NEW:
    case RF_OP_PROOF:
        break;
    }
    return (struct rf_cost){0};
}

/* rep3.c and rep3_shuffle.c, line by line: four operand words and the message's, which is copied to the
 * result; two streams for each zero share. Receiving is part of what a byte over the link costs. */
static struct rf_labour labour(enum rf_op op, size_t rows, size_t width, unsigned role)
{
    enum { WORD = sizeof(uint64_t), LINE = 64 };
    uint64_t words = (uint64_t)rf_words(rows) * width, size = (uint64_t)rows * width;
    switch (op) {
    case RF_OP_AND:
        return (struct rf_labour){.words = 7 * words, .drawn = 2 * words * WORD};
    case RF_OP_OPEN:
        return (struct rf_labour){.words = 8 * words};
    case RF_OP_MUL:
        return (struct rf_labour){.words = 11 * (uint64_t)rows, .drawn = 2 * (uint64_t)rows * WORD};
    case RF_OP_DOT:
        return (struct rf_labour){.words = 4 * (uint64_t)rows};
    case RF_OP_OPEN_RING:
        return (struct rf_labour){.words = 6 * (uint64_t)rows};
    case RF_OP_SHUFFLE:
        return (struct rf_labour){
            .words = (role == 0 ? 5 : 9) * size / WORD,
            .rows = 2 * (uint64_t)rows * (1 + width / LINE),
            .drawn = (role == 0 ? 4 : 3) * size,
        };
    case RF_OP_SHUFFLE_NEW:
        return (struct rf_labour){.dealt = 2 * (uint64_t)rows};
    case RF_OP_PROOF:
        break;
    }
    return (struct rf_labour){0};
}

const struct rf_model rf_model_rep3 = {.name = "rep3", .cost = cost, .labour = labour};
