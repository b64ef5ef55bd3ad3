#include "protocols/oblivious/sort.h"

#include "protocols/circuit/logic.h"
#include "protocols/oblivious/ranking.h"

struct comparing {
    struct rf_backend *backend;
    const struct rf_rows *rows;
    const struct rf_field *key;
    unsigned fields, width;
    const uint32_t *left, *right; /* of the comparisons under way */
};

static void read_keys(const struct comparing *comparing, struct rf_view out, const uint32_t *index)
{
    unsigned at = 0;
    for (unsigned i = 0; i < comparing->fields; i++) {
        struct rf_field field = comparing->key[i];
        rf_local_unpack(rf_planes(out, at, field.bits), comparing->rows, field.byte, index);
        at += field.bits;
    }
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
    return imagined(comparing->left[i]) < imagined(comparing->right[i]);
}

static enum rf_rc compare(struct comparing *comparing, size_t count, uint64_t *answer)
{
    enum rf_rc rc;
    struct rf_backend *backend = comparing->backend;
    struct rf_bits keys = {0}, less = {0};
    const struct rf_guess guess = {imagined_before, comparing};
    RF_TRY(rf_backend_bits(backend, &keys, count, 2 * comparing->width));
    RF_TRY(rf_backend_bits(backend, &less, count, 1));
    struct rf_view x = rf_planes(keys.all, 0, comparing->width);
    struct rf_view y = rf_planes(keys.all, comparing->width, comparing->width);
    read_keys(comparing, x, comparing->left);
    read_keys(comparing, y, comparing->right);
    RF_TRY(rf_less(backend, less.all, x, y));
    RF_TRY(rf_open_start(backend, RF_OPEN_ORDER, answer, less.all, &guess));
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&keys);
    rf_bits_fini(&less);
    return rc;
}

static enum rf_rc before(void *context, const uint32_t *left, const uint32_t *right, size_t count,
                         struct rf_public *answer)
{
    struct comparing *comparing = context;
    enum rf_rc rc = RF_OK;
    for (size_t from = 0; rc == RF_OK && from < count; from += RF_CHUNK_ROWS) {
        comparing->left = left + from;
        comparing->right = right + from;
        size_t now = count - from < RF_CHUNK_ROWS ? count - from : RF_CHUNK_ROWS;
        rc = compare(comparing, now, answer->word + from / RF_WORD_BITS);
    }
    return rc;
}

static enum rf_rc rearrange(struct rf_backend *backend, struct rf_rows *rows, const uint32_t *place)
{
    struct rf_rows sorted = {0};
    enum rf_rc rc = rf_backend_rows(backend, &sorted, rows->rows, rows->bytes);
    if (rc != RF_OK)
        return rc;
    rf_local_gather(&sorted, rows, place);
    rf_rows_fini(rows);
    *rows = sorted;
    return RF_OK;
}

/* The places live outside the planner's world: they are public and always computed. */
static enum rf_rc order_init(struct rf_backend *backend, struct rf_order *order, size_t rows)
{
    *order = (struct rf_order){.rows = rows, .space = &backend->space};
    struct rf_public places = {0};
    enum rf_rc rc = rf_public_init(&places, &backend->space, rows * 32);
    order->block = places.block;
    order->place = (uint32_t *)(void *)places.word;
    return rc;
}

void rf_order_fini(struct rf_order *order)
{
    rf_shuffle_fini(&order->shuffle);
    struct rf_public places = {.space = order->space, .block = order->block};
    rf_public_fini(&places);
    *order = (struct rf_order){0};
}

enum rf_rc rf_sort_rows(struct rf_backend *backend, struct rf_rows *rows,
                        const struct rf_field *key, unsigned fields, bool mixed,
                        struct rf_order *order)
{
    enum rf_rc rc;
    struct rf_order made = {0};
    struct comparing comparing = {backend, rows, key, fields, 0, NULL, NULL};
    assert(!mixed || !order);
    for (unsigned i = 0; i < fields; i++)
        comparing.width += key[i].bits;
    RF_TRY(order_init(backend, &made, rows->rows));
    if (!mixed) {
        RF_TRY(rf_shuffle_new(backend, &made.shuffle, rows->rows));
        RF_TRY(rf_shuffle(backend, &made.shuffle, false, rows));
    }
    struct rf_oracle oracle = {before, &comparing};
    RF_TRY(rf_ranking(made.place, rows->rows, oracle, &backend->space));
    RF_TRY(rearrange(backend, rows, made.place));
    if (order) {
        *order = made;
        made = (struct rf_order){0};
    }
done:
    rf_order_fini(&made);
    return rc;
}

static unsigned index_bits(size_t rows)
{
    return rows > 1 ? rf_bit_length(rows - 1) : 1;
}

enum rf_rc rf_sort(struct rf_backend *backend, struct rf_view table, unsigned key,
                   struct rf_order *order)
{
    enum rf_rc rc;
    struct rf_bits index = {0};
    struct rf_rows rows = {0};
    unsigned bits = index_bits(table.rows);
    size_t at = rf_div_up(bits, 8);
    RF_TRY(rf_backend_bits(backend, &index, table.rows, bits));
    RF_TRY(rf_backend_rows(backend, &rows, table.rows, at + rf_div_up(table.width, 8)));
    rf_local_index(index.all, 0, backend->constant);
    rf_local_pack(&rows, 0, index.all);
    rf_local_pack(&rows, at, table);
    const struct rf_field fields[] = {{0, bits}, {at, key}};
    RF_TRY(rf_sort_rows(backend, &rows, fields, 2, false, order));
    rf_local_unpack(table, &rows, at, NULL);
done:
    rf_bits_fini(&index);
    rf_rows_fini(&rows);
    return rc;
}

static enum rf_rc put_back(struct rf_backend *backend, struct rf_rows *rows, const uint32_t *place)
{
    struct rf_rows shuffled = {0};
    enum rf_rc rc = rf_backend_rows(backend, &shuffled, rows->rows, rows->bytes);
    if (rc != RF_OK)
        return rc;
    rf_local_scatter(&shuffled, rows, place);
    rf_rows_fini(rows);
    *rows = shuffled;
    return RF_OK;
}

enum rf_rc rf_order_apply(struct rf_backend *backend, const struct rf_order *order, bool inverse,
                          struct rf_view table)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    assert(order->rows == table.rows);
    RF_TRY(rf_backend_rows(backend, &rows, table.rows, rf_div_up(table.width, 8)));
    rf_local_pack(&rows, 0, table);
    if (inverse) {
        RF_TRY(put_back(backend, &rows, order->place));
        RF_TRY(rf_shuffle(backend, &order->shuffle, true, &rows));
    } else {
        RF_TRY(rf_shuffle(backend, &order->shuffle, false, &rows));
        RF_TRY(rearrange(backend, &rows, order->place));
    }
    rf_local_unpack(table, &rows, 0, NULL);
done:
    rf_rows_fini(&rows);
    return rc;
}
