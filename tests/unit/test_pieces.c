/* Hashes of pieces say where a frame differs. */
#include <criterion/criterion.h>
#include <string.h>

#include "party/transcript/pieces.h"

enum { SIZE = 5 * RF_PIECE + 77, HASHES = 6 * RF_PIECE_HASH };

struct frame {
    uint8_t due[SIZE], sent[SIZE], hashes[HASHES];
};

static void fill(struct frame *frame)
{
    for (size_t i = 0; i < SIZE; i++)
        frame->due[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(frame->sent, frame->due, SIZE);
}

/* What is kept of the frame sent, held against the one that is due. */
static struct rf_pieces_place where(struct frame *frame, size_t size)
{
    struct rf_pieces_place place = {0};
    rf_pieces_hash(frame->hashes, frame->sent, size);
    bool differs = rf_pieces_differ(&place, frame->hashes, rf_pieces_size(size), frame->due, size);
    cr_expect_eq(differs, memcmp(frame->due, frame->sent, size) != 0);
    return place;
}

Test(pieces, nothing_differs)
{
    struct frame frame;
    fill(&frame);
    cr_expect_eq(rf_pieces_size(0), 0);
    cr_expect_eq(rf_pieces_size(RF_PIECE), RF_PIECE_HASH);
    cr_expect_eq(rf_pieces_size(SIZE), HASHES);
    for (size_t size = 0; size <= SIZE; size += 11)
        cr_expect_eq(where(&frame, size).size, 0);
}

Test(pieces, the_one_byte_that_differs)
{
    static const size_t at[] = {0, 1, RF_PIECE - 1, RF_PIECE, 3 * RF_PIECE + 100, SIZE - 1};
    struct frame frame;
    fill(&frame);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        for (unsigned change = 1; change < 256; change += 127) {
            frame.sent[at[i]] ^= (uint8_t)change;
            struct rf_pieces_place place = where(&frame, SIZE);
            cr_expect_eq(place.at, at[i]);
            cr_expect_eq(place.size, 1);
            frame.sent[at[i]] ^= (uint8_t)change;
        }
    }
}

Test(pieces, the_first_piece_in_which_several_differ)
{
    struct frame frame;
    fill(&frame);
    frame.sent[2 * RF_PIECE + 5] ^= 1;
    frame.sent[2 * RF_PIECE + 6] ^= 1;
    frame.sent[4 * RF_PIECE] ^= 1;
    struct rf_pieces_place place = where(&frame, SIZE);
    cr_expect_eq(place.at, 2 * RF_PIECE);
    cr_expect_eq(place.size, RF_PIECE);

    fill(&frame);
    frame.sent[SIZE - 1] ^= 1;
    frame.sent[SIZE - 2] ^= 1;
    place = where(&frame, SIZE);
    cr_expect_eq(place.at, 5 * RF_PIECE);
    cr_expect_eq(place.size, SIZE - 5 * RF_PIECE);
}

/* Hashes come from a file: there may be too few, too many, or another number of bytes. */
Test(pieces, no_more_is_read_than_there_is)
{
    struct frame frame;
    struct rf_pieces_place place;
    fill(&frame);
    frame.sent[SIZE - 1] ^= 1;
    rf_pieces_hash(frame.hashes, frame.sent, SIZE);
    for (size_t size = 0; size < HASHES; size++)
        cr_expect_not(rf_pieces_differ(&place, frame.hashes, size, frame.due, SIZE));
    cr_expect(rf_pieces_differ(&place, frame.hashes, HASHES, frame.due, SIZE));
    cr_expect_not(rf_pieces_differ(&place, frame.hashes, HASHES, frame.due, RF_PIECE));
    cr_expect_not(rf_pieces_differ(&place, frame.hashes, HASHES, frame.due, 0));
}
