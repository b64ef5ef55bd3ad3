/** proxy.h - a hostile network between a dialling and a listening node
 *
 * Relays TCP connections and understands ZMTP, so that it can change one message of a link and leave
 * everything around it well-formed. Messages are counted from 1 in each direction, over all
 * connections, and only those that carry TLS count. */
#ifndef RF_TESTS_SUPPORT_PROXY_H
#define RF_TESTS_SUPPORT_PROXY_H

#include <stdbool.h>

struct rf_test_proxy;

/** What happens to message number N. With "back-" in front it is that of the listener's direction;
 * without it, of the dialler's.
 *
 *   pass         nothing, ever
 *   flip         one bit in its middle is flipped
 *   cut          its last 20 bytes are missing
 *   cut-record   its last TLS record is missing
 *   grow         16 bytes are appended
 *   replay       it is sent twice
 *   swap         it is sent after the next one
 *   drop         it is not sent
 *   prefix       its first byte, outside TLS, is changed
 *   misframe     its ZMTP length is wrong
 *   close        both connections are closed instead of sending it
 *   close-each   the same for every N-th message
 *   stall        from here on nothing passes on this connection, and it stays open
 *   echo         it is also sent back to where it came from
 *   stale        it is also sent on the connection after the next drop, which happens two messages later
 */
struct rf_test_proxy *rf_test_proxy_new(const char *listen_host, unsigned listen_port,
                                        const char *target_host, unsigned target_port,
                                        const char *mode, unsigned long number);

/** rf_test_proxy_acted() - how often it has done what its mode says */
unsigned rf_test_proxy_acted(const struct rf_test_proxy *proxy);

/** rf_test_proxy_connections() - how many connections have come */
unsigned rf_test_proxy_connections(const struct rf_test_proxy *proxy);

/** rf_test_proxy_free() - close everything and wait for the threads */
void rf_test_proxy_free(struct rf_test_proxy *proxy);

/** Is this a mode? */
bool rf_test_proxy_mode(const char *mode);

#endif
