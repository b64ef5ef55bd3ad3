#include "party/audit/audit_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/keys/auditor.h"
#include "party/keys/certificate.h"
#include "party/keys/member_name.h"
#include "party/study/approvals.h"
#include "party/study/canon.h"
#include "party/study/outsider.h"

static const char FORMAT[] = "ringfence audit order", SIGNED_FORMAT[] = "ringfence signed order";

#define ORDER_FILE    "order.msgpack"
#define AUDITOR_FILE  "auditor.crt"
#define MANIFEST_FILE "manifest.msgpack"

/* ---- the order ---- */

enum rf_rc rf_audit_order_encode(const struct rf_audit_order *order, uint8_t **bytes, size_t *size,
                                 struct rf_err *err)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 9);
    rf_canon_format_entries(&w, FORMAT, RF_AUDIT_ORDER_VERSION);
    rf_canon_bytes_entry(&w, "manifest", order->manifest, sizeof order->manifest);
    rf_canon_bytes_entry(&w, "session", order->session, sizeof order->session);
    rf_canon_number_entry(&w, "party", order->party);
    rf_canon_text_entry(&w, "member", order->member);
    rf_canon_bytes_entry(&w, "auditor", order->auditor, sizeof order->auditor);
    rf_canon_number_entry(&w, "time", order->time);
    rf_canon_text_entry(&w, "reason", order->reason);
    return rf_canon_end(&w, bytes, size, err);
}

enum rf_rc rf_audit_order_read(struct rf_audit_order *order, const char *name, const uint8_t *bytes,
                               size_t size, struct rf_err *err)
{
    struct rf_canon_reader in;
    *order = (struct rf_audit_order){0};
    rf_canon_read(&in, name, bytes, size, err);
    rf_canon_read_map(&in, 9);
    rf_canon_read_format(&in, FORMAT, RF_AUDIT_ORDER_VERSION, "is no audit order");
    rf_canon_read_key(&in, "manifest");
    rf_canon_read_exactly(&in, order->manifest, sizeof order->manifest);
    rf_canon_read_key(&in, "session");
    rf_canon_read_exactly(&in, order->session, sizeof order->session);
    rf_canon_read_key(&in, "party");
    order->party = (unsigned)rf_canon_read_number(&in, RF_PARTIES - 1);
    rf_canon_read_key(&in, "member");
    rf_canon_read_text(&in, order->member, sizeof order->member);
    if (!rf_member_name_valid(order->member))
        rf_canon_fail(&in, "names no member");
    rf_canon_read_key(&in, "auditor");
    rf_canon_read_exactly(&in, order->auditor, sizeof order->auditor);
    rf_canon_read_key(&in, "time");
    order->time = rf_canon_read_number(&in, INT64_MAX);
    rf_canon_read_key(&in, "reason");
    rf_canon_read_text(&in, order->reason, sizeof order->reason);
    if (rf_study_check_text("reason", order->reason, NULL) != RF_OK)
        rf_canon_fail(&in, "the reason cannot be shown");
    return rf_canon_read_end(&in);
}

/* ---- making its folder ---- */

static enum rf_rc copy_study(const char *folder, const char *study, struct rf_manifest *manifest,
                             struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX], name[RF_MEMBER_NAME_MAX + 16];
    uint8_t *bytes = NULL;
    size_t size = 0;
    X509 *certificate = NULL;
    RF_TRY(rf_manifest_encode(manifest, &bytes, &size, err));
    RF_TRY(rf_safe_file_join(path, folder, MANIFEST_FILE, err));
    RF_TRY(rf_safe_file_write(path, bytes, size, 0644, RF_SAFE_FILE_REPLACE, err));
    for (unsigned i = 0; i < manifest->study.member_count; i++) {
        (void)snprintf(name, sizeof name, "%s.crt", manifest->study.members[i].name);
        RF_TRY(rf_safe_file_join(path, folder, name, err));
        RF_TRY(rf_approvals_certificate(&certificate, study, manifest, i, NULL, err));
        RF_TRY(rf_certificate_save(certificate, path, RF_SAFE_FILE_REPLACE, err));
        X509_free(certificate);
        certificate = NULL;
    }
done:
    X509_free(certificate);
    free(bytes);
    return rc;
}

