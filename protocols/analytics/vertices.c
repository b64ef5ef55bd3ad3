#include "protocols/analytics/vertices.h"

#include "protocols/circuit/decode.h"
#include "protocols/oblivious/scan.h"

/* Planes of the table: the key (group, then bank, the more significant), then what moves along. */
struct layout {
    unsigned key, bank, valid, size, flagged, exposure, links, same, width;
};

static struct layout layout_of(const struct rf_shared *shared, unsigned links)
{
    struct layout at = {.key = shared->group.width + shared->bank.width};
    at.bank = shared->group.width;
    at.valid = at.key;
    at.size = at.valid + 1;
    at.flagged = at.size + shared->size.width;
    at.exposure = at.flagged + shared->flagged.width;
    at.links = at.exposure + shared->exposure.width;
    at.same = at.links + links;
    at.width = at.same + 1;
    return at;
}

static void put(struct rf_view table, unsigned at, struct rf_view x)
{
    rf_local_copy(rf_planes(table, at, x.width), x);
}

static void copy_in(struct rf_view table, struct layout at, const struct rf_shared *shared,
                    struct rf_view links)
{
    put(table, 0, shared->group);
    put(table, at.bank, shared->bank);
    put(table, at.valid, shared->valid);
    put(table, at.size, shared->size);
    put(table, at.flagged, shared->flagged);
    put(table, at.exposure, shared->exposure);
    put(table, at.links, links);
}

/* Fillers must not fall into a real group: a group number of all ones is never used. */
static enum rf_rc set_fillers_apart(struct rf_backend *backend, struct rf_view table,
                                    struct layout at)
{
    enum rf_rc rc;
    struct rf_view group = rf_planes(table, 0, at.bank), valid = rf_planes(table, at.valid, 1);
    rf_local_not(group, group, backend->constant);
    RF_TRY(rf_and_start(backend, group, group, rf_repeat(valid, group.width)));
    RF_TRY(rf_finish(backend));
    rf_local_not(group, group, backend->constant);
done:
    return rc;
}

/* Only a group's first row keeps its figures. */
static enum rf_rc count_once(struct rf_backend *backend, struct rf_view table, struct layout at)
{
    enum rf_rc rc;
    struct rf_view first = rf_planes(table, at.valid, 1), same = rf_planes(table, at.same, 1);
    unsigned figures = at.links - at.size;
    struct rf_bits not_same = {0};
    RF_TRY(rf_backend_bits(backend, &not_same, table.rows, 1));
    rf_local_not(not_same.all, same, backend->constant);
    RF_TRY(rf_and_start(backend, first, first, not_same.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_and_start(backend, rf_planes(table, at.size, figures),
                        rf_planes(table, at.size, figures), rf_repeat(first, figures)));
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&not_same);
    return rc;
}

static enum rf_rc number_nodes(struct rf_backend *backend, struct rf_vertices *vertices)
{
    enum rf_rc rc;
    unsigned bits = vertices->rows > 1 ? rf_bit_length(vertices->rows - 1) : 1;
    RF_TRY(rf_backend_bits(backend, &vertices->node_planes, vertices->rows, bits));
    vertices->node = vertices->node_planes.all;
    rf_local_index(vertices->node, 0, backend->constant);
    RF_TRY(rf_scan(backend, RF_SCAN_FIRST, vertices->node, vertices->same, 0, false));
done:
    return rc;
}

enum rf_rc rf_vertices_arrange(struct rf_backend *backend, struct rf_vertices *vertices,
                               const struct rf_task *task, const struct rf_shared *shared,
                               struct rf_view links)
{
    enum rf_rc rc;
    struct layout at = layout_of(shared, links.width);
    unsigned banks = task->shape.banks;
    vertices->rows = shared->rows;
    RF_TRY(rf_backend_bits(backend, &vertices->table, shared->rows, at.width));
    struct rf_view table = vertices->table.all;
    copy_in(table, at, shared, links);
    if (task->shared_rows)
        RF_TRY(set_fillers_apart(backend, table, at));
    RF_TRY(rf_sort(backend, rf_planes(table, 0, at.same), at.key, &vertices->order));
    vertices->same = rf_planes(table, at.same, 1);
    RF_TRY(rf_scan_same(backend, vertices->same, rf_planes(table, 0, at.key)));
    RF_TRY(count_once(backend, table, at));
    vertices->size = rf_planes(table, at.size, shared->size.width);
    vertices->flagged = rf_planes(table, at.flagged, shared->flagged.width);
    vertices->exposure = rf_planes(table, at.exposure, shared->exposure.width);
    vertices->links = rf_planes(table, at.links, links.width);
    RF_TRY(rf_backend_bits(backend, &vertices->bank_planes, shared->rows, banks));
    vertices->at_bank = vertices->bank_planes.all;
    RF_TRY(rf_decode(backend, vertices->at_bank, rf_planes(table, at.bank, shared->bank.width),
                     rf_planes(table, at.valid, 1)));
    RF_TRY(number_nodes(backend, vertices));
done:
    return rc;
}

void rf_vertices_fini(struct rf_vertices *vertices)
{
    rf_order_fini(&vertices->order);
    rf_bits_fini(&vertices->table);
    rf_bits_fini(&vertices->node_planes);
    rf_bits_fini(&vertices->bank_planes);
    *vertices = (struct rf_vertices){0};
}

enum rf_rc rf_vertices_edges(struct rf_backend *backend, const struct rf_vertices *vertices,
                             const struct rf_shared *shared, unsigned banks, struct rf_bits *lo,
                             struct rf_bits *hi)
{
    enum rf_rc rc;
    RF_TRY(rf_backend_bits(backend, lo, vertices->rows, vertices->node.width));
    RF_TRY(rf_backend_bits(backend, hi, vertices->rows, vertices->node.width));
    rf_local_copy(hi->all, vertices->node);
    RF_TRY(rf_order_apply(backend, &vertices->order, true, hi->all));
    rf_local_copy(lo->all, hi->all);
    RF_TRY(rf_scan(backend, RF_SCAN_FIRST, lo->all, shared->same, banks, false));
done:
    return rc;
}
