#include "protocols/analytics/rings.h"

#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/group.h"
#include "protocols/oblivious/sort.h"

/* How many planes may be summed at once: sums share their rounds, but planes take memory. */
enum { PLANES_AT_ONCE = 4096 };

/* One row for each kept row, those of a ring together. A group's figures are on one of its rows. */
struct rings {
    struct rf_backend *backend;
    const struct rf_task *task;
    struct rf_tally *tally;
    size_t rows;
    struct rf_bits table, totals, flags;
    /* The row's own group: */
    struct rf_view label, at_bank, size, flagged, exposure;
    struct rf_view capped, capped_flagged, capped_others, others;
    /* Its ring: */
    struct rf_view ring_size, ring_banks, ring_flag;
    struct rf_view same, last, counts;
    struct rf_bits weights;
};

static void put(struct rf_view table, unsigned *at, struct rf_view *here, struct rf_view x)
{
    *here = rf_planes(table, *at, x.width);
    rf_local_copy(*here, x);
    *at += x.width;
}

static enum rf_rc sort_by_ring(struct rings *rings, const struct rf_vertices *vertices,
                               struct rf_view label)
{
    enum rf_rc rc;
    unsigned at = 0, width = label.width + vertices->at_bank.width + vertices->size.width +
                             vertices->flagged.width + vertices->exposure.width;
    RF_TRY(rf_backend_bits(rings->backend, &rings->table, rings->rows, width));
    put(rings->table.all, &at, &rings->label, label);
    put(rings->table.all, &at, &rings->at_bank, vertices->at_bank);
    put(rings->table.all, &at, &rings->size, vertices->size);
    put(rings->table.all, &at, &rings->flagged, vertices->flagged);
    put(rings->table.all, &at, &rings->exposure, vertices->exposure);
    RF_TRY(rf_sort(rings->backend, rings->table.all, label.width, NULL));
done:
    return rc;
}

/* any = OR of a number's bits */
static enum rf_rc nonzero(struct rf_backend *backend, struct rf_view any, struct rf_view number)
{
    enum rf_rc rc;
    struct rf_bits none = {0};
    RF_TRY(rf_backend_bits(backend, &none, number.rows, number.width));
    rf_local_not(none.all, number, backend->constant);
    RF_TRY(rf_all_planes(backend, any, none.all));
    rf_local_not(any, any, backend->constant);
done:
    rf_bits_fini(&none);
    return rc;
}

/* Totals of a ring gather on its last row and go from there to all its rows. */
static enum rf_rc total_rings(struct rings *rings)
{
    enum rf_rc rc;
    struct rf_backend *backend = rings->backend;
    unsigned banks = rings->at_bank.width, size = rings->size.width;
    RF_TRY(rf_backend_bits(backend, &rings->totals, rings->rows, size + banks + 3));
    struct rf_view all = rings->totals.all;
    rings->ring_size = rf_planes(all, 0, size);
    rings->ring_banks = rf_planes(all, size, banks);
    rings->ring_flag = rf_planes(all, size + banks, 1);
    rings->same = rf_planes(all, size + banks + 1, 1);
    rings->last = rf_planes(all, size + banks + 2, 1);
    RF_TRY(rf_scan_same(backend, rings->same, rings->label));
    RF_TRY(rf_group_last(backend, rings->last, rings->same));
    rf_local_copy(rings->ring_size, rings->size);
    rf_local_copy(rings->ring_banks, rings->at_bank);
    RF_TRY(nonzero(backend, rings->ring_flag, rings->flagged));
    RF_TRY(rf_scan(backend, RF_SCAN_SUM, rings->ring_size, rings->same, 0, false));
    RF_TRY(rf_scan(backend, RF_SCAN_OR, rf_planes(all, size, banks + 1), rings->same, 0, false));
    RF_TRY(
        rf_scan(backend, RF_SCAN_FIRST, rf_planes(all, 0, size + banks + 1), rings->same, 0, true));
done:
    return rc;
}

/* out = (x >= value) */
static enum rf_rc at_least(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                           uint64_t value)
{
    enum rf_rc rc;
    struct rf_bits bound = {0};
    if (x.width < 64 && value >> x.width) {
        rf_local_constant(out, 0, -1);
        return RF_OK;
    }
    RF_TRY(rf_backend_bits(backend, &bound, x.rows, x.width));
    rf_local_constant(bound.all, value, backend->constant);
    RF_TRY(rf_less(backend, out, x, bound.all));
    rf_local_not(out, out, backend->constant);
done:
    rf_bits_fini(&bound);
    return rc;
}

