#include "party/audit/processing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "party/report/units.h"
#include "party/study/approvals.h"
#include "party/study/disclosure.h"
#include "protocols/backend/registry.h"

enum { VERSION = 1, VALUE_MAX = 1024 };

struct filling {
    const char *folder;
    const struct rf_audit *audit;
    bool checked;
    struct rf_manifest manifest;
    json_t *sections, *entries, *open; /* all; of the section under way */
    bool failed;                       /* there was no memory for something */
    bool agreed;                       /* all have approved */
};

/* ---- sections ---- */

static void append(struct filling *it, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0)
        it->failed = true;
}

static void begin(struct filling *it, const char *article, const char *title)
{
    it->entries = json_array();
    it->open = json_array();
    append(it, it->sections,
           json_pack("{s:s, s:s, s:O, s:O}", "article", article, "title", title, "entries",
                     it->entries, "open", it->open));
    json_decref(it->entries); /* the section's from now on */
    json_decref(it->open);
}

static void say(struct filling *it, const char *name, const char *format, ...) RF_PRINTF(3, 4);

static void say(struct filling *it, const char *name, const char *format, ...)
{
    char text[VALUE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    append(it, it->entries, json_pack("{s:s, s:s}", "name", name, "value", text));
}

/* What a person has to add. */
static void leave(struct filling *it, const char *what)
{
    append(it, it->open, json_string(what));
}

static void add_word(char *text, size_t room, const char *word)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, room - used, "%s%s", used ? ", " : "", word);
}

/* ---- Art. 30(1) ---- */

static void put_controllers(struct filling *it)
{
    const struct rf_study *study = &it->manifest.study;
    begin(it, "GDPR Art. 30(1)(a)", "Controllers and who processes");
    for (unsigned i = 0; i < study->member_count; i++) {
        const struct rf_member *member = &study->members[i];
        char roles[64] = "", fingerprint[2 * 32 + 1];
        if (member->contributor)
            add_word(roles, sizeof roles, "contributes data");
        if (member->party >= 0)
            add_word(roles, sizeof roles, "computes");
        if (member->recipient)
            add_word(roles, sizeof roles, "receives the result");
        say(it, member->name, "%s; certificate SHA-256 %s", roles,
            rf_hex(fingerprint, member->fingerprint, sizeof member->fingerprint));
    }
    leave(it, "contact details of each member, of its representative and of its data protection "
              "officer");
    leave(it, "whether members are joint controllers (Art. 26), and whether those that only "
              "compute are processors (Art. 28)");
}

static void put_purposes(struct filling *it)
{
    const struct rf_study *study = &it->manifest.study;
    begin(it, "GDPR Art. 30(1)(b)", "Purposes");
    say(it, "purpose", "%s", study->purpose);
    if (study->shared_tokens)
        say(it, "shared_tokens", "how many tokens occur at two or more banks");
    if (study->rings)
        say(it, "rings", "how many rings of customers span banks, their members and exposure");
    leave(it, "the legal basis (Art. 6)");
}

static void put_categories(struct filling *it)
{
    const struct rf_study *study = &it->manifest.study;
    char types[256] = "";
    begin(it, "GDPR Art. 30(1)(c)", "Data subjects and categories of personal data");
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++) {
        if (study->types[type])
            add_word(types, sizeof types, rf_token_type_name((enum rf_token_type)type));
    }
    for (unsigned i = 0; i < study->member_count; i++) {
        const struct rf_member *member = &study->members[i];
        if (member->contributor) {
            say(it, "data subjects",
                "customers of %s, at most %" PRIu64 "; at most %" PRIu64 " rows", member->name,
                member->customers, member->rows);
        }
    }
    if (study->link & RF_LINK_IDENTIFIERS)
        say(it, "identifiers", "%s; as keyed pseudonyms (Art. 4(5)), shared in secret", types);
    if (study->link & RF_LINK_TRANSFERS) {
        say(it, "transfers",
            "which accounts took part in transfers between banks; as keyed "
            "pseudonyms, shared in secret");
    }
    say(it, "exposure and flag", "of each customer, shared in secret");
}

static void put_recipients(struct filling *it)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    const struct rf_study *study = &it->manifest.study;
    unsigned count = rf_disclosure_list(study, list);
    begin(it, "GDPR Art. 30(1)(d)", "Recipients");
    for (unsigned i = 0; i < study->member_count; i++) {
        if (study->members[i].recipient)
            say(it, study->members[i].name, "receives the result");
    }
    for (unsigned i = 0; i < count; i++)
        say(it, list[i].name, "to %s: %s", list[i].to, list[i].text);
}

