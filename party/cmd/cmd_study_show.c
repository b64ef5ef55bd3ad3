#include <stdio.h>

#include "party/cmd/cmd.h"
#include "party/cmd/cmd_study.h"
#include "party/study/approvals.h"
#include "party/study/study_page.h"

struct show {
    const char *folder;
    bool json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct show *show = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        show->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (show->folder)
            rf_cmd_misuse(state, "one study at a time");
        show->folder = text;
        return 0;
    case ARGP_KEY_END:
        if (!show->folder)
            rf_cmd_misuse(state, "which study's folder?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc run(const struct show *show, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_manifest manifest;
    RF_TRY(rf_approvals_manifest(&manifest, show->folder, err));
    if (show->json)
        RF_TRY(rf_cmd_print_json(rf_study_page_json(&manifest), err));
    else
        rf_study_page_print(stdout, &manifest);
done:
    return rc;
}

int rf_cmd_study_show(int argc, char **argv)
{
    static const struct argp_option options[] = {RF_CMD_JSON, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "FOLDER",
        .doc = "Show what a proposed study would compute, over whose data, revealed to whom, and "
               "what it discloses.",
    };
    struct show show = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &show);
    return rf_cmd_end(argv[0], run(&show, &err), &err);
}
