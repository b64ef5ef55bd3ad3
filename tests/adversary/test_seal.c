/* Sealed streams: what goes in comes out, at any length and however it is cut; and whatever is done to
 * segments on the way is refused. */
#include <criterion/criterion.h>
#include <openssl/cms.h>
#include <string.h>

#include "party/keys/auditor.h"
#include "party/keys/envelope.h"
#include "party/transcript/seal.h"
#include "support/keys_kit.h"
#include "support/random.h"

enum { SEGMENTS_MAX = 16 };

/** A stream that has been sealed. */
struct stream {
    EVP_PKEY *key;
    X509 *certificate;
    struct rf_seal *seal;
    uint8_t id[RF_SEAL_ID];
    uint8_t *bytes[SEGMENTS_MAX];
    size_t size[SEGMENTS_MAX];
    uint64_t plain[SEGMENTS_MAX];
    unsigned count;
};

static enum rf_rc keep(void *context, const struct rf_seal_segment *segment, struct rf_err *err)
{
    struct stream *stream = context;
    uint8_t hash[32];
    (void)err;
    cr_assert_eq(segment->number, stream->count);
    cr_assert_lt(stream->count, SEGMENTS_MAX);
    cr_assert_leq(segment->size, RF_SEAL_SEALED_MAX);
    cr_assert_eq(EVP_Digest(segment->bytes, segment->size, hash, NULL, EVP_sha256(), NULL), 1);
    cr_assert_arr_eq(hash, segment->sha256, sizeof hash);
    stream->bytes[stream->count] = malloc(segment->size);
    cr_assert_not_null(stream->bytes[stream->count]);
    memcpy(stream->bytes[stream->count], segment->bytes, segment->size);
    stream->plain[stream->count] = segment->plain;
    stream->size[stream->count++] = segment->size;
    return RF_OK;
}

static void begin(struct stream *stream, EVP_PKEY *key)
{
    struct rf_err err = {0};
    *stream = (struct stream){.key = key, .id = "a transcript of the tests"};
    stream->certificate = keys_kit_certificate(key, keys_kit_member(key), NULL, NULL);
    cr_assert_eq(rf_auditor_check(stream->certificate, "auditor.crt", time(NULL), &err), RF_OK,
                 "%s", err.text);
    cr_assert_eq(rf_seal_new(&stream->seal, stream->certificate, stream->id, keep, stream, &err),
                 RF_OK);
}

static void add(struct stream *stream, const void *data, size_t size)
{
    struct rf_err err = {0};
    cr_assert_eq(rf_seal_add(stream->seal, data, size, &err), RF_OK, "%s", err.text);
}

static void cut(struct stream *stream)
{
    struct rf_err err = {0};
    cr_assert_eq(rf_seal_cut(stream->seal, &err), RF_OK, "%s", err.text);
}

static struct rf_unseal reader(const struct stream *stream)
{
    struct rf_unseal unseal = {
        .certificate = stream->certificate, .key = stream->key, .name = "sealed"};
    memcpy(unseal.id, stream->id, sizeof unseal.id);
    return unseal;
}

static void end(struct stream *stream)
{
    rf_seal_free(stream->seal);
    for (unsigned i = 0; i < stream->count; i++)
        free(stream->bytes[i]);
    X509_free(stream->certificate);
    EVP_PKEY_free(stream->key);
}

/* Half of it random as shares are, half of it as regular as text. */
static uint8_t *some_bytes(size_t size, bool random)
{
    uint8_t *bytes = malloc(size + 1);
    uint64_t state = 7;
    cr_assert_not_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = random ? (uint8_t)rf_test_random(&state) : (uint8_t)(i % 97);
    return bytes;
}

static void expect_stream(const struct stream *stream, const uint8_t *data, size_t size)
{
    struct rf_unseal unseal = reader(stream);
    size_t at = 0;
    for (unsigned i = 0; i < stream->count; i++) {
        struct rf_err err = {0};
        uint8_t *plain = NULL;
        size_t got = 0;
        cr_assert_eq(
            rf_unseal_segment(&unseal, stream->bytes[i], stream->size[i], &plain, &got, &err),
            RF_OK, "%s", err.text);
        cr_assert_eq(got, stream->plain[i]);
        cr_assert_leq(at + got, size);
        cr_expect(memcmp(plain, data + at, got) == 0, "segment %u", i);
        at += got;
        rf_secret_free(plain, got);
    }
    cr_expect_eq(at, size);
}

