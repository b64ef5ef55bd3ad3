#include <criterion/criterion.h>
#include <openssl/cms.h>
#include <string.h>

#include "party/keys/token_key.h"
#include "support/keys_kit.h"

/* Three contributors: EC, RSA, and EC again under another curve. */
struct sealed {
    struct keys_kit_folder folder;
    EVP_PKEY *keys[3];
    X509 *certificates[3];
    uint8_t key[RF_TOKEN_KEY_SIZE];
    uint8_t *bytes;
    size_t size;
};

static void seal(struct sealed *it)
{
    struct rf_err err = {0};
    it->folder = keys_kit_folder_make();
    it->keys[0] = EVP_EC_gen("P-256");
    it->keys[1] = EVP_RSA_gen(2048);
    it->keys[2] = EVP_EC_gen("P-384");
    for (size_t i = 0; i < 3; i++)
        it->certificates[i] =
            keys_kit_certificate(it->keys[i], keys_kit_member(it->keys[i]), NULL, NULL);
    const char *path = keys_kit_in(&it->folder, "tokens.cms");
    cr_assert_eq(rf_token_key_make(it->key, &err), RF_OK);
    cr_assert_eq(rf_token_key_seal(it->key, it->certificates, 3, path, RF_SAFE_FILE_NEW, &err),
                 RF_OK, "%s", err.text);
    cr_assert_eq(rf_safe_file_read(path, &it->bytes, &it->size, &err), RF_OK);
}

static void release(struct sealed *it)
{
    for (size_t i = 0; i < 3; i++) {
        X509_free(it->certificates[i]);
        EVP_PKEY_free(it->keys[i]);
    }
    rf_secret_free(it->bytes, it->size);
    keys_kit_folder_remove(&it->folder);
}

static enum rf_rc open_as(const struct sealed *it, size_t who, const uint8_t *bytes, size_t size,
                          uint8_t key[RF_TOKEN_KEY_SIZE], struct rf_err *err)
{
    return rf_token_key_unseal(key, "tokens.cms", bytes, size, it->certificates[who], it->keys[who],
                               err);
}

Test(token_key, every_contributor_opens_it)
{
    struct sealed it;
    unsigned recipients = 0;
    seal(&it);
    for (size_t i = 0; i < 3; i++) {
        struct rf_err err = {0};
        uint8_t key[RF_TOKEN_KEY_SIZE] = {0};
        cr_assert_eq(rf_token_key_open(key, keys_kit_in(&it.folder, "tokens.cms"),
                                       it.certificates[i], it.keys[i], &err),
                     RF_OK, "%s", err.text);
        cr_assert_arr_eq(key, it.key, sizeof key);
        cr_assert_eq(
            rf_token_key_recipients(keys_kit_in(&it.folder, "tokens.cms"), &recipients, &err),
            RF_OK);
    }
    cr_assert_eq(recipients, 3);
    release(&it);
}

Test(token_key, nobody_else_opens_it)
{
    struct sealed it;
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE] = {0};
    seal(&it);
    EVP_PKEY *stranger = EVP_EC_gen("P-256");
    X509 *certificate = keys_kit_certificate(stranger, keys_kit_member(stranger), NULL, NULL);
    cr_assert_eq(rf_token_key_unseal(key, "t", it.bytes, it.size, certificate, stranger, &err),
                 RF_E_CRYPTO);
    cr_assert_str_eq(err.text, "t: is not sealed to this member's certificate");
    rf_err_clear(&err);
    cr_assert_eq(
        rf_token_key_unseal(key, "t", it.bytes, it.size, it.certificates[0], stranger, &err),
        RF_E_CRYPTO);
    cr_assert(strstr(err.text, "does not open"), "%s", err.text);
    X509_free(certificate);
    EVP_PKEY_free(stranger);
    release(&it);
}

/* Every byte of the file, one at a time: it does not open, or it opens to the same key (a change in
 * what is meant for another contributor). It never opens to another key. */
static void flip_every_byte(struct sealed *it, size_t who)
{
    size_t refused = 0, tail = 0;
    for (size_t i = 0; i < it->size; i++) {
        struct rf_err err = {0};
        uint8_t key[RF_TOKEN_KEY_SIZE] = {0};
        it->bytes[i] ^= 0x01;
        enum rf_rc rc = open_as(it, who, it->bytes, it->size, key, &err);
        it->bytes[i] ^= 0x01;
        refused += rc != RF_OK;
        tail += rc != RF_OK && i + 68 >= it->size; /* ciphertext and tag stand at the end */
        if (rc == RF_OK)
            cr_assert_arr_eq(key, it->key, sizeof key, "byte %zu", i);
    }
    cr_assert_geq(refused, 200, "only %zu of %zu", refused, it->size);
    cr_assert_eq(tail, 68);
}

