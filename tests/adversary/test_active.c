/* One party of three deviates from rep3-active: in every message that it sends, and in what it computes.
 *
 * Each attack is compared with an honest run under the same seed. What an honest party has opened in the
 * attacked run must be the beginning of what it opened in the honest one: so nothing that depends on the
 * deviation was opened. Then every honest party either has ended with an error that names a party, or
 * has the same results as in the honest run. Where anything at all was changed, somebody must have
 * noticed, unless the change could not matter.
 *
 * Every attack is a function of the numbers in its message. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "protocols/backend/rep3_active/proof.h"
#include "protocols/circuit/logic.h"
#include "tests/support/cheat.h"
#include "tests/support/naive_proof.h"
#include "tests/support/parties.h"
#include "tests/support/scene.h"
#include "tests/support/small_studies.h"

/* ---- honest runs ---- */

struct honest {
    const char *name;
    rf_active_body *body;
    void *context;
    struct rf_active_run run;
    struct rf_cheat party[3];
};

static const struct rf_small_study studies[] = {
    {"and", rf_small_and},         {"less", rf_small_less},   {"shuffle", rf_small_shuffle},
    {"compact", rf_small_compact}, {"group", rf_small_group}, {"join", rf_small_join},
    {"sort", rf_small_sort},       {"label", rf_small_label}, {"bounded", rf_small_bounded},
    {"study", rf_small_compute},
};
enum { STUDIES = sizeof studies / sizeof *studies, STUDY = STUDIES - 1 };

static void honest_init(struct honest *honest, const struct rf_small_study *study, void *context,
                        uint64_t seed)
{
    *honest = (struct honest){.name = study->name, .body = study->body, .context = context};
    honest->run = (struct rf_active_run){.body = study->body, .context = context, .seed = seed};
    rf_cheat_watch(&honest->run, honest->party);
    rf_active_go(&honest->run);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(honest->run.rc[i], RF_OK, "%s: %s", study->name, honest->run.err[i].text);
        cr_assert_gt(honest->run.opened[i].size + honest->run.output[i].size, 0);
        rf_cheat_kinds(&honest->party[i]);
    }
}

static void honest_fini(struct honest *honest)
{
    for (unsigned i = 0; i < 3; i++)
        rf_cheat_fini(&honest->party[i]);
    rf_active_fini(&honest->run);
}

/* ---- attacks ---- */

struct count {
    unsigned runs, altered, refused, stopped, harmless;
};

/* Does a digit after "party", "parties", "or" or "and" name this party? */
static bool names(const char *text, unsigned party)
{
    static const char *const words[] = {"party ", "parties ", "or ", "and "};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        for (const char *at = strstr(text, words[i]); at; at = strstr(at + 1, words[i])) {
            const char *digit = at + strlen(words[i]);
            if ((unsigned)(*digit - '0') == party && !isdigit((unsigned char)digit[1]))
                return true;
        }
    }
    return false;
}

static void describe(char out[160], const struct honest *honest, const struct rf_cheat *cheat,
                     uint64_t seed)
{
    const struct rf_cheat *known = cheat->known;
    const char *kind = cheat->how < RF_DEVIATIONS && known && cheat->target < known->sent_count
                           ? rf_kind_names[known->sent[cheat->target].kind]
                           : "own state";
    (void)snprintf(out, 160, "%s, keys %llu: party %u, deviation %u at %llu (%s), seed %llu",
                   honest->name, (unsigned long long)honest->run.seed, cheat->party, cheat->how,
                   (unsigned long long)cheat->target, kind, (unsigned long long)seed);
}

static void check_party(const struct honest *honest, const struct rf_active_run *run, unsigned i,
                        const char *what)
{
    cr_assert(rf_record_prefix(&run->opened[i], &honest->run.opened[i]),
              "%s: party %u opened something else", what, i);
    cr_assert(rf_record_prefix(&run->output[i], &honest->run.output[i]),
              "%s: party %u gave out something else", what, i);
    if (run->rc[i] == RF_OK) {
        cr_assert_eq(run->opened[i].size, honest->run.opened[i].size, "%s", what);
        cr_assert_eq(run->output[i].size, honest->run.output[i].size, "%s", what);
        return;
    }
    cr_assert(run->rc[i] == RF_E_CHEAT || run->rc[i] == RF_E_PEER, "%s: party %u: %s", what, i,
              run->err[i].text);
    cr_assert(names(run->err[i].text, 0) || names(run->err[i].text, 1) ||
                  names(run->err[i].text, 2),
              "%s: nobody is named: %s", what, run->err[i].text);
}

/* How it ended for each honest party, and with which check. */
struct outcome {
    bool altered;
    enum rf_rc rc[3];
    char text[3][512];
};

