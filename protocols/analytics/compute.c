#include "protocols/analytics/compute.h"

#include "protocols/analytics/label.h"
#include "protocols/analytics/rings.h"
#include "protocols/analytics/shared_tokens.h"

struct study {
    struct rf_backend *backend;
    const struct rf_task *task;
    struct rf_shared shared;
    struct rf_links links;
    struct rf_vertices vertices;
    struct rf_tally tally;
};

static enum rf_rc find_links(struct study *study)
{
    enum rf_rc rc;
    RF_TRY(rf_step(study->backend, "count shared tokens", study->shared.rows));
    RF_TRY(rf_shared_tokens_links(study->backend, &study->links, study->task, &study->shared));
    RF_TRY(rf_shared_tokens_count(study->backend, &study->tally, &study->shared, &study->links));
done:
    return rc;
}

static enum rf_rc arrange(struct study *study)
{
    enum rf_rc rc;
    struct rf_view links = study->links.planes.all;
    if (links.width == 0)
        links = rf_planes(study->shared.table.all, 0, 0);
    RF_TRY(rf_step(study->backend, "arrange local groups", study->shared.rows));
    RF_TRY(
        rf_vertices_arrange(study->backend, &study->vertices, study->task, &study->shared, links));
    if (study->task->shape.shared_tokens)
        RF_TRY(rf_shared_tokens_cohorts(study->backend, &study->tally, &study->vertices));
    rf_shared_tokens_fini(&study->links);
done:
    return rc;
}

static enum rf_rc find_rings(struct study *study)
{
    enum rf_rc rc;
    struct rf_bits lo = {0}, hi = {0};
    struct rf_view node = study->vertices.node;
    RF_TRY(rf_step(study->backend, "label rings", study->shared.rows));
    RF_TRY(rf_vertices_edges(study->backend, &study->vertices, &study->shared,
                             study->task->shape.banks, &lo, &hi));
    rf_shared_fini(&study->shared);
    RF_TRY(rf_label(study->backend, node, lo.all, hi.all, node, study->task->iterations));
    RF_TRY(rf_rings_count(study->backend, &study->tally, &study->vertices, node));
done:
    rf_bits_fini(&lo);
    rf_bits_fini(&hi);
    return rc;
}

enum rf_rc rf_compute(struct rf_backend *backend, const struct rf_task *task, struct rf_rows *input,
                      struct rf_bits *output, uint64_t *shared_rows)
{
    enum rf_rc rc;
    struct study study = {.backend = backend, .task = task};
    RF_TRY(rf_tally_init(&study.tally, backend, task));
    RF_TRY(rf_shared_find(backend, &study.shared, task, input));
    if (backend->lane > 0) { /* lane 0 has all that was kept */
        RF_TRY(rf_step(backend, NULL, 0));
        goto done;
    }
    if (shared_rows)
        *shared_rows = study.shared.rows;
    if (study.shared.rows) {
        if (task->shape.shared_tokens)
            RF_TRY(find_links(&study));
        RF_TRY(arrange(&study));
        if (task->shape.rings)
            RF_TRY(find_rings(&study));
    }
    RF_TRY(rf_step(backend, "withhold small cells", rf_output_cells(&task->shape)));
    RF_TRY(rf_tally_suppress(backend, &study.tally));
    /* What leaves next is not opened to the parties, but leaves all the same. */
    RF_TRY(rf_verify(backend));
    *output = study.tally.output;
    study.tally.output = (struct rf_bits){0};
    RF_TRY(rf_step(backend, NULL, 0));
done:
    rf_shared_fini(&study.shared);
    rf_shared_tokens_fini(&study.links);
    rf_vertices_fini(&study.vertices);
    rf_tally_fini(&study.tally);
    return rc;
}
