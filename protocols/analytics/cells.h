/** cells.h - the tables of a result: which cells exist, and in what order
 *
 * Shared by everything that produces or shows a result. The order of the cells is part of the result
 * format; `docs/statistics.md` defines what each figure means. */
#ifndef RF_PROTOCOLS_ANALYTICS_CELLS_H
#define RF_PROTOCOLS_ANALYTICS_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RF_BANKS_MAX = 16,
    RF_BUCKETS_MAX = 16,
    RF_PAIRS_MAX = RF_BANKS_MAX * (RF_BANKS_MAX - 1) / 2,
};

/** Types of token, in the order of the result. */
enum rf_token_type {
    RF_TYPE_NATIONAL_ID,
    RF_TYPE_PHONE,
    RF_TYPE_EMAIL,
    RF_TYPE_ADDRESS,
    RF_TYPE_DEVICE,
    RF_TYPE_CARD,
    RF_TYPE_IP,
    RF_TYPE_ACCOUNT,
    RF_TYPE_COUNT,
};

/** rf_token_type_name() - the word used in files: national_id, phone, ... */
const char *rf_token_type_name(enum rf_token_type type);

enum rf_table {
    RF_TABLE_TOKENS_TOTAL,
    RF_TABLE_TOKENS_BY_TYPE,
    RF_TABLE_TOKENS_BY_PAIR,
    RF_TABLE_RINGS_TOTAL,
    RF_TABLE_RINGS_BY_SIZE,
    RF_TABLE_RINGS_BY_BANKS,
    RF_TABLE_RINGS_BY_PAIR,
    RF_TABLE_RINGS_BY_FLAG,
    RF_TABLE_MEMBERS_BY_FLAG,
    RF_TABLE_COUNT,
};

/** Figures of a cell. Not every table has all of them. */
enum rf_figure {
    RF_FIGURE_TOKENS,
    RF_FIGURE_RINGS,
    RF_FIGURE_MEMBERS,
    RF_FIGURE_EXPOSURE,
    RF_FIGURE_COUNT,
};

/** What decides the shape of a result. */
struct rf_shape {
    unsigned banks;                   /* 2 .. RF_BANKS_MAX */
    bool types[RF_TYPE_COUNT];        /* linked by the study */
    bool shared_tokens, rings;        /* statistics asked for */
    uint64_t min_size;                /* smallest ring */
    unsigned min_banks;               /* fewest banks spanned, 2 .. banks */
    uint64_t buckets[RF_BUCKETS_MAX]; /* lower bounds, increasing, the first is min_size */
    unsigned bucket_count;            /* 1 .. RF_BUCKETS_MAX */
};

/** rf_table_cells() - number of cells of a table; 0 if the study does not ask for it */
size_t rf_table_cells(const struct rf_shape *shape, enum rf_table table);

/** rf_table_has() - does this table have this figure? */
bool rf_table_has(enum rf_table table, enum rf_figure figure);

/** rf_table_name() - "shared_tokens.total", "rings.by_size", ... */
const char *rf_table_name(enum rf_table table);

/** rf_pair_index() - position of the pair (a, b), a < b, among the pairs of @banks banks */
size_t rf_pair_index(unsigned banks, unsigned a, unsigned b);

#endif
