/** envelope.h - bytes sealed to the owners of certificates
 *
 * CMS AuthEnvelopedData (RFC 5083) in DER, AES-256-GCM (RFC 5084): to EC certificates by ephemeral
 * ECDH with an X9.63 KDF over SHA-256 and AES-256 key wrap, to RSA certificates by OAEP with SHA-256.
 * Nothing else is opened, CBC least of all: it opens changed data without an error. Who has a
 * certificate can make an envelope for it, so the seal says that nobody changed what is inside and not who put it there. */
#ifndef RF_PARTY_KEYS_ENVELOPE_H
#define RF_PARTY_KEYS_ENVELOPE_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

/** What an envelope is called in errors. */
struct rf_envelope_words {
    const char *name;  /* of the file, or what stands for it */
    const char *what;  /* "tokens' key": what should be in it */
    const char *owner; /* "member": whose certificate opens it */
};

/** rf_envelope_seal() - @content, so that the owner of any of the certificates can open it
 * The certificates must have been checked. @der: free with OPENSSL_free(). Errors: RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_envelope_seal(const struct rf_envelope_words *words,
                                          const void *content, size_t size,
                                          X509 *const *certificates, size_t count,
                                          unsigned char **der, size_t *der_size,
                                          struct rf_err *err);

/** rf_envelope_open() - what is in it, with one's own certificate and private key
 * @content: free with rf_secret_free(*content, *content_size)
 * Errors: RF_E_CRYPTO naming the file: not sealed to this certificate, changed, not
 * AuthEnvelopedData with AES-256-GCM, bytes behind it. */
RF_MUST_CHECK enum rf_rc rf_envelope_open(const struct rf_envelope_words *words,
                                          const uint8_t *bytes, size_t size, X509 *certificate,
                                          EVP_PKEY *key, uint8_t **content, size_t *content_size,
                                          struct rf_err *err);

/** rf_envelope_recipients() - how many certificates it is sealed to */
RF_MUST_CHECK enum rf_rc rf_envelope_recipients(const struct rf_envelope_words *words,
                                                const uint8_t *bytes, size_t size, unsigned *count,
                                                struct rf_err *err);

#endif
