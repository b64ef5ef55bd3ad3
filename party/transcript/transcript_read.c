#include "party/transcript/transcript_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/base/secret.h"
#include "net/frame.h"

enum { MANIFEST_MAX = 1 << 20, FILE_MAX_BITS = 34, IDS = RF_CLIENT_ID + RF_MEMBERS_MAX };

/* Where a lane is: places in the transcript's lists, plus one; 0 where there is none. */
struct place {
    size_t step, opened, link[IDS][2]; /* the last ones, and links by peer and direction */
    size_t happened;                   /* its last record but checkpoints and segments */
    uint64_t checkpoints[IDS];
};

/* What one record is read into. What is asked of each record is kept by lane, so that no list is searched. */
struct reading {
    struct rf_transcript *to;
    struct place place[RF_STUDY_LANES_MAX];
    unsigned listed_lane, listed; /* the last record's lane, and its place among its neighbours */
    bool resumed;                 /* frames again, though no checkpoint came */
    struct rf_canon_reader r;
    char where[320]; /* "NAME: record 17 (frames)" */
    struct rf_err *err;
};

/* Room for one more element; NULL when memory runs out. */
static void *grow(void *array, size_t count, size_t *room, size_t element)
{
    if (count < *room)
        return array;
    size_t wider = *room ? 2 * *room : 16;
    void *moved = reallocarray(array, wider, element);
    if (moved)
        *room = wider;
    return moved;
}

/* Appends a zeroed element to a transcript's array and gives it; fails the reading without memory. */
#define ADD(reading, array, count, room)                                                           \
    do {                                                                                           \
        void *moved = grow((array), (count), &(room), sizeof *(array));                            \
        if (!moved)                                                                                \
            return rf_err_set((reading)->err, RF_E_MEMORY, "out of memory for a transcript");      \
        (array) = moved;                                                                           \
    } while (0)

static size_t read_bytes(struct reading *reading, const char *key, size_t most,
                         const uint8_t **bytes)
{
    rf_canon_read_key(&reading->r, key);
    return rf_canon_read_bytes(&reading->r, most, bytes);
}

static void read_hash(struct reading *reading, const char *key, uint8_t *hash, size_t size)
{
    rf_canon_read_key(&reading->r, key);
    rf_canon_read_exactly(&reading->r, hash, size);
}

static uint64_t read_number(struct reading *reading, const char *key, uint64_t most)
{
    rf_canon_read_key(&reading->r, key);
    return rf_canon_read_number(&reading->r, most);
}

/* Whose the record is. */
static unsigned read_lane(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    unsigned lane = (unsigned)read_number(reading, "lane", to->header.lanes - 1);
    to->record[to->records - 1].lane = lane;
    return lane;
}

/* Text that is shown to people: what is no printable ASCII makes the record malformed. */
static void read_text(struct reading *reading, const char *key, char *text, size_t room)
{
    rf_canon_read_key(&reading->r, key);
    rf_canon_read_text(&reading->r, text, room);
    for (const char *at = text; *at; at++) {
        if (*at < 0x20 || *at > 0x7e)
            rf_canon_fail(&reading->r, "'%s' holds more than plain text", key);
    }
}

/* One of two words. */
static bool read_choice(struct reading *reading, const char *key, const char *no, const char *yes)
{
    char text[RF_TRANSCRIPT_WORD];
    read_text(reading, key, text, sizeof text);
    if (strcmp(text, no) != 0 && strcmp(text, yes) != 0)
        rf_canon_fail(&reading->r, "'%s' is neither %s nor %s", key, no, yes);
    return strcmp(text, yes) == 0;
}

/* ---- records ---- */

