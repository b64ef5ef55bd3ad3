/** message.h - the control messages of a run
 *
 * Canonical msgpack (party/study/canon.h), sent as control frames; docs/wire.md, "A run", specifies
 * them. Everything is checked against fixed limits before use; what does not fit is RF_E_CHEAT
 * naming the sender, because frames arrive as an authenticated peer sent them.
 *
 * Records (rf_input_record, rf_output_record) are signed; their bytes travel beside the signature so that
 * exactly what was signed is what is checked. */
#ifndef RF_PARTY_RUN_MESSAGE_H
#define RF_PARTY_RUN_MESSAGE_H

#include "net/channel.h"
#include "net/lane.h"
#include "party/keys/sign.h"
#include "party/study/canon.h"
#include "party/study/study.h"
#include "protocols/backend/backend.h"

enum {
    RF_CONTRIBUTION_SIZE = 32,
    RF_SALT_SIZE = 32,
    RF_DIGEST_SIZE = 32,
    RF_SHARE_SEED = 16,
    RF_RECORD_MAX = 512,
    RF_OUTPUT_MAX = 96 << 10, /* bytes of one output share at most */
};

/** First message of each process to each other. */
struct rf_meet {
    uint8_t contribution[RF_CONTRIBUTION_SIZE]; /* to the keys that only the two ends share */
    uint8_t session[RF_SESSION_SIZE];           /* of party 0; of the others to clients */
    uint64_t epoch;                             /* proposed; to clients, agreed */
};

/** A record and its signature. */
struct rf_signed {
    uint8_t record[RF_RECORD_MAX];
    size_t record_size;
    uint8_t signature[RF_SIGNATURE_MAX];
    size_t signature_size;
};

/** One run, which every record names. */
struct rf_run_id {
    uint8_t manifest[32];
    uint8_t session[RF_SESSION_SIZE];
    uint64_t epoch;
};

/** What a contributor signs before it gives anything. */
struct rf_input_record {
    struct rf_run_id run;
    uint64_t member; /* index in the manifest */
    uint64_t rows, row_bytes;
    uint8_t commitment[RF_PARTIES][RF_DIGEST_SIZE]; /* keyed BLAKE3 of each share, under its salt */
};

/** What a contributor gives one party: share p and p + 1. A share is the stream of a seed where there is
 * one, else it follows as bytes. */
struct rf_input {
    struct rf_signed record;
    uint8_t salt[2][RF_SALT_SIZE];
    bool seeded[2];
    uint8_t seed[2][RF_SHARE_SEED];
};

/** What a party signs before any output share leaves. */
struct rf_output_record {
    struct rf_run_id run;
    uint64_t party;
    uint8_t digest[2][RF_DIGEST_SIZE]; /* keyed BLAKE3 of shares p and p + 1, under their salts */
};

/** What a party tells recipients of its run. */
struct rf_run_cost {
    struct rf_step step[RF_STEPS_MAX]; /* declared and counted are equal here */
    unsigned steps;
    uint64_t bytes_sent, bytes_received, rounds, peak_memory;
    uint64_t opened[RF_OPEN_KINDS];
    uint64_t shared_rows;
    double seconds;
};

/** What a party gives a client in the end; to those that are no recipients, without shares and all zero. */
struct rf_output {
    struct rf_run_cost cost;
    bool has_shares;
    struct rf_signed record;
    uint8_t salt[2][RF_SALT_SIZE];
    uint8_t *share[2]; /* share_size bytes each, rf_secret_free() */
    size_t share_size;
};

/** What a process says at a checkpoint (docs/transcript.md): where its chain towards the receiver and its
 * transcript stand. */
struct rf_claim {
    uint64_t number; /* of the checkpoint, from 1 */
    uint64_t frames;
    uint8_t head[RF_CHAIN_SIZE];
    uint64_t size;
    uint8_t root[RF_DIGEST_SIZE];
};

