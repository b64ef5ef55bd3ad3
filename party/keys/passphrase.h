/** passphrase.h - the words that open a private key
 *
 * From a file that nobody but its owner can read, or typed on a terminal without echo; never from
 * the command line, which every process can see. Wiped by rf_passphrase_fini(). */
#ifndef RF_PARTY_KEYS_PASSPHRASE_H
#define RF_PARTY_KEYS_PASSPHRASE_H

#include <stddef.h>

#include "net/base/rc.h"

enum {
    RF_PASSPHRASE_MAX = 255,
    RF_PASSPHRASE_MIN = 12, /* when a key is made */
};

/** Names a passphrase file where no option does. */
#define RF_PASSPHRASE_ENVIRONMENT "RINGFENCE_PASSPHRASE_FILE"

struct rf_passphrase {
    char text[RF_PASSPHRASE_MAX + 1];
    size_t length;
};

enum rf_passphrase_how {
    RF_PASSPHRASE_OPEN,   /* of a key that exists */
    RF_PASSPHRASE_CREATE, /* of a new key: asked twice, and not too short */
};

/** rf_passphrase_get() - from @file, else the environment's file, else @own, else the terminal
 * @file:   may be NULL
 * @own:    a file beside the key that need not be there; may be NULL
 * @prompt: what the passphrase is for
 * Errors: RF_E_ARG when there is no terminal or the words are too short or long, RF_E_CRYPTO when
 * others may read the file. */
RF_MUST_CHECK enum rf_rc rf_passphrase_get(struct rf_passphrase *passphrase, const char *file,
                                           const char *own, const char *prompt,
                                           enum rf_passphrase_how how, struct rf_err *err);

/** rf_passphrase_read() - the first line of a file, and refuse a file that others may read */
RF_MUST_CHECK enum rf_rc rf_passphrase_read(struct rf_passphrase *passphrase, const char *file,
                                            struct rf_err *err);

/** rf_passphrase_random() - 128 random bits in hexadecimal, for keys that no person opens */
RF_MUST_CHECK enum rf_rc rf_passphrase_random(struct rf_passphrase *passphrase, struct rf_err *err);

void rf_passphrase_fini(struct rf_passphrase *passphrase);

#endif
