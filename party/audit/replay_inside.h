/** replay_inside.h - the inside of a replay: for replay.c, replay_frames.c and replay_checkpoint.c alone
 *
 * Each lane of the process has a tape, and a reader of the sealed file of its own that passes over what other
 * lanes received: so lanes run in their threads as they did, and nothing is kept for a lane that is behind. */
#ifndef RF_PARTY_AUDIT_REPLAY_INSIDE_H
#define RF_PARTY_AUDIT_REPLAY_INSIDE_H

#include <pthread.h>

#include "net/tape.h"
#include "party/audit/replay.h"
#include "party/run/session.h"
#include "party/transcript/sealing_file.h"

/** A control message that the process sent, as it was recorded; a queue. */
struct rf_replay_said {
    struct rf_replay_said *next;
    size_t size;
    uint8_t bytes[];
};

struct rf_replay_peer {
    unsigned id;
    const char *name; /* the manifest's: the session is gone when all is judged */
    const struct rf_transcript_link *sent, *received; /* NULL: nothing */
    uint64_t next_received,
        next_told; /* frames, among the items read: received; sent, of which something is kept */
    struct rf_replay_said *said, *said_last;
    size_t next_checkpoint; /* where to look for the next one, among the transcript's */
    uint64_t checkpoints;
};

struct rf_replay_lane {
    struct rf_replay *replay;
    unsigned index, peers;
    bool stopped; /* by the replay; otherwise the process ended it by itself */
    bool
        exhausted; /* stopped because no more is sealed, or no more of what is sealed is recorded */
    bool in_checkpoint; /* stopped in one of which there is no record */
    struct rf_sealing_reader *sealed;
    struct rf_sealing_item item; /* read, and not used yet; kind 0: none */
    struct rf_tape *tape;
    struct rf_sink sink;
    struct rf_replay_peer peer[RF_PEERS_MAX];
    size_t next_opened;   /* where to look for the next record of a value */
    uint64_t opened_at;   /* bytes of the value under way that were compared */
    const uint8_t *going; /* payload of the frame that goes next */
    struct rf_pieces_place
        said_differs; /* where it differs from the control message recorded; size 0: it does not */
    struct rf_replay_report counted; /* its numbers, by this lane */
};

struct rf_replay {
    const struct rf_replay_options *options;
    const struct rf_transcript *transcript;
    const struct rf_manifest *manifest;
    struct rf_replay_report *report;
    struct rf_err *err; /* of the replay: what keeps it from going on; under the lock */
    struct rf_err run;  /* of the process: what it says of itself */

    uint8_t id[RF_SEAL_ID];
    uint8_t seed[RF_SEED_SIZE];
    uint8_t contribution[RF_CLIENT_ID + RF_MEMBERS_MAX][32]; /* by id */
    bool met[RF_CLIENT_ID + RF_MEMBERS_MAX];

    struct rf_session *session;
    struct rf_stand_in stand_in;
    pthread_mutex_t lock;
    unsigned failed_lane; /* of the process: where its error came up first */
    /* Under the lock while lanes run. */
    bool ended;    /* a lane has stopped; the report says where the first did */
    bool failed;   /* @err is why */
    bool deviates; /* the report says how */
    unsigned lanes;
    struct rf_replay_lane lane[RF_STUDY_LANES_MAX];
};

/** rf_replay_over() - nothing more is to be compared. Takes the lock. */
bool rf_replay_over(struct rf_replay *replay);

/** rf_replay_differs() - the first difference: fills in step and text; gives back RF_E_CHEAT */
enum rf_rc rf_replay_differs(struct rf_replay_lane *lane, const char *format, ...) RF_PRINTF(2, 3);

/** rf_replay_frame_differs() - the same, about a frame that we sent
 * @place: in its payload, size 0 if unknown; @expected: leaf of the frame that is due there; NULL: none is */
enum rf_rc rf_replay_frame_differs(struct rf_replay_lane *lane, unsigned peer, uint64_t number,
                                   struct rf_pieces_place place, const uint8_t *expected,
                                   const char *what);

/** rf_replay_cannot() - the replay itself cannot go on: @why; gives back its code */
enum rf_rc rf_replay_cannot(struct rf_replay *replay, const struct rf_err *why);

/** rf_replay_stops() - nothing more was recorded; gives back RF_E_PEER */
enum rf_rc rf_replay_stops(struct rf_replay_lane *lane);

/** rf_replay_look() - the lane's next sealed item, unless one is there that is not used yet; kind 0 at the end */
RF_MUST_CHECK enum rf_rc rf_replay_look(struct rf_replay_lane *lane, struct rf_err *why);

/** rf_replay_read() - the same; an error ends the replay */
RF_MUST_CHECK enum rf_rc rf_replay_read(struct rf_replay_lane *lane);

/** rf_replay_links() - before the first frame: which frames are due */
void rf_replay_links(struct rf_replay_lane *lane);

/* Callbacks of the tape, and of its sink; @context is a lane. */
enum rf_rc rf_replay_next(void *context, struct rf_tape_frame *frame);
enum rf_rc rf_replay_says(void *context, struct rf_tape_frame *frame);
enum rf_rc rf_replay_hashed(void *context, const struct rf_sink_frame *frame);

/* Callbacks of the session; @context is the replay. */
enum rf_rc rf_replay_checkpoint(void *context, unsigned lane, const unsigned *peers,
                                unsigned count);
enum rf_rc rf_replay_sign(void *context, struct rf_signed *record);
void rf_replay_watch(void *context, unsigned lane, struct rf_backend *backend);

/** rf_replay_rest() - the process has ended well: nothing that was recorded may be left over */
RF_MUST_CHECK enum rf_rc rf_replay_rest(struct rf_replay_lane *lane);

/** rf_replay_sealed() - of a lane that is exhausted: is all sealed that is recorded? */
RF_MUST_CHECK enum rf_rc rf_replay_sealed(struct rf_replay_lane *lane);

/** rf_replay_went_on() - this lane ends early, @why: the process may not have gone on behind that
 * What came from others meanwhile may be there. Gives back RF_E_CHEAT if it did. */
RF_MUST_CHECK enum rf_rc rf_replay_went_on(struct rf_replay_lane *lane, const char *why);

/** rf_replay_has_checkpoint() - is one with this peer recorded that the lane has not come to? */
bool rf_replay_has_checkpoint(const struct rf_replay_lane *lane, unsigned peer);

/** rf_replay_forget() - wipe and free what a lane keeps */
void rf_replay_forget(struct rf_replay_lane *lane);

#endif
