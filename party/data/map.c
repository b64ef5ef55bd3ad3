#include "party/data/map.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/base/bytes.h"

enum { SLOTS_AT_FIRST = 1024 };

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, eight bytes a step, as in the wyhash family. */
static uint32_t hash(const struct rf_map *map, const char *text, size_t size)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t state = map->seed ^ mix(size + 1, odd);
    for (; size >= 8; text += 8, size -= 8)
        state = mix(state ^ rf_load64(text), odd ^ map->seed);
    uint64_t rest = 0;
    memcpy(&rest, text, size);
    state = mix(state ^ rest, odd ^ map->seed);
    return (uint32_t)(state ^ state >> 32);
}

enum rf_rc rf_map_init(struct rf_map *map, struct rf_arena *arena)
{
    *map = (struct rf_map){.arena = arena};
    if (getentropy(&map->seed, sizeof map->seed) != 0)
        return RF_E_IO;
    map->slot = calloc(SLOTS_AT_FIRST, sizeof *map->slot);
    if (!map->slot)
        return RF_E_MEMORY;
    map->slots = SLOTS_AT_FIRST;
    return RF_OK;
}

void rf_map_fini(struct rf_map *map)
{
    free(map->key);
    free(map->slot);
    *map = (struct rf_map){0};
}

static bool is_key(const char *key, const char *text, size_t size)
{
    return strncmp(key, text, size) == 0 && key[size] == '\0';
}

/* The slot that holds the string, or the empty one where it belongs. */
static size_t probe(const struct rf_map *map, uint32_t h, const char *text, size_t size)
{
    size_t at = h & (map->slots - 1);
    for (; map->slot[at].place; at = (at + 1) & (map->slots - 1))
        if (map->slot[at].hash == h && is_key(map->key[map->slot[at].place - 1], text, size))
            break;
    return at;
}

uint32_t rf_map_find(const struct rf_map *map, const char *text, size_t size)
{
    return map->slot[probe(map, hash(map, text, size), text, size)].place - 1;
}

static enum rf_rc grow_slots(struct rf_map *map)
{
    size_t slots = map->slots * 2;
    struct rf_map_slot *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return RF_E_MEMORY;
    for (size_t i = 0; i < map->slots; i++) {
        if (map->slot[i].place == 0)
            continue;
        size_t at = map->slot[i].hash & (slots - 1);
        while (slot[at].place)
            at = (at + 1) & (slots - 1);
        slot[at] = map->slot[i];
    }
    free(map->slot);
    map->slot = slot;
    map->slots = slots;
    return RF_OK;
}

static enum rf_rc grow_keys(struct rf_map *map)
{
    size_t room = map->key_room ? map->key_room + map->key_room / 2 : SLOTS_AT_FIRST;
    const char **key = realloc(map->key, room * sizeof *key);
    if (!key)
        return RF_E_MEMORY;
    map->key = key;
    map->key_room = room;
    return RF_OK;
}

static enum rf_rc make_room(struct rf_map *map)
{
    enum rf_rc rc = RF_OK;
    if (map->count == RF_MAP_NONE)
        return RF_E_MEMORY;
    if (map->count == map->key_room)
        RF_TRY(grow_keys(map));
    if (map->count >= map->slots / 4 * 3)
        RF_TRY(grow_slots(map));
done:
    return rc;
}

enum rf_rc rf_map_add(struct rf_map *map, const char *text, size_t size, uint32_t *number,
                      bool *added)
{
    enum rf_rc rc = RF_OK;
    uint32_t h = hash(map, text, size);
    size_t at = probe(map, h, text, size);
    bool is_new = map->slot[at].place == 0;
    if (is_new) {
        RF_TRY(make_room(map));
        const char *key = rf_arena_copy(map->arena, text, size);
        if (!key)
            return RF_E_MEMORY;
        at = probe(map, h, text, size);
        map->key[map->count] = key;
        map->slot[at] = (struct rf_map_slot){.hash = h, .place = ++map->count};
    }
    *number = map->slot[at].place - 1;
    if (added)
        *added = is_new;
done:
    return rc;
}
