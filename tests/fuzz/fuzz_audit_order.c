#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "party/audit/audit_order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read has exactly one encoding: the one that was read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_audit_order order;
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t again = 0;
    if (rf_audit_order_read(&order, "fuzz", data, size, &err) != RF_OK)
        return err.text[0] == 0 ? abort(), 0 : 0;
    if (rf_audit_order_encode(&order, &bytes, &again, &err) != RF_OK || again != size ||
        memcmp(bytes, data, size) != 0)
        abort();
    free(bytes);
    return 0;
}
