/** tree.h - the Merkle tree over a transcript's records
 *
 * RFC 6962, section 2.1, with SHA-256: a leaf is SHA-256(00 || record), an inner node
 * SHA-256(01 || left || right), the tree over no leaves SHA-256 of nothing. The head of the first n
 * records is what both ends of a link sign at a checkpoint; an audit path shows that one record is in
 * it. Holds no secret. */
#ifndef RF_PARTY_TRANSCRIPT_TREE_H
#define RF_PARTY_TRANSCRIPT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum { RF_TREE_HASH = 32, RF_TREE_DEPTH = 64 };

/** A tree that grows: the heads of its full subtrees, the largest first. */
struct rf_tree {
    uint64_t size;
    unsigned peaks;
    uint8_t peak[RF_TREE_DEPTH][RF_TREE_HASH];
};

/** rf_tree_leaf() - hash of a record */
RF_MUST_CHECK enum rf_rc rf_tree_leaf(uint8_t leaf[RF_TREE_HASH], const void *record, size_t size,
                                      struct rf_err *err);

/** rf_tree_add() - one leaf more, to a tree that is zeroed at first */
RF_MUST_CHECK enum rf_rc rf_tree_add(struct rf_tree *tree, const uint8_t leaf[RF_TREE_HASH],
                                     struct rf_err *err);

/** rf_tree_head() - of all leaves so far */
RF_MUST_CHECK enum rf_rc rf_tree_head(const struct rf_tree *tree, uint8_t head[RF_TREE_HASH],
                                      struct rf_err *err);

/** rf_tree_path() - what is needed to get from leaf @index to the head of the first @size leaves
 * @leaves: RF_TREE_HASH bytes each
 * @path:   the neighbours on the way up; @count: how many */
RF_MUST_CHECK enum rf_rc rf_tree_path(const uint8_t *leaves, uint64_t size, uint64_t index,
                                      uint8_t path[RF_TREE_DEPTH][RF_TREE_HASH], unsigned *count,
                                      struct rf_err *err);

/** rf_tree_shown() - does the path lead from this leaf at @index to @head, of @size leaves?
 * Anything may be asked; what cannot be is not shown. */
bool rf_tree_shown(const uint8_t leaf[RF_TREE_HASH], uint64_t index, uint64_t size,
                   const uint8_t path[RF_TREE_DEPTH][RF_TREE_HASH], unsigned count,
                   const uint8_t head[RF_TREE_HASH]);

/** rf_tree_sha256() - SHA-256 of two pieces, one after the other; the second may be NULL */
RF_MUST_CHECK enum rf_rc rf_tree_sha256(uint8_t out[RF_TREE_HASH], const void *first,
                                        size_t first_size, const void *second, size_t second_size,
                                        struct rf_err *err);

#endif
