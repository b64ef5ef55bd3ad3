/* What is decoded from a peer: header, notices, outer messages. */
#include <criterion/criterion.h>
#include <msgpack/unpack.h>
#include <string.h>

#include "net/base/unpack.h"
#include "net/outer.h"

/* The example of docs/wire.md. */
static const uint8_t example[RF_FRAME_HEADER] = {
    0x9b, 0x01, 0xc4, 0x10, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
    0x0c, 0x0d, 0x0e, 0x0f, 0xce, 0x00, 0x00, 0x00, 0x07, 0xcd, 0x00, 0x03, 0xcd, 0x00, 0x01, 0xcd,
    0x00, 0x02, 0xcc, 0x02, 0xce, 0x00, 0x00, 0x04, 0xd2, 0xcf, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xdd, 0xd5, 0xcf, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xdd, 0xcc, 0xce, 0x00, 0x00, 0x03, 0xe8,
};

static struct rf_frame_header example_header(void)
{
    struct rf_frame_header header = {.epoch = 7,
                                     .lane = 3,
                                     .from = 1,
                                     .to = 2,
                                     .kind = RF_FRAME_DATA_LAST,
                                     .step = 1234,
                                     .sequence = 56789,
                                     .ack = 56780,
                                     .length = 1000};
    for (unsigned i = 0; i < RF_SESSION_SIZE; i++)
        header.session[i] = (uint8_t)i;
    return header;
}

Test(frame, encodes_the_example)
{
    struct rf_frame_header header = example_header();
    uint8_t bytes[RF_FRAME_HEADER];
    rf_frame_encode(bytes, &header);
    cr_expect_arr_eq(bytes, example, sizeof example);
}

Test(frame, decodes_the_example)
{
    struct rf_frame_header header, wanted = example_header();
    struct rf_err err = {0};
    cr_assert_eq(rf_frame_decode(&header, example, &err), RF_OK, "%s", err.text);
    cr_expect_arr_eq(header.session, wanted.session, RF_SESSION_SIZE);
    cr_expect_eq(header.epoch, wanted.epoch);
    cr_expect_eq(header.lane, wanted.lane);
    cr_expect_eq(header.from, wanted.from);
    cr_expect_eq(header.to, wanted.to);
    cr_expect_eq(header.kind, wanted.kind);
    cr_expect_eq(header.step, wanted.step);
    cr_expect_eq(header.sequence, wanted.sequence);
    cr_expect_eq(header.ack, wanted.ack);
    cr_expect_eq(header.length, wanted.length);
}

Test(frame, any_msgpack_decoder_reads_it)
{
    msgpack_unpacked unpacked;
    size_t used = 0;
    msgpack_unpacked_init(&unpacked);
    cr_assert_eq(msgpack_unpack_next(&unpacked, (const char *)example, sizeof example, &used),
                 MSGPACK_UNPACK_SUCCESS);
    cr_expect_eq(used, sizeof example);
    cr_assert_eq(unpacked.data.type, MSGPACK_OBJECT_ARRAY);
    cr_assert_eq(unpacked.data.via.array.size, 11);
    const msgpack_object *values = unpacked.data.via.array.ptr;
    cr_expect_eq(values[0].via.u64, 1);
    cr_expect_eq(values[1].via.bin.size, 16);
    cr_expect_eq(values[2].via.u64, 7);
    cr_expect_eq(values[7].via.u64, 1234);
    cr_expect_eq(values[8].via.u64, 56789);
    cr_expect_eq(values[10].via.u64, 1000);
    msgpack_unpacked_destroy(&unpacked);
}

/* Every bit of the framing bytes matters, and no bit of the values is ignored. */
Test(frame, every_bit_counts)
{
    static const uint8_t framing[] = {0, 1, 2, 3, 20, 25, 28, 31, 34, 36, 41, 50, 59};
    for (size_t i = 0; i < sizeof framing; i++) {
        for (int bit = 0; bit < 8; bit++) {
            uint8_t bytes[RF_FRAME_HEADER];
            struct rf_frame_header header;
            memcpy(bytes, example, sizeof bytes);
            bytes[framing[i]] ^= (uint8_t)(1 << bit);
            cr_expect_eq(rf_frame_decode(&header, bytes, NULL), RF_E_CHEAT, "byte %u bit %d",
                         framing[i], bit);
        }
    }
    for (size_t i = 0; i < RF_FRAME_HEADER; i++) {
        uint8_t bytes[RF_FRAME_HEADER], again[RF_FRAME_HEADER];
        struct rf_frame_header header;
        memcpy(bytes, example, sizeof bytes);
        bytes[i] ^= 1;
        if (rf_frame_decode(&header, bytes, NULL) != RF_OK)
            continue;
        rf_frame_encode(again, &header);
        cr_expect_arr_eq(again, bytes, sizeof bytes, "byte %zu", i);
    }
}

