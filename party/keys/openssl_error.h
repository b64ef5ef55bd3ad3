/** openssl_error.h - failures of OpenSSL as one line */
#ifndef RF_PARTY_KEYS_OPENSSL_ERROR_H
#define RF_PARTY_KEYS_OPENSSL_ERROR_H

#include "net/base/rc.h"

/** rf_openssl_error() - record RF_E_CRYPTO "text (OpenSSL's first reason)" and empty its queue
 * Returns RF_E_CRYPTO. */
enum rf_rc rf_openssl_error(struct rf_err *err, const char *format, ...) RF_PRINTF(2, 3);

#endif
