/* What was approved, by whom, and whose transcripts these are. */
#include <inttypes.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/audit.h"
#include "party/keys/certificate.h"
#include "party/study/approvals.h"

/* By clocks of different members, an approval may seem so much younger than the run. */
enum { SKEW_S = 300 };

static void look_at_end(struct rf_audit *audit, const struct rf_transcript *in)
{
    if (in->aborted) {
        rf_audit_finding(audit, RF_AUDIT_COMPLETE, "%s: gave up at step %u \"%s\": %s", in->name,
                         in->abort_step, in->abort_name, in->abort_reason);
    } else if (!in->ended) {
        rf_audit_finding(
            audit, RF_AUDIT_COMPLETE,
            "%s: incomplete: ends after record %zu and %zu bytes of another; its process "
            "crashed, or the file was cut; good up to its last checkpoint",
            in->name, in->records, in->cut);
    } else if (in->cut > 0) {
        rf_audit_finding(audit, RF_AUDIT_COMPLETE, "%s: %zu bytes follow its last record", in->name,
                         in->cut);
    }
}

enum rf_rc rf_verify_files(struct rf_audit *audit)
{
    size_t records = 0, bytes = 0, usable = 0;
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        records += in->records;
        bytes += in->size;
        if (!audit->usable[i])
            continue;
        usable++;
        look_at_end(audit, in);
    }
    rf_audit_evidence(audit, RF_AUDIT_RECORDS, "%zu transcripts, %zu records, %zu bytes",
                      audit->transcripts, records, bytes);
    if (usable > 0)
        rf_audit_evidence(audit, RF_AUDIT_COMPLETE, "%zu transcripts", usable);
    return RF_OK;
}

/* ---- session and manifest ---- */

static bool same_session(const struct rf_transcript_header *a, const struct rf_transcript_header *b)
{
    return a->epoch == b->epoch && rf_secret_equal(a->manifest, b->manifest, sizeof a->manifest) &&
           rf_secret_equal(a->session, b->session, sizeof a->session);
}

static void compare_sessions(struct rf_audit *audit)
{
    const struct rf_transcript *first = &audit->transcript[audit->first];
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        if (!audit->usable[i] || same_session(&in->header, &first->header))
            continue;
        rf_audit_finding(audit, RF_AUDIT_SESSION,
                         "%s is of another manifest, session or epoch than %s", in->name,
                         first->name);
        audit->usable[i] = false;
    }
}

static void find_doubles(struct rf_audit *audit)
{
    for (size_t i = 0; i < audit->transcripts; i++) {
        for (size_t j = i + 1; j < audit->transcripts; j++) {
            if (!audit->usable[i] || !audit->usable[j] ||
                audit->transcript[i].header.id != audit->transcript[j].header.id)
                continue;
            rf_audit_finding(audit, RF_AUDIT_SESSION, "%s and %s are of the same process",
                             audit->transcript[i].name, audit->transcript[j].name);
            audit->usable[j] = false;
        }
    }
}

/* The first transcript with a manifest that is one decides what the others are compared with. */
static void find_manifest(struct rf_audit *audit)
{
    for (size_t i = 0; i < audit->transcripts && !audit->has_manifest; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        struct rf_err why = {0};
        if (!audit->usable[i])
            continue;
        if (in->manifest &&
            rf_manifest_read(&audit->manifest, "manifest", in->manifest, in->manifest_size, &why) ==
                RF_OK &&
            rf_secret_equal(audit->manifest.hash, in->header.manifest,
                            sizeof audit->manifest.hash)) {
            audit->has_manifest = true;
            audit->first = i;
            break;
        }
        rf_audit_finding(audit, RF_AUDIT_MANIFEST, "%s: %s", in->name,
                         why.text[0] ? why.text : "the manifest is not the one of its header");
        audit->usable[i] = false;
    }
}

static void compare_manifests(struct rf_audit *audit)
{
    const struct rf_transcript *first = &audit->transcript[audit->first];
    char hex[RF_MANIFEST_HEX], words[RF_MANIFEST_SHORT];
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        if (!audit->usable[i])
            continue;
        if (in->manifest_size == first->manifest_size &&
            rf_secret_equal(in->manifest, first->manifest, in->manifest_size))
            continue;
        rf_audit_finding(audit, RF_AUDIT_MANIFEST, "%s holds another manifest than %s", in->name,
                         first->name);
        audit->usable[i] = false;
    }
    rf_manifest_hex(&audit->manifest, hex);
    rf_manifest_short(&audit->manifest, words);
    rf_audit_evidence(audit, RF_AUDIT_MANIFEST, "study %s, hash %s (%s)",
                      audit->manifest.study.name, hex, words);
}

