#include "party/study/approvals.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/secret.h"
#include "party/keys/certificate.h"
#include "party/keys/safe_file.h"

#define MANIFEST "manifest.msgpack"

const char *rf_approvals_state_name(enum rf_approvals_state state)
{
    static const char *const names[] = {"missing", "approved", "refused", "invalid"};
    return names[state];
}

static enum rf_rc member_path(char path[PATH_MAX], const char *folder, const char *member,
                              const char *suffix, struct rf_err *err)
{
    char name[RF_MEMBER_NAME_MAX + 16];
    (void)snprintf(name, sizeof name, "%s.%s", member, suffix);
    return rf_safe_file_join(path, folder, name, err);
}

/* ---- proposing ---- */

static enum rf_rc save_certificates(const char *folder, const struct rf_study *study,
                                    X509 *const *certificates, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    for (unsigned i = 0; i < study->member_count; i++) {
        RF_TRY(member_path(path, folder, study->members[i].name, "crt", err));
        RF_TRY(rf_certificate_save(certificates[i], path, RF_SAFE_FILE_REPLACE, err));
    }
done:
    return rc;
}

enum rf_rc rf_approvals_propose(struct rf_manifest *manifest, const char *folder,
                                const struct rf_study *study, X509 *const *certificates,
                                struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_manifest_make(manifest, study, certificates, &bytes, &size, err));
    RF_TRY(rf_safe_file_folder(folder, err));
    RF_TRY(rf_safe_file_join(path, folder, MANIFEST, err));
    RF_TRY(rf_safe_file_write(path, bytes, size, 0644, RF_SAFE_FILE_NEW, err));
    RF_TRY(save_certificates(folder, study, certificates, err));
done:
    free(bytes);
    return rc;
}

enum rf_rc rf_approvals_put(const char *folder, const struct rf_approval *approval,
                            struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_approval_encode(approval, &bytes, &size, err));
    RF_TRY(member_path(path, folder, approval->signer, "approval", err));
    RF_TRY(rf_safe_file_write(path, bytes, size, 0644, RF_SAFE_FILE_REPLACE, err));
done:
    free(bytes);
    return rc;
}

/* ---- checking ---- */

enum rf_rc rf_approvals_manifest(struct rf_manifest *manifest, const char *folder,
                                 struct rf_err *err)
{
    char path[PATH_MAX];
    enum rf_rc rc = rf_safe_file_join(path, folder, MANIFEST, err);
    return rc == RF_OK ? rf_manifest_load(manifest, path, err) : rc;
}

static enum rf_rc check_certificate(X509 *certificate, const char *path,
                                    const struct rf_member *member, X509_STORE *store,
                                    struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t fingerprint[RF_FINGERPRINT_SIZE];
    struct rf_err problem = {0};
    RF_TRY(rf_certificate_fingerprint(certificate, fingerprint, err));
    if (memcmp(fingerprint, member->fingerprint, sizeof fingerprint) != 0) {
        RF_TRY(rf_err_set(err, RF_E_CRYPTO,
                          "%s: is not the certificate of %s that the manifest names", path,
                          member->name));
    }
    if (store && rf_identity_check(certificate, store, member->name, &problem) != RF_OK)
        RF_TRY(rf_err_set(err, problem.rc, "%s: %s", path, problem.text));
done:
    return rc;
}

enum rf_rc rf_approvals_certificate(X509 **certificate, const char *folder,
                                    const struct rf_manifest *manifest, unsigned member,
                                    X509_STORE *store, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_member *who = &manifest->study.members[member];
    char path[PATH_MAX];
    *certificate = NULL;
    RF_TRY(member_path(path, folder, who->name, "crt", err));
    RF_TRY(rf_certificate_load(certificate, path, err));
    RF_TRY(check_certificate(*certificate, path, who, store, err));
done:
    if (rc != RF_OK) {
        X509_free(*certificate);
        *certificate = NULL;
    }
    return rc;
}

static enum rf_rc load_approval(struct rf_approval *approval, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    RF_TRY(rf_approval_read(approval, path, bytes, size, err));
done:
    rf_secret_free(bytes, size);
    return rc;
}

