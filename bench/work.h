/** work.h - what is measured: the operations, their operands, and whether the answer was right
 *
 * Operands follow from a public seed and are shared among the parties without a message. An
 * operation is prepared once and can be run many times; what a run used up is restored before the
 * next. Afterwards the result is opened and boiled down to a digest, which must be what the clear
 * backend gives.
 *
 * Each lane of a party has its slice of the operands and of the result; their values are the same however many lanes
 * there are. */
#ifndef RF_BENCH_WORK_H
#define RF_BENCH_WORK_H

#include "protocols/backend/backend.h"

enum { RF_KEY_BITS = 64 };

struct rf_work {
    struct rf_backend *backend;
    size_t rows, first, total; /* of this lane; those before it; of all lanes */
    unsigned key; /* bits of keys, where an operation lets them be chosen; 0: as it likes */
    struct rf_bits x, y, z, choice, out;
    struct rf_ring rx, ry, rout;
    struct rf_arithmetic arithmetic; /* of the backend, if it has products */
    struct rf_rows table, kept;      /* @kept: what @table was before the run */
};

struct rf_operation {
    const char *name;
    const char *what;  /* for people */
    unsigned per_row;  /* units of work in a row */
    const char *unit;  /* "AND", "row", … */
    bool products;     /* needs products in Z_2^64 */
    bool one_lane;     /* works in one lane alone */
    bool keyed;        /* takes a key of any width up to RF_KEY_BITS */
    const char *study; /* a whole study on data that this scenario generates: no functions */
    enum rf_rc (*prepare)(struct rf_work *work);
    enum rf_rc (*run)(struct rf_work *work);
    enum rf_rc (*digest)(struct rf_work *work, uint64_t *digest);
};

/** rf_work_init() - an operation's work on this backend's slice of @rows rows */
void rf_work_init(struct rf_work *work, struct rf_backend *backend, size_t rows, unsigned key);

/** rf_work_operations() - all of them; an entry without a name ends the list */
const struct rf_operation *rf_work_operations(void);

/** rf_work_find() - NULL if there is none of that name */
const struct rf_operation *rf_work_find(const char *name);

/** rf_work_operands() - bytes of shares that the prepared operands and the result hold */
uint64_t rf_work_operands(const struct rf_work *work);

/** rf_work_restore() - before every run */
RF_MUST_CHECK enum rf_rc rf_work_restore(struct rf_work *work);

void rf_work_fini(struct rf_work *work);

#endif
