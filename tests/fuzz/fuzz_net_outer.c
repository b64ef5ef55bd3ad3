/* Outer messages, which anyone who reaches the port can send. What is accepted must be what we would
 * have written ourselves. */
#include <stdlib.h>
#include <string.h>

#include "net/outer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const uint8_t *ours, const uint8_t *data, size_t size)
{
    if (memcmp(ours + RF_OUTER_PREFIX, data + RF_OUTER_PREFIX, size - RF_OUTER_PREFIX) != 0)
        abort();
}

static void hello(const uint8_t *data, size_t size)
{
    struct rf_outer_hello hello;
    uint8_t bytes[RF_OUTER_SMALL];
    if (!rf_outer_get_hello(&hello, data, size))
        return;
    rf_outer_put_hello(bytes, &hello);
    same(bytes, data, size);
}

static void reset(const uint8_t *data, size_t size)
{
    enum rf_reset why;
    uint8_t bytes[RF_OUTER_SMALL];
    if (!rf_outer_get_reset(&why, data, size))
        return;
    rf_outer_put_reset(bytes, why);
    same(bytes, data, size);
}

static void beat(const uint8_t *data, size_t size)
{
    struct rf_outer_beat beat;
    uint8_t bytes[RF_OUTER_SMALL];
    if (!rf_outer_get_beat(&beat, data, size))
        return;
    rf_outer_put_beat(bytes, &beat);
    same(bytes, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned version;
    switch (rf_outer_kind(data, size, &version)) {
    case RF_OUTER_HELLO:
        hello(data, size);
        break;
    case RF_OUTER_TLS:
        (void)rf_outer_records_whole(data, size);
        break;
    case RF_OUTER_RESET:
        reset(data, size);
        break;
    case RF_OUTER_BEAT:
        beat(data, size);
        break;
    default:
        break;
    }
    return 0;
}
