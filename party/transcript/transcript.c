#include "party/transcript/transcript.h"

#include <string.h>

const char *rf_transcript_type_name(unsigned type)
{
    static const char *const names[RF_TRANSCRIPT_TYPES] = {
        "unknown", "header",     "manifest", "member", "input",   "begin", "end",   "opened",
        "frames",  "checkpoint", "output",   "result", "segment", "abort", "close", "signature",
    };
    return names[type < RF_TRANSCRIPT_TYPES ? type : 0];
}

enum rf_rc rf_transcript_statement(const struct rf_transcript_statement *statement, uint8_t **bytes,
                                   size_t *size, struct rf_err *err)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 15);
    rf_canon_bytes_entry(&w, "manifest", statement->manifest, 32);
    rf_canon_bytes_entry(&w, "session", statement->session, RF_SESSION_SIZE);
    rf_canon_number_entry(&w, "epoch", statement->epoch);
    rf_canon_number_entry(&w, "lane", statement->lane);
    rf_canon_number_entry(&w, "number", statement->number);
    rf_canon_number_entry(&w, "low", statement->low);
    rf_canon_number_entry(&w, "high", statement->high);
    rf_canon_number_entry(&w, "low_frames", statement->low_frames);
    rf_canon_bytes_entry(&w, "low_head", statement->low_head, RF_CHAIN_SIZE);
    rf_canon_number_entry(&w, "high_frames", statement->high_frames);
    rf_canon_bytes_entry(&w, "high_head", statement->high_head, RF_CHAIN_SIZE);
    rf_canon_number_entry(&w, "low_size", statement->low_size);
    rf_canon_bytes_entry(&w, "low_root", statement->low_root, RF_TREE_HASH);
    rf_canon_number_entry(&w, "high_size", statement->high_size);
    rf_canon_bytes_entry(&w, "high_root", statement->high_root, RF_TREE_HASH);
    return rf_canon_end(&w, bytes, size, err);
}

void rf_transcript_stated(struct rf_transcript_statement *out,
                          const struct rf_transcript_header *header,
                          const struct rf_transcript_checkpoint *checkpoint)
{
    bool low = header->id < checkpoint->peer;
    *out = (struct rf_transcript_statement){
        .manifest = header->manifest,
        .session = header->session,
        .epoch = header->epoch,
        .lane = checkpoint->lane,
        .low = low ? header->id : checkpoint->peer,
        .high = low ? checkpoint->peer : header->id,
        .number = checkpoint->number,
        .low_frames = low ? checkpoint->sent : checkpoint->received,
        .high_frames = low ? checkpoint->received : checkpoint->sent,
        .low_size = low ? checkpoint->size : checkpoint->peer_size,
        .high_size = low ? checkpoint->peer_size : checkpoint->size,
    };
    memcpy(low ? out->low_head : out->high_head, checkpoint->sent_head, RF_CHAIN_SIZE);
    memcpy(low ? out->high_head : out->low_head, checkpoint->received_head, RF_CHAIN_SIZE);
    memcpy(low ? out->low_root : out->high_root, checkpoint->root, RF_TREE_HASH);
    memcpy(low ? out->high_root : out->low_root, checkpoint->peer_root, RF_TREE_HASH);
}

enum rf_rc rf_transcript_ending(const struct rf_transcript_header *header, uint64_t size,
                                const uint8_t root[RF_TREE_HASH], uint8_t **bytes, size_t *length,
                                struct rf_err *err)
{
    struct rf_canon_writer w;
    rf_canon_begin(&w);
    rf_canon_map(&w, 6);
    rf_canon_bytes_entry(&w, "manifest", header->manifest, 32);
    rf_canon_bytes_entry(&w, "session", header->session, RF_SESSION_SIZE);
    rf_canon_number_entry(&w, "epoch", header->epoch);
    rf_canon_number_entry(&w, "id", header->id);
    rf_canon_number_entry(&w, "size", size);
    rf_canon_bytes_entry(&w, "root", root, RF_TREE_HASH);
    return rf_canon_end(&w, bytes, length, err);
}

/* ---- frames ---- */

enum { LOW = 0x7f, MORE = 0x80, GROUP = 7, GROUPS_MAX = 5 };

static size_t put_number(uint8_t *out, uint32_t number)
{
    size_t size = 0;
    for (; number > LOW; number >>= GROUP)
        out[size++] = (uint8_t)((number & LOW) | MORE);
    out[size++] = (uint8_t)number;
    return size;
}

static bool get_number(uint32_t *number, const uint8_t **at, const uint8_t *end)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < GROUPS_MAX && *at < end; i++) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & LOW) << (GROUP * i);
        if (byte & MORE)
            continue;
        *number = (uint32_t)value;
        return value <= UINT32_MAX && (byte != 0 || i == 0);
    }
    return false;
}

size_t rf_transcript_frame_put(uint8_t *out, const struct rf_transcript_frame *frame)
{
    size_t size = 0;
    out[size++] = frame->kind;
    size += put_number(out + size, frame->step);
    size += put_number(out + size, frame->length);
    memcpy(out + size, frame->leaf, RF_CHAIN_SIZE);
    return size + RF_CHAIN_SIZE;
}

bool rf_transcript_frame_get(struct rf_transcript_frame *frame, const uint8_t **at,
                             const uint8_t *end)
{
    if (*at == end)
        return false;
    frame->kind = *(*at)++;
    if (!get_number(&frame->step, at, end) || !get_number(&frame->length, at, end) ||
        (size_t)(end - *at) < RF_CHAIN_SIZE)
        return false;
    frame->leaf = *at;
    *at += RF_CHAIN_SIZE;
    return true;
}
