/* Chains, links, checkpoints, and each process's signature to its own transcript. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/chain.h"
#include "party/audit/audit.h"

static X509 *certificate_of(const struct rf_audit *audit, unsigned id)
{
    int member = rf_audit_member_of(audit, id);
    return member < 0 ? NULL : audit->certificate[member];
}

/* ---- signatures to whole transcripts ---- */

static enum rf_rc check_ending(struct rf_audit *audit, const struct rf_transcript *in)
{
    enum rf_rc rc;
    uint8_t root[RF_TREE_HASH], *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    X509 *certificate = certificate_of(audit, in->header.id);
    RF_TRY(rf_transcript_root(in, in->signed_size, root, audit->err));
    RF_TRY(rf_transcript_ending(&in->header, in->signed_size, root, &bytes, &size, audit->err));
    if (!rf_secret_equal(root, in->signed_root, sizeof root)) {
        rf_audit_finding(audit, RF_AUDIT_SIGNED, "%s: the signature is to another tree head",
                         in->name);
    } else if (!certificate || rf_sign_verify(certificate, RF_TRANSCRIPT_DOMAIN, bytes, size,
                                              in->signature, in->signature_size, &why) != RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_SIGNED, "%s: was not signed by %s", in->name,
                         rf_audit_member(audit, in->header.id));
    }
done:
    free(bytes);
    return rc;
}

enum rf_rc rf_verify_signed(struct rf_audit *audit)
{
    enum rf_rc rc = RF_OK;
    size_t count = 0;
    for (size_t i = 0; i < audit->transcripts; i++) {
        if (!audit->usable[i] || !audit->transcript[i].ended)
            continue;
        count++;
        RF_TRY(check_ending(audit, &audit->transcript[i]));
    }
    rf_audit_evidence(audit, RF_AUDIT_SIGNED, "%zu transcripts", count);
done:
    return rc;
}

/* ---- chains ---- */

struct chaining {
    struct rf_audit *audit;
    const struct rf_transcript *in;
    const struct rf_transcript_link *link;
    uint8_t head[RF_CHAIN_SIZE];
    size_t at;
};

static enum rf_rc start_chain(struct chaining *chaining)
{
    enum rf_rc rc;
    static const uint8_t no_secret[32];
    const struct rf_transcript_header *header = &chaining->in->header;
    const struct rf_transcript_link *link = chaining->link;
    uint16_t us = (uint16_t)header->id, them = (uint16_t)link->peer;
    struct rf_chain chain = {0};
    RF_TRY(rf_chain_init(&chain, link->received ? them : us, link->received ? us : them,
                         (uint16_t)link->lane, chaining->audit->err));
    RF_TRY(rf_chain_start(&chain, header->manifest, header->session, header->epoch, no_secret,
                          chaining->audit->err));
    memcpy(chaining->head, chain.head, sizeof chaining->head);
done:
    rf_chain_fini(&chain);
    return rc;
}

static enum rf_rc follow(struct chaining *chaining, uint64_t to)
{
    enum rf_rc rc = RF_OK;
    for (; chaining->at < to; chaining->at++) {
        RF_TRY(rf_tree_sha256(chaining->head, chaining->head, RF_CHAIN_SIZE,
                              chaining->link->frame[chaining->at].leaf, RF_CHAIN_SIZE,
                              chaining->audit->err));
    }
done:
    return rc;
}

/* Reading has found checkpoints where their frames end, in order. */
static enum rf_rc check_chain(struct chaining *chaining)
{
    enum rf_rc rc;
    const struct rf_transcript *in = chaining->in;
    const struct rf_transcript_link *link = chaining->link;
    RF_TRY(start_chain(chaining));
    for (size_t i = 0; i < in->checkpoints; i++) {
        const struct rf_transcript_checkpoint *at = &in->checkpoint[i];
        if (at->lane != link->lane || at->peer != link->peer)
            continue;
        RF_TRY(follow(chaining, link->received ? at->received : at->sent));
        if (rf_secret_equal(chaining->head, link->received ? at->received_head : at->sent_head,
                            RF_CHAIN_SIZE))
            continue;
        rf_audit_finding(chaining->audit, RF_AUDIT_CHAINS,
                         "%s: the %zu frames %s %s (lane %u) do not lead to the head at checkpoint "
                         "%" PRIu64,
                         in->name, chaining->at, link->received ? "from" : "to",
                         rf_audit_member(chaining->audit, link->peer), link->lane, at->number);
        goto done;
    }
done:
    return rc;
}

