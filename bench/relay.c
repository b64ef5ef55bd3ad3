#include "bench/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 << 10, FLOWS = 64, QUEUED_MAX = 256 << 20 };

/* Bytes on the line. */
struct piece {
    struct piece *next;
    double due;
    size_t size, sent;
    uint8_t bytes[PIECE];
};

/* One direction of a connection. */
struct flow {
    int from, to; /* -1: closed */
    bool ended;   /* no more will come */
    struct piece *first, **last;
    size_t queued;
    double line_free; /* when the line has passed on what it was given */
};

struct relay {
    struct rf_line line;
    struct flow flow[FLOWS];
    unsigned flows;
};

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- the process ---- */

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void flow_add(struct relay *relay, int from, int to)
{
    struct flow *flow = &relay->flow[relay->flows++];
    *flow = (struct flow){.from = from, .to = to};
    flow->last = &flow->first;
}

static void connection_open(struct relay *relay, const struct rf_relay_door *door)
{
    const int one = 1;
    struct sockaddr_in target = loopback(door->target);
    int in = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC);
    int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (in < 0 || out < 0 || relay->flows + 2 > FLOWS ||
        connect(out, (struct sockaddr *)&target, sizeof target) != 0) {
        (void)close(in);
        (void)close(out);
        return;
    }
    for (int i = 0; i < 2; i++) {
        int fd = i ? in : out;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    flow_add(relay, in, out);
    flow_add(relay, out, in);
}

static void flow_take(struct relay *relay, struct flow *flow)
{
    struct piece *piece = malloc(sizeof *piece);
    if (!piece)
        return;
    ssize_t got = read(flow->from, piece->bytes, PIECE);
    if (got <= 0) {
        flow->ended = got == 0 || (errno != EAGAIN && errno != EINTR);
        free(piece);
        return;
    }
    double begin = now();
    if (flow->line_free > begin)
        begin = flow->line_free;
    if (relay->line.bytes_per_s > 0)
        begin += (double)got / relay->line.bytes_per_s;
    flow->line_free = begin;
    piece->next = NULL;
    piece->due = begin + relay->line.rtt / 2;
    piece->size = (size_t)got;
    piece->sent = 0;
    *flow->last = piece;
    flow->last = &piece->next;
    flow->queued += piece->size;
}

/* Passes on what is due; returns false once the other end takes no more for now. */
static bool flow_give(struct flow *flow, double time)
{
    while (flow->first && flow->first->due <= time) {
        struct piece *piece = flow->first;
        ssize_t sent =
            send(flow->to, piece->bytes + piece->sent, piece->size - piece->sent, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (sent < 0) {
            flow->ended = true;
            sent = (ssize_t)(piece->size - piece->sent);
        }
        piece->sent += (size_t)sent;
        if (piece->sent < piece->size)
            return false;
        flow->queued -= piece->size;
        flow->first = piece->next;
        if (!flow->first)
            flow->last = &flow->first;
        free(piece);
    }
    return true;
}

static void flow_end(struct flow *flow)
{
    if (flow->ended && !flow->first && flow->to >= 0) {
        (void)shutdown(flow->to, SHUT_WR);
        flow->from = flow->to = -1;
    }
}

/* Sleeps until something arrives, can be sent, or is due. */
static void line_wait(struct relay *relay, struct pollfd *poll_set,
                      const struct rf_relay_door *doors, unsigned count)
{
    double next = now() + 1;
    for (unsigned i = 0; i < count; i++)
        poll_set[i] = (struct pollfd){.fd = doors[i].listener, .events = POLLIN};
    for (unsigned i = 0; i < relay->flows; i++) {
        struct flow *flow = &relay->flow[i];
        bool takes = !flow->ended && flow->queued < QUEUED_MAX;
        bool waits = flow->first && flow->first->due <= now(); /* the other end was full */
        poll_set[count + 2 * i] = (struct pollfd){.fd = takes ? flow->from : -1, .events = POLLIN};
        poll_set[count + 2 * i + 1] =
            (struct pollfd){.fd = waits ? flow->to : -1, .events = POLLOUT};
        if (flow->first && !waits && flow->first->due < next)
            next = flow->first->due;
    }
    double left = next - now();
    struct timespec time = {0};
    if (left > 0) {
        time.tv_sec = (time_t)left;
        time.tv_nsec = (long)((left - (double)time.tv_sec) * 1e9);
    }
    (void)ppoll(poll_set, count + 2 * relay->flows, &time, NULL);
}

static void relay_process(const struct rf_line *line, const struct rf_relay_door *doors,
                          unsigned count)
{
    static struct relay relay;
    struct pollfd poll_set[RF_RELAY_DOORS + 2 * FLOWS];
    relay.line = *line;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    for (;;) {
        line_wait(&relay, poll_set, doors, count);
        unsigned flows = relay.flows;
        for (unsigned i = 0; i < count; i++) {
            if (poll_set[i].revents & POLLIN)
                connection_open(&relay, &doors[i]);
        }
        for (unsigned i = 0; i < flows; i++) {
            if (relay.flow[i].to < 0)
                continue;
            if (poll_set[count + 2 * i].revents)
                flow_take(&relay, &relay.flow[i]);
            (void)flow_give(&relay.flow[i], now());
            flow_end(&relay.flow[i]);
        }
    }
}

/* ---- start, stop ---- */

static enum rf_rc door_open(struct rf_relay_door *door, struct rf_err *err)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    door->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door->listener < 0 ||
        bind(door->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(door->listener, 16) != 0 ||
        getsockname(door->listener, (struct sockaddr *)&address, &size) != 0)
        return rf_err_set(err, RF_E_IO, "relay: no port: %s", strerror(errno));
    door->port = ntohs(address.sin_port);
    return RF_OK;
}

enum rf_rc rf_relay_start(struct rf_relay *relay, const struct rf_line *line,
                          struct rf_relay_door *doors, unsigned count, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < count; i++)
        doors[i].listener = -1;
    for (unsigned i = 0; i < count; i++)
        RF_TRY(door_open(&doors[i], err));
    relay->pid = fork();
    if (relay->pid == 0) {
        relay_process(line, doors, count);
        _exit(0);
    }
    if (relay->pid < 0) {
        relay->pid = 0;
        rc = rf_err_set(err, RF_E_IO, "relay: cannot start: %s", strerror(errno));
    }
done:
    for (unsigned i = 0; i < count; i++) {
        if (doors[i].listener >= 0)
            (void)close(doors[i].listener);
    }
    return rc;
}

void rf_relay_stop(struct rf_relay *relay)
{
    if (relay->pid <= 0)
        return;
    (void)kill(relay->pid, SIGKILL);
    (void)waitpid(relay->pid, NULL, 0);
    relay->pid = 0;
}
