#include "party/audit/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/chain.h"
#include "party/keys/certificate.h"
#include "party/keys/openssl_error.h"
#include "party/study/canon.h"

static const char FORMAT[] = "ringfence evidence";

/* ---- the body, both ways ---- */

static void put_checkpoint(struct rf_canon_writer *w, const char *key,
                           const struct rf_evidence_checkpoint *checkpoint)
{
    rf_canon_text(w, key);
    rf_canon_array(w, 3);
    rf_canon_bytes(w, checkpoint->statement, checkpoint->statement_size);
    rf_canon_bytes(w, checkpoint->low, checkpoint->low_size);
    rf_canon_bytes(w, checkpoint->high, checkpoint->high_size);
}

static enum rf_rc encode_body(const struct rf_evidence *it, uint8_t **bytes, size_t *size,
                              struct rf_err *err)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 24);
    rf_canon_format_entries(&w, FORMAT, RF_EVIDENCE_VERSION);
    rf_canon_bytes_entry(&w, "manifest", it->manifest, it->manifest_size);
    rf_canon_bytes_entry(&w, "certificate", it->certificate, it->certificate_size);
    rf_canon_bytes_entry(&w, "peer_certificate", it->peer_certificate, it->peer_certificate_size);
    rf_canon_bytes_entry(&w, "auditor", it->auditor, it->auditor_size);
    rf_canon_bytes_entry(&w, "session", it->session, sizeof it->session);
    rf_canon_number_entry(&w, "epoch", it->epoch);
    rf_canon_number_entry(&w, "lane", it->lane);
    rf_canon_number_entry(&w, "id", it->id);
    rf_canon_number_entry(&w, "peer", it->peer);
    rf_canon_number_entry(&w, "first", it->first);
    rf_canon_bytes_entry(&w, "leaves", it->leaves, it->leaves_size);
    put_checkpoint(&w, "before", &it->before);
    put_checkpoint(&w, "after", &it->after);
    rf_canon_bytes_entry(&w, "header", it->header, it->header_size);
    rf_canon_bytes_entry(&w, "path", it->path, it->path_size);
    rf_canon_number_entry(&w, "number", it->number);
    rf_canon_number_entry(&w, "kind", it->kind);
    rf_canon_number_entry(&w, "step", it->step);
    rf_canon_number_entry(&w, "length", it->length);
    rf_canon_text_entry(&w, "name", it->step_name);
    rf_canon_bytes_entry(&w, "expected", it->expected, it->due ? sizeof it->expected : 0);
    rf_canon_text_entry(&w, "found", it->text);
    return rf_canon_end(&w, bytes, size, err);
}

static void get_bytes(struct rf_canon_reader *in, const char *key, const uint8_t **bytes,
                      size_t *size)
{
    rf_canon_read_key(in, key);
    *size = rf_canon_read_bytes(in, RF_EVIDENCE_MAX, bytes);
}

static uint64_t get_number(struct rf_canon_reader *in, const char *key, uint64_t most)
{
    rf_canon_read_key(in, key);
    return rf_canon_read_number(in, most);
}

static void get_words(struct rf_canon_reader *in, const char *key, char *text, size_t room)
{
    rf_canon_read_key(in, key);
    rf_canon_read_text(in, text, room);
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e)
            rf_canon_fail(in, "'%s' holds more than plain text", key);
    }
}

static void get_checkpoint(struct rf_canon_reader *in, const char *key,
                           struct rf_evidence_checkpoint *checkpoint)
{
    rf_canon_read_key(in, key);
    if (rf_canon_read_array(in, 3) != 3)
        rf_canon_fail(in, "statement and two signatures expected");
    checkpoint->statement_size =
        rf_canon_read_bytes(in, RF_TRANSCRIPT_BODY_MAX, &checkpoint->statement);
    checkpoint->low_size = rf_canon_read_bytes(in, RF_SIGNATURE_MAX, &checkpoint->low);
    checkpoint->high_size = rf_canon_read_bytes(in, RF_SIGNATURE_MAX, &checkpoint->high);
}

/* A leaf, or nothing where no frame is due. */
static void get_expected(struct rf_canon_reader *in, struct rf_evidence *it)
{
    const uint8_t *leaf = NULL;
    size_t size = 0;
    get_bytes(in, "expected", &leaf, &size);
    it->due = size > 0;
    if (size == sizeof it->expected)
        memcpy(it->expected, leaf, size);
    else if (size > 0)
        rf_canon_fail(in, "'expected' is no leaf");
}

