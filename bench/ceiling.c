#include "bench/ceiling.h"

#include <string.h>

#include "net/base/secret.h"
#include "protocols/share/kernel.h"
#include "protocols/share/stream.h"

enum {
    LINK_MESSAGE = 8 << 20,
    LINK_TIMES = 3,
    TURNS = 4,
    AES_BLOCK = 256 << 10,
    MEMORY_WORDS = 4 << 20,
    ROUNDS = 100,
    ROUNDS_SLOW = 20, /* the parties begin up to one round apart */
};

/* Long enough that all three are at it together for most of it. */
static const double LOCAL_SECONDS = 0.2;

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

/* How much in one go, all parties alike: over a slow line an eighth of a second's worth. */
static size_t link_message(const struct rf_line *line)
{
    size_t size = rf_round_up((size_t)(line->bytes_per_s / 8) + 8, 8);
    return line->bytes_per_s > 0 && size < LINK_MESSAGE ? size : LINK_MESSAGE;
}

/* The best of a few: a ceiling is what the machine gives when nobody else has it. */
static enum rf_rc measure_link(struct rf_team_party *party, const struct rf_line *line, uint8_t *in,
                               double *rate)
{
    enum rf_rc rc;
    size_t size = link_message(line);
    *rate = 0;
    RF_TRY(pass_on(party, in, size));
    for (unsigned turn = 0; turn < TURNS; turn++) {
        RF_TRY(rf_team_meet(party));
        double begin = rf_team_seconds();
        for (unsigned i = 0; i < LINK_TIMES; i++)
            RF_TRY(pass_on(party, in, size));
        RF_TRY(rf_team_meet(party));
        double now = (double)size * LINK_TIMES / (rf_team_seconds() - begin);
        *rate = now > *rate ? now : *rate;
    }
done:
    return rc;
}

static enum rf_rc measure_rounds(struct rf_team_party *party, const struct rf_line *line,
                                 uint8_t *in, double *seconds)
{
    enum rf_rc rc = RF_OK;
    bool slow = line->rtt > 0;
    unsigned rounds = slow ? ROUNDS_SLOW : ROUNDS;
    for (unsigned turn = 0; turn < (slow ? 1 : TURNS); turn++) {
        double begin = rf_team_seconds();
        for (unsigned i = 0; i < rounds; i++)
            RF_TRY(pass_on(party, in, 8));
        double now = (rf_team_seconds() - begin) / rounds;
        *seconds = turn == 0 || now < *seconds ? now : *seconds;
    }
done:
    return rc;
}

static enum rf_rc measure_aes(struct rf_team_party *party, uint8_t *block, double *rate)
{
    enum rf_rc rc;
    static const uint8_t key[RF_STREAM_KEY] = "a benchmark key";
    struct rf_stream stream = {0};
    unsigned blocks = 0;
    RF_TRY(rf_stream_init(&stream, key, party->err));
    RF_TRY(rf_team_meet(party));
    double begin = rf_team_seconds(), took;
    do {
        rf_stream_xor(&stream, block, AES_BLOCK);
        blocks++;
        took = rf_team_seconds() - begin;
    } while (took < LOCAL_SECONDS);
    *rate = (double)AES_BLOCK * blocks / took;
done:
    rf_stream_fini(&stream);
    return rc;
}

static enum rf_rc measure_memory(struct rf_team_party *party, double *rate)
{
    enum rf_rc rc = RF_OK;
    unsigned passes = 0;
    size_t size = MEMORY_WORDS * sizeof(uint64_t);
    uint64_t *memory = rf_secret_alloc(3 * size);
    if (!memory)
        return rf_err_set(party->err, RF_E_MEMORY, "out of memory");
    memset(memory, 1, 3 * size);
    RF_TRY(rf_team_meet(party));
    double begin = rf_team_seconds(), took;
    do {
        rf_kernels()->xor_words(memory, memory + MEMORY_WORDS, memory + (size_t)2 * MEMORY_WORDS,
                                MEMORY_WORDS);
        passes++;
        took = rf_team_seconds() - begin;
    } while (took < LOCAL_SECONDS);
    *rate = 3.0 * (double)size * passes / took;
done:
    rf_secret_free(memory, 3 * size);
    return rc;
}

enum rf_rc rf_ceiling_measure(struct rf_team_party *party, const struct rf_line *line,
                              struct rf_ceilings *ceilings)
{
    enum rf_rc rc = RF_OK;
    uint8_t *in = rf_secret_alloc(LINK_MESSAGE);
    if (!in)
        return rf_err_set(party->err, RF_E_MEMORY, "out of memory");
    RF_TRY(measure_link(party, line, in, &ceilings->link));
    RF_TRY(measure_rounds(party, line, in, &ceilings->round));
    RF_TRY(measure_aes(party, in, &ceilings->aes));
    RF_TRY(measure_memory(party, &ceilings->memory));
done:
    rf_secret_free(in, LINK_MESSAGE);
    return rc;
}
