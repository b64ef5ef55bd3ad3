#include <stdio.h>
#include <string.h>

#include "party/study/study.h"
#include "party/study/study_yaml.h"
#include "party/study/yamlfile.h"

enum { FIELD_MAX = 64 };

/* Everything that the conversion of one file needs. */
struct reading {
    const struct rf_yamlfile *file;
    const struct rf_study_yaml *yaml;
    struct rf_study *study;
    struct rf_err *err;
};

static enum rf_rc take_text(struct reading *in, const char *field, const char *text, char *out,
                            size_t room)
{
    if (strlen(text) >= room)
        return rf_yamlfile_fail(in->file, in->err, field, "is longer than %zu bytes", room - 1);
    memcpy(out, text, strlen(text) + 1);
    return RF_OK;
}

static enum rf_rc take_statistics(struct reading *in)
{
    for (unsigned i = 0; i < in->yaml->statistics.count; i++) {
        const char *word = in->yaml->statistics.words[i];
        bool *flag = strcmp(word, "shared_tokens") == 0 ? &in->study->shared_tokens
                     : strcmp(word, "rings") == 0       ? &in->study->rings
                                                        : NULL;
        char field[FIELD_MAX];
        (void)snprintf(field, sizeof field, "statistics[%u]", i);
        if (!flag)
            return rf_yamlfile_fail(in->file, in->err, field,
                                    "unknown statistic '%.40s'; known: shared_tokens, rings", word);
        if (*flag)
            return rf_yamlfile_fail(in->file, in->err, field, "%s is there twice", word);
        *flag = true;
    }
    return RF_OK;
}

static enum rf_rc take_link(struct reading *in)
{
    const char *link = in->yaml->link ? in->yaml->link : rf_study_link_name(RF_LINK_IDENTIFIERS);
    for (unsigned by = RF_LINK_IDENTIFIERS; by <= RF_LINK_BOTH; by++) {
        if (strcmp(link, rf_study_link_name((enum rf_link_by)by)) == 0) {
            in->study->link = (enum rf_link_by)by;
            return RF_OK;
        }
    }
    return rf_yamlfile_fail(in->file, in->err, "link",
                            "'%.40s' is none of identifiers, transfers, both", link);
}

static int type_of(const char *word)
{
    for (int type = 0; type < RF_TYPE_ACCOUNT; type++)
        if (strcmp(word, rf_token_type_name((enum rf_token_type)type)) == 0)
            return type;
    return -1;
}

static enum rf_rc take_type(struct reading *in, unsigned i)
{
    char field[FIELD_MAX];
    const char *word = in->yaml->types.words[i];
    int type = type_of(word);
    (void)snprintf(field, sizeof field, "types[%u]", i);
    if (type < 0) {
        return rf_yamlfile_fail(in->file, in->err, field,
                                "unknown type '%.40s'; known: national_id, phone, email, address, "
                                "device, card, ip",
                                word);
    }
    if (in->study->types[type])
        return rf_yamlfile_fail(in->file, in->err, field, "%s is there twice", word);
    in->study->types[type] = true;
    return RF_OK;
}

static enum rf_rc take_types(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    bool *types = in->study->types;
    const struct rf_study_yaml_list *given = &in->yaml->types;
    if (given->words || in->study->link == RF_LINK_TRANSFERS)
        memset(types, 0, sizeof in->study->types);
    for (unsigned i = 0; given->words && i < given->count; i++)
        RF_TRY(take_type(in, i));
    types[RF_TYPE_ACCOUNT] = (in->study->link & RF_LINK_TRANSFERS) != 0;
done:
    return rc;
}

static enum rf_rc take_role(struct reading *in, unsigned i, unsigned j, int *parties)
{
    struct rf_member *member = &in->study->members[i];
    const char *role = in->yaml->members[i].roles.words[j];
    bool party = member->party >= 0;
    bool *flag = strcmp(role, "contributor") == 0 ? &member->contributor
                 : strcmp(role, "recipient") == 0 ? &member->recipient
                 : strcmp(role, "party") == 0     ? &party
                                                  : NULL;
    char field[FIELD_MAX];
    (void)snprintf(field, sizeof field, "members[%u].roles[%u]", i, j);
    if (!flag)
        return rf_yamlfile_fail(in->file, in->err, field,
                                "unknown role '%.40s'; known: party, contributor, recipient", role);
    if (*flag)
        return rf_yamlfile_fail(in->file, in->err, field, "%s is there twice", role);
    *flag = true;
    if (party && member->party < 0)
        member->party = (*parties)++;
    return RF_OK;
}

