#include "tests/support/cheat.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"
#include "tests/support/random.h"

enum { WORD = sizeof(uint64_t), HASH = 32 };

const char *const rf_kind_names[RF_KINDS] = {
    "and",       "opened", "opened hash", "values", "weights",    "challenge",
    "told",      "rest",   "accept",      "tags",   "rows",       "rows backward",
    "rows came", "seed",   "product",     "sum",    "tags right",
};

/* Threads are parties: each has its own. */
static _Thread_local struct rf_cheat *current;

static uint64_t draw(struct rf_cheat *cheat, uint64_t below)
{
    return rf_test_random(&cheat->seed) % below;
}

/* ---- messages ---- */

static void remember(struct rf_cheat *cheat, const struct rf_memory_message *message)
{
    cheat->sent = realloc(cheat->sent, (cheat->sent_count + 1) * sizeof *cheat->sent);
    struct rf_sent *sent = &cheat->sent[cheat->sent_count];
    *sent = (struct rf_sent){
        .kind = cheat->phase == RF_IN_SHUFFLE_BACK ? RF_KIND_ROWS_BACK : RF_KIND_ROWS,
        .to = message->to,
        .size = message->size,
        .rows = cheat->phase == RF_IN_BATCH || cheat->phase == RF_IN_PROOF ? 0 : cheat->rows,
        .bytes = malloc(message->size + 1),
        .phase = cheat->phase == RF_IN_BATCH ? 0 : cheat->phases,
        .opens = cheat->opens,
    };
    if (!sent->bytes)
        abort();
    if (cheat->phase == RF_IN_PROOF)
        sent->kind = RF_KIND_VALUES;
    if (cheat->phase == RF_IN_BATCH) {
        sent->kind = message->to == (cheat->party + 1) % 3 ? RF_KIND_OPENED_HASH
                     : cheat->opens                        ? RF_KIND_OPENED
                                                           : RF_KIND_AND;
    }
    memcpy(sent->bytes, message->bytes, message->size);
    cheat->sent_count++;
}

/* From the end of a phase backwards. */
static const enum rf_kind proof_end[] = {RF_KIND_ACCEPT, RF_KIND_ACCEPT, RF_KIND_REST,
                                         RF_KIND_REST};
static const enum rf_kind shuffle_end[] = {
    RF_KIND_TAGS_RIGHT, RF_KIND_TAGS_RIGHT, RF_KIND_SUM,       RF_KIND_SUM,       RF_KIND_PRODUCT,
    RF_KIND_SEED,       RF_KIND_SEED,       RF_KIND_ROWS_CAME, RF_KIND_ROWS_CAME,
};

static void tell_phase(struct rf_cheat *cheat, struct rf_sent *sent, size_t count)
{
    bool proof = sent->kind == RF_KIND_VALUES;
    const enum rf_kind *end = proof ? proof_end : shuffle_end;
    size_t ends = proof ? sizeof proof_end / sizeof *end : sizeof shuffle_end / sizeof *end;
    unsigned to_next = 0;
    for (size_t i = 0; i < count; i++) {
        if (count - 1 - i < ends)
            sent[i].kind = end[count - 1 - i];
        else if (proof && i == 0)
            sent[i].kind = RF_KIND_WEIGHTS;
        else if (proof && sent[i].to == (cheat->party + 1) % 3)
            sent[i].kind = to_next++ % 2 ? RF_KIND_CHALLENGE : RF_KIND_TOLD;
        else if (!proof && i == 0)
            sent[i].kind = RF_KIND_TAGS;
    }
}

void rf_cheat_kinds(struct rf_cheat *cheat)
{
    size_t count;
    for (size_t i = 0; i < cheat->sent_count; i += count) {
        count = 1;
        if (cheat->sent[i].phase == 0)
            continue;
        while (i + count < cheat->sent_count &&
               cheat->sent[i + count].phase == cheat->sent[i].phase)
            count++;
        tell_phase(cheat, cheat->sent + i, count);
    }
}

