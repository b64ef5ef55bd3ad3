/** map.h - numbers strings in the order in which they first come
 *
 * Open addressing over 8-byte slots, 16 bytes an entry or so besides the strings. The hash is keyed
 * at random, so that values chosen by strangers cannot be made to collide; nothing depends on it
 * but time. */
#ifndef RF_PARTY_DATA_MAP_H
#define RF_PARTY_DATA_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/data/arena.h"

#define RF_MAP_NONE UINT32_MAX /* no such string; also more than can be numbered */

struct rf_map_slot {
    uint32_t hash;
    uint32_t place; /* 1 + the string's number; 0: empty */
};

struct rf_map {
    uint32_t count;
    const char **key; /* of each number; NUL-terminated, in the arena */
    size_t key_room;
    struct rf_map_slot *slot;
    size_t slots; /* a power of two */
    uint64_t seed;
    struct rf_arena *arena; /* borrowed */
};

/** rf_map_init() - an empty map whose strings go into @arena, which must outlive them
 * Errors: RF_E_MEMORY, RF_E_IO when the system has no randomness. */
RF_MUST_CHECK enum rf_rc rf_map_init(struct rf_map *map, struct rf_arena *arena);

/** rf_map_fini() - the strings stay in the arena; harmless on a zeroed map */
void rf_map_fini(struct rf_map *map);

/** rf_map_find() - the number of a string, or RF_MAP_NONE. @text holds no NUL. */
uint32_t rf_map_find(const struct rf_map *map, const char *text, size_t size);

/** rf_map_add() - the number of a string, which is put in if it is not there
 * @added: may be NULL; set to whether it is new, and its number then is map->count - 1
 * Errors: RF_E_MEMORY, also after 2^32 - 1 strings. */
RF_MUST_CHECK enum rf_rc rf_map_add(struct rf_map *map, const char *text, size_t size,
                                    uint32_t *number, bool *added);

#endif
