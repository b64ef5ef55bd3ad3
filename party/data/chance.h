/** chance.h - a reproducible source of numbers for synthetic data
 *
 * xoshiro256** (Blackman and Vigna, public domain), seeded by splitmix64. The same seed gives the
 * same numbers everywhere. NOT for anything secret. */
#ifndef RF_PARTY_DATA_CHANCE_H
#define RF_PARTY_DATA_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct rf_chance {
    uint64_t state[4];
};

static inline uint64_t rf_chance_splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline void rf_chance_init(struct rf_chance *chance, uint64_t seed)
{
    for (unsigned i = 0; i < 4; i++)
        chance->state[i] = rf_chance_splitmix(&seed);
}

static inline uint64_t rf_chance_next(struct rf_chance *chance)
{
    uint64_t *s = chance->state;
    uint64_t five = s[1] * 5;
    uint64_t result = (five << 7 | five >> 57) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/** rf_chance_below() - 0 .. @bound - 1; the bias is below @bound / 2^64 */
static inline uint64_t rf_chance_below(struct rf_chance *chance, uint64_t bound)
{
    return (uint64_t)((unsigned __int128)rf_chance_next(chance) * bound >> 64);
}

/** rf_chance_one_in() - true once in @times on average */
static inline bool rf_chance_one_in(struct rf_chance *chance, uint64_t times)
{
    return rf_chance_below(chance, times) == 0;
}

#endif
