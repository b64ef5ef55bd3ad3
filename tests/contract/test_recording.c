/* What a party received, recorded and played to it alone: it opens and sends the same. And a recording that is
 * played in another way than it was made is an error. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/recording.h"
#include "protocols/circuit/logic.h"
#include "tests/support/active_run.h"

enum { ROWS = 5000, WIDTH = 13, BIG = 2 * RF_FRAME_PAYLOAD };

static struct rf_tape *player(struct rf_recording *recording, struct rf_err *err)
{
    struct rf_tape *tape = NULL;
    const uint16_t peers[] = {1, 2};
    const struct rf_tape_config config = {
        .peers = peers,
        .peer_count = 2,
        .first = 1,
        .next = rf_recording_next,
        .context = recording,
    };
    rf_recording_rewind(recording);
    cr_assert_eq(rf_tape_new(&tape, &config, err), RF_OK, "%s", err->text);
    return tape;
}

/* ---- a computation ---- */

static enum rf_rc body(struct rf_backend *backend, struct rf_active_run *run)
{
    enum rf_rc rc;
    static _Thread_local uint64_t opened[WIDTH * ((ROWS + 63) / 64)];
    struct rf_bits x = {0}, y = {0};
    struct rf_rows rows = {0};
    struct rf_shuffle shuffle = {0};
    (void)run;
    RF_TRY(rf_backend_bits(backend, &x, ROWS, WIDTH));
    RF_TRY(rf_backend_bits(backend, &y, ROWS, WIDTH));
    RF_TRY(rf_backend_rows(backend, &rows, ROWS, 2));
    rf_local_index(x.all, 0, backend->constant);
    rf_local_constant(y.all, ROWS / 2, backend->constant);
    RF_TRY(rf_less(backend, rf_planes(y.all, 0, 1), x.all, y.all));
    rf_local_pack(&rows, 0, x.all);
    RF_TRY(rf_shuffle_new(backend, &shuffle, ROWS));
    RF_TRY(rf_shuffle(backend, &shuffle, false, &rows));
    rf_local_unpack(x.all, &rows, 0, NULL);
    RF_TRY(rf_open_start(backend, RF_OPEN_RESULT, opened, x.all, NULL));
    RF_TRY(rf_finish(backend));
    RF_TRY(rf_open_start(backend, RF_OPEN_RESULT, opened, y.all, NULL));
    RF_TRY(rf_finish(backend));
done:
    rf_shuffle_fini(&shuffle);
    rf_bits_fini(&x);
    rf_bits_fini(&y);
    rf_rows_fini(&rows);
    return rc;
}

struct seat {
    struct rf_active_run *run;
    struct rf_channel *channel;
    struct rf_memory_net *net;
    struct rf_err err;
    unsigned party;
    enum rf_rc rc;
};

static void *sit(void *argument)
{
    struct seat *seat = argument;
    seat->rc = rf_active_party(seat->run, seat->party, seat->channel, &seat->err);
    rf_memory_end(seat->net, seat->party);
    return NULL;
}

static void same(const struct rf_record *a, const struct rf_record *b)
{
    cr_assert_gt(a->size, 0);
    cr_assert_eq(a->size, b->size);
    cr_assert(rf_record_prefix(a, b));
}

static void compute(bool passive)
{
    struct rf_memory_net *net = rf_memory_new();
    struct rf_active_run all = {.body = body, .seed = 9, .passive = passive};
    struct rf_recording *recording = NULL;
    struct seat seat[RF_MEMORY_PARTIES] = {0};
    pthread_t id[RF_MEMORY_PARTIES];
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        seat[i] = (struct seat){.run = &all, .net = net, .party = i};
        seat[i].channel = rf_memory_channel(net, i, &seat[i].err);
    }
    cr_assert_eq(rf_recording_new(&recording, seat[0].channel, 2), RF_OK);
    seat[0].channel = rf_recording_channel(recording);
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++)
        cr_assert_eq(pthread_create(&id[i], NULL, sit, &seat[i]), 0);
    for (unsigned i = 0; i < RF_MEMORY_PARTIES; i++) {
        (void)pthread_join(id[i], NULL);
        cr_assert_eq(seat[i].rc, RF_OK, "%s", seat[i].err.text);
    }
    for (unsigned turn = 0; turn < 2; turn++) {
        struct rf_active_run again = {.body = body, .seed = 9, .passive = passive};
        struct rf_err err = {0};
        struct rf_tape *tape = player(recording, &err);
        struct rf_channel *channel = rf_tape_channel(tape);
        cr_assert_eq(rf_active_party(&again, 0, channel, &err), RF_OK, "%s", err.text);
        same(&again.opened[0], &all.opened[0]);
        const struct rf_traffic *then = &seat[0].channel->traffic;
        cr_assert_eq(channel->traffic.bytes_sent, then->bytes_sent);
        cr_assert_eq(channel->traffic.bytes_received, then->bytes_received);
        cr_assert_eq(channel->traffic.rounds, then->rounds);
        rf_tape_free(tape);
        rf_active_fini(&again);
    }
    rf_recording_free(recording);
    rf_memory_free(net);
    rf_active_fini(&all);
}

Test(recording, a_party_alone_opens_and_sends_the_same)
{
    compute(true);
    compute(false);
}

/* ---- messages ---- */

