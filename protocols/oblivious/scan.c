#include "protocols/oblivious/scan.h"

#include "protocols/backend/lanes.h"
#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"

struct scan {
    struct rf_backend *backend;
    enum rf_scan kind;
    bool backward;
    struct rf_view value, linked;   /* linked: the looked-at row is in the group */
    struct rf_view other, reaching; /* value and linked of the row looked at */
};

/* value = linked ? other : value, and linked reaches twice as far. */
static enum rf_rc level_first(struct scan *scan)
{
    enum rf_rc rc;
    struct rf_view each = rf_repeat(scan->linked, scan->value.width);
    rf_local_xor(scan->other, scan->other, scan->value);
    RF_TRY(rf_and_start(scan->backend, scan->other, scan->other, each));
    RF_TRY(rf_and_start(scan->backend, scan->linked, scan->linked, scan->reaching));
    RF_TRY(rf_finish(scan->backend));
    rf_local_xor(scan->value, scan->value, scan->other);
done:
    return rc;
}

/* other = linked ? other : 0 */
static enum rf_rc mask_other(struct scan *scan)
{
    enum rf_rc rc;
    struct rf_view each = rf_repeat(scan->linked, scan->value.width);
    RF_TRY(rf_and_start(scan->backend, scan->other, scan->other, each));
    RF_TRY(rf_and_start(scan->backend, scan->linked, scan->linked, scan->reaching));
    RF_TRY(rf_finish(scan->backend));
done:
    return rc;
}

static enum rf_rc level_xor(struct scan *scan)
{
    enum rf_rc rc = mask_other(scan);
    rf_local_xor(scan->value, scan->value, scan->other);
    return rc;
}

static enum rf_rc level_or(struct scan *scan)
{
    enum rf_rc rc;
    RF_TRY(mask_other(scan));
    rf_local_xor(scan->value, scan->value, scan->other);
    /* x OR y = (x + y) + x y = (x + y) + y + (x + y) y */
    struct rf_view both = scan->other;
    struct rf_bits product = {0};
    RF_TRY(rf_backend_bits(scan->backend, &product, both.rows, both.width));
    rc = rf_and_start(scan->backend, product.all, scan->value, both);
    if (rc == RF_OK)
        rc = rf_finish(scan->backend);
    rf_local_xor(scan->value, scan->value, both);
    rf_local_xor(scan->value, scan->value, product.all);
    rf_bits_fini(&product);
done:
    return rc;
}

static enum rf_rc level_min(struct scan *scan)
{
    enum rf_rc rc;
    struct rf_bits smaller = {0};
    RF_TRY(rf_backend_bits(scan->backend, &smaller, scan->value.rows, 1));
    RF_TRY(rf_less(scan->backend, smaller.all, scan->other, scan->value));
    RF_TRY(rf_and_start(scan->backend, smaller.all, smaller.all, scan->linked));
    RF_TRY(rf_and_start(scan->backend, scan->linked, scan->linked, scan->reaching));
    RF_TRY(rf_finish(scan->backend));
    RF_TRY(rf_select(scan->backend, scan->value, smaller.all, scan->other, scan->value));
done:
    rf_bits_fini(&smaller);
    return rc;
}

static enum rf_rc level_sum(struct scan *scan)
{
    enum rf_rc rc;
    struct rf_bits sum = {0};
    RF_TRY(rf_backend_bits(scan->backend, &sum, scan->value.rows, scan->value.width));
    RF_TRY(mask_other(scan));
    RF_TRY(rf_add(scan->backend, sum.all, scan->value, scan->other, false));
    rf_local_copy(scan->value, sum.all);
done:
    rf_bits_fini(&sum);
    return rc;
}

static enum rf_rc level(struct scan *scan)
{
    switch (scan->kind) {
    case RF_SCAN_FIRST:
        return level_first(scan);
    case RF_SCAN_XOR:
        return level_xor(scan);
    case RF_SCAN_OR:
        return level_or(scan);
    case RF_SCAN_MIN:
        return level_min(scan);
    case RF_SCAN_SUM:
        return level_sum(scan);
    }
    return RF_E_INTERNAL;
}

static void unlink_row(struct rf_view same, size_t row)
{
    for (unsigned part = 0; part < same.parts; part++)
        rf_plane(same, part, 0)[row / RF_WORD_BITS] &= ~((uint64_t)1 << (row % RF_WORD_BITS));
}

