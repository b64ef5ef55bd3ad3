#include "protocols/analytics/tally.h"

#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"

enum rf_rc rf_tally_init(struct rf_tally *tally, struct rf_backend *backend,
                         const struct rf_task *task)
{
    enum rf_rc rc;
    size_t cells = rf_output_cells(&task->shape);
    *tally = (struct rf_tally){.task = task, .layout = rf_output_layout(task)};
    tally->capped_bits = rf_bit_length(task->min_cell);
    tally->cohort_bits = rf_bit_length(rf_task_rows(task)) + tally->capped_bits;
    RF_TRY(rf_backend_bits(backend, &tally->output, cells, tally->layout.width));
    RF_TRY(rf_backend_bits(backend, &tally->cohort, cells, task->shape.banks * tally->cohort_bits));
    rf_local_constant(tally->output.all, 0, -1);
    rf_local_constant(tally->cohort.all, 0, -1);
done:
    return rc;
}

void rf_tally_fini(struct rf_tally *tally)
{
    rf_bits_fini(&tally->output);
    rf_bits_fini(&tally->cohort);
}

static void move_number(struct rf_view out, size_t out_row, unsigned at, unsigned bits,
                        struct rf_view sums, size_t row)
{
    unsigned used = sums.width < bits ? sums.width : bits;
    for (unsigned plane = 0; plane < used; plane++)
        rf_local_move(out, out_row, at + plane, sums, row, plane);
}

void rf_tally_figure(struct rf_tally *tally, enum rf_table table, size_t cell,
                     enum rf_figure figure, struct rf_view sums, size_t row)
{
    size_t at = rf_output_first(&tally->task->shape, table) + cell;
    move_number(tally->output.all, at, tally->layout.figure[figure], tally->layout.bits[figure],
                sums, row);
}

void rf_tally_cohort(struct rf_tally *tally, enum rf_table table, size_t cell, unsigned bank,
                     struct rf_view sums, size_t row)
{
    size_t at = rf_output_first(&tally->task->shape, table) + cell;
    move_number(tally->cohort.all, at, bank * tally->cohort_bits, tally->cohort_bits, sums, row);
}

/* The recipients whose own customers are left out: a recipient that is no bank leaves out nobody. */
struct readers {
    unsigned count;
    unsigned left_out[RF_BANKS_MAX + 1]; /* a bank, or shape.banks for nobody */
};

static struct readers readers_of(const struct rf_task *task)
{
    struct readers readers = {0};
    for (unsigned bank = 0; bank < task->shape.banks; bank++) {
        if (task->recipients >> bank & 1)
            readers.left_out[readers.count++] = bank;
    }
    if (readers.count == 0)
        readers.left_out[readers.count++] = task->shape.banks;
    return readers;
}

struct deciding {
    struct rf_backend *backend;
    struct rf_tally *tally;
    struct readers readers;
    size_t cells;
    unsigned bits;         /* of a cohort summed over banks and cells */
    struct rf_bits others; /* for each reader, a cell's cohort without the reader's own */
    struct rf_bits small;  /* one plane */
};

/* others[reader] = sum over the banks that are not left out */
static enum rf_rc sum_others(struct deciding *deciding, struct rf_view out, unsigned left_out)
{
    enum rf_rc rc;
    const struct rf_tally *tally = deciding->tally;
    unsigned banks = tally->task->shape.banks, width = tally->cohort_bits;
    struct rf_bits number = {0}, sum = {0};
    RF_TRY(rf_backend_bits(deciding->backend, &number, deciding->cells, deciding->bits));
    RF_TRY(rf_backend_bits(deciding->backend, &sum, deciding->cells, deciding->bits));
    rf_local_constant(out, 0, -1);
    for (unsigned bank = 0; bank < banks; bank++) {
        if (bank == left_out)
            continue;
        rf_local_constant(number.all, 0, -1);
        rf_local_copy(rf_planes(number.all, 0, width),
                      rf_planes(tally->cohort.all, bank * width, width));
        RF_TRY(rf_add(deciding->backend, sum.all, out, number.all, false));
        rf_local_copy(out, sum.all);
    }
done:
    rf_bits_fini(&number);
    rf_bits_fini(&sum);
    return rc;
}

