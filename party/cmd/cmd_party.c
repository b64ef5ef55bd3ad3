#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_process.h"
#include "party/cmd/commands.h"
#include "party/run/party.h"

enum { OPTION_MEMORY = RF_CMD_OPTION_OWN, OPTION_EVENTS };

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct rf_party_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->session;
        return 0;
    case RF_CMD_OPTION_OUT:
        options->out = text;
        return 0;
    case OPTION_MEMORY:
        options->memory_limit = (size_t)rf_cmd_number(state, "--memory", text, 0, 1 << 30) << 20;
        return 0;
    case OPTION_EVENTS:
        options->events = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int rf_cmd_party(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0,
         "where party.json, the record of the run, goes; holds none yet", 0},
        {"memory", OPTION_MEMORY, "MIB", 0, "limit of share columns (default: none)", 0},
        {"events", OPTION_EVENTS, NULL, 0, "progress as JSON lines on standard output", 0},
        {0},
    };
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .children = rf_cmd_process,
        .doc = "Be one of the three parties of an approved study: wait for the others and for all "
               "contributors, compute, give the recipients their shares of the result.",
    };
    struct rf_party_options options = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &options);
    rf_secret_process();
    return rf_cmd_end(argv[0], rf_party_run(&options, &err), &err);
}