static enum rf_rc scan_own(struct scan *scan, size_t bound)
{
    enum rf_rc rc = RF_OK;
    size_t reach = bound && bound < scan->value.rows ? bound : scan->value.rows;
    void (*look)(struct rf_view, struct rf_view, size_t) =
        scan->backward ? rf_local_earlier : rf_local_later;
    for (size_t distance = 1; distance < reach; distance *= 2) {
        look(scan->other, scan->value, distance);
        look(scan->reaching, scan->linked, distance);
        RF_TRY(level(scan));
    }
done:
    return rc;
}

/* The planes of a scan over so many rows. */
static enum rf_rc scan_init(struct scan *scan, struct rf_bits *work, struct rf_view value)
{
    enum rf_rc rc;
    RF_TRY(rf_backend_bits(scan->backend, work, value.rows, value.width + 2));
    scan->value = value;
    scan->other = rf_planes(work->all, 0, value.width);
    scan->linked = rf_planes(work->all, value.width, 1);
    scan->reaching = rf_planes(work->all, value.width + 1, 1);
done:
    return rc;
}

/* ---- over several lanes ---- */

/* Groups go across lanes. When each lane has scanned its own rows:
 *
 *   1. Every lane shows lane 0 the result of its last row, and whether all its rows are of one group with
 *      the row before the lane.
 *   2. Lane 0 scans those: now each has the result of its last row over all lanes.
 *   3. Every lane gets the result of the lane before, and combines it with those of its rows that are in one group
 *      with the row before the lane. With a bound on groups these stand in the lane's first words of rows.
 *
 * Backward, last and before are first and behind. */
struct across {
    struct scan *scan;
    struct rf_view same; /* of these rows; of the first, whether it belongs to the row before */
    struct rf_bits
        whole; /* of each: it and all before it in the lane belong to the row before the lane */
};

/* The rows that can be in one group with the row before the lane, in whole words. */
static struct rf_view beginning(struct rf_view x, size_t bound, bool backward)
{
    size_t rows = rf_round_up(bound, RF_WORD_BITS);
    if (bound == 0 || rows >= x.rows)
        return x;
    size_t from = backward ? (x.rows - rows) / RF_WORD_BITS * RF_WORD_BITS : 0;
    return rf_slice(x, from, backward ? x.rows - from : rows);
}

/* An AND of all `same` up to each row. */
static enum rf_rc find_whole(struct across *across, size_t bound)
{
    enum rf_rc rc;
    struct rf_backend *backend = across->scan->backend;
    struct rf_bits other = {0};
    const struct rf_view whole = across->whole.all;
    const bool backward = across->scan->backward;
    size_t reach = bound && bound < whole.rows ? bound : whole.rows;
    RF_TRY(rf_backend_bits(backend, &other, whole.rows, 1));
    rf_local_copy(whole, across->same);
    for (size_t distance = 1; distance < reach; distance *= 2) {
        /* Beyond the lane everything counts as linked: by complements, which become zero there. */
        rf_local_not(whole, whole, backend->constant);
        if (backward)
            rf_local_earlier(other.all, whole, distance);
        else
            rf_local_later(other.all, whole, distance);
        rf_local_not(whole, whole, backend->constant);
        rf_local_not(other.all, other.all, backend->constant);
        RF_TRY(rf_and_start(backend, whole, whole, other.all));
        RF_TRY(rf_finish(backend));
    }
done:
    rf_bits_fini(&other);
    return rc;
}

static void copy_row(struct rf_view out, size_t to, struct rf_view x, size_t row)
{
    for (unsigned plane = 0; plane < x.width; plane++)
        rf_local_move(out, to, plane, x, row, plane);
}

/* Lane 0's table: a row for each lane, value and whole. */
static enum rf_rc scan_ends(struct across *across, struct rf_view table)
{
    enum rf_rc rc;
    const struct scan *own = across->scan;
    struct scan ends = {.backend = own->backend, .kind = own->kind, .backward = own->backward};
    struct rf_bits work = {0};
    unsigned width = own->value.width;
    RF_TRY(scan_init(&ends, &work, rf_planes(table, 0, width)));
    rf_local_copy(ends.linked, rf_planes(table, width, 1));
    RF_TRY(scan_own(&ends, 0));
done:
    rf_bits_fini(&work);
    return rc;
}

/* Row i of lane 0's table becomes what lane i needs: the result of the lane before. */
static void pass_on(struct rf_view table, struct rf_view out, bool backward)
{
    if (backward)
        rf_local_earlier(out, table, 1);
    else
        rf_local_later(out, table, 1);
}