static struct outcome attack(const struct honest *honest, struct rf_cheat deviation,
                             struct count *count)
{
    struct outcome outcome = {0};
    struct rf_cheat party[3] = {{0}};
    struct rf_active_run run = {
        .body = honest->body, .context = honest->context, .seed = honest->run.seed};
    unsigned c = deviation.party, accused = 0, ended = 0;
    char what[160];
    deviation.known = &honest->party[c];
    describe(what, honest, &deviation, deviation.seed);
    party[c] = deviation;
    rf_cheat_watch(&run, party);
    rf_active_go(&run);
    for (unsigned i = 0; i < 3; i++) {
        if (i == c)
            continue;
        check_party(honest, &run, i, what);
        outcome.rc[i] = run.rc[i];
        memcpy(outcome.text[i], run.err[i].text, sizeof outcome.text[i]);
        ended += run.rc[i] != RF_OK;
        if (run.rc[i] == RF_E_CHEAT) {
            accused++;
            cr_assert(names(run.err[i].text, c), "%s: blames the wrong one: %s", what,
                      run.err[i].text);
        }
    }
    cr_assert(party[c].altered || ended == 0, "%s: ended, but nothing was altered", what);
    outcome.altered = party[c].altered;
    count->runs++;
    count->altered += party[c].altered;
    count->refused += accused > 0;
    count->stopped += ended > 0 && accused == 0;
    count->harmless += party[c].altered && ended == 0;
    /* What may go unnoticed: a share of tags that whoever gets it does not use in its part of the shuffle;
     * an own share that is never used again. */
    if (party[c].altered && ended == 0) {
        cr_assert(deviation.how == RF_DEVIATE_KEPT_0 || deviation.how == RF_DEVIATE_KEPT_1 ||
                      (deviation.how < RF_DEVIATIONS &&
                       deviation.known->sent[deviation.target].kind == RF_KIND_TAGS),
                  "%s: nobody noticed", what);
    }
    for (unsigned i = 0; i < 3; i++)
        rf_cheat_fini(&party[i]);
    rf_active_fini(&run);
    return outcome;
}

static void tell(const char *what, const struct count *count)
{
    (void)fprintf(
        stderr, "%s: %u attacks, %u took effect: %u refused, %u stopped, %u without consequence\n",
        what, count->runs, count->altered, count->refused, count->stopped, count->harmless);
}

/* The number of a random message of a kind, or none. */
static bool find(const struct rf_cheat *party, enum rf_kind kind, enum rf_deviation how,
                 uint64_t *state, uint64_t *number)
{
    unsigned seen = 0;
    for (size_t i = 0; i < party->sent_count; i++) {
        if (party->sent[i].kind == kind && rf_cheat_suits(how, &party->sent[i]) &&
            rf_test_random(state) % ++seen == 0)
            *number = i;
    }
    return seen > 0;
}

/* ---- every kind of message, every deviation, every party, over all small computations ---- */

Test(active, every_message_altered)
{
    struct honest honest[STUDIES - 1];
    struct count count = {0};
    uint64_t state = 1, number = 0;
    unsigned tried[RF_KINDS] = {0}, next = 0;
    for (unsigned i = 0; i < STUDIES - 1; i++)
        honest_init(&honest[i], &studies[i], NULL, 100 + i);
    for (unsigned kind = 0; kind < RF_KINDS; kind++) {
        for (unsigned how = 1; how < RF_DEVIATIONS; how++) {
            for (unsigned c = 0, misses = 0; c < 3 && misses < STUDIES;) {
                struct honest *in = &honest[next++ % (STUDIES - 1)];
                if (!find(&in->party[c], kind, how, &state, &number)) {
                    misses++;
                    continue;
                }
                (void)attack(
                    in,
                    (struct rf_cheat){
                        .party = c, .how = how, .target = number, .seed = rf_test_random(&state)},
                    &count);
                tried[kind]++;
                misses = 0;
                c++;
            }
        }
        cr_assert_gt(tried[kind], 20, "%s", rf_kind_names[kind]);
    }
    tell("every message altered", &count);
    cr_assert_gt(count.runs, 600);
    for (unsigned i = 0; i < STUDIES - 1; i++)
        honest_fini(&honest[i]);
}

Test(active, random_messages_altered)
{
    struct count count = {0};
    for (uint64_t seed = 0; seed < 16; seed++) {
        struct honest honest;
        uint64_t state = seed;
        honest_init(&honest, &studies[seed % (STUDIES - 1)], NULL, 200 + seed);
        for (unsigned i = 0; i < 30; i++) {
            struct rf_cheat cheat = {.party = i % 3, .seed = rf_test_random(&state)};
            const struct rf_cheat *known = &honest.party[i % 3];
            cheat.target = rf_test_random(&state) % known->sent_count;
            do
                cheat.how = 1 + rf_test_random(&state) % (RF_DEVIATIONS - 1);
            while (!rf_cheat_suits(cheat.how, &known->sent[cheat.target]));
            (void)attack(&honest, cheat, &count);
        }
        honest_fini(&honest);
    }
    tell("random messages altered", &count);
}

