#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party/audit/processing.h"
#include "party/cmd/cmd.h"
#include "party/cmd/cmd_audit.h"
#include "party/keys/safe_file.h"

struct recording {
    const char *study, *ca, *out;
    const char **paths;
    size_t count;
    bool json;
    bool doubtful; /* a check of the transcripts did not pass */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct recording *recording = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        recording->json = true;
        return 0;
    case RF_CMD_OPTION_CA:
        recording->ca = text;
        return 0;
    case RF_CMD_OPTION_OUT:
        recording->out = text;
        return 0;
    case ARGP_KEY_ARG:
        if (!recording->study)
            recording->study = text;
        else
            recording->paths[recording->count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (!recording->study)
            rf_cmd_misuse(state, "which study's folder?");
        if (recording->count > 0 && !recording->ca)
            rf_cmd_misuse(state, "--ca is needed to check transcripts");
        if (recording->count == 0 && recording->ca)
            rf_cmd_misuse(state, "--ca is for transcripts, and none is given");
        if (recording->json && recording->out)
            rf_cmd_misuse(state, "--json prints and --out writes: one of them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc write_text(const char *folder, const char *name, const char *text,
                             struct rf_err *err)
{
    char path[PATH_MAX];
    enum rf_rc rc = rf_safe_file_join(path, folder, name, err);
    return rc == RF_OK ? rf_safe_file_write(path, text, strlen(text), 0600, RF_SAFE_FILE_NEW, err)
                       : rc;
}

static enum rf_rc write_both(const struct recording *recording, const json_t *record,
                             const char *markdown, struct rf_err *err)
{
    enum rf_rc rc;
    char *text = json_dumps(record, JSON_INDENT(2));
    if (!text)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the record");
    RF_TRY(rf_safe_file_folder(recording->out, err));
    RF_TRY(write_text(recording->out, "record.json", text, err));
    RF_TRY(write_text(recording->out, "record.md", markdown, err));
    (void)printf("%s: record.json, record.md\n", recording->out);
done:
    free(text);
    return rc;
}

static enum rf_rc record(struct recording *recording, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_audit audit = {0};
    json_t *json = NULL;
    char *markdown = NULL;
    bool transcripts = recording->count > 0;
    if (recording->out) {
        RF_TRY(rf_safe_file_absent(recording->out, "record.json", err));
        RF_TRY(rf_safe_file_absent(recording->out, "record.md", err));
    }
    if (transcripts) {
        RF_TRY(rf_audit_load(&audit, recording->paths, recording->count, recording->ca, err));
        RF_TRY(rf_audit_run(&audit, false));
        recording->doubtful = !rf_audit_holds(&audit);
    }
    RF_TRY(rf_processing_record(&json, recording->study, transcripts ? &audit : NULL, transcripts,
                                err));
    RF_TRY(rf_processing_markdown(json, &markdown, err));
    if (recording->out)
        RF_TRY(write_both(recording, json, markdown, err));
    else if (recording->json)
        RF_TRY(rf_cmd_print_json(json_incref(json), err));
    else
        (void)fputs(markdown, stdout);
done:
    free(markdown);
    json_decref(json);
    rf_audit_fini(&audit);
    return rc;
}

int rf_cmd_audit_record(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"ca", RF_CMD_OPTION_CA, "FILE", 0, "the CA certificates that you believe", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0,
         "write record.json and record.md there; holds none yet", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "STUDY [TRANSCRIPT...]",
        .doc = "Print the record of processing of a study (GDPR Art. 30, and the parts of Art. 35 "
               "that it can state) from its manifest, the approvals and, if given, transcripts: "
               "as Markdown, or as JSON. What no file says is listed as to be added. "
               "Exits with 1 if a check of the transcripts failed.",
    };
    struct recording recording = {.paths = calloc((size_t)argc, sizeof *recording.paths)};
    struct rf_err err = {0};
    if (!recording.paths)
        return rf_cmd_end(argv[0], rf_err_set(&err, RF_E_MEMORY, "out of memory"), &err);
    rf_cmd_parse(&argp, argc, argv, &recording);
    int code = rf_cmd_end(argv[0], record(&recording, &err), &err);
    if (code == 0 && recording.doubtful) {
        (void)fprintf(stderr,
                      "%s: not every check of the transcripts passed: the record says which\n",
                      argv[0]);
        code = 1;
    }
    free(recording.paths);
    return code;
}