/* ---- whole ---- */

static void round_trip(EVP_PKEY *key, size_t size, size_t piece, bool random, unsigned segments)
{
    struct stream stream;
    uint8_t *data = some_bytes(size, random);
    begin(&stream, key);
    for (size_t at = 0; at < size; at += piece)
        add(&stream, data + at, size - at < piece ? size - at : piece);
    cut(&stream);
    cr_expect_eq(stream.count, segments, "%u segments", stream.count);
    expect_stream(&stream, data, size);
    free(data);
    end(&stream);
}

Test(seal, any_length_in_any_pieces)
{
    round_trip(EVP_EC_gen("P-256"), 0, 1, true, 0);
    round_trip(EVP_EC_gen("P-384"), 1, 1, true, 1);
    round_trip(EVP_RSA_gen(2048), 1000, 7, false, 1);
    round_trip(EVP_RSA_gen(3072), RF_SEAL_BLOCK, 4099, true, 1);
    round_trip(EVP_EC_gen("P-256"), RF_SEAL_BLOCK + 1, RF_SEAL_BLOCK + 1, false, 1);
    round_trip(EVP_EC_gen("P-256"), RF_SEAL_SEGMENT, RF_SEAL_SEGMENT, true, 1);
    round_trip(EVP_EC_gen("P-256"), 2 * RF_SEAL_SEGMENT + 12345, 262144 + 64, true, 3);
    round_trip(EVP_EC_gen("P-256"), RF_SEAL_SEGMENT + 1, 1 << 20, false, 2);
}

Test(seal, cuts_where_the_writer_says)
{
    struct stream stream;
    uint8_t *data = some_bytes(3000, true);
    begin(&stream, EVP_EC_gen("P-256"));
    cut(&stream); /* nothing to seal yet */
    add(&stream, data, 1000);
    cut(&stream);
    cut(&stream);
    add(&stream, data + 1000, 2000);
    cut(&stream);
    cut(&stream);
    cr_expect_eq(stream.count, 2);
    cr_expect_eq(stream.plain[0], 1000);
    cr_expect_eq(stream.plain[1], 2000);
    expect_stream(&stream, data, 3000);
    free(data);
    end(&stream);
}

Test(seal, what_can_be_compressed_is)
{
    struct stream stream;
    uint8_t *text = some_bytes(1 << 20, false), *random = some_bytes(1 << 20, true);
    begin(&stream, EVP_EC_gen("P-256"));
    add(&stream, text, 1 << 20);
    cut(&stream);
    add(&stream, random, 1 << 20);
    cut(&stream);
    cr_expect_lt(stream.size[0], 1 << 14, "%zu", stream.size[0]);
    cr_expect_gt(stream.size[1], 1 << 20);
    cr_expect_lt(stream.size[1], (1 << 20) + 2048, "%zu", stream.size[1]);
    free(text);
    free(random);
    end(&stream);
}

static enum rf_rc no_room(void *context, const struct rf_seal_segment *segment, struct rf_err *err)
{
    (void)context, (void)segment;
    return rf_err_set(err, RF_E_IO, "the disk is full");
}

Test(seal, a_segment_that_cannot_be_kept_is_an_error)
{
    struct stream stream;
    struct rf_err err = {0};
    struct rf_seal *seal = NULL;
    begin(&stream, EVP_EC_gen("P-256"));
    cr_assert_eq(rf_seal_new(&seal, stream.certificate, stream.id, no_room, NULL, &err), RF_OK);
    cr_assert_eq(rf_seal_add(seal, "x", 1, &err), RF_OK);
    cr_expect_eq(rf_seal_cut(seal, &err), RF_E_IO);
    rf_seal_free(seal);
    end(&stream);
}

/* ---- tampered with ---- */

/* Opens a changed segment: it must not, or give what was sealed. OpenSSL lets some bytes of the
 * envelope's frame stand as they like (the encoding of a version, an unused parameter); never the content. */
static bool refused(const struct stream *stream, unsigned which, const uint8_t *bytes, size_t size,
                    const uint8_t *data)
{
    struct rf_unseal unseal = reader(stream);
    struct rf_err err = {0};
    uint8_t *plain = NULL;
    size_t got = 0;
    unseal.next = which;
    enum rf_rc rc = rf_unseal_segment(&unseal, bytes, size, &plain, &got, &err);
    if (rc == RF_OK) {
        cr_assert_eq(got, stream->plain[which]);
        cr_assert(memcmp(plain, data, got) == 0, "opened to something else");
    } else {
        cr_assert_null(plain);
        cr_assert_eq(rc, RF_E_CRYPTO, "%s", err.text);
    }
    rf_secret_free(plain, got);
    return rc != RF_OK;
}

