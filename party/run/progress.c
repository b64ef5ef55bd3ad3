#include "party/run/progress.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "party/report/units.h"

void rf_progress_init(struct rf_progress *progress, const char *who, bool quiet, bool events)
{
    *progress = (struct rf_progress){
        .quiet = quiet,
        .events = events,
        .terminal = isatty(STDERR_FILENO),
        .who = who,
    };
}

static void event(json_t *object)
{
    char *line = json_dumps(object, JSON_COMPACT);
    if (line) {
        (void)printf("%s\n", line);
        (void)fflush(stdout);
    }
    free(line);
    json_decref(object);
}

void rf_progress_step(void *context, const struct rf_step *step, bool done)
{
    const struct rf_progress *progress = context;
    if (progress->events) {
        event(json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:f}", "event", "step", "name", step->name,
                        "done", done, "rows", (json_int_t)step->rows, "bytes",
                        (json_int_t)(done ? step->bytes_counted : 0), "rounds",
                        (json_int_t)(done ? step->rounds_counted : 0), "seconds",
                        done ? step->seconds : 0.0));
        return;
    }
    if (progress->quiet)
        return;
    if (!done) {
        if (progress->terminal)
            (void)fprintf(stderr, "%s: %-24s %10llu rows …\r", progress->who, step->name,
                          (unsigned long long)step->rows);
        return;
    }
    char size[RF_UNITS_TEXT];
    (void)fprintf(stderr, "%s: %-24s %10llu rows %12s %6llu rounds %8.2f s\n", progress->who,
                  step->name, (unsigned long long)step->rows,
                  rf_units_bytes(size, step->bytes_counted),
                  (unsigned long long)step->rounds_counted, step->seconds);
}

void rf_progress_note(const struct rf_progress *progress, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (progress->events)
        event(json_pack("{s:s, s:s}", "event", "note", "text", text));
    else if (!progress->quiet)
        (void)fprintf(stderr, "%s: %s\n", progress->who, text);
}
