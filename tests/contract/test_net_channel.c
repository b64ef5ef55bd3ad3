/* What channel.h promises, on real links between two and three nodes. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "support/traffic.h"

static void run(struct rf_test_net *net)
{
    rf_test_net_init(net);
    rf_test_net_run(net);
    for (unsigned i = 0; i < net->nodes; i++)
        cr_expect_eq(net->rc[i], RF_OK, "node %u: %s\n%s", i, net->err[i].text, net->log[i]);
    rf_test_net_fini(net);
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
enum { SIZES = sizeof sizes / sizeof *sizes, BUFFER = 2000000 };

static enum rf_rc want_in_parts(struct rf_channel *channel, unsigned peer, uint8_t *in, size_t size)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_want(channel, peer, in, size / 3));
    RF_TRY(rf_channel_want(channel, peer, in + size / 3, size - size / 3));
    RF_TRY(rf_channel_want_end(channel, peer));
done:
    return rc;
}

static enum rf_rc send_whole(struct rf_channel *channel, unsigned peer, const uint8_t *out,
                             size_t size)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_put(channel, peer, out, size));
    RF_TRY(rf_channel_flush(channel, peer));
done:
    return rc;
}

static enum rf_rc check(struct rf_err *err, const uint8_t *in, size_t size, unsigned from,
                        unsigned to, unsigned message)
{
    if (rf_test_intact(in, size, from, to, message))
        return RF_OK;
    return rf_err_set(err, RF_E_INTERNAL, "message %u from node %u is damaged", message, from);
}

static enum rf_rc all_sizes(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                            struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *out = malloc(BUFFER), *in[RF_TEST_NODES] = {NULL};
    enum rf_rc rc;
    for (unsigned i = 0; i < RF_TEST_NODES; i++)
        in[i] = malloc(BUFFER);
    RF_TRY(rf_test_session(net, self, lane));
    for (unsigned m = 0; m < SIZES; m++) {
        RF_TRY(rf_channel_step(channel, "exchange"));
        for (unsigned i = 0; i < net->nodes; i++)
            if (i != self)
                RF_TRY(want_in_parts(channel, rf_test_peer(self, i), in[i], sizes[m]));
        for (unsigned i = 0; i < net->nodes; i++) {
            rf_test_fill(out, sizes[m], self, i, m);
            if (i != self)
                RF_TRY(send_whole(channel, rf_test_peer(self, i), out, sizes[m]));
        }
        for (unsigned i = 0; i < net->nodes; i++) {
            if (i == self)
                continue;
            RF_TRY(rf_channel_wait(channel, rf_test_peer(self, i)));
            RF_TRY(check(err, in[i], sizes[m], i, self, m));
        }
    }
done:
    free(out);
    for (unsigned i = 0; i < RF_TEST_NODES; i++)
        free(in[i]);
    return rc;
}

Test(channel, all_sizes_between_two_nodes)
{
    run(&(struct rf_test_net){.nodes = 2, .body = all_sizes});
}

Test(channel, all_sizes_between_three_nodes)
{
    run(&(struct rf_test_net){.nodes = 3, .body = all_sizes});
}

Test(channel, all_sizes_over_ipc)
{
    run(&(struct rf_test_net){.nodes = 3, .body = all_sizes, .ipc = true});
}

Test(channel, all_sizes_with_the_smallest_window)
{
    run(&(struct rf_test_net){.nodes = 3, .body = all_sizes, .window = 1});
}

Test(channel, all_sizes_without_chains)
{
    run(&(struct rf_test_net){.nodes = 2, .body = all_sizes, .no_chain = true});
}

/* 64 MiB each way at once, with room for half a MiB on the way. */
static enum rf_rc flood(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                        struct rf_err *err)
{
    enum { SIZE = 64 << 20 };
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *out = malloc(SIZE), *in = malloc(SIZE);
    enum rf_rc rc;
    rf_test_fill(out, SIZE, self, 1 - self, 0);
    RF_TRY(rf_test_session(net, self, lane));
    RF_TRY(want_in_parts(channel, 0, in, SIZE));
    RF_TRY(send_whole(channel, 0, out, SIZE));
    RF_TRY(rf_channel_wait(channel, 0));
    RF_TRY(check(err, in, SIZE, 1 - self, self, 0));
done:
    free(out);
    free(in);
    return rc;
}

