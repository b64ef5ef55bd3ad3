/** study_yaml.h - the shape of a study file, shared by reading and writing
 *
 * All scalars are text (yamlfile.h says why); NULL or a count of 0 means that the field is not
 * there. */
#ifndef RF_PARTY_STUDY_STUDY_YAML_H
#define RF_PARTY_STUDY_STUDY_YAML_H

#include <cyaml/cyaml.h>

struct rf_study_yaml_list {
    const char **words;
    unsigned count;
};

struct rf_study_yaml_member {
    const char *name;
    struct rf_study_yaml_list roles;
    const char *customers, *rows;
};

struct rf_study_yaml_parameters {
    const char *hub_cap, *min_size, *min_banks, *min_cell;
    struct rf_study_yaml_list size_buckets;
    const char *max_exposure, *shared_rows, *iterations, *lanes, *proof_gates;
};

struct rf_study_yaml {
    const char *study, *purpose;
    struct rf_study_yaml_list statistics;
    const char *link;
    struct rf_study_yaml_list types;
    struct rf_study_yaml_member *members;
    unsigned members_count;
    struct rf_study_yaml_parameters *parameters;
    const char *protocol;
};

/** rf_study_yaml_schema() - for rf_yamlfile_load() and rf_yamlfile_save() of struct rf_study_yaml */
const cyaml_schema_value_t *rf_study_yaml_schema(void);

#endif
