#include <stdint.h>
#include <stdlib.h>

#include "party/run/receipt_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_receipt receipt = {0};
    struct rf_err err = {0};
    if (rf_receipt_file_decode(&receipt, "fuzz", data, size, &err) == RF_OK && !receipt.share[2])
        abort();
    rf_receipt_fini(&receipt);
    return 0;
}
