/* The distributed proof of all gates recorded, three at a time: each party proves its own gates to the other
 * two, and verifies theirs. The mathematics is in proof.h.
 *
 * Of the proof of party i, party i - 1 is the left verifier and i + 1 the right one. First the left one sends the
 * seed of the gates' weights, now that it has their results. A level's values go as shares: the right verifier's are
 * drawn from the stream it has in common with the prover, the left one's are sent. When they have arrived, the left
 * verifier sends the challenge. Seeds and challenges come from the stream that the two verifiers have in common:
 * so the prover cannot know one before it has fixed what it is for; and the prover tells the right verifier which
 * it got. In the end both verifiers show each other what is left of the vectors and the claims, and both check. */
#include <string.h>

#include "net/base/secret.h"
#include "protocols/backend/rep3_active/active_internal.h"
#include "protocols/backend/rep3_active/proof.h"

enum { WORD = sizeof(uint64_t), SEED_WORDS = 2, SECTION = 16 * RF_PROOF_BLOCK };

/* A challenge, or the seed of the weights before the first level. */
struct challenge {
    uint64_t word[SEED_WORDS];
    unsigned words;
};

/* What each of the three roles has: the prover, and the verifiers of the neighbours. */
struct role {
    struct rf_proof_weights weights;
    struct challenge challenge;
    uint64_t lambda[2][RF_PROOF_WIDE]; /* of the levels on gates */
};

/* One verifier's part in one proof. */
struct side {
    struct role role;
    uint64_t *vector;
    uint64_t claim;                   /* share of what the present level must add up to */
    uint64_t differ[RF_PROOF_LEVELS]; /* claim plus what the values add up to, for each level */
    uint64_t share[RF_PROOF_VALUES];  /* of the present level's values */
};

/* A section of the gates as the three roles see it. */
struct section {
    size_t block, blocks; /* the first's number */
    struct rf_proof_bits prover_left, prover_right, left, right;
    const uint64_t *operand[RF_GATES_OPERANDS];
};

struct proving {
    struct active *active;
    unsigned depth[RF_PROOF_LEVELS], levels, level;
    size_t words, size; /* of gates; of vectors at the present level */
    struct rf_ring memory[3];
    struct role role;
    uint64_t *u, *v; /* the prover's vectors */
    struct rf_proof_sums sums;
    uint64_t value[RF_PROOF_VALUES]; /* of the present level */
    struct side left, right; /* as left verifier of the next party, right one of the previous */
};

/* ---- randomness ---- */

static uint64_t draw_element(struct rf_stream *stream)
{
    uint64_t value;
    rf_stream_draw(stream, &value, sizeof value);
    return value;
}

static void draw_seed(struct challenge *challenge, struct rf_stream *stream)
{
    challenge->words = SEED_WORDS;
    rf_stream_draw(stream, challenge->word, sizeof challenge->word);
}

static void draw_challenge(struct challenge *challenge, struct rf_stream *stream)
{
    challenge->words = 1;
    do
        challenge->word[0] = draw_element(stream);
    while (challenge->word[0] < RF_PROOF_CHALLENGE);
}

static enum rf_rc make_weights(struct proving *proving, struct role *role)
{
    struct rf_proof_weights *weights = &role->weights;
    struct rf_stream stream = {0};
    uint8_t key[RF_STREAM_KEY];
    memcpy(key, role->challenge.word, sizeof key);
    enum rf_rc rc = rf_stream_init(&stream, key, proving->active->rep3.base.err);
    if (rc == RF_OK) {
        rf_stream_draw(&stream, weights->word, sizeof weights->word);
        rf_stream_draw(&stream, weights->lane, sizeof weights->lane);
        rf_stream_draw(&stream, weights->block, proving->words / RF_PROOF_BLOCK * WORD);
    }
    rf_stream_fini(&stream);
    return rc;
}

/* ---- a level's values ---- */

/* Prover to left verifier: values less the right verifier's shares. */
static enum rf_rc send_values(struct proving *proving, unsigned count)
{
    struct active *active = proving->active;
    rf_stream_xor(&active->right_with_next, proving->value, (size_t)count * WORD);
    return rf_active_tell(active, active->rep3.previous, proving->value, (size_t)count * WORD);
}

