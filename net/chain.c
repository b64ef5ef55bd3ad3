#include "net/chain.h"

#include <pthread.h>
#include <string.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"

static void hash_nothing(void)
{
    blake3_hasher hasher;
    uint8_t hash[BLAKE3_OUT_LEN];
    blake3_hasher_init(&hasher);
    blake3_hasher_finalize(&hasher, hash, sizeof hash);
}

void rf_chain_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, hash_nothing);
}

enum rf_rc rf_chain_init(struct rf_chain *chain, uint16_t from, uint16_t to, uint16_t lane,
                         struct rf_err *err)
{
    *chain = (struct rf_chain){.from = from, .to = to, .lane = lane};
    rf_chain_prepare();
    chain->sha = EVP_MD_CTX_new();
    chain->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!chain->sha || !chain->sha256)
        return rf_err_set(err, RF_E_MEMORY, "no memory for a hash chain");
    return RF_OK;
}

void rf_chain_fini(struct rf_chain *chain)
{
    EVP_MD_CTX_free(chain->sha);
    EVP_MD_free(chain->sha256);
    rf_secret_wipe(chain, sizeof *chain);
}

/* Three numbers, 2 bytes each. */
static void put_place(uint8_t *at, uint16_t first, uint16_t second, uint16_t third)
{
    rf_store16(at, first);
    rf_store16(at + 2, second);
    rf_store16(at + 4, third);
}

enum rf_rc rf_chain_start(struct rf_chain *chain, const uint8_t manifest_hash[32],
                          const uint8_t session[RF_SESSION_SIZE], uint32_t epoch,
                          const uint8_t secret[32], struct rf_err *err)
{
    static const char label[] = "ringfence chain";
    uint8_t place[4 + 6];
    for (int i = 0; i < 4; i++)
        place[i] = (uint8_t)(epoch >> 8 * i);
    put_place(place + 4, chain->lane, chain->from, chain->to);
    memcpy(chain->secret, secret, sizeof chain->secret);
    chain->frames = 0;
    chain->on = 1;
    if (EVP_DigestInit_ex2(chain->sha, chain->sha256, NULL) != 1 ||
        EVP_DigestUpdate(chain->sha, label, sizeof label - 1) != 1 ||
        EVP_DigestUpdate(chain->sha, manifest_hash, 32) != 1 ||
        EVP_DigestUpdate(chain->sha, session, RF_SESSION_SIZE) != 1 ||
        EVP_DigestUpdate(chain->sha, place, sizeof place) != 1 ||
        EVP_DigestFinal_ex(chain->sha, chain->head, NULL) != 1)
        return rf_err_set(err, RF_E_INTERNAL, "SHA-256 failed");
    return RF_OK;
}

static void leaf_key(const struct rf_chain *chain, uint8_t key[BLAKE3_KEY_LEN])
{
    enum { LABEL = 20 };
    uint8_t place[LABEL + 6 + 8];
    memcpy(place, "ringfence chain leaf", LABEL);
    put_place(place + LABEL, chain->from, chain->to, chain->lane);
    rf_store64(place + LABEL + 6, chain->frames);
    blake3_hasher hasher;
    blake3_hasher_init_keyed(&hasher, chain->secret);
    blake3_hasher_update(&hasher, place, sizeof place);
    blake3_hasher_finalize(&hasher, key, BLAKE3_KEY_LEN);
    rf_secret_wipe(&hasher, sizeof hasher);
}

void rf_chain_watch(struct rf_chain *chain, const struct rf_sink *sink, bool received)
{
    chain->sink = sink;
    chain->seen = (struct rf_sink_frame){
        .lane = chain->lane,
        .peer = received ? chain->from : chain->to,
        .received = received,
    };
}

static enum rf_rc show_begin(struct rf_chain *chain, const uint8_t header[RF_FRAME_HEADER])
{
    struct rf_frame_header decoded;
    struct rf_sink_frame *seen = &chain->seen;
    enum rf_rc rc = rf_frame_decode(&decoded, header, NULL);
    if (rc != RF_OK)
        return rc;
    seen->number = chain->frames;
    seen->kind = decoded.kind;
    seen->step = decoded.step;
    seen->length = decoded.length;
    seen->leaf = NULL;
    return chain->sink->begin ? chain->sink->begin(chain->sink->context, seen) : RF_OK;
}

/* BLAKE3 takes 16 KiB side by side, but only from a multiple of that on: what comes otherwise, from a header
 * and pieces of any size, would be hashed at a third of the speed. */
static void hash(struct rf_chain *chain, const uint8_t *data, size_t size)
{
    if (chain->waiting > 0) {
        size_t room = RF_CHAIN_BLOCK - chain->waiting, some = size < room ? size : room;
        memcpy(chain->block + chain->waiting, data, some);
        chain->waiting += some;
        data += some;
        size -= some;
        if (chain->waiting < RF_CHAIN_BLOCK)
            return;
        blake3_hasher_update(&chain->leaf, chain->block, RF_CHAIN_BLOCK);
    }
    size_t whole = size - size % RF_CHAIN_BLOCK;
    if (whole)
        blake3_hasher_update(&chain->leaf, data, whole);
    chain->waiting = size - whole;
    if (chain->waiting)
        memcpy(chain->block, data + whole, chain->waiting);
}

void rf_chain_begin(struct rf_chain *chain, const uint8_t header[RF_FRAME_HEADER])
{
    if (!chain->on)
        return;
    if (chain->sink)
        chain->sunk = show_begin(chain, header);
    uint8_t key[BLAKE3_KEY_LEN], hashed[RF_FRAME_HEADER];
    leaf_key(chain, key);
    memcpy(hashed, header, sizeof hashed);
    rf_frame_set_ack(hashed, 0);
    blake3_hasher_init_keyed(&chain->leaf, key);
    chain->waiting = 0;
    hash(chain, hashed, sizeof hashed);
    rf_secret_wipe(key, sizeof key);
}

void rf_chain_add(struct rf_chain *chain, const void *data, size_t size)
{
    if (!chain->on)
        return;
    hash(chain, data, size);
    if (chain->sink && chain->sink->payload && chain->sunk == RF_OK)
        chain->sunk = chain->sink->payload(chain->sink->context, &chain->seen, data, size);
}

enum rf_rc rf_chain_end(struct rf_chain *chain, struct rf_err *err)
{
    if (!chain->on)
        return RF_OK;
    uint8_t leaf[BLAKE3_OUT_LEN];
    blake3_hasher_update(&chain->leaf, chain->block, chain->waiting);
    blake3_hasher_finalize(&chain->leaf, leaf, sizeof leaf);
    chain->frames++;
    if (EVP_DigestInit_ex2(chain->sha, chain->sha256, NULL) != 1 ||
        EVP_DigestUpdate(chain->sha, chain->head, sizeof chain->head) != 1 ||
        EVP_DigestUpdate(chain->sha, leaf, sizeof leaf) != 1 ||
        EVP_DigestFinal_ex(chain->sha, chain->head, NULL) != 1)
        return rf_err_set(err, RF_E_INTERNAL, "SHA-256 failed");
    if (!chain->sink || chain->sunk != RF_OK)
        return chain->sunk;
    chain->seen.leaf = leaf;
    return chain->sink->end(chain->sink->context, &chain->seen);
}
