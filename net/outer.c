#include "net/outer.h"

#include <string.h>

#include "net/base/secret.h"
#include "net/base/unpack.h"

void rf_outer_put_prefix(uint8_t out[RF_OUTER_PREFIX], enum rf_outer_kind kind)
{
    memcpy(out, (const uint8_t[]){'R', 'F', RF_WIRE_VERSION, (uint8_t)kind}, RF_OUTER_PREFIX);
}

static uint8_t *put(uint8_t *at, uint8_t type, uint64_t value, unsigned size)
{
    *at++ = type;
    for (unsigned i = 0; i < size; i++)
        *at++ = (uint8_t)(value >> 8 * (size - 1 - i));
    return at;
}

void rf_outer_put_hello(uint8_t out[RF_OUTER_HELLO_SIZE], const struct rf_outer_hello *hello)
{
    rf_outer_put_prefix(out, RF_OUTER_HELLO);
    uint8_t *at = out + RF_OUTER_PREFIX;
    *at++ = 0x93;
    at = put(at, 0xcd, hello->from, 2);
    at = put(at, 0xcd, hello->to, 2);
    (void)put(at, 0xcd, hello->lane, 2);
}

void rf_outer_put_reset(uint8_t out[RF_OUTER_RESET_SIZE], enum rf_reset why)
{
    rf_outer_put_prefix(out, RF_OUTER_RESET);
    out[RF_OUTER_PREFIX] = 0x91;
    (void)put(out + RF_OUTER_PREFIX + 1, 0xcc, why, 1);
}

void rf_outer_put_beat(uint8_t out[RF_OUTER_BEAT_SIZE], const struct rf_outer_beat *beat)
{
    rf_outer_put_prefix(out, RF_OUTER_BEAT);
    uint8_t *at = out + RF_OUTER_PREFIX;
    *at++ = 0x95;
    at = put(at, 0xcf, beat->count, 8);
    at = put(at, 0xcf, beat->messages, 8);
    at = put(at, 0xcf, beat->activity, 8);
    at = put(at, 0xcd, beat->waiting, 2);
    at = put(at, 0xc4, sizeof beat->tag, 1);
    memcpy(at, beat->tag, sizeof beat->tag);
}

unsigned rf_outer_kind(const uint8_t *data, size_t size, unsigned *version)
{
    *version = 0;
    if (size < RF_OUTER_PREFIX || data[0] != 'R' || data[1] != 'F')
        return 0;
    *version = data[2];
    unsigned kind = data[3];
    bool any_version = kind == RF_OUTER_HELLO || kind == RF_OUTER_RESET;
    if (kind < RF_OUTER_HELLO || kind > RF_OUTER_BEAT)
        return 0;
    return *version == RF_WIRE_VERSION || any_version ? kind : 0;
}

bool rf_outer_get_hello(struct rf_outer_hello *hello, const uint8_t *data, size_t size)
{
    uint8_t same[RF_OUTER_HELLO_SIZE];
    if (size != sizeof same)
        return false;
    struct rf_unpack in = rf_unpack_of(data + RF_OUTER_PREFIX, size - RF_OUTER_PREFIX);
    rf_unpack_array(&in, 3);
    hello->from = (uint16_t)rf_unpack_uint(&in, UINT16_MAX);
    hello->to = (uint16_t)rf_unpack_uint(&in, UINT16_MAX);
    hello->lane = (uint16_t)rf_unpack_uint(&in, UINT16_MAX);
    rf_outer_put_hello(same, hello);
    return rf_unpack_done(&in) && rf_secret_equal(same, data, size);
}

bool rf_outer_get_reset(enum rf_reset *why, const uint8_t *data, size_t size)
{
    uint8_t same[RF_OUTER_RESET_SIZE];
    if (size != sizeof same)
        return false;
    struct rf_unpack in = rf_unpack_of(data + RF_OUTER_PREFIX, size - RF_OUTER_PREFIX);
    rf_unpack_array(&in, 1);
    *why = (enum rf_reset)rf_unpack_uint(&in, RF_RESET_COUNT - 1);
    rf_outer_put_reset(same, *why);
    return rf_unpack_done(&in) && *why != 0 && rf_secret_equal(same, data, size);
}

bool rf_outer_get_beat(struct rf_outer_beat *beat, const uint8_t *data, size_t size)
{
    uint8_t same[RF_OUTER_BEAT_SIZE];
    if (size != sizeof same)
        return false;
    struct rf_unpack in = rf_unpack_of(data + RF_OUTER_PREFIX, size - RF_OUTER_PREFIX);
    rf_unpack_array(&in, 5);
    beat->count = rf_unpack_uint(&in, UINT64_MAX);
    beat->messages = rf_unpack_uint(&in, UINT64_MAX);
    beat->activity = rf_unpack_uint(&in, UINT64_MAX);
    beat->waiting = (uint16_t)rf_unpack_uint(&in, UINT16_MAX);
    rf_unpack_bin(&in, beat->tag, sizeof beat->tag);
    rf_outer_put_beat(same, beat);
    return rf_unpack_done(&in) && rf_secret_equal(same, data, size);
}

bool rf_outer_records_whole(const uint8_t *data, size_t size)
{
    enum { RECORD_HEADER = 5 };
    size_t at = RF_OUTER_PREFIX;
    if (size <= at)
        return false;
    while (at < size) {
        if (size - at < RECORD_HEADER)
            return false;
        size_t length = (size_t)data[at + 3] << 8 | data[at + 4];
        if (length > RF_TLS_RECORD_MAX || size - at - RECORD_HEADER < length)
            return false;
        at += RECORD_HEADER + length;
    }
    return true;
}
