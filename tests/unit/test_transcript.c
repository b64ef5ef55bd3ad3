/* Transcripts: what is written is read back; anything else in form or order is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/frame.h"
#include "party/transcript/transcript_read.h"
#include "party/transcript/transcript_write.h"
#include "support/scratch.h"

static struct rf_transcript_writer writer;
static struct rf_err err;
static char path[512];
static uint8_t leaf[RF_CHAIN_SIZE], bits[64];

static const struct rf_transcript_header header = {
    .software = "0.1.0",
    .cpu = "portable",
    .party = true,
    .member = 2,
    .id = 1,
    .lanes = 2,
    .manifest = {1, 2},
    .session = {3},
    .epoch = 7,
    .seed = {4},
    .started = 1800000000,
    .batches = 1024,
};

static void begin(void)
{
    err = (struct rf_err){0};
    (void)snprintf(path, sizeof path, "%s/a.rft", rf_scratch_folder());
    (void)remove(path);
    cr_assert_eq(rf_transcript_create(&writer, path, &err), RF_OK, "%s", err.text);
}

/* A header, a manifest and a member, which every transcript begins with. */
static void begin_well(void)
{
    begin();
    cr_assert_eq(rf_transcript_put_header(&writer, &header), RF_OK);
    cr_assert_eq(rf_transcript_put_manifest(&writer, (const uint8_t *)"manifest", 8), RF_OK);
    cr_assert_eq(rf_transcript_put_member(&writer, 0, (const uint8_t *)"crt", 3,
                                          (const uint8_t *)"approval", 8),
                 RF_OK);
}

static enum rf_rc read_back(struct rf_transcript *transcript)
{
    cr_assert_eq(rf_transcript_flush(&writer, true), RF_OK);
    rf_transcript_writer_fini(&writer);
    err = (struct rf_err){0};
    return rf_transcript_load(transcript, path, &err);
}

static void refused(const char *why)
{
    struct rf_transcript transcript;
    cr_expect_eq(read_back(&transcript), RF_E_FORMAT);
    cr_expect(strstr(err.text, why), "says: %s", err.text);
    rf_transcript_fini(&transcript);
}

static size_t frames(uint8_t *out, unsigned count, uint32_t step)
{
    size_t size = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct rf_transcript_frame frame = {
            .kind = RF_FRAME_DATA, .step = step, .length = i % 200 * 999, .leaf = leaf};
        size += rf_transcript_frame_put(out + size, &frame);
    }
    return size;
}

static struct rf_transcript_checkpoint checkpoint(unsigned peer, uint64_t number, uint64_t sent)
{
    return (struct rf_transcript_checkpoint){.peer = peer,
                                             .number = number,
                                             .sent = sent,
                                             .size = writer.tree.size,
                                             .signature = bits,
                                             .signature_size = 64,
                                             .peer_signature = bits,
                                             .peer_signature_size = 63};
}

static void put_step(unsigned lane, uint32_t number, const char *name)
{
    struct rf_transcript_step step = {.lane = lane, .step = number, .rows = 5};
    (void)snprintf(step.name, sizeof step.name, "%s", name);
    cr_assert_eq(rf_transcript_put_begin(&writer, &step), RF_OK);
}

static void put_opened(const char *kind, uint64_t rows, unsigned width, uint64_t at, size_t size)
{
    struct rf_transcript_opened opened = {
        .step = 1, .rows = rows, .width = width, .at = at, .value = bits, .size = size};
    (void)snprintf(opened.kind, sizeof opened.kind, "%s", kind);
    cr_assert_eq(rf_transcript_put_opened(&writer, &opened), RF_OK);
}

