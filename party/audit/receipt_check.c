#include "party/audit/receipt_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/report/report.h"
#include "party/run/receipt_file.h"
#include "party/run/record.h"
#include "party/run/study_task.h"
#include "party/study/approvals.h"

/* What the checks share: later ones need what earlier ones found, and are skipped if it is not there. */
struct check {
    const char *folder;
    char receipt[PATH_MAX]; /* the folder in it */
    X509_STORE *authority;
    struct rf_findings *findings;
    struct rf_receipt_facts *facts;
    json_t *written; /* result.json */
    time_t finished;
    bool has_manifest, has_shares;
    struct rf_manifest manifest;
    X509 *certificate[RF_MEMBERS_MAX];
    bool has_record[RF_PARTIES];
    struct rf_output_record record[RF_PARTIES];
    struct rf_receipt shares;
};

static const char *party_name(const struct check *check, unsigned party)
{
    int member = rf_study_party(&check->manifest.study, (int)party);
    return check->manifest.study.members[member].name;
}

static void skip(struct check *check, const char *what, const char *why)
{
    rf_findings_add(check->findings, what, RF_FINDING_SKIPPED, "%s", why);
}

static void fail(struct check *check, const char *what, const char *why)
{
    rf_findings_add(check->findings, what, RF_FINDING_FAILED, "%s", why);
}

/* ---- result.json ---- */

static const char *text_of(const struct check *check, const char *key)
{
    const char *text = json_string_value(json_object_get(check->written, key));
    return text ? text : "";
}

static bool unhex(uint8_t *out, size_t size, const char *digits)
{
    char again[2 * 32 + 1];
    if (strlen(digits) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned byte = 0;
        if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
            return false;
        out[i] = (uint8_t)byte;
    }
    return strcmp(rf_hex(again, out, size), digits) == 0;
}

static bool read_time(time_t *out, const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    *out = end && !*end ? timegm(&tm) : -1;
    return *out >= 0;
}

