#include "party/study/study_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/base/hex.h"
#include "party/study/disclosure.h"

enum { DATE_SIZE = 32, WORDS_SIZE = 256 };

static void date(uint64_t seconds, char text[DATE_SIZE])
{
    struct tm tm;
    time_t time = (time_t)seconds;
    if (!gmtime_r(&time, &tm) || strftime(text, DATE_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        (void)snprintf(text, DATE_SIZE, "%" PRIu64, seconds);
}

static void add_word(char text[WORDS_SIZE], const char *word)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, WORDS_SIZE - used, "%s%s", used ? ", " : "", word);
}

/* ---- as text ---- */

static void print_what(FILE *out, const struct rf_study *study)
{
    (void)fprintf(out, "What would be computed\n");
    if (study->shared_tokens) {
        (void)fprintf(out,
                      "  shared_tokens: how many tokens occur at two or more banks; in all, by "
                      "type, by pair of banks\n");
    }
    if (study->rings) {
        (void)fprintf(out, "  rings: how many rings of customers span banks, their members and "
                           "exposure; in all, by size, by\n         number of banks, by pair of "
                           "banks, with and without flagged customers\n");
    }
}

static void print_whose(FILE *out, const struct rf_study *study)
{
    char types[WORDS_SIZE] = "";
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        if (study->types[type])
            add_word(types, rf_token_type_name((enum rf_token_type)type));
    (void)fprintf(out, "\nOver whose data\n");
    for (unsigned i = 0; i < study->member_count; i++) {
        const struct rf_member *member = &study->members[i];
        if (member->contributor)
            (void)fprintf(out, "  %-32s up to %" PRIu64 " customers, %" PRIu64 " rows\n",
                          member->name, member->customers, member->rows);
    }
    if (study->link & RF_LINK_IDENTIFIERS)
        (void)fprintf(out, "  linked by identifiers: %s\n", types);
    if (study->link & RF_LINK_TRANSFERS)
        (void)fprintf(out, "  linked by transfers between accounts\n");
    (void)fprintf(out, "  Identifiers, accounts and customers stay at their bank; secret shares of "
                       "keyed pseudonyms,\n  exposures and flags leave it.\n");
}

static void print_who(FILE *out, const struct rf_study *study)
{
    (void)fprintf(out,
                  "\nBy whom (%s: a party that keeps to the protocol learns nothing; two that pool "
                  "what they have\nlearn everything)\n",
                  study->protocol);
    for (int party = 0; party < RF_PARTIES; party++)
        (void)fprintf(out, "  party %d: %s\n", party,
                      study->members[rf_study_party(study, party)].name);
    (void)fprintf(out, "\nRevealed to whom: the result goes to\n");
    for (unsigned i = 0; i < study->member_count; i++)
        if (study->members[i].recipient)
            (void)fprintf(out, "  %s\n", study->members[i].name);
}

static void print_disclosures(FILE *out, const struct rf_study *study)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    (void)fprintf(out, "\nAll that is disclosed\n");
    for (unsigned i = 0; i < count; i++)
        (void)fprintf(out, "  %-15s to %-10s %s\n", list[i].name, list[i].to, list[i].text);
}

static void print_number(FILE *out, const char *name, uint64_t value, const char *meaning)
{
    (void)fprintf(out, "  %-13s %-14" PRIu64 " %s\n", name, value, meaning);
}

static void print_parameters(FILE *out, const struct rf_study *study)
{
    (void)fprintf(out, "\nParameters\n");
    print_number(out, "hub_cap", study->hub_cap,
                 "a token held by more customers of one bank is dropped there");
    print_number(out, "min_size", study->min_size, "customers in the smallest ring counted");
    print_number(out, "min_banks", study->min_banks, "banks that a ring must span");
    print_number(out, "min_cell", study->min_cell,
                 "a cell about fewer people than this, other than the reader's own, is withheld");
    print_number(out, "max_exposure", study->max_exposure,
                 "largest exposure of one customer, in minor units");
    if (study->shared_rows)
        print_number(out, "shared_rows", study->shared_rows, "rows are padded to this bound");
    else
        (void)fprintf(out, "  %-13s %-14s the number of shared rows is opened\n", "shared_rows",
                      "open");
    if (study->iterations)
        print_number(out, "iterations", study->iterations, "of ring labelling");
    else
        (void)fprintf(out, "  %-13s %-14s of ring labelling: enough for the longest chain\n",
                      "iterations", "auto");
    print_number(out, "lanes", study->lanes, "workers of each party");
    print_number(out, "proof_gates", study->proof_gates,
                 "of a party that may wait for their proof");
    (void)fprintf(out, "  %-13s", "size_buckets");
    for (unsigned i = 0; i < study->bucket_count; i++)
        (void)fprintf(out, " %" PRIu64, study->buckets[i]);
    (void)fprintf(out, "   lower bounds of ring sizes\n");
}

