/* The distributed proof of all gates recorded, three at a time: each party proves its own gates to the other
 * two, and verifies theirs. The mathematics is in proof.h.
 *
 * Of the proof of party i, party i - 1 is the left verifier and i + 1 the right one. A level's values go
 * as shares: the right verifier's are drawn from the stream it has in common with the prover, the left one's
 * are sent. When they have arrived, the left verifier sends the challenge, from the stream that the two
 * verifiers have in common: so the prover cannot know it before it has fixed the level; and the prover
 * tells the right verifier which one it got. In the end both verifiers show each other what is left of the
 * vectors and the claims, and both check. */
#include <string.h>

#include "net/base/secret.h"
#include "protocols/backend/rep3_active/active_internal.h"
#include "protocols/backend/rep3_active/proof.h"
#include "protocols/share/kernel.h"

enum { WORD = sizeof(uint64_t), SECTION = 32 * RF_PROOF_BLOCK };

/* One verifier's part in one proof. */
struct side {
    uint64_t *vector;
    uint64_t lambda[2][RF_PROOF_FIRST]; /* of the levels on gates */
    uint64_t claim;                     /* share of what the present level must add up to */
    uint64_t differ[RF_PROOF_LEVELS];   /* claim less what the values add up to, for each level */
    uint64_t share[RF_PROOF_VALUES];    /* of the present level's values */
    uint64_t challenge;
};

/* A section of the gates as the three roles see it. */
struct section {
    size_t words;
    uint64_t e_prover[SECTION], e_left[SECTION];
    struct rf_proof_bits prover_left, prover_right, left, right;
};

struct proving {
    struct active *active;
    unsigned width[RF_PROOF_LEVELS], levels, level;
    size_t words, size; /* of gates; of vectors at the present level */
    struct rf_ring memory[2];
    uint64_t *u, *v; /* the prover's vectors */
    uint64_t lambda[2][RF_PROOF_FIRST];
    uint64_t challenge;
    uint64_t value[RF_PROOF_VALUES]; /* of the present level */
    struct section section;
    struct side left, right; /* as left verifier of the next party, right one of the previous */
};

/* ---- randomness ---- */

static uint64_t draw_element(struct rf_stream *stream)
{
    uint64_t value;
    do {
        rf_stream_draw(stream, &value, sizeof value);
        value &= RF_FIELD_P;
    } while (value == RF_FIELD_P);
    return value;
}

/* A challenge must not be one of the points, where a vector's entry would show. */
static uint64_t draw_challenge(struct rf_stream *stream, unsigned points)
{
    uint64_t value;
    do
        value = draw_element(stream);
    while (value < points);
    return value;
}

static unsigned points_of(const struct proving *proving)
{
    return proving->width[proving->level] + (proving->level + 1 == proving->levels);
}

/* ---- a level's values ---- */

/* Prover to left verifier: values less the right verifier's shares. */
static enum rf_rc send_values(struct proving *proving, uint64_t *value, unsigned count)
{
    struct active *active = proving->active;
    for (unsigned i = 0; i < count; i++)
        value[i] = rf_field_subtract(value[i], draw_element(&active->right_with_next));
    return rf_active_tell(active, active->rep3.previous, value, (size_t)count * WORD);
}

static enum rf_rc check_range(struct active *active, const uint64_t *value, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (value[i] >= RF_FIELD_P) {
            return rf_active_accuse(active,
                                    "party %u sent a proof that is no list of field elements",
                                    active->next_party);
        }
    }
    return RF_OK;
}

static void note_values(struct proving *proving, struct side *side)
{
    unsigned width = proving->width[proving->level];
    uint64_t sum = 0;
    for (unsigned i = 0; i < width; i++)
        sum = rf_field_add(sum, side->share[i]);
    side->differ[proving->level] = rf_field_subtract(side->claim, sum);
}

static enum rf_rc take_values(struct proving *proving, unsigned count)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    RF_TRY(rf_active_hear(active, active->rep3.next, proving->left.share, (size_t)count * WORD));
    RF_TRY(check_range(active, proving->left.share, count));
    for (unsigned i = 0; i < count; i++)
        proving->right.share[i] = draw_element(&active->right_with_previous);
    note_values(proving, &proving->left);
    note_values(proving, &proving->right);
done:
    return rc;
}

/* Only now, when the next party's values are here, may it know its challenge. */
static enum rf_rc exchange_challenges(struct proving *proving, unsigned points)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    RF_TRY(rf_active_tell(active, active->rep3.next, &proving->left.challenge, WORD));
    RF_TRY(rf_active_hear(active, active->rep3.previous, &proving->challenge, WORD));
    if (proving->challenge < points || proving->challenge >= RF_FIELD_P)
        rc = rf_active_accuse(active, "party %u sent a challenge outside its range",
                              active->previous_party);
