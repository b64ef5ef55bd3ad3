#include "protocols/share/space.h"

#include <string.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"

void rf_space_init(struct rf_space *space, size_t limit, bool planning, struct rf_err *err)
{
    *space = (struct rf_space){.limit = limit, .planning = planning, .err = err};
}

static void kept_remove(struct rf_space *space, size_t index)
{
    space->kept_bytes -= space->kept[index].room;
    space->kept[index] = space->kept[--space->kept_count];
}

void rf_space_fini(struct rf_space *space)
{
    while (space->kept_count) {
        struct rf_block *last = &space->kept[space->kept_count - 1];
        rf_secret_free(last->memory, last->room);
        kept_remove(space, space->kept_count - 1);
    }
}

/* Sizes in eighths of a power of two, so that blocks fit again. */
static size_t rounded(size_t size)
{
    size_t unit = (size_t)1 << (rf_bit_length(size | 4095) - 4);
    return rf_round_up(size ? size : 1, unit);
}

static bool take_kept(struct rf_space *space, size_t room, struct rf_block *block)
{
    size_t best = space->kept_count;
    for (size_t i = 0; i < space->kept_count; i++) {
        size_t have = space->kept[i].room;
        if (have >= room && have - room <= room / 4 &&
            (best == space->kept_count || have < space->kept[best].room))
            best = i;
    }
    if (best == space->kept_count)
        return false;
    block->memory = space->kept[best].memory;
    block->room = space->kept[best].room;
    kept_remove(space, best);
    return true;
}

/* What is kept must not hold much more than what is used. */
static void trim_kept(struct rf_space *space, size_t wanted)
{
    while (space->kept_count && space->live + wanted + space->kept_bytes > space->most) {
        rf_secret_free(space->kept[0].memory, space->kept[0].room);
        kept_remove(space, 0);
    }
}

/* Counts what is about to live, or says why it may not. */
static enum rf_rc claim(struct rf_space *space, size_t room)
{
    size_t live = space->shared ? atomic_fetch_add(space->shared, room) : space->live;
    if (!space->limit || (room <= space->limit && live <= space->limit - room))
        return RF_OK;
    if (space->shared)
        atomic_fetch_sub(space->shared, room);
    return rf_err_set(space->err, RF_E_MEMORY,
                      "memory: %zu KiB in use and %zu KiB more wanted, the limit is %zu KiB",
                      live >> 10, room >> 10, space->limit >> 10);
}

static void give_back(struct rf_space *space, size_t room)
{
    if (space->shared)
        atomic_fetch_sub(space->shared, room);
}

enum rf_rc rf_space_alloc(struct rf_space *space, size_t size, struct rf_block *block)
{
    size_t room = rounded(size);
    enum rf_rc rc = claim(space, room);
    if (rc != RF_OK)
        return rc;
    *block = (struct rf_block){.size = size, .room = room};
    if (take_kept(space, room, block)) {
        if (space->shared) /* the block may have more room than was claimed */
            atomic_fetch_add(space->shared, block->room - room);
    } else {
        trim_kept(space, room);
        rf_effort_count(space->efforts, RF_EFFORT_MAP, room, room);
        if (!space->planning)
            block->memory = rf_secret_alloc(room);
        if (!space->planning && !block->memory) {
            give_back(space, room);
            return rf_err_set(space->err, RF_E_MEMORY, "out of memory: %zu MiB wanted", room >> 20);
        }
    }
    space->live += block->room;
    if (space->live > space->peak)
        space->peak = space->live;
    if (space->live > space->most)
        space->most = space->live;
    return RF_OK;
}

void rf_space_free(struct rf_space *space, struct rf_block *block)
{
    if (!block->room)
        return;
    space->live -= block->room;
    give_back(space, block->room);
    if ((block->memory || space->planning) && space->kept_count < RF_SPACE_KEPT) {
        space->kept[space->kept_count++] = *block;
        space->kept_bytes += block->room;
    } else {
        rf_secret_free(block->memory, block->room);
    }
    *block = (struct rf_block){0};
}
