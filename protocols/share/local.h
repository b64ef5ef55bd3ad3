/** local.h - what a party computes on its own shares, without a message
 *
 * All functions work part by part, on views of equal shape unless said otherwise. `out` may be an
 * operand itself; it must not overlap one otherwise.
 *
 * @constant: the part of this party that holds public constants (-1: none). A public value c is shared
 * as (c, 0, 0). */
#ifndef RF_PROTOCOLS_SHARE_LOCAL_H
#define RF_PROTOCOLS_SHARE_LOCAL_H

#include "protocols/share/column.h"

void rf_local_copy(struct rf_view out, struct rf_view x);
void rf_local_xor(struct rf_view out, struct rf_view x, struct rf_view y);
void rf_local_not(struct rf_view out, struct rf_view x, int constant);

/** rf_local_mask() - keep the rows that @keep names, zero the others; all planes alike */
void rf_local_mask(struct rf_view out, struct rf_view x, const struct rf_public *keep);

/** rf_local_zero_tail() - zero the undefined bits beyond the last row */
void rf_local_zero_tail(struct rf_view x);

/** rf_local_constant() - every row is @value (planes beyond bit 63 are zero) */
void rf_local_constant(struct rf_view out, uint64_t value, int constant);

/** rf_local_index() - row r is @first + r */
void rf_local_index(struct rf_view out, uint64_t first, int constant);

/** rf_local_later() - row r takes row r - @distance; the first @distance rows become zero
 * @out must not overlap @x. */
void rf_local_later(struct rf_view out, struct rf_view x, size_t distance);

/** rf_local_earlier() - row r takes row r + @distance; the last @distance rows become zero
 * @out must not overlap @x. */
void rf_local_earlier(struct rf_view out, struct rf_view x, size_t distance);

/** rf_local_append() - rows of @x go to rows @at and on of @out, which may start inside a word; rows
 * of @out before @at stay, those behind are undefined */
void rf_local_append(struct rf_view out, size_t at, struct rf_view x);

/** rf_local_turn() - planes become rows: bit (row r, plane p) of @out is bit (row p, plane r) of @x
 * @out: x.width rows, x.rows planes; not in place */
void rf_local_turn(struct rf_view out, struct rf_view x);

/** rf_local_summand_ring() - summand j of each bit of a plane, as a sharing in the ring
 * @out:  from row @at
 * @part: the part that holds summand j (backend.h), or -1 */
void rf_local_summand_ring(struct rf_ring *out, size_t at, struct rf_view plane, int part);

/** rf_local_summand_bits() - summand j of each ring element, as a sharing of its low out.width bits */
void rf_local_summand_bits(struct rf_view out, const struct rf_ring *x, int part);

/** rf_local_pack() - planes to rows: row r's bit j is bit j % 8 of its byte j / 8; bits of the last
 * byte beyond the width are zero. @out: x.rows rows of at least ceil(width / 8) bytes from byte
 * @at; the last word of the row may be written up to its end when it is the row's last field. */
void rf_local_pack(struct rf_rows *out, size_t at, struct rf_view x);

/** rf_local_unpack() - rows to planes
 * @at:    byte of the row where bit 0 stands
 * @index: row k of @out is row index[k] of @x; NULL: row k
 * Reading past a row's end is harmless for the caller: such bits are not kept. */
void rf_local_unpack(struct rf_view out, const struct rf_rows *x, size_t at, const uint32_t *index);

/** rf_local_bytes() - copy @count bytes of every row, from byte @from of @x to byte @at of @out */
void rf_local_bytes(struct rf_rows *out, size_t at, const struct rf_rows *x, size_t from,
                    size_t count);

/** rf_local_byte_constant() - byte @at of rows first … first + count - 1 becomes the public @value */
void rf_local_byte_constant(struct rf_rows *out, size_t at, size_t first, size_t count,
                            uint8_t value, int constant);

/** rf_local_spread() - every row of @out is row 0 of @x; equal widths */
void rf_local_spread(struct rf_view out, struct rf_view x);

/** rf_local_move() - copy one bit, (row, plane), into another; for small tables */
void rf_local_move(struct rf_view out, size_t out_row, unsigned out_plane, struct rf_view x,
                   size_t row, unsigned plane);

/** rf_local_gather() - row k of @out is row index[k] of @x; same row size; not in place */
void rf_local_gather(struct rf_rows *out, const struct rf_rows *x, const uint32_t *index);

/** rf_local_scatter() - row index[k] of @out is row k of @x; not in place */
void rf_local_scatter(struct rf_rows *out, const struct rf_rows *x, const uint32_t *index);

enum { RF_SLICES_MAX = 16 };

/** A table in slices, all with the same row size and parts. */
struct rf_slices {
    struct rf_rows *slice[RF_SLICES_MAX];
    unsigned count;
};

/** rf_local_gather_from(), _scatter_to() - as rf_local_gather() and rf_local_scatter(), but from and to a table in
 * slices, whose rows are counted through in their order */
void rf_local_gather_from(struct rf_rows *out, const struct rf_slices *slices,
                          const uint32_t *index);
void rf_local_scatter_to(const struct rf_slices *slices, const struct rf_rows *x,
                         const uint32_t *index);

/** rf_local_rearrange() - row k becomes what was row index[k]; inverse: row index[k] what was row k
 * @spare: from rf_rows_spare(); NULL only in a planning space */
void rf_local_rearrange(struct rf_rows *rows, void *spare, const uint32_t *index, bool inverse);

#endif
