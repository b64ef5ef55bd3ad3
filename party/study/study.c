#include "party/study/study.h"

#include <stdio.h>
#include <string.h>

#include "protocols/backend/registry.h"

void rf_study_defaults(struct rf_study *study)
{
    *study = (struct rf_study){
        .link = RF_LINK_IDENTIFIERS,
        .hub_cap = 50,
        .min_size = 2,
        .min_banks = 2,
        .min_cell = 3,
        .max_exposure = UINT64_C(1) << 40,
        .lanes = 1,
        .proof_gates = UINT64_C(1) << 26,
        .protocol = RF_PROTOCOL_DEFAULT,
    };
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        study->types[type] = true;
    rf_study_default_buckets(study);
}

void rf_study_default_buckets(struct rf_study *study)
{
    static const uint64_t bounds[] = {2, 3, 4, 5, 10, 20, 50, 100};
    memset(study->buckets, 0, sizeof study->buckets);
    study->buckets[0] = study->min_size;
    study->bucket_count = 1;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (bounds[i] > study->min_size)
            study->buckets[study->bucket_count++] = bounds[i];
}

void rf_study_shape(const struct rf_study *study, struct rf_shape *shape)
{
    unsigned banks[RF_BANKS_MAX];
    *shape = (struct rf_shape){
        .banks = rf_study_banks(study, banks),
        .shared_tokens = study->shared_tokens,
        .rings = study->rings,
        .min_size = study->min_size,
        .min_banks = study->min_banks,
        .bucket_count = study->bucket_count,
    };
    memcpy(shape->buckets, study->buckets, sizeof shape->buckets);
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        shape->types[type] = (study->link & RF_LINK_IDENTIFIERS) && study->types[type];
    shape->types[RF_TYPE_ACCOUNT] = (study->link & RF_LINK_TRANSFERS) != 0;
}

const char *rf_study_link_name(enum rf_link_by link)
{
    static const char *const names[] = {
        [RF_LINK_IDENTIFIERS] = "identifiers",
        [RF_LINK_TRANSFERS] = "transfers",
        [RF_LINK_BOTH] = "both",
    };
    return names[link];
}

unsigned rf_study_banks(const struct rf_study *study, unsigned banks[RF_BANKS_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < study->member_count && count < RF_BANKS_MAX; i++)
        if (study->members[i].contributor)
            banks[count++] = i;
    return count;
}

int rf_study_party(const struct rf_study *study, int party)
{
    for (unsigned i = 0; i < study->member_count; i++)
        if (study->members[i].party == party)
            return (int)i;
    return -1;
}

int rf_study_member(const struct rf_study *study, const char *name)
{
    for (unsigned i = 0; i < study->member_count; i++)
        if (strcmp(study->members[i].name, name) == 0)
            return (int)i;
    return -1;
}
