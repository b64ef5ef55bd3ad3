#include "bench/line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

static const struct unit times[] = {{"ms", 1e-3}, {"us", 1e-6}, {"s", 1}, {0}};
static const struct unit rates[] = {{"gbit", 1e9 / 8}, {"mbit", 1e6 / 8}, {"kbit", 1e3 / 8}, {0}};

/* A number and its unit; @text then stands behind them. */
static bool read_unit(const char **text, const struct unit *units, double *value)
{
    char *end;
    *value = strtod(*text, &end);
    if (end == *text || !(*value >= 0) || *value > 1e6)
        return false;
    for (; units->name; units++) {
        size_t length = strlen(units->name);
        if (strncmp(end, units->name, length) == 0) {
            *value *= units->factor;
            *text = end + length;
            return true;
        }
    }
    return false;
}

enum rf_rc rf_line_read(struct rf_line *line, const char *text, struct rf_err *err)
{
    static const struct {
        const char *name;
        struct rf_line line;
    } named[] = {
        {"loopback", {.rtt = 0}},
        {"lan", {.rtt = 0.2e-3, .bytes_per_s = 10e9 / 8}},
        {"wan", {.rtt = 50e-3, .bytes_per_s = 100e6 / 8}},
    };
    const char *at = text;
    for (unsigned i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(text, named[i].name) == 0) {
            *line = named[i].line;
            return RF_OK;
        }
    }
    if (read_unit(&at, times, &line->rtt) && *at++ == ',' &&
        read_unit(&at, rates, &line->bytes_per_s) && *at == 0 && line->rtt <= 10 &&
        line->bytes_per_s >= 1000)
        return RF_OK;
    return rf_err_set(err, RF_E_ARG,
                      "'%.40s' is no network: loopback, lan, wan, or a round-trip time and a rate "
                      "such as 10ms,1gbit",
                      text);
}
