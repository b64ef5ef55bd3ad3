#include "support/liar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "liar: %s failed\n", what);
    abort();
}

void rf_test_liar_init(struct rf_test_liar *liar, const struct rf_identity *identity)
{
    *liar = (struct rf_test_liar){.sequence = 1};
    liar->zmq = zmq_ctx_new();
    liar->buffers = rf_pool_new(RF_OUTER_MAX, 64);
    need(liar->zmq && liar->buffers, "zmq_ctx_new");
    need(rf_tls_context(&liar->context, identity, NULL) == RF_OK, "rf_tls_context");
    liar->hello = (struct rf_notice_hello){.version = RF_WIRE_VERSION,
                                           .window = 16,
                                           .chain = true,
                                           .instance = {1, 2, 3},
                                           .beat_key = {4, 5, 6}};
    memset(liar->hello.manifest_hash, 0x4d, sizeof liar->hello.manifest_hash);
}

void rf_test_liar_fini(struct rf_test_liar *liar)
{
    rf_tls_free(liar->tls);
    if (liar->dealer)
        (void)zmq_close(liar->dealer);
    (void)zmq_ctx_term(liar->zmq);
    rf_pool_free(liar->buffers);
    SSL_CTX_free(liar->context);
    liar->tls = NULL;
}

void rf_test_liar_raw(struct rf_test_liar *liar, const void *data, size_t size)
{
    need(zmq_send(liar->dealer, data, size, 0) >= 0, "zmq_send");
}

void rf_test_liar_dial(struct rf_test_liar *liar, const char *address)
{
    const int linger = 500, patience = 5000;
    uint8_t hello[RF_OUTER_HELLO_SIZE];
    liar->dealer = zmq_socket(liar->zmq, ZMQ_DEALER);
    need(liar->dealer && zmq_setsockopt(liar->dealer, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
             zmq_setsockopt(liar->dealer, ZMQ_RCVTIMEO, &patience, sizeof patience) == 0 &&
             zmq_setsockopt(liar->dealer, ZMQ_SNDTIMEO, &patience, sizeof patience) == 0 &&
             zmq_connect(liar->dealer, address) == 0,
         "zmq_connect");
    rf_outer_put_hello(hello, &(struct rf_outer_hello){.from = 1, .to = 0, .lane = 0});
    rf_test_liar_raw(liar, hello, sizeof hello);
}

static void flush(struct rf_test_liar *liar)
{
    zmq_msg_t message;
    if (rf_tls_take(liar->tls, &message))
        need(zmq_msg_send(&message, liar->dealer, 0) >= 0, "zmq_msg_send");
}

bool rf_test_liar_receive(struct rf_test_liar *liar, unsigned kind, zmq_msg_t *message)
{
    unsigned version;
    for (;;) {
        (void)zmq_msg_init(message);
        if (zmq_msg_recv(message, liar->dealer, 0) < 0)
            return false;
        if (rf_outer_kind(zmq_msg_data(message), zmq_msg_size(message), &version) == kind)
            return true;
        (void)zmq_msg_close(message);
    }
}

struct rf_frame_header rf_test_liar_header(const struct rf_test_liar *liar, unsigned kind,
                                           size_t length)
{
    return (struct rf_frame_header){
        .from = 1,
        .to = 0,
        .kind = (uint8_t)kind,
        .sequence = rf_frame_sequenced(kind) ? liar->sequence : 0,
        .length = (uint32_t)length,
    };
}

void rf_test_liar_send(struct rf_test_liar *liar, const struct rf_frame_header *header,
                       const void *payload, size_t length)
{
    uint8_t *bytes = malloc(RF_FRAME_HEADER + length);
    rf_frame_encode(bytes, header);
    if (length > 0)
        memcpy(bytes + RF_FRAME_HEADER, payload, length);
    need(rf_tls_write(liar->tls, bytes, RF_FRAME_HEADER + length, NULL) == RF_OK, "rf_tls_write");
    free(bytes);
    if (!liar->hold)
        flush(liar);
    if (rf_frame_sequenced(header->kind))
        liar->sequence++;
}

/* Feeds TLS with the next message; keeps it until it is used up. */
static bool feed(struct rf_test_liar *liar, zmq_msg_t *message)
{
    if (!rf_test_liar_receive(liar, RF_OUTER_TLS, message))
        return false;
    rf_tls_feed(liar->tls, (uint8_t *)zmq_msg_data(message) + RF_OUTER_PREFIX,
                zmq_msg_size(message) - RF_OUTER_PREFIX);
    return true;
}

bool rf_test_liar_frame(struct rf_test_liar *liar, struct rf_frame_header *header, uint8_t *payload)
{
    uint8_t bytes[RF_FRAME_HEADER];
    zmq_msg_t message;
    size_t got;
    enum rf_tls_result result = rf_tls_read(liar->tls, bytes, sizeof bytes, &got);
    if (result == RF_TLS_FAILED || (result == RF_TLS_MORE && !feed(liar, &message)))
        return false;
    bool fed = result == RF_TLS_MORE;
    if (fed)
        result = rf_tls_read(liar->tls, bytes, sizeof bytes, &got);
    bool there = result == RF_TLS_DONE && rf_frame_decode(header, bytes, NULL) == RF_OK &&
                 rf_tls_read(liar->tls, payload, header->length, &got) == RF_TLS_DONE;
    if (fed)
        (void)zmq_msg_close(&message);
    return there;
}

static bool shake_hands(struct rf_test_liar *liar)
{
    zmq_msg_t message;
    liar->tls = rf_tls_new(liar->context, RF_TLS_DIALS, "bank-a", liar->buffers);
    need(liar->tls && rf_tls_handshake(liar->tls) == RF_TLS_MORE, "rf_tls_handshake");
    flush(liar);
    bool answered = feed(liar, &message);
    bool good = answered && rf_tls_handshake(liar->tls) == RF_TLS_DONE;
    if (answered)
        (void)zmq_msg_close(&message);
    return good;
}

bool rf_test_liar_try(struct rf_test_liar *liar)
{
    const int patience = 100;
    (void)zmq_setsockopt(liar->dealer, ZMQ_RCVTIMEO, &patience, sizeof patience);
    return shake_hands(liar);
}

bool rf_test_liar_greet(struct rf_test_liar *liar)
{
    uint8_t *payload = malloc(RF_FRAME_PAYLOAD);
    struct rf_frame_header header;
    bool good = shake_hands(liar);
    size_t size = rf_notice_put_hello(payload, &liar->hello);
    header = rf_test_liar_header(liar, RF_FRAME_HELLO, size);
    if (good) {
        rf_test_liar_send(liar, &header, payload, size);
        bool answered = rf_test_liar_frame(liar, &header, payload);
        good = answered && header.kind == RF_FRAME_HELLO &&
               rf_notice_get_hello(&liar->heard, payload, header.length, NULL) == RF_OK;
        if (answered && header.kind == RF_FRAME_ABORT)
            need(rf_notice_get_abort(&liar->refusal, payload, header.length, NULL) == RF_OK,
                 "the refusal");
    }
    free(payload);
    return good;
}
