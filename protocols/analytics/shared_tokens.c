#include "protocols/analytics/shared_tokens.h"

#include "protocols/circuit/add.h"
#include "protocols/circuit/decode.h"
#include "protocols/oblivious/scan.h"

static enum rf_rc decode_types(struct rf_backend *backend, struct rf_links *links,
                               const struct rf_task *task, const struct rf_shared *shared)
{
    enum rf_rc rc;
    struct rf_bits all = {0};
    RF_TRY(rf_backend_bits(backend, &all, shared->rows, RF_TYPE_COUNT));
    RF_TRY(rf_decode(backend, all.all, shared->type, shared->valid));
    for (unsigned type = 0, to = 0; type < RF_TYPE_COUNT; type++) {
        if (task->shape.types[type])
            rf_local_copy(rf_planes(links->types, to++, 1), rf_planes(all.all, type, 1));
    }
done:
    rf_bits_fini(&all);
    return rc;
}

enum rf_rc rf_shared_tokens_links(struct rf_backend *backend, struct rf_links *links,
                                  const struct rf_task *task, const struct rf_shared *shared)
{
    enum rf_rc rc;
    unsigned banks = task->shape.banks;
    unsigned types = (unsigned)rf_table_cells(&task->shape, RF_TABLE_TOKENS_BY_TYPE);
    RF_TRY(rf_backend_bits(backend, &links->planes, shared->rows, banks + types));
    links->holders = rf_planes(links->planes.all, 0, banks);
    links->types = rf_planes(links->planes.all, banks, types);
    RF_TRY(rf_decode(backend, links->holders, shared->bank, shared->valid));
    /* A token's rows are at different banks, so that XOR collects them; then to the token's every row. */
    RF_TRY(rf_scan(backend, RF_SCAN_XOR, links->holders, shared->same, banks, false));
    RF_TRY(rf_scan(backend, RF_SCAN_FIRST, links->holders, shared->same, banks, true));
    RF_TRY(decode_types(backend, links, task, shared));
done:
    return rc;
}

void rf_shared_tokens_fini(struct rf_links *links)
{
    rf_bits_fini(&links->planes);
    *links = (struct rf_links){0};
}

/* One plane for each cell: the row is the first of a token that the cell counts. */
static enum rf_rc mark_cells(struct rf_backend *backend, struct rf_view cells, unsigned types,
                             const struct rf_shared *shared, const struct rf_links *links)
{
    enum rf_rc rc;
    unsigned banks = links->holders.width;
    struct rf_view total = rf_planes(cells, 0, 1), by_type = rf_planes(cells, 1, types);
    struct rf_view by_pair = rf_planes(cells, 1 + types, banks * (banks - 1) / 2);
    struct rf_bits held = {0};
    RF_TRY(rf_backend_bits(backend, &held, shared->rows, banks));
    rf_local_not(total, shared->same, backend->constant);
    RF_TRY(rf_and_start(backend, total, total, shared->valid));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_and_start(backend, by_type, links->types, rf_repeat(total, types)));
    RF_TRY(rf_and_start(backend, held.all, links->holders, rf_repeat(total, banks)));
    RF_TRY(rf_finish(backend));
    for (unsigned a = 0, to = 0; a + 1 < banks; a++) {
        unsigned others = banks - a - 1;
        RF_TRY(rf_and_start(backend, rf_planes(by_pair, to, others),
                            rf_repeat(rf_planes(held.all, a, 1), others),
                            rf_planes(links->holders, a + 1, others)));
        to += others;
    }
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&held);
    return rc;
}