static enum rf_rc read_body(struct rf_evidence *it, const char *name, const uint8_t *bytes,
                            size_t size, struct rf_err *err)
{
    struct rf_canon_reader in;
    rf_canon_read(&in, name, bytes, size, err);
    rf_canon_read_map(&in, 24);
    rf_canon_read_format(&in, FORMAT, RF_EVIDENCE_VERSION, "is no evidence of Ringfence");
    get_bytes(&in, "manifest", &it->manifest, &it->manifest_size);
    get_bytes(&in, "certificate", &it->certificate, &it->certificate_size);
    get_bytes(&in, "peer_certificate", &it->peer_certificate, &it->peer_certificate_size);
    get_bytes(&in, "auditor", &it->auditor, &it->auditor_size);
    rf_canon_read_key(&in, "session");
    rf_canon_read_exactly(&in, it->session, sizeof it->session);
    it->epoch = (uint32_t)get_number(&in, "epoch", UINT32_MAX);
    it->lane = (unsigned)get_number(&in, "lane", RF_STUDY_LANES_MAX - 1);
    it->id = (unsigned)get_number(&in, "id", RF_CLIENT_ID + RF_MEMBERS_MAX - 1);
    it->peer = (unsigned)get_number(&in, "peer", RF_CLIENT_ID + RF_MEMBERS_MAX - 1);
    it->first = get_number(&in, "first", UINT64_MAX);
    get_bytes(&in, "leaves", &it->leaves, &it->leaves_size);
    get_checkpoint(&in, "before", &it->before);
    get_checkpoint(&in, "after", &it->after);
    get_bytes(&in, "header", &it->header, &it->header_size);
    get_bytes(&in, "path", &it->path, &it->path_size);
    it->number = get_number(&in, "number", UINT64_MAX);
    it->kind = (uint8_t)get_number(&in, "kind", RF_FRAME_CONTROL);
    it->step = (uint32_t)get_number(&in, "step", UINT32_MAX);
    it->length = (uint32_t)get_number(&in, "length", RF_FRAME_PAYLOAD);
    get_words(&in, "name", it->step_name, sizeof it->step_name);
    get_expected(&in, it);
    get_words(&in, "found", it->text, sizeof it->text);
    return rf_canon_read_end(&in);
}

enum rf_rc rf_evidence_read(struct rf_evidence *it, const char *name, const uint8_t *bytes,
                            size_t size, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_canon_reader in;
    const uint8_t *body = NULL;
    *it = (struct rf_evidence){0};
    rf_canon_read(&in, name, bytes, size, err);
    rf_canon_read_map(&in, 2);
    rf_canon_read_key(&in, "evidence");
    size_t body_size = rf_canon_read_bytes(&in, RF_EVIDENCE_MAX, &body);
    rf_canon_read_key(&in, "signature");
    it->signature_size = rf_canon_read_bytes(&in, RF_SIGNATURE_MAX, &it->signature);
    RF_TRY(rf_canon_read_end(&in));
    RF_TRY(read_body(it, name, body, body_size, err));
done:
    return rc;
}

/* ---- writing: what of the transcript belongs to it ---- */

struct writing {
    struct rf_evidence it;
    uint8_t *leaves, *before, *after; /* of ours */
    uint8_t path[RF_TREE_DEPTH][RF_TREE_HASH];
    struct rf_err *err;
};

static enum rf_rc set_checkpoint(struct writing *w, const struct rf_transcript *transcript,
                                 const struct rf_transcript_checkpoint *checkpoint,
                                 struct rf_evidence_checkpoint *out, uint8_t **statement)
{
    struct rf_transcript_statement stated;
    bool low = transcript->header.id < checkpoint->peer;
    rf_transcript_stated(&stated, &transcript->header, checkpoint);
    enum rf_rc rc = rf_transcript_statement(&stated, statement, &out->statement_size, w->err);
    out->statement = *statement;
    out->low = low ? checkpoint->signature : checkpoint->peer_signature;
    out->low_size = low ? checkpoint->signature_size : checkpoint->peer_signature_size;
    out->high = low ? checkpoint->peer_signature : checkpoint->signature;
    out->high_size = low ? checkpoint->peer_signature_size : checkpoint->signature_size;
    return rc;
}