static enum rf_rc take_member(struct reading *in, unsigned i, int *parties)
{
    enum rf_rc rc = RF_OK;
    char field[FIELD_MAX];
    const struct rf_study_yaml_member *yaml = &in->yaml->members[i];
    struct rf_member *member = &in->study->members[i];
    member->party = -1;
    (void)snprintf(field, sizeof field, "members[%u].name", i);
    RF_TRY(take_text(in, field, yaml->name, member->name, sizeof member->name));
    for (unsigned j = 0; j < yaml->roles.count; j++)
        RF_TRY(take_role(in, i, j, parties));
    (void)snprintf(field, sizeof field, "members[%u].customers", i);
    RF_TRY(rf_yamlfile_number(in->file, field, yaml->customers, 1, RF_ROWS_MAX, &member->customers,
                              in->err));
    (void)snprintf(field, sizeof field, "members[%u].rows", i);
    RF_TRY(rf_yamlfile_number(in->file, field, yaml->rows, 1, RF_ROWS_MAX, &member->rows, in->err));
done:
    return rc;
}

static enum rf_rc take_members(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    int parties = 0;
    if (in->yaml->members_count > RF_MEMBERS_MAX)
        RF_TRY(rf_yamlfile_fail(in->file, in->err, "members", "more than %d", RF_MEMBERS_MAX));
    in->study->member_count = in->yaml->members_count;
    for (unsigned i = 0; i < in->study->member_count; i++)
        RF_TRY(take_member(in, i, &parties));
done:
    return rc;
}

static enum rf_rc take_buckets(struct reading *in, const struct rf_study_yaml_list *list)
{
    enum rf_rc rc = RF_OK;
    if (!list->words) {
        rf_study_default_buckets(in->study);
        return RF_OK;
    }
    if (list->count < 1 || list->count > RF_BUCKETS_MAX)
        RF_TRY(rf_yamlfile_fail(in->file, in->err, "parameters.size_buckets",
                                "must be 1 to %d numbers", RF_BUCKETS_MAX));
    memset(in->study->buckets, 0, sizeof in->study->buckets);
    in->study->bucket_count = list->count;
    for (unsigned i = 0; i < list->count; i++) {
        char field[FIELD_MAX];
        (void)snprintf(field, sizeof field, "parameters.size_buckets[%u]", i);
        RF_TRY(rf_yamlfile_number(in->file, field, list->words[i], 1, RF_ROWS_MAX,
                                  &in->study->buckets[i], in->err));
    }
done:
    return rc;
}

/* A number, or the @word that stands for 0. */
static enum rf_rc take_number_or(struct reading *in, const char *field, const char *text,
                                 const char *word, uint64_t max, uint64_t *value)
{
    if (!text || strcmp(text, word) == 0)
        return RF_OK;
    if (strspn(text, "0123456789") != strlen(text))
        return rf_yamlfile_fail(in->file, in->err, field, "'%.40s' is neither %s nor a number",
                                text, word);
    return rf_yamlfile_number(in->file, field, text, 1, max, value, in->err);
}

static enum rf_rc take_small(struct reading *in, const char *field, const char *text, uint64_t min,
                             uint64_t max, unsigned *value)
{
    uint64_t number = *value;
    enum rf_rc rc = rf_yamlfile_number(in->file, field, text, min, max, &number, in->err);
    *value = (unsigned)number;
    return rc;
}

