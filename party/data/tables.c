#include "party/data/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/data/arena.h"
#include "party/data/csv.h"
#include "party/data/map.h"
#include "party/data/normalise.h"
#include "party/data/number.h"

/* One end of a transfer. */
struct side {
    unsigned bank_column, account_column;
    struct rf_normaliser value; /* of the account's token */
    bool own;                   /* an account of the member */
    uint32_t customer;          /* whose it is, then */
};

/* What is needed while loading and not afterwards. */
struct loader {
    struct rf_tables *tables;
    const struct rf_study *study;
    struct rf_err *err;
    struct rf_arena *names;              /* customers' ids and account numbers */
    struct rf_map customers;             /* id -> index in the tables */
    struct rf_map accounts;              /* value of the account's token -> index in owner */
    uint32_t *owner;                     /* customer of each account */
    struct rf_map values[RF_TYPE_COUNT]; /* so that each value is stored once */
    size_t customer_room, owner_room, holding_room;
    struct rf_normaliser text, bank;
    struct side from, to;
    const char *member;
    const char *own_bank; /* the member's name, normalised as a bank id */
};

/* --- growing arrays --- */

static enum rf_rc no_memory(struct loader *loader)
{
    return rf_err_set(loader->err, RF_E_MEMORY, "out of memory while reading customers' tables");
}

static size_t next_room(size_t room)
{
    return room ? room + room / 2 : 1024;
}

static enum rf_rc customer_room(struct loader *loader)
{
    struct rf_tables *tables = loader->tables;
    if (tables->customers < loader->customer_room)
        return RF_OK;
    size_t room = next_room(loader->customer_room);
    uint64_t *exposure = realloc(tables->exposure, room * sizeof *exposure);
    if (!exposure)
        return no_memory(loader);
    tables->exposure = exposure;
    uint8_t *flag = realloc(tables->flag, room * sizeof *flag);
    if (!flag)
        return no_memory(loader);
    tables->flag = flag;
    loader->customer_room = room;
    return RF_OK;
}

static enum rf_rc holding_room(struct loader *loader)
{
    struct rf_tables *tables = loader->tables;
    if (tables->holdings < loader->holding_room)
        return RF_OK;
    size_t room = next_room(loader->holding_room);
    struct rf_holding *holding = realloc(tables->holding, room * sizeof *holding);
    if (!holding)
        return no_memory(loader);
    tables->holding = holding;
    loader->holding_room = room;
    return RF_OK;
}

static enum rf_rc owner_room(struct loader *loader)
{
    if (loader->accounts.count <= loader->owner_room)
        return RF_OK;
    size_t room = next_room(loader->owner_room);
    uint32_t *owner = realloc(loader->owner, room * sizeof *owner);
    if (!owner)
        return no_memory(loader);
    loader->owner = owner;
    loader->owner_room = room;
    return RF_OK;
}

/* --- fields --- */

static enum rf_rc add_name(struct loader *loader, struct rf_map *map, const char *text, size_t size,
                           uint32_t *number, bool *added)
{
    return rf_map_add(map, text, size, number, added) == RF_OK ? RF_OK : no_memory(loader);
}

static enum rf_rc find_customer(struct loader *loader, const struct rf_csv_row *row,
                                unsigned column, uint32_t *customer)
{
    const struct rf_csv_field *id = &row->field[column];
    *customer = rf_map_find(&loader->customers, id->text, id->size);
    if (*customer == RF_MAP_NONE)
        return rf_csv_error(row, column, loader->err, "this customer is not in customers.csv");
    return RF_OK;
}

/* Turns a normaliser's refusal into an error about the field. */
static enum rf_rc normalised(struct loader *loader, const struct rf_csv_row *row, unsigned column,
                             enum rf_rc rc, const char *why)
{
    if (rc == RF_E_FORMAT)
        return rf_csv_error(row, column, loader->err, "%s", why);
    return rc == RF_OK ? RF_OK : no_memory(loader);
}

static enum rf_rc hold(struct loader *loader, uint32_t customer, enum rf_token_type type,
                       const struct rf_normaliser *value)
{
    enum rf_rc rc;
    struct rf_tables *tables = loader->tables;
    struct rf_map *values = &loader->values[type];
    uint32_t number;
    RF_TRY(holding_room(loader));
    RF_TRY(add_name(loader, values, value->text, value->size, &number, NULL));
    tables->holding[tables->holdings++] = (struct rf_holding){
        .customer = customer, .type = (uint8_t)type, .value = values->key[number]};
done:
    return rc;
}

