/* Writes every sample report into a folder: NAME.html, NAME.json, NAME.txt. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/reports.h"

static enum rf_rc write_text(const struct rf_report *report, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    char *text = NULL;
    FILE *file = NULL;
    RF_TRY(rf_report_text(report, &text, err));
    file = fopen(path, "w");
    if (!file || fputs(text, file) < 0)
        RF_TRY(rf_err_set(err, RF_E_IO, "%s: cannot write", path));
done:
    free(text);
    if (file && fclose(file) != 0 && rc == RF_OK)
        rc = rf_err_set(err, RF_E_IO, "%s: cannot write", path);
    return rc;
}

static enum rf_rc write_sample(const char *folder, const char *name, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_sample *sample = rf_sample_make(name);
    if (!sample)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "no sample"));
    (void)snprintf(path, sizeof path, "%s/%s.html", folder, name);
    RF_TRY(rf_report_html(&sample->report, path, err));
    (void)snprintf(path, sizeof path, "%s/%s.json", folder, name);
    RF_TRY(rf_report_json(&sample->report, path, err));
    (void)snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    RF_TRY(write_text(&sample->report, path, err));
done:
    rf_sample_free(sample);
    return rc;
}

int main(int argc, char **argv)
{
    struct rf_err err = {0};
    if (argc != 2) {
        (void)fprintf(stderr, "usage: report_samples FOLDER\n");
        return 2;
    }
    for (const char *const *name = rf_sample_names(); *name; name++) {
        if (write_sample(argv[1], *name, &err) != RF_OK) {
            (void)fprintf(stderr, "%s: %s\n", *name, err.text);
            return 1;
        }
    }
    return 0;
}
