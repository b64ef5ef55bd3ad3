#include "party/data/generate.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "party/data/folder.h"
#include "party/data/scenario.h"

enum {
    TEXT = 160,      /* room for any value */
    FOREIGN_ONE = 4, /* one customer in so many pays somebody outside */
    MOST_HOPS = 10000,
};

/* What is being generated. */
struct job {
    const struct rf_generate_options *options;
    const struct rf_scenario *scenario;
    const char *out;
    struct rf_err *err;
    struct rf_plant plant;
    char member[RF_BANKS_MAX][RF_MEMBER_NAME_MAX + 1];
};

/* --- what is known of a customer: a function of seed and number alone --- */

enum purpose { EXPOSURE, FLAG, STYLE, PAYMENT, FOREIGN };

static uint64_t draw(const struct job *job, enum purpose purpose, uint64_t number)
{
    uint64_t state = job->options->seed ^ (uint64_t)purpose << 60 ^ number << 8;
    (void)rf_chance_splitmix(&state);
    return rf_chance_splitmix(&state);
}

/* Below about 13 million minor units, small ones more often. */
static uint64_t exposure_of(const struct job *job, uint32_t customer)
{
    uint64_t drawn = draw(job, EXPOSURE, customer);
    if (job->scenario->awkward && customer % 5 == 0)
        return customer % 2 ? 0 : UINT64_C(1) << 53;
    return (drawn >> 8) % (UINT64_C(100) << drawn % 18);
}

static bool flag_of(const struct job *job, uint32_t customer)
{
    unsigned one_in = job->plant.ring[customer] == RF_PLANT_NONE ? 100 : 6;
    return draw(job, FLAG, customer) % one_in == 0;
}

static unsigned place_of(const struct job *job, uint32_t customer, unsigned *bank)
{
    *bank = rf_plant_bank(&job->plant, customer);
    return customer - job->plant.first[*bank];
}

static void customer_id(const struct job *job, uint32_t customer, char *text)
{
    unsigned bank;
    unsigned place = place_of(job, customer, &bank);
    if (job->scenario->awkward && customer % 2 == 0)
        (void)snprintf(text, TEXT, "B\u00fcro \"%c\", %u", (int)('A' + bank), place);
    else
        (void)snprintf(text, TEXT, "%c%08u", (int)('A' + bank), place);
}

/* Accounts look like IBANs of the made-up country ZZ. */
static void account_number(const struct job *job, uint32_t customer, char *text)
{
    unsigned bank;
    unsigned place = place_of(job, customer, &bank);
    (void)snprintf(text, TEXT, "ZZ%02uRING%010u", bank, place);
}

/* --- values, each in four styles that normalise to the same --- */

static void national_id(uint32_t number, unsigned style, char *text)
{
    unsigned a = number / 1000000, b = number / 1000 % 1000, c = number % 1000;
    if (style == 0)
        (void)snprintf(text, TEXT, "zz %03u %03u %03u", a, b, c);
    else if (style == 1)
        (void)snprintf(text, TEXT, "ZZ-%03u.%03u/%03u", a, b, c);
    else
        (void)snprintf(text, TEXT, "ZZ%03u%03u%03u", a, b, c);
}

static void phone(uint32_t number, unsigned style, char *text)
{
    unsigned a = number / 1000000, b = number / 1000 % 1000, c = number % 1000;
    if (style == 0)
        (void)snprintf(text, TEXT, "00999 %03u-%03u-%03u", a, b, c);
    else if (style == 1)
        (void)snprintf(text, TEXT, "+999 (0)%03u %03u.%03u", a, b, c);
    else
        (void)snprintf(text, TEXT, "+999 %03u %03u %03u", a, b, c);
}

static void email(uint32_t number, unsigned style, char *text)
{
    static const char *const words[] = {"amber", "birch", "cobalt", "delta",
                                        "ember", "fjord", "grove",  "heath"};
    static const char *const domains[] = {"example.com", "example.org", "example.net"};
    const char *word = words[number % 8], *domain = domains[number % 3];
    if (style == 0)
        (void)snprintf(text, TEXT, "%c%s.%u@%s", word[0] - 'a' + 'A', word + 1, number, domain);
    else if (style == 1)
        (void)snprintf(text, TEXT, " %s.%u@E%s ", word, number, domain + 1);
    else
        (void)snprintf(text, TEXT, "%s.%u@%s", word, number, domain);
}

/* Composed, decomposed and upper-case e with diaeresis. */
static void awkward_email(uint32_t number, unsigned style, char *text)
{
    static const char *const spelt[] = {"zo\u00eb", "zoe\u0308", "ZO\u00cb", "zo\u00eb"};
    (void)snprintf(text, TEXT, "%s.%u@example.com", spelt[style], number);
}