static enum rf_rc take_parameters(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    struct rf_study *study = in->study;
    const struct rf_study_yaml_parameters *yaml = in->yaml->parameters;
    uint64_t iterations = 0;
    if (!yaml)
        return RF_OK;
    RF_TRY(rf_yamlfile_number(in->file, "parameters.hub_cap", yaml->hub_cap, 1, RF_ROWS_MAX,
                              &study->hub_cap, in->err));
    RF_TRY(rf_yamlfile_number(in->file, "parameters.min_size", yaml->min_size, 2, RF_ROWS_MAX,
                              &study->min_size, in->err));
    RF_TRY(take_small(in, "parameters.min_banks", yaml->min_banks, 2, RF_BANKS_MAX,
                      &study->min_banks));
    RF_TRY(take_small(in, "parameters.min_cell", yaml->min_cell, 0, RF_ROWS_MAX, &study->min_cell));
    RF_TRY(take_buckets(in, &yaml->size_buckets));
    RF_TRY(rf_yamlfile_number(in->file, "parameters.max_exposure", yaml->max_exposure, 1,
                              UINT64_MAX, &study->max_exposure, in->err));
    RF_TRY(take_number_or(in, "parameters.shared_rows", yaml->shared_rows, "open", RF_ROWS_MAX,
                          &study->shared_rows));
    RF_TRY(take_number_or(in, "parameters.iterations", yaml->iterations, "auto", RF_ITERATIONS_MAX,
                          &iterations));
    study->iterations = (unsigned)iterations;
    RF_TRY(take_small(in, "parameters.lanes", yaml->lanes, 1, RF_STUDY_LANES_MAX, &study->lanes));
    RF_TRY(rf_yamlfile_number(in->file, "parameters.proof_gates", yaml->proof_gates,
                              RF_PROOF_GATES_MIN, RF_PROOF_GATES_MAX, &study->proof_gates,
                              in->err));
done:
    return rc;
}

static enum rf_rc take_study(struct reading *in)
{
    enum rf_rc rc = RF_OK;
    struct rf_study *study = in->study;
    const struct rf_study_yaml *yaml = in->yaml;
    rf_study_defaults(study);
    RF_TRY(take_text(in, "study", yaml->study, study->name, sizeof study->name));
    RF_TRY(take_text(in, "purpose", yaml->purpose, study->purpose, sizeof study->purpose));
    if (yaml->protocol)
        RF_TRY(take_text(in, "protocol", yaml->protocol, study->protocol, sizeof study->protocol));
    RF_TRY(take_statistics(in));
    RF_TRY(take_link(in));
    RF_TRY(take_types(in));
    RF_TRY(take_members(in));
    RF_TRY(take_parameters(in));
done:
    return rc;
}

/* rf_study_check() says "field: reason"; here the field also has a place. */
static enum rf_rc check_in_place(struct reading *in)
{
    struct rf_err problem = {0};
    enum rf_rc rc = rf_study_check(in->study, false, &problem);
    char *colon = strstr(problem.text, ": ");
    if (rc == RF_OK || !colon)
        return rc;
    *colon = 0;
    return rf_yamlfile_fail(in->file, in->err, problem.text, "%s", colon + 2);
}

static enum rf_rc read_yaml(const struct rf_yamlfile *file, struct rf_study *study,
                            struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    void *yaml = NULL;
    struct reading in = {.file = file, .study = study, .err = err};
    RF_TRY(rf_yamlfile_load(file, rf_study_yaml_schema(), &yaml, err));
    in.yaml = yaml;
    RF_TRY(take_study(&in));
    RF_TRY(check_in_place(&in));
done:
    rf_yamlfile_free(rf_study_yaml_schema(), yaml);
    return rc;
}

enum rf_rc rf_study_read(struct rf_study *study, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_yamlfile file;
    RF_TRY(rf_yamlfile_open(&file, path, err));
    RF_TRY(read_yaml(&file, study, err));
done:
    rf_yamlfile_fini(&file);
    return rc;
}

enum rf_rc rf_study_read_text(struct rf_study *study, const char *name, const uint8_t *text,
                              size_t size, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_yamlfile file;
    RF_TRY(rf_yamlfile_text(&file, name, text, size, err));
    RF_TRY(read_yaml(&file, study, err));
done:
    rf_yamlfile_fini(&file);
    return rc;
}
