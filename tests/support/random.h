/** random.h - numbers for tests that depend on a seed alone (splitmix64) */
#ifndef RF_TESTS_SUPPORT_RANDOM_H
#define RF_TESTS_SUPPORT_RANDOM_H

#include <stdint.h>

static inline uint64_t rf_test_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

#endif
