/** safe_file.h - read and write the small files of keys, studies and approvals
 *
 * Reading is bounded and takes regular files only (a FIFO would hang, a device never ends). Writing
 * is all or nothing: a temporary file beside the target is filled, flushed and then moved, so that
 * neither a crash nor a full disk leaves half a key; an existing file is kept unless the caller says
 * otherwise. The mode is set when the file is made, never after. */
#ifndef RF_PARTY_KEYS_SAFE_FILE_H
#define RF_PARTY_KEYS_SAFE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/base/rc.h"

enum { RF_SAFE_FILE_MAX = 1 << 20 }; /* bytes: nothing that we read whole is larger */

/** rf_safe_file_read() - the whole of a file
 * @bytes: free with rf_secret_free(*bytes, *size); a NUL that @size does not count follows
 * Errors: RF_E_ARG when there is no such file, RF_E_FORMAT when it is longer than RF_SAFE_FILE_MAX,
 * RF_E_IO otherwise; each names the file. */
RF_MUST_CHECK enum rf_rc rf_safe_file_read(const char *path, uint8_t **bytes, size_t *size,
                                           struct rf_err *err);

enum rf_safe_file_how {
    RF_SAFE_FILE_NEW,     /* an existing file is an error */
    RF_SAFE_FILE_REPLACE, /* an existing file is replaced */
};

/** rf_safe_file_write() - create a file with exactly @mode
 * Errors: RF_E_ARG when it exists and may not be replaced, RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_safe_file_write(const char *path, const void *bytes, size_t size,
                                            mode_t mode, enum rf_safe_file_how how,
                                            struct rf_err *err);

/** rf_safe_file_folder() - make a folder (0700) and those above it unless they exist
 * Errors: RF_E_IO; RF_E_ARG when something else has the name. */
RF_MUST_CHECK enum rf_rc rf_safe_file_folder(const char *path, struct rf_err *err);

/** rf_safe_file_vacant() - is this folder empty, or not there yet?
 * Errors: RF_E_ARG when it holds something or is no folder; RF_E_IO when it cannot be read. */
RF_MUST_CHECK enum rf_rc rf_safe_file_vacant(const char *path, struct rf_err *err);

/** rf_safe_file_ready() - can files be made in this folder? Made if it is not there
 * Errors: those of rf_safe_file_folder(); RF_E_IO when it may not be written to. */
RF_MUST_CHECK enum rf_rc rf_safe_file_ready(const char *path, struct rf_err *err);

/** rf_safe_file_absent() - is there no @folder/@name yet, of an earlier run? Other files may be there
 * Errors: RF_E_ARG, naming it. */
RF_MUST_CHECK enum rf_rc rf_safe_file_absent(const char *folder, const char *name,
                                             struct rf_err *err);

/** rf_safe_file_private() - may nobody but the owner read or write it?
 * Errors: RF_E_CRYPTO, saying who may and how to change that; RF_E_ARG when there is no such
 * file. */
RF_MUST_CHECK enum rf_rc rf_safe_file_private(const char *path, struct rf_err *err);

/** rf_safe_file_claim() - a file for one process at a time, until it closes @claim or ends
 * @claim: a descriptor, -1 if there is no such file or its file system knows no locks
 * Errors: RF_E_ARG, when another process has it. */
RF_MUST_CHECK enum rf_rc rf_safe_file_claim(const char *path, int *claim, struct rf_err *err);

/** rf_safe_file_exists() - is there anything of this name? */
bool rf_safe_file_exists(const char *path);

/** rf_safe_file_join() - "folder/name" into @path of PATH_MAX bytes; an absolute @name stands alone
 * Errors: RF_E_ARG when that is too long. */
RF_MUST_CHECK enum rf_rc rf_safe_file_join(char path[PATH_MAX], const char *folder,
                                           const char *name, struct rf_err *err);

#endif