done:
    return rc;
}

/* The right verifier, who draws the same challenges, must learn that the prover got no others before it
 * shows anything of what it holds. Else a left verifier that sends a challenge of its own would find in the
 * rest the difference of a level's polynomial at two points: secrets of the prover. With each level goes the
 * challenge before it; the last one nobody needs. */
static enum rf_rc tell_challenge(struct proving *proving, uint64_t *told)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    RF_TRY(rf_active_tell(active, active->rep3.next, &proving->challenge, WORD));
    RF_TRY(rf_channel_want(active->rep3.channel, active->rep3.previous, told, WORD));
    RF_TRY(rf_channel_want_end(active->rep3.channel, active->rep3.previous));
done:
    return rc;
}

static enum rf_rc check_told(const struct proving *proving, const uint64_t *told)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    RF_TRY(rf_channel_wait(active->rep3.channel, active->rep3.previous));
    if (*told != proving->right.challenge) {
        rc = rf_active_accuse(
            active,
            "party %u did not get the challenge that was due: it or party %u, who sends "
            "it, lied",
            active->previous_party, active->next_party);
    }
done:
    return rc;
}

static void next_claim(struct side *side, unsigned count)
{
    uint64_t lambda[RF_PROOF_VALUES];
    rf_proof_points(lambda, count, side->challenge);
    side->claim = rf_proof_at(lambda, side->share, count);
}

/* From the values of the prover's level to the next level's claims. */
static enum rf_rc play_level(struct proving *proving, uint64_t value[RF_PROOF_VALUES])
{
    enum rf_rc rc;
    struct active *active = proving->active;
    unsigned points = points_of(proving), count = 2 * points - 1;
    uint64_t told = 0;
    if (proving->level > 0)
        RF_TRY(tell_challenge(proving, &told));
    RF_TRY(send_values(proving, value, count));
    RF_TRY(take_values(proving, count));
    if (proving->level > 0)
        RF_TRY(check_told(proving, &told));
    proving->left.challenge = draw_challenge(&active->challenge_to_next, points);
    proving->right.challenge = draw_challenge(&active->challenge_to_previous, points);
    if (proving->level + 1 < proving->levels)
        RF_TRY(exchange_challenges(proving, points));
    next_claim(&proving->left, count);
    next_claim(&proving->right, count);
done:
    return rc;
}

/* ---- the levels on gates ---- */

static size_t section_at(struct section *section, const struct rf_gates *gates, size_t at)
{
    const uint64_t *w[RF_GATES_OPERANDS];
    size_t words = rf_gates_at(gates, at, w);
    words = words < SECTION ? words : SECTION;
    for (size_t i = 0; i < words; i++) {
        uint64_t x0 = w[RF_GATES_X0][i], x1 = w[RF_GATES_X1][i];
        uint64_t y0 = w[RF_GATES_Y0][i], y1 = w[RF_GATES_Y1][i], r1 = w[RF_GATES_R1][i];
        /* Ours: e = x_i y_i + r_i + z_i, which we computed as x_i y_i+1 + x_i+1 y_i + r_i+1. */
        section->e_prover[i] = (x0 & y1) ^ (x1 & y0) ^ r1;
        section->e_left[i] = (x1 & y1) ^ r1 ^ w[RF_GATES_Z1][i];
    }
    section->words = words;
    section->prover_left =
        (struct rf_proof_bits){{w[RF_GATES_X0], w[RF_GATES_Y0], section->e_prover}};
    section->prover_right =
        (struct rf_proof_bits){{w[RF_GATES_X1], w[RF_GATES_Y1], w[RF_GATES_R1]}};
    section->left = (struct rf_proof_bits){{w[RF_GATES_X1], w[RF_GATES_Y1], section->e_left}};
    section->right = (struct rf_proof_bits){{w[RF_GATES_X0], w[RF_GATES_Y0], w[RF_GATES_R0]}};
    return words;
}

static enum rf_rc first_level(struct proving *proving)
{
    struct section *section = &proving->section;
    struct rf_proof_gram gram = {{0}};
    uint64_t products[RF_PROOF_FIRST * RF_PROOF_FIRST];
    for (size_t at = 0; at < proving->words;) {
        at += section_at(section, &proving->active->gates, at);
        rf_proof_gram_add(&gram, &section->prover_left, &section->prover_right,
                          section->words / RF_PROOF_BLOCK);
    }
    rf_proof_gram_products(products, &gram);
    rf_proof_values(proving->value, products, RF_PROOF_FIRST);
    enum rf_rc rc = play_level(proving, proving->value);
    rf_proof_points(proving->lambda[0], RF_PROOF_FIRST, proving->challenge);
    rf_proof_points(proving->left.lambda[0], RF_PROOF_FIRST, proving->left.challenge);
    rf_proof_points(proving->right.lambda[0], RF_PROOF_FIRST, proving->right.challenge);
    return rc;
}

