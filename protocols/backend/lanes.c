#include "protocols/backend/lanes.h"

#include <string.h>

void rf_lanes_join(struct rf_backend *backend, struct rf_exchange *exchange, unsigned lane)
{
    backend->exchange = exchange->lanes > 1 ? exchange : NULL;
    backend->lane = lane;
}

void rf_lanes_leave(struct rf_backend *backend)
{
    backend->exchange = NULL;
}

size_t rf_lanes_slice(size_t rows, unsigned lanes, unsigned lane, size_t *first)
{
    size_t most = rf_round_up(rf_div_up(rows, lanes), RF_WORD_BITS);
    *first = lane * most < rows ? lane * most : rows;
    return rows - *first < most ? rows - *first : most;
}

/* ---- public ---- */

static enum rf_rc swap(struct rf_backend *backend, const struct rf_parcels *parcels)
{
    return rf_exchange_swap(backend->exchange, backend->lane, parcels, backend->err);
}

enum rf_rc rf_lanes_count(struct rf_backend *backend, size_t rows, struct rf_lanes_rows *all)
{
    enum rf_rc rc = RF_OK;
    struct rf_parcels parcels = {0};
    *all = (struct rf_lanes_rows){.size = {rows}, .total = rows};
    if (!backend->exchange)
        return RF_OK;
    for (unsigned i = 0; i < rf_lanes(backend); i++) {
        parcels.give[i] = &rows;
        parcels.take[i] = &all->size[i];
        parcels.give_size[i] = parcels.take_size[i] = sizeof rows;
    }
    RF_TRY(swap(backend, &parcels));
    all->total = 0;
    for (unsigned i = 0; i < rf_lanes(backend); i++) {
        if (i == backend->lane)
            all->first = all->total;
        all->total += all->size[i];
    }
    if (all->total > UINT32_MAX)
        rc = rf_err_set(backend->err, RF_E_ARG, "%zu rows are too many for the lanes of a party",
                        all->total);
done:
    return rc;
}

enum rf_rc rf_lanes_publish(struct rf_backend *backend, void *data, size_t size)
{
    struct rf_parcels parcels = {0};
    if (!backend->exchange)
        return RF_OK;
    for (unsigned i = 1; i < rf_lanes(backend) && backend->lane == 0; i++) {
        parcels.give[i] = data;
        parcels.give_size[i] = size;
    }
    if (backend->lane > 0) {
        parcels.take[0] = data;
        parcels.take_size[0] = size;
    }
    return swap(backend, &parcels);
}

enum rf_rc rf_lanes_meet(struct rf_backend *backend)
{
    const struct rf_parcels nothing = {0};
    return backend->exchange ? swap(backend, &nothing) : RF_OK;
}

/* ---- shares ---- */

static void replace(struct rf_rows *rows, struct rf_rows *by)
{
    rf_rows_fini(rows);
    *rows = *by;
    *by = (struct rf_rows){0};
}

enum rf_rc rf_lanes_scatter(struct rf_backend *backend, const struct rf_scatter *way, bool inverse,
                            struct rf_rows *rows)
{
    enum rf_rc rc;
    struct rf_rows out = {0};
    RF_TRY(rf_verify(backend));
    RF_TRY(rf_backend_rows(backend, &out, inverse ? way->before : way->after, rows->bytes));
    RF_TRY(
        rf_scatter_rows(way, inverse, &out, rows, backend->exchange, backend->lane, backend->err));
    replace(rows, &out);
done:
    rf_rows_fini(&out);
    return rc;
}

/* How many of two runs of rows are the same. */
static size_t overlap(size_t first, size_t count, size_t other, size_t other_count)
{
    size_t from = first > other ? first : other;
    size_t end = first + count, other_end = other + other_count;
    size_t to = end < other_end ? end : other_end;
    return to > from ? to - from : 0;
}

