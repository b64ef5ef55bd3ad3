/* Steps, what they cost, and what was opened in them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "net/frame.h"
#include "party/audit/audit.h"
#include "party/audit/replan.h"

/* Bulk bytes that a party sent to the others in one step of one lane. */
static uint64_t framed(const struct rf_transcript *in, const struct rf_transcript_step *step)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < in->links; i++) {
        const struct rf_transcript_link *link = &in->link[i];
        bool counts = !link->received && link->lane == step->lane;
        for (size_t j = 0; counts && j < link->frames; j++) {
            if (link->frame[j].step == step->step && link->frame[j].kind != RF_FRAME_CONTROL)
                bytes += link->frame[j].length;
        }
    }
    return bytes;
}

/* Steps of a lane, the first of them into @step. */
static size_t steps_of(const struct rf_transcript *in, unsigned lane,
                       const struct rf_transcript_step *step[RF_STEPS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < in->steps; i++) {
        if (in->step[i].lane != lane)
            continue;
        if (count < RF_STEPS_MAX)
            step[count] = &in->step[i];
        count++;
    }
    return count;
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
    uint64_t bytes = framed(in, step);
    if (step->declared_bytes != planned->declared.bytes || step->bytes != planned->declared.bytes ||
        bytes != planned->declared.bytes) {
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: step %u \"%s\" declared %" PRIu64 " bytes, counted %" PRIu64
                         ", its frames hold %" PRIu64 "; the study takes %" PRIu64,
                         in->name, step->step, step->name, step->declared_bytes, step->bytes, bytes,
                         planned->declared.bytes);
    }
    if (step->declared_rounds != planned->declared.rounds ||
        step->rounds != planned->declared.rounds) {
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: step %u \"%s\" declared %" PRIu64 " rounds, counted %" PRIu64
                         "; the study takes %" PRIu64,
                         in->name, step->step, step->name, step->declared_rounds, step->rounds,
                         planned->declared.rounds);
    }
}

static void check_frame_steps(struct rf_audit *audit, const struct rf_transcript *in)
{
    const struct rf_transcript_step *step[RF_STEPS_MAX];
    for (size_t i = 0; i < in->links; i++) {
        const struct rf_transcript_link *link = &in->link[i];
        size_t steps = steps_of(in, link->lane, step);
        for (size_t j = 0; j < link->frames; j++) {
            if (link->frame[j].kind == RF_FRAME_CONTROL ||
                (link->frame[j].step > 0 && link->frame[j].step <= steps))
                continue;
            rf_audit_finding(audit, RF_AUDIT_STEPS,
                             "%s: a frame %s %s is of step %u, which it never began", in->name,
                             link->received ? "from" : "to", rf_audit_member(audit, link->peer),
                             link->frame[j].step);
            return;
        }
    }
}

/* Lane 0 has a step before those of the study and one after them. */
static void compare_lane(struct rf_audit *audit, const struct rf_transcript *in, unsigned lane,
                         const struct rf_replan_lane *plan)
{
    const struct rf_transcript_step *step[RF_STEPS_MAX];
    size_t count = steps_of(in, lane, step), first = lane == 0;
    if (count > RF_STEPS_MAX || (first && count && strcmp(step[0]->name, "receive rows") != 0)) {
        rf_audit_finding(audit, RF_AUDIT_STEPS, "%s: begins with step \"%s\", and has %zu",
                         in->name, step[0]->name, count);
        return;
    }
    size_t own = count && first && strcmp(step[count - 1]->name, "give the result") == 0;
    size_t steps = count > first + own ? count - first - own : 0;
    for (size_t i = 0; i < steps && i < plan->steps; i++)
        compare_step(audit, in, step[first + i], &plan->step[i]);
    size_t ended = 0;
    while (ended < steps && step[first + ended]->ended)
        ended++;
    if (!in->closed && plan->problem.rc == RF_E_CHEAT && ended > plan->steps) {
        rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                         "%s: step %u of lane %u ended, and not all that it opened is recorded",
                         in->name, step[first + plan->steps]->step, lane);
    }
    if (in->closed && (steps != plan->steps || own != first)) {
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: lane %u has %zu steps of the computation, the study has %u", in->name,
                         lane, steps, plan->steps);
    }
    for (size_t i = 0; in->closed && i < steps; i++) {
        if (!step[first + i]->ended)
            rf_audit_finding(audit, RF_AUDIT_STEPS, "%s: step %u of lane %u never ended", in->name,
                             step[first + i]->step, lane);
    }
}

