#include "party/transcript/seal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"
#include "party/keys/envelope.h"
#include "party/keys/openssl_error.h"

static const char LABEL[] = "ringfence sealed v1";

/* What stands before the blocks of a segment, and before each block; numbers are little-endian. */
enum {
    AT_ID = sizeof LABEL,
    AT_NUMBER = AT_ID + RF_SEAL_ID,
    AT_PLAIN = AT_NUMBER + 8, /* 4 bytes: of the stream in this segment */
    HEADER = AT_PLAIN + 4,
    BLOCK_HEADER = 4, /* bytes that follow; bit 31: they are compressed */
};

static const uint32_t PACKED = UINT32_C(1) << 31;

enum {
    BLOCKS = RF_SEAL_SEGMENT / RF_SEAL_BLOCK,
    CONTENT_MAX = HEADER + RF_SEAL_SEGMENT + (BLOCKS + 1) * BLOCK_HEADER,
    LEVEL = 1,      /* of zstd: as fast as it goes */
    TRY_EVERY = 16, /* blocks, after one that did not shrink */
};

struct rf_seal {
    X509 *auditor;
    rf_seal_put put;
    void *context;
    ZSTD_CCtx *zstd;
    uint8_t *block; /* RF_SEAL_BLOCK bytes: what has been added and not packed */
    size_t filled;
    uint8_t *content; /* CONTENT_MAX bytes: the segment under way */
    size_t size;
    uint64_t plain, number;
    unsigned skip; /* blocks not to be tried */
};

static void begin_segment(struct rf_seal *seal)
{
    rf_store64(seal->content + AT_NUMBER, seal->number);
    seal->size = HEADER;
    seal->plain = 0;
}

enum rf_rc rf_seal_new(struct rf_seal **out, X509 *auditor, const uint8_t id[RF_SEAL_ID],
                       rf_seal_put put, void *context, struct rf_err *err)
{
    struct rf_seal *seal = calloc(1, sizeof *seal);
    *out = NULL;
    if (!seal)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for a seal");
    seal->put = put;
    seal->context = context;
    seal->zstd = ZSTD_createCCtx();
    seal->block = rf_secret_alloc(RF_SEAL_BLOCK);
    seal->content = rf_secret_alloc(CONTENT_MAX);
    if (!seal->zstd || !seal->block || !seal->content || X509_up_ref(auditor) != 1) {
        rf_seal_free(seal);
        return rf_err_set(err, RF_E_MEMORY, "out of memory for a seal");
    }
    seal->auditor = auditor;
    memcpy(seal->content, LABEL, sizeof LABEL);
    memcpy(seal->content + AT_ID, id, RF_SEAL_ID);
    begin_segment(seal);
    *out = seal;
    return RF_OK;
}

void rf_seal_free(struct rf_seal *seal)
{
    if (!seal)
        return;
    rf_secret_free(seal->block, RF_SEAL_BLOCK);
    rf_secret_free(seal->content, CONTENT_MAX);
    (void)ZSTD_freeCCtx(seal->zstd);
    X509_free(seal->auditor);
    free(seal);
}

/* Returns the size of the block compressed, or 0 if that does not help. */
static size_t shrink(struct rf_seal *seal, uint8_t *out)
{
    if (seal->skip > 0) {
        seal->skip--;
        return 0;
    }
    size_t limit = seal->filled - seal->filled / 16;
    size_t size = ZSTD_compressCCtx(seal->zstd, out, limit, seal->block, seal->filled, LEVEL);
    if (!ZSTD_isError(size))
        return size;
    seal->skip = TRY_EVERY - 1;
    return 0;
}

static void pack_block(struct rf_seal *seal)
{
    uint8_t *at = seal->content + seal->size;
    if (seal->filled == 0)
        return;
    size_t size = shrink(seal, at + BLOCK_HEADER);
    if (size > 0) {
        rf_store32(at, (uint32_t)size | PACKED);
    } else {
        size = seal->filled;
        rf_store32(at, (uint32_t)size);
        memcpy(at + BLOCK_HEADER, seal->block, size);
    }
    seal->size += BLOCK_HEADER + size;
    seal->filled = 0;
}

static enum rf_rc seal_segment(struct rf_seal *seal, struct rf_err *err)
{
    static const struct rf_envelope_words words = {
        .name = "transcript", .what = "segment of a transcript", .owner = "auditor"};
    enum rf_rc rc;
    unsigned char *der = NULL;
    struct rf_seal_segment segment = {.number = seal->number, .plain = seal->plain};
    pack_block(seal);
    rf_store32(seal->content + AT_PLAIN, (uint32_t)seal->plain);
    RF_TRY(rf_envelope_seal(&words, seal->content, seal->size, &seal->auditor, 1, &der,
                            &segment.size, err));
    segment.bytes = der;
    if (EVP_Digest(der, segment.size, segment.sha256, NULL, EVP_sha256(), NULL) != 1)
        RF_TRY(rf_openssl_error(err, "SHA-256 failed"));
    RF_TRY(seal->put(seal->context, &segment, err));
    seal->number++;
    begin_segment(seal);
done:
    OPENSSL_free(der);
    return rc;
}

