#include "protocols/oblivious/sort.h"

#include "protocols/circuit/logic.h"
#include "protocols/oblivious/ranking.h"

/* Keys of more rows than MOVED are not moved but fetched from their rows again, which takes no copy of them
 * all; FETCHED at a time. */
enum { MOVED = 1 << 16, FETCHED = 1 << 12 };

/* The keys alone, moved along as the sort arranges them, so that most comparisons read neighbours. */
struct comparing {
    struct rf_backend *backend;
    const struct rf_rows *rows;
    const struct rf_field *key;
    unsigned fields, width;
    struct rf_rows keys;
    struct rf_block spare;
    struct rf_bits planes;        /* of keys being fetched */
    const uint32_t *order;        /* which row the key at each position is */
    const uint32_t *left, *right; /* of the comparisons under way */
    struct rf_bits less;          /* of one chunk */
};

static unsigned key_width(const struct rf_field *key, unsigned fields)
{
    unsigned width = 0;
    for (unsigned i = 0; i < fields; i++)
        width += key[i].bits;
    return width;
}

/* Positions at … at + count - 1 get the keys of those rows, or of rows @index: one field after the other, bit
 * to bit. */
static void fetch_keys(struct comparing *comparing, size_t at, size_t count, const uint32_t *index)
{
    const struct rf_field *key = comparing->key;
    struct rf_rows rows = *comparing->rows, keys = rf_rows_part(&comparing->keys, at, count);
    struct rf_view planes = rf_slice(comparing->planes.all, 0, count);
    if (!index)
        rows = rf_rows_part(&rows, at, count);
    for (unsigned i = 0, plane = 0; i < comparing->fields; plane += key[i++].bits)
        rf_local_unpack(rf_planes(planes, plane, key[i].bits), &rows, key[i].byte, index);
    rf_local_pack(&keys, 0, planes);
}

static size_t part_of(size_t all, size_t done, size_t most)
{
    return all - done < most ? all - done : most;
}

static enum rf_rc comparing_init(struct comparing *comparing, struct rf_backend *backend,
                                 const struct rf_rows *rows, const struct rf_field *key,
                                 unsigned fields)
{
    enum rf_rc rc;
    const unsigned width = key_width(key, fields);
    const size_t count = rows->rows, whole = rf_round_up(count, RF_WORD_BITS);
    *comparing = (struct comparing){
        .backend = backend, .rows = rows, .key = key, .fields = fields, .width = width};
    RF_TRY(rf_backend_rows(backend, &comparing->keys, count, rf_div_up(width, 8)));
    struct rf_rows some = rf_rows_part(&comparing->keys, 0, part_of(count, 0, MOVED));
    RF_TRY(rf_rows_spare(&comparing->spare, &backend->space, &some));
    RF_TRY(rf_backend_bits(backend, &comparing->planes, part_of(whole, 0, FETCHED), width));
    /* Most levels ask about each row once or less; those that ask more do so chunk by chunk. */
    RF_TRY(rf_backend_bits(backend, &comparing->less, part_of(whole, 0, RF_CHUNK_ROWS), 1));
    for (size_t at = 0; at < count; at += FETCHED)
        fetch_keys(comparing, at, part_of(count, at, FETCHED), NULL);
done:
    return rc;
}

static void comparing_fini(struct comparing *comparing)
{
    if (comparing->backend)
        rf_space_free(&comparing->backend->space, &comparing->spare);
    rf_rows_fini(&comparing->keys);
    rf_bits_fini(&comparing->planes);
    rf_bits_fini(&comparing->less);
}

static void fetch_moved(struct comparing *comparing, uint32_t start, uint32_t count,
                        const uint32_t *from)
{
    uint32_t row[FETCHED];
    for (size_t at = 0; at < count; at += FETCHED) {
        size_t now = part_of(count, at, FETCHED);
        for (size_t i = 0; i < now; i++)
            row[i] = comparing->order[start + from[at + i]];
        fetch_keys(comparing, start + at, now, row);
    }
}