/* sum of the planes of @x as a number */
static enum rf_rc count_planes(struct rf_backend *backend, struct rf_view out, struct rf_view x)
{
    enum rf_rc rc;
    struct rf_bits next = {0}, sum = {0};
    RF_TRY(rf_backend_bits(backend, &next, x.rows, out.width));
    RF_TRY(rf_backend_bits(backend, &sum, x.rows, out.width));
    rf_local_constant(out, 0, -1);
    for (unsigned plane = 0; plane < x.width; plane++) {
        rf_local_constant(next.all, 0, -1);
        rf_local_copy(rf_planes(next.all, 0, 1), rf_planes(x, plane, 1));
        RF_TRY(rf_add(backend, sum.all, out, next.all, false));
        rf_local_copy(out, sum.all);
    }
done:
    rf_bits_fini(&next);
    rf_bits_fini(&sum);
    return rc;
}

/* Which cells count a row's ring, for the tables that count rings. */
struct cells {
    struct rf_view total, by_size, by_banks, by_pair, by_flag;
};

static struct cells cells_of(const struct rings *rings, struct rf_view planes)
{
    const struct rf_shape *shape = &rings->task->shape;
    struct cells cells;
    struct rf_view *const views[] = {&cells.total, &cells.by_size, &cells.by_banks, &cells.by_pair,
                                     &cells.by_flag};
    unsigned at = 0;
    for (unsigned i = 0; i < sizeof views / sizeof views[0]; i++) {
        unsigned width = (unsigned)rf_table_cells(shape, (enum rf_table)(RF_TABLE_RINGS_TOTAL + i));
        *views[i] = rf_planes(planes, at, width);
        at += width;
    }
    return cells;
}

static unsigned ring_cells(const struct rf_shape *shape)
{
    return (unsigned)(rf_output_first(shape, RF_TABLE_MEMBERS_BY_FLAG) -
                      rf_output_first(shape, RF_TABLE_RINGS_TOTAL));
}

/* by_banks = one plane for each number of banks from min_banks; total = at least so many */
static enum rf_rc mark_banks(struct rings *rings, struct cells *cells)
{
    enum rf_rc rc;
    struct rf_backend *backend = rings->backend;
    const struct rf_shape *shape = &rings->task->shape;
    unsigned bits = rf_bit_length(shape->banks);
    struct rf_bits count = {0}, next = {0};
    RF_TRY(rf_backend_bits(backend, &count, rings->rows, bits));
    RF_TRY(rf_backend_bits(backend, &next, rings->rows, 1));
    RF_TRY(count_planes(backend, count.all, rings->ring_banks));
    for (unsigned i = 0; i < cells->by_banks.width; i++)
        RF_TRY(
            at_least(backend, rf_planes(cells->by_banks, i, 1), count.all, shape->min_banks + i));
    rf_local_copy(cells->total, rf_planes(cells->by_banks, 0, 1));
    for (unsigned i = 0; i + 1 < cells->by_banks.width; i++) {
        struct rf_view here = rf_planes(cells->by_banks, i, 1);
        rf_local_xor(here, here, rf_planes(cells->by_banks, i + 1, 1));
    }
done:
    rf_bits_fini(&count);
    rf_bits_fini(&next);
    return rc;
}

static enum rf_rc mark_sizes(struct rings *rings, struct cells *cells)
{
    enum rf_rc rc = RF_OK;
    const struct rf_shape *shape = &rings->task->shape;
    for (unsigned i = 0; i < shape->bucket_count; i++)
        RF_TRY(at_least(rings->backend, rf_planes(cells->by_size, i, 1), rings->ring_size,
                        shape->buckets[i]));
    /* Being a ring at all takes the smallest bucket's bound and enough banks. */
    RF_TRY(
        rf_and_start(rings->backend, cells->total, cells->total, rf_planes(cells->by_size, 0, 1)));
    RF_TRY(rf_finish(rings->backend));
    for (unsigned i = 0; i + 1 < shape->bucket_count; i++) {
        struct rf_view here = rf_planes(cells->by_size, i, 1);
        rf_local_xor(here, here, rf_planes(cells->by_size, i + 1, 1));
    }
done:
    return rc;
}

static enum rf_rc mark_pairs(struct rings *rings, struct cells *cells)
{
    enum rf_rc rc = RF_OK;
    unsigned banks = rings->ring_banks.width;
    for (unsigned a = 0, to = 0; a + 1 < banks; a++) {
        unsigned others = banks - a - 1;
        RF_TRY(rf_and_start(rings->backend, rf_planes(cells->by_pair, to, others),
                            rf_repeat(rf_planes(rings->ring_banks, a, 1), others),
                            rf_planes(rings->ring_banks, a + 1, others)));
        to += others;
    }
    RF_TRY(rf_finish(rings->backend));
done:
    return rc;
}

