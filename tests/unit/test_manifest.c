#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "party/study/canon.h"
#include "party/study/disclosure.h"
#include "party/study/manifest.h"
#include "support/keys_kit.h"
#include "support/study_kit.h"

/* The valid study of study_kit.h with everything that is otherwise random or of today. */
static struct rf_manifest fixed(void)
{
    struct rf_manifest manifest = {.study = study_kit_valid(), .created = 1780000000};
    for (unsigned i = 0; i < manifest.study.member_count; i++)
        memset(manifest.study.members[i].fingerprint, (int)(0x10 + i), 32);
    for (unsigned i = 0; i < RF_MANIFEST_NONCE; i++)
        manifest.nonce[i] = (uint8_t)(0xa0 + i);
    return manifest;
}

static void encode(struct rf_manifest *manifest, uint8_t **bytes, size_t *size)
{
    struct rf_err err = {0};
    cr_assert_eq(rf_manifest_encode(manifest, bytes, size, &err), RF_OK, "%s", err.text);
}

/* A change of these bytes is a change of the format: it needs a new version number. */
Test(manifest, golden_bytes)
{
    struct rf_manifest manifest = fixed();
    struct rf_err err = {0};
    uint8_t *bytes = NULL, *golden = NULL;
    size_t size = 0, golden_size = 0;
    encode(&manifest, &bytes, &size);
    static char hex[1 << 14];
    size_t at = 0;
    for (size_t i = 0; i < size && at < sizeof hex; i++)
        at += (size_t)snprintf(hex + at, sizeof hex - at, "%02x%s", bytes[i],
                               i % 32 == 31 || i == size - 1 ? "\n" : "");
    cr_assert_eq(rf_safe_file_read(RF_GOLDEN "/manifest.hex", &golden, &golden_size, &err), RF_OK,
                 "%s", err.text);
    cr_assert_str_eq(hex, (char *)golden);
    char hash[RF_MANIFEST_HEX], digits[RF_MANIFEST_SHORT];
    rf_manifest_hex(&manifest, hash);
    rf_manifest_short(&manifest, digits);
    cr_assert_str_eq(hash, "7d35955094edec5ab497d04bf28281a9d5d7f90359a7c9abd0fdd11ee107a8cf");
    cr_assert_str_eq(digits, "89940-16599-81889-74019-01136-87719");
    rf_secret_free(golden, golden_size);
    free(bytes);
}

Test(manifest, what_is_encoded_decodes_to_the_same)
{
    uint64_t state = 2;
    for (unsigned i = 0; i < 300; i++) {
        struct rf_manifest manifest = {0}, again;
        struct rf_err err = {0};
        uint8_t *bytes = NULL;
        size_t size = 0;
        study_kit_random_study(&manifest.study, &state, true);
        manifest.created = study_kit_between(&state, 0, INT64_MAX);
        for (unsigned j = 0; j < manifest.study.member_count; j++)
            memset(manifest.study.members[j].fingerprint, (int)rf_test_random(&state) & 0xff, 32);
        encode(&manifest, &bytes, &size);
        cr_assert_eq(rf_manifest_read(&again, "m", bytes, size, &err), RF_OK, "%s", err.text);
        cr_assert(study_kit_equal(&manifest.study, &again.study));
        cr_assert_eq(manifest.created, again.created);
        cr_assert_arr_eq(manifest.nonce, again.nonce, RF_MANIFEST_NONCE);
        cr_assert_arr_eq(manifest.hash, again.hash, RF_MANIFEST_HASH);
        free(bytes);
    }
}

/* Whatever one byte becomes: refused, or another manifest with exactly that encoding. */
Test(manifest, no_two_encodings_of_one_manifest)
{
    struct rf_manifest manifest = fixed(), other;
    uint8_t *bytes = NULL;
    size_t size = 0;
    unsigned accepted = 0;
    encode(&manifest, &bytes, &size);
    for (size_t i = 0; i < size; i++) {
        for (unsigned change = 1; change < 256; change += 2) {
            uint8_t *again = NULL;
            size_t again_size = 0;
            bytes[i] ^= (uint8_t)change;
            if (rf_manifest_read(&other, "m", bytes, size, NULL) == RF_OK) {
                accepted++;
                encode(&other, &again, &again_size);
                cr_assert_eq(again_size, size);
                cr_assert_arr_eq(again, bytes, size);
                cr_assert_arr_neq(other.hash, manifest.hash, RF_MANIFEST_HASH);
                free(again);
            }
            bytes[i] ^= (uint8_t)change;
        }
    }
    cr_assert_gt(accepted, 1000, "%u: are nonce, times and texts not read?", accepted);
    free(bytes);
}