static void moved(void *context, uint32_t start, uint32_t count, const uint32_t *from)
{
    struct comparing *comparing = context;
    struct rf_rows here = rf_rows_part(&comparing->keys, start, count);
    if (count <= MOVED)
        rf_local_rearrange(&here, comparing->spare.memory, from, false);
    else
        fetch_moved(comparing, start, count, from);
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

static void get_keys(void *context, size_t from, struct rf_view x, struct rf_view *y)
{
    const struct comparing *comparing = context;
    rf_local_unpack(x, &comparing->keys, 0, comparing->left + from);
    rf_local_unpack(*y, &comparing->keys, 0, comparing->right + from);
}

static enum rf_rc compare(struct comparing *comparing, size_t count, uint64_t *answer)
{
    enum rf_rc rc;
    struct rf_backend *backend = comparing->backend;
    const struct rf_guess guess = {imagined_before, comparing};
    const struct rf_pairs pairs = {comparing->width, get_keys, comparing};
    struct rf_view less = rf_slice(comparing->less.all, 0, count);
    RF_TRY(rf_less_pairs(backend, less, &pairs));
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

/* Rows of the table, each behind its index among those of all lanes, which takes @bits. */
static enum rf_rc indexed_rows(struct rf_backend *backend, struct rf_rows *rows,
                               struct rf_view table, unsigned *bits)
{
    enum rf_rc rc;
    struct rf_bits index = {0};
    struct rf_lanes_rows all;
    RF_TRY(rf_lanes_count(backend, table.rows, &all));
    *bits = index_bits(all.total);
    size_t at = rf_div_up(*bits, 8);
    RF_TRY(rf_backend_rows(backend, rows, table.rows, at + rf_div_up(table.width, 8)));
    RF_TRY(rf_backend_bits(backend, &index, table.rows, *bits));
    rf_local_index(index.all, all.first, backend->constant);
    rf_local_pack(rows, 0, index.all);
    rf_local_pack(rows, at, table);
done:
    rf_bits_fini(&index);
    return rc;
}

static enum rf_rc rank_indexed(struct rf_backend *backend, struct rf_rows *rows, unsigned bits,
                               unsigned key, bool wanted, struct rf_order *order)
{
    const struct rf_field fields[] = {{0, bits}, {rf_div_up(bits, 8), key}};
    return rank_rows(backend, rows, fields, 2, false, wanted, order);
}

/* Each row is fetched from where it is after the shuffle; where there are several lanes, rows go to the lane
 * that has their place first. */
static enum rf_rc unpack_ordered(struct rf_backend *backend, struct rf_view table,
                                 struct rf_rows *rows, unsigned bits, const struct rf_order *made)
{
    enum rf_rc rc = RF_OK;
    const uint32_t *place = made->place;
    if (backend->exchange) {
        RF_TRY(rearrange(backend, rows, place, false));
        RF_TRY(rf_spread_even(backend, &made->spread, false, rows));
        place = NULL;
    } else {
        rf_effort_count(rows->efforts, RF_EFFORT_GATHER, (uint64_t)rows->rows * RF_PARTS_MAX,
                        (uint64_t)rows->rows * rows->bytes * RF_PARTS_MAX);
    }
    rf_local_unpack(table, rows, rf_div_up(bits, 8), place);
done:
    return rc;
}

enum rf_rc rf_sort(struct rf_backend *backend, struct rf_view table, unsigned key,
                   struct rf_order *order)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    struct rf_order made = {0};
    unsigned bits = 0;
    RF_TRY(indexed_rows(backend, &rows, table, &bits));
    RF_TRY(rank_indexed(backend, &rows, bits, key, order != NULL, &made));
    RF_TRY(unpack_ordered(backend, table, &rows, bits, &made));
    hand_over(order, &made);
done:
    rf_rows_fini(&rows);
    rf_order_fini(&made);
    return rc;
}

enum rf_rc rf_sort_table(struct rf_backend *backend, struct rf_bits *table, unsigned key,
                         struct rf_order *order)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    struct rf_order made = {0};
    const unsigned width = table->all.width;
    const size_t count = table->all.rows;
    unsigned bits = 0;
    RF_TRY(indexed_rows(backend, &rows, table->all, &bits));
    rf_bits_fini(table);
    RF_TRY(rank_indexed(backend, &rows, bits, key, order != NULL, &made));
    RF_TRY(rf_backend_bits(backend, table, count, width));
    RF_TRY(unpack_ordered(backend, table->all, &rows, bits, &made));
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
