#include "party/cmd/cmd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/bench_scenario.h"
#include "bench/calibrate.h"
#include "party/cmd/commands.h"
#include "party/keys/safe_file.h"
#include "protocols/analytics/cells.h"
#include "protocols/backend/registry.h"

enum {
    OPTION_SIZE = RF_CMD_OPTION_OWN,
    OPTION_REPEAT,
    OPTION_CHAINS,
    OPTION_NET,
    OPTION_KEY,
    OPTION_LANES,
    OPTION_ALONE,
    OPTION_BANKS,
    OPTION_PROTOCOL,
    OPTION_SCENARIO,
    OPTION_MEMORY,
    OPTION_CSV,
    OPTION_PLOT,
    OPTION_LIST,
    OPTION_PROGRESS,
    OPTION_QUIET,
    OPTION_NO_VERIFY,
    OPTION_CALIBRATE,
};

enum { SIZES = 16, OPERATIONS = 64 };

static const char *const by_default[] = {"and", "product", "less",    "equal",      "select",
                                         "sum", "to-ring", "shuffle", "sort-32-64", "join"};

struct arguments {
    struct rf_bench bench;
    const struct rf_operation *operation[OPERATIONS];
    size_t size[SIZES];
    struct rf_bench_grid grid;
    bool banked; /* --banks was given */
    const char *scenario, *plot;
    const char *only; /* an option that a scenario does not go with */
    bool json, csv, list, calibrate;
    const char *out; /* of the calibration */
};

static void add_operation(const struct argp_state *state, struct arguments *arguments,
                          const char *name)
{
    const struct rf_operation *operation = rf_work_find(name);
    if (!operation)
        rf_cmd_misuse(state, "there is no operation '%.40s': see --list", name);
    if (arguments->grid.operations == OPERATIONS)
        rf_cmd_misuse(state, "too many operations");
    arguments->operation[arguments->grid.operations++] = operation;
}

static void add_sizes(const struct argp_state *state, struct arguments *arguments, char *text)
{
    const char *one;
    while ((one = strsep(&text, ",")) != NULL) {
        if (arguments->grid.sizes == SIZES)
            rf_cmd_misuse(state, "at most %d sizes", SIZES);
        arguments->size[arguments->grid.sizes++] =
            (size_t)rf_cmd_number(state, "--rows", one, 1, RF_BENCH_ROWS_MAX);
    }
}

static void choose_chains(const struct argp_state *state, bool chain[2], const char *text)
{
    chain[0] = strcmp(text, "on") != 0;
    chain[1] = strcmp(text, "off") != 0;
    if (chain[0] && chain[1] && strcmp(text, "both") != 0)
        rf_cmd_misuse(state, "--chains takes off, on or both");
}

static void add_net(const struct argp_state *state, struct arguments *arguments, const char *text)
{
    struct rf_err err = {0};
    if (rf_bench_net_add(&arguments->bench, text, &err) != RF_OK)
        rf_cmd_misuse(state, "%s", err.text);
}

static void choose_lanes(const struct argp_state *state, struct rf_bench_grid *grid,
                         const char *text)
{
    struct rf_err err = {0};
    if (rf_bench_grid_lanes(grid, text, &err) != RF_OK)
        rf_cmd_misuse(state, "--lanes: %s", err.text);
}

/* Options that say what is measured; a scenario says it instead. */
static bool parse_grid(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct rf_bench_grid *grid = &arguments->grid;
    switch (key) {
    case OPTION_SIZE:
        arguments->only = "--rows";
        add_sizes(state, arguments, text);
        return true;
    case OPTION_REPEAT:
        arguments->only = "--repeat";
        grid->repeats = (unsigned)rf_cmd_number(state, "--repeat", text, 1, RF_BENCH_REPEATS);
        return true;
    case OPTION_CHAINS:
        arguments->only = "--chains";
        choose_chains(state, grid->chain, text);
        return true;
    case OPTION_NET:
        arguments->only = "--net";
        add_net(state, arguments, text);
        return true;
    case OPTION_KEY:
        arguments->only = "--key";
        grid->key = (unsigned)rf_cmd_number(state, "--key", text, 1, RF_KEY_BITS);
        return true;
    case OPTION_LANES:
        arguments->only = "--lanes";
        choose_lanes(state, grid, text);
        return true;
    case OPTION_ALONE:
        arguments->only = "--alone";
        arguments->bench.alone = true;
        return true;
    case OPTION_PROTOCOL:
        arguments->only = "--protocol";
        if (!rf_bench_grid_protocol(grid, text)) {
            rf_cmd_misuse(
                state, "--protocol: unknown protocol '%.40s'; known: " RF_PROTOCOL_NAMES ", both",
                text);
        }
        return true;
    case OPTION_BANKS:
        arguments->only = "--banks";
        arguments->banked = true;
        arguments->bench.banks = (unsigned)rf_cmd_number(state, "--banks", text, 2, RF_BANKS_MAX);
        return true;
    case ARGP_KEY_ARG:
        arguments->only = "an operation";
        add_operation(state, arguments, text);
        return true;
    default:
        return false;
    }
}

