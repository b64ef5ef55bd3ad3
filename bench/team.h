/** team.h - three parties of a benchmark, each a process of its own, over the real links
 *
 * A party has as many lanes as its team is given. Its body begins on lane 0 and runs what it likes in several.
 *
 * Keys and certificates of a trial consortium are made in a folder that goes away with the team. The
 * parties are forked from the caller, so that they know everything it has prepared; what they measure
 * comes back as samples of a fixed size through pipes. */
#ifndef RF_BENCH_TEAM_H
#define RF_BENCH_TEAM_H

#include <stdbool.h>

#include "bench/line.h"
#include "net/channel.h"
#include "protocols/backend/registry.h"

enum { RF_TEAM_PARTIES = 3 };

struct rf_team_config {
    unsigned lanes;      /* of each party; 0: one */
    bool chain;          /* keep hash chains over the links */
    size_t memory_limit; /* of each party's share columns; 0: none */
    struct rf_line line; /* zero: straight over loopback */
    bool kernel;         /* the line is made by namespaces.h, not by relay.h */
};

struct rf_team;

/** What a lane of a party has while the body runs. */
struct rf_team_party {
    unsigned self, lane;
    const struct rf_team *team;
    struct rf_node *node;
    struct rf_team_party *all;    /* the party's lanes, in their order */
    struct rf_exchange *exchange; /* with those that run now; NULL: this one runs alone */
    struct rf_backend *backend[RF_PROTOCOLS]; /* as rf_protocol_all, on one channel */
    struct rf_channel *channel;
    unsigned previous, next; /* peer numbers of the other two */
    struct rf_err *err;
    int samples; /* file descriptor */
};

typedef enum rf_rc rf_team_body(struct rf_team_party *party, void *context);

/** rf_team_run() - run @body as all three parties; returns when all have ended
 * @size: of a sample
 * @take: gets every sample that a party sends, in this process; an error stops the team
 * Errors: what the first party that failed said. */
RF_MUST_CHECK enum rf_rc
rf_team_run(const struct rf_team_config *config, rf_team_body *body, size_t size,
            enum rf_rc (*take)(void *context, unsigned party, const void *sample), void *context,
            struct rf_err *err);

/** rf_team_lanes() - run @body in the first @lanes lanes of this party, each in a thread of its own but for
 * lane 0, which calls this; backends are joined while they run
 * Errors: what the first lane that failed said. */
RF_MUST_CHECK enum rf_rc rf_team_lanes(struct rf_team_party *party, unsigned lanes,
                                       rf_team_body *body, void *context);

/** rf_team_backend() - one more backend of a lane, on a channel of the caller's
 * @protocol: index into rf_protocol_all
 * @series:   what its randomness is bound to: the same at all parties, 0 is taken */
RF_MUST_CHECK enum rf_rc rf_team_backend(struct rf_team_party *party, unsigned protocol,
                                         struct rf_channel *channel, uint32_t series,
                                         struct rf_backend **backend);

/** rf_team_send() - hand a sample to the process that started the team */
RF_MUST_CHECK enum rf_rc rf_team_send(struct rf_team_party *party, const void *sample, size_t size);

/** rf_team_meet() - wait until all three parties are here, each with this lane */
RF_MUST_CHECK enum rf_rc rf_team_meet(struct rf_team_party *party);

/** rf_team_forget() - remove a folder and all that is in it; "" is harmless */
void rf_team_forget(const char *folder);

/** rf_team_seconds() - of the monotonic clock */
double rf_team_seconds(void);

#endif