/* --- customers.csv --- */

enum { CUSTOMER, EXPOSURE, FLAG };

static enum rf_rc read_exposure(struct loader *loader, const struct rf_csv_row *row,
                                uint64_t *exposure)
{
    const struct rf_csv_field *field = &row->field[EXPOSURE];
    const char *wrong = rf_number_whole(field->text, field->size, exposure);
    if (wrong)
        return rf_csv_error(row, EXPOSURE, loader->err, "%s", wrong);
    if (*exposure > loader->study->max_exposure)
        return rf_csv_error(row, EXPOSURE, loader->err, "is above the study's max_exposure (%llu)",
                            (unsigned long long)loader->study->max_exposure);
    return RF_OK;
}

static enum rf_rc read_flag(struct loader *loader, const struct rf_csv_row *row, uint8_t *flag)
{
    const char *text = row->field[FLAG].text;
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return rf_csv_error(row, FLAG, loader->err, "must be 0 or 1");
    *flag = text[0] == '1';
    return RF_OK;
}

static enum rf_rc take_customer(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    enum rf_rc rc;
    struct loader *loader = context;
    struct rf_tables *tables = loader->tables;
    const struct rf_csv_field *id = &row->field[CUSTOMER];
    uint32_t number;
    bool added;
    if (id->size == 0)
        return rf_csv_error(row, CUSTOMER, err, "is empty");
    RF_TRY(add_name(loader, &loader->customers, id->text, id->size, &number, &added));
    if (!added)
        return rf_csv_error(row, CUSTOMER, err, "this customer is in the file twice");
    RF_TRY(customer_room(loader));
    RF_TRY(read_exposure(loader, row, &tables->exposure[number]));
    RF_TRY(read_flag(loader, row, &tables->flag[number]));
    tables->customers++;
done:
    return rc;
}

/* --- identifiers.csv --- */

enum { ID_CUSTOMER, ID_TYPE, ID_VALUE };

static enum rf_rc read_type(struct loader *loader, const struct rf_csv_row *row,
                            enum rf_token_type *type)
{
    const char *text = row->field[ID_TYPE].text;
    for (unsigned i = 0; i < RF_TYPE_COUNT; i++) {
        if (strcmp(text, rf_token_type_name(i)) != 0)
            continue;
        if (i == RF_TYPE_ACCOUNT)
            break;
        *type = i;
        return RF_OK;
    }
    return rf_csv_error(row, ID_TYPE, loader->err,
                        "unknown type; it must be national_id, phone, email, address, device, card "
                        "or ip");
}

static enum rf_rc take_identifier(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    (void)err;
    enum rf_rc rc;
    struct loader *loader = context;
    const struct rf_csv_field *value = &row->field[ID_VALUE];
    uint32_t customer;
    enum rf_token_type type = RF_TYPE_COUNT;
    const char *why = NULL;
    RF_TRY(find_customer(loader, row, ID_CUSTOMER, &customer));
    RF_TRY(read_type(loader, row, &type));
    rc = rf_normalise(&loader->text, type, value->text, value->size, &why);
    RF_TRY(normalised(loader, row, ID_VALUE, rc, why));
    if (loader->study->types[type])
        RF_TRY(hold(loader, customer, type, &loader->text));
done:
    return rc;
}

/* --- accounts.csv --- */

enum { ACCOUNT, ACCOUNT_CUSTOMER };

static enum rf_rc add_account(struct loader *loader, const struct rf_csv_row *row,
                              uint32_t customer)
{
    enum rf_rc rc;
    uint32_t number;
    bool added;
    RF_TRY(
        add_name(loader, &loader->accounts, loader->text.text, loader->text.size, &number, &added));
    if (!added)
        return rf_csv_error(row, ACCOUNT, loader->err, "this account is in the file twice");
    RF_TRY(owner_room(loader));
    loader->owner[number] = customer;
done:
    return rc;
}

