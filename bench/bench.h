/** bench.h - measuring operations beside the machine's ceilings
 *
 * All in one run, because absolute figures move from machine to machine and from hour to hour: three
 * parties on three links measure what the links, AES and memory give, then each operation, repeated.
 *
 * The floor of an operation is the larger of (bytes it sends / what the links give) and (randomness it
 * draws / what AES-128-CTR gives), plus one pass over its operands and result, plus half a round trip
 * for each round; all parties at once on the cores they share.
 *
 * Over a slower network the time is predicted too: that of the same operation over loopback, measured
 * in the same run, plus half a round trip for each round, plus bytes / rate. Nothing overlaps in this
 * sum, so an operation that computes while it sends takes less.
 *
 * A whole study (bench_study.c) is `ringfence run` on generated data. Its time is that of the slowest
 * party's process, from its start until recipients have their shares, while contributors read and
 * share their data; keys and approvals come before that and are in the time of the command alone. Bytes,
 * rounds and steps are what parties wrote into party.json; CPU time and memory are of all processes
 * and of the largest. Its floor counts bytes and rounds alone. */
#ifndef RF_BENCH_BENCH_H
#define RF_BENCH_BENCH_H

#include <jansson.h>
#include <stdio.h>

#include "bench/team.h"
#include "bench/work.h"

enum {
    RF_BENCH_REPEATS = 64,
    RF_BENCH_REPEATS_DEFAULT = 5,
    RF_BENCH_NETS = 8,
    RF_BENCH_LANES = 8, /* numbers of lanes in one grid */
    RF_BENCH_NAME = 32,
    RF_BENCH_TEXT = 160
};

/** What the machine gives one party while all three work. */
struct rf_ceilings {
    double link;   /* bytes a second sent, while as much is received */
    double aes;    /* bytes a second */
    double memory; /* bytes a second, read and written */
    double round;  /* seconds for a message to the neighbour: half a round trip */
};

/** A network between the parties. */
struct rf_bench_net {
    char name[RF_BENCH_NAME]; /* as the user gave it; "loopback" */
    struct rf_line line;
    const char *by;                 /* what makes it: rf_team_by() */
    struct rf_ceilings ceilings[2]; /* without and with hash chains */
    bool measured[2];
};

/** One run of one operation at one party: rounds of lane 0, all else of all lanes. */
struct rf_sample {
    double seconds, cpu;
    uint64_t bytes, rounds; /* counted */
    struct rf_cost declared;
    uint64_t drawn, operands;
    uint64_t peak_columns, peak_memory; /* bytes; the process's resident set */
    uint64_t digest;
};

/** One party's work alone (alone.h). */
struct rf_alone {
    unsigned runs; /* 0: not measured */
    double seconds[RF_BENCH_REPEATS];
};

/** An operation at one size: what to measure, and what came out. */
struct rf_bench_case {
    const struct rf_operation *operation;
    size_t rows;
    unsigned key; /* bits; 0: the operation's own choice */
    unsigned lanes;
    bool chain;
    unsigned net; /* index; 0: loopback */
    const struct rf_protocol *protocol;
    unsigned repeats;

    char skipped[RF_BENCH_TEXT];            /* why; "" if it was not */
    unsigned samples, got[RF_TEAM_PARTIES]; /* of all parties; of each */
    struct rf_sample sample[RF_BENCH_REPEATS][RF_TEAM_PARTIES];
    double median, best, worst; /* seconds, of the slowest party */
    double floor;
    struct rf_alone alone;
    double alone_median, alone_best; /* seconds; 0: not measured */
    double predicted;                /* over a slower network; 0: no prediction */
    bool verified;
    json_t *parties; /* of a study, in its last run: steps and memory of each */
    double command;  /* of a study, in its last run: seconds from keys to report */
};

enum rf_bench_progress {
    RF_BENCH_PROGRESS_AUTO, /* on a terminal alone */
    RF_BENCH_PROGRESS_ON,
    RF_BENCH_PROGRESS_OFF,
};

