#include "net/base/unpack.h"

#include <string.h>

/* The next @size bytes, or NULL (and failure) when there are fewer. */
static const uint8_t *take(struct rf_unpack *in, size_t size)
{
    if (in->failed || in->left < size) {
        in->failed = true;
        return NULL;
    }
    const uint8_t *at = in->at;
    in->at += size;
    in->left -= size;
    return at;
}

static uint64_t big_endian(struct rf_unpack *in, size_t size)
{
    uint64_t value = 0;
    const uint8_t *at = take(in, size);
    for (size_t i = 0; at && i < size; i++)
        value = value << 8 | at[i];
    return value;
}

static unsigned token(struct rf_unpack *in)
{
    const uint8_t *at = take(in, 1);
    return at ? *at : 0xc1; /* 0xc1 is never used in msgpack */
}

void rf_unpack_array(struct rf_unpack *in, size_t count)
{
    unsigned type = token(in);
    uint64_t length = UINT64_MAX;
    if (type >= 0x90 && type <= 0x9f)
        length = type & 0x0f;
    else if (type == 0xdc)
        length = big_endian(in, 2);
    else if (type == 0xdd)
        length = big_endian(in, 4);
    if (length != count)
        in->failed = true;
}

uint64_t rf_unpack_uint(struct rf_unpack *in, uint64_t limit)
{
    unsigned type = token(in);
    uint64_t value = type;
    if (type >= 0xcc && type <= 0xcf)
        value = big_endian(in, (size_t)1 << (type - 0xcc));
    else if (type > 0x7f)
        in->failed = true;
    if (value > limit)
        in->failed = true;
    return in->failed ? 0 : value;
}

bool rf_unpack_bool(struct rf_unpack *in)
{
    unsigned type = token(in);
    if (type != 0xc2 && type != 0xc3)
        in->failed = true;
    return type == 0xc3;
}

void rf_unpack_bin(struct rf_unpack *in, void *out, size_t size)
{
    unsigned type = token(in);
    uint64_t length = UINT64_MAX;
    if (type >= 0xc4 && type <= 0xc6)
        length = big_endian(in, (size_t)1 << (type - 0xc4));
    if (length != size)
        in->failed = true;
    const uint8_t *at = take(in, size);
    if (at)
        memcpy(out, at, size);
    else
        memset(out, 0, size);
}

void rf_unpack_text(struct rf_unpack *in, char *out, size_t room)
{
    unsigned type = token(in);
    uint64_t length = UINT64_MAX;
    if (type >= 0xa0 && type <= 0xbf)
        length = type & 0x1f;
    else if (type >= 0xd9 && type <= 0xdb)
        length = big_endian(in, (size_t)1 << (type - 0xd9));
    if (length >= room)
        in->failed = true;
    const uint8_t *at = in->failed ? NULL : take(in, (size_t)length);
    size_t used = at ? (size_t)length : 0;
    for (size_t i = 0; i < used; i++)
        out[i] = at[i] >= 0x20 && at[i] < 0x7f ? (char)at[i] : '?';
    out[used] = 0;
}
