/** session.h - one process of a run: who it is, what it runs, and its links
 *
 * The same for parties and for clients (contributors and recipients). A run goes: open (read
 * configuration, keys, manifest, approvals; nothing is sent), connect (links to all others), meet (agree on
 * session and epoch, and on keys that each two processes share), the work, close. Parties have links of several
 * lanes with each other; all that is not the computation's goes over lane 0.
 *
 * Process ids on the links: parties 0, 1, 2; the client of member m of the manifest 16 + m. */
#ifndef RF_PARTY_RUN_SESSION_H
#define RF_PARTY_RUN_SESSION_H

#include <openssl/x509.h>

#include "net/lane.h"
#include "party/run/recorder.h"
#include "party/study/manifest.h"
#include "party/study/node_file.h"

enum {
    RF_SEED_SIZE = 32,
    RF_ROOT_SIZE = 32,
    RF_PEERS_MAX = RF_PARTIES + RF_MEMBERS_MAX,
};

enum rf_role { RF_ROLE_PARTY, RF_ROLE_CLIENT };

/** How a process records its epoch; all zero: level chain, into the node's folder. */
struct rf_record_options {
    enum rf_record_level level;
    const char *folder; /* instead of `transcripts` in the node's folder */
};

/** What a process of a study is told by who starts it. */
struct rf_session_options {
    const char *node;  /* folder or node.yaml */
    const char *study; /* folder of an approved study: manifest, certificates, approvals */
    struct rf_record_options record;
    bool quiet; /* no lines for the operator on standard error */
};

/** A file as it was read. */
struct rf_session_file {
    uint8_t *bytes;
    size_t size;
};

/** What stands in for checkpoints and for the private key where a process is executed again, from its
 * transcript (party/audit/replay.h). */
struct rf_stand_in {
    void *context;
    /* Says and checks what the process said and checked then. */
    enum rf_rc (*checkpoint)(void *context, unsigned lane, const unsigned *peers, unsigned count);
    /* Puts in the signature that the process made then, if it signed this record. */
    enum rf_rc (*sign)(void *context, struct rf_signed *record);
    void (*watch)(void *context, unsigned lane, struct rf_backend *backend);
    /* Lanes but the first: it failed before any other did. */
    void (*failed)(void *context, unsigned lane);
    uint64_t batches; /* as rf_transcript_header */
};

struct rf_session {
    struct rf_err *err;
    struct rf_node_file file;
    struct rf_identity identity;
    struct rf_manifest manifest;
    X509 *certificate[RF_MEMBERS_MAX]; /* as approved */
    struct rf_session_file approval[RF_MEMBERS_MAX];
    char folder[PATH_MAX]; /* the node's: where epochs are remembered */
    enum rf_role role;
    int claim;       /* of a client's place in the study; not above 0: none */
    unsigned member; /* our index in the manifest */
    int party;       /* 0..2, or -1 for a client */
    bool quiet;      /* as the option */

    struct rf_peer peer[RF_PEERS_MAX];
    unsigned peer_member[RF_PEERS_MAX]; /* index in the manifest */
    unsigned peers;
    struct rf_record_options record;
    struct rf_recorder *recorder;       /* NULL: nothing is recorded */
    X509 *auditor;                      /* whom level full is sealed to */
    const struct rf_stand_in *stand_in; /* NULL in a run */
    struct rf_node *node;
    unsigned lanes;                                      /* of a party; a client has one */
    struct rf_lane *lane, *more[RF_STUDY_LANES_MAX - 1]; /* lane 0, and the others */
    struct rf_channel *channel, *more_channels[RF_STUDY_LANES_MAX - 1];
    struct rf_err lane_err[RF_STUDY_LANES_MAX - 1]; /* of the others: borrowed by their channels */

    uint8_t seed[RF_SEED_SIZE]; /* everything random that this process draws comes from here */
    uint8_t id[RF_SESSION_SIZE];
    uint32_t epoch;
    uint8_t root[RF_PEERS_MAX][RF_ROOT_SIZE]; /* shared with each peer alone */
};

