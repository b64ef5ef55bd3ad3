#include "party/audit/replay.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/clock.h"
#include "net/base/secret.h"
#include "party/audit/replay_inside.h"
#include "party/keys/openssl_error.h"
#include "party/run/client.h"
#include "party/run/message.h"
#include "party/run/party.h"
#include "party/run/study_task.h"

/* ---- how it goes on, or not: whichever lane is first ---- */

static bool over(const struct rf_replay *replay)
{
    return replay->deviates || replay->failed;
}

bool rf_replay_over(struct rf_replay *replay)
{
    (void)pthread_mutex_lock(&replay->lock);
    bool is_over = over(replay);
    (void)pthread_mutex_unlock(&replay->lock);
    return is_over;
}

static bool first_difference(struct rf_replay_lane *lane)
{
    struct rf_replay *replay = lane->replay;
    struct rf_replay_difference *difference = &replay->report->difference;
    const char *name = "";
    if (over(replay))
        return false;
    difference->lane = lane->index;
    difference->step = lane->tape ? rf_tape_step(lane->tape, &name) : 0;
    (void)snprintf(difference->step_name, sizeof difference->step_name, "%s", name);
    replay->deviates = true;
    return true;
}

enum rf_rc rf_replay_differs(struct rf_replay_lane *lane, const char *format, ...)
{
    struct rf_replay *replay = lane->replay;
    struct rf_replay_difference *difference = &replay->report->difference;
    va_list args;
    (void)pthread_mutex_lock(&replay->lock);
    if (first_difference(lane)) {
        va_start(args, format);
        (void)vsnprintf(difference->text, sizeof difference->text, format, args);
        va_end(args);
    }
    (void)pthread_mutex_unlock(&replay->lock);
    return RF_E_CHEAT;
}

static void describe_frame(struct rf_replay_lane *lane, unsigned peer, uint64_t number,
                           struct rf_pieces_place place, const uint8_t *expected, const char *what)
{
    struct rf_replay_difference *difference = &lane->replay->report->difference;
    const struct rf_transcript_link *link = lane->peer[peer].sent;
    char bytes[64] = "";
    difference->frame = true;
    difference->peer = lane->peer[peer].id;
    difference->number = number;
    difference->place = place;
    difference->due = expected != NULL;
    if (expected)
        memcpy(difference->expected, expected, RF_CHAIN_SIZE);
    if (link && number < link->frames) {
        difference->kind = link->frame[number].kind;
        difference->length = link->frame[number].length;
        memcpy(difference->recorded, link->frame[number].leaf, RF_CHAIN_SIZE);
    }
    if (place.size == 1)
        (void)snprintf(bytes, sizeof bytes, ", byte %zu", place.at);
    else if (place.size > 1)
        (void)snprintf(bytes, sizeof bytes, ", among bytes %zu to %zu", place.at,
                       place.at + place.size - 1);
    (void)snprintf(difference->text, sizeof difference->text, "frame %" PRIu64 " to %s%s: %s",
                   number, lane->peer[peer].name, bytes, what);
}

enum rf_rc rf_replay_frame_differs(struct rf_replay_lane *lane, unsigned peer, uint64_t number,
                                   struct rf_pieces_place place, const uint8_t *expected,
                                   const char *what)
{
    struct rf_replay *replay = lane->replay;
    (void)pthread_mutex_lock(&replay->lock);
    if (first_difference(lane))
        describe_frame(lane, peer, number, place, expected, what);
    (void)pthread_mutex_unlock(&replay->lock);
    return RF_E_CHEAT;
}

enum rf_rc rf_replay_cannot(struct rf_replay *replay, const struct rf_err *why)
{
    (void)pthread_mutex_lock(&replay->lock);
    if (!over(replay)) {
        (void)rf_err_set(replay->err, why->rc, "%s", why->text);
        replay->failed = true;
    }
    (void)pthread_mutex_unlock(&replay->lock);
    return why->rc;
}

