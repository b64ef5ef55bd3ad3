#include "net/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "net/base/secret.h"

struct rf_pool {
    pthread_mutex_t lock;
    size_t size, limit;
    size_t out;      /* in use */
    size_t idle;     /* in rest[] */
    uint8_t *rest[]; /* of @limit */
};

struct rf_pool *rf_pool_new(size_t size, size_t limit)
{
    struct rf_pool *pool = calloc(1, sizeof *pool + limit * sizeof pool->rest[0]);
    if (!pool)
        return NULL;
    pool->size = size;
    pool->limit = limit;
    if (pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        return NULL;
    }
    return pool;
}

void rf_pool_free(struct rf_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->idle; i++)
        rf_secret_free(pool->rest[i], pool->size);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

uint8_t *rf_pool_take(struct rf_pool *pool)
{
    uint8_t *buffer = NULL;
    (void)pthread_mutex_lock(&pool->lock);
    if (pool->idle > 0) {
        buffer = pool->rest[--pool->idle];
        pool->out++;
    } else if (pool->out < pool->limit) {
        buffer = rf_secret_alloc(pool->size);
        pool->out += buffer != NULL;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return buffer;
}

void rf_pool_give(struct rf_pool *pool, uint8_t *buffer)
{
    if (!buffer)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->rest[pool->idle++] = buffer;
    pool->out--;
    (void)pthread_mutex_unlock(&pool->lock);
}

void rf_pool_release(void *buffer, void *hint)
{
    rf_pool_give(hint, buffer);
}

size_t rf_pool_out(struct rf_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    size_t out = pool->out;
    (void)pthread_mutex_unlock(&pool->lock);
    return out;
}
