/** hex.h - bytes as hexadecimal digits, for people and for file names */
#ifndef RF_NET_BASE_HEX_H
#define RF_NET_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/** rf_hex() - @size bytes as lower-case digits, two each, and a NUL; returns @out */
static inline const char *rf_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = 0;
    return out;
}

#endif