/* Of a run that ended well everything was recorded, so that nothing may be missing. Of another one this lane ends here, and
 * judge_ends() asks whether the process did; the others go on as far as they get without it. */
enum rf_rc rf_replay_stops(struct rf_replay_lane *lane)
{
    struct rf_replay *replay = lane->replay;
    const char *name = "";
    lane->stopped = true;
    if (replay->transcript->closed)
        return rf_replay_differs(lane, "more would have been received than is recorded");
    (void)pthread_mutex_lock(&replay->lock);
    if (!over(replay) && !replay->ended) {
        uint32_t step = lane->tape ? rf_tape_step(lane->tape, &name) : 0;
        (void)snprintf(replay->report->ended, sizeof replay->report->ended, "up to step %u \"%s\"",
                       step, name);
        replay->ended = true;
    }
    (void)pthread_mutex_unlock(&replay->lock);
    return RF_E_PEER;
}

/* ---- what is sealed ---- */

enum rf_rc rf_replay_look(struct rf_replay_lane *lane, struct rf_err *why)
{
    enum rf_rc rc = RF_OK;
    while (rc == RF_OK && lane->item.kind == 0) {
        rc = rf_sealing_reader_next(lane->sealed, &lane->item, why);
        if (lane->item.kind == 0)
            break;
        if (lane->item.lane != lane->index)
            lane->item.kind = 0; /* another lane's */
    }
    return rc;
}

enum rf_rc rf_replay_read(struct rf_replay_lane *lane)
{
    struct rf_err why = {0};
    enum rf_rc rc = rf_replay_look(lane, &why);
    return rc == RF_OK ? RF_OK : rf_replay_cannot(lane->replay, &why);
}

static enum rf_rc open_reader(struct rf_replay_lane *lane, const char *path, struct rf_err *err)
{
    const struct rf_replay *replay = lane->replay;
    return rf_sealing_reader_new(&lane->sealed, path, replay->id, replay->options->auditor,
                                 replay->options->key, replay->transcript->segment,
                                 replay->transcript->segments,
                                 !replay->transcript->closed && !replay->transcript->aborted, err);
}

static enum rf_rc open_sealed(struct rf_replay *replay)
{
    enum rf_rc rc;
    const struct rf_transcript *transcript = replay->transcript;
    const struct rf_replay_options *options = replay->options;
    uint8_t fingerprint[32];
    char path[PATH_MAX];
    unsigned size = 0;
    if (X509_digest(options->auditor, EVP_sha256(), fingerprint, &size) != 1)
        RF_TRY(rf_openssl_error(replay->err, "the auditor's certificate has no fingerprint"));
    if (!rf_secret_equal(fingerprint, transcript->header.auditor, sizeof fingerprint)) {
        RF_TRY(rf_err_set(replay->err, RF_E_CRYPTO,
                          "%s: is sealed to another auditor's certificate", options->path));
    }
    RF_TRY(rf_sealing_file_id(replay->id, &transcript->header, replay->err));
    RF_TRY(rf_sealing_file_path(path, options->path, replay->err));
    for (unsigned i = 0; i < replay->lanes; i++)
        RF_TRY(open_reader(&replay->lane[i], path, replay->err));
    replay->report->segments = (unsigned)transcript->segments;
done:
    return rc;
}

/* A secret of the process, of exactly this size. */
static enum rf_rc take_item(struct rf_replay *replay, unsigned kind, void *out, size_t size)
{
    enum rf_rc rc;
    struct rf_replay_lane *lane = &replay->lane[0];
    struct rf_err why = {0};
    RF_TRY(rf_replay_read(lane));
    if (lane->item.kind != kind || lane->item.size != size) {
        (void)rf_err_set(&why, RF_E_FORMAT,
                         "%s: what is sealed does not begin with seed, meeting and rows",
                         replay->options->path);
        RF_TRY(rf_replay_cannot(replay, &why));
    }
    memcpy(out, lane->item.bytes, size);
    lane->item.kind = 0;
done:
    return rc;
}