/* ---- each check finds what it is for ---- */

struct expectation {
    enum rf_kind kind;
    enum rf_deviation how;
    const char *says; /* whoever got the message; of challenges, somebody */
};

static const struct expectation expectations[] = {
    {RF_KIND_OPENED, RF_DEVIATE_BIT, "opened different values"},
    {RF_KIND_OPENED_HASH, RF_DEVIATE_BIT, "opened different values"},
    {RF_KIND_VALUES, RF_DEVIATE_HUGE, "proof of party"},
    {RF_KIND_VALUES, RF_DEVIATE_PLUS, "proof of party"},
    {RF_KIND_WEIGHTS, RF_DEVIATE_ZERO, "did not get the challenge"},
    {RF_KIND_WEIGHTS, RF_DEVIATE_REPLAY, "did not get the challenge"},
    {RF_KIND_CHALLENGE, RF_DEVIATE_ZERO, "outside its range"},
    {RF_KIND_CHALLENGE, RF_DEVIATE_HUGE, "did not get the challenge"},
    {RF_KIND_CHALLENGE, RF_DEVIATE_PLUS, "did not get the challenge"},
    {RF_KIND_CHALLENGE, RF_DEVIATE_REPLAY, "challenge"},
    {RF_KIND_TOLD, RF_DEVIATE_PLUS, "did not get the challenge"},
    {RF_KIND_REST, RF_DEVIATE_PLUS, "proof of party"},
    {RF_KIND_ACCEPT, RF_DEVIATE_PLUS, "did not accept proof"},
    {RF_KIND_ROWS, RF_DEVIATE_BIT, "do not bear their tags"},
    {RF_KIND_ROWS, RF_DEVIATE_SWAP, "do not bear their tags"},
    {RF_KIND_ROWS, RF_DEVIATE_DUPLICATE, "do not bear their tags"},
    {RF_KIND_ROWS_BACK, RF_DEVIATE_BIT, "do not bear their tags"},
    {RF_KIND_ROWS_CAME, RF_DEVIATE_PLUS, "did not accept the rows"},
    {RF_KIND_SEED, RF_DEVIATE_BIT, "different keys"},
    {RF_KIND_PRODUCT, RF_DEVIATE_BIT, "do not bear their tags"},
    {RF_KIND_SUM, RF_DEVIATE_BIT, "do not bear their tags"},
    {RF_KIND_TAGS_RIGHT, RF_DEVIATE_PLUS, "did not accept the tags"},
};

static void expect(const struct honest *honest, unsigned c, const struct expectation *expectation,
                   unsigned *tried, struct count *count)
{
    const struct rf_cheat *known = &honest->party[c];
    unsigned done = 0;
    uint64_t state = c;
    for (size_t i = 0; i < known->sent_count && done < 4; i++) {
        if (known->sent[i].kind != expectation->kind ||
            !rf_cheat_suits(expectation->how, &known->sent[i]))
            continue;
        struct outcome outcome = attack(
            honest,
            (struct rf_cheat){
                .party = c, .how = expectation->how, .target = i, .seed = rf_test_random(&state)},
            count);
        if (!outcome.altered)
            continue;
        unsigned to = known->sent[i].to, other = 3 - c - to;
        bool found =
            strstr(outcome.text[to], expectation->says) ||
            ((expectation->kind == RF_KIND_WEIGHTS || expectation->kind == RF_KIND_CHALLENGE ||
              expectation->kind == RF_KIND_ROWS || expectation->kind == RF_KIND_ROWS_BACK) &&
             strstr(outcome.text[other], expectation->says));
        cr_assert(found, "%s, deviation %u at %zu: \"%s\" and \"%s\"",
                  rf_kind_names[expectation->kind], expectation->how, i, outcome.text[to],
                  outcome.text[other]);
        done++;
        ++*tried;
    }
}

Test(active, each_check_finds_what_it_is_for)
{
    struct count count = {0};
    unsigned tried[sizeof expectations / sizeof *expectations] = {0};
    const unsigned in[] = {2, 4, 6}; /* shuffle, group, sort */
    for (unsigned k = 0; k < sizeof in / sizeof *in; k++) {
        struct honest honest;
        honest_init(&honest, &studies[in[k]], NULL, 250 + k);
        for (unsigned e = 0; e < sizeof expectations / sizeof *expectations; e++) {
            for (unsigned c = 0; c < 3; c++)
                expect(&honest, c, &expectations[e], &tried[e], &count);
        }
        honest_fini(&honest);
    }
    for (unsigned e = 0; e < sizeof expectations / sizeof *expectations; e++)
        cr_assert_geq(tried[e], 6, "%s, %u", rf_kind_names[expectations[e].kind],
                      expectations[e].how);
    tell("each check", &count);
}

