#include "protocols/backend/registry.h"

#include <string.h>

#include "protocols/backend/rep3_active/active.h"

const struct rf_protocol *rf_protocol_find(const char *name)
{
    static const struct rf_protocol protocols[] = {
        {"rep3-active", &rf_model_rep3_active, true, rf_rep3_active_new},
        {"rep3", &rf_model_rep3, false, rf_rep3_new},
    };
    for (unsigned i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        if (strcmp(protocols[i].name, name) == 0)
            return &protocols[i];
    }
    return NULL;
}
