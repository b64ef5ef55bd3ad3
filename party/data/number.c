#include "party/data/number.h"

#include <stdbool.h>

static const char not_whole[] = "is not a whole number";
static const char not_decimal[] = "is not a decimal number";
static const char negative[] = "must not be negative";
static const char too_large[] = "is larger than 64 bits can hold";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *text, size_t size)
{
    size_t count = 0;
    while (count < size && is_digit(text[count]))
        count++;
    return count;
}

/* value = 10 value + digit, or false */
static bool append(uint64_t *value, unsigned digit)
{
    return !__builtin_mul_overflow(*value, UINT64_C(10), value) &&
           !__builtin_add_overflow(*value, (uint64_t)digit, value);
}

static bool append_all(uint64_t *value, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!append(value, (unsigned)(text[i] - '0')))
            return false;
    return true;
}

const char *rf_number_whole(const char *text, size_t size, uint64_t *value)
{
    *value = 0;
    if (size > 1 && text[0] == '-' && digits(text + 1, size - 1) == size - 1)
        return negative;
    if (size == 0 || digits(text, size) != size)
        return not_whole;
    return append_all(value, text, size) ? NULL : too_large;
}

static bool is_decimal(const char *text, size_t size)
{
    size_t whole = digits(text, size);
    if (whole == 0 || whole == size)
        return whole > 0;
    size_t fraction = digits(text + whole + 1, size - whole - 1);
    return text[whole] == '.' && fraction > 0 && whole + 1 + fraction == size;
}

const char *rf_number_check_decimal(const char *text, size_t size)
{
    if (size > 1 && text[0] == '-' && is_decimal(text + 1, size - 1))
        return negative;
    return is_decimal(text, size) ? NULL : not_decimal;
}

const char *rf_number_decimal(const char *text, size_t size, unsigned decimals, uint64_t *value)
{
    *value = 0;
    const char *wrong = rf_number_check_decimal(text, size);
    if (wrong)
        return wrong;
    size_t whole = digits(text, size);
    if (!append_all(value, text, whole))
        return too_large;
    for (size_t i = 0; i < decimals; i++)
        if (!append(value, whole + 1 + i < size ? (unsigned)(text[whole + 1 + i] - '0') : 0))
            return too_large;
    for (size_t i = whole + 1 + decimals; i < size; i++)
        if (text[i] != '0')
            return "has more decimals than its currency";
    return NULL;
}
