/* Shuffle with whole-row tags: the passive shuffle (rep3_shuffle.c) of rows that carry a tag, checked
 * before the rows are used.
 *
 *   1. Keys k_j, one for each word of a row, fresh for this shuffle, shared like everything else: from
 *      seeds that two parties each have in common.
 *   2. Each row's tag is the sum of k_j * word_j in GF(2^64), of which 56 bits are kept: one product of inner
 *      products a row.
 *   3. Rows with tags are shuffled.
 *   4. Each says that it has received all of that, and only then shows its seeds: whoever changed,
 *      dropped, repeated or exchanged rows did so not knowing the keys.
 *   5. With the keys, shares of k . row + tag are computed locally; they must add up to zero in every row. A
 *      sum of all rows, weighted at random, is multiplied by a secret random number and opened, by both
 *      holders of each share: it is zero, or it is random and says that something is wrong but not
 *      where. To compare the rows' own sums, or their hashes, would show whoever changed a row where it
 *      went, and a permutation that other rows have gone by must stay secret even when the run ends.
 *   6. All say that it was right before anyone uses the rows.
 *
 * Lanes shuffle their rows together, so they use one key: the sum of the keys that each lane draws and opens.
 * No lane opens its part of the key before all lanes of its party are told that everything came. Every lane checks
 * the sum over all lanes, and none uses rows before all have.
 *
 * A wrong row passes with probability 2^-56 + 2 * 2^-64: the sum of unknown, uniformly random keys times its
 * differences, not all zero, would have to be its tag's difference in 56 bits; or the weighted sum zero; or the
 * random number what makes the product right. The shares that the other two hold agree always: what both hold was
 * drawn from their common stream, or exchanged between themselves.
 *
 * 56 bits, because tags are most of what these shuffles cost beyond the passive ones, and a proof of gates passes
 * wrongly with a probability above 2^-56 anyway.
 *
 * Source: the tags follow the malicious shuffle of IPA (private-attribution/ipa, shuffle/malicious.rs), with
 * tags of 64 bits and with step 4, without which keys open before the last messages have crossed. */
#include <string.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"
#include "protocols/backend/lanes.h"
#include "protocols/backend/rep3_active/active_internal.h"
#include "protocols/share/kernel.h"

enum { WORD = sizeof(uint64_t), TAG = 7, MOST_WORDS = 512, SEED = RF_STREAM_KEY };

struct tagging {
    struct active *active;
    size_t bytes, words;   /* of a row, without its tag */
    struct rf_rows rows;   /* the tag first */
    struct rf_ring check;  /* shares of what must be zero */
    uint8_t seed[3][SEED]; /* with the previous party, with the next, and the one we lack */
    uint64_t key[3][MOST_WORDS];
    uint64_t blind[2]; /* shares of a secret number */
};

/* @weight: NULL, or a word for each row, to which the seed's part of its weight is added */
static enum rf_rc make_keys(struct tagging *tagging, unsigned which, uint64_t *weight)
{
    struct rf_stream stream = {0};
    enum rf_rc rc = rf_stream_init(&stream, tagging->seed[which], tagging->active->rep3.base.err);
    if (rc == RF_OK) {
        rf_stream_draw(&stream, tagging->key[which], tagging->words * WORD);
        if (weight)
            rf_stream_xor(&stream, weight, tagging->rows.rows * WORD);
    }
    rf_stream_fini(&stream);
    return rc;
}

/* The sum of what all lanes drew. @drawn: room for all of it */
static enum rf_rc sum_key(struct tagging *tagging, uint64_t key[MOST_WORDS],
                          uint64_t (*drawn)[MOST_WORDS])
{
    struct rf_backend *backend = &tagging->active->rep3.base;
    struct rf_parcels parcels = {0};
    for (unsigned lane = 0; lane < rf_lanes(backend); lane++) {
        parcels.give[lane] = key;
        parcels.take[lane] = drawn[lane];
        parcels.give_size[lane] = parcels.take_size[lane] = tagging->words * WORD;
    }
    enum rf_rc rc = rf_exchange_swap(backend->exchange, backend->lane, &parcels, backend->err);
    if (rc != RF_OK)
        return rc;
    for (size_t j = 0; j < tagging->words; j++) {
        key[j] = 0;
        for (unsigned lane = 0; lane < rf_lanes(backend); lane++)
            key[j] ^= drawn[lane][j];
    }
    return RF_OK;
}