enum rf_rc rf_approvals_genuine(const struct rf_approval *approval, const char *path,
                                const struct rf_manifest *manifest, const struct rf_member *member,
                                X509 *certificate, struct rf_err *err)
{
    if (memcmp(approval->manifest, manifest->hash, sizeof manifest->hash) != 0)
        return rf_err_set(err, RF_E_CRYPTO, "%s: is about another manifest", path);
    if (strcmp(approval->signer, member->name) != 0)
        return rf_err_set(err, RF_E_CRYPTO, "%s: says it is by %s, not %s", path, approval->signer,
                          member->name);
    if (rf_approval_verify(approval, certificate, NULL) != RF_OK)
        return rf_err_set(err, RF_E_CRYPTO, "%s: is not signed with the key of %s", path,
                          member->name);
    if (member->contributor && approval->approved && !approval->has_tokens) {
        return rf_err_set(err, RF_E_CRYPTO,
                          "%s: %s contributes and does not say which tokens' key it holds", path,
                          member->name);
    }
    return RF_OK;
}

/* The state that a file which is there and whole puts the member in. */
static enum rf_rc judge(struct rf_approvals_member *out, const char *path,
                        const struct rf_member *member, struct rf_err *err)
{
    if (out->approval.approved) {
        out->state = RF_APPROVALS_APPROVED;
        return RF_OK;
    }
    out->state = RF_APPROVALS_REFUSED;
    return rf_err_set(err, RF_E_CRYPTO, "%s: %s has refused: %s", path, member->name,
                      out->approval.reason);
}

void rf_approvals_member(struct rf_approvals_member *out, const char *folder,
                         const struct rf_manifest *manifest, unsigned member, X509_STORE *store)
{
    enum rf_rc rc = RF_OK;
    const struct rf_member *who = &manifest->study.members[member];
    struct rf_err *err = &out->problem;
    X509 *certificate = NULL;
    char path[PATH_MAX];
    *out = (struct rf_approvals_member){.state = RF_APPROVALS_INVALID};
    RF_TRY(rf_approvals_certificate(&certificate, folder, manifest, member, store, err));
    RF_TRY(member_path(path, folder, who->name, "approval", err));
    if (!rf_safe_file_exists(path)) {
        out->state = RF_APPROVALS_MISSING;
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: %s has not approved yet", path, who->name));
    }
    RF_TRY(load_approval(&out->approval, path, err));
    RF_TRY(rf_approvals_genuine(&out->approval, path, manifest, who, certificate, err));
    RF_TRY(judge(out, path, who, err));
done:
    (void)rc; /* the same stands in out->problem */
    X509_free(certificate);
}

static enum rf_rc compare_tokens(const struct rf_member *first, const struct rf_approval *one,
                                 const struct rf_approval *other, struct rf_err *err)
{
    if (memcmp(one->tokens, other->tokens, sizeof one->tokens) == 0)
        return RF_OK;
    return rf_err_set(err, RF_E_CRYPTO,
                      "%s and %s hold different tokens' keys: nothing that they share would be "
                      "found; seal one key to all contributors (ringfence keys tokens)",
                      first->name, other->signer);
}

enum rf_rc rf_approvals_check(const char *folder, X509_STORE *store, struct rf_manifest *manifest,
                              struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_member *first = NULL; /* contributor */
    struct rf_approval tokens = {0};
    RF_TRY(rf_approvals_manifest(manifest, folder, err));
    for (unsigned i = 0; i < manifest->study.member_count; i++) {
        const struct rf_member *member = &manifest->study.members[i];
        struct rf_approvals_member found;
        rf_approvals_member(&found, folder, manifest, i, store);
        if (found.problem.rc != RF_OK)
            RF_TRY(rf_err_set(err, found.problem.rc, "%s", found.problem.text));
        if (member->contributor && first)
            RF_TRY(compare_tokens(first, &tokens, &found.approval, err));
        if (member->contributor && !first) {
            first = member;
            tokens = found.approval;
        }
    }
done:
    return rc;
}
