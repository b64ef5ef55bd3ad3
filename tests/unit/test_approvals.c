#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "party/study/approvals.h"
#include "support/keys_kit.h"
#include "support/study_kit.h"

enum { MEMBERS = 4 };

/* A study's folder that every member has approved, for each test to spoil in one way. */
struct consortium {
    struct keys_kit_folder folder;
    EVP_PKEY *ca_key, *keys[MEMBERS];
    X509 *ca, *certificates[MEMBERS];
    X509_STORE *store;
    struct rf_study study;
    struct rf_manifest manifest;
};

static X509 *certify(const struct consortium *it, unsigned i, long from, long until, X509 *ca,
                     EVP_PKEY *ca_key)
{
    struct keys_kit_wish wish = keys_kit_member(it->keys[i]);
    char names[64];
    (void)snprintf(names, sizeof names, "DNS:%s", it->study.members[i].name);
    wish.common_name = it->study.members[i].name;
    wish.names = names;
    wish.from = from;
    wish.until = until;
    return keys_kit_certificate(it->keys[i], wish, ca, ca_key);
}

static const char *file_of(const struct consortium *it, unsigned member, const char *suffix)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s.%s", it->study.members[member].name, suffix);
    return keys_kit_in(&it->folder, name);
}

static struct rf_approval approval_of(const struct consortium *it, unsigned member)
{
    struct rf_approval approval = {.time = (uint64_t)time(NULL), .approved = true};
    memcpy(approval.manifest, it->manifest.hash, sizeof approval.manifest);
    memcpy(approval.signer, it->study.members[member].name, sizeof approval.signer);
    approval.has_tokens = it->study.members[member].contributor;
    if (approval.has_tokens)
        memset(approval.tokens, 0x5a, sizeof approval.tokens);
    return approval;
}

static void put(const struct consortium *it, struct rf_approval *approval, unsigned signer)
{
    struct rf_err err = {0};
    cr_assert_eq(rf_approval_sign(approval, it->keys[signer], &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_approvals_put(it->folder.path, approval, &err), RF_OK, "%s", err.text);
}

static void found(struct consortium *it)
{
    struct rf_err err = {0};
    it->study = study_kit_valid();
    it->folder = keys_kit_folder_make();
    it->ca = keys_kit_ca(&it->ca_key, "Consortium CA");
    it->store = keys_kit_store(it->ca);
    for (unsigned i = 0; i < MEMBERS; i++) {
        it->keys[i] = i == 1 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
        it->certificates[i] = certify(it, i, -60, 99 * KEYS_KIT_DAY, it->ca, it->ca_key);
    }
    cr_assert_eq(
        rf_approvals_propose(&it->manifest, it->folder.path, &it->study, it->certificates, &err),
        RF_OK, "%s", err.text);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct rf_approval approval = approval_of(it, i);
        put(it, &approval, i);
    }
}

static void dissolve(struct consortium *it)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        X509_free(it->certificates[i]);
        EVP_PKEY_free(it->keys[i]);
    }
    X509_free(it->ca);
    EVP_PKEY_free(it->ca_key);
    X509_STORE_free(it->store);
    keys_kit_folder_remove(&it->folder);
}

/* The check fails and says so in these words, after the folder's name. */
static void expect(const struct consortium *it, enum rf_rc code, const char *text)
{
    struct rf_err err = {0};
    struct rf_manifest manifest;
    enum rf_rc rc = rf_approvals_check(it->folder.path, it->store, &manifest, &err);
    cr_expect_eq(rc, code, "%s: %s", rf_rc_name(rc), err.text);
    if (code == RF_OK)
        return;
    cr_expect_eq(strncmp(err.text, it->folder.path, strlen(it->folder.path)), 0, "%s", err.text);
    cr_expect(strstr(err.text, text), "'%s' has no '%s'", err.text, text);
}

Test(approvals, all_given)
{
    struct consortium it;
    struct rf_err err = {0};
    struct rf_manifest manifest;
    found(&it);
    cr_assert_eq(rf_approvals_check(it.folder.path, it.store, &manifest, &err), RF_OK, "%s",
                 err.text);
    cr_assert_arr_eq(manifest.hash, it.manifest.hash, RF_MANIFEST_HASH);
    cr_assert(study_kit_equal(&manifest.study, &it.manifest.study));
    cr_assert_eq(rf_approvals_propose(&manifest, it.folder.path, &it.study, it.certificates, &err),
                 RF_E_ARG);
    cr_assert(strstr(err.text, "exists already"), "%s", err.text);
    dissolve(&it);
}

