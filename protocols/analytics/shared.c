#include "protocols/analytics/shared.h"

#include "protocols/backend/lanes.h"
#include "protocols/circuit/add.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/scan.h"
#include "protocols/oblivious/sort.h"

/* A row while it is sorted: the bank's number in front, so that it breaks ties of tokens. */
enum { BANK_AT = 0, TOKEN_AT = 1, REST_AT = TOKEN_AT + RF_TOKEN_BITS / 8 };

/* Over several lanes: each has a slice of the rows, until lane 0 gets those that are kept. */
struct finding {
    struct rf_backend *backend;
    const struct rf_task *task;
    struct rf_row_layout layout;
    unsigned bank_bits, place_bits;
    size_t rest_bytes;
    struct rf_rows rows;         /* sorted by (token, bank) */
    struct rf_bits same, shared; /* one plane each */
    size_t first, all;           /* this lane's first row; rows of all lanes, without fillers */
    size_t fillers;              /* rows added so that their number does not show */
};

/* Rows of the compaction: place in token order, two bits, bank, the rest, flag. */
static size_t place_bytes(const struct finding *finding)
{
    return rf_div_up(finding->place_bits + 2, 8);
}

static size_t flag_at(const struct finding *finding)
{
    return place_bytes(finding) + 1 + finding->rest_bytes;
}

static enum rf_rc add_banks(struct finding *finding, struct rf_rows *input)
{
    enum rf_rc rc;
    struct rf_lanes_rows all;
    size_t bytes = rf_row_bytes(finding->task), start = 0;
    RF_TRY(rf_lanes_count(finding->backend, input->rows, &all));
    RF_TRY(rf_backend_rows(finding->backend, &finding->rows, input->rows, bytes + 1));
    rf_local_bytes(&finding->rows, TOKEN_AT, input, 0, bytes);
    for (unsigned bank = 0; bank < finding->task->shape.banks; bank++) {
        size_t end = start + finding->task->rows[bank], last = all.first + input->rows;
        size_t from = start > all.first ? start : all.first, to = end < last ? end : last;
        if (from < to)
            rf_local_byte_constant(&finding->rows, BANK_AT, from - all.first, to - from,
                                   (uint8_t)bank, finding->backend->constant);
        start = end;
    }
    rf_rows_fini(input);
done:
    return rc;
}

/* Tokens of one bank are distinct, so (token, bank) is a key without ties. */
static enum rf_rc sort_tokens(struct finding *finding)
{
    const struct rf_field key[] = {{BANK_AT, finding->bank_bits}, {TOKEN_AT, RF_TOKEN_BITS}};
    return rf_sort_rows(finding->backend, &finding->rows, key, 2, false, NULL);
}

static enum rf_rc same_tokens(struct finding *finding)
{
    enum rf_rc rc;
    struct rf_bits token = {0};
    RF_TRY(rf_backend_bits(finding->backend, &token, finding->rows.rows, RF_TOKEN_BITS));
    RF_TRY(rf_backend_bits(finding->backend, &finding->same, finding->rows.rows, 1));
    rf_local_unpack(token.all, &finding->rows, TOKEN_AT, NULL);
    RF_TRY(rf_scan_same(finding->backend, finding->same.all, token.all));
done:
    rf_bits_fini(&token);
    return rc;
}

/* Open one bit that must be zero. */
static enum rf_rc must_be_zero(struct rf_backend *backend, enum rf_open_kind kind,
                               struct rf_view bit, const char *otherwise)
{
    uint64_t opened = 0;
    enum rf_rc rc = rf_open_start(backend, kind, &opened, bit, NULL);
    if (rc == RF_OK)
        rc = rf_finish(backend);
    if (rc == RF_OK && opened)
        rc = rf_err_set(backend->err, RF_E_ABORT, "%s", otherwise);
    return rc;
}