static enum rf_rc take_seed(struct rf_replay *replay)
{
    static const char domain[] = "ringfence seed v1";
    uint8_t hash[32];
    enum rf_rc rc;
    RF_TRY(take_item(replay, RF_SEALING_SEED, replay->seed, sizeof replay->seed));
    RF_TRY(rf_tree_sha256(hash, domain, sizeof domain, replay->seed, sizeof replay->seed,
                          replay->err));
    if (!rf_secret_equal(hash, replay->transcript->header.seed, sizeof hash)) {
        rc = rf_replay_differs(&replay->lane[0],
                               "the sealed seed is not the one that the transcript commits to");
    }
done:
    return rc;
}

static enum rf_rc take_meeting(struct rf_replay *replay)
{
    enum rf_rc rc;
    struct rf_replay_lane *lane = &replay->lane[0];
    for (;;) {
        RF_TRY(rf_replay_read(lane));
        unsigned id = lane->item.peer;
        if (lane->item.kind != RF_SEALING_MEET)
            break;
        if (id >= RF_CLIENT_ID + RF_MEMBERS_MAX || replay->met[id])
            RF_TRY(rf_err_set(replay->err, RF_E_FORMAT, "%s: a meeting with nobody",
                              replay->options->path));
        RF_TRY(take_item(replay, RF_SEALING_MEET, replay->contribution[id],
                         sizeof replay->contribution[id]));
        replay->met[id] = true;
    }
done:
    return rc;
}

static enum rf_rc contribution_of(void *context, unsigned id, uint8_t *out)
{
    struct rf_replay *replay = context;
    struct rf_err why = {0};
    if (!replay->met[id]) {
        (void)rf_err_set(&why, RF_E_FORMAT, "%s: no meeting with process %u is sealed",
                         replay->options->path, id);
        return rf_replay_cannot(replay, &why);
    }
    memcpy(out, replay->contribution[id], sizeof replay->contribution[id]);
    return RF_OK;
}

/* ---- the session ---- */

static enum rf_rc set_certificates(struct rf_replay *replay, struct rf_err *why)
{
    const struct rf_transcript *transcript = replay->transcript;
    for (unsigned i = 0; i < replay->manifest->study.member_count; i++) {
        const unsigned char *der =
            i < transcript->members ? transcript->member[i].certificate : NULL;
        X509 **certificate = &replay->session->certificate[i];
        uint8_t fingerprint[32];
        unsigned size = 0;
        *certificate =
            der ? d2i_X509(NULL, &der, (long)transcript->member[i].certificate_size) : NULL;
        if (!*certificate || X509_digest(*certificate, EVP_sha256(), fingerprint, &size) != 1 ||
            !rf_secret_equal(fingerprint, replay->manifest->study.members[i].fingerprint, 32)) {
            return rf_openssl_error(why,
                                    "%s: holds another certificate of %s than the "
                                    "manifest names",
                                    replay->options->path, replay->manifest->study.members[i].name);
        }
    }
    return RF_OK;
}

static enum rf_rc set_session(struct rf_replay *replay, struct rf_err *why)
{
    struct rf_session *session = replay->session;
    const struct rf_transcript_header *header = &replay->transcript->header;
    const struct rf_member *member = &replay->manifest->study.members[header->member];
    if (header->member >= replay->manifest->study.member_count ||
        (header->party && member->party != (int)header->id)) {
        return rf_err_set(why, RF_E_FORMAT, "%s: is of no process of its manifest",
                          replay->options->path);
    }
    session->err = &replay->run;
    session->manifest = *replay->manifest;
    session->role = header->party ? RF_ROLE_PARTY : RF_ROLE_CLIENT;
    session->member = header->member;
    session->party = header->party ? member->party : -1;
    session->quiet = replay->options->quiet;
    session->epoch = header->epoch;
    memcpy(session->id, header->session, sizeof session->id);
    memcpy(session->seed, replay->seed, sizeof session->seed);
    memcpy(session->file.member, member->name, sizeof session->file.member);
    session->stand_in = &replay->stand_in;
    return set_certificates(replay, why);
}

