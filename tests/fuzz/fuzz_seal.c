#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/transcript/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What stands inside an envelope: whoever has the auditor's certificate can put there what he likes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_unseal unseal = {.name = "fuzz"};
    struct rf_err err = {0};
    uint8_t *plain = NULL;
    size_t plain_size = 0;
    if (size >= 20 + RF_SEAL_ID) /* any transcript will do */
        memcpy(unseal.id, data + 20, RF_SEAL_ID);
    if (rf_unseal_content(&unseal, data, size, &plain, &plain_size, &err) != RF_OK && plain)
        abort();
    rf_secret_free(plain, plain_size);
    return 0;
}