static enum rf_rc read_header(struct reading *reading)
{
    struct rf_transcript_header *header = &reading->to->header;
    char format[RF_TRANSCRIPT_WORD];
    const uint8_t *auditor = NULL;
    rf_canon_read_map(&reading->r, 16);
    read_text(reading, "format", format, sizeof format);
    if (strcmp(format, RF_TRANSCRIPT_FORMAT) != 0)
        rf_canon_fail(&reading->r, "this is no transcript");
    header->full = read_choice(reading, "level", "chain", "full");
    read_text(reading, "software", header->software, sizeof header->software);
    read_hash(reading, "build", header->build, sizeof header->build);
    read_text(reading, "cpu", header->cpu, sizeof header->cpu);
    header->party = read_choice(reading, "role", "client", "party");
    header->member = (unsigned)read_number(reading, "member", RF_MEMBERS_MAX - 1);
    header->id = (unsigned)read_number(reading, "id", RF_CLIENT_ID + RF_MEMBERS_MAX - 1);
    header->lanes = (unsigned)read_number(reading, "lanes", RF_STUDY_LANES_MAX);
    if (header->lanes == 0)
        rf_canon_fail(&reading->r, "a process without a lane");
    read_hash(reading, "manifest", header->manifest, sizeof header->manifest);
    read_hash(reading, "session", header->session, sizeof header->session);
    header->epoch = (uint32_t)read_number(reading, "epoch", UINT32_MAX);
    read_hash(reading, "seed", header->seed, sizeof header->seed);
    size_t size = read_bytes(reading, "auditor", sizeof header->auditor, &auditor);
    if (size != (header->full ? sizeof header->auditor : 0))
        rf_canon_fail(&reading->r, "an auditor's fingerprint goes with level full alone");
    else if (size)
        memcpy(header->auditor, auditor, size);
    header->started = read_number(reading, "started", INT64_MAX);
    header->batches = read_number(reading, "batches", UINT64_MAX);
    if (header->party ? header->id >= RF_PARTIES : header->id != RF_CLIENT_ID + header->member)
        rf_canon_fail(&reading->r, "id, role and member do not go together");
    return RF_OK;
}

static enum rf_rc read_manifest(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    rf_canon_read_map(&reading->r, 1);
    to->manifest_size = read_bytes(reading, "manifest", MANIFEST_MAX, &to->manifest);
    return RF_OK;
}

static enum rf_rc read_member(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    struct rf_transcript_member *member = &to->member[to->members];
    rf_canon_read_map(&reading->r, 3);
    if (read_number(reading, "member", RF_MEMBERS_MAX - 1) != to->members)
        rf_canon_fail(&reading->r, "member %u comes next", to->members);
    member->certificate_size =
        read_bytes(reading, "certificate", RF_TRANSCRIPT_PIECE_MAX, &member->certificate);
    member->approval_size =
        read_bytes(reading, "approval", RF_TRANSCRIPT_PIECE_MAX, &member->approval);
    to->members++;
    return RF_OK;
}

static enum rf_rc read_signed(struct reading *reading, struct rf_transcript_signed *list,
                              unsigned *count, unsigned most)
{
    struct rf_transcript_signed in = {0};
    rf_canon_read_map(&reading->r, 2);
    in.record_size = read_bytes(reading, "record", RF_TRANSCRIPT_RECORD_MAX, &in.record);
    in.signature_size = read_bytes(reading, "signature", RF_SIGNATURE_MAX, &in.signature);
    if (*count == most)
        rf_canon_fail(&reading->r, "more than %u of these", most);
    else
        list[(*count)++] = in;
    return RF_OK;
}

static struct rf_transcript_step *last_step(const struct reading *reading, unsigned lane)
{
    size_t last = reading->place[lane].step;
    return last ? &reading->to->step[last - 1] : NULL;
}

