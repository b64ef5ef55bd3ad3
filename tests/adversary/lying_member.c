/* A member that takes part in a study as `ringfence contribute` or `ringfence party` does, but for one lie.
 *
 *     lying_member LIE contribute|party NODE STUDY OUT [DATA]
 *
 * It is made of the product's own code; only what party/run/input.c, output.c and recorder_checkpoint.c
 * say to others, and what the last of them makes of their signatures, goes through the functions here
 * (tests/CMakeLists.txt gives those files these names instead of the true ones). */
#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/run/client.h"
#include "party/run/message.h"
#include "party/run/party.h"
#include "party/run/record.h"
#include "protocols/share/stream.h"

enum rf_rc lying_put(struct rf_channel *channel, unsigned peer, const void *data, size_t size);
enum rf_rc lying_sign_input(struct rf_signed *out, const struct rf_input_record *record,
                            EVP_PKEY *key, struct rf_err *err);
enum rf_rc lying_send_input(struct rf_channel *channel, unsigned peer,
                            const struct rf_input *input);
enum rf_rc lying_send_records_in(struct rf_channel *channel, unsigned peer,
                                 const struct rf_signed *records, unsigned count);
enum rf_rc lying_sign_output(struct rf_signed *out, const struct rf_output_record *record,
                             EVP_PKEY *key, struct rf_err *err);
enum rf_rc lying_send_output(struct rf_channel *channel, unsigned peer,
                             const struct rf_output *output);
enum rf_rc lying_send_claim(struct rf_channel *channel, unsigned peer,
                            const struct rf_claim *claim);
enum rf_rc lying_send_signature(struct rf_channel *channel, unsigned peer, const uint8_t *signature,
                                size_t size);
enum rf_rc lying_sign_verify(X509 *certificate, const char *domain, const void *data, size_t size,
                             const uint8_t *signature, size_t signature_size, struct rf_err *err);

static const char *lie;
static bool told; /* the lie has been said */

static bool lies(const char *name)
{
    bool this_one = strcmp(lie, name) == 0;
    told = told || this_one;
    return this_one;
}

/* A key that nobody has certified. */
static EVP_PKEY *strange_key(void)
{
    static EVP_PKEY *key;
    if (!key)
        key = EVP_EC_gen("P-256");
    return key;
}

/* ---- a contributor ---- */

enum { PUT_MAX = RF_FRAME_PAYLOAD };

static struct rf_input_record signed_record;
static EVP_PKEY *own_key;

/* Share 2 as party 2 gets it. */
enum rf_rc lying_put(struct rf_channel *channel, unsigned peer, const void *data, size_t size)
{
    static uint8_t bytes[PUT_MAX + 1];
    if (peer != 2 || size > PUT_MAX)
        return rf_channel_put(channel, peer, data, size);
    memcpy(bytes, data, size);
    if (lies("wrong-bytes"))
        bytes[size / 2] ^= 0x10;
    if (lies("fewer-bytes"))
        size--;
    if (lies("more-bytes"))
        size++;
    return rf_channel_put(channel, peer, bytes, size);
}

enum rf_rc lying_sign_input(struct rf_signed *out, const struct rf_input_record *record,
                            EVP_PKEY *key, struct rf_err *err)
{
    signed_record = *record;
    own_key = key;
    if (lies("old-record"))
        signed_record.run.epoch--;
    if (lies("other-member"))
        signed_record.member ^= 1;
    if (lies("fewer-rows"))
        signed_record.rows--;
    return rf_record_sign_input(out, &signed_record, lies("strange-key") ? strange_key() : key,
                                err);
}

/* A share of other rows, and a second record in which it is the right one. */
static enum rf_rc give_two(struct rf_input *input, struct rf_err *err)
{
    struct rf_stream stream = {0};
    struct rf_input_record record = signed_record;
    size_t size = (size_t)(record.rows * record.row_bytes);
    input->seed[0][3] ^= 1;
    enum rf_rc rc = rf_stream_init(&stream, input->seed[0], err);
    uint8_t *share = rf_secret_alloc(size);
    if (rc == RF_OK && share) {
        rf_stream_xor(&stream, share, size);
        rf_record_digest(record.commitment[0], input->salt[0], share, size);
        rc = rf_record_sign_input(&input->record, &record, own_key, err);
    }
    rf_stream_fini(&stream);
    rf_secret_free(share, size);
    return rc;
}

enum rf_rc lying_send_input(struct rf_channel *channel, unsigned peer, const struct rf_input *input)
{
    struct rf_input said = *input;
    if (peer == 0 && lies("two-records")) {
        enum rf_rc rc = give_two(&said, channel->err);
        if (rc != RF_OK)
            return rc;
    }
    if (peer == 1 && lies("wrong-seed"))
        said.seed[0][7] ^= 0x80;
    if (peer == 1 && lies("wrong-salt"))
        said.salt[1][0] ^= 1;
    if (peer == 2 && lies("wrong-form"))
        said.seeded[0] = true;
    if (peer == 1 && lies("nonsense"))
        return rf_channel_control_send(channel, peer, "\x85\xa6record\xc4\xff no", 14);
    return rf_message_send_input(channel, peer, &said);
}