static enum rf_rc decode_changed(uint8_t kind, uint64_t sequence, uint32_t length)
{
    struct rf_frame_header header = example_header();
    uint8_t bytes[RF_FRAME_HEADER];
    header.kind = kind;
    header.sequence = sequence;
    header.length = length;
    rf_frame_encode(bytes, &header);
    return rf_frame_decode(&header, bytes, NULL);
}

Test(frame, kind_length_and_sequence_agree)
{
    cr_expect_eq(decode_changed(0, 0, 0), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_KIND_COUNT, 0, 0), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_DATA, 1, RF_FRAME_PAYLOAD), RF_OK);
    cr_expect_eq(decode_changed(RF_FRAME_DATA, 1, RF_FRAME_PAYLOAD - 1), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_DATA_LAST, 1, RF_FRAME_PAYLOAD), RF_OK);
    cr_expect_eq(decode_changed(RF_FRAME_DATA_LAST, 1, RF_FRAME_PAYLOAD + 1), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_DATA_LAST, 1, UINT32_MAX), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_DATA_LAST, 0, 10), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_ACK, 0, 0), RF_OK);
    cr_expect_eq(decode_changed(RF_FRAME_ACK, 1, 0), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_ACK, 0, 1), RF_E_CHEAT);
    cr_expect_eq(decode_changed(RF_FRAME_HELLO, 0, 100), RF_OK);
    cr_expect_eq(decode_changed(RF_FRAME_HELLO, 3, 100), RF_E_CHEAT);
}

Test(frame, ack_can_be_renewed)
{
    struct rf_frame_header header = example_header();
    uint8_t bytes[RF_FRAME_HEADER];
    rf_frame_encode(bytes, &header);
    rf_frame_set_ack(bytes, 0x0102030405060708);
    cr_assert_eq(rf_frame_decode(&header, bytes, NULL), RF_OK);
    cr_expect_eq(header.ack, 0x0102030405060708);
    cr_expect_eq(header.length, 1000);
}

static const struct rf_notice_hello hello_example = {
    .version = RF_WIRE_VERSION,
    .manifest_hash = {1, 2, 3},
    .window = 16,
    .chain = true,
    .received = 5000000000,
    .consumed = 300,
    .instance = {9},
    .known = {8},
    .beat_key = {7},
};

Test(notice, hello_there_and_back)
{
    uint8_t bytes[RF_NOTICE_MAX];
    struct rf_notice_hello hello;
    size_t size = rf_notice_put_hello(bytes, &hello_example);
    cr_assert_eq(rf_notice_get_hello(&hello, bytes, size, NULL), RF_OK);
    cr_expect_eq(hello.version, RF_WIRE_VERSION);
    cr_expect_arr_eq(hello.manifest_hash, hello_example.manifest_hash, 32);
    cr_expect_eq(hello.window, 16);
    cr_expect(hello.chain);
    cr_expect_eq(hello.received, 5000000000);
    cr_expect_eq(hello.consumed, 300);
    cr_expect_eq(hello.instance[0], 9);
    cr_expect_eq(hello.known[0], 8);
    cr_expect_eq(hello.beat_key[0], 7);
}

Test(notice, hello_cut_or_lengthened_is_refused)
{
    uint8_t bytes[RF_NOTICE_MAX] = {0};
    struct rf_notice_hello hello;
    size_t size = rf_notice_put_hello(bytes, &hello_example);
    for (size_t cut = 0; cut < size; cut++)
        cr_expect_eq(rf_notice_get_hello(&hello, bytes, cut, NULL), RF_E_CHEAT, "%zu", cut);
    cr_expect_eq(rf_notice_get_hello(&hello, bytes, size + 1, NULL), RF_E_CHEAT);
}

