/* What was given, what came out, and what recipients hold. */
#include <inttypes.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/audit.h"
#include "party/run/record.h"
#include "party/run/study_task.h"

static void copy_signed(struct rf_signed *out, const struct rf_transcript_signed *in)
{
    *out = (struct rf_signed){.record_size = in->record_size, .signature_size = in->signature_size};
    if (in->record_size)
        memcpy(out->record, in->record, in->record_size);
    if (in->signature_size)
        memcpy(out->signature, in->signature, in->signature_size);
}

static bool of_run(const struct rf_audit *audit, const struct rf_run_id *run)
{
    const struct rf_transcript_header *header = &audit->transcript[audit->first].header;
    return rf_secret_equal(run->manifest, header->manifest, sizeof run->manifest) &&
           rf_secret_equal(run->session, header->session, sizeof run->session) &&
           run->epoch == header->epoch;
}

static bool same_record(const struct rf_transcript_signed *a, const struct rf_transcript_signed *b)
{
    return a->record_size == b->record_size &&
           rf_secret_equal(a->record, b->record, a->record_size);
}

/* ---- inputs ---- */

struct inputs {
    struct rf_audit *audit;
    struct rf_task task;
    unsigned banks, bank_of[RF_BANKS_MAX];
    const struct rf_transcript_signed *seen[RF_BANKS_MAX]; /* the first of each bank */
    const char *seen_in[RF_BANKS_MAX];
};

static void check_input(struct inputs *inputs, const struct rf_transcript *in, unsigned bank,
                        const struct rf_transcript_signed *input)
{
    struct rf_audit *audit = inputs->audit;
    unsigned which = inputs->bank_of[bank];
    const struct rf_member *member = &audit->manifest.study.members[which];
    struct rf_signed copy;
    struct rf_input_record record;
    struct rf_err why = {0};
    copy_signed(&copy, input);
    if (!audit->certificate[which])
        return; /* found already */
    if (rf_record_verify_input(&record, &copy, audit->certificate[which], member->name, &why) !=
        RF_OK) {
        rf_audit_finding(audit, RF_AUDIT_INPUTS, "%s: %s", in->name, why.text);
        return;
    }
    if (!of_run(audit, &record.run) || record.member != which || record.rows != member->rows ||
        record.row_bytes != rf_row_bytes(&inputs->task)) {
        rf_audit_finding(audit, RF_AUDIT_INPUTS,
                         "%s: the record of %s is of another run, member or size", in->name,
                         member->name);
    }
    if (!inputs->seen[bank]) {
        inputs->seen[bank] = input;
        inputs->seen_in[bank] = in->name;
    } else if (!same_record(inputs->seen[bank], input)) {
        rf_audit_finding(audit, RF_AUDIT_INPUTS, "%s and %s hold different records of %s",
                         inputs->seen_in[bank], in->name, member->name);
    }
}

static void check_inputs_of(struct inputs *inputs, const struct rf_transcript *in)
{
    const struct rf_member *own = &inputs->audit->manifest.study.members[in->header.member];
    unsigned due = in->header.party ? inputs->banks : own->contributor;
    bool past = in->closed || in->steps > 1;
    if (past && in->inputs != due) {
        rf_audit_finding(inputs->audit, RF_AUDIT_INPUTS, "%s holds %u input records, not %u",
                         in->name, in->inputs, due);
        return;
    }
    for (unsigned i = 0; i < in->inputs && i < due; i++) {
        unsigned bank = i;
        while (!in->header.party && inputs->bank_of[bank] != in->header.member)
            bank++;
        check_input(inputs, in, bank, &in->input[i]);
    }
}

static void check_inputs(struct rf_audit *audit)
{
    struct inputs inputs = {.audit = audit};
    unsigned given = 0;
    uint64_t rows = 0;
    rf_study_task(&inputs.task, &audit->manifest.study, 0);
    inputs.banks = rf_study_banks(&audit->manifest.study, inputs.bank_of);
    for (size_t i = 0; i < audit->transcripts; i++) {
        if (audit->usable[i])
            check_inputs_of(&inputs, &audit->transcript[i]);
    }
    for (unsigned bank = 0; bank < inputs.banks; bank++) {
        given += inputs.seen[bank] != NULL;
        rows += inputs.seen[bank] ? audit->manifest.study.members[inputs.bank_of[bank]].rows : 0;
    }
    rf_audit_evidence(audit, RF_AUDIT_INPUTS, "%u of %u contributors, %" PRIu64 " rows", given,
                      inputs.banks, rows);
    if (given < inputs.banks && audit->check[RF_AUDIT_INPUTS].state == RF_AUDIT_PASSED)
        audit->check[RF_AUDIT_INPUTS].state = RF_AUDIT_OPEN;
}

/* ---- outputs ---- */

