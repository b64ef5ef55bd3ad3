#include "party/run/recorder.h"

#include <assert.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/base/hex.h"
#include "net/base/secret.h"
#include "net/frame.h"
#include "party/keys/safe_file.h"
#include "party/run/recorder_inside.h"
#include "party/transcript/pieces.h"
#include "protocols/share/kernel.h"

enum { FRAMES_ROOM = 16 << 10, EXECUTABLE_PIECE = 64 << 10, MANIFEST_DIGITS = 8 };

static void lock(struct rf_recorder *recorder)
{
    (void)pthread_mutex_lock(&recorder->lock);
}

static enum rf_rc unlock(struct rf_recorder *recorder, enum rf_rc rc)
{
    (void)pthread_mutex_unlock(&recorder->lock);
    return rc;
}

/* ---- frames ---- */

static bool make_room(struct rf_recorder_frames *frames)
{
    if (frames->room - frames->used >= RF_TRANSCRIPT_FRAME_MAX)
        return true;
    size_t wider = frames->room ? 2 * frames->room : FRAMES_ROOM;
    uint8_t *moved = realloc(frames->bytes, wider);
    if (!moved)
        return false;
    frames->bytes = moved;
    frames->room = wider;
    return true;
}

static enum rf_rc frame_ends(void *context, const struct rf_sink_frame *seen)
{
    struct rf_recorder *recorder = context;
    struct rf_recorder_lane *lane = &recorder->lane[seen->lane];
    struct rf_recorder_frames *frames =
        &lane->frames[recorder->peer_of[seen->peer]][seen->received];
    const struct rf_transcript_frame frame = {
        .kind = seen->kind,
        .step = seen->step,
        .length = seen->length,
        .leaf = seen->leaf,
    };
    if (!make_room(frames))
        return rf_err_set(rf_session_lane_channel(recorder->session, seen->lane)->err, RF_E_MEMORY,
                          "out of memory for a transcript");
    frames->used += rf_transcript_frame_put(frames->bytes + frames->used, &frame);
    frames->next = seen->number + 1;
    return RF_OK;
}

/* Of what is sent, only times and signatures do not follow from the seed and from what is received. */
static enum rf_sealing_kind kept(const struct rf_sink_frame *seen)
{
    if (seen->received)
        return RF_SEALING_PAYLOAD;
    return seen->kind == RF_FRAME_CONTROL ? RF_SEALING_SAID : RF_SEALING_PIECES;
}

static enum rf_rc frame_begins(void *context, const struct rf_sink_frame *seen)
{
    struct rf_sealing *sealing = ((struct rf_recorder *)context)->sealing;
    enum rf_sealing_kind kind = kept(seen);
    size_t size = kind == RF_SEALING_PIECES ? rf_pieces_size(seen->length) : seen->length;
    return sealing->ops->item(sealing, kind, seen->lane, seen->peer, size);
}

static enum rf_rc frame_bytes(void *context, const struct rf_sink_frame *seen, const void *data,
                              size_t size)
{
    struct rf_sealing *sealing = ((struct rf_recorder *)context)->sealing;
    uint8_t hashes[RF_FRAME_PAYLOAD / RF_PIECE * RF_PIECE_HASH + RF_PIECE_HASH];
    if (kept(seen) != RF_SEALING_PIECES)
        return sealing->ops->bytes(sealing, seen->lane, data, size);
    assert(size == seen->length && size <= RF_FRAME_PAYLOAD);
    rf_pieces_hash(hashes, data, size);
    return sealing->ops->bytes(sealing, seen->lane, hashes, rf_pieces_size(size));
}

/* Peers stand in the order of their ids (session.c), sent before received. */
enum rf_rc rf_recorder_pending(struct rf_recorder *recorder, unsigned lane)
{
    enum rf_rc rc = RF_OK;
    for (unsigned peer = 0; peer < recorder->session->peers; peer++) {
        for (unsigned direction = 0; direction < 2; direction++) {
            struct rf_recorder_frames *frames = &recorder->lane[lane].frames[peer][direction];
            RF_TRY(rf_transcript_put_frames(&recorder->writer, lane,
                                            recorder->session->peer[peer].id, direction,
                                            frames->first, frames->bytes, frames->used));
            frames->used = 0;
            frames->first = frames->next;
        }
    }
done:
    return rc;
}

/* ---- making and ending ---- */

