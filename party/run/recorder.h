/** recorder.h - a process records its epoch: what goes into its transcript, and when
 *
 * Made before links are opened, because it watches their frames; the file begins when the meeting has
 * settled session and epoch. docs/transcript.md specifies the file. Frames are kept in memory, some 40
 * bytes each, until the next checkpoint. Every function is harmless on a recorder that is NULL, so
 * that a run without a transcript is the same code.
 *
 * Functions that name no lane belong to the thread of lane 0. */
#ifndef RF_PARTY_RUN_RECORDER_H
#define RF_PARTY_RUN_RECORDER_H

#include "net/lane.h"
#include "party/run/message.h"
#include "party/transcript/sealing.h"
#include "protocols/backend/backend.h"

struct rf_session;
struct rf_recorder;

enum rf_record_level { RF_RECORD_CHAIN, RF_RECORD_FULL, RF_RECORD_OFF };

enum { RF_RECORD_BATCHES = 1024 }; /* a checkpoint is due within a step after so many */

/** rf_recorder_new() - for a session that is open and not connected yet
 * @session: borrowed, and its lanes
 * Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_recorder_new(struct rf_recorder **recorder,
                                         const struct rf_session *session, unsigned lanes);

/** rf_recorder_seal() - level full: @sealing gets what is sealed, and is freed with the recorder
 * @auditor: fingerprint of the certificate that it seals to */
void rf_recorder_seal(struct rf_recorder *recorder, struct rf_sealing *sealing,
                      const uint8_t auditor[32]);

/** rf_recorder_sink() - for the node's configuration; NULL without a recorder */
const struct rf_sink *rf_recorder_sink(const struct rf_recorder *recorder);

/** rf_recorder_open() - the session has met: begin the file
 * @folder: made if need be
 * @path: PATH_MAX bytes; where the file is, if it is not NULL
 * Errors: RF_E_IO, RF_E_ARG naming the file. */
RF_MUST_CHECK enum rf_rc rf_recorder_open(struct rf_recorder *recorder, const char *folder,
                                          char *path);

/** rf_recorder_path() - MEMBER-ROLE-MANIFEST-EPOCH.rft in @folder, for this session
 * Errors: RF_E_ARG when it is too long. */
RF_MUST_CHECK enum rf_rc rf_recorder_path(const struct rf_session *session, const char *folder,
                                          char *path);

/** rf_recorder_item() - something secret, for level full; nothing for chain */
RF_MUST_CHECK enum rf_rc rf_recorder_item(struct rf_recorder *recorder, enum rf_sealing_kind kind,
                                          unsigned peer, const void *data, size_t size);

RF_MUST_CHECK enum rf_rc rf_recorder_begin(struct rf_recorder *recorder, const char *name,
                                           uint64_t rows);
RF_MUST_CHECK enum rf_rc rf_recorder_input(struct rf_recorder *recorder,
                                           const struct rf_signed *input);
RF_MUST_CHECK enum rf_rc rf_recorder_output(struct rf_recorder *recorder,
                                            const struct rf_signed *output);
RF_MUST_CHECK enum rf_rc rf_recorder_result(struct rf_recorder *recorder,
                                            const uint8_t digest[RF_DIGEST_SIZE]);

/** rf_recorder_watch() - what the backend of lane @lane opens goes into the transcript, and the steps of all
 * lanes but 0 */
void rf_recorder_watch(struct rf_recorder *recorder, unsigned lane, struct rf_backend *backend);

/** rf_recorder_step() - a step of lane 0's backend begins or ends; what fails here fails at the next checkpoint */
void rf_recorder_step(struct rf_recorder *recorder, const struct rf_step *step, bool done);

/** rf_recorder_checkpoint() - both ends of the links to @peers sign where they stand
 * @lane, @index: whose links; nothing may be under way on them
 * Errors: RF_E_CHEAT naming a peer whose chain is another or whose signature is not valid; those of the
 * channel; RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_recorder_checkpoint(struct rf_recorder *recorder, struct rf_lane *lane,
                                                unsigned index, const unsigned *peers,
                                                unsigned count);

/** rf_recorder_totals() - what a run came to, for the end of the transcript */
void rf_recorder_totals(struct rf_recorder *recorder, const struct rf_run_cost *cost);

/** rf_recorder_finish() - the last records
 * @rc:      RF_OK, or how the run failed
 * @reason:  what peers were told of that
 * @traffic: of all lanes
 * Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_recorder_finish(struct rf_recorder *recorder, enum rf_rc rc,
                                            const char *reason, const struct rf_traffic *traffic);

void rf_recorder_free(struct rf_recorder *recorder);

#endif