Test(notice, hello_without_sense_is_refused)
{
    uint8_t bytes[RF_NOTICE_MAX];
    struct rf_notice_hello hello = hello_example;
    hello.window = 0;
    cr_expect_eq(rf_notice_get_hello(&hello, bytes, rf_notice_put_hello(bytes, &hello), NULL),
                 RF_E_CHEAT);
    hello = hello_example;
    hello.consumed = hello.received + 1;
    cr_expect_eq(rf_notice_get_hello(&hello, bytes, rf_notice_put_hello(bytes, &hello), NULL),
                 RF_E_CHEAT);
}

Test(notice, hello_of_another_version_tells_the_version)
{
    const uint8_t bytes[] = {0x93, 0xcd, 0x01, 0x02, 0xa1, 'x', 0xc0};
    struct rf_notice_hello hello;
    cr_assert_eq(rf_notice_get_hello(&hello, bytes, sizeof bytes, NULL), RF_OK);
    cr_expect_eq(hello.version, 0x102);
}

Test(notice, heads_there_and_back)
{
    uint8_t bytes[RF_NOTICE_MAX] = {0};
    struct rf_notice_heads heads = {.frames = 77, .head = {1, 2}}, back;
    size_t size = rf_notice_put_heads(bytes, &heads);
    cr_assert_eq(rf_notice_get_heads(&back, bytes, size, NULL), RF_OK);
    cr_expect_eq(back.frames, 77);
    cr_expect_arr_eq(back.head, heads.head, sizeof heads.head);
    for (size_t cut = 0; cut < size; cut++)
        cr_expect_eq(rf_notice_get_heads(&back, bytes, cut, NULL), RF_E_CHEAT);
    cr_expect_eq(rf_notice_get_heads(&back, bytes, size + 1, NULL), RF_E_CHEAT);
}

Test(notice, abort_is_cleaned_for_a_terminal)
{
    uint8_t bytes[RF_NOTICE_MAX];
    struct rf_notice_abort notice = {.step = 3, .name = "sort", .reason = "disk\x1b[2J full\n\x80"};
    struct rf_notice_abort back;
    size_t size = rf_notice_put_abort(bytes, &notice);
    cr_assert_eq(rf_notice_get_abort(&back, bytes, size, NULL), RF_OK);
    cr_expect_eq(back.step, 3);
    cr_expect_str_eq(back.name, "sort");
    cr_expect_str_eq(back.reason, "disk?[2J full??");
}

Test(notice, longest_texts_fit)
{
    uint8_t bytes[RF_NOTICE_MAX];
    struct rf_notice_abort notice = {.step = UINT32_MAX}, back;
    memset(notice.name, 'n', RF_STEP_NAME_MAX);
    memset(notice.reason, 'r', RF_REASON_MAX);
    size_t size = rf_notice_put_abort(bytes, &notice);
    cr_assert_eq(rf_notice_get_abort(&back, bytes, size, NULL), RF_OK);
    cr_expect_eq(strlen(back.reason), RF_REASON_MAX);
    cr_expect_eq(strlen(back.name), RF_STEP_NAME_MAX);
}

Test(unpack, lengths_are_not_believed)
{
    const uint8_t huge_text[] = {0xdb, 0xff, 0xff, 0xff, 0xff, 'x'};
    const uint8_t huge_bin[] = {0xc6, 0xff, 0xff, 0xff, 0xff, 'x'};
    char text[16];
    uint8_t bin[16] = {1};
    struct rf_unpack in = rf_unpack_of(huge_text, sizeof huge_text);
    rf_unpack_text(&in, text, sizeof text);
    cr_expect(in.failed);
    cr_expect_str_empty(text);
    in = rf_unpack_of(huge_bin, sizeof huge_bin);
    rf_unpack_bin(&in, bin, sizeof bin);
    cr_expect(in.failed);
    cr_expect_eq(bin[0], 0);
}

Test(unpack, failure_sticks)
{
    const uint8_t bytes[] = {0xc0, 0x05};
    struct rf_unpack in = rf_unpack_of(bytes, sizeof bytes);
    cr_expect_eq(rf_unpack_uint(&in, 9), 0);
    cr_expect_eq(rf_unpack_uint(&in, 9), 0);
    cr_expect_not(rf_unpack_done(&in));
}

