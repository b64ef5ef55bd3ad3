#include "protocols/backend/registry.h"

#include <string.h>

#include "protocols/backend/rep3_active/active.h"

const struct rf_protocol rf_protocol_all[RF_PROTOCOLS] = {
    {"rep3-active", &rf_model_rep3_active, true, rf_rep3_active_new},
    {"rep3", &rf_model_rep3, false, rf_rep3_new},
};

const struct rf_protocol *rf_protocol_find(const char *name)
{
    for (unsigned i = 0; i < RF_PROTOCOLS; i++) {
        if (strcmp(rf_protocol_all[i].name, name) == 0)
            return &rf_protocol_all[i];
    }
    return NULL;
}
