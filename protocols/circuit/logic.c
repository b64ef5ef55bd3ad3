#include "protocols/circuit/logic.h"

enum rf_rc rf_or(struct rf_backend *backend, struct rf_view out, struct rf_view x, struct rf_view y)
{
    enum rf_rc rc;
    RF_TRY(rf_and_start(backend, out, x, y));
    RF_TRY(rf_finish(backend));
    rf_local_xor(out, out, x);
    rf_local_xor(out, out, y);
done:
    return rc;
}

enum rf_rc rf_select(struct rf_backend *backend, struct rf_view out, struct rf_view choice,
                     struct rf_view x, struct rf_view y)
{
    enum rf_rc rc;
    struct rf_bits differ = {0};
    RF_TRY(rf_backend_bits(backend, &differ, x.rows, x.width));
    rf_local_xor(differ.all, x, y);
    if (choice.width == 1)
        choice = rf_repeat(choice, x.width);
    RF_TRY(rf_and_start(backend, differ.all, differ.all, choice));
    RF_TRY(rf_finish(backend));
    rf_local_xor(out, differ.all, y);
done:
    rf_bits_fini(&differ);
    return rc;
}

enum rf_rc rf_all_planes(struct rf_backend *backend, struct rf_view out, struct rf_view x)
{
    enum rf_rc rc = RF_OK;
    unsigned step = 1;
    for (unsigned count = x.width; count > 1; count = (count + 1) / 2, step *= 2) {
        struct rf_view low = rf_every(x, 0, 2 * step, count / 2);
        struct rf_view high = rf_every(x, step, 2 * step, count / 2);
        RF_TRY(rf_and_start(backend, low, low, high));
        RF_TRY(rf_finish(backend));
    }
    rf_local_copy(out, rf_planes(x, 0, 1));
done:
    return rc;
}

/* AND of the upper half of the words into the lower until one word is left. */
static enum rf_rc fold_words(struct rf_backend *backend, struct rf_view x)
{
    enum rf_rc rc = RF_OK;
    for (size_t words = rf_words(x.rows); words > 1; words -= words / 2) {
        size_t half = words / 2;
        struct rf_view low = rf_slice(x, 0, half * RF_WORD_BITS);
        struct rf_view high = rf_slice(x, (words - half) * RF_WORD_BITS, half * RF_WORD_BITS);
        RF_TRY(rf_and_start(backend, low, low, high));
        RF_TRY(rf_finish(backend));
    }
done:
    return rc;
}

enum rf_rc rf_any_row(struct rf_backend *backend, struct rf_view out, struct rf_view x)
{
    enum rf_rc rc;
    struct rf_bits none = {0}, turned = {0};
    assert(x.width == 1 && x.rows > 0 && out.rows == 1 && out.width == 1);
    RF_TRY(rf_backend_bits(backend, &none, rf_round_up(x.rows, RF_WORD_BITS), 1));
    RF_TRY(rf_backend_bits(backend, &turned, 1, RF_WORD_BITS));
    struct rf_view used = none.all;
    used.rows = x.rows;
    rf_local_copy(used, x);
    rf_local_zero_tail(used);
    rf_local_not(none.all, none.all, backend->constant);
    RF_TRY(fold_words(backend, none.all));
    rf_local_turn(turned.all, rf_slice(none.all, 0, RF_WORD_BITS));
    RF_TRY(rf_all_planes(backend, out, turned.all));
    rf_local_not(out, out, backend->constant);
done:
    rf_bits_fini(&none);
    rf_bits_fini(&turned);
    return rc;
}

static struct rf_view chunk(struct rf_view view, size_t from)
{
    size_t left = view.rows - from;
    return rf_slice(view, from, left < RF_CHUNK_ROWS ? left : RF_CHUNK_ROWS);
}

static enum rf_rc equal_chunk(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                              struct rf_view y)
{
    enum rf_rc rc;
    struct rf_bits same = {0};
    RF_TRY(rf_backend_bits(backend, &same, x.rows, x.width));
    rf_local_xor(same.all, x, y);
    rf_local_not(same.all, same.all, backend->constant);
    RF_TRY(rf_all_planes(backend, out, same.all));
done:
    rf_bits_fini(&same);
    return rc;
}

enum rf_rc rf_equal(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                    struct rf_view y)
{
    enum rf_rc rc = RF_OK;
    assert(out.width == 1 && x.width > 0);
    for (size_t from = 0; from < x.rows; from += RF_CHUNK_ROWS)
        RF_TRY(equal_chunk(backend, chunk(out, from), chunk(x, from), chunk(y, from)));
done:
    return rc;
}

/* ---- less than ---- */

/* One chunk's comparisons go through the tree level by level, all rows in one round, but a block of rows at
 * a time, so that a level's few passes over a block find it in the cache. */
struct comparison {
    struct rf_backend *backend;
    struct rf_view generate, propagate;
    unsigned step, pairs; /* of the level whose products come last */
};

/* Rows of which @planes planes, in both parts, stay in the caches from one pass to the next. With fewer, the
 * many short pieces in which products arrive cost more than that saves. */
static size_t block_rows(unsigned planes)
{
    enum { BITS = 1 << 24 };
    size_t rows = (size_t)BITS / RF_PARTS_MAX / planes;
    return rows > RF_WORD_BITS ? rows / RF_WORD_BITS * RF_WORD_BITS : RF_WORD_BITS;
}

static struct rf_view block(struct rf_view view, size_t from, size_t rows)
{
    return rf_slice(view, from, view.rows - from < rows ? view.rows - from : rows);
}