static enum rf_rc take_account(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    (void)err;
    enum rf_rc rc;
    struct loader *loader = context;
    const struct rf_csv_field *account = &row->field[ACCOUNT];
    uint32_t customer;
    const char *why = NULL;
    rc = rf_normalise_account(&loader->text, loader->own_bank, account->text, account->size, &why);
    RF_TRY(normalised(loader, row, ACCOUNT, rc, why));
    RF_TRY(find_customer(loader, row, ACCOUNT_CUSTOMER, &customer));
    RF_TRY(add_account(loader, row, customer));
done:
    return rc;
}

/* --- transfers.csv --- */

enum { TIME, FROM_BANK, FROM_ACCOUNT, TO_BANK, TO_ACCOUNT, AMOUNT, CURRENCY };

static enum rf_rc find_owner(struct loader *loader, const struct rf_csv_row *row, struct side *side)
{
    uint32_t number = rf_map_find(&loader->accounts, side->value.text, side->value.size);
    if (number == RF_MAP_NONE)
        return rf_csv_error(row, side->account_column, loader->err,
                            "this account of %s is not in accounts.csv", loader->member);
    side->customer = loader->owner[number];
    return RF_OK;
}

static enum rf_rc read_side(struct loader *loader, const struct rf_csv_row *row, struct side *side)
{
    enum rf_rc rc;
    const struct rf_csv_field *bank = &row->field[side->bank_column];
    const struct rf_csv_field *account = &row->field[side->account_column];
    const char *why = NULL;
    rc = rf_normalise_bank(&loader->bank, bank->text, bank->size, &why);
    RF_TRY(normalised(loader, row, side->bank_column, rc, why));
    rc = rf_normalise_account(&side->value, loader->bank.text, account->text, account->size, &why);
    RF_TRY(normalised(loader, row, side->account_column, rc, why));
    side->own = strcmp(loader->bank.text, loader->own_bank) == 0;
    if (side->own)
        RF_TRY(find_owner(loader, row, side));
done:
    return rc;
}

static enum rf_rc hold_both(struct loader *loader, uint32_t customer)
{
    enum rf_rc rc;
    RF_TRY(hold(loader, customer, RF_TYPE_ACCOUNT, &loader->from.value));
    RF_TRY(hold(loader, customer, RF_TYPE_ACCOUNT, &loader->to.value));
done:
    return rc;
}

static enum rf_rc check_amount(const struct rf_csv_row *row, struct rf_err *err)
{
    const struct rf_csv_field *amount = &row->field[AMOUNT];
    const char *wrong = rf_number_check_decimal(amount->text, amount->size);
    return wrong ? rf_csv_error(row, AMOUNT, err, "%s", wrong) : RF_OK;
}

static enum rf_rc take_transfer(void *context, const struct rf_csv_row *row, struct rf_err *err)
{
    enum rf_rc rc;
    struct loader *loader = context;
    RF_TRY(read_side(loader, row, &loader->from));
    RF_TRY(read_side(loader, row, &loader->to));
    RF_TRY(check_amount(row, err));
    if (!loader->from.own && !loader->to.own)
        return rf_csv_error_row(row, err, "neither from_bank nor to_bank is %s", loader->member);
    if (loader->from.own)
        RF_TRY(hold_both(loader, loader->from.customer));
    if (loader->to.own)
        RF_TRY(hold_both(loader, loader->to.customer));
done:
    return rc;
}

/* --- the folder --- */

#define COLUMNS(...)                                                                               \
    {                                                                                              \
        .column = (const char *const[]){__VA_ARGS__},                                              \
        .columns = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                    \
        .header = RF_CSV_EXACT                                                                     \
    }

static const struct rf_csv_format customers_format = COLUMNS("customer", "exposure", "flag");
static const struct rf_csv_format identifiers_format = COLUMNS("customer", "type", "value");
static const struct rf_csv_format accounts_format = COLUMNS("account", "customer");
static const struct rf_csv_format transfers_format =
    COLUMNS("time", "from_bank", "from_account", "to_bank", "to_account", "amount", "currency");

static enum rf_rc read_file(struct loader *loader, const char *folder, const char *name,
                            const struct rf_csv_format *format, rf_csv_row_fn *row)
{
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (size < 0 || (size_t)size >= sizeof path)
        return rf_err_set(loader->err, RF_E_ARG, "the path of %s is too long", name);
    return rf_csv_read(path, format, row, loader, loader->err);
}

