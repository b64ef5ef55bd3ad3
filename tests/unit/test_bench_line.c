#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/relay.h"

/* Delay and rate are exact from below. From above a busy machine adds to them now and then, so that the
 * best of a number of tries is looked at. */
enum { TRIES = 40, BULK = 2 << 20 };

static const double RTT = 40e-3, RATE = 50e6; /* 2 MiB take 42 ms */

struct scene {
    struct rf_relay relay;
    int listener, near, far; /* near: through the relay; far: behind it */
};

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void scene_init(struct scene *scene, const struct rf_line *line)
{
    struct rf_err err = {0};
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    *scene = (struct scene){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    cr_assert_eq(bind(scene->listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(scene->listener, 1), 0);
    cr_assert_eq(getsockname(scene->listener, (struct sockaddr *)&address, &size), 0);
    struct rf_relay_door door = {.target = ntohs(address.sin_port)};
    cr_assert_eq(rf_relay_start(&scene->relay, line, &door, 1, &err), RF_OK, "%s", err.text);
    address = loopback(door.port);
    scene->near = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(scene->near, (struct sockaddr *)&address, size), 0);
    scene->far = accept(scene->listener, NULL, NULL);
    cr_assert_geq(scene->far, 0);
}

static void scene_fini(struct scene *scene)
{
    rf_relay_stop(&scene->relay);
    (void)close(scene->near);
    (void)close(scene->far);
    (void)close(scene->listener);
}

/* @size bytes of @out into @from and out of @to at the same time; how long it took. */
static double pass(int from, int to, const uint8_t *out, uint8_t *in, size_t size)
{
    double begin = now();
    for (size_t sent = 0, got = 0; got < size;) {
        struct pollfd fds[2] = {{.fd = sent < size ? from : -1, .events = POLLOUT},
                                {.fd = to, .events = POLLIN}};
        cr_assert_gt(poll(fds, 2, 10000), 0, "nothing moves");
        if (fds[0].revents) {
            ssize_t some = send(from, out + sent, size - sent, MSG_DONTWAIT);
            sent += some > 0 ? (size_t)some : 0;
        }
        if (fds[1].revents) {
            ssize_t some = recv(to, in + got, size - got, 0);
            cr_assert_gt(some, 0, "the relay closed the connection");
            got += (size_t)some;
        }
    }
    return now() - begin;
}

Test(relay, delays_half_a_round_trip_each_way)
{
    struct scene scene;
    uint8_t out = 0, in = 0;
    double best = 1e9;
    scene_init(&scene, &(struct rf_line){.rtt = RTT, .bytes_per_s = RATE});
    for (unsigned i = 0; i < TRIES && (i < 3 || best > RTT * 1.2); i++) {
        out = (uint8_t)(i + 1);
        double there = pass(scene.near, scene.far, &out, &in, 1);
        cr_assert_eq(in, out);
        double back = pass(scene.far, scene.near, &out, &in, 1);
        cr_expect_geq(there, RTT / 2, "%g s is too soon", there);
        cr_expect_geq(back, RTT / 2, "%g s is too soon", back);
        best = there + back < best ? there + back : best;
    }
    cr_expect_leq(best, RTT * 1.2, "a round trip takes %g s at best", best);
    scene_fini(&scene);
}

Test(relay, sends_at_the_rate_and_changes_nothing)
{
    struct scene scene;
    uint8_t *out = malloc(BULK), *in = calloc(1, BULK);
    const double least = BULK / RATE + RTT / 2;
    double best = 1e9;
    for (size_t i = 0; i < BULK; i++)
        out[i] = (uint8_t)(i * 2654435761U >> 13);
    scene_init(&scene, &(struct rf_line){.rtt = RTT, .bytes_per_s = RATE});
    for (unsigned i = 0; i < TRIES && (i < 2 || best > least * 1.2); i++) {
        double took = i % 2 ? pass(scene.far, scene.near, out, in, BULK)
                            : pass(scene.near, scene.far, out, in, BULK);
        cr_assert_eq(memcmp(out, in, BULK), 0);
        cr_expect_geq(took, least, "%g s is too soon", took);
        best = took < best ? took : best;
    }
    cr_expect_leq(best, least * 1.2, "%g s at best, and %g were said", best, least);
    free(out);
    free(in);
    scene_fini(&scene);
}

Test(relay, directions_do_not_share_the_rate)
{
    struct scene scene;
    uint8_t *out = malloc(BULK), *in = malloc(BULK);
    double best = 1e9;
    scene_init(&scene, &(struct rf_line){.rtt = 0, .bytes_per_s = RATE});
    memset(out, 7, BULK);
    for (unsigned i = 0; i < TRIES && (i < 2 || best > 1.5 * BULK / RATE); i++) {
        double begin = now();
        for (size_t at = 0; at < BULK; at += BULK / 32) { /* both ways, a piece each */
            cr_assert_eq(send(scene.near, out + at, BULK / 32, 0), BULK / 32);
            cr_assert_eq(send(scene.far, out + at, BULK / 32, 0), BULK / 32);
        }
        for (size_t got = 0; got < BULK;)
            got += (size_t)recv(scene.near, in, BULK - got, MSG_WAITALL);
        for (size_t got = 0; got < BULK;)
            got += (size_t)recv(scene.far, in, BULK - got, MSG_WAITALL);
        best = now() - begin < best ? now() - begin : best;
    }
    cr_expect_leq(best, 1.5 * BULK / RATE, "%g s at best", best);
    scene_fini(&scene);
    free(out);
    free(in);
}

Test(line, words)
{
    static const struct {
        const char *text;
        struct rf_line line;
    } good[] = {
        {"loopback", {.rtt = 0}},
        {"lan", {.rtt = 0.2e-3, .bytes_per_s = 1.25e9}},
        {"wan", {.rtt = 50e-3, .bytes_per_s = 12.5e6}},
        {"10ms,1gbit", {.rtt = 10e-3, .bytes_per_s = 125e6}},
        {"0.5s,64kbit", {.rtt = 0.5, .bytes_per_s = 8e3}},
        {"200us,2.5gbit", {.rtt = 200e-6, .bytes_per_s = 312.5e6}},
    };
    static const char *const bad[] = {
        "",           "10ms",       "10ms,",        ",1gbit",    "10,1gbit",
        "10ms,1",     "10ms,0gbit", "-1ms,1gbit",   "nan,1gbit", "10ms,1gbit,",
        "10ms 1gbit", "lan2",       "1e300s,1gbit", "11s,1gbit", "10ms,-1mbit",
    };
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
        struct rf_line line = {0};
        cr_assert_eq(rf_line_read(&line, good[i].text, NULL), RF_OK, "%s", good[i].text);
        cr_expect_float_eq(line.rtt, good[i].line.rtt, 1e-12);
        cr_expect_float_eq(line.bytes_per_s, good[i].line.bytes_per_s, 1e-3);
    }
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = {0};
        struct rf_line line;
        cr_expect_eq(rf_line_read(&line, bad[i], &err), RF_E_ARG, "'%s' is taken", bad[i]);
        cr_expect(err.text[0]);
    }
}
