#include "party/transcript/sealing_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/base/bytes.h"
#include "net/base/secret.h"

static const char ID_LABEL[] = "ringfence sealed v1";

enum rf_rc rf_sealing_file_id(uint8_t id[RF_SEAL_ID], const struct rf_transcript_header *header,
                              struct rf_err *err)
{
    uint8_t run[32 + RF_SESSION_SIZE + 4 + 2];
    memcpy(run, header->manifest, 32);
    memcpy(run + 32, header->session, RF_SESSION_SIZE);
    memcpy(run + 32 + RF_SESSION_SIZE, &header->epoch, 4);
    rf_store16(run + 32 + RF_SESSION_SIZE + 4, (uint16_t)header->id);
    return rf_tree_sha256(id, ID_LABEL, sizeof ID_LABEL, run, sizeof run, err);
}

enum rf_rc rf_sealing_file_path(char *out, const char *path, struct rf_err *err)
{
    size_t length = strlen(path);
    if (length < 4 || strcmp(path + length - 4, ".rft") != 0)
        return rf_err_set(err, RF_E_ARG, "%s: a transcript's name ends in .rft", path);
    if (length + 3 >= PATH_MAX)
        return rf_err_set(err, RF_E_ARG, "%s: the name is too long", path);
    (void)snprintf(out, PATH_MAX, "%.*s.sealed", (int)(length - 4), path);
    return RF_OK;
}

/* ---- writing ---- */

/* An item whose bytes have not all come: lanes' items come in pieces at the same time. */
struct lane {
    uint8_t header[RF_SEALING_HEADER];
    uint8_t *bytes;
    size_t size, filled, room;
};

enum { LANES_MAX = 256 };

struct sealing_file {
    struct rf_sealing sealing; /* first: what the operations get */
    struct rf_err *err;
    pthread_mutex_t lock; /* of all that follows but each lane's own item */
    struct rf_seal *seal;
    int file;
    char *path;
    uint64_t offset, segments;
    struct lane *lane[LANES_MAX];
};

static struct sealing_file *file_of(struct rf_sealing *sealing)
{
    return (struct sealing_file *)sealing;
}

