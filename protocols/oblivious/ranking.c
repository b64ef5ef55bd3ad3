#include "protocols/oblivious/ranking.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 8 };

/* Positions start … start + size - 1 hold things that belong between two things already placed. The
 * first `pivots` of them are the pivots; none: all pairs are compared. */
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
    uint32_t *order;        /* the thing at each position */
    uint32_t *from, *spare; /* work space: how a segment is rearranged */
    uint32_t *node;         /* of a position: where its thing's search in the pivots' tree stands */
    struct segments now, next;
    uint32_t *left, *right;
    size_t asked, room;
};

static enum rf_rc out_of_memory(struct ranking *ranking)
{
    return rf_err_set(ranking->space->err, RF_E_MEMORY, "out of memory while sorting");
}

/* ---- asking ---- */

static size_t questions(const struct segment *segment)
{
    if (segment->sorted)
        return segment->size - segment->pivots;
    size_t count = segment->pivots ? segment->pivots : segment->size;
    return count * (count - 1) / 2;
}

static enum rf_rc make_room(struct ranking *ranking)
{
    size_t wanted = 0;
    for (size_t i = 0; i < ranking->now.count; i++)
        wanted += questions(&ranking->now.item[i]);
    if (wanted <= ranking->room)
        return RF_OK;
    free(ranking->left);
    free(ranking->right);
    ranking->left = calloc(wanted, sizeof *ranking->left);
    ranking->right = calloc(wanted, sizeof *ranking->right);
    ranking->room = wanted;
    return ranking->left && ranking->right ? RF_OK : out_of_memory(ranking);
}

static void ask(struct ranking *ranking, uint32_t left, uint32_t right)
{
    ranking->left[ranking->asked] = left;
    ranking->right[ranking->asked++] = right;
}

static void ask_pairs(struct ranking *ranking, uint32_t start, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            ask(ranking, start + i, start + j);
    }
}

/* The pivot in the middle of what a search has left open. */
static void ask_search(struct ranking *ranking, const struct segment *segment)
{
    unsigned below = segment->depths - segment->depth - 1U;
    uint32_t end = segment->start + segment->size;
    for (uint32_t at = segment->start + segment->pivots; at < end; at++) {
        uint32_t pivot = ((2 * ranking->node[at] + 1) << below) - 1;
        ask(ranking, at, segment->start + pivot);
    }
}

static void ask_segment(struct ranking *ranking, const struct segment *segment)
{
    if (segment->sorted)
        ask_search(ranking, segment);
    else
        ask_pairs(ranking, segment->start, segment->pivots ? segment->pivots : segment->size);
}

/* ---- learning ---- */

/* Moves what stands at start … start + count - 1 as ranking->from says. */
static void rearrange(struct ranking *ranking, uint32_t start, uint32_t count, bool still_asked)
{
    memcpy(ranking->spare, ranking->order + start, count * sizeof *ranking->order);
    for (uint32_t i = 0; i < count; i++)
        ranking->order[start + i] = ranking->spare[ranking->from[i]];
    if (still_asked && ranking->oracle.moved)
        ranking->oracle.moved(ranking->oracle.context, start, count, ranking->from);
}

/* Finds by the answers to ask_pairs() where each thing goes: behind as many as come before it. Should
 * answers contradict each other, the earlier thing yields. */
static void place_pairs(struct ranking *ranking, uint32_t count, const struct rf_public *answer,
                        size_t at)
{
    uint32_t *place = ranking->spare, *from = ranking->from;
    memset(place, 0, count * sizeof *place);
    memset(from, 0xff, count * sizeof *from);
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            place[rf_public_get(answer, at++) ? j : i]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = place[i];
        while (from[to] != UINT32_MAX)
            to = (to + 1) % count;
        from[to] = i;
    }
}

static enum rf_rc push(struct ranking *ranking, struct segment segment)
{
    struct segments *list = &ranking->next;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        struct segment *grown = realloc(list->item, room * sizeof *grown);
        if (!grown)
            return out_of_memory(ranking);
        list->item = grown;
        list->room = room;
    }
    list->item[list->count++] = segment;
    return RF_OK;
}

