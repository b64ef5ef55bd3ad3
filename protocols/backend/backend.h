/** backend.h - what a secret-sharing protocol must offer, and how circuits use it
 *
 * A backend is one party's side of a sharing protocol on one lane. Circuits are written once over
 * this interface and never ask which backend they run on.
 *
 * Operations come in batches. `rf_*_start()` does the local work of an operation and sends each full
 * frame at once; rf_finish() waits for what the peers send. Operations started between two calls of
 * rf_finish() are independent and share a round. rf_send() ends a batch without waiting, so that
 * several can be under way; rf_finish() completes the oldest.
 *
 *     RF_TRY(rf_and_start(backend, a, b, c));
 *     RF_TRY(rf_and_start(backend, d, e, f));
 *     RF_TRY(rf_finish(backend));               // one round
 *
 * An operation's output must be neither read nor written before its batch is finished. Its operands are
 * read when it is started, so that they may be overwritten afterwards, also by a later operation of the
 * batch; what is opened must stay until the batch is finished. An output may be exactly one of the
 * operation's own operands, and overlaps none otherwise.
 *
 * Every operation declares its cost (model.h). `declared` adds the declarations up; the channel
 * counts what really crosses; tests hold the two equal.
 *
 * Everything that is opened is opened as one of the declared kinds, and counted.
 *
 * Belongs to one thread. */
#ifndef RF_PROTOCOLS_BACKEND_BACKEND_H
#define RF_PROTOCOLS_BACKEND_BACKEND_H

#include "protocols/backend/model.h"
#include "protocols/backend/scatter.h"
#include "protocols/share/column.h"
#include "protocols/share/local.h"

/** Why something is opened to the parties. The manifest declares each. */
enum rf_open_kind {
    RF_OPEN_ORDER,     /* comparisons of distinct keys in shuffled order: independent of the data */
    RF_OPEN_KEPT,      /* which shuffled rows stay: only their number depends on the data */
    RF_OPEN_UNIQUE,    /* one bit: did a bank repeat a token? */
    RF_OPEN_FITS,      /* one bit: did the shared rows fit their declared bound? */
    RF_OPEN_CONVERGED, /* one bit: was labelling done within its iterations? */
    RF_OPEN_RESULT,    /* values meant for whoever opens them: benchmarks and tests alone */
    RF_OPEN_KINDS,
};

/** rf_open_kind_name() - the word used in reports and records: "order", "kept", ... */
const char *rf_open_kind_name(enum rf_open_kind kind);

/** What a planner, which has no values, assumes that an opening shows. */
struct rf_guess {
    bool (*bit)(void *context, size_t row);
    void *context;
};

struct rf_backend;

/** A secret permutation of all lanes' rows, known to nobody in whole. Content belongs to the backend. */
struct rf_shuffle {
    size_t rows;   /* of this lane */
    unsigned turn; /* which party begins: the work goes round */
    struct rf_space *space;
    struct rf_block block;
    struct rf_scatter known[RF_PARTS_MAX]; /* the stages that this party knows */
};

/** A backend's side of the operations below, called once shapes are checked and costs declared. Where
 * nothing crosses, send, finish and step are NULL. */
struct rf_backend_ops {
    const char *name;
    enum rf_rc (*and_start)(struct rf_backend *, struct rf_view out, struct rf_view x,
                            struct rf_view y);
    enum rf_rc (*mul_start)(struct rf_backend *, struct rf_ring *out, const struct rf_ring *x,
                            const struct rf_ring *y);
    enum rf_rc (*dot_start)(struct rf_backend *, struct rf_ring *out, const struct rf_ring *x,
                            const struct rf_ring *y, size_t length);
    enum rf_rc (*open_start)(struct rf_backend *, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess);
    enum rf_rc (*open_ring_start)(struct rf_backend *, uint64_t *out, const struct rf_ring *x);
    enum rf_rc (*send)(struct rf_backend *);
    enum rf_rc (*finish)(struct rf_backend *);
    enum rf_rc (*shuffle_new)(struct rf_backend *, struct rf_shuffle *);
    enum rf_rc (*shuffle)(struct rf_backend *, const struct rf_shuffle *, bool inverse,
                          struct rf_rows *rows);
    enum rf_rc (*verify)(struct rf_backend *); /* NULL where gates are not proved */
    enum rf_rc (*step)(struct rf_backend *, const char *name);
    uint64_t (*drawn)(const struct rf_backend *);
    void (*free)(struct rf_backend *);
};

