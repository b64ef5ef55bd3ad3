#include "party/transcript/transcript_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_AT = 256 << 10 };

enum rf_rc rf_transcript_create(struct rf_transcript_writer *writer, const char *path,
                                struct rf_err *err)
{
    enum rf_rc rc;
    static const char first[] = RF_TRANSCRIPT_DOMAIN;
    *writer = (struct rf_transcript_writer){.file = -1, .err = err};
    writer->room = WRITE_AT;
    writer->bytes = malloc(writer->room);
    writer->path = strdup(path);
    if (!writer->bytes || !writer->path)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "out of memory for a transcript"));
    RF_TRY(rf_tree_sha256(writer->bytes, first, sizeof first - 1, NULL, 0, err));
    writer->used = RF_TREE_HASH;
    writer->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (writer->file < 0)
        rc = rf_err_set(err, RF_E_IO, "%s: cannot be made: %s", path, strerror(errno));
done:
    return rc;
}

/* The last link stays, because the next record is chained to it. */
enum rf_rc rf_transcript_flush(struct rf_transcript_writer *writer, bool sync)
{
    const uint8_t *at = writer->bytes + RF_TREE_HASH;
    size_t left = writer->used - RF_TREE_HASH;
    while (left > 0) {
        ssize_t put = write(writer->file, at, left);
        if (put < 0 && errno != EINTR)
            return rf_err_set(writer->err, RF_E_IO, "%s: cannot be written: %s", writer->path,
                              strerror(errno));
        at += put > 0 ? put : 0;
        left -= put > 0 ? (size_t)put : 0;
    }
    memmove(writer->bytes, writer->bytes + writer->used - RF_TREE_HASH, RF_TREE_HASH);
    writer->used = RF_TREE_HASH;
    if (sync && fdatasync(writer->file) != 0)
        return rf_err_set(writer->err, RF_E_IO, "%s: cannot be written: %s", writer->path,
                          strerror(errno));
    return RF_OK;
}

void rf_transcript_writer_fini(struct rf_transcript_writer *writer)
{
    if (writer->path && writer->file >= 0)
        (void)close(writer->file);
    free(writer->path);
    free(writer->bytes);
    *writer = (struct rf_transcript_writer){.file = -1};
}

static enum rf_rc make_room(struct rf_transcript_writer *writer, size_t size)
{
    if (size <= writer->room - writer->used)
        return RF_OK;
    size_t wider = writer->used + size + WRITE_AT;
    uint8_t *moved = realloc(writer->bytes, wider);
    if (!moved)
        return rf_err_set(writer->err, RF_E_MEMORY, "out of memory for a transcript");
    writer->bytes = moved;
    writer->room = wider;
    return RF_OK;
}

static void put_prefix(uint8_t out[RF_TRANSCRIPT_PREFIX], enum rf_transcript_type type, size_t size)
{
    out[0] = 'R';
    out[1] = 'T';
    out[2] = RF_TRANSCRIPT_VERSION;
    out[3] = (uint8_t)type;
    for (unsigned i = 0; i < 4; i++)
        out[4 + i] = (uint8_t)(size >> 8 * (3 - i));
}

enum rf_rc rf_transcript_append(struct rf_transcript_writer *writer, enum rf_transcript_type type,
                                struct rf_canon_writer *body)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL, leaf[RF_TREE_HASH];
    size_t size = 0;
    RF_TRY(rf_canon_end(body, &bytes, &size, writer->err));
    if (size > RF_TRANSCRIPT_BODY_MAX)
        RF_TRY(rf_err_set(writer->err, RF_E_INTERNAL, "a record of %zu bytes", size));
    size_t whole = RF_TRANSCRIPT_PREFIX + size;
    RF_TRY(make_room(writer, whole + RF_TREE_HASH));
    uint8_t *record = writer->bytes + writer->used;
    put_prefix(record, type, size);
    memcpy(record + RF_TRANSCRIPT_PREFIX, bytes, size);
    RF_TRY(rf_tree_leaf(leaf, record, whole, writer->err));
    RF_TRY(rf_tree_sha256(record + whole, record - RF_TREE_HASH, RF_TREE_HASH + whole, NULL, 0,
                          writer->err));
    RF_TRY(rf_tree_add(&writer->tree, leaf, writer->err));
    writer->used += whole + RF_TREE_HASH;
    if (writer->used >= WRITE_AT)
        rc = rf_transcript_flush(writer, false);
