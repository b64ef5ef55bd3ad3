/* What processes of a run say to each other (docs/wire.md, "A run"): read back as it was written, and
 * refused in any other form. Signed records: refused when anything about them was changed. */
#include <criterion/criterion.h>
#include <openssl/x509.h>
#include <string.h>

#include "party/run/message.h"
#include "party/run/record.h"
#include "support/capture.h"
#include "support/keys_kit.h"

static struct rf_capture *capture;

enum { RECORDS = 3 };

typedef enum rf_rc reader(const uint8_t *bytes, size_t size, struct rf_err *err);

static enum rf_rc read_meet(const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_meet meet;
    return rf_message_read_meet(&meet, bytes, size, err);
}

static enum rf_rc read_input(const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_input input;
    return rf_message_read_input(&input, bytes, size, err);
}

static enum rf_rc read_records(const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_signed records[RECORDS];
    return rf_message_read_records(records, RECORDS, bytes, size, err);
}

static enum rf_rc read_output(const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_output output;
    enum rf_rc rc = rf_message_read_output(&output, bytes, size, err);
    rf_message_output_fini(&output);
    return rc;
}

static enum rf_rc read_claim(const uint8_t *bytes, size_t size, struct rf_err *err)
{
    struct rf_claim claim;
    return rf_message_read_claim(&claim, bytes, size, err);
}

static enum rf_rc read_signature(const uint8_t *bytes, size_t size, struct rf_err *err)
{
    uint8_t signature[RF_SIGNATURE_MAX];
    size_t length;
    return rf_message_read_signature(signature, &length, bytes, size, err);
}

/* The captured message is good as it is; cut anywhere or lengthened it is not. Copies are of exact size,
 * so that a sanitizer sees a read past the end. */
static void only_whole(reader *read)
{
    struct rf_err err = {0};
    cr_assert_eq(read(capture->bytes, capture->size, &err), RF_OK, "%s", err.text);
    for (size_t cut = 0; cut < capture->size; cut++) {
        uint8_t *copy = malloc(cut ? cut : 1);
        memcpy(copy, capture->bytes, cut);
        err = (struct rf_err){0};
        cr_expect_eq(read(copy, cut, &err), RF_E_FORMAT, "%zu of %zu", cut, capture->size);
        cr_expect(err.text[0]);
        free(copy);
    }
    capture->bytes[capture->size] = 0;
    cr_expect_eq(read(capture->bytes, capture->size + 1, NULL), RF_E_FORMAT);
}

/* Replaces the first @from by @to of the same length. */
static void change(const char *from, const char *to, size_t size)
{
    uint8_t *at = memmem(capture->bytes, capture->size, from, size);
    cr_assert_not_null(at);
    memcpy(at, to, size);
}

static struct rf_signed some_signed(uint8_t fill)
{
    struct rf_signed some = {.record_size = 100 + fill, .signature_size = 70};
    memset(some.record, fill, some.record_size);
    memset(some.signature, fill + 1, some.signature_size);
    return some;
}

static void begin(void)
{
    capture = rf_capture_channel();
}

/* The example of docs/wire.md. */
static const uint8_t example[] = {
    0x83, 0xa4, 0x6d, 0x65, 0x65, 0x74, 0xc4, 0x20, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
    0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0xa7, 0x73, 0x65, 0x73, 0x73,
    0x69, 0x6f, 0x6e, 0xc4, 0x10, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0xa5, 0x65, 0x70, 0x6f, 0x63, 0x68, 0xcd, 0x01, 0x2c};

Test(message, meet_is_that_of_the_specification)
{
    struct rf_meet meet = {.epoch = 300}, back;
    for (size_t i = 0; i < sizeof meet.contribution; i++)
        meet.contribution[i] = (uint8_t)i;
    memset(meet.session, 0x11, sizeof meet.session);
    begin();
    cr_assert_eq(rf_message_send_meet(&capture->channel, 0, &meet), RF_OK);
    cr_assert_eq(capture->size, sizeof example);
    cr_expect_arr_eq(capture->bytes, example, sizeof example);
    cr_assert_eq(rf_message_read_meet(&back, example, sizeof example, NULL), RF_OK);
    cr_expect_eq(back.epoch, 300);
}