Test(transcript, every_record_is_read_back)
{
    struct rf_transcript in;
    uint8_t list[400];
    const struct rf_transcript_signed record = {(const uint8_t *)"record", (const uint8_t *)"sign",
                                                6, 4};
    struct rf_transcript_totals totals = {.bytes_sent = 9, .opened = {1, 2, 3}, .finished = 4};
    begin_well();
    put_step(0, 1, "sort tokens");
    cr_assert_eq(rf_transcript_put_signed(&writer, RF_TRANSCRIPT_INPUT, &record), RF_OK);
    put_opened("order", 70, 2, 0, 32);
    const struct rf_transcript_step end = {
        .step = 1, .declared_bytes = 5, .rounds = 6, .microseconds = 7};
    cr_assert_eq(rf_transcript_put_end(&writer, &end), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 0, list, frames(list, 3, 300)),
                 RF_OK);
    struct rf_transcript_checkpoint at = checkpoint(2, 1, 3);
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 3, list, frames(list, 1, 1)),
                 RF_OK);
    cr_assert_eq(rf_transcript_put_signed(&writer, RF_TRANSCRIPT_OUTPUT, &record), RF_OK);
    cr_assert_eq(rf_transcript_put_result(&writer, leaf), RF_OK);
    cr_assert_eq(rf_transcript_put_close(&writer, &totals), RF_OK);
    cr_assert_eq(read_back(&in), RF_OK, "%s", err.text);
    cr_expect_eq(in.records, 13);
    cr_expect_eq(in.header.epoch, 7);
    cr_expect_str_eq(in.header.cpu, "portable");
    cr_expect_eq(in.manifest_size, 8);
    cr_expect_eq(in.members, 1);
    cr_expect_eq(in.inputs, 1);
    cr_expect_eq(in.outputs, 1);
    cr_assert(in.steps == 1 && in.openings == 1 && in.links == 1 && in.checkpoints == 1 &&
              in.step && in.opened && in.link && in.checkpoint);
    cr_expect_str_eq(in.step[0].name, "sort tokens");
    cr_expect_eq(in.step[0].microseconds, 7);
    cr_expect_eq(in.opened[0].size, 32);
    cr_expect_eq(in.link[0].frames, 4);
    cr_expect_eq(in.link[0].frame[2].length, 2 * 999);
    cr_expect_eq(in.link[0].frame[2].step, 300);
    cr_expect_eq(in.checkpoint[0].peer_signature_size, 63);
    cr_expect(in.has_result && in.closed && !in.ended && !in.aborted);
    cr_expect_eq(in.totals.opened[2], 3);
    rf_transcript_fini(&in);
}

/* A crash leaves what was written; what came after the last whole record is counted. */
Test(transcript, cut_anywhere_it_is_good_up_to_there)
{
    struct rf_transcript whole, in;
    begin_well();
    put_step(0, 1, "sort tokens");
    cr_assert_eq(read_back(&whole), RF_OK);
    size_t last = whole.record[3].size + RF_TREE_HASH;
    for (size_t size = whole.size - last; size < whole.size; size++) {
        uint8_t *copy = malloc(size);
        memcpy(copy, whole.bytes, size);
        cr_assert_eq(rf_transcript_read(&in, "cut", copy, size, &err), RF_OK, "%s", err.text);
        cr_expect_eq(in.records, 3);
        cr_expect_eq(in.cut, size - (whole.size - last));
        rf_transcript_fini(&in);
    }
    rf_transcript_fini(&whole);
}

Test(transcript, every_byte_counts)
{
    struct rf_transcript whole, in;
    begin_well();
    put_step(0, 1, "sort tokens");
    cr_assert_eq(read_back(&whole), RF_OK);
    for (size_t i = 0; i < whole.size; i++) {
        uint8_t *copy = malloc(whole.size);
        memcpy(copy, whole.bytes, whole.size);
        copy[i] ^= 1;
        enum rf_rc rc = rf_transcript_read(&in, "changed", copy, whole.size, NULL);
        cr_expect(rc == RF_E_FORMAT || in.cut > 0, "byte %zu", i);
        rf_transcript_fini(&in);
    }
    rf_transcript_fini(&whole);
}

Test(transcript, long_values_and_many_frames_come_in_pieces)
{
    struct rf_transcript in;
    enum { FRAMES = 40000 };
    size_t rows = (size_t)12 << 20, size = rows / 8;
    uint8_t *value = calloc(1, size), *list = malloc((size_t)FRAMES * RF_TRANSCRIPT_FRAME_MAX);
    struct rf_transcript_opened opened = {
        .kind = "kept", .step = 1, .rows = rows, .width = 1, .value = value, .size = size};
    begin_well();
    cr_assert_eq(rf_transcript_put_opened(&writer, &opened), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 0, true, 0, list, frames(list, FRAMES, 9)),
                 RF_OK);
    cr_assert_eq(read_back(&in), RF_OK, "%s", err.text);
    cr_expect_eq(in.openings, 2);
    cr_expect_eq(in.opened[1].at, RF_TRANSCRIPT_PIECE_MAX);
    cr_expect_eq(in.link[0].frames, FRAMES);
    cr_expect_gt(in.records, 5);
    rf_transcript_fini(&in);
    free(value);
    free(list);
}

Test(transcript, records_have_their_places)
{
    begin();
    cr_assert_eq(rf_transcript_put_manifest(&writer, bits, 8), RF_OK);
    refused("record 0 (manifest): does not belong there");
    begin_well();
    cr_assert_eq(rf_transcript_put_header(&writer, &header), RF_OK);
    refused("does not belong there");
    begin_well();
    put_step(0, 1, "sort tokens");
    cr_assert_eq(rf_transcript_put_member(&writer, 1, bits, 1, bits, 1), RF_OK);
    refused("does not belong there");
    begin_well();
    cr_assert_eq(rf_transcript_put_abort(&writer, 1, "sort tokens", "why"), RF_OK);
    put_step(0, 1, "sort tokens");
    refused("does not belong there");
    begin_well();
    cr_assert_eq(rf_transcript_put_segment(&writer, &(struct rf_transcript_segment){.number = 1}),
                 RF_OK);
    refused("no such segment");
}

