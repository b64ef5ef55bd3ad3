/* A tape is a lane to whoever uses it: what a node said among three on real links it says again, alone, to the
 * same chain heads, with the same bytes in its hands and the same counts. And whatever a recording holds, it is an
 * error or the program that was recorded. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/frame.h"
#include "net/tape.h"
#include "support/random.h"
#include "support/traffic.h"

enum { SELF = 1, PEERS = RF_TEST_NODES - 1, FRAMES_MAX = 256, BUFFER = 1400000 };

/** What a node received, in the order in which its lane took it. */
struct recording {
    struct rf_tape_frame frame[FRAMES_MAX];
    uint8_t *payload[FRAMES_MAX];
    size_t filled, count, next;
    uint8_t head[2][PEERS][RF_CHAIN_SIZE];
    struct rf_traffic before, traffic;
    uint8_t *got;
    size_t got_size;
};

static enum rf_rc begin_frame(void *context, const struct rf_sink_frame *seen)
{
    struct recording *recording = context;
    if (!seen->received)
        return RF_OK;
    cr_assert_lt(recording->count, FRAMES_MAX);
    recording->payload[recording->count] = malloc(seen->length + 1);
    recording->filled = 0;
    return RF_OK;
}

static enum rf_rc more_frame(void *context, const struct rf_sink_frame *seen, const void *data,
                             size_t size)
{
    struct recording *recording = context;
    if (seen->received && size > 0)
        memcpy(recording->payload[recording->count] + recording->filled, data, size);
    recording->filled += seen->received ? size : 0;
    return RF_OK;
}

static enum rf_rc end_frame(void *context, const struct rf_sink_frame *seen)
{
    struct recording *recording = context;
    if (!seen->received)
        return RF_OK;
    recording->frame[recording->count] = (struct rf_tape_frame){
        .peer = rf_test_peer(SELF, seen->peer),
        .kind = seen->kind,
        .step = seen->step,
        .length = seen->length,
        .payload = recording->payload[recording->count],
    };
    recording->count++;
    return RF_OK;
}

/* ---- a conversation that has everything ---- */

static const size_t sizes[] = {
    1, 0, 4095, RF_FRAME_PAYLOAD - 1, RF_FRAME_PAYLOAD, RF_FRAME_PAYLOAD + 8, 5 * RF_FRAME_PAYLOAD};
enum { SIZES = sizeof sizes / sizeof *sizes };

static enum rf_rc send_all(struct rf_channel *channel, unsigned self, unsigned message,
                           uint8_t *out)
{
    enum rf_rc rc = RF_OK;
    for (unsigned to = 0; to < RF_TEST_NODES; to++) {
        if (to == self)
            continue;
        rf_test_fill(out, sizes[message], self, to, message);
        RF_TRY(rf_channel_put(channel, rf_test_peer(self, to), out, sizes[message]));
        RF_TRY(rf_channel_flush(channel, rf_test_peer(self, to)));
    }
done:
    return rc;
}

/* Everything that came, one after the other. */
struct hands {
    uint8_t *got;
    size_t size;
};

static enum rf_rc hear(struct rf_channel *channel, unsigned peer, struct hands *hands)
{
    uint8_t *data = NULL;
    size_t size = 0;
    enum rf_rc rc = rf_channel_control_receive(channel, peer, &data, &size);
    if (rc == RF_OK)
        memcpy(hands->got + hands->size, data, size);
    hands->size += size;
    rf_secret_free(data, size);
    return rc;
}

/* Two messages of each peer are wanted before the first is waited for, and control messages lie between. */
static enum rf_rc talk(struct rf_channel *channel, unsigned self, struct hands *hands)
{
    enum rf_rc rc = RF_OK;
    uint8_t *out = malloc(BUFFER);
    for (unsigned message = 0; message + 1 < SIZES; message++) {
        RF_TRY(rf_channel_step(channel, message % 2 ? "odd" : "even"));
        for (unsigned peer = 0; peer < PEERS; peer++) {
            for (unsigned i = 0; i < 2; i++) {
                size_t size = sizes[message + i];
                RF_TRY(rf_channel_want(channel, peer, hands->got + hands->size, size / 3));
                RF_TRY(rf_channel_want(channel, peer, hands->got + hands->size + size / 3,
                                       size - size / 3));
                RF_TRY(rf_channel_want_end(channel, peer));
                hands->size += size;
            }
        }
        RF_TRY(send_all(channel, self, message, out));
        RF_TRY(send_all(channel, self, message + 1, out));
        for (unsigned peer = 0; peer < PEERS; peer++) {
            RF_TRY(rf_channel_wait(channel, peer));
            RF_TRY(rf_channel_wait(channel, peer));
        }
        for (unsigned peer = 0; peer < PEERS; peer++)
            RF_TRY(rf_channel_control_send(channel, peer, "done", message % 5));
        for (unsigned peer = 0; peer < PEERS; peer++)
            RF_TRY(hear(channel, peer, hands));
    }
done:
    free(out);
    return rc;
}