Test(message, meet)
{
    struct rf_meet meet = {.contribution = {1, 2}, .session = {3}, .epoch = 70000}, back;
    begin();
    cr_assert_eq(rf_message_send_meet(&capture->channel, 0, &meet), RF_OK);
    only_whole(read_meet);
    cr_assert_eq(rf_message_read_meet(&back, capture->bytes, capture->size, NULL), RF_OK);
    cr_expect_arr_eq(back.contribution, meet.contribution, sizeof meet.contribution);
    cr_expect_arr_eq(back.session, meet.session, sizeof meet.session);
    cr_expect_eq(back.epoch, 70000);
    meet.epoch = UINT64_C(1) << 32;
    cr_assert_eq(rf_message_send_meet(&capture->channel, 0, &meet), RF_OK);
    cr_expect_eq(read_meet(capture->bytes, capture->size, NULL), RF_E_FORMAT,
                 "epochs have 32 bits");
}

Test(message, claim)
{
    struct rf_claim claim = {.number = 3, .frames = 70000, .head = {1}, .size = 41, .root = {2}},
                    back;
    begin();
    cr_assert_eq(rf_message_send_claim(&capture->channel, 0, &claim), RF_OK);
    only_whole(read_claim);
    cr_assert_eq(rf_message_read_claim(&back, capture->bytes, capture->size, NULL), RF_OK);
    cr_expect_eq(back.number, 3);
    cr_expect_eq(back.frames, 70000);
    cr_expect_eq(back.size, 41);
    cr_expect_arr_eq(back.head, claim.head, sizeof claim.head);
    cr_expect_arr_eq(back.root, claim.root, sizeof claim.root);
}

Test(message, signature)
{
    uint8_t signature[RF_SIGNATURE_MAX + 1] = {7, 8, 9}, back[RF_SIGNATURE_MAX];
    size_t size = 0;
    begin();
    cr_assert_eq(rf_message_send_signature(&capture->channel, 0, signature, 71), RF_OK);
    only_whole(read_signature);
    cr_assert_eq(rf_message_read_signature(back, &size, capture->bytes, capture->size, NULL),
                 RF_OK);
    cr_expect_eq(size, 71);
    cr_expect_arr_eq(back, signature, 71);
    cr_assert_eq(rf_message_send_signature(&capture->channel, 0, signature, sizeof signature),
                 RF_OK);
    cr_expect_eq(read_signature(capture->bytes, capture->size, NULL), RF_E_FORMAT, "too long");
}

/* A key that is not the one, and a number in a longer form. */
Test(message, another_form_of_the_same_is_refused)
{
    const struct rf_meet meet = {.epoch = 5};
    begin();
    cr_assert_eq(rf_message_send_meet(&capture->channel, 0, &meet), RF_OK);
    cr_assert_eq(read_meet(capture->bytes, capture->size, NULL), RF_OK);
    change("\xa5"
           "epoch",
           "\xa5"
           "Epoch",
           6);
    cr_expect_eq(read_meet(capture->bytes, capture->size, NULL), RF_E_FORMAT);
    cr_assert_eq(rf_message_send_meet(&capture->channel, 0, &meet), RF_OK);
    capture->bytes[capture->size - 1] = 0xcc; /* 5 as uint 8 */
    capture->bytes[capture->size++] = 5;
    cr_expect_eq(read_meet(capture->bytes, capture->size, NULL), RF_E_FORMAT);
}

Test(message, input)
{
    struct rf_input input = {
        .record = some_signed(7), .salt = {{1}, {2}}, .seeded = {false, true}, .seed = {{0}, {9}}};
    struct rf_input back;
    begin();
    cr_assert_eq(rf_message_send_input(&capture->channel, 0, &input), RF_OK);
    only_whole(read_input);
    cr_assert_eq(rf_message_read_input(&back, capture->bytes, capture->size, NULL), RF_OK);
    cr_expect_eq(back.record.record_size, input.record.record_size);
    cr_expect_arr_eq(back.record.record, input.record.record, input.record.record_size);
    cr_expect_arr_eq(back.salt, input.salt, sizeof input.salt);
    cr_expect(!back.seeded[0] && back.seeded[1] && back.seed[1][0] == 9);
    change("seeded\x02", "seeded\x04", 7);
    cr_expect_eq(read_input(capture->bytes, capture->size, NULL), RF_E_FORMAT);
}