Test(manifest, cut_and_extended_bytes_are_refused)
{
    struct rf_manifest manifest = fixed();
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    encode(&manifest, &bytes, &size);
    for (size_t cut = 0; cut < size; cut++)
        cr_assert_eq(rf_manifest_read(&manifest, "m", bytes, cut, &err), RF_E_FORMAT, "%zu", cut);
    bytes = realloc(bytes, size + 1);
    cr_assert_not_null(bytes);
    bytes[size] = 0xc0;
    rf_err_clear(&err);
    cr_assert_eq(rf_manifest_read(&manifest, "m", bytes, size + 1, &err), RF_E_FORMAT);
    cr_assert(strstr(err.text, ": 1 bytes too many"), "%s", err.text);
    free(bytes);
}

/* Replaces the first @from by @to, which may be of another length. */
static void expect_refused(const void *from, size_t from_size, const void *to, size_t to_size,
                           const char *reason)
{
    struct rf_manifest manifest = fixed();
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    encode(&manifest, &bytes, &size);
    const uint8_t *at = memmem(bytes, size, from, from_size);
    cr_assert_not_null(at, "%s", reason);
    size_t before = (size_t)(at - bytes);
    uint8_t *other = malloc(size + to_size);
    cr_assert_not_null(other);
    memcpy(other, bytes, before);
    memcpy(other + before, to, to_size);
    memcpy(other + before + to_size, at + from_size, size - before - from_size);
    cr_expect_eq(rf_manifest_read(&manifest, "m", other, size - from_size + to_size, &err),
                 RF_E_FORMAT);
    cr_expect(strstr(err.text, reason), "'%s' has no '%s'", err.text, reason);
    free(other);
    free(bytes);
}

#define REFUSED(from, to, reason) expect_refused(from, sizeof(from) - 1, to, sizeof(to) - 1, reason)

Test(manifest, only_the_canonical_form_is_read)
{
    REFUSED("\xa7hub_cap\x32", "\xa7hub_cap\xcc\x32", "not in its shortest form");
    REFUSED("\xa7hub_cap\x32", "\xa7hub_cap\xcd\x00\x32", "not in its shortest form");
    REFUSED("\xa7hub_cap\x32", "\xa7hub_cap\xd0\x32", "a number expected");
    REFUSED("\xa6"
            "bank-a",
            "\xd9\x06"
            "bank-a",
            "not in its shortest form");
    REFUSED("\xc4\x20", "\xc5\x00\x20", "not in its shortest form");
    REFUSED("\xa5study\xb0", "\xa5stuey\xb0", "'study' expected");
    REFUSED("\xa7version\x02", "\xa7version\x01", "version 1; this program reads version 2");
    REFUSED("ringfence manifest", "ringfence manifold", "is no manifest");
    REFUSED("\x93\xa5party\xab"
            "contributor",
            "\x93\xabpartycontributor", "unknown word");
    REFUSED("\xa4"
            "both",
            "\xa4moth", "unknown word 'moth'");
    REFUSED("\xa5phone\xa5"
            "email",
            "\xa5"
            "email\xa5phone",
            "lists out of order");
    REFUSED("which of the shuffled rows", "which of the customer rows", "other disclosures");
    REFUSED("\xa6"
            "bank-d",
            "\xa6"
            "bank-a",
            "members[3].name: bank-a is there twice");
    REFUSED("\xa6"
            "bank-d",
            "\xa6"
            "bank\x00"
            "d",
            "without NUL");
    REFUSED("\xc4\x10\xa0", "\xc4\xff\xa0", "at most 16 bytes expected");
    REFUSED("\xc4\x10\xa0", "\xc6\xff\xff\xff\xff\xa0", "at most 16 bytes expected");
    REFUSED("\xa7members\x94", "\xa7members\xdd\xff\xff\xff\xff", "an array of at most");
}

Test(manifest, is_made_of_declared_bounds_and_matching_certificates)
{
    struct rf_study study = study_kit_valid();
    struct rf_manifest manifest, again;
    struct rf_err err = {0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificates[4];
    uint8_t *bytes = NULL;
    size_t size = 0;
    for (unsigned i = 0; i < 4; i++) {
        struct keys_kit_wish wish = keys_kit_member(key);
        char names[64];
        (void)snprintf(names, sizeof names, "DNS:%s", study.members[i].name);
        wish.common_name = study.members[i].name;
        wish.names = names;
        certificates[i] = keys_kit_certificate(key, wish, NULL, NULL);
    }
    cr_assert_eq(rf_manifest_make(&manifest, &study, certificates, &bytes, &size, &err), RF_OK,
                 "%s", err.text);
    cr_assert_eq(rf_manifest_read(&again, "m", bytes, size, &err), RF_OK, "%s", err.text);
    uint8_t fingerprint[32];
    cr_assert_eq(rf_certificate_fingerprint(certificates[3], fingerprint, &err), RF_OK);
    cr_assert_arr_eq(again.study.members[3].fingerprint, fingerprint, 32);
    free(bytes);
    X509 *swapped = certificates[0];
    certificates[0] = certificates[1];
    cr_assert_eq(rf_manifest_make(&manifest, &study, certificates, &bytes, &size, &err), RF_E_ARG);
    cr_assert_str_eq(err.text, "the certificate for bank-a is bank-b's");
    rf_err_clear(&err);
    certificates[0] = swapped;
    study.members[0].rows = 0;
    cr_assert_eq(rf_manifest_make(&manifest, &study, certificates, &bytes, &size, &err), RF_E_ARG);
    cr_assert_str_eq(err.text, "members[0].rows: declare a bound for bank-a");
    for (unsigned i = 0; i < 4; i++)
        X509_free(certificates[i]);
    EVP_PKEY_free(key);
}

/* ---- what is disclosed ---- */

static bool discloses(const struct rf_study *study, const char *name, const char *kind)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return strcmp(list[i].kind, kind) == 0;
    return false;
}