static void compare_steps(struct rf_audit *audit, const struct rf_transcript *in,
                          const struct rf_replan *plan)
{
    for (unsigned lane = 0; lane < plan->lanes; lane++)
        compare_lane(audit, in, lane, &plan->lane[lane]);
    for (size_t i = 0; i < in->steps; i++) {
        if (in->step[i].lane < plan->lanes)
            continue;
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: has steps of lane %u; the manifest has %u lanes", in->name,
                         in->step[i].lane, plan->lanes);
        return;
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
        if (!declared(&audit->manifest.study, opened->kind)) {
            rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                             "%s: values of kind \"%s\" were opened in step %u, which the manifest "
                             "does not declare",
                             in->name, opened->kind, opened->step);
        } else if (in->closed && is_check_bit(opened->kind) && !all_zero(opened)) {
            rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                             "%s: the check \"%s\" failed in step %u, but the run went on",
                             in->name, opened->kind, opened->step);
        }
    }
    for (int kind = 0; in->closed && kind < RF_OPEN_KINDS; kind++) {
        if (bits[kind] != in->totals.opened[kind]) {
            rf_audit_finding(
                audit, RF_AUDIT_OPENINGS,
                "%s: %" PRIu64 " bits of kind \"%s\" were opened, its end says %" PRIu64, in->name,
                bits[kind], rf_open_kind_name((enum rf_open_kind)kind), in->totals.opened[kind]);
        }
    }
    return all;
}

static bool same_opening(const struct rf_transcript_opened *a, const struct rf_transcript_opened *b)
{
    return a->lane == b->lane && a->step == b->step && a->rows == b->rows && a->width == b->width &&
           a->at == b->at && a->size == b->size && strcmp(a->kind, b->kind) == 0 &&
           rf_secret_equal(a->value, b->value, a->size);
}

/* Openings of one lane, which all parties have in the same order. */
static const struct rf_transcript_opened *next_of(const struct rf_transcript *in, unsigned lane,
                                                  size_t *at)
{
    while (*at < in->openings && in->opened[*at].lane != lane)
        ++*at;
    return *at < in->openings ? &in->opened[(*at)++] : NULL;
}

static void compare_openings(struct rf_audit *audit, const struct rf_transcript *one,
                             const struct rf_transcript *other, unsigned lane)
{
    size_t i = 0, j = 0, number = 0;
    const struct rf_transcript_opened *a, *b;
    for (;; number++) {
        a = next_of(one, lane, &i);
        b = next_of(other, lane, &j);
        if (!a || !b)
            break;
        if (same_opening(a, b))
            continue;
        rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                         "%s and %s differ in opening %zu of lane %u (step %u, kind \"%s\")",
                         one->name, other->name, number, lane, a->step, a->kind);
        return;
    }
    if ((a || b) && one->closed && other->closed)
        rf_audit_finding(audit, RF_AUDIT_OPENINGS, "%s and %s hold different numbers of openings",
                         one->name, other->name);
}

/* What is planned beyond the end of an unfinished transcript says nothing about it. */
static void judge_lane(struct rf_audit *audit, const struct rf_transcript *in, unsigned lane,
                       const struct rf_replan_lane *plan)
{
    bool parted = plan->problem.rc != RF_OK;
    if (parted && (in->closed || (plan->left && plan->problem.rc == RF_E_CHEAT))) {
        rf_audit_finding(audit, RF_AUDIT_OPENINGS, "%s: opening %zu of lane %u: %s", in->name,
                         plan->used, lane, plan->problem.text);
    } else if (plan->left && !parted) {
        rf_audit_finding(audit, RF_AUDIT_OPENINGS,
                         "%s: lane %u: %zu openings more than the study makes", in->name, lane,
                         plan->left);
    }
}

static void judge_plan(struct rf_audit *audit, const struct rf_transcript *in,
                       const struct rf_replan *plan)
{
    bool whole = in->closed;
    for (unsigned lane = 0; lane < plan->lanes; lane++) {
        judge_lane(audit, in, lane, &plan->lane[lane]);
        whole = whole && plan->lane[lane].problem.rc == RF_OK;
    }
    if (whole && plan->shared_rows != in->totals.shared_rows) {
        rf_audit_finding(audit, RF_AUDIT_STEPS,
                         "%s: says %" PRIu64 " rows are shared; its openings say %" PRIu64,
                         in->name, in->totals.shared_rows, plan->shared_rows);
    }
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
    uint64_t opened = in->totals.shared_rows;
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        opened |= in->totals.opened[kind];
    if (in->openings || opened)
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
        for (unsigned lane = 0; first && lane < plan->lanes; lane++)
            compare_openings(audit, first, in, lane);
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
