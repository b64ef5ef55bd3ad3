/* The first message of each process of a run: what is read has one encoding, the one that was read. */
#include "party/run/message.h"
#include "tests/support/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_meet meet;
    struct rf_err err = {0};
    struct rf_capture *capture = rf_capture_channel();
    enum rf_rc rc = rf_message_read_meet(&meet, data, size, &err);
    if (rc != RF_OK)
        return rc != RF_E_FORMAT || !err.text[0] ? abort(), 0 : 0;
    if (rf_message_send_meet(&capture->channel, 0, &meet) != RF_OK || meet.epoch > UINT32_MAX)
        abort();
    rf_capture_same(capture, data, size);
    return 0;
}