static enum rf_rc read_begin(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    ADD(reading, to->step, to->steps, to->steps_room);
    struct rf_transcript_step step = {0};
    rf_canon_read_map(&reading->r, 4);
    step.lane = read_lane(reading);
    step.step = (uint32_t)read_number(reading, "step", UINT32_MAX);
    read_text(reading, "name", step.name, sizeof step.name);
    step.rows = read_number(reading, "rows", UINT64_MAX);
    step.begin_record = to->records - 1;
    const struct rf_transcript_step *last = last_step(reading, step.lane);
    uint32_t next = last ? last->step + 1 : 1;
    if (step.step != next)
        rf_canon_fail(&reading->r, "step %u begins next", next);
    to->step[to->steps++] = step;
    reading->place[step.lane].step = to->steps;
    return RF_OK;
}

static enum rf_rc read_end(struct reading *reading)
{
    rf_canon_read_map(&reading->r, 7);
    unsigned lane = read_lane(reading);
    struct rf_transcript_step *step = last_step(reading, lane);
    uint64_t number = read_number(reading, "step", UINT32_MAX);
    if (!step || step->ended || number != step->step) {
        rf_canon_fail(&reading->r, "no such step is under way");
        return RF_OK;
    }
    step->declared_bytes = read_number(reading, "declared_bytes", UINT64_MAX);
    step->declared_rounds = read_number(reading, "declared_rounds", UINT64_MAX);
    step->bytes = read_number(reading, "bytes", UINT64_MAX);
    step->rounds = read_number(reading, "rounds", UINT64_MAX);
    step->microseconds = read_number(reading, "microseconds", UINT64_MAX);
    step->end_record = reading->to->records - 1;
    step->ended = true;
    return RF_OK;
}

/* Values come in pieces, each where the one before ended; what is not the first continues the last. */
static void check_piece(struct reading *reading, const struct rf_transcript_opened *piece)
{
    size_t before = reading->place[piece->lane].opened;
    const struct rf_transcript_opened *last = before ? &reading->to->opened[before - 1] : NULL;
    if (piece->rows > RF_ROWS_MAX || piece->width > 64 || piece->size % sizeof(uint64_t) != 0) {
        rf_canon_fail(&reading->r, "no value has such a shape");
        return;
    }
    uint64_t whole = (piece->rows + 63) / 64 * piece->width * sizeof(uint64_t);
    bool follows = last && last->at + last->size == piece->at && last->rows == piece->rows &&
                   last->width == piece->width && strcmp(last->kind, piece->kind) == 0;
    bool open = last && last->at + last->size < (last->rows + 63) / 64 * last->width * 8;
    if (piece->size == 0 || piece->at + piece->size > whole || (piece->at > 0 || open) != follows)
        rf_canon_fail(&reading->r, "a piece of another value comes next");
}

static enum rf_rc read_opened(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    struct rf_transcript_opened opened = {0};
    rf_canon_read_map(&reading->r, 7);
    opened.lane = read_lane(reading);
    opened.step = (uint32_t)read_number(reading, "step", UINT32_MAX);
    read_text(reading, "kind", opened.kind, sizeof opened.kind);
    opened.rows = read_number(reading, "rows", UINT64_MAX);
    opened.width = read_number(reading, "width", UINT64_MAX);
    opened.at = read_number(reading, "at", UINT32_MAX);
    opened.size = read_bytes(reading, "value", RF_TRANSCRIPT_PIECE_MAX, &opened.value);
    if (reading->r.rc == RF_OK)
        check_piece(reading, &opened);
    ADD(reading, to->opened, to->openings, to->openings_room);
    to->opened[to->openings++] = opened;
    reading->place[opened.lane].opened = to->openings;
    return RF_OK;
}

/* Records of one kind that stand beside each other are in order, so that there is one order only. But frames are written
 * before a checkpoint, and where that fails, once more before the abort that follows.
 * @place: rises from one to the next; @again: or stays the same */
