/** tls.h - one TLS 1.3 session, from outer messages and into outer messages
 *
 * OpenSSL does the protocol; its bytes come and go through a BIO of our own that reads received
 * messages where they lie and writes into pooled buffers, which ZeroMQ then sends without a copy.
 * Mutual authentication, AES-256-GCM, no tickets, no resumption, no early data, no renegotiation.
 *
 * A session belongs to one thread. It never blocks: what it needs is fed, what it makes is taken. */
#ifndef RF_NET_TLS_H
#define RF_NET_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "net/base/rc.h"
#include "net/identity.h"
#include "net/pool.h"

struct rf_tls;

enum rf_tls_end { RF_TLS_DIALS, RF_TLS_LISTENS };

enum rf_tls_result {
    RF_TLS_DONE,
    RF_TLS_MORE,    /* all that was fed is used up, and more is needed */
    RF_TLS_REFUSED, /* handshake complete, but the name is not the expected one: say so and leave */
    RF_TLS_FAILED, /* the session is over; rf_tls_reason() says why; an alert may be there to take */
};

/** rf_tls_context() - what all sessions of a node share; freed with SSL_CTX_free() */
RF_MUST_CHECK enum rf_rc rf_tls_context(SSL_CTX **context, const struct rf_identity *identity,
                                        struct rf_err *err);

/** rf_tls_new() - a session that has not begun; NULL when out of memory
 * @name: the member whose certificate the other end must show; borrowed
 * @buffers: of RF_OUTER_MAX bytes, for what it writes */
struct rf_tls *rf_tls_new(SSL_CTX *context, enum rf_tls_end end, const char *name,
                          struct rf_pool *buffers);
void rf_tls_free(struct rf_tls *tls);

/** rf_tls_pin() - accept that one certificate alone, which must be good in every other way too
 * @fingerprint: SHA-256 of the certificate in DER, 32 bytes; borrowed; NULL: any with the name */
void rf_tls_pin(struct rf_tls *tls, const uint8_t *fingerprint);

/** rf_tls_feed() - the records of the next message; borrowed until all is read or fed anew */
void rf_tls_feed(struct rf_tls *tls, const uint8_t *records, size_t size);

/** rf_tls_handshake() - go on with it; RF_TLS_DONE once the other end has proved its name */
enum rf_tls_result rf_tls_handshake(struct rf_tls *tls);

/** rf_tls_established() - has rf_tls_handshake() said RF_TLS_DONE? */
bool rf_tls_established(const struct rf_tls *tls);

/** rf_tls_read() - decrypt exactly @size bytes
 * @got: how many came before RF_TLS_MORE or RF_TLS_FAILED */
enum rf_tls_result rf_tls_read(struct rf_tls *tls, void *out, size_t size, size_t *got);

/** rf_tls_read_some() - decrypt at most @size bytes, of one record */
enum rf_tls_result rf_tls_read_some(struct rf_tls *tls, void *out, size_t size, size_t *got);

/** rf_tls_write() - encrypt into the message under way, which must have room
 * Errors: RF_E_MEMORY, RF_E_CRYPTO. */
RF_MUST_CHECK enum rf_rc rf_tls_write(struct rf_tls *tls, const void *data, size_t size,
                                      struct rf_err *err);

/** rf_tls_take() - the message under way, if anything was written; the caller sends or closes it */
bool rf_tls_take(struct rf_tls *tls, zmq_msg_t *message);

/** rf_tls_reason() - why it failed or was refused, in words; the other end's if it alerted us */
const char *rf_tls_reason(const struct rf_tls *tls);

/** rf_tls_alerted() - it failed because the other end said so, not because of what we saw */
bool rf_tls_alerted(const struct rf_tls *tls);

/** rf_tls_final() - it failed over who one of the two ends is, so that trying again is of no use */
bool rf_tls_final(const struct rf_tls *tls);

/** rf_tls_rekey_after() - change the sending key after so many records
 * Default 2^23, below what AES-GCM allows under one key (RFC 8446, 5.5). For tests. */
void rf_tls_rekey_after(struct rf_tls *tls, uint64_t records);

#endif
