#include "protocols/backend/rep3_active/proof.h"

#include <assert.h>
#include <string.h>

#include "net/base/bytes.h"
#include "protocols/share/gf64.h"

enum { BITS = 64 };

/* ---- plan ---- */

/* As few levels as there can be, and then as even ones: a level of n variables sends 3^n values. */
unsigned rf_proof_plan(size_t words, unsigned depth[RF_PROOF_LEVELS])
{
    size_t size = words / RF_PROOF_BLOCK * BITS;
    unsigned levels = 1, bits = 0;
    depth[0] = RF_PROOF_FIRST;
    depth[1] = RF_PROOF_SECOND;
    while (rf_div_up(size, (size_t)1 << ((levels - 1) * RF_PROOF_DEEP)) >= RF_PROOF_WIDE)
        levels++;
    unsigned last = (rf_bit_length(size) + levels - 1) / levels;
    last = last < RF_PROOF_DEEP ? last : RF_PROOF_DEEP;
    while (rf_div_up(size, (size_t)1 << bits) >= (size_t)1 << last)
        bits++;
    for (unsigned i = 0; i + 1 < levels; i++) {
        depth[2 + i] = rf_div_up(bits, levels - 1 - i);
        bits -= depth[2 + i];
    }
    depth[1 + levels] = last;
    return 2 + levels;
}

unsigned rf_proof_places(unsigned depth)
{
    unsigned places = 1;
    while (depth-- > 0)
        places *= 3;
    return places;
}

/* ---- functions of several variables ---- */

static uint64_t multiply(uint64_t x, uint64_t y)
{
    uint64_t product;
    rf_kernels()->gf64_multiply(&product, &x, &y, 1);
    return product;
}

/* r, r^4, r^16, ... */
static uint64_t next_variable(uint64_t r)
{
    r = multiply(r, r);
    return multiply(r, r);
}

void rf_proof_coefficients(uint64_t *lambda, unsigned depth, uint64_t challenge)
{
    lambda[0] = 1;
    for (unsigned j = 0; j < depth; j++, challenge = next_variable(challenge)) {
        for (unsigned s = 0; s < 1U << j; s++) {
            lambda[(1U << j) + s] = multiply(lambda[s], challenge);
            lambda[s] ^= lambda[(1U << j) + s];
        }
    }
}

void rf_proof_values(uint64_t *value, const struct rf_proof_sums *sums, unsigned depth)
{
    for (unsigned t = 0; t < rf_proof_places(depth); t++) {
        rf_wide sum = (rf_wide)sums->sum[2 * t + 1] << BITS | sums->sum[2 * t];
        value[t] = rf_gf64_reduce(sum);
    }
}

/* Variable by variable, by Horner's rule: what is 0 and 1 at those places and has leading coefficient c is
 * G_0 + r ((G_0 + G_1 + c) + r c). */
uint64_t rf_proof_at(const uint64_t *value, unsigned depth, uint64_t challenge)
{
    uint64_t now[RF_PROOF_VALUES];
    unsigned places = rf_proof_places(depth);
    memcpy(now, value, places * sizeof *now);
    for (; places > 1; places /= 3, challenge = next_variable(challenge)) {
        for (unsigned t = 0; t < places; t += 3) {
            uint64_t slope = now[t] ^ now[t + 1] ^ now[t + 2] ^ multiply(challenge, now[t + 2]);
            now[t / 3] = now[t] ^ multiply(challenge, slope);
        }
    }
    return now[0];
}

uint64_t rf_proof_total(const uint64_t *value, const uint64_t *weight, unsigned depth)
{
    uint64_t total = 0;
    for (unsigned s = 0; s < 1U << depth; s++)
        total ^= multiply(weight[s], value[rf_kernel_corner[s]]);
    return total;
}

/* ---- gates ---- */

void rf_proof_words(struct rf_proof_sums *sums, const struct rf_proof_weights *weights,
                    const struct rf_proof_bits *left, const struct rf_proof_bits *right, size_t at,
                    size_t blocks)
{
    enum { AT_ONCE = 16 };
    uint64_t weight[AT_ONCE * RF_PROOF_LANES];
    for (size_t done = 0, now; done < blocks; done += now) {
        now = blocks - done < AT_ONCE ? blocks - done : AT_ONCE;
        const uint64_t *x[2], *y[2];
        for (unsigned i = 0; i < 2; i++) {
            x[i] = left->word[i] + done * RF_PROOF_BLOCK;
            y[i] = right->word[i] + done * RF_PROOF_BLOCK;
        }
        for (size_t block = 0; block < now; block++) {
            for (unsigned lane = 0; lane < RF_PROOF_LANES; lane++)
                weight[block * RF_PROOF_LANES + lane] = weights->block[at + done + block];
            rf_kernels()->gf64_multiply(weight + block * RF_PROOF_LANES,
                                        weight + block * RF_PROOF_LANES, weights->lane,
                                        RF_PROOF_LANES);
        }
        rf_kernels()->proof_products(sums->sum, weight, x, y, now);
    }
}