/* The first record, and how it belongs to the tree whose head the process signed. */
static enum rf_rc set_header(struct writing *w, const struct rf_transcript *transcript,
                             const struct rf_transcript_checkpoint *after)
{
    unsigned count = 0;
    enum rf_rc rc = rf_tree_path(transcript->leaf, after->size, 0, w->path, &count, w->err);
    w->it.header = transcript->record[0].start;
    w->it.header_size = transcript->record[0].size;
    w->it.path = w->path[0];
    w->it.path_size = (size_t)count * RF_TREE_HASH;
    return rc;
}

/* The last checkpoint of the link before the frame, and the first behind it; where there is none, the chain's
 * beginning and the last frame recorded. */
static enum rf_rc set_checkpoints(struct writing *w, const struct rf_transcript *transcript,
                                  uint64_t *until)
{
    enum rf_rc rc = RF_OK;
    const struct rf_transcript_checkpoint *before = NULL, *after = NULL;
    for (size_t i = 0; i < transcript->checkpoints; i++) {
        const struct rf_transcript_checkpoint *one = &transcript->checkpoint[i];
        if (one->lane != w->it.lane || one->peer != w->it.peer)
            continue;
        if (one->sent <= w->it.number)
            before = one;
        else if (!after)
            after = one;
    }
    w->it.first = before ? before->sent : 0;
    *until = after ? after->sent : *until;
    if (before)
        RF_TRY(set_checkpoint(w, transcript, before, &w->it.before, &w->before));
    if (after) {
        RF_TRY(set_checkpoint(w, transcript, after, &w->it.after, &w->after));
        RF_TRY(set_header(w, transcript, after));
    }
done:
    return rc;
}

static enum rf_rc set_leaves(struct writing *w, const struct rf_transcript *transcript)
{
    enum rf_rc rc;
    const struct rf_transcript_link *link =
        rf_transcript_link(transcript, w->it.lane, w->it.peer, false);
    uint64_t until = link ? link->frames : 0;
    RF_TRY(set_checkpoints(w, transcript, &until));
    if (!link || until > link->frames || w->it.number >= until || w->it.number < w->it.first) {
        rc = rf_err_set(w->err, RF_E_ARG, "the frame was never sent: there is nothing to show");
        goto done;
    }
    w->it.leaves_size = (until - w->it.first) * RF_CHAIN_SIZE;
    w->leaves = malloc(w->it.leaves_size + 1);
    if (!w->leaves) {
        rc = rf_err_set(w->err, RF_E_MEMORY, "out of memory for evidence");
        goto done;
    }
    for (uint64_t i = w->it.first; i < until; i++)
        memcpy(w->leaves + (i - w->it.first) * RF_CHAIN_SIZE, link->frame[i].leaf, RF_CHAIN_SIZE);
    w->it.leaves = w->leaves;
    w->it.step = link->frame[w->it.number].step;
done:
    return rc;
}

static int member_of(const struct rf_manifest *manifest, unsigned id)
{
    if (id >= RF_CLIENT_ID)
        return id - RF_CLIENT_ID < manifest->study.member_count ? (int)(id - RF_CLIENT_ID) : -1;
    return rf_study_party(&manifest->study, (int)id);
}

static enum rf_rc set_members(struct writing *w, const struct rf_transcript *transcript)
{
    enum rf_rc rc;
    struct rf_manifest manifest;
    RF_TRY(rf_manifest_read(&manifest, "manifest", transcript->manifest, transcript->manifest_size,
                            w->err));
    int own = member_of(&manifest, w->it.id), peer = member_of(&manifest, w->it.peer);
    if (own < 0 || peer < 0 || (unsigned)own >= transcript->members ||
        (unsigned)peer >= transcript->members)
        RF_TRY(rf_err_set(w->err, RF_E_FORMAT, "the transcript lacks certificates"));
    w->it.manifest = transcript->manifest;
    w->it.manifest_size = transcript->manifest_size;
    w->it.certificate = transcript->member[own].certificate;
    w->it.certificate_size = transcript->member[own].certificate_size;
    w->it.peer_certificate = transcript->member[peer].certificate;
    w->it.peer_certificate_size = transcript->member[peer].certificate_size;
done:
    return rc;
}

