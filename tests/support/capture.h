/** capture.h - a channel that keeps the one control message sent on it, for fuzz targets that compare what
 * was read with how it would have been said */
#ifndef RF_TESTS_SUPPORT_CAPTURE_H
#define RF_TESTS_SUPPORT_CAPTURE_H

#include <stdlib.h>
#include <string.h>

#include "net/channel.h"

struct rf_capture {
    struct rf_channel channel; /* first: what the function below gets */
    uint8_t bytes[RF_CONTROL_MAX];
    size_t size;
};

static inline enum rf_rc rf_capture_take(struct rf_channel *channel, unsigned peer,
                                         const void *data, size_t size)
{
    struct rf_capture *capture = (struct rf_capture *)channel;
    (void)peer;
    if (size > sizeof capture->bytes)
        abort();
    memcpy(capture->bytes, data, size);
    capture->size = size;
    return RF_OK;
}

static inline struct rf_capture *rf_capture_channel(void)
{
    static const struct rf_channel_ops ops = {.control_send = rf_capture_take};
    static struct rf_capture capture;
    capture.channel = (struct rf_channel){.ops = &ops};
    capture.size = 0;
    return &capture;
}

/** rf_capture_same() - ends the process if what was sent is not @size bytes of @data */
static inline void rf_capture_same(const struct rf_capture *capture, const uint8_t *data,
                                   size_t size)
{
    if (capture->size != size || (size > 0 && memcmp(capture->bytes, data, size) != 0))
        abort();
}

#endif
