#include "party/transcript/pieces.h"

#include <string.h>
#include <xxhash.h>

#include "net/base/secret.h"

static uint32_t hash_of(const uint8_t *piece, size_t size)
{
    return (uint32_t)XXH3_64bits(piece, size);
}

static size_t piece_size(size_t at, size_t size)
{
    return size - at < RF_PIECE ? size - at : RF_PIECE;
}

void rf_pieces_hash(uint8_t *hashes, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size; at += RF_PIECE, hashes += RF_PIECE_HASH)
        rf_store32(hashes, hash_of(data + at, piece_size(at, size)));
}

/* Which one byte, if it were another, gives this hash? @size if none does. */
static size_t only_byte(const uint8_t *data, size_t size, uint32_t hash)
{
    uint8_t piece[RF_PIECE];
    size_t at = 0;
    bool found = false;
    memcpy(piece, data, size);
    while (at < size && !found) {
        for (unsigned change = 1; change < 256 && !found; change++) {
            piece[at] = data[at] ^ (uint8_t)change;
            found = hash_of(piece, size) == hash;
        }
        piece[at] = data[at];
        at += !found;
    }
    rf_secret_wipe(piece, sizeof piece);
    return at;
}

bool rf_pieces_differ(struct rf_pieces_place *place, const uint8_t *hashes, size_t hashes_size,
                      const uint8_t *data, size_t size)
{
    for (size_t at = 0, i = 0; at < size && i + RF_PIECE_HASH <= hashes_size;
         at += RF_PIECE, i += RF_PIECE_HASH) {
        uint32_t hash = rf_load32(hashes + i);
        size_t length = piece_size(at, size);
        if (hash_of(data + at, length) == hash)
            continue;
        size_t only = only_byte(data + at, length, hash);
        *place = only < length ? (struct rf_pieces_place){at + only, 1}
                               : (struct rf_pieces_place){at, length};
        return true;
    }
    return false;
}