static void put_rest(struct filling *it)
{
    begin(it, "GDPR Art. 30(1)(e)", "Transfers to third countries");
    leave(it, "where each member's node stands");
    begin(it, "GDPR Art. 30(1)(f)", "Erasure");
    say(it, "shares",
        "exist in the parties' memory for one epoch and are wiped; no party writes "
        "them to disk, but into a full transcript, sealed to the auditor");
    say(it, "transcripts", "of level chain hold no row, share, identifier or pseudonym");
    leave(it, "how long recipients keep results, and members transcripts");
}

static void put_security(struct filling *it)
{
    const struct rf_study *study = &it->manifest.study;
    const struct rf_protocol *protocol = rf_protocol_find(study->protocol);
    begin(it, "GDPR Art. 30(1)(g), Art. 32", "Technical measures");
    say(it, "secret sharing",
        "three parties, none of which learns anything from its shares "
        "unless two of them put theirs together");
    say(it, "protocol", "%s: %s", study->protocol,
        protocol && protocol->active ? "secure against one party that deviates, with abort"
                                     : "secure against parties that are curious and keep to the "
                                       "protocol");
    say(it, "links",
        "TLS 1.3, both ends with certificates, whose fingerprints stand in the "
        "manifest");
    say(it, "pseudonyms",
        "HMAC-SHA-256 under a key that the contributors alone hold and that "
        "differs for each manifest");
    if (study->min_cell) {
        say(it, "small cells",
            "of fewer than %u customers of others are withheld inside the "
            "computation",
            study->min_cell);
    }
    leave(it, "organisational measures: who operates the nodes, and independently of whom");
}

/* ---- Art. 35(7) ---- */

static void put_assessment(struct filling *it)
{
    const struct rf_study *study = &it->manifest.study;
    begin(it, "GDPR Art. 35(7)(a), (b)", "What is done, and that it is no more than needed");
    say(it, "bounds",
        "rings of at least %" PRIu64 " customers of at least %u banks; a token held "
        "by more than %" PRIu64 " customers of one bank is left out",
        study->min_size, study->min_banks, study->hub_cap);
    say(it, "figures",
        "counts and sums alone; no member learns a customer, an identifier or a "
        "row of another");
    say(it, "shared rows", "%s",
        study->shared_rows ? "padded to a bound: their number is not revealed"
                           : "their number is revealed");
    leave(it, "why these statistics, types and bounds are needed for the purpose");
    begin(it, "GDPR Art. 35(7)(c)", "Risks that remain");
    say(it, "two parties", "that put their shares together can read all data of the study");
    say(it, "members", "can invent customers and learn whether their identifiers are shared");
    say(it, "false data", "from a contributor is not noticed");
    leave(it, "how likely and how severe these are for the people concerned");
    begin(it, "GDPR Art. 35(7)(d)", "Measures, and how they are shown");
    say(it, "approval", "every member signs the manifest before anything runs");
    say(it, "transcripts",
        "every process records what it did; `ringfence audit verify` compares "
        "them, `ringfence audit replay` executes one party again");
    say(it, "receipts",
        "parties sign hashes of what they give recipients; `ringfence audit "
        "receipt`");
}

/* ---- what was agreed, and what ran ---- */

static void put_approvals(struct filling *it)
{
    const struct rf_study *study = &it->manifest.study;
    begin(it, "GDPR Art. 5(2)", "Approvals");
    it->agreed = true;
    for (unsigned i = 0; i < study->member_count; i++) {
        struct rf_approvals_member found;
        char date[RF_UNITS_TEXT];
        rf_approvals_member(&found, it->folder, &it->manifest, i, NULL);
        it->agreed = it->agreed && found.state == RF_APPROVALS_APPROVED;
        bool dated = found.state == RF_APPROVALS_APPROVED || found.state == RF_APPROVALS_REFUSED;
        say(it, study->members[i].name, "%s%s%s%s%s", rf_approvals_state_name(found.state),
            dated ? " on " : "", dated ? rf_units_iso(date, (int64_t)found.approval.time) : "",
            dated && found.approval.reason[0] ? ": " : "", dated ? found.approval.reason : "");
    }
    if (!it->checked)
        leave(it, "whether the certificates of those who signed are from a CA that is believed: "
                  "`ringfence audit verify`, or transcripts and --ca here");
}

static void put_transcript(struct filling *it, const struct rf_transcript *transcript)
{
    const struct rf_transcript_header *header = &transcript->header;
    char session[2 * RF_SESSION_SIZE + 1], from[RF_UNITS_TEXT], until[RF_UNITS_TEXT];
    const char *name = header->member < it->manifest.study.member_count
                           ? it->manifest.study.members[header->member].name
                           : "?";
    say(it, name, "as %s, session %s, epoch %u: began %s, %s%s; %zu steps, %zu records",
        header->party ? "party" : "client",
        rf_hex(session, header->session, sizeof header->session), header->epoch,
        rf_units_iso(from, (int64_t)header->started),
        transcript->closed    ? "ended well "
        : transcript->aborted ? "gave up: "
                              : "the record is incomplete",
        transcript->closed    ? rf_units_iso(until, (int64_t)transcript->totals.finished)
        : transcript->aborted ? transcript->abort_reason
                              : "",
        transcript->steps, transcript->records);
}

