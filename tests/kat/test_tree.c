/* Merkle trees: the tree of eight leaves that Certificate Transparency publishes, and every proof of every
 * small tree, as it is and with something changed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/hex.h"
#include "party/transcript/tree.h"

enum { LEAVES = 8, MANY = 41 };

static const struct {
    const char *bytes;
    size_t size;
    const char *root; /* of the tree that ends with this leaf */
} published[LEAVES] = {
    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static const char NONE[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static const char *hex_of(const uint8_t hash[RF_TREE_HASH])
{
    static char text[2 * RF_TREE_HASH + 1];
    return rf_hex(text, hash, RF_TREE_HASH);
}

static void published_leaves(uint8_t (*leaf)[RF_TREE_HASH])
{
    for (size_t i = 0; i < LEAVES; i++)
        cr_assert_eq(rf_tree_leaf(leaf[i], published[i].bytes, published[i].size, NULL), RF_OK);
}

Test(tree, published_heads)
{
    struct rf_tree tree = {0};
    uint8_t leaf[LEAVES][RF_TREE_HASH], root[RF_TREE_HASH];
    published_leaves(leaf);
    cr_assert_eq(rf_tree_head(&tree, root, NULL), RF_OK);
    cr_expect_str_eq(hex_of(root), NONE);
    for (size_t i = 0; i < LEAVES; i++) {
        cr_assert_eq(rf_tree_add(&tree, leaf[i], NULL), RF_OK);
        cr_assert_eq(rf_tree_head(&tree, root, NULL), RF_OK);
        cr_expect_str_eq(hex_of(root), published[i].root, "%zu leaves", i + 1);
    }
}

struct path {
    uint8_t hash[RF_TREE_DEPTH][RF_TREE_HASH];
    unsigned count;
};

static enum rf_rc find_path(struct path *path, uint8_t (*leaf)[RF_TREE_HASH], size_t count,
                            size_t index)
{
    return rf_tree_path(leaf[0], count, index, path->hash, &path->count, NULL);
}

static void expect_path(const struct path *path, const char *const *wanted)
{
    unsigned count = 0;
    for (; wanted[count]; count++)
        cr_expect(count < path->count && strcmp(hex_of(path->hash[count]), wanted[count]) == 0,
                  "hash %u", count);
    cr_expect_eq(path->count, count);
}

static const struct {
    size_t index, count;
    const char *hash[4];
} inclusion[] = {
    {0, 1, {NULL}},
    {0,
     8,
     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
    {5,
     8,
     {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
    {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
    {1,
     5,
     {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};

Test(tree, published_paths)
{
    uint8_t leaf[LEAVES][RF_TREE_HASH];
    struct path path;
    published_leaves(leaf);
    for (size_t i = 0; i < sizeof inclusion / sizeof *inclusion; i++) {
        cr_assert_eq(find_path(&path, leaf, inclusion[i].count, inclusion[i].index), RF_OK);
        expect_path(&path, inclusion[i].hash);
    }
}

/* ---- every proof of every tree of up to MANY leaves ---- */

struct trees {
    uint8_t leaf[MANY][RF_TREE_HASH];
    uint8_t root[MANY + 1][RF_TREE_HASH]; /* [n]: of the first n leaves */
};

static void grow(struct trees *trees)
{
    struct rf_tree tree = {0};
    for (unsigned i = 0; i < MANY; i++) {
        uint8_t record = (uint8_t)i;
        cr_assert_eq(rf_tree_leaf(trees->leaf[i], &record, 1, NULL), RF_OK);
        cr_assert_eq(rf_tree_add(&tree, trees->leaf[i], NULL), RF_OK);
        cr_assert_eq(rf_tree_head(&tree, trees->root[i + 1], NULL), RF_OK);
    }
}

static bool shown(const struct trees *trees, size_t count, size_t index, size_t leaf,
                  const struct path *path)
{
    return rf_tree_shown(trees->leaf[leaf], index, count, path->hash, path->count,
                         trees->root[count]);
}

Test(tree, a_leaf_is_shown_in_its_place_alone)
{
    struct trees trees;
    struct path path = {0};
    grow(&trees);
    for (size_t count = 1; count <= MANY; count++) {
        for (size_t index = 0; index < count; index++) {
            cr_assert_eq(find_path(&path, trees.leaf, count, index), RF_OK);
            cr_expect(shown(&trees, count, index, index, &path), "%zu of %zu", index, count);
            for (size_t other = 0; other < count; other++)
                cr_expect(other == index || !shown(&trees, count, other, index, &path));
            cr_expect(!shown(&trees, count, index, (index + 1) % MANY, &path));
            cr_expect(count == MANY || !shown(&trees, count + 1, index, index, &path));
            for (unsigned i = 0; i < path.count; i++) {
                path.hash[i][i] ^= 1;
                cr_expect(!shown(&trees, count, index, index, &path), "hash %u changed", i);
                path.hash[i][i] ^= 1;
            }
            path.count++;
            cr_expect(!shown(&trees, count, index, index, &path), "a hash too many");
            path.count -= 2;
            cr_expect(count == 1 || !shown(&trees, count, index, index, &path), "one too few");
        }
    }
}

Test(tree, what_is_not_there_has_no_path)
{
    struct trees trees;
    struct path path = {0};
    grow(&trees);
    cr_expect_eq(find_path(&path, trees.leaf, 5, 5), RF_E_ARG);
    cr_expect_eq(find_path(&path, trees.leaf, 0, 0), RF_E_ARG);
    cr_expect(!shown(&trees, 5, 5, 4, &path));
    cr_expect(!shown(&trees, 0, 0, 0, &path));
    path.count = RF_TREE_DEPTH;
    cr_expect(!shown(&trees, 5, 3, 3, &path), "a path longer than any");
}
