#include "protocols/oblivious/compact.h"

#include <stdlib.h>

#include "protocols/backend/lanes.h"

static bool expected_to_stay(void *context, size_t row)
{
    return row < *(const size_t *)context;
}

static enum rf_rc shuffle_rows(struct rf_backend *backend, struct rf_rows *rows)
{
    enum rf_rc rc;
    struct rf_shuffle shuffle = {0};
    RF_TRY(rf_shuffle_new(backend, &shuffle, rows->rows));
    RF_TRY(rf_shuffle(backend, &shuffle, false, rows));
done:
    rf_shuffle_fini(&shuffle);
    return rc;
}

static enum rf_rc open_flags(struct rf_backend *backend, struct rf_public *out,
                             const struct rf_rows *rows, size_t byte, size_t expected)
{
    enum rf_rc rc;
    struct rf_bits flag = {0};
    size_t here = rf_div_up(expected, rf_lanes(backend));
    const struct rf_guess guess = {expected_to_stay, &here};
    RF_TRY(rf_backend_bits(backend, &flag, rows->rows, 1));
    rf_local_unpack(flag.all, rows, byte, NULL);
    RF_TRY(rf_open_start(backend, RF_OPEN_KEPT, out->word, flag.all, &guess));
    RF_TRY(rf_finish(backend));
done:
    rf_bits_fini(&flag);
    return rc;
}

static enum rf_rc gather_marked(struct rf_backend *backend, struct rf_rows *kept,
                                const struct rf_rows *rows, const struct rf_public *marked)
{
    enum rf_rc rc;
    uint32_t *index = calloc(rows->rows + 1, sizeof *index);
    if (!index)
        return rf_err_set(backend->err, RF_E_MEMORY, "out of memory");
    size_t count = 0;
    for (size_t row = 0; row < rows->rows; row++) {
        if (rf_public_get(marked, row))
            index[count++] = (uint32_t)row;
    }
    RF_TRY(rf_backend_rows(backend, kept, count, rows->bytes));
    rf_local_gather(kept, rows, index);
done:
    free(index);
    return rc;
}

enum rf_rc rf_compact(struct rf_backend *backend, struct rf_rows *rows, size_t flag,
                      size_t expected)
{
    enum rf_rc rc;
    struct rf_rows kept = {0};
    struct rf_public marked = {0};
    RF_TRY(shuffle_rows(backend, rows));
    RF_TRY(rf_public_init(&marked, &backend->space, rows->rows));
    RF_TRY(open_flags(backend, &marked, rows, flag, expected));
    RF_TRY(gather_marked(backend, &kept, rows, &marked));
    rf_rows_fini(rows);
    *rows = kept;
done:
    rf_public_fini(&marked);
    return rc;
}
