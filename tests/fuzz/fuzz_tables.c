#include <string.h>

#include "party/data/groups.h"
#include "party/data/tables.h"
#include "party/data/tokens.h"
#include "tests/support/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tables(const struct rf_tables *tables, const struct rf_study *study)
{
    for (size_t c = 0; c < tables->customers; c++)
        if (tables->exposure[c] > study->max_exposure || tables->flag[c] > 1)
            abort();
    for (size_t h = 0; h < tables->holdings; h++) {
        if (tables->holding[h].customer >= tables->customers || !tables->holding[h].value[0] ||
            tables->holding[h].type >= RF_TYPE_COUNT)
            abort();
    }
}

static void check_groups(const struct rf_groups *groups)
{
    for (size_t i = 0; i < groups->row_count; i++) {
        if (groups->row[i].group >= groups->group_count ||
            (i && groups->row[i - 1].token >= groups->row[i].token))
            abort();
    }
    for (uint32_t g = 0; g < groups->group_count; g++)
        if (groups->group[g].size == 0 || groups->group[g].flagged > groups->group[g].size)
            abort();
}

static void go_on(const struct rf_tables *tables)
{
    const uint8_t zero[32] = {0};
    struct rf_tokens_key *key = NULL;
    struct rf_groups groups = {0};
    uint64_t *token = malloc((tables->holdings + 1) * sizeof *token);
    if (!token || rf_tokens_key_new(&key, zero, 32, zero, NULL) != RF_OK ||
        rf_tokens_all(key, tables, token, NULL) != RF_OK ||
        rf_groups_build(tables, 3, token, &groups, NULL) != RF_OK)
        abort();
    check_groups(&groups);
    rf_groups_fini(&groups);
    rf_tokens_key_free(key);
    free(token);
}

/* customers.csv, identifiers.csv, accounts.csv and transfers.csv, with a line "===" between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"customers.csv", "identifiers.csv", "accounts.csv",
                                        "transfers.csv"};
    struct rf_study study = {.link = RF_LINK_BOTH, .max_exposure = UINT64_C(1) << 40};
    struct rf_tables tables;
    struct rf_err err = {0};
    for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
        study.types[type] = type % 2 == 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *mark = size ? memmem(data, size, "===\n", 4) : NULL;
        size_t part = mark && i < 3 ? (size_t)(mark - data) : size;
        rf_scratch_write(names[i], data, part);
        data += part == size ? part : part + 4;
        size -= part == size ? part : part + 4;
    }
    enum rf_rc rc = rf_tables_load(&tables, rf_scratch_folder(), &study, "bank-a", &err);
    if (rc == RF_OK) {
        check_tables(&tables, &study);
        go_on(&tables);
    } else if (rc != RF_E_FORMAT || !strstr(err.text, ".csv: ")) {
        abort();
    }
    rf_tables_fini(&tables);
    return 0;
}