enum rf_rc rf_shared_tokens_count(struct rf_backend *backend, struct rf_tally *tally,
                                  const struct rf_shared *shared, const struct rf_links *links)
{
    enum rf_rc rc;
    const struct rf_shape *shape = &tally->task->shape;
    unsigned types = (unsigned)rf_table_cells(shape, RF_TABLE_TOKENS_BY_TYPE);
    unsigned pairs = (unsigned)rf_table_cells(shape, RF_TABLE_TOKENS_BY_PAIR);
    struct rf_bits cells = {0}, sums = {0};
    RF_TRY(rf_backend_bits(backend, &cells, shared->rows, 1 + types + pairs));
    RF_TRY(
        rf_backend_bits(backend, &sums, 1 + types + pairs, tally->layout.bits[RF_FIGURE_TOKENS]));
    RF_TRY(mark_cells(backend, cells.all, types, shared, links));
    RF_TRY(rf_sum(backend, sums.all, cells.all, 1));
    rf_tally_figure(tally, RF_TABLE_TOKENS_TOTAL, 0, RF_FIGURE_TOKENS, sums.all, 0);
    for (unsigned i = 0; i < types; i++)
        rf_tally_figure(tally, RF_TABLE_TOKENS_BY_TYPE, i, RF_FIGURE_TOKENS, sums.all, 1 + i);
    for (unsigned i = 0; i < pairs; i++)
        rf_tally_figure(tally, RF_TABLE_TOKENS_BY_PAIR, i, RF_FIGURE_TOKENS, sums.all,
                        1 + types + i);
done:
    rf_bits_fini(&cells);
    rf_bits_fini(&sums);
    return rc;
}

/* For each bank: a plane that marks its vertices, then one for each type and each other holder. */
static enum rf_rc mark_cohorts(struct rf_backend *backend, struct rf_view marks,
                               const struct rf_vertices *vertices)
{
    enum rf_rc rc = RF_OK;
    unsigned banks = vertices->at_bank.width, links = vertices->links.width, each = 1 + links;
    for (unsigned bank = 0; bank < banks; bank++) {
        struct rf_view mark = rf_planes(vertices->at_bank, bank, 1);
        rf_local_copy(rf_planes(marks, bank * each, 1), mark);
        RF_TRY(rf_and_start(backend, rf_planes(marks, bank * each + 1, links), vertices->links,
                            rf_repeat(mark, links)));
    }
    RF_TRY(rf_finish(backend));
done:
    return rc;
}

static void settle_cohorts(struct rf_tally *tally, struct rf_view sums, unsigned types)
{
    unsigned banks = tally->task->shape.banks, each = 1 + banks + types;
    for (unsigned bank = 0; bank < banks; bank++) {
        size_t first = (size_t)bank * each;
        rf_tally_cohort(tally, RF_TABLE_TOKENS_TOTAL, 0, bank, sums, first);
        for (unsigned type = 0; type < types; type++)
            rf_tally_cohort(tally, RF_TABLE_TOKENS_BY_TYPE, type, bank, sums,
                            first + 1 + banks + type);
        for (unsigned other = 0; other < banks; other++) {
            if (other == bank)
                continue;
            unsigned a = bank < other ? bank : other, b = bank < other ? other : bank;
            rf_tally_cohort(tally, RF_TABLE_TOKENS_BY_PAIR, rf_pair_index(banks, a, b), bank, sums,
                            first + 1 + other);
        }
    }
}

enum rf_rc rf_shared_tokens_cohorts(struct rf_backend *backend, struct rf_tally *tally,
                                    struct rf_vertices *vertices)
{
    enum rf_rc rc;
    unsigned banks = vertices->at_bank.width;
    unsigned types = vertices->links.width - banks, columns = banks * (1 + banks + types);
    struct rf_bits marks = {0}, sums = {0};
    RF_TRY(rf_backend_bits(backend, &marks, vertices->rows, columns));
    RF_TRY(rf_backend_bits(backend, &sums, columns, tally->cohort_bits));
    /* Collect a group's links on its first row. */
    RF_TRY(rf_scan(backend, RF_SCAN_OR, vertices->links, vertices->same, 0, true));
    RF_TRY(mark_cohorts(backend, marks.all, vertices));
    RF_TRY(rf_sum(backend, sums.all, marks.all, 1));
    settle_cohorts(tally, sums.all, types);
done:
    rf_bits_fini(&marks);
    rf_bits_fini(&sums);
    return rc;
}