Test(transcript, steps_follow_each_other_in_each_lane)
{
    struct rf_transcript in;
    begin_well();
    put_step(0, 1, "a");
    put_step(1, 1, "b");
    put_step(0, 2, "c");
    cr_assert_eq(read_back(&in), RF_OK, "%s", err.text);
    rf_transcript_fini(&in);
    begin_well();
    put_step(0, 1, "a");
    put_step(1, 2, "b");
    refused("step 1 begins next");
    begin_well();
    put_step(0, 1, "a\n");
    refused("more than plain text");
    begin_well();
    cr_assert_eq(rf_transcript_put_end(&writer, &(struct rf_transcript_step){.step = 1}), RF_OK);
    refused("no such step");
}

Test(transcript, values_have_their_shapes)
{
    begin_well();
    put_opened("order", 64, 1, 0, 16);
    refused("a piece of another value");
    begin_well();
    put_opened("order", 64, 1, 8, 8);
    refused("a piece of another value");
    begin_well();
    put_opened("order", 128, 1, 0, 8);
    put_opened("kept", 128, 1, 8, 8);
    refused("a piece of another value");
    begin_well();
    put_opened("order", 64, 65, 0, 8);
    refused("no value has such a shape");
    begin_well();
    put_opened("order", UINT64_MAX, 1, 0, 8);
    refused("no value has such a shape");
}

/* Frames stand before the checkpoint; it fails, and frames stand before the abort. */
Test(transcript, a_checkpoint_may_fail)
{
    struct rf_transcript in = {0};
    uint8_t list[200];
    size_t size = frames(list, 2, 1);
    begin_well();
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 1, false, 0, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, true, 0, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 1, false, 2, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, true, 2, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_abort(&writer, 0, "hand out", "why"), RF_OK);
    cr_assert_eq(read_back(&in), RF_OK, "%s", err.text);
    cr_expect(in.aborted);
    cr_expect_eq(in.link[0].frames, 4);
    rf_transcript_fini(&in);
}

Test(transcript, frames_go_on_without_a_gap)
{
    uint8_t list[200];
    size_t size = frames(list, 2, 1);
    begin_well();
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 1, list, size), RF_OK);
    refused("go on with number 0");
    begin_well();
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, true, 0, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 0, list, size), RF_OK);
    put_step(0, 1, "went on");
    refused("does not belong there");
    begin_well();
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, true, 0, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 0, list, size), RF_OK);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 1, false, 0, list, size), RF_OK);
    refused("belongs before");
    begin_well();
    list[0] = RF_FRAME_HELLO;
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 0, list, size), RF_OK);
    refused("frame 0 is malformed");
    begin_well();
    const struct rf_transcript_frame huge = {
        .kind = RF_FRAME_DATA, .length = RF_FRAME_PAYLOAD + 1, .leaf = leaf};
    size = rf_transcript_frame_put(list, &huge);
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 0, list, size), RF_OK);
    refused("frame 0 is malformed");
}