static enum rf_rc segment_add(struct ranking *ranking, uint32_t start, uint32_t size)
{
    struct segment segment = {.start = start, .size = size};
    if (size < 2)
        return RF_OK;
    if (size > SMALL) {
        uint64_t pivots = 3;
        segment.depths = 2;
        for (; (2 * pivots + 1) * (2 * pivots + 1) <= size; segment.depths++)
            pivots = 2 * pivots + 1;
        segment.pivots = (uint32_t)pivots;
    }
    return push(ranking, segment);
}

/* Every thing's search has ended in a gap between pivots: arrange them gap, pivot, gap, …, and each gap
 * becomes a segment. */
static enum rf_rc split(struct ranking *ranking, const struct segment *segment)
{
    uint32_t gaps = segment->pivots + 1;
    const uint32_t *node = ranking->node + segment->start;
    uint32_t *start = calloc((size_t)gaps + 1, sizeof *start);
    enum rf_rc rc = RF_OK;
    if (!start)
        return out_of_memory(ranking);
    for (uint32_t i = segment->pivots; i < segment->size; i++)
        start[node[i] + 1]++;
    for (uint32_t gap = 0; gap < gaps; gap++) {
        RF_TRY(segment_add(ranking, segment->start + start[gap], start[gap + 1]));
        start[gap + 1] += start[gap] + 1;
    }
    for (uint32_t i = segment->pivots; i < segment->size; i++)
        ranking->from[start[node[i]]++] = i;
    for (uint32_t i = 0; i < segment->pivots; i++)
        ranking->from[start[i]] = i;
    rearrange(ranking, segment->start, segment->size, true);
done:
    free(start);
    return rc;
}

static enum rf_rc search_step(struct ranking *ranking, struct segment segment,
                              const struct rf_public *answer, size_t at)
{
    uint32_t *node = ranking->node + segment.start;
    for (uint32_t i = segment.pivots; i < segment.size; i++, at++)
        node[i] = 2 * node[i] + !rf_public_get(answer, at);
    segment.depth++;
    return segment.depth == segment.depths ? split(ranking, &segment) : push(ranking, segment);
}

static enum rf_rc sort_pivots(struct ranking *ranking, struct segment segment,
                              const struct rf_public *answer, size_t at)
{
    place_pairs(ranking, segment.pivots, answer, at);
    rearrange(ranking, segment.start, segment.pivots, true);
    memset(ranking->node + segment.start, 0, segment.size * sizeof *ranking->node);
    segment.sorted = true;
    return push(ranking, segment);
}

static enum rf_rc learn(struct ranking *ranking, const struct rf_public *answer)
{
    size_t at = 0;
    ranking->next.count = 0;
    for (size_t i = 0; i < ranking->now.count; i++) {
        struct segment segment = ranking->now.item[i];
        enum rf_rc rc = RF_OK;
        if (segment.sorted) {
            rc = search_step(ranking, segment, answer, at);
        } else if (segment.pivots) {
            rc = sort_pivots(ranking, segment, answer, at);
        } else {
            place_pairs(ranking, segment.size, answer, at);
            rearrange(ranking, segment.start, segment.size, false);
        }
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
    enum rf_rc rc;
    struct rf_public answer = {0};
    hurry(ranking);
    RF_TRY(make_room(ranking));
    ranking->asked = 0;
    for (size_t i = 0; i < ranking->now.count; i++)
        ask_segment(ranking, &ranking->now.item[i]);
    RF_TRY(rf_public_init(&answer, ranking->space, ranking->asked));
    RF_TRY(ranking->oracle.before(ranking->oracle.context, ranking->left, ranking->right,
                                  ranking->asked, &answer));
    RF_TRY(learn(ranking, &answer));
    /* Of each thing: its place, the pivot under way, the last move, the question's two ends. */
    rf_effort_count(ranking->space->efforts, RF_EFFORT_ASK, ranking->asked,
                    (uint64_t)ranking->count * 5 * sizeof *ranking->order);
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
    ranking.from = calloc(count + 1, sizeof *ranking.from);
    ranking.spare = calloc(count + 1, sizeof *ranking.spare);
    ranking.node = calloc(count + 1, sizeof *ranking.node);
    if (!ranking.from || !ranking.spare || !ranking.node) {
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
    free(ranking.from);
    free(ranking.spare);
    free(ranking.node);
    free(ranking.left);
    free(ranking.right);
    free(ranking.now.item);
    free(ranking.next.item);
    return rc;
}