static void check_totals(struct rf_audit *audit, const struct rf_transcript *in)
{
    uint64_t bytes[2] = {0, 0};
    for (size_t i = 0; i < in->links; i++) {
        for (size_t j = 0; j < in->link[i].frames; j++)
            bytes[in->link[i].received] += in->link[i].frame[j].length;
    }
    if (in->closed &&
        (bytes[0] != in->totals.bytes_sent || bytes[1] != in->totals.bytes_received)) {
        rf_audit_finding(audit, RF_AUDIT_CHAINS,
                         "%s: its frames hold %" PRIu64 " and %" PRIu64
                         " bytes sent and received, its end says %" PRIu64 " and %" PRIu64,
                         in->name, bytes[0], bytes[1], in->totals.bytes_sent,
                         in->totals.bytes_received);
    }
}

enum rf_rc rf_verify_chains(struct rf_audit *audit)
{
    enum rf_rc rc = RF_OK;
    uint64_t frames = 0, directions = 0;
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        if (!audit->usable[i])
            continue;
        for (size_t j = 0; j < in->links; j++) {
            struct chaining chaining = {.audit = audit, .in = in, .link = &in->link[j]};
            directions++;
            frames += in->link[j].frames;
            if (rf_audit_member_of(audit, in->link[j].peer) < 0) {
                rf_audit_finding(audit, RF_AUDIT_CHAINS,
                                 "%s: frames of a process %u that there is none of", in->name,
                                 in->link[j].peer);
            }
            RF_TRY(check_chain(&chaining));
        }
        check_totals(audit, in);
    }
    rf_audit_evidence(audit, RF_AUDIT_CHAINS,
                      "%" PRIu64 " frames in %" PRIu64 " directions of links", frames, directions);
done:
    return rc;
}

/* ---- both ends ---- */

static bool same_frame(const struct rf_transcript_frame *a, const struct rf_transcript_frame *b)
{
    return a->kind == b->kind && a->step == b->step && a->length == b->length &&
           rf_secret_equal(a->leaf, b->leaf, RF_CHAIN_SIZE);
}

/* What @from sent on @out, and what @to received of it. */
static void compare_ends(struct rf_audit *audit, const struct rf_transcript *from,
                         const struct rf_transcript_link *out, const struct rf_transcript *to,
                         uint64_t *frames)
{
    const struct rf_transcript_link none = {0};
    const struct rf_transcript_link *in = rf_transcript_link(to, out->lane, from->header.id, true);
    in = in ? in : &none;
    size_t common = out->frames < in->frames ? out->frames : in->frames;
    *frames += common;
    for (size_t i = 0; i < common; i++) {
        if (same_frame(&out->frame[i], &in->frame[i]))
            continue;
        rf_audit_finding(audit, RF_AUDIT_LINKS,
                         "%s and %s differ at frame %zu from %s to %s (sequence %zu, step %u)",
                         from->name, to->name, i, rf_audit_member(audit, from->header.id),
                         rf_audit_member(audit, to->header.id), i + 2, out->frame[i].step);
        return;
    }
    if (from->closed && to->closed && out->frames != in->frames)
        rf_audit_finding(audit, RF_AUDIT_LINKS, "%s sent %zu frames to %s, which received %zu",
                         from->name, out->frames, to->name, in->frames);
}

/* A direction that only its receiver shows: the sender claims to have sent nothing. */
static void find_unsent(struct rf_audit *audit, const struct rf_transcript *to)
{
    for (size_t i = 0; i < to->links; i++) {
        const struct rf_transcript_link *in = &to->link[i];
        const struct rf_transcript *from = rf_audit_find(audit, in->peer);
        if (in->received && from && from->closed &&
            !rf_transcript_link(from, in->lane, to->header.id, false))
            rf_audit_finding(audit, RF_AUDIT_LINKS, "%s received %zu frames that %s did not send",
                             to->name, in->frames, from->name);
    }
}

enum rf_rc rf_verify_links(struct rf_audit *audit)
{
    uint64_t frames = 0;
    unsigned both = 0, one = 0;
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *from = &audit->transcript[i];
        if (!audit->usable[i])
            continue;
        find_unsent(audit, from);
        for (size_t j = 0; j < from->links; j++) {
            const struct rf_transcript_link *link = &from->link[j];
            const struct rf_transcript *to = rf_audit_find(audit, link->peer);
            both += to && !link->received;
            one += !to;
            if (to && !link->received)
                compare_ends(audit, from, link, to, &frames);
        }
    }
    rf_audit_evidence(audit, RF_AUDIT_LINKS,
                      "%" PRIu64 " frames in %u directions seen from both ends%s", frames, both,
                      one ? "; others rest on checkpoints that both ends signed" : "");
    if (one && audit->check[RF_AUDIT_LINKS].state == RF_AUDIT_PASSED)
        audit->check[RF_AUDIT_LINKS].state = RF_AUDIT_OPEN;
    return RF_OK;
}