/* Opened by lane 0; the others wait until it has found nothing. */
static enum rf_rc check_none(struct rf_backend *backend, struct rf_view marked)
{
    enum rf_rc rc;
    struct rf_bits any = {0}, lanes = {0};
    RF_TRY(rf_backend_bits(backend, &any, 1, 1));
    rf_local_constant(any.all, 0, -1);
    if (marked.rows)
        RF_TRY(rf_any_row(backend, any.all, marked));
    if (backend->exchange) {
        RF_TRY(rf_lanes_gather(backend, &lanes, any.all));
        if (backend->lane == 0)
            RF_TRY(rf_any_row(backend, any.all, lanes.all));
    }
    if (backend->lane == 0) {
        RF_TRY(must_be_zero(backend, RF_OPEN_UNIQUE, any.all,
                            "a bank gave the same token in two rows: its contribution is "
                            "malformed"));
    }
    RF_TRY(rf_lanes_meet(backend));
done:
    rf_bits_fini(&any);
    rf_bits_fini(&lanes);
    return rc;
}

static enum rf_rc check_unique(struct finding *finding)
{
    enum rf_rc rc;
    struct rf_backend *backend = finding->backend;
    struct rf_bits bank = {0}, twice = {0};
    RF_TRY(rf_backend_bits(backend, &bank, finding->rows.rows, finding->bank_bits));
    RF_TRY(rf_backend_bits(backend, &twice, finding->rows.rows, 1));
    rf_local_unpack(bank.all, &finding->rows, BANK_AT, NULL);
    RF_TRY(rf_scan_same(backend, twice.all, bank.all));
    RF_TRY(rf_and_start(backend, twice.all, twice.all, finding->same.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(check_none(backend, twice.all));
done:
    rf_bits_fini(&bank);
    rf_bits_fini(&twice);
    return rc;
}

/* A row's token is shared if the row before or the row behind has it too. */
static enum rf_rc mark_shared(struct finding *finding)
{
    enum rf_rc rc;
    struct rf_bits behind = {0};
    RF_TRY(rf_backend_bits(finding->backend, &behind, finding->rows.rows, 1));
    RF_TRY(rf_backend_bits(finding->backend, &finding->shared, finding->rows.rows, 1));
    RF_TRY(rf_lanes_earlier(finding->backend, behind.all, finding->same.all));
    RF_TRY(rf_or(finding->backend, finding->shared.all, finding->same.all, behind.all));
done:
    rf_bits_fini(&behind);
    return rc;
}

/* @count: one row; known to lane 0 alone */
static enum rf_rc count_shared(struct finding *finding, struct rf_view count)
{
    enum rf_rc rc = RF_OK;
    struct rf_backend *backend = finding->backend;
    struct rf_bits lanes = {0};
    rf_local_constant(count, 0, -1);
    if (finding->shared.all.rows)
        RF_TRY(rf_sum(backend, count, finding->shared.all, 1));
    if (backend->exchange) {
        RF_TRY(rf_lanes_gather(backend, &lanes, count));
        if (backend->lane == 0)
            RF_TRY(rf_sum(backend, count, lanes.all, count.width));
    }
done:
    rf_bits_fini(&lanes);
    return rc;
}

/* filler r stays if r is not below the number of shared rows, so that as many stay as declared. All fillers are
 * lane 0's. */
static enum rf_rc mark_fillers(struct finding *finding, struct rf_view flag)
{
    enum rf_rc rc;
    struct rf_backend *backend = finding->backend;
    unsigned bits = finding->place_bits;
    struct rf_bits count = {0}, spread = {0}, index = {0}, bound = {0}, over = {0};
    RF_TRY(rf_backend_bits(backend, &count, 1, bits));
    RF_TRY(count_shared(finding, count.all));
    if (backend->lane > 0)
        goto done;
    RF_TRY(rf_backend_bits(backend, &spread, finding->fillers, bits));
    RF_TRY(rf_backend_bits(backend, &index, finding->fillers, bits));
    RF_TRY(rf_backend_bits(backend, &bound, 1, bits));
    RF_TRY(rf_backend_bits(backend, &over, 1, 1));
    rf_local_constant(bound.all, finding->fillers, backend->constant);
    RF_TRY(rf_less(backend, over.all, bound.all, count.all));
    RF_TRY(
        must_be_zero(backend, RF_OPEN_FITS, over.all,
                     "more rows are shared than the study's shared_rows allows: propose it again "
                     "with a larger bound"));
    rf_local_spread(spread.all, count.all);
    rf_local_index(index.all, 0, backend->constant);
    RF_TRY(rf_less(backend, flag, index.all, spread.all));
    rf_local_not(flag, flag, backend->constant);
done:
    rf_bits_fini(&count);
    rf_bits_fini(&spread);
    rf_bits_fini(&index);
    rf_bits_fini(&bound);
    rf_bits_fini(&over);
    return rc;
}

static size_t own_fillers(const struct finding *finding)
{
    return finding->backend->lane ? 0 : finding->fillers;
}

/* The planes that are new in a row: its place, whether its token is the one before's, validity, and
 * the flag in a table of its own. Fillers come behind the real rows. */
static enum rf_rc place_rows(struct finding *finding, struct rf_view place, struct rf_view flag)
{
    enum rf_rc rc = RF_OK;
    struct rf_backend *backend = finding->backend;
    size_t real = finding->rows.rows;
    unsigned bits = finding->place_bits;
    struct rf_bits filler = {0}, one = {0};
    rf_local_constant(place, 0, -1);
    rf_local_index(rf_planes(place, 0, bits), finding->first, backend->constant);
    rf_local_append(rf_planes(place, bits, 1), 0, finding->same.all);
    rf_local_append(flag, 0, finding->shared.all);
    RF_TRY(rf_backend_bits(backend, &one, real, 1));
    rf_local_constant(one.all, 1, backend->constant);
    rf_local_append(rf_planes(place, bits + 1, 1), 0, one.all);
    if (finding->fillers && backend->lane > 0)
        RF_TRY(mark_fillers(finding, flag));
    if (own_fillers(finding)) {
        RF_TRY(rf_backend_bits(backend, &filler, finding->fillers, bits + 2));
        struct rf_view zero = rf_planes(filler.all, bits, 1),
                       marked = rf_planes(filler.all, bits + 1, 1),
                       behind = rf_planes(filler.all, 0, bits);
        RF_TRY(mark_fillers(finding, marked));
        rf_local_constant(zero, 0, -1);
        rf_local_index(behind, finding->all, backend->constant);
        rf_local_append(rf_planes(place, 0, bits), real, behind);
        rf_local_append(rf_planes(place, bits, 1), real, zero);
        rf_local_append(rf_planes(place, bits + 1, 1), real, zero);
        rf_local_append(flag, real, marked);
    }
done:
    rf_bits_fini(&filler);
    rf_bits_fini(&one);
    return rc;
}

static void zero_rows(struct rf_rows *rows, size_t first)
{
    for (size_t byte = 0; byte < rows->bytes; byte++)
        rf_local_byte_constant(rows, byte, first, rows->rows - first, 0, -1);
}

static enum rf_rc keep_shared(struct finding *finding)
{
    enum rf_rc rc;
    struct rf_backend *backend = finding->backend;
    size_t real = finding->rows.rows, all = real + own_fillers(finding);
    struct rf_rows rows = {0};
    struct rf_bits place = {0}, flag = {0};
    RF_TRY(rf_backend_bits(backend, &place, all, finding->place_bits + 2));
    RF_TRY(rf_backend_bits(backend, &flag, all, 1));
    RF_TRY(place_rows(finding, place.all, flag.all));
    RF_TRY(rf_backend_rows(backend, &rows, all, flag_at(finding) + 1));
    zero_rows(&rows, real);
    rf_local_pack(&rows, 0, place.all);
    rf_bits_fini(&place);
    rf_local_bytes(&rows, place_bytes(finding), &finding->rows, BANK_AT, 1);
    rf_local_bytes(&rows, place_bytes(finding) + 1, &finding->rows, REST_AT, finding->rest_bytes);
    rf_local_pack(&rows, flag_at(finding), flag.all);
    rf_rows_fini(&finding->rows);
    rf_bits_fini(&flag);
    RF_TRY(rf_compact(backend, &rows, flag_at(finding),
                      finding->fillers ? finding->fillers : finding->task->expected_shared));
    RF_TRY(rf_lanes_to_first(backend, &rows));
    finding->rows = rows;
    rows = (struct rf_rows){0};
done:
    rf_rows_fini(&rows);
    rf_bits_fini(&place);
    rf_bits_fini(&flag);
    return rc;
}

static enum rf_rc unpack(struct finding *finding, struct rf_shared *shared)
{
    enum rf_rc rc;
    struct rf_row_layout layout = finding->layout;
    const struct rf_rows *rows = &finding->rows;
    unsigned place = finding->place_bits, bank = place + 2, rest = bank + finding->bank_bits;
    RF_TRY(rf_backend_bits(finding->backend, &shared->table, rows->rows, rest + layout.width));
    struct rf_view all = shared->table.all;
    rf_local_unpack(rf_planes(all, 0, place + 2), rows, 0, NULL);
    rf_local_unpack(rf_planes(all, bank, finding->bank_bits), rows, place_bytes(finding), NULL);
    rf_local_unpack(rf_planes(all, rest, layout.width), rows, place_bytes(finding) + 1, NULL);
    shared->rows = rows->rows;
    shared->same = rf_planes(all, place, 1);
    shared->valid = rf_planes(all, place + 1, 1);
    shared->bank = rf_planes(all, bank, finding->bank_bits);
    shared->type = rf_planes(all, rest + layout.type, RF_TYPE_BITS);
    shared->group = rf_planes(all, rest + layout.group, finding->task->group_bits);
    shared->size = rf_planes(all, rest + layout.size, finding->task->size_bits);
    shared->flagged = rf_planes(all, rest + layout.flagged, finding->task->size_bits);
    shared->exposure = rf_planes(all, rest + layout.exposure, finding->task->exposure_bits);
done:
    return rc;
}

static enum rf_rc start(struct finding *finding, struct rf_rows *input)
{
    enum rf_rc rc;
    struct rf_lanes_rows all;
    RF_TRY(rf_lanes_count(finding->backend, input->rows, &all));
    finding->first = all.first;
    finding->all = all.total;
    finding->place_bits = rf_bit_length(all.total + finding->fillers);
    RF_TRY(rf_step(finding->backend, "sort tokens", input->rows));
    RF_TRY(add_banks(finding, input));
    RF_TRY(sort_tokens(finding));
done:
    return rc;
}

/* By lane 0 alone: few rows are left, and rounds count more than cores. */
static enum rf_rc finish(struct finding *finding, struct rf_shared *shared)
{
    enum rf_rc rc;
    const struct rf_field key = {0, finding->place_bits};
    rf_lanes_leave(finding->backend);
    RF_TRY(rf_step(finding->backend, "restore token order", finding->rows.rows));
    RF_TRY(rf_sort_rows(finding->backend, &finding->rows, &key, 1, true, NULL));
    RF_TRY(unpack(finding, shared));
done:
    return rc;
}

enum rf_rc rf_shared_find(struct rf_backend *backend, struct rf_shared *shared,
                          const struct rf_task *task, struct rf_rows *input)
{
    enum rf_rc rc;
    size_t rows = input->rows;
    struct finding finding = {
        .backend = backend,
        .task = task,
        .layout = rf_row_layout(task),
        .bank_bits = rf_bit_length(task->shape.banks - 1),
        .fillers = task->shared_rows,
    };
    finding.rest_bytes = rf_div_up(finding.layout.width, 8);
    RF_TRY(start(&finding, input));
    RF_TRY(rf_step(backend, "find shared tokens", rows));
    RF_TRY(same_tokens(&finding));
    RF_TRY(check_unique(&finding));
    RF_TRY(mark_shared(&finding));
    RF_TRY(rf_step(backend, "keep shared rows", rows));
    RF_TRY(keep_shared(&finding));
    if (backend->lane == 0)
        RF_TRY(finish(&finding, shared));
done:
    rf_rows_fini(&finding.rows);
    rf_bits_fini(&finding.same);
    rf_bits_fini(&finding.shared);
    return rc;
}

void rf_shared_fini(struct rf_shared *shared)
{
    rf_bits_fini(&shared->table);
    *shared = (struct rf_shared){0};
}