static enum rf_rc load_result(struct check *check, struct rf_err *err)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_safe_file_join(check->receipt, check->folder, "receipt", err));
    RF_TRY(rf_safe_file_join(path, check->folder, "result.json", err));
    RF_TRY(rf_safe_file_read(path, &bytes, &size, err));
    check->written = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    if (strcmp(text_of(check, "format"), "ringfence-result") != 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: is no result of Ringfence", path));
    if (json_is_true(json_object_get(check->written, "plain")))
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: was computed in the clear: it has no receipt", path));
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* Which run the result says that it is of. */
static bool read_run(struct check *check)
{
    const json_t *epoch = json_object_get(check->written, "epoch");
    struct rf_receipt_facts *facts = check->facts;
    if (!unhex(facts->manifest, sizeof facts->manifest, text_of(check, "manifest")) ||
        !unhex(facts->session, sizeof facts->session, text_of(check, "session")) ||
        json_integer_value(epoch) < 1 || json_integer_value(epoch) > UINT32_MAX ||
        !read_time(&check->finished, text_of(check, "finished"))) {
        fail(check, "result",
             "result.json does not say of which manifest, session and epoch it "
             "is, and when it was finished");
        return false;
    }
    facts->epoch = (uint64_t)json_integer_value(epoch);
    rf_findings_add(check->findings, "result", RF_FINDING_HOLDS, "finished %s, epoch %" PRIu64,
                    text_of(check, "finished"), facts->epoch);
    return true;
}

/* ---- the study ---- */

static void check_manifest(struct check *check)
{
    struct rf_err err = {0};
    enum rf_rc rc = rf_approvals_manifest(&check->manifest, check->receipt, &err);
    if (rc == RF_OK && !rf_secret_equal(check->manifest.hash, check->facts->manifest, 32))
        rc = rf_err_set(&err, RF_E_CRYPTO, "result.json is about another manifest");
    check->has_manifest =
        rf_findings_judge(check->findings, "manifest", rc, &err, "%s, the one of result.json",
                          check->manifest.study.name);
    if (check->has_manifest)
        (void)snprintf(check->facts->study, sizeof check->facts->study, "%s",
                       check->manifest.study.name);
}

static void check_certificate(struct check *check, unsigned member)
{
    const char *name = check->manifest.study.members[member].name;
    struct rf_err err = {0};
    X509 **certificate = &check->certificate[member];
    enum rf_rc rc =
        rf_approvals_certificate(certificate, check->receipt, &check->manifest, member, NULL, &err);
    if (rc == RF_OK && !rf_identity_named(*certificate, name))
        rc = rf_err_set(&err, RF_E_CRYPTO, "the certificate of %s does not name it", name);
    if (rc == RF_OK) {
        rc = rf_identity_issued(*certificate, check->authority, check->finished, &err);
        rf_err_prefix(&err, "%s", name);
    }
    (void)rf_findings_judge(check->findings, "certificate", rc, &err,
                            "%s: the manifest's, valid on that day, from a CA that you believe",
                            name);
    if (rc != RF_OK) { /* nothing that it signed counts */
        X509_free(*certificate);
        *certificate = NULL;
    }
}

static void check_approval(struct check *check, unsigned member)
{
    struct rf_approvals_member found;
    rf_approvals_member(&found, check->receipt, &check->manifest, member, NULL);
    (void)rf_findings_judge(check->findings, "approval", found.problem.rc, &found.problem,
                            "%s signed this manifest", check->manifest.study.members[member].name);
}

static void check_study(struct check *check)
{
    check_manifest(check);
    if (!check->has_manifest) {
        skip(check, "certificate", "whose they are stands in the manifest");
        skip(check, "approval", "of whom they are needed stands in the manifest");
        return;
    }
    for (unsigned i = 0; i < check->manifest.study.member_count; i++)
        check_certificate(check, i);
    for (unsigned i = 0; i < check->manifest.study.member_count; i++)
        check_approval(check, i);
}

/* ---- what the parties signed ---- */

static enum rf_rc read_record(struct check *check, unsigned party, X509 *certificate,
                              struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_signed in;
    struct rf_output_record *record = &check->record[party];
    const struct rf_receipt_facts *facts = check->facts;
    RF_TRY(rf_receipt_file_record(&in, check->receipt, party, err));
    RF_TRY(rf_record_verify_output(record, &in, certificate, party_name(check, party), err));
    if (!rf_secret_equal(record->run.manifest, facts->manifest, sizeof facts->manifest) ||
        !rf_secret_equal(record->run.session, facts->session, sizeof facts->session) ||
        record->run.epoch != facts->epoch || record->party != party) {
        rc = rf_err_set(err, RF_E_CRYPTO,
                        "%s signed this for another party, manifest, session or epoch",
                        party_name(check, party));
    }
done:
    return rc;
}

static void check_record(struct check *check, unsigned party)
{
    struct rf_err err = {0};
    int member = rf_study_party(&check->manifest.study, (int)party);
    if (!check->certificate[member]) {
        skip(check, "signature", "the party has no certificate that counts");
        return;
    }
    enum rf_rc rc = read_record(check, party, check->certificate[member], &err);
    check->has_record[party] = rf_findings_judge(
        check->findings, "signature", rc, &err,
        "%s, party %u, signed hashes of its output shares for this manifest, session and epoch",
        party_name(check, party), party);
}

/* Share j is the first of party j and the second of party j - 1. */
static void check_holders(struct check *check, unsigned j)
{
    struct rf_err err = {0};
    enum rf_rc rc = RF_OK;
    unsigned before = (j + RF_PARTIES - 1) % RF_PARTIES;
    if (!check->has_record[j] || !check->has_record[before]) {
        skip(check, "both holders", "of one of them there is no signature");
        return;
    }
    if (!rf_secret_equal(check->record[j].digest[0], check->record[before].digest[1],
                         RF_DIGEST_SIZE)) {
        rc = rf_err_set(&err, RF_E_CRYPTO, "%s and %s signed different copies of share %u",
                        party_name(check, j), party_name(check, before), j);
    }
    (void)rf_findings_judge(check->findings, "both holders", rc, &err,
                            "%s and %s signed the same share %u", party_name(check, j),
                            party_name(check, before), j);
}

static void check_share(struct check *check, unsigned j)
{
    struct rf_err err = {0};
    enum rf_rc rc = RF_OK;
    uint8_t digest[RF_DIGEST_SIZE];
    if (!check->has_record[j]) {
        skip(check, "share", "there is no signature to compare it with");
        return;
    }
    rf_record_digest(digest, check->shares.salt[j], check->shares.share[j],
                     check->shares.share_size);
    if (!rf_secret_equal(digest, check->record[j].digest[0], sizeof digest)) {
        rc = rf_err_set(&err, RF_E_CRYPTO, "share %u of the receipt is not the one that %s signed",
                        j, party_name(check, j));
    }
    (void)rf_findings_judge(check->findings, "share", rc, &err, "share %u is the one signed", j);
}

static void check_signatures(struct check *check)
{
    struct rf_err err = {0};
    enum rf_rc rc = rf_receipt_file_shares(&check->shares, check->receipt, &err);
    check->has_shares = rc == RF_OK;
    if (!check->has_manifest) {
        skip(check, "signature", "who the parties are stands in the manifest");
        return;
    }
    for (unsigned party = 0; party < RF_PARTIES; party++)
        check_record(check, party);
    for (unsigned j = 0; j < RF_PARTIES; j++)
        check_holders(check, j);
    for (unsigned j = 0; j < RF_PARTIES && check->has_shares; j++)
        check_share(check, j);
    if (!check->has_shares)
        (void)rf_findings_judge(check->findings, "share", rc, &err, "-");
}

/* ---- the figures ---- */

/* What every recipient's transcript says of the result. */
static enum rf_rc digest_result(struct check *check, struct rf_err *err)
{
    const uint8_t *salt[RF_PARTIES], *share[RF_PARTIES];
    for (unsigned j = 0; j < RF_PARTIES; j++) {
        salt[j] = check->shares.salt[j];
        share[j] = check->shares.share[j];
    }
    return rf_record_result(check->facts->digest, salt, share, check->shares.share_size, err);
}

/* result.json as it must be, from the shares. */
static enum rf_rc write_again(const struct check *check, json_t **out, struct rf_err *err)
{
    enum rf_rc rc;
    char *text = NULL;
    struct rf_task task;
    struct rf_result *result = NULL;
    struct rf_report *report = calloc(1, sizeof *report);
    if (!report)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the report");
    rf_study_task(&task, &check->manifest.study, 0);
    RF_TRY(rf_output_open(&result, &task, check->shares.share, check->shares.share_size, err));
    report->study = &check->manifest.study;
    report->result = result;
    RF_TRY(rf_report_json_text(report, &text, err));
    *out = json_loads(text, 0, NULL);
    if (!*out)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "out of memory for the report"));
