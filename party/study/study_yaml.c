#include "party/study/study_yaml.h"

#include <stddef.h>

enum { REQUIRED = CYAML_FLAG_POINTER, OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL };

#define TEXT(key, flags, type, field)                                                              \
    CYAML_FIELD_STRING_PTR(key, flags, type, field, 0, CYAML_UNLIMITED)
#define LIST(key, flags, type, words, count)                                                       \
    CYAML_FIELD_SEQUENCE_COUNT(key, (flags) | CYAML_FLAG_FLOW, type, words, count, &word, 1,       \
                               CYAML_UNLIMITED)

static const cyaml_schema_value_t word = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, const char *, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t member_fields[] = {
    TEXT("name", REQUIRED, struct rf_study_yaml_member, name),
    LIST("roles", REQUIRED, struct rf_study_yaml_member, roles.words, roles.count),
    TEXT("customers", OPTIONAL, struct rf_study_yaml_member, customers),
    TEXT("rows", OPTIONAL, struct rf_study_yaml_member, rows),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t member = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rf_study_yaml_member, member_fields),
};

static const cyaml_schema_field_t parameter_fields[] = {
    TEXT("hub_cap", OPTIONAL, struct rf_study_yaml_parameters, hub_cap),
    TEXT("min_size", OPTIONAL, struct rf_study_yaml_parameters, min_size),
    TEXT("min_banks", OPTIONAL, struct rf_study_yaml_parameters, min_banks),
    TEXT("min_cell", OPTIONAL, struct rf_study_yaml_parameters, min_cell),
    LIST("size_buckets", OPTIONAL, struct rf_study_yaml_parameters, size_buckets.words,
         size_buckets.count),
    TEXT("max_exposure", OPTIONAL, struct rf_study_yaml_parameters, max_exposure),
    TEXT("shared_rows", OPTIONAL, struct rf_study_yaml_parameters, shared_rows),
    TEXT("iterations", OPTIONAL, struct rf_study_yaml_parameters, iterations),
    TEXT("lanes", OPTIONAL, struct rf_study_yaml_parameters, lanes),
    TEXT("proof_gates", OPTIONAL, struct rf_study_yaml_parameters, proof_gates),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t study_fields[] = {
    TEXT("study", REQUIRED, struct rf_study_yaml, study),
    TEXT("purpose", REQUIRED, struct rf_study_yaml, purpose),
    LIST("statistics", REQUIRED, struct rf_study_yaml, statistics.words, statistics.count),
    TEXT("link", OPTIONAL, struct rf_study_yaml, link),
    LIST("types", OPTIONAL, struct rf_study_yaml, types.words, types.count),
    CYAML_FIELD_SEQUENCE("members", REQUIRED, struct rf_study_yaml, members, &member, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING_PTR("parameters", OPTIONAL, struct rf_study_yaml, parameters,
                            parameter_fields),
    TEXT("protocol", OPTIONAL, struct rf_study_yaml, protocol),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct rf_study_yaml, study_fields),
};

const cyaml_schema_value_t *rf_study_yaml_schema(void)
{
    return &schema;
}
