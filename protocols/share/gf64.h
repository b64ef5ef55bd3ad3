/** gf64.h - arithmetic in GF(2^64)
 *
 * Elements are words: bit i is the coefficient of x^i, modulo x^64 + x^4 + x^3 + x + 1. Sums are XORs. Products are
 * added up before they are reduced: polynomials of degree at most 126. Constant time. */
#ifndef RF_PROTOCOLS_SHARE_GF64_H
#define RF_PROTOCOLS_SHARE_GF64_H

#include <stdint.h>
#ifdef __PCLMUL__
#include <immintrin.h>
#endif

__extension__ typedef unsigned __int128 rf_wide;

/** rf_gf64_wide() - a product that is not reduced */
static inline rf_wide rf_gf64_wide(uint64_t x, uint64_t y)
{
#ifdef __PCLMUL__
    const __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)x), _mm_cvtsi64_si128((long long)y), 0);
    return (rf_wide)(uint64_t)_mm_extract_epi64(product, 1) << 64 |
           (uint64_t)_mm_cvtsi128_si64(product);
#else
    /* Integer products of every fifth bit: at most 13 terms meet in a place, whose count needs four bits, so that
     * no carry reaches the next place that is looked at. */
    enum { STEP = 5 };
    const uint64_t every = 0x1084210842108421;
    const rf_wide places = (rf_wide)0x2108421084210842 << 64 | every;
    rf_wide sum[STEP] = {0}, product = 0;
    for (unsigned i = 0; i < STEP; i++) {
        for (unsigned j = 0; j < STEP; j++)
            sum[(i + j) % STEP] ^= (rf_wide)(x & every << i) * (y & every << j);
    }
    for (unsigned i = 0; i < STEP; i++)
        product |= sum[i] & (places << i);
    return product;
#endif
}

/** rf_gf64_reduce() - the element that a sum of products stands for */
static inline uint64_t rf_gf64_reduce(rf_wide x)
{
    const uint64_t high = (uint64_t)(x >> 64), over = high >> 63 ^ high >> 61 ^ high >> 60;
    return (uint64_t)x ^ high ^ high << 1 ^ high << 3 ^ high << 4 ^ over ^ over << 1 ^ over << 3 ^
           over << 4;
}

static inline uint64_t rf_gf64_multiply(uint64_t x, uint64_t y)
{
    return rf_gf64_reduce(rf_gf64_wide(x, y));
}

#endif
