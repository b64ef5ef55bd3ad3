/** graph.h - customers of all banks, the tokens they hold, and who hangs together
 *
 * Used by plain.c alone. Customers are numbered through all banks, bank after bank. */
#ifndef RF_PARTY_PLAIN_GRAPH_H
#define RF_PARTY_PLAIN_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/data/tables.h"

/** A (type, value) pair that somebody holds after the hub rule, or whom nobody holds any more. */
struct rf_graph_token {
    size_t first, holders; /* in holder[]; each customer once, bank after bank */
    uint16_t banks;        /* bit b: held at bank b */
    uint8_t type;
};

struct rf_graph {
    unsigned banks;
    uint32_t first[RF_BANKS_MAX + 1]; /* customers of bank b: first[b] .. first[b + 1] - 1 */
    uint8_t *bank;                    /* of each customer */
    uint32_t *local;                  /* of each customer: one customer of its local group */
    uint32_t *component;              /* of each customer: one customer of its component */
    size_t tokens;
    struct rf_graph_token *token;
    uint32_t *holder;
};

/** rf_graph_build() - number the tokens, apply the hub rule, join customers
 * In local[] and component[] all customers of a group have the same entry: one among them.
 * Errors: RF_E_ARG, RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_graph_build(struct rf_graph *graph, const struct rf_tables *tables,
                                        unsigned banks, uint64_t hub_cap, struct rf_err *err);
void rf_graph_fini(struct rf_graph *graph);

#endif
