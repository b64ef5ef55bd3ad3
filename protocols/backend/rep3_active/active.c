#include "protocols/backend/rep3_active/active.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "protocols/backend/rep3_active/active_internal.h"
#include "protocols/share/kernel.h"

enum { WORD = sizeof(uint64_t) };

/* ---- failures ---- */

enum rf_rc rf_active_accuse(struct active *active, const char *format, ...)
{
    const struct rf_backend *backend = &active->rep3.base;
    char found[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(found, sizeof found, format, args);
    va_end(args);
    if (backend->steps == 0)
        return rf_err_set(backend->err, RF_E_CHEAT, "%s", found);
    return rf_err_set(backend->err, RF_E_CHEAT, "%s; at step \"%s\"", found,
                      backend->step[backend->steps - 1].name);
}

/* ---- short messages ---- */

enum rf_rc rf_active_tell(struct active *active, unsigned peer, const void *data, size_t size)
{
    enum rf_rc rc = rf_channel_put(active->rep3.channel, peer, data, size);
    return rc == RF_OK ? rf_channel_flush(active->rep3.channel, peer) : rc;
}

enum rf_rc rf_active_hear(struct active *active, unsigned peer, void *data, size_t size)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_want(active->rep3.channel, peer, data, size));
    RF_TRY(rf_channel_want_end(active->rep3.channel, peer));
    RF_TRY(rf_channel_wait(active->rep3.channel, peer));
done:
    return rc;
}

enum rf_rc rf_active_accept(struct active *active, uint64_t number, const char *what)
{
    enum rf_rc rc = RF_OK;
    struct rf_channel *channel = active->rep3.channel;
    uint64_t heard[2] = {0};
    for (unsigned peer = 0; peer < 2; peer++)
        RF_TRY(rf_active_tell(active, peer, &number, WORD));
    for (unsigned peer = 0; peer < 2; peer++) {
        RF_TRY(rf_channel_want(channel, peer, &heard[peer], WORD));
        RF_TRY(rf_channel_want_end(channel, peer));
    }
    for (unsigned peer = 0; peer < 2; peer++) {
        RF_TRY(rf_channel_wait(channel, peer));
        if (heard[peer] != number) {
            RF_TRY(rf_active_accuse(
                active, "party %u did not accept %s %llu but sent something else",
                peer == active->rep3.next ? active->next_party : active->previous_party, what,
                (unsigned long long)number));
        }
    }
done:
    return rc;
}

/* ---- gates ---- */

static enum rf_rc pending_add(struct active *active, struct rf_view out)
{
    if (active->pending_count == active->pending_room) {
        size_t room = active->pending_room ? 2 * active->pending_room : 32;
        struct pending *grown = realloc(active->pending, room * sizeof *grown);
        if (!grown)
            return rf_err_set(active->rep3.base.err, RF_E_MEMORY, "out of memory");
        active->pending = grown;
        active->pending_room = room;
    }
    active->pending[active->pending_count++] = (struct pending){
        .out = out,
        .at = active->gates.words,
        .batch = active->rep3.batch_filling,
    };
    return RF_OK;
}

/* Words of one plane become operands of gates and our share of their result; everything beyond the last
 * row is zero. */
static void record(struct active *active, uint64_t *z, uint64_t *const place[RF_GATES_OPERANDS],
                   struct rf_view x, struct rf_view y, struct rep3_piece p)
{
    const struct rf_kernels *kernels = rf_kernels();
    memcpy(place[RF_GATES_X0], rf_plane(x, 0, p.plane) + p.word, p.words * WORD);
    memcpy(place[RF_GATES_X1], rf_plane(x, 1, p.plane) + p.word, p.words * WORD);
    memcpy(place[RF_GATES_Y0], rf_plane(y, 0, p.plane) + p.word, p.words * WORD);
    memcpy(place[RF_GATES_Y1], rf_plane(y, 1, p.plane) + p.word, p.words * WORD);
    rf_stream_draw(&active->rep3.zero_previous, place[RF_GATES_R0], p.words * WORD);
    rf_stream_draw(&active->rep3.zero_next, place[RF_GATES_R1], p.words * WORD);
    if (p.word + p.words == rf_words(x.rows)) {
        for (unsigned i = 0; i <= RF_GATES_R1; i++)
            place[i][p.words - 1] &= rf_tail_mask(x.rows);
    }
    kernels->rep3_and(z, place[RF_GATES_X0], place[RF_GATES_X1], place[RF_GATES_Y0],
                      place[RF_GATES_Y1], p.words);
    kernels->xor_words(z, z, place[RF_GATES_R0], p.words);
    kernels->xor_words(z, z, place[RF_GATES_R1], p.words);
}

