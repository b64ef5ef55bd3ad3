#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/identity.h"
#include "party/keys/authority.h"
#include "party/keys/member_folder.h"
#include "party/keys/member_name.h"
#include "party/keys/private_key.h"
#include "party/keys/quick.h"
#include "party/keys/request.h"
#include "party/keys/sign.h"
#include "party/keys/token_key.h"
#include "support/keys_kit.h"

static const struct rf_passphrase words = {"correct horse battery", 21};
static const struct rf_passphrase others = {"incorrect horse battery", 23};

static unsigned mode_of(const char *path)
{
    struct stat status;
    cr_assert_eq(stat(path, &status), 0, "%s", path);
    return status.st_mode & 07777;
}

Test(member_name, rule)
{
    const char *good[] = {"a", "bank-a", "b2", "a-", "a2345678901234567890123456789012"};
    const char *bad[] = {"",       "-a",   "2a",  "Bank", "bank_a",
                         "bank.a", "bänk", "a b", "../a", "a23456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(rf_member_name_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(rf_member_name_valid(bad[i]), "%s", bad[i]);
}

/* ---- files ---- */

Test(safe_file, keeps_what_is_there_and_sets_the_mode)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    const char *path = keys_kit_in(&folder, "key");
    mode_t before = umask(0);
    cr_assert_eq(rf_safe_file_write(path, "one", 3, 0600, RF_SAFE_FILE_NEW, &err), RF_OK);
    (void)umask(before);
    cr_assert_eq(mode_of(path), 0600);
    cr_assert_eq(rf_safe_file_write(path, "two", 3, 0600, RF_SAFE_FILE_NEW, &err), RF_E_ARG);
    cr_assert(strstr(err.text, "exists already and is not overwritten"), "%s", err.text);
    rf_err_clear(&err);
    cr_assert_eq(rf_safe_file_read(path, &bytes, &size, &err), RF_OK);
    cr_assert_eq(size, 3);
    cr_assert_str_eq((char *)bytes, "one");
    rf_secret_free(bytes, size);
    cr_assert_eq(rf_safe_file_write(path, "two", 3, 0644, RF_SAFE_FILE_REPLACE, &err), RF_OK);
    cr_assert_eq(mode_of(path), 0644);
    keys_kit_folder_remove(&folder);
}

Test(safe_file, leaves_nothing_behind)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    const char *path = keys_kit_in(&folder, "a");
    cr_assert_eq(rf_safe_file_write(path, "x", 1, 0600, RF_SAFE_FILE_NEW, &err), RF_OK);
    cr_assert_eq(rf_safe_file_write(path, "x", 1, 0600, RF_SAFE_FILE_NEW, &err), RF_E_ARG);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder.path), 0, "a temporary file is left");
}

Test(safe_file, refuses_what_is_too_large_or_no_file)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    const char *path = keys_kit_in(&folder, "big");
    keys_kit_write(path, "", 0, 0600);
    cr_assert_eq(truncate(path, RF_SAFE_FILE_MAX + 1), 0);
    cr_assert_eq(rf_safe_file_read(path, &bytes, &size, &err), RF_E_FORMAT);
    rf_err_clear(&err);
    cr_assert_eq(rf_safe_file_read(folder.path, &bytes, &size, &err), RF_E_ARG);
    rf_err_clear(&err);
    path = keys_kit_in(&folder, "fifo");
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(rf_safe_file_read(path, &bytes, &size, &err), RF_E_ARG); /* and does not hang */
    keys_kit_folder_remove(&folder);
}

Test(safe_file, makes_private_folders)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    const char *path = keys_kit_in(&folder, "a/b/c");
    cr_assert_eq(rf_safe_file_folder(path, &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_safe_file_folder(path, &err), RF_OK, "%s", err.text);
    cr_assert_eq(mode_of(path), 0700);
    keys_kit_write(keys_kit_in(&folder, "file"), "", 0, 0600);
    cr_assert_eq(rf_safe_file_folder(keys_kit_in(&folder, "file"), &err), RF_E_ARG);
    keys_kit_folder_remove(&folder);
}

/* ---- passphrases and private keys ---- */