Test(channel, large_sends_both_ways_do_not_deadlock)
{
    run(&(struct rf_test_net){.nodes = 2, .body = flood, .window = 2});
}

Test(channel, large_sends_both_ways_do_not_deadlock_over_ipc)
{
    run(&(struct rf_test_net){.nodes = 2, .body = flood, .window = 2, .ipc = true});
}

/* Messages that come before they are wanted, wanted before they are sent, and several of each. */
static enum rf_rc early_and_late(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                                 struct rf_err *err)
{
    enum { MESSAGES = 12, SIZE = 3000 };
    struct rf_channel *channel = rf_lane_channel(lane);
    static uint8_t in[2][MESSAGES][SIZE];
    uint8_t out[SIZE], *data = NULL;
    size_t size = 0;
    enum rf_rc rc;
    RF_TRY(rf_test_session(net, self, lane));
    for (unsigned round = 0; round < 20; round++) {
        bool early = (round + self) % 2 == 0;
        for (unsigned m = 0; early && m < MESSAGES; m++)
            RF_TRY(want_in_parts(channel, 0, in[self][m], SIZE - m));
        for (unsigned m = 0; m < MESSAGES; m++) {
            rf_test_fill(out, SIZE, self, 1 - self, m + round);
            RF_TRY(send_whole(channel, 0, out, SIZE - m));
        }
        for (unsigned m = 0; !early && m < MESSAGES; m++)
            RF_TRY(want_in_parts(channel, 0, in[self][m], SIZE - m));
        for (unsigned m = 0; m < MESSAGES; m++) {
            RF_TRY(rf_channel_wait(channel, 0));
            RF_TRY(check(err, in[self][m], SIZE - m, 1 - self, self, m + round));
        }
        RF_TRY(rf_channel_control_send(channel, 0, "end of round", round % 12));
        RF_TRY(rf_channel_control_receive(channel, 0, &data, &size));
        cr_assert_eq(size, round % 12);
        cr_assert_arr_eq(data, "end of round", size);
        rf_secret_free(data, size);
        data = NULL;
    }
done:
    rf_secret_free(data, size);
    return rc;
}

Test(channel, wanted_early_and_late)
{
    run(&(struct rf_test_net){.nodes = 2, .body = early_and_late});
}

/* Control messages take their place between bulk messages, whatever was asked for first. */
static enum rf_rc interleaved(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                              struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t bulk[2][500], out[500], *data = NULL;
    size_t size = 0;
    enum rf_rc rc = RF_OK;
    (void)net;
    for (unsigned round = 0; round < 50; round++) {
        RF_TRY(rf_channel_step(channel, "interleave"));
        rf_test_fill(out, sizeof out, self, 1 - self, round);
        RF_TRY(rf_channel_control_send(channel, 0, "1", 1));
        RF_TRY(send_whole(channel, 0, out, 500));
        RF_TRY(rf_channel_control_send(channel, 0, "22", 2));
        RF_TRY(rf_channel_control_send(channel, 0, "", 0));
        RF_TRY(send_whole(channel, 0, out, 499));
        const size_t due[] = {1, 2, 0};
        for (unsigned i = 0; i < 3; i++) {
            if (i == 1) {
                RF_TRY(want_in_parts(channel, 0, bulk[0], 500));
                if (round % 2 == 0)
                    RF_TRY(rf_channel_wait(channel, 0));
            }
            RF_TRY(rf_channel_control_receive(channel, 0, &data, &size));
            cr_assert_eq(size, due[i], "round %u control %u has %zu bytes", round, i, size);
            rf_secret_free(data, size);
            data = NULL;
        }
        if (round % 2 != 0)
            RF_TRY(rf_channel_wait(channel, 0));
        RF_TRY(want_in_parts(channel, 0, bulk[1], 499));
        RF_TRY(rf_channel_wait(channel, 0));
        RF_TRY(check(err, bulk[0], 500, 1 - self, self, round));
        RF_TRY(check(err, bulk[1], 499, 1 - self, self, round));
    }
done:
    rf_secret_free(data, size);
    return rc;
}

