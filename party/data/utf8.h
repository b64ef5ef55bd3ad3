/** utf8.h - is it UTF-8? */
#ifndef RF_PARTY_DATA_UTF8_H
#define RF_PARTY_DATA_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** rf_utf8_ascii() - bytes below 128 only; about 8 bytes a step */
bool rf_utf8_ascii(const char *text, size_t size);

/** rf_utf8_valid() - well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF */
bool rf_utf8_valid(const char *text, size_t size);

#endif
