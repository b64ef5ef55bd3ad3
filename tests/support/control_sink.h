/** control_sink.h - a channel that keeps the last control message instead of sending it */
#ifndef RF_TESTS_SUPPORT_CONTROL_SINK_H
#define RF_TESTS_SUPPORT_CONTROL_SINK_H

#include <string.h>

#include "net/channel.h"

struct rf_test_control_sink {
    struct rf_channel channel;
    uint8_t bytes[RF_CONTROL_MAX];
    size_t size;
};

static inline enum rf_rc rf_test_control_sink_send(struct rf_channel *channel, unsigned peer,
                                                   const void *data, size_t size)
{
    struct rf_test_control_sink *capture =
        (struct rf_test_control_sink *)channel; /* its first member */
    (void)peer;
    if (size > sizeof capture->bytes)
        return rf_err_set(channel->err, RF_E_INTERNAL, "a control message of %zu bytes", size);
    memcpy(capture->bytes, data, size);
    capture->size = size;
    return RF_OK;
}

static const struct rf_channel_ops rf_test_control_sink_ops = {.control_send =
                                                                   rf_test_control_sink_send};

static inline void rf_test_control_sink_init(struct rf_test_control_sink *capture,
                                             struct rf_err *err)
{
    capture->channel = (struct rf_channel){.ops = &rf_test_control_sink_ops, .err = err};
    capture->size = 0;
}

#endif
