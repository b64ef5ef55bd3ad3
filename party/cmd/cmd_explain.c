#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "party/cmd/cmd.h"
#include "party/cmd/commands.h"
#include "party/report/units.h"
#include "party/run/admission.h"
#include "party/study/approvals.h"
#include "party/study/disclosure.h"

enum {
    OPTION_ROWS = RF_CMD_OPTION_OWN,
    OPTION_CUSTOMERS,
    OPTION_SHARED,
    OPTION_MEMORY,
    OPTION_TIME,
    OPTION_CALIBRATION,
};

struct explain {
    const char *study, *node, *calibration;
    uint64_t rows, customers;
    double shared;
    struct rf_limits limits; /* stand for the node's */
    struct rf_node_file file;
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
    case RF_CMD_OPTION_NODE:
        explain->node = text;
        return 0;
    case OPTION_MEMORY:
        explain->limits.memory = rf_cmd_number(state, "--memory", text, 1, 1 << 30) << 20;
        return 0;
    case OPTION_TIME:
        explain->limits.seconds = (double)rf_cmd_number(state, "--time", text, 1, UINT32_MAX);
        return 0;
    case OPTION_CALIBRATION:
        explain->calibration = text;
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

/* @seconds: none without a calibration */
static void set_seconds(json_t *object, bool timed, const char *name, double seconds)
{
    if (timed)
        json_object_set_new(object, name, json_real(seconds));
}

static json_t *step_json(const struct rf_explanation *explanation, unsigned party, unsigned i)
{
    const struct rf_explained *explained = &explanation->parties[party];
    const struct rf_step *step = &explained->step[i];
    json_t *json = json_pack("{s:s, s:I, s:I, s:I}", "name", step->name, "rows",
                             (json_int_t)step->rows, "bytes", (json_int_t)step->declared.bytes,
                             "rounds", (json_int_t)step->declared.rounds);
    set_seconds(json, explanation->timed, "seconds", explanation->time.step[i]);
    set_seconds(json, explanation->timed, "cpu_seconds", explained->cpu[i]);
    return json;
}

static json_t *party_json(const struct rf_explanation *explanation, unsigned party)
{
    const struct rf_explained *explained = &explanation->parties[party];
    json_t *steps = json_array(), *opened = json_object();
    for (unsigned i = 0; i < explained->steps; i++)
        json_array_append_new(steps, step_json(explanation, party, i));
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        json_object_set_new(opened, rf_open_kind_name((enum rf_open_kind)kind),
                            json_integer((json_int_t)explained->opened[kind]));
    return json_pack("{s:i, s:o, s:I, s:I, s:I, s:I, s:o}", "party", (int)party, "steps", steps,
                     "bytes_sent", (json_int_t)explained->total.bytes, "rounds",
                     (json_int_t)explained->total.rounds, "input_bytes",
                     (json_int_t)explained->input_bytes, "peak_memory",
                     (json_int_t)explained->peak_memory, "opened_bits", opened);
}

static json_t *time_json(const struct rf_explanation *explanation)
{
    const struct rf_prediction *time = &explanation->time;
    if (!explanation->timed)
        return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:s}", "prepare", time->prepare, "receive",
                     time->receive, "compute", time->compute, "all", time->all, "calibrated",
                     explanation->calibration.made);
}

static enum rf_rc print_json(const struct rf_study *study, const struct rf_explanation *explanation,
                             struct rf_err *err)
{
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    json_t *each = json_array(), *disclosures = json_array();
    unsigned count = rf_disclosure_list(study, list);
    for (unsigned party = 0; party < RF_PARTIES; party++)
        json_array_append_new(each, party_json(explanation, party));
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(disclosures, json_pack("{s:s, s:s, s:s}", "name", list[i].name, "to",
                                                     list[i].to, "description", list[i].text));
    return rf_cmd_print_json(json_pack("{s:s, s:s, s:o, s:o, s:o}", "study", study->name,
                                       "protocol", study->protocol, "parties", each, "seconds",
                                       time_json(explanation), "disclosures", disclosures),
                             err);
}

static void print_steps(const struct rf_explanation *explanation)
{
    char size[RF_UNITS_TEXT], seconds[32] = "";
    const struct rf_explained *explained = &explanation->parties[0];
    (void)printf("%-24s %12s %12s %8s%s\n", "step", "rows", "sent", "rounds",
                 explanation->timed ? "        time" : "");
    for (unsigned i = 0; i < explained->steps; i++) {
        const struct rf_step *step = &explained->step[i];
        if (explanation->timed)
            (void)snprintf(seconds, sizeof seconds, " %9.2f s", explanation->time.step[i]);
        (void)printf("%-24s %12" PRIu64 " %12s %8" PRIu64 "%s\n", step->name, step->rows,
                     rf_units_bytes(size, step->declared.bytes), step->declared.rounds, seconds);
    }
}

