#include "protocols/backend/rep3_active/proof.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "net/base/bytes.h"
#include "protocols/share/kernel.h"

enum { ENTRIES = 4, LAZY = 32 };

/* ---- plan ---- */

/* Two levels on gates leave one element a word; further levels divide by up to 64 each. A wide first
 * one costs time, so long vectors begin with a narrow one. */
unsigned rf_proof_plan(size_t words, unsigned width[RF_PROOF_LEVELS])
{
    enum { LOG_WIDE = 6, LONG = 1 << 18 };
    unsigned levels = 0, bits = rf_bit_length(words - 1);
    unsigned first = words > LONG ? 4 : LOG_WIDE;
    width[levels++] = RF_PROOF_FIRST;
    width[levels++] = RF_PROOF_LANES;
    unsigned left = bits > LOG_WIDE ? bits - LOG_WIDE : 0; /* to divide by, before the last level */
    unsigned now = left % LOG_WIDE ? left % LOG_WIDE : LOG_WIDE;
    size_t size = words;
    for (now = now < first ? now : first; left; left -= now, now = LOG_WIDE) {
        now = now < left ? now : left;
        width[levels++] = 1U << now;
        size = rf_div_up(size, (size_t)1 << now);
    }
    width[levels++] = (unsigned)size;
    return levels;
}

/* ---- polynomials ---- */