/* The first @count of the three parties' keys become those of all lanes. */
static enum rf_rc add_keys(struct tagging *tagging, unsigned count)
{
    enum rf_rc rc = RF_OK;
    struct rf_backend *backend = &tagging->active->rep3.base;
    const size_t size = rf_lanes(backend) * sizeof(uint64_t[MOST_WORDS]);
    if (!backend->exchange)
        return RF_OK;
    uint64_t(*drawn)[MOST_WORDS] = rf_secret_alloc(size);
    if (!drawn)
        return rf_err_set(backend->err, RF_E_MEMORY, "out of memory for the keys of a shuffle");
    for (unsigned i = 0; i < count; i++)
        RF_TRY(sum_key(tagging, tagging->key[i], drawn));
done:
    rf_secret_free(drawn, size);
    return rc;
}

static enum rf_rc begin(struct tagging *tagging, struct active *active, const struct rf_rows *rows)
{
    enum rf_rc rc;
    struct rf_backend *backend = &active->rep3.base;
    *tagging = (struct tagging){.active = active};
    tagging->bytes = rows->bytes;
    tagging->words = rf_div_up(tagging->bytes, WORD);
    if (tagging->words > MOST_WORDS)
        return rf_err_set(backend->err, RF_E_ARG, "rows of %zu bytes are too long to shuffle",
                          rows->bytes);
    rf_stream_draw(&active->tag_with_previous, tagging->seed[0], SEED);
    rf_stream_draw(&active->tag_with_next, tagging->seed[1], SEED);
    rf_stream_draw(&active->tag_with_previous, &tagging->blind[0], WORD);
    rf_stream_draw(&active->tag_with_next, &tagging->blind[1], WORD);
    RF_TRY(make_keys(tagging, 0, NULL));
    RF_TRY(make_keys(tagging, 1, NULL));
    RF_TRY(add_keys(tagging, 2));
    size_t bytes = TAG + tagging->bytes;
    RF_TRY(rf_backend_rows(backend, &tagging->rows, rows->rows, bytes));
    RF_TRY(rf_backend_ring(backend, &tagging->check, rows->rows));
    for (unsigned part = 0; part < 2; part++) {
        memset(tagging->rows.part[part], 0, rows->rows * bytes);
        memset(tagging->check.part[part], 0, rows->rows * WORD);
    }
    rf_local_bytes(&tagging->rows, TAG, rows, 0, rows->bytes);
done:
    return rc;
}

/* A row of less than a word ends like the word that begins in its tag. */
static void dot_short(const struct tagging *tagging, uint64_t *out, const uint64_t *key,
                      unsigned part)
{
    enum { AT_ONCE = 64 };
    const size_t pitch = tagging->rows.bytes, count = tagging->rows.rows;
    const uint8_t *end = tagging->rows.part[part] + pitch - WORD;
    uint64_t word[AT_ONCE];
    for (size_t r = 0, now; r < count; r += now) {
        now = count - r < AT_ONCE ? count - r : AT_ONCE;
        for (size_t i = 0; i < now; i++)
            word[i] = rf_load64(end + (r + i) * pitch) >> (8 * (WORD - tagging->bytes));
        rf_kernels()->gf64_dot(out + r, key, 1, (const uint8_t *)word, WORD, now);
    }
    rf_secret_wipe(word, sizeof word);
}

/* A row's words, the last of which overlaps the one before when the row is no multiple of them: every byte
 * has a part in the sum. */
static void dot(const struct tagging *tagging, uint64_t *out, const uint64_t *key, unsigned part)
{
    const uint8_t *row = tagging->rows.part[part] + TAG;
    const size_t full = tagging->bytes / WORD, pitch = tagging->rows.bytes;
    if (full == 0) {
        dot_short(tagging, out, key, part);
        return;
    }
    rf_kernels()->gf64_dot(out, key, full, row, pitch, tagging->rows.rows);
    if (full < tagging->words)
        rf_kernels()->gf64_dot(out, key + full, 1, row + tagging->bytes - WORD, pitch,
                               tagging->rows.rows);
}

/* out ^= sum of x[j] y[j] in GF(2^64) */
static void add_product(uint64_t *out, const uint64_t *x, const uint64_t *y, size_t count)
{
    rf_kernels()->gf64_dot(out, x, count, (const uint8_t *)y, count * WORD, 1);
}

