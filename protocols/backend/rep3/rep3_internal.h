/* What rep3's files share. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_REP3_INTERNAL_H
#define RF_PROTOCOLS_BACKEND_REP3_REP3_INTERNAL_H

#include "protocols/backend/rep3/rep3.h"
#include "protocols/share/stream.h"

enum { RING_BLOCK = 1024 };

struct opening {
    uint64_t *out;
    struct rf_view x;
    const struct rf_ring *ring; /* instead of x */
    uint64_t batch;
};

struct rep3 {
    struct rf_backend base;
    struct rf_channel *channel;
    unsigned previous, next; /* peers */
    struct rf_stream zero_previous, zero_next;
    struct rf_stream shuffle_previous, shuffle_next;
    struct opening opening[RF_OPENINGS_MAX];
    size_t opening_count;
    uint64_t batch_filling, batch_finished;
};

static inline struct rep3 *rep3_of(struct rf_backend *backend)
{
    return (struct rep3 *)backend;
}

enum rf_rc rf_rep3_shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle);
enum rf_rc rf_rep3_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                           bool inverse, struct rf_rows *rows);

#endif
