/* What an audit found, for a terminal and for programs. */
#include <stdio.h>

#include "net/base/hex.h"
#include "party/audit/audit.h"
#include "party/report/clean.h"

enum { CLEAN = 3 * RF_AUDIT_TEXT };

static const char *clean(char out[CLEAN], const char *text)
{
    rf_clean_copy(out, CLEAN, text);
    return out;
}

const char *rf_audit_why_unknown(const struct rf_audit *audit)
{
    return audit->untrusted ? "skipped: without the right certificates no signature can be checked"
                            : "could not be asked";
}

static void print_check(const struct rf_audit *audit, enum rf_audit_check_id id, FILE *out)
{
    const struct rf_audit_check *check = &audit->check[id];
    char text[CLEAN];
    (void)fprintf(out, "%-12s %-8s %s\n", rf_audit_check_name(id),
                  rf_audit_state_name(check->state),
                  check->state == RF_AUDIT_UNKNOWN ? rf_audit_why_unknown(audit)
                                                   : clean(text, check->evidence));
    for (unsigned i = 0; i < check->findings && i < RF_AUDIT_FINDINGS; i++)
        (void)fprintf(out, "             - %s\n", clean(text, check->finding[i]));
    if (check->findings > RF_AUDIT_FINDINGS)
        (void)fprintf(out, "             - and %u more\n", check->findings - RF_AUDIT_FINDINGS);
}

void rf_audit_print(const struct rf_audit *audit, FILE *out)
{
    unsigned failed = 0, open = 0, unknown = 0;
    if (audit->untrusted)
        (void)fprintf(out, "The certificates are not from the CAs given (--ca): is this the right "
                           "file?\n\n");
    (void)fprintf(out, "%-12s %-8s %s\n", "CHECK", "", "EVIDENCE");
    for (unsigned id = 0; id < RF_AUDIT_CHECKS; id++) {
        print_check(audit, (enum rf_audit_check_id)id, out);
        failed += audit->check[id].state == RF_AUDIT_FAILED;
        open += audit->check[id].state == RF_AUDIT_OPEN;
        unknown += audit->check[id].state == RF_AUDIT_UNKNOWN;
    }
    if (!rf_audit_holds(audit)) {
        (void)fprintf(out, "\n%u of %u checks failed, %u could not be asked.\n", failed,
                      RF_AUDIT_CHECKS, unknown);
    } else if (open) {
        (void)fprintf(out, "\nNo check failed; %u could be asked only in part.\n", open);
    } else {
        (void)fprintf(out, "\nAll %u checks passed.\n", RF_AUDIT_CHECKS);
    }
}

/* ---- JSON ---- */

static json_t *words(const char *text)
{
    char copy[CLEAN];
    return json_string(clean(copy, text));
}

static json_t *hex(const uint8_t *bytes, size_t size)
{
    char text[65];
    return json_string(rf_hex(text, bytes, size));
}

static json_t *check_json(const struct rf_audit *audit, enum rf_audit_check_id id)
{
    const struct rf_audit_check *check = &audit->check[id];
    json_t *findings = json_array();
    for (unsigned i = 0; i < check->findings && i < RF_AUDIT_FINDINGS; i++)
        json_array_append_new(findings, words(check->finding[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "name", rf_audit_check_name(id),
                     "title", rf_audit_check_title(id), "meaning", rf_audit_check_meaning(id),
                     "state", rf_audit_state_name(check->state), "evidence", words(check->evidence),
                     "findings", findings, "found", (json_int_t)check->findings);
}

static json_t *transcript_json(const struct rf_audit *audit, size_t which)
{
    const struct rf_transcript *in = &audit->transcript[which];
    return json_pack(
        "{s:o, s:b, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "file",
        words(in->name), "usable", audit->usable[which], "member",
        rf_audit_member(audit, in->header.id), "role", in->header.party ? "party" : "client",
        "level", in->header.full ? "full" : "chain", "epoch", (int)in->header.epoch, "end",
        rf_audit_end(audit, which), "software", in->header.software, "cpu", in->header.cpu, "build",
        hex(in->header.build, sizeof in->header.build), "records", (json_int_t)in->records,
        "checkpoints", (json_int_t)in->checkpoints, "started", (json_int_t)in->header.started,
        "finished", (json_int_t)in->totals.finished);
}

json_t *rf_audit_json(const struct rf_audit *audit)
{
    json_t *checks = json_array(), *transcripts = json_array();
    const struct rf_transcript_header *header = &audit->transcript[audit->first].header;
    for (unsigned id = 0; id < RF_AUDIT_CHECKS; id++)
        json_array_append_new(checks, check_json(audit, (enum rf_audit_check_id)id));
    for (size_t i = 0; i < audit->transcripts; i++)
        json_array_append_new(transcripts, transcript_json(audit, i));
    return json_pack("{s:s, s:i, s:b, s:s, s:o, s:o, s:i, s:o, s:o}", "format", "ringfence-audit",
                     "version", 1, "holds", rf_audit_holds(audit), "study",
                     audit->has_manifest ? audit->manifest.study.name : "", "manifest",
                     hex(audit->manifest.hash, sizeof audit->manifest.hash), "session",
                     hex(header->session, sizeof header->session), "epoch", (int)header->epoch,
                     "checks", checks, "transcripts", transcripts);
}