Test(passphrase, file_is_private_and_its_first_line_counts)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    struct rf_passphrase passphrase;
    const char *path = keys_kit_in(&folder, "words");
    keys_kit_write(path, "correct horse battery\r\nmore\n", 28, 0600);
    cr_assert_eq(rf_passphrase_get(&passphrase, path, NULL, "x", RF_PASSPHRASE_CREATE, &err),
                 RF_OK);
    cr_assert_str_eq(passphrase.text, "correct horse battery");
    cr_assert_eq(setenv(RF_PASSPHRASE_ENVIRONMENT, path, 1), 0);
    cr_assert_eq(rf_passphrase_get(&passphrase, NULL, NULL, "x", RF_PASSPHRASE_OPEN, &err), RF_OK);
    cr_assert_eq(passphrase.length, 21);
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(rf_passphrase_get(&passphrase, path, NULL, "x", RF_PASSPHRASE_OPEN, &err),
                 RF_E_CRYPTO);
    cr_assert(strstr(err.text, "others may use this file (mode 0640)"), "%s", err.text);
    keys_kit_folder_remove(&folder);
}

Test(passphrase, empty_short_and_binary_are_refused)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    const struct {
        const char *bytes;
        size_t size;
        enum rf_passphrase_how how;
    } bad[] = {
        {"", 0, RF_PASSPHRASE_OPEN},
        {"\nwords", 6, RF_PASSPHRASE_OPEN},
        {"a\0b", 3, RF_PASSPHRASE_OPEN},
        {"elevenchars", 11, RF_PASSPHRASE_CREATE},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = {0};
        struct rf_passphrase passphrase;
        const char *path = keys_kit_in(&folder, "words");
        keys_kit_write(path, bad[i].bytes, bad[i].size, 0600);
        cr_expect_eq(rf_passphrase_get(&passphrase, path, NULL, "x", bad[i].how, &err), RF_E_ARG,
                     "%zu", i);
        cr_expect_eq(passphrase.length, 0);
    }
    keys_kit_folder_remove(&folder);
}

Test(private_key, is_saved_encrypted_and_opens_with_its_words_only)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    EVP_PKEY *key = NULL, *again = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool encrypted = false;
    char kind[32];
    const char *path = keys_kit_in(&folder, "member.key");
    cr_assert_eq(rf_private_key_make(&key, "P-256", &err), RF_OK);
    cr_assert_eq(rf_private_key_save(key, path, &words, RF_SAFE_FILE_NEW, &err), RF_OK);
    cr_assert_eq(mode_of(path), 0600);
    cr_assert_eq(rf_private_key_save(key, path, &words, RF_SAFE_FILE_NEW, &err), RF_E_ARG);
    rf_err_clear(&err);
    cr_assert_eq(rf_safe_file_read(path, &bytes, &size, &err), RF_OK);
    cr_assert(strstr((char *)bytes, "BEGIN ENCRYPTED PRIVATE KEY"));
    rf_secret_free(bytes, size);
    cr_assert_eq(rf_private_key_encrypted(path, &encrypted, &err), RF_OK);
    cr_assert(encrypted);
    cr_assert_eq(rf_private_key_load(&again, path, &words, &err), RF_OK, "%s", err.text);
    cr_assert_eq(EVP_PKEY_eq(key, again), 1);
    rf_private_key_kind(again, kind);
    cr_assert_str_eq(kind, "EC P-256");
    EVP_PKEY_free(again);
    cr_assert_eq(rf_private_key_load(&again, path, &others, &err), RF_E_CRYPTO);
    cr_assert(strstr(err.text, "the passphrase does not open this key"), "%s", err.text);
    cr_assert_null(again);
    rf_err_clear(&err);
    cr_assert_eq(rf_private_key_load(&again, path, NULL, &err), RF_E_CRYPTO);
    cr_assert(strstr(err.text, "encrypted and there is no passphrase"), "%s", err.text);
    rf_err_clear(&err);
    cr_assert_eq(chmod(path, 0604), 0);
    cr_assert_eq(rf_private_key_load(&again, path, &words, &err), RF_E_CRYPTO);
    cr_assert(strstr(err.text, "others may use this file"), "%s", err.text);
    EVP_PKEY_free(key);
    keys_kit_folder_remove(&folder);
}

