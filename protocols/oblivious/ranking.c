#include "protocols/oblivious/ranking.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 8 };

/* Things start … start + size - 1 of the arrangement belong between two things already placed. The first
 * `pivots` of them are the pivots; none: all pairs are compared. */
struct segment {
    uint32_t start, size;
    uint32_t pivots; /* 2^depths - 1 */
    uint8_t depths;  /* of the search tree over the pivots */
    uint8_t depth;   /* comparisons made with it; the pivots are sorted first */
    bool sorted;
};

struct segments {
    struct segment *item;
    size_t count, room;
};

struct ranking {
    struct rf_oracle oracle;
    struct rf_space *space;
    size_t count;
    uint32_t *order; /* the arrangement so far */
    uint32_t *spare; /* of the same size */
    uint32_t *node;  /* of a thing: where its search in the pivots' tree stands */
    struct segments now, next;
    uint32_t *left, *right;
    size_t asked, room;
};

static enum rf_rc out_of_memory(struct ranking *ranking)
{
    return rf_err_set(ranking->space->err, RF_E_MEMORY, "out of memory while sorting");
}

static enum rf_rc ask(struct ranking *ranking, uint32_t left, uint32_t right)
{
    if (ranking->asked == ranking->room) {
        size_t room = ranking->room ? 2 * ranking->room : 1024;
        uint32_t *grown = realloc(ranking->left, room * sizeof *grown);
        if (!grown)
            return out_of_memory(ranking);
        ranking->left = grown;
        grown = realloc(ranking->right, room * sizeof *grown);
        if (!grown)
            return out_of_memory(ranking);
        ranking->right = grown;
        ranking->room = room;
    }
    ranking->left[ranking->asked] = left;
    ranking->right[ranking->asked++] = right;
    return RF_OK;
}

static enum rf_rc ask_pairs(struct ranking *ranking, const uint32_t *thing, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            enum rf_rc rc = ask(ranking, thing[i], thing[j]);
            if (rc != RF_OK)
                return rc;
        }
    }
    return RF_OK;
}

/* The pivot in the middle of what the thing's search has left open. */
static uint32_t pivot_of(const struct ranking *ranking, const struct segment *segment,
                         uint32_t thing)
{
    unsigned below = segment->depths - segment->depth - 1U;
    uint32_t position = ((2 * ranking->node[thing] + 1) << below) - 1;
    return ranking->order[segment->start + position];
}

static enum rf_rc ask_segment(struct ranking *ranking, const struct segment *segment)
{
    const uint32_t *thing = ranking->order + segment->start;
    if (!segment->pivots)
        return ask_pairs(ranking, thing, segment->size);
    if (!segment->sorted)
        return ask_pairs(ranking, thing, segment->pivots);
    for (uint32_t i = segment->pivots; i < segment->size; i++) {
        enum rf_rc rc = ask(ranking, thing[i], pivot_of(ranking, segment, thing[i]));
        if (rc != RF_OK)
            return rc;
    }
    return RF_OK;
}

/* Sorts by the answers to ask_pairs(): a thing's place is the number of things before it. Should
 * answers contradict each other, the earlier thing yields. */
static size_t place_pairs(struct ranking *ranking, uint32_t *thing, uint32_t count,
                          const struct rf_public *answer, size_t at)
{
    uint32_t *place = ranking->node;
    for (uint32_t i = 0; i < count; i++)
        place[thing[i]] = 0;
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            place[thing[rf_public_get(answer, at++) ? j : i]]++;
    }
    memcpy(ranking->spare, thing, count * sizeof *thing);
    memset(thing, 0xff, count * sizeof *thing);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = place[ranking->spare[i]];
        while (thing[to] != UINT32_MAX)
            to = (to + 1) % count;
        thing[to] = ranking->spare[i];
    }
    return at;
}

static enum rf_rc segment_add(struct ranking *ranking, uint32_t start, uint32_t size)
{
    struct segments *list = &ranking->next;
    if (size < 2)
        return RF_OK;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        struct segment *grown = realloc(list->item, room * sizeof *grown);
        if (!grown)
            return out_of_memory(ranking);
        list->item = grown;
        list->room = room;
    }
    struct segment *segment = &list->item[list->count++];
    *segment = (struct segment){.start = start, .size = size};
    if (size > SMALL) {
        uint64_t pivots = 3;
        segment->depths = 2;
        for (; (2 * pivots + 1) * (2 * pivots + 1) <= size; segment->depths++)
            pivots = 2 * pivots + 1;
        segment->pivots = (uint32_t)pivots;
    }
    return RF_OK;
}

/* Every thing's search has ended in a gap between pivots: arrange them gap, pivot, gap, …, and each gap
 * becomes a segment. */
static enum rf_rc split(struct ranking *ranking, const struct segment *segment)
{
    uint32_t gaps = segment->pivots + 1, *thing = ranking->order + segment->start;
    uint32_t *start = calloc((size_t)gaps + 1, sizeof *start), *old = ranking->spare;
    enum rf_rc rc = RF_OK;
    if (!start)
        return out_of_memory(ranking);
    memcpy(old, thing, segment->size * sizeof *thing);
    for (uint32_t i = segment->pivots; i < segment->size; i++)
        start[ranking->node[old[i]] + 1]++;
    for (uint32_t gap = 0; gap < gaps; gap++) {
        RF_TRY(segment_add(ranking, segment->start + start[gap], start[gap + 1]));
        start[gap + 1] += start[gap] + 1;
    }
    for (uint32_t i = segment->pivots; i < segment->size; i++)
        thing[start[ranking->node[old[i]]]++] = old[i];
    for (uint32_t i = 0; i < segment->pivots; i++)
        thing[start[i]] = old[i];
done:
    free(start);
    return rc;
}

