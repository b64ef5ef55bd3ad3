#include "party/keys/doctor.h"

#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/keys/auditor.h"
#include "party/keys/certificate.h"
#include "party/keys/private_key.h"
#include "party/keys/token_key.h"

enum { DAY_SECONDS = 86400 };

static const time_t PROGRAM_IS_FROM = 1735689600; /* 2025-01-01: no right clock is before it */

/* What the checks share: later ones need what earlier ones loaded, and skip if it is not there. */
struct visit {
    const struct rf_doctor_files *files;
    struct rf_doctor_report *report;
    EVP_PKEY *key;
    X509 *certificate;
    X509_STORE *authority;
    char name[RF_MEMBER_NAME_MAX + 1];
};

const char *rf_doctor_state_name(enum rf_doctor_state state)
{
    static const char *const names[] = {"ok", "warning", "failed"};
    return names[state];
}

static void find(struct visit *visit, const char *check, enum rf_doctor_state state,
                 const char *advice, const char *format, ...) RF_PRINTF(5, 6);

static void find(struct visit *visit, const char *check, enum rf_doctor_state state,
                 const char *advice, const char *format, ...)
{
    struct rf_doctor_finding *finding = &visit->report->findings[visit->report->count++];
    va_list args;
    finding->check = check;
    finding->state = state;
    va_start(args, format);
    (void)vsnprintf(finding->what, sizeof finding->what, format, args);
    va_end(args);
    (void)snprintf(finding->advice, sizeof finding->advice, "%s", advice);
    visit->report->warnings += state == RF_DOCTOR_WARNING;
    visit->report->failed += state == RF_DOCTOR_FAILED;
}

/* ---- the folder and the clock ---- */

static void check_folder(struct visit *visit)
{
    struct stat status;
    const char *folder = visit->files->folder;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        find(visit, "folder", RF_DOCTOR_FAILED, "give the member's folder", "%s is no folder",
             folder);
        return;
    }
    unsigned mode = status.st_mode & 07777;
    if (mode & (S_IWGRP | S_IWOTH)) {
        find(visit, "folder", RF_DOCTOR_FAILED, "chmod 700 the folder",
             "others may change what is in it (mode %04o)", mode);
    } else if (mode & (S_IRWXG | S_IRWXO)) {
        find(visit, "folder", RF_DOCTOR_WARNING, "chmod 700 the folder",
             "others may look into it (mode %04o)", mode);
    } else {
        find(visit, "folder", RF_DOCTOR_OK, "", "%s", folder);
    }
}

/* Whether it names whom the certificate names is for check_name(). */
static void check_node(struct visit *visit)
{
    if (!visit->files->node)
        return;
    if (visit->files->node_problem) {
        find(visit, "node.yaml", RF_DOCTOR_FAILED,
             "mend it: what it says of files was not looked at, but files by their usual names",
             "%s", visit->files->node_problem);
    } else {
        find(visit, "node.yaml", RF_DOCTOR_OK, "", "of %s", visit->files->member);
    }
}

static time_t newest(const struct rf_doctor_files *files)
{
    const char *const paths[] = {files->key, files->certificate, files->authority, files->tokens};
    time_t time = 0;
    struct stat status;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (stat(paths[i], &status) == 0 && status.st_mtime > time)
            time = status.st_mtime;
    return time;
}

static void check_clock(struct visit *visit)
{
    char text[RF_DATE_SIZE] = "";
    struct tm tm;
    time_t now = visit->files->now;
    if (gmtime_r(&now, &tm))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &tm);
    if (now < PROGRAM_IS_FROM) {
        find(visit, "clock", RF_DOCTOR_FAILED, "set the clock (NTP)",
             "it says %s, before this program was made", text);
    } else if (newest(visit->files) > now + DAY_SECONDS) {
        find(visit, "clock", RF_DOCTOR_FAILED, "set the clock (NTP)",
             "it says %s, and files in the folder are newer than that", text);
    } else {
        find(visit, "clock", RF_DOCTOR_OK, "", "%s", text);
    }
}

