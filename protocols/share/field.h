/** field.h - arithmetic modulo the prime 2^61 - 1
 *
 * Elements are uint64_t below the modulus. Sums of up to 63 products fit into 128 bits before they are
 * reduced. Constant time. */
#ifndef RF_PROTOCOLS_SHARE_FIELD_H
#define RF_PROTOCOLS_SHARE_FIELD_H

#include <stdint.h>

enum { RF_FIELD_BITS = 61 };

#define RF_FIELD_P (((uint64_t)1 << RF_FIELD_BITS) - 1)

__extension__ typedef unsigned __int128 rf_wide;

/** rf_field_fold() - any 64-bit number modulo p, but for one multiple of it */
static inline uint64_t rf_field_fold(uint64_t x)
{
    return (x & RF_FIELD_P) + (x >> RF_FIELD_BITS);
}

/** rf_field_whole() - any 64-bit number modulo p */
static inline uint64_t rf_field_whole(uint64_t x)
{
    x = rf_field_fold(x);
    uint64_t less = x - RF_FIELD_P;
    /* The borrow says which of the two is in range. */
    uint64_t borrow = (uint64_t)0 - (less >> 63);
    return (less & ~borrow) | (x & borrow);
}

/** rf_field_reduce() - any 128-bit number modulo p */
static inline uint64_t rf_field_reduce(rf_wide x)
{
    uint64_t low = (uint64_t)x & RF_FIELD_P;
    uint64_t middle = (uint64_t)(x >> RF_FIELD_BITS) & RF_FIELD_P;
    uint64_t high = (uint64_t)(x >> (2 * RF_FIELD_BITS));
    return rf_field_whole(low + middle + high);
}

static inline uint64_t rf_field_add(uint64_t x, uint64_t y)
{
    return rf_field_whole(x + y);
}

static inline uint64_t rf_field_subtract(uint64_t x, uint64_t y)
{
    return rf_field_whole(x + RF_FIELD_P - y);
}

static inline uint64_t rf_field_multiply(uint64_t x, uint64_t y)
{
    return rf_field_reduce((rf_wide)x * y);
}

/** rf_field_signed() - a signed number above -p as an element; no branch on its sign */
static inline uint64_t rf_field_signed(int64_t x)
{
    uint64_t negative = (uint64_t)0 - ((uint64_t)x >> 63);
    return rf_field_whole((uint64_t)x + (RF_FIELD_P & negative));
}

/** rf_field_inverse() - x^(p - 2); 0 for 0 */
static inline uint64_t rf_field_inverse(uint64_t x)
{
    uint64_t result = 1, power = x;
    for (uint64_t exponent = RF_FIELD_P - 2; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = rf_field_multiply(result, power);
        power = rf_field_multiply(power, power);
    }
    return result;
}

#endif