static enum rf_rc write_all(struct sealing_file *it, const uint8_t *bytes, size_t size,
                            struct rf_err *err)
{
    while (size > 0) {
        ssize_t done = write(it->file, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return rf_err_set(err, RF_E_IO, "%s: cannot write: %s", it->path, strerror(errno));
        bytes += done;
        size -= (size_t)done;
    }
    return RF_OK;
}

static enum rf_rc put_segment(void *context, const struct rf_seal_segment *sealed,
                              struct rf_err *err)
{
    struct sealing_file *it = context;
    enum rf_rc rc;
    struct rf_transcript_segment segment = {
        .number = ++it->segments, .offset = it->offset, .size = sealed->size};
    memcpy(segment.hash, sealed->sha256, sizeof segment.hash);
    RF_TRY(write_all(it, sealed->bytes, sealed->size, err));
    it->offset += sealed->size;
    RF_TRY(it->sealing.written(it->sealing.written_context, &segment));
done:
    return rc;
}

static struct lane *lane_of(struct sealing_file *it, unsigned index)
{
    if (index >= LANES_MAX)
        return NULL;
    if (!it->lane[index])
        it->lane[index] = calloc(1, sizeof *it->lane[index]);
    return it->lane[index];
}

static enum rf_rc add_item(struct sealing_file *it, struct lane *lane)
{
    enum rf_rc rc;
    (void)pthread_mutex_lock(&it->lock);
    RF_TRY(rf_seal_add(it->seal, lane->header, sizeof lane->header, it->err));
    RF_TRY(rf_seal_add(it->seal, lane->bytes, lane->size, it->err));
done:
    (void)pthread_mutex_unlock(&it->lock);
    lane->size = lane->filled = 0;
    return rc;
}

static enum rf_rc begin_item(struct rf_sealing *sealing, enum rf_sealing_kind kind, unsigned index,
                             unsigned peer, uint64_t size)
{
    struct sealing_file *it = file_of(sealing);
    struct lane *lane = lane_of(it, index);
    if (!lane || size > RF_SEALING_ITEM_MAX)
        return rf_err_set(it->err, RF_E_MEMORY, "%s: no memory for an item of %llu bytes", it->path,
                          (unsigned long long)size);
    if (size > lane->room) {
        rf_secret_free(lane->bytes, lane->room);
        lane->bytes = rf_secret_alloc(size);
        lane->room = lane->bytes ? size : 0;
        if (!lane->bytes)
            return rf_err_set(it->err, RF_E_MEMORY, "%s: no memory for an item of %llu bytes",
                              it->path, (unsigned long long)size);
    }
    uint32_t length = (uint32_t)size;
    lane->header[0] = (uint8_t)kind;
    rf_store16(lane->header + 1, (uint16_t)index);
    rf_store16(lane->header + 3, (uint16_t)peer);
    memcpy(lane->header + 5, &length, sizeof length);
    lane->size = size;
    lane->filled = 0;
    return size > 0 ? RF_OK : add_item(it, lane);
}

static enum rf_rc item_bytes(struct rf_sealing *sealing, unsigned index, const void *data,
                             size_t size)
{
    struct sealing_file *it = file_of(sealing);
    struct lane *lane = lane_of(it, index);
    if (size == 0)
        return RF_OK;
    if (!lane || size > lane->size - lane->filled)
        return rf_err_set(it->err, RF_E_INTERNAL, "%s: an item has more bytes than it said",
                          it->path);
    memcpy(lane->bytes + lane->filled, data, size);
    lane->filled += size;
    return lane->filled == lane->size ? add_item(it, lane) : RF_OK;
}

static enum rf_rc end_segment(struct rf_sealing *sealing)
{
    struct sealing_file *it = file_of(sealing);
    (void)pthread_mutex_lock(&it->lock);
    enum rf_rc rc = rf_seal_cut(it->seal, it->err);
    (void)pthread_mutex_unlock(&it->lock);
    return rc;
}

static void free_file(struct rf_sealing *sealing)
{
    struct sealing_file *it = file_of(sealing);
    if (!it)
        return;
    for (unsigned i = 0; i < LANES_MAX; i++) {
        if (it->lane[i])
            rf_secret_free(it->lane[i]->bytes, it->lane[i]->room);
        free(it->lane[i]);
    }
    rf_seal_free(it->seal);
    if (it->file >= 0)
        (void)close(it->file);
    (void)pthread_mutex_destroy(&it->lock);
    free(it->path);
    free(it);
}

enum rf_rc rf_sealing_file_new(struct rf_sealing **sealing, const char *path, X509 *auditor,
                               const uint8_t id[RF_SEAL_ID], struct rf_err *err)
{
    static const struct rf_sealing_ops ops = {
        .item = begin_item, .bytes = item_bytes, .end = end_segment, .free = free_file};
    enum rf_rc rc = RF_OK;
    struct sealing_file *it = calloc(1, sizeof *it);
    *sealing = NULL;
    if (!it)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for %s", path);
    it->sealing.ops = &ops;
    it->err = err;
    (void)pthread_mutex_init(&it->lock, NULL);
    it->path = strdup(path);
    it->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (it->file < 0)
        RF_TRY(
            rf_err_set(err, errno == EEXIST ? RF_E_ARG : RF_E_IO, "%s: %s", path, strerror(errno)));
    if (!it->path)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "out of memory for %s", path));
    RF_TRY(rf_seal_new(&it->seal, auditor, id, put_segment, it, err));
    *sealing = &it->sealing;
    it = NULL;
done:
    free_file(it ? &it->sealing : NULL);
    return rc;
}

/* ---- reading ---- */

struct rf_sealing_reader {
    struct rf_unseal unseal;
    const struct rf_transcript_segment *segment;
    size_t segments, next;
    bool cut;
    FILE *file;
    char *path;
    uint8_t *sealed; /* a segment as it stands in the file */
    uint8_t *plain;
    size_t plain_size, at;
    uint8_t *item; /* room bytes */
    size_t room;
};

enum rf_rc rf_sealing_reader_new(struct rf_sealing_reader **out, const char *path,
                                 const uint8_t id[RF_SEAL_ID], X509 *certificate, EVP_PKEY *key,
                                 const struct rf_transcript_segment *segment, size_t segments,
                                 bool cut, struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    struct rf_sealing_reader *reader = calloc(1, sizeof *reader);
    *out = NULL;
    if (!reader)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for %s", path);
    reader->segment = segment;
    reader->segments = segments;
    reader->cut = cut;
    reader->file = fopen(path, "rbe");
    reader->path = strdup(path);
    reader->sealed = malloc(RF_SEAL_SEALED_MAX);
    if (!reader->file)
        RF_TRY(rf_err_set(err, RF_E_ARG, "%s: cannot open: %s", path, strerror(errno)));
    if (!reader->path || !reader->sealed)
        RF_TRY(rf_err_set(err, RF_E_MEMORY, "out of memory for %s", path));
    reader->unseal =
        (struct rf_unseal){.certificate = certificate, .key = key, .name = reader->path};
    memcpy(reader->unseal.id, id, RF_SEAL_ID);
    *out = reader;
    reader = NULL;
done:
    rf_sealing_reader_free(reader);
    return rc;
}

void rf_sealing_reader_free(struct rf_sealing_reader *reader)
{
    if (!reader)
        return;
    if (reader->file)
        (void)fclose(reader->file);
    rf_secret_free(reader->plain, reader->plain_size);
    rf_secret_free(reader->item, reader->room);
    free(reader->sealed);
    free(reader->path);
    free(reader);
}