/* What the next party sends goes to the gates first; batch_finish() copies it into the result. */
static enum rf_rc and_words(struct active *active, uint64_t *z, struct rf_view out,
                            struct rf_view x, struct rf_view y, size_t at, size_t count)
{
    enum rf_rc rc = RF_OK;
    for (size_t done = 0; done < count;) {
        uint64_t *place[RF_GATES_OPERANDS];
        struct rep3_piece p = rep3_piece_at(x, at + done, count - done);
        RF_TRY(rf_gates_next(&active->gates, &p.words, place));
        record(active, z + done, place, x, y, p);
        memcpy(rf_plane(out, 0, p.plane) + p.word, z + done, p.words * WORD);
        RF_TRY(rf_channel_want(active->rep3.channel, active->rep3.next, place[RF_GATES_Z1],
                               p.words * WORD));
        done += p.words;
    }
done:
    return rc;
}

static enum rf_rc and_start(struct rf_backend *backend, struct rf_view out, struct rf_view x,
                            struct rf_view y)
{
    enum rf_rc rc;
    struct active *active = active_of(backend);
    struct rep3 *rep3 = &active->rep3;
    size_t total = rf_words(out.rows) * out.width;
    RF_TRY(pending_add(active, out));
    for (size_t at = 0, count = 0; at < total; at += count) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(rep3->channel, rep3->previous, &buffer, &room));
        count = room / WORD < total - at ? room / WORD : total - at;
        RF_TRY(and_words(active, (uint64_t *)(void *)buffer, out, x, y, at, count));
        RF_TRY(rf_channel_commit(rep3->channel, rep3->previous, count * WORD));
    }
done:
    return rc;
}

/* The next party's results arrive among the gates, and are copied to where they belong. */
static void settle(struct active *active, const struct pending *pending)
{
    struct rf_view out = pending->out;
    size_t total = rf_words(out.rows) * out.width, words;
    for (size_t done = 0; done < total; done += words) {
        const uint64_t *place[RF_GATES_OPERANDS];
        struct rep3_piece p = rep3_piece_at(out, done, total - done);
        words = rf_gates_at(&active->gates, pending->at + done, place);
        words = words < p.words ? words : p.words;
        memcpy(rf_plane(out, 1, p.plane) + p.word, place[RF_GATES_Z1], words * WORD);
    }
}

/* ---- openings ---- */

/* SHA-256 over planes of words, one after the other; of the last word of each only what @tail marks. */
static enum rf_rc hash_planes(struct active *active, uint8_t hash[ACTIVE_HASH],
                              const uint64_t *first, size_t stride, struct rf_view shape)
{
    size_t words = rf_words(shape.rows);
    bool done = EVP_DigestInit_ex2(active->sha, EVP_sha256(), NULL) == 1;
    for (unsigned plane = 0; done && plane < shape.width; plane++) {
        const uint64_t *word = first + plane * stride;
        uint64_t last = word[words - 1] & rf_tail_mask(shape.rows);
        done = EVP_DigestUpdate(active->sha, word, (words - 1) * WORD) == 1 &&
               EVP_DigestUpdate(active->sha, &last, WORD) == 1;
    }
    if (done && EVP_DigestFinal_ex(active->sha, hash, NULL) == 1)
        return RF_OK;
    return rf_err_set(active->rep3.base.err, RF_E_CRYPTO, "SHA-256 is not available in OpenSSL");
}

/* Party i lacks x_i-1: the next party sends it, the previous one its hash. Everything is proved by now. */
static enum rf_rc open_start(struct rf_backend *backend, uint64_t *out, struct rf_view x,
                             const struct rf_guess *guess)
{
    enum rf_rc rc;
    struct active *active = active_of(backend);
    struct rep3 *rep3 = &active->rep3;
    uint8_t own[ACTIVE_HASH];
    RF_TRY(rf_channel_want(rep3->channel, rep3->previous, active->heard[rep3->opening_count],
                           ACTIVE_HASH));
    RF_TRY(rep3_open_start(backend, out, x, guess));
    RF_TRY(hash_planes(active, own, x.part[0], x.stride, x));
    RF_TRY(rf_channel_put(rep3->channel, rep3->next, own, sizeof own));
    active->filling_opens = true;
done:
    return rc;
}

static enum rf_rc check_openings(struct active *active)
{
    enum rf_rc rc = RF_OK;
    struct rep3 *rep3 = &active->rep3;
    uint8_t got[ACTIVE_HASH] = {0};
    for (size_t i = 0; i < rep3->opening_count; i++) {
        const struct opening *opening = &rep3->opening[i];
        struct rf_view shape = opening->x;
        RF_TRY(hash_planes(active, got, opening->out, rf_words(shape.rows), shape));
        /* What was sent beyond the last row is none of the value. */
        uint64_t beyond = 0;
        for (unsigned plane = 0; plane < shape.width; plane++)
            beyond |= opening->out[(plane + 1) * rf_words(shape.rows) - 1];
        got[0] ^= (beyond & ~rf_tail_mask(shape.rows)) != 0;
        if (!rf_secret_equal(got, active->heard[i], sizeof got)) {
            RF_TRY(rf_active_accuse(active,
                                    "parties %u and %u opened different values: one of them lied",
                                    active->next_party, active->previous_party));
        }
    }
done:
    return rc;
}