Test(channel, control_messages_keep_their_place)
{
    run(&(struct rf_test_net){.nodes = 2, .body = interleaved});
}

/* The largest control message, and one byte more. */
static enum rf_rc large_control(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                                struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *out = malloc(RF_CONTROL_MAX), *data = NULL;
    size_t size = 0;
    enum rf_rc rc;
    (void)net;
    rf_test_fill(out, RF_CONTROL_MAX, self, 1 - self, 0);
    RF_TRY(rf_channel_control_send(channel, 0, out, RF_CONTROL_MAX));
    RF_TRY(rf_channel_control_receive(channel, 0, &data, &size));
    cr_assert_eq(size, RF_CONTROL_MAX);
    RF_TRY(check(err, data, size, 1 - self, self, 0));
done:
    rf_secret_free(data, size);
    free(out);
    return rc;
}

Test(channel, the_largest_control_message)
{
    run(&(struct rf_test_net){.nodes = 2, .body = large_control});
}

/* Written in place: rooms, alignment, and that what fits in a frame is never split. */
static enum rf_rc in_place(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    enum { SIZE = 3 * RF_FRAME_PAYLOAD - 64 };
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *in = malloc(SIZE), *buffer, *again;
    size_t room, sent = 0;
    enum rf_rc rc;
    (void)net;
    RF_TRY(want_in_parts(channel, 0, in, SIZE));
    while (sent < SIZE) {
        RF_TRY(rf_channel_reserve(channel, 0, &buffer, &room));
        cr_assert_eq(room, RF_FRAME_PAYLOAD - sent % RF_FRAME_PAYLOAD);
        cr_assert_eq((uintptr_t)buffer % 8, 0);
        RF_TRY(rf_channel_reserve(channel, 0, &again, &room));
        cr_assert_eq(again, buffer, "reserving twice gives the same place");
        size_t used = room < 10000 ? room : 10000;
        used = used < SIZE - sent ? used : SIZE - sent;
        for (size_t i = 0; i < used; i++)
            buffer[i] = rf_test_pattern(sent + i, self, 1 - self, 0);
        RF_TRY(rf_channel_commit(channel, 0, used));
        sent += used;
    }
    RF_TRY(rf_channel_flush(channel, 0));
    RF_TRY(rf_channel_flush(channel, 0));
    RF_TRY(rf_channel_wait(channel, 0));
    RF_TRY(check(err, in, SIZE, 1 - self, self, 0));
done:
    free(in);
    return rc;
}

Test(channel, written_in_place)
{
    run(&(struct rf_test_net){.nodes = 2, .body = in_place});
}

