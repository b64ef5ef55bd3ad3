/** manifest.h - a study made immutable
 *
 * Canonical msgpack (docs/manifest.md is the specification) of a study with all bounds declared, its
 * members' certificates by fingerprint, what a run discloses, when it was made, and a nonce. Its
 * SHA-256 hash names it: approvals sign the hash, links and keys are bound to it. A value has one
 * encoding only, and reading accepts nothing else. */
#ifndef RF_PARTY_STUDY_MANIFEST_H
#define RF_PARTY_STUDY_MANIFEST_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/study/study.h"

enum {
    RF_MANIFEST_VERSION = 2,
    RF_MANIFEST_NONCE = 16,
    RF_MANIFEST_HASH = 32,
    RF_MANIFEST_HEX = 2 * RF_MANIFEST_HASH + 1,
    RF_MANIFEST_SHORT = 36, /* bytes of rf_manifest_short()'s text */
};

struct rf_manifest {
    struct rf_study study; /* with members' fingerprints */
    uint64_t created;      /* seconds since 1970 */
    uint8_t nonce[RF_MANIFEST_NONCE];
    uint8_t hash[RF_MANIFEST_HASH]; /* of the encoding */
};

/** rf_manifest_make() - freeze a study: now, with a fresh nonce
 * @certificates: one for each member of the study, in its order
 * @bytes:        the encoding; free with free()
 * Errors: RF_E_ARG when the study is not valid with its bounds declared, or a certificate is not for
 * its member; RF_E_CRYPTO. Whether a CA that one believes issued them is for whoever approves. */
RF_MUST_CHECK enum rf_rc rf_manifest_make(struct rf_manifest *manifest,
                                          const struct rf_study *study, X509 *const *certificates,
                                          uint8_t **bytes, size_t *size, struct rf_err *err);

/** rf_manifest_encode() - the encoding of what the manifest says, and its hash into the manifest
 * @bytes: free with free() */
RF_MUST_CHECK enum rf_rc rf_manifest_encode(struct rf_manifest *manifest, uint8_t **bytes,
                                            size_t *size, struct rf_err *err);

/** rf_manifest_read() - decode and check
 * @name: stands for the file in errors
 * Errors: RF_E_FORMAT: malformed, not canonical, of another version, declaring other disclosures than
 * this program makes, or holding a study that rf_study_check() refuses. */
RF_MUST_CHECK enum rf_rc rf_manifest_read(struct rf_manifest *manifest, const char *name,
                                          const uint8_t *bytes, size_t size, struct rf_err *err);

/** rf_manifest_load() - the same from a file */
RF_MUST_CHECK enum rf_rc rf_manifest_load(struct rf_manifest *manifest, const char *path,
                                          struct rf_err *err);

/** rf_manifest_hex() - the hash as 64 hexadecimal digits */
void rf_manifest_hex(const struct rf_manifest *manifest, char text[RF_MANIFEST_HEX]);

/** rf_manifest_short() - six groups of five digits to read out on the telephone (99.6 bits)
 * For people to compare; programs compare the hash. */
void rf_manifest_short(const struct rf_manifest *manifest, char text[RF_MANIFEST_SHORT]);

#endif
