#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/run/client.h"

enum {
    OPTION_STUDY = RF_CMD_OPTION_OWN,
    OPTION_DATA,
    OPTION_QUIET,
    OPTION_TRANSCRIPT,
    OPTION_TRANSCRIPTS
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct rf_client_options *options = state->input;
    switch (key) {
    case RF_CMD_OPTION_NODE:
        options->node = text;
        return 0;
    case RF_CMD_OPTION_OUT:
        options->out = text;
        return 0;
    case OPTION_STUDY:
        options->study = text;
        return 0;
    case OPTION_DATA:
        options->data = text;
        return 0;
    case OPTION_TRANSCRIPT:
        options->record.level = rf_cmd_record_level(state, text);
        return 0;
    case OPTION_TRANSCRIPTS:
        options->record.folder = text;
        return 0;
    case OPTION_QUIET:
        options->quiet = true;
        return 0;
    case ARGP_KEY_END:
        if (!options->node || !options->study)
            rf_cmd_misuse(state, "--node and --study are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int rf_cmd_contribute(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "this member's folder, or its node.yaml", 0},
        {"study", OPTION_STUDY, "FOLDER", 0, "the study's folder, approved by all", 0},
        {"data", OPTION_DATA, "FOLDER", 0, "this member's tables, if it contributes", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0,
         "where the result goes, if it receives one; holds none yet", 0},
        {"quiet", OPTION_QUIET, NULL, 0, "no progress", 0},
        {"transcript", OPTION_TRANSCRIPT, "LEVEL", 0,
         "chain (default): record for auditors; full: with what replay needs, sealed to the "
         "node's auditor; off: keep no hash chains, which all must agree on",
         0},
        {"transcripts", OPTION_TRANSCRIPTS, "FOLDER", 0,
         "where the record goes (default: transcripts in the node's folder)", 0},
        {0},
    };
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .doc = "Take part in an approved study with one's data, as a recipient of its result, or "
               "both. The data are checked before anything is sent, and leave only as shares.",
    };
    struct rf_client_options options = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &options);
    rf_secret_process();
    return rf_cmd_end(argv[0], rf_client_run(&options, &err), &err);
}