/* ---- checkpoints ---- */

static enum rf_rc check_signatures(struct rf_audit *audit, const struct rf_transcript *in,
                                   const struct rf_transcript_checkpoint *at)
{
    enum rf_rc rc;
    struct rf_transcript_statement statement;
    struct rf_err why = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    X509 *own = certificate_of(audit, in->header.id), *other = certificate_of(audit, at->peer);
    rf_transcript_stated(&statement, &in->header, at);
    RF_TRY(rf_transcript_statement(&statement, &bytes, &size, audit->err));
    if (!own || rf_sign_verify(own, RF_TRANSCRIPT_CHECKPOINT_DOMAIN, bytes, size, at->signature,
                               at->signature_size, &why) != RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_CHECKPOINTS,
                         "%s: checkpoint %" PRIu64 " with %s was not signed by its own member",
                         in->name, at->number, rf_audit_member(audit, at->peer));
    }
    if (!other || rf_sign_verify(other, RF_TRANSCRIPT_CHECKPOINT_DOMAIN, bytes, size,
                                 at->peer_signature, at->peer_signature_size, &why) != RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_CHECKPOINTS,
                         "%s: checkpoint %" PRIu64 " with %s was not signed by that", in->name,
                         at->number, rf_audit_member(audit, at->peer));
    }
done:
    free(bytes);
    return rc;
}

/* What both ends signed is in both transcripts, as far as both go.
 * @next: where in the peer's to look; numbers of a link rise in both */
static void compare_checkpoints(struct rf_audit *audit, const struct rf_transcript *in,
                                const struct rf_transcript_checkpoint *at, size_t *next)
{
    const struct rf_transcript *peer = rf_audit_find(audit, at->peer);
    for (; peer && *next < peer->checkpoints; ++*next) {
        const struct rf_transcript_checkpoint *other = &peer->checkpoint[*next];
        if (other->lane != at->lane || other->peer != in->header.id || other->number < at->number)
            continue;
        if (other->number > at->number)
            break;
        if (other->sent == at->received && other->received == at->sent &&
            other->size == at->peer_size && other->peer_size == at->size &&
            rf_secret_equal(other->sent_head, at->received_head, RF_CHAIN_SIZE) &&
            rf_secret_equal(other->received_head, at->sent_head, RF_CHAIN_SIZE) &&
            rf_secret_equal(other->root, at->peer_root, RF_TREE_HASH) &&
            rf_secret_equal(other->peer_root, at->root, RF_TREE_HASH))
            return;
        rf_audit_finding(audit, RF_AUDIT_CHECKPOINTS,
                         "%s and %s hold different checkpoints %" PRIu64, in->name, peer->name,
                         at->number);
        return;
    }
    if (peer && peer->closed)
        rf_audit_finding(audit, RF_AUDIT_CHECKPOINTS, "%s lacks checkpoint %" PRIu64 " of %s",
                         peer->name, at->number, in->name);
}

struct sorted {
    const struct rf_transcript_checkpoint *at;
};

static int by_size(const void *a, const void *b)
{
    const struct sorted *one = a, *other = b;
    return one->at->size < other->at->size ? -1 : one->at->size > other->at->size;
}

static enum rf_rc check_sorted(struct rf_audit *audit, const struct rf_transcript *in,
                               const struct sorted *sorted)
{
    enum rf_rc rc = RF_OK;
    struct rf_tree tree = {0};
    uint8_t root[RF_TREE_HASH];
    for (size_t i = 0; i < in->checkpoints; i++) {
        const struct rf_transcript_checkpoint *at = sorted[i].at;
        while (tree.size < at->size)
            RF_TRY(rf_tree_add(&tree, in->leaf + tree.size * RF_TREE_HASH, audit->err));
        RF_TRY(rf_tree_head(&tree, root, audit->err));
        if (rf_secret_equal(root, at->root, sizeof root))
            continue;
        rf_audit_finding(audit, RF_AUDIT_CHECKPOINTS,
                         "%s: its first %" PRIu64 " records are not those that were signed at "
                         "checkpoint %" PRIu64 " with %s",
                         in->name, at->size, at->number, rf_audit_member(audit, at->peer));
        break;
    }
done:
    return rc;
}

