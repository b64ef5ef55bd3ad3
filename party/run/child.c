#include "party/run/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_TURNS = 200, TURN_NS = 10000000 };

static void nap(void)
{
    const struct timespec turn = {.tv_nsec = TURN_NS};
    (void)nanosleep(&turn, NULL);
}

/* In the child: never returns. */
static void become(const char *const *arguments, const char *log, int out)
{
    const char *argv[RF_CHILD_ARGS + 2] = {"ringfence"};
    for (size_t i = 0; arguments[i] && i < RF_CHILD_ARGS; i++)
        argv[i + 1] = arguments[i];
    int err = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (err < 0 || in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(err, STDERR_FILENO) < 0)
        _exit(1);
    /* Whoever started us ends: so do we. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    char program[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size > 0) {
        program[size] = 0;
        (void)execv(program, (char *const *)argv);
    }
    _exit(1);
}

enum rf_rc rf_child_start(struct rf_child *child, const char *name, const char *const *arguments,
                          const char *log, struct rf_err *err)
{
    int ends[2];
    *child = (struct rf_child){.out = -1};
    (void)snprintf(child->name, sizeof child->name, "%s", name);
    (void)snprintf(child->log, sizeof child->log, "%s", log);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return rf_err_set(err, RF_E_IO, "cannot start %s: %s", name, strerror(errno));
    child->pid = fork();
    if (child->pid == 0)
        become(arguments, log, ends[1]);
    (void)close(ends[1]);
    if (child->pid < 0) {
        (void)close(ends[0]);
        child->pid = 0;
        return rf_err_set(err, RF_E_IO, "cannot start %s: %s", name, strerror(errno));
    }
    child->out = ends[0];
    (void)fcntl(child->out, F_SETFL, O_NONBLOCK);
    return RF_OK;
}

static void take_byte(struct rf_child *child, char byte,
                      void (*take)(void *context, const char *line), void *context)
{
    if (byte != '\n') {
        if (child->line_used + 1 < sizeof child->line)
            child->line[child->line_used++] = byte;
        return;
    }
    child->line[child->line_used] = 0;
    child->line_used = 0;
    if (take)
        take(context, child->line);
}

void rf_child_lines(struct rf_child *child, void (*take)(void *context, const char *line),
                    void *context)
{
    char bytes[4096];
    while (child->out >= 0) {
        ssize_t got = read(child->out, bytes, sizeof bytes);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            (void)close(child->out);
            child->out = -1;
            return;
        }
        for (ssize_t i = 0; i < got; i++)
            take_byte(child, bytes[i], take, context);
    }
}

static void collected(struct rf_child *child, int status)
{
    child->pid = 0;
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool rf_child_ended(struct rf_child *child)
{
    int status;
    if (child->pid > 0 && waitpid(child->pid, &status, WNOHANG) == child->pid)
        collected(child, status);
    return child->pid == 0;
}

void rf_child_stop(struct rf_child *child)
{
    int status;
    if (!rf_child_ended(child)) {
        (void)kill(child->pid, SIGTERM);
        for (unsigned turn = 0; turn < STOP_TURNS && !rf_child_ended(child); turn++)
            nap();
    }
    if (child->pid > 0) {
        (void)kill(child->pid, SIGKILL);
        if (waitpid(child->pid, &status, 0) == child->pid)
            collected(child, status);
    }
    if (child->out >= 0)
        (void)close(child->out);
    child->out = -1;
}

void rf_child_last_error(const struct rf_child *child, char *text, size_t room)
{
    char line[RF_CHILD_LINE];
    FILE *file = fopen(child->log, "re");
    text[0] = 0;
    while (file && fgets(line, sizeof line, file)) {
        const char *found = strstr(line, ": error: ");
        if (!found)
            continue;
        (void)snprintf(text, room, "%s", found + strlen(": error: "));
        text[strcspn(text, "\n")] = 0;
    }
    if (file)
        (void)fclose(file);
}

enum rf_rc rf_child_finish(const char *name, const char *const *arguments, const char *log,
                           struct rf_err *err)
{
    struct rf_child child;
    char why[RF_CHILD_LINE];
    enum rf_rc rc = rf_child_start(&child, name, arguments, log, err);
    if (rc != RF_OK)
        return rc;
    while (!rf_child_ended(&child)) {
        rf_child_lines(&child, NULL, NULL);
        nap();
    }
    rf_child_stop(&child);
    if (child.status == 0)
        return RF_OK;
    rf_child_last_error(&child, why, sizeof why);
    return rf_err_set(err, child.status == 2 ? RF_E_ARG : RF_E_IO, "%s: %s", name,
                      why[0] ? why : "failed; see its log");
}