static void check(const struct argp_state *state, const struct arguments *arguments)
{
    bool keyed = false, study = false;
    if (arguments->scenario && arguments->only)
        rf_cmd_misuse(state, "--scenario says what is measured: leave out %s", arguments->only);
    if (arguments->calibrate && (arguments->only || arguments->scenario || arguments->plot ||
                                 arguments->json || arguments->csv)) {
        rf_cmd_misuse(state, "--calibrate measures prices and nothing else: leave out %s",
                      arguments->only       ? arguments->only
                      : arguments->scenario ? "--scenario"
                      : arguments->plot     ? "--plot"
                      : arguments->json     ? "--json"
                                            : "--csv");
    }
    if (arguments->out && !arguments->calibrate)
        rf_cmd_misuse(state, "--out is for --calibrate: results go to standard output");
    if (arguments->json && arguments->csv)
        rf_cmd_misuse(state, "--json or --csv, not both");
    for (unsigned i = 0; i < arguments->grid.operations; i++) {
        keyed = keyed || arguments->operation[i]->keyed;
        study = study || arguments->operation[i]->study;
    }
    if (arguments->grid.key && !keyed)
        rf_cmd_misuse(state, "--key is for group-sum, group-min, group-min-max, join, join-count");
    if (arguments->banked && !study)
        rf_cmd_misuse(state, "--banks is for a study");
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    if (parse_grid(key, text, state))
        return 0;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        arguments->json = true;
        return 0;
    case OPTION_SCENARIO:
        arguments->scenario = text;
        return 0;
    case OPTION_MEMORY:
        arguments->bench.memory = rf_cmd_number(state, "--memory", text, 1, 1 << 30) << 20;
        return 0;
    case OPTION_CSV:
        arguments->csv = true;
        return 0;
    case OPTION_PLOT:
        arguments->plot = text;
        return 0;
    case OPTION_LIST:
        arguments->list = true;
        return 0;
    case OPTION_PROGRESS:
        arguments->bench.progress = RF_BENCH_PROGRESS_ON;
        return 0;
    case OPTION_QUIET:
        arguments->bench.progress = RF_BENCH_PROGRESS_OFF;
        return 0;
    case OPTION_NO_VERIFY:
        arguments->bench.verify = false;
        return 0;
    case OPTION_CALIBRATE:
        arguments->calibrate = true;
        return 0;
    case RF_CMD_OPTION_OUT:
        arguments->out = text;
        return 0;
    case ARGP_KEY_END:
        check(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_list(void)
{
    for (const struct rf_operation *one = rf_work_operations(); one->name; one++)
        (void)printf("%-13s %s%s\n", one->name, one->what, one->keyed ? " (--key)" : "");
}

static enum rf_rc choose(struct arguments *arguments, struct rf_err *err)
{
    struct rf_bench_grid *grid = &arguments->grid;
    if (arguments->scenario)
        return rf_bench_scenario_read(&arguments->bench, arguments->scenario, err);
    for (unsigned i = 0; grid->operations == i && i < sizeof by_default / sizeof *by_default; i++)
        arguments->operation[grid->operations++] = rf_work_find(by_default[i]);
    if (grid->sizes == 0)
        arguments->size[grid->sizes++] = 1000000;
    grid->operation = arguments->operation;
    grid->rows = arguments->size;
    return rf_bench_add(&arguments->bench, grid, err);
}

static enum rf_rc run(struct arguments *arguments, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_bench *bench = &arguments->bench;
    RF_TRY(choose(arguments, err));
    if (arguments->plot)
        RF_TRY(rf_safe_file_ready(arguments->plot, err));
    RF_TRY(rf_bench_run(bench, err));
    if (arguments->json)
        RF_TRY(rf_bench_json(bench, stdout, err));
    else if (arguments->csv)
        rf_bench_csv(bench, stdout);
    else
        rf_bench_table(bench, stdout);
    if (arguments->plot)
        RF_TRY(rf_bench_plot(bench, arguments->plot, err));
done:
    rf_bench_fini(bench);
    return rc;
}

static enum rf_rc calibrate(const struct arguments *arguments, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_calibration calibration;
    RF_TRY(rf_calibration_path(path, arguments->out, err));
    RF_TRY(rf_calibrate(&calibration, err));
    RF_TRY(rf_calibration_write(&calibration, path, err));
    if (arguments->bench.progress != RF_BENCH_PROGRESS_OFF)
        (void)printf("%s: measured; 'ringfence explain' predicts times from it\n", path);
    if (calibration.load > 0.5 * calibration.cores) {
        (void)fprintf(stderr,
                      "ringfence bench: the machine was busy (load %.1f on %u cores): measure "
                      "again when it is idle\n",
                      calibration.load, calibration.cores);
    }
done:
    return rc;
}

int rf_cmd_bench(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"scenario", OPTION_SCENARIO, "FILE", 0,
         "measure what a file names: scenarios/quick.yaml and others", 0},
        {"rows", OPTION_SIZE, "N[,N…]", 0, "sizes; customers of a study (default: 1000000)", 0},
        {"repeat", OPTION_REPEAT, "N", 0, "times that each is run (default: 5)", 0},
        {"chains", OPTION_CHAINS, "off|on|both", 0, "hash chains over the links (default: both)",
         0},
        {"net", OPTION_NET, "lan|wan|RTT,RATE", 0,
         "a slower network between the parties, as in 10ms,1gbit, beside loopback; may be repeated",
         0},
        {"key", OPTION_KEY, "BITS", 0, "width of keys, where --list says that it can be chosen", 0},
        {"lanes", OPTION_LANES, "L[,L…]", 0, "lanes of each party, 1 to 16 (default: 1)", 0},
        {"alone", OPTION_ALONE, NULL, 0,
         "measure the work of one party alone, too, on recorded messages", 0},
        {"protocol", OPTION_PROTOCOL, "NAME", 0, RF_PROTOCOL_NAMES " or both (default: rep3)", 0},
        {"banks", OPTION_BANKS, "B", 0, "of a study (default: 5)", 0},
        {"memory", OPTION_MEMORY, "MIB", 0,
         "for all parties together; a case that needs more is skipped (default: what is free)", 0},
        RF_CMD_JSON,
        {"csv", OPTION_CSV, NULL, 0, "print CSV", 0},
        {"plot", OPTION_PLOT, "FOLDER", 0, "draw throughput and ratio to the floor, by gnuplot", 0},
        {"list", OPTION_LIST, NULL, 0, "say what can be measured", 0},
        {"no-verify", OPTION_NO_VERIFY, NULL, 0,
         "do not compare results with the clear backend, or with plain", 0},
        {"progress", OPTION_PROGRESS, NULL, 0,
         "say what is done, a line each, when standard error is no terminal either", 0},
        {"calibrate", OPTION_CALIBRATE, NULL, 0,
         "measure what 'ringfence explain' predicts times from, and nothing else", 0},
        {"out", RF_CMD_OPTION_OUT, "FILE", 0,
         "where the calibration goes (default: ~/.config/ringfence/calibration.json)", 0},
        {"quiet", OPTION_QUIET, NULL, 0, "no progress", 0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "[OPERATION…]",
        .doc =
            "Measure operations beside what this machine allows: three parties as processes, over "
            "the real links with TLS, and in the same run what links, AES and memory give. Every "
            "result is compared with the same computation in the clear.",
    };
    struct arguments arguments = {
        .grid = {.repeats = RF_BENCH_REPEATS_DEFAULT,
                 .chain = {true, true},
                 .lanes = {1},
                 .lane_counts = 1},
    };
    struct rf_err err = {0};
    rf_bench_init(&arguments.bench);
    (void)rf_bench_grid_protocol(&arguments.grid, "rep3");
    rf_cmd_parse(&argp, argc, argv, &arguments);
    if (arguments.list) {
        print_list();
        return rf_cmd_end(argv[0], RF_OK, NULL);
    }
    if (arguments.calibrate)
        return rf_cmd_end(argv[0], calibrate(&arguments, &err), &err);
    return rf_cmd_end(argv[0], run(&arguments, &err), &err);
}