bool rf_cheat_suits(enum rf_deviation how, const struct rf_sent *sent)
{
    size_t units = sent->rows && (sent->kind == RF_KIND_ROWS || sent->kind == RF_KIND_ROWS_BACK)
                       ? sent->rows
                       : sent->size / WORD;
    switch (how) {
    case RF_DEVIATE_TWO_BITS:
    case RF_DEVIATE_SWAP:
    case RF_DEVIATE_DUPLICATE:
    case RF_DEVIATE_ROTATE:
        return units >= 2;
    case RF_DEVIATE_EARLY:
        return sent->kind == RF_KIND_ROWS_CAME || sent->kind == RF_KIND_ROWS ||
               sent->kind == RF_KIND_ROWS_BACK;
    default:
        return true;
    }
}

static void replay(struct rf_cheat *cheat, struct rf_memory_message *message)
{
    const struct rf_sent *now = &cheat->known->sent[message->number], *best = NULL;
    for (size_t i = 0; i < message->number; i++) {
        const struct rf_sent *sent = &cheat->known->sent[i];
        if (sent->size != message->size ||
            (best && best->kind == now->kind && best->to == now->to &&
             (sent->kind != now->kind || sent->to != now->to)))
            continue;
        best = sent;
    }
    if (best)
        memcpy(message->bytes, best->bytes, message->size);
}

static void alter(struct rf_cheat *cheat, struct rf_memory_message *message)
{
    const struct rf_sent *sent = &cheat->known->sent[message->number];
    bool rows = sent->kind == RF_KIND_ROWS || sent->kind == RF_KIND_ROWS_BACK;
    size_t unit = rows ? message->size / sent->rows : WORD, units = message->size / unit;
    uint8_t *at = message->bytes + draw(cheat, message->size / WORD) * WORD, spare[4096];
    size_t a = draw(cheat, units), b = (a + 1 + draw(cheat, units > 1 ? units - 1 : 1)) % units;
    uint64_t word = rf_load64(at), random = rf_test_random(&cheat->seed);
    uint8_t *first = message->bytes + a * unit, *second = message->bytes + b * unit;
    if (unit > sizeof spare)
        abort();
    switch (cheat->how) {
    case RF_DEVIATE_BIT:
        rf_store64(at, word ^ (uint64_t)1 << (random % 64));
        break;
    case RF_DEVIATE_TWO_BITS:
        first[random % unit] ^= 4;
        second[random % unit] ^= 4;
        break;
    case RF_DEVIATE_PLUS:
        rf_store64(at, word + 1);
        break;
    case RF_DEVIATE_WORD:
        rf_store64(at, random);
        break;
    case RF_DEVIATE_RANDOM:
        for (size_t i = 0; i < message->size; i++)
            message->bytes[i] = (uint8_t)draw(cheat, 256);
        break;
    case RF_DEVIATE_ZERO:
        memset(message->bytes, 0, message->size);
        break;
    case RF_DEVIATE_HUGE:
        rf_store64(at, UINT64_MAX);
        break;
    case RF_DEVIATE_SWAP:
        memcpy(spare, first, unit);
        memcpy(first, second, unit);
        memcpy(second, spare, unit);
        break;
    case RF_DEVIATE_DUPLICATE:
        memcpy(first, second, unit);
        break;
    case RF_DEVIATE_ROTATE:
        memcpy(spare, message->bytes, unit);
        memmove(message->bytes, message->bytes + unit, message->size - unit);
        memcpy(message->bytes + message->size - unit, spare, unit);
        break;
    case RF_DEVIATE_REPLAY:
        replay(cheat, message);
        break;
    default:
        break;
    }
}

static void hold(struct rf_cheat *cheat, struct rf_memory_message *message)
{
    cheat->held = *message;
    cheat->held.bytes = malloc(message->size + 1);
    if (!cheat->held.bytes)
        abort();
    memcpy(cheat->held.bytes, message->bytes, message->size);
    message->drop = true;
    cheat->altered = true;
}

static void let_go(struct rf_cheat *cheat, struct rf_memory_message *message)
{
    rf_memory_send(cheat->net, message, message->bytes, message->size);
    free(message->bytes);
    message->bytes = cheat->held.bytes;
    message->size = cheat->held.size;
    cheat->held = (struct rf_memory_message){0};
}

