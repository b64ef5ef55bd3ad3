#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "party/study/study.h"
#include "party/study/study_yaml.h"
#include "party/study/yamlfile.h"

enum { DIGITS = 21, NUMBERS_MAX = 2 * RF_MEMBERS_MAX + RF_BUCKETS_MAX + 8, ROLES = 3 };

/* The file's structs and the text that they point to. They only borrow the study's strings. */
struct writing {
    struct rf_study_yaml yaml;
    struct rf_study_yaml_parameters parameters;
    struct rf_study_yaml_member members[RF_MEMBERS_MAX];
    const char *roles[RF_MEMBERS_MAX][ROLES];
    const char *statistics[2];
    const char *types[RF_TYPE_COUNT];
    const char *buckets[RF_BUCKETS_MAX];
    char numbers[NUMBERS_MAX][DIGITS];
    unsigned number_count;
};

static const char *number(struct writing *out, uint64_t value)
{
    char *text = out->numbers[out->number_count++];
    (void)snprintf(text, DIGITS, "%" PRIu64, value);
    return text;
}

static void add(struct rf_study_yaml_list *list, const char **words, const char *word)
{
    list->words = words;
    words[list->count++] = word;
}

static void put_member(struct writing *out, const struct rf_member *member, unsigned i)
{
    struct rf_study_yaml_member *yaml = &out->members[i];
    yaml->name = member->name;
    if (member->party >= 0)
        add(&yaml->roles, out->roles[i], "party");
    if (member->contributor)
        add(&yaml->roles, out->roles[i], "contributor");
    if (member->recipient)
        add(&yaml->roles, out->roles[i], "recipient");
    yaml->customers = member->customers ? number(out, member->customers) : NULL;
    yaml->rows = member->rows ? number(out, member->rows) : NULL;
}

static void put_parameters(struct writing *out, const struct rf_study *study)
{
    struct rf_study_yaml_parameters *yaml = &out->parameters;
    yaml->hub_cap = number(out, study->hub_cap);
    yaml->min_size = number(out, study->min_size);
    yaml->min_banks = number(out, study->min_banks);
    yaml->min_cell = number(out, study->min_cell);
    for (unsigned i = 0; i < study->bucket_count; i++)
        add(&yaml->size_buckets, out->buckets, number(out, study->buckets[i]));
    yaml->max_exposure = number(out, study->max_exposure);
    yaml->shared_rows = study->shared_rows ? number(out, study->shared_rows) : "open";
    yaml->iterations = study->iterations ? number(out, study->iterations) : "auto";
    yaml->lanes = number(out, study->lanes);
    yaml->proof_gates = number(out, study->proof_gates);
}

static void put_study(struct writing *out, const struct rf_study *study)
{
    struct rf_study_yaml *yaml = &out->yaml;
    yaml->study = study->name;
    yaml->purpose = study->purpose;
    if (study->shared_tokens)
        add(&yaml->statistics, out->statistics, "shared_tokens");
    if (study->rings)
        add(&yaml->statistics, out->statistics, "rings");
    yaml->link = rf_study_link_name(study->link);
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        if (study->types[type])
            add(&yaml->types, out->types, rf_token_type_name((enum rf_token_type)type));
    yaml->members = out->members;
    yaml->members_count = study->member_count;
    for (unsigned i = 0; i < study->member_count; i++)
        put_member(out, &study->members[i], i);
    put_parameters(out, study);
    yaml->parameters = &out->parameters;
    yaml->protocol = study->protocol;
}

enum rf_rc rf_study_write(const struct rf_study *study, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct writing out = {0};
    RF_TRY(rf_study_check(study, false, err));
    put_study(&out, study);
    RF_TRY(rf_yamlfile_save(path, rf_study_yaml_schema(), &out.yaml, err));
done:
    return rc;
}