/* Of each bit by itself: y is larger; x and y are equal. @x becomes its complement. */
static enum rf_rc less_bits(struct comparison *comparison, size_t from, struct rf_view x,
                            struct rf_view y)
{
    enum rf_rc rc;
    struct rf_backend *backend = comparison->backend;
    struct rf_view generate = rf_slice(comparison->generate, from, x.rows);
    struct rf_view propagate = rf_slice(comparison->propagate, from, x.rows);
    rf_local_not(x, x, backend->constant);
    RF_TRY(rf_and_start(backend, generate, x, y));
    rf_local_xor(propagate, x, y);
done:
    return rc;
}

/* One level of the tree: neighbours (high, low) become
 *   generate = generate_high + propagate_high generate_low
 *   propagate = propagate_high propagate_low, which the lowest does not need. */
static enum rf_rc less_products(struct rf_backend *backend, struct rf_view generate,
                                struct rf_view propagate, unsigned step, unsigned pairs)
{
    enum rf_rc rc;
    struct rf_view low = rf_every(generate, 0, 2 * step, pairs);
    RF_TRY(rf_and_start(backend, low, low, rf_every(propagate, step, 2 * step, pairs)));
    if (pairs > 1) {
        struct rf_view both = rf_every(propagate, 2 * step, 2 * step, pairs - 1);
        RF_TRY(
            rf_and_start(backend, both, both, rf_every(propagate, 3 * step, 2 * step, pairs - 1)));
    }
done:
    return rc;
}

/* The products have come: they become the sums of that level. */
static void less_sums(struct rf_view generate, unsigned step, unsigned pairs)
{
    struct rf_view low = rf_every(generate, 0, 2 * step, pairs);
    rf_local_xor(low, low, rf_every(generate, step, 2 * step, pairs));
}

static enum rf_rc less_level(struct comparison *comparison, unsigned step, unsigned pairs)
{
    enum rf_rc rc = RF_OK;
    size_t rows = block_rows(4 * pairs);
    for (size_t from = 0; from < comparison->generate.rows; from += rows) {
        struct rf_view generate = block(comparison->generate, from, rows);
        struct rf_view propagate = block(comparison->propagate, from, rows);
        if (comparison->pairs)
            less_sums(generate, comparison->step, comparison->pairs);
        RF_TRY(less_products(comparison->backend, generate, propagate, step, pairs));
    }
    RF_TRY(rf_finish(comparison->backend));
    comparison->step = step;
    comparison->pairs = pairs;
done:
    return rc;
}

/* Finishes the chunk whose bits are under way. */
static enum rf_rc less_tree(struct comparison *comparison, struct rf_view out)
{
    enum rf_rc rc;
    unsigned step = 1;
    RF_TRY(rf_finish(comparison->backend));
    for (unsigned count = comparison->generate.width; count > 1; count = (count + 1) / 2, step *= 2)
        RF_TRY(less_level(comparison, step, count / 2));
    if (comparison->pairs)
        less_sums(comparison->generate, comparison->step, comparison->pairs);
    rf_local_copy(out, rf_planes(comparison->generate, 0, 1));
done:
    return rc;
}

static enum rf_rc less_chunk(struct rf_backend *backend, struct rf_view out,
                             const struct rf_pairs *pairs, size_t first, struct rf_view room)
{
    enum rf_rc rc;
    struct rf_bits work = {0};
    unsigned width = pairs->width;
    RF_TRY(rf_backend_bits(backend, &work, out.rows, 2 * width));
    struct comparison comparison = {
        .backend = backend,
        .generate = rf_planes(work.all, 0, width),
        .propagate = rf_planes(work.all, width, width),
    };
    for (size_t from = 0; from < out.rows; from += room.rows) {
        struct rf_view both = block(out, from, room.rows);
        both = rf_slice(room, 0, both.rows);
        struct rf_view x = rf_planes(both, 0, width), y = rf_planes(both, width, width);
        pairs->get(pairs->context, first + from, x, &y);
        RF_TRY(less_bits(&comparison, from, x, y));
    }
    RF_TRY(less_tree(&comparison, out));
done:
    rf_bits_fini(&work);
    return rc;
}

enum rf_rc rf_less_pairs(struct rf_backend *backend, struct rf_view out,
                         const struct rf_pairs *pairs)
{
    enum rf_rc rc;
    struct rf_bits room = {0};
    size_t rows = block_rows(4 * pairs->width);
    assert(out.width == 1 && pairs->width > 0);
    RF_TRY(rf_backend_bits(backend, &room, rows < out.rows ? rows : out.rows, 2 * pairs->width));
    for (size_t from = 0; from < out.rows; from += RF_CHUNK_ROWS)
        RF_TRY(less_chunk(backend, chunk(out, from), pairs, from, room.all));
done:
    rf_bits_fini(&room);
    return rc;
}

struct operands {
    struct rf_view x, y;
};

static void get_operands(void *context, size_t from, struct rf_view x, struct rf_view *y)
{
    const struct operands *operands = context;
    rf_local_copy(x, rf_slice(operands->x, from, x.rows));
    *y = rf_slice(operands->y, from, y->rows);
}

enum rf_rc rf_less(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                   struct rf_view y)
{
    struct operands operands = {x, y};
    const struct rf_pairs pairs = {x.width, get_operands, &operands};
    assert(x.width == y.width);
    return rf_less_pairs(backend, out, &pairs);
}

static unsigned log2_up(unsigned value)
{
    return value > 1 ? rf_bit_length(value - 1) : 0;
}

struct rf_cost rf_less_cost(unsigned width)
{
    return (struct rf_cost){
        .bytes = 3 * width - 2 - log2_up(width),
        .rounds = 1 + log2_up(width),
    };
}

struct rf_cost rf_equal_cost(unsigned width)
{
    return (struct rf_cost){.bytes = width - 1, .rounds = log2_up(width)};
}
