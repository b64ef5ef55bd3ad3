#include "party/cmd/cmd_process.h"

#include "party/cmd/cmd.h"

/* Apart from those of the commands, which begin at RF_CMD_OPTION_OWN. */
enum {
    OPTION_STUDY = RF_CMD_OPTION_OWN + 100,
    OPTION_QUIET,
    OPTION_TRANSCRIPT,
    OPTION_TRANSCRIPTS
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct rf_session_options *options = state->input;
    switch (key) {
    case RF_CMD_OPTION_NODE:
        options->node = text;
        return 0;
    case OPTION_STUDY:
        options->study = text;
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

static const struct argp_option list[] = {
    {"node", RF_CMD_OPTION_NODE, "FOLDER", 0, "this member's folder, or its node.yaml", 0},
    {"study", OPTION_STUDY, "FOLDER", 0, "the study's folder, approved by all", 0},
    {"quiet", OPTION_QUIET, NULL, 0, "no progress", 0},
    {"transcript", OPTION_TRANSCRIPT, "LEVEL", 0,
     "chain (default): record for auditors; full: with what replay needs, sealed to the "
     "node's auditor; off: keep no hash chains, which all must agree on",
     0},
    {"transcripts", OPTION_TRANSCRIPTS, "FOLDER", 0,
     "where the record goes (default: transcripts in the node's folder)", 0},
    {0},
};

static const struct argp process = {.options = list, .parser = parse};

const struct argp_child rf_cmd_process[] = {{&process, 0, NULL, 0}, {0}};