/* ---- wrong gates ---- */

static void gates(enum rf_deviation how, unsigned each, struct count *count)
{
    for (unsigned study = 0; study < STUDIES - 1; study++) {
        struct honest honest;
        uint64_t state = study;
        honest_init(&honest, &studies[study], NULL, 300 + study);
        for (unsigned i = 0; i < each; i++) {
            struct rf_cheat cheat = {.party = i % 3, .how = how, .seed = rf_test_random(&state)};
            cheat.target = rf_test_random(&state) % 12;
            (void)attack(&honest, cheat, count);
        }
        honest_fini(&honest);
    }
}

Test(active, gates_wrong_in_what_is_sent_and_kept)
{
    struct count count = {0};
    gates(RF_DEVIATE_GATE, 9, &count);
    gates(RF_DEVIATE_OPERAND, 12, &count);
    tell("gates computed wrongly", &count);
    cr_assert_gt(count.altered, 60);
    cr_assert_eq(count.harmless, 0);
}

Test(active, own_columns_changed)
{
    struct count count = {0};
    gates(RF_DEVIATE_KEPT_0, 6, &count);
    gates(RF_DEVIATE_KEPT_1, 6, &count);
    gates(RF_DEVIATE_RECORD, 6, &count);
    tell("own columns and records changed", &count);
    cr_assert_gt(count.altered, 50);
}

/* Above the bound gates are proved as they go, and nothing is opened in between: what was computed wrongly is found
 * by the first proof that covers it, and no gate is computed after that. */
Test(active, gates_wrong_above_the_bound)
{
    struct honest honest;
    const unsigned ands = RF_SMALL_PROOFS * RF_SMALL_EACH;
    honest_init(&honest, &(struct rf_small_study){"bounded", rf_small_bounded}, NULL, 350);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(honest.party[i].phases, RF_SMALL_PROOFS);
    for (unsigned i = 0; i < 3 * ands; i++) {
        struct rf_cheat party[3] = {{0}};
        struct rf_active_run run = {.body = honest.body, .seed = honest.run.seed};
        unsigned c = i % 3, gate = i / 3;
        party[c] = (struct rf_cheat){.how = RF_DEVIATE_GATE, .target = gate, .seed = i};
        for (unsigned k = 0; k < 3; k++)
            party[k].known = &honest.party[k];
        rf_cheat_watch(&run, party);
        rf_active_go(&run);
        cr_assert(party[c].altered);
        for (unsigned k = 0; k < 3; k++) {
            if (k == c)
                continue;
            check_party(&honest, &run, k, "above the bound");
            cr_assert_eq(run.rc[k], RF_E_CHEAT, "%s", run.err[k].text);
            cr_assert_eq(run.opened[k].size, 0);
            cr_assert_eq(party[k].phases, gate / RF_SMALL_EACH + 1);
            cr_assert_eq(party[k].ands, (gate / RF_SMALL_EACH + 1) * RF_SMALL_EACH);
        }
        for (unsigned k = 0; k < 3; k++)
            rf_cheat_fini(&party[k]);
        rf_active_fini(&run);
    }
    honest_fini(&honest);
}

/* ---- a prover that forges ---- */

/* It adds to one value of each level what is missing: all levels add up, and what is wrong moves on to the next,
 * times a coefficient at a point that was not known. Only the last check can find it. */
struct forger {
    unsigned depth[RF_PROOF_LEVELS], levels, level, corner, forged;
    struct rf_proof_weights weights;
    uint64_t first;   /* what the wrong gate counts for */
    uint64_t missing; /* claim and what the proved gates add up to, at this level, differ by that */
    bool plain;       /* adds nothing: proves the wrong gates as they are */
    size_t began;     /* number of the proof's first message */
    bool done;
};

/* The weight of the wrong gate, now that the seed is known. */
static void forger_begin(struct forger *forger, struct rf_cheat *cheat, const uint8_t *seed)
{
    struct rf_stream stream = {0};
    const size_t words = (cheat->active->gates.words + RF_PROOF_BLOCK - 1) / RF_PROOF_BLOCK;
    const size_t at = cheat->wrong_word;
    uint64_t block[64];
    if (words > 64 || rf_stream_init(&stream, seed, NULL) != RF_OK)
        abort();
    rf_stream_draw(&stream, forger->weights.word, sizeof forger->weights.word);
    rf_stream_draw(&stream, forger->weights.lane, sizeof forger->weights.lane);
    rf_stream_draw(&stream, block, words * sizeof *block);
    rf_stream_fini(&stream);
    forger->levels = rf_proof_plan(words * RF_PROOF_BLOCK, forger->depth);
    uint64_t weight = rf_naive_multiply(block[at / RF_PROOF_BLOCK],
                                        forger->weights.lane[at % RF_PROOF_BLOCK / RF_PROOF_GROUP]);
    weight = rf_naive_multiply(weight, forger->weights.word[at % RF_PROOF_GROUP]);
    weight = rf_naive_multiply(weight, (uint64_t)1 << cheat->wrong_bit);
    forger->first = forger->missing = weight;
    forger->began = cheat->sent_count - 1;
}