enum { HANDS = 40000000 };

static enum rf_rc body(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                       struct rf_err *err)
{
    struct recording *recording = net->context;
    struct hands hands = {.got = calloc(1, HANDS)};
    enum rf_rc rc;
    (void)err;
    RF_TRY(rf_test_session(net, self, lane));
    RF_TRY(talk(rf_lane_channel(lane), self, &hands));
    if (self != SELF)
        goto done;
    for (unsigned peer = 0; peer < PEERS; peer++)
        rf_lane_chain(lane, peer, recording->head[0][peer], recording->head[1][peer]);
    recording->traffic = rf_lane_channel(lane)->traffic;
    recording->got = hands.got;
    recording->got_size = hands.size;
    hands.got = NULL;
done:
    free(hands.got);
    return rc;
}

static void record(struct recording *recording)
{
    const struct rf_sink sink = {
        .context = recording, .begin = begin_frame, .payload = more_frame, .end = end_frame};
    struct rf_test_net net = {
        .nodes = RF_TEST_NODES, .body = body, .context = recording, .sink[SELF] = &sink};
    *recording = (struct recording){0};
    rf_test_net_init(&net);
    rf_test_net_run(&net);
    for (unsigned i = 0; i < net.nodes; i++)
        cr_assert_eq(net.rc[i], RF_OK, "node %u: %s", i, net.err[i].text);
    rf_test_net_fini(&net);
    cr_assert_gt(recording->count, 20);
}

static void forget(struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++)
        free(recording->payload[i]);
    free(recording->got);
}

/* ---- played ---- */

static enum rf_rc next_frame(void *context, struct rf_tape_frame *frame)
{
    struct recording *recording = context;
    *frame = recording->next < recording->count ? recording->frame[recording->next++]
                                                : (struct rf_tape_frame){0};
    return RF_OK;
}

static struct rf_tape *play(struct recording *recording, struct rf_err *err)
{
    static const uint16_t ids[PEERS] = {0, 2};
    static const uint8_t session[RF_SESSION_SIZE] = "test session 1";
    uint8_t manifest[32], secret[PEERS][32];
    struct rf_tape *tape = NULL;
    const struct rf_tape_config config = {.id = SELF,
                                          .peers = ids,
                                          .peer_count = PEERS,
                                          .first = 1,
                                          .next = next_frame,
                                          .context = recording};
    memset(manifest, 0x4d, sizeof manifest);
    for (unsigned i = 0; i < PEERS; i++)
        rf_test_traffic_secret(secret[i], SELF, ids[i]);
    recording->next = 0;
    cr_assert_eq(rf_tape_new(&tape, &config, err), RF_OK, "%s", err->text);
    cr_assert_eq(rf_tape_session(tape, manifest, session, 1, (const uint8_t(*)[32])secret), RF_OK);
    return tape;
}

