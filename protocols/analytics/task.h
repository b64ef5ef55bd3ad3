/** task.h - what a study asks of the secure computation, and the rows it works on
 *
 * Everything here is public: it follows from the manifest alone and is the same at every party. */
#ifndef RF_PROTOCOLS_ANALYTICS_TASK_H
#define RF_PROTOCOLS_ANALYTICS_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "protocols/analytics/cells.h"

enum { RF_TOKEN_BITS = 64, RF_TYPE_BITS = 3 };

struct rf_task {
    struct rf_shape shape;
    uint64_t rows[RF_BANKS_MAX]; /* each bank's declared bound on its rows: it sends so many */
    unsigned group_bits;         /* width of a local group's number; all ones is never used */
    unsigned size_bits;          /* width that holds all customers of all banks */
    unsigned exposure_bits;      /* width that holds all exposure of all banks, at most 64 */
    unsigned min_cell;
    uint32_t recipients;      /* bit b: bank b receives the result */
    uint64_t shared_rows;     /* bound on rows whose token is shared; 0: their number is opened */
    uint64_t expected_shared; /* what a planner assumes that number to be */
    unsigned iterations;      /* of ring labelling; 0: enough for any chain */
};

/** rf_task_rows() - all banks' rows together */
uint64_t rf_task_rows(const struct rf_task *task);

/** A bank's row: one (token, local group), with what the bank knows of the group. The group's figures
 * stand on each of its rows and count once. */
struct rf_row {
    uint64_t token;
    unsigned type;     /* enum rf_token_type */
    uint64_t group;    /* number of the local group, from 0 */
    uint64_t size;     /* its customers */
    uint64_t flagged;  /* of them, flagged ones */
    uint64_t exposure; /* of them all */
};

/** Where the fields of a row's second part stand: plane numbers, the token not counted. */
struct rf_row_layout {
    unsigned type, group, size, flagged, exposure, width;
};

struct rf_row_layout rf_row_layout(const struct rf_task *task);

/** rf_row_bytes() - a row as it is shared: the token's 8 bytes, then the rest, packed */
size_t rf_row_bytes(const struct rf_task *task);

/** rf_row_write() - the plain bytes of a row; fields must fit their widths */
void rf_row_write(uint8_t *out, const struct rf_task *task, const struct rf_row *row);

/** What a result's cells are made of: plane numbers of a table with one row for each cell. */
struct rf_output_layout {
    unsigned shown; /* 1: the cell is shown; otherwise its figures are zero */
    unsigned figure[RF_FIGURE_COUNT], bits[RF_FIGURE_COUNT];
    unsigned width;
};

struct rf_output_layout rf_output_layout(const struct rf_task *task);

/** rf_output_cells() - rows of the output: the cells of all tables, one after the other */
size_t rf_output_cells(const struct rf_shape *shape);

/** rf_output_first() - row of a table's first cell */
size_t rf_output_first(const struct rf_shape *shape, enum rf_table table);

#endif