static void check_order(struct reading *reading, unsigned lane, unsigned place, bool again)
{
    const struct rf_transcript *to = reading->to;
    bool beside = to->records > 1 &&
                  to->record[to->records - 2].type == to->record[to->records - 1].type &&
                  lane == reading->listed_lane;
    if (beside && (place < reading->listed || (place == reading->listed && !again))) {
        bool frames = to->record[to->records - 1].type == RF_TRANSCRIPT_FRAMES;
        if (!frames || reading->resumed)
            rf_canon_fail(&reading->r, "stands behind a record that it belongs before");
        reading->resumed = true;
    }
    reading->listed_lane = lane;
    reading->listed = place;
}

static struct rf_transcript_link *find_link(const struct reading *reading, unsigned lane,
                                            unsigned peer, bool received)
{
    size_t which = reading->place[lane].link[peer][received];
    return which ? &reading->to->link[which - 1] : NULL;
}

const struct rf_transcript_link *rf_transcript_link(const struct rf_transcript *transcript,
                                                    unsigned lane, unsigned peer, bool received)
{
    for (size_t i = 0; i < transcript->links; i++) {
        const struct rf_transcript_link *link = &transcript->link[i];
        if (link->lane == lane && link->peer == peer && link->received == received)
            return link;
    }
    return NULL;
}

static enum rf_rc take_frames(struct reading *reading, struct rf_transcript_link *link,
                              const uint8_t *at, const uint8_t *end)
{
    struct rf_transcript_frame frame;
    while (at < end) {
        if (!rf_transcript_frame_get(&frame, &at, end) || frame.kind < RF_FRAME_DATA ||
            frame.kind > RF_FRAME_CONTROL || frame.length > RF_FRAME_PAYLOAD) {
            rf_canon_fail(&reading->r, "frame %zu is malformed", link->frames);
            return RF_OK;
        }
        ADD(reading, link->frame, link->frames, link->room);
        link->frame[link->frames++] = frame;
    }
    return RF_OK;
}

static enum rf_rc read_frames(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    const uint8_t *frames = NULL;
    rf_canon_read_map(&reading->r, 5);
    unsigned lane = read_lane(reading);
    unsigned peer = (unsigned)read_number(reading, "peer", RF_CLIENT_ID + RF_MEMBERS_MAX - 1);
    bool received = read_number(reading, "direction", 1);
    uint64_t first = read_number(reading, "first", UINT64_MAX);
    size_t size = read_bytes(reading, "frames", RF_TRANSCRIPT_PIECE_MAX, &frames);
    if (reading->r.rc != RF_OK)
        return RF_OK;
    struct rf_transcript_link *link = find_link(reading, lane, peer, received);
    if (!link) {
        ADD(reading, to->link, to->links, to->links_room);
        link = &to->link[to->links++];
        *link = (struct rf_transcript_link){.lane = lane, .peer = peer, .received = received};
        reading->place[lane].link[peer][received] = to->links;
    }
    check_order(reading, lane, 2 * peer + received, true);
    if (first != link->frames || size == 0)
        rf_canon_fail(&reading->r, "frames of this link go on with number %zu", link->frames);
    link->last_record = to->records;
    return reading->r.rc == RF_OK ? take_frames(reading, link, frames, frames + size) : RF_OK;
}

/* A checkpoint stands where its frames end, and is about records that came before it: from these to itself its lane
 * records nothing else. */
static void check_place(struct reading *reading, const struct rf_transcript_checkpoint *at)
{
    const struct rf_transcript *to = reading->to;
    const struct rf_transcript_link *sent = find_link(reading, at->lane, at->peer, false);
    const struct rf_transcript_link *received = find_link(reading, at->lane, at->peer, true);
    uint64_t number = ++reading->place[at->lane].checkpoints[at->peer];
    if (at->number != number)
        rf_canon_fail(&reading->r, "checkpoint %llu of this link comes next",
                      (unsigned long long)number);
    if (at->sent != (sent ? sent->frames : 0) || at->received != (received ? received->frames : 0))
        rf_canon_fail(&reading->r, "a checkpoint does not stand where its frames end");
    if (at->size >= to->records || reading->place[at->lane].happened > at->size ||
        (sent && sent->last_record > at->size) || (received && received->last_record > at->size))
        rf_canon_fail(&reading->r, "a checkpoint is about records that come after it");
}

