/** plant.h - who shares what with whom in synthetic data
 *
 * A plan holds no values, only numbers: which customer is at which bank, holds which identifier, pays
 * whom, and belongs to which planted ring. `generate` turns it into files.
 *
 * Everyone starts with identifiers of their own. A link between two customers gives one of them
 * an identifier of the other, or has one pay the other. As links are made only inside rings (and
 * inside households, which are at one bank), the planted rings are exactly the rings of the data: the
 * truth is known by construction and not by running the definition over it. For that to hold no
 * token may meet the hub rule by accident, so the number of holders of a token is limited. */
#ifndef RF_PARTY_DATA_PLANT_H
#define RF_PARTY_DATA_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/data/chance.h"
#include "protocols/analytics/cells.h"

enum {
    RF_PLANT_SLOTS = 4,  /* kinds of identifier at most */
    RF_PLANT_LIMIT = 20, /* holders of a token, except planted hubs */
};

#define RF_PLANT_NONE UINT32_MAX

struct rf_plant_transfer {
    uint32_t from, to; /* customers; each has one account */
};

struct rf_plant {
    struct rf_chance chance;
    unsigned banks;
    uint32_t customers;               /* numbered bank by bank */
    uint32_t first[RF_BANKS_MAX + 1]; /* customers of bank b: first[b] .. first[b + 1] - 1 */
    uint32_t taken[RF_BANKS_MAX];     /* how many of them are planted already */

    unsigned slots;                   /* kinds of identifier in use; 0 if only transfers link */
    uint32_t *number[RF_PLANT_SLOTS]; /* [slot][customer]: the identifier held */
    uint8_t *holders[RF_PLANT_SLOTS]; /* [slot][number]: how many hold it, those planted by link */
    uint32_t specials;                /* identifiers that are nobody's own, after all customers' */

    bool pays;         /* transfers link */
    uint8_t *partners; /* [customer]: planted transfers; top bit: with another bank */
    struct rf_plant_transfer *transfer;
    size_t transfers, transfer_room;

    uint32_t *ring; /* [customer], or RF_PLANT_NONE */
    uint32_t rings;
    uint64_t shared; /* tokens at two banks or more so far, but for specials */
};

/** rf_plant_init() - customers with nothing in common
 * @size: of each bank
 * Errors: RF_E_MEMORY. */
RF_MUST_CHECK enum rf_rc rf_plant_init(struct rf_plant *plant, uint64_t seed, unsigned banks,
                                       const uint32_t *size, unsigned slots, bool pays,
                                       struct rf_err *err);
void rf_plant_fini(struct rf_plant *plant);

/** rf_plant_bank() - of a customer */
unsigned rf_plant_bank(const struct rf_plant *plant, uint32_t customer);

/** rf_plant_ring() - a ring of @size customers at @banks banks, all of them new
 * Smaller, or spanning fewer, if not enough are left; none if not even two banks have any.
 * @planted: its size, 0 if none. */
RF_MUST_CHECK enum rf_rc rf_plant_ring(struct rf_plant *plant, uint32_t size, unsigned banks,
                                       uint32_t *planted, struct rf_err *err);

/** rf_plant_chain() - a ring in which each customer is linked to the next only, bank after bank in
 * turn, so that its ends are @hops apart. The banks must have enough left. */
RF_MUST_CHECK enum rf_rc rf_plant_chain(struct rf_plant *plant, uint32_t hops, struct rf_err *err);

/** rf_plant_everyone() - one ring of all customers */
RF_MUST_CHECK enum rf_rc rf_plant_everyone(struct rf_plant *plant, struct rf_err *err);

/** rf_plant_household() - two to four customers of one bank that share something: no ring */
RF_MUST_CHECK enum rf_rc rf_plant_household(struct rf_plant *plant, unsigned bank,
                                            struct rf_err *err);

/** rf_plant_special() - @count new customers of @bank hold identifier number @special of @slot
 * @ring: which they belong to, or RF_PLANT_NONE. The bank must have enough left. */
void rf_plant_special(struct rf_plant *plant, unsigned bank, uint32_t count, unsigned slot,
                      uint32_t special, uint32_t ring);

#endif