/* Counters are a function of what was asked for, not of timing. */
static enum rf_rc counted(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                          struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t out[100] = {0}, in[4][100], *data = NULL;
    size_t size = 0;
    enum rf_rc rc;
    (void)net;
    (void)err;
    RF_TRY(want_in_parts(channel, 0, in[0], 100));
    RF_TRY(want_in_parts(channel, 0, in[1], 50));
    RF_TRY(send_whole(channel, 0, out, 100));
    RF_TRY(send_whole(channel, 0, out, 50));
    RF_TRY(rf_channel_wait(channel, 0)); /* round 1 */
    RF_TRY(rf_channel_wait(channel, 0)); /* asked for before the first had come: the same round */
    RF_TRY(rf_channel_control_send(channel, 0, out, 7));
    RF_TRY(rf_channel_control_receive(channel, 0, &data, &size)); /* round 2 */
    RF_TRY(rf_channel_flush(channel, 0));                         /* an empty message: nothing */
    uint8_t *large = calloc(1, RF_FRAME_PAYLOAD);
    rc = want_in_parts(channel, 0, large, RF_FRAME_PAYLOAD);
    if (rc == RF_OK)
        rc = send_whole(channel, 0, large, RF_FRAME_PAYLOAD);
    if (rc == RF_OK)
        rc = rf_channel_wait(channel, 0); /* round 3; a full frame and an empty one that ends it */
    free(large);
    (void)self;
done:
    rf_secret_free(data, size);
    return rc;
}

Test(channel, counters)
{
    struct rf_test_net net = {.nodes = 2, .body = counted};
    run(&net);
    for (unsigned i = 0; i < 2; i++) {
        cr_expect_eq(net.traffic[i].bytes_sent, 157 + RF_FRAME_PAYLOAD);
        cr_expect_eq(net.traffic[i].bytes_received, 157 + RF_FRAME_PAYLOAD);
        cr_expect_eq(net.traffic[i].messages_sent, 4);
        cr_expect_eq(net.traffic[i].frames_sent, 5);
        cr_expect_eq(net.traffic[i].rounds, 3, "%llu", (unsigned long long)net.traffic[i].rounds);
    }
}

/* Both ends hash the same, and equal data gives equal chains. */
static uint8_t heads[2][2][RF_CHAIN_SIZE];

static enum rf_rc chained(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                          struct rf_err *err)
{
    enum rf_rc rc = all_sizes(net, self, lane, err);
    rf_lane_chain(lane, 0, heads[self][0], heads[self][1]);
    return rc;
}

Test(channel, chains_agree_and_do_not_depend_on_timing)
{
    uint8_t first[2][2][RF_CHAIN_SIZE];
    run(&(struct rf_test_net){.nodes = 2, .body = chained});
    cr_expect_arr_eq(heads[0][0], heads[1][1], RF_CHAIN_SIZE);
    cr_expect_arr_eq(heads[0][1], heads[1][0], RF_CHAIN_SIZE);
    memcpy(first, heads, sizeof heads);
    memset(heads, 0, sizeof heads);
    run(&(struct rf_test_net){.nodes = 2, .body = chained, .window = 3});
    cr_expect_arr_eq(heads, first, sizeof heads);
    cr_expect_neq(heads[0][0][0] | heads[0][0][1] | heads[0][0][2], 0);
}

/* Uses of a channel that are wrong are said to be so. */
static enum rf_rc (*misused)(struct rf_channel *channel);

static enum rf_rc misuse(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                         struct rf_err *err)
{
    uint8_t *data;
    size_t size;
    (void)net;
    (void)err;
    if (self == 0)
        return misused(rf_lane_channel(lane));
    return rf_channel_control_receive(rf_lane_channel(lane), 0, &data, &size);
}

static enum rf_rc wait_for_nothing(struct rf_channel *channel)
{
    return rf_channel_wait(channel, 0);
}

static enum rf_rc nobody(struct rf_channel *channel)
{
    return rf_channel_flush(channel, 7);
}

static enum rf_rc commit_too_much(struct rf_channel *channel)
{
    uint8_t *buffer;
    size_t room;
    enum rf_rc rc = rf_channel_reserve(channel, 0, &buffer, &room);
    return rc == RF_OK ? rf_channel_commit(channel, 0, room + 1) : rc;
}

static enum rf_rc control_inside(struct rf_channel *channel)
{
    enum rf_rc rc = rf_channel_put(channel, 0, "x", 1);
    return rc == RF_OK ? rf_channel_control_send(channel, 0, "y", 1) : rc;
}

