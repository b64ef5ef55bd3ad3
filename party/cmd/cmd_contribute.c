#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_process.h"
#include "party/cmd/commands.h"
#include "party/run/client.h"

enum { OPTION_DATA = RF_CMD_OPTION_OWN };

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct rf_client_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->session;
        return 0;
    case RF_CMD_OPTION_OUT:
        options->out = text;
        return 0;
    case OPTION_DATA:
        options->data = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int rf_cmd_contribute(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"data", OPTION_DATA, "FOLDER", 0, "this member's tables, if it contributes", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0,
         "where the result goes, if it receives one; holds none yet", 0},
        {0},
    };
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .children = rf_cmd_process,
        .doc = "Take part in an approved study with one's data, as a recipient of its result, or "
               "both. The data are checked before anything is sent, and leave only as shares.",
    };
    struct rf_client_options options = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &options);
    rf_secret_process();
    return rf_cmd_end(argv[0], rf_client_run(&options, &err), &err);
}
