/** effort.h - what a party does on its own, counted in units that a machine has a speed for
 *
 * Bytes and rounds follow from a computation's shape, and so does local work: how many words are passed
 * over, rows turned into planes, rows fetched from anywhere in a table. Columns of a planning space
 * that has a `struct rf_efforts` count there what would be done with them, so that every circuit's
 * work is known without running it. Other columns count nothing.
 *
 * Units are counted by the size of the memory that the operation goes through, because how fast a unit
 * is depends on which cache that fits; each entry of `units` stands for sizes from 2^i bytes up. What
 * replicated sharing holds twice is counted twice. */
#ifndef RF_PROTOCOLS_SHARE_EFFORT_H
#define RF_PROTOCOLS_SHARE_EFFORT_H

#include <stdint.h>

#include "net/base/bytes.h"

enum rf_effort {
    RF_EFFORT_PASS,   /* a word read or written in order */
    RF_EFFORT_TURN,   /* a word moved between rows and planes, by transposing 64 at a time */
    RF_EFFORT_COPY,   /* a part of a row copied, rows in order */
    RF_EFFORT_GATHER, /* a row copied from, or to, anywhere */
    RF_EFFORT_DEAL,   /* an entry of a permutation drawn */
    RF_EFFORT_ASK,    /* a comparison asked for by a sort, and its answer taken in */
    RF_EFFORT_WEIGH,  /* a word of a row multiplied in GF(2^64) */
    RF_EFFORT_PROVE,  /* a word of gates proved, and two neighbours' verified */
    RF_EFFORT_SEND,   /* a byte sent, and as much received, by size of the message */
    RF_EFFORT_MAP,    /* a byte of memory that was not in use before */
    RF_EFFORT_KINDS,
};

enum { RF_EFFORT_SIZES = 48 };

struct rf_efforts {
    uint64_t units[RF_EFFORT_KINDS][RF_EFFORT_SIZES];
};

/** rf_effort_count() - @units more, of an operation that goes through @bytes of memory
 * @efforts: NULL: nothing is counted */
static inline void rf_effort_count(struct rf_efforts *efforts, enum rf_effort kind, uint64_t units,
                                   uint64_t bytes)
{
    if (!efforts)
        return;
    unsigned size = bytes ? rf_bit_length(bytes) - 1 : 0;
    efforts->units[kind][size < RF_EFFORT_SIZES ? size : RF_EFFORT_SIZES - 1] += units;
}

#endif
