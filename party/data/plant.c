#include "party/data/plant.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 8, AT_TWO_BANKS = 0x80, COUNT = 0x7f };

/* --- storage --- */

static enum rf_rc no_memory(struct rf_err *err)
{
    return rf_err_set(err, RF_E_MEMORY, "out of memory for so many customers");
}

static bool init_slot(struct rf_plant *plant, unsigned slot)
{
    size_t count = plant->customers ? plant->customers : 1;
    plant->number[slot] = malloc(count * sizeof **plant->number);
    plant->holders[slot] = malloc(count);
    if (!plant->number[slot] || !plant->holders[slot])
        return false;
    for (uint32_t c = 0; c < plant->customers; c++)
        plant->number[slot][c] = c;
    memset(plant->holders[slot], 1, count);
    return true;
}

enum rf_rc rf_plant_init(struct rf_plant *plant, uint64_t seed, unsigned banks,
                         const uint32_t *size, unsigned slots, bool pays, struct rf_err *err)
{
    *plant = (struct rf_plant){.banks = banks, .slots = slots, .pays = pays};
    rf_chance_init(&plant->chance, seed);
    for (unsigned b = 0; b < banks; b++)
        plant->first[b + 1] = plant->first[b] + size[b];
    plant->customers = plant->first[banks];
    size_t count = plant->customers ? plant->customers : 1;
    plant->ring = malloc(count * sizeof *plant->ring);
    plant->partners = calloc(count, 1);
    bool ready = plant->ring && plant->partners;
    for (unsigned slot = 0; slot < slots && ready; slot++)
        ready = init_slot(plant, slot);
    if (!ready) {
        rf_plant_fini(plant);
        return no_memory(err);
    }
    for (uint32_t c = 0; c < plant->customers; c++)
        plant->ring[c] = RF_PLANT_NONE;
    return RF_OK;
}

void rf_plant_fini(struct rf_plant *plant)
{
    for (unsigned slot = 0; slot < RF_PLANT_SLOTS; slot++) {
        free(plant->number[slot]);
        free(plant->holders[slot]);
    }
    free(plant->partners);
    free(plant->transfer);
    free(plant->ring);
    *plant = (struct rf_plant){0};
}

unsigned rf_plant_bank(const struct rf_plant *plant, uint32_t customer)
{
    unsigned bank = 0;
    while (customer >= plant->first[bank + 1])
        bank++;
    return bank;
}

/* --- who is next --- */

static uint32_t left(const struct rf_plant *plant, unsigned bank)
{
    return plant->first[bank + 1] - plant->first[bank] - plant->taken[bank];
}

