#include <stdio.h>

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/data/import.h"
#include "party/keys/safe_file.h"
#include "protocols/analytics/cells.h"

enum { OPTION_MEMBERS = RF_CMD_OPTION_OWN, OPTION_CURRENCY };

struct import {
    struct rf_import_options options;
    const char *format, *source, *out;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct import *import = state->input;
    switch (key) {
    case RF_CMD_OPTION_OUT:
        import->out = text;
        return 0;
    case OPTION_MEMBERS:
        import->options.members =
            (unsigned)rf_cmd_number(state, "--members", text, 2, RF_BANKS_MAX);
        return 0;
    case OPTION_CURRENCY:
        import->options.currency = text;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            import->format = text;
        else if (state->arg_num == 1)
            import->source = text;
        else
            rf_cmd_misuse(state, "one source at a time");
        return 0;
    case ARGP_KEY_END:
        if (!import->source || !import->out)
            rf_cmd_misuse(state, "FORMAT, SOURCE and --out are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print(const struct import *import, const struct rf_import_summary *summary)
{
    (void)printf("%s: %u members, %llu customers (%llu flagged), %llu transfers, %llu between "
                 "members\n",
                 import->out, summary->members, (unsigned long long)summary->customers,
                 (unsigned long long)summary->flagged, (unsigned long long)summary->transfers,
                 (unsigned long long)summary->cross_bank);
    if (summary->other_currency)
        (void)printf("%llu transfers are not in %s and do not count in exposures\n",
                     (unsigned long long)summary->other_currency, import->options.currency);
}

int rf_cmd_import(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"members", OPTION_MEMBERS, "N", 0,
         "amlworld: bank number n becomes member n modulo N (default: 5)", 0},
        {"currency", OPTION_CURRENCY, "NAME", 0,
         "amlworld: whose payments are the exposure (default: US Dollar)", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "new or empty; the members' folders go here", 0},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FORMAT SOURCE",
        .doc = "Turn a third-party data set into members' folders and a study. FORMAT is amlsim "
               "(SOURCE: a folder of IBM AMLSim output) or amlworld (SOURCE: a transactions or "
               "patterns file of IBM's AMLworld).",
    };
    struct import import = {0};
    struct rf_import_summary summary = {0};
    struct rf_err err = {0};
    rf_import_defaults(&import.options);
    rf_cmd_parse(&argp, argc, argv, &import);
    enum rf_rc rc = rf_safe_file_vacant(import.out, &err);
    if (rc == RF_OK)
        rc = rf_import(import.format, import.source, &import.options, import.out, &summary, &err);
    if (rc == RF_OK)
        print(&import, &summary);
    return rf_cmd_end(argv[0], rc, &err);
}
