#include "party/run/message.h"

#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"

/* ---- sending and receiving ---- */

static enum rf_rc send_message(struct rf_channel *channel, unsigned peer,
                               struct rf_canon_writer *writer)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    RF_TRY(rf_canon_end(writer, &bytes, &size, channel->err));
    RF_TRY(rf_channel_control_send(channel, peer, bytes, size));
done:
    if (bytes)
        rf_secret_wipe(bytes, size);
    free(bytes);
    return rc;
}

/* Says whose message it was. */
static enum rf_rc received(struct rf_channel *channel, const char *from, enum rf_rc rc,
                           const struct rf_err *why)
{
    if (rc == RF_OK || rc == RF_E_MEMORY)
        return rc;
    return rf_err_set(channel->err, RF_E_CHEAT, "%s sent a message that is malformed: %s", from,
                      why->text);
}

/* ---- meet ---- */

enum rf_rc rf_message_send_meet(struct rf_channel *channel, unsigned peer,
                                const struct rf_meet *meet)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 3);
    rf_canon_bytes_entry(&w, "meet", meet->contribution, sizeof meet->contribution);
    rf_canon_bytes_entry(&w, "session", meet->session, sizeof meet->session);
    rf_canon_number_entry(&w, "epoch", meet->epoch);
    return send_message(channel, peer, &w);
}

enum rf_rc rf_message_read_meet(struct rf_meet *meet, const uint8_t *bytes, size_t size,
                                struct rf_err *err)
{
    struct rf_canon_reader r;
    rf_canon_read(&r, "meet", bytes, size, err);
    rf_canon_read_map(&r, 3);
    rf_canon_read_key(&r, "meet");
    rf_canon_read_exactly(&r, meet->contribution, sizeof meet->contribution);
    rf_canon_read_key(&r, "session");
    rf_canon_read_exactly(&r, meet->session, sizeof meet->session);
    rf_canon_read_key(&r, "epoch");
    meet->epoch = rf_canon_read_number(&r, UINT32_MAX);
    return rf_canon_read_end(&r);
}

enum rf_rc rf_message_receive_meet(struct rf_channel *channel, unsigned peer, const char *from,
                                   struct rf_meet *meet)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    RF_TRY(rf_channel_control_receive(channel, peer, &bytes, &size));
    rc = received(channel, from, rf_message_read_meet(meet, bytes, size, &why), &why);
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- records ---- */

static void put_signed(struct rf_canon_writer *w, const struct rf_signed *in)
{
    rf_canon_bytes_entry(w, "record", in->record, in->record_size);
    rf_canon_bytes_entry(w, "signature", in->signature, in->signature_size);
}

static void read_signed(struct rf_canon_reader *r, struct rf_signed *out)
{
    const uint8_t *bytes;
    rf_canon_read_key(r, "record");
    out->record_size = rf_canon_read_bytes(r, sizeof out->record, &bytes);
    if (out->record_size)
        memcpy(out->record, bytes, out->record_size);
    rf_canon_read_key(r, "signature");
    out->signature_size = rf_canon_read_bytes(r, sizeof out->signature, &bytes);
    if (out->signature_size)
        memcpy(out->signature, bytes, out->signature_size);
}

enum rf_rc rf_message_send_records(struct rf_channel *channel, unsigned peer,
                                   const struct rf_signed *records, unsigned count)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_array(&w, count);
    for (unsigned i = 0; i < count; i++) {
        rf_canon_map(&w, 2);
        put_signed(&w, &records[i]);
    }
    return send_message(channel, peer, &w);
}

enum rf_rc rf_message_read_records(struct rf_signed *records, unsigned count, const uint8_t *bytes,
                                   size_t size, struct rf_err *err)
{
    struct rf_canon_reader r;
    rf_canon_read(&r, "records", bytes, size, err);
    if (rf_canon_read_array(&r, count) != count)
        rf_canon_fail(&r, "not %u records", count);
    for (unsigned i = 0; i < count; i++) {
        rf_canon_read_map(&r, 2);
        read_signed(&r, &records[i]);
    }
    return rf_canon_read_end(&r);
}