/* What a lane gives and gets when rows keep their order. */
static void deal_in_order(struct rf_dealing *dealing, const struct rf_backend *backend,
                          const size_t now[RF_LANES_MAX], const size_t then[RF_LANES_MAX])
{
    const unsigned lane = backend->lane, lanes = rf_lanes(backend);
    size_t first[RF_LANES_MAX + 1] = {0}, first_then[RF_LANES_MAX + 1] = {0};
    *dealing = (struct rf_dealing){0};
    for (unsigned i = 0; i < lanes; i++) {
        first[i + 1] = first[i] + now[i];
        first_then[i + 1] = first_then[i] + then[i];
    }
    for (unsigned i = 0; i < lanes; i++) {
        dealing->to[i] = overlap(first[lane], now[lane], first_then[i], then[i]);
        dealing->from[i] = overlap(first[i], now[i], first_then[lane], then[lane]);
    }
}

enum rf_rc rf_lanes_move(struct rf_backend *backend, struct rf_rows *rows,
                         const size_t now[RF_LANES_MAX], const size_t then[RF_LANES_MAX])
{
    enum rf_rc rc;
    struct rf_rows out = {0};
    struct rf_dealing dealing;
    deal_in_order(&dealing, backend, now, then);
    RF_TRY(rf_verify(backend));
    RF_TRY(rf_backend_rows(backend, &out, then[backend->lane], rows->bytes));
    for (unsigned part = 0; part < rows->parts; part++) {
        struct rf_parcels parcels = {0};
        size_t given = 0, taken = 0;
        for (unsigned i = 0; i < rf_lanes(backend); i++) {
            parcels.give[i] = rows->part[part] + given;
            parcels.take[i] = out.part[part] + taken;
            given += parcels.give_size[i] = dealing.to[i] * rows->bytes;
            taken += parcels.take_size[i] = dealing.from[i] * rows->bytes;
        }
        RF_TRY(swap(backend, &parcels));
    }
    replace(rows, &out);
done:
    rf_rows_fini(&out);
    return rc;
}

/* @even: to every lane its slice; else all to lane 0 */
static enum rf_rc move_all(struct rf_backend *backend, bool even, struct rf_rows *rows)
{
    enum rf_rc rc = RF_OK;
    struct rf_lanes_rows have;
    size_t size[RF_LANES_MAX] = {0}, first;
    if (!backend->exchange)
        return RF_OK;
    RF_TRY(rf_lanes_count(backend, rows->rows, &have));
    for (unsigned i = 0; even && i < rf_lanes(backend); i++)
        size[i] = rf_lanes_slice(have.total, rf_lanes(backend), i, &first);
    if (!even)
        size[0] = have.total;
    RF_TRY(rf_lanes_move(backend, rows, have.size, size));
done:
    return rc;
}

enum rf_rc rf_lanes_to_first(struct rf_backend *backend, struct rf_rows *rows)
{
    return move_all(backend, false, rows);
}

enum rf_rc rf_lanes_even(struct rf_backend *backend, struct rf_rows *rows)
{
    return move_all(backend, true, rows);
}

enum rf_rc rf_lanes_gather(struct rf_backend *backend, struct rf_bits *table, struct rf_view row)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    RF_TRY(rf_backend_rows(backend, &rows, row.rows, rf_div_up(row.width, 8)));
    rf_local_pack(&rows, 0, row);
    RF_TRY(rf_lanes_to_first(backend, &rows));
    RF_TRY(rf_backend_bits(backend, table, rows.rows, row.width));
    rf_local_unpack(table->all, &rows, 0, NULL);
done:
    rf_rows_fini(&rows);
    return rc;
}

enum rf_rc rf_lanes_deal(struct rf_backend *backend, struct rf_view row, struct rf_view table)
{
    enum rf_rc rc;
    struct rf_rows rows = {0};
    struct rf_lanes_rows have;
    size_t size[RF_LANES_MAX];
    for (unsigned i = 0; i < RF_LANES_MAX; i++)
        size[i] = 1;
    RF_TRY(rf_backend_rows(backend, &rows, table.rows, rf_div_up(table.width, 8)));
    rf_local_pack(&rows, 0, table);
    if (backend->exchange) {
        RF_TRY(rf_lanes_count(backend, rows.rows, &have));
        RF_TRY(rf_lanes_move(backend, &rows, have.size, size));
    }
    rf_local_unpack(row, &rows, 0, NULL);
done:
    rf_rows_fini(&rows);
    return rc;
}

