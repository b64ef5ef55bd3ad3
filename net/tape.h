/** tape.h - a channel that plays what was recorded instead of talking to anybody
 *
 * For the user of a channel (net/channel.h) a tape is a lane: messages are cut into the same frames with the
 * same headers, the same hash chains are kept, traffic and rounds are counted alike. But what comes from peers is
 * given by a callback, frame by frame, in the order in which a lane once took it, and what goes to peers is shown
 * to another. So one process of a run is executed again, alone: to compare what it sent with what it
 * should have sent (party/audit/replay.h), or to measure one party's own work.
 *
 * Nothing waits and nothing is read ahead: a frame is asked for when the next message cannot be completed without
 * it. A lane takes a frame only where it is wanted, so frames of a true recording are wanted when they come; what is
 * not wanted yet is kept, up to RF_TAPE_AHEAD frames of each peer. */
#ifndef RF_NET_TAPE_H
#define RF_NET_TAPE_H

#include "net/channel.h"
#include "net/lane.h"
#include "net/sink.h"

enum { RF_TAPE_AHEAD = 256 };

/** A frame that came, or goes. */
struct rf_tape_frame {
    unsigned peer; /* the index, as in channels */
    uint8_t kind; /* enum rf_frame_kind: DATA, DATA_LAST, CONTROL; 0 from @next: there is no more */
    uint32_t step, length;
    const uint8_t *payload;
};

struct rf_tape_config {
    uint16_t id, lane;
    const uint16_t *peers; /* their ids; borrowed while rf_tape_new() runs */
    unsigned peer_count;
    uint64_t
        first; /* sequence number of the first frame, in every direction: 1, or what came before a
                       recording began, plus one */

    /* The next frame from anybody; its payload stays valid until the next call. What it gives back as an error
     * ends the channel. */
    enum rf_rc (*next)(void *context, struct rf_tape_frame *frame);
    /* A frame is about to go; may be NULL. May call rf_tape_take() and, for a control message,
     * rf_tape_instead(). */
    enum rf_rc (*said)(void *context, struct rf_tape_frame *frame);
    void *context;
    const struct rf_sink
        *sink; /* sees every frame with its leaf, once a session has begun; may be NULL */
};

struct rf_tape;

/** rf_tape_new() - @config's callbacks and @err must outlive the tape. Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_tape_new(struct rf_tape **tape, const struct rf_tape_config *config,
                                     struct rf_err *err);

/** rf_tape_free() - wipes what was kept; NULL is harmless */
void rf_tape_free(struct rf_tape *tape);

struct rf_channel *rf_tape_channel(struct rf_tape *tape);

/** rf_tape_session() - as rf_lane_session(), and chains start */
RF_MUST_CHECK enum rf_rc rf_tape_session(struct rf_tape *tape, const uint8_t manifest_hash[32],
                                         const uint8_t session[RF_SESSION_SIZE], uint32_t epoch,
                                         const uint8_t (*secret)[32]);

/** rf_tape_take() - a frame comes before it is asked for: from @said, where it came before that was said */
RF_MUST_CHECK enum rf_rc rf_tape_take(struct rf_tape *tape, const struct rf_tape_frame *frame);

/** rf_tape_instead() - in @said: let these bytes go in place of a control message's
 * They are copied. Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_tape_instead(struct rf_tape *tape, struct rf_tape_frame *frame,
                                         const void *payload, size_t size);

/** rf_tape_chain(), rf_tape_frames() - as rf_lane_chain() and rf_lane_frames() */
void rf_tape_chain(const struct rf_tape *tape, unsigned peer, uint8_t sent[RF_CHAIN_SIZE],
                   uint8_t received[RF_CHAIN_SIZE]);
void rf_tape_frames(const struct rf_tape *tape, unsigned peer, uint64_t *sent, uint64_t *received);

/** rf_tape_step() - number and name of the step under way; valid until the next */
uint32_t rf_tape_step(const struct rf_tape *tape, const char **name);

/** rf_tape_ended() - did a message fail because there was no more to play? */
bool rf_tape_ended(const struct rf_tape *tape);

#endif