/* ---- the private key ---- */

static void check_key_file(struct visit *visit)
{
    struct rf_err err = {0};
    bool encrypted = false;
    const char *path = visit->files->key;
    if (rf_safe_file_private(path, &err) != RF_OK) {
        find(visit, "key file", RF_DOCTOR_FAILED,
             err.rc == RF_E_CRYPTO
                 ? "allow only the owner; if others may have read it, make a new key"
                 : "make one: ringfence keys request NAME --out DIR",
             "%s", err.text);
    } else if (rf_private_key_encrypted(path, &encrypted, &err) != RF_OK) {
        find(visit, "key file", RF_DOCTOR_FAILED, "restore it or make a new key", "%s", err.text);
    } else if (!encrypted) {
        find(visit, "key file", RF_DOCTOR_WARNING,
             "openssl pkcs8 -topk8 -scrypt encrypts a key with a passphrase", "%s is not encrypted",
             path);
    } else {
        find(visit, "key file", RF_DOCTOR_OK, "", "encrypted, and private to its owner");
    }
}

static void check_passphrase_file(struct visit *visit)
{
    struct rf_err err = {0};
    const char *path = visit->files->passphrase_file;
    if (!path || !rf_safe_file_exists(path))
        return;
    if (rf_safe_file_private(path, &err) == RF_OK)
        find(visit, "passphrase file", RF_DOCTOR_OK, "", "private to its owner");
    else
        find(visit, "passphrase file", RF_DOCTOR_FAILED,
             "allow only the owner; if others may have read it, make a new key", "%s", err.text);
}

static void check_key(struct visit *visit)
{
    struct rf_err err = {0};
    char kind[32];
    if (rf_private_key_load(&visit->key, visit->files->key, visit->files->passphrase, &err) !=
        RF_OK) {
        find(visit, "key", RF_DOCTOR_FAILED, "see the passphrase (--passphrase-file) and the file",
             "%s", err.text);
        return;
    }
    rf_private_key_kind(visit->key, kind);
    find(visit, "key", RF_DOCTOR_OK, "", "%s, opens", kind);
}

/* ---- the certificate ---- */

static void check_certificate_file(struct visit *visit)
{
    struct rf_err err = {0};
    if (rf_certificate_load(&visit->certificate, visit->files->certificate, &err) != RF_OK) {
        find(visit, "certificate file", RF_DOCTOR_FAILED,
             "have the request signed: ringfence keys issue", "%s", err.text);
        return;
    }
    char issuer[RF_SUBJECT_SIZE];
    rf_identity_subject(X509_get_issuer_name(visit->certificate), issuer);
    find(visit, "certificate file", RF_DOCTOR_OK, "", "issued by %s", issuer);
}

static void check_match(struct visit *visit)
{
    if (!visit->key || !visit->certificate)
        return;
    if (X509_check_private_key(visit->certificate, visit->key) == 1)
        find(visit, "key and certificate", RF_DOCTOR_OK, "", "belong together");
    else {
        find(visit, "key and certificate", RF_DOCTOR_FAILED,
             "put the key back that the certificate was requested with, or request a new one",
             "the certificate is for another key");
    }
}

static void check_name(struct visit *visit)
{
    struct rf_err err = {0};
    const char *member = visit->files->member;
    if (!visit->certificate)
        return;
    if (rf_certificate_name(visit->certificate, visit->name, &err) != RF_OK) {
        find(visit, "name", RF_DOCTOR_FAILED, "request a certificate with the member's name", "%s",
             err.text);
    } else if (member && strcmp(member, visit->name) != 0) {
        find(visit, "name", RF_DOCTOR_FAILED, "see the member's name in node.yaml",
             "the certificate is %s's, not %s's", visit->name, member);
    } else {
        find(visit, "name", RF_DOCTOR_OK, "", "%s", visit->name);
    }
}