done:
    free(bytes);
    return rc;
}

static void begin(struct rf_canon_writer *w, unsigned entries)
{
    rf_canon_begin(w);
    rf_canon_map(w, entries);
}

enum rf_rc rf_transcript_put_header(struct rf_transcript_writer *writer,
                                    const struct rf_transcript_header *header)
{
    struct rf_canon_writer w;
    begin(&w, 16);
    rf_canon_text_entry(&w, "format", RF_TRANSCRIPT_FORMAT);
    rf_canon_text_entry(&w, "level", header->full ? "full" : "chain");
    rf_canon_text_entry(&w, "software", header->software);
    rf_canon_bytes_entry(&w, "build", header->build, sizeof header->build);
    rf_canon_text_entry(&w, "cpu", header->cpu);
    rf_canon_text_entry(&w, "role", header->party ? "party" : "client");
    rf_canon_number_entry(&w, "member", header->member);
    rf_canon_number_entry(&w, "id", header->id);
    rf_canon_number_entry(&w, "lanes", header->lanes);
    rf_canon_bytes_entry(&w, "manifest", header->manifest, sizeof header->manifest);
    rf_canon_bytes_entry(&w, "session", header->session, sizeof header->session);
    rf_canon_number_entry(&w, "epoch", header->epoch);
    rf_canon_bytes_entry(&w, "seed", header->seed, sizeof header->seed);
    rf_canon_bytes_entry(&w, "auditor", header->auditor, header->full ? sizeof header->auditor : 0);
    rf_canon_number_entry(&w, "started", header->started);
    rf_canon_number_entry(&w, "batches", header->batches);
    return rf_transcript_append(writer, RF_TRANSCRIPT_HEADER, &w);
}

enum rf_rc rf_transcript_put_manifest(struct rf_transcript_writer *writer, const uint8_t *bytes,
                                      size_t size)
{
    struct rf_canon_writer w;
    begin(&w, 1);
    rf_canon_bytes_entry(&w, "manifest", bytes, size);
    return rf_transcript_append(writer, RF_TRANSCRIPT_MANIFEST, &w);
}

enum rf_rc rf_transcript_put_member(struct rf_transcript_writer *writer, unsigned member,
                                    const uint8_t *certificate, size_t certificate_size,
                                    const uint8_t *approval, size_t approval_size)
{
    struct rf_canon_writer w;
    begin(&w, 3);
    rf_canon_number_entry(&w, "member", member);
    rf_canon_bytes_entry(&w, "certificate", certificate, certificate_size);
    rf_canon_bytes_entry(&w, "approval", approval, approval_size);
    return rf_transcript_append(writer, RF_TRANSCRIPT_MEMBER, &w);
}

enum rf_rc rf_transcript_put_signed(struct rf_transcript_writer *writer,
                                    enum rf_transcript_type type,
                                    const struct rf_transcript_signed *in)
{
    struct rf_canon_writer w;
    begin(&w, 2);
    rf_canon_bytes_entry(&w, "record", in->record, in->record_size);
    rf_canon_bytes_entry(&w, "signature", in->signature, in->signature_size);
    return rf_transcript_append(writer, type, &w);
}

enum rf_rc rf_transcript_put_begin(struct rf_transcript_writer *writer,
                                   const struct rf_transcript_step *step)
{
    struct rf_canon_writer w;
    begin(&w, 4);
    rf_canon_number_entry(&w, "lane", step->lane);
    rf_canon_number_entry(&w, "step", step->step);
    rf_canon_text_entry(&w, "name", step->name);
    rf_canon_number_entry(&w, "rows", step->rows);
    return rf_transcript_append(writer, RF_TRANSCRIPT_BEGIN, &w);
}

