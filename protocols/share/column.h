/** column.h - share columns
 *
 * A column holds one party's part of n secret values. Three kinds, which do not mix:
 *
 * - `struct rf_bits`: n rows of w secret bits as w bit planes, each a packed array of n bits (row r
 *   is bit r % 64 of word r / 64). Circuits work on planes: one instruction handles hundreds of rows.
 * - `struct rf_rows`: the same secret bits row by row, as whole bytes. Permutations work on rows.
 * - `struct rf_ring`: n secret elements of Z_2^64.
 * - public values are plain arrays; `struct rf_public` is one plane of public bits.
 *
 * Each has `parts`: how many words this process holds of each value (1 for plain values, 2 for
 * replicated sharing, 0 when only planning). What is linear is done part by part.
 *
 * Owning columns are made in a space and freed with _fini (harmless when zeroed). Views borrow: they
 * select planes or rows of a column that must outlive them. Bits of a plane's last word beyond
 * the last row are undefined. */
#ifndef RF_PROTOCOLS_SHARE_COLUMN_H
#define RF_PROTOCOLS_SHARE_COLUMN_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/bytes.h"
#include "protocols/share/space.h"

enum { RF_PARTS_MAX = 2, RF_WORD_BITS = 64 };

/** A borrowed choice of planes and rows. */
struct rf_view {
    size_t rows;
    unsigned width;
    unsigned parts;
    size_t stride; /* words from a plane to the next; 0 repeats one plane */
    uint64_t *part[RF_PARTS_MAX];
    struct rf_efforts *efforts; /* as in the space */
};

struct rf_bits {
    struct rf_view all;
    struct rf_space *space;
    struct rf_block block;
};

struct rf_rows {
    size_t rows;
    size_t bytes; /* of one row */
    unsigned parts;
    uint8_t *part[RF_PARTS_MAX];
    struct rf_efforts *efforts;
    struct rf_space *space;
    struct rf_block block;
};

struct rf_ring {
    size_t rows;
    unsigned parts;
    uint64_t *part[RF_PARTS_MAX];
    struct rf_space *space;
    struct rf_block block;
};

/** One plane of public bits; bits beyond the last row are zero. */
struct rf_public {
    size_t rows;
    uint64_t *word;
    struct rf_space *space;
    struct rf_block block;
};

/** rf_words() - words of a plane of @rows bits */
static inline size_t rf_words(size_t rows)
{
    return rf_div_up(rows, RF_WORD_BITS);
}

/** rf_tail_mask() - the bits of a plane's last word that belong to rows */
static inline uint64_t rf_tail_mask(size_t rows)
{
    unsigned used = rows % RF_WORD_BITS;
    return used ? ((uint64_t)1 << used) - 1 : UINT64_MAX;
}

/** rf_bits_init() - n rows of @width bits, undefined; @parts as the backend says */
RF_MUST_CHECK enum rf_rc rf_bits_init(struct rf_bits *bits, struct rf_space *space, unsigned parts,
                                      size_t rows, unsigned width);
void rf_bits_fini(struct rf_bits *bits);

RF_MUST_CHECK enum rf_rc rf_rows_init(struct rf_rows *rows, struct rf_space *space, unsigned parts,
                                      size_t count, size_t bytes);
void rf_rows_fini(struct rf_rows *rows);

/** rf_rows_spare() - memory for one part of columns like @rows, to be freed with rf_space_free() */
RF_MUST_CHECK enum rf_rc rf_rows_spare(struct rf_block *block, struct rf_space *space,
                                       const struct rf_rows *rows);

RF_MUST_CHECK enum rf_rc rf_ring_init(struct rf_ring *ring, struct rf_space *space, unsigned parts,
                                      size_t rows);
void rf_ring_fini(struct rf_ring *ring);

/** rf_public_init() - all zero; has memory in a planning space too */
RF_MUST_CHECK enum rf_rc rf_public_init(struct rf_public *bits, struct rf_space *space,
                                        size_t rows);
void rf_public_fini(struct rf_public *bits);

static inline bool rf_public_get(const struct rf_public *bits, size_t row)
{
    return bits->word[row / RF_WORD_BITS] >> (row % RF_WORD_BITS) & 1;
}

static inline void rf_public_set(struct rf_public *bits, size_t row)
{
    bits->word[row / RF_WORD_BITS] |= (uint64_t)1 << (row % RF_WORD_BITS);
}

/** rf_planes() - @width planes of a view, from plane @from */
static inline struct rf_view rf_planes(struct rf_view view, unsigned from, unsigned width)
{
    assert(from + width <= view.width);
    for (unsigned i = 0; i < view.parts; i++)
        view.part[i] += from * view.stride;
    view.width = width;
    return view;
}

/** rf_every() - planes @from, @from + @step, …; @width of them */
static inline struct rf_view rf_every(struct rf_view view, unsigned from, unsigned step,
                                      unsigned width)
{
    assert(width == 0 || from + step * (width - 1) < view.width);
    for (unsigned i = 0; i < view.parts; i++)
        view.part[i] += from * view.stride;
    view.width = width;
    view.stride *= step;
    return view;
}

/** rf_repeat() - one plane as if it were @width equal ones; only as an operand */
static inline struct rf_view rf_repeat(struct rf_view plane, unsigned width)
{
    assert(plane.width == 1);
    plane.width = width;
    plane.stride = 0;
    return plane;
}

/** rf_slice() - @rows rows of a view, from row @from, a multiple of 64 */
static inline struct rf_view rf_slice(struct rf_view view, size_t from, size_t rows)
{
    assert(from % RF_WORD_BITS == 0 && from + rows <= rf_round_up(view.rows, RF_WORD_BITS));
    for (unsigned i = 0; i < view.parts; i++)
        view.part[i] += from / RF_WORD_BITS;
    view.rows = rows;
    return view;
}

/** rf_rows_part() - @count rows from row @first on, borrowed: not to be given to rf_rows_fini() */
static inline struct rf_rows rf_rows_part(const struct rf_rows *rows, size_t first, size_t count)
{
    assert(first + count <= rows->rows);
    struct rf_rows part = {
        .rows = count, .bytes = rows->bytes, .parts = rows->parts, .efforts = rows->efforts};
    for (unsigned i = 0; i < rows->parts; i++)
        part.part[i] = rows->part[i] + first * rows->bytes;
    return part;
}

/** rf_plane() - the words of one part of one plane */
static inline uint64_t *rf_plane(struct rf_view view, unsigned part, unsigned plane)
{
    return view.part[part] + plane * view.stride;
}

#endif
