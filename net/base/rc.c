#include "net/base/rc.h"

#include <stdarg.h>
#include <stdio.h>

enum rf_rc rf_err_set(struct rf_err *err, enum rf_rc rc, const char *format, ...)
{
    if (err && err->rc == RF_OK && !atomic_flag_test_and_set(&err->taken)) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        err->rc = rc; /* whoever sees it sees the text */
    }
    return rc;
}

void rf_err_prefix(struct rf_err *err, const char *format, ...)
{
    if (!err || err->rc == RF_OK)
        return;
    struct rf_err old = *err;
    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text)
        (void)snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", old.text);
}

void rf_err_clear(struct rf_err *err)
{
    if (err)
        *err = (struct rf_err){0};
}

const char *rf_rc_name(enum rf_rc rc)
{
    static const char *const names[] = {
        [RF_OK] = "ok",           [RF_E_ARG] = "misuse",
        [RF_E_FORMAT] = "format", [RF_E_IO] = "io",
        [RF_E_MEMORY] = "memory", [RF_E_CRYPTO] = "crypto",
        [RF_E_PEER] = "peer",     [RF_E_CHEAT] = "cheat",
        [RF_E_ABORT] = "abort",   [RF_E_INTERNAL] = "internal",
    };
    return (unsigned)rc < sizeof names / sizeof *names ? names[rc] : "unknown";
}

int rf_rc_exit(enum rf_rc rc)
{
    if (rc == RF_OK)
        return 0;
    return rc == RF_E_ARG || rc == RF_E_FORMAT ? 2 : 1;
}
