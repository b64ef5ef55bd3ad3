/** receipt_file.h - what a recipient keeps to show where its result is from: the folder receipt/
 *
 *     manifest.msgpack, NAME.crt, NAME.approval     the study as it was approved (approvals.h)
 *     party-P.record, party-P.signature             what party P signed of its output shares (record.h)
 *     shares.msgpack                                the three output shares, and their salts
 *
 * With a CA's certificate that is all that is needed to check the result, without anybody's help:
 * party/audit/receipt_check.h. Whoever has the shares has the result, which its recipient has anyway. docs/result.md,
 * "The receipt", is the specification. */
#ifndef RF_PARTY_RUN_RECEIPT_FILE_H
#define RF_PARTY_RUN_RECEIPT_FILE_H

#include "party/run/output.h"

/** rf_receipt_file_write() - into the folder @out, made if need be
 * Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_receipt_file_write(const struct rf_session *session,
                                               const struct rf_receipt *receipt, const char *out);

/** rf_receipt_file_record() - what party @party signed; its signature is not checked here
 * Errors: RF_E_ARG when a file is not there, RF_E_FORMAT when it is too long. */
RF_MUST_CHECK enum rf_rc rf_receipt_file_record(struct rf_signed *out, const char *folder,
                                                unsigned party, struct rf_err *err);

/** rf_receipt_file_shares() - the shares and salts into @receipt; rf_receipt_fini() frees them
 * Errors: those of reading, RF_E_FORMAT naming the file and byte. */
RF_MUST_CHECK enum rf_rc rf_receipt_file_shares(struct rf_receipt *receipt, const char *folder,
                                                struct rf_err *err);

/** rf_receipt_file_decode() - the same from memory; @name stands for the file in errors */
RF_MUST_CHECK enum rf_rc rf_receipt_file_decode(struct rf_receipt *receipt, const char *name,
                                                const uint8_t *bytes, size_t size,
                                                struct rf_err *err);

#endif
