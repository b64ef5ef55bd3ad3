#include "party/audit/audit.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/keys/safe_file.h"

enum { OPTION_HTML = RF_CMD_OPTION_OWN, OPTION_ALL };

struct options {
    const char **paths;
    size_t count;
    const char *ca, *html;
    bool all, json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case RF_CMD_OPTION_CA:
        options->ca = text;
        return 0;
    case RF_CMD_OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_HTML:
        options->html = text;
        return 0;
    case OPTION_ALL:
        options->all = true;
        return 0;
    case ARGP_KEY_ARGS:
        options->paths = (const char **)(state->argv + state->next);
        options->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!options->count || !options->ca)
            rf_cmd_misuse(state, "a FILE or FOLDER and --ca are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc verify(const struct options *options, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_audit audit = {0};
    if (options->html && rf_safe_file_exists(options->html))
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s exists already: name a new file", options->html));
    RF_TRY(rf_audit_load(&audit, options->paths, options->count, options->ca, err));
    RF_TRY(rf_audit_run(&audit, options->all));
    if (options->html)
        RF_TRY(rf_audit_html(&audit, options->html, err));
    if (options->json)
        RF_TRY(rf_cmd_print_json(rf_audit_json(&audit), err));
    else
        rf_audit_print(&audit, stdout);
    if (audit.untrusted) {
        rc = rf_err_set(err, RF_E_CHEAT, "no member's certificate is from the CAs of %s",
                        options->ca);
    } else if (!rf_audit_holds(&audit)) {
        rc = rf_err_set(err, RF_E_CHEAT, "the transcripts do not hold together");
    }
done:
    rf_audit_fini(&audit);
    return rc;
}

int rf_cmd_audit_verify(int argc, char **argv)
{
    static const struct argp_option list[] = {
        {"ca", RF_CMD_OPTION_CA, "FILE", 0, "certificates of the CAs that you believe (PEM)", 0},
        {"html", OPTION_HTML, "FILE", 0, "write a page that stands alone; not there yet", 0},
        {"all", OPTION_ALL, NULL, 0, "a process whose transcript is not here is a failure", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = list,
        .parser = parse,
        .args_doc = "FILE|FOLDER...",
        .doc = "Check the transcripts of one session: who took part and approved, that both ends "
               "of every "
               "link agree and signed, that steps and openings are those of the study, and that "
               "recipients hold one result. Exits with 0 only if every check holds.",
    };
    struct options options = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &options);
    return rf_cmd_end(argv[0], verify(&options, &err), &err);
}
