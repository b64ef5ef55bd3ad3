/** scene.h - small studies made on the spot: banks' data, the task, what plain says, the banks' rows
 *
 * The rows are worked out here in the naive way, apart from party/data/groups.c. */
#ifndef RF_TESTS_SUPPORT_SCENE_H
#define RF_TESTS_SUPPORT_SCENE_H

#include "protocols/analytics/task.h"
#include "protocols/backend/backend.h"
#include "tests/support/world.h"

struct rf_scene {
    struct world world;
    struct rf_task task;
    uint8_t *rows; /* all banks', rf_task_rows() of rf_row_bytes() */
    uint64_t seed;
};

/** rf_scene_random() - random customers, holdings and parameters; @customers at most for each bank */
void rf_scene_random(struct rf_scene *scene, unsigned banks, unsigned customers, uint64_t seed);

/** rf_scene_make() - the task and the rows of the scene's world
 * @shared_rows: as in the task */
void rf_scene_make(struct rf_scene *scene, uint64_t shared_rows);
void rf_scene_fini(struct rf_scene *scene);

/** rf_scene_share() - the rows, shared among the parties */
void rf_scene_share(const struct rf_scene *scene, struct rf_backend *backend, struct rf_rows *out);

#endif
