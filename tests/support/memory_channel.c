#include "tests/support/memory_channel.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"

enum { PEERS = RF_MEMORY_PARTIES - 1 };

enum state { RUNS, WAITS, AWAITS, ENDED };

/* Messages under way from one party to another, the oldest first. */
struct queue {
    struct rf_memory_message *message;
    size_t first, count, room;
};

struct spot {
    uint8_t *at;
    size_t size;
};

/* A message that is wanted. */
struct due {
    struct spot *spot;
    size_t spots, size;
    bool ended;
    uint32_t step;
    uint64_t round;
};

struct peer {
    uint8_t *filling; /* RF_FRAME_PAYLOAD bytes more than filled, once it was reserved */
    size_t filled;
    uint32_t filling_step;
    struct due *due;
    size_t dues;
};

struct memory_channel {
    struct rf_channel channel; /* first */
    struct rf_memory_net *net;
    unsigned self;
    enum rf_rc failed;
    uint32_t step;
    char step_name[64];
    struct peer peer[PEERS];
    rf_memory_hook *hook;
    void *hook_context;
    uint64_t messages;
};

struct rf_memory_net {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct memory_channel party[RF_MEMORY_PARTIES];
    struct queue queue[RF_MEMORY_PARTIES][RF_MEMORY_PARTIES]; /* from, to */
    enum state state[RF_MEMORY_PARTIES];
    unsigned waits_for[RF_MEMORY_PARTIES];
    size_t waits_count[RF_MEMORY_PARTIES]; /* messages */
    bool stuck;
};

static void *checked(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static struct memory_channel *memory_of(struct rf_channel *channel)
{
    return (struct memory_channel *)channel;
}

static unsigned party_of(const struct memory_channel *memory, unsigned peer)
{
    return peer < memory->self ? peer : peer + 1;
}

static enum rf_rc fail(struct memory_channel *memory, enum rf_rc rc, unsigned peer,
                       const char *what)
{
    memory->failed = rc;
    return rf_err_set(memory->channel.err, rc, "party %u %s, at step %u \"%s\"",
                      party_of(memory, peer), what, memory->step, memory->step_name);
}

/* ---- queues; the mutex is held ---- */

static void queue_push(struct queue *queue, struct rf_memory_message message)
{
    if (queue->first + queue->count == queue->room) {
        queue->room = queue->room ? 2 * queue->room : 16;
        queue->message = checked(realloc(queue->message, queue->room * sizeof *queue->message));
    }
    queue->message[queue->first + queue->count++] = message;
}

static struct rf_memory_message queue_pop(struct queue *queue)
{
    struct rf_memory_message message = queue->message[queue->first++];
    if (--queue->count == 0)
        queue->first = 0;
    return message;
}

static bool can_go_on(const struct rf_memory_net *net, unsigned party)
{
    unsigned from = net->waits_for[party];
    return net->state[party] == RUNS || net->queue[from][party].count >= net->waits_count[party] ||
           (net->state[party] == WAITS && net->state[from] == ENDED);
}

static bool everybody_waits(const struct rf_memory_net *net)
{
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        if (net->state[i] != ENDED && can_go_on(net, i))
            return false;
    }
    return true;
}

static bool somebody_awaits(const struct rf_memory_net *net)
{
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        if (net->state[i] == AWAITS)
            return true;
    }
    return false;
}

/* Until @from has sent so many, or never will; whether it has. */
static bool wait_for(struct rf_memory_net *net, unsigned party, unsigned from, size_t count,
                     enum state how)
{
    net->state[party] = how;
    net->waits_for[party] = from;
    net->waits_count[party] = count;
    while (net->queue[from][party].count < count && !net->stuck && net->state[from] != ENDED) {
        if (everybody_waits(net)) {
            (void)pthread_cond_broadcast(&net->changed);
            if (how == AWAITS)
                break;
            if (!somebody_awaits(net)) {
                net->stuck = true;
                break;
            }
        }
        (void)pthread_cond_wait(&net->changed, &net->mutex);
    }
    net->state[party] = RUNS;
    return net->queue[from][party].count >= count;
}