static enum rf_rc second_level(struct proving *proving)
{
    struct section *section = &proving->section;
    struct rf_proof_table left, right;
    uint64_t u[RF_PROOF_LANES * 64], v[RF_PROOF_LANES * 64];
    uint64_t products[RF_PROOF_LANES * RF_PROOF_LANES] = {0};
    rf_proof_table_init(&left, false, proving->lambda[0], NULL);
    rf_proof_table_init(&right, true, proving->lambda[0], NULL);
    for (size_t at = 0; at < proving->words;) {
        at += section_at(section, &proving->active->gates, at);
        for (size_t block = 0; block < section->words / RF_PROOF_BLOCK; block++) {
            rf_proof_fold_lanes(u, &left, &section->prover_left, block);
            rf_proof_fold_lanes(v, &right, &section->prover_right, block);
            rf_proof_products(products, u, v, RF_PROOF_LANES * 64, RF_PROOF_LANES);
        }
    }
    rf_proof_values(proving->value, products, RF_PROOF_LANES);
    enum rf_rc rc = play_level(proving, proving->value);
    rf_proof_points(proving->lambda[1], RF_PROOF_LANES, proving->challenge);
    rf_proof_points(proving->left.lambda[1], RF_PROOF_LANES, proving->left.challenge);
    rf_proof_points(proving->right.lambda[1], RF_PROOF_LANES, proving->right.challenge);
    return rc;
}

/* Gates become vectors: one element a word, of both levels' folds. */
static void fold_gates(struct proving *proving)
{
    struct section *section = &proving->section;
    struct rf_proof_table u, v, left, right;
    rf_proof_table_init(&u, false, proving->lambda[0], proving->lambda[1]);
    rf_proof_table_init(&v, true, proving->lambda[0], proving->lambda[1]);
    rf_proof_table_init(&left, false, proving->left.lambda[0], proving->left.lambda[1]);
    rf_proof_table_init(&right, true, proving->right.lambda[0], proving->right.lambda[1]);
    for (size_t at = 0; at < proving->words; at += section->words) {
        (void)section_at(section, &proving->active->gates, at);
        size_t blocks = section->words / RF_PROOF_BLOCK;
        rf_proof_fold_blocks(proving->u + at, &u, &section->prover_left, blocks);
        rf_proof_fold_blocks(proving->v + at, &v, &section->prover_right, blocks);
        rf_proof_fold_blocks(proving->left.vector + at, &left, &section->left, blocks);
        rf_proof_fold_blocks(proving->right.vector + at, &right, &section->right, blocks);
    }
    proving->size = proving->words;
}

/* ---- the levels on vectors ---- */

static void pad(uint64_t *vector, size_t size, size_t to)
{
    memset(vector + size, 0, (to - size) * WORD);
}

/* The last level's vectors get a random entry each, known to the prover and to the verifier of that side. */
static void hide(struct proving *proving)
{
    struct active *active = proving->active;
    size_t at = proving->size++;
    proving->u[at] = draw_element(&active->left_with_previous);
    proving->v[at] = draw_element(&active->right_with_next);
    proving->left.vector[at] = draw_element(&active->left_with_next);
    proving->right.vector[at] = draw_element(&active->right_with_previous);
}

static enum rf_rc vector_level(struct proving *proving)
{
    enum rf_rc rc;
    uint64_t products[RF_PROOF_WIDE * RF_PROOF_WIDE] = {0};
    uint64_t lambda[RF_PROOF_POINTS];
    const bool last = proving->level + 1 == proving->levels;
    size_t padded = rf_round_up(proving->size, proving->width[proving->level]);
    uint64_t *const vector[4] = {proving->u, proving->v, proving->left.vector,
                                 proving->right.vector};
    for (unsigned i = 0; i < 4; i++)
        pad(vector[i], proving->size, padded);
    proving->size = padded;
    unsigned points = points_of(proving);
    if (last) {
        hide(proving);
        rf_proof_values_of(proving->value, proving->u, proving->v, points);
    } else {
        rf_proof_products(products, proving->u, proving->v, proving->size, points);
        rf_proof_values(proving->value, products, points);
    }
    RF_TRY(play_level(proving, proving->value));
    const uint64_t challenge[4] = {proving->challenge, proving->challenge, proving->left.challenge,
                                   proving->right.challenge};
    size_t size = proving->size;
    /* Of the last level nothing is left for the prover to fold. */
    for (unsigned i = last ? 2 : 0; i < 4; i++) {
        rf_proof_points(lambda, points, challenge[i]);
        proving->size = rf_proof_fold(vector[i], size, points, lambda);
    }
done:
    rf_secret_wipe(products, sizeof products);
    return rc;
}

