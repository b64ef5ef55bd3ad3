#include "party/cmd/cmd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/calibrate.h"
#include "party/cmd/commands.h"

enum {
    OPTION_SIZE = RF_CMD_OPTION_OWN,
    OPTION_REPEAT,
    OPTION_CHAINS,
    OPTION_NET,
    OPTION_CSV,
    OPTION_PLOT,
    OPTION_LIST,
    OPTION_QUIET,
    OPTION_NO_VERIFY,
    OPTION_CALIBRATE,
};

enum { SIZES = 16, OPERATIONS = 64, ROWS_MAX = 100000000 };

static const char *const by_default[] = {"and", "product", "less",    "equal",      "select",
                                         "sum", "to-ring", "shuffle", "sort-32-64", "join"};

struct arguments {
    struct rf_bench bench;
    const struct rf_operation *operation[OPERATIONS];
    unsigned operations;
    size_t size[SIZES];
    unsigned sizes;
    bool chain[2]; /* off, on */
    const char *plot;
    bool json, csv, list, calibrate;
    const char *out; /* of the calibration */
};

static void add_operation(const struct argp_state *state, struct arguments *arguments,
                          const char *name)
{
    const struct rf_operation *operation = rf_operation_find(name);
    if (!operation)
        rf_cmd_misuse(state, "there is no operation '%.40s': see --list", name);
    if (arguments->operations == OPERATIONS)
        rf_cmd_misuse(state, "too many operations");
    arguments->operation[arguments->operations++] = operation;
}

static void add_sizes(const struct argp_state *state, struct arguments *arguments, char *text)
{
    char *rest = NULL;
    for (char *one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        if (arguments->sizes == SIZES)
            rf_cmd_misuse(state, "at most %d sizes", SIZES);
        arguments->size[arguments->sizes++] =
            (size_t)rf_cmd_number(state, "--rows", one, 1, ROWS_MAX);
    }
}

static void choose_chains(const struct argp_state *state, struct arguments *arguments,
                          const char *text)
{
    arguments->chain[0] = strcmp(text, "on") != 0;
    arguments->chain[1] = strcmp(text, "off") != 0;
    if (arguments->chain[0] && arguments->chain[1] && strcmp(text, "both") != 0)
        rf_cmd_misuse(state, "--chains takes off, on or both");
}

static void choose_net(const struct argp_state *state, struct arguments *arguments,
                       const char *text)
{
    struct rf_err err = {0};
    if (rf_relay_net_read(&arguments->bench.net, text, &err) != RF_OK)
        rf_cmd_misuse(state, "%s", err.text);
    arguments->bench.net_name = text;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        arguments->json = true;
        return 0;
    case OPTION_SIZE:
        add_sizes(state, arguments, text);
        return 0;
    case OPTION_REPEAT:
        arguments->bench.repeats =
            (unsigned)rf_cmd_number(state, "--repeat", text, 1, RF_BENCH_REPEATS);
        return 0;
    case OPTION_CHAINS:
        choose_chains(state, arguments, text);
        return 0;
    case OPTION_NET:
        choose_net(state, arguments, text);
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
    case OPTION_QUIET:
        arguments->bench.quiet = true;
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
    case ARGP_KEY_ARG:
        add_operation(state, arguments, text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_list(void)
{
    for (const struct rf_operation *one = rf_operations(); one->name; one++)
        (void)printf("%-12s %s\n", one->name, one->what);
}

static enum rf_rc run(struct arguments *arguments, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_bench *bench = &arguments->bench;
    bench->cases =
        calloc((size_t)2 * arguments->operations * arguments->sizes, sizeof *bench->cases);
    if (!bench->cases)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    for (unsigned i = 0; i < arguments->operations * arguments->sizes * 2; i++) {
        if (!arguments->chain[i % 2])
            continue;
        bench->cases[bench->case_count++] = (struct rf_bench_case){
            .operation = arguments->operation[i / 2 / arguments->sizes],
            .rows = arguments->size[i / 2 % arguments->sizes],
            .chain = i % 2,
        };
    }
    RF_TRY(rf_bench_run(bench, err));
    if (arguments->plot)
        RF_TRY(rf_bench_plot(bench, arguments->plot, err));
    if (arguments->json)
        RF_TRY(rf_bench_json(bench, stdout, err));
    else if (arguments->csv)
        rf_bench_csv(bench, stdout);
    else
        rf_bench_table(bench, stdout);
done:
    free(bench->cases);
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
    if (!arguments->bench.quiet)
        (void)printf("%s: measured; 'ringfence explain' predicts times from it\n", path);
    if (!arguments->bench.quiet && calibration.load > 0.5 * calibration.cores)
        (void)fprintf(stderr,
                      "ringfence bench: the machine was busy (load %.1f on %u cores): measure "
                      "again when it is idle\n",
                      calibration.load, calibration.cores);
done:
    return rc;
}

int rf_cmd_bench(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"rows", OPTION_SIZE, "N[,N…]", 0, "sizes (default: 1000000)", 0},
        {"repeat", OPTION_REPEAT, "N", 0, "times that each is run (default: 5)", 0},
        {"chains", OPTION_CHAINS, "off|on|both", 0, "hash chains over the links (default: both)",
         0},
        {"net", OPTION_NET, "lan|wan|RTT,RATE", 0,
         "a slower network between the parties, as in 10ms,1gbit (default: loopback)", 0},
        RF_CMD_JSON,
        {"csv", OPTION_CSV, NULL, 0, "print CSV", 0},
        {"plot", OPTION_PLOT, "FOLDER", 0, "draw throughput and ratio to the floor, by gnuplot", 0},
        {"list", OPTION_LIST, NULL, 0, "say what can be measured", 0},
        {"no-verify", OPTION_NO_VERIFY, NULL, 0, "do not compare results with the clear backend",
         0},
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
        .bench = {.protocol = "rep3", .repeats = 5, .verify = true},
        .chain = {true, true},
    };
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &arguments);
    if (arguments.list) {
        print_list();
        return rf_cmd_end(argv[0], RF_OK, NULL);
    }
    if (arguments.calibrate)
        return rf_cmd_end(argv[0], calibrate(&arguments, &err), &err);
    for (unsigned i = 0; arguments.operations == 0 && i < sizeof by_default / sizeof *by_default;)
        arguments.operation[i] = rf_operation_find(by_default[i]), i++;
    if (arguments.operations == 0)
        arguments.operations = sizeof by_default / sizeof *by_default;
    if (arguments.sizes == 0)
        arguments.size[arguments.sizes++] = 1000000;
    return rf_cmd_end(argv[0], run(&arguments, &err), &err);
}
