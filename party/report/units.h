/** units.h - numbers as people read them
 *
 * Each function writes into @out and returns it. */
#ifndef RF_PARTY_REPORT_UNITS_H
#define RF_PARTY_REPORT_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum { RF_UNITS_TEXT = 72 /* bytes that the longest of these takes */ };

/** U+00A0, the no-break space: parts thousands in a way that no language takes for a decimal mark. */
#define RF_UNITS_GAP "\xc2\xa0"

/** rf_units_grouped() - 1234567 as 1 234 567, with @separator between the groups (at most 3 bytes) */
const char *rf_units_grouped(char out[RF_UNITS_TEXT], uint64_t value, const char *separator);

/** rf_units_bytes() - 512 B, 1.5 KiB, 12.0 MiB, ... */
const char *rf_units_bytes(char out[RF_UNITS_TEXT], uint64_t bytes);

/** rf_units_seconds() - 0.012 s, 12.3 s, 2 min 05 s, 3 h 20 min */
const char *rf_units_seconds(char out[RF_UNITS_TEXT], double seconds);

/** rf_units_iso() - 2026-03-14T09:26:53Z, from seconds since 1970 */
const char *rf_units_iso(char out[RF_UNITS_TEXT], int64_t time);

/** rf_units_date() - 14 March 2026, 09:26 UTC */
const char *rf_units_date(char out[RF_UNITS_TEXT], int64_t time);

#endif
