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

/* ---- the table ---- */

static void print_network(const struct rf_bench_net *net, FILE *out)
{
    (void)fprintf(out, "network: %s", net->name);
    if (net->line.bytes_per_s > 0)
        (void)fprintf(out, ", round trip %g ms, %g Mbit/s each way between two parties, made by %s",
                      net->line.rtt * 1e3, net->line.bytes_per_s * 8 / 1e6, net->by);
    (void)fputc('\n', out);
    for (unsigned chain = 0; chain < 2; chain++) {
        const struct rf_ceilings *ceilings = &net->ceilings[chain];
        if (net->measured[chain]) {
            (void)fprintf(out,
                          "ceilings, chains %-3s  link %.0f MB/s  AES-128-CTR %.0f MB/s  memory "
                          "%.0f MB/s  round %.0f us\n",
                          chain ? "on" : "off", ceilings->link / 1e6, ceilings->aes / 1e6,
                          ceilings->memory / 1e6, ceilings->round * 1e6);
        }
    }
}

static void print_alone(const struct rf_bench *bench, const struct rf_bench_case *one, FILE *out)
{
    const struct rf_bench_case *base = rf_bench_one_lane(bench, one);
    (void)fprintf(out, " %9.5f %9.5f", one->alone_median, one->alone_best);
    if (base && base->alone.runs)
        (void)fprintf(out, " %8.2f", base->alone_median / one->alone_median);
    else
        (void)fprintf(out, " %8s", "");
}

static void print_case(const struct rf_bench *bench, const struct rf_bench_case *one, FILE *out)
{
    char speed[16], sent[16], memory[16];
    (void)fprintf(out, "%-13s %-11s %9zu %6s %5u ", one->operation->name, one->protocol->name,
                  one->rows, one->chain ? "on" : "off", one->lanes);
    if (one->skipped[0]) {
        (void)fprintf(out, "skipped: %s\n", one->skipped);
        return;
    }
    (void)fprintf(out, "%10.5f %8.5f %8.5f %10s %8sB %7" PRIu64 " %8.3f %7sB %5.2f", one->median,
                  one->best, one->worst, scaled(speed, rate(one)),
                  scaled(sent, (double)busiest(one)->bytes), most_rounds(one), cpu(one),
                  scaled(memory, (double)peak(one)), one->floor / one->median);
    if (one->alone.runs)
        print_alone(bench, one, out);
    if (one->predicted > 0)
        (void)fprintf(out, " %10.5f %5.2f", one->predicted, one->median / one->predicted);
    (void)fprintf(out, "%s\n", one->verified ? "" : " (not verified)");
}

/* Steps of a study: what the party that took longest for each says. */
static void print_steps(const struct rf_bench_case *one, FILE *out)
{
    char sent[16];
    size_t count = json_array_size(json_object_get(json_array_get(one->parties, 0), "steps"));
    (void)fprintf(out,
                  "\n%s of %zu customers, last run, %.1f s from keys to report; by step:\n"
                  "%-26s %12s %10s %10s %8s\n",
                  one->operation->name, one->rows, one->command, "step", "rows", "seconds", "sent",
                  "rounds");
    for (size_t i = 0; i < count; i++) {
        const json_t *slowest = NULL;
        double seconds = -1;
        for (size_t party = 0; party < json_array_size(one->parties); party++) {
            const json_t *step =
                json_array_get(json_object_get(json_array_get(one->parties, party), "steps"), i);
            if (json_real_value(json_object_get(step, "seconds")) > seconds) {
                seconds = json_real_value(json_object_get(step, "seconds"));
                slowest = step;
            }
        }
        const json_t *counted = json_object_get(slowest, "counted");
        (void)fprintf(out,
                      "%-26s %12" JSON_INTEGER_FORMAT " %10.3f %9sB %8" JSON_INTEGER_FORMAT "\n",
                      json_string_value(json_object_get(slowest, "name")),
                      json_integer_value(json_object_get(slowest, "rows")), seconds,
                      scaled(sent, (double)json_integer_value(json_object_get(counted, "bytes"))),
                      json_integer_value(json_object_get(counted, "rounds")));
    }
}