done:
    free(text);
    free(report);
    rf_result_free(result);
    return rc;
}

static enum rf_rc compare_figures(struct check *check, struct rf_err *err)
{
    static const char *const members[] = {"study", "protocol", "statistics", "withheld"};
    enum rf_rc rc;
    json_t *again = NULL;
    RF_TRY(write_again(check, &again, err));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!json_equal(json_object_get(again, members[i]),
                        json_object_get(check->written, members[i]))) {
            RF_TRY(rf_err_set(err, RF_E_CRYPTO,
                              "\"%s\" in result.json is not what the shares and the manifest say",
                              members[i]));
        }
    }
    RF_TRY(digest_result(check, err));
done:
    json_decref(again);
    return rc;
}

static void check_figures(struct check *check)
{
    struct rf_err err = {0};
    if (!check->has_manifest || !check->has_shares) {
        skip(check, "figures", "that takes the manifest and the shares");
        return;
    }
    enum rf_rc rc = compare_figures(check, &err);
    (void)rf_findings_judge(check->findings, "figures", rc, &err,
                            "the shares open to every figure of result.json");
}

enum rf_rc rf_receipt_check(const char *folder, X509_STORE *authority, struct rf_findings *findings,
                            struct rf_receipt_facts *facts, struct rf_err *err)
{
    enum rf_rc rc;
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    check->folder = folder;
    check->authority = authority;
    check->findings = findings;
    check->facts = facts;
    RF_TRY(load_result(check, err));
    if (!read_run(check))
        goto done;
    check_study(check);
    check_signatures(check);
    check_figures(check);
    if (findings->lost)
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory for the findings");
done:
    for (unsigned i = 0; i < RF_MEMBERS_MAX; i++)
        X509_free(check->certificate[i]);
    rf_receipt_fini(&check->shares);
    json_decref(check->written);
    free(check);
    return rc;
}
