/** pieces.h - where a frame differs from one of which only short hashes were kept
 *
 * A full transcript leaves out what a party sent: it follows from seed and payloads received, and twice the
 * volume would be too much. So that replay can still say where in a frame a party deviated, 4 bytes
 * are kept for each 256. They are the recorder's own word: a hint where to look, while the frame's leaf is what
 * proves a difference. Sealed with all else: whoever reads them can recompute the frame anyway. */
#ifndef RF_PARTY_TRANSCRIPT_PIECES_H
#define RF_PARTY_TRANSCRIPT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/bytes.h"

enum { RF_PIECE = 256, RF_PIECE_HASH = 4 }; /* bytes */

/** rf_pieces_size() - bytes of the hashes of @size bytes */
static inline size_t rf_pieces_size(size_t size)
{
    return rf_div_up(size, RF_PIECE) * RF_PIECE_HASH;
}

/** rf_pieces_hash() - XXH3 with 64 bits of each piece, of which the lower 32, little-endian
 * @hashes: rf_pieces_size(@size) bytes */
void rf_pieces_hash(uint8_t *hashes, const uint8_t *data, size_t size);

/** Bytes of a frame, among which is the first that differs. */
struct rf_pieces_place {
    size_t at, size; /* size 1: it is this one */
};

/** rf_pieces_differ() - where is the first difference between @data and the bytes that @hashes are of?
 * The byte itself if it is the only one in its piece that differs, else the piece.
 * Gives back false if there is none as far as both go. */
bool rf_pieces_differ(struct rf_pieces_place *place, const uint8_t *hashes, size_t hashes_size,
                      const uint8_t *data, size_t size);

#endif
