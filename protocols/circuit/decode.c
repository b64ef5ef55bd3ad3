#include "protocols/circuit/decode.h"

/* From the top bit down: plane v of the numbers seen so far splits into v0 and v1. Planes stand at
 * v << (bits still to come), so that every split stays in place. */
static enum rf_rc split(struct rf_backend *backend, struct rf_view out, struct rf_view bit,
                        unsigned left)
{
    enum rf_rc rc = RF_OK;
    unsigned step = 1U << left, half = step / 2;
    for (unsigned v = 0; v + half < out.width; v += step)
        RF_TRY(rf_and_start(backend, rf_planes(out, v + half, 1), rf_planes(out, v, 1), bit));
    RF_TRY(rf_finish(backend));
    for (unsigned v = 0; v + half < out.width; v += step) {
        struct rf_view low = rf_planes(out, v, 1);
        rf_local_xor(low, low, rf_planes(out, v + half, 1));
    }
done:
    return rc;
}

static enum rf_rc decode_all(struct rf_backend *backend, struct rf_view all, struct rf_view x,
                             struct rf_view enable)
{
    enum rf_rc rc = RF_OK;
    rf_local_copy(rf_planes(all, 0, 1), enable);
    for (unsigned left = x.width; left > 0; left--)
        RF_TRY(split(backend, all, rf_planes(x, left - 1, 1), left));
done:
    return rc;
}

enum rf_rc rf_decode(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                     struct rf_view enable)
{
    enum rf_rc rc;
    struct rf_bits all = {0};
    unsigned values = 1U << x.width;
    assert(x.width < 16 && out.width <= values);
    RF_TRY(rf_backend_bits(backend, &all, x.rows, values));
    RF_TRY(decode_all(backend, all.all, x, enable));
    rf_local_copy(out, rf_planes(all.all, 0, out.width));
done:
    rf_bits_fini(&all);
    return rc;
}