/** One named step of a run: what it declared and when. */
struct rf_step {
    char name[64];
    uint64_t rows;
    struct rf_cost declared;
    uint64_t bytes_counted, rounds_counted;
    double seconds, cpu_seconds; /* the latter of all the process's threads */
};

/** An opening under way. */
struct rf_opening {
    enum rf_open_kind kind;
    const uint64_t *value;
    size_t rows;
    unsigned width; /* 64 for ring elements, which stand row after row */
    uint64_t batch;
};

enum { RF_STEPS_MAX = 64, RF_BATCHES_MAX = 8, RF_OPENINGS_MAX = 64 };

struct rf_backend {
    const struct rf_backend_ops *ops;
    const struct rf_model *model; /* what operations cost */
    unsigned party;               /* this party's index, for costs that differ by party */
    unsigned parts;               /* of every column */
    int constant;                 /* the part that holds public constants; -1: none */
    unsigned summands;            /* a value is the sum of so many summands … */
    int summand[3];               /* … and this is the part holding summand j; -1: none */
    unsigned turn;                /* of the next shuffle */
    struct rf_space space;
    struct rf_exchange *exchange; /* with the party's other lanes (lanes.h); NULL: there are none */
    unsigned lane;
    struct rf_err *err;

    struct rf_cost declared;
    uint64_t opened[RF_OPEN_KINDS];         /* bits */
    uint64_t batch_sent_at[RF_BATCHES_MAX]; /* round in which each batch under way began */
    unsigned batches;                       /* under way, the one being filled included */
    bool filling;
    uint64_t filled;    /* bytes declared for the batch being filled */
    uint64_t finished;  /* batches, so far */
    unsigned early;     /* batches finished before they were asked for: an opening came */
    size_t unproved;    /* words of gates, where gates are proved … */
    size_t proof_words; /* … at the latest when so many wait; 0: as many as the model says */
    struct rf_opening opening[RF_OPENINGS_MAX];
    unsigned openings;
    /* Sees every value that is opened, when it is known: for transcripts and tests. */
    void (*opened_sink)(void *context, const struct rf_opening *opening);
    void *opened_context;

    /* Called when nothing is under way: where a step ends, and within one whenever @boundary_batches have
     * been finished since. What it sends is no part of the computation: it is counted in @aside. */
    enum rf_rc (*boundary)(void *context);
    void *boundary_context;
    uint64_t boundary_batches, boundary_at;
    struct rf_cost aside;

    const struct rf_traffic *traffic; /* counted; NULL where nothing crosses */
    struct rf_step step[RF_STEPS_MAX];
    unsigned steps;
    double step_began, step_cpu_began;
    void (*progress)(void *context, const struct rf_step *step, bool done);
    void *progress_context;
};

/** rf_and_start() - out = x AND y, bit by bit; equal shapes
 * Cost: 1 bit a bit; 1 round. Only y or x may be an rf_repeat(). */
RF_MUST_CHECK enum rf_rc rf_and_start(struct rf_backend *backend, struct rf_view out,
                                      struct rf_view x, struct rf_view y);

/** rf_open_start() - reveal x to all parties
 * @out:   rf_words(rows) words for each plane, one plane after the other; bits beyond the rows are zero.
 *         Filled when the batch is finished; x must stay valid until then.
 * @guess: what a planner assumes; NULL: all zero
 * Cost: 1 bit a bit; 1 round. Leaks: x, as @kind. */
RF_MUST_CHECK enum rf_rc rf_open_start(struct rf_backend *backend, enum rf_open_kind kind,
                                       uint64_t *out, struct rf_view x,
                                       const struct rf_guess *guess);

/** A backend that multiplies in Z_2^64, too. A backend whose proofs cover bits alone gives none, so that
 * no unproved product can be written for it: what needs products asks for this type. */
