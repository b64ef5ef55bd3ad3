/** approval.h - a member's signed yes or no to a manifest
 *
 * An approval is a file: canonical msgpack of a body (manifest's hash, signer, time, decision, reason,
 * check value of the tokens' key) and a signature over "ringfence approval v1" || 0x00 || body with
 * the key of the certificate that the manifest names for the signer. docs/manifest.md specifies it. */
#ifndef RF_PARTY_STUDY_APPROVAL_H
#define RF_PARTY_STUDY_APPROVAL_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/keys/sign.h"
#include "party/keys/token_key.h"
#include "party/study/manifest.h"

#define RF_APPROVAL_DOMAIN "ringfence approval v1"

enum { RF_APPROVAL_VERSION = 1 };

struct rf_approval {
    uint8_t manifest[RF_MANIFEST_HASH];
    char signer[RF_MEMBER_NAME_MAX + 1];
    uint64_t time; /* seconds since 1970, by the signer's clock */
    bool approved; /* false: refused */
    char reason[RF_TEXT_MAX + 1];
    bool has_tokens; /* a contributor's: the check value of its tokens' key */
    uint8_t tokens[RF_TOKEN_KEY_CHECK_SIZE];
    uint8_t signature[RF_SIGNATURE_MAX];
    size_t signature_size;
};

/** rf_approval_sign() - sign what the approval says
 * Errors: RF_E_ARG when the reason is no text that may be shown; RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_approval_sign(struct rf_approval *approval, EVP_PKEY *key,
                                          struct rf_err *err);

/** rf_approval_encode() - the file's bytes; free with free() */
RF_MUST_CHECK enum rf_rc rf_approval_encode(const struct rf_approval *approval, uint8_t **bytes,
                                            size_t *size, struct rf_err *err);

/** rf_approval_read() - decode; the signature is not checked here
 * Errors: RF_E_FORMAT naming @name and the byte. */
RF_MUST_CHECK enum rf_rc rf_approval_read(struct rf_approval *approval, const char *name,
                                          const uint8_t *bytes, size_t size, struct rf_err *err);

/** rf_approval_verify() - did the owner of @certificate sign it?
 * Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_approval_verify(const struct rf_approval *approval, X509 *certificate,
                                            struct rf_err *err);

#endif
