/** active_run.h - three parties of a backend on channels in memory, one of which may deviate
 *
 * A run is a function of its seed: keys come from it, and nothing else is random. Every party's openings are
 * recorded as they become known, and what a body hands over as its output. */
#ifndef RF_TESTS_SUPPORT_ACTIVE_RUN_H
#define RF_TESTS_SUPPORT_ACTIVE_RUN_H

#include "protocols/backend/rep3/rep3.h"
#include "tests/support/memory_channel.h"

struct rf_active_run;

/** What a party does; without assertions, for it may be cheated. */
typedef enum rf_rc rf_active_body(struct rf_backend *backend, struct rf_active_run *run);

struct rf_record {
    uint8_t *bytes;
    size_t size;
};

struct rf_active_run {
    rf_active_body *body;
    void *context;
    uint64_t seed;
    bool passive; /* plain rep3 instead */
    /* Called in each party's thread before its body. */
    void (*prepare)(struct rf_active_run *run, struct rf_backend *backend);
    void *cheat;

    struct rf_memory_net *net;
    /* Afterwards: */
    enum rf_rc rc[RF_MEMORY_PARTIES];
    struct rf_err err[RF_MEMORY_PARTIES];
    struct rf_record opened[RF_MEMORY_PARTIES], output[RF_MEMORY_PARTIES];
    struct rf_traffic traffic[RF_MEMORY_PARTIES];
    struct rf_cost declared[RF_MEMORY_PARTIES];
};

/** rf_active_config() - a party's configuration under a seed; @previous and @next peers as in memory */
struct rf_rep3_config rf_active_config(unsigned party, const uint64_t *seed);

/** rf_active_go() - run it; rf_active_fini() must follow */
void rf_active_go(struct rf_active_run *run);
void rf_active_fini(struct rf_active_run *run);

/** rf_active_output() - hand over bytes as this party's output */
void rf_active_output(struct rf_active_run *run, const struct rf_backend *backend, const void *data,
                      size_t size);

/** rf_active_party() - one party from beginning to end, on any channel; for a thread of its own */
enum rf_rc rf_active_party(struct rf_active_run *run, unsigned party, struct rf_channel *channel,
                           struct rf_err *err);

/** rf_record_prefix() - is @part the beginning of @whole, or all of it? */
bool rf_record_prefix(const struct rf_record *part, const struct rf_record *whole);

#endif
