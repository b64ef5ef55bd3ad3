#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "party/keys/doctor.h"
#include "party/keys/passphrase.h"
#include "party/keys/private_key.h"
#include "party/keys/quick.h"
#include "party/keys/token_key.h"
#include "support/keys_kit.h"

/* A folder that is in order, made by `keys quick`, for each test to spoil in one way. */
struct patient {
    struct keys_kit_folder out, folder;
    struct rf_passphrase passphrase;
    char key[128], certificate[128], authority[128], tokens[128], words[128];
    struct rf_doctor_files files;
    struct rf_doctor_report report;
};

static void admit(struct patient *it)
{
    struct rf_err err = {0};
    const struct rf_quick_member members[] = {{"bank-a", true}, {"bank-b", true}};
    it->out = keys_kit_folder_make();
    cr_assert_eq(rf_quick_make(it->out.path, members, 2, 100, RF_SAFE_FILE_NEW, &err), RF_OK, "%s",
                 err.text);
    (void)snprintf(it->folder.path, sizeof it->folder.path, "%s", keys_kit_in(&it->out, "bank-a"));
    cr_assert_eq(rf_passphrase_read(&it->passphrase, keys_kit_in(&it->folder, "passphrase"), &err),
                 RF_OK);
    (void)snprintf(it->words, sizeof it->words, "%s", keys_kit_in(&it->folder, "passphrase"));
    (void)snprintf(it->key, sizeof it->key, "%s", keys_kit_in(&it->folder, "member.key"));
    (void)snprintf(it->certificate, sizeof it->certificate, "%s",
                   keys_kit_in(&it->folder, "member.crt"));
    (void)snprintf(it->authority, sizeof it->authority, "%s", keys_kit_in(&it->folder, "ca.crt"));
    (void)snprintf(it->tokens, sizeof it->tokens, "%s", keys_kit_in(&it->folder, "tokens.cms"));
    it->files = (struct rf_doctor_files){
        .folder = it->folder.path,
        .key = it->key,
        .certificate = it->certificate,
        .authority = it->authority,
        .tokens = it->tokens,
        .member = "bank-a",
        .passphrase_file = it->words,
        .passphrase = &it->passphrase,
        .now = time(NULL),
    };
}

static void discharge(struct patient *it)
{
    keys_kit_folder_remove(&it->out);
}

/* The check called @name is in @state and says @text; all others are ok, or need what is broken. */
static void expect(struct patient *it, const char *name, enum rf_doctor_state state,
                   const char *text)
{
    bool seen = false;
    rf_doctor_examine(&it->files, &it->report);
    for (unsigned i = 0; i < it->report.count; i++) {
        const struct rf_doctor_finding *finding = &it->report.findings[i];
        if (strcmp(finding->check, name) != 0)
            continue;
        seen = true;
        cr_expect_eq(finding->state, state, "%s: %s, %s", name,
                     rf_doctor_state_name(finding->state), finding->what);
        cr_expect(strstr(finding->what, text), "%s: %s", name, finding->what);
        cr_expect(state == RF_DOCTOR_OK || finding->advice[0], "%s has no advice", name);
    }
    cr_expect(seen, "there is no finding about %s", name);
}

static void expect_counts(const struct patient *it, unsigned warnings, unsigned failed)
{
    cr_expect_eq(it->report.warnings, warnings, "%u warnings", it->report.warnings);
    cr_expect_eq(it->report.failed, failed, "%u failed", it->report.failed);
}

