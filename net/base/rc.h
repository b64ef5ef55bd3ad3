/** rc.h - result codes and error text
 *
 * Every function that can fail returns an `enum rf_rc` that the caller must look at, and fills a
 * `struct rf_err` with one line for a person: what is wrong, where, and what to do. The text never
 * holds a secret. A function has one success return and one failure path (`done:`), see RF_TRY. */
#ifndef RF_NET_BASE_RC_H
#define RF_NET_BASE_RC_H

#include <stdatomic.h>

enum rf_rc {
    RF_OK = 0,
    RF_E_ARG,      /* the caller's request cannot be met as asked: a bad option, file or bound */
    RF_E_FORMAT,   /* malformed data in a file: the text names file, line and column */
    RF_E_IO,       /* the operating system refused */
    RF_E_MEMORY,   /* out of memory, or over a configured bound */
    RF_E_CRYPTO,   /* a key, certificate or signature is missing, wrong or refused */
    RF_E_PEER,     /* a peer is dead, silent, unreachable or gave up */
    RF_E_CHEAT,    /* a peer sent what an honest one would not have sent */
    RF_E_ABORT,    /* a check inside the computation failed and the run must not go on */
    RF_E_INTERNAL, /* a broken guarantee of our own */
};

#define RF_MUST_CHECK       __attribute__((warn_unused_result))
#define RF_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))

/** What went wrong. Zero-initialise; the first failure wins, later ones leave it as it is, also where several
 * threads fail at once; rf_err_prefix() and rf_err_clear() are for when no other can fail any more. */
struct rf_err {
    _Atomic enum rf_rc rc;
    char text[512];
    atomic_flag taken; /* somebody writes the text, or has */
};

/** rf_err_set() - record a failure and return its code
 * @err: may be NULL; if it already holds a failure it is left alone
 * Returns @rc, so that a function can end with `return rf_err_set(...)`. */
enum rf_rc rf_err_set(struct rf_err *err, enum rf_rc rc, const char *format, ...) RF_PRINTF(3, 4);

/** rf_err_prefix() - put "where: " before the text already recorded */
void rf_err_prefix(struct rf_err *err, const char *format, ...) RF_PRINTF(2, 3);

/** rf_err_clear() - forget a failure that has been dealt with */
void rf_err_clear(struct rf_err *err);

/** rf_rc_name() - a stable lower-case word for a code, for JSON and logs */
const char *rf_rc_name(enum rf_rc rc);

/** The process's exit code for a result: 0 done, 2 misused (bad option, file or study), 1 else. */
int rf_rc_exit(enum rf_rc rc);

/* Needs a local `enum rf_rc rc` and a label `done:`. */
#define RF_TRY(expression)                                                                         \
    do {                                                                                           \
        rc = (expression);                                                                         \
        if (rc != RF_OK)                                                                           \
            goto done;                                                                             \
    } while (0)

#endif
