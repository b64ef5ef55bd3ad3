/** folder.h - writes members' folders and study files
 *
 * What `generate` and `import` share. Files are written through a buffer; whether all of it reached
 * the disk shows when the file is closed. Existing files are overwritten; the commands take
 * new or empty folders alone. */
#ifndef RF_PARTY_DATA_FOLDER_H
#define RF_PARTY_DATA_FOLDER_H

#include <limits.h>
#include <stdio.h>

#include "net/base/rc.h"
#include "party/study/study.h"

struct rf_folder_file {
    FILE *file; /* NULL: not open */
    char path[PATH_MAX];
};

/** rf_folder_open() - create @folder/@member/@name, the folders too; without @member if it is NULL
 * @header: first line, without its end; NULL for none */
RF_MUST_CHECK enum rf_rc rf_folder_open(struct rf_folder_file *file, const char *folder,
                                        const char *member, const char *name, const char *header,
                                        struct rf_err *err);

/** rf_folder_row() - write a row of @count fields, quoted where they need it */
void rf_folder_row(struct rf_folder_file *file, const char *const *field, unsigned count);

/** rf_folder_close() - RF_E_IO if anything since the opening failed. Harmless if not open. */
RF_MUST_CHECK enum rf_rc rf_folder_close(struct rf_folder_file *file, struct rf_err *err);

/** rf_folder_abandon() - close after a failure elsewhere. Harmless if not open. */
void rf_folder_abandon(struct rf_folder_file *file);

/** rf_folder_member() - the name of the member number @bank: bank-a, bank-b, ... bank-p */
void rf_folder_member(unsigned bank, char name[RF_MEMBER_NAME_MAX + 1]);

/** rf_folder_roles() - make these members banks: the first three are parties, and all recipients
 * With fewer than three a member `notary`, that only computes, is added.
 * @study: members and member_count are set; the rest is left alone. */
void rf_folder_roles(struct rf_study *study, const char (*name)[RF_MEMBER_NAME_MAX + 1],
                     unsigned banks);

/** rf_folder_study() - write @folder/study.yaml; what rf_study_check() refuses is refused */
RF_MUST_CHECK enum rf_rc rf_folder_study(const char *folder, const struct rf_study *study,
                                         struct rf_err *err);

/** rf_folder_defaults() - a study of both statistics, every parameter at its default, without
 * members and without types of identifier */
void rf_folder_defaults(struct rf_study *study, const char *name, const char *purpose,
                        enum rf_link_by link);

#endif
