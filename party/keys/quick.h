/** quick.h - everything that a trial consortium needs, in one go
 *
 * For trials on one machine: whoever runs it holds every key. A folder `ca` and one a member, each
 * with member.key, member.crt, ca.crt, passphrase (random) and, for contributors, tokens.cms. */
#ifndef RF_PARTY_KEYS_QUICK_H
#define RF_PARTY_KEYS_QUICK_H

#include <stdbool.h>
#include <stddef.h>

#include "net/base/rc.h"
#include "party/keys/safe_file.h"

enum { RF_QUICK_MEMBERS_MAX = 64 };

struct rf_quick_member {
    const char *name;
    bool contributor; /* gets the tokens' key */
};

/** rf_quick_make() - make the folders under @out
 * @how: RF_SAFE_FILE_NEW refuses when any of the files exists, before anything is written
 * Errors: RF_E_ARG for a bad name, one that is there twice, or "ca", which is the CA's folder. */
RF_MUST_CHECK enum rf_rc rf_quick_make(const char *out, const struct rf_quick_member *members,
                                       size_t count, unsigned days, enum rf_safe_file_how how,
                                       struct rf_err *err);

#endif
