#include "party/data/utf8.h"

#include <utf8proc.h>

#include "net/base/bytes.h"

bool rf_utf8_ascii(const char *text, size_t size)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= size; i += 8)
        any |= rf_load64(text + i);
    for (; i < size; i++)
        any |= (unsigned char)text[i];
    return (any & UINT64_C(0x8080808080808080)) == 0;
}

bool rf_utf8_valid(const char *text, size_t size)
{
    if (rf_utf8_ascii(text, size))
        return true;
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t left = (utf8proc_ssize_t)size;
    while (left > 0) {
        utf8proc_int32_t code;
        utf8proc_ssize_t used = utf8proc_iterate(at, left, &code);
        if (used <= 0)
            return false;
        at += used;
        left -= used;
    }
    return true;
}
