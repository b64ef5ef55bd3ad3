#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "party/report/page.h"
#include "party/report/units.h"

enum { VALUE_MAX = 512 };

static void put_yes(struct rf_markup *markup, bool yes)
{
    rf_markup_open(markup, "td class='%s'", yes ? "yes" : "no");
    rf_markup_words(markup, yes ? "yes" : "\xe2\x80\x93");
    rf_markup_close(markup);
}

static void put_bound(struct rf_markup *markup, uint64_t bound)
{
    char text[RF_UNITS_TEXT];
    rf_markup_open(markup, "td class='n'");
    rf_markup_words(markup, bound ? rf_units_grouped(text, bound, RF_UNITS_GAP) : "\xe2\x80\x93");
    rf_markup_close(markup);
}

static void put_member(struct rf_markup *markup, const struct rf_facts *facts,
                       const struct rf_member *member)
{
    rf_markup_open(markup, "tr");
    rf_markup_element(markup, "th scope='row'", "%s", member->name);
    put_yes(markup, member->contributor);
    if (!facts->report->plain) {
        if (member->party >= 0)
            rf_markup_element(markup, "td class='yes'", "party %d", member->party);
        else
            put_yes(markup, false);
    }
    put_yes(markup, member->recipient);
    put_bound(markup, member->customers);
    put_bound(markup, member->rows);
    rf_markup_close(markup);
}

static void put_members(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_element(markup, "h3", "Who took part");
    rf_page_table_open(markup, "wide", "Members and their roles");
    rf_page_table_heading(markup, "Member", false);
    rf_page_table_heading(markup, "Contributes data", false);
    if (!facts->report->plain)
        rf_page_table_heading(markup, "Computes", false);
    rf_page_table_heading(markup, "Receives the result", false);
    rf_page_table_heading(markup, "Customers, at most", true);
    rf_page_table_heading(markup, "Rows, at most", true);
    rf_page_table_rows(markup);
    for (unsigned i = 0; i < facts->study->member_count; i++)
        if (rf_facts_takes_part(facts, &facts->study->members[i]))
            put_member(markup, facts, &facts->study->members[i]);
    rf_page_table_close(markup);
}

static void put_parameter(struct rf_markup *markup, const char *name, const char *value,
                          const char *meaning)
{
    rf_markup_open(markup, "tr");
    rf_markup_open(markup, "th scope='row'");
    rf_markup_element(markup, "code", "%s", name);
    rf_markup_close(markup);
    rf_markup_element(markup, "td class='value'", "%s", value);
    rf_markup_element(markup, "td", "%s", meaning);
    rf_markup_close(markup);
}

static void put_number(struct rf_markup *markup, const char *name, uint64_t value,
                       const char *meaning)
{
    char text[RF_UNITS_TEXT];
    put_parameter(markup, name, rf_units_grouped(text, value, RF_UNITS_GAP), meaning);
}

static void append(char list[VALUE_MAX], const char *item)
{
    size_t used = strlen(list);
    (void)snprintf(list + used, VALUE_MAX - used, "%s%s", used ? ", " : "", item);
}

static void put_types(struct rf_markup *markup, const struct rf_facts *facts)
{
    char list[VALUE_MAX] = "";
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        if (facts->shape->types[type])
            append(list, rf_token_type_name(type));
    put_parameter(markup, "types", list, "Types of token that join customers.");
}

static void put_buckets(struct rf_markup *markup, const struct rf_facts *facts)
{
    char list[VALUE_MAX] = "", text[RF_UNITS_TEXT];
    for (unsigned i = 0; i < facts->shape->bucket_count; i++)
        append(list, rf_units_grouped(text, facts->shape->buckets[i], RF_UNITS_GAP));
    put_parameter(markup, "size_buckets", list,
                  "Where each range of ring sizes begins; the last has no end.");
}

static void put_what_is_linked(struct rf_markup *markup, const struct rf_facts *facts)
{
    static const char *const meanings[] = {
        "",
        "Customers are joined by identifiers that they share.",
        "Customers are joined by transfers between their accounts.",
        "Customers are joined by identifiers and by transfers.",
    };
    put_parameter(markup, "link", rf_study_link_name(facts->study->link),
                  meanings[facts->study->link & RF_LINK_BOTH]);
    put_types(markup, facts);
    put_number(markup, "hub_cap", facts->study->hub_cap,
               "A token held by more than so many customers of one bank is left out there: call "
               "centres, head offices.");
}