Test(message, records)
{
    struct rf_signed records[RECORDS + 1], back[RECORDS];
    for (unsigned i = 0; i <= RECORDS; i++)
        records[i] = some_signed((uint8_t)i);
    begin();
    cr_assert_eq(rf_message_send_records(&capture->channel, 0, records, RECORDS), RF_OK);
    only_whole(read_records);
    cr_assert_eq(rf_message_read_records(back, RECORDS, capture->bytes, capture->size, NULL),
                 RF_OK);
    cr_expect_eq(back[2].record[0], 2);
    for (unsigned count = 0; count <= RECORDS + 1; count++) {
        cr_assert_eq(rf_message_send_records(&capture->channel, 0, records, count), RF_OK);
        cr_expect_eq(read_records(capture->bytes, capture->size, NULL),
                     count == RECORDS ? RF_OK : RF_E_FORMAT);
    }
    records[1].record_size = RF_RECORD_MAX; /* the largest there is */
    records[1].signature_size = RF_SIGNATURE_MAX;
    cr_assert_eq(rf_message_send_records(&capture->channel, 0, records, RECORDS), RF_OK);
    cr_expect_eq(read_records(capture->bytes, capture->size, NULL), RF_OK);
    change("\xc5\x02\x00", "\xc5\x02\x01", 3); /* one byte more than a record can have */
    cr_expect_eq(read_records(capture->bytes, capture->size, NULL), RF_E_FORMAT);
}

static void send_output(bool has_shares, const char *step, size_t share_size)
{
    static uint8_t share[RF_OUTPUT_MAX + 1];
    struct rf_output output = {.cost = {.steps = 2, .rounds = 12, .seconds = 1.5},
                               .has_shares = has_shares,
                               .record = some_signed(3),
                               .share = {share, share},
                               .share_size = share_size};
    output.cost.opened[0] = UINT64_MAX;
    (void)snprintf(output.cost.step[0].name, sizeof output.cost.step[0].name, "%s", step);
    cr_assert_eq(rf_message_send_output(&capture->channel, 0, &output), RF_OK);
}

Test(message, output)
{
    struct rf_output back;
    begin();
    send_output(false, "sort tokens", 0);
    only_whole(read_output);
    capture->bytes[0] = 0x90; /* an array of none, and then a map */
    cr_expect_eq(read_output(capture->bytes, capture->size, NULL), RF_E_FORMAT);
    send_output(true, "sort tokens", 48);
    only_whole(read_output);
    cr_assert_eq(rf_message_read_output(&back, capture->bytes, capture->size, NULL), RF_OK);
    cr_expect(back.has_shares && back.share_size == 48 && back.cost.rounds == 12);
    cr_expect_str_eq(back.cost.step[0].name, "sort tokens");
    cr_expect_eq(back.cost.opened[0], UINT64_MAX);
    rf_message_output_fini(&back);
    send_output(true, "\x1b[2J", 48);
    cr_expect_eq(read_output(capture->bytes, capture->size, NULL), RF_E_FORMAT, "for a terminal");
    send_output(true, "sort tokens", RF_OUTPUT_MAX);
    cr_expect_eq(read_output(capture->bytes, capture->size, NULL), RF_OK);
    send_output(true, "sort tokens", RF_OUTPUT_MAX + 1);
    cr_expect_eq(read_output(capture->bytes, capture->size, NULL), RF_E_FORMAT);
}

/* Shares of different sizes. */
Test(message, output_shares_are_of_one_size)
{
    begin();
    send_output(true, "sort tokens", 48);
    uint8_t *second = memmem(capture->bytes, capture->size, "second\xc4\x30", 8);
    cr_assert_not_null(second);
    second[7] = 0x2f;
    capture->size--;
    cr_expect_eq(read_output(capture->bytes, capture->size, NULL), RF_E_FORMAT);
}

