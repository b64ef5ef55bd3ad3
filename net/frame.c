#include "net/frame.h"

#include <stdbool.h>
#include <string.h>

/* Where each value stands, and the msgpack type byte before it. */
enum {
    AT_ARRAY = 0,     /* array of 11 */
    AT_VERSION = 1,   /* positive fixint */
    AT_SESSION = 4,   /* bin 8, length 16 */
    AT_EPOCH = 21,    /* uint 32 */
    AT_LANE = 26,     /* uint 16 */
    AT_FROM = 29,     /* uint 16 */
    AT_TO = 32,       /* uint 16 */
    AT_KIND = 35,     /* uint 8 */
    AT_STEP = 37,     /* uint 32 */
    AT_SEQUENCE = 42, /* uint 64 */
    AT_ACK = 51,      /* uint 64 */
    AT_LENGTH = 60,   /* uint 32 */
};

static const uint8_t blank[RF_FRAME_HEADER] = {
    [AT_ARRAY] = 0x9b,        [AT_VERSION] = RF_FRAME_VERSION,
    [AT_SESSION - 2] = 0xc4,  [AT_SESSION - 1] = RF_SESSION_SIZE,
    [AT_EPOCH - 1] = 0xce,    [AT_LANE - 1] = 0xcd,
    [AT_FROM - 1] = 0xcd,     [AT_TO - 1] = 0xcd,
    [AT_KIND - 1] = 0xcc,     [AT_STEP - 1] = 0xce,
    [AT_SEQUENCE - 1] = 0xcf, [AT_ACK - 1] = 0xcf,
    [AT_LENGTH - 1] = 0xce,
};
_Static_assert(AT_LENGTH + 4 == RF_FRAME_HEADER, "the header is full");

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint64_t get(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

void rf_frame_encode(uint8_t bytes[RF_FRAME_HEADER], const struct rf_frame_header *header)
{
    memcpy(bytes, blank, RF_FRAME_HEADER);
    memcpy(bytes + AT_SESSION, header->session, RF_SESSION_SIZE);
    put(bytes + AT_EPOCH, header->epoch, 4);
    put(bytes + AT_LANE, header->lane, 2);
    put(bytes + AT_FROM, header->from, 2);
    put(bytes + AT_TO, header->to, 2);
    put(bytes + AT_KIND, header->kind, 1);
    put(bytes + AT_STEP, header->step, 4);
    put(bytes + AT_SEQUENCE, header->sequence, 8);
    put(bytes + AT_ACK, header->ack, 8);
    put(bytes + AT_LENGTH, header->length, 4);
}

void rf_frame_set_ack(uint8_t bytes[RF_FRAME_HEADER], uint64_t ack)
{
    put(bytes + AT_ACK, ack, 8);
}

/* Are the bytes that carry no value those of the blank header? */
static bool framed(const uint8_t bytes[RF_FRAME_HEADER])
{
    static const uint8_t fixed[] = {
        AT_ARRAY,        AT_VERSION,  AT_SESSION - 2, AT_SESSION - 1, AT_EPOCH - 1,
        AT_LANE - 1,     AT_FROM - 1, AT_TO - 1,      AT_KIND - 1,    AT_STEP - 1,
        AT_SEQUENCE - 1, AT_ACK - 1,  AT_LENGTH - 1,
    };
    for (size_t i = 0; i < sizeof fixed; i++)
        if (bytes[fixed[i]] != blank[fixed[i]])
            return false;
    return true;
}

static bool fits_kind(const struct rf_frame_header *header)
{
    if (rf_frame_sequenced(header->kind) != (header->sequence != 0))
        return false;
    switch (header->kind) {
    case RF_FRAME_DATA:
        return header->length == RF_FRAME_PAYLOAD;
    case RF_FRAME_ACK:
        return header->length == 0;
    default:
        return header->length <= RF_FRAME_PAYLOAD;
    }
}

enum rf_rc rf_frame_decode(struct rf_frame_header *header, const uint8_t bytes[RF_FRAME_HEADER],
                           struct rf_err *err)
{
    *header = (struct rf_frame_header){0};
    if (!framed(bytes))
        return rf_err_set(err, RF_E_CHEAT, "malformed frame header");
    memcpy(header->session, bytes + AT_SESSION, RF_SESSION_SIZE);
    header->epoch = (uint32_t)get(bytes + AT_EPOCH, 4);
    header->lane = (uint16_t)get(bytes + AT_LANE, 2);
    header->from = (uint16_t)get(bytes + AT_FROM, 2);
    header->to = (uint16_t)get(bytes + AT_TO, 2);
    header->kind = bytes[AT_KIND];
    header->step = (uint32_t)get(bytes + AT_STEP, 4);
    header->sequence = get(bytes + AT_SEQUENCE, 8);
    header->ack = get(bytes + AT_ACK, 8);
    header->length = (uint32_t)get(bytes + AT_LENGTH, 4);
    if (header->kind == 0 || header->kind >= RF_FRAME_KIND_COUNT)
        return rf_err_set(err, RF_E_CHEAT, "frame of unknown kind %u", header->kind);
    if (!fits_kind(header))
        return rf_err_set(err, RF_E_CHEAT, "frame of kind %u with length %u and sequence %llu",
                          header->kind, header->length, (unsigned long long)header->sequence);
    return RF_OK;
}