/* Another certificate for the same key, from a CA of the tests that ca.crt then names or not. */
static void replace_certificate(struct patient *it, struct keys_kit_wish wish, bool believed,
                                EVP_PKEY *other_key)
{
    struct rf_err err = {0};
    EVP_PKEY *ca_key = NULL, *key = NULL;
    X509 *ca = keys_kit_ca(&ca_key, "Another CA");
    cr_assert_eq(rf_private_key_load(&key, it->key, &it->passphrase, &err), RF_OK);
    X509 *certificate = keys_kit_certificate(other_key ? other_key : key, wish, ca, ca_key);
    cr_assert_eq(rf_certificate_save(certificate, it->certificate, RF_SAFE_FILE_REPLACE, &err),
                 RF_OK);
    if (believed)
        cr_assert_eq(rf_certificate_save(ca, it->authority, RF_SAFE_FILE_REPLACE, &err), RF_OK);
    uint8_t token_key[RF_TOKEN_KEY_SIZE] = {7};
    cr_assert_eq(
        rf_token_key_seal(token_key, &certificate, 1, it->tokens, RF_SAFE_FILE_REPLACE, &err),
        RF_OK);
    X509_free(certificate);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

static struct keys_kit_wish wish(const char *name, long from, long until)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct keys_kit_wish wish = keys_kit_member(key);
    static char names[64];
    EVP_PKEY_free(key);
    (void)snprintf(names, sizeof names, "DNS:%s", name);
    wish.common_name = name;
    wish.names = names;
    wish.from = from;
    wish.until = until;
    return wish;
}

Test(doctor, finds_nothing_in_a_good_folder)
{
    struct patient it;
    admit(&it);
    expect(&it, "tokens' key", RF_DOCTOR_OK, "opens; check value ");
    expect(&it, "name", RF_DOCTOR_OK, "bank-a");
    cr_assert_eq(it.report.count, 13);
    expect_counts(&it, 0, 0);
    discharge(&it);
}

Test(doctor, sees_expired_and_expiring_certificates)
{
    struct patient it;
    admit(&it);
    replace_certificate(&it, wish("bank-a", -9 * KEYS_KIT_DAY, -KEYS_KIT_DAY), true, NULL);
    expect(&it, "certificate dates", RF_DOCTOR_FAILED, "expired on ");
    expect_counts(&it, 0, 1);
    replace_certificate(&it, wish("bank-a", -9 * KEYS_KIT_DAY, 29 * KEYS_KIT_DAY + 60), true, NULL);
    expect(&it, "certificate dates", RF_DOCTOR_WARNING, "expires in 29 days, on ");
    expect_counts(&it, 1, 0);
    replace_certificate(&it, wish("bank-a", KEYS_KIT_DAY, 99 * KEYS_KIT_DAY), true, NULL);
    expect(&it, "certificate dates", RF_DOCTOR_FAILED, "not valid before ");
    expect_counts(&it, 0, 1);
    discharge(&it);
}

Test(doctor, sees_another_ca)
{
    struct patient it;
    admit(&it);
    replace_certificate(&it, wish("bank-a", -60, 99 * KEYS_KIT_DAY), false, NULL);
    expect(&it, "issuer", RF_DOCTOR_FAILED, "issued by an unknown CA (CN=Another CA)");
    expect_counts(&it, 0, 1);
    discharge(&it);
}

Test(doctor, sees_a_certificate_of_another_key)
{
    struct patient it;
    EVP_PKEY *other = EVP_EC_gen("P-256");
    admit(&it);
    replace_certificate(&it, wish("bank-a", -60, 99 * KEYS_KIT_DAY), true, other);
    expect(&it, "key and certificate", RF_DOCTOR_FAILED, "the certificate is for another key");
    expect(&it, "tokens' key", RF_DOCTOR_FAILED, "does not open");
    expect_counts(&it, 0, 2);
    EVP_PKEY_free(other);
    discharge(&it);
}

Test(doctor, sees_wrong_names)
{
    struct patient it;
    admit(&it);
    it.files.member = "bank-b";
    expect(&it, "name", RF_DOCTOR_FAILED, "the certificate is bank-a's, not bank-b's");
    it.files.member = "bank-a";
    replace_certificate(&it, wish("Bank-A", -60, 99 * KEYS_KIT_DAY), true, NULL);
    expect(&it, "name", RF_DOCTOR_FAILED, "no DNS name that a member can have");
    expect_counts(&it, 0, 1);
    discharge(&it);
}