static enum rf_rc read_checkpoint(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    struct rf_transcript_checkpoint at = {0};
    rf_canon_read_map(&reading->r, 13);
    at.lane = read_lane(reading);
    at.peer = (unsigned)read_number(reading, "peer", RF_CLIENT_ID + RF_MEMBERS_MAX - 1);
    at.number = read_number(reading, "number", UINT64_MAX);
    at.sent = read_number(reading, "sent", UINT64_MAX);
    read_hash(reading, "sent_head", at.sent_head, sizeof at.sent_head);
    at.received = read_number(reading, "received", UINT64_MAX);
    read_hash(reading, "received_head", at.received_head, sizeof at.received_head);
    at.size = read_number(reading, "size", UINT64_MAX);
    read_hash(reading, "root", at.root, sizeof at.root);
    at.peer_size = read_number(reading, "peer_size", UINT64_MAX);
    read_hash(reading, "peer_root", at.peer_root, sizeof at.peer_root);
    at.signature_size = read_bytes(reading, "signature", RF_SIGNATURE_MAX, &at.signature);
    at.peer_signature_size =
        read_bytes(reading, "peer_signature", RF_SIGNATURE_MAX, &at.peer_signature);
    check_order(reading, at.lane, at.peer, false);
    if (reading->r.rc == RF_OK)
        check_place(reading, &at);
    ADD(reading, to->checkpoint, to->checkpoints, to->checkpoints_room);
    ADD(reading, to->checkpoint_record, to->checkpoints, to->checkpoint_records_room);
    to->checkpoint_record[to->checkpoints] = to->records - 1;
    to->checkpoint[to->checkpoints++] = at;
    return RF_OK;
}

static enum rf_rc read_result(struct reading *reading)
{
    rf_canon_read_map(&reading->r, 1);
    read_hash(reading, "digest", reading->to->result, sizeof reading->to->result);
    if (reading->to->has_result)
        rf_canon_fail(&reading->r, "a second result");
    reading->to->has_result = true;
    return RF_OK;
}

static enum rf_rc read_segment(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    struct rf_transcript_segment segment = {0};
    const struct rf_transcript_segment *last =
        to->segments ? &to->segment[to->segments - 1] : &segment;
    rf_canon_read_map(&reading->r, 4);
    uint64_t number = read_number(reading, "number", UINT64_MAX);
    uint64_t offset = read_number(reading, "offset", UINT64_MAX);
    if (!to->header.full || number != last->number + 1 || offset != last->offset + last->size)
        rf_canon_fail(&reading->r, "no such segment comes next");
    segment = (struct rf_transcript_segment){.number = number, .offset = offset};
    segment.size = read_number(reading, "size", UINT64_MAX - offset);
    read_hash(reading, "hash", segment.hash, sizeof segment.hash);
    ADD(reading, to->segment, to->segments, to->segments_room);
    to->segment[to->segments++] = segment;
    return RF_OK;
}

static enum rf_rc read_abort(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    rf_canon_read_map(&reading->r, 3);
    to->abort_step = (uint32_t)read_number(reading, "step", UINT32_MAX);
    read_text(reading, "name", to->abort_name, sizeof to->abort_name);
    read_text(reading, "reason", to->abort_reason, sizeof to->abort_reason);
    to->aborted = true;
    return RF_OK;
}