/* The certificates of all members, as far as they are there: an auditor's key may be nobody's of them. */
static enum rf_rc check_outsider(X509 *auditor, const char *what, const char *folder,
                                 const struct rf_manifest *manifest, struct rf_err *err)
{
    X509 *members[RF_MEMBERS_MAX] = {NULL};
    for (unsigned i = 0; i < manifest->study.member_count; i++) {
        if (rf_approvals_certificate(&members[i], folder, manifest, i, NULL, NULL) != RF_OK)
            members[i] = NULL;
    }
    enum rf_rc rc = rf_outsider_check(auditor, what, &manifest->study, members, err);
    for (unsigned i = 0; i < manifest->study.member_count; i++)
        X509_free(members[i]);
    return rc;
}

static enum rf_rc fill(struct rf_audit_order *order, const struct rf_manifest *manifest,
                       const uint8_t session[RF_SESSION_SIZE], const char *member,
                       const char *reason, struct rf_err *err)
{
    enum rf_rc rc;
    int index = rf_study_member(&manifest->study, member);
    if (index < 0 || manifest->study.members[index].party < 0)
        return rf_err_set(err, RF_E_ARG, "%s is no party of the study %s", member,
                          manifest->study.name);
    *order = (struct rf_audit_order){
        .party = (unsigned)manifest->study.members[index].party,
        .time = (uint64_t)time(NULL),
    };
    memcpy(order->manifest, manifest->hash, sizeof order->manifest);
    memcpy(order->session, session, sizeof order->session);
    memcpy(order->member, manifest->study.members[index].name, sizeof order->member);
    (void)snprintf(order->reason, sizeof order->reason, "%s", reason);
    RF_TRY(rf_study_check_text("reason", order->reason, err));
done:
    return rc;
}

enum rf_rc rf_audit_order_make(const char *folder, const char *study, const char *auditor,
                               const uint8_t session[RF_SESSION_SIZE], const char *member,
                               const char *reason, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    struct rf_audit_order order;
    struct rf_manifest manifest;
    X509 *certificate = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_approvals_manifest(&manifest, study, err));
    RF_TRY(fill(&order, &manifest, session, member, reason, err));
    RF_TRY(rf_auditor_load(&certificate, auditor, err));
    RF_TRY(check_outsider(certificate, auditor, study, &manifest, err));
    RF_TRY(rf_certificate_fingerprint(certificate, order.auditor, err));
    RF_TRY(rf_safe_file_folder(folder, err));
    RF_TRY(rf_audit_order_encode(&order, &bytes, &size, err));
    RF_TRY(rf_safe_file_join(path, folder, ORDER_FILE, err));
    RF_TRY(rf_safe_file_write(path, bytes, size, 0644, RF_SAFE_FILE_NEW, err));
    RF_TRY(copy_study(folder, study, &manifest, err));
    RF_TRY(rf_safe_file_join(path, folder, AUDITOR_FILE, err));
    RF_TRY(rf_certificate_save(certificate, path, RF_SAFE_FILE_REPLACE, err));
done:
    free(bytes);
    X509_free(certificate);
    return rc;
}

/* ---- reading it ---- */

static enum rf_rc load_order(struct rf_audit_order *order, const char *path, struct rf_err *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum rf_rc rc = rf_safe_file_read(path, &bytes, &size, err);
    if (rc == RF_OK)
        rc = rf_audit_order_read(order, path, bytes, size, err);
    rf_secret_free(bytes, size);
    return rc;
}

static enum rf_rc check_named(const struct rf_audit_order_folder *it, const char *path,
                              struct rf_err *err)
{
    const struct rf_study *study = &it->manifest.study;
    if (!rf_secret_equal(it->order.manifest, it->manifest.hash, sizeof it->order.manifest))
        return rf_err_set(err, RF_E_CRYPTO, "%s: is about another manifest than the one beside it",
                          path);
    int member = rf_study_party(study, (int)it->order.party);
    if (member < 0 || strcmp(study->members[member].name, it->order.member) != 0)
        return rf_err_set(err, RF_E_CRYPTO, "%s: %s is not party %u of this study", path,
                          it->order.member, it->order.party);
    return RF_OK;
}

enum rf_rc rf_audit_order_open(struct rf_audit_order_folder *it, const char *folder,
                               struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX], auditor[PATH_MAX];
    uint8_t fingerprint[32];
    *it = (struct rf_audit_order_folder){0};
    RF_TRY(rf_safe_file_join(path, folder, ORDER_FILE, err));
    RF_TRY(load_order(&it->order, path, err));
    RF_TRY(rf_approvals_manifest(&it->manifest, folder, err));
    RF_TRY(check_named(it, path, err));
    RF_TRY(rf_safe_file_join(auditor, folder, AUDITOR_FILE, err));
    RF_TRY(rf_certificate_load(&it->auditor, auditor, err));
    RF_TRY(rf_certificate_fingerprint(it->auditor, fingerprint, err));
    if (!rf_secret_equal(fingerprint, it->order.auditor, sizeof fingerprint))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: is not the certificate that the order names",
                          auditor));
    RF_TRY(check_outsider(it->auditor, auditor, folder, &it->manifest, err));
