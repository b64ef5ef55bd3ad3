#include "net/intake.h"

#include <stdlib.h>
#include <string.h>

enum rf_rc rf_intake_init(struct rf_intake *intake, size_t window, struct rf_pool *frames)
{
    *intake = (struct rf_intake){.frames = frames, .parked_room = window};
    intake->parked = calloc(window, sizeof *intake->parked);
    return intake->parked ? RF_OK : RF_E_MEMORY;
}

void rf_intake_fini(struct rf_intake *intake)
{
    while (rf_intake_parked(intake))
        rf_intake_unpark(intake);
    free(intake->spots);
    free(intake->dues);
    free(intake->parked);
    *intake = (struct rf_intake){0};
}

/* Room for one more element behind the last one; elements before @first are no longer needed. */
static bool make_room(void **array, size_t *first, size_t *count, size_t *room, size_t element)
{
    if (*count < *room)
        return true;
    if (*first > 0 && *first >= *room / 2) {
        memmove(*array, (char *)*array + *first * element, (*count - *first) * element);
        *count -= *first;
        *first = 0;
        return true;
    }
    size_t wider = *room ? 2 * *room : 16;
    void *moved = reallocarray(*array, wider, element);
    if (!moved)
        return false;
    *array = moved;
    *room = wider;
    return true;
}

static bool add_spot(struct rf_intake *intake, void *destination, size_t size)
{
    void *spots = intake->spots;
    bool room = make_room(&spots, &intake->spot_first, &intake->spot_count, &intake->spot_room,
                          sizeof *intake->spots);
    intake->spots = spots;
    if (room)
        intake->spots[intake->spot_count++] = (struct rf_spot){.at = destination, .left = size};
    return room;
}

static struct rf_due *newest(const struct rf_intake *intake)
{
    return intake->due_count > intake->due_first ? &intake->dues[intake->due_count - 1] : NULL;
}

bool rf_intake_asking(const struct rf_intake *intake)
{
    const struct rf_due *due = newest(intake);
    return due && !due->ended;
}

static struct rf_due *asked(struct rf_intake *intake, uint32_t step)
{
    if (rf_intake_asking(intake))
        return newest(intake);
    size_t first = intake->due_first;
    void *dues = intake->dues;
    bool room = make_room(&dues, &intake->due_first, &intake->due_count, &intake->due_room,
                          sizeof *intake->dues);
    intake->dues = dues;
    intake->due_open -= first - intake->due_first;
    if (!room)
        return NULL;
    intake->dues[intake->due_count] = (struct rf_due){.step = step};
    return &intake->dues[intake->due_count++];
}

/* Messages that have all come are passed over. */
static void pass_complete(struct rf_intake *intake)
{
    while (intake->due_open < intake->due_count) {
        const struct rf_due *due = &intake->dues[intake->due_open];
        bool complete = due->ended && (due->last || (due->left == 0 && !due->begun));
        if (!complete)
            return;
        intake->due_open++;
    }
}

enum rf_rc rf_intake_want(struct rf_intake *intake, void *destination, size_t size, uint32_t step)
{
    struct rf_due *due = asked(intake, step);
    if (!due || (size > 0 && !add_spot(intake, destination, size)))
        return RF_E_MEMORY;
    due->left += size;
    return due->last && size > 0 ? RF_E_CHEAT : RF_OK;
}

enum rf_rc rf_intake_want_end(struct rf_intake *intake, uint32_t step, uint64_t round)
{
    struct rf_due *due = asked(intake, step);
    if (!due)
        return RF_E_MEMORY;
    due->ended = true;
    due->round = round;
    pass_complete(intake);
    return RF_OK;
}

struct rf_due *rf_intake_due(struct rf_intake *intake)
{
    return intake->due_open < intake->due_count ? &intake->dues[intake->due_open] : NULL;
}

bool rf_intake_waitable(const struct rf_intake *intake, bool *complete)
{
    *complete = intake->due_first < intake->due_open;
    return intake->due_first < intake->due_count && intake->dues[intake->due_first].ended;
}

uint64_t rf_intake_waited(struct rf_intake *intake)
{
    uint64_t round = intake->dues[intake->due_first++].round;
    if (intake->due_first == intake->due_count)
        intake->due_first = intake->due_open = intake->due_count = 0;
    return round;
}

enum rf_meeting rf_intake_meet(struct rf_intake *intake, const struct rf_frame_header *header,
                               const char **why)
{
    const struct rf_due *due = rf_intake_due(intake);
    bool last = header->kind == RF_FRAME_DATA_LAST;
    if (!due || (due->last && !due->ended))
        return RF_MEETS_LATER;
    if (header->length > due->left && !due->ended)
        return RF_MEETS_LATER;
    if (header->length > due->left)
        *why = "sent more bytes than its message has";
    else if (last && header->length < due->left)
        *why = "ended a message before all its bytes were sent";
    else if (last && header->length == 0 && !due->begun)
        *why = "sent an empty message";
    else
        return RF_MEETS;
    return RF_MEETS_NOT;
}

uint8_t *rf_intake_spot(struct rf_intake *intake, size_t most, size_t *size)
{
    struct rf_spot *spot = &intake->spots[intake->spot_first];
    *size = spot->left < most ? spot->left : most;
    return spot->at;
}

void rf_intake_filled(struct rf_intake *intake, size_t size)
{
    struct rf_spot *spot = &intake->spots[intake->spot_first];
    spot->at += size;
    spot->left -= size;
    intake->dues[intake->due_open].left -= size;
    if (spot->left == 0 && ++intake->spot_first == intake->spot_count)
        intake->spot_first = intake->spot_count = 0;
}

void rf_intake_frame_done(struct rf_intake *intake, const struct rf_frame_header *header)
{
    struct rf_due *due = &intake->dues[intake->due_open];
    due->begun = true;
    due->last = header->kind == RF_FRAME_DATA_LAST;
    pass_complete(intake);
}

bool rf_intake_park(struct rf_intake *intake, const struct rf_frame_header *header, uint8_t *bytes)
{
    if (intake->parked_count == intake->parked_room)
        return false;
    size_t at = (intake->parked_first + intake->parked_count++) % intake->parked_room;
    intake->parked[at] = (struct rf_parked){.header = *header, .bytes = bytes};
    return true;
}

struct rf_parked *rf_intake_parked(struct rf_intake *intake)
{
    return intake->parked_count ? &intake->parked[intake->parked_first] : NULL;
}

void rf_intake_unpark(struct rf_intake *intake)
{
    rf_pool_give(intake->frames, intake->parked[intake->parked_first].bytes);
    intake->parked_first = (intake->parked_first + 1) % intake->parked_room;
    intake->parked_count--;
}