enum rf_rc rf_transcript_put_end(struct rf_transcript_writer *writer,
                                 const struct rf_transcript_step *step)
{
    struct rf_canon_writer w;
    begin(&w, 7);
    rf_canon_number_entry(&w, "lane", step->lane);
    rf_canon_number_entry(&w, "step", step->step);
    rf_canon_number_entry(&w, "declared_bytes", step->declared_bytes);
    rf_canon_number_entry(&w, "declared_rounds", step->declared_rounds);
    rf_canon_number_entry(&w, "bytes", step->bytes);
    rf_canon_number_entry(&w, "rounds", step->rounds);
    rf_canon_number_entry(&w, "microseconds", step->microseconds);
    return rf_transcript_append(writer, RF_TRANSCRIPT_END, &w);
}

static enum rf_rc put_opened(struct rf_transcript_writer *writer,
                             const struct rf_transcript_opened *opened, size_t at, size_t size)
{
    struct rf_canon_writer w;
    begin(&w, 7);
    rf_canon_number_entry(&w, "lane", opened->lane);
    rf_canon_number_entry(&w, "step", opened->step);
    rf_canon_text_entry(&w, "kind", opened->kind);
    rf_canon_number_entry(&w, "rows", opened->rows);
    rf_canon_number_entry(&w, "width", opened->width);
    rf_canon_number_entry(&w, "at", opened->at + at);
    rf_canon_bytes_entry(&w, "value", opened->value + at, size);
    return rf_transcript_append(writer, RF_TRANSCRIPT_OPENED, &w);
}

enum rf_rc rf_transcript_put_opened(struct rf_transcript_writer *writer,
                                    const struct rf_transcript_opened *opened)
{
    enum rf_rc rc = RF_OK;
    for (size_t at = 0, now; rc == RF_OK && at < opened->size; at += now) {
        size_t left = opened->size - at;
        now = left < RF_TRANSCRIPT_PIECE_MAX ? left : RF_TRANSCRIPT_PIECE_MAX;
        rc = put_opened(writer, opened, at, now);
    }
    return rc;
}

static enum rf_rc put_frames(struct rf_transcript_writer *writer, unsigned lane, unsigned peer,
                             bool received, uint64_t first, const uint8_t *frames, size_t size)
{
    struct rf_canon_writer w;
    begin(&w, 5);
    rf_canon_number_entry(&w, "lane", lane);
    rf_canon_number_entry(&w, "peer", peer);
    rf_canon_number_entry(&w, "direction", received);
    rf_canon_number_entry(&w, "first", first);
    rf_canon_bytes_entry(&w, "frames", frames, size);
    return rf_transcript_append(writer, RF_TRANSCRIPT_FRAMES, &w);
}

enum rf_rc rf_transcript_put_frames(struct rf_transcript_writer *writer, unsigned lane,
                                    unsigned peer, bool received, uint64_t first,
                                    const uint8_t *frames, size_t size)
{
    enum rf_rc rc = RF_OK;
    const uint8_t *at = frames, *begun = frames, *end = frames + size;
    uint64_t number = first;
    for (struct rf_transcript_frame frame; rc == RF_OK && begun < end;) {
        const uint8_t *next = at;
        bool more = rf_transcript_frame_get(&frame, &next, end);
        if (more && (size_t)(next - begun) <= RF_TRANSCRIPT_PIECE_MAX) {
            at = next;
            number++;
            continue;
        }
        if (at == begun)
            return rf_err_set(writer->err, RF_E_INTERNAL, "a transcript's frames are malformed");
        rc = put_frames(writer, lane, peer, received, first, begun, (size_t)(at - begun));
        begun = at;
        first = number;
    }
    return rc;
}

