#include <inttypes.h>
#include <jansson.h>

#include "bench/bench.h"

static double rate(const struct rf_bench_case *one)
{
    return (double)one->rows * one->operation->per_row / one->median;
}

static const struct rf_sample *last(const struct rf_bench_case *one, unsigned party)
{
    return &one->sample[one->samples - 1][party];
}

/* The party that sends most. */
static const struct rf_sample *busiest(const struct rf_bench_case *one)
{
    const struct rf_sample *most = last(one, 0);
    for (unsigned party = 1; party < RF_TEAM_PARTIES; party++) {
        if (last(one, party)->bytes > most->bytes)
            most = last(one, party);
    }
    return most;
}

static uint64_t most_rounds(const struct rf_bench_case *one)
{
    uint64_t rounds = 0;
    for (unsigned party = 0; party < RF_TEAM_PARTIES; party++)
        rounds = last(one, party)->rounds > rounds ? last(one, party)->rounds : rounds;
    return rounds;
}

static double cpu(const struct rf_bench_case *one)
{
    double seconds = 0;
    for (unsigned party = 0; party < RF_TEAM_PARTIES; party++)
        seconds += last(one, party)->cpu;
    return seconds;
}

static uint64_t peak(const struct rf_bench_case *one)
{
    uint64_t bytes = 0;
    for (unsigned party = 0; party < RF_TEAM_PARTIES; party++) {
        const struct rf_sample *sample = last(one, party);
        bytes = sample->peak_memory > bytes ? sample->peak_memory : bytes;
    }
    return bytes;
}

/* 12345678 as "12.3 M". */
static const char *scaled(char text[16], double value)
{
    static const char *const unit[] = {"", " k", " M", " G", " T"};
    unsigned i = 0;
    for (; value >= 1000 && i < 4; i++)
        value /= 1000;
    (void)snprintf(text, 16, "%.*f%s", value < 10 ? 2 : value < 100 ? 1 : 0, value, unit[i]);
    return text;
}

static void print_ceilings(const struct rf_bench *bench, FILE *out)
{
    for (unsigned chain = 0; chain < 2; chain++) {
        const struct rf_ceilings *ceilings = &bench->ceilings[chain];
        if (!bench->measured[chain])
            continue;
        (void)fprintf(out,
                      "ceilings, hash chains %-3s  link %.0f MB/s  AES-128-CTR %.0f MB/s  memory "
                      "%.0f MB/s  round %.0f us\n",
                      chain ? "on" : "off", ceilings->link / 1e6, ceilings->aes / 1e6,
                      ceilings->memory / 1e6, ceilings->round * 1e6);
    }
    (void)fprintf(
        out, "each for one party while all three work on this machine's cores; network: %s\n\n",
        bench->net_name ? bench->net_name : "loopback");
}

void rf_bench_table(const struct rf_bench *bench, FILE *out)
{
    char speed[16], sent[16], memory[16];
    print_ceilings(bench, out);
    (void)fprintf(out, "%-11s %9s %6s %10s %17s %10s %9s %7s %8s %8s %6s\n", "operation", "rows",
                  "chains", "seconds", "best … worst", "units/s", "sent", "rounds", "cpu s",
                  "memory", "floor");
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *one = &bench->cases[i];
        (void)fprintf(
            out, "%-11s %9zu %6s %10.5f %8.5f %8.5f %10s %8sB %7" PRIu64 " %8.3f %7sB %5.2f%s\n",
            one->operation->name, one->rows, one->chain ? "on" : "off", one->median, one->best,
            one->worst, scaled(speed, rate(one)), scaled(sent, (double)busiest(one)->bytes),
            most_rounds(one), cpu(one), scaled(memory, (double)peak(one)), one->floor / one->median,
            one->verified ? "" : " (not verified)");
    }
    (void)fprintf(out,
                  "\nmedians of %u; sent: by the party that sends most; cpu: of all parties; "
                  "memory: largest resident set of a party;\nfloor: time that the ceilings "
                  "allow, over time taken\n",
                  bench->repeats);
}

static json_t *case_json(const struct rf_bench_case *one)
{
    return json_pack(
        "{s:s, s:s, s:I, s:b, s:f, s:f, s:f, s:s, s:f, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:f, "
        "s:f, s:b}",
        "operation", one->operation->name, "what", one->operation->what, "rows",
        (json_int_t)one->rows, "chains", one->chain, "seconds", one->median, "best", one->best,
        "worst", one->worst, "unit", one->operation->unit, "units_per_second", rate(one),
        "bytes_sent", (json_int_t)busiest(one)->bytes, "bytes_declared",
        (json_int_t)busiest(one)->declared.bytes, "rounds", (json_int_t)most_rounds(one), "drawn",
        (json_int_t)busiest(one)->drawn, "cpu_seconds", cpu(one), "peak_memory",
        (json_int_t)peak(one), "peak_columns", (json_int_t)busiest(one)->peak_columns,
        "floor_seconds", one->floor, "ratio_to_floor", one->floor / one->median, "verified",
        one->verified);
}

static json_t *ceilings_json(const struct rf_bench *bench)
{
    json_t *list = json_array();
    for (unsigned chain = 0; chain < 2; chain++) {
        const struct rf_ceilings *ceilings = &bench->ceilings[chain];
        if (bench->measured[chain]) {
            json_array_append_new(list, json_pack("{s:b, s:f, s:f, s:f, s:f}", "chains", (int)chain,
                                                  "link_bytes_per_second", ceilings->link,
                                                  "aes_bytes_per_second", ceilings->aes,
                                                  "memory_bytes_per_second", ceilings->memory,
                                                  "round_seconds", ceilings->round));
        }
    }
    return list;
}

enum rf_rc rf_bench_json(const struct rf_bench *bench, FILE *out, struct rf_err *err)
{
    json_t *cases = json_array();
    for (unsigned i = 0; i < bench->case_count; i++)
        json_array_append_new(cases, case_json(&bench->cases[i]));
    json_t *all = json_pack("{s:i, s:s, s:s, s:s, s:i, s:o, s:o}", "version", 1, "software",
                            RF_VERSION, "protocol", bench->protocol, "network",
                            bench->net_name ? bench->net_name : "loopback", "repeats",
                            (int)bench->repeats, "ceilings", ceilings_json(bench), "cases", cases);
    if (!all)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    int failed = json_dumpf(all, out, JSON_INDENT(2)) | (fputc('\n', out) == EOF);
    json_decref(all);
    return failed ? rf_err_set(err, RF_E_IO, "cannot write JSON") : RF_OK;
}

void rf_bench_csv(const struct rf_bench *bench, FILE *out)
{
    (void)fputs("operation,rows,chains,seconds,best,worst,unit,units_per_second,bytes_sent,rounds,"
                "cpu_seconds,peak_memory,floor_seconds,ratio_to_floor,verified\n",
                out);
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *one = &bench->cases[i];
        (void)fprintf(out,
                      "%s,%zu,%d,%.6f,%.6f,%.6f,%s,%.0f,%" PRIu64 ",%" PRIu64 ",%.3f,%" PRIu64
                      ",%.6f,%.3f,%d\n",
                      one->operation->name, one->rows, one->chain, one->median, one->best,
                      one->worst, one->operation->unit, rate(one), busiest(one)->bytes,
                      most_rounds(one), cpu(one), peak(one), one->floor, one->floor / one->median,
                      one->verified);
    }
}
