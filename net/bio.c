#include "net/bio.h"

#include <pthread.h>
#include <string.h>

#include "net/outer.h"

static int bio_read(BIO *bio, char *data, size_t size, size_t *got)
{
    struct rf_bio *buffers = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *got = size < buffers->in_left ? size : buffers->in_left;
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(data, buffers->in, *got);
    buffers->in += *got;
    buffers->in_left -= *got;
    return 1;
}

static int bio_write(BIO *bio, const char *data, size_t size, size_t *written)
{
    struct rf_bio *buffers = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *written = 0;
    if (!buffers->out) {
        buffers->out = rf_pool_take(buffers->buffers);
        if (!buffers->out)
            return 0;
        rf_outer_put_prefix(buffers->out, RF_OUTER_TLS);
        buffers->out_used = RF_OUTER_PREFIX;
    }
    if (RF_OUTER_MAX - buffers->out_used < size)
        return 0;
    memcpy(buffers->out + buffers->out_used, data, size);
    buffers->out_used += size;
    *written = size;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *method;

static void make_method(void)
{
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ringfence frames");
    if (made && BIO_meth_set_read_ex(made, bio_read) == 1 &&
        BIO_meth_set_write_ex(made, bio_write) == 1 && BIO_meth_set_ctrl(made, bio_ctrl) == 1)
        method = made;
    else
        BIO_meth_free(made);
}

const BIO_METHOD *rf_bio_method(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_method);
    return method;
}