/* any = OR over readers of (number[reader] < min_cell); rows as they come */
static enum rf_rc any_below(struct deciding *deciding, struct rf_view any, struct rf_view numbers)
{
    enum rf_rc rc;
    unsigned bits = deciding->bits, count = deciding->readers.count;
    struct rf_bits below = {0}, limit = {0};
    RF_TRY(rf_backend_bits(deciding->backend, &below, any.rows, count));
    RF_TRY(rf_backend_bits(deciding->backend, &limit, any.rows, bits));
    rf_local_constant(limit.all, deciding->tally->task->min_cell, deciding->backend->constant);
    for (unsigned i = 0; i < count; i++)
        RF_TRY(rf_less(deciding->backend, rf_planes(below.all, i, 1),
                       rf_planes(numbers, i * bits, bits), limit.all));
    rf_local_not(below.all, below.all, deciding->backend->constant);
    RF_TRY(rf_all_planes(deciding->backend, any, below.all));
    rf_local_not(any, any, deciding->backend->constant);
done:
    rf_bits_fini(&below);
    rf_bits_fini(&limit);
    return rc;
}

static enum rf_rc find_small(struct deciding *deciding)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < deciding->readers.count; i++) {
        RF_TRY(sum_others(deciding,
                          rf_planes(deciding->others.all, i * deciding->bits, deciding->bits),
                          deciding->readers.left_out[i]));
    }
    RF_TRY(any_below(deciding, deciding->small.all, deciding->others.all));
done:
    return rc;
}

/* The cells of one table as columns of a sum, so that a table's small cells can be taken together. */
static void table_column(struct deciding *deciding, struct rf_public *of_table, unsigned table)
{
    const struct rf_shape *shape = &deciding->tally->task->shape;
    size_t first = rf_output_first(shape, (enum rf_table)table);
    for (size_t i = 0; i < rf_table_cells(shape, (enum rf_table)table); i++)
        rf_public_set(of_table, first + i);
}

/* May one person be in the cohorts of two cells? */
static bool cells_overlap(unsigned table)
{
    return table == RF_TABLE_RINGS_BY_PAIR || table == RF_TABLE_TOKENS_BY_PAIR ||
           table == RF_TABLE_TOKENS_BY_TYPE;
}

/* pooled: row t is, for each reader, the cohort of table t's small cells together, or 0 where that would
 * count people more than once; exists: row t is how many there are. */
static enum rf_rc pool_small(struct deciding *deciding, struct rf_view pooled,
                             struct rf_view exists)
{
    enum rf_rc rc;
    struct rf_backend *backend = deciding->backend;
    unsigned bits = deciding->bits, count = deciding->readers.count;
    struct rf_bits masked = {0}, wide = {0}, sums = {0};
    struct rf_public of_table = {0};
    unsigned each = bits * (count + 1); /* the readers' cohorts, and a count of the cells */
    RF_TRY(rf_backend_bits(backend, &masked, deciding->cells, bits * count));
    RF_TRY(rf_backend_bits(backend, &wide, deciding->cells, RF_TABLE_COUNT * each));
    RF_TRY(rf_backend_bits(backend, &sums, RF_TABLE_COUNT * (count + 1), bits));
    RF_TRY(rf_and_start(backend, masked.all, deciding->others.all,
                        rf_repeat(deciding->small.all, bits * count)));
    RF_TRY(rf_finish(backend));
    rf_local_constant(wide.all, 0, -1);
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        RF_TRY(rf_public_init(&of_table, &backend->space, deciding->cells));
        table_column(deciding, &of_table, table);
        if (!cells_overlap(table))
            rf_local_mask(rf_planes(wide.all, table * each, bits * count), masked.all, &of_table);
        rf_local_mask(rf_planes(wide.all, table * each + bits * count, 1), deciding->small.all,
                      &of_table);
        rf_public_fini(&of_table);
    }
    RF_TRY(rf_sum(backend, sums.all, wide.all, bits));
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        for (unsigned i = 0; i < bits * (count + 1); i++) {
            rf_local_move(i < bits * count ? pooled : exists, table,
                          i < bits * count ? i : i - bits * count, sums.all,
                          table * (count + 1) + i / bits, i % bits);
        }
    }
done:
    rf_public_fini(&of_table);
    rf_bits_fini(&masked);
    rf_bits_fini(&wide);
    rf_bits_fini(&sums);
    return rc;
}

/* need: row t says whether table t must withhold one cell more: it has small cells, and together they
 * are not surely enough for every reader. */