static void print_legend(const struct rf_bench *bench, FILE *out)
{
    (void)fputs("\nseconds: median, best and worst, of the slowest party; sent: by the party that "
                "sends most; cpu: of all\nparties; memory: largest resident set of a party; floor: "
                "time that the ceilings allow, over time taken. All\nparties share this machine's "
                "cores.\n",
                out);
    if (bench->alone) {
        (void)fputs(
            "alone: seconds of party 0's work alone, on recorded messages, median and best; "
            "speed-up: against one lane.\n",
            out);
    }
    if (bench->nets > 1) {
        (void)fputs("foreseen: seconds over loopback + rounds x half a round trip + bytes sent / "
                    "rate; ratio: seconds / foreseen.\n",
                    out);
    }
}

void rf_bench_table(const struct rf_bench *bench, FILE *out)
{
    for (unsigned net = 0; net < bench->nets; net++) {
        print_network(&bench->net[net], out);
        (void)fprintf(out, "%-13s %-11s %9s %6s %5s %10s %17s %10s %9s %7s %8s %8s %5s%s%s\n",
                      "operation", "protocol", "rows", "chains", "lanes", "seconds", "best … worst",
                      "units/s", "sent", "rounds", "cpu s", "memory", "floor",
                      bench->alone ? "     alone      best speed-up" : "",
                      net > 0 ? "   foreseen ratio" : "");
        for (unsigned i = 0; i < bench->case_count; i++) {
            if (bench->cases[i].net == net)
                print_case(bench, &bench->cases[i], out);
        }
        (void)fputc('\n', out);
    }
    for (unsigned i = 0; i < bench->case_count; i++) {
        if (bench->cases[i].parties)
            print_steps(&bench->cases[i], out);
    }
    print_legend(bench, out);
}

/* ---- JSON ---- */

/* What lanes gained, of time with all parties on these cores and of one party's alone. */
static void add_lanes(json_t *json, const struct rf_bench *bench, const struct rf_bench_case *one)
{
    const struct rf_bench_case *base = rf_bench_one_lane(bench, one);
    if (base)
        json_object_set_new(json, "speedup", json_real(base->median / one->median));
    if (!one->alone.runs)
        return;
    json_object_set_new(json, "alone_seconds", json_real(one->alone_median));
    json_object_set_new(json, "alone_best", json_real(one->alone_best));
    if (base && base->alone.runs) {
        json_object_set_new(json, "alone_speedup",
                            json_real(base->alone_median / one->alone_median));
        json_object_set_new(json, "alone_best_speedup",
                            json_real(base->alone_best / one->alone_best));
    }
}

static void add_figures(json_t *json, const struct rf_bench *bench, const struct rf_bench_case *one)
{
    const struct rf_sample *most = busiest(one);
    json_t *figures = json_pack(
        "{s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:f, s:f, s:b}", "seconds",
        one->median, "best", one->best, "worst", one->worst, "units_per_second", rate(one),
        "bytes_sent", (json_int_t)most->bytes, "bytes_declared", (json_int_t)most->declared.bytes,
        "rounds", (json_int_t)most_rounds(one), "drawn", (json_int_t)most->drawn, "cpu_seconds",
        cpu(one), "peak_memory", (json_int_t)peak(one), "peak_columns",
        (json_int_t)most->peak_columns, "floor_seconds", one->floor, "ratio_to_floor",
        one->floor / one->median, "verified", one->verified);
    json_object_update(json, figures);
    json_decref(figures);
    add_lanes(json, bench, one);
    if (one->predicted > 0)
        json_object_set_new(json, "predicted_seconds", json_real(one->predicted));
    if (one->parties) {
        json_object_set_new(json, "command_seconds", json_real(one->command));
        json_object_set(json, "parties", one->parties);
    }
}

