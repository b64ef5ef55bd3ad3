#include "protocols/oblivious/join.h"

#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"

/* Both tables, one behind the other at a word's boundary: whether the row is not of the left table, key, the
 * left's payload, and whether the row is of the left table. The first is the least digit of the sort's key. Rows
 * that fill up to the boundary are of neither table: their payload is zero and they are not left rows, so that
 * whatever key they meet, they change nothing. */
struct join {
    struct rf_backend *backend;
    struct rf_bits table, same;
    struct rf_view behind, key, payload, is_left;
    size_t first_right;
};

static void put(struct rf_view into, size_t row, struct rf_view x)
{
    if (x.rows == 0)
        return;
    struct rf_view here = rf_slice(into, row, x.rows);
    rf_local_copy(here, x);
    rf_local_zero_tail(here);
}

static enum rf_rc lay_out(struct join *join, struct rf_view left, struct rf_view right,
                          unsigned key)
{
    enum rf_rc rc;
    struct rf_bits one = {0};
    unsigned payload = left.width - key;
    join->first_right = rf_round_up(left.rows, RF_WORD_BITS);
    RF_TRY(rf_backend_bits(join->backend, &join->table, join->first_right + right.rows,
                           left.width + 2));
    RF_TRY(rf_backend_bits(join->backend, &one, left.rows, 1));
    join->behind = rf_planes(join->table.all, 0, 1);
    join->key = rf_planes(join->table.all, 1, key);
    join->payload = rf_planes(join->table.all, 1 + key, payload);
    join->is_left = rf_planes(join->table.all, 1 + key + payload, 1);
    rf_local_constant(join->table.all, 0, -1);
    rf_local_constant(one.all, 1, join->backend->constant);
    put(rf_planes(join->table.all, 1, left.width), 0, left);
    put(join->is_left, 0, one.all);
    put(join->key, join->first_right, right);
    rf_local_not(join->behind, join->is_left, join->backend->constant);
done:
    rf_bits_fini(&one);
    return rc;
}

/* A left row comes before right rows of its key. */
static enum rf_rc copy_down(struct join *join)
{
    enum rf_rc rc;
    struct rf_order order = {0};
    struct rf_view copied =
        rf_planes(join->table.all, 1 + join->key.width, join->payload.width + 1);
    RF_TRY(rf_sort(join->backend, join->table.all, 1 + join->key.width, &order));
    RF_TRY(rf_backend_bits(join->backend, &join->same, join->key.rows, 1));
    RF_TRY(rf_scan_same(join->backend, join->same.all, join->key));
    RF_TRY(rf_scan(join->backend, RF_SCAN_FIRST, copied, join->same.all, 0, false));
    RF_TRY(rf_order_apply(join->backend, &order, true, copied));
done:
    rf_order_fini(&order);
    return rc;
}

enum rf_rc rf_join(struct rf_backend *backend, struct rf_view payload, struct rf_view matched,
                   struct rf_view left, struct rf_view right, unsigned key)
{
    enum rf_rc rc;
    struct join join = {.backend = backend};
    assert(right.width == key && payload.width == left.width - key);
    assert(payload.rows == right.rows && matched.rows == right.rows && matched.width == 1);
    RF_TRY(lay_out(&join, left, right, key));
    RF_TRY(copy_down(&join));
    rf_local_copy(payload, rf_slice(join.payload, join.first_right, right.rows));
    rf_local_copy(matched, rf_slice(join.is_left, join.first_right, right.rows));
    /* Without a match the first row of the key is a right row or a filler: payload zero already. */
done:
    rf_bits_fini(&join.table);
    rf_bits_fini(&join.same);
    return rc;
}
