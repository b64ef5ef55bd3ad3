#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "party/data/normalise.h"
#include "party/data/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const struct rf_normaliser *once, const struct rf_normaliser *twice,
                        enum rf_rc rc)
{
    if (rc != RF_OK || once->size != twice->size || strcmp(once->text, twice->text) != 0)
        abort();
}

/* The first byte is the type, or says that it is a bank's id; the rest is the value. What is
 * normalised is not empty, is UTF-8, holds no NUL, and is its own normal form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_normaliser once = {0}, twice = {0};
    const char *why = NULL;
    const char *text = (const char *)data + 1;
    if (size == 0 || size > 4096 || memchr(data, 0, size))
        return 0;
    unsigned type = (data[0] - 'a') % (RF_TYPE_COUNT + 1U);
    enum rf_rc rc = type == RF_TYPE_COUNT
                        ? rf_normalise_bank(&once, text, size - 1, &why)
                        : rf_normalise(&once, (enum rf_token_type)type, text, size - 1, &why);
    if (rc == RF_OK) {
        if (once.size == 0 || strlen(once.text) != once.size ||
            !rf_utf8_valid(once.text, once.size))
            abort();
        rc = type == RF_TYPE_COUNT
                 ? rf_normalise_bank(&twice, once.text, once.size, &why)
                 : rf_normalise(&twice, (enum rf_token_type)type, once.text, once.size, &why);
        expect_same(&once, &twice, rc);
    } else if (rc != RF_E_FORMAT || !why) {
        abort();
    }
    rf_normaliser_fini(&once);
    rf_normaliser_fini(&twice);
    return 0;
}
