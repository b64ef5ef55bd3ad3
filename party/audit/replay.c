#include "party/audit/replay.h"

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

/* ---- how it goes on, or not ---- */

enum rf_rc rf_replay_differs(struct rf_replay *replay, const char *format, ...)
{
    struct rf_replay_difference *difference = &replay->report->difference;
    const char *name = "";
    va_list args;
    if (replay->deviates || replay->failed)
        return RF_E_CHEAT;
    replay->deviates = true;
    difference->step = replay->tape ? rf_tape_step(replay->tape, &name) : 0;
    (void)snprintf(difference->step_name, sizeof difference->step_name, "%s", name);
    va_start(args, format);
    (void)vsnprintf(difference->text, sizeof difference->text, format, args);
    va_end(args);
    return RF_E_CHEAT;
}

enum rf_rc rf_replay_cannot(struct rf_replay *replay, enum rf_rc rc)
{
    replay->failed = true;
    return rc;
}

/* Of a run that ended well everything was recorded, so that nothing may be missing. */
enum rf_rc rf_replay_stops(struct rf_replay *replay)
{
    if (replay->transcript->closed)
        return rf_replay_differs(replay, "more would have been received than is recorded");
    replay->ended = true;
    return RF_E_PEER;
}

/* ---- what is sealed ---- */

enum rf_rc rf_replay_read(struct rf_replay *replay)
{
    if (replay->item.kind != 0)
        return RF_OK;
    enum rf_rc rc = rf_sealing_reader_next(replay->sealed, &replay->item, replay->err);
    return rc == RF_OK ? RF_OK : rf_replay_cannot(replay, rc);
}

static enum rf_rc open_sealed(struct rf_replay *replay)
{
    enum rf_rc rc;
    const struct rf_transcript *transcript = replay->transcript;
    const struct rf_replay_options *options = replay->options;
    uint8_t id[RF_SEAL_ID], fingerprint[32];
    char path[PATH_MAX];
    unsigned size = 0;
    if (!transcript->header.full) {
        RF_TRY(rf_err_set(replay->err, RF_E_ARG,
                          "%s: is of level chain: what replay needs was not recorded (see "
                          "--transcript full)",
                          options->path));
    }
    if (X509_digest(options->auditor, EVP_sha256(), fingerprint, &size) != 1)
        RF_TRY(rf_openssl_error(replay->err, "the auditor's certificate has no fingerprint"));
    if (!rf_secret_equal(fingerprint, transcript->header.auditor, sizeof fingerprint)) {
        RF_TRY(rf_err_set(replay->err, RF_E_CRYPTO,
                          "%s: is sealed to another auditor's certificate", options->path));
    }
    RF_TRY(rf_sealing_file_id(id, &transcript->header, replay->err));
    RF_TRY(rf_sealing_file_path(path, options->path, replay->err));
    RF_TRY(rf_sealing_reader_new(&replay->sealed, path, id, options->auditor, options->key,
                                 transcript->segment, transcript->segments, replay->err));
    replay->report->segments = (unsigned)transcript->segments;
done:
    return rc;
}

/* A secret of the process, of exactly this size. */
static enum rf_rc take_item(struct rf_replay *replay, unsigned kind, void *out, size_t size)
{
    enum rf_rc rc;
    RF_TRY(rf_replay_read(replay));
    if (replay->item.kind != kind || replay->item.size != size) {
        RF_TRY(rf_err_set(replay->err, RF_E_FORMAT,
                          "%s: what is sealed does not begin with seed and meeting",
                          replay->options->path));
    }
    memcpy(out, replay->item.bytes, size);
    replay->item.kind = 0;
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
        rc = rf_replay_differs(replay,
                               "the sealed seed is not the one that the transcript commits to");
    }
done:
    return rc;
}