/* ---- neighbours ---- */

static bool find_neighbour(const struct rf_lanes_rows *all, unsigned lanes, unsigned lane,
                           bool behind, unsigned *found)
{
    for (unsigned i = 1; i < lanes; i++) {
        unsigned other = behind ? lane + i : lane - i;
        if (other >= lanes)
            return false;
        *found = other;
        if (all->size[other])
            return true;
    }
    return false;
}

/* Every lane shows every other its row; each takes the one it needs. */
static enum rf_rc take_neighbour(struct rf_backend *backend, struct rf_rows *rows, bool any,
                                 unsigned from, const struct rf_lanes_rows *all, bool behind)
{
    enum rf_rc rc;
    RF_TRY(rf_verify(backend));
    for (unsigned part = 0; part < rows->parts; part++) {
        struct rf_parcels parcels = {0};
        for (unsigned other = 0; other < rf_lanes(backend); other++) {
            unsigned source;
            if (!find_neighbour(all, rf_lanes(backend), other, behind, &source) ||
                source != backend->lane)
                continue;
            parcels.give[other] = rows->part[part];
            parcels.give_size[other] = rows->bytes;
        }
        if (any) {
            parcels.take[from] = rows->part[part] + rows->bytes;
            parcels.take_size[from] = rows->bytes;
        }
        RF_TRY(swap(backend, &parcels));
    }
done:
    return rc;
}

static void one_row(struct rf_view out, struct rf_view x, size_t row)
{
    for (unsigned plane = 0; plane < x.width; plane++)
        rf_local_move(out, 0, plane, x, row, plane);
}

/* The last row of the lanes before, or the first of those behind; zero where there is no such neighbour. */
static enum rf_rc meet_neighbour(struct rf_backend *backend, struct rf_view row, bool *any,
                                 struct rf_view x, bool behind)
{
    enum rf_rc rc = RF_OK;
    struct rf_lanes_rows all;
    struct rf_bits own = {0};
    struct rf_rows rows = {0}, first, second;
    unsigned from = 0;
    *any = false;
    rf_local_constant(row, 0, -1);
    if (!backend->exchange)
        return RF_OK;
    RF_TRY(rf_lanes_count(backend, x.rows, &all));
    *any = find_neighbour(&all, rf_lanes(backend), backend->lane, behind, &from);
    RF_TRY(rf_backend_bits(backend, &own, 1, x.width));
    RF_TRY(rf_backend_rows(backend, &rows, 2, rf_div_up(x.width, 8)));
    first = rf_rows_part(&rows, 0, 1);
    second = rf_rows_part(&rows, 1, 1);
    rf_local_constant(own.all, 0, -1);
    if (x.rows)
        one_row(own.all, x, behind ? 0 : x.rows - 1);
    rf_local_pack(&first, 0, own.all);
    RF_TRY(take_neighbour(backend, &rows, *any, from, &all, behind));
    if (*any)
        rf_local_unpack(row, &second, 0, NULL);
done:
    rf_bits_fini(&own);
    rf_rows_fini(&rows);
    return rc;
}

static enum rf_rc shift(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                        bool behind)
{
    enum rf_rc rc = RF_OK;
    struct rf_bits row = {0};
    bool any;
    RF_TRY(rf_backend_bits(backend, &row, 1, x.width));
    RF_TRY(meet_neighbour(backend, row.all, &any, x, behind));
    for (unsigned plane = 0; any && x.rows && plane < x.width; plane++)
        rf_local_move(out, behind ? x.rows - 1 : 0, plane, row.all, 0, plane);
done:
    rf_bits_fini(&row);
    return rc;
}

enum rf_rc rf_lanes_later(struct rf_backend *backend, struct rf_view out, struct rf_view x)
{
    rf_local_later(out, x, 1);
    return backend->exchange ? shift(backend, out, x, false) : RF_OK;
}

enum rf_rc rf_lanes_earlier(struct rf_backend *backend, struct rf_view out, struct rf_view x)
{
    rf_local_earlier(out, x, 1);
    return backend->exchange ? shift(backend, out, x, true) : RF_OK;
}