static void awkward_address(uint32_t number, unsigned style, char *text)
{
    static const char *const street[] = {"Stra\u00dfe", "STRASSE", "stra\u00dfe", "Strasse"};
    static const char *const court[] = {", \"Hof\"\n", ", Hof,\r\n", " hof ", "; (Hof)  "};
    (void)snprintf(text, TEXT, "%s %u%sZZ-%05u T\u00e9st", street[style], number, court[style],
                   number);
}

static void identifier(const struct job *job, unsigned slot, uint32_t customer, char *text)
{
    uint32_t number = job->plant.number[slot][customer];
    unsigned style = draw(job, STYLE, (uint64_t)customer * RF_PLANT_SLOTS + slot) % 4;
    switch (job->scenario->type[slot]) {
    case RF_TYPE_NATIONAL_ID:
        national_id(number, style, text);
        break;
    case RF_TYPE_PHONE:
        phone(number, style, text);
        break;
    case RF_TYPE_EMAIL:
        (job->scenario->awkward ? awkward_email : email)(number, style, text);
        break;
    default:
        awkward_address(number, style, text);
        break;
    }
}

/* --- a member's folder --- */

static enum rf_rc write_customers(struct job *job, unsigned bank)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    char id[TEXT], exposure[24];
    const char *const row[] = {id, exposure, "0"}, *const flagged[] = {id, exposure, "1"};
    RF_TRY(rf_folder_open(&file, job->out, job->member[bank], "customers.csv",
                          "customer,exposure,flag", job->err));
    for (uint32_t c = job->plant.first[bank]; c < job->plant.first[bank + 1]; c++) {
        customer_id(job, c, id);
        (void)snprintf(exposure, sizeof exposure, "%" PRIu64, exposure_of(job, c));
        rf_folder_row(&file, flag_of(job, c) ? flagged : row, 3);
    }
    RF_TRY(rf_folder_close(&file, job->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

static enum rf_rc write_identifiers(struct job *job, unsigned bank)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    char id[TEXT], value[TEXT];
    RF_TRY(rf_folder_open(&file, job->out, job->member[bank], "identifiers.csv",
                          "customer,type,value", job->err));
    for (uint32_t c = job->plant.first[bank]; c < job->plant.first[bank + 1]; c++) {
        customer_id(job, c, id);
        for (unsigned slot = 0; slot < job->plant.slots; slot++) {
            const char *const row[] = {id, rf_token_type_name(job->scenario->type[slot]), value};
            identifier(job, slot, c, value);
            rf_folder_row(&file, row, 3);
        }
    }
    RF_TRY(rf_folder_close(&file, job->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

static enum rf_rc write_accounts(struct job *job, unsigned bank)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    char account[TEXT], id[TEXT];
    const char *const row[] = {account, id};
    RF_TRY(rf_folder_open(&file, job->out, job->member[bank], "accounts.csv", "account,customer",
                          job->err));
    for (uint32_t c = job->plant.first[bank]; c < job->plant.first[bank + 1]; c++) {
        account_number(job, c, account);
        customer_id(job, c, id);
        rf_folder_row(&file, row, 2);
    }
    RF_TRY(rf_folder_close(&file, job->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

static void write_transfer(struct rf_folder_file *file, uint64_t drawn, const char *from_bank,
                           const char *from, const char *to_bank, const char *to)
{
    char time[TEXT], amount[TEXT];
    (void)snprintf(time, sizeof time, "2024-%02u-%02uT%02u:%02u:00Z", (unsigned)(drawn % 12) + 1,
                   (unsigned)(drawn >> 8) % 28 + 1, (unsigned)(drawn >> 16) % 24,
                   (unsigned)(drawn >> 24) % 60);
    (void)snprintf(amount, sizeof amount, "%u.%02u", (unsigned)(drawn >> 32) % 5000 + 1,
                   (unsigned)(drawn >> 50) % 100);
    const char *const row[] = {time, from_bank, from, to_bank, to, amount, "EUR"};
    rf_folder_row(file, row, 7);
}

/* Planted payments in which the bank has a part. Both banks write the same row. */
static void write_planted(const struct job *job, unsigned bank, struct rf_folder_file *file)
{
    char from[TEXT], to[TEXT];
    for (size_t i = 0; i < job->plant.transfers; i++) {
        const struct rf_plant_transfer *transfer = &job->plant.transfer[i];
        unsigned payer = rf_plant_bank(&job->plant, transfer->from);
        unsigned payee = rf_plant_bank(&job->plant, transfer->to);
        if (payer != bank && payee != bank)
            continue;
        account_number(job, transfer->from, from);
        account_number(job, transfer->to, to);
        write_transfer(file, draw(job, PAYMENT, i), job->member[payer], from, job->member[payee],
                       to);
    }
}

/* Payments to accounts outside, each paid by one customer, so that nobody is joined by them. */
static void write_foreign(const struct job *job, unsigned bank, struct rf_folder_file *file)
{
    char from[TEXT], to[TEXT];
    for (uint32_t c = job->plant.first[bank]; c < job->plant.first[bank + 1]; c++) {
        uint64_t drawn = draw(job, FOREIGN, c);
        if (drawn % FOREIGN_ONE != 0)
            continue;
        account_number(job, c, from);
        (void)snprintf(to, sizeof to, "ZZ99ELSE%010u", c);
        write_transfer(file, drawn, job->member[bank], from, "elsewhere", to);
    }
}

static enum rf_rc write_transfers(struct job *job, unsigned bank)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    RF_TRY(rf_folder_open(&file, job->out, job->member[bank], "transfers.csv",
                          "time,from_bank,from_account,to_bank,to_account,amount,currency",
                          job->err));
    write_planted(job, bank, &file);
    write_foreign(job, bank, &file);
    RF_TRY(rf_folder_close(&file, job->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

static enum rf_rc write_member(struct job *job, unsigned bank)
{
    enum rf_rc rc;
    RF_TRY(write_customers(job, bank));
    if (job->plant.slots)
        RF_TRY(write_identifiers(job, bank));
    if (job->plant.pays) {
        RF_TRY(write_accounts(job, bank));
        RF_TRY(write_transfers(job, bank));
    }
done:
    return rc;
}

/* --- the study --- */

static enum rf_rc write_study(struct job *job)
{
    const struct rf_scenario *scenario = job->scenario;
    struct rf_study study;
    char name[64];
    (void)snprintf(name, sizeof name, "generated-%s", scenario->about.name);
    rf_folder_defaults(&study, name, "Synthetic data, to try Ringfence", scenario->link);
    for (unsigned slot = 0; slot < scenario->slots; slot++)
        study.types[scenario->type[slot]] = true;
    study.hub_cap = scenario->hub_cap;
    study.max_exposure = scenario->max_exposure;
    rf_folder_roles(&study, job->member, job->options->banks);
    return rf_folder_study(job->out, &study, job->err);
}

/* --- the truth --- */

/* Customers in the order of their rings: those of ring r are at start[r] .. start[r + 1] - 1. */
static bool sort_by_ring(const struct rf_plant *plant, uint32_t **start, uint32_t **member)
{
    *start = calloc((size_t)plant->rings + 2, sizeof **start);
    *member = malloc(((size_t)plant->customers + 1) * sizeof **member);
    if (!*start || !*member)
        return false;
    for (uint32_t c = 0; c < plant->customers; c++)
        if (plant->ring[c] != RF_PLANT_NONE)
            (*start)[plant->ring[c] + 2]++;
    for (uint32_t r = 1; r <= plant->rings; r++)
        (*start)[r + 1] += (*start)[r];
    for (uint32_t c = 0; c < plant->customers; c++)
        if (plant->ring[c] != RF_PLANT_NONE)
            (*member)[(*start)[plant->ring[c] + 1]++] = c;
    return true;
}

static json_t *ring_members(const struct job *job, const uint32_t *member, uint32_t count)
{
    json_t *banks = json_object();
    char id[TEXT];
    for (uint32_t i = 0; i < count; i++) {
        const char *bank = job->member[rf_plant_bank(&job->plant, member[i])];
        if (!json_object_get(banks, bank))
            (void)json_object_set_new(banks, bank, json_array());
        customer_id(job, member[i], id);
        (void)json_array_append_new(json_object_get(banks, bank), json_string(id));
    }
    return banks;
}

static enum rf_rc write_ring(const struct job *job, const uint32_t *member, uint32_t count,
                             FILE *out)
{
    uint64_t exposure = 0;
    unsigned flagged = 0;
    for (uint32_t i = 0; i < count; i++) {
        exposure += exposure_of(job, member[i]);
        flagged += flag_of(job, member[i]);
    }
    json_t *members = ring_members(job, member, count);
    json_t *ring =
        json_pack("{s:I, s:I, s:I, s:I, s:o}", "size", (json_int_t)count, "banks",
                  (json_int_t)json_object_size(members), "exposure", (json_int_t)exposure,
                  "flagged", (json_int_t)flagged, "members", members);
    bool written = ring && json_dumpf(ring, out, JSON_COMPACT) == 0;
    json_decref(ring);
    return written ? RF_OK : rf_err_set(job->err, RF_E_IO, "cannot write truth.json");
}

static enum rf_rc write_rings(const struct job *job, FILE *out)
{
    enum rf_rc rc = RF_OK;
    uint32_t *start = NULL, *member = NULL;
    if (!sort_by_ring(&job->plant, &start, &member)) {
        rc = rf_err_set(job->err, RF_E_MEMORY, "out of memory for the rings' members");
        goto done;
    }
    for (uint32_t r = 0; r < job->plant.rings; r++) {
        fputs(r ? ",\n  " : "\n  ", out);
        RF_TRY(write_ring(job, member + start[r], start[r + 1] - start[r], out));
    }
done:
    free(start);
    free(member);
    return rc;
}

/* Ring by ring, so that memory holds one at a time. */
static enum rf_rc write_truth(struct job *job)
{
    enum rf_rc rc;
    struct rf_folder_file file = {0};
    RF_TRY(rf_folder_open(&file, job->out, NULL, "truth.json", NULL, job->err));
    fprintf(file.file, "{\"scenario\": \"%s\", \"seed\": %" PRIu64 ", \"customers\": {",
            job->scenario->about.name, job->options->seed);
    for (unsigned b = 0; b < job->plant.banks; b++)
        fprintf(file.file, "%s\"%s\": %u", b ? ", " : "", job->member[b],
                job->plant.first[b + 1] - job->plant.first[b]);
    fprintf(file.file, "},\n\"rings\": [");
    RF_TRY(write_rings(job, file.file));
    fprintf(file.file, "\n]}\n");
    RF_TRY(rf_folder_close(&file, job->err));
done:
    rf_folder_abandon(&file);
    return rc;
}

/* --- the interface --- */

void rf_generate_defaults(struct rf_generate_options *options)
{
    *options = (struct rf_generate_options){.scenario = "identifiers",
                                            .banks = 5,
                                            .customers = 10000,
                                            .seed = 1,
                                            .shared = 0.01,
                                            .hops = 40};
}

uint64_t rf_generate_most(const char *scenario)
{
    const struct rf_scenario *found = rf_scenario_find(scenario);
    return found ? found->most_customers : 0;
}

const struct rf_generate_about *rf_generate_scenario(unsigned index)
{
    const struct rf_scenario *scenario = rf_scenario_at(index);
    return scenario ? &scenario->about : NULL;
}

static enum rf_rc unknown_scenario(const char *name, struct rf_err *err)
{
    char known[256] = "";
    size_t used = 0;
    for (unsigned i = 0; rf_scenario_at(i) && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 rf_scenario_at(i)->about.name);
    return rf_err_set(err, RF_E_ARG, "there is no scenario \"%s\"; there are %s", name, known);
}

static enum rf_rc check(const struct job *job)
{
    const struct rf_generate_options *options = job->options;
    const struct rf_scenario *scenario = job->scenario;
    const char *name = scenario->about.name;
    if (options->banks < scenario->least_banks || options->banks > RF_BANKS_MAX)
        return rf_err_set(job->err, RF_E_ARG, "scenario %s needs %u to %d banks", name,
                          scenario->least_banks, RF_BANKS_MAX);
    if (options->customers < options->banks || options->customers > scenario->most_customers) {
        return rf_err_set(job->err, RF_E_ARG,
                          "scenario %s with %u banks needs %u to %" PRIu64 " customers", name,
                          options->banks, options->banks, scenario->most_customers);
    }
    if (!(options->shared >= 0 && options->shared <= 0.25))
        return rf_err_set(job->err, RF_E_ARG, "the shared part must be between 0 and 0.25");
    if (options->hops < 1 || options->hops > MOST_HOPS)
        return rf_err_set(job->err, RF_E_ARG, "hops must be between 1 and %d", MOST_HOPS);
    return RF_OK;
}

static enum rf_rc plant(struct job *job)
{
    enum rf_rc rc;
    const struct rf_scenario *scenario = job->scenario;
    uint32_t size[RF_BANKS_MAX];
    rf_scenario_sizes(scenario, job->options, size);
    RF_TRY(rf_plant_init(&job->plant, job->options->seed, job->options->banks, size,
                         scenario->slots, scenario->link & RF_LINK_TRANSFERS, job->err));
    RF_TRY(scenario->plant(&job->plant, job->options, job->err));
done:
    return rc;
}

enum rf_rc rf_generate(const struct rf_generate_options *options, const char *out,
                       struct rf_err *err)
{
    enum rf_rc rc;
    struct job job = {.options = options, .out = out, .err = err};
    job.scenario = rf_scenario_find(options->scenario);
    if (!job.scenario)
        return unknown_scenario(options->scenario, err);
    RF_TRY(check(&job));
    RF_TRY(plant(&job));
    for (unsigned b = 0; b < options->banks; b++)
        rf_folder_member(b, job.member[b]);
    for (unsigned b = 0; b < options->banks; b++)
        RF_TRY(write_member(&job, b));
    RF_TRY(write_study(&job));
    RF_TRY(write_truth(&job));
done:
    rf_plant_fini(&job.plant);
    return rc;
}
