/** liar.h - a member that speaks the protocol by hand, and says what it likes
 *
 * Dials a node as bank-b (id 1, lane 0) would: ZeroMQ, hello, TLS, hello inside TLS; then sends any frame
 * it is told to. Everything ends the process when something unforeseen happens. */
#ifndef RF_TESTS_SUPPORT_LIAR_H
#define RF_TESTS_SUPPORT_LIAR_H

#include "net/frame.h"
#include "net/notice.h"
#include "net/outer.h"
#include "net/tls.h"
#include "support/nodes.h"

struct rf_test_liar {
    void *zmq, *dealer;
    SSL_CTX *context;
    struct rf_pool *buffers;
    struct rf_tls *tls;
    uint64_t sequence; /* of the next frame */
    bool hold;         /* frames gather in one message until this is false again */
    struct rf_notice_hello
        hello; /* what it says; good unless changed before rf_test_liar_greet() */
    struct rf_notice_hello heard;   /* what it was told */
    struct rf_notice_abort refusal; /* or why it was turned away */
};

/** rf_test_liar_init() - ready to dial; @identity: bank-b's, or whose it likes */
void rf_test_liar_init(struct rf_test_liar *liar, const struct rf_identity *identity);
void rf_test_liar_fini(struct rf_test_liar *liar);

/** rf_test_liar_dial() - ZeroMQ connection and outer hello */
void rf_test_liar_dial(struct rf_test_liar *liar, const char *address);

/** rf_test_liar_greet() - TLS and hellos; false if the listener refuses */
bool rf_test_liar_greet(struct rf_test_liar *liar);

/** rf_test_liar_try() - rf_test_liar_greet() for a liar that may get no answer at all */
bool rf_test_liar_try(struct rf_test_liar *liar);

/** rf_test_liar_header() - a good header for its next frame */
struct rf_frame_header rf_test_liar_header(const struct rf_test_liar *liar, unsigned kind,
                                           size_t length);

/** rf_test_liar_send() - a frame, whatever its header says; @length bytes of payload follow it */
void rf_test_liar_send(struct rf_test_liar *liar, const struct rf_frame_header *header,
                       const void *payload, size_t length);

/** rf_test_liar_raw() - one outer message as it is */
void rf_test_liar_raw(struct rf_test_liar *liar, const void *data, size_t size);

/** rf_test_liar_receive() - the next outer message of a kind; false after five seconds */
bool rf_test_liar_receive(struct rf_test_liar *liar, unsigned kind, zmq_msg_t *message);

/** rf_test_liar_frame() - the next frame inside TLS; @payload has room for any. False if there is
 * none within five seconds or TLS has ended. */
bool rf_test_liar_frame(struct rf_test_liar *liar, struct rf_frame_header *header,
                        uint8_t *payload);

#endif
