#include "party/data/folder.h"

#include <csv.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "party/keys/safe_file.h"

/* --- folders and files --- */

enum rf_rc rf_folder_open(struct rf_folder_file *file, const char *folder, const char *member,
                          const char *name, const char *header, struct rf_err *err)
{
    enum rf_rc rc;
    char below[PATH_MAX];
    if (member)
        RF_TRY(rf_safe_file_join(below, folder, member, err));
    const char *inner = member ? below : folder;
    RF_TRY(rf_safe_file_folder(inner, err));
    RF_TRY(rf_safe_file_join(file->path, inner, name, err));
    file->file = fopen(file->path, "wbe");
    if (!file->file)
        return rf_err_set(err, RF_E_IO, "cannot create %s: %s", file->path, strerror(errno));
    (void)setvbuf(file->file, NULL, _IOFBF, 1 << 16);
    if (header)
        fprintf(file->file, "%s\n", header);
done:
    return rc;
}

void rf_folder_row(struct rf_folder_file *file, const char *const *field, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i)
            putc_unlocked(',', file->file);
        if (strpbrk(field[i], ",\"\r\n"))
            (void)csv_fwrite(file->file, field[i], strlen(field[i]));
        else
            fputs_unlocked(field[i], file->file);
    }
    putc_unlocked('\n', file->file);
}

enum rf_rc rf_folder_close(struct rf_folder_file *file, struct rf_err *err)
{
    if (!file->file)
        return RF_OK;
    bool bad = ferror(file->file) != 0;
    errno = bad ? EIO : 0;
    bad |= fclose(file->file) != 0;
    file->file = NULL;
    if (bad)
        return rf_err_set(err, RF_E_IO, "cannot write %s: %s", file->path, strerror(errno));
    return RF_OK;
}

void rf_folder_abandon(struct rf_folder_file *file)
{
    if (file->file)
        (void)fclose(file->file);
    file->file = NULL;
}

/* --- studies --- */

void rf_folder_member(unsigned bank, char name[RF_MEMBER_NAME_MAX + 1])
{
    (void)snprintf(name, RF_MEMBER_NAME_MAX + 1, "bank-%c", (char)('a' + bank));
}

void rf_folder_roles(struct rf_study *study, const char (*name)[RF_MEMBER_NAME_MAX + 1],
                     unsigned banks)
{
    study->member_count = 0;
    for (unsigned i = 0; i < banks || i < RF_PARTIES; i++) {
        struct rf_member *member = &study->members[study->member_count++];
        *member = (struct rf_member){.party = i < RF_PARTIES ? (int)i : -1,
                                     .contributor = i < banks,
                                     .recipient = i < banks};
        (void)snprintf(member->name, sizeof member->name, "%s", i < banks ? name[i] : "notary");
    }
}

void rf_folder_defaults(struct rf_study *study, const char *name, const char *purpose,
                        enum rf_link_by link)
{
    rf_study_defaults(study);
    study->shared_tokens = study->rings = true;
    study->link = link;
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        study->types[type] = false;
    (void)snprintf(study->name, sizeof study->name, "%s", name);
    (void)snprintf(study->purpose, sizeof study->purpose, "%s", purpose);
}

enum rf_rc rf_folder_study(const char *folder, const struct rf_study *study, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    RF_TRY(rf_safe_file_folder(folder, err));
    RF_TRY(rf_safe_file_join(path, folder, "study.yaml", err));
    RF_TRY(rf_study_write(study, path, err));
done:
    return rc;
}
