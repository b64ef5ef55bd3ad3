/* The page of an audit: what a regulator reads. */
#include <stdio.h>
#include <time.h>

#include "net/base/hex.h"
#include "party/audit/audit.h"
#include "party/keys/safe_file.h"
#include "party/report/page.h"

static const char style[] =
    ".verdict { margin: 20px 0; padding: 12px 16px; border-left: 4px solid var(--accent);\n"
    "    background: var(--band); font-weight: 600; }\n"
    ".verdict.bad { border-color: var(--warn-line); background: var(--warn-ground);\n"
    "    color: var(--warn); }\n"
    "th[scope=row] { min-width: 11em; } td.meaning { min-width: 17em; }\n"
    "td.state { white-space: nowrap; font-weight: 600; }\n"
    "td.failed, td.unknown { color: var(--warn); }\n"
    "td ul { margin: 6px 0 0; padding-left: 18px; overflow-wrap: anywhere; }\n";

static void put_head(struct rf_markup *markup, const struct rf_audit *audit)
{
    rf_markup_open(markup, "head");
    rf_markup_leaf(markup, "meta charset='utf-8'");
    rf_markup_leaf(markup, "meta http-equiv='Content-Security-Policy' "
                           "content=\"default-src 'none'; style-src 'unsafe-inline'\"");
    rf_markup_leaf(markup, "meta name='viewport' content='width=device-width, initial-scale=1'");
    rf_markup_leaf(markup, "meta name='color-scheme' content='light dark'");
    rf_markup_element(markup, "title", "%s \xe2\x80\x93 Ringfence audit",
                      audit->has_manifest ? audit->manifest.study.name : "unknown study");
    rf_markup_open(markup, "style");
    rf_markup_raw(markup, rf_page_style);
    rf_markup_raw(markup, style);
    rf_markup_close(markup);
    rf_markup_close(markup);
}

static void put_verdict(struct rf_markup *markup, const struct rf_audit *audit)
{
    unsigned failed = 0, open = 0, unknown = 0;
    for (unsigned id = 0; id < RF_AUDIT_CHECKS; id++) {
        failed += audit->check[id].state == RF_AUDIT_FAILED;
        open += audit->check[id].state == RF_AUDIT_OPEN;
        unknown += audit->check[id].state == RF_AUDIT_UNKNOWN;
    }
    if (audit->untrusted) {
        rf_markup_element(markup, "p class='verdict bad'",
                          "No member's certificate is from the CAs that this audit believes.");
    }
    if (!rf_audit_holds(audit)) {
        rf_markup_element(markup, "p class='verdict bad'",
                          "%u of %u checks failed, %u could not be asked.", failed, RF_AUDIT_CHECKS,
                          unknown);
    } else if (open) {
        rf_markup_element(markup, "p class='verdict'",
                          "No check failed; %u could be asked only in part.", open);
    } else {
        rf_markup_element(markup, "p class='verdict'", "All %u checks passed.", RF_AUDIT_CHECKS);
    }
}

static void put_summary(struct rf_markup *markup, const struct rf_audit *audit)
{
    const struct rf_transcript_header *header = &audit->transcript[audit->first].header;
    char manifest[65], session[33];
    rf_markup_element(markup, "p class='brand'", "Ringfence audit");
    rf_markup_element(markup, "h1", "%s",
                      audit->has_manifest ? audit->manifest.study.name : "unknown study");
    if (audit->has_manifest)
        rf_markup_element(markup, "p", "%s", audit->manifest.study.purpose);
    put_verdict(markup, audit);
    rf_markup_open(markup, "p class='meaning'");
    rf_markup_print(markup, "Manifest ");
    rf_markup_element(markup, "code", "%s",
                      rf_hex(manifest, header->manifest, sizeof header->manifest));
    rf_markup_print(markup, ", session ");
    rf_markup_element(markup, "code", "%s",
                      rf_hex(session, header->session, sizeof header->session));
    rf_markup_print(markup, ", epoch %u.", header->epoch);
    rf_markup_close(markup);
}

static void put_check(struct rf_markup *markup, const struct rf_audit *audit,
                      enum rf_audit_check_id id)
{
    const struct rf_audit_check *check = &audit->check[id];
    const char *state = rf_audit_state_name(check->state);
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row'", "%s", rf_audit_check_title(id));
    rf_markup_open(markup, "td class='state %s'", state);
    rf_markup_words(markup, state);
    rf_markup_close(markup);
    rf_markup_open(markup, "td");
    rf_markup_print(markup, "%s",
                    check->state == RF_AUDIT_UNKNOWN ? rf_audit_why_unknown(audit)
                                                     : check->evidence);
    if (check->findings)
        rf_markup_open(markup, "ul");
    for (unsigned i = 0; i < check->findings && i < RF_AUDIT_FINDINGS; i++)
        rf_markup_element(markup, "li", "%s", check->finding[i]);
    if (check->findings > RF_AUDIT_FINDINGS)
        rf_markup_element(markup, "li", "and %u more", check->findings - RF_AUDIT_FINDINGS);
    if (check->findings)
        rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_element(markup, "td class='meaning'", "%s", rf_audit_check_meaning(id));
    rf_markup_close(markup);
}

