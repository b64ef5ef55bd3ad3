#include "protocols/oblivious/sort.h"

#include "protocols/circuit/logic.h"
#include "protocols/oblivious/ranking.h"

/* The keys alone, moved along as the sort arranges them, so that most comparisons read neighbours. */
struct comparing {
    struct rf_backend *backend;
    struct rf_rows keys, spare;
    unsigned width;
    const uint32_t *order;        /* which row the key at each position is */
    const uint32_t *left, *right; /* of the comparisons under way */
    struct rf_bits planes, less;  /* work space of one chunk */
};

static unsigned key_width(const struct rf_field *key, unsigned fields)
{
    unsigned width = 0;
    for (unsigned i = 0; i < fields; i++)
        width += key[i].bits;
    return width;
}

/* One field after the other, bit to bit. */
static enum rf_rc extract_keys(struct comparing *comparing, const struct rf_rows *rows,
                               const struct rf_field *key, unsigned fields)
{
    enum rf_rc rc = RF_OK;
    struct rf_backend *backend = comparing->backend;
    struct rf_bits planes = {0};
    size_t bytes = rf_div_up(comparing->width, 8);
    RF_TRY(rf_backend_rows(backend, &comparing->keys, rows->rows, bytes));
    RF_TRY(rf_backend_rows(backend, &comparing->spare, rows->rows, bytes));
    for (size_t from = 0; from < rows->rows; from += RF_CHUNK_ROWS) {
        size_t count = rows->rows - from < RF_CHUNK_ROWS ? rows->rows - from : RF_CHUNK_ROWS;
        struct rf_rows in = rf_rows_part(rows, from, count);
        struct rf_rows out = rf_rows_part(&comparing->keys, from, count);
        RF_TRY(rf_backend_bits(backend, &planes, count, comparing->width));
        for (unsigned i = 0, at = 0; i < fields; at += key[i++].bits)
            rf_local_unpack(rf_planes(planes.all, at, key[i].bits), &in, key[i].byte, NULL);
        rf_local_pack(&out, 0, planes.all);
        rf_bits_fini(&planes);
    }
done:
    rf_bits_fini(&planes);
    return rc;
}

static enum rf_rc comparing_init(struct comparing *comparing, struct rf_backend *backend,
                                 const struct rf_rows *rows, const struct rf_field *key,
                                 unsigned fields)
{
    enum rf_rc rc;
    *comparing = (struct comparing){.backend = backend, .width = key_width(key, fields)};
    RF_TRY(extract_keys(comparing, rows, key, fields));
    /* Most levels ask about each row once or less; those that ask more do so chunk by chunk. */
    size_t chunk = rf_round_up(rows->rows, RF_WORD_BITS);
    chunk = chunk < RF_CHUNK_ROWS ? chunk : RF_CHUNK_ROWS;
    RF_TRY(rf_backend_bits(backend, &comparing->planes, chunk, 2 * comparing->width));
    RF_TRY(rf_backend_bits(backend, &comparing->less, chunk, 1));
done:
    return rc;
}

static void comparing_fini(struct comparing *comparing)
{
    rf_rows_fini(&comparing->keys);
    rf_rows_fini(&comparing->spare);
    rf_bits_fini(&comparing->planes);
    rf_bits_fini(&comparing->less);
}

static void moved(void *context, uint32_t start, uint32_t count, const uint32_t *from)
{
    struct comparing *comparing = context;
    struct rf_rows here = rf_rows_part(&comparing->keys, start, count);
    struct rf_rows there = rf_rows_part(&comparing->spare, start, count);
    rf_local_gather(&there, &here, from);
    rf_local_bytes(&here, 0, &there, 0, here.bytes);
}

/* What a planner takes for the keys: numbers without order, all different. */
static uint32_t imagined(uint32_t row)
{
    row = (row ^ (row >> 16)) * 0x7feb352dU;
    row = (row ^ (row >> 15)) * 0x846ca68bU;
    return row ^ (row >> 16);
}