/* Is this the transcript of a process that the manifest knows? */
static void check_place(struct rf_audit *audit, size_t which)
{
    const struct rf_transcript *in = &audit->transcript[which];
    const struct rf_transcript_header *header = &in->header;
    int member = rf_audit_member_of(audit, header->id);
    if (member < 0 || (unsigned)member != header->member) {
        rf_audit_finding(audit, RF_AUDIT_SESSION,
                         "%s says it is process %u of member %u: there is none", in->name,
                         header->id, header->member);
    }
    unsigned lanes = header->party ? audit->manifest.study.lanes : 1;
    if (header->lanes != lanes)
        rf_audit_finding(audit, RF_AUDIT_SESSION, "%s is of %u lanes, not of %u", in->name,
                         header->lanes, lanes);
    if (in->members != audit->manifest.study.member_count)
        rf_audit_finding(audit, RF_AUDIT_MANIFEST, "%s holds %u members, the manifest %u", in->name,
                         in->members, audit->manifest.study.member_count);
    audit->usable[which] = member >= 0 && (unsigned)member == header->member &&
                           in->members == audit->manifest.study.member_count;
}

/* ---- certificates and approvals ---- */

static X509 *decode_certificate(const struct rf_transcript_member *member)
{
    const unsigned char *at = member->certificate;
    X509 *certificate = d2i_X509(NULL, &at, (long)member->certificate_size);
    if (certificate && at == member->certificate + member->certificate_size)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* Of each member in each transcript: how many were looked at, how many are from no CA that is believed, and one
 * reason for people. */
struct issuers {
    unsigned seen, unknown;
    char reason[RF_AUDIT_TEXT];
};

static void not_issued(struct rf_audit *audit, struct issuers *issuers, const char *file,
                       const char *member, const char *why)
{
    if (issuers->unknown++ == 0)
        (void)snprintf(issuers->reason, sizeof issuers->reason, "that of %s: %s", member, why);
    rf_audit_finding(audit, RF_AUDIT_CERTIFICATES, "%s: the certificate of %s: %s", file, member,
                     why);
}

static void check_certificate(struct rf_audit *audit, struct issuers *issuers,
                              const struct rf_transcript *in, unsigned which)
{
    const struct rf_member *member = &audit->manifest.study.members[which];
    X509 *certificate = decode_certificate(&in->member[which]);
    uint8_t fingerprint[RF_FINGERPRINT_SIZE];
    struct rf_err why = {0};
    issuers->seen++;
    if (!certificate || rf_certificate_fingerprint(certificate, fingerprint, &why) != RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_CERTIFICATES,
                         "%s: what stands for the certificate of %s is none", in->name,
                         member->name);
    } else if (!rf_secret_equal(fingerprint, member->fingerprint, sizeof fingerprint)) {
        rf_audit_finding(audit, RF_AUDIT_CERTIFICATES,
                         "%s: the certificate of %s is not the one that the manifest names",
                         in->name, member->name);
    } else if (rf_identity_issued(certificate, audit->authority, (time_t)in->header.started,
                                  &why) != RF_OK) {
        not_issued(audit, issuers, in->name, member->name, why.text);
    } else if (rf_identity_both_ends(certificate, &why) != RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_CERTIFICATES, "%s: the certificate of %s: %s", in->name,
                         member->name, why.text);
    } else if (!rf_identity_named(certificate, member->name)) {
        rf_audit_finding(audit, RF_AUDIT_CERTIFICATES, "%s: the certificate of %s does not name it",
                         in->name, member->name);
    } else if (!audit->certificate[which]) {
        audit->certificate[which] = certificate;
        certificate = NULL;
    }
    X509_free(certificate);
}

