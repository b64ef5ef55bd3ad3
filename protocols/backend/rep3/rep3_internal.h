/* What rep3's files share. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_REP3_INTERNAL_H
#define RF_PROTOCOLS_BACKEND_REP3_REP3_INTERNAL_H

#include "protocols/backend/rep3/rep3.h"
#include "protocols/share/stream.h"

enum { RING_BLOCK = 1024 };

/* A run of words inside one plane. */
struct rep3_piece {
    unsigned plane;
    size_t word, words;
};

/* The next piece of at most @most words of a view read plane after plane, from word @at. */
static inline struct rep3_piece rep3_piece_at(struct rf_view view, size_t at, size_t most)
{
    size_t words = rf_words(view.rows);
    struct rep3_piece piece = {.plane = (unsigned)(at / words), .word = at % words};
    piece.words = words - piece.word < most ? words - piece.word : most;
    return piece;
}

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

/* For backends that are rep3 and more: their struct begins with a struct rep3. */
enum rf_rc rep3_init(struct rep3 *rep3, struct rf_channel *channel,
                     const struct rf_rep3_config *config, struct rf_err *err);
void rep3_fini(struct rep3 *rep3);
enum rf_rc rep3_stream(struct rf_stream *stream, const uint8_t secret[RF_REP3_SECRET],
                       const char *purpose, const struct rf_rep3_config *config,
                       struct rf_err *err);
enum rf_rc rep3_open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                           const struct rf_guess *guess);
void rep3_openings_finish(struct rep3 *rep3);
enum rf_rc rep3_step(struct rf_backend *backend, const char *name);
uint64_t rep3_drawn(const struct rf_backend *backend);

enum rf_rc rf_rep3_shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle);
enum rf_rc rf_rep3_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                           bool inverse, struct rf_rows *rows);

#endif