/* All marks together, cut down to what is a ring. */
static enum rf_rc mark_cells(struct rings *rings, struct rf_view planes)
{
    enum rf_rc rc;
    struct cells cells = cells_of(rings, planes);
    RF_TRY(mark_banks(rings, &cells));
    RF_TRY(mark_sizes(rings, &cells));
    RF_TRY(mark_pairs(rings, &cells));
    rf_local_copy(rf_planes(cells.by_flag, 0, 1), rings->ring_flag);
    rf_local_not(rf_planes(cells.by_flag, 1, 1), rings->ring_flag, rings->backend->constant);
    struct rf_view rest = rf_planes(planes, 1, planes.width - 1);
    RF_TRY(rf_and_start(rings->backend, rest, rest, rf_repeat(cells.total, rest.width)));
    RF_TRY(rf_finish(rings->backend));
done:
    return rc;
}

/* out = x where it fits @out's width, otherwise all ones: enough to be compared with min_cell */
static enum rf_rc cap(struct rf_backend *backend, struct rf_view out, struct rf_view x)
{
    enum rf_rc rc;
    struct rf_bits over = {0};
    unsigned bits = out.width;
    if (x.width <= bits) {
        rf_local_constant(out, 0, -1);
        rf_local_copy(rf_planes(out, 0, x.width), x);
        return RF_OK;
    }
    RF_TRY(rf_backend_bits(backend, &over, x.rows, 1));
    RF_TRY(nonzero(backend, over.all, rf_planes(x, bits, x.width - bits)));
    RF_TRY(rf_or(backend, out, rf_planes(x, 0, bits), rf_repeat(over.all, bits)));
done:
    rf_bits_fini(&over);
    return rc;
}

/* out: for each bank its capped number, zero on rows of other banks */
static enum rf_rc cap_by_bank(struct rings *rings, struct rf_view out, struct rf_view x)
{
    enum rf_rc rc;
    unsigned bits = rings->tally->capped_bits, banks = rings->at_bank.width;
    struct rf_bits capped = {0};
    if (bits == 0)
        return RF_OK;
    RF_TRY(rf_backend_bits(rings->backend, &capped, rings->rows, bits));
    RF_TRY(cap(rings->backend, capped.all, x));
    for (unsigned bank = 0; bank < banks; bank++)
        RF_TRY(rf_and_start(rings->backend, rf_planes(out, bank * bits, bits), capped.all,
                            rf_repeat(rf_planes(rings->at_bank, bank, 1), bits)));
    RF_TRY(rf_finish(rings->backend));
done:
    rf_bits_fini(&capped);
    return rc;
}

static enum rf_rc weigh(struct rings *rings)
{
    enum rf_rc rc;
    unsigned capped = rings->tally->capped_bits * rings->at_bank.width, size = rings->size.width;
    RF_TRY(rf_backend_bits(rings->backend, &rings->weights, rings->rows, 3 * capped + size));
    rings->capped = rf_planes(rings->weights.all, 0, capped);
    rings->capped_flagged = rf_planes(rings->weights.all, capped, capped);
    rings->capped_others = rf_planes(rings->weights.all, 2 * capped, capped);
    rings->others = rf_planes(rings->weights.all, 3 * capped, size);
    RF_TRY(rf_subtract(rings->backend, rings->others, rings->size, rings->flagged));
    RF_TRY(cap_by_bank(rings, rings->capped, rings->size));
    RF_TRY(cap_by_bank(rings, rings->capped_flagged, rings->flagged));
    RF_TRY(cap_by_bank(rings, rings->capped_others, rings->others));
done:
    return rc;
}

/* Sums of @weight over the rows that each of some cells marks: @sums gets a row for each cell and each
 * number of @bits planes in @weight. */
static enum rf_rc sum_marked(struct rings *rings, struct rf_bits *sums, struct rf_view marks,
                             struct rf_view weight, unsigned bits, unsigned sum_bits)
{
    enum rf_rc rc;
    struct rf_bits masked = {0};
    unsigned cells = marks.width, each = weight.width;
    RF_TRY(rf_backend_bits(rings->backend, &masked, rings->rows, cells * each));
    RF_TRY(rf_backend_bits(rings->backend, sums, (size_t)cells * each / bits, sum_bits));
    for (unsigned cell = 0; cell < cells; cell++)
        RF_TRY(rf_and_start(rings->backend, rf_planes(masked.all, cell * each, each), weight,
                            rf_repeat(rf_planes(marks, cell, 1), each)));
    RF_TRY(rf_finish(rings->backend));
    RF_TRY(rf_sum(rings->backend, sums->all, masked.all, bits));
done:
    rf_bits_fini(&masked);
    return rc;
}

/* A run of neighbouring cells of one table and the planes that mark them. */
struct run {
    enum rf_table table;
    size_t first;
    struct rf_view marks;
};