/* Lanes but the first have links with the parties alone. */
static enum rf_rc make_tape(struct rf_replay_lane *lane, const uint8_t (*secret)[32],
                            struct rf_err *err)
{
    enum rf_rc rc;
    const struct rf_session *session = lane->replay->session;
    uint16_t ids[RF_PEERS_MAX];
    lane->peers = lane->index ? RF_PARTIES - 1 : session->peers;
    for (unsigned i = 0; i < lane->peers; i++)
        ids[i] = session->peer[i].id;
    lane->sink = (struct rf_sink){.context = lane, .end = rf_replay_hashed};
    const struct rf_tape_config config = {
        .id = (uint16_t)lane->replay->transcript->header.id,
        .lane = (uint16_t)lane->index,
        .peers = ids,
        .peer_count = lane->peers,
        .first = lane->index ? 1 : 2, /* on lane 0 the meeting came before */
        .next = rf_replay_next,
        .said = rf_replay_says,
        .context = lane,
        .sink = &lane->sink,
    };
    RF_TRY(rf_tape_new(&lane->tape, &config, err));
    RF_TRY(
        rf_tape_session(lane->tape, session->manifest.hash, session->id, session->epoch, secret));
    rf_replay_links(lane);
done:
    return rc;
}

static enum rf_rc make_tapes(struct rf_replay *replay, const uint8_t (*secret)[32])
{
    enum rf_rc rc = RF_OK;
    struct rf_session *session = replay->session;
    for (unsigned i = 0; rc == RF_OK && i < replay->lanes; i++) {
        struct rf_err *err = i ? &session->lane_err[i - 1] : session->err;
        rc = make_tape(&replay->lane[i], secret, err);
        if (rc != RF_OK)
            return rf_replay_cannot(replay, err);
        if (i)
            session->more_channels[i - 1] = rf_tape_channel(replay->lane[i].tape);
        else
            session->channel = rf_tape_channel(replay->lane[i].tape);
    }
    return rc;
}

static enum rf_rc open_session(void *context, struct rf_session *session)
{
    enum rf_rc rc;
    struct rf_replay *replay = context;
    struct rf_err why = {0};
    uint8_t secret[RF_PEERS_MAX][32];
    replay->session = session;
    rc = set_session(replay, &why);
    if (rc != RF_OK)
        RF_TRY(rf_replay_cannot(replay, &why));
    RF_TRY(rf_session_again(session, contribution_of, replay, secret));
    RF_TRY(make_tapes(replay, secret));
done:
    rf_secret_wipe(secret, sizeof secret);
    return rc;
}

/* Rows made anew from the tables are those that were given. */
static enum rf_rc compare_tables(struct rf_replay *replay, const struct rf_contribution *given)
{
    enum rf_rc rc;
    const struct rf_replay_options *options = replay->options;
    struct rf_contribution made = {0};
    struct rf_err why = {0};
    uint8_t fill[32];
    if (!options->tables)
        return RF_OK;
    RF_TRY(rf_session_draw(replay->session, "ringfence filler rows v1", fill, sizeof fill));
    rc = rf_contribution_build(&made, replay->manifest, replay->session->member, options->tables,
                               options->tokens, fill, &why);
    if (rc != RF_OK)
        RF_TRY(rf_replay_cannot(replay, &why));
    for (size_t row = 0; row < given->count; row++) {
        if (!rf_secret_equal(made.rows + row * made.row_bytes, given->rows + row * made.row_bytes,
                             made.row_bytes)) {
            RF_TRY(rf_replay_differs(&replay->lane[0],
                                     "row %zu that was given is not what the tables give", row));
        }
    }
done:
    rf_secret_wipe(fill, sizeof fill);
    rf_contribution_fini(&made);
    return rc;
}