/* The levels on gates weigh the words of a lane, then lanes; a random entry is none of the claim. */
static void note_values(struct proving *proving, struct side *side)
{
    const struct rf_proof_weights *weights = &side->role.weights;
    unsigned depth = proving->depth[proving->level];
    uint64_t weight[RF_PROOF_WIDE];
    for (unsigned s = 0; s < 1U << depth; s++) {
        weight[s] = proving->level == 0   ? weights->word[s % RF_PROOF_GROUP]
                    : proving->level == 1 ? weights->lane[s]
                                          : 1;
    }
    if (proving->level + 1 == proving->levels)
        weight[(1U << depth) - 1] = 0;
    side->differ[proving->level] = side->claim ^ rf_proof_total(side->share, weight, depth);
}

static enum rf_rc take_values(struct proving *proving, unsigned count)
{
    struct active *active = proving->active;
    size_t size = (size_t)count * WORD;
    enum rf_rc rc = rf_active_hear(active, active->rep3.next, proving->left.share, size);
    rf_stream_draw(&active->right_with_previous, proving->right.share, size);
    note_values(proving, &proving->left);
    note_values(proving, &proving->right);
    return rc;
}

/* Only now, when the next party's values are here, may it know its challenge. */
static enum rf_rc exchange_challenges(struct proving *proving)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    struct challenge *own = &proving->role.challenge;
    const struct challenge *next = &proving->left.role.challenge;
    RF_TRY(rf_active_tell(active, active->rep3.next, next->word, next->words * WORD));
    own->words = next->words;
    RF_TRY(rf_active_hear(active, active->rep3.previous, own->word, own->words * WORD));
    if (own->words == 1 && own->word[0] < RF_PROOF_CHALLENGE)
        rc = rf_active_accuse(active, "party %u sent a challenge outside its range",
                              active->previous_party);
done:
    return rc;
}

/* The right verifier, who draws the same challenges, must learn that the prover got no others before it
 * shows anything of what it holds. Else a left verifier that sends a challenge of its own would find in the
 * rest the difference of a level's polynomial at two points: secrets of the prover. With each level goes the
 * challenge before it; the last one nobody needs. */
static enum rf_rc tell_challenge(struct proving *proving, struct challenge *told)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    const struct challenge *own = &proving->role.challenge;
    told->words = own->words;
    RF_TRY(rf_active_tell(active, active->rep3.next, own->word, own->words * WORD));
    RF_TRY(rf_channel_want(active->rep3.channel, active->rep3.previous, told->word,
                           told->words * WORD));
    RF_TRY(rf_channel_want_end(active->rep3.channel, active->rep3.previous));
done:
    return rc;
}

static enum rf_rc check_told(const struct proving *proving, const struct challenge *told)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    RF_TRY(rf_channel_wait(active->rep3.channel, active->rep3.previous));
    if (!rf_secret_equal(told->word, proving->right.role.challenge.word, told->words * WORD)) {
        rc = rf_active_accuse(
            active,
            "party %u did not get the challenge that was due: it or party %u, who sends "
            "it, lied",
            active->previous_party, active->next_party);
    }
done:
    return rc;
}

static void next_claim(struct side *side, unsigned depth)
{
    side->claim = rf_proof_at(side->share, depth, side->role.challenge.word[0]);
}

/* From the sums of the prover's level to the next level's claims. */
static enum rf_rc play_level(struct proving *proving)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    unsigned depth = proving->depth[proving->level], count = rf_proof_places(depth);
    struct challenge told = {{0}, 0};
    RF_TRY(tell_challenge(proving, &told));
    rf_proof_values(proving->value, &proving->sums, depth);
    RF_TRY(send_values(proving, count));
    RF_TRY(take_values(proving, count));
    RF_TRY(check_told(proving, &told));
    draw_challenge(&proving->left.role.challenge, &active->challenge_to_next);
    draw_challenge(&proving->right.role.challenge, &active->challenge_to_previous);
    if (proving->level + 1 < proving->levels)
        RF_TRY(exchange_challenges(proving));
    next_claim(&proving->left, depth);
    next_claim(&proving->right, depth);
    proving->sums = (struct rf_proof_sums){{0}};
done:
    return rc;
}

/* ---- the levels on gates ---- */

