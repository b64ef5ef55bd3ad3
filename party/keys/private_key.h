/** private_key.h - private keys and the files that hold them
 *
 * Files are PKCS#8 in PEM, encrypted with AES-256-CBC under a scrypt key (N = 16384, r = 8, p = 5:
 * 16 MiB and about a tenth of a second for each guess), mode 0600. Keys that we make are on P-256 or
 * P-384; keys that a bank brings may be RSA of 2048 bits or more, or on P-256, P-384 or P-521. */
#ifndef RF_PARTY_KEYS_PRIVATE_KEY_H
#define RF_PARTY_KEYS_PRIVATE_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "net/base/rc.h"
#include "party/keys/passphrase.h"
#include "party/keys/safe_file.h"

/** rf_private_key_make() - a new key on @curve ("P-256", "P-384"); free with EVP_PKEY_free() */
RF_MUST_CHECK enum rf_rc rf_private_key_make(EVP_PKEY **key, const char *curve, struct rf_err *err);

/** rf_private_key_save() - write it encrypted
 * Errors: RF_E_ARG when the file exists and @how is RF_SAFE_FILE_NEW. */
RF_MUST_CHECK enum rf_rc rf_private_key_save(EVP_PKEY *key, const char *path,
                                             const struct rf_passphrase *passphrase,
                                             enum rf_safe_file_how how, struct rf_err *err);

/** rf_private_key_load() - read a PEM key
 * @passphrase: NULL when the key is not encrypted
 * Errors: RF_E_CRYPTO naming the file: no key, wrong passphrase, others may read it, too weak. */
RF_MUST_CHECK enum rf_rc rf_private_key_load(EVP_PKEY **key, const char *path,
                                             const struct rf_passphrase *passphrase,
                                             struct rf_err *err);

/** rf_private_key_encrypted() - does the file hold an encrypted key?
 * Errors: RF_E_CRYPTO when it holds no private key at all. */
RF_MUST_CHECK enum rf_rc rf_private_key_encrypted(const char *path, bool *encrypted,
                                                  struct rf_err *err);

/** rf_private_key_accept() - is this (public or private) key of a kind and size that we use?
 * Errors: RF_E_CRYPTO "@what: reason". */
RF_MUST_CHECK enum rf_rc rf_private_key_accept(EVP_PKEY *key, const char *what, struct rf_err *err);

/** rf_private_key_kind() - "EC P-256", "RSA 3072", ... into @text of 32 bytes */
void rf_private_key_kind(EVP_PKEY *key, char text[32]);

#endif
