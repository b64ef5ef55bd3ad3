/** recording.h - a channel that passes everything on to another, and keeps what was received
 *
 * What it kept is what a tape (net/tape.h) plays: rf_recording_next() is a tape's `next`. So one party's work can be done
 * again, alone, and measured.
 *
 * Messages are kept where they are waited for, in this order, cut into the frames in which they came. Between
 * recording and playing nothing may change: a tape asks for the frames in the same order. */
#ifndef RF_NET_RECORDING_H
#define RF_NET_RECORDING_H

#include "net/channel.h"
#include "net/tape.h"

struct rf_recording;

/** rf_recording_new() - record what comes through @inner, which is borrowed
 * Errors: RF_E_MEMORY. The channel's errors are @inner's, and RF_E_MEMORY; RF_E_INTERNAL for a peer that is none. */
RF_MUST_CHECK enum rf_rc rf_recording_new(struct rf_recording **recording, struct rf_channel *inner,
                                          unsigned peers);

/** rf_recording_free() - wipes what was kept; NULL is harmless */
void rf_recording_free(struct rf_recording *recording);

struct rf_channel *rf_recording_channel(struct rf_recording *recording);

/** rf_recording_rewind() - the next frame is the first again */
void rf_recording_rewind(struct rf_recording *recording);

/** rf_recording_next() - the next frame, or kind 0 behind the last
 * @recording: void, so that this is a tape's `next`; the payload is borrowed from it */
RF_MUST_CHECK enum rf_rc rf_recording_next(void *recording, struct rf_tape_frame *frame);

#endif