/* ---- a party ---- */

/* What it got from contributors. */
enum rf_rc lying_send_records_in(struct rf_channel *channel, unsigned peer,
                                 const struct rf_signed *records, unsigned count)
{
    static struct rf_signed said[RF_BANKS_MAX];
    memcpy(said, records, count * sizeof *said);
    if (lies("invented-record"))
        said[count - 1].record[said[count - 1].record_size - 1] ^= 1;
    if (lies("lost-record"))
        count--;
    return rf_message_send_records(channel, peer, said, count);
}

static struct rf_output_record output_record;

enum rf_rc lying_sign_output(struct rf_signed *out, const struct rf_output_record *record,
                             EVP_PKEY *key, struct rf_err *err)
{
    output_record = *record;
    own_key = key;
    if (lies("wrong-hashes"))
        output_record.digest[0][0] ^= output_record.digest[1][0] ^= 1;
    if (lies("old-hashes"))
        output_record.run.epoch--;
    return rf_record_sign_output(out, &output_record, lies("strange-hashes") ? strange_key() : key,
                                 err);
}

/* What one recipient is told differs from what the parties compared. */
enum rf_rc lying_send_output(struct rf_channel *channel, unsigned peer,
                             const struct rf_output *output)
{
    struct rf_output said = *output;
    enum rf_rc rc = RF_OK;
    if (!output->has_shares)
        return rf_message_send_output(channel, peer, output);
    if (lies("no-shares"))
        said.has_shares = false;
    if (lies("short-shares"))
        said.share_size -= 8;
    if (lies("wrong-share"))
        said.share[1][0] ^= 1;
    if (lies("wrong-share-signed")) {
        said.share[1][0] ^= 1;
        rf_record_digest(output_record.digest[1], said.salt[1], said.share[1], said.share_size);
        rc = rf_record_sign_output(&said.record, &output_record, own_key, channel->err);
    }
    if (rc == RF_OK)
        rc = rf_message_send_output(channel, peer, &said);
    if (lies("wrong-share") || lies("wrong-share-signed"))
        said.share[1][0] ^= 1; /* for the next one to be told the same */
    return rc;
}

/* ---- both, at a checkpoint ---- */

enum rf_rc lying_send_claim(struct rf_channel *channel, unsigned peer, const struct rf_claim *claim)
{
    struct rf_claim said = *claim;
    if (lies("other-chain"))
        said.head[0] ^= 1;
    if (lies("other-checkpoint"))
        said.number++;
    if (lies("other-tree"))
        said.root[31] ^= 0x80;
    return rf_message_send_claim(channel, peer, &said);
}

enum rf_rc lying_send_signature(struct rf_channel *channel, unsigned peer, const uint8_t *signature,
                                size_t size)
{
    uint8_t said[RF_SIGNATURE_MAX];
    memcpy(said, signature, size);
    if (lies("other-signature"))
        said[size - 1] ^= 1;
    if (lies("no-signature"))
        size = 0;
    return rf_message_send_signature(channel, peer, said, size);
}

/* Who signed for another tree finds that the peers did not sign for it, and does not say so. */
enum rf_rc lying_sign_verify(X509 *certificate, const char *domain, const void *data, size_t size,
                             const uint8_t *signature, size_t signature_size, struct rf_err *err)
{
    if (lies("other-tree"))
        return RF_OK;
    return rf_sign_verify(certificate, domain, data, size, signature, signature_size, err);
}

/* ---- as the command does it ---- */

static enum rf_rc run(char **arguments, struct rf_err *err)
{
    const struct rf_session_options session = {.node = arguments[3], .study = arguments[4]};
    if (strcmp(arguments[2], "party") == 0) {
        const struct rf_party_options options = {.session = session, .out = arguments[5]};
        return rf_party_run(&options, err);
    }
    const struct rf_client_options options = {
        .session = session, .out = arguments[5], .data = arguments[6]};
    return rf_client_run(&options, err);
}

int main(int count, char **arguments)
{
    struct rf_err err = {0};
    if (count != 6 && count != 7) {
        (void)fprintf(stderr, "usage: lying_member LIE contribute|party NODE STUDY OUT [DATA]\n");
        return 2;
    }
    lie = arguments[1];
    enum rf_rc rc = run(arguments, &err);
    EVP_PKEY_free(strcmp(lie, "none") == 0 ? NULL : strange_key());
    if (!told && strcmp(lie, "none") != 0)
        (void)fprintf(stderr, "lying_member: nothing was said that was a lie\n");
    if (rc != RF_OK)
        (void)fprintf(stderr, "lying_member: error: %s\n", err.text);
    return rf_rc_exit(rc);
}