Test(tape, is_a_lane_to_whoever_uses_it)
{
    struct recording recording;
    struct rf_err err = {0};
    struct hands hands = {.got = calloc(1, HANDS)};
    const char *name = NULL;
    record(&recording);
    struct rf_tape *tape = play(&recording, &err);
    cr_assert_eq(talk(rf_tape_channel(tape), SELF, &hands), RF_OK, "%s", err.text);
    cr_expect_eq(hands.size, recording.got_size);
    cr_expect(memcmp(hands.got, recording.got, hands.size) == 0);
    for (unsigned peer = 0; peer < PEERS; peer++) {
        uint8_t sent[RF_CHAIN_SIZE], received[RF_CHAIN_SIZE];
        uint64_t out, in;
        rf_tape_chain(tape, peer, sent, received);
        rf_tape_frames(tape, peer, &out, &in);
        cr_expect_arr_eq(sent, recording.head[0][peer], sizeof sent);
        cr_expect_arr_eq(received, recording.head[1][peer], sizeof received);
        cr_expect_gt(out, 10);
        cr_expect_gt(in, 10);
    }
    const struct rf_traffic *traffic = &rf_tape_channel(tape)->traffic;
    cr_expect_eq(traffic->bytes_sent, recording.traffic.bytes_sent);
    cr_expect_eq(traffic->bytes_received, recording.traffic.bytes_received);
    cr_expect_eq(traffic->messages_sent, recording.traffic.messages_sent);
    cr_expect_eq(traffic->frames_sent, recording.traffic.frames_sent);
    cr_expect_eq(traffic->rounds, recording.traffic.rounds);
    cr_expect_eq(rf_tape_step(tape, &name), SIZES - 1);
    cr_expect_str_eq(name, "odd");
    cr_expect_eq(recording.next, recording.count, "nothing is read ahead, and nothing is left");
    cr_expect_not(rf_tape_ended(tape));
    rf_tape_free(tape);
    free(hands.got);
    forget(&recording);
}

/* ---- recordings that are none ---- */

static enum rf_rc play_again(struct recording *recording, struct rf_err *err, bool *ended)
{
    struct hands hands = {.got = calloc(1, HANDS)};
    struct rf_tape *tape = play(recording, err);
    enum rf_rc rc = talk(rf_tape_channel(tape), SELF, &hands);
    *ended = rf_tape_ended(tape);
    rf_tape_free(tape);
    free(hands.got);
    return rc;
}

Test(tape, a_recording_that_is_cut_short_ends_the_play)
{
    struct recording recording;
    bool ended;
    record(&recording);
    size_t whole = recording.count;
    for (recording.count = 0; recording.count < whole; recording.count += 7) {
        struct rf_err err = {0};
        cr_expect_eq(play_again(&recording, &err, &ended), RF_E_PEER);
        cr_expect(ended, "%zu frames: %s", recording.count, err.text);
    }
    recording.count = whole;
    forget(&recording);
}

static void expect_refused(struct recording *recording, const char *what)
{
    struct rf_err err = {0};
    bool ended;
    enum rf_rc rc = play_again(recording, &err, &ended);
    cr_expect(rc == RF_E_CHEAT || rc == RF_E_PEER || rc == RF_E_MEMORY, "%s: %d", what, (int)rc);
    cr_expect(err.text[0], "%s", what);
}

Test(tape, frames_that_nobody_sent_are_refused)
{
    struct recording recording;
    record(&recording);
    for (size_t i = 0; i < recording.count; i += 5) {
        const struct rf_tape_frame was = recording.frame[i];
        recording.frame[i].peer = PEERS;
        expect_refused(&recording, "a peer that there is not");
        recording.frame[i] = was;
        recording.frame[i].kind = RF_FRAME_HELLO;
        expect_refused(&recording, "a kind that no recording has");
        recording.frame[i] = was;
        recording.frame[i].length = RF_FRAME_PAYLOAD + 1;
        expect_refused(&recording, "longer than any frame");
        recording.frame[i] = was;
        recording.frame[i].kind =
            was.kind == RF_FRAME_CONTROL ? RF_FRAME_DATA_LAST : RF_FRAME_CONTROL;
        expect_refused(&recording, "another kind");
        recording.frame[i] = was;
        if (was.kind != RF_FRAME_CONTROL) {
            recording.frame[i].step++;
            expect_refused(&recording, "another step");
            recording.frame[i] = was;
        }
        if (was.length > 0 && was.kind == RF_FRAME_DATA_LAST) {
            recording.frame[i].length--;
            expect_refused(&recording, "a byte too few");
            recording.frame[i] = was;
        }
    }
    forget(&recording);
}

Test(tape, any_order_is_an_error_or_the_same)
{
    struct recording recording;
    uint64_t state = 5;
    record(&recording);
    for (unsigned turn = 0; turn < 30; turn++) {
        struct rf_err err = {0};
        bool ended;
        size_t a = rf_test_random(&state) % recording.count;
        size_t b = rf_test_random(&state) % recording.count;
        struct rf_tape_frame was = recording.frame[a];
        recording.frame[a] = recording.frame[b];
        recording.frame[b] = was;
        enum rf_rc rc = play_again(&recording, &err, &ended);
        cr_expect(rc != RF_E_INTERNAL, "%s", err.text);
    }
    forget(&recording);
}