enum rf_rc rf_recorder_new(struct rf_recorder **out, const struct rf_session *session,
                           unsigned lanes)
{
    struct rf_recorder *recorder = calloc(1, sizeof *recorder + lanes * sizeof *recorder->lane);
    *out = recorder;
    if (!recorder)
        return rf_err_set(session->err, RF_E_MEMORY, "out of memory for a transcript");
    recorder->session = session;
    recorder->err = session->err;
    recorder->lanes = lanes;
    recorder->sink = (struct rf_sink){.context = recorder, .end = frame_ends};
    recorder->writer.file = -1;
    (void)pthread_mutex_init(&recorder->lock, NULL);
    for (unsigned i = 0; i < lanes; i++)
        recorder->lane[i] = (struct rf_recorder_lane){.recorder = recorder, .index = i};
    for (unsigned peer = 0; peer < session->peers; peer++)
        recorder->peer_of[session->peer[peer].id] = (uint8_t)peer;
    return RF_OK;
}

static enum rf_rc segment_written(void *context, const struct rf_transcript_segment *segment)
{
    struct rf_recorder *recorder = context;
    lock(recorder);
    return unlock(recorder, rf_transcript_put_segment(&recorder->writer, segment));
}

void rf_recorder_seal(struct rf_recorder *recorder, struct rf_sealing *sealing,
                      const uint8_t auditor[32])
{
    recorder->sealing = sealing;
    recorder->sink.begin = frame_begins;
    recorder->sink.payload = frame_bytes;
    sealing->written = segment_written;
    sealing->written_context = recorder;
    recorder->header.full = true;
    memcpy(recorder->header.auditor, auditor, sizeof recorder->header.auditor);
}

const struct rf_sink *rf_recorder_sink(const struct rf_recorder *recorder)
{
    return recorder ? &recorder->sink : NULL;
}

void rf_recorder_free(struct rf_recorder *recorder)
{
    if (!recorder)
        return;
    for (unsigned lane = 0; lane < recorder->lanes; lane++) {
        for (unsigned peer = 0; peer < RF_PEERS_MAX; peer++) {
            free(recorder->lane[lane].frames[peer][0].bytes);
            free(recorder->lane[lane].frames[peer][1].bytes);
        }
    }
    if (recorder->sealing)
        recorder->sealing->ops->free(recorder->sealing);
    rf_transcript_writer_fini(&recorder->writer);
    (void)pthread_mutex_destroy(&recorder->lock);
    free(recorder);
}

/* ---- the first records ---- */

/* Which program it was: nothing depends on it, so one that cannot be read is told as zeros. */
static void hash_program(uint8_t hash[32])
{
    uint8_t piece[EXECUTABLE_PIECE];
    ssize_t got = -1;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = file >= 0 && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    while (good && (got = read(file, piece, sizeof piece)) > 0)
        good = EVP_DigestUpdate(context, piece, (size_t)got) == 1;
    if (!good || got != 0 || EVP_DigestFinal_ex(context, hash, NULL) != 1)
        rf_secret_wipe(hash, 32);
    EVP_MD_CTX_free(context);
    if (file >= 0)
        (void)close(file);
}

static enum rf_rc fill_header(struct rf_recorder *recorder)
{
    static const char domain[] = "ringfence seed v1";
    const struct rf_session *session = recorder->session;
    struct rf_transcript_header *header = &recorder->header;
    (void)snprintf(header->software, sizeof header->software, "%s", RF_VERSION);
    (void)snprintf(header->cpu, sizeof header->cpu, "%s", rf_kernels()->name);
    hash_program(header->build);
    header->party = session->party >= 0;
    header->member = session->member;
    header->id = header->party ? (unsigned)session->party : RF_CLIENT_ID + session->member;
    header->lanes = recorder->lanes;
    header->epoch = session->epoch;
    header->started = (uint64_t)time(NULL);
    header->batches = RF_RECORD_BATCHES;
    memcpy(header->manifest, session->manifest.hash, sizeof header->manifest);
    memcpy(header->session, session->id, sizeof header->session);
    return rf_tree_sha256(header->seed, domain, sizeof domain, session->seed, sizeof session->seed,
                          recorder->err);
}

static enum rf_rc put_manifest(struct rf_recorder *recorder)
{
    enum rf_rc rc;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct rf_manifest manifest = recorder->session->manifest;
    RF_TRY(rf_manifest_encode(&manifest, &bytes, &size, recorder->err));
    RF_TRY(rf_transcript_put_manifest(&recorder->writer, bytes, size));
done:
    free(bytes);
    return rc;
}

static enum rf_rc put_members(struct rf_recorder *recorder)
{
    enum rf_rc rc = RF_OK;
    const struct rf_session *session = recorder->session;
    uint8_t *der = NULL;
    for (unsigned i = 0; i < session->manifest.study.member_count; i++) {
        der = NULL;
        int size = i2d_X509(session->certificate[i], &der);
        if (size < 0)
            RF_TRY(rf_err_set(recorder->err, RF_E_CRYPTO, "a certificate cannot be encoded"));
        RF_TRY(rf_transcript_put_member(&recorder->writer, i, der, (size_t)size,
                                        session->approval[i].bytes, session->approval[i].size));
        OPENSSL_free(der);
        der = NULL;
    }
done:
    OPENSSL_free(der);
    return rc;
}