struct rf_bench {
    char name[RF_BENCH_NAME]; /* of the scenario; "" */
    unsigned banks;           /* of studies */
    enum rf_bench_progress progress;
    uint64_t memory; /* bytes for all processes of a case; 0: what is free */
    bool alone;      /* measure one party's work alone, too */
    bool verify;     /* against the clear backend, studies against plain */
    struct rf_bench_net net[RF_BENCH_NETS];
    unsigned nets; /* the first is loopback */
    struct rf_bench_case *cases;
    unsigned case_count, case_room;
    unsigned runs_done, runs; /* for progress */
};

/** What to measure: every operation at every size, over every network, by every protocol, in every number of
 * lanes, with and without chains. */
struct rf_bench_grid {
    const struct rf_operation *const *operation;
    unsigned operations;
    const size_t *rows;
    unsigned sizes;
    unsigned key, repeats;
    unsigned lanes[RF_BENCH_LANES], lane_counts;
    bool chain[2];               /* off, on */
    bool protocol[RF_PROTOCOLS]; /* as rf_protocol_all */
};

/** rf_bench_grid_protocol() - take one protocol, or "both"; false: no such name */
bool rf_bench_grid_protocol(struct rf_bench_grid *grid, const char *name);

/** rf_bench_grid_lanes() - take numbers of lanes, as in "1,2,4". Errors: RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_bench_grid_lanes(struct rf_bench_grid *grid, const char *text,
                                             struct rf_err *err);

/** rf_bench_init() - loopback, no cases; _fini() frees what was measured */
void rf_bench_init(struct rf_bench *bench);
void rf_bench_fini(struct rf_bench *bench);

/** rf_bench_net_add() - one more network; "loopback", which is always there, adds nothing
 * Errors: RF_E_ARG. */
RF_MUST_CHECK enum rf_rc rf_bench_net_add(struct rf_bench *bench, const char *text,
                                          struct rf_err *err);

/** rf_bench_add() - cases of a grid, over every network added so far
 * A study is measured over loopback with chains, as `ringfence run` has it, once for each size.
 * Errors: RF_E_ARG when there is a study and a slower network, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_bench_add(struct rf_bench *bench, const struct rf_bench_grid *grid,
                                      struct rf_err *err);

/** rf_bench_run() - measure every case; those without chains first
 * What would not fit in memory is skipped, with a line on standard error.
 * Errors: RF_E_CHEAT when a result is wrong, RF_E_MEMORY, RF_E_PEER, RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_bench_run(struct rf_bench *bench, struct rf_err *err);

/** rf_bench_one_lane() - the same case with one lane; NULL if it was not measured */
const struct rf_bench_case *rf_bench_one_lane(const struct rf_bench *bench,
                                              const struct rf_bench_case *one);

/** rf_bench_step() - a run of a case is done: progress */
void rf_bench_step(struct rf_bench *bench, const struct rf_bench_case *one, double seconds);

/** rf_bench_study() - all runs of a study's case
 * Errors: what `ringfence run` said; RF_E_CHEAT when plain has another result. */
RF_MUST_CHECK enum rf_rc rf_bench_study(struct rf_bench *bench, struct rf_bench_case *one,
                                        struct rf_err *err);

/** rf_bench_memory() - bytes that all processes of a case need together, by the planning backend
 * Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_bench_memory(const struct rf_bench *bench,
                                         const struct rf_bench_case *one, uint64_t *bytes,
                                         struct rf_err *err);

/** rf_bench_memory_free() - bytes that this machine, or the group it runs in, has left */
uint64_t rf_bench_memory_free(void);

/** rf_bench_table(), _json(), _csv() - what was measured; CSV leaves out what was skipped */
void rf_bench_table(const struct rf_bench *bench, FILE *out);
RF_MUST_CHECK enum rf_rc rf_bench_json(const struct rf_bench *bench, FILE *out, struct rf_err *err);
void rf_bench_csv(const struct rf_bench *bench, FILE *out);

/** rf_bench_plot() - FOLDER/throughput.svg, floor.svg and what gnuplot drew them from; over slower
 * networks network.svg too, measured and predicted
 * Errors: RF_E_IO, also when gnuplot is not installed. */
RF_MUST_CHECK enum rf_rc rf_bench_plot(const struct rf_bench *bench, const char *folder,
                                       struct rf_err *err);

#endif