static enum rf_rc sum_figure(struct rings *rings, const struct run *run, enum rf_figure figure,
                             struct rf_view weight)
{
    struct rf_bits sums = {0};
    enum rf_rc rc = sum_marked(rings, &sums, run->marks, weight, weight.width,
                               rings->tally->layout.bits[figure]);
    for (size_t i = 0; rc == RF_OK && i < run->marks.width; i++)
        rf_tally_figure(rings->tally, run->table, run->first + i, figure, sums.all, i);
    rf_bits_fini(&sums);
    return rc;
}

static enum rf_rc sum_cohorts(struct rings *rings, const struct run *run, struct rf_view capped)
{
    struct rf_bits sums = {0};
    unsigned bits = rings->tally->capped_bits, banks = rings->at_bank.width;
    if (bits == 0)
        return RF_OK;
    enum rf_rc rc = sum_marked(rings, &sums, run->marks, capped, bits, rings->tally->cohort_bits);
    for (size_t i = 0; rc == RF_OK && i < run->marks.width; i++) {
        for (unsigned bank = 0; bank < banks; bank++)
            rf_tally_cohort(rings->tally, run->table, run->first + i, bank, sums.all,
                            i * banks + bank);
    }
    rf_bits_fini(&sums);
    return rc;
}

/* A ring counts once: on its last row. */
static enum rf_rc sum_run(struct rings *rings, const struct run *run)
{
    enum rf_rc rc;
    RF_TRY(sum_figure(rings, run, RF_FIGURE_RINGS, rings->last));
    RF_TRY(sum_figure(rings, run, RF_FIGURE_MEMBERS, rings->size));
    RF_TRY(sum_figure(rings, run, RF_FIGURE_EXPOSURE, rings->exposure));
    RF_TRY(sum_cohorts(rings, run, rings->capped));
done:
    return rc;
}

static enum rf_rc sum_table(struct rings *rings, enum rf_table table, struct rf_view marks)
{
    enum rf_rc rc = RF_OK;
    unsigned widest =
        rings->exposure.width > rings->capped.width ? rings->exposure.width : rings->capped.width;
    unsigned most = PLANES_AT_ONCE / widest;
    for (unsigned first = 0; first < marks.width; first += most) {
        unsigned cells = marks.width - first < most ? marks.width - first : most;
        struct run run = {table, first, rf_planes(marks, first, cells)};
        RF_TRY(sum_run(rings, &run));
    }
done:
    return rc;
}

static enum rf_rc sum_members(struct rings *rings, struct rf_view total)
{
    enum rf_rc rc;
    struct run run = {RF_TABLE_MEMBERS_BY_FLAG, 0, total};
    RF_TRY(sum_figure(rings, &run, RF_FIGURE_MEMBERS, rings->flagged));
    RF_TRY(sum_cohorts(rings, &run, rings->capped_flagged));
    run.first = 1;
    RF_TRY(sum_figure(rings, &run, RF_FIGURE_MEMBERS, rings->others));
    RF_TRY(sum_cohorts(rings, &run, rings->capped_others));
done:
    return rc;
}

static enum rf_rc sum_tables(struct rings *rings, struct rf_view planes)
{
    enum rf_rc rc;
    struct cells cells = cells_of(rings, planes);
    RF_TRY(sum_table(rings, RF_TABLE_RINGS_TOTAL, cells.total));
    RF_TRY(sum_table(rings, RF_TABLE_RINGS_BY_SIZE, cells.by_size));
    RF_TRY(sum_table(rings, RF_TABLE_RINGS_BY_BANKS, cells.by_banks));
    RF_TRY(sum_table(rings, RF_TABLE_RINGS_BY_PAIR, cells.by_pair));
    RF_TRY(sum_table(rings, RF_TABLE_RINGS_BY_FLAG, cells.by_flag));
    RF_TRY(sum_members(rings, cells.total));
done:
    return rc;
}

enum rf_rc rf_rings_count(struct rf_backend *backend, struct rf_tally *tally,
                          const struct rf_vertices *vertices, struct rf_view label)
{
    enum rf_rc rc;
    struct rings rings = {
        .backend = backend,
        .task = tally->task,
        .tally = tally,
        .rows = vertices->rows,
    };
    RF_TRY(rf_step(backend, "sort rings", rings.rows));
    RF_TRY(sort_by_ring(&rings, vertices, label));
    RF_TRY(rf_step(backend, "measure rings", rings.rows));
    RF_TRY(total_rings(&rings));
    RF_TRY(weigh(&rings));
    RF_TRY(rf_backend_bits(backend, &rings.flags, rings.rows, ring_cells(&tally->task->shape)));
    RF_TRY(mark_cells(&rings, rings.flags.all));
    RF_TRY(rf_step(backend, "count rings", rings.rows));
    RF_TRY(sum_tables(&rings, rings.flags.all));
done:
    rf_bits_fini(&rings.table);
    rf_bits_fini(&rings.totals);
    rf_bits_fini(&rings.flags);
    rf_bits_fini(&rings.weights);
    return rc;
}