static uint64_t inverse_factorial[RF_PROOF_VALUES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_inverse_factorials(void)
{
    uint64_t factorial = 1;
    for (unsigned i = 0; i < RF_PROOF_VALUES; i++) {
        factorial = rf_field_multiply(factorial, i ? i : 1);
        inverse_factorial[i] = rf_field_inverse(factorial);
    }
}

/* lambda_i = product over j != i of (x - j) / (i - j); that of (i - j) is i! (count - 1 - i)! times a
 * sign. */
void rf_proof_points(uint64_t *lambda, unsigned count, uint64_t x)
{
    uint64_t before[RF_PROOF_VALUES + 1], after = 1;
    assert(count > 0 && count <= RF_PROOF_VALUES);
    (void)pthread_once(&once, make_inverse_factorials);
    before[0] = 1;
    for (unsigned i = 0; i < count; i++)
        before[i + 1] = rf_field_multiply(before[i], rf_field_subtract(x, i));
    for (unsigned i = count; i-- > 0;) {
        uint64_t below = rf_field_multiply(inverse_factorial[i], inverse_factorial[count - 1 - i]);
        uint64_t value = rf_field_multiply(rf_field_multiply(before[i], after), below);
        lambda[i] = (count - 1 - i) % 2 ? rf_field_subtract(0, value) : value;
        after = rf_field_multiply(after, rf_field_subtract(x, i));
    }
}

uint64_t rf_proof_at(const uint64_t *lambda, const uint64_t *value, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum = rf_field_add(sum, rf_field_multiply(lambda[i], value[i]));
    return sum;
}

void rf_proof_values(uint64_t *value, const uint64_t *products, unsigned count)
{
    uint64_t lambda[RF_PROOF_POINTS], row[RF_PROOF_POINTS];
    for (unsigned x = 0; x < count; x++)
        value[x] = products[x * count + x];
    for (unsigned x = count; x < 2 * count - 1; x++) {
        rf_proof_points(lambda, count, x);
        for (unsigned a = 0; a < count; a++) {
            rf_wide sum = 0;
            for (unsigned b = 0; b < count; b++) {
                sum += (rf_wide)lambda[b] * products[a * count + b];
                if (b % LAZY == LAZY - 1)
                    sum = rf_field_reduce(sum);
            }
            row[a] = rf_field_reduce(sum);
        }
        value[x] = rf_proof_at(lambda, row, count);
    }
}

void rf_proof_values_of(uint64_t *value, const uint64_t *u, const uint64_t *v, unsigned count)
{
    uint64_t lambda[RF_PROOF_POINTS];
    for (unsigned x = 0; x < 2 * count - 1; x++) {
        rf_proof_points(lambda, count, x);
        value[x] = rf_field_multiply(rf_proof_at(lambda, u, count), rf_proof_at(lambda, v, count));
    }
}

/* ---- gates ---- */

void rf_proof_gram_add(struct rf_proof_gram *gram, const struct rf_proof_bits *left,
                       const struct rf_proof_bits *right, size_t blocks)
{
    rf_kernels()->proof_gram(gram->sum, left->word, right->word, blocks);
}

/* The kernel counts with entries of 0 and 1; the right side's weights are 1, -2, -2 and 4. */
void rf_proof_gram_products(uint64_t products[RF_PROOF_FIRST * RF_PROOF_FIRST],
                            const struct rf_proof_gram *gram)
{
    static const int weight[ENTRIES] = {1, -2, -2, 4};
    for (unsigned i = 0; i < RF_PROOF_FIRST * RF_PROOF_FIRST; i++)
        products[i] = rf_field_signed(gram->sum[i] * weight[i % ENTRIES]);
}

/* One gate's entries folded, for its three bits. Left: bits a, b, e of u; right: c, d, f of v. */
static uint64_t gate_entry(bool right, const uint64_t lambda[ENTRIES], unsigned bits)
{
    uint64_t first = bits & 1, second = bits >> 1 & 1, sum;
    if (right) {
        sum = lambda[0];
        sum = rf_field_subtract(sum, second * rf_field_add(lambda[1], lambda[1]));
        sum = rf_field_subtract(sum, first * rf_field_add(lambda[2], lambda[2]));
        sum = rf_field_add(sum, rf_field_multiply(4 * (first & second), lambda[3]));
    } else {
        sum = lambda[0];
        sum = rf_field_add(sum, first * lambda[1]);
        sum = rf_field_add(sum, second * lambda[2]);
        sum = rf_field_add(sum, (first & second) * lambda[3]);
    }
    return bits >> 2 ? rf_field_subtract(0, sum) : sum;
}

void rf_proof_table_init(struct rf_proof_table *table, bool right,
                         const uint64_t lambda[RF_PROOF_FIRST], const uint64_t lane[RF_PROOF_LANES])
{
    for (unsigned gate = 0; gate < RF_PROOF_GATES; gate++) {
        for (unsigned bits = 0; bits < 8; bits++) {
            uint64_t entry = gate_entry(right, lambda + (size_t)ENTRIES * gate, bits);
            for (unsigned i = 0; i < RF_PROOF_LANES; i++)
                table->entry[i][8 * gate + bits] = lane ? rf_field_multiply(lane[i], entry) : entry;
        }
    }
}

/* One lane of a block: 8 gates of 64 groups, two gates' bits in a byte. */
static void fold_lane(uint64_t out[64], const uint64_t *entry, const struct rf_proof_bits *bits,
                      size_t at)
{
    const struct rf_kernels *kernels = rf_kernels();
    uint8_t index[RF_PROOF_GATES / 2 * 64];
    for (unsigned pair = 0; pair < RF_PROOF_GATES / 2; pair++, at += 2 * RF_PROOF_LANES) {
        uint64_t word[8] = {0};
        for (unsigned i = 0; i < 3; i++) {
            word[i] = bits->word[i][at];
            word[3 + i] = bits->word[i][at + RF_PROOF_LANES];
        }
        kernels->turn_bytes(index + (size_t)64 * pair, word);
    }
    kernels->look_up(out, entry, index);
}

void rf_proof_fold_lanes(uint64_t out[RF_PROOF_LANES * 64], const struct rf_proof_table *table,
                         const struct rf_proof_bits *bits, size_t block)
{
    for (unsigned lane = 0; lane < RF_PROOF_LANES; lane++)
        fold_lane(out + (size_t)lane * 64, table->entry[lane], bits, block * RF_PROOF_BLOCK + lane);
    for (unsigned i = 0; i < RF_PROOF_LANES * 64; i++)
        out[i] = rf_field_whole(out[i]);
}

void rf_proof_fold_blocks(uint64_t *out, const struct rf_proof_table *table,
                          const struct rf_proof_bits *bits, size_t blocks)
{
    uint64_t part[64];
    for (size_t block = 0; block < blocks; block++, out += 64) {
        memset(out, 0, sizeof part);
        for (unsigned lane = 0; lane < RF_PROOF_LANES; lane++) {
            fold_lane(part, table->entry[lane], bits, block * RF_PROOF_BLOCK + lane);
            for (unsigned i = 0; i < 64; i++)
                out[i] = rf_field_fold(out[i]) + rf_field_fold(part[i]);
        }
        for (unsigned i = 0; i < 64; i++)
            out[i] = rf_field_whole(out[i]);
    }
}

/* ---- vectors ---- */

void rf_proof_products(uint64_t *products, const uint64_t *u, const uint64_t *v, size_t size,
                       unsigned width)
{
    enum { AT_ONCE = 64 };
    size_t segment = size / width;
    assert(segment * width == size);
    for (size_t j = 0; j < segment; j += AT_ONCE) {
        size_t count = segment - j < AT_ONCE ? segment - j : AT_ONCE;
        rf_kernels()->field_products(products, u + j, v + j, segment, count, width);
    }
}

size_t rf_proof_fold(uint64_t *vector, size_t size, unsigned width, const uint64_t *lambda)
{
    size_t segment = size / width;
    assert(segment * width == size);
    rf_kernels()->field_fold(vector, vector, segment, lambda, width);
    return segment;
}