static enum rf_rc read_folder(struct loader *loader, const char *folder)
{
    enum rf_rc rc;
    unsigned link = loader->study->link;
    RF_TRY(read_file(loader, folder, "customers.csv", &customers_format, take_customer));
    if (link & RF_LINK_IDENTIFIERS)
        RF_TRY(read_file(loader, folder, "identifiers.csv", &identifiers_format, take_identifier));
    if (link & RF_LINK_TRANSFERS) {
        RF_TRY(read_file(loader, folder, "accounts.csv", &accounts_format, take_account));
        RF_TRY(read_file(loader, folder, "transfers.csv", &transfers_format, take_transfer));
    }
done:
    return rc;
}

/* Values are stored once, so equal ones have equal addresses. */
static int compare_holdings(const void *left, const void *right)
{
    const struct rf_holding *a = left, *b = right;
    if (a->customer != b->customer)
        return a->customer < b->customer ? -1 : 1;
    if (a->value != b->value)
        return (uintptr_t)a->value < (uintptr_t)b->value ? -1 : 1;
    return 0;
}

static void drop_duplicates(struct rf_tables *tables)
{
    size_t kept = 0;
    if (tables->holdings == 0)
        return;
    qsort(tables->holding, tables->holdings, sizeof *tables->holding, compare_holdings);
    for (size_t i = 1; i < tables->holdings; i++)
        if (compare_holdings(&tables->holding[kept], &tables->holding[i]) != 0)
            tables->holding[++kept] = tables->holding[i];
    tables->holdings = kept + 1;
}

static enum rf_rc prepare(struct loader *loader)
{
    enum rf_rc rc;
    const char *why = NULL;
    loader->names = rf_arena_new();
    loader->tables->arena = rf_arena_new();
    if (!loader->names || !loader->tables->arena)
        return no_memory(loader);
    RF_TRY(rf_map_init(&loader->customers, loader->names));
    RF_TRY(rf_map_init(&loader->accounts, loader->names));
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        RF_TRY(rf_map_init(&loader->values[type], loader->tables->arena));
    RF_TRY(rf_normalise_bank(&loader->bank, loader->member, strlen(loader->member), &why));
    loader->own_bank = rf_arena_copy(loader->names, loader->bank.text, loader->bank.size);
    if (!loader->own_bank)
        return no_memory(loader);
done:
    if (rc != RF_OK)
        return rf_err_set(loader->err, rc, "cannot prepare to read the tables of %s: %s",
                          loader->member, why ? why : rf_rc_name(rc));
    return rc;
}

static void finish(struct loader *loader)
{
    rf_map_fini(&loader->customers);
    rf_map_fini(&loader->accounts);
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        rf_map_fini(&loader->values[type]);
    rf_normaliser_fini(&loader->text);
    rf_normaliser_fini(&loader->bank);
    rf_normaliser_fini(&loader->from.value);
    rf_normaliser_fini(&loader->to.value);
    rf_arena_free(loader->names);
    free(loader->owner);
}

enum rf_rc rf_tables_load(struct rf_tables *tables, const char *folder,
                          const struct rf_study *study, const char *member, struct rf_err *err)
{
    enum rf_rc rc;
    struct loader loader = {
        .tables = tables,
        .study = study,
        .err = err,
        .member = member,
        .from = {.bank_column = FROM_BANK, .account_column = FROM_ACCOUNT},
        .to = {.bank_column = TO_BANK, .account_column = TO_ACCOUNT},
    };
    *tables = (struct rf_tables){0};
    RF_TRY(prepare(&loader));
    RF_TRY(read_folder(&loader, folder));
    drop_duplicates(tables);
done:
    finish(&loader);
    if (rc != RF_OK)
        rf_tables_fini(tables);
    return rc;
}

void rf_tables_fini(struct rf_tables *tables)
{
    rf_secret_free(tables->exposure, tables->customers * sizeof *tables->exposure);
    rf_secret_free(tables->flag, tables->customers * sizeof *tables->flag);
    rf_secret_free(tables->holding, tables->holdings * sizeof *tables->holding);
    rf_arena_free(tables->arena);
    *tables = (struct rf_tables){0};
}
