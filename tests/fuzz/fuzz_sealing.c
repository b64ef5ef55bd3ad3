/* A sealed file as a party made it up: its segments open, and what is in them is anything. */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "party/transcript/sealing_file.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENTS_MAX = 4 };

struct file {
    uint8_t *bytes;
    size_t size;
    struct rf_transcript_segment segment[SEGMENTS_MAX];
    size_t segments;
};

static enum rf_rc keep(void *context, const struct rf_seal_segment *sealed, struct rf_err *err)
{
    struct file *file = context;
    struct rf_transcript_segment *segment = &file->segment[file->segments++];
    (void)err;
    *segment = (struct rf_transcript_segment){
        .number = file->segments, .offset = file->size, .size = sealed->size};
    memcpy(segment->hash, sealed->sha256, sizeof segment->hash);
    file->bytes = realloc(file->bytes, file->size + sealed->size);
    if (!file->bytes)
        abort();
    memcpy(file->bytes + file->size, sealed->bytes, sealed->size);
    file->size += sealed->size;
    return RF_OK;
}

static X509 *certificate(EVP_PKEY **key)
{
    static X509 *one;
    static EVP_PKEY *its;
    if (!one) {
        its = EVP_EC_gen("P-256");
        one = X509_new();
        if (!one || !its || !X509_set_version(one, 2) ||
            !ASN1_INTEGER_set(X509_get_serialNumber(one), 1) || !X509_set_pubkey(one, its) ||
            !X509_gmtime_adj(X509_getm_notBefore(one), 0) ||
            !X509_gmtime_adj(X509_getm_notAfter(one), 1000) || !X509_sign(one, its, EVP_sha256()))
            abort();
    }
    *key = its;
    return one;
}

/* In two segments, cut where the first byte says. */
static void seal(struct file *file, X509 *to, const uint8_t *data, size_t size)
{
    static const uint8_t id[RF_SEAL_ID];
    struct rf_seal *sealing = NULL;
    size_t cut = size > 0 ? data[0] % size : 0;
    if (rf_seal_new(&sealing, to, id, keep, file, NULL) != RF_OK ||
        rf_seal_add(sealing, data, cut, NULL) != RF_OK || rf_seal_cut(sealing, NULL) != RF_OK ||
        rf_seal_add(sealing, data + cut, size - cut, NULL) != RF_OK ||
        rf_seal_cut(sealing, NULL) != RF_OK)
        abort();
    rf_seal_free(sealing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t id[RF_SEAL_ID];
    struct rf_sealing_reader *reader = NULL;
    struct rf_sealing_item item;
    struct rf_err err = {0};
    struct file file = {0};
    char path[512];
    EVP_PKEY *key;
    X509 *to = certificate(&key);
    bool cut = size % 2;
    if (size > 1 << 16)
        return 0;
    seal(&file, to, data, size);
    rf_scratch_write("sealed", file.bytes ? file.bytes : data, file.size);
    (void)snprintf(path, sizeof path, "%s/sealed", rf_scratch_folder());
    if (rf_sealing_reader_new(&reader, path, id, to, key, file.segment, file.segments, cut, &err) !=
        RF_OK)
        abort();
    size_t seen = 0;
    do {
        if (rf_sealing_reader_next(reader, &item, &err) != RF_OK)
            break;
        seen += item.kind ? RF_SEALING_HEADER + item.size : 0;
    } while (item.kind);
    if (seen > size || (err.rc == RF_OK && !cut && seen != size))
        abort();
    rf_sealing_reader_free(reader);
    free(file.bytes);
    return 0;
}