static enum rf_rc read_close(struct reading *reading)
{
    struct rf_transcript_totals *totals = &reading->to->totals;
    rf_canon_read_map(&reading->r, 5);
    totals->bytes_sent = read_number(reading, "bytes_sent", UINT64_MAX);
    totals->bytes_received = read_number(reading, "bytes_received", UINT64_MAX);
    rf_canon_read_key(&reading->r, "opened");
    if (rf_canon_read_array(&reading->r, RF_OPEN_KINDS) != RF_OPEN_KINDS)
        rf_canon_fail(&reading->r, "not a count for each kind of opening");
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        totals->opened[kind] = rf_canon_read_number(&reading->r, UINT64_MAX);
    totals->shared_rows = read_number(reading, "shared_rows", UINT64_MAX);
    totals->finished = read_number(reading, "finished", INT64_MAX);
    reading->to->closed = true;
    return RF_OK;
}

static enum rf_rc read_signature(struct reading *reading)
{
    struct rf_transcript *to = reading->to;
    rf_canon_read_map(&reading->r, 3);
    to->signed_size = read_number(reading, "size", UINT64_MAX);
    read_hash(reading, "root", to->signed_root, sizeof to->signed_root);
    to->signature_size = read_bytes(reading, "signature", RF_SIGNATURE_MAX, &to->signature);
    if (to->signed_size != to->records - 1)
        rf_canon_fail(&reading->r, "the signature is not to all records before it");
    to->ended = true;
    return RF_OK;
}

/* ---- order ---- */

/* Header, manifest, members, then anything; after abort or close nothing but the signature. */
static bool in_place(const struct reading *reading, unsigned type)
{
    const struct rf_transcript *to = reading->to;
    size_t number = to->records - 1;
    if (to->ended)
        return false;
    if (to->aborted || to->closed)
        return type == RF_TRANSCRIPT_SIGNATURE;
    if (reading->resumed)
        return type == RF_TRANSCRIPT_FRAMES || type == RF_TRANSCRIPT_ABORT;
    if (number < 2)
        return type == (number == 0 ? RF_TRANSCRIPT_HEADER : RF_TRANSCRIPT_MANIFEST);
    if (type == RF_TRANSCRIPT_MEMBER)
        return to->members == number - 2 && to->members < RF_MEMBERS_MAX;
    return type > RF_TRANSCRIPT_MEMBER && type < RF_TRANSCRIPT_SIGNATURE && to->members > 0;
}

static enum rf_rc read_body(struct reading *reading, unsigned type)
{
    struct rf_transcript *to = reading->to;
    switch (type) {
    case RF_TRANSCRIPT_HEADER:
        return read_header(reading);
    case RF_TRANSCRIPT_MANIFEST:
        return read_manifest(reading);
    case RF_TRANSCRIPT_MEMBER:
        return read_member(reading);
    case RF_TRANSCRIPT_INPUT:
        return read_signed(reading, to->input, &to->inputs, RF_MEMBERS_MAX);
    case RF_TRANSCRIPT_BEGIN:
        return read_begin(reading);
    case RF_TRANSCRIPT_END:
        return read_end(reading);
    case RF_TRANSCRIPT_OPENED:
        return read_opened(reading);
    case RF_TRANSCRIPT_FRAMES:
        return read_frames(reading);
    case RF_TRANSCRIPT_CHECKPOINT:
        return read_checkpoint(reading);
    case RF_TRANSCRIPT_OUTPUT:
        return read_signed(reading, to->output, &to->outputs, RF_PARTIES);
    case RF_TRANSCRIPT_RESULT:
        return read_result(reading);
    case RF_TRANSCRIPT_SEGMENT:
        return read_segment(reading);
    case RF_TRANSCRIPT_ABORT:
        return read_abort(reading);
    case RF_TRANSCRIPT_CLOSE:
        return read_close(reading);
    default:
        return read_signature(reading);
    }
}

/* ---- framing ---- */

static size_t body_size(const uint8_t *prefix)
{
    return (size_t)prefix[4] << 24 | (size_t)prefix[5] << 16 | (size_t)prefix[6] << 8 | prefix[7];
}

