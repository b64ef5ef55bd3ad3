#include "party/keys/quick.h"

#include <limits.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/keys/authority.h"
#include "party/keys/certificate.h"
#include "party/keys/member_folder.h"
#include "party/keys/member_name.h"
#include "party/keys/passphrase.h"
#include "party/keys/private_key.h"
#include "party/keys/request.h"
#include "party/keys/token_key.h"

static const char CA[] = "ca";

struct quick {
    const char *out;
    const struct rf_quick_member *members;
    size_t count;
    unsigned days;
    enum rf_safe_file_how how;
    struct rf_authority authority;
    X509 *certificates[RF_QUICK_MEMBERS_MAX];
    uint8_t token_key[RF_TOKEN_KEY_SIZE];
    struct rf_err *err;
};

/* ---- before anything is written ---- */

static enum rf_rc check_name(const struct quick *quick, size_t i)
{
    const char *name = quick->members[i].name;
    if (!rf_member_name_valid(name))
        return rf_err_set(quick->err, RF_E_ARG, "'%.40s' cannot be a member's name: %s", name,
                          RF_MEMBER_NAME_RULE);
    if (strcmp(name, CA) == 0)
        return rf_err_set(quick->err, RF_E_ARG, "'%s' is the folder of the CA: choose another name",
                          CA);
    for (size_t j = 0; j < i; j++)
        if (strcmp(name, quick->members[j].name) == 0)
            return rf_err_set(quick->err, RF_E_ARG, "%s is there twice", name);
    return RF_OK;
}

static enum rf_rc check_free(const struct quick *quick, const char *folder, const char *file)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX], inside[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, quick->out, folder, quick->err));
    RF_TRY(rf_safe_file_join(inside, path, file, quick->err));
    if (quick->how == RF_SAFE_FILE_NEW && rf_safe_file_exists(inside))
        RF_TRY(
            rf_err_set(quick->err, RF_E_ARG, "%s: exists already and is not overwritten", inside));
done:
    return rc;
}

static enum rf_rc check_all(const struct quick *quick)
{
    enum rf_rc rc = RF_OK;
    static const char *const files[] = {RF_FOLDER_KEY, RF_FOLDER_CERTIFICATE, RF_FOLDER_CA,
                                        RF_FOLDER_PASSPHRASE, RF_FOLDER_TOKENS};
    if (quick->count < 1 || quick->count > RF_QUICK_MEMBERS_MAX)
        RF_TRY(rf_err_set(quick->err, RF_E_ARG, "name 1 to %d members", RF_QUICK_MEMBERS_MAX));
    RF_TRY(check_free(quick, CA, RF_FOLDER_CA_KEY));
    for (size_t i = 0; i < quick->count; i++) {
        RF_TRY(check_name(quick, i));
        for (size_t j = 0; j < sizeof files / sizeof *files; j++)
            RF_TRY(check_free(quick, quick->members[i].name, files[j]));
    }
done:
    return rc;
}

/* ---- making ---- */

static enum rf_rc save_passphrase(const struct quick *quick, const char *folder,
                                  struct rf_passphrase *passphrase)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX], line[RF_PASSPHRASE_MAX + 2];
    RF_TRY(rf_passphrase_random(passphrase, quick->err));
    int size = snprintf(line, sizeof line, "%s\n", passphrase->text);
    RF_TRY(rf_safe_file_folder(folder, quick->err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_PASSPHRASE, quick->err));
    RF_TRY(rf_safe_file_write(path, line, (size_t)size, 0600, quick->how, quick->err));
done:
    rf_secret_wipe(line, sizeof line);
    return rc;
}

