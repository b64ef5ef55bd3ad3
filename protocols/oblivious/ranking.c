#include "protocols/oblivious/ranking.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 8, QUESTIONS = 1 << 20 };

/* Positions start … start + size - 1 hold things that belong between two things already placed. The
 * first 2^depths - 1 of them are the pivots; none: all pairs are compared. */
struct segment {
    uint32_t start, size;
    uint8_t depths; /* of the search tree over the pivots: at most 16 */
    uint8_t depth;  /* comparisons made with it; the pivots are sorted first */
    bool sorted;
};

struct segments {
    struct segment *item;
    size_t count, room;
    struct rf_public memory;
};

/* Public numbers, but as many as there are rows: they are counted as columns are. */
struct ranking {
    struct rf_oracle oracle;
    struct rf_space *space;
    size_t count;
    uint32_t *order; /* the thing at each position */
    uint32_t *from;  /* work space: how a segment is rearranged */
    uint32_t *place; /* work space: where things go whose pairs have all been compared */
    uint16_t *node;  /* of a position: where its thing's search in the pivots' tree stands */
    struct segments now, next;
    uint32_t *left, *right; /* questions that wait */
    size_t room, waiting;
    struct rf_public answer;
    size_t answered;
    struct rf_public from_memory, place_memory, node_memory, question_memory;
};

static uint32_t pivots_of(const struct segment *segment)
{
    return (1U << segment->depths) - 1;
}

static enum rf_rc numbers_init(struct ranking *ranking, struct rf_public *memory, size_t count,
                               size_t size)
{
    rf_public_fini(memory);
    return rf_public_init(memory, ranking->space, count * size * 8);
}

/* ---- asking ---- */

static size_t questions_of(const struct segment *segment)
{
    if (segment->sorted)
        return segment->size - pivots_of(segment);
    size_t count = segment->depths ? pivots_of(segment) : segment->size;
    return count * (count - 1) / 2;
}

static enum rf_rc put_questions(struct ranking *ranking)
{
    struct rf_public part = {
        .rows = ranking->waiting,
        .word = ranking->answer.word + ranking->answered / RF_WORD_BITS,
    };
    ranking->answered += ranking->waiting;
    ranking->waiting = 0;
    return part.rows ? ranking->oracle.before(ranking->oracle.context, ranking->left,
                                              ranking->right, part.rows, &part)
                     : RF_OK;
}

static enum rf_rc ask(struct ranking *ranking, uint32_t left, uint32_t right)
{
    ranking->left[ranking->waiting] = left;
    ranking->right[ranking->waiting++] = right;
    return ranking->waiting < ranking->room ? RF_OK : put_questions(ranking);
}

static enum rf_rc ask_pairs(struct ranking *ranking, uint32_t start, uint32_t count)
{
    enum rf_rc rc = RF_OK;
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            RF_TRY(ask(ranking, start + i, start + j));
    }
done:
    return rc;
}

/* The pivot in the middle of what a search has left open. */
static enum rf_rc ask_search(struct ranking *ranking, const struct segment *segment)
{
    enum rf_rc rc = RF_OK;
    unsigned below = segment->depths - segment->depth - 1U;
    uint32_t end = segment->start + segment->size;
    for (uint32_t at = segment->start + pivots_of(segment); at < end; at++) {
        uint32_t pivot = ((2U * ranking->node[at] + 1) << below) - 1;
        RF_TRY(ask(ranking, at, segment->start + pivot));
    }
done:
    return rc;
}

static enum rf_rc ask_segment(struct ranking *ranking, const struct segment *segment)
{
    if (segment->sorted)
        return ask_search(ranking, segment);
    return ask_pairs(ranking, segment->start, segment->depths ? pivots_of(segment) : segment->size);
}

static enum rf_rc make_room(struct ranking *ranking, size_t questions)
{
    enum rf_rc rc = RF_OK;
    size_t room = rf_round_up(questions ? questions : 1, RF_WORD_BITS);
    room = room < QUESTIONS ? room : QUESTIONS;
    if (room <= ranking->room)
        return RF_OK;
    RF_TRY(numbers_init(ranking, &ranking->question_memory, 2 * room, sizeof *ranking->left));
    ranking->left = (uint32_t *)(void *)ranking->question_memory.word;
    ranking->right = ranking->left + room;
    ranking->room = room;
done:
    return rc;
}