static void check_dates_of(struct visit *visit, const char *check, const ASN1_TIME *from,
                           const ASN1_TIME *until, const char *advice)
{
    char start[RF_DATE_SIZE], end[RF_DATE_SIZE];
    int64_t left = rf_certificate_seconds(until, visit->files->now);
    rf_identity_date(from, start);
    rf_identity_date(until, end);
    if (left < 0)
        find(visit, check, RF_DOCTOR_FAILED, advice, "expired on %s", end);
    else if (rf_certificate_seconds(from, visit->files->now) > 0) {
        find(visit, check, RF_DOCTOR_FAILED, "set the clock, or wait", "not valid before %s",
             start);
    } else if (left < (int64_t)RF_DOCTOR_SOON_DAYS * DAY_SECONDS) {
        find(visit, check, RF_DOCTOR_WARNING, advice, "expires in %lld days, on %s",
             (long long)(left / DAY_SECONDS), end);
    } else {
        find(visit, check, RF_DOCTOR_OK, "", "until %s", end);
    }
}

static void check_dates(struct visit *visit)
{
    if (visit->certificate) {
        check_dates_of(visit, "certificate dates", X509_get0_notBefore(visit->certificate),
                       X509_get0_notAfter(visit->certificate),
                       "have a new certificate issued, and tokens.cms sealed to it");
    }
}

static void check_usage(struct visit *visit)
{
    struct rf_err err = {0};
    if (!visit->certificate)
        return;
    if (rf_certificate_usable(visit->certificate, "certificate", &err) == RF_OK)
        find(visit, "certificate usage", RF_DOCTOR_OK, "", "links, signatures and seals");
    else
        find(visit, "certificate usage", RF_DOCTOR_FAILED,
             "request a certificate with these usages", "%s", err.text);
}

/* ---- the CA ---- */

static void check_authority(struct visit *visit)
{
    struct rf_err err = {0};
    const char *path = visit->files->authority;
    X509 *root = NULL;
    if (rf_certificate_store(&visit->authority, path, &err) != RF_OK ||
        rf_certificate_load(&root, path, &err) != RF_OK) {
        find(visit, "CA dates", RF_DOCTOR_FAILED, "get ca.crt from whoever runs the CA", "%s",
             err.text);
    } else {
        check_dates_of(visit, "CA dates", X509_get0_notBefore(root), X509_get0_notAfter(root),
                       "the consortium needs a new CA, and new certificates from it");
    }
    X509_free(root);
}

/* Dates have a finding of their own: for others, certificates are looked at when they were valid. */
static time_t when_valid(const X509 *certificate, time_t now)
{
    int64_t until = rf_certificate_seconds(X509_get0_notAfter(certificate), now);
    int64_t from = rf_certificate_seconds(X509_get0_notBefore(certificate), now);
    return until < 0 ? now + until - 1 : from > 0 ? now + from : now;
}

static void check_issuer(struct visit *visit)
{
    struct rf_err err = {0};
    if (!visit->certificate || !visit->authority)
        return;
    time_t at = when_valid(visit->certificate, visit->files->now);
    if (rf_identity_issued(visit->certificate, visit->authority, at, &err) == RF_OK)
        find(visit, "issuer", RF_DOCTOR_OK, "", "is in ca.crt");
    else {
        find(visit, "issuer", RF_DOCTOR_FAILED,
             "get a certificate from the CA in ca.crt, or the ca.crt of this certificate's CA",
             "%s", err.text);
    }
}

/* ---- the tokens' key ---- */