enum rf_rc rf_message_receive_records(struct rf_channel *channel, unsigned peer, const char *from,
                                      struct rf_signed *records, unsigned count)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    RF_TRY(rf_channel_control_receive(channel, peer, &bytes, &size));
    rc = received(channel, from, rf_message_read_records(records, count, bytes, size, &why), &why);
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- checkpoints ---- */

enum rf_rc rf_message_send_claim(struct rf_channel *channel, unsigned peer,
                                 const struct rf_claim *claim)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 5);
    rf_canon_number_entry(&w, "checkpoint", claim->number);
    rf_canon_number_entry(&w, "frames", claim->frames);
    rf_canon_bytes_entry(&w, "head", claim->head, sizeof claim->head);
    rf_canon_number_entry(&w, "size", claim->size);
    rf_canon_bytes_entry(&w, "root", claim->root, sizeof claim->root);
    return send_message(channel, peer, &w);
}

enum rf_rc rf_message_read_claim(struct rf_claim *claim, const uint8_t *bytes, size_t size,
                                 struct rf_err *err)
{
    struct rf_canon_reader r;
    rf_canon_read(&r, "claim", bytes, size, err);
    rf_canon_read_map(&r, 5);
    rf_canon_read_key(&r, "checkpoint");
    claim->number = rf_canon_read_number(&r, UINT64_MAX);
    rf_canon_read_key(&r, "frames");
    claim->frames = rf_canon_read_number(&r, UINT64_MAX);
    rf_canon_read_key(&r, "head");
    rf_canon_read_exactly(&r, claim->head, sizeof claim->head);
    rf_canon_read_key(&r, "size");
    claim->size = rf_canon_read_number(&r, UINT64_MAX);
    rf_canon_read_key(&r, "root");
    rf_canon_read_exactly(&r, claim->root, sizeof claim->root);
    return rf_canon_read_end(&r);
}

enum rf_rc rf_message_receive_claim(struct rf_channel *channel, unsigned peer, const char *from,
                                    struct rf_claim *claim)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    RF_TRY(rf_channel_control_receive(channel, peer, &bytes, &size));
    rc = received(channel, from, rf_message_read_claim(claim, bytes, size, &why), &why);
done:
    rf_secret_free(bytes, size);
    return rc;
}

enum rf_rc rf_message_send_signature(struct rf_channel *channel, unsigned peer,
                                     const uint8_t *signature, size_t size)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 1);
    rf_canon_bytes_entry(&w, "signature", signature, size);
    return send_message(channel, peer, &w);
}

enum rf_rc rf_message_read_signature(uint8_t *signature, size_t *signature_size,
                                     const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_canon_reader r;
    const uint8_t *found = NULL;
    rf_canon_read(&r, "signature", bytes, size, err);
    rf_canon_read_map(&r, 1);
    rf_canon_read_key(&r, "signature");
    *signature_size = rf_canon_read_bytes(&r, RF_SIGNATURE_MAX, &found);
    if (*signature_size)
        memcpy(signature, found, *signature_size);
    return rf_canon_read_end(&r);
}

enum rf_rc rf_message_receive_signature(struct rf_channel *channel, unsigned peer, const char *from,
                                        uint8_t *signature, size_t *signature_size)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    RF_TRY(rf_channel_control_receive(channel, peer, &bytes, &size));
    rc = received(channel, from,
                  rf_message_read_signature(signature, signature_size, bytes, size, &why), &why);
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- input ---- */

enum rf_rc rf_message_send_input(struct rf_channel *channel, unsigned peer,
                                 const struct rf_input *input)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 5);
    put_signed(&w, &input->record);
    rf_canon_bytes_entry(&w, "salts", input->salt, sizeof input->salt);
    rf_canon_number_entry(&w, "seeded",
                          (unsigned)input->seeded[0] | (unsigned)input->seeded[1] << 1);
    rf_canon_bytes_entry(&w, "seeds", input->seed, sizeof input->seed);
    return send_message(channel, peer, &w);
}