static enum rf_rc ask_all(struct ranking *ranking)
{
    enum rf_rc rc;
    size_t questions = 0;
    for (size_t i = 0; i < ranking->now.count; i++)
        questions += questions_of(&ranking->now.item[i]);
    RF_TRY(make_room(ranking, questions));
    RF_TRY(rf_public_init(&ranking->answer, ranking->space, questions));
    ranking->answered = 0;
    for (size_t i = 0; i < ranking->now.count; i++)
        RF_TRY(ask_segment(ranking, &ranking->now.item[i]));
    RF_TRY(put_questions(ranking));
    /* Of each thing: its place, its last move, the pivot under way. */
    rf_effort_count(ranking->space->efforts, RF_EFFORT_ASK, questions,
                    (uint64_t)ranking->count *
                        (2 * sizeof *ranking->order + sizeof *ranking->node));
done:
    return rc;
}

/* ---- learning ---- */

/* Moves what stands at start … start + count - 1 as ranking->from says, which is used up. */
static void rearrange(struct ranking *ranking, uint32_t start, uint32_t count, bool still_asked)
{
    uint32_t *order = ranking->order + start, *from = ranking->from;
    if (still_asked && ranking->oracle.moved)
        ranking->oracle.moved(ranking->oracle.context, start, count, from);
    for (uint32_t i = 0; i < count; i++)
        from[i] = order[from[i]];
    memcpy(order, from, count * sizeof *order);
}

/* Finds by the answers to ask_pairs() where each thing goes: behind as many as come before it. Should
 * answers contradict each other, the earlier thing yields. */
static void place_pairs(struct ranking *ranking, uint32_t count, size_t at)
{
    uint32_t *place = ranking->place, *from = ranking->from;
    memset(place, 0, count * sizeof *place);
    memset(from, 0xff, count * sizeof *from);
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            place[rf_public_get(&ranking->answer, at++) ? j : i]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = place[i];
        while (from[to] != UINT32_MAX)
            to = (to + 1) % count;
        from[to] = i;
    }
}

/* What becomes of a segment at most. */
static size_t successors(const struct segment *segment)
{
    if (!segment->depths)
        return 0;
    if (!segment->sorted || segment->depth + 1 < segment->depths)
        return 1;
    size_t gaps = pivots_of(segment) + 1, pairs = (segment->size - pivots_of(segment)) / 2;
    return gaps < pairs ? gaps : pairs;
}

static enum rf_rc next_init(struct ranking *ranking)
{
    enum rf_rc rc = RF_OK;
    struct segments *next = &ranking->next;
    size_t room = 1;
    for (size_t i = 0; i < ranking->now.count; i++)
        room += successors(&ranking->now.item[i]);
    next->count = 0;
    if (room <= next->room)
        return RF_OK;
    RF_TRY(numbers_init(ranking, &next->memory, room, sizeof *next->item));
    next->item = (struct segment *)(void *)next->memory.word;
    next->room = room;
done:
    return rc;
}

static void push(struct ranking *ranking, struct segment segment)
{
    assert(ranking->next.count < ranking->next.room);
    ranking->next.item[ranking->next.count++] = segment;
}

static void segment_add(struct ranking *ranking, uint32_t start, uint32_t size)
{
    struct segment segment = {.start = start, .size = size};
    if (size < 2)
        return;
    if (size > SMALL) {
        uint64_t pivots = 3;
        segment.depths = 2;
        for (; (2 * pivots + 1) * (2 * pivots + 1) <= size; segment.depths++)
            pivots = 2 * pivots + 1;
    }
    push(ranking, segment);
}

/* Every thing's search has ended in a gap between pivots: arrange them gap, pivot, gap, …, and each gap
 * becomes a segment. */
static enum rf_rc split(struct ranking *ranking, const struct segment *segment)
{
    uint32_t pivots = pivots_of(segment);
    const uint16_t *node = ranking->node + segment->start;
    uint32_t *start = calloc((size_t)pivots + 2, sizeof *start);
    if (!start)
        return rf_err_set(ranking->space->err, RF_E_MEMORY, "out of memory while sorting");
    for (uint32_t i = pivots; i < segment->size; i++)
        start[node[i] + 1]++;
    for (uint32_t gap = 0; gap <= pivots; gap++) {
        segment_add(ranking, segment->start + start[gap], start[gap + 1]);
        start[gap + 1] += start[gap] + 1;
    }
    for (uint32_t i = pivots; i < segment->size; i++)
        ranking->from[start[node[i]]++] = i;
    for (uint32_t i = 0; i < pivots; i++)
        ranking->from[start[i]] = i;
    rearrange(ranking, segment->start, segment->size, true);
    free(start);
    return RF_OK;
}

