/** unpack.h - reading msgpack from a hostile sender, token by token
 *
 * For messages whose layout is known: each call takes the next token, of the one type that may stand
 * there, and checks every length before use. Nothing is allocated. The first failure sticks, so that
 * a decoder reads all its fields and asks once, at the end, whether all was well. */
#ifndef RF_NET_BASE_UNPACK_H
#define RF_NET_BASE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rf_unpack {
    const uint8_t *at;
    size_t left;
    bool failed;
};

static inline struct rf_unpack rf_unpack_of(const void *data, size_t size)
{
    return (struct rf_unpack){.at = data, .left = size};
}

/** rf_unpack_done() - every token was as expected and nothing is left over */
static inline bool rf_unpack_done(const struct rf_unpack *in)
{
    return !in->failed && in->left == 0;
}

/** rf_unpack_array() - an array header with exactly @count elements */
void rf_unpack_array(struct rf_unpack *in, size_t count);

/** rf_unpack_uint() - an unsigned integer, at most @limit; 0 after a failure */
uint64_t rf_unpack_uint(struct rf_unpack *in, uint64_t limit);

bool rf_unpack_bool(struct rf_unpack *in);

/** rf_unpack_bin() - a byte string of exactly @size bytes, copied out; zeros after a failure */
void rf_unpack_bin(struct rf_unpack *in, void *out, size_t size);

/** rf_unpack_text() - a string of at most @room - 1 bytes for showing to a person
 * Copied out and NUL-terminated; every byte that is not printable ASCII becomes '?', so that a peer
 * cannot drive a terminal or forge a line of a log. */
void rf_unpack_text(struct rf_unpack *in, char *out, size_t room);

#endif