/* The next party's results are here: it may know how its gates weigh. */
static enum rf_rc weigh(struct proving *proving)
{
    enum rf_rc rc;
    struct active *active = proving->active;
    draw_seed(&proving->left.role.challenge, &active->challenge_to_next);
    draw_seed(&proving->right.role.challenge, &active->challenge_to_previous);
    RF_TRY(exchange_challenges(proving));
    RF_TRY(make_weights(proving, &proving->role));
    RF_TRY(make_weights(proving, &proving->left.role));
    RF_TRY(make_weights(proving, &proving->right.role));
done:
    return rc;
}

/* Ours: a, b = x_i, y_i and d, c = y_i+1, x_i+1. */
static bool next_section(struct section *section, const struct proving *proving)
{
    const struct rf_gates *gates = &proving->active->gates;
    const uint64_t **w = section->operand;
    section->block += section->blocks;
    size_t at = section->block * RF_PROOF_BLOCK;
    if (at == proving->words)
        return false;
    size_t words = rf_gates_at(gates, at, w);
    section->blocks = (words < SECTION ? words : SECTION) / RF_PROOF_BLOCK;
    section->prover_left = (struct rf_proof_bits){{w[RF_GATES_X0], w[RF_GATES_Y0]}};
    section->prover_right = (struct rf_proof_bits){{w[RF_GATES_Y1], w[RF_GATES_X1]}};
    section->left = (struct rf_proof_bits){{w[RF_GATES_X1], w[RF_GATES_Y1]}};
    section->right = (struct rf_proof_bits){{w[RF_GATES_Y0], w[RF_GATES_X0]}};
    return true;
}

/* The verifiers' sums: e of the next party's gates, f of the previous one's. */
static void add_linear(const struct proving *proving, const struct section *section,
                       struct rf_proof_linear *e, struct rf_proof_linear *f)
{
    const uint64_t *const *w = section->operand;
    uint64_t word[SECTION];
    for (size_t i = 0; i < section->blocks * RF_PROOF_BLOCK; i++)
        word[i] = (w[RF_GATES_X1][i] & w[RF_GATES_Y1][i]) ^ w[RF_GATES_R1][i] ^ w[RF_GATES_Z1][i];
    rf_proof_linear_add(e, &proving->left.role.weights, word, section->block, section->blocks);
    rf_proof_linear_add(f, &proving->right.role.weights, w[RF_GATES_R0], section->block,
                        section->blocks);
}

static enum rf_rc first_level(struct proving *proving)
{
    struct section section = {0};
    struct rf_proof_linear e = {{0}}, f = {{0}};
    while (next_section(&section, proving)) {
        add_linear(proving, &section, &e, &f);
        rf_proof_words(&proving->sums, &proving->role.weights, &section.prover_left,
                       &section.prover_right, section.block, section.blocks);
    }
    proving->left.claim = rf_proof_linear_total(&e, &proving->left.role.weights);
    proving->right.claim = rf_proof_linear_total(&f, &proving->right.role.weights);
    return play_level(proving);
}

static void note_coefficients(struct proving *proving)
{
    struct role *const role[3] = {&proving->role, &proving->left.role, &proving->right.role};
    for (unsigned i = 0; i < 3; i++) {
        rf_proof_coefficients(role[i]->lambda[proving->level], proving->depth[proving->level],
                              role[i]->challenge.word[0]);
    }
}

static enum rf_rc second_level(struct proving *proving)
{
    struct section section = {0};
    while (next_section(&section, proving)) {
        rf_proof_lanes(&proving->sums, &proving->role.weights, &section.prover_left,
                       &section.prover_right, section.block, section.blocks,
                       proving->role.lambda[0]);
    }
    return play_level(proving);
}

/* Gates become vectors: 64 elements a block, of both levels' folds. */
static void fold_gates(struct proving *proving)
{
    const struct role *role = &proving->role, *left = &proving->left.role,
                      *right = &proving->right.role;
    struct section section = {0};
    struct rf_proof_table own, next, previous;
    rf_proof_table_init(&own, role->lambda[0], role->lambda[1]);
    rf_proof_table_init(&next, left->lambda[0], left->lambda[1]);
    rf_proof_table_init(&previous, right->lambda[0], right->lambda[1]);
    while (next_section(&section, proving)) {
        size_t at = section.block, blocks = section.blocks;
        rf_proof_fold_blocks(proving->u + 64 * at, &own, &role->weights, &section.prover_left, at,
                             blocks);
        rf_proof_fold_blocks(proving->v + 64 * at, &own, NULL, &section.prover_right, at, blocks);
        rf_proof_fold_blocks(proving->left.vector + 64 * at, &next, &left->weights, &section.left,
                             at, blocks);
        rf_proof_fold_blocks(proving->right.vector + 64 * at, &previous, NULL, &section.right, at,
                             blocks);
    }
    proving->size = proving->words / RF_PROOF_BLOCK * 64;
}