static enum rf_rc keep_record(struct reading *reading, const uint8_t *at, size_t size)
{
    struct rf_transcript *to = reading->to;
    size_t room = to->records_room;
    ADD(reading, to->record, to->records, to->records_room);
    if (to->records_room != room) {
        uint8_t *leaf = reallocarray(to->leaf, to->records_room, RF_TREE_HASH);
        if (!leaf)
            return rf_err_set(reading->err, RF_E_MEMORY, "out of memory for a transcript");
        to->leaf = leaf;
    }
    enum rf_rc rc = rf_tree_leaf(to->leaf + to->records * RF_TREE_HASH, at, size, reading->err);
    to->record[to->records++] =
        (struct rf_transcript_record){.type = at[3], .start = at, .size = size};
    return rc;
}

static enum rf_rc check_link(struct reading *reading, const uint8_t *former, const uint8_t *at,
                             size_t size)
{
    uint8_t link[RF_TREE_HASH];
    enum rf_rc rc = rf_tree_sha256(link, former, RF_TREE_HASH, at, size, reading->err);
    if (rc != RF_OK || rf_secret_equal(link, at + size, sizeof link))
        return rc;
    return rf_err_set(reading->err, RF_E_FORMAT, "%s: is not chained to the record before it",
                      reading->where);
}

static enum rf_rc read_record(struct reading *reading, const uint8_t *former, const uint8_t *at,
                              size_t size)
{
    enum rf_rc rc;
    struct rf_transcript *to = reading->to;
    (void)snprintf(reading->where, sizeof reading->where, "%s: record %zu (%s)", to->name,
                   to->records, rf_transcript_type_name(at[3]));
    RF_TRY(check_link(reading, former, at, size));
    RF_TRY(keep_record(reading, at, size));
    if (!in_place(reading, at[3]))
        RF_TRY(rf_err_set(reading->err, RF_E_FORMAT, "%s: does not belong there", reading->where));
    rf_canon_read(&reading->r, reading->where, at + RF_TRANSCRIPT_PREFIX,
                  size - RF_TRANSCRIPT_PREFIX, reading->err);
    RF_TRY(read_body(reading, at[3]));
    if (at[3] != RF_TRANSCRIPT_CHECKPOINT && at[3] != RF_TRANSCRIPT_SEGMENT)
        reading->place[to->record[to->records - 1].lane].happened = to->records;
    rc = rf_canon_read_end(&reading->r);
done:
    return rc;
}

static enum rf_rc check_prefix(struct reading *reading, const uint8_t *at)
{
    const struct rf_transcript *to = reading->to;
    if (at[0] != 'R' || at[1] != 'T')
        return rf_err_set(reading->err, RF_E_FORMAT, "%s: record %zu: no record begins there",
                          to->name, to->records);
    if (at[2] != RF_TRANSCRIPT_VERSION) {
        return rf_err_set(reading->err, RF_E_FORMAT,
                          "%s: record %zu: version %u of the format, this program reads %u",
                          to->name, to->records, at[2], RF_TRANSCRIPT_VERSION);
    }
    if (body_size(at) > RF_TRANSCRIPT_BODY_MAX)
        return rf_err_set(reading->err, RF_E_FORMAT, "%s: record %zu: too long", to->name,
                          to->records);
    return RF_OK;
}

enum rf_rc rf_transcript_read(struct rf_transcript *to, const char *name, uint8_t *bytes,
                              size_t size, struct rf_err *err)
{
    enum rf_rc rc;
    static const char first[] = RF_TRANSCRIPT_DOMAIN;
    struct reading reading = {.to = to, .err = err};
    uint8_t start[RF_TREE_HASH];
    const uint8_t *former = start, *at = bytes, *end = bytes + size;
    *to = (struct rf_transcript){.bytes = bytes, .size = size};
    (void)snprintf(to->name, sizeof to->name, "%s", name);
    RF_TRY(rf_tree_sha256(start, first, sizeof first - 1, NULL, 0, err));
    while ((size_t)(end - at) >= RF_TRANSCRIPT_PREFIX) {
        RF_TRY(check_prefix(&reading, at));
        size_t whole = RF_TRANSCRIPT_PREFIX + body_size(at);
        if ((size_t)(end - at) < whole + RF_TREE_HASH)
            break;
        RF_TRY(read_record(&reading, former, at, whole));
        former = at + whole;
        at = former + RF_TREE_HASH;
    }
    to->cut = (size_t)(end - at);
    if (to->records == 0)
        rc = rf_err_set(err, RF_E_FORMAT, "%s: holds no record", to->name);
done:
    return rc;
}

