/* Arithmetic modulo 2^61 - 1 against OpenSSL's big numbers, and in GF(2^64) against long division and
 * published values of a CRC with the same polynomial. */
#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <string.h>

#include "protocols/share/field.h"
#include "protocols/share/kernel.h"
#include "tests/support/random.h"

static const uint64_t p = ((uint64_t)1 << 61) - 1;

/* ---- modulo p ---- */

struct big {
    BN_CTX *context;
    BIGNUM *p, *x, *y, *z;
};

static struct big big_new(void)
{
    struct big big = {BN_CTX_new(), BN_new(), BN_new(), BN_new(), BN_new()};
    cr_assert(big.context && big.p && big.x && big.y && big.z);
    cr_assert(BN_set_word(big.p, p));
    return big;
}

static void big_free(struct big *big)
{
    BN_free(big->p);
    BN_free(big->x);
    BN_free(big->y);
    BN_free(big->z);
    BN_CTX_free(big->context);
}

static void big_set(struct big *big, uint64_t x, uint64_t y)
{
    cr_assert(BN_set_word(big->x, x) && BN_set_word(big->y, y));
}

/* Edges, then random numbers. */
enum { EDGES = 14, NUMBERS = EDGES + 60 };

static void numbers(uint64_t number[NUMBERS])
{
    const uint64_t edge[EDGES] = {
        0,     1, 2,     3,         p / 2,     p / 2 + 1, p - 2,
        p - 1, p, p + 1, 2 * p - 1, 7 * p + 7, 8 * p,     UINT64_MAX,
    };
    uint64_t state = 1;
    memcpy(number, edge, sizeof edge);
    for (unsigned i = EDGES; i < NUMBERS; i++)
        number[i] = rf_test_random(&state);
}

Test(field, whole_reduces_any_word)
{
    struct big big = big_new();
    uint64_t number[NUMBERS];
    numbers(number);
    for (unsigned i = 0; i < NUMBERS; i++) {
        big_set(&big, number[i], 0);
        cr_assert(BN_nnmod(big.z, big.x, big.p, big.context));
        cr_assert_eq(rf_field_whole(number[i]), BN_get_word(big.z));
        cr_assert_leq(rf_field_fold(number[i]), p + 7);
        cr_assert_eq(rf_field_whole(rf_field_fold(number[i])), BN_get_word(big.z));
    }
    big_free(&big);
}

Test(field, reduce_any_two_words)
{
    struct big big = big_new();
    uint64_t number[NUMBERS];
    numbers(number);
    for (unsigned i = 0; i < NUMBERS; i++) {
        for (unsigned j = 0; j < NUMBERS; j++) {
            big_set(&big, number[i], number[j]);
            cr_assert(BN_lshift(big.z, big.x, 64) && BN_add(big.z, big.z, big.y) &&
                      BN_nnmod(big.z, big.z, big.p, big.context));
            cr_assert_eq(rf_field_reduce((rf_wide)number[i] << 64 | number[j]), BN_get_word(big.z));
        }
    }
    big_free(&big);
}

Test(field, sums_differences_and_products)
{
    struct big big = big_new();
    uint64_t number[NUMBERS];
    numbers(number);
    for (unsigned i = 0; i < NUMBERS; i++) {
        for (unsigned j = 0; j < NUMBERS; j++) {
            uint64_t x = number[i] % p, y = number[j] % p;
            big_set(&big, x, y);
            cr_assert(BN_mod_add(big.z, big.x, big.y, big.p, big.context));
            cr_assert_eq(rf_field_add(x, y), BN_get_word(big.z));
            cr_assert(BN_mod_sub(big.z, big.x, big.y, big.p, big.context));
            cr_assert_eq(rf_field_subtract(x, y), BN_get_word(big.z));
            cr_assert(BN_mod_mul(big.z, big.x, big.y, big.p, big.context));
            cr_assert_eq(rf_field_multiply(x, y), BN_get_word(big.z));
        }
    }
    big_free(&big);
}

Test(field, inverses)
{
    struct big big = big_new();
    uint64_t number[NUMBERS];
    numbers(number);
    cr_assert_eq(rf_field_inverse(0), 0);
    for (unsigned i = 0; i < NUMBERS; i++) {
        uint64_t x = number[i] % p;
        if (x == 0)
            continue;
        big_set(&big, x, 0);
        cr_assert(BN_mod_inverse(big.z, big.x, big.p, big.context));
        cr_assert_eq(rf_field_inverse(x), BN_get_word(big.z));
    }
    big_free(&big);
}

Test(field, signed_numbers)
{
    const int64_t edge[] = {0, 1, -1, 4096, -4096, ((int64_t)1 << 60) - 1, -((int64_t)1 << 60)};
    for (unsigned i = 0; i < sizeof edge / sizeof *edge; i++) {
        uint64_t magnitude = (uint64_t)(edge[i] < 0 ? -edge[i] : edge[i]) % p;
        uint64_t want = edge[i] < 0 && magnitude ? p - magnitude : magnitude;
        cr_assert_eq(rf_field_signed(edge[i]), want, "%lld", (long long)edge[i]);
    }
}

/* Sums of 63 products of the largest elements still fit, as field.h says. */
Test(field, lazy_sums_fit)
{
    rf_wide sum = 0;
    uint64_t want = 0;
    for (unsigned i = 0; i < 63; i++) {
        rf_wide before = sum;
        sum += (rf_wide)(p - 1) * (p - 1);
        cr_assert(sum > before);
        want = (want + 1) % p; /* (-1)(-1) */
    }
    cr_assert_eq(rf_field_reduce(sum), want);
}

/* ---- GF(2^64) ---- */

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
