#include "net/notice.h"

#include <msgpack/pack.h>
#include <string.h>

#include "net/base/unpack.h"

struct writer {
    uint8_t *out;
    size_t used;
};

static int append(void *context, const char *data, size_t size)
{
    struct writer *writer = context;
    if (RF_NOTICE_MAX - writer->used < size)
        return -1;
    memcpy(writer->out + writer->used, data, size);
    writer->used += size;
    return 0;
}

static void put_bin(msgpack_packer *pack, const void *data, size_t size)
{
    msgpack_pack_bin(pack, size);
    msgpack_pack_bin_body(pack, data, size);
}

static void put_text(msgpack_packer *pack, const char *text)
{
    size_t size = strlen(text);
    msgpack_pack_str(pack, size);
    msgpack_pack_str_body(pack, text, size);
}

size_t rf_notice_put_hello(uint8_t out[RF_NOTICE_MAX], const struct rf_notice_hello *hello)
{
    struct writer writer = {.out = out};
    msgpack_packer pack;
    msgpack_packer_init(&pack, &writer, append);
    msgpack_pack_array(&pack, 9);
    msgpack_pack_unsigned_int(&pack, hello->version);
    put_bin(&pack, hello->manifest_hash, sizeof hello->manifest_hash);
    msgpack_pack_uint32(&pack, hello->window);
    if (hello->chain)
        msgpack_pack_true(&pack);
    else
        msgpack_pack_false(&pack);
    msgpack_pack_uint64(&pack, hello->received);
    msgpack_pack_uint64(&pack, hello->consumed);
    put_bin(&pack, hello->instance, sizeof hello->instance);
    put_bin(&pack, hello->known, sizeof hello->known);
    put_bin(&pack, hello->beat_key, sizeof hello->beat_key);
    return writer.used;
}

size_t rf_notice_put_heads(uint8_t out[RF_NOTICE_MAX], const struct rf_notice_heads *heads)
{
    struct writer writer = {.out = out};
    msgpack_packer pack;
    msgpack_packer_init(&pack, &writer, append);
    msgpack_pack_array(&pack, 2);
    msgpack_pack_uint64(&pack, heads->frames);
    put_bin(&pack, heads->head, sizeof heads->head);
    return writer.used;
}

size_t rf_notice_put_abort(uint8_t out[RF_NOTICE_MAX], const struct rf_notice_abort *abort)
{
    struct writer writer = {.out = out};
    msgpack_packer pack;
    msgpack_packer_init(&pack, &writer, append);
    msgpack_pack_array(&pack, 3);
    msgpack_pack_uint32(&pack, abort->step);
    put_text(&pack, abort->name);
    put_text(&pack, abort->reason);
    return writer.used;
}

/* The layout of a hello may change with the version, so the version is read first and alone. */
static bool other_version(struct rf_notice_hello *hello, struct rf_unpack in)
{
    const uint8_t *data = in.at;
    if (in.left < 2 || data[0] < 0x91 || data[0] > 0x9f)
        return false;
    in.at++;
    in.left--;
    uint64_t version = rf_unpack_uint(&in, UINT32_MAX);
    if (in.failed || version == RF_WIRE_VERSION)
        return false;
    hello->version = (unsigned)version;
    return true;
}

enum rf_rc rf_notice_get_hello(struct rf_notice_hello *hello, const uint8_t *data, size_t size,
                               struct rf_err *err)
{
    *hello = (struct rf_notice_hello){0};
    struct rf_unpack in = rf_unpack_of(data, size);
    if (other_version(hello, in))
        return RF_OK;
    rf_unpack_array(&in, 9);
    hello->version = (unsigned)rf_unpack_uint(&in, RF_WIRE_VERSION);
    rf_unpack_bin(&in, hello->manifest_hash, sizeof hello->manifest_hash);
    hello->window = (uint32_t)rf_unpack_uint(&in, UINT32_MAX);
    hello->chain = rf_unpack_bool(&in);
    hello->received = rf_unpack_uint(&in, UINT64_MAX);
    hello->consumed = rf_unpack_uint(&in, UINT64_MAX);
    rf_unpack_bin(&in, hello->instance, sizeof hello->instance);
    rf_unpack_bin(&in, hello->known, sizeof hello->known);
    rf_unpack_bin(&in, hello->beat_key, sizeof hello->beat_key);
    if (!rf_unpack_done(&in) || hello->window == 0 || hello->consumed > hello->received)
        return rf_err_set(err, RF_E_CHEAT, "malformed hello");
    return RF_OK;
}

enum rf_rc rf_notice_get_heads(struct rf_notice_heads *heads, const uint8_t *data, size_t size,
                               struct rf_err *err)
{
    struct rf_unpack in = rf_unpack_of(data, size);
    rf_unpack_array(&in, 2);
    heads->frames = rf_unpack_uint(&in, UINT64_MAX);
    rf_unpack_bin(&in, heads->head, sizeof heads->head);
    if (!rf_unpack_done(&in))
        return rf_err_set(err, RF_E_CHEAT, "malformed chain heads");
    return RF_OK;
}

enum rf_rc rf_notice_get_abort(struct rf_notice_abort *abort, const uint8_t *data, size_t size,
                               struct rf_err *err)
{
    struct rf_unpack in = rf_unpack_of(data, size);
    rf_unpack_array(&in, 3);
    abort->step = (uint32_t)rf_unpack_uint(&in, UINT32_MAX);
    rf_unpack_text(&in, abort->name, sizeof abort->name);
    rf_unpack_text(&in, abort->reason, sizeof abort->reason);
    if (!rf_unpack_done(&in))
        return rf_err_set(err, RF_E_CHEAT, "malformed abort notice");
    return RF_OK;
}
