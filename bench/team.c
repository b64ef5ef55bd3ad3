#include "bench/team.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/namespaces.h"
#include "bench/relay.h"
#include "net/base/secret.h"
#include "net/lane.h"
#include "net/node.h"
#include "net/reserve.h"
#include "party/keys/member_folder.h"
#include "party/keys/passphrase.h"
#include "party/keys/quick.h"
#include "party/keys/safe_file.h"
#include "protocols/backend/lanes.h"

enum { ADDRESS = 40, SAMPLE_MAX = 4096, DAYS = 2, FOLDER = 64, PROGRESS_MS = 3600000 };

static const char *const names[RF_TEAM_PARTIES] = {"party-0", "party-1", "party-2"};

struct rf_team {
    const struct rf_team_config *config;
    char folder[FOLDER];
    struct rf_identity identity[RF_TEAM_PARTIES];
    char listen[RF_TEAM_PARTIES][ADDRESS];
    char dial[RF_TEAM_PARTIES][RF_TEAM_PARTIES][ADDRESS]; /* [i][j]: where i finds j < i */
    struct rf_reserve port[RF_TEAM_PARTIES];
    struct rf_relay relay;
    struct rf_namespaces namespaces;
    pid_t pid[RF_TEAM_PARTIES];
    int samples[RF_TEAM_PARTIES]; /* -1: closed */
    struct rf_err *err;
};

double rf_team_seconds(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- before the parties start ---- */

static enum rf_rc load_identity(struct rf_team *team, unsigned party)
{
    enum rf_rc rc;
    struct rf_passphrase passphrase = {0};
    char folder[PATH_MAX], path[4][PATH_MAX];
    static const char *const file[4] = {RF_FOLDER_CERTIFICATE, RF_FOLDER_KEY, RF_FOLDER_CA,
                                        RF_FOLDER_PASSPHRASE};
    RF_TRY(rf_safe_file_join(folder, team->folder, names[party], team->err));
    for (unsigned i = 0; i < 4; i++)
        RF_TRY(rf_safe_file_join(path[i], folder, file[i], team->err));
    RF_TRY(rf_passphrase_get(&passphrase, path[3], NULL, path[1], RF_PASSPHRASE_OPEN, team->err));
    RF_TRY(rf_identity_load(&team->identity[party], path[0], path[1], passphrase.text, path[2],
                            team->err));
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

static enum rf_rc make_identities(struct rf_team *team)
{
    enum rf_rc rc;
    struct rf_quick_member members[RF_TEAM_PARTIES];
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++)
        members[i] = (struct rf_quick_member){.name = names[i]};
    (void)snprintf(team->folder, sizeof team->folder, "/tmp/ringfence-bench-XXXXXX");
    if (!mkdtemp(team->folder)) {
        team->folder[0] = 0;
        return rf_err_set(team->err, RF_E_IO, "no folder for keys: %s", strerror(errno));
    }
    RF_TRY(
        rf_quick_make(team->folder, members, RF_TEAM_PARTIES, DAYS, RF_SAFE_FILE_NEW, team->err));
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++)
        RF_TRY(load_identity(team, i));
done:
    return rc;
}

static enum rf_rc addresses_in_namespaces(struct rf_team *team)
{
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++) {
        (void)snprintf(team->listen[i], ADDRESS, "%s", rf_namespaces_listen);
        for (unsigned j = 0; j < i; j++)
            rf_namespaces_address(team->dial[i][j], i, j);
    }
    return rf_namespaces_start(&team->namespaces, &team->config->line, team->err);
}

/* Each pair of parties has a connection of its own, which goes through a door of the relay if there is
 * one. */
static enum rf_rc addresses_on_loopback(struct rf_team *team, bool relayed)
{
    enum rf_rc rc = RF_OK;
    struct rf_relay_door doors[RF_TEAM_PARTIES] = {0};
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++) {
        RF_TRY(rf_reserve_port(&team->port[i], team->err));
        (void)snprintf(team->listen[i], ADDRESS, "tcp://127.0.0.1:%u", team->port[i].port);
    }
    for (unsigned i = 0, pair = 0; i < RF_TEAM_PARTIES; i++) {
        for (unsigned j = 0; j < i; j++)
            doors[pair++].target = team->port[j].port;
    }
    if (relayed)
        RF_TRY(
            rf_relay_start(&team->relay, &team->config->line, doors, RF_TEAM_PARTIES, team->err));
    for (unsigned i = 0, pair = 0; i < RF_TEAM_PARTIES; i++) {
        for (unsigned j = 0; j < i; j++, pair++)
            (void)snprintf(team->dial[i][j], ADDRESS, "tcp://127.0.0.1:%u",
                           relayed ? doors[pair].port : team->port[j].port);
    }
