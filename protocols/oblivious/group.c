#include "protocols/oblivious/group.h"

#include "protocols/backend/lanes.h"
#include "protocols/oblivious/sort.h"

enum rf_rc rf_group_last(struct rf_backend *backend, struct rf_view last, struct rf_view same)
{
    enum rf_rc rc = rf_lanes_earlier(backend, last, same);
    rf_local_not(last, last, backend->constant);
    return rc;
}

enum rf_rc rf_group_by(struct rf_backend *backend, struct rf_view table, unsigned key,
                       enum rf_scan kind, size_t bound, struct rf_view last)
{
    enum rf_rc rc;
    struct rf_bits same = {0};
    RF_TRY(rf_backend_bits(backend, &same, table.rows, 1));
    RF_TRY(rf_sort(backend, table, key, NULL));
    RF_TRY(rf_scan_same(backend, same.all, rf_planes(table, 0, key)));
    RF_TRY(
        rf_scan(backend, kind, rf_planes(table, key, table.width - key), same.all, bound, false));
    RF_TRY(rf_group_last(backend, last, same.all));
done:
    rf_bits_fini(&same);
    return rc;
}
