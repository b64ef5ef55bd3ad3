#include "party/transcript/tree.h"

#include <openssl/evp.h>
#include <string.h>

#include "net/base/secret.h"

enum rf_rc rf_tree_sha256(uint8_t out[RF_TREE_HASH], const void *first, size_t first_size,
                          const void *second, size_t second_size, struct rf_err *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, first, first_size) == 1 &&
                (!second || EVP_DigestUpdate(context, second, second_size) == 1) &&
                EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done ? RF_OK : rf_err_set(err, RF_E_INTERNAL, "SHA-256 failed");
}

enum rf_rc rf_tree_leaf(uint8_t leaf[RF_TREE_HASH], const void *record, size_t size,
                        struct rf_err *err)
{
    static const uint8_t mark = 0;
    return rf_tree_sha256(leaf, &mark, sizeof mark, record, size, err);
}

static enum rf_rc node(uint8_t out[RF_TREE_HASH], const uint8_t left[RF_TREE_HASH],
                       const uint8_t right[RF_TREE_HASH], struct rf_err *err)
{
    uint8_t both[1 + 2 * RF_TREE_HASH] = {1};
    memcpy(both + 1, left, RF_TREE_HASH);
    memcpy(both + 1 + RF_TREE_HASH, right, RF_TREE_HASH);
    return rf_tree_sha256(out, both, sizeof both, NULL, 0, err);
}

/* Each bit of the size that the new leaf carries over joins two subtrees of that size. */
enum rf_rc rf_tree_add(struct rf_tree *tree, const uint8_t leaf[RF_TREE_HASH], struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t head[RF_TREE_HASH];
    memcpy(head, leaf, sizeof head);
    for (uint64_t carry = tree->size; carry & 1; carry >>= 1)
        RF_TRY(node(head, tree->peak[--tree->peaks], head, err));
    memcpy(tree->peak[tree->peaks++], head, sizeof head);
    tree->size++;
done:
    return rc;
}

enum rf_rc rf_tree_head(const struct rf_tree *tree, uint8_t head[RF_TREE_HASH], struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    if (tree->peaks == 0)
        return rf_tree_sha256(head, "", 0, NULL, 0, err);
    memcpy(head, tree->peak[tree->peaks - 1], RF_TREE_HASH);
    for (unsigned i = tree->peaks - 1; i > 0; i--)
        RF_TRY(node(head, tree->peak[i - 1], head, err));
done:
    return rc;
}

static enum rf_rc head_of(const uint8_t *leaves, uint64_t size, uint8_t head[RF_TREE_HASH],
                          struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_tree tree = {0};
    for (uint64_t i = 0; i < size; i++)
        RF_TRY(rf_tree_add(&tree, leaves + i * RF_TREE_HASH, err));
    RF_TRY(rf_tree_head(&tree, head, err));
done:
    return rc;
}

/* The largest power of two below a size of at least two. */
static uint64_t split(uint64_t size)
{
    uint64_t half = 1;
    while (half < size - half)
        half *= 2;
    return half;
}

enum rf_rc rf_tree_path(const uint8_t *leaves, uint64_t size, uint64_t index,
                        uint8_t path[RF_TREE_DEPTH][RF_TREE_HASH], unsigned *count,
                        struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t down[RF_TREE_DEPTH][RF_TREE_HASH];
    unsigned depth = 0;
    if (index >= size)
        return rf_err_set(err, RF_E_ARG, "there is no record %llu", (unsigned long long)index);
    while (size > 1) {
        uint64_t left = split(size);
        bool right = index >= left;
        RF_TRY(head_of(right ? leaves : leaves + left * RF_TREE_HASH, right ? left : size - left,
                       down[depth++], err));
        leaves += right ? left * RF_TREE_HASH : 0;
        index -= right ? left : 0;
        size = right ? size - left : left;
    }
    for (unsigned i = 0; i < depth; i++)
        memcpy(path[i], down[depth - 1 - i], RF_TREE_HASH);
    *count = depth;
done:
    return rc;
}

/* RFC 9162, section 2.1.3.2, which says how to check what RFC 6962 defines. */
bool rf_tree_shown(const uint8_t leaf[RF_TREE_HASH], uint64_t index, uint64_t size,
                   const uint8_t path[RF_TREE_DEPTH][RF_TREE_HASH], unsigned count,
                   const uint8_t head[RF_TREE_HASH])
{
    uint8_t at[RF_TREE_HASH];
    uint64_t place = index, last = size - 1;
    if (index >= size)
        return false;
    memcpy(at, leaf, sizeof at);
    for (unsigned i = 0; i < count; i++) {
        bool from_left = (place & 1) || place == last;
        if (last == 0 ||
            node(at, from_left ? path[i] : at, from_left ? at : path[i], NULL) != RF_OK)
            return false;
        while (from_left && !(place & 1) && place) {
            place >>= 1;
            last >>= 1;
        }
        place >>= 1;
        last >>= 1;
    }
    return last == 0 && rf_secret_equal(at, head, sizeof at);
}