static bool discloses_to(const struct rf_study *study, const char *name, const char *to)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return strcmp(list[i].to, to) == 0;
    return false;
}

/* Recipients get it with the cost of the run; a run that ends without a result says why to all. */
Test(disclosure, names_everybody_who_learns_it)
{
    struct rf_study study = study_kit_valid();
    cr_assert(discloses_to(&study, "shared_rows", "parties and recipients"));
    cr_assert(discloses_to(&study, "unique", "members"));
    cr_assert(discloses_to(&study, "converged", "members"));
    cr_assert(discloses_to(&study, "sort_order", "parties"));
    study.shared_rows = 1000;
    cr_assert(discloses_to(&study, "shared_rows", "members"));
    cr_assert(discloses_to(&study, "shared_rows_fit", "members"));
}

Test(disclosure, follows_from_the_study)
{
    struct rf_study study = study_kit_valid();
    cr_assert(discloses(&study, "bounds", "bound"));
    cr_assert(discloses(&study, "unique", "bit"));
    cr_assert(discloses(&study, "shared_rows", "count"));
    cr_assert(discloses(&study, "converged", "bit"));
    cr_assert(discloses(&study, "cells_shown", "bits"));
    cr_assert(discloses(&study, "result", "figures"));
    cr_assert_not(discloses(&study, "shared_rows_fit", "bit"));
    study.shared_rows = 1000;
    cr_assert(discloses(&study, "shared_rows", "bound"));
    cr_assert(discloses(&study, "shared_rows_fit", "bit"));
    study.min_cell = 0;
    cr_assert_not(discloses(&study, "cells_shown", "bits"));
    study.rings = false;
    cr_assert_not(discloses(&study, "converged", "bit"));
    cr_assert(discloses(&study, "compaction", "bits"));
    cr_assert(discloses(&study, "shared_rows", "bound"));
}

/* ---- the reader ---- */

Test(canon, numbers_at_every_width)
{
    const uint64_t numbers[] = {
        0, 1, 127, 128, 255, 256, 65535, 65536, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct rf_canon_writer out;
        struct rf_canon_reader in;
        struct rf_err err = {0};
        uint8_t *bytes = NULL;
        size_t size = 0;
        rf_canon_begin(&out);
        rf_canon_number(&out, numbers[i]);
        cr_assert_eq(rf_canon_end(&out, &bytes, &size, &err), RF_OK);
        rf_canon_read(&in, "n", bytes, size, &err);
        cr_expect_eq(rf_canon_read_number(&in, UINT64_MAX), numbers[i]);
        cr_expect_eq(rf_canon_read_end(&in), RF_OK, "%s", err.text);
        if (numbers[i] > 0) {
            rf_canon_read(&in, "n", bytes, size, &err);
            cr_expect_eq(rf_canon_read_number(&in, numbers[i] - 1), 0);
            cr_expect_eq(rf_canon_read_end(&in), RF_E_FORMAT);
        }
        free(bytes);
    }
}

Test(canon, texts_at_every_width)
{
    const size_t lengths[] = {0, 31, 32, 255, 256, 65535, 65536};
    char *text = calloc(1, 70000), *found = calloc(1, 70000);
    cr_assert(text && found);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct rf_canon_writer out;
        struct rf_canon_reader in;
        struct rf_err err = {0};
        uint8_t *bytes = NULL;
        size_t size = 0;
        memset(text, 'x', lengths[i]);
        text[lengths[i]] = 0;
        rf_canon_begin(&out);
        rf_canon_text(&out, text);
        rf_canon_bytes(&out, text, lengths[i]);
        cr_assert_eq(rf_canon_end(&out, &bytes, &size, &err), RF_OK);
        const uint8_t *binary = NULL;
        rf_canon_read(&in, "t", bytes, size, &err);
        rf_canon_read_text(&in, found, 70000);
        cr_expect_eq(rf_canon_read_bytes(&in, 70000, &binary), lengths[i]);
        cr_expect_eq(rf_canon_read_end(&in), RF_OK, "%s", err.text);
        cr_expect_str_eq(found, text);
        free(bytes);
    }
    free(text);
    free(found);
}