/* ---- the levels on vectors ---- */

/* The last level's vectors get a random entry each, known to the prover and to the verifier of that side. */
static void hide(struct proving *proving)
{
    struct active *active = proving->active;
    size_t at = proving->size - 1;
    proving->u[at] = draw_element(&active->left_with_previous);
    proving->v[at] = draw_element(&active->right_with_next);
    proving->left.vector[at] = draw_element(&active->left_with_next);
    proving->right.vector[at] = draw_element(&active->right_with_previous);
}

static enum rf_rc vector_level(struct proving *proving)
{
    enum rf_rc rc;
    uint64_t lambda[RF_PROOF_WIDE];
    const bool last = proving->level + 1 == proving->levels;
    const unsigned depth = proving->depth[proving->level];
    size_t padded = rf_round_up(proving->size, (size_t)1 << depth);
    uint64_t *const vector[4] = {proving->u, proving->v, proving->left.vector,
                                 proving->right.vector};
    for (unsigned i = 0; i < 4; i++)
        memset(vector[i] + proving->size, 0, (padded - proving->size) * WORD);
    proving->size = padded;
    if (last)
        hide(proving);
    rf_proof_products(&proving->sums, proving->u, proving->v, padded, depth);
    RF_TRY(play_level(proving));
    const struct challenge *const challenge[4] = {
        &proving->role.challenge, &proving->role.challenge, &proving->left.role.challenge,
        &proving->right.role.challenge};
    /* Of the last level nothing is left for the prover to fold. */
    for (unsigned i = last ? 2 : 0; i < 4; i++) {
        rf_proof_coefficients(lambda, depth, challenge[i]->word[0]);
        proving->size = rf_proof_fold(vector[i], padded, depth, lambda);
    }
done:
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
    const unsigned levels = proving->levels;
    const uint64_t right[RF_PROOF_LEVELS + 1] = {0};
    uint64_t sum[RF_PROOF_LEVELS + 1];
    for (unsigned i = 0; i < levels; i++)
        sum[i] = side->differ[i] ^ other[i];
    rf_kernels()->gf64_multiply(&sum[levels], &side->vector[0], &other[levels], 1);
    sum[levels] ^= side->claim ^ other[levels + 1];
    return rf_secret_equal(sum, right, (levels + 1) * WORD);
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
    proving->levels = rf_proof_plan(proving->words, proving->depth);
    size_t blocks = proving->words / RF_PROOF_BLOCK;
    /* Padding rounds each level up to a multiple of its segments. */
    size_t most = 64 * blocks + 2 * RF_PROOF_WIDE;
    RF_TRY(rf_backend_ring(backend, &proving->memory[0], most));
    RF_TRY(rf_backend_ring(backend, &proving->memory[1], most));
    RF_TRY(rf_backend_ring(backend, &proving->memory[2], 3 * blocks));
    proving->u = proving->memory[0].part[0];
    proving->v = proving->memory[0].part[1];
    proving->left.vector = proving->memory[1].part[0];
    proving->right.vector = proving->memory[1].part[1];
    proving->role.weights.block = proving->memory[2].part[0];
    proving->left.role.weights.block = proving->memory[2].part[0] + blocks;
    proving->right.role.weights.block = proving->memory[2].part[0] + 2 * blocks;
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
    RF_TRY(weigh(&proving));
    RF_TRY(first_level(&proving));
    note_coefficients(&proving);
    proving.level++;
    RF_TRY(second_level(&proving));
    note_coefficients(&proving);
    fold_gates(&proving);
    while (++proving.level < proving.levels)
        RF_TRY(vector_level(&proving));
    RF_TRY(verdict(&proving));
    rf_gates_clear(&active->gates);
done:
    for (unsigned i = 0; i < sizeof proving.memory / sizeof *proving.memory; i++)
        rf_ring_fini(&proving.memory[i]);
    rf_secret_wipe(&proving, sizeof proving);
    return rc;
}