done:
    return rc;
}

static enum rf_rc make_addresses(struct rf_team *team)
{
    const struct rf_line *line = &team->config->line;
    bool slower = line->rtt > 0 || line->bytes_per_s > 0;
    return slower && team->config->kernel ? addresses_in_namespaces(team)
                                          : addresses_on_loopback(team, slower);
}

/* ---- one party ---- */

static unsigned peer_of(unsigned self, unsigned other)
{
    return other < self ? other : other - 1;
}

/* Secrets that would come from both ends in a study: here they need not be secret, but they must
 * differ. */
enum rf_rc rf_team_backend(struct rf_team_party *party, unsigned protocol,
                           struct rf_channel *channel, uint32_t series, struct rf_backend **backend)
{
    struct {
        char folder[FOLDER];
        uint32_t lane, series;
    } context = {.lane = party->lane, .series = series};
    struct rf_rep3_config config = {
        .party = party->self,
        .previous = party->previous,
        .next = party->next,
        .context = &context,
        .context_size = sizeof context,
        .memory_limit = party->team->config->memory_limit,
    };
    memcpy(context.folder, party->team->folder, sizeof context.folder);
    memset(config.with_previous, 'a' + (int)party->self, sizeof config.with_previous);
    memset(config.with_next, 'a' + (int)(party->self + 1) % 3, sizeof config.with_next);
    enum rf_rc rc = rf_protocol_all[protocol].make(backend, channel, &config, party->err);
    if (rc == RF_OK && party->exchange)
        rf_lanes_join(*backend, party->exchange, party->lane);
    return rc;
}

/* A party's process. */
struct process {
    struct rf_team *team;
    struct rf_peer peers[2];
    struct rf_node *node;
    unsigned lanes;
    struct rf_lane *lane[RF_LANES_MAX];
    struct rf_team_party party[RF_LANES_MAX];
    struct rf_err err[RF_LANES_MAX];
};

static enum rf_rc link_lane(struct process *process, unsigned index, const uint8_t salt[2][32])
{
    enum rf_rc rc;
    static const uint8_t session[RF_SESSION_SIZE] = "benchmark";
    struct rf_team_party *party = &process->party[index];
    RF_TRY(rf_lane_open(&process->lane[index], process->node, index, party->err));
    RF_TRY(rf_lane_session(process->lane[index], session, 1, salt));
    party->channel = rf_lane_channel(process->lane[index]);
    for (unsigned i = 0; i < RF_PROTOCOLS; i++)
        RF_TRY(rf_team_backend(party, i, party->channel, 0, &party->backend[i]));
done:
    return rc;
}

/* Lane 0 speaks for all. */
static enum rf_rc tell_failure(struct rf_team_party *first, const struct rf_team_party *failed)
{
    struct rf_err err = *failed->err;
    rf_err_clear(first->err);
    return rf_err_set(first->err, err.rc == RF_OK ? RF_E_INTERNAL : err.rc, "%s", err.text);
}

static enum rf_rc link_up(struct process *process)
{
    enum rf_rc rc;
    struct rf_team *team = process->team;
    uint8_t salt[2][32] = {{0}};
    const unsigned self = process->party[0].self;
    for (unsigned other = 0; other < RF_TEAM_PARTIES; other++) {
        if (other == self)
            continue;
        unsigned peer = peer_of(self, other);
        process->peers[peer] = (struct rf_peer){.id = (uint16_t)other, .member = names[other]};
        if (other < self)
            process->peers[peer].dial = team->dial[self][other];
        memset(salt[peer], (int)(self + other), sizeof salt[peer]);
    }
    struct rf_node_config config = {
        .identity = &team->identity[self],
        .id = (uint16_t)self,
        .member = names[self],
        .listen = team->listen[self],
        .peers = process->peers,
        .peer_count = 2,
        .lanes = process->lanes,
        .chain = team->config->chain,
        .silence_ms = 60000,
        .progress_ms = PROGRESS_MS,
    };
    RF_TRY(rf_node_new(&process->node, &config, process->err));
    for (unsigned i = 0; i < process->lanes; i++) {
        process->party[i].node = process->node;
        if (link_lane(process, i, salt) != RF_OK)
            RF_TRY(tell_failure(&process->party[0], &process->party[i]));
    }
done:
    return rc;
}