static void forge_values(struct forger *forger, struct rf_cheat *cheat,
                         struct rf_memory_message *message)
{
    const struct rf_naive_proof at = {
        .level = forger->level, .levels = forger->levels, .weights = forger->weights};
    struct rf_naive_proof now = at;
    memcpy(now.depth, forger->depth, sizeof now.depth);
    unsigned corners = 1U << forger->depth[forger->level];
    forger->done = forger->level + 1 == forger->levels;
    /* The last corner of the last level is the random entry's. */
    forger->corner = (unsigned)(rf_test_random(&cheat->seed) % (corners - forger->done));
    /* x^(2^64 - 2) is the inverse. */
    uint64_t inverse = rf_naive_power(rf_naive_weight(&now, forger->corner), UINT64_MAX - 1);
    forger->missing = rf_naive_multiply(forger->missing, inverse);
    uint8_t *value = message->bytes + (size_t)8 * rf_kernel_corner[forger->corner];
    if (!forger->plain)
        rf_store64(value, rf_load64(value) ^ forger->missing);
    forger->forged++;
}

static void forge_fold(struct forger *forger, uint64_t challenge)
{
    unsigned depth = forger->depth[forger->level++];
    forger->missing =
        rf_naive_multiply(forger->missing, rf_naive_lambda(depth, forger->corner, challenge));
}

static void forge(void *context, struct rf_cheat *cheat, struct rf_memory_message *message)
{
    struct forger *forger = context;
    if (!cheat->altered || forger->done || cheat->phase != RF_IN_PROOF)
        return;
    enum rf_kind kind = cheat->known->sent[message->number].kind;
    if (kind == RF_KIND_TOLD && forger->levels == 0)
        forger_begin(forger, cheat, message->bytes);
    else if (kind == RF_KIND_TOLD)
        forge_fold(forger, rf_load64(message->bytes));
    if (kind == RF_KIND_VALUES)
        forge_values(forger, cheat, message);
}

/* A verifier's rest on the cheater's proof: the first after the place where that began. */
static const uint64_t *rest_of(const struct rf_cheat *party, unsigned to, size_t began)
{
    for (size_t i = began; i < party->sent_count; i++) {
        const struct rf_sent *sent = &party->sent[i];
        if (party->known->sent[i].kind == RF_KIND_REST && sent->to == to)
            return (const uint64_t *)(const void *)sent->bytes;
    }
    return NULL;
}

static void check_forgery(const struct rf_cheat party[3], unsigned c, const struct forger *forger)
{
    unsigned before = (c + 2) % 3, after = (c + 1) % 3, levels = forger->levels;
    const uint64_t *left = rest_of(&party[before], after, forger->began);
    const uint64_t *right = rest_of(&party[after], before, forger->began);
    cr_assert(left && right);
    /* Either the first level alone falls short of its claim, or the last product alone is wrong. */
    for (unsigned i = 0; i < levels; i++)
        cr_assert_eq(left[i] ^ right[i], forger->plain && i == 0 ? forger->first : 0, "level %u",
                     i);
    uint64_t product = rf_naive_multiply(left[levels], right[levels]);
    cr_assert_eq(product == (left[levels + 1] ^ right[levels + 1]), forger->plain);
}

Test(active, forged_proofs_of_wrong_gates, .timeout = 300)
{
    unsigned forged = 0;
    for (uint64_t seed = 0; seed < 36; seed++) {
        struct honest honest;
        struct forger forger = {.plain = seed >= 24};
        struct rf_cheat party[3] = {{0}};
        unsigned c = seed % 3;
        honest_init(&honest, &studies[seed / 3 % 2], NULL, 400 + seed);
        for (unsigned i = 0; i < 3; i++)
            party[i].known = &honest.party[i];
        party[c].how = RF_DEVIATE_GATE;
        party[c].target = seed % 4;
        party[c].seed = seed;
        party[c].look = forge;
        party[c].look_context = &forger;
        struct rf_active_run run = {.body = honest.body, .seed = 400 + seed};
        rf_cheat_watch(&run, party);
        rf_active_go(&run);
        cr_assert(party[c].altered && forger.done, "seed %llu", (unsigned long long)seed);
        cr_assert_eq(forger.forged, forger.levels);
        check_forgery(party, c, &forger);
        for (unsigned i = 0; i < 3; i++) {
            if (i == c)
                continue;
            check_party(&honest, &run, i, "forged proof");
            cr_assert_eq(run.rc[i], RF_E_CHEAT, "seed %llu: %s", (unsigned long long)seed,
                         run.err[i].text);
            cr_assert(names(run.err[i].text, c), "%s", run.err[i].text);
        }
        forged++;
        for (unsigned i = 0; i < 3; i++)
            rf_cheat_fini(&party[i]);
        rf_active_fini(&run);
        honest_fini(&honest);
    }
    (void)fprintf(stderr, "forged proofs: %u, all refused\n", forged);
}

