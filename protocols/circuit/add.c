#include "protocols/circuit/add.h"

/* Planes first … first + count - 1 all merge with plane first - 1, which has covered what lies below. */
struct merge {
    unsigned first, count;
};

static struct merge merge_at(unsigned level, unsigned block, unsigned width)
{
    unsigned size = 1U << level, first = (2 * block + 1) * size;
    struct merge merge = {.first = first};
    if (first < width)
        merge.count = width - first < size ? width - first : size;
    return merge;
}

/* generate_i += propagate_i generate_j; propagate_i *= propagate_j, not needed in the lowest block. */
static enum rf_rc add_level(struct rf_backend *backend, struct rf_view generate,
                            struct rf_view propagate, struct rf_view spare, unsigned level)
{
    enum rf_rc rc = RF_OK;
    unsigned width = generate.width;
    struct merge m;
    for (unsigned block = 0; (m = merge_at(level, block, width)).count; block++) {
        struct rf_view below = rf_repeat(rf_planes(generate, m.first - 1, 1), m.count);
        struct rf_view through = rf_planes(propagate, m.first, m.count);
        RF_TRY(rf_and_start(backend, rf_planes(spare, m.first, m.count), through, below));
        if (block > 0) {
            below = rf_repeat(rf_planes(propagate, m.first - 1, 1), m.count);
            RF_TRY(rf_and_start(backend, through, through, below));
        }
    }
    RF_TRY(rf_finish(backend));
    for (unsigned block = 0; (m = merge_at(level, block, width)).count; block++) {
        struct rf_view here = rf_planes(generate, m.first, m.count);
        rf_local_xor(here, here, rf_planes(spare, m.first, m.count));
    }
done:
    return rc;
}

enum rf_rc rf_add(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                  struct rf_view y, bool carry)
{
    enum rf_rc rc;
    unsigned width = x.width;
    struct rf_bits work = {0};
    assert(y.width == width && (out.width == width || out.width == width + 1));
    RF_TRY(rf_backend_bits(backend, &work, x.rows, 4 * width));
    struct rf_view generate = rf_planes(work.all, 0, width);
    struct rf_view propagate = rf_planes(work.all, width, width);
    struct rf_view spare = rf_planes(work.all, 2 * width, width);
    struct rf_view half = rf_planes(work.all, 3 * width, width);
    RF_TRY(rf_and_start(backend, generate, x, y));
    rf_local_xor(half, x, y);
    rf_local_copy(propagate, half);
    RF_TRY(rf_finish(backend));
    struct rf_view lowest = rf_planes(generate, 0, 1);
    if (carry)
        rf_local_xor(lowest, lowest, rf_planes(half, 0, 1));
    for (unsigned level = 0; 1U << level < width; level++)
        RF_TRY(add_level(backend, generate, propagate, spare, level));
    rf_local_copy(rf_planes(out, 0, 1), rf_planes(half, 0, 1));
    if (carry)
        rf_local_not(rf_planes(out, 0, 1), rf_planes(out, 0, 1), backend->constant);
    rf_local_xor(rf_planes(out, 1, width - 1), rf_planes(half, 1, width - 1),
                 rf_planes(generate, 0, width - 1));
    if (out.width > width)
        rf_local_copy(rf_planes(out, width, 1), rf_planes(generate, width - 1, 1));
done:
    rf_bits_fini(&work);
    return rc;
}

enum rf_rc rf_subtract(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                       struct rf_view y)
{
    enum rf_rc rc;
    struct rf_bits inverted = {0};
    RF_TRY(rf_backend_bits(backend, &inverted, y.rows, y.width));
    rf_local_not(inverted.all, y, backend->constant);
    RF_TRY(rf_add(backend, out, x, inverted.all, true));
done:
    rf_bits_fini(&inverted);
    return rc;
}
