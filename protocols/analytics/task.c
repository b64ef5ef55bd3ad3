#include "protocols/analytics/task.h"

#include <assert.h>
#include <string.h>

#include "net/base/bytes.h"

uint64_t rf_task_rows(const struct rf_task *task)
{
    uint64_t rows = 0;
    for (unsigned bank = 0; bank < task->shape.banks; bank++)
        rows += task->rows[bank];
    return rows;
}

struct rf_row_layout rf_row_layout(const struct rf_task *task)
{
    struct rf_row_layout layout = {.group = RF_TYPE_BITS};
    layout.size = layout.group + task->group_bits;
    layout.flagged = layout.size + task->size_bits;
    layout.exposure = layout.flagged + task->size_bits;
    layout.width = layout.exposure + task->exposure_bits;
    return layout;
}

size_t rf_row_bytes(const struct rf_task *task)
{
    return sizeof(uint64_t) + rf_div_up(rf_row_layout(task).width, 8);
}

static void put_bits(uint8_t *out, unsigned at, uint64_t value, unsigned width)
{
    assert(width == 64 || value >> width == 0);
    for (unsigned i = 0; i < width; i++, at++) {
        if (value >> i & 1)
            out[at / 8] = (uint8_t)(out[at / 8] | 1U << (at % 8));
    }
}

void rf_row_write(uint8_t *out, const struct rf_task *task, const struct rf_row *row)
{
    struct rf_row_layout layout = rf_row_layout(task);
    memset(out, 0, rf_row_bytes(task));
    rf_store64(out, row->token);
    uint8_t *rest = out + sizeof row->token;
    put_bits(rest, layout.type, row->type, RF_TYPE_BITS);
    put_bits(rest, layout.group, row->group, task->group_bits);
    put_bits(rest, layout.size, row->size, task->size_bits);
    put_bits(rest, layout.flagged, row->flagged, task->size_bits);
    put_bits(rest, layout.exposure, row->exposure, task->exposure_bits);
}

struct rf_output_layout rf_output_layout(const struct rf_task *task)
{
    struct rf_output_layout layout = {.width = 1};
    unsigned counts = rf_bit_length(rf_task_rows(task));
    layout.bits[RF_FIGURE_TOKENS] = counts;
    layout.bits[RF_FIGURE_RINGS] = counts;
    layout.bits[RF_FIGURE_MEMBERS] = task->size_bits;
    layout.bits[RF_FIGURE_EXPOSURE] = task->exposure_bits;
    for (unsigned figure = 0; figure < RF_FIGURE_COUNT; figure++) {
        layout.figure[figure] = layout.width;
        layout.width += layout.bits[figure];
    }
    return layout;
}

size_t rf_output_first(const struct rf_shape *shape, enum rf_table table)
{
    size_t first = 0;
    for (unsigned before = 0; before < table; before++)
        first += rf_table_cells(shape, (enum rf_table)before);
    return first;
}

size_t rf_output_cells(const struct rf_shape *shape)
{
    return rf_output_first(shape, RF_TABLE_COUNT);
}