/* ---- batches ---- */

static enum rf_rc batch_send(struct rf_backend *backend)
{
    enum rf_rc rc;
    struct active *active = active_of(backend);
    struct rep3 *rep3 = &active->rep3;
    rep3->batch_filling++;
    RF_TRY(rf_channel_flush(rep3->channel, rep3->previous));
    RF_TRY(rf_channel_want_end(rep3->channel, rep3->next));
    if (active->filling_opens) {
        RF_TRY(rf_channel_flush(rep3->channel, rep3->next));
        RF_TRY(rf_channel_want_end(rep3->channel, rep3->previous));
    }
    active->sent_opens = active->filling_opens;
    active->filling_opens = false;
done:
    return rc;
}

/* Openings are never under way beside another batch (backend.c): those there are belong to this one. */
static enum rf_rc batch_finish(struct rf_backend *backend)
{
    enum rf_rc rc;
    struct active *active = active_of(backend);
    struct rep3 *rep3 = &active->rep3;
    RF_TRY(rf_channel_wait(rep3->channel, rep3->next));
    size_t kept = 0;
    for (size_t i = 0; i < active->pending_count; i++) {
        if (active->pending[i].batch == rep3->batch_finished)
            settle(active, &active->pending[i]);
        else
            active->pending[kept++] = active->pending[i];
    }
    active->pending_count = kept;
    if (active->sent_opens) {
        RF_TRY(rf_channel_wait(rep3->channel, rep3->previous));
        RF_TRY(check_openings(active));
        active->sent_opens = false;
    }
    rep3_openings_finish(rep3);
done:
    return rc;
}

/* ---- life ---- */

static uint64_t drawn(const struct rf_backend *backend)
{
    const struct active *active = (const struct active *)backend;
    return rep3_drawn(backend) + active->right_with_next.drawn + active->right_with_previous.drawn;
}

static void active_free(struct rf_backend *backend)
{
    struct active *active = active_of(backend);
    struct rf_stream *const streams[] = {
        &active->right_with_next,    &active->right_with_previous, &active->left_with_next,
        &active->left_with_previous, &active->challenge_to_next,   &active->challenge_to_previous,
        &active->tag_with_previous,  &active->tag_with_next,
    };
    for (unsigned i = 0; i < sizeof streams / sizeof streams[0]; i++)
        rf_stream_fini(streams[i]);
    rf_gates_fini(&active->gates);
    free(active->pending);
    EVP_MD_CTX_free(active->sha);
    rep3_fini(&active->rep3);
    free(active);
}

static const struct rf_backend_ops ops = {
    .name = "rep3-active",
    .and_start = and_start,
    .open_start = open_start,
    .send = batch_send,
    .finish = batch_finish,
    .shuffle_new = rf_rep3_shuffle_new,
    .shuffle = rf_active_shuffle,
    .verify = rf_active_verify,
    .step = rep3_step,
    .drawn = drawn,
    .free = active_free,
};

static enum rf_rc make_streams(struct active *active, const struct rf_rep3_config *config,
                               struct rf_err *err)
{
    static const char right[] = "ringfence proof right v1", left[] = "ringfence proof left v1",
                      challenge[] = "ringfence proof challenge v1",
                      tag[] = "ringfence shuffle tag v1";
    const struct {
        struct rf_stream *stream;
        const uint8_t *secret;
        const char *purpose;
    } wanted[] = {
        {&active->right_with_next, config->with_next, right},
        {&active->right_with_previous, config->with_previous, right},
        {&active->left_with_previous, config->with_previous, left},
        {&active->left_with_next, config->with_next, left},
        /* The next party's other verifier is the previous one, and the other way round. */
        {&active->challenge_to_next, config->with_previous, challenge},
        {&active->challenge_to_previous, config->with_next, challenge},
        {&active->tag_with_previous, config->with_previous, tag},
        {&active->tag_with_next, config->with_next, tag},
    };
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++)
        RF_TRY(rep3_stream(wanted[i].stream, wanted[i].secret, wanted[i].purpose, config, err));
done:
    return rc;
}

enum rf_rc rf_rep3_active_new(struct rf_backend **backend, struct rf_channel *channel,
                              const struct rf_rep3_config *config, struct rf_err *err)
{
    enum rf_rc rc;
    struct active *active = calloc(1, sizeof *active);
    if (!active)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    RF_TRY(rep3_init(&active->rep3, channel, config, err));
    RF_TRY(make_streams(active, config, err));
    active->sha = EVP_MD_CTX_new();
    if (!active->sha)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "out of memory"));
    active->rep3.base.ops = &ops;
    active->rep3.base.model = &rf_model_rep3_active;
    active->previous_party = (config->party + 2) % 3;
    active->next_party = (config->party + 1) % 3;
    rf_gates_init(&active->gates, &active->rep3.base.space);
    *backend = &active->rep3.base;
    active = NULL;
done:
    if (active)
        active_free(&active->rep3.base);
    return rc;
}
