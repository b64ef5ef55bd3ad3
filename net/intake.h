/** intake.h - what came from one peer, and where it is wanted
 *
 * A queue of wanted messages, each a list of places for its bytes, and a queue of frames that came
 * before anyone wanted them, which are parked in pooled buffers. Frames meet messages strictly in the
 * order of the stream. Used by link.c and lane.c alone. */
#ifndef RF_NET_INTAKE_H
#define RF_NET_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/frame.h"
#include "net/pool.h"

/** Bytes that a message brings, and where they go. */
struct rf_spot {
    uint8_t *at;
    size_t left;
};

struct rf_due {
    size_t left;    /* bytes wanted so far that have not come */
    bool begun;     /* bytes of it have come */
    bool ended;     /* want_end() was called */
    bool last;      /* its last frame has come */
    uint32_t step;  /* current when it was first wanted */
    uint64_t round; /* rounds counted when it was ended */
};

struct rf_parked {
    struct rf_frame_header header;
    uint8_t *bytes; /* header and payload; from the pool */
};

struct rf_intake {
    struct rf_spot *spots;
    size_t spot_first, spot_count, spot_room;
    struct rf_due *dues; /* oldest first; those before due_open are complete, not yet waited for */
    size_t due_first, due_open, due_count, due_room;
    struct rf_parked *parked; /* ring of parked_room */
    size_t parked_first, parked_count, parked_room;
    struct rf_pool *frames;
};

/** How a frame meets the oldest incomplete message. */
enum rf_meeting {
    RF_MEETS,       /* it belongs there */
    RF_MEETS_LATER, /* more must be wanted before that can be said */
    RF_MEETS_NOT,   /* an honest peer would not have sent it */
};

/** rf_intake_init() - room for @window parked frames; buffers come from @frames */
RF_MUST_CHECK enum rf_rc rf_intake_init(struct rf_intake *intake, size_t window,
                                        struct rf_pool *frames);
void rf_intake_fini(struct rf_intake *intake);

/** rf_intake_want() - more bytes of the message that is being asked for
 * Errors: RF_E_MEMORY; RF_E_CHEAT when that message has ended already. */
RF_MUST_CHECK enum rf_rc rf_intake_want(struct rf_intake *intake, void *destination, size_t size,
                                        uint32_t step);

/** rf_intake_want_end() - the message asked for ends; one without bytes is complete at once
 * @round: how many rounds have been counted so far; rf_intake_waited() gives it back */
RF_MUST_CHECK enum rf_rc rf_intake_want_end(struct rf_intake *intake, uint32_t step,
                                            uint64_t round);

/** rf_intake_due() - the oldest incomplete message, or NULL */
struct rf_due *rf_intake_due(struct rf_intake *intake);

/** rf_intake_asking() - is a message asked for and not ended yet? */
bool rf_intake_asking(const struct rf_intake *intake);

/** rf_intake_waitable() - has a message been ended and not been waited for? @complete: is it there? */
bool rf_intake_waitable(const struct rf_intake *intake, bool *complete);

/** rf_intake_waited() - the oldest complete message has been waited for */
uint64_t rf_intake_waited(struct rf_intake *intake);

/** rf_intake_meet() - does a data frame belong to the oldest incomplete message?
 * @why: in words, after RF_MEETS_NOT; static text */
enum rf_meeting rf_intake_meet(struct rf_intake *intake, const struct rf_frame_header *header,
                               const char **why);

/** rf_intake_spot() - where the next bytes go, and how many at most (no more than @most) */
uint8_t *rf_intake_spot(struct rf_intake *intake, size_t most, size_t *size);

/** rf_intake_filled() - so many bytes have been put there */
void rf_intake_filled(struct rf_intake *intake, size_t size);

/** rf_intake_frame_done() - all of a frame's bytes have been put where they were wanted */
void rf_intake_frame_done(struct rf_intake *intake, const struct rf_frame_header *header);

/** rf_intake_park() - keep a frame until it is wanted; takes over @bytes. Its window is the caller's
 * to check: false when there is no room. */
bool rf_intake_park(struct rf_intake *intake, const struct rf_frame_header *header, uint8_t *bytes);

/** rf_intake_parked() - the oldest parked frame, or NULL */
struct rf_parked *rf_intake_parked(struct rf_intake *intake);

/** rf_intake_unpark() - done with the oldest parked frame: its buffer goes back */
void rf_intake_unpark(struct rf_intake *intake);

#endif
