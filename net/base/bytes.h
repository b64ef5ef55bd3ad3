/** bytes.h - little-endian integers in byte arrays, and rounding */
#ifndef RF_NET_BASE_BYTES_H
#define RF_NET_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "shares travel as little-endian words");

static inline uint64_t rf_load64(const void *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline void rf_store64(void *bytes, uint64_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline uint32_t rf_load32(const void *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline void rf_store32(void *bytes, uint32_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline void rf_store16(void *bytes, uint16_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline size_t rf_div_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

static inline size_t rf_round_up(size_t a, size_t b)
{
    return rf_div_up(a, b) * b;
}

/** rf_bit_length() - bits needed to write @value: 0 for 0, 1 for 1, 2 for 2 and 3 */
static inline unsigned rf_bit_length(uint64_t value)
{
    return value ? 64U - (unsigned)__builtin_clzll(value) : 0;
}

#endif