/* The tags' bytes of each word, side by side. */
static void pack(uint64_t *tag, size_t count)
{
    uint8_t *packed = (uint8_t *)tag;
    for (size_t r = 0; r < count; r++)
        memmove(packed + r * TAG, tag + r, TAG);
}

/* Like an AND's result, with rows of words instead of bits: k_i w_i + k_i w_i+1 + k_i+1 w_i, and a fresh
 * share of zero. */
static enum rf_rc add_tags(struct tagging *tagging)
{
    enum rf_rc rc = RF_OK;
    struct rep3 *rep3 = &tagging->active->rep3;
    size_t count = tagging->rows.rows;
    uint64_t both[MOST_WORDS], *tag = tagging->check.part[0], *other = tagging->check.part[1];
    for (size_t j = 0; j < tagging->words; j++)
        both[j] = tagging->key[0][j] ^ tagging->key[1][j];
    dot(tagging, tag, both, 0);
    dot(tagging, tag, tagging->key[0], 1);
    rf_stream_xor(&rep3->zero_previous, tag, count * WORD);
    rf_stream_xor(&rep3->zero_next, tag, count * WORD);
    /* Wanted first: all three send at once, and more than a link takes unasked. */
    if (count == 0) /* a lane without rows: there is no message */
        goto done;
    pack(tag, count);
    RF_TRY(rf_channel_want(rep3->channel, rep3->next, other, count * TAG));
    RF_TRY(rf_channel_want_end(rep3->channel, rep3->next));
    RF_TRY(rf_active_tell(tagging->active, rep3->previous, tag, count * TAG));
    RF_TRY(rf_channel_wait(rep3->channel, rep3->next));
    for (unsigned part = 0; part < 2; part++) {
        const uint8_t *packed = (const uint8_t *)tagging->check.part[part];
        for (size_t r = 0; r < count; r++)
            memcpy(tagging->rows.part[part] + r * tagging->rows.bytes, packed + r * TAG, TAG);
    }
done:
    rf_secret_wipe(both, sizeof both);
    return rc;
}

/* Party i lacks the seed that the other two share: both send it. */
static enum rf_rc open_keys(struct tagging *tagging)
{
    enum rf_rc rc;
    struct active *active = tagging->active;
    uint8_t again[SEED];
    RF_TRY(rf_active_tell(active, active->rep3.previous, tagging->seed[1], SEED));
    RF_TRY(rf_active_tell(active, active->rep3.next, tagging->seed[0], SEED));
    RF_TRY(rf_channel_want(active->rep3.channel, active->rep3.previous, again, SEED));
    RF_TRY(rf_channel_want_end(active->rep3.channel, active->rep3.previous));
    RF_TRY(rf_active_hear(active, active->rep3.next, tagging->seed[2], SEED));
    RF_TRY(rf_channel_wait(active->rep3.channel, active->rep3.previous));
    if (!rf_secret_equal(again, tagging->seed[2], SEED)) {
        RF_TRY(rf_active_accuse(
            active, "parties %u and %u showed different keys of a shuffle: one of them lied",
            active->next_party, active->previous_party));
    }
done:
    return rc;
}

/* Shares of the weighted sum over all rows of k . row + tag. The weights follow the keys in their streams:
 * nobody knew them either. */
static enum rf_rc weigh_rows(struct tagging *tagging, uint64_t total[2])
{
    enum rf_rc rc = RF_OK;
    size_t count = tagging->rows.rows;
    const uint64_t one = 1; /* the tag's own key */
    uint64_t key[MOST_WORDS], *sum = tagging->check.part[0], *weight = tagging->check.part[1];
    memset(weight, 0, count * WORD);
    for (unsigned which = 0; which < 3; which++)
        RF_TRY(make_keys(tagging, which, weight));
    RF_TRY(add_keys(tagging, 3));
    for (size_t j = 0; j < tagging->words; j++)
        key[j] = tagging->key[0][j] ^ tagging->key[1][j] ^ tagging->key[2][j];
    for (unsigned part = 0; part < 2; part++) {
        memset(sum, 0, count * WORD);
        dot(tagging, sum, key, part);
        rf_kernels()->gf64_dot(sum, &one, 1, tagging->rows.part[part], tagging->rows.bytes, count);
        /* After the tag comes the row's first byte. */
        for (size_t r = 0; r < count; r++)
            sum[r] &= ((uint64_t)1 << (8 * TAG)) - 1;
        total[part] = 0;
        add_product(&total[part], weight, sum, count);
    }
done:
    rf_secret_wipe(key, sizeof key);
    return rc;
}