/* Sending and receiving. @from names the sender in errors. Errors: those of the channel; RF_E_CHEAT naming
 * the sender for whatever is malformed or over a limit; RF_E_MEMORY. What is received stands in the
 * caller's struct; only an output holds memory of its own. */

RF_MUST_CHECK enum rf_rc rf_message_send_meet(struct rf_channel *channel, unsigned peer,
                                              const struct rf_meet *meet);
RF_MUST_CHECK enum rf_rc rf_message_receive_meet(struct rf_channel *channel, unsigned peer,
                                                 const char *from, struct rf_meet *meet);

RF_MUST_CHECK enum rf_rc rf_message_send_input(struct rf_channel *channel, unsigned peer,
                                               const struct rf_input *input);
RF_MUST_CHECK enum rf_rc rf_message_receive_input(struct rf_channel *channel, unsigned peer,
                                                  const char *from, struct rf_input *input);

/** A list of records: what a party got from all contributors, in the order of the manifest. */
RF_MUST_CHECK enum rf_rc rf_message_send_records(struct rf_channel *channel, unsigned peer,
                                                 const struct rf_signed *records, unsigned count);
RF_MUST_CHECK enum rf_rc rf_message_receive_records(struct rf_channel *channel, unsigned peer,
                                                    const char *from, struct rf_signed *records,
                                                    unsigned count);

RF_MUST_CHECK enum rf_rc rf_message_send_output(struct rf_channel *channel, unsigned peer,
                                                const struct rf_output *output);
RF_MUST_CHECK enum rf_rc rf_message_receive_output(struct rf_channel *channel, unsigned peer,
                                                   const char *from, struct rf_output *output);

RF_MUST_CHECK enum rf_rc rf_message_send_claim(struct rf_channel *channel, unsigned peer,
                                               const struct rf_claim *claim);
RF_MUST_CHECK enum rf_rc rf_message_receive_claim(struct rf_channel *channel, unsigned peer,
                                                  const char *from, struct rf_claim *claim);

/** A signature alone: what was signed, both know. @signature: RF_SIGNATURE_MAX bytes */
RF_MUST_CHECK enum rf_rc rf_message_send_signature(struct rf_channel *channel, unsigned peer,
                                                   const uint8_t *signature, size_t size);
RF_MUST_CHECK enum rf_rc rf_message_receive_signature(struct rf_channel *channel, unsigned peer,
                                                      const char *from, uint8_t *signature,
                                                      size_t *size);

/* Decoders alone, for fuzzing. Errors: RF_E_FORMAT on anything malformed or over a limit. */
RF_MUST_CHECK enum rf_rc rf_message_read_meet(struct rf_meet *meet, const uint8_t *bytes,
                                              size_t size, struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_message_read_input(struct rf_input *input, const uint8_t *bytes,
                                               size_t size, struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_message_read_records(struct rf_signed *records, unsigned count,
                                                 const uint8_t *bytes, size_t size,
                                                 struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_message_read_output(struct rf_output *output, const uint8_t *bytes,
                                                size_t size, struct rf_err *err);

RF_MUST_CHECK enum rf_rc rf_message_read_claim(struct rf_claim *claim, const uint8_t *bytes,
                                               size_t size, struct rf_err *err);
RF_MUST_CHECK enum rf_rc rf_message_read_signature(uint8_t *signature, size_t *signature_size,
                                                   const uint8_t *bytes, size_t size,
                                                   struct rf_err *err);

/** rf_message_output_bytes() - what rf_message_send_output() sends; wipe, and free with free() */
RF_MUST_CHECK enum rf_rc rf_message_output_bytes(const struct rf_output *output, uint8_t **bytes,
                                                 size_t *size, struct rf_err *err);

/** rf_message_output_fini() - wipe and free the shares; harmless on a zeroed output */
void rf_message_output_fini(struct rf_output *output);

#endif
