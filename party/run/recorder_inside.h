/** recorder_inside.h - the inside of a recorder: for recorder.c and recorder_checkpoint.c alone */
#ifndef RF_PARTY_RUN_RECORDER_INSIDE_H
#define RF_PARTY_RUN_RECORDER_INSIDE_H

#include <pthread.h>

#include "party/run/recorder.h"
#include "party/run/session.h"
#include "party/transcript/transcript_write.h"

/** Frames of one direction of one link that no record holds yet. */
struct rf_recorder_frames {
    uint8_t *bytes;
    size_t used, room;
    uint64_t first, next; /* numbers */
};

struct rf_recorder_lane {
    struct rf_recorder *recorder;
    unsigned index;
    uint32_t step; /* begun last */
    char step_name[64];
    struct rf_recorder_frames frames[RF_PEERS_MAX][2]; /* sent, received */
    uint64_t checkpoints[RF_PEERS_MAX];                /* passed */
};

struct rf_recorder {
    const struct rf_session *session;
    struct rf_err *err;
    struct rf_sink sink;
    struct rf_sealing *sealing;
    struct rf_transcript_header header;
    uint8_t peer_of[RF_CLIENT_ID + RF_MEMBERS_MAX]; /* peer number of an id on the links */

    pthread_mutex_t lock; /* of all that follows: lanes write at any time */
    bool open;            /* the file has begun, and not ended */
    struct rf_transcript_writer writer;
    enum rf_rc failed; /* where nobody could be told: at the next checkpoint */
    struct rf_transcript_totals totals;
    struct rf_traffic before; /* the meeting's */

    unsigned lanes;
    struct rf_recorder_lane lane[];
};

/** rf_recorder_pending() - frames of a lane's links that are in memory become records; the lock is held */
RF_MUST_CHECK enum rf_rc rf_recorder_pending(struct rf_recorder *recorder, unsigned lane);

#endif