/* A contributor's rows, as many as it declared. */
static enum rf_rc take_rows(struct rf_replay *replay, struct rf_contribution *contribution)
{
    static const struct rf_err no_memory = {.rc = RF_E_MEMORY,
                                            .text = "out of memory for a contributor's rows"};
    enum rf_rc rc;
    struct rf_task task;
    const struct rf_study *study = &replay->manifest->study;
    const struct rf_member *member = &study->members[replay->session->member];
    if (!member->contributor)
        return RF_OK;
    rf_study_task(&task, study, 0);
    contribution->count = member->rows;
    contribution->row_bytes = rf_row_bytes(&task);
    size_t size = contribution->count * contribution->row_bytes;
    contribution->rows = rf_secret_alloc(size);
    if (!contribution->rows)
        RF_TRY(rf_replay_cannot(replay, &no_memory));
    RF_TRY(take_item(replay, RF_SEALING_ROWS, contribution->rows, size));
    RF_TRY(compare_tables(replay, contribution));
done:
    return rc;
}

static enum rf_rc open_client(void *context, struct rf_session *session,
                              struct rf_contribution *contribution)
{
    enum rf_rc rc;
    RF_TRY(open_session(context, session));
    RF_TRY(take_rows(context, contribution));
done:
    return rc;
}

/* ---- what came of it ---- */

/* Why the run did not go on. */
static void judge_partly(struct rf_replay *replay)
{
    const struct rf_transcript *transcript = replay->transcript;
    struct rf_replay_report *report = replay->report;
    size_t used = strlen(report->ended);
    report->outcome = RF_REPLAY_PARTLY;
    (void)snprintf(report->ended + used, sizeof report->ended - used, "%s%s%s",
                   used ? ", " : "all of what was recorded, ",
                   transcript->aborted ? "where the run ended: "
                                       : "where the record ends: it is incomplete",
                   transcript->aborted ? transcript->abort_reason : "");
}

/* A lane ended early: with an error of the process's own; or where nothing more was recorded; or where another lane did not
 * come. So it did then, or it went on where it should not have. */
static void judge_lane(struct rf_replay_lane *lane, bool own)
{
    const char *why = own             ? lane->replay->run.text
                      : lane->stopped ? "what it received ends here"
                                      : "another lane did not get further";
    /* When a process is killed its lanes' records end at checkpoints of different moments. */
    if (!own && !lane->stopped && !lane->replay->transcript->aborted)
        return;
    if (!lane->tape || rf_replay_sealed(lane) != RF_OK || rf_replay_went_on(lane, why) != RF_OK)
        return;
    if (own && lane->replay->transcript->closed)
        (void)rf_replay_differs(lane, "here it should have stopped: %s", why);
}

static void judge_ends(struct rf_replay *replay)
{
    struct rf_replay_lane *first = &replay->lane[replay->failed_lane];
    judge_lane(first, !first->stopped);
    for (unsigned i = 0; i < replay->lanes && !over(replay); i++) {
        if (&replay->lane[i] != first)
            judge_lane(&replay->lane[i], false);
    }
}

/* By its ending, or at a checkpoint behind the step, or of the frame's own link behind the frame. */
static bool was_signed(const struct rf_transcript *transcript,
                       const struct rf_replay_difference *difference)
{
    size_t end = SIZE_MAX;
    for (size_t i = 0; i < transcript->steps; i++) {
        const struct rf_transcript_step *step = &transcript->step[i];
        if (step->lane == difference->lane && step->step == difference->step && step->ended)
            end = step->end_record;
    }
    for (size_t i = 0; i < transcript->checkpoints; i++) {
        const struct rf_transcript_checkpoint *at = &transcript->checkpoint[i];
        bool of_link = difference->frame && at->lane == difference->lane &&
                       at->peer == difference->peer && at->sent > difference->number;
        if (of_link || at->size > end)
            return true;
    }
    return transcript->ended;
}

