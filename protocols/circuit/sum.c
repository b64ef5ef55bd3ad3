/* Sums over rows by carry-save compressors.
 *
 * For each weight 2^t there is a pile of bits, the same height for every column. Three bits of a
 * pile become one of the same weight and one of the next. At first a pile is a set of planes, one a
 * column, and its height lies along the rows: three thirds of a plane are compressed with full words.
 * When a pile is down to two words it is turned: columns lie along the rows, the height along the
 * planes. What remains in the end are two numbers for each column. */
#include <string.h>

#include "protocols/circuit/add.h"

enum { WEIGHTS_MAX = 128 };

struct pile {
    struct rf_bits owned; /* empty while the pile still is the caller's input */
    struct rf_view view;
    size_t height; /* in words of rows, or in planes once turned */
};

struct sum {
    struct rf_backend *backend;
    unsigned weights, columns;
    bool turned;
    struct pile pile[WEIGHTS_MAX];
    struct pile next[WEIGHTS_MAX];
};

static struct rf_view part_of(const struct sum *sum, struct rf_view view, size_t from, size_t count)
{
    if (sum->turned)
        return rf_planes(view, (unsigned)from, (unsigned)count);
    return rf_slice(view, from * RF_WORD_BITS, count * RF_WORD_BITS);
}

static enum rf_rc pile_new(struct sum *sum, struct pile *pile, size_t height)
{
    pile->height = height;
    if (height == 0)
        return RF_OK;
    size_t rows = sum->turned ? sum->columns : height * RF_WORD_BITS;
    unsigned planes = sum->turned ? (unsigned)height : sum->columns;
    enum rf_rc rc = rf_backend_bits(sum->backend, &pile->owned, rows, planes);
    pile->view = pile->owned.all;
    return rc;
}

static size_t thirds(const struct sum *sum, unsigned weight)
{
    return sum->pile[weight].height / 3;
}

/* New height of a pile: a third stays, the rest that makes no three, and the carries from below. */
static size_t height_after(const struct sum *sum, unsigned weight)
{
    size_t height = sum->pile[weight].height - 2 * thirds(sum, weight);
    return weight ? height + thirds(sum, weight - 1) : height;
}

/* carry = a + (a + b)(a + c) in GF(2); it goes on top of the next weight's new pile. */
static enum rf_rc carry_start(struct sum *sum, unsigned weight, struct rf_bits *work)
{
    size_t third = thirds(sum, weight);
    struct rf_view from = sum->pile[weight].view;
    struct rf_view a = part_of(sum, from, 0, third), b = part_of(sum, from, third, third);
    struct rf_view c = part_of(sum, from, 2 * third, third);
    struct pile *to = &sum->next[weight + 1];
    struct rf_view carry = part_of(sum, to->view, to->height - third, third);
    struct rf_view low = part_of(sum, sum->next[weight].view, 0, third);
    rf_local_xor(low, a, b);
    enum rf_rc rc = rf_backend_bits(sum->backend, work, a.rows, a.width);
    if (rc != RF_OK)
        return rc;
    rf_local_xor(work->all, a, c);
    rc = rf_and_start(sum->backend, carry, low, work->all);
    rf_local_xor(low, low, c);
    return rc;
}

static void carry_finish(struct sum *sum, unsigned weight)
{
    size_t third = thirds(sum, weight);
    struct pile *from = &sum->pile[weight], *to = &sum->next[weight + 1];
    struct rf_view carry = part_of(sum, to->view, to->height - third, third);
    rf_local_xor(carry, carry, part_of(sum, from->view, 0, third));
}

static void keep_rest(struct sum *sum, unsigned weight)
{
    size_t third = thirds(sum, weight), rest = sum->pile[weight].height - 3 * third;
    if (rest)
        rf_local_copy(part_of(sum, sum->next[weight].view, third, rest),
                      part_of(sum, sum->pile[weight].view, 3 * third, rest));
}

/* The highest weight's own carries are dropped: sums are modulo 2^weights. */
static bool carries(const struct sum *sum, unsigned weight)
{
    return weight + 1 < sum->weights && thirds(sum, weight) > 0;
}

static void top_sum(struct sum *sum)
{
    unsigned top = sum->weights - 1;
    size_t third = thirds(sum, top);
    if (!third)
        return;
    struct rf_view from = sum->pile[top].view, low = part_of(sum, sum->next[top].view, 0, third);
    rf_local_xor(low, part_of(sum, from, 0, third), part_of(sum, from, third, third));
    rf_local_xor(low, low, part_of(sum, from, 2 * third, third));
}

