#include "tests/support/active_run.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "protocols/backend/rep3_active/active.h"
#include "tests/support/random.h"

static void append(struct rf_record *record, const void *data, size_t size)
{
    record->bytes = realloc(record->bytes, record->size + size + 1);
    if (!record->bytes)
        abort();
    if (size > 0)
        memcpy(record->bytes + record->size, data, size);
    record->size += size;
}

bool rf_record_prefix(const struct rf_record *part, const struct rf_record *whole)
{
    return part->size <= whole->size &&
           (part->size == 0 || memcmp(part->bytes, whole->bytes, part->size) == 0);
}

void rf_active_output(struct rf_active_run *run, const struct rf_backend *backend, const void *data,
                      size_t size)
{
    append(&run->output[backend->party], data, size);
}

static void opened(void *context, const struct rf_opening *opening)
{
    const uint64_t shape[] = {opening->kind, opening->rows, opening->width};
    append(context, shape, sizeof shape);
    append(context, opening->value, rf_words(opening->rows) * opening->width * sizeof(uint64_t));
}

/* Secret i is K_i, of parties i - 1 and i. */
static void secret(uint8_t out[RF_REP3_SECRET], unsigned i, uint64_t seed)
{
    uint64_t state = seed * 3 + i;
    for (unsigned at = 0; at < RF_REP3_SECRET; at += sizeof state)
        rf_store64(out + at, rf_test_random(&state));
}

struct rf_rep3_config rf_active_config(unsigned party, const uint64_t *seed)
{
    unsigned previous = (party + 2) % 3, next = (party + 1) % 3;
    struct rf_rep3_config config = {
        .party = party,
        .previous = rf_memory_peer(party, previous),
        .next = rf_memory_peer(party, next),
        .context = seed,
        .context_size = sizeof *seed,
    };
    secret(config.with_previous, party, *seed);
    secret(config.with_next, next, *seed);
    return config;
}

enum rf_rc rf_active_party(struct rf_active_run *run, unsigned party, struct rf_channel *channel,
                           struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_backend *backend = NULL;
    struct rf_rep3_config config = rf_active_config(party, &run->seed);
    RF_TRY(run->passive ? rf_rep3_new(&backend, channel, &config, err)
                        : rf_rep3_active_new(&backend, channel, &config, err));
    backend->opened_sink = opened;
    backend->opened_context = &run->opened[party];
    if (run->prepare)
        run->prepare(run, backend);
    RF_TRY(run->body(backend, run));
    RF_TRY(rf_verify(backend));
done:
    run->rc[party] = rc;
    run->traffic[party] = channel->traffic;
    if (backend)
        run->declared[party] = backend->declared;
    rf_backend_free(backend);
    return rc;
}

struct thread {
    struct rf_active_run *run;
    unsigned party;
};

static void *party_thread(void *argument)
{
    const struct thread *thread = argument;
    struct rf_active_run *run = thread->run;
    struct rf_err *err = &run->err[thread->party];
    struct rf_channel *channel = rf_memory_channel(run->net, thread->party, err);
    (void)rf_active_party(run, thread->party, channel, err);
    rf_memory_end(run->net, thread->party);
    return NULL;
}

void rf_active_go(struct rf_active_run *run)
{
    pthread_t id[RF_MEMORY_PARTIES];
    struct thread thread[RF_MEMORY_PARTIES];
    if (!run->net)
        run->net = rf_memory_new();
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        thread[i] = (struct thread){run, i};
        if (pthread_create(&id[i], NULL, party_thread, &thread[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++)
        (void)pthread_join(id[i], NULL);
}

void rf_active_fini(struct rf_active_run *run)
{
    rf_memory_free(run->net);
    run->net = NULL;
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        free(run->opened[i].bytes);
        free(run->output[i].bytes);
        run->opened[i] = run->output[i] = (struct rf_record){0};
    }
}
