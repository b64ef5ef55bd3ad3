/** model.h - what each operation of a sharing protocol costs
 *
 * Costs are functions of shapes alone: they can be known before a run and checked after it. */
#ifndef RF_PROTOCOLS_BACKEND_MODEL_H
#define RF_PROTOCOLS_BACKEND_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum rf_op {
    RF_OP_AND,
    RF_OP_OPEN,
    RF_OP_MUL,
    RF_OP_DOT,
    RF_OP_OPEN_RING,
    RF_OP_SHUFFLE,
    RF_OP_SHUFFLE_NEW, /* costs labour alone */
    RF_OP_PROOF,
};

struct rf_cost {
    uint64_t bytes;  /* that this party sends, without frame headers and TLS */
    uint64_t rounds; /* longest chain of messages that this party waits for, one after the other */
};

/** What an operation takes of its party besides what it sends (protocols/share/effort.h). */
struct rf_labour {
    uint64_t words;   /* read or written in order */
    uint64_t rows;    /* fetched from anywhere */
    uint64_t drawn;   /* bytes of shared randomness */
    uint64_t dealt;   /* entries of permutations drawn */
    uint64_t weighed; /* words of rows multiplied in GF(2^64) */
    uint64_t proved;  /* words of gates */
};

/** The cost of one operation for one party.
 * @rows, @width: bits a row for AND and OPEN, bytes a row for SHUFFLE, unused for the others; for PROOF,
 *                @rows is words of gates
 * @role: the party's index, relative to who begins in a shuffle (0 begins) */
struct rf_model {
    const char *name;
    struct rf_cost (*cost)(enum rf_op op, size_t rows, size_t width, unsigned role);
    struct rf_labour (*labour)(enum rf_op op, size_t rows, size_t width, unsigned role);
    size_t proofs; /* gates are proved, at the latest when so many words of them wait; 0: never */
    size_t
        proof_piece; /* words of gates that memory is taken for at a time; it is kept for what follows */
};

/** Replicated sharing among three, semi-honest. */
extern const struct rf_model rf_model_rep3;

/** The same, secure against one that deviates. */
extern const struct rf_model rf_model_rep3_active;

#endif
