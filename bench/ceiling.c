#include "bench/ceiling.h"

#include "net/base/secret.h"
#include "protocols/share/kernel.h"
#include "protocols/share/stream.h"

enum {
    LINK_MESSAGE = 16 << 20,
    LINK_TIMES = 12,
    AES_BLOCK = 256 << 10,
    AES_TIMES = 4096,
    MEMORY_WORDS = 4 << 20,
    MEMORY_TIMES = 24,
    ROUNDS = 400,
    ROUNDS_WARM = 50,
};

/* Every party sends to the one before it and receives from the one after it, as in a product. */
static enum rf_rc pass_on(struct rf_team_party *party, uint8_t *in, size_t size)
{
    enum rf_rc rc;
    struct rf_channel *channel = party->channel;
    RF_TRY(rf_channel_want(channel, party->next, in, size));
    RF_TRY(rf_channel_want_end(channel, party->next));
    for (size_t left = size; left > 0;) {
        uint8_t *buffer;
        size_t room;
        RF_TRY(rf_channel_reserve(channel, party->previous, &buffer, &room));
        room = room < left ? room : left;
        for (size_t i = 0; i + 8 <= room; i += 4096)
            rf_store64(buffer + i, left);
        RF_TRY(rf_channel_commit(channel, party->previous, room));
        left -= room;
    }
    RF_TRY(rf_channel_flush(channel, party->previous));
    RF_TRY(rf_channel_wait(channel, party->next));
done:
    return rc;
}

static enum rf_rc measure_link(struct rf_team_party *party, uint8_t *in, double *rate)
{
    enum rf_rc rc;
    RF_TRY(pass_on(party, in, LINK_MESSAGE));
    RF_TRY(rf_team_meet(party));
    double begin = rf_team_seconds();
    for (unsigned i = 0; i < LINK_TIMES; i++)
        RF_TRY(pass_on(party, in, LINK_MESSAGE));
    RF_TRY(rf_team_meet(party));
    *rate = (double)LINK_MESSAGE * LINK_TIMES / (rf_team_seconds() - begin);
done:
    return rc;
}

static enum rf_rc measure_rounds(struct rf_team_party *party, uint8_t *in, double *seconds)
{
    enum rf_rc rc = RF_OK;
    double begin = 0;
    unsigned rounds = ROUNDS;
    for (unsigned i = 0; i < ROUNDS_WARM + rounds; i++) {
        if (i == ROUNDS_WARM)
            begin = rf_team_seconds();
        RF_TRY(pass_on(party, in, 8));
        /* Over a slow line fewer will do. */
        if (i == ROUNDS_WARM + 20 && rf_team_seconds() - begin > 0.1)
            rounds = 20;
    }
    *seconds = (rf_team_seconds() - begin) / rounds;
done:
    return rc;
}

static enum rf_rc measure_aes(struct rf_team_party *party, uint8_t *block, double *rate)
{
    enum rf_rc rc;
    static const uint8_t key[RF_STREAM_KEY] = "a benchmark key";
    struct rf_stream stream = {0};
    RF_TRY(rf_stream_init(&stream, key, party->err));
    RF_TRY(rf_team_meet(party));
    double begin = rf_team_seconds();
    for (unsigned i = 0; i < AES_TIMES; i++)
        rf_stream_xor(&stream, block, AES_BLOCK);
    RF_TRY(rf_team_meet(party));
    *rate = (double)AES_BLOCK * AES_TIMES / (rf_team_seconds() - begin);
done:
    rf_stream_fini(&stream);
    return rc;
}

static enum rf_rc measure_memory(struct rf_team_party *party, double *rate)
{
    enum rf_rc rc = RF_OK;
    size_t size = MEMORY_WORDS * sizeof(uint64_t);
    uint64_t *memory = rf_secret_alloc(3 * size);
    if (!memory)
        return rf_err_set(party->err, RF_E_MEMORY, "out of memory");
    RF_TRY(rf_team_meet(party));
    double begin = rf_team_seconds();
    for (unsigned i = 0; i < MEMORY_TIMES; i++)
        rf_kernels()->xor_words(memory, memory + MEMORY_WORDS, memory + (size_t)2 * MEMORY_WORDS,
                                MEMORY_WORDS);
    RF_TRY(rf_team_meet(party));
    *rate = 3.0 * (double)size * MEMORY_TIMES / (rf_team_seconds() - begin);
done:
    rf_secret_free(memory, 3 * size);
    return rc;
}

enum rf_rc rf_ceilings_measure(struct rf_team_party *party, struct rf_ceilings *ceilings)
{
    enum rf_rc rc = RF_OK;
    uint8_t *in = rf_secret_alloc(LINK_MESSAGE);
    if (!in)
        return rf_err_set(party->err, RF_E_MEMORY, "out of memory");
    RF_TRY(measure_link(party, in, &ceilings->link));
    RF_TRY(measure_rounds(party, in, &ceilings->round));
    RF_TRY(measure_aes(party, in, &ceilings->aes));
    RF_TRY(measure_memory(party, &ceilings->memory));
done:
    rf_secret_free(in, LINK_MESSAGE);
    return rc;
}
