/* A member with a good certificate that does not keep to the protocol. Each lie is found out by the
 * honest end, named, and ends its run; nothing crashes, nothing hangs. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "support/liar.h"

/* What the honest bank-a does: wants a message of 1000 bytes in step 1, then a control message. */
static enum rf_rc honest(struct rf_test_net *net, unsigned self, struct rf_lane *lane,
                         struct rf_err *err)
{
    struct rf_channel *channel = rf_lane_channel(lane);
    uint8_t in[1000], *data = NULL;
    size_t size = 0;
    enum rf_rc rc;
    (void)net;
    (void)self;
    (void)err;
    RF_TRY(rf_channel_step(channel, "sort tokens"));
    RF_TRY(rf_channel_want(channel, 0, in, sizeof in));
    RF_TRY(rf_channel_want_end(channel, 0));
    RF_TRY(rf_channel_wait(channel, 0));
    RF_TRY(rf_channel_control_receive(channel, 0, &data, &size));
done:
    rf_secret_free(data, size);
    return rc;
}

static void *run_honest(void *argument)
{
    rf_test_net_run_one(argument, 0);
    return NULL;
}

typedef void lie(struct rf_test_liar *liar, uint8_t *big);

/* Runs bank-a against one lie and expects what bank-a says of it. */
static void expect_found(lie *tell, const char *what, enum rf_rc rc)
{
    struct rf_test_net net = {
        .nodes = 2, .body = honest, .silence_ms = 1500, .connect_ms = 5000, .window = 4};
    struct rf_test_liar liar;
    pthread_t thread;
    uint8_t *big = calloc(1, RF_FRAME_PAYLOAD + 64);
    rf_test_net_init(&net);
    rf_test_liar_init(&liar, &net.identities[1]);
    (void)pthread_create(&thread, NULL, run_honest, &net);
    rf_test_liar_dial(&liar, net.listen[0]);
    cr_assert(rf_test_liar_greet(&liar), "%s", what);
    tell(&liar, big);
    (void)pthread_join(thread, NULL);
    cr_expect_eq(net.rc[0], rc, "%s: %s", what, net.err[0].text);
    cr_expect(strstr(net.err[0].text, what), "wanted '%s', got '%s'", what, net.err[0].text);
    cr_expect(strstr(net.err[0].text, "bank-b (party 1)"), "%s", net.err[0].text);
    rf_test_liar_fini(&liar);
    rf_test_net_fini(&net);
    free(big);
}

static void send(struct rf_test_liar *liar, unsigned kind, uint32_t step, const void *payload,
                 size_t length)
{
    struct rf_frame_header header = rf_test_liar_header(liar, kind, length);
    header.step = step;
    rf_test_liar_send(liar, &header, payload, length);
}

static void another_step(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 2, big, 1000);
}

static void too_long(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1001);
}

static void too_short(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 999);
}

static void no_bytes(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 0);
}

static void control_for_data(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_CONTROL, 1, big, 1000);
}

static void data_for_control(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
}

static void close_for_data(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_notice_heads heads = {0};
    send(liar, RF_FRAME_CHAIN, 1, big, rf_notice_put_heads(big, &heads));
}

static void close_for_control(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_notice_heads heads = {0};
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
    send(liar, RF_FRAME_CHAIN, 1, big, rf_notice_put_heads(big, &heads));
}

static void wrong_head(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_notice_heads heads = {.frames = 1};
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
    send(liar, RF_FRAME_CONTROL, 1, big, 10);
    send(liar, RF_FRAME_CHAIN, 1, big, rf_notice_put_heads(big, &heads));
}

static void unasked_data(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
    send(liar, RF_FRAME_CONTROL, 1, big, 10);
    send(liar, RF_FRAME_DATA_LAST, 1, big, 10);
}

static void malformed_head(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
    send(liar, RF_FRAME_CONTROL, 1, big, 10);
    send(liar, RF_FRAME_CHAIN, 1, big, 10);
}

static void a_gap(struct rf_test_liar *liar, uint8_t *big)
{
    liar->sequence++;
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
}

/* In one message, so that bank-a can consume none of them in between. */
static void over_the_window(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_DATA_LAST, 1, big, 1000);
    liar->hold = true;
    for (int i = 0; i < 4; i++)
        send(liar, RF_FRAME_CONTROL, 1, big, 10);
    liar->hold = false;
    send(liar, RF_FRAME_CONTROL, 1, big, 10);
}

static void another_session(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_DATA_LAST, 1000);
    header.step = 1;
    header.epoch = 1;
    rf_test_liar_send(liar, &header, big, 1000);
}

static void another_lane(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_DATA_LAST, 1000);
    header.lane = 1;
    rf_test_liar_send(liar, &header, big, 1000);
}

static void another_sender(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_DATA_LAST, 1000);
    header.from = 2;
    rf_test_liar_send(liar, &header, big, 1000);
}

static void acknowledges_too_much(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_ACK, 0);
    header.ack = 1;
    rf_test_liar_send(liar, &header, big, 0);
}

static void less_payload_than_said(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_DATA_LAST, 1000);
    header.step = 1;
    rf_test_liar_send(liar, &header, big, 500);
}

static void more_payload_than_said(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_DATA_LAST, 1000);
    header.step = 1;
    rf_test_liar_send(liar, &header, big, 1200);
}

static void odd_header(struct rf_test_liar *liar, uint8_t *big)
{
    struct rf_frame_header header = rf_test_liar_header(liar, RF_FRAME_DATA, 1000);
    rf_test_liar_send(liar, &header, big, 1000);
}

static void hello_twice(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_HELLO, 0, big, rf_notice_put_hello(big, &liar->hello));
}

static void long_notice(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_ABORT, 0, big, RF_NOTICE_MAX + 1);
}