static enum rf_rc judge(struct rf_replay *replay, enum rf_rc rc)
{
    for (unsigned i = 0; i < replay->lanes && rc == RF_OK && !over(replay); i++)
        rc = rf_replay_rest(&replay->lane[i]);
    if (replay->failed)
        return replay->err->rc;
    if (!over(replay) && rc == RF_E_MEMORY)
        return rf_err_set(replay->err, rc, "%s", replay->run.text);
    if (!over(replay) && rc != RF_OK)
        judge_ends(replay);
    if (replay->deviates) {
        replay->report->outcome = RF_REPLAY_DEVIATES;
        replay->report->difference.is_signed =
            was_signed(replay->transcript, &replay->report->difference);
    } else if (replay->ended || rc != RF_OK || !replay->transcript->closed) {
        judge_partly(replay);
    }
    return RF_OK;
}

static void add_up(struct rf_replay *replay)
{
    struct rf_replay_report *report = replay->report;
    for (unsigned i = 0; i < replay->lanes; i++) {
        const struct rf_replay_report *counted = &replay->lane[i].counted;
        report->frames_sent += counted->frames_sent;
        report->frames_received += counted->frames_received;
        report->bytes_sent += counted->bytes_sent;
        report->bytes_received += counted->bytes_received;
        report->opened += counted->opened;
        report->checkpoints += counted->checkpoints;
    }
}

static void failed(void *context, unsigned lane)
{
    struct rf_replay *replay = context;
    replay->failed_lane = lane;
}

static double ran(const struct rf_transcript *transcript)
{
    uint64_t started = transcript->header.started, finished = transcript->totals.finished;
    return transcript->closed && finished > started ? (double)(finished - started) : 0;
}

static enum rf_rc execute(struct rf_replay *replay)
{
    bool quiet = replay->options->quiet;
    return replay->transcript->header.party
               ? rf_party_again(open_session, replay, quiet, &replay->run)
               : rf_client_again(open_client, replay, quiet, &replay->run);
}

static struct rf_replay *begin(const struct rf_replay_options *options,
                               const struct rf_transcript *transcript,
                               const struct rf_manifest *manifest, struct rf_replay_report *report,
                               struct rf_err *err)
{
    struct rf_replay *replay = rf_secret_alloc(sizeof *replay);
    if (!replay)
        return NULL;
    (void)pthread_mutex_init(&replay->lock, NULL);
    replay->options = options;
    replay->transcript = transcript;
    replay->manifest = manifest;
    replay->report = report;
    replay->err = err;
    replay->stand_in = (struct rf_stand_in){
        .context = replay,
        .checkpoint = rf_replay_checkpoint,
        .sign = rf_replay_sign,
        .watch = rf_replay_watch,
        .failed = failed,
        .batches = transcript->header.batches,
    };
    replay->lanes = transcript->header.party ? manifest->study.lanes : 1;
    for (unsigned i = 0; i < replay->lanes; i++) {
        replay->lane[i].replay = replay;
        replay->lane[i].index = i;
    }
    return replay;
}

static void end(struct rf_replay *replay)
{
    for (unsigned i = 0; i < replay->lanes; i++)
        rf_replay_forget(&replay->lane[i]);
    (void)pthread_mutex_destroy(&replay->lock);
    rf_secret_free(replay, sizeof *replay);
}

enum rf_rc rf_replay_run(const struct rf_replay_options *options,
                         const struct rf_transcript *transcript, const struct rf_manifest *manifest,
                         struct rf_replay_report *report, struct rf_err *err)
{
    enum rf_rc rc;
    double began = rf_clock_seconds();
    *report = (struct rf_replay_report){.ran = ran(transcript)};
    struct rf_replay *replay = begin(options, transcript, manifest, report, err);
    if (!replay)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for a replay");
    RF_TRY(open_sealed(replay));
    rc = take_seed(replay);
    if (rc == RF_OK)
        RF_TRY(take_meeting(replay));
    if (rc == RF_OK)
        rc = execute(replay);
    add_up(replay);
    rc = judge(replay, rc);
done:
    report->seconds = rf_clock_seconds() - began;
    end(replay);
    return rc;
}