Test(approvals, missing_and_refused)
{
    struct consortium it;
    found(&it);
    cr_assert_eq(unlink(file_of(&it, 2, "approval")), 0);
    expect(&it, RF_E_CRYPTO, "/tech-c.approval: tech-c has not approved yet");
    struct rf_approval refusal = approval_of(&it, 2);
    refusal.approved = false;
    memcpy(refusal.reason, "too many rows", 14);
    put(&it, &refusal, 2);
    expect(&it, RF_E_CRYPTO, "/tech-c.approval: tech-c has refused: too many rows");
    dissolve(&it);
}

Test(approvals, of_another_manifest)
{
    struct consortium it;
    found(&it);
    struct rf_approval approval = approval_of(&it, 3);
    approval.manifest[31] ^= 1;
    put(&it, &approval, 3);
    expect(&it, RF_E_CRYPTO, "/bank-d.approval: is about another manifest");
    dissolve(&it);
}

Test(approvals, by_somebody_else)
{
    struct consortium it;
    found(&it);
    struct rf_approval approval = approval_of(&it, 3);
    put(&it, &approval, 0); /* bank-a signs in bank-d's name */
    expect(&it, RF_E_CRYPTO, "/bank-d.approval: is not signed with the key of bank-d");
    cr_assert_eq(unlink(file_of(&it, 3, "approval")), 0);
    cr_assert_eq(rename(file_of(&it, 0, "approval"), file_of(&it, 3, "approval")), 0);
    approval = approval_of(&it, 0);
    put(&it, &approval, 0);
    expect(&it, RF_E_CRYPTO, "/bank-d.approval: says it is by bank-a, not bank-d");
    dissolve(&it);
}

static void flip_each_byte(const struct consortium *it, const char *path, mode_t mode)
{
    struct rf_err err = {0};
    struct rf_manifest manifest;
    uint8_t *bytes = NULL;
    size_t size = 0;
    cr_assert_eq(rf_safe_file_read(path, &bytes, &size, &err), RF_OK);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x01;
        keys_kit_write(path, bytes, size, mode);
        cr_assert_neq(rf_approvals_check(it->folder.path, it->store, &manifest, &err), RF_OK,
                      "%s: byte %zu", path, i);
        bytes[i] ^= 0x01;
    }
    keys_kit_write(path, bytes, size, mode);
    rf_secret_free(bytes, size);
}

Test(approvals, any_changed_byte_is_noticed)
{
    struct consortium it;
    char path[128];
    found(&it);
    (void)snprintf(path, sizeof path, "%s", file_of(&it, 0, "approval"));
    flip_each_byte(&it, path, 0644);
    (void)snprintf(path, sizeof path, "%s", file_of(&it, 1, "approval")); /* RSA */
    flip_each_byte(&it, path, 0644);
    expect(&it, RF_OK, "");
    dissolve(&it);
}

Test(approvals, a_changed_manifest_has_no_approvals)
{
    struct consortium it;
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    found(&it);
    it.manifest.study.min_cell = 1;
    cr_assert_eq(rf_manifest_encode(&it.manifest, &bytes, &size, &err), RF_OK);
    keys_kit_write(keys_kit_in(&it.folder, "manifest.msgpack"), bytes, size, 0644);
    expect(&it, RF_E_CRYPTO, "/bank-a.approval: is about another manifest");
    keys_kit_write(keys_kit_in(&it.folder, "manifest.msgpack"), bytes, size - 1, 0644);
    expect(&it, RF_E_FORMAT, "/manifest.msgpack: byte ");
    free(bytes);
    dissolve(&it);
}

Test(approvals, swapped_certificates)
{
    struct consortium it;
    struct rf_err err = {0};
    found(&it);
    X509 *renewed = certify(&it, 3, -60, 50 * KEYS_KIT_DAY, it.ca, it.ca_key);
    cr_assert_eq(rf_certificate_save(renewed, file_of(&it, 3, "crt"), RF_SAFE_FILE_REPLACE, &err),
                 RF_OK);
    expect(&it, RF_E_CRYPTO,
           "/bank-d.crt: is not the certificate of bank-d that the manifest names");
    cr_assert_eq(unlink(file_of(&it, 3, "crt")), 0);
    expect(&it, RF_E_ARG, "/bank-d.crt: cannot open: No such file or directory");
    X509_free(renewed);
    dissolve(&it);
}

