#include "party/keys/safe_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/base/secret.h"

static enum rf_rc system_failure(struct rf_err *err, const char *path, const char *what)
{
    int number = errno;
    bool misused = number == ENOENT || number == ENOTDIR || number == EISDIR || number == EEXIST ||
                   number == ENAMETOOLONG;
    enum { SHOWN = 300 }; /* of a path, so that there is room for the reason */
    return rf_err_set(err, misused ? RF_E_ARG : RF_E_IO, "%.*s%s: cannot %s: %s", SHOWN, path,
                      strlen(path) > SHOWN ? "…" : "", what, strerror(number));
}

static enum rf_rc open_regular(const char *path, int *file, size_t *size, struct rf_err *err)
{
    struct stat status;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*file < 0 || fstat(*file, &status) != 0)
        return system_failure(err, path, "open");
    if (!S_ISREG(status.st_mode))
        return rf_err_set(err, RF_E_ARG, "%s: is not a regular file", path);
    if (status.st_size > RF_SAFE_FILE_MAX)
        return rf_err_set(err, RF_E_FORMAT, "%s: is larger than %d bytes", path, RF_SAFE_FILE_MAX);
    *size = (size_t)status.st_size;
    return RF_OK;
}

/* Reads at most @size bytes: what a file gains after it was measured is not looked at. */
static enum rf_rc read_up_to(int file, const char *path, uint8_t *bytes, size_t *size,
                             struct rf_err *err)
{
    size_t have = 0;
    while (have < *size) {
        ssize_t got = read(file, bytes + have, *size - have);
        if (got < 0 && errno != EINTR)
            return system_failure(err, path, "read");
        if (got == 0)
            break;
        have += got > 0 ? (size_t)got : 0;
    }
    *size = have;
    return RF_OK;
}

enum rf_rc rf_safe_file_read(const char *path, uint8_t **bytes, size_t *size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    int file = -1;
    size_t expected = 0;
    uint8_t *memory = NULL;
    *bytes = NULL;
    *size = 0;
    RF_TRY(open_regular(path, &file, &expected, err));
    memory = rf_secret_alloc(expected + 1);
    if (!memory)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "%s: out of memory", path));
    size_t got = expected;
    RF_TRY(read_up_to(file, path, memory, &got, err));
    *bytes = memory;
    *size = got;
    memory = NULL;
done:
    rf_secret_free(memory, expected + 1);
    if (file >= 0)
        (void)close(file);
    return rc;
}

static bool write_all(int file, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(file, bytes, size);
        if (put < 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    return fsync(file) == 0;
}

/* link() fails where the name is taken, rename() replaces: both show the whole file or none. */
static bool move_into_place(const char *temporary, const char *path, enum rf_safe_file_how how)
{
    if (how == RF_SAFE_FILE_REPLACE)
        return rename(temporary, path) == 0;
    return link(temporary, path) == 0;
}

static enum rf_rc move_failure(const char *path, struct rf_err *err)
{
    if (errno == EEXIST)
        return rf_err_set(err, RF_E_ARG, "%s: exists already and is not overwritten", path);
    return system_failure(err, path, "create");
}

enum rf_rc rf_safe_file_write(const char *path, const void *bytes, size_t size, mode_t mode,
                              enum rf_safe_file_how how, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char temporary[PATH_MAX] = "";
    int file = -1;
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return rf_err_set(err, RF_E_ARG, "%.100s...: path too long", path);
    file = mkostemp(temporary, O_CLOEXEC);
    if (file < 0)
        return system_failure(err, path, "create");
    if (fchmod(file, mode) != 0 || !write_all(file, bytes, size))
        RF_TRY(system_failure(err, path, "write"));
    if (!move_into_place(temporary, path, how))
        RF_TRY(move_failure(path, err));
done:
    (void)close(file);
    if (rc != RF_OK || how == RF_SAFE_FILE_NEW)
        (void)unlink(temporary);
    return rc;
}

static enum rf_rc make_one(const char *path, struct rf_err *err)
{
    struct stat status;
    if (mkdir(path, 0700) == 0)
        return RF_OK;
    if (errno != EEXIST)
        return system_failure(err, path, "make the folder");
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return rf_err_set(err, RF_E_ARG, "%s: exists and is not a folder", path);
    return RF_OK;
}

enum rf_rc rf_safe_file_folder(const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return rf_err_set(err, RF_E_ARG, "%.100s...: path too long", path);
    for (char *slash = strchr(part + 1, '/'); part[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        RF_TRY(make_one(part, err));
        *slash = '/';
    }
    RF_TRY(make_one(path, err));
done:
    return rc;
}

static bool holds_something(DIR *folder)
{
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return true;
    }
    return false;
}

enum rf_rc rf_safe_file_vacant(const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    DIR *folder = opendir(path);
    if (!folder && errno == ENOENT)
        return RF_OK;
    if (!folder)
        return system_failure(err, path, "look into the folder");
    if (holds_something(folder)) {
        rc = rf_err_set(err, RF_E_ARG,
                        "%s is not empty: name a new folder with --out, so that no earlier result "
                        "or key is lost",
                        path);
    }
    (void)closedir(folder);
    return rc;
}

enum rf_rc rf_safe_file_ready(const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(rf_safe_file_folder(path, err));
    if (access(path, W_OK | X_OK) != 0)
        rc = system_failure(err, path, "make files in the folder");
done:
    return rc;
}

enum rf_rc rf_safe_file_absent(const char *folder, const char *name, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct stat status;
    RF_TRY(rf_safe_file_join(path, folder, name, err));
    if (lstat(path, &status) == 0) {
        rc = rf_err_set(err, RF_E_ARG,
                        "%s exists already: name a new folder with --out, so that nothing of an "
                        "earlier run is lost",
                        path);
    } else if (errno != ENOENT) {
        rc = system_failure(err, path, "look for");
    }
done:
    return rc;
}

enum rf_rc rf_safe_file_private(const char *path, struct rf_err *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return system_failure(err, path, "open");
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        return rf_err_set(err, RF_E_CRYPTO,
                          "%s: others may use this file (mode %04o); allow only its owner: "
                          "chmod go= %s",
                          path, (unsigned)(status.st_mode & 07777), path);
    }
    return RF_OK;
}

enum rf_rc rf_safe_file_claim(const char *path, int *claim, struct rf_err *err)
{
    *claim = open(path, O_RDONLY | O_CLOEXEC);
    if (*claim < 0 || flock(*claim, LOCK_EX | LOCK_NB) == 0)
        return RF_OK;
    bool taken = errno == EWOULDBLOCK;
    (void)close(*claim);
    *claim = -1;
    return taken ? rf_err_set(err, RF_E_ARG, "%s: another process is at it", path) : RF_OK;
}

bool rf_safe_file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

enum rf_rc rf_safe_file_join(char path[PATH_MAX], const char *folder, const char *name,
                             struct rf_err *err)
{
    int used = name[0] == '/' ? snprintf(path, PATH_MAX, "%s", name)
                              : snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (used < 0 || used >= PATH_MAX)
        return rf_err_set(err, RF_E_ARG, "%.100s...: path too long", folder);
    return RF_OK;
}
