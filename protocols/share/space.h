/** space.h - where share columns live: one lane's memory, counted and reused
 *
 * A space hands out blocks to columns, counts what is live, refuses to pass its limit, and keeps
 * freed blocks for the next column of about that size: fresh pages cost more than the arithmetic on
 * them. Everything is wiped when the space ends; a reused block holds old shares, so a column's
 * content is undefined until written.
 *
 * Blocks of a planning space have no memory, only a size: shapes can be walked through without data.
 * It keeps freed blocks as any other does, so that it knows how much memory would be fresh.
 *
 * Belongs to one thread. */
#ifndef RF_PROTOCOLS_SHARE_SPACE_H
#define RF_PROTOCOLS_SHARE_SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/base/rc.h"
#include "protocols/share/effort.h"

enum { RF_SPACE_KEPT = 64 };

struct rf_block {
    void *memory; /* 64-byte aligned; NULL in a planning space */
    size_t size;  /* as requested */
    size_t room;  /* as allocated */
};

struct rf_space {
    bool planning;
    size_t limit; /* live bytes allowed; 0: no limit */
    atomic_size_t
        *shared;       /* live bytes of all spaces that share the limit; NULL: it is ours alone */
    size_t live, peak; /* the latter may be set back, to measure a part of a run */
    size_t most;       /* ever live */
    struct rf_block kept[RF_SPACE_KEPT];
    size_t kept_count, kept_bytes;
    struct rf_efforts *efforts; /* of a planning space: where its columns count; NULL: nowhere */
    struct rf_err *err;
};

/** rf_space_init() - @limit in bytes, 0 for none */
void rf_space_init(struct rf_space *space, size_t limit, bool planning, struct rf_err *err);

/** rf_space_fini() - wipe and free what is kept; every block must have been freed */
void rf_space_fini(struct rf_space *space);

/** rf_space_alloc() - a block of @size bytes with undefined content
 * Errors: RF_E_MEMORY with the numbers. */
RF_MUST_CHECK enum rf_rc rf_space_alloc(struct rf_space *space, size_t size,
                                        struct rf_block *block);

/** rf_space_free() - give a block back; a zeroed block is harmless */
void rf_space_free(struct rf_space *space, struct rf_block *block);

#endif
