/** secret.h - memory that holds secrets, and constant-time comparison
 *
 * Everything that holds a share, key or seed is allocated, compared and wiped here and nowhere
 * else, so that one place can be reviewed. */
#ifndef RF_NET_BASE_SECRET_H
#define RF_NET_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** rf_secret_alloc() - zeroed memory of @size bytes, 64-byte aligned; NULL when there is none.
 * Large blocks are backed by transparent huge pages where the kernel offers them. */
void *rf_secret_alloc(size_t size) __attribute__((malloc, alloc_size(1)));

/** rf_secret_free() - wipe @size bytes and free; NULL is harmless */
void rf_secret_free(void *memory, size_t size);

/** rf_secret_wipe() - overwrite with zeros; never optimised away */
void rf_secret_wipe(void *memory, size_t size);

/** rf_secret_equal() - compare in time that depends on @size alone */
bool rf_secret_equal(const void *a, const void *b, size_t size);

/** rf_secret_process() - from now on this process dumps no core, and no other process of the same user can
 * look into its memory, which holds secrets
 * With RINGFENCE_DEBUG=1 in the environment it does nothing: for debuggers, profilers and tests. What the
 * process executes starts anew. */
void rf_secret_process(void);

#endif