static enum rf_rc write_signed(const char *path, const struct rf_evidence *it, EVP_PKEY *key,
                               struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_canon_writer w;
    uint8_t signature[RF_SIGNATURE_MAX], *body = NULL, *bytes = NULL;
    size_t signature_size = 0, body_size = 0, size = 0;
    RF_TRY(encode_body(it, &body, &body_size, err));
    RF_TRY(rf_sign(key, RF_EVIDENCE_DOMAIN, body, body_size, signature, &signature_size, err));
    rf_canon_begin(&w);
    rf_canon_map(&w, 2);
    rf_canon_bytes_entry(&w, "evidence", body, body_size);
    rf_canon_bytes_entry(&w, "signature", signature, signature_size);
    RF_TRY(rf_canon_end(&w, &bytes, &size, err));
    RF_TRY(rf_safe_file_write(path, bytes, size, 0600, RF_SAFE_FILE_NEW, err));
done:
    free(body);
    free(bytes);
    return rc;
}

/* Names of members come from a manifest and are plain; whatever else is in a text is not kept. */
static void set_words(char *out, size_t room, const char *text)
{
    (void)snprintf(out, room, "%s", text);
    for (; *out; out++) {
        if (*out < 0x20 || *out > 0x7e)
            *out = '?';
    }
}

enum rf_rc rf_evidence_write(const char *path, const struct rf_transcript *transcript,
                             const struct rf_replay_report *report, X509 *auditor, EVP_PKEY *key,
                             struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_replay_difference *difference = &report->difference;
    struct writing w = {.err = err};
    unsigned char *der = NULL;
    if (report->outcome != RF_REPLAY_DEVIATES || !difference->frame)
        return rf_err_set(err, RF_E_ARG, "%s: only a frame that was sent can be shown to others",
                          path);
    w.it.id = transcript->header.id;
    w.it.lane = difference->lane;
    w.it.peer = difference->peer;
    w.it.number = difference->number;
    w.it.kind = difference->kind;
    w.it.length = difference->length;
    w.it.epoch = transcript->header.epoch;
    memcpy(w.it.session, transcript->header.session, sizeof w.it.session);
    w.it.due = difference->due;
    memcpy(w.it.expected, difference->expected, sizeof w.it.expected);
    set_words(w.it.step_name, sizeof w.it.step_name, difference->step_name);
    set_words(w.it.text, sizeof w.it.text, difference->text);
    int size = i2d_X509(auditor, &der);
    if (size <= 0)
        RF_TRY(rf_openssl_error(err, "the auditor's certificate cannot be encoded"));
    w.it.auditor = der;
    w.it.auditor_size = (size_t)size;
    RF_TRY(set_members(&w, transcript));
    RF_TRY(set_leaves(&w, transcript));
    RF_TRY(write_signed(path, &w.it, key, err));
done:
    OPENSSL_free(der);
    free(w.leaves);
    free(w.before);
    free(w.after);
    return rc;
}

/* ---- checking ---- */

struct check {
    const struct rf_evidence *it;
    X509_STORE *store;
    struct rf_findings *findings;
    struct rf_manifest manifest;
    X509 *certificate, *peer_certificate, *auditor;
    const char *name, *peer_name;
};

static X509 *parse(const uint8_t *der, size_t size)
{
    const unsigned char *at = der;
    return size > 0 ? d2i_X509(NULL, &at, (long)size) : NULL;
}

static enum rf_rc check_certificate(struct check *check, X509 *certificate, int member,
                                    struct rf_err *err)
{
    uint8_t fingerprint[RF_FINGERPRINT_SIZE];
    const struct rf_member *who = &check->manifest.study.members[member];
    if (!certificate || rf_certificate_fingerprint(certificate, fingerprint, NULL) != RF_OK ||
        !rf_secret_equal(fingerprint, who->fingerprint, sizeof fingerprint))
        return rf_err_set(err, RF_E_CRYPTO, "is not the certificate of %s that the manifest names",
                          who->name);
    enum rf_rc rc =
        rf_identity_issued(certificate, check->store, (time_t)check->manifest.created, err);
    if (rc != RF_OK)
        rf_err_prefix(err, "%s", who->name);
    return rc;
}

