/** lane.h - one worker's links to all peers: TLS, sequence, resend, credit, hash chains
 *
 * A link is one lane's TLS 1.3 session with one peer, over whichever TCP connection is alive. What
 * it guarantees: bytes arrive once, in order, unaltered, from the named member, or the run ends
 * with an error that names the peer and the step. `docs/wire.md` specifies it. */
#ifndef RF_NET_LANE_H
#define RF_NET_LANE_H

#include "net/channel.h"
#include "net/node.h"

struct rf_lane;

enum { RF_CHAIN_SIZE = 32, RF_SESSION_SIZE = 16 };

/** rf_lane_open() - links of lane @index to every peer; returns when all are up
 * Errors: RF_E_PEER naming who did not come within the deadline, or was refused and why;
 * RF_E_CRYPTO when our own certificate was refused. @err must outlive the lane. */
RF_MUST_CHECK enum rf_rc rf_lane_open(struct rf_lane **lane, struct rf_node *node, unsigned index,
                                      struct rf_err *err);

/** rf_lane_channel() - what protocols use; borrowed from the lane */
struct rf_channel *rf_lane_channel(struct rf_lane *lane);

/** rf_lane_session() - stamp all later frames with this session and epoch, and refuse others
 * Until then both are zero. Both ends must call it at the same place of their streams.
 * @secret: 32 bytes for each peer, known to the two ends alone: the salt of the hash chains, which
 * start here */
RF_MUST_CHECK enum rf_rc rf_lane_session(struct rf_lane *lane,
                                         const uint8_t session[RF_SESSION_SIZE], uint32_t epoch,
                                         const uint8_t (*secret)[32]);

/** rf_lane_chain() - the present heads of both chains with @peer: what we sent, what we received */
void rf_lane_chain(const struct rf_lane *lane, unsigned peer, uint8_t sent[RF_CHAIN_SIZE],
                   uint8_t received[RF_CHAIN_SIZE]);

/** rf_lane_frames() - how many frames these chains cover */
void rf_lane_frames(const struct rf_lane *lane, unsigned peer, uint64_t *sent, uint64_t *received);

/** rf_lane_close() - end all links in good order
 * Sends the chain heads, compares with the peer's (a difference is RF_E_CHEAT and names the peer),
 * waits until the last frames are acknowledged. The lane is freed whatever happens. */
RF_MUST_CHECK enum rf_rc rf_lane_close(struct rf_lane *lane);

/** rf_lane_abort() - tell every peer that we give up and why, without waiting; frees the lane
 * @reason: one line, sent to the peers; no secret. NULL lane is harmless. */
void rf_lane_abort(struct rf_lane *lane, const char *reason);

#endif