done:
    return rc;
}

void rf_audit_order_fini(struct rf_audit_order_folder *it)
{
    X509_free(it->auditor);
    it->auditor = NULL;
}

/* ---- signatures ---- */

static enum rf_rc signature_path(char path[PATH_MAX], const char *folder, const char *member,
                                 struct rf_err *err)
{
    char name[RF_MEMBER_NAME_MAX + 16];
    (void)snprintf(name, sizeof name, "%s.order", member);
    return rf_safe_file_join(path, folder, name, err);
}

static enum rf_rc write_signature(const char *path, const uint8_t *signature, size_t size,
                                  struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_canon_writer w;
    uint8_t *bytes = NULL;
    size_t length = 0;
    rf_canon_begin(&w);
    rf_canon_map(&w, 3);
    rf_canon_format_entries(&w, SIGNED_FORMAT, RF_AUDIT_ORDER_VERSION);
    rf_canon_bytes_entry(&w, "signature", signature, size);
    RF_TRY(rf_canon_end(&w, &bytes, &length, err));
    RF_TRY(rf_safe_file_write(path, bytes, length, 0644, RF_SAFE_FILE_REPLACE, err));
done:
    free(bytes);
    return rc;
}

static enum rf_rc read_signature(const char *path, uint8_t signature[RF_SIGNATURE_MAX],
                                 size_t *size, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_canon_reader in;
    const uint8_t *found = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &length, err));
    rf_canon_read(&in, path, bytes, length, err);
    rf_canon_read_map(&in, 3);
    rf_canon_read_format(&in, SIGNED_FORMAT, RF_AUDIT_ORDER_VERSION, "is no signed order");
    rf_canon_read_key(&in, "signature");
    *size = rf_canon_read_bytes(&in, RF_SIGNATURE_MAX, &found);
    RF_TRY(rf_canon_read_end(&in));
    if (*size > 0)
        memcpy(signature, found, *size);
done:
    rf_secret_free(bytes, length);
    return rc;
}

/* A member's certificate, if it is the manifest's and was good when the order was made. */
static enum rf_rc member_certificate(const struct rf_audit_order_folder *it, const char *folder,
                                     unsigned member, X509_STORE *store, X509 **certificate,
                                     struct rf_err *err)
{
    enum rf_rc rc;
    const char *name = it->manifest.study.members[member].name;
    struct rf_err why = {0};
    RF_TRY(rf_approvals_certificate(certificate, folder, &it->manifest, member, NULL, err));
    if (!rf_identity_named(*certificate, name))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the certificate of %s does not name it", name));
    if (rf_identity_issued(*certificate, store, (time_t)it->order.time, &why) != RF_OK)
        RF_TRY(rf_err_set(err, why.rc, "the certificate of %s is refused: %s", name, why.text));
done:
    return rc;
}

static enum rf_rc check_members(const struct rf_audit_order_folder *it, const char *folder,
                                const struct rf_signer *signer, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (unsigned i = 0; rc == RF_OK && i < it->manifest.study.member_count; i++) {
        X509 *certificate = NULL;
        rc = member_certificate(it, folder, i, signer->store, &certificate, err);
        if (rc == RF_OK && strcmp(it->manifest.study.members[i].name, signer->name) == 0 &&
            X509_cmp(certificate, signer->certificate) != 0) {
            rc = rf_err_set(err, RF_E_CRYPTO,
                            "the manifest names another certificate for us than %s",
                            signer->node.certificate);
        }
        X509_free(certificate);
    }
    return rc;
}

enum rf_rc rf_audit_order_sign(const struct rf_audit_order_folder *it, const char *folder,
                               const struct rf_signer *signer, const char *node, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    uint8_t signature[RF_SIGNATURE_MAX], *bytes = NULL;
    size_t size = 0, length = 0;
    int member = rf_study_member(&it->manifest.study, signer->name);
    if (member < 0 || !it->manifest.study.members[member].contributor) {
        return rf_err_set(err, RF_E_ARG,
                          "%s does not contribute to the study %s: the order is its contributors' "
                          "to give",
                          signer->name, it->manifest.study.name);
    }
    RF_TRY(check_members(it, folder, signer, err));
    RF_TRY(signature_path(path, folder, signer->name, err));
    RF_TRY(rf_audit_order_encode(&it->order, &bytes, &length, err));
    RF_TRY(rf_audit_order_remember(&it->order, node, err));
    RF_TRY(rf_sign(signer->key, RF_AUDIT_ORDER_DOMAIN, bytes, length, signature, &size, err));
    RF_TRY(write_signature(path, signature, size, err));
done:
    free(bytes);
    return rc;
}