static enum rf_rc search_step(struct ranking *ranking, struct segment segment, size_t at)
{
    uint16_t *node = ranking->node + segment.start;
    for (uint32_t i = pivots_of(&segment); i < segment.size; i++, at++)
        node[i] = (uint16_t)(2 * node[i] + !rf_public_get(&ranking->answer, at));
    segment.depth++;
    if (segment.depth == segment.depths)
        return split(ranking, &segment);
    push(ranking, segment);
    return RF_OK;
}

static void sort_pivots(struct ranking *ranking, struct segment segment, size_t at)
{
    place_pairs(ranking, pivots_of(&segment), at);
    rearrange(ranking, segment.start, pivots_of(&segment), true);
    memset(ranking->node + segment.start, 0, segment.size * sizeof *ranking->node);
    segment.sorted = true;
    push(ranking, segment);
}

static enum rf_rc learn(struct ranking *ranking)
{
    enum rf_rc rc;
    size_t at = 0;
    RF_TRY(next_init(ranking));
    for (size_t i = 0; i < ranking->now.count; i++) {
        struct segment segment = ranking->now.item[i];
        if (segment.sorted) {
            RF_TRY(search_step(ranking, segment, at));
        } else if (segment.depths) {
            sort_pivots(ranking, segment, at);
        } else {
            place_pairs(ranking, segment.size, at);
            rearrange(ranking, segment.start, segment.size, false);
        }
        at += questions_of(&segment);
    }
done:
    return rc;
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
            segment->depths = 0;
    }
}

static enum rf_rc level(struct ranking *ranking)
{
    enum rf_rc rc;
    struct segments swap = ranking->now;
    ranking->now = ranking->next;
    ranking->next = swap;
    hurry(ranking);
    RF_TRY(ask_all(ranking));
    RF_TRY(learn(ranking));
done:
    rf_public_fini(&ranking->answer);
    return rc;
}

/* All pairs are compared of SMALL things, of pivots, and of as many as hurry() finds idle: at most some
 * sqrt(n). */
static size_t most_pairs(size_t count)
{
    size_t most = 2 * SMALL;
    while (most * most < 2 * count)
        most *= 2;
    return most;
}

static enum rf_rc begin(struct ranking *ranking)
{
    enum rf_rc rc;
    size_t count = ranking->count;
    RF_TRY(numbers_init(ranking, &ranking->from_memory, count, sizeof *ranking->from));
    RF_TRY(numbers_init(ranking, &ranking->node_memory, count, sizeof *ranking->node));
    RF_TRY(
        numbers_init(ranking, &ranking->place_memory, most_pairs(count), sizeof *ranking->place));
    ranking->from = (uint32_t *)(void *)ranking->from_memory.word;
    ranking->node = (uint16_t *)(void *)ranking->node_memory.word;
    ranking->place = (uint32_t *)(void *)ranking->place_memory.word;
    for (size_t i = 0; i < count; i++)
        ranking->order[i] = (uint32_t)i;
    RF_TRY(next_init(ranking));
    segment_add(ranking, 0, (uint32_t)count);
done:
    return rc;
}

enum rf_rc rf_ranking(uint32_t *order, size_t count, struct rf_oracle oracle,
                      struct rf_space *space)
{
    enum rf_rc rc;
    struct ranking ranking = {
        .oracle = oracle,
        .space = space,
        .count = count,
        .order = order,
    };
    if (count > UINT32_MAX)
        return rf_err_set(space->err, RF_E_ARG, "%zu rows are too many to sort", count);
    RF_TRY(begin(&ranking));
    while (ranking.next.count)
        RF_TRY(level(&ranking));
done:
    rf_public_fini(&ranking.from_memory);
    rf_public_fini(&ranking.place_memory);
    rf_public_fini(&ranking.node_memory);
    rf_public_fini(&ranking.question_memory);
    rf_public_fini(&ranking.now.memory);
    rf_public_fini(&ranking.next.memory);
    return rc;
}
