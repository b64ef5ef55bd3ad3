#include "protocols/oblivious/scan.h"

#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"

struct scan {
    struct rf_backend *backend;
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

static enum rf_rc level(struct scan *scan, enum rf_scan kind)
{
    switch (kind) {
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

enum rf_rc rf_scan(struct rf_backend *backend, enum rf_scan kind, struct rf_view value,
                   struct rf_view same, size_t bound, bool backward)
{
    enum rf_rc rc;
    struct rf_bits work = {0};
    size_t reach = bound && bound < value.rows ? bound : value.rows;
    assert(same.width == 1 && same.rows == value.rows);
    RF_TRY(rf_backend_bits(backend, &work, value.rows, value.width + 2));
    struct scan scan = {
        .backend = backend,
        .value = value,
        .linked = rf_planes(work.all, value.width, 1),
        .other = rf_planes(work.all, 0, value.width),
        .reaching = rf_planes(work.all, value.width + 1, 1),
    };
    if (backward)
        rf_local_earlier(scan.linked, same, 1);
    else
        rf_local_copy(scan.linked, same);
    void (*look)(struct rf_view, struct rf_view, size_t) =
        backward ? rf_local_earlier : rf_local_later;
    for (size_t distance = 1; distance < reach; distance *= 2) {
        look(scan.other, value, distance);
        look(scan.reaching, scan.linked, distance);
        RF_TRY(level(&scan, kind));
    }
done:
    rf_bits_fini(&work);
    return rc;
}

static void not_the_first(struct rf_view same)
{
    for (unsigned part = 0; part < same.parts; part++)
        rf_plane(same, part, 0)[0] &= ~(uint64_t)1;
}

enum rf_rc rf_scan_same(struct rf_backend *backend, struct rf_view same, struct rf_view key)
{
    enum rf_rc rc = RF_OK;
    struct rf_bits before = {0};
    if (key.rows == 0)
        return RF_OK;
    RF_TRY(rf_backend_bits(backend, &before, key.rows, key.width));
    rf_local_later(before.all, key, 1);
    RF_TRY(rf_equal(backend, same, key, before.all));
    not_the_first(same);
done:
    rf_bits_fini(&before);
    return rc;
}
