/* Steps, what they cost, and what was opened in them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/frame.h"
#include "party/audit/audit.h"
#include "party/audit/replan.h"

/* Bulk bytes that a party sent to the others in one step. */
static uint64_t framed(const struct rf_transcript *in, uint32_t step)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < in->links; i++) {
        const struct rf_transcript_link *link = &in->link[i];
        for (size_t j = 0; !link->received && j < link->frames; j++) {
            if (link->frame[j].step == step && link->frame[j].kind != RF_FRAME_CONTROL)
                bytes += link->frame[j].length;
        }
    }
    return bytes;
}

static void compare_step(struct rf_audit *audit, const struct rf_transcript *in,
                         const struct rf_transcript_step *step, const struct rf_step *planned)
{
    if (strcmp(step->name, planned->name) != 0 || step->rows != planned->rows) {
        rf_audit_finding(
            audit, RF_AUDIT_STEPS,
            "%s: step %u is \"%s\" of %" PRIu64 " rows, where the study has \"%s\" of %" PRIu64,
            in->name, step->step, step->name, step->rows, planned->name, planned->rows);
        return;
    }
    if (!step->ended)
        return;
    uint64_t bytes = framed(in, step->step);
    if (step->declared_bytes != planned->declared.bytes || step->bytes != planned->declared.bytes ||
        bytes != planned->declared.bytes)
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: step %u \"%s\" declared %" PRIu64 " bytes, counted %" PRIu64
                         ", its frames hold %" PRIu64 "; the study takes %" PRIu64,
                         in->name, step->step, step->name, step->declared_bytes, step->bytes, bytes,
                         planned->declared.bytes);
    if (step->declared_rounds != planned->declared.rounds ||
        step->rounds != planned->declared.rounds)
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: step %u \"%s\" declared %" PRIu64 " rounds, counted %" PRIu64
                         "; the study takes %" PRIu64,
                         in->name, step->step, step->name, step->declared_rounds, step->rounds,
                         planned->declared.rounds);
}

static void check_frame_steps(struct rf_audit *audit, const struct rf_transcript *in)
{
    for (size_t i = 0; i < in->links; i++) {
        const struct rf_transcript_link *link = &in->link[i];
        for (size_t j = 0; j < link->frames; j++) {
            if (link->frame[j].kind == RF_FRAME_CONTROL ||
                (link->frame[j].step > 0 && link->frame[j].step <= in->steps))
                continue;
            rf_audit_finding(audit, RF_AUDIT_STEPS,
                             "%s: a frame %s %s is of step %u, which it never began", in->name,
                             link->received ? "from" : "to", rf_audit_member(audit, link->peer),
                             link->frame[j].step);
            return;
        }
    }
}

/* The first and the last step are the party's own; those of the study stand between. */
static void compare_steps(struct rf_audit *audit, const struct rf_transcript *in,
                          const struct rf_replan *plan)
{
    size_t own = in->steps && strcmp(in->step[in->steps - 1].name, "give the result") == 0;
    size_t steps = in->steps > own ? in->steps - own - 1 : 0;
    if (in->steps && strcmp(in->step[0].name, "receive rows") != 0)
        rf_audit_finding(audit, RF_AUDIT_STEPS, "%s: begins with step \"%s\"", in->name,
                         in->step[0].name);
    for (size_t i = 0; i < steps && i < plan->steps; i++)
        compare_step(audit, in, &in->step[1 + i], &plan->step[i]);
    if (in->closed && (steps != plan->steps || !own))
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: %zu steps of the computation, the study has %u", in->name, steps,
                         plan->steps);
    for (size_t i = 0; in->closed && i < steps; i++) {
        if (!in->step[1 + i].ended)
            rf_audit_finding(audit, RF_AUDIT_STEPS, "%s: step %u never ended", in->name,
                             in->step[1 + i].step);
    }
    check_frame_steps(audit, in);
}

/* ---- openings ---- */

static bool declared(const struct rf_study *study, const char *kind)
{
    bool always =
        strcmp(kind, "order") == 0 || strcmp(kind, "kept") == 0 || strcmp(kind, "unique") == 0;
    return always || (strcmp(kind, "fits") == 0 && study->shared_rows) ||
           (strcmp(kind, "converged") == 0 && study->rings);
}

static bool is_check_bit(const char *kind)
{
    return strcmp(kind, "unique") == 0 || strcmp(kind, "fits") == 0 ||
           strcmp(kind, "converged") == 0;
}

static bool all_zero(const struct rf_transcript_opened *opened)
{
    uint8_t any = 0;
    for (size_t i = 0; i < opened->size; i++)
        any |= opened->value[i];
    return any == 0;
}

static int kind_of(const char *name)
{
    for (int kind = 0; kind < RF_OPEN_KINDS; kind++) {
        if (strcmp(rf_open_kind_name((enum rf_open_kind)kind), name) == 0)
            return kind;
    }
    return RF_OPEN_RESULT;
}

