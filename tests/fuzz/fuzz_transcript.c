/* A transcript, and what an audit makes of it. The first byte says what follows: a file as it is (0), or records
 * without their links, which are made here, so that changes reach what is in them. */
#include <stdlib.h>
#include <string.h>

#include "party/audit/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct built {
    uint8_t *bytes;
    size_t size;
};

static void add(struct built *built, const void *bytes, size_t size)
{
    uint8_t *moved = realloc(built->bytes, built->size + size + 1);
    if (!moved)
        abort();
    memcpy(moved + built->size, bytes, size);
    built->bytes = moved;
    built->size += size;
}

/* Each record: type, length in two bytes, body. */
static struct built chained(const uint8_t *data, size_t size)
{
    struct built built = {0};
    uint8_t link[RF_TREE_HASH];
    static const char first[] = RF_TRANSCRIPT_DOMAIN;
    (void)!rf_tree_sha256(link, first, sizeof first - 1, NULL, 0, NULL);
    while (size >= 3) {
        size_t body = (size_t)data[1] << 8 | data[2];
        body = body < size - 3 ? body : size - 3;
        uint8_t prefix[RF_TRANSCRIPT_PREFIX] = {'R', 'T', RF_TRANSCRIPT_VERSION, data[0],
                                                0,   0,   (uint8_t)(body >> 8),  (uint8_t)body};
        size_t start = built.size;
        add(&built, prefix, sizeof prefix);
        add(&built, data + 3, body);
        (void)!rf_tree_sha256(link, link, sizeof link, built.bytes + start, built.size - start,
                              NULL);
        add(&built, link, sizeof link);
        data += 3 + body;
        size -= 3 + body;
    }
    return built;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_err err = {0};
    struct rf_audit audit = {.err = &err};
    struct built built = {0};
    if (size == 0)
        return 0;
    audit.authority = X509_STORE_new();
    if (data[0])
        built = chained(data + 1, size - 1);
    else
        add(&built, data + 1, size - 1);
    if (!built.bytes)
        built.bytes = malloc(1);
    enum rf_rc rc = rf_audit_add(&audit, "fuzzed", built.bytes, built.size);
    if (rc == RF_OK)
        rc = rf_audit_run(&audit, false);
    if (rc != RF_OK || rf_audit_holds(&audit)) /* no CA is believed here */
        abort();
    json_t *json = rf_audit_json(&audit);
    if (!json)
        abort();
    json_decref(json);
    rf_audit_fini(&audit);
    return 0;
}
