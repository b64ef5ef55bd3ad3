#include "party/run/epoch.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/keys/safe_file.h"

static enum rf_rc file_of(char path[PATH_MAX], const char *folder, const uint8_t manifest[32],
                          struct rf_err *err)
{
    char name[16 + 64] = "epochs/";
    (void)rf_hex(name + strlen(name), manifest, 32);
    return rf_safe_file_join(path, folder, name, err);
}

enum rf_rc rf_epoch_next(const char *folder, const uint8_t manifest[32], uint32_t *epoch,
                         struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    *epoch = 1;
    RF_TRY(file_of(path, folder, manifest, err));
    if (!rf_safe_file_exists(path))
        goto done;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    char *end = NULL;
    unsigned long last = isdigit(bytes[0]) ? strtoul((const char *)bytes, &end, 10) : 0;
    if (last == 0 || last >= UINT32_MAX || (*end && *end != '\n')) {
        rc = rf_err_set(err, RF_E_FORMAT, "%s does not hold the number of the last epoch", path);
        goto done;
    }
    *epoch = (uint32_t)last + 1;
done:
    rf_secret_free(bytes, size);
    return rc;
}

enum rf_rc rf_epoch_keep(const char *folder, const uint8_t manifest[32], uint32_t epoch,
                         struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX], directory[PATH_MAX], text[16];
    RF_TRY(rf_safe_file_join(directory, folder, "epochs", err));
    RF_TRY(rf_safe_file_folder(directory, err));
    RF_TRY(file_of(path, folder, manifest, err));
    int size = snprintf(text, sizeof text, "%u\n", epoch);
    RF_TRY(rf_safe_file_write(path, text, (size_t)size, 0600, RF_SAFE_FILE_REPLACE, err));
done:
    return rc;
}