/* A lane without rows belongs to whatever stands before it, and changes nothing. */
static void no_end(const struct scan *scan, struct rf_view end)
{
    unsigned width = scan->value.width;
    const struct rf_view value = rf_planes(end, 0, width), whole = rf_planes(end, width, 1);
    rf_local_constant(value, 0, -1);
    if (scan->kind == RF_SCAN_MIN)
        rf_local_not(value, value, scan->backend->constant);
    rf_local_constant(whole, 1, scan->backend->constant);
}

static enum rf_rc exchange_ends(struct across *across, struct rf_view before)
{
    enum rf_rc rc;
    struct scan *scan = across->scan;
    struct rf_backend *backend = scan->backend;
    struct rf_bits end = {0}, table = {0}, passed = {0};
    size_t rows = scan->value.rows, last = scan->backward ? 0 : rows - 1;
    unsigned width = scan->value.width;
    RF_TRY(rf_backend_bits(backend, &end, 1, width + 1));
    no_end(scan, end.all);
    if (rows) {
        const struct rf_view whole = rf_planes(end.all, width, 1);
        copy_row(end.all, 0, scan->value, last);
        rf_local_constant(whole, 0, -1);
        if (across->whole.all.rows == rows) /* else no group is as long as the lane */
            copy_row(whole, 0, across->whole.all, last);
    }
    RF_TRY(rf_lanes_gather(backend, &table, end.all));
    RF_TRY(rf_backend_bits(backend, &passed, table.all.rows, width));
    if (backend->lane == 0) {
        RF_TRY(scan_ends(across, table.all));
        pass_on(rf_planes(table.all, 0, width), passed.all, scan->backward);
    }
    RF_TRY(rf_lanes_deal(backend, before, passed.all));
done:
    rf_bits_fini(&end);
    rf_bits_fini(&table);
    rf_bits_fini(&passed);
    return rc;
}

static enum rf_rc scan_across(struct scan *scan, struct rf_view same, size_t bound)
{
    enum rf_rc rc;
    struct rf_backend *backend = scan->backend;
    struct across across = {.scan = scan, .same = beginning(same, bound, scan->backward)};
    struct scan first = *scan;
    struct rf_bits before = {0};
    RF_TRY(rf_backend_bits(backend, &before, 1, scan->value.width));
    RF_TRY(rf_backend_bits(backend, &across.whole, across.same.rows, 1));
    RF_TRY(find_whole(&across, bound));
    RF_TRY(exchange_ends(&across, before.all));
    first.value = beginning(scan->value, bound, scan->backward);
    first.other = beginning(scan->other, bound, scan->backward);
    first.linked = beginning(scan->linked, bound, scan->backward);
    first.reaching = beginning(scan->reaching, bound, scan->backward);
    if (first.value.rows) {
        rf_local_spread(first.other, before.all);
        rf_local_copy(first.linked, across.whole.all);
        rf_local_constant(first.reaching, 0, -1);
        RF_TRY(level(&first));
    }
done:
    rf_bits_fini(&before);
    rf_bits_fini(&across.whole);
    return rc;
}

enum rf_rc rf_scan(struct rf_backend *backend, enum rf_scan kind, struct rf_view value,
                   struct rf_view same, size_t bound, bool backward)
{
    enum rf_rc rc;
    struct rf_bits work = {0}, linked = {0};
    struct scan scan = {.backend = backend, .kind = kind, .backward = backward};
    assert(same.width == 1 && same.rows == value.rows);
    RF_TRY(scan_init(&scan, &work, value));
    RF_TRY(rf_backend_bits(backend, &linked, value.rows, 1));
    if (backward)
        RF_TRY(rf_lanes_earlier(backend, linked.all, same));
    else
        rf_local_copy(linked.all, same);
    rf_local_copy(scan.linked, linked.all);
    if (backend->exchange && value.rows)
        unlink_row(scan.linked, backward ? value.rows - 1 : 0);
    RF_TRY(scan_own(&scan, bound));
    if (backend->exchange)
        RF_TRY(scan_across(&scan, linked.all, bound));
done:
    rf_bits_fini(&work);
    rf_bits_fini(&linked);
    return rc;
}

enum rf_rc rf_scan_same(struct rf_backend *backend, struct rf_view same, struct rf_view key)
{
    enum rf_rc rc;
    struct rf_bits before = {0};
    struct rf_lanes_rows all;
    RF_TRY(rf_lanes_count(backend, key.rows, &all));
    if (all.total == 0)
        return RF_OK;
    RF_TRY(rf_backend_bits(backend, &before, key.rows, key.width));
    RF_TRY(rf_lanes_later(backend, before.all, key));
    RF_TRY(rf_equal(backend, same, key, before.all));
    if (all.first == 0 && key.rows)
        unlink_row(same, 0);
done:
    rf_bits_fini(&before);
    return rc;
}