static void print_time(const struct rf_explanation *explanation)
{
    const struct rf_prediction *time = &explanation->time;
    const struct rf_calibration *calibration = &explanation->calibration;
    if (!explanation->timed) {
        (void)printf("\nHow long that takes is not known before 'ringfence bench --calibrate' has "
                     "measured this machine.\n");
        return;
    }
    (void)printf(
        "\nabout %.1f s with everybody on one machine: contributors prepare %.1f s, "
        "share %.1f s; parties compute %.1f s\n(%s, %u cores, calibrated %s%s)\n",
        time->all, time->prepare, time->receive, time->compute, calibration->processor,
        calibration->cores, calibration->made,
        calibration->load > 0.5 * calibration->cores ? ", while it was busy: times are rough" : "");
}

static void print_text(const struct rf_study *study, const struct rf_explanation *explanation)
{
    char sent[RF_UNITS_TEXT], memory[RF_UNITS_TEXT], input[RF_UNITS_TEXT];
    struct rf_disclosure list[RF_DISCLOSURES_MAX];
    unsigned count = rf_disclosure_list(study, list);
    (void)printf("%s by %s; steps of party 0:\n\n", study->name, study->protocol);
    print_steps(explanation);
    (void)printf("\n%-8s %12s %12s %12s %8s\n", "party", "receives", "sends", "memory", "rounds");
    for (unsigned party = 0; party < RF_PARTIES; party++) {
        const struct rf_explained *explained = &explanation->parties[party];
        (void)printf("%-8u %12s %12s %12s %8" PRIu64 "\n", party,
                     rf_units_bytes(input, explained->input_bytes),
                     rf_units_bytes(sent, explained->total.bytes),
                     rf_units_bytes(memory, explained->peak_memory), explained->total.rounds);
    }
    (void)printf("\nreceives: rows from contributors; sends: to the other parties; memory: share "
                 "columns\n");
    print_time(explanation);
    (void)printf("\nIt reveals:\n");
    for (unsigned i = 0; i < count; i++)
        (void)printf("  to %-10s %s\n", list[i].to, list[i].text);
}

/* What the command line does not say, the node's file may. */
static enum rf_rc take_node(struct explain *explain, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_node_file *node = &explain->file;
    struct stat status;
    if (!explain->node)
        return RF_OK;
    if (stat(explain->node, &status) == 0 && S_ISDIR(status.st_mode))
        RF_TRY(rf_node_file_folder(node, explain->node, err));
    else
        RF_TRY(rf_node_file_read(node, explain->node, err));
    const struct rf_limits limits = rf_admission_limits(node);
    if (!explain->limits.memory)
        explain->limits.memory = limits.memory;
    if (explain->limits.seconds <= 0)
        explain->limits.seconds = limits.seconds;
    if (!explain->calibration && node->calibration[0])
        explain->calibration = node->calibration;
done:
    return rc;
}

/* A study file, or the folder of one that has been proposed. */
static enum rf_rc read_study(struct rf_study *study, const char *path, struct rf_err *err)
{
    struct stat status;
    struct rf_manifest manifest;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return rf_study_read(study, path, err);
    enum rf_rc rc = rf_approvals_manifest(&manifest, path, err);
    if (rc == RF_OK)
        *study = manifest.study;
    return rc;
}

static enum rf_rc run(struct explain *explain, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_study study = {0};
    struct rf_explanation *explanation = NULL;
    RF_TRY(take_node(explain, err));
    RF_TRY(read_study(&study, explain->study, err));
    declare_bounds(explain, &study);
    rc = rf_study_check(&study, true, err);
    if (rc != RF_OK)
        rf_err_prefix(err, "%s", explain->study);
    RF_TRY(rc);
    RF_TRY(rf_admission_explain(&explanation, &study, explain->shared, explain->calibration, err));
    if (explain->json)
        RF_TRY(print_json(&study, explanation, err));
    else
        print_text(&study, explanation);
    RF_TRY(rf_admission_check(explanation, &explain->limits, err));
done:
    free(explanation);
    return rc;
}

int rf_cmd_explain(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"rows", OPTION_ROWS, "N", 0, "of each contributor for which STUDY declares no bound", 0},
        {"customers", OPTION_CUSTOMERS, "N", 0, "likewise (default: as many as rows)", 0},
        {"shared", OPTION_SHARED, "PERCENT", 0,
         "assume so many of all rows to have a token of several banks (default: 2)", 0},
        {"node", RF_CMD_OPTION_NODE, "FOLDER", 0,
         "refuse a study over the limits of this member's node.yaml", 0},
        {"memory", OPTION_MEMORY, "MIB", 0, "refuse a study with more share columns at a party", 0},
        {"time", OPTION_TIME, "SECONDS", 0, "refuse a study that would take longer", 0},
        {"calibration", OPTION_CALIBRATION, "FILE", 0,
         "where 'ringfence bench --calibrate' put what it measured", 0},
        RF_CMD_JSON,
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "STUDY",
        .doc = "Say what a study (its file, or the folder of a proposal) would cost and reveal, "
               "step by "
               "step, and how long it would take, "
               "without running it. Exits with 2 when that is over a limit.",
    };
    struct explain explain = {.shared = RF_ADMISSION_SHARED_PERCENT};
    struct rf_err err = {0};
    rf_cmd_parse(&argp, argc, argv, &explain);
    return rf_cmd_end(argv[0], run(&explain, &err), &err);
}
