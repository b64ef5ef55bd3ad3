#include "protocols/oblivious/spread.h"

#include <stdlib.h>

#include "protocols/circuit/logic.h"
#include "protocols/oblivious/sort.h"

enum { SAMPLE = 512 }; /* rows of each lane, at most */

struct spreading {
    struct rf_backend *backend;
    struct rf_spread *spread;
    const struct rf_field *key;
    unsigned fields, width;
    struct rf_rows *rows;
    struct rf_rows splitters; /* one less than there are lanes, or none */
    uint8_t *lane_of;         /* of each row */
};

/* ---- splitters ---- */

/* Every lane's first rows, which are as good as any: their order is random. */
static enum rf_rc take_sample(struct spreading *spreading, struct rf_rows *sample)
{
    enum rf_rc rc;
    size_t count = spreading->rows->rows < SAMPLE ? spreading->rows->rows : SAMPLE;
    const struct rf_rows first = rf_rows_part(spreading->rows, 0, count);
    RF_TRY(rf_backend_rows(spreading->backend, sample, count, first.bytes));
    rf_local_bytes(sample, 0, &first, 0, first.bytes);
    RF_TRY(rf_lanes_to_first(spreading->backend, sample));
done:
    return rc;
}

/* By lane 0 alone, while the others wait for what comes of it. */
static enum rf_rc sort_sample(struct spreading *spreading, struct rf_rows *sample)
{
    struct rf_backend *backend = spreading->backend;
    struct rf_exchange *exchange = backend->exchange;
    rf_lanes_leave(backend);
    enum rf_rc rc = rf_sort_rows(backend, sample, spreading->key, spreading->fields, true, NULL);
    rf_lanes_join(backend, exchange, backend->lane);
    return rc;
}

static enum rf_rc publish_rows(struct rf_backend *backend, struct rf_rows *rows)
{
    enum rf_rc rc;
    RF_TRY(rf_verify(backend));
    for (unsigned part = 0; part < rows->parts; part++)
        RF_TRY(rf_lanes_publish(backend, rows->part[part], rows->rows * rows->bytes));
done:
    return rc;
}

static enum rf_rc find_splitters(struct spreading *spreading)
{
    enum rf_rc rc;
    struct rf_backend *backend = spreading->backend;
    struct rf_rows sample = {0};
    const unsigned lanes = rf_lanes(backend);
    uint32_t index[RF_LANES_MAX] = {0};
    RF_TRY(take_sample(spreading, &sample));
    RF_TRY(rf_backend_rows(backend, &spreading->splitters, lanes - 1, sample.bytes));
    if (backend->lane == 0) {
        RF_TRY(sort_sample(spreading, &sample));
        for (unsigned i = 0; i + 1 < lanes; i++)
            index[i] = (uint32_t)((i + 1) * sample.rows / lanes);
        rf_local_gather(&spreading->splitters, &sample, index);
    }
    RF_TRY(publish_rows(backend, &spreading->splitters));
done:
    rf_rows_fini(&sample);
    return rc;
}

/* ---- lanes of rows ---- */

/* What a planner takes rows for: spread evenly. */
struct imagined {
    size_t first;
    unsigned splitter, lanes;
};

static bool imagined_behind(void *context, size_t row)
{
    const struct imagined *imagined = context;
    return (imagined->first + row) % imagined->lanes > imagined->splitter;
}

static void unpack_keys(const struct spreading *spreading, struct rf_view out,
                        const struct rf_rows *rows)
{
    unsigned at = 0;
    for (unsigned i = 0; i < spreading->fields; at += spreading->key[i++].bits)
        rf_local_unpack(rf_planes(out, at, spreading->key[i].bits), rows, spreading->key[i].byte,
                        NULL);
}

/* Bit r of @answer: row r comes behind the splitter. */
static enum rf_rc compare(struct spreading *spreading, struct rf_view keys, unsigned splitter,
                          struct rf_bits *work, struct imagined *imagined, struct rf_public *answer)
{
    enum rf_rc rc;
    struct rf_backend *backend = spreading->backend;
    struct rf_bits one = {0};
    const struct rf_rows row = rf_rows_part(&spreading->splitters, splitter, 1);
    const struct rf_guess guess = {imagined_behind, imagined};
    struct rf_view same = rf_planes(work->all, 0, spreading->width);
    struct rf_view behind = rf_planes(work->all, spreading->width, 1);
    imagined->splitter = splitter;
    RF_TRY(rf_backend_bits(backend, &one, 1, spreading->width));
    unpack_keys(spreading, one.all, &row);
    rf_local_spread(same, one.all);
    RF_TRY(rf_less(backend, behind, same, keys));
    RF_TRY(rf_open_start(backend, RF_OPEN_ORDER, answer->word, behind, &guess));
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&one);
    return rc;
}

