/* What two ends say at a checkpoint. The first byte says which: a claim (0) or a signature. */
#include <string.h>

#include "party/run/message.h"
#include "tests/support/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rf_rc claim(struct rf_capture *capture, const uint8_t *data, size_t size,
                        struct rf_err *err)
{
    struct rf_claim claim;
    enum rf_rc rc = rf_message_read_claim(&claim, data, size, err);
    if (rc == RF_OK && rf_message_send_claim(&capture->channel, 0, &claim) != RF_OK)
        abort();
    return rc;
}

static enum rf_rc signature(struct rf_capture *capture, const uint8_t *data, size_t size,
                            struct rf_err *err)
{
    uint8_t bytes[RF_SIGNATURE_MAX];
    size_t length = 0;
    enum rf_rc rc = rf_message_read_signature(bytes, &length, data, size, err);
    if (rc == RF_OK && rf_message_send_signature(&capture->channel, 0, bytes, length) != RF_OK)
        abort();
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_err err = {0};
    struct rf_capture *capture = rf_capture_channel();
    if (size == 0)
        return 0;
    enum rf_rc rc = data[0] ? signature(capture, data + 1, size - 1, &err)
                            : claim(capture, data + 1, size - 1, &err);
    if (rc != RF_OK)
        return rc != RF_E_FORMAT || !err.text[0] ? abort(), 0 : 0;
    rf_capture_same(capture, data + 1, size - 1);
    return 0;
}