static uint64_t check_values(struct rf_audit *audit, const struct rf_transcript *in)
{
    uint64_t bits[RF_OPEN_KINDS] = {0}, all = 0;
    for (size_t i = 0; i < in->openings; i++) {
        const struct rf_transcript_opened *opened = &in->opened[i];
        uint64_t size = opened->at == 0 ? opened->rows * opened->width : 0;
        bits[kind_of(opened->kind)] += size;
        all += size;
        if (!declared(&audit->manifest.study, opened->kind))
            rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                             "%s: values of kind \"%s\" were opened in step %u, which the manifest "
                             "does not declare",
                             in->name, opened->kind, opened->step);
        else if (in->closed && is_check_bit(opened->kind) && !all_zero(opened))
            rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                             "%s: the check \"%s\" failed in step %u, but the run went on",
                             in->name, opened->kind, opened->step);
    }
    for (int kind = 0; in->closed && kind < RF_OPEN_KINDS; kind++) {
        if (bits[kind] != in->totals.opened[kind])
            rf_audit_finding(
                audit, RF_AUDIT_OPENINGS,
                "%s: %" PRIu64 " bits of kind \"%s\" were opened, its end says %" PRIu64, in->name,
                bits[kind], rf_open_kind_name((enum rf_open_kind)kind), in->totals.opened[kind]);
    }
    return all;
}

static bool same_opening(const struct rf_transcript_opened *a, const struct rf_transcript_opened *b)
{
    return a->lane == b->lane && a->step == b->step && a->rows == b->rows && a->width == b->width &&
           a->at == b->at && a->size == b->size && strcmp(a->kind, b->kind) == 0 &&
           rf_secret_equal(a->value, b->value, a->size);
}

static void compare_openings(struct rf_audit *audit, const struct rf_transcript *one,
                             const struct rf_transcript *other)
{
    size_t common = one->openings < other->openings ? one->openings : other->openings;
    for (size_t i = 0; i < common; i++) {
        if (same_opening(&one->opened[i], &other->opened[i]))
            continue;
        rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                         "%s and %s differ in opening %zu (step %u, kind \"%s\")", one->name,
                         other->name, i, one->opened[i].step, one->opened[i].kind);
        return;
    }
    if (one->closed && other->closed && one->openings != other->openings)
        rf_audit_finding(audit, RF_AUDIT_OPENINGS, "%s holds %zu openings, %s %zu", one->name,
                         one->openings, other->name, other->openings);
}

/* What is planned beyond the end of an unfinished transcript says nothing about it. */
static void judge_plan(struct rf_audit *audit, const struct rf_transcript *in,
                       const struct rf_replan *plan)
{
    bool ran_out = plan->used == in->openings;
    if (plan->problem.text[0] && (in->closed || !ran_out))
        rf_audit_finding(audit, RF_AUDIT_OPENINGS, "%s: opening %zu: %s", in->name, plan->used,
                         plan->problem.text);
    else if (!ran_out)
        rf_audit_finding(audit, RF_AUDIT_OPENINGS, "%s: %zu openings more than the study makes",
                         in->name, in->openings - plan->used);
    if (in->closed && !plan->problem.text[0] && plan->shared_rows != in->totals.shared_rows)
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: says %" PRIu64 " rows are shared; its openings say %" PRIu64,
                         in->name, in->totals.shared_rows, plan->shared_rows);
}

static void check_client(struct rf_audit *audit, const struct rf_transcript *in)
{
    static const char *const names[] = {"share the rows", "wait for the result"};
    size_t first = !audit->manifest.study.members[in->header.member].contributor;
    for (size_t i = 0; i < in->steps; i++) {
        if (first + i >= 2 || strcmp(in->step[i].name, names[first + i]) != 0)
            rf_audit_finding(audit, RF_AUDIT_STEPS, "%s: step %u is \"%s\"", in->name,
                             in->step[i].step, in->step[i].name);
    }
    if (in->openings)
        rf_audit_finding(audit, RF_AUDIT_OPENINGS, "%s: is a client's and holds opened values",
                         in->name);
    check_frame_steps(audit, in);
}

enum rf_rc rf_verify_steps(struct rf_audit *audit)
{
    enum rf_rc rc = RF_OK;
    const struct rf_transcript *first = NULL;
    uint64_t steps = 0, bits = 0;
    unsigned parties = 0;
    struct rf_replan *plan = malloc(sizeof *plan);
    if (!plan)
        return rf_err_set(audit->err, RF_E_MEMORY, "out of memory for a plan");
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        if (audit->usable[i] && !in->header.party)
            check_client(audit, in);
        if (!audit->usable[i] || !in->header.party)
            continue;
        RF_TRY(rf_replan(plan, &audit->manifest, in, audit->err));
        compare_steps(audit, in, plan);
        judge_plan(audit, in, plan);
        bits += check_values(audit, in);
        if (first)
            compare_openings(audit, first, in);
        first = first ? first : in;
        parties++;
        steps += in->steps;
    }
    rf_audit_evidence(audit, RF_AUDIT_STEPS, "%" PRIu64 " steps of %u parties", steps, parties);
    rf_audit_evidence(audit, RF_AUDIT_OPENINGS, "%" PRIu64 " bits at %u parties", bits, parties);
    for (unsigned id = RF_AUDIT_STEPS; parties == 0 && id <= RF_AUDIT_OPENINGS; id++) {
        if (audit->check[id].state == RF_AUDIT_PASSED)
            audit->check[id].state = RF_AUDIT_OPEN;
    }
done:
    free(plan);
    return rc;
}
