#include <string.h>

#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/run/single_host.h"
#include "protocols/backend/registry.h"

enum {
    OPTION_DATA = RF_CMD_OPTION_OWN,
    OPTION_PROTOCOL,
    OPTION_MEMORY,
    OPTION_SILENCE,
    OPTION_QUIET,
    OPTION_TRANSCRIPT,
    OPTION_AUDITOR,
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct rf_single_host_options *options = state->input;
    switch (key) {
    case RF_CMD_OPTION_OUT:
        options->out = text;
        return 0;
    case RF_CMD_OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_DATA:
        options->data = text;
        return 0;
    case OPTION_PROTOCOL:
        if (!rf_protocol_find(text))
            rf_cmd_misuse(state, "--protocol: there is no '%s'; there are " RF_PROTOCOL_NAMES,
                          text);
        options->protocol = text;
        return 0;
    case OPTION_MEMORY:
        options->memory_limit = (size_t)rf_cmd_number(state, "--memory", text, 0, 1 << 30) << 20;
        return 0;
    case OPTION_SILENCE:
        options->silence = (unsigned)rf_cmd_number(state, "--silence", text, 1, 3600);
        return 0;
    case OPTION_TRANSCRIPT:
        options->full = rf_cmd_record_level(state, text) == RF_RECORD_FULL;
        options->transcript = text;
        return 0;
    case OPTION_AUDITOR:
        options->auditor = text;
        return 0;
    case OPTION_QUIET:
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->study)
            rf_cmd_misuse(state, "one study at a time");
        options->study = text;
        return 0;
    case ARGP_KEY_END:
        if (!options->study || !options->data || !options->out)
            rf_cmd_misuse(state, "STUDY, --data and --out are needed");
        if (options->full && !options->auditor)
            rf_cmd_misuse(state, "--transcript full is sealed to an auditor: --auditor is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int rf_cmd_run(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"data", OPTION_DATA, "FOLDER", 0, "with a folder for each contributor", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "new or empty; result.json and report.html go here",
         0},
        {"protocol", OPTION_PROTOCOL, "NAME", 0, "instead of the study's: " RF_PROTOCOL_NAMES, 0},
        {"memory", OPTION_MEMORY, "MIB", 0, "limit of each party's share columns (default: none)",
         0},
        {"silence", OPTION_SILENCE, "SECONDS", 0,
         "a process not heard of for so long is taken for dead (default: 10)", 0},
        {"transcript", OPTION_TRANSCRIPT, "LEVEL", 0,
         "chain (default): every process records for auditors; full: with what replay needs, "
         "sealed "
         "to --auditor; off: none does",
         0},
        {"auditor", OPTION_AUDITOR, "FILE", 0, "the auditor's certificate", 0},
        {"quiet", OPTION_QUIET, NULL, 0, "no progress", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .args_doc = "STUDY",
        .doc = "Run a study on this machine: three parties and every contributor, each its own "
               "process, over the real links. Makes keys for a trial, proposes and approves the "
               "study, and shows the result. OUT/commands.txt lists every command it gave.",
    };
    struct rf_single_host_options options = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &options);
    rf_secret_process();
    return rf_cmd_end(argv[0], rf_single_host_run(&options, &err), &err);
}