Test(doctor, sees_the_node_file)
{
    struct patient it;
    admit(&it);
    it.files.node = "node.yaml";
    expect(&it, "node.yaml", RF_DOCTOR_OK, "of bank-a");
    expect_counts(&it, 0, 0);
    it.files.member = NULL; /* as what cannot be read names nobody */
    it.files.node_problem = "node.yaml:2:9: listen: nobody knows what";
    expect(&it, "node.yaml", RF_DOCTOR_FAILED, "node.yaml:2:9: listen");
    expect(&it, "name", RF_DOCTOR_OK, "bank-a");
    expect_counts(&it, 0, 1);
    discharge(&it);
}

Test(doctor, sees_usages)
{
    struct patient it;
    struct keys_kit_wish bad = wish("bank-a", -60, 99 * KEYS_KIT_DAY);
    bad.extended = "serverAuth";
    admit(&it);
    replace_certificate(&it, bad, true, NULL);
    expect(&it, "certificate usage", RF_DOCTOR_FAILED, "serverAuth and clientAuth");
    expect_counts(&it, 0, 1);
    discharge(&it);
}

Test(doctor, sees_permissions)
{
    struct patient it;
    admit(&it);
    cr_assert_eq(chmod(it.key, 0640), 0);
    expect(&it, "key file", RF_DOCTOR_FAILED, "others may use this file (mode 0640)");
    cr_assert_eq(chmod(it.key, 0600), 0);
    cr_assert_eq(chmod(it.words, 0644), 0);
    expect(&it, "passphrase file", RF_DOCTOR_FAILED, "others may use this file (mode 0644)");
    cr_assert_eq(chmod(it.words, 0600), 0);
    cr_assert_eq(chmod(it.folder.path, 0755), 0);
    expect(&it, "folder", RF_DOCTOR_WARNING, "others may look into it (mode 0755)");
    cr_assert_eq(chmod(it.folder.path, 0770), 0);
    expect(&it, "folder", RF_DOCTOR_FAILED, "others may change what is in it");
    expect_counts(&it, 0, 1);
    discharge(&it);
}