enum rf_rc rf_transcript_put_checkpoint(struct rf_transcript_writer *writer,
                                        const struct rf_transcript_checkpoint *in)
{
    struct rf_canon_writer w;
    begin(&w, 13);
    rf_canon_number_entry(&w, "lane", in->lane);
    rf_canon_number_entry(&w, "peer", in->peer);
    rf_canon_number_entry(&w, "number", in->number);
    rf_canon_number_entry(&w, "sent", in->sent);
    rf_canon_bytes_entry(&w, "sent_head", in->sent_head, sizeof in->sent_head);
    rf_canon_number_entry(&w, "received", in->received);
    rf_canon_bytes_entry(&w, "received_head", in->received_head, sizeof in->received_head);
    rf_canon_number_entry(&w, "size", in->size);
    rf_canon_bytes_entry(&w, "root", in->root, sizeof in->root);
    rf_canon_number_entry(&w, "peer_size", in->peer_size);
    rf_canon_bytes_entry(&w, "peer_root", in->peer_root, sizeof in->peer_root);
    rf_canon_bytes_entry(&w, "signature", in->signature, in->signature_size);
    rf_canon_bytes_entry(&w, "peer_signature", in->peer_signature, in->peer_signature_size);
    return rf_transcript_append(writer, RF_TRANSCRIPT_CHECKPOINT, &w);
}

enum rf_rc rf_transcript_put_result(struct rf_transcript_writer *writer, const uint8_t digest[32])
{
    struct rf_canon_writer w;
    begin(&w, 1);
    rf_canon_bytes_entry(&w, "digest", digest, 32);
    return rf_transcript_append(writer, RF_TRANSCRIPT_RESULT, &w);
}

enum rf_rc rf_transcript_put_segment(struct rf_transcript_writer *writer,
                                     const struct rf_transcript_segment *segment)
{
    struct rf_canon_writer w;
    begin(&w, 4);
    rf_canon_number_entry(&w, "number", segment->number);
    rf_canon_number_entry(&w, "offset", segment->offset);
    rf_canon_number_entry(&w, "size", segment->size);
    rf_canon_bytes_entry(&w, "hash", segment->hash, sizeof segment->hash);
    return rf_transcript_append(writer, RF_TRANSCRIPT_SEGMENT, &w);
}

enum rf_rc rf_transcript_put_abort(struct rf_transcript_writer *writer, uint32_t step,
                                   const char *name, const char *reason)
{
    struct rf_canon_writer w;
    begin(&w, 3);
    rf_canon_number_entry(&w, "step", step);
    rf_canon_text_entry(&w, "name", name);
    rf_canon_text_entry(&w, "reason", reason);
    return rf_transcript_append(writer, RF_TRANSCRIPT_ABORT, &w);
}

enum rf_rc rf_transcript_put_close(struct rf_transcript_writer *writer,
                                   const struct rf_transcript_totals *totals)
{
    struct rf_canon_writer w;
    begin(&w, 5);
    rf_canon_number_entry(&w, "bytes_sent", totals->bytes_sent);
    rf_canon_number_entry(&w, "bytes_received", totals->bytes_received);
    rf_canon_text(&w, "opened");
    rf_canon_array(&w, RF_OPEN_KINDS);
    for (unsigned kind = 0; kind < RF_OPEN_KINDS; kind++)
        rf_canon_number(&w, totals->opened[kind]);
    rf_canon_number_entry(&w, "shared_rows", totals->shared_rows);
    rf_canon_number_entry(&w, "finished", totals->finished);
    return rf_transcript_append(writer, RF_TRANSCRIPT_CLOSE, &w);
}

enum rf_rc rf_transcript_put_signature(struct rf_transcript_writer *writer,
                                       const struct rf_transcript_header *header, EVP_PKEY *key)
{
    enum rf_rc rc;
    uint8_t root[RF_TREE_HASH], signature[RF_SIGNATURE_MAX], *ending = NULL;
    size_t length = 0, signature_size = 0;
    uint64_t size = writer->tree.size;
    struct rf_canon_writer w;
    RF_TRY(rf_tree_head(&writer->tree, root, writer->err));
    RF_TRY(rf_transcript_ending(header, size, root, &ending, &length, writer->err));
    RF_TRY(rf_sign(key, RF_TRANSCRIPT_DOMAIN, ending, length, signature, &signature_size,
                   writer->err));
    begin(&w, 3);
    rf_canon_number_entry(&w, "size", size);
    rf_canon_bytes_entry(&w, "root", root, sizeof root);
    rf_canon_bytes_entry(&w, "signature", signature, signature_size);
    RF_TRY(rf_transcript_append(writer, RF_TRANSCRIPT_SIGNATURE, &w));
done:
    free(ending);
    return rc;
}
