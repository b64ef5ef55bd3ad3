/* Peers that die, fall silent, stand still, give up, or disagree at the end. Nodes are processes here. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/base/secret.h"
#include "support/traffic.h"

static void rest(double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&pause, &pause) != 0)
        ;
}

/* Where all processes see what each of them found. */
static struct rf_test_net *shared_net(unsigned nodes, rf_test_body *body)
{
    struct rf_test_net *net =
        mmap(NULL, sizeof *net, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(net, MAP_FAILED);
    net->nodes = nodes;
    net->body = body;
    net->silence_ms = 1500;
    return net;
}

static pid_t start(struct rf_test_net *net, unsigned self)
{
    pid_t child = fork();
    if (child == 0) {
        rf_test_net_run_one(net, self);
        _exit(net->rc[self] == RF_OK ? 0 : 1);
    }
    return child;
}

static int end(pid_t child)
{
    int status = -1;
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void net_free(struct rf_test_net *net)
{
    rf_test_net_fini(net);
    (void)munmap(net, sizeof *net);
}

static struct rf_test_traffic endless = {.rounds = 1000000, .size = 700000};

/* Node 2 gets a signal in the middle; the others name it, in time, and end as they should. */
static void expect_named(int signal)
{
    struct rf_test_net *net = shared_net(3, rf_test_traffic);
    pid_t children[3];
    net->context = &endless;
    rf_test_net_init(net);
    for (unsigned i = 0; i < 3; i++)
        children[i] = start(net, i);
    rest(1.0);
    double begin = rf_test_seconds();
    cr_assert_eq(kill(children[2], signal), 0);
    cr_expect_eq(end(children[0]), 1);
    cr_expect_eq(end(children[1]), 1);
    double seconds = rf_test_seconds() - begin;
    cr_expect_lt(seconds, 6.0, "%g s", seconds);
    cr_expect_gt(seconds, 1.0, "%g s", seconds);
    (void)kill(children[2], SIGKILL);
    cr_expect_eq(end(children[2]), -SIGKILL);
    /* One of the two notices first; the other hears it from that one, or notices as well. */
    for (unsigned i = 0; i < 2; i++) {
        cr_expect_eq(net->rc[i], RF_E_PEER, "%s", net->err[i].text);
        cr_expect(strstr(net->err[i].text, "bank-c (party 2) silent for 1.5 s, at step "), "%s",
                  net->err[i].text);
        cr_expect(strstr(net->err[i].text, "\"round "), "%s", net->err[i].text);
    }
    net_free(net);
}

Test(faults, a_killed_peer_is_named)
{
    expect_named(SIGKILL);
}

Test(faults, a_stopped_peer_is_named)
{
    expect_named(SIGSTOP);
}

/* Node 1 computes for a while, node 0 dies in the meantime. */
static enum rf_rc computes(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    (void)net;
    (void)err;
    if (self == 0)
        rest(60);
    rest(4);
    double begin = rf_test_seconds();
    enum rf_rc rc = rf_channel_step(rf_lane_channel(lane), "after computing");
    cr_expect_lt(rf_test_seconds() - begin, 0.5);
    return rc;
}

Test(faults, silence_is_noticed_while_the_lane_computes)
{
    struct rf_test_net *net = shared_net(2, computes);
    rf_test_net_init(net);
    pid_t zero = start(net, 0), one = start(net, 1);
    rest(1);
    (void)kill(zero, SIGKILL);
    cr_expect_eq(end(one), 1);
    cr_expect(strstr(net->err[1].text, "bank-a (party 0) silent for 1.5 s"), "%s",
              net->err[1].text);
    (void)end(zero);
    net_free(net);
}

/* Silence is judged by heartbeats: a lane may compute much longer than that. */
static enum rf_rc computes_long(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                                struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *data = NULL;
    size_t size = 0;
    enum rf_rc rc;
    (void)net;
    (void)err;
    if (self == 0)
        rest(4);
    RF_TRY(rf_channel_control_send(channel, 0, "x", 1));
    RF_TRY(rf_channel_control_receive(channel, 0, &data, &size));
done:
    rf_secret_free(data, size);
    return rc;
}

Test(faults, a_lane_may_compute_longer_than_the_deadline)
{
    struct rf_test_net *net = shared_net(2, computes_long);
    rf_test_net_init(net);
    pid_t zero = start(net, 0), one = start(net, 1);
    cr_expect_eq(end(zero), 0, "%s", net->err[0].text);
    cr_expect_eq(end(one), 0, "%s", net->err[1].text);
    net_free(net);
}

/* Node 0 waits for node 1, which waits for node 2, which does nothing. */
static enum rf_rc nothing_comes(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                                struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t in[8];
    enum rf_rc rc;
    (void)net;
    (void)err;
    RF_TRY(rf_channel_step(channel, "wait in a row"));
    if (self == 2)
        rest(6);
    if (self == 1)
        rest(0.7); /* so that node 0 sees it wait, not give up */
    unsigned peer = rf_test_peer(self, (self + 1) % 3);
    RF_TRY(rf_channel_want(channel, peer, in, sizeof in));
    RF_TRY(rf_channel_want_end(channel, peer));
    RF_TRY(rf_channel_wait(channel, peer));
done:
    return rc;
}

Test(faults, a_peer_that_lives_but_sends_nothing_is_named)
{
    struct rf_test_net *net = shared_net(3, nothing_comes);
    pid_t children[3];
    net->progress_ms = 2000;
    rf_test_net_init(net);
    for (unsigned i = 0; i < 3; i++)
        children[i] = start(net, i);
    for (unsigned i = 0; i < 3; i++)
        cr_expect_eq(end(children[i]), 1);
    bool zero = strstr(net->err[0].text, "bank-b (party 1) lives but has sent nothing due for 2 s "
                                         "(it waits for bank-c (party 2)), at step 1 "
                                         "\"wait in a row\"") != NULL;
    bool told = strstr(net->err[0].text, "bank-b (party 1) gave up at step 1") != NULL;
    cr_expect(zero || told, "%s", net->err[0].text);
    bool one = strstr(net->err[1].text, "bank-c (party 2) lives but has sent nothing due for 2 s "
                                        "(it computes, or is stuck)") != NULL;
    told = strstr(net->err[1].text, "bank-a (party 0) gave up at step 1") != NULL;
    cr_expect(one || told, "%s", net->err[1].text);
    cr_expect(zero || one);
    net_free(net);
}

/* Nodes 1 and 2 are busy with each other for longer than node 0's patience lasts. */
static enum rf_rc busy_elsewhere(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                                 struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *data = NULL;
    size_t size = 0;
    enum rf_rc rc = RF_OK;
    (void)net;
    (void)err;
    unsigned other = rf_test_peer(self, self == 1 ? 2 : 1);
    for (int i = 0; self > 0 && i < 30; i++) {
        RF_TRY(rf_channel_control_send(channel, other, "x", 1));
        RF_TRY(rf_channel_control_receive(channel, other, &data, &size));
        rf_secret_free(data, size);
        data = NULL;
        rest(0.1);
    }
    for (unsigned i = 0; i < 2; i++)
        RF_TRY(rf_channel_control_send(channel, i, "done", 4));
    for (unsigned i = 0; i < 2; i++) {
        RF_TRY(rf_channel_control_receive(channel, i, &data, &size));
        rf_secret_free(data, size);
        data = NULL;
    }
done:
    rf_secret_free(data, size);
    return rc;
}

Test(faults, a_peer_that_gets_on_with_others_is_waited_for)
{
    struct rf_test_net *net = shared_net(3, busy_elsewhere);
    pid_t children[3];
    net->progress_ms = 1500;
    rf_test_net_init(net);
    for (unsigned i = 0; i < 3; i++)
        children[i] = start(net, i);
    for (unsigned i = 0; i < 3; i++)
        cr_expect_eq(end(children[i]), 0, "%s", net->err[i].text);
    net_free(net);
}

/* A message that nobody wants: its sender runs into the window. */
static enum rf_rc unwanted(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t *data = calloc(1, 4 * RF_FRAME_PAYLOAD);
    enum rf_rc rc;
    (void)net;
    (void)err;
    if (self == 1)
        rest(4);
    RF_TRY(rf_channel_put(channel, 0, data, 4 * RF_FRAME_PAYLOAD));
    RF_TRY(rf_channel_flush(channel, 0));
done:
    free(data);
    return rc;
}

Test(faults, a_peer_that_takes_nothing_is_named)
{
    struct rf_test_net *net = shared_net(2, unwanted);
    net->progress_ms = 1000;
    net->window = 2;
    rf_test_net_init(net);
    pid_t zero = start(net, 0), one = start(net, 1);
    cr_expect_eq(end(zero), 1);
    cr_expect_eq(end(one), 1);
    cr_expect(strstr(net->err[0].text, "bank-b (party 1) lives but has taken nothing for 1 s"),
              "%s", net->err[0].text);
    cr_expect(strstr(net->err[1].text, "bank-a (party 0) gave up at step 0 \"opening links\": "
                                       "bank-b (party 1) lives but has taken nothing"),
              "%s", net->err[1].text);
    net_free(net);
}

static enum rf_rc gives_up(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                           struct rf_err *err)
{
    enum rf_rc rc;
    (void)net;
    RF_TRY(rf_channel_step(rf_lane_channel(lane), "load extracts"));
    if (self == 1)
        RF_TRY(rf_err_set(err, RF_E_IO, "the disk is full"));
    uint8_t *data;
    size_t size;
    RF_TRY(rf_channel_control_receive(rf_lane_channel(lane), rf_test_peer(self, 1), &data, &size));
    rf_secret_free(data, size);
done:
    return rc;
}

Test(faults, whoever_gives_up_says_why_to_all)
{
    struct rf_test_net net = {.nodes = 3, .body = gives_up};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    cr_expect_eq(net.rc[1], RF_E_IO);
    for (unsigned i = 0; i < 3; i += 2) {
        cr_expect_eq(net.rc[i], RF_E_PEER);
        cr_expect(strstr(net.err[i].text, "bank-b (party 1) gave up at step 1 \"load extracts\": "
                                          "the disk is full"),
                  "%s", net.err[i].text);
    }
    rf_test_net_fini(&net);
}

/* A process that comes back is not the one that the run began with. */
Test(faults, a_restarted_peer_is_refused)
{
    struct rf_test_net *net = shared_net(2, rf_test_traffic);
    net->context = &endless;
    net->silence_ms = 8000;
    net->connect_ms = 5000;
    rf_test_net_init(net);
    pid_t zero = start(net, 0), one = start(net, 1);
    rest(0.7);
    (void)kill(one, SIGKILL);
    (void)end(one);
    one = start(net, 1);
    cr_expect_eq(end(zero), 1);
    cr_expect_eq(end(one), 1);
    cr_expect(
        strstr(net->err[0].text, "bank-b (party 1) has restarted while the run was under way"),
        "%s", net->err[0].text);
    cr_expect(strstr(net->err[1].text, "bank-a (party 0)"), "%s", net->err[1].text);
    net_free(net);
}

/* Salts that differ give chains that differ, which is what any difference in the bytes would give. */
static enum rf_rc other_salt(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                             struct rf_err *err)
{
    static const uint8_t session[RF_SESSION_SIZE];
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t secrets[RF_TEST_NODES][32] = {{0}}, *data = NULL;
    size_t size = 0;
    enum rf_rc rc;
    (void)net;
    (void)err;
    if (self == 2)
        secrets[rf_test_peer(2, 1)][31] = 1;
    RF_TRY(rf_lane_session(lane, session, 1, (const uint8_t(*)[32])secrets));
    for (unsigned i = 0; i < 2; i++)
        RF_TRY(rf_channel_control_send(channel, i, "x", 1));
    for (unsigned i = 0; i < 2; i++) {
        RF_TRY(rf_channel_control_receive(channel, i, &data, &size));
        rf_secret_free(data, size);
        data = NULL;
    }
done:
    rf_secret_free(data, size);
    return rc;
}

Test(faults, chains_that_differ_are_found_at_the_end)
{
    struct rf_test_net net = {.nodes = 3, .body = other_salt};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    for (unsigned i = 0; i < 3; i++)
        cr_expect_neq(net.rc[i], RF_OK);
    cr_expect(net.rc[1] == RF_E_CHEAT || net.rc[2] == RF_E_CHEAT);
    for (unsigned i = 1; i < 3; i++) {
        if (net.rc[i] == RF_E_CHEAT) {
            cr_expect(strstr(net.err[i].text, "keeps another hash chain of what it sent") &&
                          strstr(net.err[i].text, rf_test_names[3 - i]),
                      "%s", net.err[i].text);
        }
    }
    rf_test_net_fini(&net);
}

/* Ends that close at the same time, and processes that leave right afterwards. */
Test(faults, closing_is_in_good_order_every_time)
{
    static struct rf_test_traffic brief = {.rounds = 1, .size = 100};
    for (int i = 0; i < 12; i++) {
        struct rf_test_net *net = shared_net(3, rf_test_traffic);
        pid_t children[3];
        net->context = &brief;
        net->ipc = i % 3 == 0;
        rf_test_net_init(net);
        double begin = rf_test_seconds();
        for (unsigned k = 0; k < 3; k++)
            children[k] = start(net, k);
        for (unsigned k = 0; k < 3; k++)
            cr_expect_eq(end(children[k]), 0, "%d: %s\n%s", i, net->err[k].text, net->log[k]);
        cr_expect_lt(rf_test_seconds() - begin, 3.0);
        net_free(net);
    }
}

/* Misuse of a lane is an error of ours, and ends it in good order too. */
static enum rf_rc leaves_a_message_open(struct rf_test_net *net, unsigned self,
                                        struct rf_lane *lane, struct rf_err *err)
{
    (void)net;
    (void)err;
    return self == 0 ? rf_channel_put(rf_lane_channel(lane), 0, "x", 1) : RF_OK;
}

Test(faults, a_lane_closed_inside_a_message)
{
    struct rf_test_net net = {.nodes = 2, .body = leaves_a_message_open};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    cr_expect_eq(net.rc[0], RF_E_INTERNAL, "%s", net.err[0].text);
    cr_expect_eq(net.rc[1], RF_E_PEER);
    cr_expect(strstr(net.err[1].text, "bank-a (party 0) gave up"), "%s", net.err[1].text);
    rf_test_net_fini(&net);
}
