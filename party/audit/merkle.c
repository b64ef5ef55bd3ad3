#include "party/audit/merkle.h"

#include <openssl/evp.h>
#include <string.h>

#include "net/base/secret.h"

typedef uint8_t hash_bytes[RF_MERKLE_HASH];

static const uint8_t LEAF = 0, NODE = 1;

enum rf_rc rf_merkle_leaf(uint8_t hash[RF_MERKLE_HASH], const void *record, size_t size,
                          struct rf_err *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context && EVP_DigestInit_ex2(context, EVP_sha256(), NULL) == 1 &&
               EVP_DigestUpdate(context, &LEAF, 1) == 1 &&
               EVP_DigestUpdate(context, record, size) == 1 &&
               EVP_DigestFinal_ex(context, hash, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done ? RF_OK : rf_err_set(err, RF_E_INTERNAL, "SHA-256 failed");
}

/* @out may be @left or @right. */
static enum rf_rc join(hash_bytes out, const hash_bytes left, const hash_bytes right,
                       struct rf_err *err)
{
    uint8_t both[1 + 2 * RF_MERKLE_HASH] = {NODE};
    memcpy(both + 1, left, RF_MERKLE_HASH);
    memcpy(both + 1 + RF_MERKLE_HASH, right, RF_MERKLE_HASH);
    if (EVP_Digest(both, sizeof both, out, NULL, EVP_sha256(), NULL) != 1)
        return rf_err_set(err, RF_E_INTERNAL, "SHA-256 failed");
    return RF_OK;
}

enum rf_rc rf_merkle_add(struct rf_merkle *tree, const uint8_t leaf[RF_MERKLE_HASH],
                         struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    hash_bytes hash;
    unsigned level = 0;
    memcpy(hash, leaf, sizeof hash);
    for (; tree->leaves >> level & 1; level++)
        RF_TRY(join(hash, tree->full[level], hash, err));
    memcpy(tree->full[level], hash, sizeof hash);
    tree->leaves++;
done:
    return rc;
}

enum rf_rc rf_merkle_root(uint8_t root[RF_MERKLE_HASH], const struct rf_merkle *tree,
                          struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    int begun = 0;
    if (tree->leaves == 0 && EVP_Digest(root, 0, root, NULL, EVP_sha256(), NULL) != 1)
        return rf_err_set(err, RF_E_INTERNAL, "SHA-256 failed");
    for (unsigned level = 0; level < 64; level++) {
        if (!(tree->leaves >> level & 1))
            continue;
        if (begun)
            RF_TRY(join(root, tree->full[level], root, err));
        else
            memcpy(root, tree->full[level], RF_MERKLE_HASH);
        begun = 1;
    }
done:
    return rc;
}

/* ---- making proofs ---- */

static enum rf_rc subtree(hash_bytes root, const hash_bytes *leaf, size_t count, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_merkle tree = {0};
    for (size_t i = 0; i < count; i++)
        RF_TRY(rf_merkle_add(&tree, leaf[i], err));
    RF_TRY(rf_merkle_root(root, &tree, err));
done:
    return rc;
}

/* The largest power of two below @count, which is at least 2. */
static size_t split(size_t count)
{
    return (size_t)1 << (63 - __builtin_clzll(count - 1));
}

static void reverse(struct rf_merkle_path *path)
{
    for (unsigned i = 0; i < path->count / 2; i++) {
        hash_bytes swap;
        memcpy(swap, path->hash[i], sizeof swap);
        memcpy(path->hash[i], path->hash[path->count - 1 - i], sizeof swap);
        memcpy(path->hash[path->count - 1 - i], swap, sizeof swap);
    }
}

enum rf_rc rf_merkle_inclusion(struct rf_merkle_path *path, const uint8_t (*leaf)[RF_MERKLE_HASH],
                               size_t count, size_t index, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    path->count = 0;
    if (index >= count)
        return rf_err_set(err, RF_E_ARG, "there is no record %zu among %zu", index, count);
    while (count > 1) { /* from the root down: the half that does not hold the leaf */
        size_t left = split(count);
        bool right = index >= left;
        RF_TRY(subtree(path->hash[path->count++], right ? leaf : leaf + left,
                       right ? left : count - left, err));
        leaf += right ? left : 0;
        index -= right ? left : 0;
        count = right ? count - left : left;
    }
    reverse(path);
done:
    return rc;
}

enum rf_rc rf_merkle_consistency(struct rf_merkle_path *path, const uint8_t (*leaf)[RF_MERKLE_HASH],
                                 size_t count, size_t first, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    bool whole = true; /* the shorter tree is a subtree that the verifier has the hash of */
    path->count = 0;
    if (first == 0 || first > count)
        return rf_err_set(err, RF_E_ARG, "a tree of %zu records begins with none of %zu", count,
                          first);
    while (first < count) {
        size_t left = split(count);
        bool right = first > left;
        RF_TRY(subtree(path->hash[path->count++], right ? leaf : leaf + left,
                       right ? left : count - left, err));
        leaf += right ? left : 0;
        first -= right ? left : 0;
        count = right ? count - left : left;
        whole = whole && !right;
    }
    if (!whole)
        RF_TRY(subtree(path->hash[path->count++], leaf, count, err));
    reverse(path);
done:
    return rc;
}

/* ---- checking them ---- */

static enum rf_rc refused(struct rf_err *err)
{
    return rf_err_set(err, RF_E_CRYPTO, "the proof does not belong to this tree");
}

/* One step up from node @at of a level whose last node is @last: to the next level at which it has a
 * sibling. Returns whether that stands on the left. */
static bool climb(uint64_t *at, uint64_t *last)
{
    bool left = (*at & 1) || *at == *last;
    while (left && !(*at & 1) && *at != 0) {
        *at >>= 1;
        *last >>= 1;
    }
    *at >>= 1;
    *last >>= 1;
    return left;
}

enum rf_rc rf_merkle_includes(const uint8_t root[RF_MERKLE_HASH], uint64_t count, uint64_t index,
                              const uint8_t leaf[RF_MERKLE_HASH], const struct rf_merkle_path *path,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    hash_bytes hash;
    if (index >= count || path->count >= RF_MERKLE_PATH_MAX)
        return refused(err);
    uint64_t at = index, last = count - 1;
    memcpy(hash, leaf, sizeof hash);
    for (unsigned i = 0; i < path->count; i++) {
        if (last == 0)
            return refused(err);
        if (climb(&at, &last))
            RF_TRY(join(hash, path->hash[i], hash, err));
        else
            RF_TRY(join(hash, hash, path->hash[i], err));
    }
    if (last != 0 || !rf_secret_equal(hash, root, sizeof hash))
        rc = refused(err);
done:
    return rc;
}

enum rf_rc rf_merkle_extends(const uint8_t first_root[RF_MERKLE_HASH], uint64_t first,
                             const uint8_t root[RF_MERKLE_HASH], uint64_t count,
                             const struct rf_merkle_path *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    hash_bytes old, new;
    unsigned next = 0;
    if (first == 0 || first > count || path->count > RF_MERKLE_PATH_MAX)
        return refused(err);
    if (first == count)
        return path->count == 0 && rf_secret_equal(first_root, root, sizeof old) ? RF_OK
                                                                                 : refused(err);
    uint64_t at = first - 1, last = count - 1;
    for (; at & 1; at >>= 1)
        last >>= 1;
    if (at == 0) { /* the shorter tree is a subtree of the longer */
        memcpy(old, first_root, sizeof old);
    } else {
        if (path->count == 0)
            return refused(err);
        memcpy(old, path->hash[next++], sizeof old);
    }
    memcpy(new, old, sizeof new);
    for (; next < path->count; next++) {
        if (last == 0)
            return refused(err);
        if (climb(&at, &last)) {
            RF_TRY(join(old, path->hash[next], old, err));
            RF_TRY(join(new, path->hash[next], new, err));
        } else {
            RF_TRY(join(new, new, path->hash[next], err));
        }
    }
    if (last != 0 || !rf_secret_equal(old, first_root, sizeof old) ||
        !rf_secret_equal(new, root, sizeof new))
        rc = refused(err);
done:
    return rc;
}