static enum rf_rc make_authority(struct quick *quick)
{
    enum rf_rc rc = RF_OK;
    char folder[PATH_MAX];
    struct rf_passphrase passphrase = {0};
    RF_TRY(rf_safe_file_join(folder, quick->out, CA, quick->err));
    RF_TRY(save_passphrase(quick, folder, &passphrase));
    RF_TRY(rf_authority_create(folder, "Ringfence trial CA", RF_AUTHORITY_DAYS, &passphrase,
                               quick->how, quick->err));
    RF_TRY(rf_authority_open(&quick->authority, folder, &passphrase, quick->err));
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

static enum rf_rc make_key(const struct quick *quick, const char *folder, EVP_PKEY **key)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    struct rf_passphrase passphrase = {0};
    RF_TRY(save_passphrase(quick, folder, &passphrase));
    RF_TRY(rf_private_key_make(key, "P-256", quick->err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_KEY, quick->err));
    RF_TRY(rf_private_key_save(*key, path, &passphrase, quick->how, quick->err));
done:
    rf_passphrase_fini(&passphrase);
    return rc;
}

static enum rf_rc save_certificates(const struct quick *quick, const char *folder,
                                    X509 *certificate)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CERTIFICATE, quick->err));
    RF_TRY(rf_certificate_save(certificate, path, quick->how, quick->err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_CA, quick->err));
    RF_TRY(rf_certificate_save(quick->authority.certificate, path, quick->how, quick->err));
done:
    return rc;
}

static enum rf_rc make_member(struct quick *quick, size_t i)
{
    enum rf_rc rc = RF_OK;
    const char *name = quick->members[i].name;
    char folder[PATH_MAX];
    EVP_PKEY *key = NULL;
    X509_REQ *request = NULL;
    RF_TRY(rf_safe_file_join(folder, quick->out, name, quick->err));
    RF_TRY(make_key(quick, folder, &key));
    RF_TRY(rf_request_make(&request, name, key, quick->err));
    RF_TRY(rf_authority_issue(&quick->authority, request, name, quick->days,
                              quick->how == RF_SAFE_FILE_REPLACE, &quick->certificates[i],
                              quick->err));
    RF_TRY(save_certificates(quick, folder, quick->certificates[i]));
done:
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return rc;
}

static enum rf_rc save_tokens(const struct quick *quick, size_t i, X509 *const *contributors,
                              size_t count)
{
    enum rf_rc rc = RF_OK;
    char folder[PATH_MAX], path[PATH_MAX];
    RF_TRY(rf_safe_file_join(folder, quick->out, quick->members[i].name, quick->err));
    RF_TRY(rf_safe_file_join(path, folder, RF_FOLDER_TOKENS, quick->err));
    RF_TRY(rf_token_key_seal(quick->token_key, contributors, count, path, quick->how, quick->err));
done:
    return rc;
}

static enum rf_rc make_tokens(struct quick *quick)
{
    enum rf_rc rc = RF_OK;
    X509 *contributors[RF_QUICK_MEMBERS_MAX];
    size_t count = 0;
    RF_TRY(rf_token_key_make(quick->token_key, quick->err));
    for (size_t i = 0; i < quick->count; i++)
        if (quick->members[i].contributor)
            contributors[count++] = quick->certificates[i];
    for (size_t i = 0; i < quick->count; i++)
        if (quick->members[i].contributor)
            RF_TRY(save_tokens(quick, i, contributors, count));
done:
    return rc;
}

enum rf_rc rf_quick_make(const char *out, const struct rf_quick_member *members, size_t count,
                         unsigned days, enum rf_safe_file_how how, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct quick quick = {
        .out = out, .members = members, .count = count, .days = days, .how = how, .err = err};
    RF_TRY(check_all(&quick));
    RF_TRY(make_authority(&quick));
    for (size_t i = 0; i < count; i++)
        RF_TRY(make_member(&quick, i));
    RF_TRY(make_tokens(&quick));
done:
    for (size_t i = 0; i < count && i < RF_QUICK_MEMBERS_MAX; i++)
        X509_free(quick.certificates[i]);
    rf_authority_fini(&quick.authority);
    rf_secret_wipe(quick.token_key, sizeof quick.token_key);
    return rc;
}
