/** merkle.h - one hash over many records, and short proofs about it (RFC 6962, section 2.1)
 *
 * SHA-256. A leaf is hashed as 0x00 || record, a node as 0x01 || left || right, and a tree of n leaves
 * has on its left the largest power of two below n. So the hash of a tree fixes its records and their order; that
 * one record is in it is shown by at most 64 hashes, and so is that a longer tree begins with a shorter one.
 *
 * The tree under way (struct rf_merkle) takes constant memory however many leaves come. Proofs are made
 * from the hashes of all leaves. Nothing here is secret, and nothing allocates.
 *
 * Source: RFC 6962, 2.1; verification as in RFC 9162, 2.1.3.2 and 2.1.4.2. */
#ifndef RF_PARTY_AUDIT_MERKLE_H
#define RF_PARTY_AUDIT_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"

enum {
    RF_MERKLE_HASH = 32,
    RF_MERKLE_PATH_MAX = 65, /* hashes in a proof of consistency; one fewer in one of inclusion */
};

/** A tree to which leaves are added: the hashes of its full subtrees. Start from zero. */
struct rf_merkle {
    uint64_t leaves;
    uint8_t full[64][RF_MERKLE_HASH]; /* [i]: of 2^i leaves, where bit i of @leaves is set */
};

/** A proof: hashes from the leaf upwards. */
struct rf_merkle_path {
    uint8_t hash[RF_MERKLE_PATH_MAX][RF_MERKLE_HASH];
    unsigned count;
};

/** rf_merkle_leaf() - hash of a record as a leaf. Errors: RF_E_INTERNAL when SHA-256 fails. */
RF_MUST_CHECK enum rf_rc rf_merkle_leaf(uint8_t hash[RF_MERKLE_HASH], const void *record,
                                        size_t size, struct rf_err *err);

/** rf_merkle_add() - append a leaf by its hash */
RF_MUST_CHECK enum rf_rc rf_merkle_add(struct rf_merkle *tree, const uint8_t leaf[RF_MERKLE_HASH],
                                       struct rf_err *err);

/** rf_merkle_root() - hash of the tree so far; it can grow on. Of no leaves: SHA-256 of nothing. */
RF_MUST_CHECK enum rf_rc rf_merkle_root(uint8_t root[RF_MERKLE_HASH], const struct rf_merkle *tree,
                                        struct rf_err *err);

/** rf_merkle_inclusion() - the path that shows that leaf @index is in the tree of these @count leaves
 * Errors: RF_E_ARG when there is no such leaf. */
RF_MUST_CHECK enum rf_rc rf_merkle_inclusion(struct rf_merkle_path *path,
                                             const uint8_t (*leaf)[RF_MERKLE_HASH], size_t count,
                                             size_t index, struct rf_err *err);

/** rf_merkle_includes() - does the path show that?
 * Errors: RF_E_CRYPTO when not: another leaf, place, size or tree, or a path of another length. */
RF_MUST_CHECK enum rf_rc rf_merkle_includes(const uint8_t root[RF_MERKLE_HASH], uint64_t count,
                                            uint64_t index, const uint8_t leaf[RF_MERKLE_HASH],
                                            const struct rf_merkle_path *path, struct rf_err *err);

/** rf_merkle_consistency() - the path that shows that the tree of these @count leaves begins with the tree of
 * its first @first. Errors: RF_E_ARG unless 1 <= @first <= @count. */
RF_MUST_CHECK enum rf_rc rf_merkle_consistency(struct rf_merkle_path *path,
                                               const uint8_t (*leaf)[RF_MERKLE_HASH], size_t count,
                                               size_t first, struct rf_err *err);

/** rf_merkle_extends() - does the path show that? Errors: RF_E_CRYPTO when not. */
RF_MUST_CHECK enum rf_rc rf_merkle_extends(const uint8_t first_root[RF_MERKLE_HASH], uint64_t first,
                                           const uint8_t root[RF_MERKLE_HASH], uint64_t count,
                                           const struct rf_merkle_path *path, struct rf_err *err);

#endif