/* Column k of a block weighs rho x^k. */
static void column_weights(uint64_t weight[BITS], uint64_t block)
{
    for (unsigned k = 0; k < BITS; k++) {
        weight[k] = block;
        block = block << 1 ^ (0x1b & (0 - (block >> 63)));
    }
}

void rf_proof_lanes(struct rf_proof_sums *sums, const struct rf_proof_weights *weights,
                    const struct rf_proof_bits *left, const struct rf_proof_bits *right, size_t at,
                    size_t blocks, const uint64_t lambda[RF_PROOF_WIDE])
{
    const struct rf_kernels *kernels = rf_kernels();
    uint64_t u[RF_PROOF_LANES * BITS], v[RF_PROOF_LANES * BITS], weight[BITS];
    for (size_t block = 0; block < blocks; block++) {
        const uint64_t *x[2], *y[2];
        for (unsigned i = 0; i < 2; i++) {
            x[i] = left->word[i] + block * RF_PROOF_BLOCK;
            y[i] = right->word[i] + block * RF_PROOF_BLOCK;
        }
        kernels->proof_fold_lanes(u, lambda, x);
        kernels->proof_fold_lanes(v, lambda, y);
        column_weights(weight, weights->block[at + block]);
        for (size_t lane = 0; lane < RF_PROOF_LANES; lane++)
            kernels->gf64_multiply(u + lane * BITS, u + lane * BITS, weight, BITS);
        kernels->gf64_products(sums->sum, u, v, BITS, BITS, RF_PROOF_SECOND);
    }
}

void rf_proof_table_init(struct rf_proof_table *table, const uint64_t first[RF_PROOF_WIDE],
                         const uint64_t second[RF_PROOF_LANES])
{
    for (unsigned lane = 0; lane < RF_PROOF_LANES; lane++) {
        for (unsigned i = 0; i < RF_PROOF_WIDE; i++)
            table->entry[lane * RF_PROOF_WIDE + i] = multiply(second[lane], first[i]);
    }
}

void rf_proof_fold_blocks(uint64_t *out, const struct rf_proof_table *table,
                          const struct rf_proof_weights *weights, const struct rf_proof_bits *bits,
                          size_t at, size_t blocks)
{
    uint64_t weight[BITS];
    rf_kernels()->proof_fold_blocks(out, table->entry, bits->word, blocks);
    for (size_t block = 0; weights && block < blocks; block++, out += BITS) {
        column_weights(weight, weights->block[at + block]);
        rf_kernels()->gf64_multiply(out, out, weight, BITS);
    }
}

void rf_proof_linear_add(struct rf_proof_linear *linear, const struct rf_proof_weights *weights,
                         const uint64_t *word, size_t at, size_t blocks)
{
    rf_kernels()->proof_weigh(linear->sum, weights->block + at, word, blocks);
}

uint64_t rf_proof_linear_total(const struct rf_proof_linear *linear,
                               const struct rf_proof_weights *weights)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < RF_PROOF_BLOCK; i++) {
        rf_wide sum = (rf_wide)linear->sum[2 * i + 1] << BITS | linear->sum[2 * i];
        uint64_t weight =
            multiply(weights->lane[i / RF_PROOF_GROUP], weights->word[i % RF_PROOF_GROUP]);
        total ^= multiply(weight, rf_gf64_reduce(sum));
    }
    return total;
}

/* ---- vectors ---- */

void rf_proof_products(struct rf_proof_sums *sums, const uint64_t *u, const uint64_t *v,
                       size_t size, unsigned depth)
{
    size_t segment = size >> depth;
    assert(segment << depth == size);
    rf_kernels()->gf64_products(sums->sum, u, v, segment, segment, depth);
}

size_t rf_proof_fold(uint64_t *vector, size_t size, unsigned depth, const uint64_t *lambda)
{
    size_t segment = size >> depth;
    assert(segment << depth == size);
    rf_kernels()->gf64_fold(vector, vector, segment, lambda, 1U << depth);
    return segment;
}
