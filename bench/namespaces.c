#include "bench/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WORDS = 24, COMMAND = 256, QUEUE = 1000000 /* packets: nothing is dropped */ };

const char rf_namespaces_listen[] = "tcp://0.0.0.0:7000";

/* Runs a program, its words parted by spaces, without a shell; what it says is dropped. */
static bool run(const char *format, ...) RF_PRINTF(1, 2);

static bool run_words(char *text)
{
    char *words[WORDS + 1], *rest = NULL;
    unsigned count = 0;
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 1;
    for (char *word = strtok_r(text, " ", &rest); word && count < WORDS;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    words[count] = NULL;
    (void)posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++)
        (void)posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    if (count > 0 && posix_spawnp(&pid, words[0], &actions, NULL, words, environ) == 0)
        (void)waitpid(pid, &status, 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    return status == 0;
}

static bool run(const char *format, ...)
{
    char text[COMMAND];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return run_words(text);
}

/* The same, as an error. */
static enum rf_rc must(struct rf_err *err, const char *format, ...) RF_PRINTF(2, 3);

static enum rf_rc must(struct rf_err *err, const char *format, ...)
{
    char text[COMMAND], words[COMMAND];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(words, text, sizeof words);
    return run_words(words) ? RF_OK : rf_err_set(err, RF_E_IO, "'%s' failed", text);
}

bool rf_namespaces_possible(void)
{
    char name[RF_NAMESPACES_NAME];
    (void)snprintf(name, sizeof name, "rfbench-%ld-probe", (long)getpid());
    if (geteuid() != 0 || !run("ip netns add %s", name))
        return false;
    bool possible = run("tc -n %s qdisc add dev lo root netem delay 1ms", name);
    (void)run("ip netns del %s", name);
    return possible;
}

/* Cables are numbered (1,0), (2,0), (2,1); the lower party is at the end .1. */
static unsigned cable_of(unsigned from, unsigned to)
{
    return from + to - 1;
}

static enum rf_rc end_up(const char *name, unsigned cable, unsigned end, const struct rf_line *line,
                         struct rf_err *err)
{
    enum rf_rc rc;
    RF_TRY(must(err, "ip -n %s addr add 10.77.%u.%u/30 dev rf%u", name, cable, end, cable));
    RF_TRY(must(err, "ip -n %s link set rf%u up", name, cable));
    RF_TRY(must(err, "tc -n %s qdisc add dev rf%u root netem delay %.0fus rate %.0fkbit limit %d",
                name, cable, line->rtt / 2 * 1e6, line->bytes_per_s * 8 / 1e3, QUEUE));
done:
    return rc;
}

static enum rf_rc cable_up(struct rf_namespaces *namespaces, unsigned from, unsigned to,
                           const struct rf_line *line, struct rf_err *err)
{
    enum rf_rc rc;
    unsigned cable = cable_of(from, to);
    const char *a = namespaces->name[to], *b = namespaces->name[from];
    RF_TRY(must(err, "ip link add rf%u netns %s type veth peer name rf%u netns %s", cable, a, cable,
                b));
    RF_TRY(end_up(a, cable, 1, line, err));
    RF_TRY(end_up(b, cable, 2, line, err));
done:
    return rc;
}

enum rf_rc rf_namespaces_start(struct rf_namespaces *namespaces, const struct rf_line *line,
                               struct rf_err *err)
{
    enum rf_rc rc;
    for (unsigned party = 0; party < RF_NAMESPACES; party++) {
        char name[RF_NAMESPACES_NAME];
        (void)snprintf(name, sizeof name, "rfbench-%ld-%u", (long)getpid(), party);
        RF_TRY(must(err, "ip netns add %s", name));
        memcpy(namespaces->name[party], name, sizeof name);
        RF_TRY(must(err, "ip -n %s link set lo up", name));
    }
    for (unsigned from = 1; from < RF_NAMESPACES; from++) {
        for (unsigned to = 0; to < from; to++)
            RF_TRY(cable_up(namespaces, from, to, line, err));
    }
done:
    return rc;
}

void rf_namespaces_stop(struct rf_namespaces *namespaces)
{
    for (unsigned party = 0; party < RF_NAMESPACES; party++) {
        if (namespaces->name[party][0])
            (void)run("ip netns del %s", namespaces->name[party]);
        namespaces->name[party][0] = 0;
    }
}

enum rf_rc rf_namespaces_enter(const struct rf_namespaces *namespaces, unsigned party,
                               struct rf_err *err)
{
    char path[RF_NAMESPACES_NAME + 32];
    (void)snprintf(path, sizeof path, "/run/netns/%s", namespaces->name[party]);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool inside = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
    int why = errno;
    if (fd >= 0)
        (void)close(fd);
    return inside ? RF_OK : rf_err_set(err, RF_E_IO, "%s: %s", path, strerror(why));
}

void rf_namespaces_address(char text[RF_NAMESPACES_ADDRESS], unsigned from, unsigned to)
{
    (void)snprintf(text, RF_NAMESPACES_ADDRESS, "tcp://10.77.%u.1:7000", cable_of(from, to));
}
