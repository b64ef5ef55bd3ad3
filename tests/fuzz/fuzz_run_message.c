/* The control messages of a run, as they come from an authenticated peer: the first byte says which. */
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/run/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS = 2 };

/* A channel on which the input has come, and which looks whether the same goes out again. */
struct wire {
    struct rf_channel channel;
    const uint8_t *data;
    size_t size;
};

static enum rf_rc receive(struct rf_channel *channel, unsigned peer, uint8_t **data, size_t *size)
{
    const struct wire *wire = (const struct wire *)channel;
    (void)peer;
    *size = wire->size;
    *data = rf_secret_alloc(*size);
    if (!*data)
        abort();
    if (*size)
        memcpy(*data, wire->data, *size);
    return RF_OK;
}

static enum rf_rc expect_same(struct rf_channel *channel, unsigned peer, const void *data,
                              size_t size)
{
    const struct wire *wire = (const struct wire *)channel;
    (void)peer;
    if (size != wire->size || memcmp(data, wire->data, size) != 0)
        abort();
    return RF_OK;
}

static const struct rf_channel_ops operations = {
    .control_send = expect_same,
    .control_receive = receive,
};

static enum rf_rc meet(struct rf_channel *channel)
{
    struct rf_meet meet;
    enum rf_rc rc = rf_message_receive_meet(channel, 0, "bank-a", &meet);
    return rc == RF_OK ? rf_message_send_meet(channel, 0, &meet) : rc;
}

static enum rf_rc input(struct rf_channel *channel)
{
    struct rf_input input;
    enum rf_rc rc = rf_message_receive_input(channel, 0, "bank-a", &input);
    return rc == RF_OK ? rf_message_send_input(channel, 0, &input) : rc;
}

static enum rf_rc records(struct rf_channel *channel)
{
    struct rf_signed records[RECORDS];
    enum rf_rc rc = rf_message_receive_records(channel, 0, "bank-a", records, RECORDS);
    return rc == RF_OK ? rf_message_send_records(channel, 0, records, RECORDS) : rc;
}

/* Seconds are microseconds on the way and may be rounded, so this is not sent again. */
static enum rf_rc output(struct rf_channel *channel)
{
    struct rf_output output;
    enum rf_rc rc = rf_message_receive_output(channel, 0, "bank-a", &output);
    if (rc != RF_OK)
        return rc;
    for (unsigned i = 0; i < output.cost.steps; i++) {
        for (const char *c = output.cost.step[i].name; *c; c++)
            if (*c < 0x20 || *c > 0x7e)
                abort();
    }
    rf_message_output_fini(&output);
    return RF_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static enum rf_rc (*const kinds[])(struct rf_channel *) = {meet, input, records, output};
    struct rf_err err = {0};
    if (size == 0)
        return 0;
    struct wire wire = {
        .channel = {.ops = &operations, .err = &err},
        .data = data + 1,
        .size = size - 1,
    };
    enum rf_rc rc = kinds[data[0] % 4](&wire.channel);
    if (rc != RF_OK && (rc != RF_E_CHEAT || err.rc != rc))
        abort();
    return 0;
}
