/* What a party sends a client in the end: its costs, which are shown to people, and shares. */
#include <stdlib.h>

#include "party/run/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_cost(const struct rf_run_cost *cost)
{
    if (cost->steps > RF_STEPS_MAX)
        abort();
    for (unsigned i = 0; i < cost->steps; i++) {
        const char *name = cost->step[i].name;
        for (; *name; name++)
            if (*name < 0x20 || *name > 0x7e)
                abort();
        if (name - cost->step[i].name >= (long)sizeof cost->step[i].name)
            abort();
        if (!(cost->step[i].seconds >= 0))
            abort();
    }
}

/* Reads all of what it claims to hold. */
static void look_at_shares(const struct rf_output *output)
{
    uint8_t digest[RF_DIGEST_SIZE];
    for (unsigned which = 0; which < 2; which++) {
        if (output->has_shares != (output->share[which] != NULL))
            abort();
        if (output->has_shares)
            rf_record_digest(digest, output->salt[which], output->share[which], output->share_size);
    }
    if (output->share_size > RF_OUTPUT_MAX || output->record.record_size > RF_RECORD_MAX ||
        output->record.signature_size > RF_SIGNATURE_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rf_output output;
    struct rf_err err = {0};
    enum rf_rc rc = rf_message_read_output(&output, data, size, &err);
    if (rc == RF_OK) {
        look_at_cost(&output.cost);
        look_at_shares(&output);
        rf_message_output_fini(&output);
    } else if (rc != RF_E_FORMAT || !err.text[0] || output.share[0] || output.share[1]) {
        abort();
    }
    return 0;
}
