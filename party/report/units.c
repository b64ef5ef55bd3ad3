#include "party/report/units.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *rf_units_grouped(char out[RF_UNITS_TEXT], uint64_t value, const char *separator)
{
    char digits[24];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t gap = strlen(separator), used = 0;
    assert(gap <= 3);
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && (count - i) % 3 == 0) {
            memcpy(out + used, separator, gap);
            used += gap;
        }
        out[used++] = digits[i];
    }
    out[used] = 0;
    return out;
}

const char *rf_units_bytes(char out[RF_UNITS_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024) {
        (void)snprintf(out, RF_UNITS_TEXT, "%" PRIu64 " B", bytes);
        return out;
    }
    while (value >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(out, RF_UNITS_TEXT, "%.1f %s", value, units[unit]);
    return out;
}

const char *rf_units_seconds(char out[RF_UNITS_TEXT], double seconds)
{
    uint64_t whole = seconds > 0 && seconds < 1e15 ? (uint64_t)(seconds + 0.5) : 0;
    if (seconds < 9.9995)
        (void)snprintf(out, RF_UNITS_TEXT, "%.3f s", seconds);
    else if (seconds < 119.95)
        (void)snprintf(out, RF_UNITS_TEXT, "%.1f s", seconds);
    else if (whole < 7200) {
        (void)snprintf(out, RF_UNITS_TEXT, "%" PRIu64 " min %02" PRIu64 " s", whole / 60,
                       whole % 60);
    } else {
        (void)snprintf(out, RF_UNITS_TEXT, "%" PRIu64 " h %02" PRIu64 " min", whole / 3600,
                       whole % 3600 / 60);
    }
    return out;
}

static struct tm broken_down(int64_t time)
{
    struct tm tm = {.tm_year = 70, .tm_mday = 1};
    time_t seconds = (time_t)time;
    return gmtime_r(&seconds, &tm) ? tm : (struct tm){.tm_year = 70, .tm_mday = 1};
}

const char *rf_units_iso(char out[RF_UNITS_TEXT], int64_t time)
{
    struct tm tm = broken_down(time);
    (void)strftime(out, RF_UNITS_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

/* The months' names are our own: strftime's depend on the locale. */
const char *rf_units_date(char out[RF_UNITS_TEXT], int64_t time)
{
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December",
    };
    struct tm tm = broken_down(time);
    (void)snprintf(out, RF_UNITS_TEXT, "%d %s %d, %02d:%02d UTC", tm.tm_mday, months[tm.tm_mon],
                   1900 + tm.tm_year, tm.tm_hour, tm.tm_min);
    return out;
}
