/** cmd.h - what every command of `ringfence` shares
 *
 * A command is a file cmd_NAME.c with `int rf_cmd_NAME(int argc, char **argv)` and a line in the
 * table of main.c. It parses its arguments by argp (rf_cmd_parse), does its work by library calls,
 * and ends with `return rf_cmd_end(argv[0], rc, &err)`. argv[0] is the whole command, "ringfence
 * study show", and starts every message.
 *
 * Exit codes: 0 done, 1 failed, 2 misused (bad option, file or study; also argp's own errors).
 * What was asked for goes to stdout, all else to stderr. */
#ifndef RF_PARTY_CMD_CMD_H
#define RF_PARTY_CMD_CMD_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/base/rc.h"
#include "party/keys/passphrase.h"
#include "party/run/recorder.h"

struct rf_cmd {
    const char *name;
    const char *summary; /* one line for the list of commands */
    int (*run)(int argc, char **argv);
};

/** rf_cmd_dispatch() - run the command that argv[1] names; returns its exit code
 * @intro: what stands above the list of commands in --help
 * An unknown name suggests the nearest and exits 2. */
int rf_cmd_dispatch(const struct rf_cmd *commands, size_t count, const char *intro, int argc,
                    char **argv);

/** rf_cmd_parse() - argp_parse() with the exit code of misuse; @input is the parser's state */
void rf_cmd_parse(const struct argp *argp, int argc, char **argv, void *input);

/** rf_cmd_misuse() - say what is wrong with the arguments and exit with 2 */
void rf_cmd_misuse(const struct argp_state *state, const char *format, ...) RF_PRINTF(2, 3)
    __attribute__((noreturn));

/** rf_cmd_number() - an option's decimal number, or misuse that names it */
unsigned long long rf_cmd_number(const struct argp_state *state, const char *option,
                                 const char *text, unsigned long long min, unsigned long long max);

/** rf_cmd_record_level() - a value of --transcript, or misuse */
enum rf_record_level rf_cmd_record_level(const struct argp_state *state, const char *text);

/** rf_cmd_end() - print the error if there is one, and return the exit code */
int rf_cmd_end(const char *command, enum rf_rc rc, const struct rf_err *err);

/** rf_cmd_confirm() - ask on the terminal whether @who signs what was shown
 * @word:  what must be typed: "approve"
 * @look:  the command that shows it without asking, for errors
 * Errors: RF_E_ARG without a terminal (then --yes says it), RF_E_ABORT when the answer is another. */
RF_MUST_CHECK enum rf_rc rf_cmd_confirm(const char *word, const char *who, const char *look,
                                        struct rf_err *err);

/** rf_cmd_print_json() - to stdout, indented, with a newline; frees @json
 * Errors: RF_E_MEMORY when @json is NULL, RF_E_IO. */
RF_MUST_CHECK enum rf_rc rf_cmd_print_json(json_t *json, struct rf_err *err);

/* Options that several commands have. */
enum {
    RF_CMD_OPTION_JSON = 1000,
    RF_CMD_OPTION_PASSPHRASE,
    RF_CMD_OPTION_FORCE,
    RF_CMD_OPTION_OUT,
    RF_CMD_OPTION_CA,
    RF_CMD_OPTION_NODE,
    RF_CMD_OPTION_DAYS,
    RF_CMD_OPTION_OWN, /* a command's own options start here */
};

#define RF_CMD_JSON                                                                                \
    {                                                                                              \
        "json", RF_CMD_OPTION_JSON, NULL, 0, "print JSON", 0                                       \
    }
#define RF_CMD_PASSPHRASE                                                                          \
    {                                                                                              \
        "passphrase-file", RF_CMD_OPTION_PASSPHRASE, "FILE", 0,                                    \
            "take the passphrase from FILE (default: " RF_PASSPHRASE_ENVIRONMENT                   \
            ", then the folder's own file `passphrase`, else ask on the terminal)",                \
            0                                                                                      \
    }
#define RF_CMD_FORCE                                                                               \
    {                                                                                              \
        "force", RF_CMD_OPTION_FORCE, NULL, 0, "replace what exists", 0                            \
    }

#endif