enum rf_rc rf_transcript_header_read(struct rf_transcript_header *header, const char *name,
                                     const uint8_t *record, size_t size, struct rf_err *err)
{
    enum rf_rc rc;
    struct rf_transcript to = {0};
    struct reading reading = {.to = &to, .err = err};
    (void)snprintf(to.name, sizeof to.name, "%s", name);
    if (size < RF_TRANSCRIPT_PREFIX)
        return rf_err_set(err, RF_E_FORMAT, "%s: is no record", name);
    RF_TRY(check_prefix(&reading, record));
    if (record[3] != RF_TRANSCRIPT_HEADER || body_size(record) != size - RF_TRANSCRIPT_PREFIX)
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: is no header", name));
    rf_canon_read(&reading.r, name, record + RF_TRANSCRIPT_PREFIX, size - RF_TRANSCRIPT_PREFIX,
                  err);
    RF_TRY(read_header(&reading));
    RF_TRY(rf_canon_read_end(&reading.r));
    *header = to.header;
done:
    return rc;
}

/* ---- files ---- */

static enum rf_rc read_all(int file, const char *path, uint8_t *bytes, size_t size,
                           struct rf_err *err)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = read(file, bytes + at, size - at);
        if (got == 0 || (got < 0 && errno != EINTR))
            return rf_err_set(err, RF_E_IO, "%s: cannot be read: %s", path,
                              got == 0 ? "it became shorter" : strerror(errno));
        at += got > 0 ? (size_t)got : 0;
    }
    return RF_OK;
}

enum rf_rc rf_transcript_load(struct rf_transcript *to, const char *path, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct stat status = {0};
    uint8_t *bytes = NULL;
    const char *slash = strrchr(path, '/');
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *to = (struct rf_transcript){0};
    if (file < 0 || fstat(file, &status) != 0)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: %s", path, strerror(errno)));
    if (!S_ISREG(status.st_mode) || status.st_size >> FILE_MAX_BITS)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: is no transcript", path));
    bytes = malloc((size_t)status.st_size + 1);
    if (!bytes)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "%s: out of memory", path));
    RF_TRY(read_all(file, path, bytes, (size_t)status.st_size, err));
    rc = rf_transcript_read(to, slash ? slash + 1 : path, bytes, (size_t)status.st_size, err);
    bytes = NULL;
done:
    free(bytes);
    if (file >= 0)
        (void)close(file);
    return rc;
}

enum rf_rc rf_transcript_root(const struct rf_transcript *transcript, uint64_t size,
                              uint8_t root[RF_TREE_HASH], struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_tree tree = {0};
    for (uint64_t i = 0; i < size; i++)
        RF_TRY(rf_tree_add(&tree, transcript->leaf + i * RF_TREE_HASH, err));
    RF_TRY(rf_tree_head(&tree, root, err));
done:
    return rc;
}

void rf_transcript_fini(struct rf_transcript *transcript)
{
    for (size_t i = 0; i < transcript->links; i++)
        free(transcript->link[i].frame);
    free(transcript->link);
    free(transcript->record);
    free(transcript->leaf);
    free(transcript->step);
    free(transcript->opened);
    free(transcript->checkpoint);
    free(transcript->checkpoint_record);
    free(transcript->segment);
    free(transcript->bytes);
    *transcript = (struct rf_transcript){0};
}
