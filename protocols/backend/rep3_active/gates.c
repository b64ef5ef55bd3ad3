#include "protocols/backend/rep3_active/gates.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/bytes.h"

enum { WORD = sizeof(uint64_t) };

void rf_gates_init(struct rf_gates *gates, struct rf_space *space)
{
    *gates = (struct rf_gates){.space = space};
}

void rf_gates_fini(struct rf_gates *gates)
{
    for (size_t i = 0; i < gates->pieces; i++)
        rf_space_free(gates->space, &gates->piece[i].block);
    free(gates->piece);
    *gates = (struct rf_gates){0};
}

static enum rf_rc add_piece(struct rf_gates *gates)
{
    enum rf_rc rc;
    if (gates->pieces == gates->room) {
        size_t room = gates->room ? 2 * gates->room : 8;
        struct rf_gates_piece *grown = realloc(gates->piece, room * sizeof *grown);
        if (!grown)
            return rf_err_set(gates->space->err, RF_E_MEMORY, "out of memory");
        gates->piece = grown;
        gates->room = room;
    }
    struct rf_gates_piece *piece = &gates->piece[gates->pieces];
    *piece = (struct rf_gates_piece){0};
    RF_TRY(rf_space_alloc(gates->space, (size_t)RF_GATES_OPERANDS * RF_GATES_PIECE * WORD,
                          &piece->block));
    for (size_t i = 0; i < RF_GATES_OPERANDS; i++)
        piece->operand[i] = (uint64_t *)piece->block.memory + i * RF_GATES_PIECE;
    gates->pieces++;
done:
    return rc;
}

enum rf_rc rf_gates_next(struct rf_gates *gates, size_t *words, uint64_t *place[RF_GATES_OPERANDS])
{
    size_t index = gates->words / RF_GATES_PIECE, within = gates->words % RF_GATES_PIECE;
    if (index == gates->pieces) {
        enum rf_rc rc = add_piece(gates);
        if (rc != RF_OK)
            return rc;
    }
    if (*words > RF_GATES_PIECE - within)
        *words = RF_GATES_PIECE - within;
    for (unsigned i = 0; i < RF_GATES_OPERANDS; i++)
        place[i] = gates->piece[index].operand[i] + within;
    gates->words += *words;
    return RF_OK;
}

size_t rf_gates_at(const struct rf_gates *gates, size_t at,
                   const uint64_t *place[RF_GATES_OPERANDS])
{
    size_t index = at / RF_GATES_PIECE, within = at % RF_GATES_PIECE;
    for (unsigned i = 0; i < RF_GATES_OPERANDS; i++)
        place[i] = gates->piece[index].operand[i] + within;
    size_t words = RF_GATES_PIECE - within;
    return words < gates->words - at ? words : gates->words - at;
}

enum rf_rc rf_gates_pad(struct rf_gates *gates, size_t multiple)
{
    size_t words = rf_round_up(gates->words, multiple) - gates->words;
    uint64_t *place[RF_GATES_OPERANDS];
    if (words == 0)
        return RF_OK;
    enum rf_rc rc = rf_gates_next(gates, &words, place);
    for (unsigned i = 0; rc == RF_OK && i < RF_GATES_OPERANDS; i++)
        memset(place[i], 0, words * WORD);
    return rc;
}

void rf_gates_clear(struct rf_gates *gates)
{
    gates->words = 0;
}
