#include "party/cmd/cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MAX = 64, MISUSED = 2 };

/* ---- choosing a command ---- */

/* Levenshtein distance, for words that could be a command. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[COMMAND_MAX + 1];
    size_t length = strlen(b);
    if (length > COMMAND_MAX)
        return COMMAND_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= length; j++) {
            unsigned above = row[j];
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
        }
    }
    return row[length];
}

static const char *nearest(const struct rf_cmd *commands, size_t count, const char *word)
{
    const char *name = NULL;
    unsigned least = 3; /* further away is no slip of the finger */
    for (size_t i = 0; i < count; i++) {
        unsigned steps = distance(commands[i].name, word);
        if (steps < least) {
            least = steps;
            name = commands[i].name;
        }
    }
    return name;
}

static void print_help(FILE *out, const struct rf_cmd *commands, size_t count, const char *intro,
                       const char *self)
{
    (void)fprintf(out, "Usage: %s COMMAND [ARGUMENT...]\n%s\n\n", self, intro);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    (void)fprintf(out, "\n'%s COMMAND --help' says more about one.\n", self);
}

static int unknown(const struct rf_cmd *commands, size_t count, const char *self, const char *word)
{
    const char *name = nearest(commands, count, word);
    (void)fprintf(stderr, "%s: error: there is no command '%.40s'", self, word);
    if (name)
        (void)fprintf(stderr, "; did you mean '%s'?\n", name);
    else
        (void)fprintf(stderr, "; '%s --help' lists them\n", self);
    return MISUSED;
}

int rf_cmd_dispatch(const struct rf_cmd *commands, size_t count, const char *intro, int argc,
                    char **argv)
{
    char whole[2 * COMMAND_MAX];
    const char *self = argv[0];
    if (argc < 2) {
        print_help(stderr, commands, count, intro, self);
        return MISUSED;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_help(stdout, commands, count, intro, self);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            (void)snprintf(whole, sizeof whole, "%s %s", self, commands[i].name);
            argv[1] = whole;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return unknown(commands, count, self, argv[1]);
}

/* ---- arguments and results ---- */

void rf_cmd_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = MISUSED;
    error_t problem = argp_parse(argp, argc, argv, 0, NULL, input);
    if (problem != 0) {
        (void)fprintf(stderr, "%s: error: %s\n", argv[0], strerror(problem));
        exit(MISUSED);
    }
}

void rf_cmd_misuse(const struct argp_state *state, const char *format, ...)
{
    va_list args;
    (void)fprintf(stderr, "%s: error: ", state->name);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputs(" (see --help)\n", stderr);
    exit(MISUSED);
}

unsigned long long rf_cmd_number(const struct argp_state *state, const char *option,
                                 const char *text, unsigned long long min, unsigned long long max)
{
    errno = 0;
    bool decimal = text[0] && strspn(text, "0123456789") == strlen(text);
    unsigned long long number = decimal ? strtoull(text, NULL, 10) : 0;
    if (!decimal || errno == ERANGE || number < min || number > max)
        rf_cmd_misuse(state, "%s: '%s' is not a whole number from %llu to %llu", option, text, min,
                      max);
    return number;
}

enum rf_record_level rf_cmd_record_level(const struct argp_state *state, const char *text)
{
    if (strcmp(text, "chain") == 0)
        return RF_RECORD_CHAIN;
    if (strcmp(text, "full") == 0)
        return RF_RECORD_FULL;
    if (strcmp(text, "off") != 0)
        rf_cmd_misuse(state, "--transcript: '%s' is neither chain, full nor off", text);
    return RF_RECORD_OFF;
}

int rf_cmd_end(const char *command, enum rf_rc rc, const struct rf_err *err)
{
    if (rc == RF_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        (void)fprintf(stderr, "%s: error: cannot write to stdout\n", command);
        return 1;
    }
    if (rc != RF_OK)
        (void)fprintf(stderr, "%s: error: %s\n", command,
                      err->text[0] ? err->text : rf_rc_name(rc));
    return rf_rc_exit(rc);
}

enum rf_rc rf_cmd_confirm(const char *word, const char *who, const char *look, struct rf_err *err)
{
    char answer[32] = "";
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (!terminal) {
        return rf_err_set(err, RF_E_ARG,
                          "there is no terminal to ask whether %s signs this: look at it with "
                          "`%s`, then give --yes",
                          who, look);
    }
    (void)fprintf(terminal, "\nType '%s' to sign this for %s: ", word, who);
    bool answered = fgets(answer, sizeof answer, terminal);
    (void)fclose(terminal);
    answer[strcspn(answer, "\n")] = 0;
    if (!answered || strcmp(answer, word) != 0)
        return rf_err_set(err, RF_E_ABORT, "not confirmed; nothing was signed");
    return RF_OK;
}

enum rf_rc rf_cmd_print_json(json_t *json, struct rf_err *err)
{
    if (!json)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    int failed = json_dumpf(json, stdout, JSON_INDENT(2));
    json_decref(json);
    if (failed || putchar('\n') == EOF)
        return rf_err_set(err, RF_E_IO, "cannot write to stdout");
    return RF_OK;
}
