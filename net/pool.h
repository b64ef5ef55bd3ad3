/** pool.h - buffers of one size, kept for use again
 *
 * Fresh memory costs a page fault for every 4 KiB written, so frames are written into memory that has
 * been written before. Buffers may be given back from any thread, also as a ZeroMQ free function.
 * At most @limit buffers are out at once: that is what bounds a link's memory. */
#ifndef RF_NET_POOL_H
#define RF_NET_POOL_H

#include <stddef.h>
#include <stdint.h>

struct rf_pool;

/** rf_pool_new() - NULL when out of memory; holds no buffers yet */
struct rf_pool *rf_pool_new(size_t size, size_t limit);

/** rf_pool_free() - wipe and free all buffers, which must all have been given back */
void rf_pool_free(struct rf_pool *pool);

/** rf_pool_take() - a buffer, 64-byte aligned, with unspecified content; NULL at the limit or when
 * out of memory */
uint8_t *rf_pool_take(struct rf_pool *pool);

/** rf_pool_give() - back to the pool; NULL buffer is harmless */
void rf_pool_give(struct rf_pool *pool, uint8_t *buffer);

/** rf_pool_release() - rf_pool_give() in the form of a ZeroMQ free function, @hint being the pool */
void rf_pool_release(void *buffer, void *hint);

/** rf_pool_out() - how many buffers are in use */
size_t rf_pool_out(struct rf_pool *pool);

#endif