/* @exempt: bytes at the front, the frame of the envelope, where a change may do no harm. */
static void flip(EVP_PKEY *key, size_t size, size_t step, size_t frame)
{
    struct stream stream;
    uint8_t *data = some_bytes(size, true);
    size_t in_frame = 0, behind = 0, all_behind = 0;
    begin(&stream, key);
    add(&stream, data, size);
    cut(&stream);
    uint8_t *bytes = stream.bytes[0];
    for (size_t i = 0; i < stream.size[0];
         i += i < frame || stream.size[0] - i < frame ? 1 : step) {
        bytes[i] ^= (uint8_t)(1U << i % 8);
        bool found = refused(&stream, 0, bytes, stream.size[0], data);
        bytes[i] ^= (uint8_t)(1U << i % 8);
        in_frame += found && i < frame;
        behind += found && i >= frame;
        all_behind += i >= frame;
    }
    cr_expect_eq(behind, all_behind, "ciphertext and tag: each byte counts");
    cr_expect_gt(in_frame, frame / 2, "%zu of %zu bytes of the frame", in_frame, frame);
    free(data);
    end(&stream);
}

Test(seal, every_byte_of_a_small_segment_counts)
{
    flip(EVP_EC_gen("P-256"), 500, 1, 512);
    flip(EVP_RSA_gen(2048), 500, 1, 600);
}

Test(seal, bytes_all_over_a_large_segment_count)
{
    flip(EVP_EC_gen("P-256"), 1 << 20, 4999, 512);
}

Test(seal, cut_short_or_longer_is_refused)
{
    struct stream stream;
    uint8_t *data = some_bytes(300, true);
    begin(&stream, EVP_EC_gen("P-256"));
    add(&stream, data, 300);
    cut(&stream);
    for (size_t size = 0; size < stream.size[0]; size++)
        cr_expect(refused(&stream, 0, stream.bytes[0], size, data), "%zu bytes", size);
    uint8_t *longer = calloc(1, stream.size[0] + 1);
    memcpy(longer, stream.bytes[0], stream.size[0]);
    cr_expect(refused(&stream, 0, longer, stream.size[0] + 1, data));
    free(longer);
    free(data);
    end(&stream);
}

static void expect_error(struct rf_unseal *unseal, const uint8_t *bytes, size_t size,
                         const char *why)
{
    struct rf_err err = {0};
    uint8_t *plain = NULL;
    size_t got = 0;
    cr_expect_eq(rf_unseal_segment(unseal, bytes, size, &plain, &got, &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, why), "%s", err.text);
}

Test(seal, segments_stay_in_their_place)
{
    struct stream stream, other;
    uint8_t *data = some_bytes(100, true);
    begin(&stream, EVP_EC_gen("P-256"));
    begin(&other, EVP_EC_gen("P-256"));
    for (int i = 0; i < 3; i++) {
        add(&stream, data, 100);
        cut(&stream);
    }
    struct rf_unseal unseal = reader(&stream);
    expect_error(&unseal, stream.bytes[1], stream.size[1], "segment 1 stands where 0 is due");
    unseal.next = 1;
    expect_error(&unseal, stream.bytes[0], stream.size[0], "segment 0 stands where 1 is due");
    unseal = reader(&stream);
    unseal.id[31] ^= 1;
    expect_error(&unseal, stream.bytes[0], stream.size[0], "of another transcript");
    unseal = reader(&stream);
    unseal.certificate = other.certificate;
    expect_error(&unseal, stream.bytes[0], stream.size[0], "not sealed to this auditor");
    unseal = reader(&stream);
    unseal.key = other.key;
    expect_error(&unseal, stream.bytes[0], stream.size[0], "does not open");
    free(data);
    end(&other);
    end(&stream);
}

/* ---- envelopes that the product would not make ---- */

