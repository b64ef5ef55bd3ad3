#include <string.h>

#include "party/data/import.h"
#include "party/data/tables.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(unsigned member, const char *out, const struct rf_study *study)
{
    struct rf_tables tables;
    char folder[512];
    const char *name = study->members[member].name;
    (void)snprintf(folder, sizeof folder, "%s/%s", out, name);
    if (rf_tables_load(&tables, folder, study, name, NULL) != RF_OK)
        abort();
    rf_tables_fini(&tables);
}

/* Whatever is imported without an error can be read as a study and members' folders. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char source[512], out[512], file[600];
    struct rf_import_summary summary;
    const struct rf_import_options options = {.members = 2, .currency = "Euro"};
    struct rf_err err = {0};
    struct rf_study study;
    rf_scratch_write("source", data, size);
    (void)snprintf(source, sizeof source, "%s/source", rf_scratch_folder());
    (void)snprintf(out, sizeof out, "%s/out", rf_scratch_folder());
    enum rf_rc rc = rf_import("amlworld", source, &options, out, &summary, &err);
    if (rc != RF_OK) {
        if (!err.text[0])
            abort();
        return 0;
    }
    (void)snprintf(file, sizeof file, "%s/study.yaml", out);
    study.member_count = 0;
    if (rf_study_read(&study, file, NULL) != RF_OK || study.member_count != 3)
        abort();
    load(0, out, &study);
    load(1, out, &study);
    return 0;
}