static void put_what_is_counted(struct rf_markup *markup, const struct rf_facts *facts)
{
    const struct rf_study *study = facts->study;
    if (study->rings) {
        put_number(markup, "min_size", study->min_size, "Fewest customers of a ring that counts.");
        put_number(markup, "min_banks", study->min_banks, "Fewest banks that such a ring spans.");
        put_buckets(markup, facts);
    }
    put_number(markup, "min_cell", study->min_cell,
               study->min_cell ? "Fewest customers of others that a figure may be about; below, it "
                                 "is withheld."
                               : "Nothing is withheld.");
    put_number(markup, "max_exposure", study->max_exposure,
               "Largest exposure of one customer, in minor units of currency.");
}

static void put_how_it_runs(struct rf_markup *markup, const struct rf_study *study)
{
    if (study->shared_rows) {
        put_number(markup, "shared_rows", study->shared_rows,
                   "Rows whose token is shared are padded to so many: how many there are stays "
                   "hidden.");
    } else {
        put_parameter(markup, "shared_rows", "open",
                      "How many rows hold a shared token is disclosed to the parties.");
    }
    if (study->iterations) {
        put_number(
            markup, "iterations", study->iterations,
            "Rounds of ring labelling; the run ends without a result if they do not suffice.");
    } else {
        put_parameter(markup, "iterations", "auto",
                      "Rounds of ring labelling: enough for the longest chain there can be.");
    }
    put_number(markup, "lanes", study->lanes,
               "Workers of each party, which share its rows among them.");
    put_number(markup, "proof gates", study->proof_gates,
               "Gates of a party that may wait for the proof that they were computed rightly.");
}

static void put_parameters(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_element(markup, "h3", "Parameters");
    rf_page_table_open(markup, "wide", "Parameters of the study");
    rf_page_table_heading(markup, "Parameter", false);
    rf_page_table_heading(markup, "Value", false);
    rf_page_table_heading(markup, "Meaning", false);
    rf_page_table_rows(markup);
    put_what_is_linked(markup, facts);
    put_what_is_counted(markup, facts);
    if (!facts->report->plain)
        put_how_it_runs(markup, facts->study);
    rf_page_table_close(markup);
}

static void put_term(struct rf_markup *markup, const char *term, const char *meaning)
{
    rf_markup_open(markup, "div");
    rf_markup_element(markup, "dt", "%s", term);
    rf_markup_element(markup, "dd", "%s", meaning);
    rf_markup_close(markup);
}

static void put_terms(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_element(markup, "h3", "Words used on this page");
    rf_markup_open(markup, "dl class='terms'");
    put_term(markup, "Bank", "A member that contributes data to the study.");
    put_term(markup, "Token",
             facts->report->plain
                 ? "An identifier or account number, after normalisation."
                 : "A pseudonym of an identifier or account number, after normalisation. Only "
                   "members hold the key that makes it, and no token is ever opened.");
    put_term(markup, "Shared token", "A token held by customers of two or more banks.");
    put_term(markup, "Ring",
             "Customers joined by tokens that they hold in common, directly or through others.");
    put_term(
        markup, "Exposure",
        "The money at stake with a customer, as its bank states it, in minor units of currency "
        "such as cents.");
    put_term(markup, "Flagged", "Marked by the customer\xe2\x80\x99s own bank before the study.");
    rf_markup_close(markup);
}

void rf_page_study(struct rf_markup *markup, const struct rf_facts *facts)
{
    rf_markup_open(markup, "section id='study'");
    rf_markup_element(markup, "h2", "The study");
    rf_markup_open(markup, "p class='definition'");
    rf_markup_element(markup, "strong", "%s.", facts->study->name);
    rf_markup_print(markup, " %s", facts->study->purpose);
    rf_markup_close(markup);
    put_members(markup, facts);
    put_parameters(markup, facts);
    put_terms(markup, facts);
    rf_markup_close(markup);
}