/* Lanes look at the sum of all: a lane's own would say to which lane a changed row went. */
static enum rf_rc add_totals(struct tagging *tagging, uint64_t total[2])
{
    struct rf_backend *backend = &tagging->active->rep3.base;
    struct rf_parcels parcels = {0};
    uint64_t own[2] = {total[0], total[1]}, all[RF_LANES_MAX][2] = {{0}};
    if (!backend->exchange)
        return RF_OK;
    for (unsigned lane = 0; lane < rf_lanes(backend); lane++) {
        parcels.give[lane] = own;
        parcels.take[lane] = all[lane];
        parcels.give_size[lane] = parcels.take_size[lane] = sizeof own;
    }
    enum rf_rc rc = rf_exchange_swap(backend->exchange, backend->lane, &parcels, backend->err);
    total[0] = total[1] = 0;
    for (unsigned lane = 0; lane < rf_lanes(backend); lane++) {
        total[0] ^= all[lane][0];
        total[1] ^= all[lane][1];
    }
    return rc;
}

/* total times the secret number: one product, as in add_tags(). */
static enum rf_rc blind_total(struct tagging *tagging, const uint64_t total[2], uint64_t product[2])
{
    struct active *active = tagging->active;
    const uint64_t both = tagging->blind[0] ^ tagging->blind[1];
    product[0] = 0;
    add_product(&product[0], &both, &total[0], 1);
    add_product(&product[0], &tagging->blind[0], &total[1], 1);
    rf_stream_xor(&active->rep3.zero_previous, &product[0], WORD);
    rf_stream_xor(&active->rep3.zero_next, &product[0], WORD);
    enum rf_rc rc = rf_active_tell(active, active->rep3.previous, &product[0], WORD);
    return rc == RF_OK ? rf_active_hear(active, active->rep3.next, &product[1], WORD) : rc;
}

/* The share that we lack is the previous party's part 0 and the next one's part 1. */
static enum rf_rc check_tags(struct tagging *tagging)
{
    enum rf_rc rc;
    struct active *active = tagging->active;
    const unsigned previous = active->rep3.previous, next = active->rep3.next;
    uint64_t total[2], product[2], lacked[2];
    RF_TRY(weigh_rows(tagging, total));
    RF_TRY(add_totals(tagging, total));
    RF_TRY(blind_total(tagging, total, product));
    RF_TRY(rf_active_tell(active, previous, &product[1], WORD));
    RF_TRY(rf_active_tell(active, next, &product[0], WORD));
    RF_TRY(rf_channel_want(active->rep3.channel, previous, &lacked[0], WORD));
    RF_TRY(rf_channel_want_end(active->rep3.channel, previous));
    RF_TRY(rf_active_hear(active, next, &lacked[1], WORD));
    RF_TRY(rf_channel_wait(active->rep3.channel, previous));
    const uint64_t sum[2] = {product[0] ^ product[1], product[0] ^ product[1]};
    if (!rf_secret_equal(sum, lacked, sizeof sum)) {
        rc = rf_active_accuse(
            active,
            "shuffled rows do not bear their tags: party %u or %u changed them, or lied "
            "about them",
            active->previous_party, active->next_party);
    }
done:
    return rc;
}

enum rf_rc rf_active_shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                             bool inverse, struct rf_rows *rows)
{
    enum rf_rc rc;
    struct active *active = active_of(backend);
    struct tagging tagging = {0};
    RF_TRY(begin(&tagging, active, rows));
    RF_TRY(add_tags(&tagging));
    RF_TRY(rf_rep3_shuffle(backend, shuffle, inverse, &tagging.rows));
    RF_TRY(rf_active_accept(active, ++active->shuffles, "the rows of shuffle"));
    RF_TRY(rf_lanes_meet(backend));
    RF_TRY(open_keys(&tagging));
    RF_TRY(check_tags(&tagging));
    RF_TRY(rf_active_accept(active, active->shuffles, "the tags of shuffle"));
    RF_TRY(rf_lanes_meet(backend));
    rf_local_bytes(rows, 0, &tagging.rows, TAG, rows->bytes);
done:
    rf_rows_fini(&tagging.rows);
    rf_ring_fini(&tagging.check);
    rf_secret_wipe(&tagging, sizeof tagging);
    return rc;
}
