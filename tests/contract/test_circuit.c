#include <criterion/criterion.h>
#include <stdlib.h>

#include "protocols/circuit/add.h"
#include "protocols/circuit/convert.h"
#include "protocols/circuit/logic.h"
#include "tests/support/parties.h"

#define OK(call) cr_assert_eq((call), RF_OK)

static const size_t sizes[] = {1, 2, 63, 64, 65, 200, 1000};

struct shape {
    size_t rows;
    unsigned width;
};

static uint64_t low_bits(unsigned width)
{
    return width < 64 ? ((uint64_t)1 << width) - 1 : UINT64_MAX;
}

/* Random values, with runs of equal and extreme ones. */
static void draw(uint64_t *x, uint64_t *y, struct shape shape)
{
    uint64_t state = shape.rows * 1000 + shape.width;
    for (size_t i = 0; i < shape.rows; i++) {
        x[i] = rf_test_random(&state) & low_bits(shape.width);
        uint64_t kind = rf_test_random(&state) % 5;
        y[i] = kind == 0 ? x[i] : rf_test_random(&state) & low_bits(shape.width);
        if (kind == 1)
            y[i] = x[i] ^ ((uint64_t)1 << (i % shape.width));
        if (kind == 2)
            x[i] = i % 2 ? 0 : low_bits(shape.width);
    }
}

struct pair {
    struct shape shape;
    uint64_t *x, *y, *got;
    struct rf_bits bx, by, out;
};

static struct pair pair_new(struct rf_backend *backend, struct shape shape, unsigned out_width)
{
    struct pair pair = {.shape = shape};
    pair.x = calloc(shape.rows + 1, sizeof(uint64_t));
    pair.y = calloc(shape.rows + 1, sizeof(uint64_t));
    pair.got = calloc(shape.rows + 1, sizeof(uint64_t));
    draw(pair.x, pair.y, shape);
    OK(rf_backend_bits(backend, &pair.bx, shape.rows, shape.width));
    OK(rf_backend_bits(backend, &pair.by, shape.rows, shape.width));
    OK(rf_backend_bits(backend, &pair.out, shape.rows, out_width));
    rf_test_share(backend, pair.bx.all, pair.x);
    rf_test_share(backend, pair.by.all, pair.y);
    return pair;
}

static void pair_free(struct pair *pair)
{
    free(pair->x);
    free(pair->y);
    free(pair->got);
    rf_bits_fini(&pair->bx);
    rf_bits_fini(&pair->by);
    rf_bits_fini(&pair->out);
}

static void check_less(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct pair p = pair_new(backend, *shape, 1);
    struct rf_cost before = backend->declared;
    OK(rf_less(backend, p.out.all, p.bx.all, p.by.all));
    struct rf_cost cost = rf_less_cost(shape->width);
    cr_assert_eq(backend->declared.bytes - before.bytes,
                 cost.bytes * rf_words(shape->rows) * sizeof(uint64_t));
    cr_assert_eq(backend->declared.rounds - before.rounds, cost.rounds);
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.x[i] < p.y[i], "row %zu of %zu, width %u", i, shape->rows,
                     shape->width);
    pair_free(&p);
}

static void check_equal(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct pair p = pair_new(backend, *shape, 1);
    struct rf_cost before = backend->declared;
    OK(rf_equal(backend, p.out.all, p.bx.all, p.by.all));
    struct rf_cost cost = rf_equal_cost(shape->width);
    cr_assert_eq(backend->declared.bytes - before.bytes,
                 cost.bytes * rf_words(shape->rows) * sizeof(uint64_t));
    cr_assert_eq(backend->declared.rounds - before.rounds, cost.rounds);
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.x[i] == p.y[i]);
    pair_free(&p);
}