static enum rf_rc put_runs(struct filling *it, struct rf_err *err)
{
    if (!it->audit)
        return RF_OK;
    begin(it, "GDPR Art. 5(2), Art. 30", "What ran, by the processes' own records");
    for (size_t i = 0; i < it->audit->transcripts; i++) {
        const struct rf_transcript *transcript = &it->audit->transcript[i];
        if (transcript->records > 1 &&
            !rf_secret_equal(transcript->header.manifest, it->manifest.hash, RF_MANIFEST_HASH))
            return rf_err_set(err, RF_E_ARG, "%s: is a transcript of another manifest",
                              transcript->name);
        put_transcript(it, transcript);
    }
    return RF_OK;
}

static void put_checks(struct filling *it)
{
    if (!it->checked) {
        if (it->audit)
            leave(it,
                  "whether these records hold together: `ringfence audit verify`, or --ca here");
        return;
    }
    begin(it, "GDPR Art. 5(2), Art. 35(7)(d)", "Checks of these records");
    for (unsigned id = 0; id < RF_AUDIT_CHECKS; id++) {
        const struct rf_audit_check *check = &it->audit->check[id];
        const char *what = check->state == RF_AUDIT_UNKNOWN ? rf_audit_why_unknown(it->audit)
                           : check->findings                ? check->finding[0]
                                                            : check->evidence;
        say(it, rf_audit_check_name((enum rf_audit_check_id)id), "%s: %s",
            rf_audit_state_name(check->state), what);
    }
}

enum rf_rc rf_processing_record(json_t **record, const char *study, const struct rf_audit *audit,
                                bool checked, struct rf_err *err)
{
    enum rf_rc rc;
    char manifest[2 * RF_MANIFEST_HASH + 1], created[RF_UNITS_TEXT], made[RF_UNITS_TEXT];
    struct filling it = {.folder = study, .audit = audit, .checked = checked};
    *record = NULL;
    RF_TRY(rf_approvals_manifest(&it.manifest, study, err));
    it.sections = json_array();
    put_controllers(&it);
    put_purposes(&it);
    put_categories(&it);
    put_recipients(&it);
    put_rest(&it);
    put_security(&it);
    put_assessment(&it);
    put_approvals(&it);
    RF_TRY(put_runs(&it, err));
    put_checks(&it);
    *record = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:b, s:s, s:O}", "format", "ringfence-processing-record",
        "version", VERSION, "study", it.manifest.study.name, "manifest",
        rf_hex(manifest, it.manifest.hash, RF_MANIFEST_HASH), "proposed",
        rf_units_iso(created, (int64_t)it.manifest.created), "agreed", (int)it.agreed, "made",
        rf_units_iso(made, (int64_t)time(NULL)), "sections", it.sections);
    if (!*record || it.failed)
        rc = rf_err_set(err, RF_E_MEMORY, "out of memory for the record");
done:
    json_decref(it.sections);
    if (rc != RF_OK) {
        json_decref(*record);
        *record = NULL;
    }
    return rc;
}

/* ---- Markdown ---- */

/* What would be taken for markup in a line of text is quoted. */
static void put_words(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_[]<>#|&~", *text))
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void put_section(FILE *out, const json_t *section)
{
    size_t i;
    json_t *one;
    (void)fprintf(out, "\n## %s\n\n*%s*\n\n", text_of(section, "title"),
                  text_of(section, "article"));
    json_array_foreach(json_object_get(section, "entries"), i, one)
    {
        (void)fprintf(out, "- **");
        put_words(out, text_of(one, "name"));
        (void)fprintf(out, "**: ");
        put_words(out, text_of(one, "value"));
        (void)fputc('\n', out);
    }
    json_array_foreach(json_object_get(section, "open"), i, one)
    {
        (void)fprintf(out, "- To be added: ");
        put_words(out, json_string_value(one));
        (void)fputc('\n', out);
    }
}

enum rf_rc rf_processing_markdown(const json_t *record, char **text, struct rf_err *err)
{
    size_t size = 0, i;
    json_t *section;
    *text = NULL;
    FILE *out = open_memstream(text, &size);
    if (!out)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the record");
    (void)fprintf(out, "# Record of processing: ");
    put_words(out, text_of(record, "study"));
    (void)fprintf(out, "\n\nManifest SHA-256 `%s`, proposed %s, %s. This record was made %s.\n",
                  text_of(record, "manifest"), text_of(record, "proposed"),
                  json_is_true(json_object_get(record, "agreed"))
                      ? "approved by all members"
                      : "**not approved by all members**",
                  text_of(record, "made"));
    json_array_foreach(json_object_get(record, "sections"), i, section) put_section(out, section);
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for the record");
    return RF_OK;
}