static void deviate(struct rf_cheat *cheat, struct rf_memory_message *message)
{
    size_t size = message->size;
    switch (cheat->how) {
    case RF_DEVIATE_DROP:
        message->drop = cheat->altered = true;
        break;
    case RF_DEVIATE_SHORT:
        message->size -= WORD;
        message->drop = message->size == 0;
        cheat->altered = true;
        break;
    case RF_DEVIATE_LONG:
        message->bytes = realloc(message->bytes, size + WORD);
        memcpy(message->bytes + size, "overlong", WORD);
        message->size += WORD;
        cheat->altered = true;
        break;
    case RF_DEVIATE_LATE:
        hold(cheat, message);
        break;
    case RF_DEVIATE_EARLY:
        rf_memory_send(cheat->net, message,
                       cheat->early[message->to == (cheat->party + 1) % 3 ? 0 : 1], RF_STREAM_KEY);
        cheat->altered = true;
        break;
    default:
        alter(cheat, message);
        break;
    }
}

static void outgoing(void *context, struct rf_memory_message *message)
{
    struct rf_cheat *cheat = context;
    remember(cheat, message);
    if (cheat->held.bytes && cheat->held.to == message->to)
        let_go(cheat, message);
    if (message->to == (cheat->party + 2) % 3 && cheat->phase == RF_IN_BATCH) {
        for (; cheat->flips > 0; cheat->flips--) {
            message->bytes[cheat->flip[cheat->flips - 1].at] ^= cheat->flip[cheat->flips - 1].mask;
            cheat->altered = true;
        }
    }
    if (cheat->how != RF_DEVIATE_NOT && cheat->how < RF_DEVIATIONS &&
        message->number == cheat->target) {
        const struct rf_sent *sent = &cheat->sent[cheat->sent_count - 1];
        deviate(cheat, message);
        if (!message->drop && message->size == sent->size)
            cheat->altered |= memcmp(message->bytes, sent->bytes, sent->size) != 0;
    }
    if (cheat->look)
        cheat->look(cheat->look_context, cheat, message);
}

/* ---- its own state ---- */

static void flip_plane_bit(struct rf_view view, unsigned part, unsigned plane, size_t row)
{
    rf_plane(view, part, plane)[row / 64] ^= (uint64_t)1 << (row % 64);
}

static void flip_sent(struct rf_cheat *cheat, size_t before, struct rf_view out, unsigned plane,
                      size_t row)
{
    size_t byte = before + plane * rf_words(out.rows) * WORD + row / 8;
    if (cheat->flips < sizeof cheat->flip / sizeof *cheat->flip)
        cheat->flip[cheat->flips++] = (struct rf_flip){byte, (uint8_t)(1U << (row % 8))};
}

/* z = x0 y0 + x0 y1 + x1 y0 with x0 flipped: wrong where y0 + y1 is 1, which the others cannot know. */
static bool operand_flips(struct rf_view y, unsigned plane, size_t row)
{
    uint64_t word = rf_plane(y, 0, plane)[row / 64] ^ rf_plane(y, 1, plane)[row / 64];
    return word >> (row % 64) & 1;
}

static enum rf_rc and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                            struct rf_view y)
{
    struct rf_cheat *cheat = current;
    bool here = cheat->how >= RF_DEVIATE_GATE && cheat->how <= RF_DEVIATE_KEPT_1 &&
                cheat->target == cheat->ands;
    cheat->ands++;
    size_t before = rf_memory_filled(cheat->net, cheat->party, (cheat->party + 2) % 3);
    unsigned plane = here ? (unsigned)draw(cheat, out.width) : 0;
    size_t row = here ? draw(cheat, out.rows) : 0;
    size_t word = cheat->active->gates.words + plane * rf_words(out.rows) + row / 64;
    bool differs = here && (cheat->how != RF_DEVIATE_OPERAND || operand_flips(y, plane, row));
    enum rf_rc rc = cheat->honest->and_start(backend, out, x, y);
    if (rc != RF_OK || !differs)
        return rc;
    cheat->wrong_word = word;
    cheat->wrong_bit = row % 64;
    if (cheat->how != RF_DEVIATE_KEPT_1)
        flip_plane_bit(out, 0, plane, row);
    if (cheat->how == RF_DEVIATE_GATE || cheat->how == RF_DEVIATE_OPERAND)
        flip_sent(cheat, before, out, plane, row);
    if (cheat->how == RF_DEVIATE_KEPT_0)
        cheat->altered = true;
    cheat->keeps = cheat->how == RF_DEVIATE_KEPT_1;
    cheat->kept = out;
    cheat->kept_batch = cheat->active->rep3.batch_filling;
    return RF_OK;
}

