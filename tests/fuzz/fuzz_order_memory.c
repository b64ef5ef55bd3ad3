/* The file in which a node remembers which party it named: whatever stands there, it names no second. */
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "net/base/hex.h"
#include "party/audit/audit_order.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_audit_order order = {.member = "bank-a"};
    char path[512], manifest[2 * RF_MANIFEST_HASH + 1], session[2 * RF_SESSION_SIZE + 1];
    unsigned accepted = 0;
    (void)snprintf(path, sizeof path, "%s/orders", rf_scratch_folder());
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "orders/%s-%s",
                   rf_hex(manifest, order.manifest, sizeof order.manifest),
                   rf_hex(session, order.session, sizeof order.session));
    rf_scratch_write(path, data, size);
    for (order.party = 0; order.party < RF_PARTIES; order.party++) {
        struct rf_err err = {0};
        enum rf_rc rc = rf_audit_order_remember(&order, rf_scratch_folder(), &err);
        accepted += rc == RF_OK;
        if (rc != RF_OK && !err.text[0])
            abort();
    }
    if (accepted > 1)
        abort();
    return 0;
}