static enum rf_rc link_down(struct process *process)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < process->lanes; i++) {
        for (unsigned j = 0; j < RF_PROTOCOLS; j++)
            rf_backend_free(process->party[i].backend[j]);
        enum rf_rc closed = rf_lane_close(process->lane[i]);
        process->lane[i] = NULL;
        if (rc == RF_OK && closed != RF_OK)
            rc = tell_failure(&process->party[0], &process->party[i]);
    }
    return rc;
}

static enum rf_rc party_process(struct process *process, rf_team_body *body, void *context)
{
    enum rf_rc rc;
    struct rf_team *team = process->team;
    const unsigned self = process->party[0].self;
    if (team->namespaces.name[self][0])
        RF_TRY(rf_namespaces_enter(&team->namespaces, self, process->err));
    RF_TRY(link_up(process));
    RF_TRY(body(&process->party[0], context));
    RF_TRY(link_down(process));
done:
    for (unsigned i = 0; i < process->lanes; i++)
        rf_lane_abort(process->lane[i], process->err->text);
    rf_node_free(process->node);
    return rc;
}

static void prepare_process(struct process *process, struct rf_team *team, unsigned self,
                            int samples)
{
    *process = (struct process){
        .team = team,
        .lanes = team->config->lanes ? team->config->lanes : 1,
    };
    for (unsigned i = 0; i < process->lanes; i++) {
        process->party[i] = (struct rf_team_party){
            .self = self,
            .lane = i,
            .team = team,
            .all = process->party,
            .previous = peer_of(self, (self + 2) % 3),
            .next = peer_of(self, (self + 1) % 3),
            .err = &process->err[i],
            .samples = samples,
        };
    }
}

/* ---- lanes at work ---- */

struct work {
    struct rf_team_party *all;
    rf_team_body *body;
    void *context;
};

/* Lane 0 has perhaps shuffled alone before: lanes shuffle together when it is the same party's turn in all. */
static void join(struct rf_team_party *party, struct rf_exchange *exchange)
{
    party->exchange = exchange;
    for (unsigned i = 0; i < RF_PROTOCOLS; i++) {
        party->backend[i]->turn = party->all[0].backend[i]->turn;
        if (exchange)
            rf_lanes_join(party->backend[i], exchange, party->lane);
        else
            rf_lanes_leave(party->backend[i]);
    }
}

static enum rf_rc lane_works(void *context, unsigned lane)
{
    const struct work *work = context;
    return work->body(&work->all[lane], work->context);
}

static void lane_failed(void *context, unsigned lane)
{
    (void)lane;
    rf_node_give_up(((struct work *)context)->all[0].node);
}

static struct rf_err *lane_err(void *context, unsigned lane)
{
    return ((struct work *)context)->all[lane].err;
}

enum rf_rc rf_team_lanes(struct rf_team_party *party, unsigned lanes, rf_team_body *body,
                         void *context)
{
    struct rf_exchange *exchange = NULL;
    struct work work = {party->all, body, context};
    const struct rf_exchange_crew crew = {lane_works, lane_failed, lane_err, &work};
    if (lanes == 1)
        return body(party, context);
    enum rf_rc rc = rf_exchange_threads_new(&exchange, lanes, party->err);
    if (rc != RF_OK)
        return rc;
    for (unsigned i = 0; i < lanes; i++)
        join(&party->all[i], exchange);
    rc = rf_exchange_threads_run(exchange, &crew);
    for (unsigned i = 0; i < lanes; i++)
        join(&party->all[i], NULL);
    rf_exchange_free(exchange);
    return rc;
}

static enum rf_rc start(struct rf_team *team, unsigned self, rf_team_body *body, void *context)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return rf_err_set(team->err, RF_E_IO, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        static struct process process;
        prepare_process(&process, team, self, ends[1]);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)close(ends[0]);
        enum rf_rc rc = party_process(&process, body, context);
        if (rc != RF_OK)
            (void)fprintf(stderr, "party %u: %s\n", self, process.err->text);
        _exit(rc != RF_OK);
    }
    (void)close(ends[1]);
    team->pid[self] = pid > 0 ? pid : 0;
    team->samples[self] = ends[0];
    return pid > 0 ? RF_OK : rf_err_set(team->err, RF_E_IO, "no process: %s", strerror(errno));
}

