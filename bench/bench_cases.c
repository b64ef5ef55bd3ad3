#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/namespaces.h"
#include "protocols/backend/exchange.h"

enum { CASES_MAX = 4096 };

void rf_bench_init(struct rf_bench *bench)
{
    *bench = (struct rf_bench){.banks = 5, .verify = true, .nets = 1};
    bench->net[0] = (struct rf_bench_net){.name = "loopback", .by = "loopback"};
}

void rf_bench_fini(struct rf_bench *bench)
{
    for (unsigned i = 0; i < bench->case_count; i++)
        json_decref(bench->cases[i].parties);
    free(bench->cases);
    *bench = (struct rf_bench){0};
}

enum rf_rc rf_bench_net_add(struct rf_bench *bench, const char *text, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_bench_net net = {0};
    RF_TRY(rf_line_read(&net.line, text, err));
    for (unsigned i = 0; i < bench->nets; i++) {
        if (strcmp(bench->net[i].name, text) == 0)
            return RF_OK;
    }
    if (bench->nets == RF_BENCH_NETS || strlen(text) >= sizeof net.name)
        return rf_err_set(err, RF_E_ARG, "at most %d networks, each of %zu characters",
                          RF_BENCH_NETS - 1, sizeof net.name - 1);
    (void)snprintf(net.name, sizeof net.name, "%s", text);
    net.by = rf_namespaces_possible() ? "netem" : "relay";
    bench->net[bench->nets++] = net;
done:
    return rc;
}

bool rf_bench_grid_protocol(struct rf_bench_grid *grid, const char *name)
{
    const struct rf_protocol *one = rf_protocol_find(name);
    for (unsigned i = 0; i < RF_PROTOCOLS; i++)
        grid->protocol[i] = !one || one == &rf_protocol_all[i];
    return one || strcmp(name, "both") == 0;
}

static bool has_lanes(const struct rf_bench_grid *grid, unsigned lanes)
{
    for (unsigned i = 0; i < grid->lane_counts; i++) {
        if (grid->lanes[i] == lanes)
            return true;
    }
    return false;
}

enum rf_rc rf_bench_grid_lanes(struct rf_bench_grid *grid, const char *text, struct rf_err *err)
{
    grid->lane_counts = 0;
    for (const char *at = text;; at++) {
        char *end;
        unsigned long lanes = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : 0;
        if (lanes < 1 || lanes > RF_LANES_MAX || (*end != 0 && *end != ','))
            return rf_err_set(err, RF_E_ARG, "'%.40s' is no list of numbers from 1 to %d", text,
                              RF_LANES_MAX);
        if (has_lanes(grid, (unsigned)lanes))
            return rf_err_set(err, RF_E_ARG, "'%.40s' says %lu twice", text, lanes);
        if (grid->lane_counts == RF_BENCH_LANES)
            return rf_err_set(err, RF_E_ARG, "'%.40s' has more than %d numbers", text,
                              RF_BENCH_LANES);
        grid->lanes[grid->lane_counts++] = (unsigned)lanes;
        if (*end == 0)
            return RF_OK;
        at = end;
    }
}

static enum rf_rc add_case(struct rf_bench *bench, const struct rf_bench_case *one,
                           struct rf_err *err)
{
    if (bench->case_count == CASES_MAX)
        return rf_err_set(err, RF_E_ARG, "more than %d cases", CASES_MAX);
    if (bench->case_count == bench->case_room) {
        unsigned room = bench->case_room ? 2 * bench->case_room : 16;
        struct rf_bench_case *cases = realloc(bench->cases, room * sizeof *cases);
        if (!cases)
            return rf_err_set(err, RF_E_MEMORY, "out of memory");
        bench->cases = cases;
        bench->case_room = room;
    }
    bench->cases[bench->case_count++] = *one;
    return RF_OK;
}

static enum rf_rc add_lanes(struct rf_bench *bench, const struct rf_bench_grid *grid,
                            struct rf_bench_case *one, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < grid->lane_counts; i++) {
        one->lanes = grid->lanes[i];
        RF_TRY(add_case(bench, one, err));
    }
done:
    return rc;
}

/* What needs products is left out for a protocol that has none. */
static enum rf_rc add_protocols(struct rf_bench *bench, const struct rf_bench_grid *grid,
                                struct rf_bench_case *one, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < RF_PROTOCOLS; i++) {
        one->protocol = &rf_protocol_all[i];
        if (grid->protocol[i] && !(one->operation->products && one->protocol->active))
            RF_TRY(add_lanes(bench, grid, one, err));
    }
done:
    return rc;
}

static enum rf_rc add_operation(struct rf_bench *bench, const struct rf_bench_grid *grid,
                                struct rf_bench_case *one, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned net = 0; net < bench->nets; net++) {
        for (unsigned chain = 0; chain < 2; chain++) {
            one->net = net;
            one->chain = chain;
            if (grid->chain[chain])
                RF_TRY(add_protocols(bench, grid, one, err));
        }
    }
done:
    return rc;
}

static enum rf_rc add_study(struct rf_bench *bench, const struct rf_bench_grid *grid,
                            struct rf_bench_case *one, struct rf_err *err)
{
    if (bench->nets > 1)
        return rf_err_set(err, RF_E_ARG, "%s runs over loopback alone: measure it without %s",
                          one->operation->name, bench->net[1].name);
    one->net = 0;
    one->chain = true;
    return add_protocols(bench, grid, one, err);
}

static void tell_left_out(const struct rf_bench_grid *grid, const struct rf_operation *operation)
{
    for (unsigned i = 0; i < RF_PROTOCOLS; i++) {
        if (grid->protocol[i] && rf_protocol_all[i].active)
            (void)fprintf(stderr, "%s by %s is skipped: it has no products\n", operation->name,
                          rf_protocol_all[i].name);
    }
}

enum rf_rc rf_bench_add(struct rf_bench *bench, const struct rf_bench_grid *grid,
                        struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_bench_case *one = calloc(1, sizeof *one);
    if (!one)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    for (unsigned i = 0; i < grid->operations * grid->sizes; i++) {
        one->operation = grid->operation[i / grid->sizes];
        one->rows = grid->rows[i % grid->sizes];
        one->key = one->operation->keyed ? grid->key : 0;
        one->repeats = grid->repeats;
        if (one->operation->products && i % grid->sizes == 0)
            tell_left_out(grid, one->operation);
        if (one->operation->study)
            RF_TRY(add_study(bench, grid, one, err));
        else
            RF_TRY(add_operation(bench, grid, one, err));
    }
done:
    free(one);
    return rc;
}

/* ---- progress ---- */

void rf_bench_step(struct rf_bench *bench, const struct rf_bench_case *one, double seconds)
{
    bool terminal = isatty(STDERR_FILENO);
    bool last = ++bench->runs_done == bench->runs;
    if (bench->progress == RF_BENCH_PROGRESS_OFF ||
        (bench->progress == RF_BENCH_PROGRESS_AUTO && !terminal))
        return;
    char lanes[RF_BENCH_NAME] = "";
    if (one->lanes > 1)
        (void)snprintf(lanes, sizeof lanes, ", %u lanes", one->lanes);
    (void)fprintf(stderr, "%s%u of %u: %s of %zu rows, %s, %s%s%s: %.4f s%s",
                  terminal ? "\r\x1b[K" : "", bench->runs_done, bench->runs, one->operation->name,
                  one->rows, one->protocol->name, bench->net[one->net].name,
                  one->chain ? ", chains" : "", lanes, seconds, terminal && !last ? "" : "\n");
    (void)fflush(stderr);
}
