/* A member whose certificate ends in a few seconds: `ringfence keys issue` makes none.
 *
 *     short_lived FOLDER NAME SECONDS
 *
 * writes member.crt, member.key (not encrypted) and ca.crt, of a CA of its own, into the folder. */
#include <stdio.h>
#include <stdlib.h>

#include "support/pki.h"

int main(int count, char **arguments)
{
    if (count != 4) {
        (void)fprintf(stderr, "usage: short_lived FOLDER NAME SECONDS\n");
        return 2;
    }
    struct rf_test_ca ca;
    struct rf_identity identity = {0};
    const struct rf_test_member_options options = {.begins_s = -60,
                                                   .ends_s = strtol(arguments[3], NULL, 10)};
    rf_test_ca_new(&ca, "Short-lived CA");
    rf_test_member_new(&identity, &ca, arguments[2], &options);
    rf_test_member_write(&identity, &ca, arguments[1], "member", NULL);
    rf_identity_fini(&identity);
    rf_test_ca_free(&ca);
    return 0;
}
