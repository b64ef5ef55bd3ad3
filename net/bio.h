/** bio.h - OpenSSL's reading and writing, on the buffers of messages
 *
 * Reads from where a received message lies; writes behind the outer prefix into a pooled buffer that
 * then becomes the message. Belongs to tls.c. */
#ifndef RF_NET_BIO_H
#define RF_NET_BIO_H

#include <openssl/bio.h>
#include <stddef.h>
#include <stdint.h>

#include "net/pool.h"

struct rf_bio {
    const uint8_t *in; /* borrowed */
    size_t in_left;
    uint8_t *out; /* of RF_OUTER_MAX bytes, from the pool; NULL until something is written */
    size_t out_used;
    struct rf_pool *buffers;
};

/** rf_bio_method() - made once in a process; NULL when out of memory */
const BIO_METHOD *rf_bio_method(void);

#endif