void rf_study_page_print(FILE *out, const struct rf_manifest *manifest)
{
    char hex[RF_MANIFEST_HEX], digits[RF_MANIFEST_SHORT], made[DATE_SIZE];
    const struct rf_study *study = &manifest->study;
    rf_manifest_hex(manifest, hex);
    rf_manifest_short(manifest, digits);
    date(manifest->created, made);
    (void)fprintf(out, "Study %s, proposed %s\nPurpose: %s\n\n", study->name, made, study->purpose);
    print_what(out, study);
    print_whose(out, study);
    print_who(out, study);
    print_disclosures(out, study);
    print_parameters(out, study);
    (void)fprintf(out, "\nManifest %s\n         %s (compare these digits with the other members)\n",
                  hex, digits);
}

/* ---- as JSON ---- */

static json_t *words_json(const char *const *words, const bool *given, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        if (given[i])
            (void)json_array_append_new(list, json_string(words[i]));
    return list;
}

static json_t *member_json(const struct rf_member *member)
{
    static const char *const roles[] = {"party", "contributor", "recipient"};
    const bool given[] = {member->party >= 0, member->contributor, member->recipient};
    char fingerprint[2 * sizeof member->fingerprint + 1];
    return json_pack("{s:s, s:o, s:I, s:I, s:s}", "name", member->name, "roles",
                     words_json(roles, given, 3), "customers", (json_int_t)member->customers,
                     "rows", (json_int_t)member->rows, "certificate_sha256",
                     rf_hex(fingerprint, member->fingerprint, sizeof member->fingerprint));
}

/* Numbers above 2^63 do not fit a JSON integer of jansson: only max_exposure can be that large. */
static json_t *large_json(uint64_t value)
{
    char text[24];
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    return json_string(text);
}

static json_t *parameters_json(const struct rf_study *study)
{
    json_t *buckets = json_array();
    for (unsigned i = 0; i < study->bucket_count; i++)
        (void)json_array_append_new(buckets, json_integer((json_int_t)study->buckets[i]));
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o}", "hub_cap", (json_int_t)study->hub_cap,
        "min_size", (json_int_t)study->min_size, "min_banks", (json_int_t)study->min_banks,
        "min_cell", (json_int_t)study->min_cell, "size_buckets", buckets, "max_exposure",
        large_json(study->max_exposure), "shared_rows",
        study->shared_rows ? large_json(study->shared_rows) : json_string("open"), "iterations",
        study->iterations ? large_json(study->iterations) : json_string("auto"), "lanes",
        (json_int_t)study->lanes, "proof_gates", large_json(study->proof_gates));
}

static json_t *disclosures_json(const struct rf_study *study)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    json_t *array = json_array();
    for (unsigned i = 0; i < count; i++) {
        (void)json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}", "name", list[i].name,
                                                     "kind", list[i].kind, "to", list[i].to, "text",
                                                     list[i].text));
    }
    return array;
}

static json_t *types_json(const struct rf_study *study)
{
    const char *names[RF_TYPE_ACCOUNT];
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        names[type] = rf_token_type_name((enum rf_token_type)type);
    return words_json(names, study->types, RF_TYPE_ACCOUNT);
}

json_t *rf_study_page_json(const struct rf_manifest *manifest)
{
    static const char *const statistics[] = {"shared_tokens", "rings"};
    const struct rf_study *study = &manifest->study;
    const bool asked[] = {study->shared_tokens, study->rings};
    char hex[RF_MANIFEST_HEX], digits[RF_MANIFEST_SHORT];
    json_t *members = json_array();
    rf_manifest_hex(manifest, hex);
    rf_manifest_short(manifest, digits);
    for (unsigned i = 0; i < study->member_count; i++)
        (void)json_array_append_new(members, member_json(&study->members[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:o, s:o, s:o, s:s, s:o}", "study",
                     study->name, "purpose", study->purpose, "manifest", hex, "digits", digits,
                     "created", (json_int_t)manifest->created, "statistics",
                     words_json(statistics, asked, 2), "link", rf_study_link_name(study->link),
                     "types", types_json(study), "members", members, "parameters",
                     parameters_json(study), "protocol", study->protocol, "disclosures",
                     disclosures_json(study));
}
