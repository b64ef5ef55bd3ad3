#include <inttypes.h>
#include <string.h>

#include "net/base/hex.h"
#include "party/report/page.h"
#include "party/report/units.h"
#include "protocols/backend/registry.h"

static void put_rep3(struct rf_markup *markup, bool active)
{
    rf_markup_element(markup, "p class='definition'",
                      "Three parties computed on secret shares: each bank split every record into "
                      "shares that are random by themselves, and no party holds enough of them to "
                      "read any (protocol %s, replicated secret sharing).",
                      active ? "rep3-active" : "rep3");
    rf_markup_open(markup, "ul class='points'");
    rf_markup_element(markup, "li",
                      "One party alone learns nothing about the records beyond the disclosures "
                      "below, even if it keeps all that it sees.");
    rf_markup_element(
        markup, "li",
        "Two parties together could reconstruct the records. The three should have no "
        "common interest in doing so.");
    if (active) {
        rf_markup_element(
            markup, "li",
            "One party that deviates from the protocol is found: each party proved every step to "
            "the other two before anything was opened, and would have ended the run. The result is "
            "what the shared records give.");
    } else {
        rf_markup_element(
            markup, "li",
            "Security is semi-honest: it assumes that parties follow the protocol. A party "
            "that deviates from it could falsify the result and may learn more.");
    }
    rf_markup_element(
        markup, "li",
        "Nobody can see whether a bank\xe2\x80\x99s own records are true and complete.");
    rf_markup_element(
        markup, "li",
        "Small cells are withheld in each table by itself. Several studies on changing "
        "data may together say more than each does alone.");
    rf_markup_close(markup);
}

static void put_protocol(struct rf_markup *markup, const struct rf_facts *facts)
{
    const struct rf_protocol *protocol = rf_protocol_find(facts->study->protocol);
    if (protocol)
        put_rep3(markup, protocol->active);
    else {
        rf_markup_element(
            markup, "p class='definition'",
            "Three parties computed by the protocol %s. What it protects, and against "
            "whom, is described with the protocol.",
            facts->study->protocol);
    }
}

static void put_binding(struct rf_markup *markup, const char *name, const char *value,
                        const char *meaning)
{
    rf_markup_open(markup, "div");
    rf_markup_element(markup, "dt", "%s", name);
    rf_markup_open(markup, "dd");
    rf_markup_element(markup, "code", "%s", value);
    rf_markup_element(markup, "span class='meaning'", "%s", meaning);
    rf_markup_close(markup);
    rf_markup_close(markup);
}

static void put_bindings(struct rf_markup *markup, const struct rf_facts *facts)
{
    const struct rf_report *report = facts->report;
    char text[RF_UNITS_TEXT];
    rf_markup_element(markup, "h3", "What this result belongs to");
    rf_markup_open(markup, "dl class='bindings'");
    put_binding(markup, "Manifest",
                rf_hex(text, report->manifest_hash, sizeof report->manifest_hash),
                "SHA-256 of the study as every member signed it. Compare it with what your "
                "institution approved.");
    put_binding(markup, "Session", rf_hex(text, report->session, sizeof report->session),
                "This execution of the manifest.");
    (void)snprintf(text, sizeof text, "%" PRIu32, report->epoch);
    put_binding(markup, "Epoch", text, "The attempt within the session; each has new keys.");
    put_binding(markup, "Finished", rf_units_iso(text, report->finished),
                "When the result was complete.");
    put_binding(markup, "Protocol", facts->study->protocol, "How the parties computed.");
    rf_markup_close(markup);
}

static void put_disclosure(struct rf_markup *markup, const struct rf_report_disclosure *disclosure)
{
    rf_markup_open(markup, "tr");
    rf_markup_open(markup, "th scope='row'");
    rf_markup_element(markup, "code", "%s", disclosure->name);
    rf_markup_close(markup);
    rf_markup_element(markup, "td", "%s", disclosure->to);
    rf_markup_element(markup, "td", "%s", disclosure->description);
    rf_markup_element(markup, "td class='n'", "%s",
                      disclosure->value[0] ? disclosure->value : "\xe2\x80\x93");
    rf_markup_close(markup);
}

static void put_disclosures(struct rf_markup *markup, const struct rf_report *report)
{
    rf_markup_element(markup, "h3", "Disclosures");
    if (report->disclosures == 0) {
        rf_markup_element(markup, "p", "The run disclosed nothing beside the result.");
        return;
    }
    rf_markup_element(markup, "p class='meaning'",
                      "What the run revealed beside the result, as the manifest declares it.");
    rf_page_table_open(markup, "wide", "Disclosures of this run");
    rf_page_table_heading(markup, "Disclosure", false);
    rf_page_table_heading(markup, "Revealed to", false);
    rf_page_table_heading(markup, "What it is", false);
    rf_page_table_heading(markup, "This time", true);
    rf_page_table_rows(markup);
    for (unsigned i = 0; i < report->disclosures; i++)
        put_disclosure(markup, &report->disclosure[i]);
    rf_page_table_close(markup);
}

void rf_page_security(struct rf_markup *markup, const struct rf_facts *facts)
{
    if (facts->report->plain)
        return;
    rf_markup_open(markup, "section id='security'");
    rf_markup_element(markup, "h2", "How it was computed, and what that protects");
    put_protocol(markup, facts);
    put_bindings(markup, facts);
    put_disclosures(markup, facts->report);
    rf_markup_close(markup);
}
