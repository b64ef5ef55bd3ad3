/** number.h - reads numbers exactly, from files
 *
 * Each function returns NULL when the text is such a number, and otherwise what is wrong with it in
 * words (static text that does not quote the number). Digits are 0 to 9; no signs, no spaces, no
 * exponents, no separators of thousands. */
#ifndef RF_PARTY_DATA_NUMBER_H
#define RF_PARTY_DATA_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/** rf_number_whole() - a whole number from 0 to 2^64 - 1 */
const char *rf_number_whole(const char *text, size_t size, uint64_t *value);

/** rf_number_check_decimal() - digits, or digits with a point and more digits; of any length */
const char *rf_number_check_decimal(const char *text, size_t size);

/** rf_number_decimal() - a decimal number in units of 10^-@decimals, exactly
 * More decimals than that are accepted when they are zeros. */
const char *rf_number_decimal(const char *text, size_t size, unsigned decimals, uint64_t *value);

#endif