static bool check_members(struct check *check)
{
    struct rf_err err = {0};
    const struct rf_evidence *it = check->it;
    enum rf_rc rc =
        rf_manifest_read(&check->manifest, "manifest", it->manifest, it->manifest_size, &err);
    int own = rc == RF_OK ? member_of(&check->manifest, it->id) : -1;
    int peer = rc == RF_OK ? member_of(&check->manifest, it->peer) : -1;
    if (rc == RF_OK && (own < 0 || peer < 0))
        rc = rf_err_set(&err, RF_E_CRYPTO, "the manifest has no such processes");
    if (!rf_findings_judge(check->findings, "manifest", rc, &err, "study %s",
                           check->manifest.study.name))
        return false;
    check->name = check->manifest.study.members[own].name;
    check->peer_name = check->manifest.study.members[peer].name;
    rc = check_certificate(check, check->certificate, own, &err);
    if (rc == RF_OK)
        rc = check_certificate(check, check->peer_certificate, peer, &err);
    return rf_findings_judge(check->findings, "certificates", rc, &err,
                             "of %s and %s, as the manifest names them", check->name,
                             check->peer_name);
}

/* What a statement says of the process: the frames that it sent the other, and its transcript. */
struct stated {
    uint64_t frames, size;
    uint8_t head[RF_CHAIN_SIZE], root[RF_TREE_HASH];
};

static enum rf_rc read_statement(const struct check *check, const uint8_t *bytes, size_t size,
                                 struct stated *stated, struct rf_err *err)
{
    const struct rf_evidence *it = check->it;
    bool low = it->id < it->peer;
    struct rf_canon_reader in;
    uint8_t manifest[32], session[RF_SESSION_SIZE], heads[2][RF_CHAIN_SIZE];
    uint8_t roots[2][RF_TREE_HASH];
    uint64_t sent[2], sizes[2];
    rf_canon_read(&in, "statement", bytes, size, err);
    rf_canon_read_map(&in, 15);
    rf_canon_read_key(&in, "manifest");
    rf_canon_read_exactly(&in, manifest, sizeof manifest);
    rf_canon_read_key(&in, "session");
    rf_canon_read_exactly(&in, session, sizeof session);
    uint64_t epoch = get_number(&in, "epoch", UINT32_MAX), lane = get_number(&in, "lane", 256);
    (void)get_number(&in, "number", UINT64_MAX);
    uint64_t low_id = get_number(&in, "low", UINT16_MAX);
    uint64_t high_id = get_number(&in, "high", UINT16_MAX);
    sent[0] = get_number(&in, "low_frames", UINT64_MAX);
    rf_canon_read_key(&in, "low_head");
    rf_canon_read_exactly(&in, heads[0], RF_CHAIN_SIZE);
    sent[1] = get_number(&in, "high_frames", UINT64_MAX);
    rf_canon_read_key(&in, "high_head");
    rf_canon_read_exactly(&in, heads[1], RF_CHAIN_SIZE);
    sizes[0] = get_number(&in, "low_size", UINT64_MAX);
    rf_canon_read_key(&in, "low_root");
    rf_canon_read_exactly(&in, roots[0], RF_TREE_HASH);
    sizes[1] = get_number(&in, "high_size", UINT64_MAX);
    rf_canon_read_key(&in, "high_root");
    rf_canon_read_exactly(&in, roots[1], RF_TREE_HASH);
    if (rf_canon_read_end(&in) != RF_OK)
        return in.rc;
    if (!rf_secret_equal(manifest, check->manifest.hash, sizeof manifest) ||
        !rf_secret_equal(session, it->session, sizeof session) || epoch != it->epoch ||
        lane != it->lane || low_id != (low ? it->id : it->peer) ||
        high_id != (low ? it->peer : it->id))
        return rf_err_set(err, RF_E_CRYPTO, "the statement is about another run or link");
    *stated = (struct stated){.frames = sent[low ? 0 : 1], .size = sizes[low ? 0 : 1]};
    memcpy(stated->head, heads[low ? 0 : 1], RF_CHAIN_SIZE);
    memcpy(stated->root, roots[low ? 0 : 1], RF_TREE_HASH);
    return RF_OK;
}