Test(private_key, kinds)
{
    struct rf_err err = {0};
    const char *curves[] = {"P-256", "P-384", "P-521"};
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY *key = EVP_EC_gen(curves[i]);
        cr_expect_eq(rf_private_key_accept(key, "k", &err), RF_OK);
        EVP_PKEY_free(key);
    }
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *small = EVP_RSA_gen(1024);
    EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), *curve = EVP_EC_gen("secp256k1");
    cr_expect_eq(rf_private_key_accept(rsa, "k", &err), RF_OK);
    cr_expect_eq(rf_private_key_accept(small, "k", &err), RF_E_CRYPTO);
    cr_expect_eq(rf_private_key_accept(ed, "k", &err), RF_E_CRYPTO);
    cr_expect_eq(rf_private_key_accept(curve, "k", &err), RF_E_CRYPTO);
    cr_expect(strstr(err.text, "k: a key of kind RSA 1024 cannot be used"), "%s", err.text);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(small);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(curve);
}

/* ---- the CA ---- */

Test(authority, issues_what_a_member_needs)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    struct rf_authority authority;
    EVP_PKEY *key = NULL;
    X509_REQ *request = NULL;
    X509 *certificate = NULL;
    X509_STORE *store = NULL;
    char name[RF_MEMBER_NAME_MAX + 1];
    const char *ca = keys_kit_in(&folder, "ca");
    cr_assert_eq(rf_authority_create(ca, "Test CA", 100, &words, RF_SAFE_FILE_NEW, &err), RF_OK,
                 "%s", err.text);
    cr_assert_eq(rf_authority_create(ca, "Test CA", 100, &words, RF_SAFE_FILE_NEW, &err), RF_E_ARG);
    rf_err_clear(&err);
    cr_assert_eq(mode_of(keys_kit_in(&folder, "ca/ca.key")), 0600);
    cr_assert_eq(mode_of(keys_kit_in(&folder, "ca")), 0700);
    cr_assert_eq(rf_authority_open(&authority, keys_kit_in(&folder, "ca"), &words, &err), RF_OK);
    cr_assert_eq(X509_get_pathlen(authority.certificate), 0);
    cr_assert_eq(X509_get_key_usage(authority.certificate), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    cr_assert_eq(rf_private_key_make(&key, "P-256", &err), RF_OK);
    cr_assert_eq(rf_request_make(&request, "bank-a", key, &err), RF_OK);
    cr_assert_eq(rf_authority_issue(&authority, request, NULL, 50, false, &certificate, &err),
                 RF_OK, "%s", err.text);
    cr_assert_eq(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT);
    cr_assert_eq(X509_get_extended_key_usage(certificate), XKU_SSL_SERVER | XKU_SSL_CLIENT);
    cr_assert_eq(rf_certificate_usable(certificate, "c", &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_certificate_name(certificate, name, &err), RF_OK);
    cr_assert_str_eq(name, "bank-a");
    int64_t left = rf_certificate_seconds(X509_get0_notAfter(certificate), time(NULL));
    cr_assert(left > 50 * 86400 - 60 && left <= 50 * 86400);
    cr_assert_eq(rf_certificate_store(&store, keys_kit_in(&folder, "ca/ca.crt"), &err), RF_OK);
    cr_assert_eq(rf_identity_check(certificate, store, "bank-a", &err), RF_OK, "%s", err.text);
    cr_assert_eq(rf_identity_check(certificate, store, "bank-b", &err), RF_E_CRYPTO);
    cr_assert_str_eq(err.text, "it is for bank-a, not for bank-b");
    X509_STORE_free(store);
    X509_free(certificate);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    rf_authority_fini(&authority);
    keys_kit_folder_remove(&folder);
}

Test(authority, guards_names_and_days)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    struct rf_authority authority;
    EVP_PKEY *first = EVP_EC_gen("P-256"), *second = EVP_RSA_gen(2048);
    X509_REQ *one = NULL, *two = NULL;
    X509 *certificate = NULL;
    cr_assert_eq(rf_authority_create(folder.path, "Test CA", 100, &words, RF_SAFE_FILE_NEW, &err),
                 RF_OK);
    cr_assert_eq(rf_authority_open(&authority, folder.path, &words, &err), RF_OK);
    cr_assert_eq(rf_request_make(&one, "bank-a", first, &err), RF_OK);
    cr_assert_eq(rf_request_make(&two, "bank-a", second, &err), RF_OK);
    cr_assert_eq(rf_authority_issue(&authority, one, "bank-b", 9, false, &certificate, &err),
                 RF_E_CRYPTO);
    cr_assert_str_eq(err.text, "the request is for bank-a, not bank-b");
    rf_err_clear(&err);
    cr_assert_eq(rf_authority_issue(&authority, one, NULL, 101, false, &certificate, &err),
                 RF_E_ARG);
    cr_assert(strstr(err.text, "would outlive its CA"), "%s", err.text);
    rf_err_clear(&err);
    for (int i = 0; i < 2; i++) { /* the same key again is a renewal */
        cr_assert_eq(rf_authority_issue(&authority, one, "bank-a", 9, false, &certificate, &err),
                     RF_OK, "%s", err.text);
        X509_free(certificate);
    }
    cr_assert_eq(rf_authority_issue(&authority, two, NULL, 9, false, &certificate, &err), RF_E_ARG);
    cr_assert(strstr(err.text, "another key has a certificate for bank-a"), "%s", err.text);
    rf_err_clear(&err);
    cr_assert_eq(rf_authority_issue(&authority, two, NULL, 9, true, &certificate, &err), RF_OK);
    cr_assert_eq(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    cr_assert_eq(rf_certificate_usable(certificate, "c", &err), RF_OK, "%s", err.text);
    X509_free(certificate);
    X509_REQ_free(one);
    X509_REQ_free(two);
    EVP_PKEY_free(first);
    EVP_PKEY_free(second);
    rf_authority_fini(&authority);
    keys_kit_folder_remove(&folder);
}

Test(request, must_be_signed_with_its_own_key)
{
    struct rf_err err = {0};
    EVP_PKEY *mine = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    X509_REQ *request = NULL;
    char name[RF_MEMBER_NAME_MAX + 1];
    cr_assert_eq(rf_request_make(&request, "Bank", mine, &err), RF_E_ARG);
    rf_err_clear(&err);
    cr_assert_eq(rf_request_make(&request, "bank-a", mine, &err), RF_OK);
    cr_assert_eq(rf_request_check(request, name, &err), RF_OK, "%s", err.text);
    cr_assert_str_eq(name, "bank-a");
    cr_assert_eq(X509_REQ_set_pubkey(request, other), 1);
    cr_assert_eq(rf_request_check(request, name, &err), RF_E_CRYPTO);
    cr_assert(strstr(err.text, "not signed with its own key"), "%s", err.text);
    X509_REQ_free(request);
    EVP_PKEY_free(mine);
    EVP_PKEY_free(other);
}

/* ---- certificates ---- */

Test(certificate, other_cas_and_dates_are_told_apart)
{
    struct rf_err err = {0};
    EVP_PKEY *ca_key = NULL, *stranger_key = NULL, *key = EVP_EC_gen("P-384");
    X509 *ca = keys_kit_ca(&ca_key, "Our CA"), *stranger = keys_kit_ca(&stranger_key, "Our CA");
    X509_STORE *store = keys_kit_store(ca);
    struct keys_kit_wish wish = keys_kit_member(key);
    const struct {
        long from, until;
        X509 *issuer;
        EVP_PKEY *issuer_key;
        const char *error;
    } cases[] = {
        {-100, 100, ca, ca_key, ""},
        {-200, -100, ca, ca_key, "expired on "},
        {100, 200, ca, ca_key, "is not valid before "},
        {-100, 100, stranger, stranger_key, "is not signed by the CA that it names (CN=Our CA)"},
        {-100, 100, NULL, NULL, "issued by an unknown CA (CN=bank-a)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wish.from = cases[i].from;
        wish.until = cases[i].until;
        X509 *certificate = keys_kit_certificate(key, wish, cases[i].issuer, cases[i].issuer_key);
        enum rf_rc rc = rf_identity_check(certificate, store, "bank-a", &err);
        cr_expect_eq(rc, cases[i].error[0] ? RF_E_CRYPTO : RF_OK, "case %zu", i);
        cr_expect_eq(strncmp(err.text, cases[i].error, strlen(cases[i].error)), 0, "%s", err.text);
        X509_free(certificate);
        rf_err_clear(&err);
    }
    X509_STORE_free(store);
    X509_free(ca);
    X509_free(stranger);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(stranger_key);
    EVP_PKEY_free(key);
}

Test(certificate, names)
{
    const struct {
        const char *common_name, *names, *found;
    } cases[] = {
        {"bank-a", "DNS:bank-a", "bank-a"},
        {"bank-a", "DNS:node.bank-a.example,DNS:bank-a", "bank-a"},
        {"Node of Bank A", "DNS:bank-a,DNS:node.bank-a.example", "bank-a"},
        {"bank-a", "DNS:bank-a,DNS:bank-b", "bank-a"},
        {"Node", "DNS:bank-a,DNS:bank-b", NULL},
        {"bank-a", "DNS:node.bank-a.example", NULL},
        {"bank-a", NULL, NULL},
        {"bank-a", "DNS:*", NULL},
    };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rf_err err = {0};
        struct keys_kit_wish wish = keys_kit_member(key);
        char name[RF_MEMBER_NAME_MAX + 1];
        wish.common_name = cases[i].common_name;
        wish.names = cases[i].names;
        X509 *certificate = keys_kit_certificate(key, wish, NULL, NULL);
        enum rf_rc rc = rf_certificate_name(certificate, name, &err);
        cr_expect_eq(rc, cases[i].found ? RF_OK : RF_E_CRYPTO, "case %zu: %s", i, name);
        if (rc == RF_OK)
            cr_expect_str_eq(name, cases[i].found);
        X509_free(certificate);
    }
    EVP_PKEY_free(key);
}

Test(certificate, usages)
{
    const struct {
        const char *usage, *extended, *error;
    } cases[] = {
        {"digitalSignature,keyAgreement", "serverAuth,clientAuth", ""},
        {NULL, NULL, ""},
        {"digitalSignature", "serverAuth,clientAuth",
         "c: its key usage must hold digitalSignature and keyAgreement"},
        {"digitalSignature,keyAgreement", "serverAuth",
         "c: its extended key usage must hold serverAuth and clientAuth"},
    };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rf_err err = {0};
        struct keys_kit_wish wish = keys_kit_member(key);
        wish.usage = cases[i].usage;
        wish.extended = cases[i].extended;
        X509 *certificate = keys_kit_certificate(key, wish, NULL, NULL);
        cr_expect_eq(rf_certificate_usable(certificate, "c", &err),
                     cases[i].error[0] ? RF_E_CRYPTO : RF_OK);
        cr_expect_str_eq(err.text, cases[i].error);
        X509_free(certificate);
    }
    EVP_PKEY_free(key);
}