enum rf_rc rf_recorder_path(const struct rf_session *session, const char *folder, char *path)
{
    char name[RF_MEMBER_NAME_MAX + 64], digits[2 * MANIFEST_DIGITS + 1];
    (void)snprintf(name, sizeof name, "%s-%s-%s-%u.rft", session->file.member,
                   session->party >= 0 ? "party" : "client",
                   rf_hex(digits, session->manifest.hash, MANIFEST_DIGITS), session->epoch);
    return rf_safe_file_join(path, folder, name, session->err);
}

enum rf_rc rf_recorder_open(struct rf_recorder *recorder, const char *folder, char *out)
{
    enum rf_rc rc;
    char path[PATH_MAX];
    if (!recorder)
        return RF_OK;
    RF_TRY(rf_safe_file_folder(folder, recorder->err));
    RF_TRY(rf_recorder_path(recorder->session, folder, path));
    RF_TRY(fill_header(recorder));
    RF_TRY(rf_transcript_create(&recorder->writer, path, recorder->err));
    recorder->open = true;
    recorder->before = recorder->session->channel->traffic;
    RF_TRY(rf_transcript_put_header(&recorder->writer, &recorder->header));
    RF_TRY(put_manifest(recorder));
    RF_TRY(put_members(recorder));
    RF_TRY(rf_transcript_flush(&recorder->writer, false));
    RF_TRY(rf_recorder_item(recorder, RF_SEALING_SEED, RF_TRANSCRIPT_NOBODY,
                            recorder->session->seed, sizeof recorder->session->seed));
    if (out)
        (void)snprintf(out, PATH_MAX, "%s", path);
done:
    return rc;
}

enum rf_rc rf_recorder_item(struct rf_recorder *recorder, enum rf_sealing_kind kind, unsigned peer,
                            const void *data, size_t size)
{
    if (!recorder || !recorder->sealing)
        return RF_OK;
    struct rf_sealing *sealing = recorder->sealing;
    enum rf_rc rc = sealing->ops->item(sealing, kind, 0, peer, size);
    return rc == RF_OK ? sealing->ops->bytes(sealing, 0, data, size) : rc;
}

/* ---- what happens ---- */

static enum rf_rc begin_step(struct rf_recorder_lane *lane, const char *name, uint64_t rows)
{
    enum rf_rc rc;
    struct rf_recorder *recorder = lane->recorder;
    struct rf_transcript_step step = {.lane = lane->index, .step = ++lane->step, .rows = rows};
    (void)snprintf(step.name, sizeof step.name, "%s", name);
    (void)snprintf(lane->step_name, sizeof lane->step_name, "%s", name);
    lock(recorder);
    RF_TRY(rf_transcript_put_begin(&recorder->writer, &step));
    RF_TRY(rf_transcript_flush(&recorder->writer, false));
done:
    return unlock(recorder, rc);
}

static enum rf_rc end_step(struct rf_recorder_lane *lane, const struct rf_step *ended)
{
    const struct rf_transcript_step step = {
        .lane = lane->index,
        .step = lane->step,
        .declared_bytes = ended->declared.bytes,
        .declared_rounds = ended->declared.rounds,
        .bytes = ended->bytes_counted,
        .rounds = ended->rounds_counted,
        .microseconds = (uint64_t)(ended->seconds * 1e6),
    };
    lock(lane->recorder);
    return unlock(lane->recorder, rf_transcript_put_end(&lane->recorder->writer, &step));
}

/* What fails here fails at the next checkpoint. */
static void step_seen(void *context, const struct rf_step *step, bool done)
{
    struct rf_recorder_lane *lane = context;
    struct rf_recorder *recorder = lane->recorder;
    enum rf_rc rc = done ? end_step(lane, step) : begin_step(lane, step->name, step->rows);
    lock(recorder);
    if (recorder->failed == RF_OK)
        recorder->failed = rc;
    (void)unlock(recorder, rc);
}

enum rf_rc rf_recorder_begin(struct rf_recorder *recorder, const char *name, uint64_t rows)
{
    return recorder && recorder->open ? begin_step(&recorder->lane[0], name, rows) : RF_OK;
}

void rf_recorder_step(struct rf_recorder *recorder, const struct rf_step *step, bool done)
{
    if (recorder && recorder->open)
        step_seen(&recorder->lane[0], step, done);
}

