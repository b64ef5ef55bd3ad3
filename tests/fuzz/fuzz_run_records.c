/* The records that parties show each other. The first byte says how many are expected. */
#include "party/run/message.h"
#include "tests/support/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rf_signed records[RF_BANKS_MAX];
    struct rf_err err = {0};
    struct rf_capture *capture = rf_capture_channel();
    if (size == 0)
        return 0;
    unsigned count = data[0] % RF_BANKS_MAX + 1;
    data++, size--;
    enum rf_rc rc = rf_message_read_records(records, count, data, size, &err);
    if (rc != RF_OK)
        return rc != RF_E_FORMAT || !err.text[0] ? abort(), 0 : 0;
    if (rf_message_send_records(&capture->channel, 0, records, count) != RF_OK)
        abort();
    rf_capture_same(capture, data, size);
    return 0;
}