Test(token_key, tampering_is_detected)
{
    struct sealed it;
    seal(&it);
    flip_every_byte(&it, 0);
    flip_every_byte(&it, 1);
    release(&it);
}

Test(token_key, cut_and_extended_files_are_refused)
{
    struct sealed it;
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE];
    seal(&it);
    for (size_t size = 0; size < it.size; size++)
        cr_assert_eq(open_as(&it, 0, it.bytes, size, key, &err), RF_E_CRYPTO, "%zu bytes", size);
    uint8_t longer[8192] = {0};
    cr_assert_lt(it.size, sizeof longer);
    memcpy(longer, it.bytes, it.size);
    cr_assert_eq(open_as(&it, 0, longer, it.size + 1, key, &err), RF_E_CRYPTO);
    release(&it);
}

/* The same content sealed by other means of CMS. */
static void expect_refused(struct sealed *it, CMS_ContentInfo *cms)
{
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE];
    unsigned char *der = NULL;
    cr_assert_not_null(cms);
    int size = i2d_CMS_ContentInfo(cms, &der);
    cr_assert_gt(size, 0);
    cr_expect_eq(open_as(it, 0, der, (size_t)size, key, &err), RF_E_CRYPTO);
    cr_expect_str_eq(err.text, "tokens.cms: is no tokens' key sealed by CMS AuthEnvelopedData with "
                               "AES-256-GCM");
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
}

Test(token_key, cbc_and_other_ciphers_are_refused)
{
    struct sealed it;
    seal(&it);
    uint8_t content[52] = "ringfence tokens v1";
    STACK_OF(X509) *to = sk_X509_new_null();
    cr_assert_gt(sk_X509_push(to, it.certificates[0]), 0);
    BIO *bio = BIO_new_mem_buf(content, sizeof content);
    expect_refused(&it, CMS_encrypt(to, bio, EVP_aes_256_cbc(), CMS_BINARY));
    BIO_free(bio);
    bio = BIO_new_mem_buf(content, sizeof content);
    expect_refused(&it, CMS_encrypt(to, bio, EVP_aes_128_gcm(), CMS_BINARY));
    BIO_free(bio);
    sk_X509_free(to);
    release(&it);
}

Test(token_key, gcm_renamed_to_cbc_is_refused)
{
    static const uint8_t gcm[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e};
    struct sealed it;
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE];
    seal(&it);
    uint8_t *at = memmem(it.bytes, it.size, gcm, sizeof gcm);
    cr_assert_not_null(at);
    at[sizeof gcm - 1] = 0x2a; /* aes256-CBC */
    cr_assert_eq(open_as(&it, 0, it.bytes, it.size, key, &err), RF_E_CRYPTO);
    cr_assert(strstr(err.text, "AES-256-GCM"), "%s", err.text);
    release(&it);
}

Test(token_key, other_sealed_content_is_no_key)
{
    struct sealed it;
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE];
    uint8_t content[52] = "something else      ";
    unsigned char *der = NULL;
    seal(&it);
    STACK_OF(X509) *to = sk_X509_new_null();
    cr_assert_gt(sk_X509_push(to, it.certificates[0]), 0);
    BIO *bio = BIO_new_mem_buf(content, sizeof content);
    CMS_ContentInfo *cms = CMS_encrypt(to, bio, EVP_aes_256_gcm(), CMS_BINARY);
    int size = i2d_CMS_ContentInfo(cms, &der);
    cr_assert_gt(size, 0);
    cr_assert_eq(open_as(&it, 0, der, (size_t)size, key, &err), RF_E_CRYPTO);
    cr_assert_str_eq(err.text, "tokens.cms: what is sealed in it is no tokens' key");
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(bio);
    sk_X509_free(to);
    release(&it);
}

Test(token_key, check_value_depends_on_the_key)
{
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE] = {1}, one[RF_TOKEN_KEY_CHECK_SIZE];
    uint8_t two[RF_TOKEN_KEY_CHECK_SIZE], other[RF_TOKEN_KEY_CHECK_SIZE];
    cr_assert_eq(rf_token_key_check_value(key, one, &err), RF_OK);
    cr_assert_eq(rf_token_key_check_value(key, two, &err), RF_OK);
    key[31] = 1;
    cr_assert_eq(rf_token_key_check_value(key, other, &err), RF_OK);
    cr_assert_arr_eq(one, two, sizeof one);
    cr_assert_arr_neq(one, other, sizeof one);
}
