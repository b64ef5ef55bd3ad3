/* The file in which a party remembers its last epoch: what comes next is later than what stands there. */
#include <string.h>
#include <sys/stat.h>

#include "party/run/epoch.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_epoch(const uint8_t *data, size_t size)
{
    static const uint8_t manifest[32];
    char path[512], name[16 + 64] = "epochs/";
    (void)snprintf(path, sizeof path, "%s/epochs", rf_scratch_folder());
    (void)mkdir(path, 0700);
    for (unsigned i = 0; i < sizeof manifest; i++)
        (void)snprintf(name + strlen(name), 3, "%02x", manifest[i]);
    rf_scratch_write(name, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t manifest[32];
    struct rf_err err = {0};
    uint32_t epoch = 0, after = 0;
    write_epoch(data, size);
    enum rf_rc rc = rf_epoch_next(rf_scratch_folder(), manifest, &epoch, &err);
    if (rc == RF_OK) {
        if (epoch < 2 || rf_epoch_keep(rf_scratch_folder(), manifest, epoch, NULL) != RF_OK)
            abort();
        rc = rf_epoch_next(rf_scratch_folder(), manifest, &after, NULL);
        if (epoch < UINT32_MAX ? rc != RF_OK || after != epoch + 1 : rc != RF_E_FORMAT)
            abort();
    } else if (!err.text[0]) {
        abort();
    }
    return 0;
}