/* ---- signatures ---- */

Test(sign, holds_for_its_key_domain_and_data_only)
{
    EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-521"), EVP_RSA_gen(2048)};
    X509 *stranger = keys_kit_certificate(keys[0], keys_kit_member(keys[0]), NULL, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct rf_err err = {0};
        uint8_t signature[RF_SIGNATURE_MAX];
        size_t size = 0;
        X509 *certificate = keys_kit_certificate(keys[i], keys_kit_member(keys[i]), NULL, NULL);
        cr_assert_eq(rf_sign(keys[i], "test v1", "data", 4, signature, &size, &err), RF_OK);
        cr_expect_eq(rf_sign_verify(certificate, "test v1", "data", 4, signature, size, &err),
                     RF_OK, "%s", err.text);
        cr_expect_eq(rf_sign_verify(certificate, "test v2", "data", 4, signature, size, &err),
                     RF_E_CRYPTO);
        cr_expect_eq(rf_sign_verify(certificate, "test v1", "date", 4, signature, size, &err),
                     RF_E_CRYPTO);
        cr_expect_eq(rf_sign_verify(certificate, "test", " v1data", 7, signature, size, &err),
                     RF_E_CRYPTO);
        cr_expect_eq(rf_sign_verify(certificate, "test v1", "data", 4, signature, size - 1, &err),
                     RF_E_CRYPTO);
        cr_expect_eq(rf_sign_verify(certificate, "test v1", "data", 4, signature, 0, &err),
                     RF_E_CRYPTO);
        if (i > 0)
            cr_expect_eq(rf_sign_verify(stranger, "test v1", "data", 4, signature, size, &err),
                         RF_E_CRYPTO);
        signature[size / 2] ^= 1;
        cr_expect_eq(rf_sign_verify(certificate, "test v1", "data", 4, signature, size, &err),
                     RF_E_CRYPTO);
        X509_free(certificate);
    }
    X509_free(stranger);
    for (size_t i = 0; i < 3; i++)
        EVP_PKEY_free(keys[i]);
}

