/** sign.h - detached signatures with a members' key
 *
 * What is signed is domain || 0x00 || data, hashed with SHA-256: ECDSA for EC keys, RSA-PSS (salt as
 * long as the hash) for RSA keys. The domain says what a signature is for ("ringfence approval v1"),
 * so that a signature made for one purpose is worth nothing for another; it holds no NUL byte, so
 * that two domains cannot give the same bytes. */
#ifndef RF_PARTY_KEYS_SIGN_H
#define RF_PARTY_KEYS_SIGN_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum { RF_SIGNATURE_MAX = 2048 }; /* bytes: RSA of 16384 bits */

/** rf_sign() - sign @data for the purpose @domain
 * @signature: RF_SIGNATURE_MAX bytes; @signature_size is set to how many are used
 * Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_sign(EVP_PKEY *key, const char *domain, const void *data, size_t size,
                                 uint8_t signature[RF_SIGNATURE_MAX], size_t *signature_size,
                                 struct rf_err *err);

/** rf_sign_verify() - was @data signed for @domain by the owner of @certificate?
 * The certificate itself is not checked here. Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_sign_verify(X509 *certificate, const char *domain, const void *data,
                                        size_t size, const uint8_t *signature,
                                        size_t signature_size, struct rf_err *err);

#endif
