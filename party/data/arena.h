/** arena.h - many small strings, freed together
 *
 * Strings stay where they are until the arena is freed. What was in it is wiped then: extracts hold
 * customers' identifiers. */
#ifndef RF_PARTY_DATA_ARENA_H
#define RF_PARTY_DATA_ARENA_H

#include <stddef.h>

struct rf_arena;

/** rf_arena_new() - NULL when out of memory */
struct rf_arena *rf_arena_new(void);
void rf_arena_free(struct rf_arena *arena);

/** rf_arena_copy() - a copy of @size bytes with a NUL behind it; NULL when out of memory */
char *rf_arena_copy(struct rf_arena *arena, const char *text, size_t size);

#endif
