/* Arithmetic in GF(2^64) against long division and published values of a CRC with the same polynomial. */
#include <criterion/criterion.h>
#include <string.h>

#include "protocols/share/gf64.h"
#include "protocols/share/kernel.h"
#include "tests/support/random.h"

/* The product of 127 bits, then long division by x^64 + x^4 + x^3 + x + 1. */
static uint64_t slow_product(uint64_t x, uint64_t y)
{
    rf_wide product = 0, divisor = ((rf_wide)1 << 64) | 0x1b;
    for (unsigned i = 0; i < 64; i++) {
        if (y >> i & 1)
            product ^= (rf_wide)x << i;
    }
    for (unsigned degree = 126; degree >= 64; degree--) {
        if (product >> degree & 1)
            product ^= divisor << (degree - 64);
    }
    return (uint64_t)product;
}

Test(gf64, products_by_long_division)
{
    for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
        uint64_t state = 3;
        for (unsigned i = 0; i < 400; i++) {
            uint64_t x = i < 64 ? (uint64_t)1 << i : rf_test_random(&state);
            uint64_t y = i % 7 == 0 ? UINT64_MAX : rf_test_random(&state), got = i;
            (*k)->gf64_dot(&got, &x, 1, (const uint8_t *)&y, sizeof y, 1);
            cr_assert_eq(got ^ i, slow_product(x, y), "%s", (*k)->name);
            cr_assert_eq(rf_gf64_multiply(x, y), slow_product(x, y));
        }
    }
}

Test(gf64, dot_of_rows)
{
    enum { MOST = 9, COUNT = 5, PITCH = 8 * MOST + 3 };
    uint64_t key[MOST], state = 5;
    uint8_t rows[COUNT * PITCH];
    for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
        for (unsigned words = 0; words <= MOST; words++) {
            uint64_t got[COUNT], want[COUNT];
            for (unsigned i = 0; i < MOST; i++)
                key[i] = rf_test_random(&state);
            for (size_t i = 0; i < sizeof rows; i++)
                rows[i] = (uint8_t)rf_test_random(&state);
            for (unsigned r = 0; r < COUNT; r++) {
                want[r] = got[r] = rf_test_random(&state);
                for (unsigned j = 0; j < words; j++) {
                    uint64_t word;
                    memcpy(&word, rows + r * PITCH + 8 * j, sizeof word);
                    want[r] ^= slow_product(key[j], word);
                }
            }
            (*k)->gf64_dot(got, key, words, rows, PITCH, COUNT);
            cr_assert_arr_eq(got, want, sizeof got, "%s, %u words", (*k)->name, words);
        }
    }
}

static uint64_t reversed(uint64_t x, unsigned bits)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < bits; i++)
        out |= (x >> i & 1) << (bits - 1 - i);
    return out;
}

/* The remainder of text * x^64, the first bit of each byte being its lowest: Horner's rule, a byte a step. */
static uint64_t crc(const struct rf_kernels *kernels, const char *text, uint64_t remainder)
{
    const uint64_t key[2] = {0x100, 0x1b}; /* x^8, and x^64 modulo the polynomial */
    for (; *text; text++) {
        const uint64_t row[2] = {remainder, reversed((uint8_t)*text, 8)};
        remainder = 0;
        kernels->gf64_dot(&remainder, key, 2, (const uint8_t *)row, sizeof row, 1);
    }
    return reversed(remainder, 64);
}

/* CRC-64 of ISO 3309 has this field's polynomial. Check values: CRC-64/GO-ISO in the RevEng catalogue
 * (begins with ones, ends inverted); the SWISS-PROT form (neither) from the documentation of its CRC64. */
Test(gf64, published_crc_64_iso)
{
    for (const struct rf_kernels *const *k = rf_kernels_all(); *k; k++) {
        cr_assert_eq(~crc(*k, "123456789", UINT64_MAX), 0xb90956c775a41001, "%s", (*k)->name);
        cr_assert_eq(crc(*k, "IHATEMATH", 0), 0xe3dcadd69b01add1, "%s", (*k)->name);
    }
}
