#include "party/data/arena.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"

enum { BLOCK_SIZE = 1 << 20 };

struct block {
    struct block *older;
    size_t used, room;
    char bytes[];
};

struct rf_arena {
    struct block *newest;
};

struct rf_arena *rf_arena_new(void)
{
    return calloc(1, sizeof(struct rf_arena));
}

void rf_arena_free(struct rf_arena *arena)
{
    if (!arena)
        return;
    while (arena->newest) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        rf_secret_free(block, sizeof *block + block->used);
    }
    free(arena);
}

static struct block *add_block(struct rf_arena *arena, size_t size)
{
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct block *block = malloc(sizeof *block + room);
    if (!block)
        return NULL;
    *block = (struct block){.older = arena->newest, .room = room};
    arena->newest = block;
    return block;
}

char *rf_arena_copy(struct rf_arena *arena, const char *text, size_t size)
{
    struct block *block = arena->newest;
    if (!block || block->room - block->used <= size)
        block = add_block(arena, size + 1);
    if (!block)
        return NULL;
    char *copy = block->bytes + block->used;
    memcpy(copy, text, size);
    copy[size] = '\0';
    block->used += size + 1;
    return copy;
}
