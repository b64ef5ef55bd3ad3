#include "tests/support/small_studies.h"

#include <stdlib.h>

#include "protocols/analytics/compute.h"
#include "protocols/analytics/label.h"
#include "protocols/circuit/logic.h"
#include "protocols/oblivious/compact.h"
#include "protocols/oblivious/group.h"
#include "protocols/oblivious/join.h"
#include "protocols/oblivious/sort.h"
#include "tests/support/parties.h"
#include "tests/support/scene.h"

enum { MOST_ROWS = 128 };

/* A column of random values, shared. */
static enum rf_rc shared(struct rf_backend *backend, struct rf_bits *bits, size_t rows,
                         unsigned width, uint64_t seed)
{
    uint64_t value[MOST_ROWS];
    enum rf_rc rc = rf_backend_bits(backend, bits, rows, width);
    if (rc != RF_OK)
        return rc;
    for (size_t i = 0; i < rows; i++)
        value[i] = rf_test_random(&seed);
    rf_test_share(backend, bits->all, value);
    return RF_OK;
}

enum rf_rc rf_small_open(struct rf_backend *backend, struct rf_view x)
{
    enum rf_rc rc = RF_OK;
    uint64_t *plane = calloc(rf_words(x.rows) * x.width + 1, sizeof *plane);
    if (!plane)
        abort();
    RF_TRY(rf_open_start(backend, RF_OPEN_RESULT, plane, x, NULL));
    RF_TRY(rf_finish(backend));
done:
    free(plane);
    return rc;
}