static void advance(struct sum *sum)
{
    for (unsigned weight = 0; weight < sum->weights; weight++) {
        rf_bits_fini(&sum->pile[weight].owned);
        sum->pile[weight] = sum->next[weight];
        sum->next[weight] = (struct pile){0};
    }
}

/* One round: all piles at once. */
static enum rf_rc compress(struct sum *sum)
{
    enum rf_rc rc;
    struct rf_bits work[WEIGHTS_MAX] = {0};
    for (unsigned weight = 0; weight < sum->weights; weight++)
        RF_TRY(pile_new(sum, &sum->next[weight], height_after(sum, weight)));
    for (unsigned weight = 0; weight < sum->weights; weight++) {
        if (carries(sum, weight))
            RF_TRY(carry_start(sum, weight, &work[weight]));
        keep_rest(sum, weight);
    }
    top_sum(sum);
    RF_TRY(rf_finish(sum->backend));
    for (unsigned weight = 0; weight < sum->weights; weight++) {
        if (carries(sum, weight))
            carry_finish(sum, weight);
    }
    advance(sum);
done:
    for (unsigned weight = 0; weight < sum->weights; weight++)
        rf_bits_fini(&work[weight]);
    return rc;
}

static bool compressible(const struct sum *sum)
{
    for (unsigned weight = 0; weight < sum->weights; weight++) {
        if (thirds(sum, weight))
            return true;
    }
    return false;
}

/* @rows: how many of a pile's rows were ever used, when it was not compressed at all */
static enum rf_rc turn(struct sum *sum, size_t rows)
{
    enum rf_rc rc = RF_OK;
    sum->turned = true;
    for (unsigned weight = 0; weight < sum->weights; weight++) {
        struct pile *pile = &sum->pile[weight];
        size_t height = pile->height * RF_WORD_BITS;
        height = height < rows ? height : rows;
        RF_TRY(pile_new(sum, &sum->next[weight], height));
        if (height) {
            pile->view.rows = height;
            rf_local_turn(sum->next[weight].view, pile->view);
        }
    }
    advance(sum);
done:
    return rc;
}

/* The two numbers that are left, added. */
static enum rf_rc add_last(struct sum *sum, struct rf_view out)
{
    enum rf_rc rc;
    struct rf_bits last = {0};
    RF_TRY(rf_backend_bits(sum->backend, &last, sum->columns, 2 * sum->weights));
    rf_local_constant(last.all, 0, -1);
    for (unsigned weight = 0; weight < sum->weights; weight++) {
        for (unsigned i = 0; i < sum->pile[weight].height; i++)
            rf_local_copy(rf_planes(last.all, i * sum->weights + weight, 1),
                          rf_planes(sum->pile[weight].view, i, 1));
    }
    RF_TRY(rf_add(sum->backend, out, rf_planes(last.all, 0, sum->weights),
                  rf_planes(last.all, sum->weights, sum->weights), false));
done:
    rf_bits_fini(&last);
    return rc;
}

enum rf_rc rf_sum(struct rf_backend *backend, struct rf_view out, struct rf_view x, unsigned width)
{
    enum rf_rc rc = RF_OK;
    struct sum sum = {.backend = backend, .weights = out.width, .columns = x.width / width};
    assert(width > 0 && x.width % width == 0 && out.rows == sum.columns);
    assert(out.width > 0 && out.width <= WEIGHTS_MAX);
    if (x.rows == 0) {
        rf_local_constant(out, 0, -1);
        return RF_OK;
    }
    rf_local_zero_tail(x);
    size_t words = rf_words(x.rows);
    for (unsigned weight = 0; weight < width && weight < sum.weights; weight++) {
        sum.pile[weight].view = rf_every(x, weight, width, sum.columns);
        sum.pile[weight].view.rows = words * RF_WORD_BITS;
        sum.pile[weight].height = words;
    }
    while (compressible(&sum))
        RF_TRY(compress(&sum));
    RF_TRY(turn(&sum, words < 3 ? x.rows : SIZE_MAX));
    while (compressible(&sum))
        RF_TRY(compress(&sum));
    RF_TRY(add_last(&sum, out));
done:
    for (unsigned weight = 0; weight < sum.weights; weight++) {
        rf_bits_fini(&sum.pile[weight].owned);
        rf_bits_fini(&sum.next[weight].owned);
    }
    return rc;
}