static enum rf_rc open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess)
{
    current->opens = true;
    return current->honest->open_start(backend, out, x, guess);
}

static enum rf_rc send(struct rf_backend *backend)
{
    enum rf_rc rc = current->honest->send(backend);
    current->opens = false;
    return rc;
}

static enum rf_rc finish(struct rf_backend *backend)
{
    struct rf_cheat *cheat = current;
    enum rf_rc rc = cheat->honest->finish(backend);
    if (rc == RF_OK && cheat->keeps && cheat->active->rep3.batch_finished > cheat->kept_batch) {
        flip_plane_bit(cheat->kept, 1, (unsigned)draw(cheat, cheat->kept.width),
                       draw(cheat, cheat->kept.rows));
        cheat->keeps = false;
        cheat->altered = true;
    }
    return rc;
}

static void spoil_record(struct rf_cheat *cheat)
{
    struct rf_gates *gates = &cheat->active->gates;
    const uint64_t *place[RF_GATES_OPERANDS];
    if (gates->words == 0)
        return;
    size_t words = rf_gates_at(gates, 0, place);
    unsigned operand = (unsigned)draw(cheat, RF_GATES_OPERANDS);
    gates->piece[0].operand[operand][draw(cheat, words)] ^= (uint64_t)1 << draw(cheat, 64);
    cheat->altered = true;
}

static enum rf_rc verify(struct rf_backend *backend)
{
    struct rf_cheat *cheat = current;
    if (cheat->how == RF_DEVIATE_RECORD && cheat->target == cheat->proofs++)
        spoil_record(cheat);
    cheat->phase = RF_IN_PROOF;
    cheat->phases++;
    enum rf_rc rc = cheat->honest->verify(backend);
    cheat->phase = RF_IN_BATCH;
    return rc;
}

static enum rf_rc shuffle(struct rf_backend *backend, const struct rf_shuffle *shuffle,
                          bool inverse, struct rf_rows *rows)
{
    struct rf_cheat *cheat = current;
    for (unsigned i = 0; i < 2; i++)
        rf_stream_draw(&cheat->tag_seed[i], cheat->early[i], sizeof cheat->early[i]);
    cheat->phase = inverse ? RF_IN_SHUFFLE_BACK : RF_IN_SHUFFLE;
    cheat->phases++;
    cheat->rows = rows->rows;
    enum rf_rc rc = cheat->honest->shuffle(backend, shuffle, inverse, rows);
    cheat->phase = RF_IN_BATCH;
    return rc;
}

static void prepare(struct rf_active_run *run, struct rf_backend *backend)
{
    static const char tag[] = "ringfence shuffle tag v1";
    struct rf_cheat *cheat = &((struct rf_cheat *)run->cheat)[backend->party];
    struct rf_rep3_config config = rf_active_config(backend->party, &run->seed);
    current = cheat;
    cheat->active = active_of(backend);
    cheat->honest = backend->ops;
    cheat->ops = *backend->ops;
    cheat->ops.and_start = and_start;
    cheat->ops.open_start = open_start;
    cheat->ops.send = send;
    cheat->ops.finish = finish;
    cheat->ops.verify = verify;
    cheat->ops.shuffle = shuffle;
    backend->ops = &cheat->ops;
    if (rep3_stream(&cheat->tag_seed[0], config.with_previous, tag, &config, NULL) != RF_OK ||
        rep3_stream(&cheat->tag_seed[1], config.with_next, tag, &config, NULL) != RF_OK)
        abort();
}

void rf_cheat_watch(struct rf_active_run *run, struct rf_cheat cheat[RF_MEMORY_PARTIES])
{
    run->net = rf_memory_new();
    run->prepare = prepare;
    run->cheat = cheat;
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        cheat[i].party = i;
        cheat[i].net = run->net;
        rf_memory_set_hook(run->net, i, outgoing, &cheat[i]);
    }
}

void rf_cheat_fini(struct rf_cheat *cheat)
{
    for (size_t i = 0; i < cheat->sent_count; i++)
        free(cheat->sent[i].bytes);
    free(cheat->sent);
    free(cheat->held.bytes);
    rf_stream_fini(&cheat->tag_seed[0]);
    rf_stream_fini(&cheat->tag_seed[1]);
    *cheat = (struct rf_cheat){0};
}