/* A chunk of rows is behind as many splitters as its lane says. */
static enum rf_rc find_lanes_of(struct spreading *spreading, size_t first, size_t count)
{
    enum rf_rc rc;
    struct rf_backend *backend = spreading->backend;
    struct rf_bits keys = {0}, work = {0};
    struct rf_public answer = {0};
    const struct rf_rows rows = rf_rows_part(spreading->rows, first, count);
    struct imagined imagined = {.first = first, .lanes = rf_lanes(backend)};
    RF_TRY(rf_backend_bits(backend, &keys, count, spreading->width));
    RF_TRY(rf_backend_bits(backend, &work, count, spreading->width + 1));
    RF_TRY(rf_public_init(&answer, &backend->space, count));
    unpack_keys(spreading, keys.all, &rows);
    for (unsigned i = 0; i < spreading->splitters.rows; i++) {
        RF_TRY(compare(spreading, keys.all, i, &work, &imagined, &answer));
        for (size_t row = 0; row < count; row++)
            spreading->lane_of[first + row] += rf_public_get(&answer, row);
    }
done:
    rf_bits_fini(&keys);
    rf_bits_fini(&work);
    rf_public_fini(&answer);
    return rc;
}

static enum rf_rc find_lanes(struct spreading *spreading)
{
    enum rf_rc rc = RF_OK;
    size_t rows = spreading->rows->rows;
    spreading->lane_of = calloc(rows + 1, 1);
    if (!spreading->lane_of)
        return rf_err_set(spreading->backend->err, RF_E_MEMORY, "out of memory while sorting");
    for (size_t from = 0; from < rows; from += RF_CHUNK_ROWS) {
        size_t count = rows - from < RF_CHUNK_ROWS ? rows - from : RF_CHUNK_ROWS;
        RF_TRY(find_lanes_of(spreading, from, count));
    }
done:
    return rc;
}

/* ---- handing over ---- */

/* Public, so that planners have them too. */
static enum rf_rc numbers(struct rf_backend *backend, struct rf_public *memory, size_t count,
                          uint32_t **number)
{
    enum rf_rc rc = rf_public_init(memory, &backend->space, count * 32);
    *number = (uint32_t *)(void *)memory->word;
    return rc;
}

static enum rf_rc deal(struct spreading *spreading)
{
    enum rf_rc rc;
    struct rf_backend *backend = spreading->backend;
    struct rf_spread *spread = spreading->spread;
    struct rf_scatter *way = &spread->deal;
    struct rf_dealing dealing;
    struct rf_public memory = {0};
    uint32_t *room;
    RF_TRY(rf_scatter_count(way, &dealing, spreading->lane_of, spreading->rows->rows,
                            backend->exchange, backend->lane, backend->err));
    RF_TRY(rf_lanes_count(backend, way->after, &spread->dealt));
    RF_TRY(numbers(backend, &spread->source, way->after, &way->source));
    RF_TRY(numbers(backend, &memory, way->before, &room));
    RF_TRY(rf_scatter_deal(way, room, &dealing, spreading->lane_of, spread->first.first,
                           backend->exchange, backend->lane, backend->err));
    rf_public_fini(&memory);
    RF_TRY(rf_lanes_scatter(backend, way, false, spreading->rows));
done:
    rf_public_fini(&memory);
    return rc;
}

enum rf_rc rf_spread_rows(struct rf_backend *backend, struct rf_spread *spread,
                          struct rf_rows *rows, const struct rf_field *key, unsigned fields,
                          bool mixed)
{
    enum rf_rc rc;
    struct spreading spreading = {
        .backend = backend, .spread = spread, .key = key, .fields = fields, .rows = rows};
    *spread = (struct rf_spread){0};
    for (unsigned i = 0; i < fields; i++)
        spreading.width += key[i].bits;
    RF_TRY(rf_lanes_count(backend, rows->rows, &spread->first));
    if (!mixed) {
        RF_TRY(rf_shuffle_new(backend, &spread->shuffle, rows->rows));
        RF_TRY(rf_shuffle(backend, &spread->shuffle, false, rows));
    }
    if (!backend->exchange || spread->first.total == 0)
        goto done;
    RF_TRY(find_splitters(&spreading));
    RF_TRY(find_lanes(&spreading));
    RF_TRY(deal(&spreading));
done:
    rf_rows_fini(&spreading.splitters);
    free(spreading.lane_of);
    return rc;
}

static bool alone(const struct rf_backend *backend, const struct rf_spread *spread)
{
    return !backend->exchange || spread->first.total == 0;
}

enum rf_rc rf_spread_even(struct rf_backend *backend, const struct rf_spread *spread, bool inverse,
                          struct rf_rows *rows)
{
    const size_t *now = spread->dealt.size, *then = spread->first.size;
    if (alone(backend, spread))
        return RF_OK;
    return rf_lanes_move(backend, rows, inverse ? then : now, inverse ? now : then);
}

enum rf_rc rf_spread_again(struct rf_backend *backend, const struct rf_spread *spread, bool inverse,
                           struct rf_rows *rows)
{
    enum rf_rc rc = RF_OK;
    if (!inverse)
        RF_TRY(rf_shuffle(backend, &spread->shuffle, false, rows));
    if (!alone(backend, spread))
        RF_TRY(rf_lanes_scatter(backend, &spread->deal, inverse, rows));
    if (inverse)
        RF_TRY(rf_shuffle(backend, &spread->shuffle, true, rows));
done:
    return rc;
}

void rf_spread_forget(struct rf_spread *spread)
{
    rf_shuffle_fini(&spread->shuffle);
    rf_public_fini(&spread->source);
}

void rf_spread_fini(struct rf_spread *spread)
{
    rf_spread_forget(spread);
    *spread = (struct rf_spread){0};
}
