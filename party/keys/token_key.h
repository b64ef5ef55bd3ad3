/** token_key.h - the members' key from which tokens are made, sealed to the contributors
 *
 * 32 random bytes. Tokens are pseudonyms under this key, so whoever has it can try names against
 * tokens: it goes to contributors only, and no party that is not a contributor has it.
 *
 * The file (tokens.cms) is an envelope (envelope.h). Inside stand 20 bytes of label and the key, so that
 * nothing else that was ever sealed to a member can be taken for a tokens' key.
 *
 * Anyone who holds the certificates can make such a file: the seal says that nobody changed it, not
 * who made it. So a member takes it from a source that it trusts. Contributors that hold different
 * keys would share no token and get a result that looks right; therefore each puts the key's check
 * value, from which nothing about the key follows, into its approval, and they are compared. */
#ifndef RF_PARTY_KEYS_TOKEN_KEY_H
#define RF_PARTY_KEYS_TOKEN_KEY_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/keys/safe_file.h"

enum { RF_TOKEN_KEY_SIZE = 32, RF_TOKEN_KEY_CHECK_SIZE = 8 };

/** rf_token_key_make() - 32 random bytes, to be wiped by the caller */
RF_MUST_CHECK enum rf_rc rf_token_key_make(uint8_t key[RF_TOKEN_KEY_SIZE], struct rf_err *err);

/** rf_token_key_check_value() - 8 bytes that are the same if the keys are: HMAC-SHA-256 of a fixed
 * text, cut */
RF_MUST_CHECK enum rf_rc rf_token_key_check_value(const uint8_t key[RF_TOKEN_KEY_SIZE],
                                                  uint8_t value[RF_TOKEN_KEY_CHECK_SIZE],
                                                  struct rf_err *err);

/** rf_token_key_seal() - write @key so that the owner of any of the certificates can open it
 * The certificates must have been checked. Errors: RF_E_CRYPTO; RF_E_ARG without certificates, or
 * when the file exists and may not be replaced. */
RF_MUST_CHECK enum rf_rc rf_token_key_seal(const uint8_t key[RF_TOKEN_KEY_SIZE],
                                           X509 *const *certificates, size_t count,
                                           const char *path, enum rf_safe_file_how how,
                                           struct rf_err *err);

/** rf_token_key_open() - read the key with one's own certificate and private key
 * Errors: RF_E_CRYPTO naming the file: not sealed to this certificate, changed, not
 * AuthEnvelopedData with AES-256-GCM (CBC, which opens changed data without an error, is refused). */
RF_MUST_CHECK enum rf_rc rf_token_key_open(uint8_t key[RF_TOKEN_KEY_SIZE], const char *path,
                                           X509 *certificate, EVP_PKEY *private_key,
                                           struct rf_err *err);

/** rf_token_key_unseal() - the same from memory; @name stands for the file in errors */
RF_MUST_CHECK enum rf_rc rf_token_key_unseal(uint8_t key[RF_TOKEN_KEY_SIZE], const char *name,
                                             const uint8_t *bytes, size_t size, X509 *certificate,
                                             EVP_PKEY *private_key, struct rf_err *err);

/** rf_token_key_recipients() - how many certificates a sealed file is for
 * Errors: RF_E_CRYPTO when it is no such file. */
RF_MUST_CHECK enum rf_rc rf_token_key_recipients(const char *path, unsigned *count,
                                                 struct rf_err *err);

#endif
