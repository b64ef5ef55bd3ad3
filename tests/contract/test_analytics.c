/* Whole studies on random little worlds: the secure computation against the plain definition. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "party/plain/plain.h"
#include "protocols/analytics/compute.h"
#include "tests/support/lane_parties.h"
#include "tests/support/parties.h"
#include "tests/support/scene.h"

#define OK(call) cr_assert_eq((call), RF_OK)

struct check {
    struct rf_scene scene;
    struct rf_result *expected;
};

static void compare(const struct check *check, struct rf_backend *backend, struct rf_view output)
{
    const struct rf_scene *scene = &check->scene;
    const struct rf_shape *shape = &scene->task.shape;
    struct rf_output_layout layout = rf_output_layout(&scene->task);
    uint64_t shown[512], figure[RF_FIGURE_COUNT][512];
    rf_test_open(backend, shown, rf_planes(output, layout.shown, 1));
    for (unsigned f = 0; f < RF_FIGURE_COUNT; f++)
        rf_test_open(backend, figure[f], rf_planes(output, layout.figure[f], layout.bits[f]));
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t first = rf_output_first(shape, (enum rf_table)table);
        for (size_t i = 0; i < rf_table_cells(shape, (enum rf_table)table); i++) {
            const struct rf_cell *cell = &check->expected->table[table][i];
            cr_assert_eq(shown[first + i], cell->shown, "%s cell %zu of scene %llu: shown",
                         rf_table_name((enum rf_table)table), i, (unsigned long long)scene->seed);
            for (unsigned f = 0; f < RF_FIGURE_COUNT; f++) {
                cr_assert_eq(
                    figure[f][first + i], cell->figure[f],
                    "%s cell %zu figure %u of scene %llu: %llu, not %llu",
                    rf_table_name((enum rf_table)table), i, f, (unsigned long long)scene->seed,
                    (unsigned long long)figure[f][first + i], (unsigned long long)cell->figure[f]);
            }
        }
    }
}

static void compute(struct rf_backend *backend, void *context)
{
    const struct check *check = context;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    rf_scene_share(&check->scene, backend, &input);
    enum rf_rc rc = rf_compute(backend, &check->scene.task, &input, &output, NULL);
    cr_assert_eq(rc, RF_OK, "%s", backend->err->text);
    compare(check, backend, output.all);
    rf_bits_fini(&output);
    rf_rows_fini(&input);
}

static void check_scene(unsigned banks, unsigned customers, uint64_t seed, uint64_t shared_rows,
                        bool everywhere)
{
    struct check check = {0};
    struct rf_err err = {0};
    struct rf_scene *scene = &check.scene;
    rf_scene_random(scene, banks, customers, seed);
    rf_scene_make(scene, shared_rows);
    cr_assert_eq(rf_plain_run(&scene->world.study, scene->world.tables, &check.expected, &err),
                 RF_OK, "%s", err.text);
    rf_test_clear(compute, &check, seed);
    if (everywhere)
        rf_test_rep3(compute, &check, seed);
    rf_result_free(check.expected);
    rf_scene_fini(scene);
}

/* Lane 0 has all rows at first, as in a party. */
static enum rf_rc compute_in_lanes(struct rf_backend *backend, struct rf_lane_run *run)
{
    enum rf_rc rc;
    const struct check *check = run->context;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    if (backend->lane == 0)
        rf_scene_share(&check->scene, backend, &input);
    else
        RF_TRY(rf_backend_rows(backend, &input, 0, rf_row_bytes(&check->scene.task)));
    RF_TRY(rf_lanes_even(backend, &input));
    RF_TRY(rf_compute(backend, &check->scene.task, &input, &output, NULL));
    if (backend->lane == 0)
        compare(check, backend, output.all);
done:
    rf_bits_fini(&output);
    rf_rows_fini(&input);
    return rc;
}

static void check_lanes(unsigned lanes, const char *protocol, uint64_t seed, uint64_t shared_rows)
{
    static struct rf_lane_run run;
    struct check check = {0};
    struct rf_err err = {0};
    rf_scene_random(&check.scene, 3, 60, seed);
    rf_scene_make(&check.scene, shared_rows);
    cr_assert_eq(
        rf_plain_run(&check.scene.world.study, check.scene.world.tables, &check.expected, &err),
        RF_OK, "%s", err.text);
    run = (struct rf_lane_run){
        .lanes = lanes,
        .protocol = rf_protocol_find(protocol),
        .seed = seed,
        .body = compute_in_lanes,
        .context = &check,
    };
    rf_lane_go(&run);
    for (unsigned party = 0; party < RF_MEMORY_PARTIES; party++) {
        for (unsigned lane = 0; lane < lanes; lane++) {
            cr_assert_eq(run.rc[party][lane], RF_OK, "party %u lane %u of %u: %s", party, lane,
                         lanes, run.err[party][lane].text);
            cr_assert_eq(run.declared[party][lane].bytes, run.traffic[party][lane].bytes_sent);
            cr_assert_eq(run.declared[party][lane].rounds, run.traffic[party][lane].rounds);
        }
    }
    rf_lane_fini(&run);
    rf_result_free(check.expected);
    rf_scene_fini(&check.scene);
}

Test(analytics, lanes_give_the_same, .timeout = 1200)
{
    for (unsigned lanes = 2; lanes <= 4; lanes++) {
        for (uint64_t seed = 2000; seed < 2004; seed++) {
            check_lanes(lanes, "rep3", seed, seed % 2 ? 500 : 0);
            check_lanes(lanes, "rep3-active", seed, seed % 2 ? 500 : 0);
        }
    }
}

Test(analytics, equals_plain_on_clear)
{
    for (uint64_t seed = 0; seed < 400; seed++)
        check_scene(2 + seed % 7, 1 + seed % 40, seed, seed % 3 == 0 ? 400 : 0, false);
}

Test(analytics, equals_plain_on_rep3)
{
    for (uint64_t seed = 1000; seed < 1006; seed++)
        check_scene(2 + seed % 4, 30, seed, seed % 2 ? 300 : 0, true);
}

Test(analytics, sixteen_banks)
{
    check_scene(16, 12, 5, 0, true);
}