Test(transcript, numbers_have_one_form)
{
    struct rf_transcript_frame frame;
    uint8_t list[1 + 5 + 5 + RF_CHAIN_SIZE] = {RF_FRAME_DATA, 0x80, 0x00, 5};
    const uint8_t *at = list;
    cr_expect_not(rf_transcript_frame_get(&frame, &at, list + sizeof list), "0 in two bytes");
    static const uint8_t too_large[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
    memcpy(list + 1, too_large, sizeof too_large);
    at = list;
    cr_expect_not(rf_transcript_frame_get(&frame, &at, list + sizeof list), "33 bits");
    static const uint8_t largest[] = {0xff, 0xff, 0xff, 0xff, 0x0f, 0x05};
    memcpy(list + 1, largest, sizeof largest);
    for (size_t size = 0; size < 1 + 5 + 1 + RF_CHAIN_SIZE; size++) {
        at = list;
        cr_expect_not(rf_transcript_frame_get(&frame, &at, list + size), "%zu bytes", size);
    }
    at = list;
    cr_assert(rf_transcript_frame_get(&frame, &at, list + sizeof list));
    cr_expect_eq(frame.step, UINT32_MAX);
    cr_expect_eq(frame.length, 5);
}

Test(transcript, checkpoints_stand_where_their_frames_end)
{
    uint8_t list[200];
    struct rf_transcript_checkpoint at;
    begin_well();
    cr_assert_eq(rf_transcript_put_frames(&writer, 0, 2, false, 0, list, frames(list, 2, 1)),
                 RF_OK);
    at = checkpoint(2, 1, 1);
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    refused("does not stand where its frames end");
    begin_well();
    at = checkpoint(2, 2, 0);
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    refused("checkpoint 1 of this link comes next");
    begin_well();
    at = checkpoint(2, 1, 0);
    put_step(0, 1, "went on");
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    refused("about records that come after it");
    begin_well();
    at = checkpoint(2, 1, 0);
    at.size = 99;
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    refused("about records that come after it");
    begin_well();
    at = checkpoint(2, 1, 0);
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    at.peer = 0;
    cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    refused("belongs before");
}

/* Both ends state the same, whichever of them recorded it. */
Test(transcript, both_ends_sign_one_statement)
{
    struct rf_transcript_header other = header;
    struct rf_transcript_checkpoint one = {.peer = 18,
                                           .number = 2,
                                           .sent = 5,
                                           .received = 6,
                                           .size = 7,
                                           .peer_size = 8,
                                           .sent_head = {1},
                                           .received_head = {2},
                                           .root = {3},
                                           .peer_root = {4}};
    struct rf_transcript_checkpoint two = {.peer = 1,
                                           .number = 2,
                                           .sent = 6,
                                           .received = 5,
                                           .size = 8,
                                           .peer_size = 7,
                                           .sent_head = {2},
                                           .received_head = {1},
                                           .root = {4},
                                           .peer_root = {3}};
    struct rf_transcript_statement statement;
    uint8_t *a = NULL, *b = NULL;
    size_t a_size = 0, b_size = 0;
    other.id = 18;
    rf_transcript_stated(&statement, &header, &one);
    cr_assert_eq(rf_transcript_statement(&statement, &a, &a_size, NULL), RF_OK);
    rf_transcript_stated(&statement, &other, &two);
    cr_assert_eq(rf_transcript_statement(&statement, &b, &b_size, NULL), RF_OK);
    cr_assert_eq(a_size, b_size);
    cr_expect_arr_eq(a, b, a_size);
    free(a);
    free(b);
}

static void header_with(unsigned lanes)
{
    struct rf_transcript_header other = header;
    other.lanes = lanes;
    begin();
    cr_assert_eq(rf_transcript_put_header(&writer, &other), RF_OK);
}

Test(transcript, lanes_are_those_that_the_header_has)
{
    begin_well();
    put_step(1, 1, "sort tokens");
    put_step(2, 1, "sort tokens");
    refused("record 4 (begin)");
    begin_well();
    uint8_t list[100];
    cr_assert_eq(rf_transcript_put_frames(&writer, 2, 2, false, 0, list, frames(list, 1, 1)),
                 RF_OK);
    refused("record 3 (frames)");
    header_with(RF_STUDY_LANES_MAX + 1);
    refused("record 0 (header)");
    header_with(0);
    refused("a process without a lane");
}

/* Lanes take turns: what is asked of a record is not lost with another lane's in between. */
Test(transcript, lanes_are_kept_apart)
{
    struct rf_transcript in;
    uint8_t list[100];
    begin_well();
    for (unsigned lane = 0; lane < 2; lane++) {
        put_step(lane, 1, "sort tokens");
        cr_assert_eq(rf_transcript_put_frames(&writer, lane, 2, false, 0, list, frames(list, 2, 1)),
                     RF_OK);
    }
    const struct rf_transcript_checkpoint second = checkpoint(2, 1, 2);
    for (unsigned lane = 0; lane < 2; lane++) {
        struct rf_transcript_checkpoint at = second;
        at.lane = lane;
        cr_assert_eq(rf_transcript_put_checkpoint(&writer, &at), RF_OK);
    }
    put_step(0, 2, "find shared tokens");
    cr_assert_eq(rf_transcript_put_frames(&writer, 1, 2, false, 2, list, frames(list, 1, 1)),
                 RF_OK);
    cr_assert_eq(read_back(&in), RF_OK, "%s", err.text);
    cr_expect_eq(in.links, 2);
    cr_expect_eq(rf_transcript_link(&in, 1, 2, false)->frames, 3);
    cr_expect_eq(rf_transcript_link(&in, 0, 2, false)->frames, 2);
    rf_transcript_fini(&in);
}

Test(transcript, a_file_is_never_overwritten)
{
    struct rf_transcript_writer second;
    begin_well();
    cr_expect_eq(rf_transcript_create(&second, path, NULL), RF_E_IO);
    rf_transcript_writer_fini(&second);
    rf_transcript_writer_fini(&writer);
}
