/* Known answers for what everything random is made of. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "net/base/derive.h"
#include "protocols/share/stream.h"

static size_t unhex(uint8_t *out, const char *hex)
{
    size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        cr_assert_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return size;
}

/* A stream is AES of the counter, from 0: its first block under the zero key is the known answer of NIST's
 * AESAVS, "VarTxt" and "GFSbox", for plaintext zero. */
Test(stream, aes_128_of_block_zero)
{
    struct rf_err err = {0};
    struct rf_stream stream = {0};
    uint8_t key[16] = {0}, want[16], got[16];
    unhex(want, "66e94bd4ef8a2c3b884cfa59ca342b2e");
    cr_assert_eq(rf_stream_init(&stream, key, &err), RF_OK);
    rf_stream_draw(&stream, got, sizeof got);
    cr_assert_arr_eq(got, want, sizeof got);
    rf_stream_fini(&stream);
}

Test(stream, pieces_equal_one_draw)
{
    struct rf_err err = {0};
    struct rf_stream one = {0}, many = {0};
    uint8_t key[16], all[1000], pieces[1000];
    unhex(key, "2b7e151628aed2a6abf7158809cf4f3c");
    cr_assert_eq(rf_stream_init(&one, key, &err), RF_OK);
    cr_assert_eq(rf_stream_init(&many, key, &err), RF_OK);
    rf_stream_draw(&one, all, sizeof all);
    for (size_t at = 0, size = 1; at < sizeof pieces; at += size, size = size * 2 + 1) {
        if (size > sizeof pieces - at)
            size = sizeof pieces - at;
        rf_stream_draw(&many, pieces + at, size);
    }
    cr_assert_arr_eq(all, pieces, sizeof all);
    rf_stream_fini(&one);
    rf_stream_fini(&many);
}

/* Computed by a program that reproduces RFC 5869, A.1: key and salt are that vector's, the info is ours. */
Test(derive, hkdf_sha256)
{
    struct rf_err err = {0};
    uint8_t secret[22], salt[13], got[42], want[42];
    const uint8_t context[] = {1, 2, 3};
    memset(secret, 0x0b, sizeof secret);
    unhex(salt, "000102030405060708090a0b0c");
    unhex(want, "477fcab5411181030be1ba82efcb8a18e4aa9e8767be8ca5cae97c60f199"
                "67e4bdb38eb631c3d4dc2962");
    cr_assert_eq(rf_derive_key(got, sizeof got, secret, sizeof secret, salt, sizeof salt, "purpose",
                               context, sizeof context, &err),
                 RF_OK);
    cr_assert_arr_eq(got, want, sizeof got);
    unhex(want, "51a4c31fbbec016e9d0cd3b99c213740a1fe42a1c587a8289af97978fd00"
                "e97816ccaee8d612469d6b0f");
    cr_assert_eq(rf_derive_key(got, sizeof got, secret, sizeof secret, NULL, 0, "", NULL, 0, &err),
                 RF_OK);
    cr_assert_arr_eq(got, want, sizeof got);
}
