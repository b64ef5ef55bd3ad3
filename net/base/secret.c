#include "net/base/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

void *rf_secret_alloc(size_t size)
{
    size_t alignment = size >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded < size)
        return NULL;
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, rounded ? rounded : ALIGNMENT) != 0)
        return NULL;
    if (size >= HUGE_PAGE)
        (void)madvise(memory, rounded, MADV_HUGEPAGE);
    memset(memory, 0, rounded ? rounded : ALIGNMENT);
    return memory;
}

void rf_secret_free(void *memory, size_t size)
{
    if (!memory)
        return;
    OPENSSL_cleanse(memory, size);
    free(memory);
}

void rf_secret_wipe(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}

bool rf_secret_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

void rf_secret_process(void)
{
    const char *debug = getenv("RINGFENCE_DEBUG");
    const struct rlimit none = {0};
    if (debug && strcmp(debug, "1") == 0)
        return;
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}