/** rf_session_open() - read and check everything; nothing is sent
 * Errors: RF_E_ARG, RF_E_FORMAT, RF_E_CRYPTO, naming file and reason. */
RF_MUST_CHECK enum rf_rc rf_session_open(struct rf_session *session, enum rf_role role,
                                         const struct rf_session_options *options,
                                         struct rf_err *err);

/** rf_session_connect() - links to every process of the run; returns when all are up
 * Errors: RF_E_PEER and RF_E_CRYPTO naming who is missing or was refused, and why. */
RF_MUST_CHECK enum rf_rc rf_session_connect(struct rf_session *session);

/** rf_session_meet() - agree on session, epoch and pairwise keys */
RF_MUST_CHECK enum rf_rc rf_session_meet(struct rf_session *session);

/** rf_session_step() - begin a step that is none of the computation's */
RF_MUST_CHECK enum rf_rc rf_session_step(struct rf_session *session, const char *name);

/** rf_session_checkpoint() - sign with all peers where the links stand */
RF_MUST_CHECK enum rf_rc rf_session_checkpoint(struct rf_session *session);

/** rf_session_checkpoint_with() - with these alone, of a lane. For parties. */
RF_MUST_CHECK enum rf_rc rf_session_checkpoint_with(struct rf_session *session, unsigned lane,
                                                    const unsigned *peers, unsigned count);

/** rf_session_lane_channel() - the channel of a lane */
struct rf_channel *rf_session_lane_channel(const struct rf_session *session, unsigned lane);

/** rf_session_give_up() - a lane has failed: none may go on waiting for its network */
void rf_session_give_up(struct rf_session *session);

/** rf_session_signed() - a record was signed with the member's key, or would be if it were here */
RF_MUST_CHECK enum rf_rc rf_session_signed(const struct rf_session *session,
                                           struct rf_signed *record);

/** rf_session_again() - a session that was, in place of open, connect and meet: lists the peers and derives what
 * is shared with them. Set before: err, role, member, party, manifest, seed, id, epoch.
 * @contribution: what peer @p contributed to the meeting, for each
 * @secret: what each link's chains are salted with */
RF_MUST_CHECK enum rf_rc rf_session_again(struct rf_session *session,
                                          enum rf_rc (*contribution)(void *context, unsigned id,
                                                                     uint8_t *out),
                                          void *context, uint8_t (*secret)[32]);

/** rf_session_key() - a key known to us and one peer alone
 * @purpose: in words; both ends use the same */
RF_MUST_CHECK enum rf_rc rf_session_key(const struct rf_session *session, unsigned peer,
                                        const char *purpose, uint8_t *key, size_t size);

/** rf_session_traffic() - of all lanes; rounds are those of lane 0, which takes part in everything */
void rf_session_traffic(const struct rf_session *session, struct rf_traffic *total);

/** rf_session_draw() - @size bytes that nobody else knows, for @purpose */
RF_MUST_CHECK enum rf_rc rf_session_draw(const struct rf_session *session, const char *purpose,
                                         uint8_t *out, size_t size);

/** rf_session_party_peer() - peer number of party @party. Not for oneself. */
unsigned rf_session_party_peer(const struct rf_session *session, unsigned party);

/** rf_session_client_peer() - peer number of a member's client. For parties. */
unsigned rf_session_client_peer(const struct rf_session *session, unsigned member);

/** rf_session_farewell() - what peers are told of a failure
 * All of what others did or what the computation found; of what went wrong here, only of which kind it was,
 * because its text may name our files or what is in them. The step goes with it in any case. */
const char *rf_session_farewell(const struct rf_err *err);

/** rf_session_fini() - end everything
 * @rc: RF_OK closes the links in good order; anything else tells the peers that we give up and why.
 * Returns @rc, or how closing failed. Harmless on a zeroed session. */
RF_MUST_CHECK enum rf_rc rf_session_fini(struct rf_session *session, enum rf_rc rc);

#endif