static void check_add(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct pair p = pair_new(backend, *shape, shape->width + 1);
    OK(rf_add(backend, p.out.all, p.bx.all, p.by.all, false));
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++) {
        cr_assert_eq(p.got[i] & low_bits(shape->width), (p.x[i] + p.y[i]) & low_bits(shape->width));
        if (shape->width < 64)
            cr_assert_eq(p.got[i], p.x[i] + p.y[i]);
    }
    struct rf_view low = rf_planes(p.out.all, 0, shape->width);
    OK(rf_add(backend, low, p.bx.all, p.by.all, true));
    rf_test_open(backend, p.got, low);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], (p.x[i] + p.y[i] + 1) & low_bits(shape->width));
    OK(rf_subtract(backend, low, p.bx.all, p.by.all));
    rf_test_open(backend, p.got, low);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], (p.x[i] - p.y[i]) & low_bits(shape->width));
    pair_free(&p);
}

static void check_select(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct pair p = pair_new(backend, *shape, shape->width);
    struct rf_bits choice = {0};
    uint64_t *c = calloc(shape->rows, sizeof *c), state = 9;
    for (size_t i = 0; i < shape->rows; i++)
        c[i] = rf_test_random(&state) & 1;
    OK(rf_backend_bits(backend, &choice, shape->rows, 1));
    rf_test_share(backend, choice.all, c);
    OK(rf_select(backend, p.out.all, choice.all, p.bx.all, p.by.all));
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], c[i] ? p.x[i] : p.y[i]);
    OK(rf_or(backend, p.out.all, p.bx.all, p.by.all));
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.x[i] | p.y[i]);
    rf_bits_fini(&choice);
    free(c);
    pair_free(&p);
}

static void check_aliasing(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct pair p = pair_new(backend, *shape, shape->width);
    OK(rf_and_start(backend, p.out.all, p.bx.all, p.by.all));
    OK(rf_and_start(backend, p.bx.all, p.bx.all, p.by.all)); /* into an operand of both */
    OK(rf_send(backend));
    OK(rf_and_start(backend, p.by.all, p.by.all, p.by.all)); /* a second batch under way */
    OK(rf_finish(backend));
    OK(rf_finish(backend));
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.x[i] & p.y[i]);
    rf_test_open(backend, p.got, p.bx.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.x[i] & p.y[i]);
    rf_test_open(backend, p.got, p.by.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.y[i]);
    pair_free(&p);
}

static void check_sum(struct rf_backend *backend, void *context)
{
    enum { COLUMNS = 3 };
    const struct shape *shape = context;
    struct rf_bits x = {0}, out = {0};
    uint64_t *value[COLUMNS], want[COLUMNS] = {0}, got[COLUMNS], state = shape->rows;
    unsigned out_width = shape->width + 11 > 64 ? 64 : shape->width + 11;
    OK(rf_backend_bits(backend, &x, shape->rows, COLUMNS * shape->width));
    OK(rf_backend_bits(backend, &out, COLUMNS, out_width));
    for (unsigned g = 0; g < COLUMNS; g++) {
        value[g] = calloc(shape->rows, sizeof(uint64_t));
        for (size_t i = 0; i < shape->rows; i++) {
            value[g][i] = rf_test_random(&state) & low_bits(shape->width);
            want[g] += value[g][i];
        }
        rf_test_share(backend, rf_planes(x.all, g * shape->width, shape->width), value[g]);
        free(value[g]);
    }
    /* What stands beyond the last row must not count. */
    for (unsigned part = 0; part < x.all.parts; part++)
        rf_plane(x.all, part, 0)[rf_words(shape->rows) - 1] |= ~rf_tail_mask(shape->rows);
    OK(rf_sum(backend, out.all, x.all, shape->width));
    rf_test_open(backend, got, out.all);
    for (unsigned g = 0; g < COLUMNS; g++)
        cr_assert_eq(got[g], want[g] & low_bits(out_width), "column %u of %zu rows", g,
                     shape->rows);
    rf_bits_fini(&x);
    rf_bits_fini(&out);
}

