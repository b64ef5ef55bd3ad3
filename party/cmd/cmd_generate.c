#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/data/generate.h"
#include "party/keys/safe_file.h"
#include "protocols/analytics/cells.h"

enum {
    OPTION_BANKS = RF_CMD_OPTION_OWN,
    OPTION_CUSTOMERS,
    OPTION_SEED,
    OPTION_SHARED,
    OPTION_HOPS
};

struct generate {
    struct rf_generate_options options;
    const char *out;
    bool counted; /* --customers was given */
};

static double fraction(const struct argp_state *state, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == 0 || *end != 0 || !(value >= 0 && value <= 25))
        rf_cmd_misuse(state, "--shared takes a percentage from 0 to 25, not '%.40s'", text);
    return value / 100;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct generate *generate = state->input;
    struct rf_generate_options *options = &generate->options;
    switch (key) {
    case RF_CMD_OPTION_OUT:
        generate->out = text;
        return 0;
    case OPTION_BANKS:
        options->banks = (unsigned)rf_cmd_number(state, "--banks", text, 2, RF_BANKS_MAX);
        return 0;
    case OPTION_CUSTOMERS:
        generate->counted = true;
        options->customers = rf_cmd_number(state, "--customers", text, 1, 100000000);
        return 0;
    case OPTION_SEED:
        options->seed = rf_cmd_number(state, "--seed", text, 0, UINT64_MAX);
        return 0;
    case OPTION_SHARED:
        options->shared = fraction(state, text);
        return 0;
    case OPTION_HOPS:
        options->hops = (unsigned)rf_cmd_number(state, "--hops", text, 1, 100000);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            rf_cmd_misuse(state, "one scenario at a time");
        options->scenario = text;
        return 0;
    case ARGP_KEY_END:
        if (!generate->out)
            rf_cmd_misuse(state, "--out is needed");
        if (!generate->counted && rf_generate_most(options->scenario) > 0 &&
            rf_generate_most(options->scenario) < options->customers)
            options->customers = rf_generate_most(options->scenario);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The scenarios stand below the options, from their own table. */
static char *help(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *list = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        return (char *)text;
    (void)fputs("Scenarios:\n", out);
    const struct rf_generate_about *about;
    for (unsigned i = 0; (about = rf_generate_scenario(i)) != NULL; i++)
        (void)fprintf(out, "  %-12s %s\n", about->name, about->about);
    (void)fclose(out);
    return list;
}

int rf_cmd_generate(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"banks", OPTION_BANKS, "B", 0, "members, 2 to 16 (default: 5)", 0},
        {"customers", OPTION_CUSTOMERS, "N", 0,
         "at all banks together (default: 10000, or as many as the scenario takes)", 0},
        {"seed", OPTION_SEED, "S", 0, "the same seed gives the same data (default: 1)", 0},
        {"shared", OPTION_SHARED, "PERCENT", 0,
         "of all tokens, about so many at several banks (default: 1)", 0},
        {"hops", OPTION_HOPS, "H", 0, "length of the longest chain (default: 40)", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "new or empty; the members' folders go here", 0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "[SCENARIO]",
        .doc = "Make synthetic data for each member with planted rings, the truth about them "
               "(truth.json), and a study to run on them (study.yaml).\v",
        .help_filter = help,
    };
    struct generate generate = {0};
    struct rf_err err = {0};
    rf_generate_defaults(&generate.options);
    rf_cmd_parse(&argp, argc, argv, &generate);
    enum rf_rc rc = rf_safe_file_vacant(generate.out, &err);
    if (rc == RF_OK)
        rc = rf_generate(&generate.options, generate.out, &err);
    if (rc == RF_OK)
        (void)printf("%s: %u banks, %llu customers, %s\n", generate.out, generate.options.banks,
                     (unsigned long long)generate.options.customers, generate.options.scenario);
    return rf_cmd_end(argv[0], rc, &err);
}