static void check_tokens(struct visit *visit)
{
    struct rf_err err = {0};
    uint8_t key[RF_TOKEN_KEY_SIZE], value[RF_TOKEN_KEY_CHECK_SIZE] = {0};
    char digits[2 * sizeof value + 1];
    const char *path = visit->files->tokens;
    if (!rf_safe_file_exists(path)) {
        find(visit, "tokens' key", RF_DOCTOR_WARNING,
             "a member that contributes data needs it: ringfence keys tokens", "there is no %s",
             path);
        return;
    }
    if (!visit->key || !visit->certificate)
        return;
    if (rf_token_key_open(key, path, visit->certificate, visit->key, &err) != RF_OK ||
        rf_token_key_check_value(key, value, &err) != RF_OK) {
        find(visit, "tokens' key", RF_DOCTOR_FAILED,
             "have it sealed again to this certificate: ringfence keys tokens", "%s", err.text);
    } else {
        find(visit, "tokens' key", RF_DOCTOR_OK, "",
             "opens; check value %s, the same at every contributor",
             rf_hex(digits, value, sizeof value));
    }
    rf_secret_wipe(key, sizeof key);
}

/* ---- the auditor ---- */

static bool same_key(X509 *one, X509 *other)
{
    EVP_PKEY *a = X509_get0_pubkey(one), *b = other ? X509_get0_pubkey(other) : NULL;
    return a && b && EVP_PKEY_eq(a, b) == 1;
}

/* Whoever may open a full transcript must not be who wrote it. Its CA need not be the consortium's. */
static void judge_auditor(struct visit *visit, X509 *auditor)
{
    struct rf_err err = {0};
    uint8_t fingerprint[RF_FINGERPRINT_SIZE] = {0};
    char digits[2 * sizeof fingerprint + 1];
    time_t at = when_valid(auditor, visit->files->now);
    if (same_key(auditor, visit->certificate)) {
        find(visit, "auditor", RF_DOCTOR_FAILED,
             "name the certificate of an auditor that is no member",
             "%s is for this member's own key", visit->files->auditor);
    } else if (rf_auditor_check(auditor, visit->files->auditor, at, &err) != RF_OK ||
               rf_certificate_fingerprint(auditor, fingerprint, &err) != RF_OK) {
        find(visit, "auditor", RF_DOCTOR_FAILED,
             "get a certificate from the auditor that can be sealed to", "%s", err.text);
    } else if (!visit->authority ||
               rf_identity_issued(auditor, visit->authority, at, &err) != RF_OK) {
        find(visit, "auditor", RF_DOCTOR_WARNING,
             "compare the fingerprint with the auditor's: no CA in ca.crt vouches for it",
             "SHA-256 %s", rf_hex(digits, fingerprint, sizeof fingerprint));
    } else {
        find(visit, "auditor", RF_DOCTOR_OK, "", "SHA-256 %s",
             rf_hex(digits, fingerprint, sizeof fingerprint));
    }
}

static void check_auditor(struct visit *visit)
{
    struct rf_err err = {0};
    X509 *auditor = NULL;
    if (!visit->files->auditor)
        return;
    if (rf_certificate_load(&auditor, visit->files->auditor, &err) != RF_OK) {
        find(visit, "auditor", RF_DOCTOR_FAILED,
             "get the auditor's certificate, or leave files.auditor out of node.yaml", "%s",
             err.text);
        return;
    }
    judge_auditor(visit, auditor);
    check_dates_of(visit, "auditor dates", X509_get0_notBefore(auditor),
                   X509_get0_notAfter(auditor), "get the auditor's new certificate");
    X509_free(auditor);
}

void rf_doctor_examine(const struct rf_doctor_files *files, struct rf_doctor_report *report)
{
    struct visit visit = {.files = files, .report = report};
    *report = (struct rf_doctor_report){0};
    check_folder(&visit);
    check_node(&visit);
    check_clock(&visit);
    check_key_file(&visit);
    check_passphrase_file(&visit);
    check_key(&visit);
    check_certificate_file(&visit);
    check_match(&visit);
    check_name(&visit);
    check_dates(&visit);
    check_usage(&visit);
    check_authority(&visit);
    check_issuer(&visit);
    check_tokens(&visit);
    check_auditor(&visit);
    EVP_PKEY_free(visit.key);
    X509_free(visit.certificate);
    X509_STORE_free(visit.authority);
}