static bool imagined_before(void *context, size_t i)
{
    const struct comparing *comparing = context;
    const uint32_t *row = comparing->order;
    return imagined(row[comparing->left[i]]) < imagined(row[comparing->right[i]]);
}

static enum rf_rc compare(struct comparing *comparing, size_t count, uint64_t *answer)
{
    enum rf_rc rc;
    struct rf_backend *backend = comparing->backend;
    const struct rf_guess guess = {imagined_before, comparing};
    struct rf_view planes = rf_slice(comparing->planes.all, 0, count);
    struct rf_view less = rf_slice(comparing->less.all, 0, count);
    struct rf_view x = rf_planes(planes, 0, comparing->width);
    struct rf_view y = rf_planes(planes, comparing->width, comparing->width);
    rf_local_unpack(x, &comparing->keys, 0, comparing->left);
    rf_local_unpack(y, &comparing->keys, 0, comparing->right);
    RF_TRY(rf_less(backend, less, x, y));
    RF_TRY(rf_open_start(backend, RF_OPEN_ORDER, answer, less, &guess));
    RF_TRY(rf_finish(backend));
done:
    return rc;
}

static enum rf_rc before(void *context, const uint32_t *left, const uint32_t *right, size_t count,
                         struct rf_public *answer)
{
    struct comparing *comparing = context;
    size_t chunk = comparing->less.all.rows;
    enum rf_rc rc = RF_OK;
    for (size_t from = 0; rc == RF_OK && from < count; from += chunk) {
        comparing->left = left + from;
        comparing->right = right + from;
        rc = compare(comparing, count - from < chunk ? count - from : chunk,
                     answer->word + from / RF_WORD_BITS);
    }
    return rc;
}

static enum rf_rc rearrange(struct rf_backend *backend, struct rf_rows *rows, const uint32_t *place,
                            bool inverse)
{
    struct rf_block spare = {0};
    enum rf_rc rc = rf_rows_spare(&spare, &backend->space, rows);
    if (rc == RF_OK)
        rf_local_rearrange(rows, spare.memory, place, inverse);
    rf_space_free(&backend->space, &spare);
    return rc;
}

/* The places live outside the planner's world: they are public and always computed. */
static enum rf_rc order_init(struct rf_backend *backend, struct rf_order *order, size_t rows)
{
    struct rf_public places = {0};
    enum rf_rc rc = rf_public_init(&places, &backend->space, rows * 32);
    order->rows = rows;
    order->space = &backend->space;
    order->block = places.block;
    order->place = (uint32_t *)(void *)places.word;
    return rc;
}

void rf_order_fini(struct rf_order *order)
{
    rf_spread_fini(&order->spread);
    struct rf_public places = {.space = order->space, .block = order->block};
    rf_public_fini(&places);
    *order = (struct rf_order){0};
}

/* Puts the rows into a secret random order and finds out which of them belongs where. Unless the order is
 * wanted for later, the shuffle is forgotten as soon as it is made. */
static enum rf_rc rank_rows(struct rf_backend *backend, struct rf_rows *rows,
                            const struct rf_field *key, unsigned fields, bool mixed, bool wanted,
                            struct rf_order *order)
{
    enum rf_rc rc;
    struct comparing comparing = {0};
    RF_TRY(rf_spread_rows(backend, &order->spread, rows, key, fields, mixed));
    if (!wanted)
        rf_spread_forget(&order->spread);
    RF_TRY(order_init(backend, order, rows->rows));
    RF_TRY(comparing_init(&comparing, backend, rows, key, fields));
    comparing.order = order->place;
    const struct rf_oracle oracle = {before, moved, &comparing};
    RF_TRY(rf_ranking(order->place, rows->rows, oracle, &backend->space));
done:
    comparing_fini(&comparing);
    return rc;
}

