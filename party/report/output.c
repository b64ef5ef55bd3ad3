#include "party/report/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum rf_rc refused(const char *path, const char *what, struct rf_err *err)
{
    return rf_err_set(err, RF_E_IO, "%s: %s: %s", path, what, strerror(errno));
}

static enum rf_rc fill(int file, const char *path, const char *bytes, size_t size,
                       struct rf_err *err)
{
    while (size != 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return refused(path, "cannot write", err);
        bytes += written;
        size -= (size_t)written;
    }
    if (fsync(file) != 0)
        return refused(path, "cannot write", err);
    return RF_OK;
}

enum rf_rc rf_output_save(const char *path, const char *bytes, size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char temporary[PATH_MAX];
    int file = -1, length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return rf_err_set(err, RF_E_IO, "%s: the name is too long", path);
    file = mkstemp(temporary);
    if (file < 0)
        return refused(path, "cannot create", err);
    RF_TRY(fill(file, path, bytes, size, err));
    if (rename(temporary, path) != 0)
        RF_TRY(refused(path, "cannot replace", err));
done:
    (void)close(file);
    if (rc != RF_OK)
        (void)unlink(temporary);
    return rc;
}