enum rf_rc rf_audit_order_signed(const struct rf_audit_order_folder *it, const char *folder,
                                 unsigned member, X509_STORE *store, struct rf_err *err)
{
    enum rf_rc rc;
    const char *name = it->manifest.study.members[member].name;
    char path[PATH_MAX];
    uint8_t signature[RF_SIGNATURE_MAX], *bytes = NULL;
    size_t size = 0, length = 0;
    X509 *certificate = NULL;
    RF_TRY(signature_path(path, folder, name, err));
    if (!rf_safe_file_exists(path))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "%s: %s has not signed this order", path, name));
    RF_TRY(read_signature(path, signature, &size, err));
    RF_TRY(member_certificate(it, folder, member, store, &certificate, err));
    RF_TRY(rf_audit_order_encode(&it->order, &bytes, &length, err));
    if (rf_sign_verify(certificate, RF_AUDIT_ORDER_DOMAIN, bytes, length, signature, size, NULL) !=
        RF_OK)
        rc = rf_err_set(err, RF_E_CRYPTO, "%s: %s did not sign this order", path, name);
done:
    free(bytes);
    X509_free(certificate);
    return rc;
}

enum rf_rc rf_audit_order_check(const struct rf_audit_order_folder *it, const char *folder,
                                X509_STORE *store, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_study *study = &it->manifest.study;
    for (unsigned i = 0; i < study->member_count; i++) {
        if (study->members[i].contributor)
            RF_TRY(rf_audit_order_signed(it, folder, i, store, err));
    }
done:
    return rc;
}

/* ---- no second party ---- */

enum { MEMORY_MAX = 256 };

static enum rf_rc memory_path(char path[PATH_MAX], const struct rf_audit_order *order,
                              const char *node, struct rf_err *err)
{
    char manifest[2 * RF_MANIFEST_HASH + 1], session[2 * RF_SESSION_SIZE + 1], name[128];
    (void)snprintf(name, sizeof name, "orders/%s-%s",
                   rf_hex(manifest, order->manifest, sizeof order->manifest),
                   rf_hex(session, order->session, sizeof order->session));
    return rf_safe_file_join(path, node, name, err);
}

/* "party 1 bank-b 1770000000": which, who that is, when */
static enum rf_rc compare_memory(const struct rf_audit_order *order, const char *path,
                                 struct rf_err *err)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    unsigned party = 0;
    char name[RF_MEMBER_NAME_MAX + 1] = "";
    int end = 0;
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    if (size > MEMORY_MAX ||
        sscanf((const char *)bytes, "party %1u %32s\n%n", &party, name, &end) != 2 ||
        (size_t)end != size || party >= RF_PARTIES || !rf_member_name_valid(name))
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s does not say which party was named before", path));
    if (party != order->party) {
        rc = rf_err_set(err, RF_E_CRYPTO,
                        "%s: an order named %s (party %u) for this session before. Two parties' "
                        "transcripts of one session show all members' data: there can be no order "
                        "for %s",
                        path, name, party, order->member);
    }
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* The file is made if there is none, in one act: of two orders at the same time one is first. */
enum rf_rc rf_audit_order_remember(const struct rf_audit_order *order, const char *node,
                                   struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX], folder[PATH_MAX], text[MEMORY_MAX];
    struct rf_err why = {0};
    RF_TRY(rf_safe_file_join(folder, node, "orders", err));
    RF_TRY(rf_safe_file_folder(folder, err));
    RF_TRY(memory_path(path, order, node, err));
    int size = snprintf(text, sizeof text, "party %u %s\n", order->party, order->member);
    rc = rf_safe_file_write(path, text, (size_t)size, 0600, RF_SAFE_FILE_NEW, &why);
    if (rc == RF_OK)
        goto done;
    if (!rf_safe_file_exists(path))
        RF_TRY(rf_err_set(err, rc, "%s", why.text));
    RF_TRY(compare_memory(order, path, err));
done:
    return rc;
}
