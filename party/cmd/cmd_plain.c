#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/keys/safe_file.h"
#include "party/plain/plain.h"
#include "party/report/report.h"

enum { OPTION_DATA = RF_CMD_OPTION_OWN };

struct plain {
    const char *study, *data, *out;
    bool json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct plain *plain = state->input;
    switch (key) {
    case RF_CMD_OPTION_OUT:
        plain->out = text;
        return 0;
    case RF_CMD_OPTION_JSON:
        plain->json = true;
        return 0;
    case OPTION_DATA:
        plain->data = text;
        return 0;
    case ARGP_KEY_ARG:
        if (plain->study)
            rf_cmd_misuse(state, "one study at a time");
        plain->study = text;
        return 0;
    case ARGP_KEY_END:
        if (!plain->study || !plain->data)
            rf_cmd_misuse(state, "STUDY and --data are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum rf_rc load(const struct plain *plain, const struct rf_study *study,
                       struct rf_tables *tables, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    unsigned bank_of[RF_BANKS_MAX], banks = rf_study_banks(study, bank_of);
    for (unsigned bank = 0; bank < banks; bank++) {
        const char *name = study->members[bank_of[bank]].name;
        RF_TRY(rf_safe_file_join(path, plain->data, name, err));
        RF_TRY(rf_tables_load(&tables[bank], path, study, name, err));
    }
done:
    return rc;
}

static enum rf_rc print_file(const char *path, struct rf_err *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum rf_rc rc = rf_safe_file_read(path, &bytes, &size, err);
    if (rc == RF_OK && fwrite(bytes, 1, size, stdout) != size)
        rc = rf_err_set(err, RF_E_IO, "cannot print the result");
    rf_secret_free(bytes, size);
    return rc;
}

static enum rf_rc print_text(const struct rf_report *report, struct rf_err *err)
{
    char *text = NULL;
    enum rf_rc rc = rf_report_text(report, &text, err);
    if (rc == RF_OK && fputs(text, stdout) == EOF)
        rc = rf_err_set(err, RF_E_IO, "cannot print the result");
    free(text);
    return rc;
}

/* JSON for standard output goes by way of a file that nobody else sees. */
static enum rf_rc print_json(const struct rf_report *report, struct rf_err *err)
{
    enum rf_rc rc;
    char folder[] = "/tmp/ringfence-XXXXXX", path[sizeof folder + 16];
    if (!mkdtemp(folder))
        return rf_err_set(err, RF_E_IO, "cannot make a temporary folder");
    (void)snprintf(path, sizeof path, "%s/result.json", folder);
    RF_TRY(rf_report_json(report, path, err));
    RF_TRY(print_file(path, err));
done:
    (void)remove(path);
    (void)remove(folder);
    return rc;
}

static enum rf_rc write_all(const struct plain *plain, const struct rf_report *report,
                            struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    RF_TRY(plain->json ? print_json(report, err) : print_text(report, err));
    if (!plain->out)
        goto done;
    RF_TRY(rf_safe_file_folder(plain->out, err));
    RF_TRY(rf_safe_file_join(path, plain->out, "result.json", err));
    RF_TRY(rf_report_json(report, path, err));
    RF_TRY(rf_safe_file_join(path, plain->out, "report.html", err));
    RF_TRY(rf_report_html(report, path, err));
done:
    return rc;
}

static enum rf_rc run(const struct plain *plain, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_study study = {0};
    struct rf_tables tables[RF_BANKS_MAX] = {0};
    struct rf_result *result = NULL;
    struct rf_report *report = calloc(1, sizeof *report);
    if (!report)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    if (plain->out)
        RF_TRY(rf_safe_file_vacant(plain->out, err));
    RF_TRY(rf_study_read(&study, plain->study, err));
    RF_TRY(load(plain, &study, tables, err));
    RF_TRY(rf_plain_run(&study, tables, &result, err));
    report->study = &study;
    report->result = result;
    report->plain = true;
    RF_TRY(write_all(plain, report, err));
done:
    for (unsigned bank = 0; bank < RF_BANKS_MAX; bank++)
        rf_tables_fini(&tables[bank]);
    rf_result_free(result);
    free(report);
    return rc;
}

int rf_cmd_plain(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"data", OPTION_DATA, "FOLDER", 0, "with a folder for each contributor", 0},
        {"out", RF_CMD_OPTION_OUT, "FOLDER", 0,
         "new or empty: write result.json and report.html here too", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "STUDY",
        .doc = "Compute a study in the clear, from everybody's data in one place: the definition "
               "that `ringfence run` must agree with. For synthetic data, trials and tests.",
    };
    struct plain plain = {0};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &plain);
    return rf_cmd_end(argv[0], run(&plain, &err), &err);
}