/* ---- challenges ---- */

struct patience {
    unsigned waited, came, missing;
};

static void wait_for_challenge(void *context, struct rf_cheat *cheat,
                               struct rf_memory_message *message)
{
    struct patience *patience = context;
    if (cheat->known->sent[message->number].kind != RF_KIND_VALUES)
        return;
    patience->waited++;
    /* Who sends the challenge is a prover too, and tells on the one before, its own. */
    patience->came += rf_memory_await(cheat->net, cheat->party, (cheat->party + 2) % 3, 2);
    patience->missing += !rf_memory_await(cheat->net, cheat->party, (cheat->party + 2) % 3, 1);
}

Test(active, a_prover_that_waits_for_its_challenge_gets_none)
{
    for (unsigned c = 0; c < 3; c++) {
        struct honest honest;
        struct count count = {0};
        struct patience patience = {0};
        honest_init(&honest, &studies[1], NULL, 500 + c);
        struct outcome outcome = attack(
            &honest,
            (struct rf_cheat){.party = c, .look = wait_for_challenge, .look_context = &patience},
            &count);
        cr_assert_eq(outcome.rc[(c + 1) % 3], RF_OK);
        cr_assert_gt(patience.waited, 2);
        cr_assert_eq(patience.came, 0);
        cr_assert_eq(patience.missing, 0);
        honest_fini(&honest);
    }
}

static void wait_for_weights(void *context, struct rf_cheat *cheat,
                             struct rf_memory_message *message)
{
    struct patience *patience = context;
    if (cheat->known->sent[message->number].kind != RF_KIND_AND)
        return;
    patience->waited++;
    patience->came += rf_memory_await(cheat->net, cheat->party, (cheat->party + 2) % 3, 1);
}

/* The left verifier has sent nothing else by then: what came would be the seed. */
Test(active, who_keeps_its_results_back_is_not_told_how_they_weigh)
{
    for (unsigned c = 0; c < 3; c++) {
        struct honest honest;
        struct count count = {0};
        struct patience patience = {0};
        honest_init(&honest, &studies[1], NULL, 503 + c);
        struct outcome outcome = attack(
            &honest,
            (struct rf_cheat){.party = c, .look = wait_for_weights, .look_context = &patience},
            &count);
        cr_assert_eq(outcome.rc[(c + 1) % 3], RF_OK);
        cr_assert_gt(patience.waited, 2);
        cr_assert_eq(patience.came, 0);
        honest_fini(&honest);
    }
}

/* Whoever keeps its acceptance back is shown no keys of a shuffle, no opened share, nothing: from either peer
 * come their own acceptances alone. */
struct reserve {
    enum rf_kind kind;
    unsigned waited, came, missing;
};

static void keep_acceptance(void *context, struct rf_cheat *cheat,
                            struct rf_memory_message *message)
{
    struct reserve *reserve = context;
    const struct rf_sent *sent = cheat->known->sent;
    if (sent[message->number].kind != reserve->kind ||
        sent[message->number - 1].kind == reserve->kind) /* the second */
        return;
    for (unsigned k = 1; k < 3; k++) {
        unsigned from = (cheat->party + k) % 3;
        reserve->missing += !rf_memory_await(cheat->net, cheat->party, from, 1);
        reserve->came += rf_memory_await(cheat->net, cheat->party, from, 2);
        reserve->waited++;
    }
}

Test(active, nothing_is_shown_before_every_acceptance)
{
    const enum rf_kind kinds[] = {RF_KIND_ACCEPT, RF_KIND_ROWS_CAME, RF_KIND_TAGS_RIGHT};
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned c = 0; c < 3; c++) {
            struct honest honest;
            struct count count = {0};
            struct reserve reserve = {.kind = kinds[k]};
            honest_init(&honest, &studies[4], NULL, 505 + c);
            struct outcome outcome = attack(
                &honest,
                (struct rf_cheat){.party = c, .look = keep_acceptance, .look_context = &reserve},
                &count);
            cr_assert_eq(outcome.rc[(c + 1) % 3], RF_OK);
            cr_assert_gt(reserve.waited, 1);
            cr_assert_eq(reserve.came, 0, "%s", rf_kind_names[kinds[k]]);
            cr_assert_eq(reserve.missing, 0, "%s", rf_kind_names[kinds[k]]);
            honest_fini(&honest);
        }
    }
}