static void expect_sealed_otherwise(const struct stream *stream, const EVP_CIPHER *cipher)
{
    STACK_OF(X509) *to = sk_X509_new_null();
    struct rf_unseal unseal = reader(stream);
    unsigned char *der = NULL;
    cr_assert_gt(sk_X509_push(to, stream->certificate), 0);
    BIO *bio = BIO_new_mem_buf("ringfence sealed v1", 20);
    CMS_ContentInfo *cms = CMS_encrypt(to, bio, cipher, CMS_BINARY);
    int size = i2d_CMS_ContentInfo(cms, &der);
    cr_assert_gt(size, 0);
    expect_error(&unseal, der, (size_t)size, "AES-256-GCM");
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(bio);
    sk_X509_free(to);
}

Test(seal, cbc_and_other_ciphers_are_refused)
{
    struct stream stream;
    begin(&stream, EVP_EC_gen("P-256"));
    expect_sealed_otherwise(&stream, EVP_aes_256_cbc());
    expect_sealed_otherwise(&stream, EVP_aes_128_gcm());
    end(&stream);
}

/* Whoever has the certificate can seal what he likes: then the inside must be right. */
static enum rf_rc open_inside(const struct stream *stream, const uint8_t *content, size_t size)
{
    const struct rf_envelope_words words = {"a", "segment", "auditor"};
    struct rf_unseal unseal = reader(stream);
    struct rf_err err = {0};
    unsigned char *der = NULL;
    uint8_t *plain = NULL;
    size_t der_size = 0, got = 0;
    X509 *certificate = stream->certificate;
    cr_assert_eq(rf_envelope_seal(&words, content, size, &certificate, 1, &der, &der_size, &err),
                 RF_OK);
    enum rf_rc rc = rf_unseal_segment(&unseal, der, der_size, &plain, &got, &err);
    cr_expect(rc != RF_OK || got == 0);
    rf_secret_free(plain, got);
    OPENSSL_free(der);
    return rc;
}

Test(seal, what_is_inside_is_checked)
{
    struct stream stream;
    uint8_t content[128] = "ringfence sealed v1";
    begin(&stream, EVP_EC_gen("P-256"));
    memcpy(content + 20, stream.id, RF_SEAL_ID);
    cr_expect_eq(open_inside(&stream, content, 64), RF_OK, "an empty segment");
    cr_expect_eq(open_inside(&stream, content, 63), RF_E_CRYPTO, "short of a byte");
    cr_expect_eq(open_inside(&stream, content, 65), RF_E_FORMAT, "a byte too many");
    content[60] = 10; /* bytes of the stream, and no block */
    cr_expect_eq(open_inside(&stream, content, 64), RF_E_FORMAT, "no block");
    content[64] = 11;
    cr_expect_eq(open_inside(&stream, content, 64 + 4 + 11), RF_E_FORMAT, "a block too long");
    content[64] = 10;
    content[67] = 0x80;
    cr_expect_eq(open_inside(&stream, content, 64 + 4 + 10), RF_E_FORMAT, "no zstd");
    content[63] = 0xff;
    cr_expect_eq(open_inside(&stream, content, 64 + 4 + 10), RF_E_FORMAT, "longer than any");
    content[0] ^= 1;
    cr_expect_eq(open_inside(&stream, content, 64), RF_E_CRYPTO, "something else");
    end(&stream);
}

/* ---- the auditor's certificate ---- */

static void expect_unfit(EVP_PKEY *key, struct keys_kit_wish wish, const char *why)
{
    struct rf_err err = {0};
    X509 *certificate = keys_kit_certificate(key, wish, NULL, NULL);
    cr_expect_eq(rf_auditor_check(certificate, "auditor.crt", time(NULL), &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, why), "%s", err.text);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

Test(seal, certificates_that_cannot_be_sealed_to)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct keys_kit_wish wish = keys_kit_member(key);
    wish.usage = "critical,digitalSignature";
    expect_unfit(key, wish, "keyAgreement");
    key = EVP_RSA_gen(2048);
    wish.usage = "critical,keyAgreement";
    expect_unfit(key, wish, "keyEncipherment");
    key = EVP_RSA_gen(1024);
    expect_unfit(key, keys_kit_member(key), "auditor.crt");
    key = EVP_EC_gen("P-256");
    wish = keys_kit_member(key);
    wish.until = -1;
    expect_unfit(key, wish, "expired");
    key = EVP_EC_gen("P-256");
    wish = keys_kit_member(key);
    wish.from = KEYS_KIT_DAY;
    expect_unfit(key, wish, "not valid yet");
}