/* ---- sending ---- */

static enum rf_rc enter(struct memory_channel *memory, unsigned peer)
{
    if (memory->failed != RF_OK)
        return memory->failed;
    return peer < PEERS ? RF_OK : fail(memory, RF_E_INTERNAL, 0, "is no such peer");
}

static enum rf_rc memory_reserve(struct rf_channel *channel, unsigned peer, uint8_t **buffer,
                                 size_t *room)
{
    struct memory_channel *memory = memory_of(channel);
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK)
        return rc;
    struct peer *to = &memory->peer[peer];
    size_t within = to->filled % RF_FRAME_PAYLOAD;
    if (!to->filling || within == 0)
        to->filling = checked(realloc(to->filling, to->filled + RF_FRAME_PAYLOAD));
    *buffer = to->filling + to->filled;
    *room = RF_FRAME_PAYLOAD - within;
    return RF_OK;
}

static enum rf_rc memory_commit(struct rf_channel *channel, unsigned peer, size_t used)
{
    struct memory_channel *memory = memory_of(channel);
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK)
        return rc;
    struct peer *to = &memory->peer[peer];
    if (!to->filling || used > RF_FRAME_PAYLOAD - to->filled % RF_FRAME_PAYLOAD)
        return fail(memory, RF_E_INTERNAL, peer, "was promised more than was reserved");
    if (to->filled == 0)
        to->filling_step = memory->step;
    to->filled += used;
    return RF_OK;
}

static void push(struct rf_memory_net *net, struct rf_memory_message message)
{
    (void)pthread_mutex_lock(&net->mutex);
    queue_push(&net->queue[message.from][message.to], message);
    (void)pthread_cond_broadcast(&net->changed);
    (void)pthread_mutex_unlock(&net->mutex);
}

static void deliver(struct memory_channel *memory, struct rf_memory_message message)
{
    struct rf_memory_net *net = memory->net;
    memory->channel.traffic.bytes_sent += message.size;
    memory->channel.traffic.messages_sent++;
    memory->channel.traffic.frames_sent +=
        message.control ? 1 : message.size / RF_FRAME_PAYLOAD + 1;
    message.number = memory->messages++;
    if (memory->hook)
        memory->hook(memory->hook_context, &message);
    if (message.drop)
        free(message.bytes);
    else
        push(net, message);
}

static enum rf_rc memory_flush(struct rf_channel *channel, unsigned peer)
{
    struct memory_channel *memory = memory_of(channel);
    enum rf_rc rc = enter(memory, peer);
    struct peer *to = &memory->peer[peer];
    if (rc != RF_OK || to->filled == 0)
        return rc;
    struct rf_memory_message message = {
        .from = memory->self,
        .to = party_of(memory, peer),
        .step = to->filling_step,
        .bytes = to->filling,
        .size = to->filled,
    };
    to->filling = NULL;
    to->filled = 0;
    deliver(memory, message);
    return RF_OK;
}

/* ---- receiving ---- */

static struct due *asked_for(struct memory_channel *memory, struct peer *from)
{
    if (from->dues == 0 || from->due[from->dues - 1].ended) {
        from->due = checked(realloc(from->due, (from->dues + 1) * sizeof *from->due));
        from->due[from->dues++] = (struct due){.step = memory->step};
    }
    return &from->due[from->dues - 1];
}

static enum rf_rc memory_want(struct rf_channel *channel, unsigned peer, void *destination,
                              size_t size)
{
    struct memory_channel *memory = memory_of(channel);
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK || size == 0)
        return rc;
    struct due *due = asked_for(memory, &memory->peer[peer]);
    due->spot = checked(realloc(due->spot, (due->spots + 1) * sizeof *due->spot));
    due->spot[due->spots++] = (struct spot){destination, size};
    due->size += size;
    return RF_OK;
}

