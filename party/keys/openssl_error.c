#include "party/keys/openssl_error.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

enum rf_rc rf_openssl_error(struct rf_err *err, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return rf_err_set(err, RF_E_CRYPTO, "%s%s%s%s", text, reason ? " (" : "", reason ? reason : "",
                      reason ? ")" : "");
}
