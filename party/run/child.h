/** child.h - processes that `ringfence run` starts, each as an operator could by hand */
#ifndef RF_PARTY_RUN_CHILD_H
#define RF_PARTY_RUN_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/base/rc.h"

enum { RF_CHILD_ARGS = 40, RF_CHILD_LINE = 1024 };

struct rf_child {
    char name[64];  /* "party bank-a" */
    pid_t pid;      /* 0: not started or already collected */
    int out;        /* its standard output, to read; -1: closed */
    int status;     /* exit code once collected; 128 + n: ended by signal n */
    char log[4096]; /* path of the file that gets its standard error */
    char line[RF_CHILD_LINE];
    size_t line_used;
};

/** rf_child_start() - run this program with other arguments
 * @arguments: "party", "--node", ..., NULL; without the program's name
 * @log:       file for its standard error, added to
 * Errors: RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_child_start(struct rf_child *child, const char *name,
                                        const char *const *arguments, const char *log,
                                        struct rf_err *err);

/** rf_child_lines() - read what there is of its output and hand over each whole line */
void rf_child_lines(struct rf_child *child, void (*take)(void *context, const char *line),
                    void *context);

/** rf_child_ended() - has it ended? Then status is set. Does not wait. */
bool rf_child_ended(struct rf_child *child);

/** rf_child_last_error() - the last line of its log that says why it failed, into @text; "" if none */
void rf_child_last_error(const struct rf_child *child, char *text, size_t room);

/** rf_child_stop() - SIGTERM to it alone, and SIGKILL if it has not ended after 2 s; collects it */
void rf_child_stop(struct rf_child *child);

/** rf_child_finish() - start, wait to the end, and turn a failure into an error with its own words */
RF_MUST_CHECK enum rf_rc rf_child_finish(const char *name, const char *const *arguments,
                                         const char *log, struct rf_err *err);

#endif
