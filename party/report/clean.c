#include "party/report/clean.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

enum { REPLACEMENT = 0xfffd };

static bool showable(utf8proc_int32_t character)
{
    bool markup_takes = character != 0xfffe && character != 0xffff;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return markup_takes && !utf8proc_get_property(character)->ignorable;
    }
}

static utf8proc_int32_t next(const char **text)
{
    utf8proc_int32_t character = 0;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &character);
    *text += used > 0 ? used : 1;
    return used > 0 && showable(character) ? character : REPLACEMENT;
}

size_t rf_clean_next(const char **text, char out[RF_CLEAN_CHARACTER])
{
    if (!**text)
        return 0;
    return (size_t)utf8proc_encode_char(next(text), (utf8proc_uint8_t *)out);
}

void rf_clean_copy(char *out, size_t room, const char *text)
{
    char character[RF_CLEAN_CHARACTER];
    size_t used = 0, size;
    while ((size = rf_clean_next(&text, character)) != 0 && used + size < room) {
        memcpy(out + used, character, size);
        used += size;
    }
    out[used] = 0;
}

unsigned rf_clean_width(const char *text)
{
    unsigned width = 0;
    while (*text)
        width += (unsigned)utf8proc_charwidth(next(&text));
    return width;
}
