/* Feeds the files of a corpus to a fuzz target without libFuzzer, so that every build runs them. */
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The buffer is as large as the input, so that a read past the end is seen. */
static int replay(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    bool got = file && data && fread(data, 1, size, file) == size;
    if (got)
        (void)LLVMFuzzerTestOneInput(data, size);
    else
        perror(path);
    free(data);
    if (file)
        (void)fclose(file);
    return got ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 0, count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        (void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[PATH_MAX];
        struct stat status;
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            failed |= replay(path, (size_t)status.st_size);
            count++;
        }
    }
    (void)closedir(folder);
    (void)printf("%d inputs\n", count);
    return failed || count == 0;
}