struct outputs {
    struct rf_audit *audit;
    const struct rf_transcript_signed *seen[RF_PARTIES];
    struct rf_output_record record[RF_PARTIES];
    const char *seen_in[RF_PARTIES];
    unsigned holders;
};

/* Whose record it is, the record says itself; whether that party signed it decides. */
static void check_output(struct outputs *outputs, const struct rf_transcript *in,
                         const struct rf_transcript_signed *output, unsigned *found)
{
    struct rf_audit *audit = outputs->audit;
    struct rf_signed copy;
    struct rf_output_record record;
    struct rf_err why = {0};
    copy_signed(&copy, output);
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        X509 *certificate = audit->certificate[rf_study_party(&audit->manifest.study, (int)party)];
        if (!certificate ||
            rf_record_verify_output(&record, &copy, certificate, "", &why) != RF_OK ||
            record.party != party || !of_run(audit, &record.run))
            continue;
        *found |= 1U << party;
        if (!outputs->seen[party]) {
            outputs->seen[party] = output;
            outputs->seen_in[party] = in->name;
            outputs->record[party] = record;
        } else if (!same_record(outputs->seen[party], output)) {
            rf_audit_finding(audit, RF_AUDIT_OUTPUTS,
                             "%s and %s hold different output records of party %u",
                             outputs->seen_in[party], in->name, party);
        }
        return;
    }
    rf_audit_finding(audit, RF_AUDIT_OUTPUTS,
                     "%s: an output record that no party signed for this run", in->name);
}

static bool receives(const struct rf_audit *audit, const struct rf_transcript *in)
{
    return in->header.party || audit->manifest.study.members[in->header.member].recipient;
}

static void check_outputs(struct rf_audit *audit)
{
    struct outputs outputs = {.audit = audit};
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        unsigned found = 0;
        if (!audit->usable[i])
            continue;
        for (unsigned j = 0; j < in->outputs; j++)
            check_output(&outputs, in, &in->output[j], &found);
        outputs.holders += in->outputs > 0;
        bool due = in->closed && receives(audit, in);
        if (in->outputs && !receives(audit, in)) {
            rf_audit_finding(audit, RF_AUDIT_OUTPUTS,
                             "%s is of no recipient and holds output records", in->name);
        } else if (due && (found != (1U << RF_PARTIES) - 1 || in->outputs != RF_PARTIES)) {
            rf_audit_finding(audit, RF_AUDIT_OUTPUTS,
                             "%s does not hold each party's output record once", in->name);
        }
    }
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        unsigned next = (party + 1) % RF_PARTIES;
        if (outputs.seen[party] && outputs.seen[next] &&
            !rf_secret_equal(outputs.record[party].digest[1], outputs.record[next].digest[0],
                             RF_DIGEST_SIZE)) {
            rf_audit_finding(audit, RF_AUDIT_OUTPUTS,
                             "parties %u and %u signed different copies of share %u", party, next,
                             next);
        }
    }
    rf_audit_evidence(audit, RF_AUDIT_OUTPUTS, "in %u transcripts", outputs.holders);
    if (!outputs.holders && audit->check[RF_AUDIT_OUTPUTS].state == RF_AUDIT_PASSED)
        audit->check[RF_AUDIT_OUTPUTS].state = RF_AUDIT_OPEN;
}

/* ---- result ---- */

static void check_result(struct rf_audit *audit)
{
    const struct rf_transcript *first = NULL;
    unsigned holders = 0, recipients = 0;
    for (unsigned i = 0; i < audit->manifest.study.member_count; i++)
        recipients += audit->manifest.study.members[i].recipient;
    for (size_t i = 0; i < audit->transcripts; i++) {
        const struct rf_transcript *in = &audit->transcript[i];
        if (!audit->usable[i])
            continue;
        bool due = !in->header.party && receives(audit, in);
        if (in->has_result && !due)
            rf_audit_finding(audit, RF_AUDIT_RESULT, "%s is of no recipient and holds a result",
                             in->name);
        if (in->closed && due && !in->has_result)
            rf_audit_finding(audit, RF_AUDIT_RESULT, "%s is a recipient's and holds no result",
                             in->name);
        if (!in->has_result)
            continue;
        holders++;
        if (first && !rf_secret_equal(first->result, in->result, sizeof in->result))
            rf_audit_finding(audit, RF_AUDIT_RESULT, "%s and %s hold different results",
                             first->name, in->name);
        first = first ? first : in;
    }
    rf_audit_evidence(audit, RF_AUDIT_RESULT, "%u of %u recipients", holders, recipients);
    if (holders < recipients && audit->check[RF_AUDIT_RESULT].state == RF_AUDIT_PASSED)
        audit->check[RF_AUDIT_RESULT].state = RF_AUDIT_OPEN;
}

enum rf_rc rf_verify_values(struct rf_audit *audit)
{
    check_inputs(audit);
    check_outputs(audit);
    check_result(audit);
    return RF_OK;
}
