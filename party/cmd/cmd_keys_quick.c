#include <stdio.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_keys.h"
#include "party/keys/authority.h"
#include "party/keys/quick.h"

enum { OPTION_ONLY_COMPUTES = RF_CMD_OPTION_OWN };

struct quick {
    struct rf_quick_member members[RF_QUICK_MEMBERS_MAX];
    size_t count;
    const char *out;
    unsigned days;
    bool force;
};

static void add(struct quick *quick, const char *name, bool contributor,
                const struct argp_state *state)
{
    if (quick->count == RF_QUICK_MEMBERS_MAX)
        rf_cmd_misuse(state, "more than %d members", RF_QUICK_MEMBERS_MAX);
    quick->members[quick->count++] =
        (struct rf_quick_member){.name = name, .contributor = contributor};
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct quick *quick = state->input;
    switch (key) {
    case RF_CMD_OPTION_FORCE:
        quick->force = true;
        return 0;
    case RF_CMD_OPTION_OUT:
        quick->out = text;
        return 0;
    case RF_CMD_OPTION_DAYS:
        quick->days = (unsigned)rf_cmd_number(state, "--days", text, 1, RF_AUTHORITY_DAYS - 1);
        return 0;
    case OPTION_ONLY_COMPUTES:
        add(quick, text, false, state);
        return 0;
    case ARGP_KEY_ARG:
        add(quick, text, true, state);
        return 0;
    case ARGP_KEY_END:
        if (quick->count == 0 || !quick->out)
            rf_cmd_misuse(state, "NAMES and --out are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int rf_cmd_keys_quick(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0, "where the members' folders go", 0},
        {"days", RF_CMD_OPTION_DAYS, "N", 0, "validity of certificates (default: 398)", 0},
        {"only-computes", OPTION_ONLY_COMPUTES, "NAME", 0,
         "a member that gets no tokens' key; may be given several times", 0},
        RF_CMD_FORCE,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "NAME...",
        .doc = "Make a CA and a folder for each member with key, certificate, passphrase and the "
               "tokens' key. For trials: whoever runs this holds every key.",
    };
    struct quick quick = {.days = RF_CERTIFICATE_DAYS};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &quick);
    enum rf_safe_file_how how = quick.force ? RF_SAFE_FILE_REPLACE : RF_SAFE_FILE_NEW;
    enum rf_rc rc = rf_quick_make(quick.out, quick.members, quick.count, quick.days, how, &err);
    if (rc == RF_OK)
        (void)printf("%s: a CA and %zu members, for trials\n", quick.out, quick.count);
    return rf_cmd_end(argv[0], rc, &err);
}
