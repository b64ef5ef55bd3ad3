#include "net/post.h"

#include <string.h>

/* libzmq is not built with the thread sanitizer, which therefore cannot see that a message received
 * was sent before. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define HAPPENS_BEFORE(address) __tsan_release(address)
#define HAPPENS_AFTER(address)  __tsan_acquire(address)
#else
#define HAPPENS_BEFORE(address) ((void)(address))
#define HAPPENS_AFTER(address)  ((void)(address))
#endif

bool rf_post_send(struct rf_post_end *end, const struct rf_post *post, zmq_msg_t *body)
{
    HAPPENS_BEFORE(end->order);
    int flags = ZMQ_DONTWAIT | (body ? ZMQ_SNDMORE : 0);
    bool sent = zmq_send(end->socket, post, sizeof *post, flags) >= 0;
    if (body && sent)
        sent = zmq_msg_send(body, end->socket, ZMQ_DONTWAIT) >= 0;
    if (body && !sent)
        (void)zmq_msg_close(body);
    return sent;
}

bool rf_post_receive(struct rf_post_end *end, struct rf_post *post, zmq_msg_t *body)
{
    (void)zmq_msg_init(body);
    int size = zmq_recv(end->socket, post, sizeof *post, ZMQ_DONTWAIT);
    if (size != (int)sizeof *post)
        return false;
    if (post->kind == RF_POST_TLS && zmq_msg_recv(body, end->socket, ZMQ_DONTWAIT) < 0)
        return false;
    HAPPENS_AFTER(end->order);
    return true;
}
