/** scratch.h - a folder for a fuzz target's files, one a process, removed at its end */
#ifndef RF_TESTS_SUPPORT_SCRATCH_H
#define RF_TESTS_SUPPORT_SCRATCH_H

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static char rf_scratch[256];

static inline int rf_scratch_remove(const char *path, const struct stat *status, int type,
                                    struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline void rf_scratch_end(void)
{
    (void)nftw(rf_scratch, rf_scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *rf_scratch_folder(void)
{
    const char *base = getenv("TMPDIR");
    if (rf_scratch[0])
        return rf_scratch;
    (void)snprintf(rf_scratch, sizeof rf_scratch, "%s/ringfence-fuzz-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(rf_scratch) || atexit(rf_scratch_end) != 0)
        abort();
    return rf_scratch;
}

static inline void rf_scratch_write(const char *name, const uint8_t *data, size_t size)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", rf_scratch_folder(), name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

#endif
