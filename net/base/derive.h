/** derive.h - one key from another */
#ifndef RF_NET_BASE_DERIVE_H
#define RF_NET_BASE_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

/** rf_derive_key() - HKDF-SHA256 (RFC 5869): @size bytes from @secret
 * @salt:    what the key is bound to first of all: the manifest's hash; may be NULL with size 0
 * @info:    the purpose in words, used with its terminating NUL
 * @context: further bytes that the key is bound to; may be NULL with size 0
 * Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_derive_key(uint8_t *key, size_t size, const void *secret,
                                       size_t secret_size, const void *salt, size_t salt_size,
                                       const char *info, const void *context, size_t context_size,
                                       struct rf_err *err);

#endif