/* ---- records ---- */

struct signer {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct signer signer_new(void)
{
    struct signer signer = {.key = EVP_EC_gen("P-256")};
    struct keys_kit_wish wish = keys_kit_member(signer.key);
    signer.certificate = keys_kit_certificate(signer.key, wish, NULL, NULL);
    return signer;
}

static void signer_fini(struct signer *signer)
{
    X509_free(signer->certificate);
    EVP_PKEY_free(signer->key);
}

static const struct rf_input_record input_record = {.run = {{1}, {2}, 3},
                                                    .member = 4,
                                                    .rows = 1000,
                                                    .row_bytes = 30,
                                                    .commitment = {{5}, {6}, {7}}};

static enum rf_rc verify(const struct rf_signed *in, const struct signer *signer,
                         struct rf_err *err)
{
    struct rf_input_record back;
    *err = (struct rf_err){0};
    return rf_record_verify_input(&back, in, signer->certificate, "bank-a", err);
}

Test(record, any_change_is_found_and_the_signer_named)
{
    struct signer signer = signer_new(), other = signer_new();
    struct rf_signed record;
    struct rf_err err = {0};
    cr_assert_eq(rf_record_sign_input(&record, &input_record, signer.key, &err), RF_OK, "%s",
                 err.text);
    cr_assert_eq(verify(&record, &signer, &err), RF_OK, "%s", err.text);
    for (size_t i = 0; i < record.record_size; i++) {
        record.record[i] ^= 1;
        cr_expect_eq(verify(&record, &signer, &err), RF_E_CHEAT, "byte %zu", i);
        cr_expect(strstr(err.text, "bank-a sent a record that its key did not sign"), "%s",
                  err.text);
        record.record[i] ^= 1;
    }
    cr_expect_eq(verify(&record, &other, &err), RF_E_CHEAT);
    record.record_size--;
    cr_expect_eq(verify(&record, &signer, &err), RF_E_CHEAT);
    signer_fini(&signer);
    signer_fini(&other);
}

/* Nobody can be blamed with a record that it signed for another run. */
Test(record, is_of_one_run)
{
    struct rf_input_record record = input_record;
    struct rf_session session = {.manifest.hash = {1}, .id = {2}, .epoch = 3};
    cr_expect(rf_record_is_of(&record.run, &session));
    session.epoch = 2;
    cr_expect_not(rf_record_is_of(&record.run, &session));
    session.epoch = 3;
    record.run.session[15] ^= 1;
    cr_expect_not(rf_record_is_of(&record.run, &session));
    record = input_record;
    record.run.manifest[31] ^= 1;
    cr_expect_not(rf_record_is_of(&record.run, &session));
}

/* A signature for one purpose is worth nothing for another; what a member signs is checked too. */
Test(record, wrong_kinds_and_values_are_refused)
{
    struct signer signer = signer_new();
    struct rf_signed record;
    struct rf_err err = {0};
    const struct rf_output_record output = {.run = {.epoch = 1}, .party = 2, .digest = {{1}, {2}}};
    cr_assert_eq(rf_record_sign_output(&record, &output, signer.key, &err), RF_OK);
    cr_expect_eq(verify(&record, &signer, &err), RF_E_CHEAT);
    cr_expect(strstr(err.text, "did not sign"), "%s", err.text);
    struct rf_input_record changed = input_record;
    changed.member = RF_MEMBERS_MAX;
    cr_assert_eq(rf_record_sign_input(&record, &changed, signer.key, &err), RF_OK);
    cr_expect_eq(verify(&record, &signer, &err), RF_E_CHEAT);
    cr_expect(strstr(err.text, "bank-a signed a malformed record"), "%s", err.text);
    changed = input_record;
    changed.row_bytes = 1025;
    cr_assert_eq(rf_record_sign_input(&record, &changed, signer.key, &err), RF_OK);
    cr_expect_eq(verify(&record, &signer, &err), RF_E_CHEAT);
    signer_fini(&signer);
}
