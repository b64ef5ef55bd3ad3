#include "protocols/circuit/convert.h"

#include "protocols/circuit/add.h"

/* acc = acc + s - 2 acc s */
static enum rf_rc join(struct rf_arithmetic arithmetic, struct rf_ring *acc,
                       const struct rf_ring *s, struct rf_ring *product)
{
    enum rf_rc rc;
    RF_TRY(rf_mul_start(arithmetic, product, acc, s));
    RF_TRY(rf_finish(arithmetic.backend));
    for (unsigned part = 0; part < acc->parts; part++) {
        for (size_t i = 0; i < acc->rows; i++)
            acc->part[part][i] += s->part[part][i] - 2 * product->part[part][i];
    }
done:
    return rc;
}

static void summand(struct rf_backend *backend, struct rf_ring *out, struct rf_view x, unsigned j)
{
    for (unsigned plane = 0; plane < x.width; plane++)
        rf_local_summand_ring(out, plane * x.rows, rf_planes(x, plane, 1), backend->summand[j]);
}

enum rf_rc rf_bits_to_ring(struct rf_arithmetic arithmetic, struct rf_ring *out, struct rf_view x)
{
    enum rf_rc rc;
    struct rf_backend *backend = arithmetic.backend;
    struct rf_ring acc = {0}, next = {0}, product = {0};
    size_t bits = x.rows * x.width;
    assert(x.width <= 64 && out->rows == x.rows);
    RF_TRY(rf_backend_ring(backend, &acc, bits));
    RF_TRY(rf_backend_ring(backend, &next, bits));
    RF_TRY(rf_backend_ring(backend, &product, bits));
    summand(backend, &acc, x, 0);
    for (unsigned j = 1; j < backend->summands; j++) {
        summand(backend, &next, x, j);
        RF_TRY(join(arithmetic, &acc, &next, &product));
    }
    for (unsigned part = 0; part < out->parts; part++) {
        for (size_t row = 0; row < x.rows; row++) {
            uint64_t value = 0;
            for (unsigned plane = 0; plane < x.width; plane++)
                value += acc.part[part][plane * x.rows + row] << plane;
            out->part[part][row] = value;
        }
    }
done:
    rf_ring_fini(&acc);
    rf_ring_fini(&next);
    rf_ring_fini(&product);
    return rc;
}

/* a + b + c = sum + 2 carry, where carry = a + (a + b)(a + c) in GF(2) */
static enum rf_rc carry_save(struct rf_backend *backend, struct rf_view sum, struct rf_view carry,
                             struct rf_view abc)
{
    enum rf_rc rc;
    unsigned width = sum.width;
    struct rf_view a = rf_planes(abc, 0, width), b = rf_planes(abc, width, width);
    struct rf_view c = rf_planes(abc, 2 * width, width);
    rf_local_xor(sum, a, b);
    rf_local_xor(b, a, c);
    rf_local_xor(c, sum, c);
    RF_TRY(rf_and_start(backend, b, b, sum));
    RF_TRY(rf_finish(backend));
    rf_local_copy(sum, c);
    rf_local_constant(rf_planes(carry, 0, 1), 0, -1);
    rf_local_xor(rf_planes(carry, 1, width - 1), rf_planes(a, 0, width - 1),
                 rf_planes(b, 0, width - 1));
done:
    return rc;
}

enum rf_rc rf_ring_to_bits(struct rf_backend *backend, struct rf_view out, const struct rf_ring *x)
{
    enum rf_rc rc = RF_OK;
    unsigned width = out.width;
    struct rf_bits work = {0};
    assert(out.rows == x->rows && width <= 64);
    if (backend->summands == 1) {
        rf_local_summand_bits(out, x, backend->summand[0]);
        return RF_OK;
    }
    assert(backend->summands == 3);
    RF_TRY(rf_backend_bits(backend, &work, x->rows, 5 * width));
    for (unsigned j = 0; j < 3; j++)
        rf_local_summand_bits(rf_planes(work.all, j * width, width), x, backend->summand[j]);
    struct rf_view sum = rf_planes(work.all, 3 * width, width);
    struct rf_view carry = rf_planes(work.all, 4 * width, width);
    RF_TRY(carry_save(backend, sum, carry, rf_planes(work.all, 0, 3 * width)));
    RF_TRY(rf_add(backend, out, sum, carry, false));
done:
    rf_bits_fini(&work);
    return rc;
}