static enum rf_rc put_signed(struct rf_recorder *recorder, enum rf_transcript_type type,
                             const struct rf_signed *in)
{
    if (!recorder || !recorder->open)
        return RF_OK;
    const struct rf_transcript_signed out = {
        .record = in->record,
        .record_size = in->record_size,
        .signature = in->signature,
        .signature_size = in->signature_size,
    };
    lock(recorder);
    return unlock(recorder, rf_transcript_put_signed(&recorder->writer, type, &out));
}

enum rf_rc rf_recorder_input(struct rf_recorder *recorder, const struct rf_signed *input)
{
    return put_signed(recorder, RF_TRANSCRIPT_INPUT, input);
}

enum rf_rc rf_recorder_output(struct rf_recorder *recorder, const struct rf_signed *output)
{
    return put_signed(recorder, RF_TRANSCRIPT_OUTPUT, output);
}

enum rf_rc rf_recorder_result(struct rf_recorder *recorder, const uint8_t digest[RF_DIGEST_SIZE])
{
    if (!recorder || !recorder->open)
        return RF_OK;
    lock(recorder);
    return unlock(recorder, rf_transcript_put_result(&recorder->writer, digest));
}

static void opened(void *context, const struct rf_opening *opening)
{
    const struct rf_recorder_lane *lane = context;
    struct rf_recorder *recorder = lane->recorder;
    size_t words = opening->width == 64 && opening->kind == RF_OPEN_RESULT
                       ? opening->rows
                       : rf_words(opening->rows) * opening->width;
    struct rf_transcript_opened out = {
        .lane = lane->index,
        .step = lane->step,
        .rows = opening->rows,
        .width = opening->width,
        .value = (const uint8_t *)opening->value,
        .size = words * sizeof *opening->value,
    };
    (void)snprintf(out.kind, sizeof out.kind, "%s", rf_open_kind_name(opening->kind));
    lock(recorder);
    recorder->totals.opened[opening->kind] += (uint64_t)opening->rows * opening->width;
    enum rf_rc rc = rf_transcript_put_opened(&recorder->writer, &out);
    if (recorder->failed == RF_OK)
        recorder->failed = rc;
    (void)unlock(recorder, rc);
}

void rf_recorder_watch(struct rf_recorder *recorder, unsigned lane, struct rf_backend *backend)
{
    if (!recorder || !recorder->open)
        return;
    backend->opened_sink = opened;
    backend->opened_context = &recorder->lane[lane];
    if (lane == 0)
        return; /* whose steps are shown, too: rf_recorder_step() */
    backend->progress = step_seen;
    backend->progress_context = &recorder->lane[lane];
}

void rf_recorder_totals(struct rf_recorder *recorder, const struct rf_run_cost *cost)
{
    if (recorder)
        recorder->totals.shared_rows = cost->shared_rows;
}

/* ---- the last records ---- */

static enum rf_rc put_end(struct rf_recorder *recorder, enum rf_rc how, const char *reason)
{
    char text[RF_TRANSCRIPT_REASON];
    if (how == RF_OK)
        return rf_transcript_put_close(&recorder->writer, &recorder->totals);
    (void)snprintf(text, sizeof text, "%s", reason);
    for (char *at = text; *at; at++) {
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
    }
    return rf_transcript_put_abort(&recorder->writer, recorder->lane[0].step,
                                   recorder->lane[0].step_name, text);
}

static enum rf_rc finish(struct rf_recorder *recorder, enum rf_rc how, const char *reason)
{
    enum rf_rc rc = RF_OK;
    for (unsigned lane = 0; lane < recorder->lanes; lane++)
        RF_TRY(rf_recorder_pending(recorder, lane));
    RF_TRY(put_end(recorder, how, reason));
    RF_TRY(rf_transcript_put_signature(&recorder->writer, &recorder->header,
                                       recorder->session->identity.key));
    RF_TRY(rf_transcript_flush(&recorder->writer, true));
done:
    return rc;
}

enum rf_rc rf_recorder_finish(struct rf_recorder *recorder, enum rf_rc how, const char *reason,
                              const struct rf_traffic *traffic)
{
    enum rf_rc rc = RF_OK;
    if (!recorder || !recorder->open)
        return RF_OK;
    recorder->totals.bytes_sent = traffic->bytes_sent - recorder->before.bytes_sent;
    recorder->totals.bytes_received = traffic->bytes_received - recorder->before.bytes_received;
    recorder->totals.finished = (uint64_t)time(NULL);
    if (recorder->sealing)
        RF_TRY(recorder->sealing->ops->end(recorder->sealing));
    lock(recorder);
    recorder->open = false;
    rc = unlock(recorder, finish(recorder, how, reason));
done:
    return rc;
}
