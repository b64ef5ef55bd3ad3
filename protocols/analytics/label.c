#include "protocols/analytics/label.h"

#include "protocols/circuit/logic.h"
#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"

/* All edges in both directions: a block of arcs lo -> hi, a block hi -> lo, and in the end a block of
 * arcs from each node to itself. Blocks are whole words; rows that fill them up are arcs 0 -> 0,
 * which are no edges. */
struct arcs {
    struct rf_backend *backend;
    unsigned bits;
    size_t edges, edge_block, node_block;
    struct rf_bits table; /* to, from */
    struct rf_bits found; /* by arc: least(from); first: the arc is the edge (p(hi), hi) */
    struct rf_view to, from, least, first;
};

static enum rf_rc arcs_init(struct arcs *arcs, struct rf_backend *backend, unsigned bits,
                            size_t edges, size_t nodes)
{
    enum rf_rc rc;
    *arcs = (struct arcs){.backend = backend, .bits = bits, .edges = edges};
    arcs->edge_block = rf_round_up(edges, RF_WORD_BITS);
    arcs->node_block = rf_round_up(nodes, RF_WORD_BITS);
    size_t rows = 2 * arcs->edge_block + arcs->node_block;
    RF_TRY(rf_backend_bits(backend, &arcs->table, rows, 2 * bits));
    RF_TRY(rf_backend_bits(backend, &arcs->found, rows, bits + 1));
    arcs->to = rf_planes(arcs->table.all, 0, bits);
    arcs->from = rf_planes(arcs->table.all, bits, bits);
    arcs->least = rf_planes(arcs->found.all, 0, bits);
    arcs->first = rf_planes(arcs->found.all, bits, 1);
done:
    return rc;
}

static void arcs_fini(struct arcs *arcs)
{
    rf_bits_fini(&arcs->table);
    rf_bits_fini(&arcs->found);
}

static void put(struct rf_view into, size_t block, struct rf_view x)
{
    struct rf_view here = rf_slice(into, block, x.rows);
    rf_local_copy(here, x);
    rf_local_zero_tail(here);
}

static void fill(struct arcs *arcs, struct rf_view lo, struct rf_view hi, struct rf_view node)
{
    size_t block = arcs->edge_block;
    put(arcs->from, 0, lo);
    put(arcs->to, 0, hi);
    put(arcs->from, block, hi);
    put(arcs->to, block, lo);
    if (node.rows) {
        put(arcs->from, 2 * block, node);
        put(arcs->to, 2 * block, node);
    }
}