static enum rf_rc check_checkpoint(const struct check *check,
                                   const struct rf_evidence_checkpoint *checkpoint,
                                   struct stated *stated, struct rf_err *err)
{
    enum rf_rc rc;
    bool low = check->it->id < check->it->peer;
    X509 *of_low = low ? check->certificate : check->peer_certificate;
    X509 *of_high = low ? check->peer_certificate : check->certificate;
    RF_TRY(read_statement(check, checkpoint->statement, checkpoint->statement_size, stated, err));
    RF_TRY(rf_sign_verify(of_low, RF_TRANSCRIPT_CHECKPOINT_DOMAIN, checkpoint->statement,
                          checkpoint->statement_size, checkpoint->low, checkpoint->low_size, err));
    RF_TRY(rf_sign_verify(of_high, RF_TRANSCRIPT_CHECKPOINT_DOMAIN, checkpoint->statement,
                          checkpoint->statement_size, checkpoint->high, checkpoint->high_size,
                          err));
done:
    return rc;
}

/* Before the first frame a chain's head is public. */
static enum rf_rc first_head(const struct check *check, uint8_t head[RF_CHAIN_SIZE],
                             struct rf_err *err)
{
    static const uint8_t no_secret[32];
    struct rf_chain chain;
    enum rf_rc rc = rf_chain_init(&chain, (uint16_t)check->it->id, (uint16_t)check->it->peer,
                                  (uint16_t)check->it->lane, err);
    if (rc == RF_OK)
        rc = rf_chain_start(&chain, check->manifest.hash, check->it->session, check->it->epoch,
                            no_secret, err);
    memcpy(head, chain.head, RF_CHAIN_SIZE);
    rf_chain_fini(&chain);
    return rc;
}

static bool find_before(struct check *check, struct stated *before)
{
    struct rf_err err = {0};
    enum rf_rc rc;
    *before = (struct stated){0};
    if (check->it->before.statement_size == 0) {
        rc = first_head(check, before->head, &err);
        return rf_findings_judge(check->findings, "before", rc, &err, "the chain begins there");
    }
    rc = check_checkpoint(check, &check->it->before, before, &err);
    return rf_findings_judge(check->findings, "before", rc, &err,
                             "%s and %s signed where the chain stood before frame %" PRIu64,
                             check->name, check->peer_name, before->frames);
}

static enum rf_rc follow(const struct check *check, uint8_t head[RF_CHAIN_SIZE], struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    const struct rf_evidence *it = check->it;
    for (size_t at = 0; at < it->leaves_size; at += RF_CHAIN_SIZE)
        RF_TRY(rf_tree_sha256(head, head, RF_CHAIN_SIZE, it->leaves + at, RF_CHAIN_SIZE, err));
done:
    return rc;
}

/* The first record of what it signed names run, process and auditor: its own choice, before it sent a frame. */
static enum rf_rc check_header(const struct check *check, const struct stated *after,
                               struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_evidence *it = check->it;
    struct rf_transcript_header header;
    uint8_t leaf[RF_TREE_HASH], fingerprint[RF_FINGERPRINT_SIZE];
    size_t count = it->path_size / RF_TREE_HASH;
    RF_TRY(rf_tree_leaf(leaf, it->header, it->header_size, err));
    if (it->path_size % RF_TREE_HASH != 0 || count > RF_TREE_DEPTH ||
        !rf_tree_shown(leaf, 0, after->size, (const uint8_t(*)[RF_TREE_HASH])it->path,
                       (unsigned)count, after->root))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the header is not the first record of what %s signed",
                          check->name));
    RF_TRY(rf_transcript_header_read(&header, "header", it->header, it->header_size, err));
    if (!header.full || header.id != it->id || header.epoch != it->epoch ||
        !rf_secret_equal(header.session, it->session, sizeof header.session) ||
        !rf_secret_equal(header.manifest, check->manifest.hash, sizeof header.manifest))
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the header is of another process, run or level"));
    if (!check->auditor)
        RF_TRY(rf_err_set(err, RF_E_CRYPTO, "the auditor's certificate is none"));
    RF_TRY(rf_certificate_fingerprint(check->auditor, fingerprint, err));
    if (!rf_secret_equal(fingerprint, header.auditor, sizeof fingerprint))
        rc = rf_err_set(err, RF_E_CRYPTO, "%s recorded for another auditor", check->name);
done:
    return rc;
}