static enum rf_rc memory_want_end(struct rf_channel *channel, unsigned peer)
{
    struct memory_channel *memory = memory_of(channel);
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK)
        return rc;
    struct due *due = asked_for(memory, &memory->peer[peer]);
    due->ended = true;
    due->round = channel->traffic.rounds;
    return RF_OK;
}

static enum rf_rc take(struct memory_channel *memory, unsigned peer,
                       struct rf_memory_message *message)
{
    struct rf_memory_net *net = memory->net;
    unsigned from = party_of(memory, peer);
    (void)pthread_mutex_lock(&net->mutex);
    bool came = wait_for(net, memory->self, from, 1, WAITS), ended = net->state[from] == ENDED;
    if (came)
        *message = queue_pop(&net->queue[from][memory->self]);
    (void)pthread_mutex_unlock(&net->mutex);
    if (came) {
        memory->channel.traffic.bytes_received += message->size;
        return RF_OK;
    }
    (void)fail(memory, RF_E_PEER, peer, ended ? "gave up" : "sent nothing due");
    return RF_E_PEER;
}

static enum rf_rc place(struct memory_channel *memory, unsigned peer, const struct due *due,
                        const struct rf_memory_message *message)
{
    size_t at = 0;
    if (message->control)
        return fail(memory, RF_E_CHEAT, peer, "sent a control message where bytes were due");
    if (message->step != due->step)
        return fail(memory, RF_E_CHEAT, peer, "sent bytes of another step");
    if (message->size != due->size)
        return fail(memory, RF_E_CHEAT, peer, "ended a message elsewhere");
    for (size_t i = 0; message->bytes && i < due->spots; at += due->spot[i++].size)
        memcpy(due->spot[i].at, message->bytes + at, due->spot[i].size);
    return RF_OK;
}

static void count_round(struct rf_channel *channel, uint64_t asked)
{
    if (asked + 1 > channel->traffic.rounds)
        channel->traffic.rounds = asked + 1;
}

static enum rf_rc memory_wait(struct rf_channel *channel, unsigned peer)
{
    struct memory_channel *memory = memory_of(channel);
    struct rf_memory_message message = {0};
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK)
        return rc;
    struct peer *from = &memory->peer[peer];
    if (from->dues == 0 || !from->due[0].ended)
        return fail(memory, RF_E_INTERNAL, peer, "is waited for, but was not asked");
    struct due due = from->due[0];
    if (due.size > 0)
        RF_TRY(take(memory, peer, &message));
    if (due.size > 0)
        RF_TRY(place(memory, peer, &due, &message));
    count_round(channel, due.round);
    free(due.spot);
    memmove(from->due, from->due + 1, --from->dues * sizeof *from->due);
done:
    free(message.bytes);
    return rc;
}

/* ---- control messages and steps ---- */

static enum rf_rc memory_control_send(struct rf_channel *channel, unsigned peer, const void *data,
                                      size_t size)
{
    struct memory_channel *memory = memory_of(channel);
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK)
        return rc;
    if (memory->peer[peer].filled > 0 || size > RF_CONTROL_MAX)
        return fail(memory, RF_E_INTERNAL, peer, "was sent a control message out of place");
    struct rf_memory_message message = {
        .from = memory->self,
        .to = party_of(memory, peer),
        .control = true,
        .bytes = checked(malloc(size + 1)),
        .size = size,
    };
    if (size > 0)
        memcpy(message.bytes, data, size);
    deliver(memory, message);
    return RF_OK;
}

