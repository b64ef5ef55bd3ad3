#include <stdint.h>
#include <stdlib.h>

#include "party/audit/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever can be read can be checked, and does not hold: nobody's CA is believed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_evidence evidence;
    struct rf_findings findings = {0};
    struct rf_err err = {0};
    X509_STORE *store = X509_STORE_new();
    if (!store)
        abort();
    if (rf_evidence_read(&evidence, "fuzz", data, size, &err) == RF_OK) {
        if (rf_evidence_check(&evidence, store, &findings, &err) != RF_OK ||
            rf_findings_good(&findings))
            abort();
    } else if (!err.text[0]) {
        abort();
    }
    rf_findings_fini(&findings);
    X509_STORE_free(store);
    return 0;
}
