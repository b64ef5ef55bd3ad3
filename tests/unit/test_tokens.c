#include <criterion/criterion.h>

#include "party/data/tokens.h"
#include "support/world.h"

/* SHA-256 of "manifest". */
static const uint8_t manifest[32] = {
    0x05, 0xb3, 0xab, 0xf2, 0x57, 0x9a, 0x5e, 0xb6, 0x64, 0x03, 0xcd, 0x78, 0xbe, 0x55, 0x7f, 0xd8,
    0x60, 0x63, 0x3a, 0x1f, 0xe2, 0x10, 0x3c, 0x76, 0x42, 0x03, 0x0d, 0xef, 0xe3, 0x2c, 0x65, 0x7f};

static struct rf_tokens_key *key_of(const uint8_t hash[32], uint8_t first)
{
    struct rf_tokens_key *key = NULL;
    struct rf_err err = {0};
    uint8_t members_key[32];
    for (unsigned i = 0; i < 32; i++)
        members_key[i] = (uint8_t)i;
    members_key[0] = first;
    cr_assert_eq(rf_tokens_key_new(&key, members_key, 32, hash, &err), RF_OK, "%s", err.text);
    return key;
}

static uint64_t token(struct rf_tokens_key *key, enum rf_token_type type, const char *value)
{
    uint64_t out = 0;
    struct rf_err err = {0};
    cr_assert_eq(rf_tokens_one(key, type, value, strlen(value), &out, &err), RF_OK, "%s", err.text);
    return out;
}

/* Computed with the command line of OpenSSL 3.0:
 *   K=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:000102...1f
 *       -kdfopt hexsalt:05b3abf2... -kdfopt hexinfo:72696e6766656e636520746f6b656e20763100 HKDF | tr -d ':\n')
 *   printf '\x01+442079460018' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$K
 * The first 8 bytes of each, here read as a little-endian number. */
Test(tokens, known_answers)
{
    struct rf_tokens_key *key = key_of(manifest, 0);
    cr_assert_eq(token(key, RF_TYPE_PHONE, "+442079460018"),
                 __builtin_bswap64(UINT64_C(0x3d965d7c0fc191c8)));
    cr_assert_eq(token(key, RF_TYPE_NATIONAL_ID, "AB123456C"),
                 __builtin_bswap64(UINT64_C(0x6f1be8dc8ee012d4)));
    cr_assert_eq(token(key, RF_TYPE_EMAIL, "jos\xc3\xa9@example.com"),
                 __builtin_bswap64(UINT64_C(0xa8a5557d93d5e500)));
    cr_assert_eq(token(key, RF_TYPE_ACCOUNT, "BANK-A/123"),
                 __builtin_bswap64(UINT64_C(0x74a779a8ce9847f2)));
    cr_assert_eq(token(key, RF_TYPE_ADDRESS, ""), __builtin_bswap64(UINT64_C(0xe63820e8932c1f7c)));
    rf_tokens_key_free(key);
}

Test(tokens, other_manifests_and_keys_give_other_tokens)
{
    const uint8_t zero[32] = {0};
    struct rf_tokens_key *one = key_of(zero, 0), *other = key_of(zero, 1);
    cr_assert_eq(token(one, RF_TYPE_PHONE, "+442079460018"),
                 __builtin_bswap64(UINT64_C(0x2aa4ed43974d9820)));
    cr_assert_neq(token(other, RF_TYPE_PHONE, "+442079460018"),
                  token(one, RF_TYPE_PHONE, "+442079460018"));
    cr_assert_neq(token(one, RF_TYPE_PHONE, "12"), token(one, RF_TYPE_NATIONAL_ID, "12"));
    rf_tokens_key_free(one);
    rf_tokens_key_free(other);
    rf_tokens_key_free(NULL);
}

Test(tokens, short_keys_are_refused)
{
    struct rf_tokens_key *key;
    struct rf_err err = {0};
    const uint8_t members_key[16] = {0};
    cr_assert_eq(rf_tokens_key_new(&key, members_key, 15, manifest, &err), RF_E_ARG);
    cr_assert_null(key);
    rf_err_clear(&err);
    cr_assert_eq(rf_tokens_key_new(&key, members_key, 16, manifest, &err), RF_OK);
    rf_tokens_key_free(key);
}

Test(tokens, of_all_holdings)
{
    struct world world;
    struct rf_err err = {0};
    uint64_t all[3];
    world_init(&world, 1);
    (void)world_customer(&world, 0, 1, 0);
    world_hold(&world, 0, 0, RF_TYPE_PHONE, "1");
    world_hold(&world, 0, 0, RF_TYPE_EMAIL, "a@b");
    world_hold(&world, 0, 0, RF_TYPE_PHONE, "1");
    struct rf_tokens_key *key = key_of(manifest, 0);
    cr_assert_eq(rf_tokens_all(key, &world.tables[0], all, &err), RF_OK);
    cr_assert_eq(all[0], token(key, RF_TYPE_PHONE, "1"));
    cr_assert_eq(all[1], token(key, RF_TYPE_EMAIL, "a@b"));
    cr_assert_eq(all[2], all[0]);
    rf_tokens_key_free(key);
    world_fini(&world);
}