/* ---- a trial consortium ---- */

Test(quick, makes_folders_that_open)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    const struct rf_quick_member members[] = {{"bank-a", true}, {"bank-b", true}, {"tech", false}};
    uint8_t keys[2][RF_TOKEN_KEY_SIZE];
    cr_assert_eq(rf_quick_make(folder.path, members, 3, 30, RF_SAFE_FILE_NEW, &err), RF_OK, "%s",
                 err.text);
    for (unsigned i = 0; i < 2; i++) {
        struct rf_passphrase passphrase;
        EVP_PKEY *key = NULL;
        X509 *certificate = NULL;
        struct keys_kit_folder member;
        (void)snprintf(member.path, sizeof member.path, "%s/%s", folder.path, members[i].name);
        cr_assert_eq(rf_passphrase_read(&passphrase, keys_kit_in(&member, "passphrase"), &err),
                     RF_OK);
        cr_assert_eq(
            rf_private_key_load(&key, keys_kit_in(&member, "member.key"), &passphrase, &err), RF_OK,
            "%s", err.text);
        cr_assert_eq(rf_certificate_load(&certificate, keys_kit_in(&member, "member.crt"), &err),
                     RF_OK);
        cr_assert_eq(
            rf_token_key_open(keys[i], keys_kit_in(&member, "tokens.cms"), certificate, key, &err),
            RF_OK, "%s", err.text);
        EVP_PKEY_free(key);
        X509_free(certificate);
    }
    cr_assert_arr_eq(keys[0], keys[1], RF_TOKEN_KEY_SIZE);
    cr_assert_not(rf_safe_file_exists(keys_kit_in(&folder, "tech/tokens.cms")));
    cr_assert_eq(mode_of(keys_kit_in(&folder, "bank-a")), 0700);
    cr_assert_eq(mode_of(keys_kit_in(&folder, "bank-a/passphrase")), 0600);
    cr_assert_eq(rf_quick_make(folder.path, members, 3, 30, RF_SAFE_FILE_NEW, &err), RF_E_ARG);
    cr_assert(strstr(err.text, "exists already"), "%s", err.text);
    rf_err_clear(&err);
    cr_assert_eq(rf_quick_make(folder.path, members, 3, 30, RF_SAFE_FILE_REPLACE, &err), RF_OK,
                 "%s", err.text);
    keys_kit_folder_remove(&folder);
}