struct rf_arithmetic {
    struct rf_backend *backend;
};

/** rf_arithmetic_of() - false if the backend has none */
bool rf_arithmetic_of(struct rf_backend *backend, struct rf_arithmetic *arithmetic);

/** rf_mul_start() - out = x * y modulo 2^64, row by row. Cost: 64 bits a row; 1 round. */
RF_MUST_CHECK enum rf_rc rf_mul_start(struct rf_arithmetic arithmetic, struct rf_ring *out,
                                      const struct rf_ring *x, const struct rf_ring *y);

/** rf_dot_start() - row i of out is the sum of x * y over rows i * length … (i + 1) * length - 1
 * Cost: 64 bits for a row of @out, whatever the length; 1 round. */
RF_MUST_CHECK enum rf_rc rf_dot_start(struct rf_arithmetic arithmetic, struct rf_ring *out,
                                      const struct rf_ring *x, const struct rf_ring *y,
                                      size_t length);

/** rf_open_ring_start() - the same for a ring column
 * @out: a word for each row
 * Cost: 64 bits a row; 1 round. Leaks: x, as @kind. */
RF_MUST_CHECK enum rf_rc rf_open_ring_start(struct rf_arithmetic arithmetic, enum rf_open_kind kind,
                                            uint64_t *out, const struct rf_ring *x);

/** rf_send() - end the batch being filled; what follows belongs to the next */
RF_MUST_CHECK enum rf_rc rf_send(struct rf_backend *backend);

/** rf_finish() - end the batch being filled, then wait for the oldest under way */
RF_MUST_CHECK enum rf_rc rf_finish(struct rf_backend *backend);

/** rf_verify() - finish everything under way and prove every gate so far, where the backend proves gates
 * Openings do so by themselves; what leaves as shares must be preceded by it.
 * Cost: of a proof (model.h). Errors: RF_E_CHEAT naming whom it points to. */
RF_MUST_CHECK enum rf_rc rf_verify(struct rf_backend *backend);

/** rf_shuffle_new() - draw a secret uniformly random permutation of all lanes' rows, @rows of them here
 * No message. */
RF_MUST_CHECK enum rf_rc rf_shuffle_new(struct rf_backend *backend, struct rf_shuffle *shuffle,
                                        size_t rows);
void rf_shuffle_fini(struct rf_shuffle *shuffle);

/** rf_shuffle() - permute rows in place by a shuffle or its inverse; shares come out fresh
 * May be applied any number of times, to any rows of the right number. No batch may be under way.
 * Cost: 4 row sizes in all parties together; 2 rounds. Leaks: nothing. */
RF_MUST_CHECK enum rf_rc rf_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                                    bool inverse, struct rf_rows *rows);

/** rf_step() - begin a named step; NULL ends the last one
 * @rows: how many the step works on, for progress and reports */
RF_MUST_CHECK enum rf_rc rf_step(struct rf_backend *backend, const char *name, uint64_t rows);

/** rf_backend_drawn() - bytes of shared randomness used so far; 0 where there is none */
uint64_t rf_backend_drawn(const struct rf_backend *backend);

/** rf_backend_free() - end a backend; its columns must have been freed. NULL is harmless. */
void rf_backend_free(struct rf_backend *backend);

/** rf_backend_bits(), _rows(), _ring() - columns of this backend */
RF_MUST_CHECK static inline enum rf_rc
rf_backend_bits(struct rf_backend *backend, struct rf_bits *bits, size_t rows, unsigned width)
{
    return rf_bits_init(bits, &backend->space, backend->parts, rows, width);
}

RF_MUST_CHECK static inline enum rf_rc
rf_backend_rows(struct rf_backend *backend, struct rf_rows *rows, size_t count, size_t bytes)
{
    return rf_rows_init(rows, &backend->space, backend->parts, count, bytes);
}

RF_MUST_CHECK static inline enum rf_rc rf_backend_ring(struct rf_backend *backend,
                                                       struct rf_ring *ring, size_t rows)
{
    return rf_ring_init(ring, &backend->space, backend->parts, rows);
}

#endif
