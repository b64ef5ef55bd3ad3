/** registry.h - the protocols that a study can name */
#ifndef RF_PROTOCOLS_BACKEND_REGISTRY_H
#define RF_PROTOCOLS_BACKEND_REGISTRY_H

#include "protocols/backend/rep3/rep3.h"

struct rf_protocol {
    const char *name;
    const struct rf_model *model;
    bool active; /* secure against a party that deviates, not only against one that is curious */
    enum rf_rc (*make)(struct rf_backend **backend, struct rf_channel *channel,
                       const struct rf_rep3_config *config, struct rf_err *err);
};

enum { RF_PROTOCOLS = 2 };

extern const struct rf_protocol rf_protocol_all[RF_PROTOCOLS];

#define RF_PROTOCOL_DEFAULT "rep3-active"
#define RF_PROTOCOL_NAMES   "rep3-active, rep3"

/** rf_protocol_find() - NULL if there is none of that name */
const struct rf_protocol *rf_protocol_find(const char *name);

#endif
