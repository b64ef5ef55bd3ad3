#include "party/study/manifest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/keys/certificate.h"
#include "party/keys/openssl_error.h"
#include "party/keys/safe_file.h"
#include "party/study/canon.h"
#include "party/study/disclosure.h"

static const char FORMAT[] = "ringfence manifest";

/* ---- encoding; docs/manifest.md, "Fields" ---- */

static void put_statistics(struct rf_canon_writer *out, const struct rf_study *study)
{
    rf_canon_text(out, "statistics");
    rf_canon_array(out, (unsigned)study->shared_tokens + study->rings);
    if (study->shared_tokens)
        rf_canon_text(out, "shared_tokens");
    if (study->rings)
        rf_canon_text(out, "rings");
}

static void put_types(struct rf_canon_writer *out, const struct rf_study *study)
{
    unsigned count = 0;
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        count += study->types[type];
    rf_canon_text(out, "types");
    rf_canon_array(out, count);
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        if (study->types[type])
            rf_canon_text(out, rf_token_type_name((enum rf_token_type)type));
}

static void put_member(struct rf_canon_writer *out, const struct rf_member *member)
{
    rf_canon_map(out, 5);
    rf_canon_text_entry(out, "name", member->name);
    rf_canon_text(out, "roles");
    rf_canon_array(out, (unsigned)(member->party >= 0) + member->contributor + member->recipient);
    if (member->party >= 0)
        rf_canon_text(out, "party");
    if (member->contributor)
        rf_canon_text(out, "contributor");
    if (member->recipient)
        rf_canon_text(out, "recipient");
    rf_canon_number_entry(out, "customers", member->customers);
    rf_canon_number_entry(out, "rows", member->rows);
    rf_canon_bytes_entry(out, "fingerprint", member->fingerprint, sizeof member->fingerprint);
}

static void put_parameters(struct rf_canon_writer *out, const struct rf_study *study)
{
    rf_canon_text(out, "parameters");
    rf_canon_map(out, 10);
    rf_canon_number_entry(out, "hub_cap", study->hub_cap);
    rf_canon_number_entry(out, "min_size", study->min_size);
    rf_canon_number_entry(out, "min_banks", study->min_banks);
    rf_canon_number_entry(out, "min_cell", study->min_cell);
    rf_canon_text(out, "size_buckets");
    rf_canon_array(out, study->bucket_count);
    for (unsigned i = 0; i < study->bucket_count; i++)
        rf_canon_number(out, study->buckets[i]);
    rf_canon_number_entry(out, "max_exposure", study->max_exposure);
    rf_canon_number_entry(out, "shared_rows", study->shared_rows);
    rf_canon_number_entry(out, "iterations", study->iterations);
    rf_canon_number_entry(out, "lanes", study->lanes);
    rf_canon_number_entry(out, "proof_gates", study->proof_gates);
}

static void put_disclosures(struct rf_canon_writer *out, const struct rf_study *study)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    rf_canon_text(out, "disclosures");
    rf_canon_array(out, count);
    for (unsigned i = 0; i < count; i++) {
        rf_canon_map(out, 4);
        rf_canon_text_entry(out, "name", list[i].name);
        rf_canon_text_entry(out, "kind", list[i].kind);
        rf_canon_text_entry(out, "to", list[i].to);
        rf_canon_text_entry(out, "text", list[i].text);
    }
}

static void put_manifest(struct rf_canon_writer *out, const struct rf_manifest *manifest)
{
    const struct rf_study *study = &manifest->study;
    rf_canon_map(out, 13);
    rf_canon_format_entries(out, FORMAT, RF_MANIFEST_VERSION);
    rf_canon_text_entry(out, "study", study->name);
    rf_canon_text_entry(out, "purpose", study->purpose);
    put_statistics(out, study);
    rf_canon_text_entry(out, "link", rf_study_link_name(study->link));
    put_types(out, study);
    rf_canon_text(out, "members");
    rf_canon_array(out, study->member_count);
    for (unsigned i = 0; i < study->member_count; i++)
        put_member(out, &study->members[i]);
    put_parameters(out, study);
    rf_canon_text_entry(out, "protocol", study->protocol);
    put_disclosures(out, study);
    rf_canon_number_entry(out, "created", manifest->created);
    rf_canon_bytes_entry(out, "nonce", manifest->nonce, sizeof manifest->nonce);
}

