#include "bench/calibrate_rows.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/identity.h"
#include "party/data/generate.h"
#include "party/keys/member_folder.h"
#include "party/keys/passphrase.h"
#include "party/keys/quick.h"
#include "party/run/contribution.h"

enum { CUSTOMERS = 200000, BANKS = 2, DAYS = 2, DEPTH = 16 };

static const char member_name[] = "bank-a";

static enum rf_rc time_start(const char *folder, double *seconds, struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_quick_member member = {.name = member_name};
    struct rf_passphrase passphrase = {0};
    struct rf_identity identity = {0};
    char keys[PATH_MAX], own[PATH_MAX], path[4][PATH_MAX];
    static const char *const file[4] = {RF_FOLDER_CERTIFICATE, RF_FOLDER_KEY, RF_FOLDER_CA,
                                        RF_FOLDER_PASSPHRASE};
    RF_TRY(rf_safe_file_join(keys, folder, "keys", err));
    RF_TRY(rf_quick_make(keys, &member, 1, DAYS, RF_SAFE_FILE_NEW, err));
    RF_TRY(rf_safe_file_join(own, keys, member_name, err));
    for (unsigned i = 0; i < 4; i++)
        RF_TRY(rf_safe_file_join(path[i], own, file[i], err));
    double began = rf_clock_cpu_seconds();
    RF_TRY(rf_passphrase_get(&passphrase, path[3], NULL, path[1], RF_PASSPHRASE_OPEN, err));
    RF_TRY(rf_identity_load(&identity, path[0], path[1], passphrase.text, path[2], err));
    *seconds = rf_clock_cpu_seconds() - began;
done:
    rf_passphrase_fini(&passphrase);
    rf_identity_fini(&identity);
    return rc;
}

static struct rf_member *find_member(struct rf_study *study)
{
    for (unsigned i = 0; i < study->member_count; i++) {
        if (strcmp(study->members[i].name, member_name) == 0)
            return &study->members[i];
    }
    return NULL;
}

/* The bounds of one bank will do for both. */
static enum rf_rc declare_bounds(struct rf_study *study, const struct rf_tables *tables,
                                 struct rf_err *err)
{
    uint64_t customers, rows;
    enum rf_rc rc = rf_contribution_bounds(study, tables, &customers, &rows, err);
    for (unsigned i = 0; rc == RF_OK && i < study->member_count; i++) {
        study->members[i].customers = customers;
        study->members[i].rows = rows;
    }
    return rc;
}

static enum rf_rc time_rows(const char *folder, double *seconds, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_generate_options options;
    struct rf_manifest manifest = {0};
    struct rf_tables tables = {0};
    struct rf_contribution contribution = {0};
    const uint8_t key[RF_TOKEN_KEY_SIZE] = "a benchmark", fill[32] = "fillers";
    char data[PATH_MAX], study[PATH_MAX], own[PATH_MAX];
    rf_generate_defaults(&options);
    options.customers = CUSTOMERS;
    options.banks = BANKS;
    RF_TRY(rf_safe_file_join(data, folder, "data", err));
    RF_TRY(rf_generate(&options, data, err));
    RF_TRY(rf_safe_file_join(study, data, "study.yaml", err));
    RF_TRY(rf_study_read(&manifest.study, study, err));
    RF_TRY(rf_safe_file_join(own, data, member_name, err));
    struct rf_member *member = find_member(&manifest.study);
    if (!member)
        RF_TRY(rf_err_set(err, RF_E_INTERNAL, "the generated study has no %s", member_name));
    double began = rf_clock_cpu_seconds();
    RF_TRY(rf_tables_load(&tables, own, &manifest.study, member_name, err));
    double loaded = rf_clock_cpu_seconds();
    RF_TRY(declare_bounds(&manifest.study, &tables, err));
    double declared = rf_clock_cpu_seconds();
    RF_TRY(rf_contribution_build(&contribution, &manifest,
                                 (unsigned)(member - manifest.study.members), &tables, key, fill,
                                 err));
    *seconds = (loaded - began + rf_clock_cpu_seconds() - declared) / (double)contribution.count;
done:
    rf_contribution_fini(&contribution);
    rf_tables_fini(&tables);
    return rc;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

enum rf_rc rf_calibrate_rows(double *start, double *row, struct rf_err *err)
{
    enum rf_rc rc;
    char folder[] = "/tmp/ringfence-calibrate-XXXXXX";
    if (!mkdtemp(folder))
        return rf_err_set(err, RF_E_IO, "no folder for data: %s", strerror(errno));
    RF_TRY(time_start(folder, start, err));
    RF_TRY(time_rows(folder, row, err));
done:
    (void)nftw(folder, remove_entry, DEPTH, FTW_DEPTH | FTW_PHYS);
    return rc;
}
