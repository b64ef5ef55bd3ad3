/** record.h - the signed records of a run: what a contributor gave, what the parties found
 *
 * A record names manifest, session and epoch, so that it is worth nothing elsewhere. */
#ifndef RF_PARTY_RUN_RECORD_H
#define RF_PARTY_RUN_RECORD_H

#include "party/run/message.h"
#include "party/run/session.h"

/** rf_record_run() - the run that a session is */
struct rf_run_id rf_record_run(const struct rf_session *session);

/** rf_record_is_of() - is it this session's? */
bool rf_record_is_of(const struct rf_run_id *run, const struct rf_session *session);

/** rf_record_sign_input(), rf_record_sign_output() - encode and sign with the member's key
 * @key: NULL leaves the signature empty, where a process is executed again (rf_session_signed()) */
RF_MUST_CHECK enum rf_rc rf_record_sign_input(struct rf_signed *out,
                                              const struct rf_input_record *record, EVP_PKEY *key,
                                              struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_record_sign_output(struct rf_signed *out,
                                               const struct rf_output_record *record, EVP_PKEY *key,
                                               struct rf_err *err);

/** rf_record_verify_input(), rf_record_verify_output() - check the signature, then decode
 * @signer: whose certificate it is, for errors
 * Errors: RF_E_CHEAT naming the signer. */
RF_MUST_CHECK enum rf_rc rf_record_verify_input(struct rf_input_record *record,
                                                const struct rf_signed *in, X509 *certificate,
                                                const char *signer, struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_record_verify_output(struct rf_output_record *record,
                                                 const struct rf_signed *in, X509 *certificate,
                                                 const char *signer, struct rf_err *err);

/** rf_record_digest() - keyed BLAKE3 of @size bytes under @salt */
void rf_record_digest(uint8_t digest[RF_DIGEST_SIZE], const uint8_t salt[RF_SALT_SIZE],
                      const void *data, size_t size);

/** rf_record_result() - the digest of a result, which recipients alone can compute: keyed BLAKE3 of the XOR
 * of all three output shares, under SHA-256("ringfence result v1" 00 || the three salts)
 * @salt, @share: of share 0, 1, 2
 * Errors: RF_E_MEMORY, RF_E_INTERNAL. */
RF_MUST_CHECK enum rf_rc rf_record_result(uint8_t digest[RF_DIGEST_SIZE],
                                          const uint8_t *const salt[RF_PARTIES],
                                          const uint8_t *const share[RF_PARTIES], size_t size,
                                          struct rf_err *err);

#endif
