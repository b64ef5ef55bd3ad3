/* What one TLS link over loopback moves: two processes, one lane. Prints medians.
 *
 *     net_bench [MEGABYTES [REPEATS]]
 *
 * The sender writes into the place that the channel offers, as protocols do; the receiver's bytes go
 * to where they are wanted. A time ends when the other end has said that it has everything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/base/secret.h"
#include "support/nodes.h"

enum { MESSAGE = 32 << 20, REPEATS_MAX = 64, PINGS = 4000, WARM_UP = 200 };

struct job {
    size_t messages;
    unsigned repeats;
    uint8_t *in;
};

static enum rf_rc send_message(struct rf_channel *channel)
{
    size_t left = MESSAGE;
    enum rf_rc rc = RF_OK;
    while (left > 0) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(channel, 0, &buffer, &room));
        if (room > left)
            room = left;
        for (size_t i = 0; i + 8 <= room; i += 4096)
            memcpy(buffer + i, &left, 8);
        RF_TRY(rf_channel_commit(channel, 0, room));
        left -= room;
    }
    rc = rf_channel_flush(channel, 0);
done:
    return rc;
}

static enum rf_rc want_message(struct rf_channel *channel, uint8_t *in)
{
    enum rf_rc rc = rf_channel_want(channel, 0, in, MESSAGE);
    return rc == RF_OK ? rf_channel_want_end(channel, 0) : rc;
}

static enum rf_rc say(struct rf_channel *channel)
{
    return rf_channel_control_send(channel, 0, "\xc3", 1);
}

static enum rf_rc hear(struct rf_channel *channel)
{
    uint8_t *data;
    size_t size;
    enum rf_rc rc = rf_channel_control_receive(channel, 0, &data, &size);
    rf_secret_free(data, size);
    return rc;
}

static enum rf_rc meet(struct rf_channel *channel)
{
    enum rf_rc rc = say(channel);
    return rc == RF_OK ? hear(channel) : rc;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, double *times, unsigned count, double factor, const char *unit)
{
    qsort(times, count, sizeof *times, by_size);
    double median = times[count / 2];
    printf("  %-10s %8.1f %s   (best %.1f, worst %.1f)\n", what,
           factor > 0 ? factor / median : median * -factor, unit,
           factor > 0 ? factor / times[0] : times[0] * -factor,
           factor > 0 ? factor / times[count - 1] : times[count - 1] * -factor);
    (void)fflush(stdout);
}

/* @sends, @receives: this end's share of the work. */
static enum rf_rc move(struct rf_channel *channel, const struct job *job, bool sends, bool receives)
{
    enum rf_rc rc = RF_OK;
    for (size_t i = 0; i < job->messages; i++) {
        if (receives)
            RF_TRY(want_message(channel, job->in));
        if (sends)
            RF_TRY(send_message(channel));
        if (receives)
            RF_TRY(rf_channel_wait(channel, 0));
    }
    rc = meet(channel);
done:
    return rc;
}

static enum rf_rc time_moves(struct rf_channel *channel, const struct job *job, const char *what,
                             unsigned self, bool both)
{
    double times[REPEATS_MAX];
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < job->repeats; i++) {
        RF_TRY(meet(channel));
        double begin = rf_test_seconds();
        RF_TRY(move(channel, job, both || self == 0, both || self == 1));
        times[i] = rf_test_seconds() - begin;
    }
    if (self == 0)
        report(what, times, job->repeats, (double)job->messages * MESSAGE / 1e6, "MB/s");
done:
    return rc;
}

static enum rf_rc time_pings(struct rf_channel *channel, const struct job *job, unsigned self)
{
    double times[REPEATS_MAX];
    enum rf_rc rc = RF_OK;
    for (unsigned r = 0; r < job->repeats; r++) {
        double begin = 0;
        for (int i = 0; i < WARM_UP + PINGS; i++) {
            if (i == WARM_UP)
                begin = rf_test_seconds();
            if (self == 0)
                RF_TRY(say(channel));
            RF_TRY(hear(channel));
            if (self == 1)
                RF_TRY(say(channel));
        }
        times[r] = (rf_test_seconds() - begin) / PINGS;
    }
    if (self == 0)
        report("round trip", times, job->repeats, -1e6, "us");
done:
    return rc;
}

static enum rf_rc work(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                       struct rf_err *err)
{
    static const uint8_t session[RF_SESSION_SIZE] = "benchmark";
    static const uint8_t secrets[1][32] = {"salt"};
    struct rf_channel *channel = rf_lane_channel(lane);
    const struct job *job = net->context;
    enum rf_rc rc;
    (void)err;
    RF_TRY(rf_lane_session(lane, session, 1, secrets));
    RF_TRY(time_moves(channel, job, "one way", self, false));
    RF_TRY(time_moves(channel, job, "both ways", self, true));
    RF_TRY(time_pings(channel, job, self));
done:
    return rc;
}

static int run(struct job *job, bool chain)
{
    struct rf_test_net net = {.nodes = 2, .body = work, .no_chain = !chain, .context = job};
    int status = 0;
    rf_test_net_init(&net);
    printf("hash chains %s\n", chain ? "on" : "off");
    (void)fflush(stdout);
    pid_t child = fork();
    unsigned self = child == 0;
    rf_test_net_run_one(&net, self);
    if (net.rc[self] != RF_OK)
        (void)fprintf(stderr, "node %u: %s\n", self, net.err[self].text);
    if (child == 0)
        _exit(net.rc[self] != RF_OK);
    (void)waitpid(child, &status, 0);
    bool failed = net.rc[0] != RF_OK || status != 0;
    rf_test_net_fini(&net);
    return failed;
}

int main(int count, char **arguments)
{
    size_t megabytes = count > 1 ? strtoul(arguments[1], NULL, 10) : 1024;
    unsigned long repeats = count > 2 ? strtoul(arguments[2], NULL, 10) : 7;
    struct job job = {.messages = (megabytes << 20) / MESSAGE + 1,
                      .repeats = repeats < REPEATS_MAX ? (unsigned)repeats : REPEATS_MAX,
                      .in = rf_secret_alloc(MESSAGE)};
    if (!job.in || job.repeats == 0)
        return 2;
    int failed = run(&job, false) | run(&job, true);
    rf_secret_free(job.in, MESSAGE);
    return failed;
}
