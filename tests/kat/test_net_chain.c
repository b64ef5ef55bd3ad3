/* BLAKE3 against its published vectors, and hash chains against heads computed by a program of another
 * language and origin. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/hex.h"
#include "net/chain.h"

static void put_input(uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(i % 251);
}

/* From test_vectors.json of the BLAKE3 repository: keyed_hash, the first 32 bytes. */
static const struct {
    size_t size;
    const char *hash;
} vectors[] = {
    {0, "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26"},
    {1, "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b"},
    {1023, "c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e"},
    {1025, "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69"},
    {3073, "68dede9bef00ba89e43f31a6825f4cf433389fedae75c04ee9f0cf16a427c95a"},
    {4097, "00df940cd36bb9fa7cbbc3556744e0dbc8191401afe70520ba292ee3ca80abbc"},
    {7169, "ed9b1a922c046fdb3d423ae34e143b05ca1bf28b710432857bf738bcedbfa511"},
};

Test(blake3, published_vectors)
{
    uint8_t input[8192], hash[32];
    char hex[65];
    put_input(input, sizeof input);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        blake3_hasher hasher;
        blake3_hasher_init_keyed(&hasher, (const uint8_t *)"whats the Elvish word for friend");
        blake3_hasher_update(&hasher, input, vectors[i].size);
        blake3_hasher_finalize(&hasher, hash, sizeof hash);
        (void)rf_hex(hex, hash, sizeof hash);
        cr_expect_str_eq(hex, vectors[i].hash, "%zu bytes", vectors[i].size);
    }
}

static const struct {
    uint8_t kind;
    uint32_t length, step;
    const char *head; /* after this frame */
} frames[] = {
    {RF_FRAME_CONTROL, 5, 1, "23b722f707c5167d521d12b4bef8b452fcab08f27ace92721aa308d93fab0055"},
    {RF_FRAME_DATA, RF_FRAME_PAYLOAD, 2,
     "5a576fba4395094238441a91e311b429de59864d8a25fc056700b07d79603abe"},
    {RF_FRAME_DATA_LAST, 1000, 2,
     "71bb795ef580d4e0cf9eea83e1cac2f0771de672192095a473a8285680cc6e5f"},
};

static void count_up(uint8_t *bytes, size_t size, unsigned from)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(from + i);
}

/* @piece: how many bytes of payload are added at a time; @ack: in the headers, must not matter. */
static void check_heads(size_t piece, uint64_t ack)
{
    struct rf_chain chain;
    uint8_t session[RF_SESSION_SIZE], manifest[32], secret[32], bytes[RF_FRAME_HEADER];
    char hex[65];
    uint8_t *payload = malloc(RF_FRAME_PAYLOAD);
    count_up(session, sizeof session, 0);
    count_up(manifest, sizeof manifest, 100);
    count_up(secret, sizeof secret, 200);
    put_input(payload, RF_FRAME_PAYLOAD);
    cr_assert_eq(rf_chain_init(&chain, 1, 2, 3, NULL), RF_OK);
    cr_assert_eq(rf_chain_start(&chain, manifest, session, 7, secret, NULL), RF_OK);
    (void)rf_hex(hex, chain.head, sizeof chain.head);
    cr_expect_str_eq(hex, "71b4fa92e41b0bc3754c298d3a09081762cd000cd26bdd397d7618d42dc0b2bb");
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct rf_frame_header header = {.epoch = 7,
                                         .lane = 3,
                                         .from = 1,
                                         .to = 2,
                                         .kind = frames[i].kind,
                                         .step = frames[i].step,
                                         .sequence = i + 1,
                                         .ack = ack,
                                         .length = frames[i].length};
        memcpy(header.session, session, sizeof session);
        rf_frame_encode(bytes, &header);
        rf_chain_begin(&chain, bytes);
        for (size_t at = 0; at < header.length; at += piece)
            rf_chain_add(&chain, payload + at,
                         header.length - at < piece ? header.length - at : piece);
        cr_assert_eq(rf_chain_end(&chain, NULL), RF_OK);
        (void)rf_hex(hex, chain.head, sizeof chain.head);
        cr_expect_str_eq(hex, frames[i].head, "frame %zu in pieces of %zu", i, piece);
    }
    cr_expect_eq(chain.frames, sizeof frames / sizeof *frames);
    rf_chain_fini(&chain);
    free(payload);
}

Test(chain, heads_are_those_of_the_specification)
{
    check_heads(RF_FRAME_PAYLOAD, 0);
    check_heads(16320, 0);
    check_heads(777, 12345);
    check_heads(RF_CHAIN_BLOCK - RF_FRAME_HEADER, 0);
    check_heads(RF_CHAIN_BLOCK + 1, 0);
}

Test(chain, stays_zero_while_off)
{
    struct rf_chain chain;
    static const uint8_t zero[RF_CHAIN_SIZE];
    uint8_t bytes[RF_FRAME_HEADER] = {0};
    cr_assert_eq(rf_chain_init(&chain, 1, 2, 3, NULL), RF_OK);
    rf_chain_begin(&chain, bytes);
    rf_chain_add(&chain, bytes, sizeof bytes);
    cr_assert_eq(rf_chain_end(&chain, NULL), RF_OK);
    cr_expect_arr_eq(chain.head, zero, sizeof zero);
    cr_expect_eq(chain.frames, 0);
    rf_chain_fini(&chain);
}