enum rf_rc rf_manifest_encode(struct rf_manifest *manifest, uint8_t **bytes, size_t *size,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_canon_writer out;
    *bytes = NULL;
    RF_TRY(rf_study_check(&manifest->study, true, err));
    rf_canon_begin(&out);
    put_manifest(&out, manifest);
    RF_TRY(rf_canon_end(&out, bytes, size, err));
    if (EVP_Digest(*bytes, *size, manifest->hash, NULL, EVP_sha256(), NULL) != 1)
        RF_TRY(rf_openssl_error(err, "the manifest cannot be hashed"));
done:
    if (rc != RF_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return rc;
}

/* ---- decoding, in the same order ---- */

/* A word of a list; returns its index, or fails. */
static unsigned get_word(struct rf_canon_reader *in, const char *const *words, unsigned count)
{
    char word[32];
    rf_canon_read_text(in, word, sizeof word);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    rf_canon_fail(in, "unknown word '%s'", word);
    return 0;
}

static void get_statistics(struct rf_canon_reader *in, struct rf_study *study)
{
    static const char *const words[] = {"shared_tokens", "rings"};
    bool asked[2] = {false};
    rf_canon_read_key(in, "statistics");
    for (unsigned left = rf_canon_read_array(in, 2); left > 0; left--)
        asked[get_word(in, words, 2)] = true;
    study->shared_tokens = asked[0];
    study->rings = asked[1];
}

static void get_link(struct rf_canon_reader *in, struct rf_study *study)
{
    static const enum rf_link_by links[] = {RF_LINK_IDENTIFIERS, RF_LINK_TRANSFERS, RF_LINK_BOTH};
    const char *words[3];
    for (unsigned i = 0; i < 3; i++)
        words[i] = rf_study_link_name(links[i]);
    rf_canon_read_key(in, "link");
    study->link = links[get_word(in, words, 3)];
}

static void get_types(struct rf_canon_reader *in, struct rf_study *study)
{
    const char *words[RF_TYPE_ACCOUNT];
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        words[type] = rf_token_type_name((enum rf_token_type)type);
    memset(study->types, 0, sizeof study->types);
    rf_canon_read_key(in, "types");
    for (unsigned left = rf_canon_read_array(in, RF_TYPE_ACCOUNT); left > 0; left--)
        study->types[get_word(in, words, RF_TYPE_ACCOUNT)] = true;
    study->types[RF_TYPE_ACCOUNT] = (study->link & RF_LINK_TRANSFERS) != 0;
}

static void get_member(struct rf_canon_reader *in, struct rf_member *member, int *parties)
{
    static const char *const words[] = {"party", "contributor", "recipient"};
    bool roles[3] = {false};
    rf_canon_read_map(in, 5);
    rf_canon_read_key(in, "name");
    rf_canon_read_text(in, member->name, sizeof member->name);
    rf_canon_read_key(in, "roles");
    for (unsigned left = rf_canon_read_array(in, 3); left > 0; left--)
        roles[get_word(in, words, 3)] = true;
    member->party = roles[0] ? (*parties)++ : -1;
    member->contributor = roles[1];
    member->recipient = roles[2];
    rf_canon_read_key(in, "customers");
    member->customers = rf_canon_read_number(in, RF_ROWS_MAX);
    rf_canon_read_key(in, "rows");
    member->rows = rf_canon_read_number(in, RF_ROWS_MAX);
    rf_canon_read_key(in, "fingerprint");
    rf_canon_read_exactly(in, member->fingerprint, sizeof member->fingerprint);
}

static void get_members(struct rf_canon_reader *in, struct rf_study *study)
{
    int parties = 0;
    rf_canon_read_key(in, "members");
    study->member_count = rf_canon_read_array(in, RF_MEMBERS_MAX);
    for (unsigned i = 0; i < study->member_count; i++)
        get_member(in, &study->members[i], &parties);
}

static uint64_t get_number(struct rf_canon_reader *in, const char *key, uint64_t most)
{
    rf_canon_read_key(in, key);
    return rf_canon_read_number(in, most);
}

static void get_parameters(struct rf_canon_reader *in, struct rf_study *study)
{
    rf_canon_read_key(in, "parameters");
    rf_canon_read_map(in, 10);
    study->hub_cap = get_number(in, "hub_cap", RF_ROWS_MAX);
    study->min_size = get_number(in, "min_size", RF_ROWS_MAX);
    study->min_banks = (unsigned)get_number(in, "min_banks", RF_BANKS_MAX);
    study->min_cell = (unsigned)get_number(in, "min_cell", RF_ROWS_MAX);
    rf_canon_read_key(in, "size_buckets");
    memset(study->buckets, 0, sizeof study->buckets);
    study->bucket_count = rf_canon_read_array(in, RF_BUCKETS_MAX);
    for (unsigned i = 0; i < study->bucket_count; i++)
        study->buckets[i] = rf_canon_read_number(in, RF_ROWS_MAX);
    study->max_exposure = get_number(in, "max_exposure", UINT64_MAX);
    study->shared_rows = get_number(in, "shared_rows", RF_ROWS_MAX);
    study->iterations = (unsigned)get_number(in, "iterations", RF_ITERATIONS_MAX);
    study->lanes = (unsigned)get_number(in, "lanes", RF_STUDY_LANES_MAX);
    study->proof_gates = get_number(in, "proof_gates", RF_PROOF_GATES_MAX);
}

/* They follow from the study; encoding it again shows whether they are the same. */
static void skip_disclosures(struct rf_canon_reader *in)
{
    static const char *const keys[] = {"name", "kind", "to", "text"};
    char text[RF_DISCLOSURE_TEXT_MAX];
    rf_canon_read_key(in, "disclosures");
    for (unsigned left = rf_canon_read_array(in, RF_DISCLOSURES_MAX); left > 0; left--) {
        rf_canon_read_map(in, 4);
        for (unsigned i = 0; i < 4; i++) {
            rf_canon_read_key(in, keys[i]);
            rf_canon_read_text(in, text, sizeof text);
        }
    }
}

static void get_manifest(struct rf_canon_reader *in, struct rf_manifest *manifest)
{
    struct rf_study *study = &manifest->study;
    rf_canon_read_map(in, 13);
    rf_canon_read_format(in, FORMAT, RF_MANIFEST_VERSION, "is no manifest of Ringfence");
    rf_canon_read_key(in, "study");
    rf_canon_read_text(in, study->name, sizeof study->name);
    rf_canon_read_key(in, "purpose");
    rf_canon_read_text(in, study->purpose, sizeof study->purpose);
    get_statistics(in, study);
    get_link(in, study);
    get_types(in, study);
    get_members(in, study);
    get_parameters(in, study);
    rf_canon_read_key(in, "protocol");
    rf_canon_read_text(in, study->protocol, sizeof study->protocol);
    skip_disclosures(in);
    manifest->created = get_number(in, "created", INT64_MAX);
    rf_canon_read_key(in, "nonce");
    rf_canon_read_exactly(in, manifest->nonce, sizeof manifest->nonce);
}

/* What else could be said of the same bytes: lists in another order, other disclosures. */
static enum rf_rc compare_with_encoding(struct rf_manifest *manifest, const char *name,
                                        const uint8_t *bytes, size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *again = NULL;
    size_t again_size = 0;
    RF_TRY(rf_manifest_encode(manifest, &again, &again_size, err));
    size_t same = 0;
    while (same < size && same < again_size && bytes[same] == again[same])
        same++;
    if (same != size || same != again_size) {
        RF_TRY(rf_err_set(err, RF_E_FORMAT,
                          "%s: byte %zu: is not what this program writes for the same study (lists "
                          "out of order, or other disclosures)",
                          name, same + 1));
    }
done:
    free(again);
    return rc;
}

enum rf_rc rf_manifest_read(struct rf_manifest *manifest, const char *name, const uint8_t *bytes,
                            size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_canon_reader in;
    struct rf_err problem = {0};
    *manifest = (struct rf_manifest){0};
    rf_canon_read(&in, name, bytes, size, err);
    get_manifest(&in, manifest);
    RF_TRY(rf_canon_read_end(&in));
    if (rf_study_check(&manifest->study, true, &problem) != RF_OK)
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: %s", name, problem.text));
    RF_TRY(compare_with_encoding(manifest, name, bytes, size, err));
done:
    return rc;
}

enum rf_rc rf_manifest_load(struct rf_manifest *manifest, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_manifest_read(manifest, path, bytes, size, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- making ---- */

static enum rf_rc take_certificate(struct rf_member *member, X509 *certificate, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char name[RF_MEMBER_NAME_MAX + 1];
    RF_TRY(rf_certificate_name(certificate, name, err));
    if (strcmp(name, member->name) != 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "the certificate for %s is %s's", member->name, name));
    RF_TRY(rf_certificate_usable(certificate, member->name, err));
    RF_TRY(rf_certificate_fingerprint(certificate, member->fingerprint, err));
done:
    return rc;
}

enum rf_rc rf_manifest_make(struct rf_manifest *manifest, const struct rf_study *study,
                            X509 *const *certificates, uint8_t **bytes, size_t *size,
                            struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    *manifest = (struct rf_manifest){.study = *study, .created = (uint64_t)time(NULL)};
    if (RAND_bytes(manifest->nonce, sizeof manifest->nonce) != 1)
        RF_TRY(rf_openssl_error(err, "no randomness"));
    for (unsigned i = 0; i < study->member_count; i++)
        RF_TRY(take_certificate(&manifest->study.members[i], certificates[i], err));
    RF_TRY(rf_manifest_encode(manifest, bytes, size, err));
done:
    return rc;
}

/* ---- the hash for people ---- */

void rf_manifest_hex(const struct rf_manifest *manifest, char text[RF_MANIFEST_HEX])
{
    (void)rf_hex(text, manifest->hash, sizeof manifest->hash);
}

void rf_manifest_short(const struct rf_manifest *manifest, char text[RF_MANIFEST_SHORT])
{
    for (size_t group = 0; group < 6; group++) {
        uint64_t value = 0;
        for (size_t i = 0; i < 5; i++)
            value = value << 8 | manifest->hash[5 * group + i];
        (void)snprintf(text + 6 * group, 7, "%05u%s", (unsigned)(value % 100000),
                       group < 5 ? "-" : "");
    }
}