static void put_checks(struct rf_markup *markup, const struct rf_audit *audit)
{
    rf_markup_open(markup, "section");
    rf_markup_element(markup, "h2", "Checks");
    rf_page_table_open(markup, "wide", "Checks");
    rf_page_table_heading(markup, "Check", false);
    rf_page_table_heading(markup, "Outcome", false);
    rf_page_table_heading(markup, "Evidence", false);
    rf_page_table_heading(markup, "What it says", false);
    rf_page_table_rows(markup);
    for (unsigned id = 0; id < RF_AUDIT_CHECKS; id++)
        put_check(markup, audit, (enum rf_audit_check_id)id);
    rf_page_table_close(markup);
    rf_markup_close(markup);
}

static void put_transcript(struct rf_markup *markup, const struct rf_audit *audit, size_t which)
{
    const struct rf_transcript *in = &audit->transcript[which];
    char date[32] = "";
    time_t started = (time_t)in->header.started;
    struct tm when;
    if (gmtime_r(&started, &when))
        (void)strftime(date, sizeof date, "%Y-%m-%d %H:%M:%SZ", &when);
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row'", "%s", rf_audit_member(audit, in->header.id));
    rf_markup_element(markup, "td", "%s", in->header.party ? "party" : "client");
    rf_markup_element(markup, "td", "%s", rf_audit_end(audit, which));
    rf_markup_element(markup, "td class='n'", "%zu", in->records);
    rf_markup_element(markup, "td class='n'", "%zu", in->checkpoints);
    rf_markup_element(markup, "td", "%s", date);
    rf_markup_element(markup, "td", "%s, %s", in->header.software, in->header.cpu);
    rf_markup_element(markup, "td", "%s", in->name);
    rf_markup_close(markup);
}

static void put_transcripts(struct rf_markup *markup, const struct rf_audit *audit)
{
    static const char *const headings[] = {"Member",      "Role",    "End",      "Records",
                                           "Checkpoints", "Started", "Software", "File"};
    rf_markup_open(markup, "section");
    rf_markup_element(markup, "h2", "Transcripts");
    rf_page_table_open(markup, "wide", "Transcripts");
    for (unsigned i = 0; i < sizeof headings / sizeof *headings; i++)
        rf_page_table_heading(markup, headings[i], i == 3 || i == 4);
    rf_page_table_rows(markup);
    for (size_t i = 0; i < audit->transcripts; i++)
        put_transcript(markup, audit, i);
    rf_page_table_close(markup);
    rf_markup_close(markup);
}

static void put_limits(struct rf_markup *markup)
{
    rf_markup_open(markup, "section");
    rf_markup_element(markup, "h2", "What this does not show");
    rf_markup_element(
        markup, "p",
        "That a contributor's data were true; that no two parties put their shares "
        "together; that what a party sent was what honest computing gives (replay of its "
        "full transcript shows that). Times are what each process's clock said.");
    rf_markup_close(markup);
}

static void put_page(struct rf_markup *markup, const struct rf_audit *audit)
{
    rf_markup_raw(markup, "<!DOCTYPE html>");
    rf_markup_open(markup, "html lang='en'");
    put_head(markup, audit);
    rf_markup_open(markup, "body");
    rf_markup_open(markup, "main");
    put_summary(markup, audit);
    put_checks(markup, audit);
    put_transcripts(markup, audit);
    put_limits(markup);
    rf_markup_close(markup);
    rf_markup_open(markup, "footer");
    rf_markup_element(markup, "p",
                      "Made by Ringfence %s. This page is complete in itself: it loads nothing and "
                      "runs no script.",
                      RF_VERSION);
    rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_close(markup);
    rf_markup_raw(markup, "\n");
}

enum rf_rc rf_audit_html(const struct rf_audit *audit, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_markup markup = {0};
    RF_TRY(rf_markup_init(&markup, err));
    put_page(&markup, audit);
    RF_TRY(rf_markup_finish(&markup, err));
    RF_TRY(rf_safe_file_write(path, markup.text, markup.size, 0644, RF_SAFE_FILE_NEW, err));
done:
    rf_markup_fini(&markup);
    return rc;
}