static enum rf_rc memory_control_receive(struct rf_channel *channel, unsigned peer, uint8_t **data,
                                         size_t *size)
{
    struct memory_channel *memory = memory_of(channel);
    struct rf_memory_message message = {0};
    *data = NULL;
    *size = 0;
    enum rf_rc rc = enter(memory, peer);
    if (rc != RF_OK)
        return rc;
    if (memory->peer[peer].dues > 0)
        return fail(memory, RF_E_INTERNAL, peer, "is asked for control inside a message");
    count_round(channel, channel->traffic.rounds);
    RF_TRY(take(memory, peer, &message));
    if (!message.control)
        RF_TRY(fail(memory, RF_E_CHEAT, peer, "sent bytes where a control message was due"));
    *data = checked(rf_secret_alloc(message.size + 1));
    *size = message.size;
    if (message.size > 0 && message.bytes)
        memcpy(*data, message.bytes, message.size);
done:
    free(message.bytes);
    return rc;
}

static enum rf_rc memory_step(struct rf_channel *channel, const char *name)
{
    struct memory_channel *memory = memory_of(channel);
    if (memory->failed != RF_OK)
        return memory->failed;
    memory->step++;
    (void)snprintf(memory->step_name, sizeof memory->step_name, "%s", name);
    return RF_OK;
}

static const struct rf_channel_ops operations = {
    .reserve = memory_reserve,
    .commit = memory_commit,
    .flush = memory_flush,
    .want = memory_want,
    .want_end = memory_want_end,
    .wait = memory_wait,
    .control_send = memory_control_send,
    .control_receive = memory_control_receive,
    .step = memory_step,
};

/* ---- life ---- */

struct rf_memory_net *rf_memory_new(void)
{
    struct rf_memory_net *net = checked(calloc(1, sizeof *net));
    if (pthread_mutex_init(&net->mutex, NULL) != 0 || pthread_cond_init(&net->changed, NULL) != 0)
        abort();
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        net->party[i].net = net;
        net->party[i].self = i;
        net->party[i].channel.ops = &operations;
    }
    return net;
}

static void peer_fini(struct peer *peer)
{
    for (size_t i = 0; i < peer->dues; i++)
        free(peer->due[i].spot);
    free(peer->due);
    free(peer->filling);
}

void rf_memory_free(struct rf_memory_net *net)
{
    if (!net)
        return;
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        for (unsigned peer = 0; peer < PEERS; peer++)
            peer_fini(&net->party[i].peer[peer]);
        for (unsigned j = 0; j < RF_MEMORY_PARTIES; j++) {
            struct queue *queue = &net->queue[i][j];
            while (queue->count > 0)
                free(queue_pop(queue).bytes);
            free(queue->message);
        }
    }
    (void)pthread_cond_destroy(&net->changed);
    (void)pthread_mutex_destroy(&net->mutex);
    free(net);
}

struct rf_channel *rf_memory_channel(struct rf_memory_net *net, unsigned party, struct rf_err *err)
{
    net->party[party].channel.err = err;
    return &net->party[party].channel;
}

void rf_memory_set_hook(struct rf_memory_net *net, unsigned party, rf_memory_hook *hook,
                        void *context)
{
    net->party[party].hook = hook;
    net->party[party].hook_context = context;
}

size_t rf_memory_filled(const struct rf_memory_net *net, unsigned party, unsigned to)
{
    return net->party[party].peer[rf_memory_peer(party, to)].filled;
}

void rf_memory_send(struct rf_memory_net *net, const struct rf_memory_message *like,
                    const void *bytes, size_t size)
{
    struct rf_memory_message message = *like;
    message.bytes = checked(malloc(size + 1));
    message.size = size;
    message.drop = false;
    memcpy(message.bytes, bytes, size);
    push(net, message);
}

bool rf_memory_await(struct rf_memory_net *net, unsigned party, unsigned from, size_t count)
{
    (void)pthread_mutex_lock(&net->mutex);
    bool came = wait_for(net, party, from, count, AWAITS);
    (void)pthread_mutex_unlock(&net->mutex);
    return came;
}

void rf_memory_end(struct rf_memory_net *net, unsigned party)
{
    (void)pthread_mutex_lock(&net->mutex);
    net->state[party] = ENDED;
    (void)pthread_cond_broadcast(&net->changed);
    (void)pthread_mutex_unlock(&net->mutex);
}