static void hand_over(struct rf_order *order, struct rf_order *made)
{
    if (order) {
        *order = *made;
        *made = (struct rf_order){0};
    }
}

enum rf_rc rf_sort_rows(struct rf_backend *backend, struct rf_rows *rows,
                        const struct rf_field *key, unsigned fields, bool mixed,
                        struct rf_order *order)
{
    enum rf_rc rc;
    struct rf_order made = {0};
    assert(!mixed || !order);
    RF_TRY(rank_rows(backend, rows, key, fields, mixed, order != NULL, &made));
    RF_TRY(rearrange(backend, rows, made.place, false));
    RF_TRY(rf_spread_even(backend, &made.spread, false, rows));
    hand_over(order, &made);
done:
    rf_order_fini(&made);
    return rc;
}

static unsigned index_bits(size_t rows)
{
    return rows > 1 ? rf_bit_length(rows - 1) : 1;
}

/* Rows of the table, each behind its index. */
static enum rf_rc indexed_rows(struct rf_backend *backend, struct rf_rows *rows,
                               struct rf_view table, unsigned bits, size_t first)
{
    enum rf_rc rc;
    struct rf_bits index = {0};
    size_t at = rf_div_up(bits, 8);
    RF_TRY(rf_backend_rows(backend, rows, table.rows, at + rf_div_up(table.width, 8)));
    RF_TRY(rf_backend_bits(backend, &index, table.rows, bits));
    rf_local_index(index.all, first, backend->constant);
    rf_local_pack(rows, 0, index.all);
    rf_local_pack(rows, at, table);
done:
    rf_bits_fini(&index);
    return rc;
}

enum rf_rc rf_sort(struct rf_backend *backend, struct rf_view table, unsigned key,
                   struct rf_order *order)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    struct rf_order made = {0};
    struct rf_lanes_rows all;
    RF_TRY(rf_lanes_count(backend, table.rows, &all));
    unsigned bits = index_bits(all.total);
    size_t at = rf_div_up(bits, 8);
    const struct rf_field fields[] = {{0, bits}, {at, key}};
    RF_TRY(indexed_rows(backend, &rows, table, bits, all.first));
    RF_TRY(rank_rows(backend, &rows, fields, 2, false, order != NULL, &made));
    if (backend->exchange) {
        RF_TRY(rearrange(backend, &rows, made.place, false));
        RF_TRY(rf_spread_even(backend, &made.spread, false, &rows));
        rf_local_unpack(table, &rows, at, NULL);
    } else {
        rf_local_unpack(table, &rows, at, made.place);
        rf_effort_count(rows.efforts, RF_EFFORT_GATHER, (uint64_t)rows.rows * RF_PARTS_MAX,
                        (uint64_t)rows.rows * rows.bytes * RF_PARTS_MAX);
    }
    hand_over(order, &made);
done:
    rf_rows_fini(&rows);
    rf_order_fini(&made);
    return rc;
}

enum rf_rc rf_order_apply(struct rf_backend *backend, const struct rf_order *order, bool inverse,
                          struct rf_view table)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    assert(order->spread.first.size[backend->exchange ? backend->lane : 0] == table.rows);
    RF_TRY(rf_backend_rows(backend, &rows, table.rows, rf_div_up(table.width, 8)));
    rf_local_pack(&rows, 0, table);
    if (inverse) {
        RF_TRY(rf_spread_even(backend, &order->spread, true, &rows));
        RF_TRY(rearrange(backend, &rows, order->place, true));
        RF_TRY(rf_spread_again(backend, &order->spread, true, &rows));
    } else {
        RF_TRY(rf_spread_again(backend, &order->spread, false, &rows));
        RF_TRY(rearrange(backend, &rows, order->place, false));
        RF_TRY(rf_spread_even(backend, &order->spread, false, &rows));
    }
    rf_local_unpack(table, &rows, 0, NULL);
done:
    rf_rows_fini(&rows);
    return rc;
}
