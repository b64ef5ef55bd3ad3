#include "bench/bench_scenario.h"

#include <string.h>

#include "party/study/study.h"
#include "party/study/yamlfile.h"
#include "protocols/analytics/cells.h"

enum {
    REQUIRED = CYAML_FLAG_POINTER,
    OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
    LIST_MAX = 64,
    FIELD = 64,
};

/* ---- the shape of the file; all scalars are text (yamlfile.h) ---- */

struct list {
    const char **words;
    unsigned count;
};

struct yaml_case {
    struct list operations, rows;
    const char *repeats, *chains, *key;
};

struct yaml {
    const char *scenario, *purpose, *backend, *lanes, *alone, *repeats, *chains, *banks;
    struct list networks;
    struct yaml_case *cases;
    unsigned cases_count;
};

#define TEXT(key, flags, type)                                                                     \
    CYAML_FIELD_STRING_PTR(#key, flags, struct type, key, 0, CYAML_UNLIMITED)
#define LIST(key, flags, type, words, count)                                                       \
    CYAML_FIELD_SEQUENCE_COUNT(#key, flags, struct type, words, count, &word, 1, LIST_MAX)

static const cyaml_schema_value_t word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, const char *, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t case_fields[] = {
    LIST(operations, REQUIRED, yaml_case, operations.words, operations.count),
    LIST(rows, REQUIRED, yaml_case, rows.words, rows.count),
    TEXT(repeats, OPTIONAL, yaml_case),
    TEXT(chains, OPTIONAL, yaml_case),
    TEXT(key, OPTIONAL, yaml_case),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t one_case = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_case, case_fields),
};

static const cyaml_schema_field_t fields[] = {
    TEXT(scenario, REQUIRED, yaml),
    TEXT(purpose, OPTIONAL, yaml),
    TEXT(backend, OPTIONAL, yaml),
    TEXT(lanes, OPTIONAL, yaml),
    TEXT(alone, OPTIONAL, yaml),
    TEXT(repeats, OPTIONAL, yaml),
    TEXT(chains, OPTIONAL, yaml),
    TEXT(banks, OPTIONAL, yaml),
    LIST(networks, OPTIONAL, yaml, networks.words, networks.count),
    CYAML_FIELD_SEQUENCE("cases", REQUIRED, struct yaml, cases, &one_case, 1, LIST_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml, fields),
};

/* ---- what it says ---- */

struct reading {
    const struct rf_yamlfile *file;
    struct rf_bench *bench;
    struct rf_err *err;
};

static enum rf_rc take_number(const struct reading *in, const char *field, const char *text,
                              unsigned max, unsigned *value)
{
    uint64_t number = *value;
    enum rf_rc rc = rf_yamlfile_number(in->file, field, text, 1, max, &number, in->err);
    *value = (unsigned)number;
    return rc;
}

static enum rf_rc take_banks(const struct reading *in, const char *text)
{
    uint64_t banks = in->bench->banks;
    enum rf_rc rc = rf_yamlfile_number(in->file, "banks", text, 2, RF_BANKS_MAX, &banks, in->err);
    in->bench->banks = (unsigned)banks;
    return rc;
}

static enum rf_rc take_chains(const struct reading *in, const char *field, const char *text,
                              bool chain[2])
{
    if (!text)
        return RF_OK;
    chain[0] = strcmp(text, "on") != 0;
    chain[1] = strcmp(text, "off") != 0;
    if (chain[0] && chain[1] && strcmp(text, "both") != 0)
        return rf_yamlfile_fail(in->file, in->err, field, "'%.40s' is none of off, on, both", text);
    return RF_OK;
}

static enum rf_rc take_protocol(const struct reading *in, const char *text,
                                struct rf_bench_grid *grid)
{
    if (rf_bench_grid_protocol(grid, text ? text : "rep3"))
        return RF_OK;
    return rf_yamlfile_fail(in->file, in->err, "backend",
                            "'%.40s' is not known: " RF_PROTOCOL_NAMES ", both", text);
}

static enum rf_rc take_lanes(const struct reading *in, const char *text, struct rf_bench_grid *grid)
{
    struct rf_err why = {0};
    if (rf_bench_grid_lanes(grid, text ? text : "1", &why) == RF_OK)
        return RF_OK;
    return rf_yamlfile_fail(in->file, in->err, "lanes", "%s", why.text);
}

static enum rf_rc take_alone(const struct reading *in, const char *text)
{
    if (!text)
        return RF_OK;
    in->bench->alone = strcmp(text, "on") == 0;
    if (!in->bench->alone && strcmp(text, "off") != 0)
        return rf_yamlfile_fail(in->file, in->err, "alone", "'%.40s' is none of off, on", text);
    return RF_OK;
}

static enum rf_rc take_networks(const struct reading *in, const struct list *networks)
{
    char field[FIELD];
    for (unsigned i = 0; i < networks->count; i++) {
        struct rf_err why = {0};
        (void)snprintf(field, sizeof field, "networks[%u]", i);
        if (rf_bench_net_add(in->bench, networks->words[i], &why) != RF_OK)
            return rf_yamlfile_fail(in->file, in->err, field, "%s", why.text);
    }
    return RF_OK;
}

static enum rf_rc take_operations(const struct reading *in, unsigned at, const struct list *names,
                                  const struct rf_operation *operation[LIST_MAX], bool *keyed)
{
    char field[FIELD];
    for (unsigned i = 0; i < names->count; i++) {
        (void)snprintf(field, sizeof field, "cases[%u].operations[%u]", at, i);
        operation[i] = rf_work_find(names->words[i]);
        if (!operation[i]) {
            return rf_yamlfile_fail(in->file, in->err, field,
                                    "there is no operation '%.40s': see ringfence bench --list",
                                    names->words[i]);
        }
        *keyed = *keyed || operation[i]->keyed;
    }
    return RF_OK;
}

static enum rf_rc take_rows(const struct reading *in, unsigned at, const struct list *texts,
                            size_t rows[LIST_MAX])
{
    enum rf_rc rc = RF_OK;
    char field[FIELD];
    for (unsigned i = 0; i < texts->count; i++) {
        uint64_t number = 0;
        (void)snprintf(field, sizeof field, "cases[%u].rows[%u]", at, i);
        RF_TRY(rf_yamlfile_number(in->file, field, texts->words[i], 1, RF_BENCH_ROWS_MAX, &number,
                                  in->err));
        rows[i] = (size_t)number;
    }
done:
    return rc;
}

static enum rf_rc take_key(const struct reading *in, unsigned at, const char *text, bool keyed,
                           unsigned *key)
{
    char field[FIELD];
    (void)snprintf(field, sizeof field, "cases[%u].key", at);
    if (text && !keyed)
        return rf_yamlfile_fail(in->file, in->err, field, "no operation here takes a key's width");
    return take_number(in, field, text, RF_KEY_BITS, key);
}

/* @grid: what the scenario says of all cases. */
static enum rf_rc take_case(const struct reading *in, unsigned at, const struct yaml_case *yaml,
                            struct rf_bench_grid grid)
{
    enum rf_rc rc;
    char field[FIELD];
    const struct rf_operation *operation[LIST_MAX];
    size_t rows[LIST_MAX];
    bool keyed = false;
    RF_TRY(take_operations(in, at, &yaml->operations, operation, &keyed));
    RF_TRY(take_rows(in, at, &yaml->rows, rows));
    RF_TRY(take_key(in, at, yaml->key, keyed, &grid.key));
    (void)snprintf(field, sizeof field, "cases[%u].repeats", at);
    RF_TRY(take_number(in, field, yaml->repeats, RF_BENCH_REPEATS, &grid.repeats));
    (void)snprintf(field, sizeof field, "cases[%u].chains", at);
    RF_TRY(take_chains(in, field, yaml->chains, grid.chain));
    grid.operation = operation;
    grid.operations = yaml->operations.count;
    grid.rows = rows;
    grid.sizes = yaml->rows.count;
    struct rf_err why = {0};
    rc = rf_bench_add(in->bench, &grid, &why);
    if (rc != RF_OK) {
        (void)snprintf(field, sizeof field, "cases[%u].operations", at);
        rc = rf_yamlfile_fail(in->file, in->err, field, "%s", why.text);
    }
done:
    return rc;
}

static enum rf_rc take_all(const struct reading *in, const struct yaml *yaml)
{
    enum rf_rc rc;
    struct rf_bench_grid grid = {.repeats = RF_BENCH_REPEATS_DEFAULT, .chain = {true, true}};
    if (strlen(yaml->scenario) >= sizeof in->bench->name)
        RF_TRY(rf_yamlfile_fail(in->file, in->err, "scenario", "is longer than %zu bytes",
                                sizeof in->bench->name - 1));
    RF_TRY(rf_study_check_text("scenario", yaml->scenario, in->err));
    (void)snprintf(in->bench->name, sizeof in->bench->name, "%s", yaml->scenario);
    RF_TRY(take_protocol(in, yaml->backend, &grid));
    RF_TRY(take_lanes(in, yaml->lanes, &grid));
    RF_TRY(take_alone(in, yaml->alone));
    RF_TRY(take_number(in, "repeats", yaml->repeats, RF_BENCH_REPEATS, &grid.repeats));
    RF_TRY(take_banks(in, yaml->banks));
    RF_TRY(take_chains(in, "chains", yaml->chains, grid.chain));
    RF_TRY(take_networks(in, &yaml->networks));
    for (unsigned i = 0; i < yaml->cases_count; i++)
        RF_TRY(take_case(in, i, &yaml->cases[i], grid));
done:
    return rc;
}

enum rf_rc rf_bench_scenario_read(struct rf_bench *bench, const char *path, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_yamlfile file = {0};
    struct yaml *yaml = NULL;
    struct reading in = {.file = &file, .bench = bench, .err = err};
    RF_TRY(rf_yamlfile_open(&file, path, err));
    RF_TRY(rf_yamlfile_load(&file, &schema, (void **)&yaml, err));
    RF_TRY(take_all(&in, yaml));
done:
    rf_yamlfile_free(&schema, yaml);
    rf_yamlfile_fini(&file);
    return rc;
}
