#include "party/report/result.h"

#include <stdlib.h>

struct rf_result *rf_result_new(const struct rf_shape *shape)
{
    struct rf_result *result = calloc(1, sizeof *result);
    if (!result)
        return NULL;
    result->shape = *shape;
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++) {
        size_t cells = rf_table_cells(shape, table);
        if (cells == 0)
            continue;
        result->table[table] = calloc(cells, sizeof **result->table);
        if (!result->table[table]) {
            rf_result_free(result);
            return NULL;
        }
    }
    return result;
}

void rf_result_free(struct rf_result *result)
{
    if (!result)
        return;
    for (unsigned table = 0; table < RF_TABLE_COUNT; table++)
        free(result->table[table]);
    free(result);
}

size_t rf_result_withheld(const struct rf_result *result, enum rf_table table)
{
    size_t withheld = 0;
    for (size_t i = 0; i < rf_table_cells(&result->shape, table); i++)
        withheld += !result->table[table][i].shown;
    return withheld;
}
