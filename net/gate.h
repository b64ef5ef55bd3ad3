/** gate.h - TCP connections that have come in and that nobody has vouched for yet
 *
 * ZeroMQ holds the parts of an unfinished message without a bound, keeps connections that say nothing,
 * and has no way to hang up. So the net thread keeps a list of accepted connections by what the kernel
 * knows of them, and shuts down those that bring more than a handshake needs, and, when there are too
 * many, the oldest one from where most of them come. A connection is off the list as soon as it is known
 * to be a peer's: what peers may send is bounded by their windows.
 *
 * What a stranger can make this process hold is what it can send within RF_GATE_MS, and RF_GUEST_BYTES
 * for each of the connections that are allowed at a time.
 *
 * Nothing here touches the bytes themselves. Only TCP: a Unix socket has the permissions of its file.
 * Belongs to the net thread; shutting down a descriptor that ZeroMQ owns looks to it as if the other end
 * had hung up. A descriptor may be another socket by the time one looks, so each is known by its cookie,
 * a number that the kernel gives to one socket only. */
#ifndef RF_NET_GATE_H
#define RF_NET_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RF_GATE_MS = 10,            /* between two looks at what connections have brought */
    RF_UNPROVED_BYTES = 131072, /* of TLS messages that a peer may send before it is proved */
    RF_GUEST_BYTES = RF_UNPROVED_BYTES + 16384, /* the same with all that is around them */
    RF_GUESTS = 64, /* connections at a time, and one more for each link */
};

struct rf_node;

/** An accepted connection. */
struct rf_guest {
    int fd;
    uint64_t cookie;
    uint64_t home; /* where it comes from: an IPv4 address, or a network of IPv6 */
};

struct rf_gate {
    struct rf_node *node; /* NULL: does not listen on TCP, and nothing here does anything */
    void *router, *events;
    uint16_t port; /* 0: not known yet */
    struct rf_guest *guests;
    size_t count, most; /* oldest first */
    uint64_t due_ms;
};

/** rf_gate_open() - watch a ROUTER, which must not be bound yet, for an address to listen on
 * False when ZeroMQ refuses or memory is out. */
bool rf_gate_open(struct rf_gate *gate, struct rf_node *node, void *router, const char *address);

/** rf_gate_close() - before the ROUTER is closed; harmless on a gate that is not open */
void rf_gate_close(struct rf_gate *gate);

/** rf_gate_hear() - take in what has been accepted */
void rf_gate_hear(struct rf_gate *gate);

/** rf_gate_look() - if it is time, shut down whoever has brought too much */
void rf_gate_look(struct rf_gate *gate, uint64_t now_ms);

/** rf_gate_patience() - how long may pass until the next look; at most @most_ms */
unsigned rf_gate_patience(const struct rf_gate *gate, unsigned most_ms);

/** rf_gate_vouch() - that connection is a peer's */
void rf_gate_vouch(struct rf_gate *gate, uint64_t cookie);

/** rf_gate_guest() - what the kernel says of a connection that came in; all zero if it is none */
struct rf_guest rf_gate_guest(int fd);

#endif