Test(unpack, limits_hold)
{
    const uint8_t bytes[] = {0xcc, 0xc8};
    struct rf_unpack in = rf_unpack_of(bytes, sizeof bytes);
    cr_expect_eq(rf_unpack_uint(&in, 199), 0);
    cr_expect(in.failed);
    in = rf_unpack_of(bytes, sizeof bytes);
    cr_expect_eq(rf_unpack_uint(&in, 200), 200);
    cr_expect(rf_unpack_done(&in));
}

Test(outer, hello_reset_beat_there_and_back)
{
    uint8_t bytes[RF_OUTER_SMALL];
    unsigned version;
    struct rf_outer_hello hello = {.from = 2, .to = 1, .lane = 500}, hello_back;
    rf_outer_put_hello(bytes, &hello);
    cr_expect_eq(rf_outer_kind(bytes, RF_OUTER_HELLO_SIZE, &version), RF_OUTER_HELLO);
    cr_expect_eq(version, RF_WIRE_VERSION);
    cr_assert(rf_outer_get_hello(&hello_back, bytes, RF_OUTER_HELLO_SIZE));
    cr_expect(hello_back.from == 2 && hello_back.to == 1 && hello_back.lane == 500);
    cr_expect_not(rf_outer_get_hello(&hello_back, bytes, RF_OUTER_HELLO_SIZE - 1));

    enum rf_reset why;
    rf_outer_put_reset(bytes, RF_RESET_BUSY);
    cr_expect_eq(rf_outer_kind(bytes, RF_OUTER_RESET_SIZE, &version), RF_OUTER_RESET);
    cr_assert(rf_outer_get_reset(&why, bytes, RF_OUTER_RESET_SIZE));
    cr_expect_eq(why, RF_RESET_BUSY);
    bytes[RF_OUTER_RESET_SIZE - 1] = RF_RESET_COUNT;
    cr_expect_not(rf_outer_get_reset(&why, bytes, RF_OUTER_RESET_SIZE));

    struct rf_outer_beat beat = {
        .count = 1, .messages = UINT64_MAX, .activity = 3, .waiting = RF_OUTER_NOBODY, .tag = {5}};
    struct rf_outer_beat beat_back;
    rf_outer_put_beat(bytes, &beat);
    cr_expect_eq(rf_outer_kind(bytes, RF_OUTER_BEAT_SIZE, &version), RF_OUTER_BEAT);
    cr_assert(rf_outer_get_beat(&beat_back, bytes, RF_OUTER_BEAT_SIZE));
    cr_expect(beat_back.count == 1 && beat_back.messages == UINT64_MAX && beat_back.activity == 3);
    cr_expect(beat_back.waiting == RF_OUTER_NOBODY && beat_back.tag[0] == 5);
    cr_expect_not(rf_outer_get_beat(&beat_back, bytes, RF_OUTER_BEAT_SIZE + 1));
}

Test(outer, other_versions_are_seen_in_hello_and_reset_alone)
{
    unsigned version;
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RF\x09\x01", 4, &version), RF_OUTER_HELLO);
    cr_expect_eq(version, 9);
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RF\x09\x03", 4, &version), RF_OUTER_RESET);
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RF\x09\x02", 4, &version), 0);
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RF\x01\x00", 4, &version), 0);
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RF\x01\x05", 4, &version), 0);
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RX\x01\x01", 4, &version), 0);
    cr_expect_eq(rf_outer_kind((const uint8_t *)"RF\x01", 3, &version), 0);
}

Test(outer, records_must_be_whole)
{
    uint8_t bytes[4 + 5 + 3 + 5 + 2] = {'R', 'F', 1, 2, 23, 3, 3, 0, 3, 1, 2, 3, 23, 3, 3, 0, 2};
    cr_expect(rf_outer_records_whole(bytes, sizeof bytes));
    cr_expect(rf_outer_records_whole(bytes, 12));
    for (size_t cut = 0; cut < sizeof bytes; cut++)
        if (cut != 12)
            cr_expect_not(rf_outer_records_whole(bytes, cut), "%zu", cut);
    bytes[7] = 0xff;
    cr_expect_not(rf_outer_records_whole(bytes, sizeof bytes));
}
