/* What the files of the active backend share. */
#ifndef RF_PROTOCOLS_BACKEND_REP3_ACTIVE_ACTIVE_INTERNAL_H
#define RF_PROTOCOLS_BACKEND_REP3_ACTIVE_ACTIVE_INTERNAL_H

#include <openssl/evp.h>

#include "protocols/backend/rep3/rep3_internal.h"
#include "protocols/backend/rep3_active/active.h"
#include "protocols/backend/rep3_active/gates.h"

enum { ACTIVE_HASH = 32 };

/* An AND whose result's other share waits in the gates until its batch is finished. */
struct pending {
    struct rf_view out;
    size_t at; /* first word */
    uint64_t batch;
};

struct active {
    struct rep3 rep3; /* first: what the passive protocol's parts get */
    struct rf_gates gates;
    struct pending *pending;
    size_t pending_count, pending_room;

    /* Of proofs. As prover: the right verifier's share of each proof, with the next party, and the left
     * vector's random point, with the previous one. The same as verifier of the neighbours. */
    struct rf_stream right_with_next, right_with_previous;
    struct rf_stream left_with_previous, left_with_next;
    /* Challenges to the next party, whom we and the previous one verify; and to the previous one. */
    struct rf_stream challenge_to_next, challenge_to_previous;
    /* Keys of shuffles' tags, one seed with each neighbour. */
    struct rf_stream tag_with_previous, tag_with_next;
    EVP_MD_CTX *sha;
    uint8_t heard[RF_OPENINGS_MAX][ACTIVE_HASH]; /* the previous party's, of openings under way */
    bool filling_opens, sent_opens; /* the batch being filled or sent opens something */
    uint64_t proofs, shuffles;      /* so far: they number the acceptances */
    unsigned previous_party, next_party;
};

static inline struct active *active_of(struct rf_backend *backend)
{
    return (struct active *)backend;
}

/* RF_E_CHEAT: what was found, and at which step of the computation. */
enum rf_rc rf_active_accuse(struct active *active, const char *format, ...) RF_PRINTF(2, 3);

/* Sends a short message, whole, to a peer; receives one of a known size. */
enum rf_rc rf_active_tell(struct active *active, unsigned peer, const void *data, size_t size);
enum rf_rc rf_active_hear(struct active *active, unsigned peer, void *data, size_t size);

/* Says to both others that we accept number @number, and waits until both have said so. */
enum rf_rc rf_active_accept(struct active *active, uint64_t number, const char *what);

enum rf_rc rf_active_verify(struct rf_backend *backend);
enum rf_rc rf_active_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                             bool inverse, struct rf_rows *rows);

#endif
