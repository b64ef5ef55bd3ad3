#include "protocols/analytics/cells.h"

#include <assert.h>

const char *rf_token_type_name(enum rf_token_type type)
{
    static const char *const names[RF_TYPE_COUNT] = {
        "national_id", "phone", "email", "address", "device", "card", "ip", "account",
    };
    return names[type];
}

const char *rf_table_name(enum rf_table table)
{
    static const char *const names[RF_TABLE_COUNT] = {
        "shared_tokens.total", "shared_tokens.by_type", "shared_tokens.by_pair",
        "rings.total",         "rings.by_size",         "rings.by_banks",
        "rings.by_pair",       "rings.by_flag",         "rings.members_by_flag",
    };
    return names[table];
}

bool rf_table_has(enum rf_table table, enum rf_figure figure)
{
    if (table <= RF_TABLE_TOKENS_BY_PAIR)
        return figure == RF_FIGURE_TOKENS;
    if (table == RF_TABLE_MEMBERS_BY_FLAG)
        return figure == RF_FIGURE_MEMBERS;
    return figure != RF_FIGURE_TOKENS;
}

static size_t linked_types(const struct rf_shape *shape)
{
    size_t count = 0;
    for (unsigned type = 0; type < RF_TYPE_COUNT; type++)
        count += shape->types[type];
    return count;
}

size_t rf_table_cells(const struct rf_shape *shape, enum rf_table table)
{
    if (table <= RF_TABLE_TOKENS_BY_PAIR ? !shape->shared_tokens : !shape->rings)
        return 0;
    switch (table) {
    case RF_TABLE_TOKENS_TOTAL:
    case RF_TABLE_RINGS_TOTAL:
        return 1;
    case RF_TABLE_TOKENS_BY_TYPE:
        return linked_types(shape);
    case RF_TABLE_TOKENS_BY_PAIR:
    case RF_TABLE_RINGS_BY_PAIR:
        return (size_t)shape->banks * (shape->banks - 1) / 2;
    case RF_TABLE_RINGS_BY_SIZE:
        return shape->bucket_count;
    case RF_TABLE_RINGS_BY_BANKS:
        return shape->banks - shape->min_banks + 1;
    case RF_TABLE_RINGS_BY_FLAG:
    case RF_TABLE_MEMBERS_BY_FLAG:
        return 2;
    case RF_TABLE_COUNT:
        break;
    }
    return 0;
}

size_t rf_pair_index(unsigned banks, unsigned a, unsigned b)
{
    assert(a < b && b < banks);
    return (size_t)a * banks - (size_t)a * (a + 1) / 2 + (b - a - 1);
}