static enum rf_rc find_need(struct deciding *deciding, struct rf_view need)
{
    enum rf_rc rc;
    struct rf_backend *backend = deciding->backend;
    struct rf_bits pooled = {0}, exists = {0}, none = {0};
    RF_TRY(rf_backend_bits(backend, &pooled, RF_TABLE_COUNT,
                           deciding->bits * deciding->readers.count));
    RF_TRY(rf_backend_bits(backend, &exists, RF_TABLE_COUNT, deciding->bits));
    RF_TRY(rf_backend_bits(backend, &none, RF_TABLE_COUNT, 1));
    RF_TRY(pool_small(deciding, pooled.all, exists.all));
    rf_local_not(exists.all, exists.all, backend->constant);
    RF_TRY(rf_all_planes(backend, none.all, exists.all));
    rf_local_not(none.all, none.all, backend->constant);
    RF_TRY(any_below(deciding, need, pooled.all));
    RF_TRY(rf_and_start(backend, need, need, none.all));
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&pooled);
    rf_bits_fini(&exists);
    rf_bits_fini(&none);
    return rc;
}

/* shown = not small, and not the last such cell of a table that must withhold one more. Bit by bit, as
 * cells are few: from a table's last cell back, `pending` is need until a cell has been withheld. */
static enum rf_rc withhold_last(struct deciding *deciding, struct rf_view shown,
                                struct rf_view need)
{
    enum rf_rc rc = RF_OK;
    struct rf_backend *backend = deciding->backend;
    const struct rf_shape *shape = &deciding->tally->task->shape;
    struct rf_bits cell = {0}, pending = {0}, hit = {0};
    size_t longest = 0;
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t cells = rf_table_cells(shape, (enum rf_table)table);
        longest = cells > longest ? cells : longest;
    }
    RF_TRY(rf_backend_bits(backend, &cell, RF_TABLE_COUNT, 1));
    RF_TRY(rf_backend_bits(backend, &pending, RF_TABLE_COUNT, 1));
    RF_TRY(rf_backend_bits(backend, &hit, RF_TABLE_COUNT, 1));
    rf_local_copy(pending.all, need);
    for (size_t back = 1; back <= longest; back++) {
        rf_local_constant(cell.all, 0, -1);
        for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
            size_t cells = rf_table_cells(shape, (enum rf_table)table);
            if (back <= cells)
                rf_local_move(cell.all, table, 0, shown,
                              rf_output_first(shape, (enum rf_table)table) + cells - back, 0);
        }
        RF_TRY(rf_and_start(backend, hit.all, cell.all, pending.all));
        RF_TRY(rf_finish(backend));
        rf_local_xor(pending.all, pending.all, hit.all);
        rf_local_xor(cell.all, cell.all, hit.all);
        for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
            size_t cells = rf_table_cells(shape, (enum rf_table)table);
            if (back <= cells)
                rf_local_move(shown, rf_output_first(shape, (enum rf_table)table) + cells - back, 0,
                              cell.all, table, 0);
        }
    }
done:
    rf_bits_fini(&cell);
    rf_bits_fini(&pending);
    rf_bits_fini(&hit);
    return rc;
}

static enum rf_rc decide(struct deciding *deciding, struct rf_view shown)
{
    enum rf_rc rc;
    struct rf_bits need = {0};
    RF_TRY(rf_backend_bits(deciding->backend, &need, RF_TABLE_COUNT, 1));
    RF_TRY(find_small(deciding));
    RF_TRY(find_need(deciding, need.all));
    rf_local_not(shown, deciding->small.all, deciding->backend->constant);
    RF_TRY(withhold_last(deciding, shown, need.all));
done:
    rf_bits_fini(&need);
    return rc;
}

enum rf_rc rf_tally_suppress(struct rf_backend *backend, struct rf_tally *tally)
{
    enum rf_rc rc;
    struct deciding deciding = {
        .backend = backend,
        .tally = tally,
        .readers = readers_of(tally->task),
        .cells = tally->output.all.rows,
    };
    struct rf_view shown = rf_planes(tally->output.all, tally->layout.shown, 1);
    unsigned figures = tally->layout.width - 1;
    struct rf_view figure = rf_planes(tally->output.all, 1, figures);
    deciding.bits =
        tally->cohort_bits + rf_bit_length((uint64_t)tally->task->shape.banks * deciding.cells);
    RF_TRY(rf_backend_bits(backend, &deciding.others, deciding.cells,
                           deciding.bits * deciding.readers.count));
    RF_TRY(rf_backend_bits(backend, &deciding.small, deciding.cells, 1));
    RF_TRY(decide(&deciding, shown));
    RF_TRY(rf_and_start(backend, figure, figure, rf_repeat(shown, figures)));
    RF_TRY(rf_and_start(backend, shown, shown, shown)); /* fresh shares for what leaves */
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&deciding.others);
    rf_bits_fini(&deciding.small);
    return rc;
}