static enum rf_rc take_meeting(struct rf_replay *replay)
{
    enum rf_rc rc;
    for (;;) {
        RF_TRY(rf_replay_read(replay));
        unsigned id = replay->item.peer;
        if (replay->item.kind != RF_SEALING_MEET)
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
    if (!replay->met[id]) {
        return rf_replay_cannot(replay, rf_err_set(replay->err, RF_E_FORMAT,
                                                   "%s: no meeting with process %u is sealed",
                                                   replay->options->path, id));
    }
    memcpy(out, replay->contribution[id], sizeof replay->contribution[id]);
    return RF_OK;
}

/* ---- the session ---- */

static enum rf_rc set_certificates(struct rf_replay *replay)
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
            return rf_openssl_error(replay->err,
                                    "%s: holds another certificate of %s than the "
                                    "manifest names",
                                    replay->options->path, replay->manifest->study.members[i].name);
        }
    }
    return RF_OK;
}

static enum rf_rc set_session(struct rf_replay *replay)
{
    struct rf_session *session = replay->session;
    const struct rf_transcript_header *header = &replay->transcript->header;
    const struct rf_member *member = &replay->manifest->study.members[header->member];
    if (header->member >= replay->manifest->study.member_count ||
        (header->party && member->party != (int)header->id)) {
        return rf_err_set(replay->err, RF_E_FORMAT, "%s: is of no process of its manifest",
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
    return set_certificates(replay);
}

static enum rf_rc make_tape(struct rf_replay *replay, const uint8_t (*secret)[32])
{
    enum rf_rc rc;
    struct rf_session *session = replay->session;
    uint16_t ids[RF_PEERS_MAX];
    for (unsigned i = 0; i < session->peers; i++)
        ids[i] = session->peer[i].id;
    const struct rf_tape_config config = {
        .id = (uint16_t)replay->transcript->header.id,
        .peers = ids,
        .peer_count = session->peers,
        .first = 2, /* the meeting came before */
        .next = rf_replay_next,
        .said = rf_replay_says,
        .context = replay,
        .sink = &replay->sink,
    };
    RF_TRY(rf_tape_new(&replay->tape, &config, &replay->run));
    RF_TRY(
        rf_tape_session(replay->tape, session->manifest.hash, session->id, session->epoch, secret));
    session->channel = rf_tape_channel(replay->tape);
done:
    return rc == RF_OK
               ? rc
               : rf_replay_cannot(replay, rf_err_set(replay->err, rc, "%s", replay->run.text));
}

static enum rf_rc open_session(void *context, struct rf_session *session)
{
    enum rf_rc rc;
    struct rf_replay *replay = context;
    uint8_t secret[RF_PEERS_MAX][32];
    replay->session = session;
    rc = set_session(replay);
    if (rc != RF_OK)
        RF_TRY(rf_replay_cannot(replay, rc));
    RF_TRY(rf_session_again(session, contribution_of, replay, secret));
    RF_TRY(make_tape(replay, secret));
    rf_replay_links(replay);
done:
    rf_secret_wipe(secret, sizeof secret);
    return rc;
}

/* A contributor's rows, as many as it declared. */
static enum rf_rc take_rows(struct rf_replay *replay, struct rf_contribution *contribution)
{
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
        RF_TRY(rf_replay_cannot(replay, rf_err_set(replay->err, RF_E_MEMORY,
                                                   "out of memory for %zu bytes of rows", size)));
    rc = take_item(replay, RF_SEALING_ROWS, contribution->rows, size);
    if (rc != RF_OK)
        rc = rf_replay_cannot(replay, rc);
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

static void judge_partly(struct rf_replay *replay)
{
    const struct rf_transcript *transcript = replay->transcript;
    struct rf_replay_report *report = replay->report;
    const char *name = "";
    uint32_t step = replay->tape ? rf_tape_step(replay->tape, &name) : 0;
    report->outcome = RF_REPLAY_PARTLY;
    if (transcript->aborted) {
        (void)snprintf(report->ended, sizeof report->ended,
                       "up to step %u \"%s\", where the run ended: %s", step, name,
                       transcript->abort_reason);
    } else {
        (void)snprintf(report->ended, sizeof report->ended,
                       "up to step %u \"%s\", where the record ends: it is incomplete", step, name);
    }
}

/* The process ended with an error of its own. So it did then, or it went on where it should not have. */
static void judge_error(struct rf_replay *replay)
{
    if (replay->transcript->closed)
        (void)rf_replay_differs(replay, "here it should have stopped: %s", replay->run.text);
    else
        judge_partly(replay);
}

static enum rf_rc judge(struct rf_replay *replay, enum rf_rc rc)
{
    struct rf_replay_report *report = replay->report;
    if (rc == RF_OK && !replay->deviates && !replay->failed)
        rc = rf_replay_rest(replay);
    if (replay->failed)
        return replay->err && replay->err->rc != RF_OK ? replay->err->rc : rc;
    if (!replay->deviates && rc == RF_E_MEMORY)
        return rf_err_set(replay->err, rc, "%s", replay->run.text);
    if (replay->ended)
        judge_partly(replay);
    else if (!replay->deviates && rc != RF_OK)
        judge_error(replay);
    else if (!replay->deviates && !replay->transcript->closed)
        judge_partly(replay);
    if (replay->deviates)
        report->outcome = RF_REPLAY_DEVIATES;
    return RF_OK;
}

static double ran(const struct rf_transcript *transcript)
{
    uint64_t started = transcript->header.started, finished = transcript->totals.finished;
    return transcript->closed && finished > started ? (double)(finished - started) : 0;
}

/* The process frees its session at its end, and what the session points to must live until then. */
static enum rf_rc execute(struct rf_replay *replay)
{
    enum rf_rc rc;
    bool quiet = replay->options->quiet;
    if (replay->transcript->header.party)
        rc = rf_party_again(open_session, replay, quiet, &replay->run);
    else
        rc = rf_client_again(open_client, replay, quiet, &replay->run);
    return rc;
}

static void end(struct rf_replay *replay)
{
    for (unsigned i = 0; i < RF_PEERS_MAX; i++) {
        while (replay->peer[i].said) {
            struct rf_replay_said *said = replay->peer[i].said;
            replay->peer[i].said = said->next;
            rf_secret_wipe(said->bytes, said->size);
            free(said);
        }
    }
    rf_tape_free(replay->tape);
    rf_sealing_reader_free(replay->sealed);
    rf_secret_free(replay, sizeof *replay);
}

enum rf_rc rf_replay_run(const struct rf_replay_options *options,
                         const struct rf_transcript *transcript, const struct rf_manifest *manifest,
                         struct rf_replay_report *report, struct rf_err *err)
{
    enum rf_rc rc;
    double began = rf_clock_seconds();
    struct rf_replay *replay = rf_secret_alloc(sizeof *replay);
    *report = (struct rf_replay_report){.ran = ran(transcript)};
    report->difference.byte = RF_REPLAY_NO_BYTE;
    if (!replay)
        return rf_err_set(err, RF_E_MEMORY, "out of memory for a replay");
    replay->options = options;
    replay->transcript = transcript;
    replay->manifest = manifest;
    replay->report = report;
    replay->err = err;
    replay->sink = (struct rf_sink){.context = replay, .end = rf_replay_hashed};
    replay->stand_in = (struct rf_stand_in){
        .context = replay,
        .checkpoint = rf_replay_checkpoint,
        .sign = rf_replay_sign,
        .watch = rf_replay_watch,
        .batches = transcript->header.batches,
    };
    RF_TRY(open_sealed(replay));
    rc = take_seed(replay);
    if (rc == RF_OK)
        RF_TRY(take_meeting(replay));
    if (rc == RF_OK)
        rc = execute(replay);
    rc = judge(replay, rc);
done:
    report->seconds = rf_clock_seconds() - began;
    end(replay);
    return rc;
}