/* The whole folder is made with a certificate that the reader must not accept. */
static void propose_with(struct consortium *it, unsigned member, X509 *certificate)
{
    struct rf_err err = {0};
    X509_free(it->certificates[member]);
    it->certificates[member] = certificate;
    cr_assert_eq(unlink(keys_kit_in(&it->folder, "manifest.msgpack")), 0);
    cr_assert_eq(
        rf_approvals_propose(&it->manifest, it->folder.path, &it->study, it->certificates, &err),
        RF_OK, "%s", err.text);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct rf_approval approval = approval_of(it, i);
        put(it, &approval, i);
    }
}

Test(approvals, other_cas_and_dates)
{
    struct consortium it;
    EVP_PKEY *other_key = NULL;
    X509 *other = keys_kit_ca(&other_key, "Another CA");
    found(&it);
    propose_with(&it, 1, certify(&it, 1, -60, KEYS_KIT_DAY, other, other_key));
    expect(&it, RF_E_CRYPTO, "/bank-b.crt: issued by an unknown CA (CN=Another CA)");
    propose_with(&it, 1, certify(&it, 1, -600, -60, it.ca, it.ca_key));
    expect(&it, RF_E_CRYPTO, "/bank-b.crt: expired on ");
    X509_free(other);
    EVP_PKEY_free(other_key);
    dissolve(&it);
}

Test(approvals, tokens_keys_must_be_the_same)
{
    struct consortium it;
    found(&it);
    struct rf_approval approval = approval_of(&it, 3);
    approval.tokens[0] ^= 1;
    put(&it, &approval, 3);
    struct rf_err err = {0};
    struct rf_manifest manifest;
    cr_assert_eq(rf_approvals_check(it.folder.path, it.store, &manifest, &err), RF_E_CRYPTO);
    cr_assert(strstr(err.text, "bank-a and bank-d hold different tokens' keys"), "%s", err.text);
    approval.has_tokens = false;
    put(&it, &approval, 3);
    expect(&it, RF_E_CRYPTO,
           "/bank-d.approval: bank-d contributes and does not say which tokens' key it holds");
    dissolve(&it);
}

Test(approvals, states)
{
    struct consortium it;
    struct rf_approvals_member member;
    found(&it);
    rf_approvals_member(&member, it.folder.path, &it.manifest, 0, it.store);
    cr_assert_eq(member.state, RF_APPROVALS_APPROVED);
    rf_approvals_member(&member, it.folder.path, &it.manifest, 0, NULL);
    cr_assert_eq(member.state, RF_APPROVALS_APPROVED);
    keys_kit_write(file_of(&it, 0, "approval"), "x", 1, 0644);
    rf_approvals_member(&member, it.folder.path, &it.manifest, 0, it.store);
    cr_assert_eq(member.state, RF_APPROVALS_INVALID);
    cr_assert_eq(unlink(file_of(&it, 0, "approval")), 0);
    rf_approvals_member(&member, it.folder.path, &it.manifest, 0, it.store);
    cr_assert_eq(member.state, RF_APPROVALS_MISSING);
    dissolve(&it);
}

Test(approval, reasons_can_be_shown)
{
    struct consortium it;
    struct rf_err err = {0};
    found(&it);
    struct rf_approval approval = approval_of(&it, 0), again;
    memcpy(approval.reason, "\x1b[2J", 5);
    cr_assert_eq(rf_approval_sign(&approval, it.keys[0], &err), RF_E_ARG);
    uint8_t *bytes = NULL;
    size_t size = 0;
    rf_err_clear(&err);
    approval.signature_size = 8;
    cr_assert_eq(rf_approval_encode(&approval, &bytes, &size, &err), RF_OK);
    cr_assert_eq(rf_approval_read(&again, "a", bytes, size, &err), RF_E_FORMAT);
    cr_assert_str_eq(err.text, "a: the reason cannot be shown");
    free(bytes);
    dissolve(&it);
}
