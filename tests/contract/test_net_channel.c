/* What channel.h promises, on real links between two and three nodes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "support/nodes.h"

static uint8_t pattern(size_t i, unsigned from, unsigned to, unsigned message)
{
    return (uint8_t)(i * 31 + i / 251 + from * 7 + to * 13 + message * 101);
}

static void fill(uint8_t *data, size_t size, unsigned from, unsigned to, unsigned message)
{
    for (size_t i = 0; i < size; i++)
        data[i] = pattern(i, from, to, message);
}

static bool intact(const uint8_t *data, size_t size, unsigned from, unsigned to, unsigned message)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != pattern(i, from, to, message))
            return false;
    return true;
}

/* Everyone sends every size to everyone. */
static const size_t sizes[] = {1,
                               0,
                               7,
                               4095,
                               RF_FRAME_PAYLOAD - 1,
                               RF_FRAME_PAYLOAD,
                               RF_FRAME_PAYLOAD + 1,
                               5 * RF_FRAME_PAYLOAD,
                               1234567};

static enum rf_rc exchange(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    enum rf_rc rc = RF_OK;
    uint8_t *out = malloc(2000000), *in[RF_TEST_NODES] = {malloc(2000000), malloc(2000000)};
    static const uint8_t session[RF_SESSION_SIZE] = "a session of us";
    static const uint8_t secrets[2][32];
    RF_TRY(rf_lane_session(lane, session, 1, secrets));
    for (unsigned m = 0; m < sizeof sizes / sizeof *sizes; m++) {
        RF_TRY(rf_channel_step(channel, "exchange"));
        for (unsigned peer = 0; peer + 1 < net->nodes; peer++) {
            RF_TRY(rf_channel_want(channel, peer, in[peer], sizes[m] / 3));
            RF_TRY(
                rf_channel_want(channel, peer, in[peer] + sizes[m] / 3, sizes[m] - sizes[m] / 3));
            RF_TRY(rf_channel_want_end(channel, peer));
        }
        for (unsigned other = 0; other < net->nodes; other++) {
            if (other == self)
                continue;
            fill(out, sizes[m], self, other, m);
            RF_TRY(rf_channel_put(channel, rf_test_peer(self, other), out, sizes[m]));
            RF_TRY(rf_channel_flush(channel, rf_test_peer(self, other)));
        }
        for (unsigned other = 0; other < net->nodes; other++) {
            if (other == self)
                continue;
            unsigned peer = rf_test_peer(self, other);
            RF_TRY(rf_channel_wait(channel, peer));
            if (!intact(in[peer], sizes[m], other, self, m))
                RF_TRY(rf_err_set(err, RF_E_INTERNAL, "message %u from %u is damaged", m, other));
        }
    }
done:
    free(out);
    free(in[0]);
    free(in[1]);
    return rc;
}

static void run(struct rf_test_net *net)
{
    rf_test_net_init(net);
    rf_test_net_run(net);
    for (unsigned i = 0; i < net->nodes; i++)
        cr_expect_eq(net->rc[i], RF_OK, "node %u: %s\n%s", i, net->err[i].text, net->log[i]);
    rf_test_net_fini(net);
}

Test(channel, two_nodes_tcp)
{
    struct rf_test_net net = {.nodes = 2, .body = exchange};
    run(&net);
}

Test(channel, three_nodes_tcp)
{
    struct rf_test_net net = {.nodes = 3, .body = exchange};
    run(&net);
}

Test(channel, three_nodes_ipc)
{
    struct rf_test_net net = {.nodes = 3, .body = exchange, .ipc = true};
    run(&net);
}
