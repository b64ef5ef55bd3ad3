/* Does any branch or memory access of a whole study depend on a secret? Run under valgrind's memcheck:
 * the banks' rows are marked as undefined, which spreads to everything computed from them, and
 * memcheck reports a branch or an address that depends on it. What is opened becomes defined: control
 * flow may follow it. Without valgrind this program only checks that the study runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "protocols/analytics/compute.h"
#include "protocols/backend/clear/clear.h"
#include "protocols/circuit/convert.h"
#include "tests/support/scene.h"

static void opened(void *context, const struct rf_opening *opening)
{
    unsigned *count = context;
    size_t words = opening->width == 64 && opening->kind == RF_OPEN_RESULT
                       ? opening->rows
                       : rf_words(opening->rows) * opening->width;
    (void)VALGRIND_MAKE_MEM_DEFINED(opening->value, words * sizeof *opening->value);
    ++*count;
}

static int fail(const struct rf_err *err)
{
    (void)fprintf(stderr, "ct_study: %s\n", err->text);
    return 1;
}

/* What studies do not use: products, and the way between bits and ring elements. */
static enum rf_rc convert(struct rf_backend *backend)
{
    enum rf_rc rc;
    struct rf_bits bits = {0};
    struct rf_ring ring = {0};
    struct rf_arithmetic arithmetic;
    if (!rf_arithmetic_of(backend, &arithmetic))
        return rf_err_set(backend->err, RF_E_INTERNAL, "no products here");
    RF_TRY(rf_backend_bits(backend, &bits, 100, 20));
    RF_TRY(rf_backend_ring(backend, &ring, 100));
    rf_local_index(bits.all, 7, backend->constant);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(rf_plane(bits.all, 0, 0), bits.block.size);
    RF_TRY(rf_bits_to_ring(arithmetic, &ring, bits.all));
    RF_TRY(rf_mul_start(arithmetic, &ring, &ring, &ring));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_ring_to_bits(backend, bits.all, &ring));
done:
    rf_bits_fini(&bits);
    rf_ring_fini(&ring);
    return rc;
}

int main(void)
{
    struct rf_scene scene = {0};
    struct rf_err err = {0};
    struct rf_backend *backend = NULL;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    unsigned openings = 0;
    rf_scene_random(&scene, 4, 12, 3);
    rf_scene_make(&scene, 0);
    if (rf_clear_new(&backend, &rf_model_rep3, 1, &err) != RF_OK)
        return fail(&err);
    backend->opened_sink = opened;
    backend->opened_context = &openings;
    rf_scene_share(&scene, backend, &input);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(input.part[0], input.rows * input.bytes);
    if (rf_compute(backend, &scene.task, &input, &output, NULL) != RF_OK ||
        convert(backend) != RF_OK)
        return fail(&err);
    uint64_t undefined = 0;
    for (unsigned plane = 0; plane < output.all.width && !undefined; plane++)
        (void)VALGRIND_GET_VBITS(rf_plane(output.all, 0, plane), &undefined, sizeof undefined);
    if (RUNNING_ON_VALGRIND && !undefined) {
        (void)fprintf(stderr, "ct_study: the output does not depend on the input\n");
        return 1;
    }
    (void)printf("%u openings, %zu rows\n", openings, (size_t)rf_task_rows(&scene.task));
    rf_bits_fini(&output);
    rf_rows_fini(&input);
    rf_backend_free(backend);
    rf_scene_fini(&scene);
    return openings ? 0 : 1;
}
