/** member_name.h - what a member may be called
 *
 * A member's name stands in certificates (common name and DNS name), studies, file names and logs,
 * so it is kept to what is safe in all of them: a lower-case letter, then at most 31 lower-case
 * letters, digits or hyphens. */
#ifndef RF_PARTY_KEYS_MEMBER_NAME_H
#define RF_PARTY_KEYS_MEMBER_NAME_H

#include <stdbool.h>

/** The rule in words, for error messages. */
#define RF_MEMBER_NAME_RULE                                                                        \
    "a name is a lower-case letter, then up to 31 lower-case letters, digits or hyphens"

/** rf_member_name_valid() - may a member be called @name? */
bool rf_member_name_valid(const char *name);

#endif
