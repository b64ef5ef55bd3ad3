#include "protocols/share/kernel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const uint8_t rf_kernel_corner[1 << RF_KERNEL_DEEP] = {
    0,  1,  3,  4,  9,  10, 12, 13, 27,  28,  30,  31,  36,  37,  39,  40,
    81, 82, 84, 85, 90, 91, 93, 94, 108, 109, 111, 112, 117, 118, 120, 121,
};

static const struct rf_kernels *available[4];
static const struct rf_kernels *chosen;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
    size_t count = 0;
    available[count++] = &rf_kernel_portable;
#ifdef RF_X86_64
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul"))
        available[count++] = &rf_kernel_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("gfni") &&
        __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("pclmul"))
        available[count++] = &rf_kernel_avx512;
#endif
    chosen = available[count - 1];
    const char *wanted = getenv("RINGFENCE_CPU");
    for (size_t i = 0; wanted && i < count; i++) {
        if (strcmp(available[i]->name, wanted) == 0)
            chosen = available[i];
    }
}

const struct rf_kernels *rf_kernels(void)
{
    (void)pthread_once(&once, choose);
    return chosen;
}

const struct rf_kernels *const *rf_kernels_all(void)
{
    (void)pthread_once(&once, choose);
    return available;
}