/* A stride without a common divisor visits all customers of a bank once, scattered over it. */
static uint64_t stride(uint32_t size)
{
    uint64_t step = (uint64_t)size * 5 / 8 + 1;
    for (;; step++) {
        uint64_t a = step, b = size;
        while (b) {
            uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            return step;
    }
}

/* A customer of @bank that is not planted yet, or RF_PLANT_NONE. */
static uint32_t take(struct rf_plant *plant, unsigned bank)
{
    uint32_t size = plant->first[bank + 1] - plant->first[bank];
    if (left(plant, bank) == 0)
        return RF_PLANT_NONE;
    uint64_t at = (plant->taken[bank]++ * stride(size)) % size;
    return plant->first[bank] + (uint32_t)at;
}

/* Up to @wanted different banks that have customers left, in random order. */
static unsigned pick_banks(struct rf_plant *plant, unsigned wanted, unsigned *picked)
{
    unsigned count = 0;
    for (unsigned b = 0; b < plant->banks; b++)
        if (left(plant, b))
            picked[count++] = b;
    for (unsigned i = 0; i + 1 < count; i++) {
        unsigned j = i + (unsigned)rf_chance_below(&plant->chance, count - i);
        unsigned swap = picked[i];
        picked[i] = picked[j];
        picked[j] = swap;
    }
    return count < wanted ? count : wanted;
}

/* --- links --- */

static void mark_shared(struct rf_plant *plant, uint8_t *token)
{
    plant->shared += !(*token & AT_TWO_BANKS);
    *token |= AT_TWO_BANKS;
}

static bool share(struct rf_plant *plant, uint32_t parent, uint32_t child, unsigned slot)
{
    uint32_t number = plant->number[slot][parent];
    if (number >= plant->customers || (plant->holders[slot][number] & COUNT) >= RF_PLANT_LIMIT)
        return false;
    plant->holders[slot][plant->number[slot][child]]--;
    plant->holders[slot][number]++;
    plant->number[slot][child] = number;
    if (rf_plant_bank(plant, number) != rf_plant_bank(plant, child)) /* its first holder's */
        mark_shared(plant, &plant->holders[slot][number]);
    return true;
}

static bool share_any(struct rf_plant *plant, uint32_t parent, uint32_t child)
{
    unsigned slot = (unsigned)rf_chance_below(&plant->chance, plant->slots);
    for (unsigned i = 0; i < plant->slots; i++)
        if (share(plant, parent, child, (slot + i) % plant->slots))
            return true;
    return false;
}

static enum rf_rc pay(struct rf_plant *plant, uint32_t from, uint32_t to, struct rf_err *err)
{
    if (plant->transfers == plant->transfer_room) {
        size_t room = plant->transfer_room ? plant->transfer_room * 2 : 1024;
        struct rf_plant_transfer *transfer = realloc(plant->transfer, room * sizeof *transfer);
        if (!transfer)
            return no_memory(err);
        plant->transfer = transfer;
        plant->transfer_room = room;
    }
    plant->transfer[plant->transfers++] = (struct rf_plant_transfer){from, to};
    plant->partners[from]++;
    plant->partners[to]++;
    if (rf_plant_bank(plant, from) != rf_plant_bank(plant, to)) {
        mark_shared(plant, &plant->partners[from]);
        mark_shared(plant, &plant->partners[to]);
    }
    return RF_OK;
}

/* Links @child, which is new, to @parent; *done is false if the parent has too many links. */
static enum rf_rc link_to(struct rf_plant *plant, uint32_t parent, uint32_t child, bool *done,
                          struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    bool by_payment = plant->pays && (plant->slots == 0 || rf_chance_one_in(&plant->chance, 2));
    *done = true;
    if (!by_payment)
        *done = share_any(plant, parent, child);
    else if ((plant->partners[parent] & COUNT) + 1 >= RF_PLANT_LIMIT)
        *done = false;
    else if (rf_chance_one_in(&plant->chance, 2))
        RF_TRY(pay(plant, parent, child, err));
    else
        RF_TRY(pay(plant, child, parent, err));
done:
    return rc;
}

/* Links a new member to one of those before it. The last of them has no link but its own first
 * one, so that it always has room. */
static enum rf_rc join(struct rf_plant *plant, const uint32_t *member, uint32_t count,
                       uint32_t child, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    bool done = false;
    for (unsigned try = 0; try < TRIES && !done; try++) {
        uint32_t parent = member[rf_chance_below(&plant->chance, count)];
        RF_TRY(link_to(plant, parent, child, &done, err));
    }
    if (!done)
        RF_TRY(link_to(plant, member[count - 1], child, &done, err));
    if (!done)
        return rf_err_set(err, RF_E_INTERNAL, "no room for a link in synthetic data");
done:
    return rc;
}

/* --- groups --- */

static enum rf_rc connect(struct rf_plant *plant, const uint32_t *member, uint32_t count,
                          uint32_t ring, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    for (uint32_t i = 0; i < count; i++) {
        plant->ring[member[i]] = ring;
        if (i)
            RF_TRY(join(plant, member, i, member[i], err));
    }
done:
    return rc;
}

/* One customer of each bank first, then more of any of them. */
static uint32_t take_members(struct rf_plant *plant, const unsigned *bank, unsigned banks,
                             uint32_t size, uint32_t *member)
{
    uint32_t count = 0;
    for (unsigned b = 0; b < banks; b++)
        member[count++] = take(plant, bank[b]);
    for (uint32_t tries = 0; count < size && tries < size * TRIES; tries++) {
        uint32_t next = take(plant, bank[rf_chance_below(&plant->chance, banks)]);
        if (next != RF_PLANT_NONE)
            member[count++] = next;
    }
    return count;
}

enum rf_rc rf_plant_ring(struct rf_plant *plant, uint32_t size, unsigned banks, uint32_t *planted,
                         struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    unsigned bank[RF_BANKS_MAX];
    banks = pick_banks(plant, banks, bank);
    *planted = 0;
    if (banks < 2)
        return RF_OK;
    size = size < banks ? banks : size;
    uint32_t *member = malloc(size * sizeof *member);
    if (!member)
        return no_memory(err);
    uint32_t count = take_members(plant, bank, banks, size, member);
    RF_TRY(connect(plant, member, count, plant->rings++, err));
    *planted = count;
done:
    free(member);
    return rc;
}

enum rf_rc rf_plant_chain(struct rf_plant *plant, uint32_t hops, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    uint32_t before = RF_PLANT_NONE;
    for (uint32_t k = 0; k <= hops; k++) {
        uint32_t next = take(plant, k % plant->banks);
        if (next == RF_PLANT_NONE)
            return rf_err_set(err, RF_E_ARG, "too few customers for a chain of %u hops", hops);
        plant->ring[next] = plant->rings;
        /* In turn, so that no identifier is passed on twice. */
        if (k && plant->slots)
            (void)share(plant, before, next, k % plant->slots);
        else if (k)
            RF_TRY(pay(plant, before, next, err));
        before = next;
    }
    plant->rings++;
done:
    return rc;
}

enum rf_rc rf_plant_everyone(struct rf_plant *plant, struct rf_err *err)
{
    enum rf_rc rc;
    uint32_t *member = malloc((plant->customers ? plant->customers : 1) * sizeof *member);
    if (!member)
        return no_memory(err);
    for (uint32_t c = 0; c < plant->customers; c++)
        member[c] = c;
    for (uint32_t i = 0; i + 1 < plant->customers; i++) {
        uint32_t j = i + (uint32_t)rf_chance_below(&plant->chance, plant->customers - i);
        uint32_t swap = member[i];
        member[i] = member[j];
        member[j] = swap;
    }
    RF_TRY(connect(plant, member, plant->customers, plant->rings++, err));
done:
    free(member);
    return rc;
}

enum rf_rc rf_plant_household(struct rf_plant *plant, unsigned bank, struct rf_err *err)
{
    uint32_t member[4];
    uint32_t size = 2 + (uint32_t)rf_chance_below(&plant->chance, 3);
    if (left(plant, bank) < size)
        return RF_OK;
    for (uint32_t i = 0; i < size; i++)
        member[i] = take(plant, bank);
    return connect(plant, member, size, RF_PLANT_NONE, err);
}

void rf_plant_special(struct rf_plant *plant, unsigned bank, uint32_t count, unsigned slot,
                      uint32_t special, uint32_t ring)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t customer = take(plant, bank);
        plant->holders[slot][plant->number[slot][customer]]--;
        plant->number[slot][customer] = plant->customers + special;
        plant->ring[customer] = ring;
        if (special >= plant->specials)
            plant->specials = special + 1;
    }
}