enum rf_rc rf_seal_add(struct rf_seal *seal, const void *data, size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const uint8_t *from = data;
    while (size > 0) {
        size_t room = RF_SEAL_BLOCK - seal->filled, now = size < room ? size : room;
        memcpy(seal->block + seal->filled, from, now);
        seal->filled += now;
        seal->plain += now;
        from += now;
        size -= now;
        if (seal->filled == RF_SEAL_BLOCK)
            pack_block(seal);
        if (seal->plain == RF_SEAL_SEGMENT)
            RF_TRY(seal_segment(seal, err));
    }
done:
    return rc;
}

enum rf_rc rf_seal_cut(struct rf_seal *seal, struct rf_err *err)
{
    return seal->plain == 0 ? RF_OK : seal_segment(seal, err);
}

/* ---- opening ---- */

static enum rf_rc malformed(const struct rf_unseal *unseal, struct rf_err *err)
{
    return rf_err_set(err, RF_E_FORMAT, "%s: sealed segment %llu is malformed inside", unseal->name,
                      (unsigned long long)unseal->next);
}

static enum rf_rc check_header(const struct rf_unseal *unseal, const uint8_t *content, size_t size,
                               struct rf_err *err)
{
    if (size < HEADER || !rf_secret_equal(content, LABEL, sizeof LABEL))
        return rf_err_set(err, RF_E_CRYPTO, "%s: what is sealed in it is no segment", unseal->name);
    if (!rf_secret_equal(content + AT_ID, unseal->id, RF_SEAL_ID))
        return rf_err_set(err, RF_E_CRYPTO, "%s: a segment of another transcript", unseal->name);
    if (rf_load64(content + AT_NUMBER) != unseal->next) {
        return rf_err_set(err, RF_E_CRYPTO, "%s: sealed segment %llu stands where %llu is due",
                          unseal->name, (unsigned long long)rf_load64(content + AT_NUMBER),
                          (unsigned long long)unseal->next);
    }
    if (rf_load32(content + AT_PLAIN) > RF_SEAL_SEGMENT)
        return malformed(unseal, err);
    return RF_OK;
}

/* Blocks are full but for the last one, so the place of each is known. */
static bool unpack_block(const uint8_t **at, const uint8_t *end, uint8_t *out, size_t due)
{
    if (end - *at < BLOCK_HEADER)
        return false;
    uint32_t header = rf_load32(*at), size = header & ~PACKED;
    const uint8_t *from = *at + BLOCK_HEADER;
    if (size > (size_t)(end - from))
        return false;
    *at = from + size;
    if (header & PACKED)
        return ZSTD_decompress(out, due, from, size) == due;
    if (size != due)
        return false;
    memcpy(out, from, due);
    return true;
}

static bool unpack_all(const uint8_t *at, const uint8_t *end, uint8_t *out, size_t size)
{
    for (size_t done = 0; done < size; done += RF_SEAL_BLOCK) {
        size_t due = size - done < RF_SEAL_BLOCK ? size - done : RF_SEAL_BLOCK;
        if (!unpack_block(&at, end, out + done, due))
            return false;
    }
    return at == end;
}

enum rf_rc rf_unseal_content(struct rf_unseal *unseal, const uint8_t *content, size_t size,
                             uint8_t **plain, size_t *plain_size, struct rf_err *err)
{
    enum rf_rc rc;
    *plain = NULL;
    *plain_size = 0;
    RF_TRY(check_header(unseal, content, size, err));
    size_t due = rf_load32(content + AT_PLAIN);
    *plain = rf_secret_alloc(due);
    if (!*plain) {
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory for %zu bytes", due);
        goto done;
    }
    *plain_size = due;
    if (!unpack_all(content + HEADER, content + size, *plain, due))
        RF_TRY(malformed(unseal, err));
    unseal->next++;
done:
    if (rc != RF_OK) {
        rf_secret_free(*plain, *plain_size);
        *plain = NULL;
        *plain_size = 0;
    }
    return rc;
}

enum rf_rc rf_unseal_segment(struct rf_unseal *unseal, const uint8_t *bytes, size_t size,
                             uint8_t **plain, size_t *plain_size, struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_envelope_words words = {
        .name = unseal->name, .what = "segment of a transcript", .owner = "auditor"};
    uint8_t *content = NULL;
    size_t content_size = 0;
    *plain = NULL;
    *plain_size = 0;
    if (size > RF_SEAL_SEALED_MAX)
        RF_TRY(
            rf_err_set(err, RF_E_FORMAT, "%s: a sealed segment of %zu bytes", unseal->name, size));
    RF_TRY(rf_envelope_open(&words, bytes, size, unseal->certificate, unseal->key, &content,
                            &content_size, err));
    RF_TRY(rf_unseal_content(unseal, content, content_size, plain, plain_size, err));
done:
    rf_secret_free(content, content_size);
    return rc;
}