static void check_expected(struct check *check, const uint8_t *sent)
{
    static const uint8_t zeros[RF_CHAIN_SIZE];
    const struct rf_evidence *it = check->it;
    struct rf_err err = {0};
    enum rf_rc rc = RF_OK;
    if (it->due && rf_secret_equal(it->expected, zeros, sizeof zeros))
        rc = rf_err_set(&err, RF_E_CRYPTO, "what was expected is no leaf");
    else if (it->due && rf_secret_equal(it->expected, sent, RF_CHAIN_SIZE))
        rc = rf_err_set(&err, RF_E_CRYPTO, "what was sent has the leaf that was expected");
    (void)rf_findings_judge(check->findings, "expected", rc, &err,
                            "the auditor found %s by executing %s again",
                            it->due ? "another leaf" : "no frame", check->name);
}

static void check_sent(struct check *check, const struct stated *before, const struct stated *after)
{
    const struct rf_evidence *it = check->it;
    struct rf_err err = {0};
    enum rf_rc rc = RF_OK;
    uint64_t count = it->leaves_size / RF_CHAIN_SIZE;
    uint8_t head[RF_CHAIN_SIZE];
    memcpy(head, before->head, sizeof head);
    if (it->leaves_size % RF_CHAIN_SIZE != 0 || it->first != before->frames ||
        after->frames - before->frames != count || it->number < before->frames ||
        it->number >= after->frames)
        rc = rf_err_set(&err, RF_E_CRYPTO, "the leaves are not those between the two");
    if (rc == RF_OK)
        rc = follow(check, head, &err);
    if (rc == RF_OK && !rf_secret_equal(head, after->head, sizeof head))
        rc = rf_err_set(&err, RF_E_CRYPTO, "the leaves do not lead from the one to the other");
    if (rf_findings_judge(check->findings, "sent", rc, &err,
                          "%s sent %s frame %" PRIu64 ", step %u, and both signed its leaf",
                          check->name, check->peer_name, it->number, it->step))
        check_expected(check, it->leaves + (it->number - before->frames) * RF_CHAIN_SIZE);
}

static void check_chain(struct check *check)
{
    const struct rf_evidence *it = check->it;
    struct rf_err err = {0};
    struct stated before, after = {0};
    if (!find_before(check, &before))
        return;
    if (it->after.statement_size == 0) {
        rf_findings_add(check->findings, "after", RF_FINDING_FAILED,
                        "no later checkpoint: nobody but %s says that this was sent", check->name);
        return;
    }
    enum rf_rc rc = check_checkpoint(check, &it->after, &after, &err);
    if (!rf_findings_judge(check->findings, "after", rc, &err,
                           "%s and %s signed where it stood after %" PRIu64 " frames", check->name,
                           check->peer_name, after.frames))
        return;
    rc = check_header(check, &after, &err);
    (void)rf_findings_judge(check->findings, "committed", rc, &err,
                            "%s recorded for this auditor, and signed that", check->name);
    check_sent(check, &before, &after);
}

static void check_auditor(struct check *check, const uint8_t *body, size_t size)
{
    struct rf_err err = {0};
    char subject[RF_SUBJECT_SIZE] = "";
    enum rf_rc rc = RF_E_CRYPTO;
    if (check->auditor) {
        rc = rf_sign_verify(check->auditor, RF_EVIDENCE_DOMAIN, body, size, check->it->signature,
                            check->it->signature_size, &err);
        rf_identity_subject(X509_get_subject_name(check->auditor), subject);
    }
    (void)rf_findings_judge(check->findings, "auditor", rc, &err, "signed by %s", subject);
}

enum rf_rc rf_evidence_check(const struct rf_evidence *it, X509_STORE *store,
                             struct rf_findings *findings, struct rf_err *err)
{
    enum rf_rc rc;
    uint8_t *body = NULL;
    size_t size = 0;
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    RF_TRY(encode_body(it, &body, &size, err));
    check->it = it;
    check->store = store;
    check->findings = findings;
    check->certificate = parse(it->certificate, it->certificate_size);
    check->peer_certificate = parse(it->peer_certificate, it->peer_certificate_size);
    check->auditor = parse(it->auditor, it->auditor_size);
    check_auditor(check, body, size);
    if (check_members(check))
        check_chain(check);
done:
    X509_free(check->certificate);
    X509_free(check->peer_certificate);
    X509_free(check->auditor);
    free(check);
    free(body);
    return rc;
}