enum rf_rc rf_message_read_input(struct rf_input *input, const uint8_t *bytes, size_t size,
                                 struct rf_err *err)
{
    struct rf_canon_reader r;
    rf_canon_read(&r, "input", bytes, size, err);
    rf_canon_read_map(&r, 5);
    read_signed(&r, &input->record);
    rf_canon_read_key(&r, "salts");
    rf_canon_read_exactly(&r, input->salt[0], sizeof input->salt);
    rf_canon_read_key(&r, "seeded");
    uint64_t seeded = rf_canon_read_number(&r, 3);
    input->seeded[0] = seeded & 1;
    input->seeded[1] = seeded >> 1 & 1;
    rf_canon_read_key(&r, "seeds");
    rf_canon_read_exactly(&r, input->seed[0], sizeof input->seed);
    return rf_canon_read_end(&r);
}

enum rf_rc rf_message_receive_input(struct rf_channel *channel, unsigned peer, const char *from,
                                    struct rf_input *input)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    RF_TRY(rf_channel_control_receive(channel, peer, &bytes, &size));
    rc = received(channel, from, rf_message_read_input(input, bytes, size, &why), &why);
done:
    rf_secret_free(bytes, size);
    return rc;
}

/* ---- output ---- */

static const double MICROSECOND = 1e-6;

static void put_cost(struct rf_canon_writer *w, const struct rf_run_cost *cost)
{
    rf_canon_text(w, "steps");
    rf_canon_array(w, cost->steps);
    for (unsigned i = 0; i < cost->steps; i++) {
        const struct rf_step *step = &cost->step[i];
        rf_canon_map(w, 5);
        rf_canon_text_entry(w, "name", step->name);
        rf_canon_number_entry(w, "rows", step->rows);
        rf_canon_number_entry(w, "bytes", step->bytes_counted);
        rf_canon_number_entry(w, "rounds", step->rounds_counted);
        rf_canon_number_entry(w, "microseconds", (uint64_t)(step->seconds / MICROSECOND));
    }
    rf_canon_number_entry(w, "bytes_sent", cost->bytes_sent);
    rf_canon_number_entry(w, "bytes_received", cost->bytes_received);
    rf_canon_number_entry(w, "rounds", cost->rounds);
    rf_canon_number_entry(w, "peak_memory", cost->peak_memory);
    rf_canon_number_entry(w, "microseconds", (uint64_t)(cost->seconds / MICROSECOND));
    rf_canon_number_entry(w, "shared_rows", cost->shared_rows);
    rf_canon_text(w, "opened");
    rf_canon_array(w, RF_OPEN_KINDS);
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        rf_canon_number(w, cost->opened[kind]);
}

static uint64_t read_entry(struct rf_canon_reader *r, const char *key)
{
    rf_canon_read_key(r, key);
    return rf_canon_read_number(r, UINT64_MAX);
}

/* Step names come from a peer and are shown to people: plain words only. */
static void check_words(struct rf_canon_reader *r, const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            rf_canon_fail(r, "a step's name holds more than plain text");
    }
}

static void read_cost(struct rf_canon_reader *r, struct rf_run_cost *cost)
{
    rf_canon_read_key(r, "steps");
    cost->steps = rf_canon_read_array(r, RF_STEPS_MAX);
    for (unsigned i = 0; i < cost->steps; i++) {
        struct rf_step *step = &cost->step[i];
        rf_canon_read_map(r, 5);
        rf_canon_read_key(r, "name");
        rf_canon_read_text(r, step->name, sizeof step->name);
        check_words(r, step->name);
        step->rows = read_entry(r, "rows");
        step->bytes_counted = read_entry(r, "bytes");
        step->rounds_counted = read_entry(r, "rounds");
        step->seconds = (double)read_entry(r, "microseconds") * MICROSECOND;
    }
    cost->bytes_sent = read_entry(r, "bytes_sent");
    cost->bytes_received = read_entry(r, "bytes_received");
    cost->rounds = read_entry(r, "rounds");
    cost->peak_memory = read_entry(r, "peak_memory");
    cost->seconds = (double)read_entry(r, "microseconds") * MICROSECOND;
    cost->shared_rows = read_entry(r, "shared_rows");
    rf_canon_read_key(r, "opened");
    if (rf_canon_read_array(r, RF_OPEN_KINDS) != RF_OPEN_KINDS)
        rf_canon_fail(r, "not a count for each kind of opening");
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        cost->opened[kind] = rf_canon_read_number(r, UINT64_MAX);
}

