#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/run/party.h"

enum {
    OPTION_STUDY = RF_CMD_OPTION_OWN,
    OPTION_MEMORY,
    OPTION_QUIET,
    OPTION_EVENTS,
    OPTION_TRANSCRIPT,
    OPTION_TRANSCRIPTS
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct rf_party_options *options = state->input;
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
    case OPTION_MEMORY:
        options->memory_limit = (size_t)rf_cmd_number(state, "--memory", text, 0, 1 << 30) << 20;
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
    case OPTION_EVENTS:
        options->events = true;
        return 0;
    case ARGP_KEY_END:
        if (!options->node || !options->study)
            rf_cmd_misuse(state, "--node and --study are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int rf_cmd_party(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "this member's folder, or its node.yaml", 0},
        {"study", OPTION_STUDY, "FOLDER", 0, "the study's folder, approved by all", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0,
         "where party.json, the record of the run, goes; holds none yet", 0},
        {"memory", OPTION_MEMORY, "MIB", 0, "limit of share columns (default: none)", 0},
        {"quiet", OPTION_QUIET, NULL, 0, "no progress", 0},
        {"events", OPTION_EVENTS, NULL, 0, "progress as JSON lines on standard output", 0},
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
        .doc = "Be one of the three parties of an approved study: wait for the others and for all "
               "contributors, compute, give the recipients their shares of the result.",
    };
    struct rf_party_options options = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &options);
    rf_secret_process();
    return rf_cmd_end(argv[0], rf_party_run(&options, &err), &err);
}
