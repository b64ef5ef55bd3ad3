/* A transposition of its own: 8x8 blocks of bits by a multiplication with the identity over GF(2), bytes
 * and words around them by permutations. */
#include <immintrin.h>
#include <stdint.h>

static void transpose_words(__m512i r[8])
{
    __m512i a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
        a[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        for (int odd = 0; odd < 2; odd++) {
            __m512i low = a[4 * i + odd], high = a[4 * i + 2 + odd];
            b[4 * i + odd] = _mm512_shuffle_i64x2(low, high, 0x88);
            b[4 * i + 2 + odd] = _mm512_shuffle_i64x2(low, high, 0xdd);
        }
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x88);
        r[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xdd);
    }
}

static void transpose(uint64_t block[64])
{
    uint8_t gather[64], scatter[64];
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned j = 0; j < 8; j++) {
            gather[8 * j + 7 - i] = (uint8_t)(8 * i + j); /* byte j of eight rows, the last first */
            scatter[8 * j + i] = (uint8_t)(8 * i + j);
        }
    }
    const __m512i take = _mm512_loadu_si512(gather), give = _mm512_loadu_si512(scatter);
    const __m512i identity = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i r[8];
    for (int k = 0; k < 8; k++)
        r[k] = _mm512_permutexvar_epi8(take, _mm512_loadu_si512(block + 8 * k));
    transpose_words(r);
    for (int j = 0; j < 8; j++) {
        __m512i bits = _mm512_gf2p8affine_epi64_epi8(identity, r[j], 0);
        _mm512_storeu_si512(block + 8 * j, _mm512_permutexvar_epi8(give, bits));
    }
}

#define RF_KERNEL_TRANSPOSE
#define RF_KERNEL       rf_kernel_avx512
#define RF_KERNEL_LABEL "avx512"
#include "protocols/share/kernel_body.h"