/* In the order of (from, to), the first arc of each node leads to its least neighbour. */
static enum rf_rc find_least(struct arcs *arcs)
{
    enum rf_rc rc;
    struct rf_backend *backend = arcs->backend;
    struct rf_order order = {0};
    struct rf_bits same = {0}, less = {0};
    RF_TRY(rf_backend_bits(backend, &same, arcs->to.rows, 1));
    RF_TRY(rf_backend_bits(backend, &less, arcs->to.rows, 1));
    RF_TRY(rf_sort(backend, arcs->table.all, 2 * arcs->bits, &order));
    RF_TRY(rf_scan_same(backend, same.all, arcs->from));
    RF_TRY(rf_scan(backend, RF_SCAN_FIRST, arcs->to, same.all, 0, false));
    RF_TRY(rf_less(backend, less.all, arcs->to, arcs->from));
    RF_TRY(rf_select(backend, arcs->least, less.all, arcs->to, arcs->from));
    rf_local_not(same.all, same.all, backend->constant);
    RF_TRY(rf_and_start(backend, arcs->first, same.all, less.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_order_apply(backend, &order, true, arcs->found.all));
done:
    rf_order_fini(&order);
    rf_bits_fini(&same);
    rf_bits_fini(&less);
    return rc;
}

/* Work space of one iteration: planes of `bits` each. */
struct turn {
    struct rf_bits work;
    struct rf_view above_lo, above_hi, less, greater, smaller;
};

static enum rf_rc turn_init(struct arcs *arcs, struct turn *turn)
{
    unsigned bits = arcs->bits;
    enum rf_rc rc = rf_backend_bits(arcs->backend, &turn->work, arcs->edges, 2 * bits + 1);
    turn->above_lo = rf_slice(arcs->least, 0, arcs->edges);
    turn->above_hi = rf_slice(arcs->least, arcs->edge_block, arcs->edges);
    turn->less = rf_planes(turn->work.all, 2 * bits, 1);
    turn->smaller = rf_planes(turn->work.all, 0, bits);
    turn->greater = rf_planes(turn->work.all, bits, bits);
    return rc;
}

static enum rf_rc turn_edges(struct arcs *arcs, struct rf_view lo, struct rf_view hi)
{
    enum rf_rc rc;
    struct rf_backend *backend = arcs->backend;
    struct turn turn = {0};
    struct rf_view first = rf_slice(arcs->first, arcs->edge_block, arcs->edges);
    RF_TRY(turn_init(arcs, &turn));
    RF_TRY(rf_less(backend, turn.less, turn.above_lo, turn.above_hi));
    RF_TRY(rf_select(backend, turn.smaller, turn.less, turn.above_lo, turn.above_hi));
    rf_local_xor(turn.greater, turn.above_lo, turn.above_hi);
    rf_local_xor(turn.greater, turn.greater, turn.smaller);
    RF_TRY(rf_select(backend, lo, first, turn.above_lo, turn.smaller));
    RF_TRY(rf_select(backend, hi, first, hi, turn.greater));
done:
    rf_bits_fini(&turn.work);
    return rc;
}

static enum rf_rc iterate(struct rf_backend *backend, struct rf_view lo, struct rf_view hi)
{
    enum rf_rc rc;
    struct arcs arcs = {0};
    RF_TRY(arcs_init(&arcs, backend, lo.width, lo.rows, 0));
    fill(&arcs, lo, hi, (struct rf_view){0});
    RF_TRY(find_least(&arcs));
    RF_TRY(turn_edges(&arcs, lo, hi));
done:
    arcs_fini(&arcs);
    return rc;
}

/* Done when every edge (lo, hi) with lo < hi has p(lo) = lo and p(hi) = lo. */
static enum rf_rc check_done(struct arcs *arcs, struct rf_view lo, struct rf_view hi)
{
    enum rf_rc rc;
    struct rf_backend *backend = arcs->backend;
    struct rf_bits equal = {0}, any = {0};
    RF_TRY(rf_backend_bits(backend, &equal, lo.rows, 3));
    RF_TRY(rf_backend_bits(backend, &any, 1, 1));
    struct rf_view none = rf_planes(equal.all, 0, 1), root = rf_planes(equal.all, 1, 1);
    struct rf_view leaf = rf_planes(equal.all, 2, 1);
    RF_TRY(rf_equal(backend, none, lo, hi));
    RF_TRY(rf_equal(backend, root, rf_slice(arcs->least, 0, arcs->edges), lo));
    RF_TRY(rf_equal(backend, leaf, rf_slice(arcs->least, arcs->edge_block, arcs->edges), lo));
    RF_TRY(rf_and_start(backend, root, root, leaf));
    RF_TRY(rf_finish(backend));
    rf_local_not(root, root, backend->constant);
    rf_local_not(none, none, backend->constant);
    RF_TRY(rf_and_start(backend, root, root, none));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_any_row(backend, any.all, root));
    uint64_t unfinished = 0;
    RF_TRY(rf_open_start(backend, RF_OPEN_CONVERGED, &unfinished, any.all, NULL));
    RF_TRY(rf_finish(backend));
    if (unfinished) {
        rc = rf_err_set(backend->err, RF_E_ABORT,
                        "rings are longer than the study's iterations can follow: propose it again "
                        "with more, or with iterations: auto");
    }
done:
    rf_bits_fini(&equal);
    rf_bits_fini(&any);
    return rc;
}

enum rf_rc rf_label(struct rf_backend *backend, struct rf_view label, struct rf_view lo,
                    struct rf_view hi, struct rf_view node, unsigned iterations)
{
    enum rf_rc rc = RF_OK;
    struct arcs arcs = {0};
    if (lo.rows == 0) {
        rf_local_copy(label, node);
        return RF_OK;
    }
    if (iterations == 0)
        iterations = rf_bit_length(lo.rows);
    for (unsigned i = 0; i < iterations; i++)
        RF_TRY(iterate(backend, lo, hi));
    RF_TRY(arcs_init(&arcs, backend, lo.width, lo.rows, node.rows));
    fill(&arcs, lo, hi, node);
    RF_TRY(find_least(&arcs));
    RF_TRY(check_done(&arcs, lo, hi));
    rf_local_copy(label, rf_slice(arcs.least, 2 * arcs.edge_block, node.rows));
done:
    arcs_fini(&arcs);
    return rc;
}