/* ---- samples ---- */

enum rf_rc rf_team_send(struct rf_team_party *party, const void *sample, size_t size)
{
    const uint8_t *bytes = sample;
    for (size_t done = 0; done < size;) {
        ssize_t now = write(party->samples, bytes + done, size - done);
        if (now < 0 && errno != EINTR)
            return rf_err_set(party->err, RF_E_IO, "who measures has gone");
        done += now > 0 ? (size_t)now : 0;
    }
    return RF_OK;
}

/* One sample, or the end. */
static bool receive(int fd, void *sample, size_t size)
{
    uint8_t *bytes = sample;
    for (size_t done = 0; done < size;) {
        ssize_t now = read(fd, bytes + done, size - done);
        if (now == 0 || (now < 0 && errno != EINTR))
            return false;
        done += now > 0 ? (size_t)now : 0;
    }
    return true;
}

static enum rf_rc gather(struct rf_team *team, size_t size,
                         enum rf_rc (*take)(void *, unsigned, const void *), void *context)
{
    _Alignas(max_align_t) uint8_t sample[SAMPLE_MAX];
    unsigned open = RF_TEAM_PARTIES;
    while (open) {
        struct pollfd fds[RF_TEAM_PARTIES];
        for (unsigned i = 0; i < RF_TEAM_PARTIES; i++)
            fds[i] = (struct pollfd){.fd = team->samples[i], .events = POLLIN};
        if (poll(fds, RF_TEAM_PARTIES, -1) < 0 && errno != EINTR)
            return rf_err_set(team->err, RF_E_IO, "waiting for parties: %s", strerror(errno));
        for (unsigned i = 0; i < RF_TEAM_PARTIES; i++) {
            if (!fds[i].revents)
                continue;
            if (receive(team->samples[i], sample, size)) {
                enum rf_rc rc = take(context, i, sample);
                if (rc != RF_OK)
                    return rc;
                continue;
            }
            (void)close(team->samples[i]);
            team->samples[i] = -1;
            open--;
        }
    }
    return RF_OK;
}

static enum rf_rc end(struct rf_team *team, enum rf_rc rc)
{
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++) {
        int status = 0;
        if (!team->pid[i])
            continue;
        if (rc != RF_OK)
            (void)kill(team->pid[i], SIGTERM);
        (void)waitpid(team->pid[i], &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
            (void)fprintf(stderr, "party %u: ended by signal %d\n", i, WTERMSIG(status));
        if (rc == RF_OK && status != 0)
            rc = rf_err_set(team->err, RF_E_PEER, "party %u failed: see above", i);
    }
    return rc;
}

static int forget_file(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void rf_team_forget(const char *folder)
{
    if (folder[0])
        (void)nftw(folder, forget_file, 16, FTW_DEPTH | FTW_PHYS);
}

static void forget_keys(struct rf_team *team)
{
    rf_team_forget(team->folder);
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++)
        rf_identity_fini(&team->identity[i]);
}

enum rf_rc rf_team_meet(struct rf_team_party *party)
{
    enum rf_rc rc = RF_OK;
    for (unsigned peer = 0; peer < 2; peer++)
        RF_TRY(rf_channel_control_send(party->channel, peer, "\xc3", 1));
    for (unsigned peer = 0; peer < 2; peer++) {
        uint8_t *data = NULL;
        size_t size = 0;
        RF_TRY(rf_channel_control_receive(party->channel, peer, &data, &size));
        rf_secret_free(data, size);
    }
done:
    return rc;
}

enum rf_rc rf_team_run(const struct rf_team_config *config, rf_team_body *body, size_t size,
                       enum rf_rc (*take)(void *context, unsigned party, const void *sample),
                       void *context, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_team team = {.config = config, .samples = {-1, -1, -1}, .err = err};
    assert(size <= SAMPLE_MAX);
    (void)fflush(stdout);
    RF_TRY(make_identities(&team));
    RF_TRY(make_addresses(&team));
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++)
        RF_TRY(start(&team, i, body, context));
    RF_TRY(gather(&team, size, take, context));
done:
    rc = end(&team, rc);
    for (unsigned i = 0; i < RF_TEAM_PARTIES; i++) {
        if (team.samples[i] >= 0)
            (void)close(team.samples[i]);
        rf_reserve_fini(&team.port[i]);
    }
    rf_relay_stop(&team.relay);
    rf_namespaces_stop(&team.namespaces);
    forget_keys(&team);
    return rc;
}
