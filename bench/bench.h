/** bench.h - measuring operations beside the machine's ceilings
 *
 * All in one run, because absolute figures move from machine to machine and from hour to hour: three
 * parties on three links measure what the links, AES and memory give, then each operation, repeated.
 *
 * The floor of an operation is the larger of (bytes it sends / what the links give) and (randomness it
 * draws / what AES-128-CTR gives), plus one pass over its operands and result, plus half a round trip
 * for each round; all parties at once on the cores they share. */
#ifndef RF_BENCH_BENCH_H
#define RF_BENCH_BENCH_H

#include <stdio.h>

#include "bench/team.h"
#include "bench/work.h"

enum { RF_BENCH_REPEATS = 64 };

/** What the machine gives one party while all three work. */
struct rf_ceilings {
    double link;   /* bytes a second sent, while as much is received */
    double aes;    /* bytes a second */
    double memory; /* bytes a second, read and written */
    double round;  /* seconds for a message to the neighbour: half a round trip */
};

/** One run of one operation at one party. */
struct rf_sample {
    double seconds, cpu;
    uint64_t bytes, rounds; /* counted */
    struct rf_cost declared;
    uint64_t drawn, operands;
    uint64_t peak_columns, peak_memory; /* bytes; the process's resident set */
    uint64_t digest;
};

/** An operation at one size: what to measure, and what came out. */
struct rf_bench_case {
    const struct rf_operation *operation;
    size_t rows;
    bool chain;
    unsigned samples, got[RF_TEAM_PARTIES]; /* of all parties; of each */
    struct rf_sample sample[RF_BENCH_REPEATS][RF_TEAM_PARTIES];
    double median, best, worst; /* seconds, of the slowest party */
    double floor;
    bool verified;
};

struct rf_bench {
    const char *protocol;
    struct rf_relay_net net;
    const char *net_name; /* as the user gave it; NULL: loopback */
    unsigned repeats;
    bool quiet;
    bool verify; /* against the clear backend */
    struct rf_bench_case *cases;
    unsigned case_count;
    struct rf_ceilings ceilings[2]; /* without and with hash chains */
    bool measured[2];
};

/** rf_bench_run() - measure every case; those without chains first
 * Errors: RF_E_CHEAT when a result is wrong, RF_E_MEMORY, RF_E_PEER. */
RF_MUST_CHECK enum rf_rc rf_bench_run(struct rf_bench *bench, struct rf_err *err);

/** rf_bench_table(), _json(), _csv() - what was measured */
void rf_bench_table(const struct rf_bench *bench, FILE *out);
RF_MUST_CHECK enum rf_rc rf_bench_json(const struct rf_bench *bench, FILE *out, struct rf_err *err);
void rf_bench_csv(const struct rf_bench *bench, FILE *out);

/** rf_bench_plot() - FOLDER/throughput.svg, floor.svg and what gnuplot drew them from
 * Errors: RF_E_IO, also when gnuplot is not installed. */
RF_MUST_CHECK enum rf_rc rf_bench_plot(const struct rf_bench *bench, const char *folder,
                                       struct rf_err *err);

#endif