static void check_approval(struct rf_audit *audit, const struct rf_transcript *in, unsigned which,
                           struct rf_approval *out)
{
    const struct rf_member *member = &audit->manifest.study.members[which];
    const struct rf_transcript_member *held = &in->member[which];
    struct rf_err why = {0};
    if (!audit->certificate[which])
        return; /* found already */
    if (rf_approval_read(out, "its approval", held->approval, held->approval_size, &why) != RF_OK ||
        rf_approvals_genuine(out, "its approval", &audit->manifest, member,
                             audit->certificate[which], &why) != RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_APPROVALS, "%s: %s: %s", in->name, member->name, why.text);
    } else if (!out->approved) {
        rf_audit_finding(audit, RF_AUDIT_APPROVALS, "%s: %s refused: %s", in->name, member->name,
                         out->reason);
    } else if (out->time > in->header.started + SKEW_S) {
        rf_audit_finding(audit, RF_AUDIT_APPROVALS,
                         "%s: %s approved %" PRIu64 " s after the run began", in->name,
                         member->name, out->time - in->header.started);
    }
}

static void check_members(struct rf_audit *audit, const struct rf_transcript *in,
                          struct issuers *issuers)
{
    struct rf_approval approval, first = {0};
    for (unsigned i = 0; i < in->members; i++) {
        approval = (struct rf_approval){0};
        check_certificate(audit, issuers, in, i);
        check_approval(audit, in, i, &approval);
        if (!approval.has_tokens)
            continue;
        if (!first.has_tokens)
            first = approval;
        else if (!rf_secret_equal(approval.tokens, first.tokens, sizeof approval.tokens))
            rf_audit_finding(audit, RF_AUDIT_APPROVALS, "%s: %s and %s held different tokens' keys",
                             in->name, first.signer, approval.signer);
    }
}

/* One mistake, the auditor's own CA file perhaps, and no finding about each file. */
static void judge_issuers(struct rf_audit *audit, const struct issuers *issuers)
{
    audit->untrusted = issuers->seen > 0 && issuers->unknown == issuers->seen;
    if (!audit->untrusted)
        return;
    audit->check[RF_AUDIT_CERTIFICATES].findings = 0;
    rf_audit_finding(audit, RF_AUDIT_CERTIFICATES,
                     "no member's certificate is from the CAs that you believe (--ca); %s",
                     issuers->reason);
}

enum rf_rc rf_verify_study(struct rf_audit *audit)
{
    size_t usable = 0;
    struct issuers issuers = {0};
    find_manifest(audit);
    if (!audit->has_manifest)
        return RF_OK;
    compare_sessions(audit);
    compare_manifests(audit);
    for (size_t i = 0; i < audit->transcripts; i++) {
        if (audit->usable[i])
            check_place(audit, i);
    }
    find_doubles(audit);
    for (size_t i = 0; i < audit->transcripts; i++) {
        usable += audit->usable[i];
        if (audit->usable[i])
            check_members(audit, &audit->transcript[i], &issuers);
    }
    judge_issuers(audit, &issuers);
    rf_audit_evidence(audit, RF_AUDIT_SESSION, "epoch %u, %zu transcripts",
                      audit->transcript[audit->first].header.epoch, usable);
    rf_audit_evidence(audit, RF_AUDIT_CERTIFICATES, "%u members, in %zu transcripts",
                      audit->manifest.study.member_count, usable);
    if (!audit->untrusted)
        rf_audit_evidence(audit, RF_AUDIT_APPROVALS, "%u members, in %zu transcripts",
                          audit->manifest.study.member_count, usable);
    return RF_OK;
}

void rf_verify_present(struct rf_audit *audit, bool all)
{
    char missing[RF_AUDIT_TEXT] = "";
    size_t used = 0;
    unsigned there = 0, absent = 0;
    for (unsigned id = 0; id < RF_CLIENT_ID + RF_MEMBERS_MAX; id++) {
        if (rf_audit_member_of(audit, id) < 0)
            continue;
        if (rf_audit_find(audit, id)) {
            there++;
            continue;
        }
        absent++;
        int put = snprintf(missing + used, sizeof missing - used, "%s%s (%s)", used ? ", " : "",
                           rf_audit_member(audit, id), id < RF_PARTIES ? "party" : "client");
        used = put > 0 && used + (size_t)put < sizeof missing ? used + (size_t)put : used;
    }
    if (absent && all)
        rf_audit_finding(audit, RF_AUDIT_PRESENT, "not shown: %s", missing);
    rf_audit_evidence(audit, RF_AUDIT_PRESENT, "%u of %u processes%s%s", there, there + absent,
                      absent ? "; not shown: " : "", missing);
    if (absent && !all)
        audit->check[RF_AUDIT_PRESENT].state = RF_AUDIT_OPEN;
}