static void odd_abort(struct rf_test_liar *liar, uint8_t *big)
{
    send(liar, RF_FRAME_ABORT, 0, big, 20);
}

static void give_up(struct rf_test_liar *liar, uint8_t *big, const char *reason)
{
    struct rf_notice_abort notice = {.step = 9, .name = "count rings"};
    (void)snprintf(notice.reason, sizeof notice.reason, "%s", reason);
    send(liar, RF_FRAME_ABORT, 0, big, rf_notice_put_abort(big, &notice));
}

static void gives_up(struct rf_test_liar *liar, uint8_t *big)
{
    give_up(liar, big, "disk full");
}

/* What it heard of others, or says that it did, stays what it says. */
static void passes_on(struct rf_test_liar *liar, uint8_t *big)
{
    give_up(liar, big, "bank-c (party 2) gave up at step 3 \"sort: tokens\": bank-d says: no");
}

static void passes_on_what_was_passed_on(struct rf_test_liar *liar, uint8_t *big)
{
    give_up(liar, big, "bank-d says that bank-c (party 2) gave up at step 3 \"sort tokens\": no");
}

static void passes_on_no_reason(struct rf_test_liar *liar, uint8_t *big)
{
    give_up(liar, big, " says that  gave up at step ");
}

static void quotes(struct rf_test_liar *liar, uint8_t *big)
{
    give_up(liar, big, "lost: bank-d says that bank-c gave up at step 3: no");
}

static void goes_quiet(struct rf_test_liar *liar, uint8_t *big)
{
    (void)liar;
    (void)big;
}

static const struct {
    lie *tell;
    const char *what;
    enum rf_rc rc;
} lies[] = {
    {another_step, "is at step 2 where we are at 1", RF_E_CHEAT},
    {too_long, "sent more bytes than its message has", RF_E_CHEAT},
    {too_short, "ended a message before all its bytes were sent", RF_E_CHEAT},
    {no_bytes, "ended a message before all its bytes were sent", RF_E_CHEAT},
    {control_for_data, "sent a control message where bytes of a message were due", RF_E_CHEAT},
    {data_for_control, "sent bulk bytes where a control message was due", RF_E_CHEAT},
    {close_for_data, "closed the link while bytes of a message were due", RF_E_CHEAT},
    {close_for_control, "closed the link where a control message was due", RF_E_CHEAT},
    {wrong_head, "keeps another hash chain of what it sent (1 frames, ours 0)", RF_E_CHEAT},
    {unasked_data, "sent something that nobody here asked for", RF_E_CHEAT},
    {malformed_head, "sent malformed chain heads", RF_E_CHEAT},
    {a_gap, "sent frame 2 where frame 1 was due", RF_E_CHEAT},
    {over_the_window, "sent more frames than its window allows", RF_E_CHEAT},
    {another_session, "sent a frame of another session (epoch 1)", RF_E_CHEAT},
    {another_lane, "sent a frame meant for another link", RF_E_CHEAT},
    {another_sender, "sent a frame meant for another link", RF_E_CHEAT},
    {acknowledges_too_much, "acknowledged frame 1, which was never sent", RF_E_CHEAT},
    {less_payload_than_said, "sent a frame that is cut short", RF_E_CHEAT},
    {more_payload_than_said, "sent a ", RF_E_CHEAT},
    {odd_header, "sent a wrong frame", RF_E_CHEAT},
    {hello_twice, "said hello twice", RF_E_CHEAT},
    {long_notice, "sent a notice that is too long", RF_E_CHEAT},
    {odd_abort, "sent a malformed abort notice", RF_E_CHEAT},
    {gives_up, "bank-b (party 1) gave up at step 9 \"count rings\": disk full", RF_E_PEER},
    {passes_on,
     "bank-b (party 1) says that bank-c (party 2) gave up at step 3 \"sort: tokens\": bank-d says: "
     "no",
     RF_E_PEER},
    {passes_on_what_was_passed_on,
     "bank-b (party 1) says that bank-d says that bank-c (party 2) gave up at step 3 \"sort "
     "tokens\": no",
     RF_E_PEER},
    {passes_on_no_reason, "bank-b (party 1) says that  says that  gave up at step ", RF_E_PEER},
    {quotes,
     "bank-b (party 1) gave up at step 9 \"count rings\": lost: bank-d says that bank-c gave up",
     RF_E_PEER},
    {goes_quiet, "silent for 1.5 s, at step 1 \"sort tokens\"", RF_E_PEER},
};

/* A hello says how far its sender has got; on a first connection that is nowhere. */
static void expect_refused(uint64_t received)
{
    struct rf_test_net net = {
        .nodes = 2, .body = honest, .silence_ms = 1500, .connect_ms = 5000, .window = 4};
    struct rf_test_liar liar;
    pthread_t thread;
    rf_test_net_init(&net);
    rf_test_liar_init(&liar, &net.identities[1]);
    (void)pthread_create(&thread, NULL, run_honest, &net);
    rf_test_liar_dial(&liar, net.listen[0]);
    liar.hello.received = received;
    cr_expect_not(rf_test_liar_greet(&liar));
    (void)pthread_join(thread, NULL);
    cr_expect_eq(net.rc[0], RF_E_CHEAT, "%s", net.err[0].text);
    cr_expect(strstr(net.err[0].text, "claims to have received"), "%s", net.err[0].text);
    rf_test_liar_fini(&liar);
    rf_test_net_fini(&net);
}

Test(liar, a_first_hello_acknowledges_nothing)
{
    expect_refused(1);
    expect_refused(UINT64_MAX);
}

Test(liar, every_lie_is_found_out)
{
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        expect_found(lies[i].tell, lies[i].what, lies[i].rc);
}
