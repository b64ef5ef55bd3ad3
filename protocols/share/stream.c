#include "protocols/share/stream.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"

enum { DRAW_MAX = 1 << 30 };

enum rf_rc rf_stream_init(struct rf_stream *stream, const uint8_t key[RF_STREAM_KEY],
                          struct rf_err *err)
{
    static const uint8_t zero[16];
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    if (!cipher)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    if (EVP_EncryptInit_ex2(cipher, EVP_aes_128_ctr(), key, zero, NULL) != 1) {
        EVP_CIPHER_CTX_free(cipher);
        return rf_err_set(err, RF_E_CRYPTO, "AES-128-CTR is not available in OpenSSL");
    }
    *stream = (struct rf_stream){.cipher = cipher};
    return RF_OK;
}

void rf_stream_fini(struct rf_stream *stream)
{
    EVP_CIPHER_CTX_free(stream->cipher);
    stream->cipher = NULL;
}

void rf_stream_xor(struct rf_stream *stream, void *data, size_t size)
{
    uint8_t *byte = data;
    stream->drawn += size;
    while (size) {
        int now = size < DRAW_MAX ? (int)size : DRAW_MAX, done = 0;
        /* Cannot fail on an initialised context; wrong randomness must never go unnoticed. */
        if (EVP_EncryptUpdate(stream->cipher, byte, &done, byte, now) != 1 || done != now)
            abort();
        byte += now;
        size -= (size_t)now;
    }
}

void rf_stream_draw(struct rf_stream *stream, void *data, size_t size)
{
    enum { PIECE = 64 << 10 }; /* what was zeroed is still in a cache when it is drawn */
    for (size_t done = 0; done < size;) {
        size_t now = size - done < PIECE ? size - done : PIECE;
        memset((uint8_t *)data + done, 0, now);
        rf_stream_xor(stream, (uint8_t *)data + done, now);
        done += now;
    }
}

void rf_draws_init(struct rf_draws *draws, struct rf_stream *stream)
{
    draws->stream = stream;
    draws->used = RF_DRAWS;
}

uint32_t rf_draws_below(struct rf_draws *draws, uint32_t bound)
{
    for (;;) {
        if (draws->used == RF_DRAWS) {
            rf_stream_draw(draws->stream, draws->draw, sizeof draws->draw);
            draws->used = 0;
        }
        __uint128_t product = (__uint128_t)draws->draw[draws->used++] * bound;
        uint64_t low = (uint64_t)product;
        if (low >= bound || low >= -(uint64_t)bound % bound)
            return (uint32_t)(product >> 64);
    }
}

void rf_stream_shuffle(struct rf_stream *stream, uint32_t *numbers, size_t count)
{
    struct rf_draws draws;
    rf_draws_init(&draws, stream);
    for (size_t i = count; i > 1; i--) {
        uint32_t j = rf_draws_below(&draws, (uint32_t)i);
        uint32_t swap = numbers[i - 1];
        numbers[i - 1] = numbers[j];
        numbers[j] = swap;
    }
    rf_secret_wipe(&draws, sizeof draws);
}

void rf_stream_permutation(struct rf_stream *stream, uint32_t *permutation, size_t count)
{
    for (size_t i = 0; i < count; i++)
        permutation[i] = (uint32_t)i;
    rf_stream_shuffle(stream, permutation, count);
}
