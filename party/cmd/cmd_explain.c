#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/report/units.h"
#include "party/run/explain.h"
#include "party/study/disclosure.h"

enum { OPTION_ROWS = RF_CMD_OPTION_OWN, OPTION_CUSTOMERS, OPTION_SHARED };

struct explain {
    const char *study;
    uint64_t rows, customers;
    double shared;
    bool json;
};

static double percent(const struct argp_state *state, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == 0 || *end != 0 || !(value >= 0 && value <= 100))
        rf_cmd_misuse(state, "--shared takes a percentage, not '%.40s'", text);
    return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct explain *explain = state->input;
    switch (key) {
    case RF_CMD_OPTION_JSON:
        explain->json = true;
        return 0;
    case OPTION_ROWS:
        explain->rows = rf_cmd_number(state, "--rows", text, 1, RF_ROWS_MAX);
        return 0;
    case OPTION_CUSTOMERS:
        explain->customers = rf_cmd_number(state, "--customers", text, 1, RF_ROWS_MAX);
        return 0;
    case OPTION_SHARED:
        explain->shared = percent(state, text);
        return 0;
    case ARGP_KEY_ARG:
        if (explain->study)
            rf_cmd_misuse(state, "one study at a time");
        explain->study = text;
        return 0;
    case ARGP_KEY_END:
        if (!explain->study)
            rf_cmd_misuse(state, "STUDY is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Bounds that the study leaves open: the same for each contributor. */
static void declare_bounds(const struct explain *explain, struct rf_study *study)
{
    for (unsigned i = 0; i < study->member_count; i++) {
        struct rf_member *member = &study->members[i];
        if (!member->contributor)
            continue;
        if (member->rows == 0)
            member->rows = explain->rows;
        if (member->customers == 0)
            member->customers = explain->customers ? explain->customers : member->rows;
    }
}

static json_t *step_json(const struct rf_step *step)
{
    return json_pack("{s:s, s:I, s:I, s:I}", "name", step->name, "rows", (json_int_t)step->rows,
                     "bytes", (json_int_t)step->declared.bytes, "rounds",
                     (json_int_t)step->declared.rounds);
}

static json_t *party_json(const struct rf_explained *explained, unsigned party)
{
    json_t *steps = json_array(), *opened = json_object();
    for (unsigned i = 0; i < explained->steps; i++)
        json_array_append_new(steps, step_json(&explained->step[i]));
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        json_object_set_new(opened, rf_open_kind_name((enum rf_open_kind)kind),
                            json_integer((json_int_t)explained->opened[kind]));
    return json_pack("{s:i, s:o, s:I, s:I, s:I, s:I, s:o}", "party", (int)party, "steps", steps,
                     "bytes_sent", (json_int_t)explained->total.bytes, "rounds",
                     (json_int_t)explained->total.rounds, "input_bytes",
                     (json_int_t)explained->input_bytes, "peak_memory",
                     (json_int_t)explained->peak_memory, "opened_bits", opened);
}

static enum rf_rc print_json(const struct rf_study *study, const struct rf_explained *parties,
                             struct rf_err *err)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    json_t *each = json_array(), *disclosures = json_array();
    unsigned count = rf_disclosure_list(study, list);
    for (unsigned party = 0; party < RF_PARTIES; party++)
        json_array_append_new(each, party_json(&parties[party], party));
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(disclosures, json_pack("{s:s, s:s, s:s}", "name", list[i].name, "to",
                                                     list[i].to, "description", list[i].text));
    return rf_cmd_print_json(json_pack("{s:s, s:s, s:o, s:o}", "study", study->name, "protocol",
                                       study->protocol, "parties", each, "disclosures",
                                       disclosures),
                             err);
}

static void print_steps(const struct rf_explained *explained)
{
    char size[RF_UNITS_TEXT];
    (void)printf("%-24s %12s %12s %8s\n", "step", "rows", "sent", "rounds");
    for (unsigned i = 0; i < explained->steps; i++) {
        const struct rf_step *step = &explained->step[i];
        (void)printf("%-24s %12" PRIu64 " %12s %8" PRIu64 "\n", step->name, step->rows,
                     rf_units_bytes(size, step->declared.bytes), step->declared.rounds);
    }
}

static void print_text(const struct rf_study *study, const struct rf_explained *parties)
{
    char sent[RF_UNITS_TEXT], memory[RF_UNITS_TEXT], input[RF_UNITS_TEXT];
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    (void)printf("%s by %s; steps of party 0:\n\n", study->name, study->protocol);
    print_steps(&parties[0]);
    (void)printf("\n%-8s %12s %12s %12s %8s\n", "party", "receives", "sends", "memory", "rounds");
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        (void)printf("%-8u %12s %12s %12s %8" PRIu64 "\n", party,
                     rf_units_bytes(input, parties[party].input_bytes),
                     rf_units_bytes(sent, parties[party].total.bytes),
                     rf_units_bytes(memory, parties[party].peak_memory),
                     parties[party].total.rounds);
    }
    (void)printf("\nreceives: rows from contributors; sends: to the other parties; memory: share "
                 "columns\n\nIt reveals:\n");
    for (unsigned i = 0; i < count; i++)
        (void)printf("  to %-10s %s\n", list[i].to, list[i].text);
}

static enum rf_rc run(const struct explain *explain, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_study study = {0};
    struct rf_explained *parties = calloc(RF_PARTIES, sizeof *parties);
    if (!parties)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    RF_TRY(rf_study_read(&study, explain->study, err));
    declare_bounds(explain, &study);
    rc = rf_study_check(&study, true, err);
    if (rc != RF_OK)
        rf_err_prefix(err, "%s", explain->study);
    RF_TRY(rc);
    for (unsigned party = 0; party < RF_PARTIES; party++)
        RF_TRY(rf_explain(&parties[party], &study, party, explain->shared, err));
    if (explain->json)
        RF_TRY(print_json(&study, parties, err));
    else
        print_text(&study, parties);
done:
    free(parties);
    return rc;
}

int rf_cmd_explain(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"rows", OPTION_ROWS, "N", 0, "of each contributor for which STUDY declares no bound", 0},
        {"customers", OPTION_CUSTOMERS, "N", 0, "likewise (default: as many as rows)", 0},
        {"shared", OPTION_SHARED, "PERCENT", 0,
         "assume so many of all rows to have a token of several banks (default: 2)", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "STUDY",
        .doc = "Say what a study would cost and reveal, step by step, without running it.",
    };
    struct explain explain = {.shared = 2};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &explain);
    return rf_cmd_end(argv[0], run(&explain, &err), &err);
}