static void no_rest(void *context, struct rf_cheat *party, struct rf_memory_message *message)
{
    unsigned *rests = context;
    *rests += party->known->sent[message->number].kind == RF_KIND_REST;
}

/* A prover that is sent another challenge goes on with it; what the right verifier holds would then tell the
 * left one a sum over the prover's secrets. So that must never be shown. */
Test(active, a_verifier_that_sends_another_challenge_is_shown_nothing)
{
    struct honest honest;
    unsigned tried = 0;
    honest_init(&honest, &studies[0], NULL, 510);
    for (unsigned c = 0; c < 3; c++) {
        for (size_t i = 0; i < honest.party[c].sent_count; i++) {
            struct rf_cheat party[3] = {{0}};
            unsigned rests = 0, before = 0, other = (c + 2) % 3;
            if (honest.party[c].sent[i].kind != RF_KIND_CHALLENGE &&
                honest.party[c].sent[i].kind != RF_KIND_WEIGHTS)
                continue;
            for (unsigned k = 0; k < 3; k++)
                party[k].known = &honest.party[k];
            party[c].how = RF_DEVIATE_PLUS;
            party[c].target = i;
            party[other].look = no_rest;
            party[other].look_context = &rests;
            struct rf_active_run run = {.body = honest.body, .seed = honest.run.seed};
            rf_cheat_watch(&run, party);
            rf_active_go(&run);
            /* All parties send alike here: what came before the deviation has the lesser number. */
            for (size_t k = 0; k < i; k++)
                before += honest.party[other].sent[k].kind == RF_KIND_REST;
            cr_assert_eq(rests, before, "party %u, message %zu", c, i);
            cr_assert_eq(run.rc[other], RF_E_CHEAT);
            cr_assert(strstr(run.err[other].text, "challenge"), "%s", run.err[other].text);
            for (unsigned k = 0; k < 3; k++)
                rf_cheat_fini(&party[k]);
            rf_active_fini(&run);
            tried++;
        }
    }
    cr_assert_geq(tried, 12);
    honest_fini(&honest);
}

/* ---- selective failure: whether and how a run ends must not depend on secrets ---- */

struct tiny {
    rf_active_body *body;
    unsigned inputs; /* bits */
    uint64_t input;
};

static enum rf_rc tiny_column(struct rf_backend *backend, struct rf_bits *bits, size_t rows,
                              unsigned width, const uint64_t *value)
{
    enum rf_rc rc = rf_backend_bits(backend, bits, rows, width);
    if (rc == RF_OK)
        rf_test_share(backend, bits->all, value);
    return rc;
}

static enum rf_rc tiny_and(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    uint64_t input = ((const struct tiny *)run->context)->input, x = input & 1, y = input >> 1;
    struct rf_bits a = {0}, b = {0};
    RF_TRY(tiny_column(backend, &a, 1, 1, &x));
    RF_TRY(tiny_column(backend, &b, 1, 1, &y));
    RF_TRY(rf_and_start(backend, a.all, a.all, b.all));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_small_open(backend, a.all));
done:
    rf_bits_fini(&a);
    rf_bits_fini(&b);
    return rc;
}

static enum rf_rc tiny_less(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    uint64_t input = ((const struct tiny *)run->context)->input, x = input & 3, y = input >> 2;
    struct rf_bits a = {0}, b = {0}, less = {0};
    RF_TRY(tiny_column(backend, &a, 1, 2, &x));
    RF_TRY(tiny_column(backend, &b, 1, 2, &y));
    RF_TRY(rf_backend_bits(backend, &less, 1, 1));
    RF_TRY(rf_less(backend, less.all, a.all, b.all));
    RF_TRY(rf_small_open(backend, less.all));
done:
    rf_bits_fini(&a);
    rf_bits_fini(&b);
    rf_bits_fini(&less);
    return rc;
}

static enum rf_rc tiny_shuffle(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    uint64_t input = ((const struct tiny *)run->context)->input;
    const uint64_t value[3] = {input & 1, input >> 1 & 1, input >> 2};
    struct rf_bits x = {0};
    struct rf_rows rows = {0};
    struct rf_shuffle shuffle = {0};
    RF_TRY(tiny_column(backend, &x, 3, 1, value));
    RF_TRY(rf_backend_rows(backend, &rows, 3, 1));
    rf_local_pack(&rows, 0, x.all);
    RF_TRY(rf_shuffle_new(backend, &shuffle, 3));
    RF_TRY(rf_shuffle(backend, &shuffle, false, &rows));
    rf_local_unpack(x.all, &rows, 0, NULL);
    RF_TRY(rf_small_open(backend, x.all));
done:
    rf_shuffle_fini(&shuffle);
    rf_rows_fini(&rows);
    rf_bits_fini(&x);
    return rc;
}

