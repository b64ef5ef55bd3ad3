/* Does any branch or memory access of rep3-active depend on a secret? As ct_study.c, but with three parties
 * of the protocol itself: the shares of the banks' rows are marked as undefined at each of them.
 *
 * Three things become defined again because the protocol reveals them: what is opened; the messages of a
 * proof, each of which is masked by fresh randomness, or is what both verifiers show each other; and
 * whether a check held. The program is linked with rf_secret_equal() and rf_proof_fold() wrapped for the latter
 * two: what the last fold leaves, one element, is what a verifier shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "net/base/secret.h"
#include "protocols/analytics/compute.h"
#include "protocols/backend/rep3_active/proof.h"
#include "tests/support/cheat.h"
#include "tests/support/scene.h"

bool __real_rf_secret_equal(const void *a, const void *b, size_t size);
bool __wrap_rf_secret_equal(const void *a, const void *b, size_t size);
size_t __real_rf_proof_fold(uint64_t *vector, size_t size, unsigned depth, const uint64_t *lambda);
size_t __wrap_rf_proof_fold(uint64_t *vector, size_t size, unsigned depth, const uint64_t *lambda);

bool __wrap_rf_secret_equal(const void *a, const void *b, size_t size)
{
    bool equal = __real_rf_secret_equal(a, b, size);
    (void)VALGRIND_MAKE_MEM_DEFINED(&equal, sizeof equal);
    return equal;
}

size_t __wrap_rf_proof_fold(uint64_t *vector, size_t size, unsigned depth, const uint64_t *lambda)
{
    size_t left = __real_rf_proof_fold(vector, size, depth, lambda);
    if (left == 1)
        (void)VALGRIND_MAKE_MEM_DEFINED(vector, sizeof *vector);
    return left;
}

static void opened(void *context, const struct rf_opening *opening)
{
    unsigned *count = context;
    (void)VALGRIND_MAKE_MEM_DEFINED(opening->value, rf_words(opening->rows) * opening->width *
                                                        sizeof *opening->value);
    ++*count;
}

static void masked(void *context, struct rf_cheat *party, struct rf_memory_message *message)
{
    (void)context;
    if (party->phase == RF_IN_PROOF)
        (void)VALGRIND_MAKE_MEM_DEFINED(message->bytes, message->size);
}

struct watched {
    const struct rf_scene *scene;
    void (*prepare)(struct rf_active_run *run, struct rf_backend *backend);
    unsigned openings[RF_MEMORY_PARTIES];
    bool depends[RF_MEMORY_PARTIES];
};

static void prepare(struct rf_active_run *run, struct rf_backend *backend)
{
    struct watched *watched = run->context;
    watched->prepare(run, backend);
    backend->opened_sink = opened;
    backend->opened_context = &watched->openings[backend->party];
}

static enum rf_rc compute(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    struct watched *watched = run->context;
    struct rf_rows input = {0};
    struct rf_bits output = {0};
    rf_scene_share(watched->scene, backend, &input);
    for (unsigned part = 0; part < 2; part++)
        (void)VALGRIND_MAKE_MEM_UNDEFINED(input.part[part], input.rows * input.bytes);
    RF_TRY(rf_compute(backend, &watched->scene->task, &input, &output, NULL));
    RF_TRY(rf_verify(backend));
    uint64_t undefined = 0;
    for (unsigned plane = 0; plane < output.all.width && !undefined; plane++)
        (void)VALGRIND_GET_VBITS(rf_plane(output.all, 0, plane), &undefined, sizeof undefined);
    watched->depends[backend->party] = undefined != 0;
done:
    rf_rows_fini(&input);
    rf_bits_fini(&output);
    return rc;
}

int main(void)
{
    struct rf_scene scene = {0};
    struct rf_cheat party[RF_MEMORY_PARTIES] = {{0}};
    struct watched watched = {.scene = &scene};
    struct rf_active_run run = {.body = compute, .context = &watched, .seed = 1};
    int status = 0;
    rf_scene_random(&scene, 2, 5, 9);
    rf_scene_make(&scene, 0);
    rf_cheat_watch(&run, party);
    watched.prepare = run.prepare;
    run.prepare = prepare;
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++)
        party[i].look = masked;
    rf_active_go(&run);
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        (void)printf("party %u: %u openings\n", i, watched.openings[i]);
        if (run.rc[i] != RF_OK)
            (void)fprintf(stderr, "ct_active: %s\n", run.err[i].text);
        if (RUNNING_ON_VALGRIND && !watched.depends[i])
            (void)fprintf(stderr, "ct_active: the output does not depend on the input\n");
        status |= run.rc[i] != RF_OK || watched.openings[i] == 0 ||
                  (RUNNING_ON_VALGRIND && !watched.depends[i]);
        rf_cheat_fini(&party[i]);
    }
    rf_active_fini(&run);
    rf_scene_fini(&scene);
    return status;
}
