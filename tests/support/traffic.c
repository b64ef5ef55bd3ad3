#include "support/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/secret.h"

void rf_test_fill(uint8_t *data, size_t size, unsigned from, unsigned to, unsigned message)
{
    for (size_t i = 0; i < size; i++)
        data[i] = rf_test_pattern(i, from, to, message);
}

bool rf_test_intact(const uint8_t *data, size_t size, unsigned from, unsigned to, unsigned message)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != rf_test_pattern(i, from, to, message))
            return false;
    return true;
}

void rf_test_traffic_secret(uint8_t out[32], unsigned a, unsigned b)
{
    memset(out, (int)(a < b ? 16 * a + b : 16 * b + a), 32);
}

enum rf_rc rf_test_session(struct rf_test_net *net, unsigned self, struct rf_lane *lane)
{
    static const uint8_t session[RF_SESSION_SIZE] = "test session 1";
    uint8_t secrets[RF_TEST_NODES][32];
    for (unsigned i = 0; i < net->nodes; i++)
        if (i != self)
            rf_test_traffic_secret(secrets[rf_test_peer(self, i)], self, i);
    return rf_lane_session(lane, session, 1, (const uint8_t(*)[32])secrets);
}

/* Sizes differ from round to round, but both ends know them. */
static size_t size_of(const struct rf_test_traffic *traffic, unsigned round)
{
    return traffic->size - traffic->size / 7 * (round % 5) + round % 3;
}

struct worker {
    struct rf_test_net *net;
    const struct rf_test_traffic *traffic;
    struct rf_channel *channel;
    struct rf_err *err;
    unsigned self;
    uint8_t *out, *in[RF_TEST_NODES];
};

static enum rf_rc want_all(const struct worker *worker, size_t size)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < worker->net->nodes; i++) {
        unsigned peer = rf_test_peer(worker->self, i);
        if (i == worker->self)
            continue;
        RF_TRY(rf_channel_want(worker->channel, peer, worker->in[i], size / 2));
        RF_TRY(rf_channel_want(worker->channel, peer, worker->in[i] + size / 2, size - size / 2));
        RF_TRY(rf_channel_want_end(worker->channel, peer));
    }
done:
    return rc;
}

static enum rf_rc send_all(const struct worker *worker, unsigned round, size_t size)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < worker->net->nodes; i++) {
        unsigned peer = rf_test_peer(worker->self, i);
        if (i == worker->self)
            continue;
        rf_test_fill(worker->out, size, worker->self, i, round);
        RF_TRY(rf_channel_put(worker->channel, peer, worker->out, size));
        RF_TRY(rf_channel_flush(worker->channel, peer));
        RF_TRY(rf_channel_control_send(worker->channel, peer, worker->out, size % 1000));
    }
done:
    return rc;
}

static enum rf_rc take_one(const struct worker *worker, unsigned from, unsigned round, size_t size)
{
    unsigned peer = rf_test_peer(worker->self, from);
    uint8_t *control = NULL;
    size_t control_size = 0;
    enum rf_rc rc;
    RF_TRY(rf_channel_wait(worker->channel, peer));
    RF_TRY(rf_channel_control_receive(worker->channel, peer, &control, &control_size));
    if (!rf_test_intact(worker->in[from], size, from, worker->self, round) ||
        control_size != size % 1000 ||
        !rf_test_intact(control, control_size, from, worker->self, round))
        rc = rf_err_set(worker->err, RF_E_INTERNAL, "round %u from node %u: wrong bytes", round,
                        from);
done:
    rf_secret_free(control, control_size);
    return rc;
}

static enum rf_rc take_all(const struct worker *worker, unsigned round, size_t size)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < worker->net->nodes; i++)
        if (i != worker->self)
            RF_TRY(take_one(worker, i, round, size));
done:
    return rc;
}

static void rest(unsigned ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    if (ms)
        (void)nanosleep(&pause, NULL);
}

enum rf_rc rf_test_traffic(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    const struct rf_test_traffic *traffic = net->context;
    struct worker worker = {.net = net,
                            .traffic = traffic,
                            .channel = rf_lane_channel(lane),
                            .err = err,
                            .self = self,
                            .out = malloc(traffic->size + 8)};
    enum rf_rc rc;
    for (unsigned i = 0; i < net->nodes; i++)
        worker.in[i] = malloc(traffic->size + 8);
    RF_TRY(rf_test_session(net, self, lane));
    for (unsigned round = 0; round < traffic->rounds; round++) {
        char name[32];
        size_t size = size_of(traffic, round);
        (void)snprintf(name, sizeof name, "round %u", round);
        RF_TRY(rf_channel_step(worker.channel, name));
        RF_TRY(want_all(&worker, size));
        RF_TRY(send_all(&worker, round, size));
        RF_TRY(take_all(&worker, round, size));
        rest(traffic->rest_ms);
    }
done:
    free(worker.out);
    for (unsigned i = 0; i < net->nodes; i++)
        free(worker.in[i]);
    return rc;
}
