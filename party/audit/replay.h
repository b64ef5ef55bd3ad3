/** replay.h - one process of a run, executed again from its full transcript (level 1)
 *
 * Its seed, what the others contributed to the meeting, what it received and, of a contributor, its rows stand
 * in the sealed file; with these the same program does the same again, alone and without a network, on a tape
 * (net/tape.h). Compared are: every frame that it sent, by its leaf (and where it differs, by what is kept of its bytes); every
 * frame received, by its leaf, so that nobody can explain what it sent by what it never got; what was opened; checkpoints
 * and signed records. The first difference ends it: that is where the process did something else than
 * the program that it was to run, or recorded something else than it did.
 *
 * Times that a party tells recipients are taken as they were said. Signatures are taken from the transcript and
 * checked, since the private key is not here.
 *
 * One party's transcript shows its own shares. Two parties' show the members' data: whoever replays needs an
 * order (audit_order.h) that names the one party of a session. */
#ifndef RF_PARTY_AUDIT_REPLAY_H
#define RF_PARTY_AUDIT_REPLAY_H

#include <openssl/x509.h>

#include "party/data/tables.h"
#include "party/study/manifest.h"
#include "party/transcript/pieces.h"
#include "party/transcript/transcript_read.h"

enum rf_replay_outcome {
    RF_REPLAY_AGREES,   /* all of the run, to its end */
    RF_REPLAY_PARTLY,   /* all that was recorded of a run that did not end well */
    RF_REPLAY_DEVIATES, /* it did something else */
};

/** The first difference. */
struct rf_replay_difference {
    bool frame; /* it is about a frame that was sent: what follows is filled */
    unsigned peer;
    uint64_t number;              /* in its chain, from 0 */
    uint8_t kind;                 /* as recorded */
    uint32_t length;              /* as recorded */
    struct rf_pieces_place place; /* in its payload; size 0: unknown */
    bool due; /* a frame is due there, and @expected is filled; otherwise none is */
    uint8_t recorded[RF_CHAIN_SIZE], expected[RF_CHAIN_SIZE]; /* leaves */

    unsigned lane;
    bool is_signed; /* the process signed a tree head over it; otherwise the file alone says so */
    uint32_t step;  /* of the lane */
    char step_name[64];
    char text[400]; /* all of it in words */
};

struct rf_replay_report {
    enum rf_replay_outcome outcome;
    uint64_t frames_sent, frames_received, bytes_sent, bytes_received; /* compared */
    uint64_t opened;                                                   /* values */
    unsigned checkpoints, segments;
    double seconds;
    double ran;      /* seconds that the run took by its own record; 0: unknown */
    char ended[400]; /* of PARTLY: where, and why */
    struct rf_replay_difference difference;
};

struct rf_replay_options {
    const char *path; /* of the transcript; the sealed file lies beside it */
    X509 *auditor;    /* to whom it is sealed, and the key */
    EVP_PKEY *key;
    const struct rf_tables
        *tables;           /* of a contributor: what its rows must be made of; NULL: not compared */
    const uint8_t *tokens; /* with tables: the tokens' key, RF_TOKEN_KEY_SIZE bytes */
    bool quiet;            /* no progress */
};

/** rf_replay_run() - execute it again
 * @transcript: that of @options->path, of level full; borrowed
 * @manifest:   its manifest
 * Errors: RF_E_CRYPTO when what is sealed does not open or is not
 * what the transcript names, RF_E_FORMAT, RF_E_MEMORY. A difference is none: see @report. */
RF_MUST_CHECK enum rf_rc rf_replay_run(const struct rf_replay_options *options,
                                       const struct rf_transcript *transcript,
                                       const struct rf_manifest *manifest,
                                       struct rf_replay_report *report, struct rf_err *err);

#endif
