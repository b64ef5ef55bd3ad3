#include "party/data/folder.h"

#include <csv.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* --- folders and files --- */

static enum rf_rc make_one(const char *path, struct rf_err *err)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return RF_OK;
    return rf_err_set(err, RF_E_IO, "cannot create folder %s: %s", path, strerror(errno));
}

enum rf_rc rf_folder_make(const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char part[512];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part)
        return rf_err_set(err, RF_E_ARG, "a folder's name is empty or too long");
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        RF_TRY(make_one(part, err));
    }
done:
    return rc;
}

static enum rf_rc join(char path[512], const char *folder, const char *name, struct rf_err *err)
{
    int size = snprintf(path, 512, "%s/%s", folder, name);
    if (size < 0 || size >= 512)
        return rf_err_set(err, RF_E_ARG, "the name of folder %s is too long", folder);
    return RF_OK;
}

enum rf_rc rf_folder_open(struct rf_folder_file *file, const char *folder, const char *member,
                          const char *name, const char *header, struct rf_err *err)
{
    enum rf_rc rc;
    char inner[512];
    RF_TRY(member ? join(inner, folder, member, err) : join(inner, folder, "", err));
    RF_TRY(rf_folder_make(inner, err));
    RF_TRY(member ? join(file->path, inner, name, err) : join(file->path, folder, name, err));
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
    char path[512];
    RF_TRY(rf_folder_make(folder, err));
    RF_TRY(join(path, folder, "study.yaml", err));
    RF_TRY(rf_study_write(study, path, err));
done:
    return rc;
}