enum { COST_ENTRIES = 8, SHARE_ENTRIES = 5 };

static void put_output(struct rf_canon_writer *w, const struct rf_output *output)
{
    rf_canon_begin(w);
    rf_canon_array(w, output->has_shares ? 2 : 1);
    rf_canon_map(w, COST_ENTRIES);
    put_cost(w, &output->cost);
    if (!output->has_shares)
        return;
    rf_canon_map(w, SHARE_ENTRIES);
    put_signed(w, &output->record);
    rf_canon_bytes_entry(w, "salts", output->salt, sizeof output->salt);
    rf_canon_bytes_entry(w, "first", output->share[0], output->share_size);
    rf_canon_bytes_entry(w, "second", output->share[1], output->share_size);
}

enum rf_rc rf_message_send_output(struct rf_channel *channel, unsigned peer,
                                  const struct rf_output *output)
{
    struct rf_canon_writer w;
    put_output(&w, output);
    return send_message(channel, peer, &w);
}

enum rf_rc rf_message_output_bytes(const struct rf_output *output, uint8_t **bytes, size_t *size,
                                   struct rf_err *err)
{
    struct rf_canon_writer w;
    put_output(&w, output);
    return rf_canon_end(&w, bytes, size, err);
}

static void read_share(struct rf_canon_reader *r, struct rf_output *output, unsigned which)
{
    const uint8_t *bytes = NULL;
    rf_canon_read_key(r, which ? "second" : "first");
    size_t size = rf_canon_read_bytes(r, RF_OUTPUT_MAX, &bytes);
    if (which && size != output->share_size)
        rf_canon_fail(r, "shares of different sizes");
    if (r->rc != RF_OK)
        return;
    output->share_size = size;
    output->share[which] = rf_secret_alloc(size);
    if (output->share[which])
        memcpy(output->share[which], bytes, size);
    else
        rf_canon_fail(r, "out of memory");
}

enum rf_rc rf_message_read_output(struct rf_output *output, const uint8_t *bytes, size_t size,
                                  struct rf_err *err)
{
    struct rf_canon_reader r;
    *output = (struct rf_output){0};
    rf_canon_read(&r, "output", bytes, size, err);
    unsigned parts = rf_canon_read_array(&r, 2);
    if (parts == 0)
        rf_canon_fail(&r, "an array of one or two expected");
    rf_canon_read_map(&r, COST_ENTRIES);
    read_cost(&r, &output->cost);
    output->has_shares = parts == 2;
    if (output->has_shares) {
        rf_canon_read_map(&r, SHARE_ENTRIES);
        read_signed(&r, &output->record);
        rf_canon_read_key(&r, "salts");
        rf_canon_read_exactly(&r, output->salt[0], sizeof output->salt);
        read_share(&r, output, 0);
        read_share(&r, output, 1);
    }
    enum rf_rc rc = rf_canon_read_end(&r);
    if (rc != RF_OK)
        rf_message_output_fini(output);
    return rc;
}

enum rf_rc rf_message_receive_output(struct rf_channel *channel, unsigned peer, const char *from,
                                     struct rf_output *output)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_err why = {0};
    RF_TRY(rf_channel_control_receive(channel, peer, &bytes, &size));
    rc = received(channel, from, rf_message_read_output(output, bytes, size, &why), &why);
done:
    rf_secret_free(bytes, size);
    return rc;
}

void rf_message_output_fini(struct rf_output *output)
{
    for (unsigned i = 0; i < 2; i++) {
        rf_secret_free(output->share[i], output->share_size);
        output->share[i] = NULL;
    }
}