static enum rf_rc keep(struct ranking *ranking, struct segment segment)
{
    enum rf_rc rc = segment_add(ranking, segment.start, segment.size);
    if (rc == RF_OK)
        ranking->next.item[ranking->next.count - 1] = segment;
    return rc;
}

static enum rf_rc search_step(struct ranking *ranking, struct segment segment,
                              const struct rf_public *answer, size_t at)
{
    const uint32_t *thing = ranking->order + segment.start;
    for (uint32_t i = segment.pivots; i < segment.size; i++, at++) {
        uint32_t *node = &ranking->node[thing[i]];
        *node = 2 * *node + !rf_public_get(answer, at);
    }
    segment.depth++;
    return segment.depth == segment.depths ? split(ranking, &segment) : keep(ranking, segment);
}

static enum rf_rc sort_pivots(struct ranking *ranking, struct segment segment,
                              const struct rf_public *answer, size_t at)
{
    uint32_t *thing = ranking->order + segment.start;
    (void)place_pairs(ranking, thing, segment.pivots, answer, at);
    for (uint32_t i = segment.pivots; i < segment.size; i++)
        ranking->node[thing[i]] = 0;
    segment.sorted = true;
    return keep(ranking, segment);
}

static size_t questions(const struct segment *segment)
{
    if (segment->sorted)
        return segment->size - segment->pivots;
    size_t count = segment->pivots ? segment->pivots : segment->size;
    return count * (count - 1) / 2;
}

static enum rf_rc learn(struct ranking *ranking, const struct rf_public *answer)
{
    size_t at = 0;
    ranking->next.count = 0;
    for (size_t i = 0; i < ranking->now.count; i++) {
        struct segment segment = ranking->now.item[i];
        enum rf_rc rc = RF_OK;
        if (segment.sorted)
            rc = search_step(ranking, segment, answer, at);
        else if (segment.pivots)
            rc = sort_pivots(ranking, segment, answer, at);
        else
            (void)place_pairs(ranking, ranking->order + segment.start, segment.size, answer, at);
        if (rc != RF_OK)
            return rc;
        at += questions(&segment);
    }
    return RF_OK;
}

/* As things find their place, later levels would ask ever fewer questions. What they leave idle goes
 * into comparing all pairs of larger segments, which saves levels. */
static void hurry(struct ranking *ranking)
{
    uint64_t cost[33] = {0}, idle = ranking->count, spent = 0;
    unsigned most = 0;
    for (size_t i = 0; i < ranking->now.count; i++) {
        const struct segment *segment = &ranking->now.item[i];
        idle -= segment->size;
        if (!segment->sorted)
            cost[rf_bit_length(segment->size - 1)] +=
                (uint64_t)segment->size * (segment->size - 1) / 2;
    }
    while (most < 32 && spent + cost[most + 1] <= idle / 2)
        spent += cost[++most];
    for (size_t i = 0; i < ranking->now.count; i++) {
        struct segment *segment = &ranking->now.item[i];
        if (!segment->sorted && rf_bit_length(segment->size - 1) <= most)
            segment->pivots = 0;
    }
}

static enum rf_rc level(struct ranking *ranking)
{
    enum rf_rc rc = RF_OK;
    struct rf_public answer = {0};
    ranking->asked = 0;
    hurry(ranking);
    for (size_t i = 0; i < ranking->now.count; i++)
        RF_TRY(ask_segment(ranking, &ranking->now.item[i]));
    RF_TRY(rf_public_init(&answer, ranking->space, ranking->asked));
    RF_TRY(ranking->oracle.before(ranking->oracle.context, ranking->left, ranking->right,
                                  ranking->asked, &answer));
    RF_TRY(learn(ranking, &answer));
done:
    rf_public_fini(&answer);
    return rc;
}

enum rf_rc rf_ranking(uint32_t *order, size_t count, struct rf_oracle oracle,
                      struct rf_space *space)
{
    enum rf_rc rc = RF_OK;
    struct ranking ranking = {
        .oracle = oracle,
        .space = space,
        .count = count,
        .order = order,
    };
    if (count > UINT32_MAX)
        return rf_err_set(space->err, RF_E_ARG, "%zu rows are too many to sort", count);
    ranking.spare = calloc(count + 1, sizeof *ranking.spare);
    ranking.node = calloc(count + 1, sizeof *ranking.node);
    if (!ranking.spare || !ranking.node) {
        rc = out_of_memory(&ranking);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    RF_TRY(segment_add(&ranking, 0, (uint32_t)count));
    while (ranking.next.count) {
        struct segments swap = ranking.now;
        ranking.now = ranking.next;
        ranking.next = swap;
        ranking.next.count = 0;
        RF_TRY(level(&ranking));
    }
done:
    free(ranking.spare);
    free(ranking.node);
    free(ranking.left);
    free(ranking.right);
    free(ranking.now.item);
    free(ranking.next.item);
    return rc;
}