/* What is made here must be what links accept. */
Test(quick, makes_identities_for_links)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_err err = {0};
    const struct rf_quick_member members[] = {{"bank-a", true}, {"bank-b", true}};
    struct rf_passphrase passphrase;
    struct rf_identity identity = {0};
    X509 *other = NULL;
    cr_assert_eq(rf_quick_make(folder.path, members, 2, 30, RF_SAFE_FILE_NEW, &err), RF_OK, "%s",
                 err.text);
    cr_assert_eq(rf_passphrase_read(&passphrase, keys_kit_in(&folder, "bank-a/passphrase"), &err),
                 RF_OK);
    cr_assert_eq(rf_identity_load(&identity, keys_kit_in(&folder, "bank-a/member.crt"),
                                  keys_kit_in(&folder, "bank-a/member.key"), passphrase.text,
                                  keys_kit_in(&folder, "bank-a/ca.crt"), &err),
                 RF_OK, "%s", err.text);
    cr_assert_eq(rf_certificate_load(&other, keys_kit_in(&folder, "bank-b/member.crt"), &err),
                 RF_OK);
    cr_assert_eq(rf_identity_check(other, identity.authority, "bank-b", &err), RF_OK, "%s",
                 err.text);
    cr_assert_eq(rf_identity_check(other, identity.authority, "bank-a", &err), RF_E_CRYPTO);
    X509_free(other);
    rf_identity_fini(&identity);
    keys_kit_folder_remove(&folder);
}

Test(quick, refuses_bad_names_before_it_writes)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    const struct rf_quick_member bad[][2] = {
        {{"bank-a", true}, {"bank-a", true}},
        {{"bank-a", true}, {"../b", true}},
        {{"bank-a", true}, {"ca", true}},
    };
    for (size_t i = 0; i < 3; i++) {
        struct rf_err err = {0};
        cr_expect_eq(rf_quick_make(folder.path, bad[i], 2, 30, RF_SAFE_FILE_NEW, &err), RF_E_ARG);
    }
    cr_assert_eq(rmdir(folder.path), 0, "something was written");
}