static enum rf_rc load_segment(struct rf_sealing_reader *reader,
                               const struct rf_transcript_segment *segment, struct rf_err *err)
{
    uint8_t hash[32];
    if (segment->size > RF_SEAL_SEALED_MAX)
        return rf_err_set(err, RF_E_FORMAT, "%s: a sealed segment of %llu bytes", reader->path,
                          (unsigned long long)segment->size);
    if (segment->offset > INT64_MAX ||
        fseeko(reader->file, (off_t)segment->offset, SEEK_SET) != 0 ||
        fread(reader->sealed, 1, segment->size, reader->file) != segment->size) {
        return rf_err_set(err, RF_E_CRYPTO, "%s: sealed segment %llu is cut short", reader->path,
                          (unsigned long long)segment->number);
    }
    if (EVP_Digest(reader->sealed, segment->size, hash, NULL, EVP_sha256(), NULL) != 1 ||
        !rf_secret_equal(hash, segment->hash, sizeof hash)) {
        return rf_err_set(err, RF_E_CRYPTO,
                          "%s: sealed segment %llu is not the one that the transcript names",
                          reader->path, (unsigned long long)segment->number);
    }
    return RF_OK;
}

static enum rf_rc open_next(struct rf_sealing_reader *reader, struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_transcript_segment *segment = &reader->segment[reader->next++];
    rf_secret_free(reader->plain, reader->plain_size);
    reader->plain = NULL;
    reader->plain_size = reader->at = 0;
    RF_TRY(load_segment(reader, segment, err));
    RF_TRY(rf_unseal_segment(&reader->unseal, reader->sealed, segment->size, &reader->plain,
                             &reader->plain_size, err));
done:
    return rc;
}

/* @size bytes of the stream; @none: nothing is left of it, which may be so only where an item begins. */
static enum rf_rc take(struct rf_sealing_reader *reader, uint8_t *out, size_t size, bool *none,
                       struct rf_err *err)
{
    enum rf_rc rc = RF_OK;
    size_t done = 0;
    while (done < size) {
        size_t left = reader->plain_size - reader->at;
        size_t now = size - done < left ? size - done : left;
        if (now > 0)
            memcpy(out + done, reader->plain + reader->at, now);
        reader->at += now;
        done += now;
        if (done == size)
            break;
        if (reader->next == reader->segments) {
            *none = true;
            if (done > 0 && !reader->cut)
                RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: ends inside an item", reader->path));
            break;
        }
        RF_TRY(open_next(reader, err));
    }
done:
    return rc;
}

/* May an item have so many bytes? A frame's at most, of rows as many as can still come: before memory is set aside. */
static bool plausible(const struct rf_sealing_reader *reader, unsigned kind, size_t size)
{
    size_t left = reader->plain_size - reader->at;
    size_t more = (reader->segments - reader->next) * (size_t)RF_SEAL_SEGMENT;
    return kind > 0 && kind < RF_SEALING_KINDS && size <= left + more &&
           (kind == RF_SEALING_ROWS || size <= RF_FRAME_PAYLOAD);
}

static enum rf_rc make_room(struct rf_sealing_reader *reader, size_t size, struct rf_err *err)
{
    if (size <= reader->room)
        return RF_OK;
    rf_secret_free(reader->item, reader->room);
    reader->room = 0;
    reader->item = rf_secret_alloc(size);
    if (!reader->item)
        return rf_err_set(err, RF_E_MEMORY, "%s: no memory for an item of %zu bytes", reader->path,
                          size);
    reader->room = size;
    return RF_OK;
}

enum rf_rc rf_sealing_reader_next(struct rf_sealing_reader *reader, struct rf_sealing_item *item,
                                  struct rf_err *err)
{
    enum rf_rc rc;
    uint8_t header[RF_SEALING_HEADER];
    uint32_t size;
    bool none = false;
    *item = (struct rf_sealing_item){0};
    RF_TRY(take(reader, header, sizeof header, &none, err));
    if (none)
        goto done;
    memcpy(&size, header + 5, sizeof size);
    if (!plausible(reader, header[0], size))
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: holds no items", reader->path));
    RF_TRY(make_room(reader, size, err));
    RF_TRY(take(reader, reader->item, size, &none, err));
    if (none && size > 0 && reader->cut)
        goto done;
    if (none && size > 0)
        RF_TRY(rf_err_set(err, RF_E_FORMAT, "%s: ends inside an item", reader->path));
    *item = (struct rf_sealing_item){
        .kind = header[0],
        .lane = (unsigned)header[1] | (unsigned)header[2] << 8,
        .peer = (unsigned)header[3] | (unsigned)header[4] << 8,
        .bytes = reader->item,
        .size = size,
    };
done:
    return rc;
}
