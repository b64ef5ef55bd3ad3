/* The control messages of a run. The first byte says which decoder the rest is for. What is read has
 * exactly one encoding, the one that was read; but for outputs, whose times are rounded. */
#include <stdlib.h>
#include <string.h>

#include "party/run/message.h"
#include "tests/support/control_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rf_test_control_sink capture;

static void same(enum rf_rc sent, const uint8_t *data, size_t size)
{
    if (sent != RF_OK || capture.size != size || memcmp(capture.bytes, data, size) != 0)
        abort();
}

static enum rf_rc meet(const uint8_t *data, size_t size, struct rf_err *err)
{
    struct rf_meet meet;
    enum rf_rc rc = rf_message_read_meet(&meet, data, size, err);
    if (rc == RF_OK)
        same(rf_message_send_meet(&capture.channel, 0, &meet), data, size);
    return rc;
}

static enum rf_rc input(const uint8_t *data, size_t size, struct rf_err *err)
{
    struct rf_input input;
    enum rf_rc rc = rf_message_read_input(&input, data, size, err);
    if (rc == RF_OK)
        same(rf_message_send_input(&capture.channel, 0, &input), data, size);
    return rc;
}

static enum rf_rc records(const uint8_t *data, size_t size, struct rf_err *err)
{
    struct rf_signed records[2];
    enum rf_rc rc = rf_message_read_records(records, 2, data, size, err);
    if (rc == RF_OK)
        same(rf_message_send_records(&capture.channel, 0, records, 2), data, size);
    return rc;
}

static void printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            abort();
}

static enum rf_rc output(const uint8_t *data, size_t size, struct rf_err *err)
{
    struct rf_output output;
    enum rf_rc rc = rf_message_read_output(&output, data, size, err);
    for (unsigned i = 0; rc == RF_OK && i < output.cost.steps; i++)
        printable(output.cost.step[i].name);
    rf_message_output_fini(&output);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static enum rf_rc (*const readers[])(const uint8_t *, size_t,
                                         struct rf_err *) = {meet, input, records, output};
    struct rf_err err = {0}, sending = {0};
    if (size == 0)
        return 0;
    rf_test_control_sink_init(&capture, &sending);
    if (readers[data[0] % 4](data + 1, size - 1, &err) != RF_OK && err.text[0] == 0)
        abort();
    return 0;
}