/* The tree head that was signed is that of the records before. Lanes pass checkpoints at any time. */
static enum rf_rc check_roots(struct rf_audit *audit, const struct rf_transcript *in)
{
    if (in->checkpoints == 0)
        return RF_OK;
    struct sorted *sorted = calloc(in->checkpoints, sizeof *sorted);
    if (!sorted)
        return rf_err_set(audit->err, RF_E_MEMORY, "out of memory for checkpoints");
    for (size_t i = 0; i < in->checkpoints; i++)
        sorted[i].at = &in->checkpoint[i];
    qsort(sorted, in->checkpoints, sizeof *sorted, by_size);
    enum rf_rc rc = check_sorted(audit, in, sorted);
    free(sorted);
    return rc;
}

/* Places in a transcript between which a checkpoint of a lane is due. */
struct span {
    unsigned lane;
    size_t after, before; /* records */
};

static size_t first_after(const struct rf_transcript *in, size_t record)
{
    size_t low = 0, high = in->checkpoints;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->checkpoint_record[middle] > record)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool passed_in(const struct rf_transcript *in, unsigned peer, const struct span *span)
{
    for (size_t i = first_after(in, span->after);
         i < in->checkpoints && in->checkpoint_record[i] < span->before; i++) {
        if (in->checkpoint[i].lane == span->lane && in->checkpoint[i].peer == peer)
            return true;
    }
    return false;
}

static bool is_contributor(const struct rf_audit *audit, unsigned id)
{
    int member = rf_audit_member_of(audit, id);
    return id >= RF_CLIENT_ID && member >= 0 && audit->manifest.study.members[member].contributor;
}

/* The lane's next step, or where the transcript ends. */
static size_t next_begin(const struct rf_transcript *in, size_t step)
{
    for (size_t i = step + 1; i < in->steps; i++) {
        if (in->step[i].lane == in->step[step].lane)
            return in->step[i].begin_record;
    }
    return in->closed ? in->records : 0;
}

/* After a step that has ended nothing goes on without a checkpoint with every party; after the first one,
 * that of the inputs, with every contributor too; and at the end, with everybody that has a link. */
static bool due(const struct rf_audit *audit, const struct rf_transcript *in, size_t step,
                unsigned id, bool last)
{
    const struct rf_transcript_step *at = &in->step[step];
    if (id == in->header.id || rf_audit_member_of(audit, id) < 0)
        return false;
    if (id < RF_PARTIES)
        return !in->header.party || at->ended || last;
    return in->header.party && at->lane == 0 &&
           ((at->step == 1 && is_contributor(audit, id)) || last);
}

static void find_passed(struct rf_audit *audit, const struct rf_transcript *in)
{
    for (size_t i = 0; i < in->steps; i++) {
        const struct rf_transcript_step *step = &in->step[i];
        struct span span = {.lane = step->lane,
                            .after = step->ended ? step->end_record : step->begin_record,
                            .before = next_begin(in, i)};
        bool last = span.before == in->records && step->lane == 0;
        for (unsigned id = 0; span.before && id < RF_CLIENT_ID + RF_MEMBERS_MAX; id++) {
            if (!due(audit, in, i, id, last) || passed_in(in, id, &span))
                continue;
            rf_audit_finding(
                audit, RF_AUDIT_CHECKPOINTS,
                "%s went on after step %u \"%s\" (lane %u) without a checkpoint with %s", in->name,
                step->step, step->name, step->lane, rf_audit_member(audit, id));
            return;
        }
    }
}

enum rf_rc rf_verify_checkpoints(struct rf_audit *audit)
{
    enum rf_rc rc = RF_OK;
    size_t count = 0;
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        if (!audit->usable[i])
            continue;
        size_t next[RF_STUDY_LANES_MAX][RF_CLIENT_ID + RF_MEMBERS_MAX] = {0};
        for (size_t j = 0; j < in->checkpoints; j++, count++) {
            const struct rf_transcript_checkpoint *at = &in->checkpoint[j];
            RF_TRY(check_signatures(audit, in, at));
            compare_checkpoints(audit, in, at, &next[at->lane][at->peer]);
        }
        RF_TRY(check_roots(audit, in));
        find_passed(audit, in);
    }
    rf_audit_evidence(audit, RF_AUDIT_CHECKPOINTS, "%zu checkpoints, %zu signatures", count,
                      2 * count);
done:
    return rc;
}
