/* Planning: the other lanes are taken to do what this one does. */
#include <stdlib.h>
#include <string.h>

#include "protocols/backend/exchange.h"

static enum rf_rc swap(struct rf_exchange *exchange, unsigned lane,
                       const struct rf_parcels *parcels, struct rf_err *err)
{
    (void)err;
    for (unsigned other = 0; other < exchange->lanes; other++) {
        size_t have = parcels->give_size[lane], wanted = parcels->take_size[other];
        if (parcels->give[lane] && parcels->take[other])
            memcpy(parcels->take[other], parcels->give[lane], have < wanted ? have : wanted);
    }
    return RF_OK;
}

static void fail(struct rf_exchange *exchange, unsigned lane)
{
    (void)exchange;
    (void)lane;
}

static void plan_free(struct rf_exchange *exchange)
{
    free(exchange);
}

static const struct rf_exchange_ops ops = {swap, fail, plan_free};

enum rf_rc rf_exchange_plan_new(struct rf_exchange **exchange, unsigned lanes, struct rf_err *err)
{
    if (lanes == 0 || lanes > RF_LANES_MAX)
        return rf_err_set(err, RF_E_ARG, "a party has 1 to %d lanes", RF_LANES_MAX);
    *exchange = calloc(1, sizeof **exchange);
    if (!*exchange)
        return rf_err_set(err, RF_E_MEMORY, "out of memory");
    **exchange = (struct rf_exchange){.ops = &ops, .lanes = lanes};
    return RF_OK;
}
