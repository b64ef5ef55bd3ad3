#include "party/audit/findings.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *state_name(enum rf_finding_state state)
{
    static const char *const names[] = {"ok", "failed", "skipped"};
    return names[state];
}

static void add(struct rf_findings *findings, const char *check, enum rf_finding_state state,
                const char *format, va_list args) RF_PRINTF(4, 0);

static void add(struct rf_findings *findings, const char *check, enum rf_finding_state state,
                const char *format, va_list args)
{
    findings->failed += state == RF_FINDING_FAILED;
    findings->skipped += state == RF_FINDING_SKIPPED;
    if (findings->count == findings->room) {
        size_t wider = findings->room ? 2 * findings->room : 32;
        struct rf_finding *moved = reallocarray(findings->list, wider, sizeof *moved);
        if (!moved) {
            findings->lost = true;
            return;
        }
        findings->list = moved;
        findings->room = wider;
    }
    struct rf_finding *finding = &findings->list[findings->count++];
    *finding = (struct rf_finding){.check = check, .state = state};
    (void)vsnprintf(finding->text, sizeof finding->text, format, args);
}

void rf_findings_add(struct rf_findings *findings, const char *check, enum rf_finding_state state,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(findings, check, state, format, args);
    va_end(args);
}

bool rf_findings_judge(struct rf_findings *findings, const char *check, enum rf_rc rc,
                       const struct rf_err *why, const char *format, ...)
{
    va_list args;
    if (rc != RF_OK) {
        rf_findings_add(findings, check, RF_FINDING_FAILED, "%s",
                        why->text[0] ? why->text : rf_rc_name(rc));
        return false;
    }
    va_start(args, format);
    add(findings, check, RF_FINDING_HOLDS, format, args);
    va_end(args);
    return true;
}

bool rf_findings_good(const struct rf_findings *findings)
{
    return findings->failed == 0 && findings->skipped == 0 && !findings->lost;
}

void rf_findings_print(FILE *out, const struct rf_findings *findings)
{
    static const char *const words[] = {"ok", "FAILED", "skipped"};
    for (size_t i = 0; i < findings->count; i++) {
        const struct rf_finding *finding = &findings->list[i];
        (void)fprintf(out, "%-8s %-20s %s\n", words[finding->state], finding->check, finding->text);
    }
    (void)fprintf(out, "%zu checks, %u failed, %u skipped\n", findings->count, findings->failed,
                  findings->skipped);
}

json_t *rf_findings_json(const struct rf_findings *findings)
{
    json_t *list = findings->lost ? NULL : json_array();
    for (size_t i = 0; list && i < findings->count; i++) {
        const struct rf_finding *finding = &findings->list[i];
        json_t *one = json_pack("{s:s, s:s, s:s}", "check", finding->check, "state",
                                state_name(finding->state), "found", finding->text);
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

void rf_findings_fini(struct rf_findings *findings)
{
    free(findings->list);
    *findings = (struct rf_findings){0};
}