enum rf_rc rf_small_and(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits x = {0}, y = {0}, z = {0};
    (void)run;
    RF_TRY(shared(backend, &x, 70, 3, 1));
    RF_TRY(shared(backend, &y, 70, 3, 2));
    RF_TRY(shared(backend, &z, 70, 3, 3));
    RF_TRY(rf_and_start(backend, z.all, x.all, y.all));
    RF_TRY(rf_send(backend));
    RF_TRY(rf_and_start(backend, x.all, x.all, x.all));
    RF_TRY(rf_and_start(backend, y.all, y.all, y.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_and_start(backend, z.all, z.all, x.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_small_open(backend, z.all));
    RF_TRY(rf_and_start(backend, z.all, z.all, y.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_small_open(backend, z.all));
done:
    rf_bits_fini(&x);
    rf_bits_fini(&y);
    rf_bits_fini(&z);
    return rc;
}

enum rf_rc rf_small_bounded(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits x = {0}, y = {0};
    (void)run;
    RF_TRY(shared(backend, &x, 70, 3, 21));
    RF_TRY(shared(backend, &y, 70, 3, 22));
    backend->proof_words = RF_SMALL_EACH * rf_words(70) * 3;
    for (unsigned i = 0; i < RF_SMALL_PROOFS * RF_SMALL_EACH; i++) {
        RF_TRY(rf_and_start(backend, x.all, x.all, y.all));
        RF_TRY(rf_finish(backend));
        rf_local_not(i % 2 ? y.all : x.all, i % 2 ? y.all : x.all, backend->constant);
    }
    RF_TRY(rf_small_open(backend, x.all));
done:
    rf_bits_fini(&x);
    rf_bits_fini(&y);
    return rc;
}

enum rf_rc rf_small_less(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits x = {0}, y = {0}, z = {0};
    (void)run;
    RF_TRY(shared(backend, &x, 40, 8, 4));
    RF_TRY(shared(backend, &y, 40, 8, 5));
    RF_TRY(shared(backend, &z, 40, 1, 6));
    RF_TRY(rf_less(backend, z.all, x.all, y.all));
    RF_TRY(rf_small_open(backend, z.all));
done:
    rf_bits_fini(&x);
    rf_bits_fini(&y);
    rf_bits_fini(&z);
    return rc;
}

static enum rf_rc open_rows(struct rf_backend *backend, const struct rf_rows *rows, unsigned width)
{
    enum rf_rc rc;
    struct rf_bits planes = {0};
    RF_TRY(rf_backend_bits(backend, &planes, rows->rows, width));
    rf_local_unpack(planes.all, rows, 0, NULL);
    RF_TRY(rf_small_open(backend, planes.all));
done:
    rf_bits_fini(&planes);
    return rc;
}

enum rf_rc rf_small_shuffle(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits x = {0};
    struct rf_rows rows = {0};
    struct rf_shuffle shuffle = {0};
    (void)run;
    RF_TRY(shared(backend, &x, 12, 20, 7));
    RF_TRY(rf_backend_rows(backend, &rows, 12, 3));
    rf_local_pack(&rows, 0, x.all);
    RF_TRY(rf_shuffle_new(backend, &shuffle, 12));
    RF_TRY(rf_shuffle(backend, &shuffle, false, &rows));
    RF_TRY(open_rows(backend, &rows, 20));
    RF_TRY(rf_shuffle(backend, &shuffle, true, &rows));
    RF_TRY(open_rows(backend, &rows, 20));
done:
    rf_shuffle_fini(&shuffle);
    rf_rows_fini(&rows);
    rf_bits_fini(&x);
    return rc;
}

enum rf_rc rf_small_sort(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits x = {0};
    struct rf_order order = {0};
    (void)run;
    RF_TRY(shared(backend, &x, 16, 12, 8));
    RF_TRY(rf_sort(backend, x.all, 4, &order));
    RF_TRY(rf_small_open(backend, x.all));
    RF_TRY(rf_order_apply(backend, &order, true, x.all));
    RF_TRY(rf_small_open(backend, x.all));
done:
    rf_order_fini(&order);
    rf_bits_fini(&x);
    return rc;
}

enum rf_rc rf_small_compact(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits x = {0};
    struct rf_rows rows = {0};
    (void)run;
    RF_TRY(shared(backend, &x, 20, 16, 9));
    RF_TRY(rf_backend_rows(backend, &rows, 20, 2));
    rf_local_pack(&rows, 0, x.all);
    RF_TRY(rf_compact(backend, &rows, 1, 0));
    RF_TRY(open_rows(backend, &rows, 16));
done:
    rf_rows_fini(&rows);
    rf_bits_fini(&x);
    return rc;
}

enum rf_rc rf_small_join(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits left = {0}, right = {0}, payload = {0}, matched = {0};
    (void)run;
    RF_TRY(shared(backend, &left, 5, 9, 10));
    RF_TRY(shared(backend, &right, 6, 3, 11));
    RF_TRY(rf_backend_bits(backend, &payload, 6, 6));
    RF_TRY(rf_backend_bits(backend, &matched, 6, 1));
    RF_TRY(rf_join(backend, payload.all, matched.all, left.all, right.all, 3));
    RF_TRY(rf_small_open(backend, payload.all));
    RF_TRY(rf_small_open(backend, matched.all));
done:
    rf_bits_fini(&left);
    rf_bits_fini(&right);
    rf_bits_fini(&payload);
    rf_bits_fini(&matched);
    return rc;
}

enum rf_rc rf_small_group(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct rf_bits table = {0}, last = {0};
    (void)run;
    RF_TRY(shared(backend, &table, 12, 10, 12));
    RF_TRY(rf_backend_bits(backend, &last, 12, 1));
    RF_TRY(rf_group_by(backend, table.all, 2, RF_SCAN_SUM, 0, last.all));
    RF_TRY(rf_small_open(backend, table.all));
    RF_TRY(rf_small_open(backend, last.all));
done:
    rf_bits_fini(&table);
    rf_bits_fini(&last);
    return rc;
}

enum rf_rc rf_small_label(struct rf_backend *backend, struct rf_active_run *run)
{
    static const uint64_t low[] = {0, 1, 2, 5}, high[] = {1, 3, 4, 6}, nodes[] = {1, 3, 4, 6, 7};
    enum rf_rc rc;
    struct rf_bits lo = {0}, hi = {0}, node = {0};
    (void)run;
    RF_TRY(rf_backend_bits(backend, &lo, 4, 3));
    RF_TRY(rf_backend_bits(backend, &hi, 4, 3));
    RF_TRY(rf_backend_bits(backend, &node, 5, 3));
    rf_test_share(backend, lo.all, low);
    rf_test_share(backend, hi.all, high);
    rf_test_share(backend, node.all, nodes);
    RF_TRY(rf_label(backend, node.all, lo.all, hi.all, node.all, 0));
    RF_TRY(rf_small_open(backend, node.all));
done:
    rf_bits_fini(&lo);
    rf_bits_fini(&hi);
    rf_bits_fini(&node);
    return rc;
}

static void hand_over(struct rf_active_run *run, const struct rf_backend *backend, struct rf_view x)
{
    size_t words = rf_words(x.rows);
    for (unsigned part = 0; part < x.parts; part++) {
        for (unsigned plane = 0; plane < x.width; plane++) {
            uint64_t *word = rf_plane(x, part, plane);
            word[words - 1] &= rf_tail_mask(x.rows);
            rf_active_output(run, backend, word, words * sizeof *word);
        }
    }
}

enum rf_rc rf_small_compute(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    const struct rf_scene *scene = run->context;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    rf_scene_share(scene, backend, &input);
    RF_TRY(rf_compute(backend, &scene->task, &input, &output, NULL));
    RF_TRY(rf_verify(backend));
    hand_over(run, backend, output.all);
done:
    rf_rows_fini(&input);
    rf_bits_fini(&output);
    return rc;
}