static json_t *case_json(const struct rf_bench *bench, const struct rf_bench_case *one)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:I, s:b, s:i, s:s, s:i, s:s}", "operation", one->operation->name,
        "protocol", one->protocol->name, "what", one->operation->what, "rows",
        (json_int_t)one->rows, "chains", one->chain, "lanes", (int)one->lanes, "network",
        bench->net[one->net].name, "repeats", (int)one->repeats, "unit", one->operation->unit);
    if (one->key)
        json_object_set_new(json, "key_bits", json_integer(one->key));
    if (one->skipped[0])
        json_object_set_new(json, "skipped", json_string(one->skipped));
    else
        add_figures(json, bench, one);
    return json;
}

static json_t *ceilings_json(const struct rf_bench_net *net)
{
    json_t *list = json_array();
    for (unsigned chain = 0; chain < 2; chain++) {
        const struct rf_ceilings *ceilings = &net->ceilings[chain];
        if (net->measured[chain]) {
            json_array_append_new(list, json_pack("{s:b, s:f, s:f, s:f, s:f}", "chains", (int)chain,
                                                  "link_bytes_per_second", ceilings->link,
                                                  "aes_bytes_per_second", ceilings->aes,
                                                  "memory_bytes_per_second", ceilings->memory,
                                                  "round_seconds", ceilings->round));
        }
    }
    return list;
}

static json_t *networks_json(const struct rf_bench *bench)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < bench->nets; i++) {
        const struct rf_bench_net *net = &bench->net[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:f, s:f, s:o}", "name", net->name, "made_by",
                                        net->by, "rtt_seconds", net->line.rtt, "bytes_per_second",
                                        net->line.bytes_per_s, "ceilings", ceilings_json(net)));
    }
    return list;
}

enum rf_rc rf_bench_json(const struct rf_bench *bench, FILE *out, struct rf_err *err)
{
    json_t *cases = json_array();
    for (unsigned i = 0; i < bench->case_count; i++)
        json_array_append_new(cases, case_json(bench, &bench->cases[i]));
    json_t *all =
        json_pack("{s:i, s:s, s:s, s:o, s:o}", "version", 1, "software", RF_VERSION, "scenario",
                  bench->name, "networks", networks_json(bench), "cases", cases);
    if (!all)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    int failed = json_dumpf(all, out, JSON_INDENT(2)) | (fputc('\n', out) == EOF);
    json_decref(all);
    return failed ? rf_err_set(err, RF_E_IO, "cannot write JSON") : RF_OK;
}

/* ---- CSV ---- */

void rf_bench_csv(const struct rf_bench *bench, FILE *out)
{
    (void)fputs(
        "operation,protocol,rows,chains,lanes,network,seconds,best,worst,unit,units_per_second,"
        "bytes_sent,"
        "rounds,cpu_seconds,peak_memory,floor_seconds,ratio_to_floor,predicted_seconds,"
        "verified,alone_seconds,alone_best\n",
        out);
    for (unsigned i = 0; i < bench->case_count; i++) {
        const struct rf_bench_case *one = &bench->cases[i];
        if (one->skipped[0])
            continue;
        (void)fprintf(out,
                      "%s,%s,%zu,%d,%u,\"%s\",%.6f,%.6f,%.6f,%s,%.0f,%" PRIu64 ",%" PRIu64
                      ",%.3f,%" PRIu64 ",%.6f,%.3f,",
                      one->operation->name, one->protocol->name, one->rows, one->chain, one->lanes,
                      bench->net[one->net].name, one->median, one->best, one->worst,
                      one->operation->unit, rate(one), busiest(one)->bytes, most_rounds(one),
                      cpu(one), peak(one), one->floor, one->floor / one->median);
        if (one->predicted > 0)
            (void)fprintf(out, "%.6f", one->predicted);
        (void)fprintf(out, ",%d,", one->verified);
        if (one->alone.runs)
            (void)fprintf(out, "%.6f,%.6f", one->alone_median, one->alone_best);
        else
            (void)fputc(',', out);
        (void)fputc('\n', out);
    }
}