/* ---- verdict ---- */

/* What the two verifiers of a proof show each other: a word a level, the vector and the claim. */
static size_t rest_write(uint64_t *out, const struct proving *proving, const struct side *side)
{
    memcpy(out, side->differ, proving->levels * sizeof *out);
    out[proving->levels] = side->vector[0];
    out[proving->levels + 1] = side->claim;
    return proving->levels + 2;
}

static bool rest_right(const struct proving *proving, const struct side *side,
                       const uint64_t *other)
{
    unsigned levels = proving->levels;
    uint64_t wrong = 0;
    for (unsigned i = 0; i < levels + 2; i++)
        wrong |= other[i] >= RF_FIELD_P;
    for (unsigned i = 0; wrong == 0 && i < levels; i++)
        wrong |= rf_field_add(side->differ[i], other[i]);
    if (wrong == 0)
        wrong = rf_field_subtract(rf_field_multiply(side->vector[0], other[levels]),
                                  rf_field_add(side->claim, other[levels + 1]));
    return wrong == 0;
}

static enum rf_rc refuse(struct active *active, unsigned prover, unsigned partner)
{
    return rf_active_accuse(
        active,
        "the proof of party %u's gates does not hold: it computed or proved wrongly, "
        "or party %u, who verifies it too, lied",
        prover, partner);
}

static enum rf_rc verdict(struct proving *proving)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    uint64_t own[RF_PROOF_LEVELS + 2], other[RF_PROOF_LEVELS + 2];
    const unsigned previous = active->rep3.previous, next = active->rep3.next;
    size_t size = rest_write(own, proving, &proving->left) * WORD;
    RF_TRY(rf_active_tell(active, previous, own, size));
    rest_write(own, proving, &proving->right);
    RF_TRY(rf_active_tell(active, next, own, size));
    RF_TRY(rf_channel_want(active->rep3.channel, previous, other, size));
    RF_TRY(rf_channel_want_end(active->rep3.channel, previous));
    RF_TRY(rf_channel_want(active->rep3.channel, next, own, size));
    RF_TRY(rf_channel_want_end(active->rep3.channel, next));
    RF_TRY(rf_channel_wait(active->rep3.channel, previous));
    RF_TRY(rf_channel_wait(active->rep3.channel, next));
    if (!rest_right(proving, &proving->left, other))
        RF_TRY(refuse(active, active->next_party, active->previous_party));
    if (!rest_right(proving, &proving->right, own))
        RF_TRY(refuse(active, active->previous_party, active->next_party));
    RF_TRY(rf_active_accept(active, ++active->proofs, "proof"));
done:
    return rc;
}

/* ---- all of it ---- */

static enum rf_rc proving_init(struct proving *proving, struct active *active)
{
    enum rf_rc rc;
    struct rf_backend *backend = &active->rep3.base;
    *proving = (struct proving){.active = active, .words = active->gates.words};
    proving->levels = rf_proof_plan(proving->words, proving->width);
    /* Padding rounds each level up to a multiple of its width; a random entry comes last. */
    size_t most = proving->words + 2 * RF_PROOF_WIDE;
    RF_TRY(rf_backend_ring(backend, &proving->memory[0], most));
    RF_TRY(rf_backend_ring(backend, &proving->memory[1], most));
    proving->u = proving->memory[0].part[0];
    proving->v = proving->memory[0].part[1];
    proving->left.vector = proving->memory[1].part[0];
    proving->right.vector = proving->memory[1].part[1];
    /* Every gate adds 1; padding gates too. The left verifier's share is all of it. */
    proving->left.claim = rf_field_whole((uint64_t)proving->words * 64);
done:
    return rc;
}

enum rf_rc rf_active_verify(struct rf_backend *backend)
{
    enum rf_rc rc;
    struct active *active = active_of(backend);
    struct proving proving = {0};
    if (active->gates.words == 0)
        return RF_OK;
    RF_TRY(rf_gates_pad(&active->gates, RF_PROOF_BLOCK));
    RF_TRY(proving_init(&proving, active));
    RF_TRY(first_level(&proving));
    proving.level++;
    RF_TRY(second_level(&proving));
    fold_gates(&proving);
    while (++proving.level < proving.levels)
        RF_TRY(vector_level(&proving));
    RF_TRY(verdict(&proving));
    rf_gates_clear(&active->gates);
done:
    rf_ring_fini(&proving.memory[0]);
    rf_ring_fini(&proving.memory[1]);
    rf_secret_wipe(&proving, sizeof proving);
    return rc;
}
