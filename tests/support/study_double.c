/* Stands in for party/study/study.c where a test needs only a study's shape. */
#include <string.h>

#include "party/study/study.h"

void rf_study_defaults(struct rf_study *study)
{
    *study = (struct rf_study){.shared_tokens = true,
                               .rings = true,
                               .link = RF_LINK_IDENTIFIERS,
                               .hub_cap = 50,
                               .min_size = 2,
                               .min_banks = 2,
                               .min_cell = 3,
                               .buckets = {2, 3, 4, 5, 10, 20, 50, 100},
                               .bucket_count = 8,
                               .max_exposure = UINT64_C(1) << 40};
    study->types[RF_TYPE_NATIONAL_ID] = study->types[RF_TYPE_PHONE] = true;
    study->types[RF_TYPE_EMAIL] = true;
}

void rf_study_shape(const struct rf_study *study, struct rf_shape *shape)
{
    unsigned banks[RF_BANKS_MAX];
    *shape = (struct rf_shape){.banks = rf_study_banks(study, banks),
                               .shared_tokens = study->shared_tokens,
                               .rings = study->rings,
                               .min_size = study->min_size,
                               .min_banks = study->min_banks,
                               .bucket_count = study->bucket_count};
    memcpy(shape->buckets, study->buckets, sizeof shape->buckets);
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        shape->types[type] = study->types[type] && study->link & RF_LINK_IDENTIFIERS;
    shape->types[RF_TYPE_ACCOUNT] = study->link & RF_LINK_TRANSFERS;
}

unsigned rf_study_banks(const struct rf_study *study, unsigned banks[RF_BANKS_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < study->member_count && count < RF_BANKS_MAX; i++)
        if (study->members[i].contributor)
            banks[count++] = i;
    return count;
}