static enum rf_rc huge_control(struct rf_channel *channel)
{
    static const uint8_t data[RF_CONTROL_MAX + 1];
    return rf_channel_control_send(channel, 0, data, sizeof data);
}

static enum rf_rc receive_inside(struct rf_channel *channel)
{
    uint8_t in[8], *data;
    size_t size;
    enum rf_rc rc = rf_channel_want(channel, 0, in, sizeof in);
    return rc == RF_OK ? rf_channel_control_receive(channel, 0, &data, &size) : rc;
}

Test(channel, misuse_is_an_internal_error)
{
    enum rf_rc (*const all[])(struct rf_channel *) = {
        wait_for_nothing, nobody, commit_too_much, control_inside, huge_control, receive_inside};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct rf_test_net net = {.nodes = 2, .body = misuse};
        misused = all[i];
        rf_test_net_init(&net);
        rf_test_net_run(&net);
        cr_expect_eq(net.rc[0], RF_E_INTERNAL, "%zu: %s", i, net.err[0].text);
        cr_expect_eq(net.rc[1], RF_E_PEER, "%zu: %s", i, net.err[1].text);
        rf_test_net_fini(&net);
    }
}

/* Several lanes of one node, each in its own thread, over one port. */
struct lanes {
    struct rf_node *node;
    unsigned self, index;
    enum rf_rc rc;
    struct rf_err err;
    pthread_t thread;
};

static void *run_one_lane(void *argument)
{
    enum { SIZE = 3 << 20 };
    struct lanes *lanes = argument;
    struct rf_lane *lane;
    uint8_t *out = malloc(SIZE), *in = malloc(SIZE);
    unsigned self = lanes->self, mark = lanes->index;
    enum rf_rc rc;
    RF_TRY(rf_lane_open(&lane, lanes->node, lanes->index, &lanes->err));
    struct rf_channel *channel = rf_lane_channel(lane);
    for (unsigned i = 0; i < 5; i++) {
        rf_test_fill(out, SIZE, self, 1 - self, mark + i);
        RF_TRY(want_in_parts(channel, 0, in, SIZE));
        RF_TRY(send_whole(channel, 0, out, SIZE));
        RF_TRY(rf_channel_wait(channel, 0));
        RF_TRY(check(&lanes->err, in, SIZE, 1 - self, self, mark + i));
    }
    rc = rf_lane_close(lane);
done:
    lanes->rc = rc;
    free(out);
    free(in);
    return NULL;
}

Test(channel, lanes_share_a_port)
{
    enum { LANES = 3 };
    struct rf_test_net net = {.nodes = 2};
    struct rf_peer peers[2][2];
    struct rf_node *nodes[2];
    struct lanes lanes[2][LANES] = {0};
    struct rf_err err = {0};
    rf_test_net_init(&net);
    for (unsigned i = 0; i < 2; i++) {
        struct rf_node_config config = rf_test_net_config(&net, i, peers[i]);
        config.lanes = LANES;
        cr_assert_eq(rf_node_new(&nodes[i], &config, &err), RF_OK, "%s", err.text);
    }
    for (unsigned i = 0; i < 2 * LANES; i++) {
        struct lanes *one = &lanes[i % 2][i / 2];
        *one = (struct lanes){.node = nodes[i % 2], .self = i % 2, .index = i / 2};
        (void)pthread_create(&one->thread, NULL, run_one_lane, one);
    }
    for (unsigned i = 0; i < 2 * LANES; i++) {
        struct lanes *one = &lanes[i % 2][i / 2];
        (void)pthread_join(one->thread, NULL);
        cr_expect_eq(one->rc, RF_OK, "%s", one->err.text);
    }
    struct rf_lane *again;
    cr_expect_eq(rf_lane_open(&again, nodes[0], 1, &err), RF_E_ARG);
    for (unsigned i = 0; i < 2; i++)
        rf_node_free(nodes[i]);
    rf_test_net_fini(&net);
}