static uint8_t big[BIG];

struct pair {
    struct rf_memory_net *net;
    struct rf_channel *sender;
    struct rf_recording *recording;
    struct rf_err err[2];
};

static void send(struct pair *pair, size_t size)
{
    cr_assert_eq(rf_channel_put(pair->sender, 0, big, size), RF_OK);
    cr_assert_eq(rf_channel_flush(pair->sender, 0), RF_OK);
}

static enum rf_rc receive(struct rf_channel *channel, uint8_t *out, size_t first, size_t second)
{
    enum rf_rc rc;
    RF_TRY(rf_channel_want(channel, 0, out, first));
    RF_TRY(rf_channel_want(channel, 0, out + first, second));
    RF_TRY(rf_channel_want_end(channel, 0));
    RF_TRY(rf_channel_wait(channel, 0));
done:
    return rc;
}

static enum rf_rc receive_all(struct rf_channel *channel)
{
    enum rf_rc rc;
    static uint8_t out[BIG];
    uint8_t *data = NULL;
    size_t size = 0;
    const size_t piece[][2] = {{8, 3},
                               {0, RF_FRAME_PAYLOAD},
                               {RF_FRAME_PAYLOAD - 1, 1},
                               {0, 0},
                               {RF_FRAME_PAYLOAD - 8, RF_FRAME_PAYLOAD + 8},
                               {1, 300000}};
    for (size_t i = 0; i < sizeof piece / sizeof *piece; i++) {
        memset(out, 0, sizeof out);
        RF_TRY(receive(channel, out, piece[i][0], piece[i][1]));
        cr_assert_arr_eq(out, big, piece[i][0] + piece[i][1], "message %zu", i);
    }
    RF_TRY(rf_channel_control_receive(channel, 0, &data, &size));
    cr_assert_eq(size, 5);
    cr_assert_arr_eq(data, "hello", 5);
done:
    rf_secret_free(data, size);
    return rc;
}

static void record(struct pair *pair)
{
    for (size_t i = 0; i < BIG; i++)
        big[i] = (uint8_t)(i * 31 >> 3);
    *pair = (struct pair){.net = rf_memory_new()};
    pair->sender = rf_memory_channel(pair->net, 1, &pair->err[1]);
    cr_assert_eq(
        rf_recording_new(&pair->recording, rf_memory_channel(pair->net, 0, &pair->err[0]), 2),
        RF_OK);
    const size_t size[] = {11, RF_FRAME_PAYLOAD, RF_FRAME_PAYLOAD, 0, BIG, 300001};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        send(pair, size[i]);
    cr_assert_eq(rf_channel_control_send(pair->sender, 0, "hello", 5), RF_OK);
    cr_assert_eq(receive_all(rf_recording_channel(pair->recording)), RF_OK, "%s",
                 pair->err[0].text);
}

static void forget(struct pair *pair)
{
    rf_recording_free(pair->recording);
    rf_memory_free(pair->net);
}

Test(recording, messages_of_all_sizes)
{
    struct pair pair;
    record(&pair);
    for (unsigned turn = 0; turn < 3; turn++) {
        struct rf_err err = {0};
        struct rf_tape *tape = player(pair.recording, &err);
        cr_assert_eq(receive_all(rf_tape_channel(tape)), RF_OK, "%s", err.text);
        cr_assert(!rf_tape_ended(tape));
        rf_tape_free(tape);
    }
    forget(&pair);
}

Test(recording, playing_longer_than_recorded_is_an_error)
{
    struct pair pair;
    struct rf_err err = {0};
    uint8_t out[8];
    record(&pair);
    struct rf_tape *tape = player(pair.recording, &err);
    cr_assert_eq(receive_all(rf_tape_channel(tape)), RF_OK);
    cr_assert_eq(receive(rf_tape_channel(tape), out, 8, 0), RF_E_PEER);
    cr_assert(rf_tape_ended(tape));
    cr_assert(strstr(err.text, "recording ends"), "%s", err.text);
    rf_tape_free(tape);
    forget(&pair);
}

Test(recording, other_messages_than_recorded_are_an_error)
{
    struct pair pair;
    uint8_t out[16], *data = NULL;
    size_t size = 0;
    record(&pair);
    for (unsigned how = 0; how < 3; how++) {
        struct rf_err err = {0};
        struct rf_tape *tape = player(pair.recording, &err);
        struct rf_channel *channel = rf_tape_channel(tape);
        enum rf_rc rc = how == 2 ? rf_channel_control_receive(channel, 0, &data, &size)
                                 : receive(channel, out, how ? 12 : 10, 0);
        cr_assert_eq(rc, RF_E_CHEAT, "%u: %s", how, err.text);
        rf_tape_free(tape);
    }
    forget(&pair);
}

Test(recording, a_peer_that_is_none)
{
    struct pair pair;
    uint8_t out[8];
    record(&pair);
    struct rf_channel *channel = rf_recording_channel(pair.recording);
    cr_assert_eq(rf_channel_want(channel, 2, out, sizeof out), RF_E_INTERNAL);
    cr_assert_eq(rf_channel_want_end(channel, 2), RF_E_INTERNAL);
    cr_assert_eq(rf_channel_wait(channel, 2), RF_E_INTERNAL);
    rf_recording_free(NULL);
    forget(&pair);
}
