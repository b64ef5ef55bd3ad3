/** files.h - temporary folders and small files for tests */
#ifndef RF_TESTS_SUPPORT_FILES_H
#define RF_TESTS_SUPPORT_FILES_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new empty folder; its name is in @folder. */
static inline void rf_test_folder(char folder[256])
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, 256, "%s/ringfence-test-XXXXXX", base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
}

static inline int rf_test_remove_one(const char *path, const struct stat *status, int type,
                                     struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline void rf_test_remove(const char *folder)
{
    cr_assert_eq(nftw(folder, rf_test_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void rf_test_write_bytes(const char *folder, const char *name, const void *data,
                                       size_t size)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static inline void rf_test_write(const char *folder, const char *name, const char *text)
{
    rf_test_write_bytes(folder, name, text, strlen(text));
}

/* A whole file with a NUL behind it; the caller frees it. NULL if there is none. */
static inline char *rf_test_read(const char *folder, const char *name, size_t *size)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    struct stat status;
    cr_assert_eq(fstat(fileno(file), &status), 0);
    char *text = malloc((size_t)status.st_size + 1);
    cr_assert_not_null(text);
    *size = fread(text, 1, (size_t)status.st_size, file);
    text[*size] = '\0';
    cr_assert_eq(fclose(file), 0);
    return text;
}

#endif
