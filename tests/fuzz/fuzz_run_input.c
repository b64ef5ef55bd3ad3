/* What a contributor sends a party before its shares. */
#include "party/run/message.h"
#include "tests/support/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_input input;
    struct rf_err err = {0};
    struct rf_capture *capture = rf_capture_channel();
    enum rf_rc rc = rf_message_read_input(&input, data, size, &err);
    if (rc != RF_OK)
        return rc != RF_E_FORMAT || !err.text[0] ? abort(), 0 : 0;
    if (rf_message_send_input(&capture->channel, 0, &input) != RF_OK)
        abort();
    rf_capture_same(capture, data, size);
    return 0;
}