/* All inputs under one deviation. What is added to a message is the same for all; where a party computes
 * otherwise, it is wrong or not by that party's own shares, and then ends in the same way. */
static void all_inputs(const struct honest *honest, unsigned inputs, struct rf_cheat cheat,
                       struct count *count)
{
    struct outcome first = {0};
    bool have = false;
    for (unsigned input = 0; input < inputs; input++) {
        struct outcome now = attack(&honest[input], cheat, count);
        if (cheat.how != RF_DEVIATE_OPERAND)
            cr_assert(now.altered);
        if (!now.altered)
            continue;
        for (unsigned i = 0; have && i < 3; i++) {
            cr_assert_eq(now.rc[i], first.rc[i], "input %u, party %u, message %llu", input, i,
                         (unsigned long long)cheat.target);
            cr_assert_str_eq(now.text[i], first.text[i]);
        }
        first = now;
        have = true;
    }
}

static void selective(rf_active_body *body, const char *name, unsigned bits, uint64_t seed)
{
    struct honest honest[16];
    struct tiny tiny[16];
    struct count count = {0};
    unsigned inputs = 1U << bits;
    for (unsigned i = 0; i < inputs; i++) {
        tiny[i] = (struct tiny){body, bits, i};
        honest_init(&honest[i], &(struct rf_small_study){name, body}, &tiny[i], seed);
    }
    for (unsigned c = 0; c < 3; c++) {
        for (size_t n = 0; n < honest[0].party[c].sent_count; n++) {
            all_inputs(
                honest, inputs,
                (struct rf_cheat){.party = c, .how = RF_DEVIATE_BIT, .target = n, .seed = seed + n},
                &count);
        }
        for (unsigned gate = 0; gate < 2 && body != tiny_shuffle; gate++) {
            for (unsigned how = RF_DEVIATE_GATE; how <= RF_DEVIATE_OPERAND; how++) {
                if (gate == 1 && body == tiny_and)
                    continue;
                all_inputs(honest, inputs,
                           (struct rf_cheat){.party = c, .how = how, .target = gate, .seed = seed},
                           &count);
            }
        }
    }
    tell(name, &count);
    cr_assert_eq(count.altered, count.refused + count.harmless);
    if (body != tiny_shuffle)
        cr_assert_eq(count.harmless, 0);
    for (unsigned i = 0; i < inputs; i++)
        honest_fini(&honest[i]);
}

Test(active, whether_an_and_is_refused_depends_on_no_input)
{
    for (uint64_t seed = 600; seed < 603; seed++)
        selective(tiny_and, "AND of two bits, all inputs", 2, seed);
}

Test(active, whether_a_comparison_is_refused_depends_on_no_input)
{
    selective(tiny_less, "2-bit comparison, all inputs", 4, 610);
}

Test(active, whether_a_shuffle_is_refused_depends_on_no_input)
{
    for (uint64_t seed = 620; seed < 623; seed++)
        selective(tiny_shuffle, "shuffle of 3 bits, all inputs", 3, seed);
}

/* ---- a whole study ---- */

Test(active, a_whole_study, .timeout = 300)
{
    struct rf_scene scene = {0};
    struct honest honest;
    struct count count = {0};
    uint64_t state = 5;
    rf_scene_random(&scene, 3, 7, 10); /* some of its rows are shared */
    rf_scene_make(&scene, 0);
    honest_init(&honest, &studies[STUDY], &scene, 77);
    for (unsigned i = 0; i < 140; i++) {
        struct rf_cheat cheat = {.party = i % 3, .seed = rf_test_random(&state)};
        enum rf_kind kind = rf_test_random(&state) % RF_KINDS;
        do
            cheat.how = 1 + rf_test_random(&state) % RF_DEVIATE_RECORD;
        while (cheat.how == RF_DEVIATIONS);
        if (cheat.how > RF_DEVIATIONS)
            cheat.target = rf_test_random(&state) % (cheat.how == RF_DEVIATE_RECORD ? 60 : 400);
        else if (!find(&honest.party[i % 3], kind, cheat.how, &state, &cheat.target))
            continue;
        (void)attack(&honest, cheat, &count);
    }
    tell("a whole study", &count);
    cr_assert_gt(honest.run.opened[0].size, 2000);
    cr_assert_gt(count.altered, 80);
    honest_fini(&honest);
    rf_scene_fini(&scene);
}