Test(doctor, sees_keys_that_do_not_open)
{
    struct patient it;
    struct rf_passphrase wrong = {"not the words at all", 20};
    struct rf_err err = {0};
    EVP_PKEY *key = NULL;
    admit(&it);
    cr_assert_eq(rf_private_key_load(&key, it.key, &it.passphrase, &err), RF_OK);
    it.files.passphrase = &wrong;
    expect(&it, "key", RF_DOCTOR_FAILED, "the passphrase does not open this key");
    it.files.passphrase = NULL;
    expect(&it, "key", RF_DOCTOR_FAILED, "there is no passphrase");
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    cr_assert(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    long size = BIO_get_mem_data(bio, &text);
    keys_kit_write(it.key, text, (size_t)size, 0600);
    expect(&it, "key file", RF_DOCTOR_WARNING, "is not encrypted");
    expect_counts(&it, 1, 0);
    keys_kit_write(it.key, "nothing", 7, 0600);
    expect(&it, "key file", RF_DOCTOR_FAILED, "holds no private key in PEM");
    BIO_free(bio);
    EVP_PKEY_free(key);
    discharge(&it);
}

Test(doctor, sees_missing_files)
{
    struct patient it;
    admit(&it);
    cr_assert_eq(unlink(it.tokens), 0);
    expect(&it, "tokens' key", RF_DOCTOR_WARNING, "there is no ");
    expect_counts(&it, 1, 0);
    cr_assert_eq(unlink(it.authority), 0);
    expect(&it, "CA dates", RF_DOCTOR_FAILED, "cannot open: No such file");
    cr_assert_eq(unlink(it.certificate), 0);
    expect(&it, "certificate file", RF_DOCTOR_FAILED, "cannot open: No such file");
    cr_assert_eq(unlink(it.key), 0);
    expect(&it, "key file", RF_DOCTOR_FAILED, "cannot open: No such file");
    it.files.folder = "/nowhere/at/all";
    expect(&it, "folder", RF_DOCTOR_FAILED, "is no folder");
    discharge(&it);
}

Test(doctor, sees_tampered_tokens)
{
    struct patient it;
    struct rf_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    admit(&it);
    cr_assert_eq(rf_safe_file_read(it.tokens, &bytes, &size, &err), RF_OK);
    bytes[size - 1] ^= 1;
    keys_kit_write(it.tokens, bytes, size, 0644);
    rf_secret_free(bytes, size);
    expect(&it, "tokens' key", RF_DOCTOR_FAILED, "does not open: it was changed");
    discharge(&it);
}

Test(doctor, sees_a_wrong_clock)
{
    struct patient it;
    time_t now = time(NULL);
    admit(&it);
    it.files.now = 1000000000;
    expect(&it, "clock", RF_DOCTOR_FAILED, "before this program was made");
    it.files.now = now - 3 * KEYS_KIT_DAY;
    expect(&it, "clock", RF_DOCTOR_FAILED, "files in the folder are newer than that");
    it.files.now = now + 99 * KEYS_KIT_DAY;
    expect(&it, "certificate dates", RF_DOCTOR_WARNING, "expires in ");
    discharge(&it);
}

static void appoint(struct patient *it, EVP_PKEY *key, struct keys_kit_wish wish, const char *path)
{
    struct rf_err err = {0};
    X509 *certificate = keys_kit_certificate(key, wish, NULL, NULL);
    cr_assert_eq(rf_certificate_save(certificate, path, RF_SAFE_FILE_REPLACE, &err), RF_OK);
    it->files.auditor = path;
    X509_free(certificate);
}

Test(doctor, sees_the_auditor)
{
    struct patient it;
    struct rf_err err = {0};
    char path[128];
    admit(&it);
    EVP_PKEY *own = NULL, *key = EVP_EC_gen("P-256");
    (void)snprintf(path, sizeof path, "%s", keys_kit_in(&it.folder, "auditor.crt"));
    it.files.auditor = path;
    expect(&it, "auditor", RF_DOCTOR_FAILED, "cannot open: No such file");
    expect_counts(&it, 0, 1);
    struct keys_kit_wish wanted = wish("auditor", -60, 99 * KEYS_KIT_DAY);
    appoint(&it, key, wanted, path);
    expect(&it, "auditor", RF_DOCTOR_WARNING,
           "SHA-256 "); /* from no CA that this member believes */
    expect(&it, "auditor dates", RF_DOCTOR_OK, "until ");
    expect_counts(&it, 1, 0);
    wanted.usage = "critical,digitalSignature";
    appoint(&it, key, wanted, path);
    expect(&it, "auditor", RF_DOCTOR_FAILED, "must hold keyAgreement");
    wanted = wish("auditor", -9 * KEYS_KIT_DAY, -KEYS_KIT_DAY);
    appoint(&it, key, wanted, path);
    expect(&it, "auditor dates", RF_DOCTOR_FAILED, "expired on ");
    expect_counts(&it, 1, 1);
    cr_assert_eq(rf_private_key_load(&own, it.key, &it.passphrase, &err), RF_OK);
    appoint(&it, own, wish("auditor", -60, 99 * KEYS_KIT_DAY), path);
    expect(&it, "auditor", RF_DOCTOR_FAILED, "is for this member's own key");
    EVP_PKEY_free(own);
    EVP_PKEY_free(key);
    discharge(&it);
}

Test(doctor, is_content_with_an_auditor_of_the_same_ca)
{
    struct patient it;
    char path[128];
    admit(&it);
    (void)snprintf(path, sizeof path, "%s", keys_kit_in(&it.out, "bank-b/member.crt"));
    it.files.auditor = path;
    expect(&it, "auditor", RF_DOCTOR_OK, "SHA-256 ");
    cr_expect_eq(it.report.count, 15);
    expect_counts(&it, 0, 0);
    discharge(&it);
}