static void check_convert(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct rf_arithmetic arithmetic;
    if (!rf_arithmetic_of(backend, &arithmetic))
        return;
    struct pair p = pair_new(backend, *shape, shape->width);
    struct rf_ring ring = {0}, other = {0}, product = {0}, dot = {0};
    uint64_t *opened = calloc(shape->rows, sizeof *opened), sum = 0;
    OK(rf_backend_ring(backend, &ring, shape->rows));
    OK(rf_backend_ring(backend, &other, shape->rows));
    OK(rf_backend_ring(backend, &product, shape->rows));
    OK(rf_backend_ring(backend, &dot, 1));
    OK(rf_bits_to_ring(arithmetic, &ring, p.bx.all));
    rf_test_share_ring(backend, &other, p.y);
    OK(rf_mul_start(arithmetic, &product, &ring, &other));
    OK(rf_dot_start(arithmetic, &dot, &ring, &other, shape->rows));
    OK(rf_finish(backend));
    OK(rf_open_ring_start(arithmetic, RF_OPEN_RESULT, opened, &product));
    OK(rf_finish(backend));
    for (size_t i = 0; i < shape->rows; i++) {
        cr_assert_eq(opened[i], p.x[i] * p.y[i]);
        sum += p.x[i] * p.y[i];
    }
    OK(rf_open_ring_start(arithmetic, RF_OPEN_RESULT, opened, &dot));
    OK(rf_finish(backend));
    cr_assert_eq(opened[0], sum);
    OK(rf_ring_to_bits(backend, p.out.all, &product));
    rf_test_open(backend, p.got, p.out.all);
    for (size_t i = 0; i < shape->rows; i++)
        cr_assert_eq(p.got[i], p.x[i] * p.y[i] & low_bits(shape->width));
    rf_ring_fini(&ring);
    rf_ring_fini(&other);
    rf_ring_fini(&product);
    rf_ring_fini(&dot);
    free(opened);
    pair_free(&p);
}

static void check_any(struct rf_backend *backend, void *context)
{
    const struct shape *shape = context;
    struct rf_bits x = {0}, out = {0};
    OK(rf_backend_bits(backend, &x, shape->rows, 1));
    OK(rf_backend_bits(backend, &out, 1, 1));
    uint64_t *value = calloc(shape->rows, sizeof *value), got;
    for (unsigned i = 0; i < 4; i++) {
        size_t row = i == 1 ? 0 : i == 2 ? shape->rows - 1 : shape->rows / 2;
        value[row] = i > 0;
        rf_test_share(backend, x.all, value);
        OK(rf_any_row(backend, out.all, x.all));
        rf_test_open(backend, &got, out.all);
        cr_assert_eq(got, i > 0);
        value[row] = 0;
    }
    free(value);
    rf_bits_fini(&x);
    rf_bits_fini(&out);
}

/* All shapes in one body: parties meet once. */
struct suite {
    rf_test_body_of_party *body;
    const unsigned *widths;
    size_t width_count;
};

static void run_suite(struct rf_backend *backend, void *context)
{
    struct suite *suite = context;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t j = 0; j < suite->width_count; j++) {
            struct shape shape = {sizes[i], suite->widths[j]};
            suite->body(backend, &shape);
        }
    }
}

static void everywhere(rf_test_body_of_party *body, const unsigned *widths, size_t count)
{
    struct suite suite = {body, widths, count};
    rf_test_everywhere(run_suite, &suite);
}

static const unsigned all_widths[] = {1, 2, 3, 7, 8, 17, 32, 63, 64};
static const unsigned few_widths[] = {1, 5, 64};

#define SUITE(name, widths)                                                                        \
    Test(circuit, name)                                                                            \
    {                                                                                              \
        everywhere(check_##name, (widths), sizeof(widths) / sizeof(widths)[0]);                    \
    }

SUITE(less, all_widths)
SUITE(equal, all_widths)
SUITE(add, all_widths)
SUITE(select, few_widths)
SUITE(aliasing, few_widths)
SUITE(sum, few_widths)
SUITE(convert, few_widths)
SUITE(any, few_widths)
